"""Relaxations without what some limits decide: the same bounds, from one another's bases, cut off where they may be."""

from __future__ import annotations

import numpy as np
import pytest

from gpuplan.formulation import formulate
from gpuplan.solver import highs
from gpuplan.solver.matrix import Limits, Matrix, matrix_of
from gpuplan.solver.reduction import reduced
from gpuplan.solver.relaxation import INFEASIBLE, WORSE, Relaxation, Solved, Unsolved, packed
from gpuplan.solver.result import Settings, Termination
from support.builders import made
from support.tiny import tiny


def matrix_from(
    rows: list[tuple[float, dict[int, float], float]], upper: list[float], cost: list[float] | None = None
) -> Matrix:
    """Rows (at least, terms, at most) on columns from zero up."""
    terms = [pair for _, row, _ in rows for pair in row.items()]
    none = np.zeros(len(upper), dtype=bool)
    return Matrix(
        cost=np.array(cost or [0.0] * len(upper)),
        offset=0.0,
        starts=np.cumsum([0, *(len(row) for _, row, _ in rows)]).astype(np.int32),
        columns=np.array([column for column, _ in terms], dtype=np.int32),
        values=np.array([value for _, value in terms]),
        row_lower=np.array([lower for lower, _, _ in rows]),
        row_upper=np.array([most for _, _, most in rows]),
        lower=np.zeros(len(upper)),
        upper=np.array(upper),
        whole=none,
        strategic=none,
    )


def coarse_of(seed: int) -> Matrix:
    """The coarse program of a tiny instance, its one level as cost."""
    coarse = formulate(made(tiny(seed)), coarse=True)
    return matrix_of(coarse).with_cost(coarse.goals[0].expression)


def drawn(matrix: Matrix, seed: int, share: float) -> Limits:
    """Some yes-or-no columns held at yes or no, more often at no."""
    draw = np.random.default_rng(seed)
    switches = np.flatnonzero(matrix.whole & (matrix.upper - matrix.lower == 1))
    chosen = switches[draw.random(len(switches)) < share]
    at = draw.random(len(chosen)) < 0.2
    return tuple((int(column), float(yes), float(yes)) for column, yes in zip(chosen, at, strict=True))


def test_a_closed_site_leaves_nothing_of_what_it_could_hold() -> None:
    """Proves what follows from a limit, step by step: x <= 5 open, y <= x, y + z >= 1, with open = 0.

    x goes, then y, then both of their rows; z >= 1 is left, as a row of its own. If broken, y stays.
    """
    endless = float("inf")
    rows = [(-endless, {1: 1.0, 0: -5.0}, 0.0), (-endless, {2: 1.0, 1: -1.0}, 0.0), (1.0, {2: 1.0, 3: 1.0}, endless)]
    left = reduced(matrix_from(rows, [1.0, 5.0, 5.0, 9.0]), ((0, 0.0, 0.0),))
    assert left.columns.tolist() == [3]
    assert left.rows.tolist() == [2]
    assert left.matrix.row_lower.tolist() == [1.0]
    assert left.point.tolist() == [0.0, 0.0, 0.0, 0.0]


def test_what_rises_is_followed_too() -> None:
    """Proves x >= 1, y >= x, z >= y on columns up to 1: all three are 1. If broken, y or z stays."""
    endless = float("inf")
    rows = [(1.0, {0: 1.0}, endless), (0.0, {1: 1.0, 0: -1.0}, endless), (0.0, {2: 1.0, 1: -1.0}, endless)]
    left = reduced(matrix_from(rows, [1.0, 1.0, 1.0]), ())
    assert left.point.tolist() == [1.0, 1.0, 1.0]
    assert not len(left.columns)
    assert not len(left.rows)


def test_what_is_decided_is_counted() -> None:
    """Proves that cost and rows keep what decided columns come to: 3 x + 2 y, x + y >= 4, with x = 1: y >= 3, at 9."""
    left = reduced(matrix_from([(4.0, {0: 1.0, 1: 1.0}, 9.0)], [5.0, 5.0], [3.0, 2.0]), ((0, 1.0, 1.0),))
    assert left.matrix.offset == 3.0
    assert left.matrix.row_lower.tolist() == [3.0]
    found = Relaxation(left, Settings()).solve((), None)
    assert isinstance(found, Solved)
    assert found.bound == pytest.approx(9.0)
    assert found.point.tolist() == pytest.approx([1.0, 3.0])


def test_a_row_that_cannot_hold_is_not_forgotten() -> None:
    """Proves that x + y >= 4 with x = y = 1 is infeasible, though no column is left in it."""
    left = reduced(matrix_from([(4.0, {0: 1.0, 1: 1.0}, 9.0)], [5.0, 5.0, 1.0]), ((0, 1.0, 1.0), (1, 1.0, 1.0)))
    assert Relaxation(left, Settings()).solve((), None) is INFEASIBLE


