"""The largest value of an expression that any one row leaves room for: a fractional knapsack over its columns."""

from __future__ import annotations

from gpuplan.program.columns import INFINITY, Columns
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows

ROUNDING = 1e-9
"""Share by which a sum and a difference of the same numbers may differ."""


class Room:
    """What the rows of form <= leave room for, once all columns stand at what takes the least of it."""

    def __init__(self, columns: Columns, rows: Rows) -> None:
        self._columns = columns
        self._rows = rows
        self._takers: dict[int, list[tuple[int, float]]] = {}
        """By column: (row, weight) of the rows of form <= of which it takes room."""
        self._known = 0
        """Rows that were looked through for it."""
        self._left: dict[int, float] = {}
        self._changes = columns.changes

    def largest(self, expression: Linear) -> float:
        """Upper bound of an expression with coefficients >= 0 over columns >= 0, by the best single row."""
        wanted = expression.terms
        if not wanted or any(coefficient < 0 for coefficient in wanted.values()):
            return INFINITY
        lower, upper = self._columns.lower, self._columns.upper
        values = {column: value * (upper[column] - lower[column]) for column, value in wanted.items() if upper[column]}
        covered = self._covered(values)
        best = INFINITY
        # What a row leaves out stands at its own bound: the rows that leave out least come first, and those that leave
        # out more than the best found so far are not worked out.
        for left_out, row in sorted((left, row) for row, left in _left_out(values, covered).items()):
            if left_out >= best:
                break
            best = min(best, self._by_row(wanted, values, row, covered[row]))
        return best + sum(value * lower[column] for column, value in wanted.items()) + expression.constant

    def _covered(self, values: dict[int, float]) -> dict[int, dict[int, float]]:
        """By row of form <=: the weights of those of the columns that take room of it."""
        self._look_through()
        covered: dict[int, dict[int, float]] = {}
        for column in values:
            for row, weight in self._takers.get(column, ()):
                covered.setdefault(row, {})[column] = weight
        return covered

    def _look_through(self) -> None:
        """Take up the rows that were added since."""
        for row in range(self._known, len(self._rows)):
            if self._rows.upper[row] < INFINITY:
                for column, weight in self._rows.row(row):
                    if weight > 0:
                        self._takers.setdefault(column, []).append((row, weight))
        self._known = len(self._rows)

    def _by_row(self, wanted: dict[int, float], values: dict[int, float], row: int, weights: dict[int, float]) -> float:
        """Value above the lower bounds."""
        room = self._room(row)
        if room == INFINITY:
            return INFINITY
        total = 0.0
        if len(weights) < len(values):
            total = sum(value for column, value in values.items() if column not in weights)
        room = max(room, 0.0)
        densest = sorted(
            ((wanted[column] / weight, weight, column) for column, weight in weights.items()), reverse=True
        )
        for density, weight, column in densest:
            if not room:
                break
            taken = min(room, weight * (self._columns.upper[column] - self._columns.lower[column]))
            total += density * taken
            room -= taken
        return total

    def _room(self, row: int) -> float:
        """A row's bound less the least that its columns make of it."""
        if self._changes != self._columns.changes:
            self._left.clear()
            self._changes = self._columns.changes
        if row not in self._left:
            lower, upper = self._columns.lower, self._columns.upper
            room = self._rows.upper[row]
            for column, weight in self._rows.row(row):
                room -= weight * (lower if weight > 0 else upper)[column]
            self._left[row] = room
        return self._left[row]


def _left_out(values: dict[int, float], covered: dict[int, dict[int, float]]) -> dict[int, float]:
    """By row: the value at their bounds of the columns that take no room of it, not quite."""
    endless = sum(1 for value in values.values() if value == INFINITY)
    total = sum(value for value in values.values() if value < INFINITY)
    found = {}
    for row, some in covered.items():
        mine = [values[column] for column in some]
        still_endless = endless - sum(1 for value in mine if value == INFINITY)
        rest = total - sum(value for value in mine if value < INFINITY)
        found[row] = INFINITY if still_endless else rest * (1 - ROUNDING)
    return found
