"""What a plan says on one screen, 80 columns by 40 rows: what, from whom, where, when, how much, what is due next."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gpuplan.plan.proof import gap_of
from gpuplan.report.layout import new_table, titled
from gpuplan.report.names import called
from gpuplan.report.paper_money import WHOLE, budgets, year_of
from gpuplan.report.sentences import assumed, standing
from gpuplan.report.steps import steps
from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan, PlanLimit, PlanOrder

MOST_BOUGHT = 6
MOST_TARGETS = 3
MOST_STEPS = 4
MOST_BUDGETS = 2
MOST_FAULTS = 3
"""Rows of each part, so that all parts are on the screen; `--details` has them all."""


def first_screen(plan: Plan, width: int) -> list[RenderableType]:
    """Every part that has something to say, in the order in which people ask."""
    parts: list[RenderableType] = [Text(_cut(plan.name, width), style="bold"), Text(_state(plan))]
    if not plan.orders:
        parts.append(Text("Buy nothing."))
    else:
        head = f"Buy {plan.accelerators:,} accelerators{_hosts(plan)} in {plural(plan.systems, 'system')}"
        parts += [titled(head, _bought(plan, width)), Text(_where(plan, width))]
    parts.append(titled("How much", Text("\n".join(_cost(plan)))))
    targets = _targets(plan, width)
    if targets.row_count:
        parts.append(titled("Usable when", targets))
    parts += [Text(line) for line in (*_missed(plan, width), *_binds(plan, width))]
    due = _due(plan, width)
    if due.row_count:
        parts.append(titled("Due next", due))
    parts += [Text(line) for line in _beware(plan)]
    return parts


def _state(plan: Plan) -> str:
    """How the search ended, and how far from the best the plan can be, by its last level."""
    if not plan.audit.passed:
        return "THE AUDIT FAILED: this is no plan to act on."
    level = plan.levels[-1]
    gap = gap_of(level.reached, level.bound, level.resolution)
    best = (
        "no bound proven"
        if level.bound is None
        else f"{'' if level.proven else 'proven '}within {percent(gap)}"
        if gap
        else "proven best"
    )
    value = quantity(level.value, level.unit, plan.currency)
    return f"{standing(plan)}. {level.name[:1].upper()}{level.name[1:]}: {value}, {best}. Audit passed."


def _hosts(plan: Plan) -> str:
    kept = plan.accelerators - plan.accelerators_of_buyer
    return f" (hosts keep {kept:,.0f})" if kept else ""


def _bought(plan: Plan, width: int) -> RenderableType:
    """By system and vendor, the dearest first."""
    lines: dict[tuple[str, str], list[PlanOrder]] = defaultdict(list)
    for order in plan.orders:
        lines[order.system, order.vendor].append(order)
    table = new_table("what", "from", "systems", "accel.", "signed", "usable", "amount", numbers=(2, 3, 6), gap=1)
    ordered = sorted(lines.items(), key=lambda line: -_amount(line[1]))
    room = max(width - 43, 20)
    for (system, vendor), orders in ordered[:MOST_BOUGHT]:
        table.add_row(
            _cut(called(plan, "systems", system), room * 3 // 5),
            _cut(called(plan, "vendors", vendor), room * 2 // 5),
            f"{sum(order.units for order in orders):,}",
            f"{sum(order.accelerators for order in orders):,}",
            f"{min(order.signed for order in orders):%y-%m-%d}",
            last_of([order.usable for order in orders]),
            money(_amount(orders), "").strip(),
        )
    left = ordered[MOST_BOUGHT:]
    if not left:
        return table
    rest = money(sum((_amount(orders) for _, orders in left), Decimal(0)), plan.currency)
    return Group(table, Text(f"and {len(left)} more for {rest}", style="dim"))


def _amount(orders: list[PlanOrder]) -> Decimal:
    return sum((order.amount for order in orders), Decimal(0))


def last_of(days: list[date | None]) -> str:
    """The last of some days; where one of them never comes, that."""
    known = [day for day in days if day is not None]
    return "never" if len(known) < len(days) else f"{max(known):%y-%m-%d}"


def _where(plan: Plan, width: int) -> str:
    """Accelerators that stand at each site in the end, and what is built there."""
    standing = [
        f"{_cut(called(plan, 'sites', one.site), 30)} {one.accelerators:,}" for one in plan.sites if one.accelerators
    ]
    built = sum(one.units for one in plan.modules)
    modules = f" {plural(built, 'facility module')} to order." if built else ""
    return _listed("Where:", standing, 2 * width - len(modules)) + modules


def _cost(plan: Plan) -> list[str]:
    """Capex and opex, an accelerator-hour, and each year's cash beside its budgets."""
    kinds = ", ".join(f"{name} {money(one.amount, '').strip()}" for name, one in plan.cost.kinds.items())
    per_hour = plan.unit_costs.per_accelerator_hour
    each = f"; {per_hour:,.2f} {plan.currency} per accelerator-hour" if per_hour is not None else ""
    by_year = sorted(budgets(plan).values(), key=lambda one: year_of(plan, one) == WHOLE)
    told = [f"{_cut(called(plan, 'limits', one.limit), 36)}: {_of_budget(one, plan.currency)}" for one in by_year]
    left = [f"and {len(told) - MOST_BUDGETS} more budgets"] if len(told) > MOST_BUDGETS else []
    return [f"{money(plan.cost.amount, plan.currency)} in all: {kinds}{each}.", *told[:MOST_BUDGETS], *left]


