"""A relaxation with cuts that is kept in HiGHS, whose answers are worth what their multipliers prove."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

import numpy as np

from gpuplan.solver.highs import pass_model, quiet, set_option, set_options
from gpuplan.solver.matrix import TURNS, Floats, Matrix, scaled
from gpuplan.solver.proof.propagation import needed
from gpuplan.solver.proof.safe import UNIT, Rows
from gpuplan.solver.result import NO_BOUND, Settings

PRIMAL, DUAL = 4, 1
"""HiGHS's numbers of the methods. A point that was best at other costs is one for the primal method to go on from."""
TOLERANCE, LEAST_TOLERANCE, USUAL_TOLERANCE = "primal_feasibility_tolerance", 1e-10, 1e-7
"""HiGHS's option, the least that it takes, and its default."""
OPTIONS: dict[str, object] = {
    "presolve": "off",
    "solver": "simplex",
    TOLERANCE: 1e-9,
    "dual_feasibility_tolerance": 1e-9,
    "simplex_strategy": DUAL,
    "simplex_dual_edge_weight_strategy": 1,
    "simplex_scale_strategy": 0,
    "dual_simplex_cost_perturbation_multiplier": 0.0,
}
"""No presolve, the dual simplex method with Devex prices, no scaling but our own, costs as they are; rows kept so
well that thresholds which are missed by next to nothing are missed, and multipliers so well that the bound that they
prove is hardly less than the value."""
STARTING = 40
"""Simplex iterations that take as long as whatever each run does beside them."""
ENOUGH = 20
"""Simplex iterations for each row and column after which a run is lost."""
BRIEF = 2_000
"""Simplex iterations that bounding one column is worth."""
LOOSER = 1e-6
"""Share of a cutoff by which it is raised where columns are bounded by it."""
NEAR = 0.01
"""How near to a whole number a value may be to be cut off."""
SOURCES = 200
"""Rows of the basis that cuts are made of in one round at most."""


class Status(Enum):
    """What is known of a relaxation."""

    OPTIMAL = "optimal"
    """A solver calls its point optimal; what its bound proves is another thing."""
    EMPTY = "empty"
    """It is proven that no point keeps its rows."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Ended:
    """How a relaxation ended; all numbers are scaled."""

    status: Status
    bound: float = NO_BOUND
    """Safe."""
    value: float = NO_BOUND
    """By the solver's word: for telling columns apart."""
    point: Floats | None = None
    reduced: Any = None
    """Safe reduced costs, shape (columns,)."""
    basis: Any = None


