"""What a trace says: gaps over time, and when they were reached. All counted here, none taken from a solver."""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median

from benchmark.runs import Run

TARGETS = (1e-2, 1e-3, 1e-4)
ROUNDING = 1e-9
"""By which a gap may pass its target and count as reached."""


def gap(value: float | None, bound: float | None) -> float:
    """|incumbent - bound| / |incumbent|; infinite while either is not known."""
    if value is None or bound is None:
        return math.inf
    return abs(value - bound) / abs(value) if value else (0.0 if bound == value else math.inf)


def time_to(run: Run, target: float) -> float:
    """Seconds until the proven gap is no more than a target; infinite when it never is."""
    reached = (at for at, value, bound in run.trace if gap(value, bound) <= target + ROUNDING and at <= run.cap)
    return min(reached, default=math.inf)


def final_gap(run: Run) -> float:
    """The proven gap when time was up."""
    return proven_at(run, math.inf)


def proven_at(run: Run, seconds: float) -> float:
    """The proven gap after so many seconds."""
    at = [gap(value, bound) for moment, value, bound in run.trace if moment <= seconds]
    return at[-1] if at else math.inf


def primal_at(run: Run, seconds: float, best: float) -> float:
    """How far the incumbent after so many seconds is above the best plan known, as a share of that plan.

    An incumbent of a coarser model may lie below: it counts as no distance.
    """
    values = [value for at, value, _ in run.trace if at <= seconds and value is not None]
    known = bool(values) and math.isfinite(best) and best != 0
    return max(values[-1] - best, 0.0) / abs(best) if known else math.inf


def best_known(runs: Iterable[Run]) -> float:
    """Cost of the best plan that any contender has found for an instance.

    A plan counts by its audited cost, if it breaks no rule.
    """
    costs = [run.final["cost"] for run in runs if "cost" in run.final and not run.final["broken"]]
    return min(costs, default=math.inf)


def middle(values: Iterable[float]) -> float:
    """The median; infinite where half and more are."""
    some = list(values)
    return median(some) if some else math.inf
