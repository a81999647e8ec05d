"""A linear relaxation that is kept in HiGHS, to be solved again and again with other bounds on a few columns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from gpuplan.solver.highs import pass_model, quiet, set_option, set_options
from gpuplan.solver.matrix import WHOLE, Floats, Limits, checked, scaled
from gpuplan.solver.proof.safe import Rows
from gpuplan.solver.reduction import Reduced
from gpuplan.solver.result import NO_BOUND, Settings

BEYOND = 1e-9
"""Share of the cutoff beyond which a relaxation is left."""
BASIC = 1
"""HiGHS's number for a basic column or row; zero is its number for one at its lower bound."""
OPTIONS = {
    "presolve": "off",
    "simplex_dual_edge_weight_strategy": 1,
    "simplex_scale_strategy": 0,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}
"""No presolve, which has called a relaxation infeasible that has a plan; Devex prices, since a relaxation that starts
from another's basis would first have to work out all weights of the steepest edge; no scaling but our own; and costs as
they are, since what is changed in them at a start must be mended at its end."""
STARTING = 40
"""Simplex iterations that take as long as whatever each run does beside them."""
ENOUGH = 20
"""Simplex iterations for each row and column after which a run is lost: the method can go round in a circle."""
LARGE = 10_000
"""Columns from which on the first run goes by interior points, on to a basis, and takes a third of the time."""
DUAL, PRIMAL = 1, 4
"""HiGHS's numbers of the methods. A basis that was best among other columns and rows gives a point that keeps the rows,
at prices that are wrong here."""


@dataclass(slots=True)
class Solved:
    """A relaxation that was solved: its bound, point and where it ended."""

    bound: float
    """Safe."""
    point: Floats
    """Of every column, those that were decided too."""
    basis: Any
    """Of HiGHS, for what was left."""
    within: Reduced


@dataclass(frozen=True, slots=True)
class Begun:
    """A relaxation that was left when its iterations were spent."""

    value: float
    """That it had come to. It tells columns apart, and proves nothing."""


class Unsolved(Enum):
    """How a relaxation ended that has no value."""

    INFEASIBLE = "infeasible"
    WORSE = "worse"
    """It is no better than the cutoff."""
    UNSOLVED = "unsolved"


INFEASIBLE, WORSE, UNSOLVED = Unsolved.INFEASIBLE, Unsolved.WORSE, Unsolved.UNSOLVED


