"""Pictures of answers: what a comparison costs, the points of a sweep and of a frontier."""

from __future__ import annotations

import io
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from gpuplan.report.figures import BLUE, GREY, INK, RED, Picture, bars, label, new_figure
from gpuplan.report.words import quantity

if TYPE_CHECKING:
    from gpuplan.whatif.compare import Comparison
    from gpuplan.whatif.frontier import Frontier
    from gpuplan.whatif.sweep import Sweep

MOST_POINTS = 60
"""Points of a sweep that are drawn; the table has them all."""


def comparison_figures(found: Comparison) -> tuple[Picture, ...]:
    """What each cost term is in the base and in the edited plan."""
    if not found.costs:
        return ()
    series = {
        "base": [float(one.base) for one in found.costs],
        "edited": [float(one.edited) for one in found.costs],
    }
    figure = bars([one.term for one in found.costs], series, found.currency, stacked=False)
    says = "Each cost term of the base and of the edited plan, discounted."
    return (Picture("comparison-cost", "Cost by term, base and edited", says, figure),)


def sweep_figures(found: Sweep) -> tuple[Picture, ...]:
    """The value of every point, and its bound where the two differ."""
    points = [(number, point) for number, point in enumerate(found.points, 1) if point.levels][:MOST_POINTS]
    if not points:
        return ()
    figure, axes = new_figure(3.2)
    numbers = [number for number, _ in points]
    last = [point.levels[-1] for _, point in points]
    axes.plot(numbers, [float(level.value) for level in last], "o", color=BLUE, label="value of the plan")
    bounds = [float("nan") if level.bound is None else float(level.bound) for level in last]
    axes.plot(numbers, bounds, "_", color=RED, markersize=12, label="proven bound")
    axes.set_xlabel("point, as numbered in the table", fontsize=8, color=INK)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.yaxis.set_major_formatter(partial(_tick, unit=last[0].unit, currency=found.currency))
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, frameon=False, fontsize=8, labelcolor=INK)
    return (Picture("sweep", f"Points: {last[0].name}", "The value of each point, with its proven bound.", figure),)


def frontier_figures(found: Frontier) -> tuple[Picture, ...]:
    """The points of a frontier, joined by steps: between two of them no plan is known."""
    if not found.points:
        return ()
    figure, axes = new_figure(4.2)
    seconds = [float(point.second.value) for point in found.points]
    firsts = [float(point.first.value) for point in found.points]
    axes.step(seconds, firsts, where="post", color=GREY, linewidth=1)
    axes.plot(seconds, firsts, "o", color=BLUE)
    axes.set_xlabel(label(found.second), fontsize=8, color=INK)
    axes.set_ylabel(label(found.first), fontsize=8, color=INK)
    axes.xaxis.set_major_formatter(partial(_tick, unit=found.second_unit, currency=found.currency))
    axes.yaxis.set_major_formatter(partial(_tick, unit=found.first_unit, currency=found.currency))
    says = "Each point is a plan that no other betters in both measures; between two of them no plan is known."
    return (Picture("frontier", f"{found.first} against {found.second}", says, figure),)


def frontier_svg(found: Frontier) -> str:
    """The frontier as an SVG file of its own; without a point, empty axes.

    Raises InvalidInput when matplotlib is not installed.
    """
    figure = frontier_figures(found)[0].figure if found.points else new_figure(4.2)[0]
    import matplotlib

    with matplotlib.rc_context({"svg.hashsalt": "gpuplan", "svg.fonttype": "none"}):
        text = io.StringIO()
        figure.savefig(text, format="svg", facecolor="white", metadata={"Date": None})
    return text.getvalue()


def _tick(value: float, _position: int, unit: str, currency: str) -> str:
    return quantity(Decimal(repr(round(float(value), 6))), unit if unit in ("money", "share") else "", currency)
