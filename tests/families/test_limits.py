"""Limits: amounts, shares and counts, by window, hard and soft. o of v at 100, p of w at 130; 8 accelerators each."""

from __future__ import annotations

import pytest

import gpuplan
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import Tree, case, made, offer, target


def two(limits: Tree, **over: object) -> Tree:
    """Two vendors and some limits."""
    return case(vendors={"w": {}}, offers={"p": offer(vendor="w", price=130)}, limits=limits, **over)


def test_a_target_in_accelerators_is_met_by_whole_systems() -> None:
    """Proves the measure: 9 accelerators are two systems of 8: 200. If 9 / 8 systems could be bought, 112.5."""
    assert cost_of(two({"t": {"measure": "accelerators", "at_least": 9}})) == 200


def test_a_budget_bounds_money_of_its_window_and_terms() -> None:
    """Proves budgets: 2 for 200 break 199 and hold at 200; a budget on opening costs does not see the purchase."""
    rules = {"t": target(2)}
    assert is_infeasible(two({**rules, "b": {"measure": "capex", "at_most": 199}}))
    assert cost_of(two({**rules, "b": {"measure": "capex", "at_most": 200}})) == 200
    assert cost_of(two({**rules, "b": {"measure": "capex", "at_most": 0, "terms": ["opening"]}})) == 200


def test_cash_counts_when_paid_and_commitments_when_signed() -> None:
    """Proves `basis`: signed in January, half paid 60 days later in March. By 31 January 100 in cash, 200 committed."""
    halves = [{"event": "signed", "share": 0.5}, {"event": "signed", "share": 0.5, "days_after": 60}]
    over = {"offers": {"o": {"payments": halves, "order_until": "2025-01-31"}}}
    budget = {"measure": "capex", "by": "2025-01-31", "at_most": 100}
    assert cost_of(case(limits={"t": target(2), "b": budget}, **over)) == 200
    assert is_infeasible(case(limits={"t": target(2), "b": {**budget, "basis": "commitment"}}, **over))


def test_a_share_bounds_a_part_by_its_whole() -> None:
    """Proves shares: at most half from v of 3 systems is one, so 100 + 2 x 130 = 360; of 2 one, 230."""
    half = {"measure": "systems", "at_most_share": 0.5, "select": {"vendor": "v"}}
    assert cost_of(two({"t": target(3), "s": half})) == 360
    assert cost_of(two({"t": target(2), "s": half})) == 230


def test_nothing_of_nothing_satisfies_and_something_of_nothing_does_not() -> None:
    """Proves shares of nothing: with no target nothing is bought. What is no part of its whole needs the whole."""
    half = {"measure": "systems", "at_least_share": 0.5, "select": {"vendor": "w"}}
    assert cost_of(two({"s": half})) == 0
    of_w = {"measure": "systems", "at_most_share": 0.5, "select": {"vendor": "v"}, "of": {"vendor": "w"}}
    assert cost_of(two({"t": target(1), "s": of_w})) == 130
    assert cost_of(two({"t": target(1, select={"vendor": "v"}), "s": of_w})) == 360


@pytest.mark.parametrize(
    ("rule", "cost"),
    [
        ({"at_least": 2}, 230),  # one of each vendor
        ({"at_least": 2, "counts_from": 2}, 460),  # two of each
        ({"at_least": 2, "counts_from_share": 0.5}, 230),  # half each
        ({"at_most": 1}, 200),
        ({"at_least": 2, "count": "models"}, None),  # there is one model
        ({"at_least": 2, "count": "offers"}, 230),
    ],
)
def test_counts_are_of_things_with_at_least_an_amount(rule: Tree, cost: int | None) -> None:
    """Proves counts: two systems wanted; two vendors cost 230, two of two each 460, one alone 200."""
    tree = two({"t": target(2), "c": {"measure": "systems", "count": "vendors", **rule}})
    if cost is None:
        assert is_infeasible(tree)
    else:
        assert cost_of(tree) == cost


def test_a_fleet_counts_toward_the_share_from_which_a_vendor_counts() -> None:
    """Proves shares with `existing`: w has 4 old accelerators, 8 new ones of v: w has a third, less than half.

    So only v counts, and one vendor at most holds at 100. If 4 against 8 could not be told apart, infeasible.
    """
    count = {"measure": "accelerators", "count": "vendors", "existing": "include", "counts_from_share": 0.5}
    tree = case(
        vendors={"w": {}},
        systems={"old": {"accelerators": 4}},
        offers={"o": {"max_units": 1}, "p": offer(vendor="w", price=130)},
        existing={"systems": {"f": {"system": "old", "site": "a", "units": 1, "vendor": "w"}}},
        limits={"t": target(1), "c": {**count, "at_most": 1}},
    )
    assert cost_of(tree) == 100