class Relaxation:
    """The relaxation of what is left of a matrix, kept in HiGHS between runs."""

    def __init__(self, within: Reduced, settings: Settings) -> None:
        import highspy

        self.within = within
        self.work = 0.0
        """Iterations so far, and STARTING for each run, by the share of the rows that are left."""
        bounded = Rows.of(checked(within.matrix).relaxed()).matrix
        well_scaled, self.units, self.factor = scaled(bounded)
        self.rows = Rows(well_scaled)
        self.lower, self.upper = well_scaled.lower.copy(), well_scaled.upper.copy()
        self.cutoff = float("inf") if settings.cutoff is None else settings.cutoff * self.factor
        self.places = np.full(len(within.point), -1, dtype=np.int32)
        self.places[within.columns] = np.arange(len(within.columns))
        self.highs: Any = quiet(highspy)
        set_options(self.highs, replace(settings, threads=1, cutoff=None))
        for name, value in OPTIONS.items():
            set_option(self.highs, name, value)
        if settings.cutoff is not None:
            set_option(self.highs, "objective_bound", self._beyond())
        pass_model(self.highs, highspy, well_scaled)
        self.states = highspy.HighsModelStatus
        self._set: dict[int, tuple[float, float]] = {}

    def solve(self, limits: Limits, start: Solved | bytes | None, most: int | None = None) -> Solved | Begun | Unsolved:
        """The relaxation under some limits, the last of two on one column, from where another one ended.

        It is left after so many iterations at the most, and without any such number where it seems to have no end.
        """
        if not self._move(limits):
            return INFEASIBLE
        method = DUAL
        if isinstance(start, Solved) and start.within is self.within:
            self.highs.setBasis(start.basis)
        elif start:
            self.highs.setBasis(self._basis(packed(start) if isinstance(start, Solved) else start))
            method = PRIMAL
        elif len(self.within.columns) >= LARGE:
            self._by_interior_points()
        set_option(self.highs, "simplex_strategy", method)
        enough = ENOUGH * (len(self.rows.matrix.row_lower) + len(self.within.columns))
        set_option(self.highs, "simplex_iteration_limit", min(enough, enough if most is None else most))
        status = self._run()
        if status == self.states.kObjectiveBound:
            if self._bound() >= self.cutoff:
                return WORSE
            # Its multipliers do not prove it: the relaxation is solved to its end.
            set_option(self.highs, "objective_bound", float("inf"))
            status = self._run()
            set_option(self.highs, "objective_bound", self._beyond())
        if status == self.states.kIterationLimit and most is not None:
            return Begun(self.highs.getInfo().objective_function_value / self.factor)
        if status == self.states.kInfeasible:
            return INFEASIBLE if self._is_empty() else UNSOLVED
        if status != self.states.kOptimal:
            return UNSOLVED
        point = self.within.point.copy()
        point[self.within.columns] = np.array(self.highs.getSolution().col_value, dtype=float) * self.units
        return Solved(self._bound() / self.factor, point, self.highs.getBasis(), self.within)

    def _run(self) -> Any:
        self.highs.run()
        iterations = max(int(self.highs.getInfo().simplex_iteration_count), 0) + STARTING
        self.work += iterations * len(self.within.rows) / max(self.within.height, 1)
        return self.highs.getModelStatus()

    def _beyond(self) -> float:
        """A little more than the cutoff, so that multipliers prove what is called no better than it."""
        return self.cutoff + BEYOND * abs(self.cutoff)

    def _bound(self) -> float:
        """What the last multipliers prove, scaled."""
        matrix = self.rows.matrix
        duals = np.array(self.highs.getSolution().row_dual, dtype=float)
        if len(duals) != len(matrix.row_lower):
            return NO_BOUND
        return self.rows.bound(self.lower, self.upper, duals, matrix.cost, matrix.offset)[0]

    def _is_empty(self) -> bool:
        """Whether a ray proves that no point keeps the rows."""
        if self.rows.has_broken(self.lower, self.upper):
            return True
        _, has_ray, ray = self.highs.getDualRay()
        if not has_ray:
            return False
        multipliers = np.array(ray, dtype=float)
        return any(self.rows.is_empty(self.lower, self.upper, sign * multipliers) for sign in (1.0, -1.0))

    def _by_interior_points(self) -> None:
        """Find a basis to start from. Whatever comes of it, the simplex method has the last word."""
        set_option(self.highs, "solver", "ipm")
        self.highs.run()
        set_option(self.highs, "solver", "choose")

    def _move(self, limits: Limits) -> bool:
        """Set the bounds of the columns that are left; whether the others keep the limits too."""
        wanted: dict[int, tuple[float, float]] = {}
        for column, lower, upper in limits:
            place = int(self.places[column])
            if place >= 0:
                wanted[place] = (lower, upper)
            elif not lower - WHOLE <= self.within.point[column] <= upper + WHOLE:
                return False
        matrix = self.within.matrix
        for place in [one for one in self._set if one not in wanted]:
            self._limit(place, float(matrix.lower[place]), float(matrix.upper[place]))
            del self._set[place]
        for place, bounds in wanted.items():
            if self._set.get(place) != bounds:
                self._limit(place, *bounds)
                self._set[place] = bounds
        return True

    def _limit(self, place: int, lower: float, upper: float) -> None:
        self.lower[place], self.upper[place] = lower / self.units[place], upper / self.units[place]
        self.highs.changeColBounds(place, self.lower[place], self.upper[place])

    def _basis(self, text: bytes) -> Any:
        """What is left of a basis, rows that it does not know being basic; alien where it does not have as many columns
        as it should."""
        import highspy

        statuses = np.frombuffer(text, dtype=np.uint8)
        columns, rows = statuses[: len(self.within.point)], statuses[len(self.within.point) :]
        rows = np.append(rows, np.full(self.within.height - len(rows), BASIC, dtype=np.uint8))
        kinds = [highspy.HighsBasisStatus(number) for number in range(len(highspy.HighsBasisStatus.__members__))]
        mine, others = columns[self.within.columns], rows[self.within.rows]
        basis = highspy.HighsBasis()
        basis.col_status, basis.row_status = [kinds[one] for one in mine], [kinds[one] for one in others]
        basic = int((mine == BASIC).sum() + (others == BASIC).sum())
        basis.valid, basis.alien = True, basic != len(others)
        return basis


def packed(solved: Solved) -> bytes:
    """Where a relaxation ended: one byte for the status of each column and each row of the matrix that was reduced."""
    within = solved.within
    columns = np.zeros(len(within.point), dtype=np.uint8)
    columns[within.columns] = [int(status) for status in solved.basis.col_status]
    rows = np.full(within.height, BASIC, dtype=np.uint8)
    rows[within.rows] = [int(status) for status in solved.basis.row_status]
    return columns.tobytes() + rows.tobytes()
