"""How a level of the objective differs between two answers, and what is proven of that."""

from __future__ import annotations

from gpuplan.instance.base import Closed, Figure, Text
from gpuplan.plan.plan import PlanLevel


class LevelDifference(Closed):
    """How a level of the objective differs, edited less base."""

    name: Text
    unit: Text
    difference: Figure
    """Of the two plans."""
    at_least: Figure | None
    """Proven: the bests of the two differ by no less. None without a bound."""
    at_most: Figure | None


def level_difference(base: PlanLevel, other: PlanLevel) -> LevelDifference:
    """How a level differs between two answers, with what is proven of the difference of their bests."""
    low = high = None
    if base.bound is not None and other.bound is not None:
        low, high = sorted((other.bound - base.reached, other.reached - base.bound))
    return LevelDifference(
        name=base.name, unit=base.unit, difference=other.value - base.value, at_least=low, at_most=high
    )
