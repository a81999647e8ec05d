"""Days on which money counts, as a board would reckon: years of accounts, what was paid before and is due later."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.answers import cost_of, is_infeasible, plan_of
from support.builders import Tree, case, merged, target


def paid_late(**limits: object) -> Tree:
    """Three systems at 100, accepted on the last day of the calendar and due 60 days later, on 30 May."""
    late = {"lead_days": 89, "payments": [{"event": "ready", "share": 1, "days_after": 60}]}
    return case(offers={"o": late}, limits={"t": target(3), **limits})


@pytest.mark.parametrize("each", [{}, {"each": "year"}, {"each": "quarter"}, {"each": "month"}])
def test_what_is_due_after_the_calendar_is_in_a_budget_without_an_end(each: Tree) -> None:
    """Proves 300 of 299: no plan. If broken, the budget has used 0, and 300 are owed."""
    budget = {"measure": "spend", **each}
    assert is_infeasible(paid_late(b={**budget, "at_most": 299}))
    assert cost_of(paid_late(b={**budget, "at_most": 300})) == 300
    assert cost_of(paid_late(b={**budget, "at_most": 0, "by": "2025-03-31"})) == 300


def test_what_is_due_after_the_calendar_is_spent() -> None:
    """Proves the level: o at 100 paid late is dearer than p at 90. If broken, o is bought for a spend of 0."""
    tree = paid_late()
    tree["offers"]["p"] = merged(tree["offers"]["o"], {"price": 90, "payments": [{"event": "signed", "share": 1}]})
    plan = plan_of({**tree, "objective": [{"minimise": {"measure": "spend"}}]})
    assert plan.levels[0].value == 270


def test_running_costs_of_every_year_reckoned_with_are_in_a_budget_without_an_end() -> None:
    """Proves operation: a site at 10 a month for 24 months is 240, beside 100 for a system: 340.

    If broken, the three months of the calendar alone count: 130.
    """
    tree = case(
        economics={"evaluation_years": 2},
        sites={"a": {"fixed_cost_per_month": 10}},
        limits={"t": target(1, by="2025-01-31")},
    )
    assert cost_of(tree) == 340
    for at_most, feasible in ((340, True), (339, False)):
        budget = {"limits": {"b": {"measure": "spend", "at_most": at_most}}}
        assert is_infeasible(merged(tree, budget)) is not feasible


def test_a_yearly_budget_is_one_of_a_year_of_accounts() -> None:
    """Proves April to March: two of three systems by May cost 200, of which a year may take 100 twice.

    One is signed by March, one from April on. If broken, both are 2026's, and there is no plan.
    """
    calendar = {"start": "2026-01-01", "periods": 6, "fiscal_year_starts_in_month": 4}
    yearly = {"measure": "spend", "at_most": 100, "each": "year"}
    tree = case(calendar=calendar, limits={"t": target(2, by="2026-05-31"), "yearly": yearly})
    plan = plan_of(tree)
    assert sorted(order.signed.month >= 4 for order in plan.decisions.orders) == [False, True]
    assert [(limit.window, limit.used) for limit in plan.limits if limit.limit == "yearly"] == [
        ("by 2026-03-31", Decimal(100)),
        ("from 2026-04-01", Decimal(100)),
    ]
    assert is_infeasible(merged(tree, {"calendar": {"fiscal_year_starts_in_month": 1}}))


def test_a_deposit_before_the_calendar_is_the_first_years() -> None:
    """Proves that it is spent money too: 60 of 100 paid in December, 40 in January are 100 of a year's 99: no plan.

    If broken, the 60 belong to no year.
    """
    parts = [{"event": "shipped", "share": 0.6}, {"event": "ready", "share": 0.4}]
    committed = {"orders": {"first": {"offer": "o", "site": "a", "signed": "2024-12-01", "units": 1}}}
    tree = case(
        calendar={"start": "2025-01-01", "periods": 1},
        offers={"o": {"lead_days": 10, "shipping_days": 30, "payments": parts}},
        committed=committed,
        limits={"t": target(1), "b": {"measure": "spend", "at_most": 100, "each": "year"}},
    )
    assert [year.amount for year in plan_of(tree).cash] == [60, 40]
    assert is_infeasible(merged(tree, {"limits": {"b": {"at_most": 99}}}))
