"""A plan's first decisions in many futures, as text."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.words import percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.whatif.stress import Stress, StressChance, StressFuture

MOST = 12
"""Rows of a table that are printed."""


def stress_text(found: Stress, width: int = WIDTH) -> str:
    """How likely it holds, what it costs, which limits are missed, what sways it, and what breaks it."""
    parts: list[RenderableType] = [Text(found.name, style="bold"), *(Text(line) for line in stress_lines(found))]
    if found.limits:
        table = new_table("soft limit", "kept in", "missed by at most", numbers=(1, 2))
        for one in found.limits:
            table.add_row(
                f"{one.limit} {one.window}".strip(), chance(one.chance), quantity(one.worst, one.unit, found.currency)
            )
        parts.append(titled("Limits that may be missed", table))
    if found.sways:
        table = new_table("drawn", "lower half", "upper half", numbers=(1, 2))
        for sway in found.sways[:MOST]:
            table.add_row(sway.path, *(quantity(one, found.unit, found.currency) for one in (sway.low, sway.high)))
        parts.append(titled(f"Mean {found.level} by what was drawn, what matters most first", table))
    broken = [one for one in found.futures if one.status == "infeasible"]
    if broken:
        parts.append(titled(f"Why {plural(len(broken), 'future')} cannot be met", Text("\n".join(_broken(broken)))))
    return rendered(parts, width)


def stress_lines(found: Stress) -> Iterator[str]:
    """What a board reads."""
    yield f"What the plan signs before {found.before} is held; what comes after is decided anew in each future."
    met = sum(one.status == "holds" for one in found.futures)
    among = plural(len(found.futures), "future")
    yield f"There is a plan in {met:,} of {among}: a probability of {chance(found.chance)}."
    if found.spread is not None:
        low, _, middle, _, high = (quantity(one, found.unit, found.currency) for one in found.spread.quantiles)
        mean, tail = (quantity(one, found.unit, found.currency) for one in (found.spread.mean, found.spread.tail))
        yield f"In these, {found.level} comes to {mean} on average: {middle} in the middle, {low} to {high} in 9 of 10."
        yield f"The worst tenth of these comes to {tail} on average (CVaR)."
        if found.chance.most < 1:
            yield "Futures without a plan have no value, and count in none of these figures."
    if not found.complete:
        unknown = sum(one.status == "unknown" for one in found.futures)
        yield f"Stopped before {plural(unknown, 'future')} could be told: what is said of chances is an interval."


def chance(one: StressChance) -> str:
    """A probability, as an interval where it is one, with the error of sampling."""
    text = percent(one.least) if one.least == one.most else f"{percent(one.least)} to {percent(one.most)}"
    return text if not one.error else f"{text} (± {percent(one.error)})"


def _broken(futures: list[StressFuture]) -> Iterator[str]:
    """The first rules that break in each future; futures with the same reasons together."""
    by_reason: dict[str, list[StressFuture]] = {}
    for one in futures:
        by_reason.setdefault("; ".join(one.breaks[:2]) or "no plan keeps what is signed (proven)", []).append(one)
    ranked = sorted(by_reason.items(), key=lambda item: -sum(one.probability for one in item[1]))
    for reason, some in ranked[:MOST]:
        names = ", ".join(one.name for one in some[:3]) + (f" and {len(some) - 3} more" if len(some) > 3 else "")
        yield f"{names}: {reason}"
