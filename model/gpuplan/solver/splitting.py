"""Splitting a program over a few yes-or-no columns by linear relaxations, each solved from where the last one ended.

HiGHS branches where it expects the bound to move, which is seldom on the few columns that shape everything else: which
sites are open, where a workload is served. Settled first, they leave programs that are much easier to search.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuplan.solver.highs import pass_model, quiet, set_options
from gpuplan.solver.matrix import Floats, Matrix, checked, scaled
from gpuplan.solver.result import Settings, ShouldStop

WHOLE = 1e-6
"""How near to a whole number a relaxed value counts as one."""
SAFE = 1e-9
"""Share by which a bound is lowered for what a solver of linear programs cannot tell apart."""


@dataclass(frozen=True, slots=True)
class Part:
    """Plans in which some columns have certain values, and a bound proven for them."""

    bound: float
    fixed: tuple[tuple[int, float], ...] = ()
    settled: bool = False
    """Whether its relaxation leaves no column to split on."""


@dataclass(frozen=True, slots=True)
class Split:
    """Parts that together hold every plan better than the cutoff, by bound."""

    parts: tuple[Part, ...]


def split(
    matrix: Matrix, groups: tuple[tuple[int, ...], ...], most: int, settings: Settings, should_stop: ShouldStop
) -> Split:
    """Split until the part with the least bound is settled, or so many relaxations were solved.

    `groups` are columns with bounds 0 and 1, those to be settled first in the first group. Parts whose bound is not
    below `settings.cutoff` are left out.
    """
    tree = _Tree(matrix, groups, settings)
    first = tree.part(())
    found = [] if first is None else [(first[0], 0, first)]
    solved = 1
    while found and solved < most and not should_stop():
        bound, fixed, point = found[0][2]
        column = tree.column(dict(fixed), point)
        if column is None:
            break
        heapq.heappop(found)
        for value in (1.0, 0.0):
            solved += 1
            child = tree.part((*fixed, (column, value)))
            if child is not None:
                child = (max(child[0], bound), child[1], child[2])
                if settings.cutoff is None or child[0] < settings.cutoff:
                    heapq.heappush(found, (child[0], solved, child))
    parts = [
        Part(bound, fixed, tree.column(dict(fixed), point) is None)
        for _, _, (bound, fixed, point) in sorted(found, key=lambda one: one[:2])
    ]
    return Split(tuple(parts))


class _Tree:
    """The relaxation, kept between parts."""

    def __init__(self, matrix: Matrix, groups: tuple[tuple[int, ...], ...], settings: Settings) -> None:
        import highspy

        self.matrix, self.groups = matrix, groups
        well_scaled, self.factor = scaled(checked(matrix).relaxed())
        self.highs: Any = quiet(highspy)
        set_options(self.highs, settings)
        pass_model(self.highs, highspy, well_scaled)
        self.states = highspy.HighsModelStatus

    def part(
        self, fixed: tuple[tuple[int, float], ...]
    ) -> tuple[float, tuple[tuple[int, float], ...], Floats | None] | None:
        """(bound, fixed, point) of the plans in which columns have these values; None when there are none."""
        for column, value in fixed:
            self.highs.changeColBounds(column, value, value)
        self.highs.run()
        status = self.highs.getModelStatus()
        for column, _ in fixed:
            self.highs.changeColBounds(column, float(self.matrix.lower[column]), float(self.matrix.upper[column]))
        if status == self.states.kInfeasible:
            return None
        if status != self.states.kOptimal:
            return -np.inf, fixed, None
        value = self.highs.getInfo().objective_function_value / self.factor
        return value - SAFE * abs(value), fixed, np.array(self.highs.getSolution().col_value, dtype=float)

    def column(self, fixed: dict[int, float], point: Floats | None) -> int | None:
        """The column to split on next: of the first group that is not whole, the one nearest to a half."""
        if point is None:
            return None
        for group in self.groups:
            apart = [(min(point[one], 1.0 - point[one]), -one) for one in group if one not in fixed]
            if apart and max(apart)[0] > WHOLE:
                return -max(apart)[1]
        return None
