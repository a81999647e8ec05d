"""Export control as text: what an answer leans on, and the table of everything that was considered."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.padding import Padding

from gpuplan.report.layout import new_table, rendered, titled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from rich.console import RenderableType
    from rich.table import Table

    from gpuplan.plan.plan import ChipClassFound, Permission, PermissionGround, Plan, PlanOrder

UNASKED = frozenset({"free"})


def licences_table(plan: Plan) -> Table | None:
    """What the plan's orders have to ask for, and by when; None when nothing is asked."""
    rows: dict[tuple[str, ...], list[PlanOrder]] = defaultdict(list)
    for order in plan.orders:
        if order.export not in UNASKED:
            rows[order.offer, order.site, order.export, order.route].append(order)
    if not rows:
        return None
    table = new_table("offer", "site", "asks", "by way of", "systems", "apply by", numbers=(4,))
    for (offer, site, asks, route), orders in rows.items():
        days = sorted({order.apply_by for order in orders if order.apply_by is not None})
        by = "-" if not days else f"{days[0]}" if len(days) == 1 else f"{days[0]} to {days[-1]:%y-%m-%d}"
        table.add_row(offer, site, asks, route or "-", f"{sum(order.units for order in orders):,}", by)
    return table


def export_text(classes: Sequence[ChipClassFound], permissions: Sequence[Permission], width: int) -> str:
    """Classes step by step, then a row for each offer, site, way and run of days."""
    if not permissions:
        return "The instance chooses no export regime: nothing is asked. State export.regimes.\n"
    parts = [*_classes(classes), titled("What is asked", _permissions(permissions))]
    return rendered(parts, width)


def _classes(classes: Sequence[ChipClassFound]) -> Iterator[RenderableType]:
    """Each accelerator with its figures, and below it its class under each regime."""
    before = ""
    for one in classes:
        *figures, verdict = [step for step in one.steps if " bit = " not in step]
        if one.accelerator != before:
            yield f"{one.accelerator}: {'; '.join(figures)}"
            before = one.accelerator
        doubt = f"; rests on {', '.join(one.doubtful)}, of low confidence" if one.doubtful else ""
        yield Padding(f"{one.regime}: {verdict}{doubt}", (0, 0, 0, 2))


def _permissions(permissions: Sequence[Permission]) -> Table:
    table = new_table("offer", "site", "signed", "asks", "days", "why", numbers=(4,))
    for one in permissions:
        span = f"{one.signed_from:%y-%m}"
        if one.signed_until != one.signed_from:
            span += f" to {one.signed_until:%y-%m}"
        told = [ground for ground in one.grounds if ground.outcome == one.outcome or ground.condition]
        why = "; ".join(dict.fromkeys(map(ground_text, told)))
        if one.route:
            why = f"by way of {one.route}: {why}"
        asks = one.outcome if one.allowed or one.outcome == "denied" else f"{one.outcome}, so denied"
        table.add_row(one.offer, one.site, span, asks, str(one.needed_days or ""), why)
    return table


def ground_text(ground: PermissionGround) -> str:
    """Why something is asked, what is asked beside it, and where that stands."""
    condition = f"; beside it {ground.condition}" if ground.condition else ""
    return f"{ground.why}{condition} ({ground.regime}, {ground.citation})"
