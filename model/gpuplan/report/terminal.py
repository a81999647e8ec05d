"""A plan, or the lack of one, as text for a terminal: one screen, or every table, what was decided first."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gpuplan.report.conflicts import listed, proven, without_all
from gpuplan.report.export import licences_table
from gpuplan.report.first_screen import first_screen, last_of
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.obstacles import not_possible
from gpuplan.report.sentences import caveats, decision, proof
from gpuplan.report.words import money, percent, quantity

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.api import Outcome
    from gpuplan.plan.plan import Plan, PlanLimit, PlanOrder

MOST_TARGETS = 2
"""Targets whose chain of events is shown; the others are in the JSON and CSV."""
MOST_ROWS = 12
"""Rows of the less important tables; the rest are in the JSON and CSV."""


def outcome_text(outcome: Outcome, name: str, width: int = WIDTH, color: bool = False, details: bool = False) -> str:
    """The answer as text: of a plan one screen, or with `details` every table after a paragraph."""
    if outcome.plan is None:
        parts = _no_plan_parts(outcome, name)
    else:
        parts = _plan_parts(outcome.plan) if details else first_screen(outcome.plan, width)
    return rendered(parts, width, color)


def _plan_parts(plan: Plan) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(plan.name, style="bold"), Text(decision(plan)), Text(proof(plan))]
    parts += [titled("What is bought", _bought(plan)), titled("What it costs", _cost(plan))]
    parts.append(titled("Limits", _limits(plan)))
    if plan.sites:
        parts.append(titled("Sites", _sites(plan)))
    if plan.clusters:
        parts.append(titled("Clusters", _clusters(plan)))
    if plan.served:
        parts.append(titled("What serves which workload, at the end", _served(plan)))
    if plan.modules:
        parts.append(titled("Facility modules", _modules(plan)))
    licences = licences_table(plan)
    if licences is not None:
        parts.append(titled("Export control", licences))
    if any(year.by_fund for year in plan.cash):
        parts.append(titled("Who pays", _payers(plan)))
    for title, table in (
        ("What decides the day of a target", _critical(plan)),
        ("Latest days to act", _latest(plan)),
        ("What the quotes leave open", _risks(plan)),
        ("Not possible", _denied(plan)),
    ):
        if table is not None:
            parts.append(titled(title, table))
    parts.append(Text("\n".join(["", *caveats(plan)])))
    return parts


def _bought(plan: Plan) -> Table:
    """By system, vendor and site: how many, and between which days."""
    lines: dict[tuple[str, str, str, date | None], list[PlanOrder]] = defaultdict(list)
    for order in plan.orders:
        lines[order.system, order.vendor, order.site, order.given_back].append(order)
    names = ["system", "vendor", "site", "systems", "accel.", "signed", "usable", "price"]
    has_added = any(order.added for order in plan.orders)
    ends = any(order.given_back for order in plan.orders)
    names = [*names[:7], *(["to"] if ends else []), *names[7:], *(["added"] if has_added else [])]
    table = new_table(*names, numbers=(3, 4, *range(8 if ends else 7, len(names))), gap=1)
    for (system, vendor, site, end), orders in lines.items():
        table.add_row(
            system,
            vendor,
            site,
            f"{sum(order.units for order in orders):,}",
            f"{sum(order.accelerators for order in orders):,}",
            f"{min(order.signed for order in orders):%y-%m-%d}",
            last_of([order.usable for order in orders]),
            *([f"{end:%y-%m-%d}" if end else ""] if ends else []),
            money(sum((order.amount - order.added for order in orders), Decimal(0)), "").strip(),
            *([money(sum((order.added for order in orders), Decimal(0)), "").strip()] if has_added else []),
        )
    return table


def _cost(plan: Plan) -> Table:
    table = new_table("term", "", "paid", "discounted", numbers=(2, 3))
    for name, term in plan.cost.terms.items():
        table.add_row(name, term.kind, money(term.amount, plan.currency), money(term.discounted, plan.currency))
    for kind, some in plan.cost.kinds.items():
        table.add_row(f"{kind} in all", "", money(some.amount, plan.currency), money(some.discounted, plan.currency))
    table.add_row("total", "", money(plan.cost.amount, plan.currency), money(plan.cost.discounted, plan.currency))
    per_hour = plan.unit_costs.per_accelerator_hour
    if per_hour is not None:
        table.add_row("an accelerator-hour", "", "", f"{per_hour:,.2f} {plan.currency}")
    return table


def _limits(plan: Plan) -> RenderableType:
    """Every limit once, what is missed or binds first; of several windows that with the least room."""
    if not plan.limits:
        return Text("None.")
    windows: dict[str, list[PlanLimit]] = defaultdict(list)
    for limit in plan.limits:
        windows[limit.limit].append(limit)
    table = new_table("limit", "used", "bound", "slack", "", numbers=(1, 2, 3))
    tightest = [min(some, key=_room) for some in windows.values()]
    shown = sorted(tightest, key=lambda one: (not one.missed_by, not one.binds))
    busy = sum(1 for one in shown if one.binds or one.missed_by)
    for one in shown[: max(MOST_ROWS, busy)]:
        table.add_row(*_limit_row(one, windows[one.limit], plan.currency))
    left = len(shown) - max(MOST_ROWS, busy)
    return Group(table, Text(f"and {left} more with room", style="dim")) if left > 0 else table


def _room(limit: PlanLimit) -> tuple[Decimal, bool, Decimal]:
    """Less for what is missed by more, then for what binds, then for what has less slack."""
    return -limit.missed_by, not limit.binds, Decimal("inf") if limit.slack is None else limit.slack


def _limit_row(limit: PlanLimit, windows: list[PlanLimit], currency: str) -> tuple[str, ...]:
    def said(amount: Decimal | None) -> str:
        unit = limit.unit if limit.unit in ("money", "share") else ""
        return "n/a" if amount is None else quantity(amount, unit, currency)

    bounds = [f"≥ {said(limit.at_least)}"] if limit.at_least is not None else []
    bounds += [f"≤ {said(limit.at_most)}"] if limit.at_most is not None else []
    return limit.limit, said(limit.used), " ".join(bounds), said(limit.slack), _state(limit, windows)


def _state(limit: PlanLimit, windows: list[PlanLimit]) -> str:
    """Whether a limit is missed or binds, and in how many of its windows."""
    state = "missed" if limit.missed_by else "binds" if limit.binds else ""
    if len(windows) == 1:
        return state
    alike = sum(1 for one in windows if (one.missed_by if limit.missed_by else one.binds))
    return f"{state}, {alike} of {len(windows)}" if state else f"least of {len(windows)}"


def _sites(plan: Plan) -> Table:
    table = new_table("site", "systems", "accel.", "most power drawn", "of grid", "PUE", numbers=(1, 2, 3, 4, 5))
    for site in plan.sites:
        uses = [
            state.resources["grid-power"]
            for state in plan.states
            if state.site == site.site and "grid-power" in state.resources
        ]
        most = max(uses, key=lambda use: use.need, default=None)
        drawn = f"{most.need:,.0f} kW" if most else "-"
        of = "unlimited" if most and most.capacity is None else f"{most.capacity:,.0f} kW" if most else "-"
        pue = "-" if site.pue is None else f"{site.pue:.3f}"
        table.add_row(site.site, f"{site.systems:,}", f"{site.accelerators:,}", drawn, of, pue)
    return table


def _clusters(plan: Plan) -> Table:
    """What stands in the end, and since when."""
    table = new_table("cluster", "system", "site", "clusters", "systems", "accel.", "from", numbers=(3, 4, 5))
    for line in {(line.cluster, line.system, line.site): line for line in plan.clusters}.values():
        table.add_row(
            line.cluster,
            line.system,
            line.site,
            f"{line.units:,}",
            f"{line.systems:,}",
            f"{line.accelerators:,}",
            str(line.day),
        )
    return table


def _served(plan: Plan) -> Table:
    """What serves from the last serving day on."""
    table = new_table("workload", "system", "site", "systems", "work", "of demand", numbers=(3, 4, 5))
    for line in {(line.workload, line.system, line.site): line for line in plan.served}.values():
        if line.systems:
            share = percent(line.work / line.demand) if line.demand else "-"
            work = quantity(line.work, line.unit, plan.currency)
            table.add_row(line.workload, line.system, line.site, f"{line.systems:,.2f}", work, share)
    return table


def _modules(plan: Plan) -> Table:
    table = new_table("module", "site", "units", "signed", "ready", "price", numbers=(2, 5))
    for order in plan.modules:
        table.add_row(
            order.module,
            order.site,
            f"{order.units:,}",
            str(order.signed),
            str(order.ready),
            money(order.amount, plan.currency),
        )
    return table


def _payers(plan: Plan) -> Table:
    """What each fund pays, by fiscal year."""
    funds = list(dict.fromkeys(fund for year in plan.cash for fund in year.by_fund))
    head = f"year, {plan.currency}"
    table = new_table(head, *funds, "all", numbers=tuple(range(1, len(funds) + 2)))
    for year in plan.cash:
        amounts = [year.by_fund.get(fund, Decimal(0)) for fund in funds]
        table.add_row(str(year.year), *(money(amount, "").strip() for amount in (*amounts, year.amount)))
    return table


def _latest(plan: Plan) -> Table | None:
    lines = {(line.limit, line.offer or line.module or line.site): line for line in plan.latest}
    if not lines:
        return None
    table = new_table("target", "for", "tender by", "sign by", "to be ready by")
    for line in list(lines.values())[:MOST_ROWS]:
        what = line.offer or line.module or f"opening {line.site}"
        tender = "-" if line.sign and not line.tender else str(line.tender or "too late")
        table.add_row(line.limit, what, tender, str(line.sign or "too late"), str(line.by))
    return table


def _critical(plan: Plan) -> Table | None:
    """The chain of events behind each target; the first few targets."""
    if not plan.critical_path:
        return None
    table = new_table("target", "event", "of", "at", "on", "at the latest", gap=1)
    shown = list(dict.fromkeys(step.limit for step in plan.critical_path))[:MOST_TARGETS]
    for step in plan.critical_path:
        if step.limit in shown:
            first = step.limit if step.step == 1 else ""
            late = str(step.latest or "too late")
            table.add_row(first, step.event, step.offer or step.module or "", step.site, str(step.day), late)
    return table


def _risks(plan: Plan) -> RenderableType | None:
    """Leads that are ranges, and damages for lateness, order by order."""
    if not plan.risks:
        return None
    table = new_table("offer", "site", "signed", "systems", "what", numbers=(3,))
    for line in plan.risks[:MOST_ROWS]:
        table.add_row(line.offer, line.site, str(line.signed), f"{line.units:,}", line.says)
    left = len(plan.risks) - MOST_ROWS
    return Group(table, Text(f"and {left} more (see `risks` in the JSON)", style="dim")) if left > 0 else table


def _denied(plan: Plan) -> RenderableType | None:
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in plan.considered:
        if one.why not in ("chosen", "possible, not chosen"):
            reasons[one.offer or one.module or "", one.why].append(one.site)
    if not reasons:
        return None
    table = new_table("", "site", "why")
    for (name, why), places in list(reasons.items())[:MOST_ROWS]:
        table.add_row(name, ", ".join(places), why)
    left = len(reasons) - MOST_ROWS
    return Group(table, Text(f"and {left} more (see `considered` in the JSON)", style="dim")) if left > 0 else table


def _no_plan_parts(outcome: Outcome, name: str) -> list[RenderableType]:
    conflict = outcome.conflict
    is_alone = conflict is not None and len(conflict.members) == 1
    said = {
        "infeasible": f"There is no plan: the {'rule below cannot' if is_alone else 'rules below cannot all'} hold.",
        "unbounded": "There is no best plan: some objective can be bettered without end. Bound it by a limit.",
        "no_plan_found": "No plan was found before the search was stopped. There may be one: allow more time.",
    }
    parts: list[RenderableType] = [Text(name, style="bold"), Text(said.get(outcome.status, outcome.status))]
    if outcome.status == "infeasible" and conflict is not None:
        for number, one in enumerate((conflict, *conflict.further)):
            if number:
                parts.append(Text("\nWithout these, the following clash:"))
            parts.append(Padding(Text(listed(one.members)), (1, 0, 1, 2)))
            physics = "Supply, sites and capacity alone clash, whatever the limits." if one.kind == "physical" else ""
            parts.append(Text(f"{physics} {proven(one.kind, one.members, one.minimal)}".strip()))
        if not any(one.frees for one in conflict.members):
            parts.append(Text(without_all(conflict.frees)))
    if outcome.obstacles:
        parts.append(titled("Not possible", not_possible(outcome.obstacles)))
    return parts