def _of_budget(one: PlanLimit, currency: str) -> str:
    used, most = (money(amount or Decimal(0), "").strip() for amount in (one.used, one.at_most))
    state = " (missed)" if one.missed_by else " (binds)" if one.binds else ""
    return f"{used} of {most} {currency}{state}"


def _targets(plan: Plan, width: int) -> Table:
    """Targets on use, what is missed first, then the next day first."""
    some = [one for one in plan.limits if one.stage == "usable" and one.at_least is not None and one.unit != "share"]
    some.sort(key=lambda one: (not one.missed_by, one.last or date.max))
    table = new_table("target", "at least", "by", "met on", "", numbers=(1,), gap=1)
    for one in some[:MOST_TARGETS]:
        state = f"missed by {quantity(one.missed_by, '', plan.currency)}" if one.missed_by else ""
        met = str(one.reached) if one.reached else "never"
        name = _cut(called(plan, "limits", one.limit), max(width - (60 if any(x.missed_by for x in some) else 38), 16))
        table.add_row(name, quantity(one.at_least or Decimal(0), "", plan.currency), str(one.last), met, state)
    return table


def _missed(plan: Plan, width: int) -> list[str]:
    """Limits that are missed and are no targets on use."""
    told = [
        f"{called(plan, 'limits', one.limit)} by {quantity(one.missed_by, one.unit, plan.currency)}"
        for one in plan.limits
        if one.missed_by and not (one.stage == "usable" and one.at_least is not None and one.unit != "share")
    ]
    return [_listed("Missed:", list(dict.fromkeys(told)), 2 * width)] if told else []


def _binds(plan: Plan, width: int) -> list[str]:
    full = dict.fromkeys(called(plan, "limits", one.limit) for one in plan.limits if one.binds and not one.missed_by)
    return [_listed("Binds:", list(full), 2 * width)] if full else []


def _due(plan: Plan, width: int) -> Table:
    """What is planned first, with its last day."""
    table = new_table("planned", "last day", "step", "for", gap=1)
    for one in steps(plan)[:MOST_STEPS]:
        does = _cut(one.does, 26)
        table.add_row(str(one.day or "-"), str(one.by or "-"), does, _cut(one.what, max(width - 50, 10)))
    return table


def _beware(plan: Plan) -> list[str]:
    found = [line for line in (assumed(plan),) if line]
    if not plan.audit.passed:
        found += [f"The audit found: {_cut(line, 120)}" for line in plan.audit.broken[:MOST_FAULTS]]
    return [*found, "Every table: --details; everything: --output plan.json."]


def _listed(head: str, some: list[str], room: int) -> str:
    """As many of some texts as there is room for, at least one, and how many more there are."""
    shown, used = 0, len(head) + 20
    for text in some:
        used += len(text) + 2
        if shown and used > room:
            break
        shown += 1
    more = f"; and {len(some) - shown} more" if len(some) > shown else ""
    return f"{head} {'; '.join(_cut(text, room) for text in some[:shown])}{more}."


def _cut(text: str, room: int) -> str:
    """A text with its middle left out where it is too long: names differ at both ends."""
    if len(text) <= room:
        return text
    before = (room - 1) * 2 // 3
    return f"{text[:before]}…{text[len(text) - (room - 1 - before) :]}"
