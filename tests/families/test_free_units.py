"""Free units: of each so many that are signed for, some cost nothing."""

from __future__ import annotations

from datetime import date

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import REMOVED, Tree, case, made, merged, target

ONE = {"periods": 1}


def free(buy: int, of_each: int, over: Tree | None = None, **rest: object) -> Tree:
    """A case whose offer gives units."""
    terms = {"free_units": {"buy": buy, "free": of_each}, "max_units": 50}
    return case(offers={"o": {**terms, **(over or {})}}, **rest)


@pytest.mark.parametrize(
    ("units", "paid"), [(1, 1), (19, 19), (20, 20), (21, 20), (22, 21), (41, 40), (42, 40), (43, 41)]
)
def test_of_each_twenty_one_one_is_free(units: int, paid: int) -> None:
    """Proves 20 + 1: 21 cost as much as 20, 42 as much as 40, and the 41st is paid.

    If the free ones came first, 20 would cost 19; if they came once, 42 would cost 41.
    """
    exactly = {"t": {**target(units), "at_most": units}}
    assert cost_of(free(20, 1, calendar=ONE, limits=exactly)) == 100 * paid


@pytest.mark.parametrize(
    ("units", "paid"), [(1, 1), (2, 2), (3, 2), (4, 2), (5, 2), (6, 3), (7, 4), (8, 4), (10, 4), (11, 5)]
)
def test_a_set_that_is_not_full_gives_what_it_has_reached(units: int, paid: int) -> None:
    """Proves 2 + 3: the third, fourth and fifth are free, one by one, then the sixth and seventh are paid.

    If only full sets gave anything, three would cost 300 and four 400.
    """
    exactly = {"t": {**target(units), "at_most": units}}
    assert cost_of(free(2, 3, calendar=ONE, limits=exactly)) == 100 * paid


def test_free_units_reach_targets_and_are_never_more_than_can_be_supplied() -> None:
    """Proves that they are units: three are wanted, two of them paid, so this offer at 100 beats one at 70; with two at
    most it does not, and takes 140 for two at 70 and 100 for one."""
    rival = {"p": {"vendor": "v", "system": "s", "price": 70, "max_units": 3}}
    tree = merged(free(2, 1, calendar=ONE, limits={"t": target(3)}), {"offers": rival})
    assert units_of(plan_of(tree)) == {"o": 3}
    assert cost_of(tree) == 200
    assert units_of(plan_of(merged(tree, {"offers": {"o": {"max_units": 2}}}))) == {"p": 3}


def test_what_is_free_is_taken_off_on_the_last_day_of_the_order_window() -> None:
    """Proves the day: three in January, the window to 20 February. By 31 January 300 are paid, by 20 February 200."""
    tree = free(2, 1, {"order_until": "2025-02-20"}, limits={"t": target(3, by="2025-01-31")})
    budget = {"measure": "capex", "by": "2025-01-31", "at_most": 299}
    assert is_infeasible(merged(tree, {"limits": {"b": budget}}))
    assert cost_of(merged(tree, {"limits": {"b": {**budget, "by": "2025-02-20", "at_most": 201}}})) == 200


def test_the_price_of_a_free_unit_is_that_of_its_day_and_tier() -> None:
    """Proves the price: two in January at 200, one in February at 100, which is free: 400; with a fifth off from three
    on 2 x 160 = 320. If the first step priced it, 300; if the first tier did, 300 and not 320."""
    prices = [{"from": "2025-01-01", "price": 200}, {"from": "2025-02-01", "price": 100}]
    split = {
        "t": target(3),
        "u": target(2, by="2025-01-31"),
        "v": {"measure": "systems", "stage": "signed", "by": "2025-01-31", "at_most": 2},
    }
    tree = free(2, 1, {"price": REMOVED, "prices": prices, "max_units": 3}, limits=split)
    assert cost_of(tree) == 400
    assert cost_of(merged(tree, {"offers": {"o": {"tiers": [{"from_units": 3, "discount": 0.2}]}}})) == 320


