"""Capex, opex and cash by fiscal year, against the budgets of each."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.report.names import called
from gpuplan.report.table import Cell, Table, column, table

if TYPE_CHECKING:
    from gpuplan.plan.plan import FiscalYear, Plan, PlanLimit

MOST_YEARS = 8
"""Rows of years; what comes later is added up in one."""
WHOLE = "in all"


def budgets(plan: Plan) -> dict[str, PlanLimit]:
    """By name: limits from above on money, of several windows in a year that with the least left."""
    found: dict[str, PlanLimit] = {}
    for one in plan.limits:
        if one.unit == "money" and one.at_most is not None:
            key = f"{one.limit} {year_of(plan, one)}"
            before = found.get(key)
            if before is None or (one.slack or Decimal(0)) < (before.slack or Decimal(0)):
                found[key] = one
    return found


def year_of(plan: Plan, limit: PlanLimit) -> str:
    """The fiscal year that a budget lies in; that it is for all of them together where it lies in none.

    A budget without a first day is for the first year where it ends in that one: what was paid before counts too.
    """
    for position, year in enumerate(plan.cash):
        if year.first is None or year.last is None or limit.last is None:
            break
        begins = position == 0 if limit.first is None else year.first <= limit.first
        if begins and limit.last <= year.last and (limit.first is None or limit.first <= year.last):
            return str(year.year)
    return WHOLE


def years_table(plan: Plan) -> Table:
    """A row for each year, and for each further budget of it; the last row is all of them."""
    rows: list[dict[str, Cell]] = []
    shown, later = plan.cash[:MOST_YEARS], plan.cash[MOST_YEARS:]
    by_year: dict[str, list[PlanLimit]] = {}
    for one in budgets(plan).values():
        by_year.setdefault(year_of(plan, one), []).append(one)
    for year in shown:
        rows += _rows({"year": str(year.year), **_sums([year])}, by_year.get(str(year.year), []), plan)
    if later:
        first, last = later[0].year, later[-1].year
        known = [one for year in later for one in by_year.get(str(year.year), [])]
        rows += _rows({"year": f"{first} to {last}", **_sums(later)}, known, plan)
    if plan.cash:
        rows += _rows({"year": WHOLE, **_sums(plan.cash)}, by_year.get(WHOLE, []), plan)
    return table(
        "money-by-year", "Capex, opex and cash by fiscal year", plan.currency, rows,
        column("year", heading="fiscal year"), column("capex", "money"), column("opex", "money"),
        column("cash", "money"), column("budget"), column("of"), column("used", "money", "counts"),
        column("at_most", "money", "of a budget of"), column("slack", "money", "left"),
    )  # fmt: skip


def _sums(years: list[FiscalYear] | tuple[FiscalYear, ...]) -> dict[str, Cell]:
    known = all(one.capex is not None and one.opex is not None for one in years)
    return {
        "capex": sum((one.capex or Decimal(0) for one in years), Decimal(0)) if known else None,
        "opex": sum((one.opex or Decimal(0) for one in years), Decimal(0)) if known else None,
        "cash": sum((one.amount for one in years), Decimal(0)),
    }


def _rows(first: dict[str, Cell], some: list[PlanLimit], plan: Plan) -> list[dict[str, Cell]]:
    """The figures of a year beside its first budget, and a row for each further one."""
    told: list[dict[str, Cell]] = [
        {
            "budget": called(plan, "limits", one.limit), "of": one.measure, "used": one.used,
            "at_most": one.at_most, "slack": one.slack,
        }
        for one in some
    ]  # fmt: skip
    return [{**first, **(told[0] if told else {})}, *told[1:]]
