"""The matrix handed to a solver, checked and scaled, and the way to it from a formulation, through Pyomo."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from gpuplan.errors import Defect
from gpuplan.program.columns import Role

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.program.linear import Linear

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int32]
Limits = tuple[tuple[int, float, float], ...]
"""(column, lower, upper) of the columns whose bounds differ from those of a matrix."""
WHOLE = 1e-6
"""How near to a whole number a value counts as one."""
TINY = 1e-9
"""Entries of a scaled matrix up to this are left out, with room for what they could come to: HiGHS would drop them
without a word."""
CRUMB, SPECK = 2.0**-10, 2.0**-30
"""Largest value of a column that a solver's tolerance could take for nothing, and of one that is next to nothing."""
HUGE = 1e30
LARGEST_COST = 10
"""Power of two that the largest cost is brought to: a solver's tolerances are absolute, and a bound must be good to a
millionth of the objective, which at a largest cost of 1 may be no more than 3."""
TURNS, TURNS_OF_WHOLE = 4, 1
"""Rounds of scaling rows and columns, where no column is whole and where some are; more change little, or do harm."""


@dataclass(frozen=True)
class Matrix:
    """minimise cost.x + offset with row_lower <= A x <= row_upper and bounds on x, rows in compressed sparse form."""

    cost: Floats
    offset: float
    starts: Indexes
    columns: Indexes
    values: Floats
    row_lower: Floats
    row_upper: Floats
    lower: Floats
    upper: Floats
    whole: npt.NDArray[np.bool_]
    strategic: npt.NDArray[np.bool_]

    def with_row(self, expression: Linear, at_most: float) -> Matrix:
        """The same with one more row: expression <= at_most."""
        terms = sorted(expression.terms.items())
        return replace(
            self,
            starts=np.append(self.starts, np.int32(self.starts[-1] + len(terms))).astype(np.int32),
            columns=np.append(self.columns, [column for column, _ in terms]).astype(np.int32),
            values=np.append(self.values, [coefficient for _, coefficient in terms]).astype(float),
            row_lower=np.append(self.row_lower, -np.inf),
            row_upper=np.append(self.row_upper, at_most - expression.constant),
        )

    def with_rows(self, starts: Indexes, columns: Indexes, values: Floats, row_upper: Floats) -> Matrix:
        """The same with more rows of form <=, given in compressed sparse form."""
        return replace(
            self,
            starts=np.append(self.starts, starts[1:] + self.starts[-1]).astype(np.int32),
            columns=np.append(self.columns, columns).astype(np.int32),
            values=np.append(self.values, values),
            row_lower=np.append(self.row_lower, np.full(len(row_upper), -np.inf)),
            row_upper=np.append(self.row_upper, row_upper),
        )

    def with_cost(self, expression: Linear) -> Matrix:
        """The same with another objective to minimise."""
        cost = np.zeros(len(self.lower))
        for column, coefficient in expression.terms.items():
            cost[column] = coefficient
        return replace(self, cost=cost, offset=expression.constant)

    def with_bounds(self, lower: Floats, upper: Floats) -> Matrix:
        """The same with other bounds on the columns."""
        return replace(self, lower=lower, upper=upper)

    def limited(self, limits: Iterable[tuple[int, float, float]]) -> Matrix:
        """The same with other bounds on some columns: (column, lower, upper) of each."""
        lower, upper = self.lower.copy(), self.upper.copy()
        for column, least, most in limits:
            lower[column], upper[column] = least, most
        return self.with_bounds(lower, upper)

    def relaxed(self) -> Matrix:
        """The linear relaxation."""
        return replace(self, whole=np.zeros_like(self.whole))

    def activity(self, point: Floats) -> Floats:
        """A x for every row."""
        return self.summed(self.values * point[self.columns])

    def summed(self, terms: Floats) -> Floats:
        """Sum over each row of something that is told of every entry."""
        sums: Floats = np.bincount(self.rows(), terms, minlength=len(self.row_lower)).astype(float)
        return sums

    def rows(self) -> Indexes:
        """Row of each entry."""
        return np.repeat(np.arange(len(self.row_lower), dtype=np.int32), np.diff(self.starts))

    def broken_rows(self, point: Floats, tolerance: float = 1e-6) -> npt.NDArray[np.int64]:
        """Rows that a point breaks by more than a tolerance relative to their bound."""
        activity = self.activity(point)
        room = tolerance * np.maximum(1.0, np.abs(activity))
        broken = (activity > self.row_upper + room) | (activity < self.row_lower - room)
        return np.flatnonzero(broken)


def matrix_of(formulation: Formulation) -> Matrix:
    """The matrix of a formulation, by way of a Pyomo block.

    Raises Defect on a coefficient that no solver can be trusted with.
    """
    from gpuplan.pyomo_model import block_of

    return checked(_from_block(block_of(formulation), formulation))


def _from_block(block: Any, formulation: Formulation) -> Matrix:
    """Read the block's variables and matrix constraints back, in order."""
    columns = formulation.problem.columns
    variables = block.columns
    pieces = [constraint for constraint in block.families.values() if constraint.A.shape[0]]
    counts = [np.diff(piece.A.indptr) for piece in pieces]
    lengths = np.concatenate(counts) if counts else np.zeros(0, dtype=np.int64)
    return Matrix(
        cost=np.zeros(len(variables)),
        offset=0.0,
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        columns=np.concatenate([piece.A.indices for piece in pieces] or [[]]).astype(np.int32),
        values=np.concatenate([piece.A.data for piece in pieces] or [[]]).astype(float),
        row_lower=np.concatenate([piece.lb for piece in pieces] or [[]]).astype(float),
        row_upper=np.concatenate([piece.ub for piece in pieces] or [[]]).astype(float),
        lower=np.asarray([variable.lb for variable in variables], dtype=float),
        upper=np.asarray([np.inf if variable.ub is None else variable.ub for variable in variables], dtype=float),
        whole=np.asarray([variable.is_integer() for variable in variables], dtype=bool),
        strategic=np.asarray([role is Role.STRATEGIC for role in columns.roles], dtype=bool),
    )


