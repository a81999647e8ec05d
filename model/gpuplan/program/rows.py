"""Rows of the program: lower <= coefficients x columns <= upper, each with the family and the rule it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from gpuplan.program.columns import INFINITY, Key
from gpuplan.program.linear import Linear


class Rows:
    """Rows in order of making, as parallel lists in compressed sparse form."""

    def __init__(self, tightenings: bool = True) -> None:
        self.tightenings = tightenings
        self.keys: list[Key] = []
        self.families: list[str] = []
        self.tightening: list[bool] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.starts: list[int] = [0]
        self.columns: list[int] = []
        self.coefficients: list[float] = []
        self.family = ""

    def add(
        self,
        key: Key,
        left: Linear,
        *,
        at_most: float = INFINITY,
        at_least: float = -INFINITY,
        tightening: bool = False,
    ) -> None:
        """Add at_least <= left <= at_most; the constant of `left` moves to the bounds.

        A tightening is implied by other rows for whole values and may be left out.
        """
        if tightening and not self.tightenings:
            return
        terms = {column: coefficient for column, coefficient in left.terms.items() if coefficient}
        self.keys.append(key)
        self.families.append(self.family)
        self.tightening.append(tightening)
        self.lower.append(at_least - left.constant)
        self.upper.append(at_most - left.constant)
        self.columns.extend(terms.keys())
        self.coefficients.extend(terms.values())
        self.starts.append(len(self.columns))

    def __len__(self) -> int:
        return len(self.keys)

    def row(self, index: int) -> Iterator[tuple[int, float]]:
        """(column, coefficient) of one row."""
        span = slice(self.starts[index], self.starts[index + 1])
        return zip(self.columns[span], self.coefficients[span], strict=True)