@pytest.mark.parametrize("seed", range(12))
def test_what_is_left_has_the_same_relaxation(seed: int) -> None:
    """Proves value, point and infeasibility of tiny programs under drawn limits, some of them given again later."""
    matrix = coarse_of(seed)
    for number, share in enumerate((0.05, 0.15, 0.4)):
        limits = drawn(matrix, number, share)
        lower, upper = matrix.lower.copy(), matrix.upper.copy()
        for column, least, most in limits:
            lower[column], upper[column] = least, most
        other = highs.run(matrix.with_bounds(lower, upper).relaxed(), Settings(threads=1))
        within = reduced(matrix, limits[::2])
        found = Relaxation(within, Settings()).solve(limits, None)
        if other.termination is Termination.INFEASIBLE:
            assert found is INFEASIBLE
            continue
        assert isinstance(found, Solved)
        assert found.bound == pytest.approx(other.objective, rel=1e-6)
        assert not len(matrix.broken_rows(found.point, 1e-5))
        assert all(least - 1e-6 <= found.point[column] <= most + 1e-6 for column, least, most in limits)
        assert len(within.columns) < len(matrix.lower)


def test_a_basis_survives_being_packed() -> None:
    """Proves that a relaxation started from a basis that was packed needs no iteration."""
    within = reduced(coarse_of(1), ())
    solved = Relaxation(within, Settings()).solve((), None)
    assert isinstance(solved, Solved)
    again = Relaxation(within, Settings())
    found = again.solve((), packed(solved))
    assert isinstance(found, Solved)
    assert again.highs.getInfo().simplex_iteration_count <= 0
    assert found.bound == pytest.approx(solved.bound, rel=1e-9)


@pytest.mark.parametrize("seed", range(1, 7))
def test_what_is_left_starts_where_the_whole_ended(seed: int) -> None:
    """Proves that a basis of the whole matrix is one of what is left of it, and that starting there pays."""
    matrix = coarse_of(seed)
    limits = drawn(matrix, seed, 0.1)
    whole = Relaxation(reduced(matrix, ()), Settings())
    solved = whole.solve(limits, None)
    if isinstance(solved, Unsolved):
        return
    left = Relaxation(reduced(matrix, limits), Settings())
    cold, iterations = left.solve((), None), left.highs.getInfo().simplex_iteration_count
    warm = left.solve((), solved)
    assert isinstance(cold, Solved)
    assert isinstance(warm, Solved)
    assert warm.bound == pytest.approx(solved.bound, rel=1e-6)
    assert cold.bound == pytest.approx(solved.bound, rel=1e-6)
    assert left.highs.getInfo().simplex_iteration_count <= iterations / 2


def test_work_goes_by_iterations_and_rows() -> None:
    """Proves what a run counts for: its iterations and 40 more, those of half of the rows half as much.

    The second run is at its end when it begins. If broken, a stretch of one tree takes many times as long as another.
    """
    matrix = coarse_of(1)
    limits = next(some for some in (drawn(matrix, seed, 0.1) for seed in range(9)) if some)
    left = Relaxation(reduced(matrix, limits), Settings())
    share = len(left.within.rows) / len(matrix.row_lower)
    assert 0 < share < 1
    first = left.solve((), None)
    assert isinstance(first, Solved)
    iterations = left.highs.getInfo().simplex_iteration_count
    assert left.work == pytest.approx((iterations + 40) * share)
    left.solve((), first)
    assert left.work == pytest.approx((iterations + 80) * share)


def test_a_relaxation_ends_where_it_is_no_better_than_the_cutoff() -> None:
    """Proves that WORSE is true wherever it is said, that it is said at all, and that all else is as without a cutoff.

    The cutoff is 1 % above the root's value. If broken, a relaxation that is better than the cutoff is given up.
    """
    said = 0
    for seed in range(1, 7):
        matrix = coarse_of(seed)
        within = reduced(matrix, ())
        root = Relaxation(within, Settings()).solve((), None)
        assert isinstance(root, Solved)
        cutoff = root.bound * 1.01
        exact, cut = Relaxation(within, Settings()), Relaxation(within, Settings(cutoff=cutoff))
        for number in range(12):
            limits = drawn(matrix, number, 0.2)
            true, found = exact.solve(limits, root), cut.solve(limits, root)
            said += found is WORSE
            if found is WORSE:
                assert true is INFEASIBLE or (isinstance(true, Solved) and true.bound > cutoff)
            elif isinstance(found, Solved):
                assert isinstance(true, Solved)
                assert found.bound == pytest.approx(true.bound, rel=1e-6)
            else:
                assert found is true
    assert said
