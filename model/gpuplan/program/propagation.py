"""Upper bounds of columns that follow from the rows: what a limit, a grid connection or a supply leaves room for."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from gpuplan.program.columns import Columns
from gpuplan.program.rows import Rows

Floats = npt.NDArray[np.float64]
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
    starts = np.asarray(rows.starts)
    row_of = np.repeat(np.arange(len(rows)), np.diff(starts))
    column_of = np.asarray(rows.columns, dtype=np.int64)
    coefficients = np.asarray(rows.coefficients)
    high, low = np.asarray(rows.upper), np.asarray(rows.lower)
    # Both sides as sum(a x) <= b.
    sides = [(coefficients, high), (-coefficients, -low)]
    lower = np.asarray(columns.lower)
    upper = np.asarray(columns.upper)
    whole = np.asarray([columns.whole(index) for index in range(len(columns))])
    for _ in range(ROUNDS):
        before = upper.copy()
        for side, bound in sides:
            _one_side(side, bound, row_of, column_of, lower, upper, whole)
        moved = before != upper
        if not np.any(before[moved] - upper[moved] > ENOUGH * np.maximum(1.0, np.abs(upper[moved]))):
            break
    columns.tighten_all(upper.tolist())


def _one_side(
    side: Floats,
    bound: Floats,
    row_of: npt.NDArray[np.int64],
    column_of: npt.NDArray[np.int64],
    lower: Floats,
    upper: Floats,
    whole: npt.NDArray[np.bool_],
) -> None:
    used = np.isfinite(bound)[row_of]
    least_at = np.where(side > 0, lower[column_of], upper[column_of])
    with np.errstate(invalid="ignore"):
        least = side * least_at
    endless = np.isinf(least)
    finite = np.where(endless, 0.0, least)
    sums = np.bincount(row_of, finite, minlength=len(bound))
    endless_in_row = np.bincount(row_of, endless, minlength=len(bound))
    # Only columns with a positive coefficient gain an upper bound, and only if all others have a least.
    gains = used & (side > 0) & (endless_in_row[row_of] == 0)
    rest = sums[row_of[gains]] - finite[gains]
    implied = (bound[row_of[gains]] - rest) / side[gains]
    target = column_of[gains]
    slack = 1e-9 * np.maximum(1.0, np.abs(implied))
    implied = np.where(whole[target], np.floor(implied + 1e-6 + slack), implied + slack)
    np.minimum.at(upper, target, np.maximum(implied, lower[target]))
