"""The frontier as a picture: SVG by matplotlib, which the extra `charts` installs."""

from __future__ import annotations

import io
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput, Problem
from gpuplan.report.words import quantity

if TYPE_CHECKING:
    from gpuplan.whatif.frontier import Frontier


def frontier_svg(found: Frontier) -> str:
    """The points of a frontier, joined by steps: between two of them no plan is known.

    Raises InvalidInput when matplotlib is not installed.
    """
    try:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[charts]'."
        raise InvalidInput([Problem("a picture needs matplotlib, which is not here", way_out)]) from None
    with matplotlib.rc_context({"svg.hashsalt": "gpuplan", "svg.fonttype": "none"}):
        figure = Figure(figsize=(8, 5), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        seconds = [float(point.second.value) for point in found.points]
        firsts = [float(point.first.value) for point in found.points]
        axes.step(seconds, firsts, where="post", color="#888888", linewidth=1)
        axes.plot(seconds, firsts, "o", color="#1f5a99")
        axes.set_xlabel(found.second)
        axes.set_ylabel(found.first)
        axes.xaxis.set_major_formatter(partial(_tick, unit=found.second_unit, currency=found.currency))
        axes.yaxis.set_major_formatter(partial(_tick, unit=found.first_unit, currency=found.currency))
        axes.set_title(found.name)
        text = io.StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def _tick(value: float, _position: int, unit: str, currency: str) -> str:
    return quantity(Decimal(repr(round(float(value), 6))), unit if unit in ("money", "share") else "", currency)
