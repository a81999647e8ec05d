"""Columns that are the same but for their bounds, as one: it does not matter which of them a unit is counted in.

Orders of one offer in months that no rule tells apart are such columns. Left as they are, a tree lists every way to
share units out among them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gpuplan.solver.matrix import Floats, Matrix


@dataclass(frozen=True)
class Merged:
    """A matrix with every group of equal columns as its first one, and the way back."""

    matrix: Matrix
    kept: Any
    """Columns of the given matrix that are left, by their numbers there."""
    groups: dict[int, list[int]]
    """By kept column: the columns that it stands for, itself first, where these are several."""
    given: Matrix

    @classmethod
    def not_at_all(cls, matrix: Matrix) -> Merged:
        """Every column by itself."""
        return cls(matrix, np.arange(len(matrix.lower)), {}, matrix)

    def expanded(self, point: Floats) -> Floats:
        """A point of the given matrix, shape (columns,): what a column stands for is shared out, the first ones
        first."""
        found = self.given.lower.copy()
        found[self.kept] = point
        for first, group in self.groups.items():
            rest = found[first] - sum(self.given.lower[column] for column in group)
            for column in group:
                low = self.given.lower[column]
                taken = min(max(rest, 0.0), self.given.upper[column] - low)
                found[column] = low + taken
                rest -= taken
        return found


def merged(matrix: Matrix) -> Merged:
    """The matrix with columns of equal cost, kind and entries merged."""
    order = np.argsort(matrix.columns, kind="stable")
    rows, values = matrix.rows()[order], matrix.values[order]
    starts = np.concatenate([[0], np.cumsum(np.bincount(matrix.columns, minlength=len(matrix.lower)))])
    alike: dict[tuple[bytes, bytes, float, bool], list[int]] = defaultdict(list)
    for column in range(len(matrix.lower)):
        span = slice(starts[column], starts[column + 1])
        key = (rows[span].tobytes(), values[span].tobytes(), float(matrix.cost[column]), bool(matrix.whole[column]))
        alike[key].append(column)
    groups = {group[0]: group for group in alike.values() if len(group) > 1 and _are_finite(matrix, group)}
    if not groups:
        return Merged(matrix, np.arange(len(matrix.lower)), {}, matrix)
    lower, upper, is_kept = matrix.lower.copy(), matrix.upper.copy(), np.ones(len(matrix.lower), dtype=bool)
    for first, group in groups.items():
        lower[first], upper[first] = matrix.lower[group].sum(), matrix.upper[group].sum()
        is_kept[group[1:]] = False
    entries = is_kept[matrix.columns]
    counts = np.bincount(matrix.rows()[entries], minlength=len(matrix.row_lower))
    numbers = np.cumsum(is_kept) - 1
    few = replace(
        matrix,
        cost=matrix.cost[is_kept],
        starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        columns=numbers[matrix.columns[entries]].astype(np.int32),
        values=matrix.values[entries],
        lower=lower[is_kept],
        upper=upper[is_kept],
        whole=matrix.whole[is_kept],
        strategic=matrix.strategic[is_kept],
    )
    return Merged(few, np.flatnonzero(is_kept), groups, matrix)


def _are_finite(matrix: Matrix, group: list[int]) -> bool:
    """Whether columns can be shared out: the lower bounds of all are finite."""
    return bool(np.all(np.isfinite(matrix.lower[group])))
