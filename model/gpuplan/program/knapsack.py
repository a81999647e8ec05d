"""The largest value of an expression that any one row leaves room for: a fractional knapsack over its columns."""

from __future__ import annotations

from gpuplan.program.columns import INFINITY, Columns
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows


def largest(expression: Linear, columns: Columns, rows: Rows) -> float:
    """Upper bound of an expression with coefficients >= 0 over columns >= 0, by the best single row of form <=."""
    if any(coefficient < 0 for coefficient in expression.terms.values()) or not expression.terms:
        return INFINITY
    wanted = expression.terms
    best = INFINITY
    for row in {row for column in wanted for row in rows.of_column(column)}:
        if rows.upper[row] < INFINITY:
            best = min(best, _by_row(wanted, row, columns, rows))
    return best + expression.constant


def _by_row(wanted: dict[int, float], row: int, columns: Columns, rows: Rows) -> float:
    room = rows.upper[row]
    weights: dict[int, float] = {}
    for column, weight in rows.row(row):
        if column in wanted and weight > 0:
            weights[column] = weight
            room -= weight * columns.lower[column]
        else:
            room -= min(weight * columns.lower[column], weight * columns.upper[column])
    if room != room or room == INFINITY:
        return INFINITY
    total = 0.0
    items = []
    for column, value in wanted.items():
        span = columns.upper[column] - columns.lower[column]
        total += value * columns.lower[column]
        if column in weights:
            items.append((value / weights[column], weights[column], span))
        else:
            total += value * span if span else 0.0
    room = max(room, 0.0)
    for density, weight, span in sorted(items, reverse=True):
        taken = min(room, weight * span)
        total += density * taken
        room -= taken
    return total
