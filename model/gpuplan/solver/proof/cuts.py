r"""Cuts from the rows of an optimal basis that hold in spite of rounding: Gomory's mixed-integer cuts.

Multipliers $\lambda$ of the rows give one row $\alpha x + \sum_i \lambda_i s_i \le \beta$ that every plan keeps, with
the slacks $s_i \ge 0$ of the rows. With the columns counted from one of their bounds, so that all are at least zero,
and with $f = \beta - \lfloor\beta\rfloor$, whole columns keep

$$ \sum_{j\ \mathrm{whole}}
   \Bigl(\lfloor\alpha_j\rfloor + \tfrac{\max(\alpha_j - \lfloor\alpha_j\rfloor - f, 0)}{1 - f}\Bigr) x_j
   + \sum_{j\ \mathrm{other}} \tfrac{\min(\alpha_j, 0)}{1 - f} x_j \le \lfloor\beta\rfloor. $$

The multipliers may be whatever they are; what is lost to rounding, in the row and in the cut, is added to its right
side. Cook, Dash, Fukasawa and Goycoolea, "Numerically safe Gomory mixed-integer cuts" (2009).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from gpuplan.solver.matrix import Floats
from gpuplan.solver.proof.safe import ROUNDED, UNIT, Rows

FRACTION = 0.02
"""How near f may be to 0 or 1: nearer, the cut says little and rounding counts for much."""
SMALL = 1e-7
"""Share of the largest coefficient below which one is left out, with room for what it could come to."""
VIOLATED = 1e-4
"""Distance of the relaxed point from a cut that is worth a row, at coefficients of size 1."""
PARALLEL = 0.9
"""Cosine of the angle between two cuts above which one of them is enough."""
LARGEST = 1e6
"""The largest multiplier that a cut may be made with."""
TINY = 1e-10
"""Multipliers up to this are noise, and left out."""
DENSE = 100
"""Columns that a cut may have beside a fifth of all."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A row of form <= that every plan keeps and a relaxed point breaks."""

    columns: np.ndarray[Any, Any]
    values: Floats
    most: float
    distance: float
    """From the relaxed point to the cut."""


@dataclass(frozen=True)
class Separator:
    """Cuts off one relaxed point."""

    rows: Rows
    whole: np.ndarray[Any, Any]
    """Flags, shape (columns,)."""
    lower: Floats
    upper: Floats
    point: Floats
    activity: Floats
    """Of each row at the point."""

    def cut(self, multipliers: Floats) -> Cut | None:
        """The cut of some multipliers of the rows, shape (rows,); None where it cuts nothing off."""
        weights = np.where(np.abs(multipliers) > TINY, multipliers, 0.0)
        sizes = np.abs(weights)
        if not sizes.any() or sizes.max() > LARGEST:
            return None
        rows, matrix = self.rows, self.rows.matrix
        ends = np.where(weights == 0.0, 0.0, self._ends)
        if not np.all(np.isfinite(ends)):
            return None
        row = rows.transposed @ weights
        most = float(weights @ ends + sizes @ rows.room)
        lost = float((rows.sizes @ sizes) @ self._largest) + float(sizes @ np.abs(ends))
        most += (ROUNDED + (len(weights) + 4) * UNIT) * lost
        # Of a row that is no equation, the slack's own coefficient; those below zero must be reckoned with.
        slacks = np.where(matrix.row_lower == matrix.row_upper, 0.0, np.where(self._is_high, weights, -weights))
        return self._rounded(row, most, np.minimum(slacks, 0.0))

    @cached_property
    def _is_high(self) -> Any:
        """Whether each row's slack is counted from its upper bound: that it is nearer to, at the point."""
        matrix = self.rows.matrix
        with np.errstate(invalid="ignore"):
            near = matrix.row_upper - self.activity <= self.activity - matrix.row_lower
        return np.isfinite(matrix.row_upper) & (~np.isfinite(matrix.row_lower) | near)

    @cached_property
    def _ends(self) -> Floats:
        """The bound of each row that its slack is counted from."""
        return np.where(self._is_high, self.rows.matrix.row_upper, self.rows.matrix.row_lower)

    @cached_property
    def _largest(self) -> Floats:
        """Largest size of each column."""
        return np.maximum(np.abs(self.lower), np.abs(self.upper))

    def _rounded(self, row: Floats, most: float, slacks: Floats) -> Cut | None:
        """The cut of a row of form <=, with the coefficients below zero of the slacks."""
        is_low = self.point - self.lower <= self.upper - self.point
        near = np.where(is_low, self.lower, self.upper)
        signs = np.where(is_low, 1.0, -1.0)
        shift = row * near
        right = most - float(shift.sum())
        right += (len(row) + 4) * UNIT * float(np.abs(shift).sum() + abs(most))
        part = right - np.floor(right)
        if not FRACTION < part < 1.0 - FRACTION:
            return None
        turned = row * signs
        floors = np.floor(turned)
        rounded = np.where(
            self.whole,
            floors + np.maximum(turned - floors - part, 0.0) / (1.0 - part),
            np.minimum(turned, 0.0) / (1.0 - part),
        )
        rounded[row == 0.0] = 0.0
        values = rounded * signs
        bound = float(np.floor(right) + values @ near)
        lost = float(np.abs(values) @ np.abs(near)) + abs(right)
        if slacks.any():
            factors = np.where(self._is_high, slacks, -slacks) / (1.0 - part)
            sizes = np.abs(factors)
            ends = np.where(factors == 0.0, 0.0, self._ends)
            values = values - self.rows.transposed @ factors
            # A slack itself may be less than zero by what its row may be missed by.
            bound += float(sizes @ self.rows.room) - float(factors @ ends)
            lost += float(sizes @ np.abs(ends)) + float((self.rows.sizes @ sizes) @ self._largest)
        lost += float(np.abs(values) @ self._largest)
        bound += (len(values) + len(slacks) + 16) * UNIT * 2 * lost / min(part, 1.0 - part)
        return self._made(values, bound)

    def _made(self, values: Floats, bound: float) -> Cut | None:
        """The cut without its small coefficients, its largest near 1."""
        top = float(np.max(np.abs(values), initial=0.0))
        if top == 0.0 or not np.isfinite(top) or not np.isfinite(bound):
            return None
        small = (np.abs(values) < SMALL * top) & (values != 0.0)
        if small.any():
            bound -= float(np.minimum(values[small] * self.lower[small], values[small] * self.upper[small]).sum())
            bound += abs(bound) * 4 * UNIT
            values = np.where(small, 0.0, values)
        columns = np.flatnonzero(values)
        if len(columns) > DENSE + len(values) // 5:
            return None
        norm = float(np.linalg.norm(values[columns]))
        distance = (float(values[columns] @ self.point[columns]) - bound) / norm
        if distance < VIOLATED:
            return None
        scale = float(np.exp2(-np.round(np.log2(top))))
        return Cut(columns, values[columns] * scale, bound * scale, distance)


def chosen(cuts: list[Cut], most: int) -> list[Cut]:
    """The cuts that cut off most, no two of them nearly parallel."""
    found: list[Cut] = []
    for cut in sorted(cuts, key=lambda one: -one.distance):
        if len(found) >= most:
            break
        if all(_cosine(cut, other) < PARALLEL for other in found):
            found.append(cut)
    return found


def _cosine(one: Cut, other: Cut) -> float:
    _, mine, yours = np.intersect1d(one.columns, other.columns, assume_unique=True, return_indices=True)
    product = float(one.values[mine] @ other.values[yours])
    return product / float(np.linalg.norm(one.values) * np.linalg.norm(other.values))
