"""Funds: who pays what, within windows and for eligible terms."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from random import Random

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.ledger.funding import drawn, unions
from support.answers import is_infeasible, plan_of
from support.builders import Tree, case, made, target

TWO = {"limits": {"t": target(2)}, "offers": {"o": {"order_until": "2025-01-31"}}}


def funded(**funds: Tree) -> Tree:
    """Two systems at 100 with installation of 10 each, 220 in all, on 1 January."""
    return case(systems={"s": {"installation_price_usd": 10}}, funds=funds, **TWO)


def test_one_fund_for_everything_is_a_budget() -> None:
    """Proves the amount: 220 suffice, 219.99 do not."""
    plan = plan_of(funded(f={"amount": 220}))
    assert [(year.year, year.by_fund) for year in plan.cash] == [(2025, {"f": 220})]
    assert is_infeasible(funded(f={"amount": 219.99}))


def test_a_fund_pays_only_its_terms() -> None:
    """Proves eligible terms: 200 for purchase and 20 for anything. With the second for purchase too, 20 are unpaid.

    If terms did not matter, both would be the same 220.
    """
    systems = {"amount": 200, "terms": ["purchase"]}
    plan = plan_of(funded(f=systems, g={"amount": 20}))
    assert plan.cash[0].by_fund == {"f": 200, "g": 20}
    assert is_infeasible(funded(f=systems, g={"amount": 20, "terms": ["purchase"]}))


def test_a_payment_may_be_shared_but_not_be_made_by_money_that_others_need() -> None:
    """Proves the condition over unions: f (90) and g (130) pay purchases together, but installation is g's alone.

    90 + 110 for systems and 20 for installation. With 129 in g one is missing, though g alone covers installation.
    """
    plan = plan_of(funded(f={"amount": 90, "terms": ["purchase"]}, g={"amount": 130}))
    assert plan.cash[0].by_fund == {"f": 90, "g": 130}
    assert is_infeasible(funded(f={"amount": 90, "terms": ["purchase"]}, g={"amount": 129}))


def test_a_fund_pays_only_within_its_window() -> None:
    """Proves windows: what is paid on 1 January is not for a fund that opens on 2 January; by 1 January it is."""
    assert is_infeasible(funded(f={"amount": 999, "from": "2025-01-02"}))
    assert is_infeasible(funded(f={"amount": 999, "by": "2024-12-31"}))
    assert plan_of(funded(f={"amount": 220, "by": "2025-01-01"})).cost.amount == 220


def test_a_window_moves_the_signing() -> None:
    """Proves that funds shape the plan: money from February on has orders signed in February, not in January."""
    tree = case(funds={"f": {"amount": 200, "from": "2025-02-01", "by": "2025-02-28"}}, limits={"t": target(2)})
    assert {order.signed.month for order in plan_of(tree).orders} == {2}


def test_a_fund_may_select_what_it_pays_for() -> None:
    """Proves selections: a fund for site b has systems go there, though a is the same."""
    tree = case(sites={"b": {}}, funds={"f": {"amount": 200, "select": {"site": "b"}}}, limits={"t": target(2)})
    assert {order.site for order in plan_of(tree).orders} == {"b"}


def test_what_comes_back_goes_to_those_who_may_pay_it_once_it_is_back() -> None:
    """Proves rebates: three cost 300, of which 120 come back on 31 March: the fund for all needs 300 until then.

    Where it is for purchases alone, and another one gets the rebate, it needs as much.
    """
    vendors = {"v": {"rebates": [{"from_spend": 300, "rate": 0.4}]}}
    rules = {"limits": {"t": target(3)}, "vendors": vendors}
    assert is_infeasible(case(funds={"f": {"amount": 299}}, **rules))
    assert plan_of(case(funds={"f": {"amount": 300}}, **rules)).cost.amount == 180
    apart = {"f": {"amount": 299, "terms": ["purchase"]}, "g": {"amount": 1, "terms": ["rebates"]}}
    assert is_infeasible(case(funds=apart, **rules))
    apart["f"]["amount"] = 300
    assert plan_of(case(funds=apart, **rules)).cash[0].by_fund == {"f": 300, "g": -120}


TAXED: Tree = {
    "offers": {"o": {"order_until": "2025-01-31", "max_units": 2}},
    "levies": {"vat": {"terms": ["purchase"], "rate": 0.1, "recovered_share": 1, "recovered_days_after": 40}},
    "limits": {"t": target(1)},
}
"""One system of 100 on 1 January with a tax of 10 that is back on 10 February."""


def test_a_fund_pays_on_a_day_only_what_it_has() -> None:
    """Proves it: 110 are to be paid on 1 January. If broken, 100 are enough, since 10 come back."""
    assert is_infeasible(case(funds={"f": {"amount": 109}}, **TAXED))
    plan = plan_of(case(funds={"f": {"amount": 110}}, **TAXED))
    assert (plan.cost.amount, plan.cash[0].by_fund) == (100, {"f": 100})


@pytest.mark.parametrize(("after", "needed"), [(40, 210), (39, 220)])
def test_what_has_come_back_can_be_paid_again(after: int, needed: int) -> None:
    """Proves the day: a further 110 are due so many days after signing: 10 are back for them after 40 days."""
    tree = case(funds={"f": {"amount": needed}}, **TAXED)
    tree["offers"]["p"] = {
        **tree["offers"]["o"],
        "max_units": 1,
        "payments": [{"event": "signed", "share": 1, "days_after": after}],
    }
    tree["limits"]["p"] = {"measure": "systems", "at_least": 1, "select": {"offer": "p"}}
    tree["limits"]["o"] = {"measure": "systems", "at_least": 1, "select": {"offer": "o"}}
    assert plan_of(tree).cost.amount == 200
    tree["funds"]["f"]["amount"] = needed - 1
    assert is_infeasible(tree)


def test_cash_by_fiscal_year_and_payer_adds_up() -> None:
    """Proves the table: half on 1 January, half 365 days later; f pays 90 of 200 in the same shares of both years."""
    halves = [{"event": "signed", "share": 0.5}, {"event": "signed", "share": 0.5, "days_after": 365}]
    tree = case(
        offers={"o": {"payments": halves, "order_until": "2025-01-31"}},
        limits={"t": target(2)},
        funds={"f": {"amount": 90}, "g": {"amount": 110}},
    )
    years = plan_of(tree).cash
    assert [(year.year, year.amount, year.by_fund) for year in years] == [
        (2025, 100, {"f": 45, "g": 55}),
        (2026, 100, {"f": 45, "g": 55}),
    ]


def test_funds_that_cannot_pay_are_named() -> None:
    """Proves the diagnosis: the fund and the target clash, and the fund's sentence has its amount and terms."""
    outcome = gpuplan.solve(made(funded(f={"amount": 100, "terms": ["purchase"]}, g={"amount": 50})), gap=0)
    assert outcome.conflict is not None
    said = {clash.path: clash.says for clash in outcome.conflict.members}
    assert set(said) == {"limits.t", "funds", "funds.f", "funds.g"}
    assert said["funds.f"] == "fund f pays at most 100 USD for purchase"