def test_a_soft_limit_is_missed_when_meeting_it_costs_more_than_the_penalty() -> None:
    """Proves penalties: three wanted softly at 40 each missed are left out (120 < 300); at 110 each they are bought."""
    assert terms_of(two({"t": target(3, soft={"penalty": 40})})) == {"penalty": 120}
    assert terms_of(two({"t": target(3, soft={"penalty": 110})})) == {"purchase": 300}


def test_a_priority_comes_before_every_objective() -> None:
    """Proves priorities: 3 of v and 1 of w wanted with a budget of 350. First w (130), then 2 of v (200) fit.

    Shortfall of priority 2 is 1 of 3. If cost came first, nothing would be bought.
    """
    limits = {
        "w": target(1, select={"vendor": "w"}, soft={"priority": 1}),
        "v": target(3, select={"vendor": "v"}, soft={"priority": 2}),
        "b": {"measure": "capex", "at_most": 350},
    }
    plan = plan_of(two(limits))
    assert units_of(plan) == {"o": 2, "p": 1}
    assert [float(level.value) for level in plan.levels] == pytest.approx([0, 1 / 3, 330], abs=1e-6)


def test_each_month_is_bounded_by_itself() -> None:
    """Proves `each`: one signed in each month holds for three months; for two of them it does not give three."""
    rule = {"measure": "systems", "stage": "signed", "at_most": 1, "each": "month"}
    assert cost_of(two({"t": target(3), "m": rule})) == 300
    assert is_infeasible(case(limits={"t": target(3, by="2025-02-28"), "m": rule}))


def test_a_stock_is_taken_on_its_day_and_counts_acceptance() -> None:
    """Proves the day: 20 days of acceptance from 1 February end on 21 February. On the 20th only January's lot counts.

    January is closed, so that 1 by 20 February is infeasible and by 21 February is 100.
    """
    offers = {"o": {"acceptance_days": 20, "order_from": "2025-02-01"}}
    assert is_infeasible(case(offers=offers, limits={"t": target(1, by="2025-02-20")}))
    assert cost_of(case(offers=offers, limits={"t": target(1, by="2025-02-21")})) == 100


def test_a_limit_excludes_and_counts_what_is_there_when_told_to() -> None:
    """Proves `exclude` and `existing`: two old systems count for a target of 3 when included: one more is bought."""
    old = {"systems": {"f": {"system": "s", "site": "a", "units": 2}}}
    assert cost_of(two({"t": target(3, existing="include")}, existing=old)) == 100
    assert cost_of(two({"t": target(3)}, existing=old)) == 300
    assert cost_of(two({"t": target(1, exclude={"vendor": "v"})})) == 130


def test_a_budget_that_is_missed_by_a_little_is_missed() -> None:
    """Proves that the solver's tolerance is no budget: 400,000 against 399,999.90 is infeasible."""
    offers = {"o": {"price": 400_000}}
    assert is_infeasible(case(offers=offers, limits={"t": target(1), "b": {"measure": "capex", "at_most": 399_999.9}}))
    assert (
        cost_of(case(offers=offers, limits={"t": target(1), "b": {"measure": "capex", "at_most": 400_000}})) == 400_000
    )


def test_a_share_that_is_missed_by_a_little_is_missed() -> None:
    """Proves exact shares: 1 of 3 is more than 0.3333333, so that a third from v is not allowed: 3 x 130 = 390.

    The solver cannot tell the two apart, so that its bound may stay at 360 with one of v; the plan may not.
    """
    share = {"measure": "systems", "at_most_share": 0.3333333, "select": {"vendor": "v"}}
    outcome = gpuplan.solve(made(two({"t": target(3), "s": share})), gap=0, explain_seconds=0)
    assert outcome.status in ("optimal", "feasible")
    assert outcome.plan is not None
    assert outcome.plan.cost.discounted == 390


def test_a_share_may_be_the_whole() -> None:
    """Proves a share of one: the money spent in all is what is spent at a. Everything less what is at a is nothing.

    Two at the tier of 80 cost 160, at a although b would do too. If terms that cancel stayed in the row as zeros, a
    bound would become no number at all.
    """
    tiers = {"o": {"tiers": [{"from_units": 2, "price": 80}]}}
    share = {"measure": "capex", "at_least_share": 1, "at_most_share": 1, "of": {"site": "a"}}
    plan = plan_of(case(sites={"b": {}}, offers=tiers, limits={"t": target(2), "s": share}))
    assert plan.cost.discounted == 160
    assert {line.site for line in plan.decisions.orders} == {"a"}
