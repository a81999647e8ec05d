"""A linear expression over columns, by index."""

from __future__ import annotations

from collections.abc import Iterable


class Linear:
    """sum of coefficient x column, plus a constant."""

    __slots__ = ("constant", "terms")

    def __init__(self, terms: Iterable[tuple[int, float]] = (), constant: float = 0.0) -> None:
        found: dict[int, float] = {}
        for column, coefficient in terms:
            if coefficient:
                found[column] = found.get(column, 0.0) + coefficient
        self.terms = found
        self.constant = constant

    def add(self, column: int, coefficient: float = 1.0) -> Linear:
        """Add one column in place; returns itself."""
        if coefficient:
            self.terms[column] = self.terms.get(column, 0.0) + coefficient
        return self

    def plus(self, other: Linear, factor: float = 1.0) -> Linear:
        """Add a multiple of another expression in place; returns itself."""
        if factor:
            mine = self.terms
            for column, coefficient in other.terms.items():
                if coefficient:
                    mine[column] = mine.get(column, 0.0) + coefficient * factor
            self.constant += other.constant * factor
        return self

    def times(self, factor: float) -> Linear:
        """A new expression, scaled."""
        return Linear().plus(self, factor)

    def value(self, values: Iterable[float]) -> float:
        """The expression at a point, given the value of every column."""
        point = values if isinstance(values, list) else list(values)
        return self.constant + sum(point[column] * coefficient for column, coefficient in self.terms.items())

    def __bool__(self) -> bool:
        return bool(self.terms) or self.constant != 0.0
