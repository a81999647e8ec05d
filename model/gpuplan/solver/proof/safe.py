r"""Bounds that hold whatever the solver did: worked out from multipliers of the rows, with room for every rounding.

For any $y$, every point that keeps the rows $r^- \le A x \le r^+$ and the bounds $l \le x \le u$ has

$$ c^\top x \ge \sum_i \min(y_i r^-_i, y_i r^+_i) + \sum_j \min(d_j l_j, d_j u_j), \qquad d = c - A^\top y. $$

The right side is what a solver's dual values make as large as it can be; where they are wrong, it is less, and holds
all the same. Rounding is reckoned with by the usual bound on a sum of n terms, n times the unit of rounding times the
sum of their sizes; so is what the coefficients themselves were rounded by when they were worked out from an instance.
Neumaier and Shcherbina, "Safe bounds in linear and mixed-integer linear programming" (2004).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gpuplan.solver.matrix import Floats, Matrix

UNIT = 2.0**-53
"""Unit of rounding."""
ROUNDED = 2.0**-46
"""Share of every term by which a coefficient may be off that was worked out by some hundred roundings."""
ALLOWED = 1e-9
"""Share of its bound by which a row of continuous columns may be missed before a program counts as empty."""
ENDLESS = 1e12
"""What stands for the upper bound of a column that has none: no order is for so many systems."""


@dataclass(frozen=True)
class Rows:
    """A matrix whose columns all have finite bounds, as it is needed for bounds."""

    matrix: Matrix

    @classmethod
    def of(cls, matrix: Matrix) -> Rows:
        """Endless columns end at a number that no plan comes to."""
        lower, upper = np.maximum(matrix.lower, -ENDLESS), np.minimum(matrix.upper, ENDLESS)
        return cls(matrix.with_bounds(np.minimum(lower, upper), np.maximum(lower, upper)))

    def plus(self, columns: list[np.ndarray[Any, Any]], values: list[Floats], most: list[float]) -> Rows:
        """With more rows of form <=."""
        matrix = self.matrix
        counts = [len(row) for row in columns]
        starts = np.concatenate([matrix.starts, matrix.starts[-1] + np.cumsum(counts)]).astype(np.int32)
        return Rows(
            replace(
                matrix,
                starts=starts,
                columns=np.concatenate([matrix.columns, *columns]).astype(np.int32),
                values=np.concatenate([matrix.values, *values]),
                row_lower=np.concatenate([matrix.row_lower, np.full(len(most), -np.inf)]),
                row_upper=np.concatenate([matrix.row_upper, most]),
            )
        )

    def only(self, kept: np.ndarray[Any, Any]) -> Rows:
        """Without the other rows."""
        matrix = self.matrix
        flags = np.zeros(len(matrix.row_lower), dtype=bool)
        flags[kept] = True
        entries = flags[matrix.rows()]
        counts = np.diff(matrix.starts)[flags]
        return Rows(
            replace(
                matrix,
                starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
                columns=matrix.columns[entries],
                values=matrix.values[entries],
                row_lower=matrix.row_lower[flags],
                row_upper=matrix.row_upper[flags],
            )
        )

    def within(self, lower: Floats, upper: Floats) -> Rows:
        """With narrower bounds of the columns."""
        return Rows(self.matrix.with_bounds(lower, upper))

    @cached_property
    def table(self) -> Any:
        """The coefficients, sparse, shape (rows, columns)."""
        from scipy.sparse import csr_matrix

        matrix = self.matrix
        shape = (len(matrix.row_lower), len(matrix.lower))
        return csr_matrix((matrix.values, matrix.columns, matrix.starts), shape=shape)

    @cached_property
    def transposed(self) -> Any:
        """The same by columns."""
        return self.table.T.tocsr()

    @cached_property
    def sizes(self) -> Any:
        """Sizes of the coefficients, by columns."""
        return abs(self.transposed)

    @cached_property
    def room(self) -> Floats:
        """By how much each row may be missed for rounding alone, at the bounds of the columns. Shape (rows,)."""
        matrix = self.matrix
        largest = np.maximum(np.abs(matrix.lower), np.abs(matrix.upper))
        ends = self._ends
        room: Floats = ROUNDED * (self.sizes.T @ largest + ends)
        return room

    @cached_property
    def allowed(self) -> Floats:
        """By how much a plan that passes its audit may miss each row: rows of whole columns alone hold exactly."""
        matrix = self.matrix
        broken = np.bincount(matrix.rows(), ~matrix.whole[matrix.columns], minlength=len(matrix.row_lower)) > 0
        allowed: Floats = np.where(broken, ALLOWED * self._ends, 0.0)
        return allowed

    @cached_property
    def _ends(self) -> Floats:
        """Size of the finite bounds of each row."""
        matrix = self.matrix
        low = np.where(np.isfinite(matrix.row_lower), np.abs(matrix.row_lower), 0.0)
        high = np.where(np.isfinite(matrix.row_upper), np.abs(matrix.row_upper), 0.0)
        ends: Floats = np.maximum(low, high)
        return ends

    def bound(self, lower: Floats, upper: Floats, duals: Floats, cost: Floats, offset: float) -> tuple[float, Floats]:
        """What cost x + offset is at least for all x of the rows within some bounds, by any multipliers of the rows.

        And reduced costs, shape (columns,), which with that bound hold for each column alone: raising x above its lower
        bound by t costs at least t times a positive one of them more.
        """
        return self._bound(lower, upper, duals, cost, offset, self.room)

    def has_broken(self, lower: Floats, upper: Floats) -> bool:
        """Whether some row alone cannot be kept within some bounds, even if it may be missed by what an audit
        allows."""
        matrix = self.matrix
        rising, columns = matrix.values > 0, matrix.columns
        down = matrix.values * np.where(rising, lower[columns], upper[columns])
        up = matrix.values * np.where(rising, upper[columns], lower[columns])
        height = len(matrix.row_lower)
        least, most = (np.bincount(matrix.rows(), part, minlength=height) for part in (down, up))
        room = self.room + self.allowed
        return bool(np.any(least > matrix.row_upper + room) or np.any(most < matrix.row_lower - room))

    def is_empty(self, lower: Floats, upper: Floats, ray: Floats) -> bool:
        """Whether multipliers prove that no point keeps the rows, even if each may be missed by what an audit
        allows."""
        size = float(np.max(np.abs(ray), initial=0.0))
        if not np.isfinite(size) or size == 0.0:
            return False
        room = self.room + self.allowed
        nothing = np.zeros(len(lower))
        return self._bound(lower, upper, ray / size, nothing, 0.0, room)[0] > 0.0

    def _bound(
        self, lower: Floats, upper: Floats, duals: Floats, cost: Floats, offset: float, room: Floats
    ) -> tuple[float, Floats]:
        matrix = self.matrix
        duals = np.where((duals > 0) & np.isneginf(matrix.row_lower), 0.0, duals)
        duals = np.where((duals < 0) & np.isposinf(matrix.row_upper), 0.0, duals)
        reduced = cost - self.transposed @ duals
        with np.errstate(invalid="ignore"):
            of_rows = np.where(duals > 0, duals * matrix.row_lower, np.where(duals < 0, duals * matrix.row_upper, 0.0))
        ends = np.where(reduced > 0, lower, upper)
        of_columns = reduced * ends
        terms = len(duals) + len(cost) + 4
        off = (np.abs(cost) + self.sizes @ np.abs(duals)) * (ROUNDED + terms * UNIT)
        # Where rounding leaves the sign of a reduced cost open, either end of the column may be the one that counts.
        largest = np.where(np.abs(reduced) > off, np.abs(ends), np.maximum(np.abs(lower), np.abs(upper)))
        size = float(np.abs(of_rows).sum() + np.abs(of_columns).sum()) + abs(offset)
        lost = float(off @ largest) + float(np.abs(duals) @ room) + terms * UNIT * size
        bound = float(of_rows.sum() + of_columns.sum()) + offset - lost * (1.0 + 1e-6)
        return (bound if np.isfinite(bound) else -np.inf), np.sign(reduced) * np.maximum(np.abs(reduced) - off, 0.0)
