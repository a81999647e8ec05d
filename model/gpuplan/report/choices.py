"""Alternatives, flip points, sweeps, frontiers and regret, as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.comparison import difference
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.whatif.alternatives import Alternatives
    from gpuplan.whatif.flip import FlipPoint, Flips
    from gpuplan.whatif.frontier import Frontier
    from gpuplan.whatif.regret import Regret, RegretCell
    from gpuplan.whatif.sweep import Sweep

ENDED = {
    "infeasible": "There is no plan.",
    "unbounded": "There is no best plan.",
    "no_plan_found": "No plan was found.",
}
MOST = 40


def alternatives_text(found: Alternatives, currency: str, width: int = WIDTH) -> str:
    """The plans that differ, the best first."""
    if not found.alternatives:
        return rendered([Text(found.name, style="bold"), Text(ENDED.get(found.status, found.status))], width)
    table = new_table("", found.level, "worse by", "bound", "what counts", numbers=(1, 2, 3))
    for number, one in enumerate(found.alternatives, 1):
        cells = [_exact(value, found.unit) for value in (one.value, one.worse_by, one.bound)]
        table.add_row(str(number), *cells, _signature(one.signature))
    ended = {
        "found": "As many as were asked for. No plan of another kind is better than the last, but for its gap.",
        "no more": f"There is no other kind of plan within {percent(found.within)} of the best (proven).",
        "stopped": "Stopped before more were found.",
    }[found.ended]
    counts = f"One counts from {percent(found.counts_from_share)} of what is signed for. Amounts in {currency}."
    return rendered([Text(found.name, style="bold"), table, Text(ended), Text(counts)], width)


def _exact(value: Decimal | None, unit: str) -> str:
    if value is None:
        return "-"
    return f"{value:,.3f}" if unit == "money" and abs(value) < 10**9 else money(value, "").strip()


def _signature(signature: Mapping[str, Sequence[str]]) -> str:
    if len(signature) == 1:
        return ", ".join(next(iter(signature.values())))
    return "; ".join(f"{trait} {', '.join(names)}" for trait, names in signature.items()) or "nothing"


def flips_text(found: Flips, currency: str, width: int = WIDTH) -> str:
    """Flip points, and what slack is worth."""
    if not found.levels:
        return rendered([Text(found.name, style="bold"), Text(ENDED.get(found.status, found.status))], width)
    table = new_table("figure", "unit", "still", "no more", "then", numbers=(2, 3))
    for one in found.points:
        table.add_row(one.path, currency if one.unit == "money" else one.unit, *_moves(one), _becomes(one))
    parts: list[RenderableType] = [
        Text(found.name, style="bold"),
        Text(f"The plan: {_signature(found.signature)}."),
        titled(f"How far it stays within {percent(found.tolerance_share)} of the best", table),
    ]
    if found.worths:
        worths = new_table("limit", "step", "worth")
        for worth in found.worths:
            unit = currency if worth.unit == "money" else worth.unit
            said = "\n".join(difference(one, currency) for one in worth.levels) or worth.status
            worths.add_row(worth.path, f"{worth.step.normalize():+,f} {unit}", said)
        parts.append(titled("What a step of slack is worth", worths))
    if not found.complete:
        parts.append(Text("Stopped before every figure was looked at."))
    return rendered(parts, width)


def _moves(one: FlipPoint) -> tuple[str, str]:
    return tuple("-" if probe is None else f"{probe.move.normalize():+,f}" for probe in (one.before, one.after))  # type: ignore[return-value]


def _becomes(one: FlipPoint) -> str:
    if one.becomes == "another plan":
        return _signature(one.signature)
    return f"{one.becomes} ({one.reach.normalize():,f})" if one.becomes == "nothing within reach" else one.becomes


def sweep_text(found: Sweep, width: int = WIDTH) -> str:
    """A line for each point."""
    table = new_table(*found.axes, "status", "value", "gap", "accel.", "vendors", gap=1)
    for point in found.points[:MOST]:
        last = point.levels[-1] if point.levels else None
        value = "-" if last is None else quantity(last.value, last.unit, found.currency)
        gap = "-" if last is None else percent(last.gap)
        status = f"{point.status}, kept" if point.is_kept else point.status
        table.add_row(*point.values, status, value, gap, str(point.accelerators or "-"), ", ".join(point.vendors))
    more = f"and {len(found.points) - MOST} more in the JSON" if len(found.points) > MOST else ""
    lines = (more, *sweep_ends(found))
    return rendered([Text(found.name, style="bold"), table, *(Text(line) for line in lines if line)], width)


def sweep_ends(found: Sweep) -> Iterator[str]:
    """What the marks of points mean, and what is missing."""
    if any(point.is_kept for point in found.points):
        yield "Kept: the plan of the instance as it stands still holds, and is as good as was asked for."
    if not found.complete:
        finished = sum(point.finished for point in found.points)
        cut_short = len(found.points) - finished
        besides = f", {cut_short} {'was' if cut_short == 1 else 'were'} cut short" if cut_short else ""
        yield f"Stopped: {finished} of {found.of} points are finished{besides}."


def frontier_text(found: Frontier, width: int = WIDTH) -> str:
    """A line for each point that no other betters in both."""
    if not found.points:
        return rendered([Text(found.name, style="bold"), Text(ENDED.get(found.status, found.status))], width)
    table = new_table(found.first, "gap", found.second, "systems", "vendors", numbers=(0, 1, 2, 3))
    for point in found.points:
        table.add_row(
            quantity(point.first.value, found.first_unit, found.currency), percent(point.first.gap),
            quantity(point.second.value, found.second_unit, found.currency), f"{point.plan.systems:,}",
            ", ".join(sorted({order.vendor for order in point.plan.orders})),
        )  # fmt: skip
    step = quantity(found.step, found.second_unit, found.currency)
    every = "every point there is" if found.every else f"points at least {step} apart"
    ended = f"{every[:1].upper()}{every[1:]}; {'proven' if found.ended == 'found' else 'stopped before the end'}."
    return rendered([Text(found.name, style="bold"), table, Text(ended)], width)


def regret_text(found: Regret, width: int = WIDTH) -> str:
    """A row for each plan, a column for each scenario."""
    table = new_table("plan of", *found.scenarios, numbers=tuple(range(1, len(found.scenarios) + 1)))
    cells = {(cell.plan_of, cell.under): cell for cell in found.cells}
    for plan_of in found.scenarios:
        table.add_row(plan_of, *(_cell(cells[plan_of, under], found) for under in found.scenarios))
    broken = [cell for cell in found.cells if cell.breaks]
    parts: list[RenderableType] = [
        Text(found.name, style="bold"),
        Text(f"Regret under each scenario, by {found.level}: how much worse than the best plan found there."),
        table,
        *(Text(line) for line in regret_kept(found)),
    ]
    if broken:
        reasons = "\n".join(f"{cell.plan_of} under {cell.under}: {'; '.join(cell.breaks[:3])}" for cell in broken)
        parts.append(titled(f"Why {plural(len(broken), 'plan')} cannot stand", Text(reasons)))
    return rendered(parts, width)


def regret_kept(found: Regret) -> Iterator[str]:
    """Where nothing is decided otherwise than in the instance as it stands."""
    kept = [name for name, is_kept in zip(found.scenarios, found.kept, strict=True) if is_kept]
    if kept:
        yield f"Under {', '.join(kept)} the plan of base still holds, and is as good as was asked for."


def _cell(cell: RegretCell, found: Regret) -> str:
    if cell.regret is None:
        return cell.status
    return quantity(cell.regret, found.unit, found.currency)