class Relaxation:
    """The relaxation of a matrix under changing bounds."""

    def __init__(self, matrix: Matrix, settings: Settings) -> None:
        import highspy

        bounded = Rows.of(matrix.with_bounds(matrix.lower, needed(matrix))).matrix
        even, self.units, self.factor = scaled(bounded, TURNS)
        self.rows = Rows(even)
        self.own = len(even.row_lower)
        """Rows that are not cuts."""
        self.cost, self.offset = even.cost, even.offset
        self.work = 0.0
        self.highs: Any = quiet(highspy)
        set_options(self.highs, replace(settings, threads=1, cutoff=None, nodes=None, careful=False))
        for name, value in OPTIONS.items():
            set_option(self.highs, name, value)
        pass_model(self.highs, highspy, even.relaxed())
        self.states = highspy.HighsModelStatus
        self.basic = highspy.HighsBasisStatus.kBasic
        self._lower, self._upper = even.lower.copy(), even.upper.copy()

    def within(self, lower: Floats, upper: Floats) -> None:
        """From now on, all relaxations are within narrower bounds: what rounding may come to is reckoned at these."""
        self.rows = self.rows.within(lower, upper)

    def solve(self, lower: Floats, upper: Floats, basis: Any, most: int | None = None, careful: bool = False) -> Ended:
        """The relaxation within some bounds, from a basis, in so many iterations at the most."""
        self._move(lower, upper)
        if basis is not None:
            self.highs.setBasis(basis)
        if careful:
            set_option(self.highs, TOLERANCE, LEAST_TOLERANCE)
        status = self._run(most)
        lost = status not in (self.states.kOptimal, self.states.kInfeasible, self.states.kIterationLimit)
        if lost or (status == self.states.kIterationLimit and most is None):
            # From the beginning, and with HiGHS's own tolerance: what is worth anything of its answer is worked out
            # here.
            self.highs.clearSolver()
            set_option(self.highs, TOLERANCE, USUAL_TOLERANCE)
            status = self._run(most)
            set_option(self.highs, TOLERANCE, OPTIONS[TOLERANCE])
        if careful:
            set_option(self.highs, TOLERANCE, OPTIONS[TOLERANCE])
        if status == self.states.kIterationLimit:
            return Ended(Status.UNKNOWN, value=self._value())
        if status == self.states.kInfeasible:
            return self._empty(lower, upper)
        if status != self.states.kOptimal:
            return Ended(Status.UNKNOWN)
        solution = self.highs.getSolution()
        point = np.clip(np.array(solution.col_value, dtype=float), lower, upper)
        duals = np.array(solution.row_dual, dtype=float)
        bound, reduced = self.rows.bound(lower, upper, duals, self.cost, self.offset)
        return Ended(Status.OPTIMAL, bound, self._value(), point, reduced, self.highs.getBasis())

    def _run(self, most: int | None = None) -> Any:
        """Run, in so many iterations at the most: the simplex method can go round in a circle."""
        enough = ENOUGH * (len(self.rows.matrix.row_lower) + len(self.cost))
        set_option(self.highs, "simplex_iteration_limit", min(enough, enough if most is None else most))
        self.highs.run()
        self.work += max(int(self.highs.getInfo().simplex_iteration_count), 0) + STARTING
        return self.highs.getModelStatus()

    def _value(self) -> float:
        return float(self.highs.getInfo().objective_function_value)

    def _empty(self, lower: Floats, upper: Floats) -> Ended:
        """What is called infeasible is so if a ray proves it: HiGHS's own, or that of the least sum of what is
        missed."""
        if self.rows.has_broken(lower, upper):
            return Ended(Status.EMPTY)
        _, has_ray, ray = self.highs.getDualRay()
        if has_ray and self._proves(lower, upper, np.array(ray, dtype=float)):
            return Ended(Status.EMPTY)
        if self._proves(lower, upper, self._missed_least(lower, upper)):
            return Ended(Status.EMPTY)
        return Ended(Status.UNKNOWN)

    def _proves(self, lower: Floats, upper: Floats, ray: Floats) -> bool:
        if len(ray) != len(self.rows.matrix.row_lower):
            return False
        return any(self.rows.is_empty(lower, upper, sign * ray) for sign in (1.0, -1.0))

    def _missed_least(self, lower: Floats, upper: Floats) -> Floats:
        """Multipliers at which the rows are missed by the least sum."""
        import highspy

        matrix = self.rows.matrix
        height = len(matrix.row_lower)
        rows = np.arange(height, dtype=np.int32)
        order = np.argsort(np.concatenate([matrix.rows(), rows, rows]), kind="stable")
        columns = np.concatenate([matrix.columns, len(lower) + rows, len(lower) + height + rows])[order]
        values = np.concatenate([matrix.values, np.ones(height), -np.ones(height)])[order]
        missed = replace(
            matrix,
            cost=np.concatenate([np.zeros(len(lower)), np.ones(2 * height)]),
            offset=0.0,
            starts=(matrix.starts + 2 * np.arange(height + 1)).astype(np.int32),
            columns=columns.astype(np.int32),
            values=values,
            lower=np.concatenate([lower, np.zeros(2 * height)]),
            upper=np.concatenate([upper, np.full(2 * height, np.inf)]),
            whole=np.zeros(len(lower) + 2 * height, dtype=bool),
            strategic=np.zeros(len(lower) + 2 * height, dtype=bool),
        )
        highs = quiet(highspy)
        set_options(highs, Settings(threads=1))
        set_option(highs, "presolve", "off")
        pass_model(highs, highspy, missed)
        highs.run()
        self.work += max(int(highs.getInfo().simplex_iteration_count), 0) + STARTING
        if highs.getModelStatus() != self.states.kOptimal:
            return np.zeros(0)
        return np.array(highs.getSolution().row_dual, dtype=float)

    def _move(self, lower: Floats, upper: Floats) -> None:
        moved = np.flatnonzero((lower != self._lower) | (upper != self._upper)).astype(np.int32)
        if len(moved):
            self.highs.changeColsBounds(len(moved), moved, lower[moved], upper[moved])
            self._lower[moved], self._upper[moved] = lower[moved], upper[moved]

    # What follows from a cutoff

    def largest(self, columns: list[int], lower: Floats, upper: Floats, cutoff: float) -> Floats:
        """Upper bounds of some columns where the cost is not above a cutoff, one after the other by linear programs.

        Returns the bounds of all columns, shape (columns,).
        """
        costly, own, upper = np.flatnonzero(self.cost), self.rows, upper.copy()
        if not len(costly):
            return upper
        # Not quite the cutoff: the least cost of the relaxation may be the cutoff itself.
        most = cutoff + LOOSER * max(abs(cutoff), 1.0)
        self.add([costly], [self.cost[costly]], [most - self.offset])
        set_option(self.highs, "simplex_strategy", PRIMAL)
        for column in columns:
            cost = np.zeros(len(self.cost))
            cost[column] = -1.0
            self._strive(cost)
            self._move(lower, upper)
            if self._run(BRIEF) == self.states.kOptimal:
                duals = np.array(self.highs.getSolution().row_dual, dtype=float)
                bound, _ = self.rows.bound(lower, upper, duals, cost, 0.0)
                upper[column] = max(min(-bound, float(upper[column])), float(lower[column]))
        self._strive(self.cost)
        set_option(self.highs, "simplex_strategy", DUAL)
        self.highs.deleteRows(1, np.array([len(own.matrix.row_lower)], dtype=np.int32))
        self.highs.clearSolver()
        self.rows = own
        return upper

    def _strive(self, cost: Floats) -> None:
        columns = np.arange(len(cost), dtype=np.int32)
        self.highs.changeColsCost(len(columns), columns, cost)

    def sharpen(self, whole: Any) -> None:
        """Smaller coefficients of switches: none is larger than the rest of its row can come to.

        A row with a switch y that says nothing when y is 1 says no less with the smallest coefficient for which that is
        so.
        """
        matrix = self.rows.matrix
        rows, columns = matrix.rows(), matrix.columns
        ends = matrix.values * matrix.lower[columns], matrix.values * matrix.upper[columns]
        least, most = np.minimum(*ends), np.maximum(*ends)
        height = len(matrix.row_lower)
        sums = [np.bincount(rows, part, minlength=height)[rows] - part for part in (least, most)]
        size = np.bincount(rows, np.maximum(np.abs(least), np.abs(most)), minlength=height)[rows]
        room = size * (np.diff(matrix.starts)[rows] + 4) * UNIT
        is_switch = whole[columns] & (matrix.lower[columns] == 0.0) & (matrix.upper[columns] == 1.0)
        low, high = matrix.row_lower[rows], matrix.row_upper[rows]
        values = matrix.values.copy()
        falls = is_switch & np.isneginf(low) & (values < 0.0)
        needed = np.where(falls, sums[1] + room - high, 0.0)
        shrinks = falls & (needed > 0.0) & (needed < -values)
        values[shrinks] = -needed[shrinks]
        rises = is_switch & np.isposinf(high) & (values > 0.0)
        needed = np.where(rises, low - (sums[0] - room), 0.0)
        grows = rises & (needed > 0.0) & (needed < values)
        values[grows] = needed[grows]
        # One entry of a row at a time: the sums of the others were of the old ones.
        first = np.zeros(len(values), dtype=bool)
        moved = np.flatnonzero(shrinks | grows)
        first[moved[np.unique(rows[moved], return_index=True)[1]]] = True
        values = np.where(first, values, matrix.values)
        for place in np.flatnonzero(first):
            self.highs.changeCoeff(int(rows[place]), int(columns[place]), float(values[place]))
        self.rows = Rows(replace(matrix, values=values))

    # Cuts

    def tableau(self, point: Floats, whole: Any) -> Iterator[Floats]:
        """Multipliers of the rows for the basic columns whose whole numbers are broken most, shape (rows,) each."""
        _, basics = self.highs.getBasicVariables()
        broken = []
        for place, column in enumerate(np.array(basics)):
            if column >= 0 and whole[column]:
                part = point[column] - np.floor(point[column])
                if NEAR < part < 1.0 - NEAR:
                    broken.append((abs(part - 0.5), place))
        for _, place in sorted(broken)[:SOURCES]:
            _, multipliers = self.highs.getBasisInverseRow(place)
            yield np.array(multipliers, dtype=float)

    def add(self, columns: list[Any], values: list[Floats], most: list[float]) -> None:
        """More rows of form <=."""
        for some, row, bound in zip(columns, values, most, strict=True):
            self.highs.addRow(-np.inf, float(bound), len(some), some.astype(np.int32), row)
        self.rows = self.rows.plus(columns, values, most)

    def drop_slack_rows(self) -> None:
        """Without the cuts that the last point is not at."""
        statuses = self.highs.getBasis().row_status
        count = len(self.rows.matrix.row_lower)
        slack = [row for row in range(self.own, count) if statuses[row] == self.basic]
        if slack:
            self.highs.deleteRows(len(slack), np.array(slack, dtype=np.int32))
            self.rows = self.rows.only(np.setdiff1d(np.arange(count), slack))
