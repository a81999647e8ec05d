"""Upper bounds of columns that follow from the rows: what a limit, a grid connection or a supply leaves room for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from gpuplan.program.columns import Columns
from gpuplan.program.rows import Rows

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.int64]
ROUNDS = 12
ENOUGH = 1e-9


def tighten_columns(columns: Columns, rows: Rows) -> None:
    """Lower the upper bounds of columns to what the rows imply, round by round, until nothing moves.

    A row sum(a x) <= b leaves a column with a > 0 at most (b - least of the others) / a; a row >= b is the same
    with its signs turned. Whole columns are rounded down. Only rows are used, never the objective, so that no
    feasible plan is lost.
    """
    if not len(rows) or not len(columns):
        return
    row_of = np.repeat(np.arange(len(rows)), np.diff(rows.starts))
    column_of = np.asarray(rows.columns, dtype=np.int64)
    coefficients = np.asarray(rows.coefficients)
    sides = [
        _Side.of(row_of, column_of, coefficients, np.asarray(rows.upper)),
        _Side.of(row_of, column_of, -coefficients, -np.asarray(rows.lower)),
    ]
    lower = np.asarray(columns.lower)
    upper = np.asarray(columns.upper)
    whole = np.asarray([columns.whole(index) for index in range(len(columns))])
    for _ in range(ROUNDS):
        before = upper.copy()
        for side in sides:
            side.lower_what_it_can(lower, upper, whole)
        moved = before != upper
        if not np.any(before[moved] - upper[moved] > ENOUGH * np.maximum(1.0, np.abs(upper[moved]))):
            break
    columns.tighten_all(upper.tolist())


@dataclass(frozen=True)
class _Side:
    """Rows as sum(coefficient x column) <= bound, of those that have such a bound; entries in order of their rows."""

    rows: Indexes
    columns: Indexes
    coefficients: Floats
    bounds: Floats
    """By row."""

    @classmethod
    def of(cls, rows: Indexes, columns: Indexes, coefficients: Floats, bounds: Floats) -> _Side:
        used = np.isfinite(bounds)[rows]
        return cls(rows[used], columns[used], coefficients[used], bounds)

    def lower_what_it_can(self, lower: Floats, upper: Floats, whole: npt.NDArray[np.bool_]) -> None:
        """One round, in place."""
        with np.errstate(invalid="ignore"):
            least = self.coefficients * np.where(self.coefficients > 0, lower[self.columns], upper[self.columns])
        endless = np.isinf(least)
        finite = np.where(endless, 0.0, least)
        sums = np.bincount(self.rows, finite, minlength=len(self.bounds))
        endless_in_row = np.bincount(self.rows, endless, minlength=len(self.bounds))
        # Only columns with a positive coefficient gain an upper bound, and only if all others have a least.
        gains = (self.coefficients > 0) & (endless_in_row[self.rows] == 0)
        at = self.rows[gains]
        implied = (self.bounds[at] - (sums[at] - finite[gains])) / self.coefficients[gains]
        target = self.columns[gains]
        slack = 1e-9 * np.maximum(1.0, np.abs(implied))
        implied = np.where(whole[target], np.floor(implied + 1e-6 + slack), implied + slack)
        np.minimum.at(upper, target, np.maximum(implied, lower[target]))
