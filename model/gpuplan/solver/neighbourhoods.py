"""Parts of a program about a point: some columns held at its values, others near them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gpuplan.solver.matrix import Floats, Indexes, Limits, Matrix


def held(point: Floats, columns: Mapping[int, int]) -> Limits:
    """Limits that give columns the rounded values of others at a point: by the others, the columns."""
    return tuple((there, float(round(point[here])), float(round(point[here]))) for here, there in columns.items())


def within_lots(matrix: Matrix, point: Floats, columns: Mapping[int, tuple[int, int]]) -> Matrix:
    """The matrix with some columns less than a lot from the values of others at a point.

    By each other one: the column, and its lot. A value that a column cannot have stands for the nearest it can.
    """
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for here, (there, lot) in columns.items():
        at, room = float(np.clip(round(point[here]), lower[there], upper[there])), lot - 1
        lower[there], upper[there] = max(lower[there], at - room), min(upper[there], at + room)
    return matrix.with_bounds(lower, upper)


def shaped(matrix: Matrix, point: Floats, columns: Indexes, steps: int) -> Matrix:
    """The matrix with some whole columns held at a point if they are yes or no, and so many steps from it if not."""
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    room = np.where(upper[columns] - lower[columns] <= 1.0, 0, steps)
    at = np.round(point[columns])
    lower[columns] = np.maximum(lower[columns], at - room)
    upper[columns] = np.minimum(upper[columns], at + room)
    return matrix.with_bounds(lower, upper)


def about(matrix: Matrix, point: Floats, steps: int) -> Matrix:
    """The matrix with every whole column no further than so many steps from a whole point."""
    at = np.round(point)
    lower = np.where(matrix.whole, np.maximum(matrix.lower, at - steps), matrix.lower)
    upper = np.where(matrix.whole, np.minimum(matrix.upper, at + steps), matrix.upper)
    return matrix.with_bounds(lower, upper)
