"""A plan, or the lack of one, as text for a terminal: first what was decided, then why, then how sure it is."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.api import Outcome
    from gpuplan.plan.plan import Plan, PlanLevel, PlanLimit, PlanOrder

WIDTH = 80
MOST_ROWS = 12
"""Rows of the less important tables; the rest are in the JSON and CSV."""


def outcome_text(outcome: Outcome, name: str, width: int = WIDTH, color: bool = False) -> str:
    """The whole answer as text."""
    parts = _plan_parts(outcome.plan) if outcome.plan else _no_plan_parts(outcome, name)
    console = Console(width=width, color_system="standard" if color else None, force_terminal=color, highlight=False)
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def _plan_parts(plan: Plan) -> list[RenderableType]:
    parts: list[RenderableType] = [Text(plan.name, style="bold"), Text(_decision(plan)), Text(_proof(plan))]
    parts += [_titled("What is bought", _bought(plan)), _titled("What it costs", _cost(plan))]
    parts.append(_titled("Limits", _limits(plan)))
    if plan.sites:
        parts.append(_titled("Sites", _sites(plan)))
    if plan.clusters:
        parts.append(_titled("Clusters", _clusters(plan)))
    if plan.served:
        parts.append(_titled("What serves which workload, at the end", _served(plan)))
    if plan.modules:
        parts.append(_titled("Facility modules", _modules(plan)))
    for title, table in (("Latest days to act", _latest(plan)), ("Not possible", _denied(plan))):
        if table is not None:
            parts.append(_titled(title, table))
    parts.append(Text(_caveats(plan)))
    return parts


def _titled(title: str, body: RenderableType) -> RenderableType:
    return Group(Text(f"\n{title}", style="bold"), body)


def _table(*columns: str, numbers: tuple[int, ...] = (), gap: int = 2) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_edge=False, header_style="dim")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in numbers else "left", overflow="fold")
    return table


def _decision(plan: Plan) -> str:
    """What, how many, from whom, where, when, at what cost, in a paragraph."""
    if not plan.orders:
        return "Buy nothing."
    vendors = dict.fromkeys(order.vendor for order in plan.orders)
    places = dict.fromkeys(order.site for order in plan.orders)
    first, last = min(order.signed for order in plan.orders), max(order.signed for order in plan.orders)
    ready = max(order.ready for order in plan.orders)
    signed = f"signed on {first}" if first == last else f"signed {first} to {last}"
    cost = plan.cost
    text = (
        f"Buy {plan.accelerators:,} accelerators in {plural(plan.systems, 'system')} from "
        f"{plural(len(vendors), 'vendor')} ({', '.join(vendors)}) for {plural(len(places), 'site')} "
        f"({', '.join(places)}), {signed}, the last ready on {ready}. "
        f"It costs {money(cost.amount, plan.currency)} over the years reckoned with"
    )
    if cost.discounted != cost.amount:
        text += f", {money(cost.discounted, plan.currency)} discounted"
    missed = [limit for limit in plan.limits if limit.missed_by]
    for limit in missed:
        by = quantity(limit.missed_by, limit.unit, plan.currency)
        text += f". {'Soft limit' if limit.soft else 'Limit'} {limit.limit} is missed by {by}"
    return text + "."


def _proof(plan: Plan) -> str:
    lines = []
    for number, level in enumerate(plan.levels, 1):
        order = f"{number}. " if len(plan.levels) > 1 else ""
        lines.append(f"{order}{level.name[:1].upper()}{level.name[1:]}: {_level(level, plan.currency)}")
    state = "Optimal" if plan.status == "optimal" else "Stopped before the gap asked for was reached"
    checked = f"audit {'passed' if plan.audit.passed else 'FAILED'}, {plan.audit.readings:,} rules recomputed"
    return "\n".join([f"{state} (gap asked for {percent(plan.options.gap)}); {checked}.", *lines])


def _level(level: PlanLevel, currency: str) -> str:
    value = quantity(level.value, level.unit, currency)
    if level.bound is None:
        return f"{value}, no bound proven"
    if level.value == level.bound or (level.gap is not None and level.gap < Decimal("1e-8")):
        return f"{value}, proven best"
    apart = quantity(abs(level.reached - level.bound), level.unit, currency)
    proven = f"proven within {percent(level.gap)} ({apart}) of the best"
    if level.value == level.reached:
        return f"{value}, {proven}"
    return f"{value}, within its tolerance of {quantity(level.reached, level.unit, currency)}, {proven}"


def _bought(plan: Plan) -> Table:
    """By system, vendor and site: how many, and between which days."""
    lines: dict[tuple[str, str, str], list[PlanOrder]] = defaultdict(list)
    for order in plan.orders:
        lines[order.system, order.vendor, order.site].append(order)
    table = _table(
        "system", "vendor", "site", "systems", "accel.", "signed", "ready", "price", numbers=(3, 4, 7), gap=1
    )
    for (system, vendor, site), orders in lines.items():
        table.add_row(
            system,
            vendor,
            site,
            f"{sum(order.units for order in orders):,}",
            f"{sum(order.accelerators for order in orders):,}",
            f"{min(order.signed for order in orders):%y-%m-%d}",
            f"{max(order.ready for order in orders):%y-%m-%d}",
            money(sum((order.amount for order in orders), Decimal(0)), "").strip(),
        )
    return table


def _cost(plan: Plan) -> Table:
    table = _table("term", "", "paid", "discounted", numbers=(2, 3))
    for name, term in plan.cost.terms.items():
        table.add_row(name, term.kind, money(term.amount, plan.currency), money(term.discounted, plan.currency))
    table.add_row("total", "", money(plan.cost.amount, plan.currency), money(plan.cost.discounted, plan.currency))
    per_hour = plan.unit_costs.per_accelerator_hour
    if per_hour is not None:
        table.add_row("an accelerator-hour", "", "", f"{per_hour:,.2f} {plan.currency}")
    return table


def _limits(plan: Plan) -> RenderableType:
    if not plan.limits:
        return Text("None.")
    table = _table("limit", "used", "bound", "slack", "", numbers=(1, 2, 3))
    shown = sorted(plan.limits, key=lambda limit: (not limit.missed_by, not limit.binds))
    busy = [limit for limit in shown if limit.binds or limit.missed_by]
    rest = [limit for limit in shown if limit not in busy]
    for limit in busy + rest[: max(MOST_ROWS - len(busy), 0)]:
        table.add_row(*_limit_row(limit, plan.currency))
    left = len(rest) - max(MOST_ROWS - len(busy), 0)
    return Group(table, Text(f"and {left} more with room", style="dim")) if left > 0 else table


def _limit_row(limit: PlanLimit, currency: str) -> tuple[str, ...]:
    def said(amount: Decimal | None) -> str:
        unit = limit.unit if limit.unit in ("money", "share") else ""
        return "n/a" if amount is None else quantity(amount, unit, currency)

    bounds = [f"≥ {said(limit.at_least)}"] if limit.at_least is not None else []
    bounds += [f"≤ {said(limit.at_most)}"] if limit.at_most is not None else []
    state = "missed" if limit.missed_by else "binds" if limit.binds else ""
    return limit.limit, said(limit.used), " ".join(bounds), said(limit.slack), state


def _sites(plan: Plan) -> Table:
    table = _table("site", "systems", "accel.", "most power drawn", "of grid", "PUE", numbers=(1, 2, 3, 4, 5))
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
    table = _table("cluster", "system", "site", "clusters", "systems", "accel.", "from", numbers=(3, 4, 5))
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
    table = _table("workload", "system", "site", "systems", "work", "of demand", numbers=(3, 4, 5))
    for line in {(line.workload, line.system, line.site): line for line in plan.served}.values():
        if line.systems:
            share = percent(line.work / line.demand) if line.demand else "-"
            work = quantity(line.work, line.unit, plan.currency)
            table.add_row(line.workload, line.system, line.site, f"{line.systems:,.2f}", work, share)
    return table


def _modules(plan: Plan) -> Table:
    table = _table("module", "site", "units", "signed", "ready", "price", numbers=(2, 5))
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


def _latest(plan: Plan) -> Table | None:
    lines = {(line.limit, line.offer): line for line in plan.latest}
    if not lines:
        return None
    table = _table("target", "offer", "tender by", "sign by", "to be ready by")
    for line in list(lines.values())[:MOST_ROWS]:
        table.add_row(
            line.limit, line.offer, str(line.tender or "too late"), str(line.sign or "too late"), str(line.by)
        )
    return table


def _denied(plan: Plan) -> RenderableType | None:
    reasons: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in plan.considered:
        if one.why not in ("chosen", "possible, not chosen"):
            reasons[one.offer or one.module or "", one.why].append(one.site)
    if not reasons:
        return None
    table = _table("", "site", "why")
    for (name, why), places in list(reasons.items())[:MOST_ROWS]:
        table.add_row(name, ", ".join(places), why)
    left = len(reasons) - MOST_ROWS
    return Group(table, Text(f"and {left} more (see `considered` in the JSON)", style="dim")) if left > 0 else table


def _caveats(plan: Plan) -> str:
    lines = [""]
    assumed = sum(1 for figure in plan.low_confidence if figure.confidence == "assumption")
    unverified = len(plan.low_confidence) - assumed
    if plan.low_confidence:
        lines.append(
            f"The plan leans on {plural(assumed, 'assumption')} and {plural(unverified, 'unverified figure')}; "
            "`low_confidence` in the JSON lists them."
        )
    if not plan.audit.passed:
        lines.append("The audit found:")
        lines += [f"  {line}" for line in plan.audit.broken[:MOST_ROWS]]
    return "\n".join(lines)


def _no_plan_parts(outcome: Outcome, name: str) -> list[RenderableType]:
    said = {
        "infeasible": "There is no plan: the rules below cannot all hold.",
        "unbounded": "There is no best plan: some objective can be bettered without end. Bound it by a limit.",
        "no_plan_found": "No plan was found before the search was stopped. There may be one: allow more time.",
    }
    parts: list[RenderableType] = [Text(name, style="bold"), Text(said.get(outcome.status, outcome.status))]
    conflict = outcome.conflict
    if outcome.status == "infeasible" and conflict is not None:
        lines = Text(
            "\n".join(f"- {clash.path}: {clash.says.split(': ', 1)[-1]}" for clash in conflict.members)
            or "- none could be named"
        )
        parts.append(Padding(lines, (1, 0, 1, 2)))
        physics = "Supply, sites and capacity alone clash, whatever the limits." if conflict.kind == "physical" else ""
        proven = (
            "Leaving out any one of them makes room for a plan (proven)."
            if conflict.minimal
            else "Time ran out before every one of them was proven to play a part."
        )
        parts.append(Text(f"{physics} {proven}".strip()))
    return parts
