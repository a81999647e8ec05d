"""Narrower bounds of columns that follow from the rows at a node, with room for rounding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.proof.safe import ROUNDED, Rows

ROUNDS = 6
NARROWER = 0.9
"""Share of its width to which a column must have been narrowed for another round."""
ROUNDING = 1e-9
"""Share of itself by which a bound that follows is taken to be further off."""


@dataclass(frozen=True)
class Propagation:
    """Rows ready to be looked through."""

    rows: Rows
    whole: np.ndarray[Any, Any]

    def __post_init__(self) -> None:
        matrix = self.rows.matrix
        object.__setattr__(self, "_row", matrix.rows())
        object.__setattr__(self, "_rising", matrix.values > 0)

    def narrowed(self, lower: Floats, upper: Floats, rounds: int = ROUNDS) -> tuple[Floats, Floats] | None:
        """Bounds of the columns that follow from the rows and from given ones; None where no point keeps them all.

        Whole columns have whole bounds.
        """
        matrix, row, rising = self.rows.matrix, self._row, self._rising  # type: ignore[attr-defined]
        columns, height, sizes = matrix.columns, len(matrix.row_lower), np.abs(matrix.values)
        for _ in range(rounds):
            low, high = lower[columns], upper[columns]
            down, up = matrix.values * np.where(rising, low, high), matrix.values * np.where(rising, high, low)
            least, most = np.bincount(row, down, minlength=height), np.bincount(row, up, minlength=height)
            size = np.bincount(row, np.maximum(np.abs(down), np.abs(up)), minlength=height)
            room = ROUNDED * size + self.rows.allowed
            above, below = matrix.row_upper + room - least, most - (matrix.row_lower - room)
            if np.any(above < 0.0) or np.any(below < 0.0):
                return None
            # How far a column may be from the end at which it takes the least, and from the one at which it gives most.
            up_to, from_ = above[row] / sizes, below[row] / sizes
            highest = np.minimum(np.where(rising, low + up_to, np.inf), np.where(rising, np.inf, low + from_))
            lowest = np.maximum(np.where(rising, high - from_, -np.inf), np.where(rising, -np.inf, high - up_to))
            fresh_upper, fresh_lower = upper.copy(), lower.copy()
            np.minimum.at(fresh_upper, columns, highest)
            np.maximum.at(fresh_lower, columns, lowest)
            fresh_upper += ROUNDING * np.maximum(np.abs(fresh_upper), 1.0)
            fresh_lower -= ROUNDING * np.maximum(np.abs(fresh_lower), 1.0)
            fresh_upper = np.where(self.whole, np.floor(fresh_upper), fresh_upper)
            fresh_lower = np.where(self.whole, np.ceil(fresh_lower), fresh_lower)
            fresh_upper, fresh_lower = np.minimum(fresh_upper, upper), np.maximum(fresh_lower, lower)
            if np.any(fresh_lower > fresh_upper + ROUNDING * np.maximum(np.abs(fresh_upper), 1.0)):
                return None
            fresh_lower = np.minimum(fresh_lower, fresh_upper)
            widths = upper - lower
            lower, upper = fresh_lower, fresh_upper
            if not np.any(upper - lower < NARROWER * widths):
                break
        return lower, upper


def needed(matrix: Matrix) -> Floats:
    """Upper bounds of the columns beyond which more is of no use, shape (columns,).

    A column that costs nothing or more, and that every row of it wants large, is no larger than what each of its rows
    can want at the most: some best plan has no more, although others may.
    """
    rows, columns, values = matrix.rows(), matrix.columns, matrix.values
    rising = values > 0
    helps = np.where(rising, np.isposinf(matrix.row_upper)[rows], np.isneginf(matrix.row_lower)[rows])
    harms = np.zeros(len(matrix.lower), dtype=bool)
    harms[columns[~helps & (values != 0.0)]] = True
    with np.errstate(invalid="ignore"):
        lower, upper = matrix.lower[columns], matrix.upper[columns]
        down = np.where(values == 0.0, 0.0, values * np.where(rising, lower, upper))
        up = np.where(values == 0.0, 0.0, values * np.where(rising, upper, lower))
    height = len(matrix.row_lower)
    least = _others(rows, down, height)
    most = _others(rows, up, height)
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = np.where(rising, matrix.row_lower[rows] - least, matrix.row_upper[rows] - most) / values
        wanted += ROUNDING * np.maximum(np.abs(wanted), 1.0)
    enough = matrix.lower.copy()
    np.maximum.at(enough, columns, np.where(np.isnan(wanted), np.inf, wanted))
    enough = np.where(matrix.whole, np.ceil(enough), enough)
    bounds: Floats = np.where(~harms & (matrix.cost >= 0.0), np.minimum(matrix.upper, enough), matrix.upper)
    return bounds


def _others(rows: Any, parts: Floats, height: int) -> Floats:
    """Of every entry: the sum of the parts of its row without its own."""
    endless = np.isinf(parts)
    finite = np.where(endless, 0.0, parts)
    sums = np.bincount(rows, finite, minlength=height)[rows] - finite
    others = np.bincount(rows, endless, minlength=height)[rows] - endless
    signs = np.bincount(rows, np.where(endless, np.sign(np.where(endless, parts, 0.0)), 0.0), minlength=height)[rows]
    found: Floats = np.where(others > 0, np.where(signs > 0, np.inf, -np.inf), sums)
    return found