def test_a_rebate_counts_what_was_paid_without_what_was_free() -> None:
    """Proves spend: three at 100 with one free spend 200, short of 250; four spend 300 and get a tenth back."""
    rebates = {"v": {"rebates": [{"from_spend": 250, "rate": 0.1}]}}
    tree = free(2, 1, calendar=ONE, vendors=rebates, limits={"t": {**target(3), "at_most": 3}})
    assert terms_of(tree) == {"purchase": 200}
    tree["limits"]["t"] |= {"at_least": 4, "at_most": 4}
    assert terms_of(tree) == {"purchase": 300, "rebates": -30}


def test_what_is_bought_again_costs_what_was_paid() -> None:
    """Proves lives: three for 200, one year each from 1 January 2025, bought again for 200 on 1 January 2026."""
    over = {"life_years": 1, "order_until": "2025-01-01"}
    found = terms_of(free(2, 1, over, economics={"evaluation_years": 2}, limits={"t": {**target(3), "at_most": 3}}))
    assert found == {"purchase": 200, "replacement": 200}


def test_support_and_spares_count_free_units_too() -> None:
    """Proves what they are not free of: spares of 10 % for three, 30; one year of support at 10 %, 30."""
    over = {"spares_share": 0.1, "support_rate_per_year": 0.1, "order_until": "2025-01-01"}
    found = terms_of(free(2, 1, over, economics={"evaluation_years": 1}, limits={"t": {**target(3), "at_most": 3}}))
    assert {term: round(amount, 4) for term, amount in found.items()} == {"purchase": 200, "spares": 30, "support": 30}


def test_spending_more_does_not_hide_what_is_free() -> None:
    """Proves that what is free is not left to the plan: at least 300 spent, three at most, is impossible with one free.

    If the number of free units were only bounded from above, a plan could leave them out to spend its money.
    """
    limits, three = {"t": target(3), "b": {"measure": "spend", "at_least": 300}}, {"max_units": 3}
    assert is_infeasible(free(2, 1, three, calendar=ONE, limits=limits))
    assert is_infeasible(free(1, 2, three, calendar=ONE, limits=limits))
    assert cost_of(free(3, 1, three, calendar=ONE, limits=limits)) == 300


def test_a_plan_without_its_free_units_fails_its_audit() -> None:
    """Proves the recount: a plan of three at 300 does not say what the instance with one free says."""
    tree = case(calendar=ONE, limits={"t": {**target(3), "at_most": 3}})
    plan = plan_of(tree)
    told = gpuplan.audit(made(merged(tree, {"offers": {"o": {"free_units": {"buy": 2, "free": 1}}}})), plan)
    assert told


def test_a_budget_does_not_bind_where_the_next_unit_is_free() -> None:
    """Proves what is said of a budget of 150: of 1 + 1 the second costs nothing and would fit; at 100 it would not."""
    limits = {"t": {**target(1), "at_most": 1}, "b": {"measure": "spend", "at_most": 150}}
    spent = {line.limit: line.binds for line in plan_of(free(1, 1, calendar=ONE, limits=limits)).limits}
    assert spent["b"] is False
    tree = case(calendar=ONE, limits=limits)
    assert {line.limit: line.binds for line in plan_of(tree).limits}["b"] is True


def test_free_units_are_agreed_when_something_is_signed() -> None:
    """Proves commitments: two were signed in December under 2 + 1, so the third, signed now, is free."""
    order = {"offer": "o", "site": "a", "signed": "2024-12-10", "units": 2}
    tree = free(2, 1, committed={"orders": {"c": order}}, limits={"t": target(3)})
    assert cost_of(tree) == 200
    assert min(line.signed for line in plan_of(tree).decisions.orders) == date(2024, 12, 10)


def test_free_units_and_incremental_tiers_are_not_taken_together() -> None:
    """Proves the refusal, since neither says what a free unit would have cost."""
    tiers = {"tiers": [{"from_units": 2, "price": 80}], "tier_pricing": "incremental"}
    with pytest.raises(InvalidInput, match="leave out one"):
        made(free(2, 1, tiers))
    assert made(free(2, 1, {**tiers, "tier_pricing": "all-units"})).offers["o"].free_units is not None
