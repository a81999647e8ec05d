"""What a row leaves room for: the bounds that big-Ms are made of."""

from __future__ import annotations

import random

import pytest
from scipy.optimize import linprog

from gpuplan.program.columns import INFINITY, Columns, Role
from gpuplan.program.knapsack import Room
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows


def program(bounds: list[tuple[float, float]], limits: list[tuple[dict[int, float], float]]) -> tuple[Columns, Rows]:
    """Columns with (lower, upper), and rows of form <=."""
    columns, rows = Columns(), Rows()
    for number, (lower, upper) in enumerate(bounds):
        columns.add(("x", number), Role.CONTINUOUS, upper, lower)
    for number, (terms, most) in enumerate(limits):
        rows.add(("row", number), Linear(terms.items()), at_most=most)
    return columns, rows


BOUNDS = [(0.0, 10.0), (0.0, 10.0), (2.0, 5.0)]
LIMITS = [({0: 1.0, 1: 2.0}, 12.0), ({0: 1.0, 1: 1.0, 2: 1.0}, 9.0)]


def test_the_best_row_counts() -> None:
    """Proves min(34, 28) = 28 for 3a + 4b, with a, b <= 10 and 2 <= c <= 5.

    a + 2b <= 12 leaves a = 10, b = 1, worth 34; a + b + c <= 9 leaves 7 for b, worth 28. If broken, 34.
    """
    assert Room(*program(BOUNDS, LIMITS)).largest(Linear([(0, 3.0), (1, 4.0)])) == 28.0


def test_what_a_row_leaves_out_stands_at_its_bound() -> None:
    """Proves min(34 + 5, 28 + 2) + 1 = 31 for 3a + 4b + c + 1: the first row leaves out c, the second has it at 2."""
    assert Room(*program(BOUNDS, LIMITS)).largest(Linear([(0, 3.0), (1, 4.0), (2, 1.0)], 1.0)) == 31.0


def test_a_tightened_column_is_seen() -> None:
    """Proves that a - b <= 1 leaves a at most 3 once b is at most 2, and 7 by another row before.

    If broken, 7 both times: what the row leaves was remembered.
    """
    columns, rows = program(BOUNDS, [*LIMITS, ({0: 1.0, 1: -1.0}, 1.0)])
    room = Room(columns, rows)
    assert room.largest(Linear([(0, 1.0)])) == 7.0
    columns.tighten(1, 2.0)
    assert room.largest(Linear([(0, 1.0)])) == 3.0


def test_what_nothing_bounds_is_endless() -> None:
    """Proves infinity for a column without bound that is in no row, and for one with a negative coefficient."""
    room = Room(*program([(0.0, INFINITY), (0.0, 1.0)], [({1: 1.0}, 1.0)]))
    assert room.largest(Linear([(0, 1.0)])) == INFINITY
    assert room.largest(Linear([(1, -1.0)])) == INFINITY


@pytest.mark.parametrize("seed", range(40))
def test_it_is_the_best_of_the_linear_programs_of_one_row(seed: int) -> None:
    """Proves by scipy's linear programs, one for each row that takes any of it, on random columns and rows.

    Where there is no such row, infinity.
    """
    draw = random.Random(seed)
    bounds = [(float(low := draw.randint(0, 3)), float(low + draw.randint(1, 9))) for _ in range(6)]
    limits = []
    for _ in range(4):
        terms = {column: float(draw.choice((-2, -1, 1, 2, 3))) for column in draw.sample(range(6), draw.randint(1, 5))}
        least = sum(value * bounds[column][value < 0] for column, value in terms.items())
        limits.append((terms, least + draw.randint(0, 12)))
    wanted = {column: float(draw.randint(1, 5)) for column in draw.sample(range(6), draw.randint(1, 4))}
    values = []
    for terms, most in limits:
        found = linprog(
            [-wanted.get(column, 0.0) for column in range(6)],
            [[terms.get(column, 0.0) for column in range(6)]],
            [most],
            bounds=bounds,
        )
        if set(terms) & {column for column in wanted if terms.get(column, 0.0) > 0}:
            values.append(-found.fun)
    best = min(values, default=INFINITY)
    assert Room(*program(bounds, limits)).largest(Linear(wanted.items())) == pytest.approx(best, abs=1e-9)
