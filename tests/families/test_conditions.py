"""Conditions between offers: one that may be bought only together with another."""

from __future__ import annotations

from datetime import date

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.families.conditions import sentence
from support.answers import cost_of, is_infeasible, plan_of, units_of
from support.builders import Tree, case, made, merged, offer, target

WITH_P = {"only_with": {"offer": "p"}}
VENDORS: Tree = {"v": {}, "w": {}}


def market(o: Tree, p: Tree, **rest: object) -> Tree:
    """Offer o of vendor v at 100, offer p of vendor w, one unit at most."""
    return case(vendors=VENDORS, offers={"o": o, "p": offer(vendor="w", max_units=1, **p)}, **rest)


def test_an_offer_is_bought_only_together_with_the_other() -> None:
    """Proves the condition: two systems with p at 160 cost 100 + 160, since p must be bought for o; without it 200.

    One alone is p, 160, and not o at 100.
    """
    tree = market(WITH_P, {"price": 160}, limits={"t": target(2)})
    assert cost_of(tree) == 260
    assert cost_of(merged(tree, {"offers": {"o": {"only_with": None}}})) == 200
    assert units_of(plan_of(merged(tree, {"limits": {"t": target(1)}}))) == {"p": 1}


def test_one_unit_is_enough_on_whatever_day_and_site() -> None:
    """Proves that one is enough: two of o in January at site a, one of p in March at b: 200 + 160."""
    tree = market(
        {**WITH_P, "sites": ["a"], "order_until": "2025-01-31"},
        {"price": 160, "sites": ["b"], "order_from": "2025-03-01"},
        sites={"b": {}},
        limits={"t": target(3), "u": target(2, by="2025-01-31")},
    )
    assert cost_of(tree) == 360


def test_it_binds_in_one_direction() -> None:
    """Proves that p may be bought without o: when p is the cheaper, it is."""
    assert units_of(plan_of(market(WITH_P, {"price": 60}, limits={"t": target(1)}))) == {"p": 1}


def test_another_offer_of_a_vendor_will_do() -> None:
    """Proves vendors: w's p at 160, or v's own second offer q at 140 where v is named; o by itself is not another."""
    tree = market({"only_with": {"vendor": "w"}}, {"price": 160}, limits={"t": target(2)})
    assert cost_of(tree) == 260
    own = merged(tree, {"offers": {"o": {"only_with": {"vendor": "v"}}, "q": offer(price=140, max_units=1)}})
    assert units_of(plan_of(own)) == {"o": 1, "q": 1}
    assert cost_of(own) == 240


def test_any_of_several_will_do() -> None:
    """Proves or: p at 160 or q at 120, whichever is cheaper."""
    tree = market({"only_with": {"offer": ["p", "q"]}}, {"price": 160}, limits={"t": target(2)})
    assert cost_of(merged(tree, {"offers": {"q": offer(price=120, max_units=1)}})) == 220
    either = merged(tree, {"offers": {"o": {"only_with": {"offer": ["p"], "vendor": "v"}}, "q": offer(price=120)}})
    assert cost_of(either) == 220
    told = sentence(made(either), "offers.o.only_with")
    assert told == "offer o is bought only together with offer p or another offer of vendor v"


def test_what_cannot_be_bought_cannot_be_bought_with() -> None:
    """Proves that a partner whose window is over keeps the offer out, and the rule is named with what it demands."""
    tree = market(WITH_P, {"price": 160, "order_until": "2024-12-31"}, limits={"t": target(1)})
    assert is_infeasible(tree)
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.conflict is not None
    assert "offers.o.only_with" in {one.path for one in outcome.conflict.members}
    assert sentence(made(tree), "offers.o.only_with") == "offer o is bought only together with offer p"


def test_two_that_need_each_other_are_bought_together_or_not_at_all() -> None:
    """Proves circles: o and p need each other, q at 250 needs nobody. One is q, two are o and p at 260."""
    tree = market(WITH_P, {"price": 160, "only_with": {"offer": "o"}}, limits={"t": target(1)})
    tree = merged(tree, {"offers": {"q": offer(price=250)}})
    assert units_of(plan_of(tree)) == {"q": 1}
    assert units_of(plan_of(merged(tree, {"limits": {"t": target(2)}}))) == {"o": 1, "p": 1}


def test_what_was_signed_already_counts_and_is_bound_no_more() -> None:
    """Proves commitments: p of December makes room for o in January; and o of December may be followed by another."""
    before = {"offer": "p", "site": "a", "signed": "2024-12-10", "units": 1}
    tree = market(WITH_P, {"price": 160}, committed={"orders": {"c": before}}, limits={"t": target(2)})
    assert units_of(plan_of(tree)) == {"p": 1, "o": 1}
    own = merged(tree, {"committed": {"orders": {"c": {"offer": "o"}}}})
    assert cost_of(own) == 200
    assert min(line.signed for line in plan_of(own).decisions.orders) == date(2024, 12, 10)


def test_a_plan_that_buys_it_alone_fails_its_audit() -> None:
    """Proves the recount."""
    tree = market({}, {"price": 160}, limits={"t": target(1)})
    told = [str(one) for one in gpuplan.audit(made(merged(tree, {"offers": {"o": WITH_P}})), plan_of(tree))]
    assert any("offers.o.only_with" in one for one in told), told


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ({"offer": "x"}, "there is no offer 'x'"),
        ({"vendor": "x"}, "there is no vendor 'x'"),
        ({"offer": "o"}, "it names itself"),
        ({"vendor": "v"}, "vendor v has no other offer"),
        ({}, "names an offer or a vendor"),
    ],
)
def test_a_condition_on_nothing_is_refused(wanted: Tree, says: str) -> None:
    """Proves the refusals."""
    with pytest.raises(InvalidInput, match=says):
        made(market({"only_with": wanted}, {"price": 160}))