def test_there_are_not_too_many_funds() -> None:
    """Proves the bound on unions, which is told with a way out."""
    with pytest.raises(InvalidInput, match="9 funds, 8 at most"):
        made(funded(**{f"f{number}": {"amount": 1} for number in range(9)}))


def test_a_maximum_flow_pays_all_just_when_every_union_of_funds_has_enough() -> None:
    """Proves Hall's condition and the flow against each other, on 300 random sets of funds and claims.

    If the flow stopped at a fund that is used up, or the unions missed a set, they would disagree.
    """
    random = Random(4)
    paid_in_full = 0
    for _ in range(300):
        names = ("a", "b", "c")[: random.randint(1, 3)]
        amounts = {name: Fraction(random.randint(0, 6)) for name in names}
        sets = [one for size in range(1, len(names) + 1) for one in combinations(names, size)]
        owed = {one: Fraction(random.randint(0, 5)) for one in random.sample(sets, random.randint(1, len(sets)))}
        paid = drawn(amounts, owed)
        for name in names:
            assert sum(parts.get(name, 0) for parts in paid.values()) <= amounts[name]
        assert all(part >= 0 for parts in paid.values() for part in parts.values())
        full = all(sum(paid[claim].values()) == owed[claim] for claim in owed)
        enough = all(
            sum(amount for claim, amount in owed.items() if set(claim) <= set(union))
            <= sum(amounts[name] for name in union)
            for union in unions(owed, names)
        )
        assert full == enough
        paid_in_full += full
    assert 30 < paid_in_full < 270
