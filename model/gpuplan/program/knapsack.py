"""The largest value of an expression that any one row leaves room for: a fractional knapsack over its columns."""

from __future__ import annotations

from gpuplan.program.columns import INFINITY, Columns
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows

ROUNDING = 1e-9
"""Share by which a sum and a difference of the same numbers may differ."""


def largest(expression: Linear, columns: Columns, rows: Rows) -> float:
    """Upper bound of an expression with coefficients >= 0 over columns >= 0, by the best single row of form <=."""
    if any(coefficient < 0 for coefficient in expression.terms.values()) or not expression.terms:
        return INFINITY
    wanted = expression.terms
    best = INFINITY
    # What a row leaves out stands at its own bound: the rows that leave out least come first, and those that leave out
    # more than the best found so far are not worked out.
    for left_out, row in sorted((left, row) for row, left in _left_out(wanted, columns, rows).items()):
        if left_out >= best:
            break
        best = min(best, _by_row(wanted, row, columns, rows))
    return best + expression.constant


def _left_out(wanted: dict[int, float], columns: Columns, rows: Rows) -> dict[int, float]:
    """By row of form <=: the value at their bounds of the columns that the row does not have."""
    values = {column: value * columns.upper[column] for column, value in wanted.items() if columns.upper[column]}
    covered: dict[int, list[int]] = {}
    for column in values:
        for row in rows.of_column(column):
            if rows.upper[row] < INFINITY:
                covered.setdefault(row, []).append(column)
    endless = sum(1 for value in values.values() if value == INFINITY)
    total = sum(value for value in values.values() if value < INFINITY)
    found = {}
    for row, some in covered.items():
        mine = [values[column] for column in some]
        still_endless = endless - sum(1 for value in mine if value == INFINITY)
        rest = total - sum(value for value in mine if value < INFINITY)
        found[row] = INFINITY if still_endless else rest * (1 - ROUNDING)
    return found


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
