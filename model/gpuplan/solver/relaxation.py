"""A linear relaxation that is kept in HiGHS, to be solved again and again with other bounds on a few columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from gpuplan.solver.highs import pass_model, quiet, set_option, set_options
from gpuplan.solver.matrix import Floats, Matrix, balanced, checked
from gpuplan.solver.result import Settings

SAFE = 1e-9
"""Share by which a bound is lowered for what a solver of linear programs cannot tell apart."""
OPTIONS = {"presolve": "off", "simplex_dual_edge_weight_strategy": 1, "simplex_scale_strategy": 0}
"""No presolve, which has called a relaxation infeasible that has a plan; Devex prices, since a relaxation that starts
from another's basis would first have to work out all weights of the steepest edge; and no scaling but our own."""

Limits = tuple[tuple[int, float, float], ...]
"""(column, lower, upper) of the columns whose bounds differ from those of the whole tree."""


@dataclass(slots=True)
class Solved:
    """A relaxation that was solved: its bound, point and where it ended."""

    bound: float
    point: Floats
    basis: Any


class Unsolved(Enum):
    """How a relaxation ended that has no value."""

    INFEASIBLE = "infeasible"
    UNSOLVED = "unsolved"


INFEASIBLE, UNSOLVED = Unsolved.INFEASIBLE, Unsolved.UNSOLVED


class Relaxation:
    """The relaxation of a matrix, kept in HiGHS between runs."""

    def __init__(self, matrix: Matrix, settings: Settings) -> None:
        import highspy

        self.matrix, self.iterations = matrix, 0
        well_scaled, self.units, self.factor = balanced(checked(matrix).relaxed())
        self.highs: Any = quiet(highspy)
        set_options(self.highs, replace(settings, threads=1, cutoff=None))
        for name, value in OPTIONS.items():
            set_option(self.highs, name, value)
        pass_model(self.highs, highspy, well_scaled)
        self.states = highspy.HighsModelStatus
        self._set: dict[int, tuple[float, float]] = {}

    def solve(self, limits: Limits, basis: Any) -> Solved | Unsolved:
        """The relaxation under some limits, the last of two on one column."""
        self._move(limits)
        if basis is not None:
            self.highs.setBasis(basis)
        self.highs.run()
        status, information = self.highs.getModelStatus(), self.highs.getInfo()
        self.iterations += max(int(information.simplex_iteration_count), 1)
        if status != self.states.kOptimal:
            return INFEASIBLE if status == self.states.kInfeasible else UNSOLVED
        value = information.objective_function_value / self.factor
        point = np.array(self.highs.getSolution().col_value, dtype=float) * self.units
        return Solved(value - SAFE * abs(value), point, self.highs.getBasis())

    def _move(self, limits: Limits) -> None:
        wanted = {column: (lower, upper) for column, lower, upper in limits}
        for column in [one for one in self._set if one not in wanted]:
            self._bound(column, float(self.matrix.lower[column]), float(self.matrix.upper[column]))
            del self._set[column]
        for column, bounds in wanted.items():
            if self._set.get(column) != bounds:
                self._bound(column, *bounds)
                self._set[column] = bounds

    def _bound(self, column: int, lower: float, upper: float) -> None:
        self.highs.changeColBounds(column, lower / self.units[column], upper / self.units[column])


def packed(basis: Any) -> bytes:
    """A basis as bytes: how many columns there are, then one byte for each status."""
    statuses = bytes(int(status) for status in (*basis.col_status, *basis.row_status))
    return len(basis.col_status).to_bytes(4, "little") + statuses


def unpacked(text: bytes) -> Any:
    """The basis that was packed."""
    import highspy

    kinds = [highspy.HighsBasisStatus(number) for number in range(len(highspy.HighsBasisStatus.__members__))]
    columns = int.from_bytes(text[:4], "little")
    statuses = [kinds[number] for number in text[4:]]
    basis = highspy.HighsBasis()
    basis.col_status, basis.row_status = statuses[:columns], statuses[columns:]
    basis.valid, basis.alien = True, False
    return basis
