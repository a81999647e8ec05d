"""Parts of a program about a point."""

from __future__ import annotations

import numpy as np

from gpuplan.solver.matrix import Matrix
from gpuplan.solver.neighbourhoods import about, held, shaped, within_lots

ENDLESS = float("inf")


def matrix() -> Matrix:
    """A yes-or-no column, two numbers up to 9 and 20, and one that need not be whole."""
    none = np.zeros(0)
    return Matrix(
        cost=np.zeros(4),
        offset=0.0,
        starts=np.zeros(1, dtype=np.int32),
        columns=none.astype(np.int32),
        values=none,
        row_lower=none,
        row_upper=none,
        lower=np.zeros(4),
        upper=np.array([1.0, 9.0, 20.0, ENDLESS]),
        whole=np.array([True, True, True, False]),
        strategic=np.array([True, False, False, False]),
    )


POINT = np.array([1.0, 8.0, 12.4, 3.3])


def bounds(part: Matrix) -> list[tuple[float, float]]:
    """By column."""
    return list(zip(part.lower.tolist(), part.upper.tolist(), strict=True))


def test_limits_stand_in_for_bounds() -> None:
    """Proves that only the columns that are named change, the matrix itself not at all."""
    one = matrix()
    assert bounds(one.limited([(1, 2.0, 3.0)])) == [(0.0, 1.0), (2.0, 3.0), (0.0, 20.0), (0.0, ENDLESS)]
    assert bounds(one)[1] == (0.0, 9.0)


def test_columns_are_held_at_the_values_of_others() -> None:
    """Proves rounding, and that 12.4 of column 2 comes to column 0 of another program as 12."""
    assert held(POINT, {2: 0, 0: 5}) == ((0, 12.0, 12.0), (5, 1.0, 1.0))


def test_a_shape_holds_its_decisions_and_moves_its_numbers() -> None:
    """Proves steps: 8 and 3 steps end at the upper bound of 9; a decision does not move; column 2 shapes nothing."""
    part = shaped(matrix(), POINT, np.array([0, 1], dtype=np.int32), 3)
    assert bounds(part) == [(1.0, 1.0), (5.0, 9.0), (0.0, 20.0), (0.0, ENDLESS)]


def test_about_a_plan_every_whole_column_is_near() -> None:
    """Proves that 12.4 counts as 12, two steps each way, within the bounds; what need not be whole is free."""
    assert bounds(about(matrix(), POINT, 2)) == [(0.0, 1.0), (6.0, 9.0), (10.0, 14.0), (0.0, ENDLESS)]


def test_systems_are_less_than_a_lot_from_where_they_were() -> None:
    """Proves that one lot of five leaves four either way within the bounds, and one of one leaves nothing.

    By the others: 8 may become 4 to 9, and 12.4, rounded, stays 12; where it is more than the whole program can have,
    it becomes the most. If broken, 12 for a column of at most nine, or bounds that no value keeps.
    """
    part = within_lots(matrix(), POINT, {1: (1, 5), 2: (2, 1)})
    assert bounds(part) == [(0.0, 1.0), (4.0, 9.0), (12.0, 12.0), (0.0, ENDLESS)]
    part = within_lots(matrix(), POINT, {2: (1, 1)})
    assert bounds(part)[1] == (9.0, 9.0)