def checked(matrix: Matrix) -> Matrix:
    """The matrix itself when every number in it can be trusted; raises Defect otherwise."""
    for name in ("cost", "values"):
        numbers: Floats = getattr(matrix, name)
        if not np.all(np.isfinite(numbers)) or np.any(np.abs(numbers) > HUGE):
            raise Defect(f"a {name} coefficient is not finite or above {HUGE:g}")
    if len(matrix.columns) and not 0 <= matrix.columns.min() <= matrix.columns.max() < len(matrix.lower):
        raise Defect("an entry is of a column that is not there")
    bounds = (matrix.row_lower, matrix.row_upper, matrix.lower, matrix.upper)
    if any(np.any(np.isnan(bound)) for bound in bounds):
        raise Defect("a bound is not a number")
    return matrix


def sealed(values: Floats) -> bytes:
    """Values that are whole but for rounding, as bytes: the same for the same, nothing above and below zero too."""
    return np.round(values).astype(np.int64).tobytes()


def scaled(matrix: Matrix, turns: int | None = None) -> tuple[Matrix, Floats, float]:
    """Rows and columns brought near 1 and the objective near a thousand, by powers of two, which change no digit.

    Returns the columns' units, shape (columns,): a column of the result counts in so many of the matrix's own; and the
    objective's factor. Rows and columns take turns, each scaled by the geometric mean of its smallest and largest
    coefficient, so many times, and rows once more. Whole columns keep their unit; in a relaxation no column is whole.
    """
    rows, sizes = matrix.rows(), np.abs(matrix.values)
    # A column that is never more than a crumb counts in what it can be at the most, whatever its coefficients.
    largest = np.maximum(np.abs(matrix.lower), np.abs(matrix.upper))
    is_crumb = ~matrix.whole & (largest > SPECK) & (largest < CRUMB)
    own = np.where(is_crumb, np.exp2(np.round(np.log2(np.where(is_crumb, largest, 1.0)))), 1.0)
    factors, units = np.ones(len(matrix.row_lower)), own.copy()
    for _ in range(turns or (TURNS_OF_WHOLE if matrix.whole.any() else TURNS)):
        factors *= _evening(rows, sizes * factors[rows] * units[matrix.columns], len(factors))
        units *= _evening(matrix.columns, sizes * factors[rows] * units[matrix.columns], len(units))
        units = np.where(matrix.whole | is_crumb, own, units)
    factors *= _evening(rows, sizes * factors[rows] * units[matrix.columns], len(factors))
    even, objective = _measured(matrix, factors, units)
    return _without_specks(even), units, objective


def _evening(places: Indexes, sizes: Floats, count: int) -> Floats:
    """Powers of two that bring the geometric mean of the smallest and largest size of each place near 1."""
    largest, smallest = np.zeros(count), np.full(count, np.inf)
    np.maximum.at(largest, places[sizes > 0], sizes[sizes > 0])
    np.minimum.at(smallest, places[sizes > 0], sizes[sizes > 0])
    some = largest > 0
    middle = np.sqrt(np.where(some, largest, 1.0)) * np.sqrt(np.where(some, smallest, 1.0))
    found: Floats = np.exp2(-np.round(np.log2(middle)))
    return found


def _without_specks(matrix: Matrix) -> Matrix:
    """The matrix without entries that are next to nothing; their rows are wider by the most that these can come to."""
    specks = np.abs(matrix.values) <= TINY
    if not specks.any():
        return matrix
    rows, columns, values = matrix.rows()[specks], matrix.columns[specks], matrix.values[specks]
    ends = np.where(values == 0, 0.0, values) * np.vstack([matrix.lower[columns], matrix.upper[columns]])
    ends = np.where(values == 0, 0.0, ends)
    height = len(matrix.row_lower)
    least = np.bincount(rows, np.minimum(ends[0], ends[1]), minlength=height)
    most = np.bincount(rows, np.maximum(ends[0], ends[1]), minlength=height)
    counts = np.bincount(matrix.rows()[~specks], minlength=height)
    return replace(
        matrix,
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        columns=matrix.columns[~specks],
        values=matrix.values[~specks],
        row_lower=matrix.row_lower - most,
        row_upper=matrix.row_upper - least,
    )


def _measured(matrix: Matrix, factors: Floats, units: Floats | None) -> tuple[Matrix, float]:
    """The matrix with its rows multiplied by factors and its columns counted in units, and the objective's factor."""
    if units is not None:
        values = matrix.values * units[matrix.columns]
        cost, lower, upper = matrix.cost * units, matrix.lower / units, matrix.upper / units
        matrix = replace(matrix, cost=cost, values=values, lower=lower, upper=upper)
    top = float(np.max(np.abs(matrix.cost), initial=0.0))
    objective = float(np.exp2(LARGEST_COST - np.round(np.log2(top)))) if top > 0 else 1.0
    return replace(
        matrix,
        cost=matrix.cost * objective,
        offset=matrix.offset * objective,
        values=matrix.values * factors[matrix.rows()],
        row_lower=matrix.row_lower * factors,
        row_upper=matrix.row_upper * factors,
    ), objective
