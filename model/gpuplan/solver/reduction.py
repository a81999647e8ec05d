"""A relaxation without what some limits decide: a closed site leaves nothing to be said of what it could hold.

Only what follows at once is used: a row that is at its bound already at its least activity holds every column of it
where it is, and a row that no values can break says nothing. HiGHS's own presolve does more, and has called a
relaxation infeasible that has a plan.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpuplan.solver.matrix import Floats, Indexes, Limits, Matrix

Flags = npt.NDArray[np.bool_]
EXACT = 1e-9
"""Share of a row's terms by which it may seem to be broken for rounding alone."""


@dataclass(frozen=True, slots=True)
class Reduced:
    """A matrix without the columns that have one value only, and without the rows that hold whatever the others are."""

    matrix: Matrix
    columns: Indexes
    """Those that are left, by their numbers in the matrix that was reduced."""
    rows: Indexes
    """Likewise."""
    point: Floats
    """The value of every column that is not left, and zero for the others."""
    height: int
    """Number of rows of the matrix that was reduced."""


def reduced(matrix: Matrix, limits: Limits) -> Reduced:
    """What is left of a matrix under some limits. It has the same plans, and is infeasible if the matrix is."""
    matrix = matrix.limited(limits)
    lower, upper = matrix.lower, matrix.upper
    activity = _Activity(matrix)
    entries = np.arange(len(matrix.values))
    while len(entries):
        low, high, _ = activity.between(lower, upper, entries)
        rows, columns = activity.rows[entries], matrix.columns[entries]
        # Rows at their bound hold columns at the bounds that gave them this activity.
        is_down, is_up = (low >= matrix.row_upper)[rows], (high <= matrix.row_lower)[rows]
        is_rising, is_open = activity.is_rising[entries], lower[columns] < upper[columns]
        falls = is_open & np.where(is_rising, is_down, is_up)
        rises = is_open & np.where(is_rising, is_up, is_down)
        upper[columns[falls]] = lower[columns[falls]]
        lower[columns[rises]] = upper[columns[rises]]
        entries = activity.beside(columns[falls | rises])
    low, high, size = activity.between(lower, upper, np.arange(len(matrix.values)))
    room = EXACT * np.maximum(size, 1.0)
    says = (low < matrix.row_lower - room) | (high > matrix.row_upper + room)
    is_left = lower < upper
    return _without(matrix, activity.rows, np.where(is_left, 0.0, lower), is_left, says, lower, upper)


class _Activity:
    """What the rows of a matrix can come to."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.rows = matrix.rows()
        self.is_rising = matrix.values > 0

    def beside(self, columns: Indexes) -> npt.NDArray[np.int64]:
        """Entries of all rows that some columns are in."""
        is_one = np.zeros(len(self.matrix.lower), dtype=bool)
        is_one[columns] = True
        is_touched = np.zeros(len(self.matrix.row_lower), dtype=bool)
        is_touched[self.rows[is_one[self.matrix.columns]]] = True
        return np.flatnonzero(is_touched[self.rows])

    def between(self, lower: Floats, upper: Floats, entries: npt.NDArray[np.int64]) -> tuple[Floats, Floats, Floats]:
        """Least and largest activity of each row of which all entries are given, and the size of its finite terms."""
        rows, columns, values = self.rows[entries], self.matrix.columns[entries], self.matrix.values[entries]
        is_rising, low, high = self.is_rising[entries], lower[columns], upper[columns]
        down = np.where(is_rising, low, high) * values
        up = np.where(is_rising, high, low) * values
        sizes = np.where(np.isfinite(down), np.abs(down), 0.0) + np.where(np.isfinite(up), np.abs(up), 0.0)
        height = len(self.matrix.row_lower)
        sums = [np.bincount(rows, terms, minlength=height).astype(float) for terms in (down, up, sizes)]
        return sums[0], sums[1], sums[2]


def _without(
    matrix: Matrix, rows: Indexes, point: Floats, is_left: Flags, says: Flags, lower: Floats, upper: Floats
) -> Reduced:
    shift = matrix.activity(point)
    entries = is_left[matrix.columns] & says[rows]
    counts = np.bincount(rows[entries], minlength=len(says))[says]
    numbers = np.cumsum(is_left) - 1
    return Reduced(
        Matrix(
            cost=matrix.cost[is_left],
            offset=matrix.offset + float(matrix.cost @ point),
            starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
            columns=numbers[matrix.columns[entries]].astype(np.int32),
            values=matrix.values[entries],
            row_lower=(matrix.row_lower - shift)[says],
            row_upper=(matrix.row_upper - shift)[says],
            lower=lower[is_left],
            upper=upper[is_left],
            whole=matrix.whole[is_left],
            strategic=matrix.strategic[is_left],
        ),
        np.flatnonzero(is_left).astype(np.int32),
        np.flatnonzero(says).astype(np.int32),
        point,
        len(says),
    )
