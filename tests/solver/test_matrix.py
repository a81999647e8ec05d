"""The matrix: what may not be in it, and how it is scaled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpuplan.errors import Defect
from gpuplan.program.linear import Linear
from gpuplan.solver import highs
from gpuplan.solver.matrix import Matrix, checked, scaled, sealed
from gpuplan.solver.proof.tree import Claim, prove
from gpuplan.solver.result import Settings, Termination
from solver.dense import breaks, knapsack, matrix, stored

EXACT = Settings(gap=0.0, threads=1)


def small() -> Matrix:
    """minimise x + 2y with 3x + 4y >= 5, x and y whole and at most 9: x = 2, y = 0."""
    return matrix([1, 2], [[3, 4]], 5, np.inf, 0, 9, whole=True)


def spoilt(field: str, value: float) -> Matrix:
    """The small matrix with the first number of a field replaced."""
    model = small()
    numbers = getattr(model, field).copy()
    numbers[0] = value
    return replace(model, **{field: numbers})


# What may not be in it


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31, -1e31], ids=str)
def test_a_coefficient_that_no_solver_can_be_trusted_with_is_refused(value: float) -> None:
    """Proves that NaN, infinities and giants in rows raise. If broken, HiGHS drops the constraint silently."""
    with pytest.raises(Defect):
        checked(spoilt("values", value))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e31, -1e31], ids=str)
def test_a_cost_that_no_solver_can_be_trusted_with_is_refused(value: float) -> None:
    """Proves the same of the objective's coefficients. If broken, "optimal" is said of another objective."""
    with pytest.raises(Defect):
        checked(spoilt("cost", value))


@pytest.mark.parametrize("field", ["row_lower", "row_upper", "lower", "upper"])
def test_a_bound_that_is_not_a_number_is_refused(field: str) -> None:
    """Proves that NaN bounds raise. If broken, a rule is on that means nothing."""
    with pytest.raises(Defect):
        checked(spoilt(field, np.nan))


@pytest.mark.parametrize(
    ("field", "value"),
    [("row_lower", np.inf), ("row_upper", -np.inf), ("lower", np.inf), ("upper", -np.inf)],
)
def test_an_infinity_on_the_wrong_side_is_refused(field: str, value: float) -> None:
    """Proves that a lower bound of +inf, or an upper of -inf, never gets to an answer. If broken, it may."""
    with pytest.raises(Defect):
        highs.run(spoilt(field, value), EXACT)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e31], ids=str)
def test_the_objective_is_checked_whenever_it_is_set(value: float) -> None:
    """Proves that a level's objective is checked, which comes after the rows. If broken, nothing ever looks at it."""
    with pytest.raises(Defect):
        highs.run(small().with_cost(Linear([(0, value)])), EXACT)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e31], ids=str)
def test_a_held_level_is_checked_as_other_rows_are(value: float) -> None:
    """Proves that the row that holds a finished level is checked. If broken, later levels give the first one up."""
    with pytest.raises(Defect):
        highs.run(small().with_row(Linear([(0, 1.0), (1, value)]), 7.0), EXACT)


def test_zero_and_the_edges_are_accepted() -> None:
    """Proves that the guard refuses no sound matrix. If broken, good instances fail as defects."""
    for value in (0.0, 1e30, -1e30, 1e-12):
        assert checked(spoilt("values", value)) is not None
    for bound in (-np.inf, np.inf):
        assert checked(replace(small(), row_lower=np.array([-np.inf]), row_upper=np.array([np.inf]))) is not None
        assert checked(spoilt("lower" if bound < 0 else "upper", bound)) is not None


# Scaling


def wild(seed: int) -> Matrix:
    """A small random program whose rows are of very different size."""
    dice = np.random.default_rng(seed)
    rows = dice.integers(1, 60, (4, 6)) * np.exp2(dice.integers(-12, 30, (4, 1))) / 10
    limits = rows.sum(axis=1) * dice.integers(1, 4, 4)
    return matrix(-dice.integers(1, 50, 6) * 1234.5, rows, -np.inf, limits, 0, 7, whole=dice.random(6) < 0.7)


def wide(seed: int) -> Matrix:
    """The same with columns that are counted in very different units."""
    model = wild(seed)
    sizes = np.exp2(np.random.default_rng(seed).integers(-10, 11, 6))
    values = model.values * sizes[model.columns]
    return replace(model, cost=model.cost * sizes, values=values, lower=model.lower / sizes, upper=model.upper / sizes)


@pytest.mark.parametrize("seed", range(8))
def test_scaling_changes_no_digit(seed: int) -> None:
    """Proves that scaling is by powers of two and so undone without a trace, and that whole columns keep their unit. If
    broken, prices change, or a whole number is none.

    Every mantissa must be the same before and after.
    """
    model = wild(seed)
    after, units, factor = scaled(model)
    for before, now in ((model.values, after.values), (model.cost, after.cost), (model.row_upper, after.row_upper)):
        assert np.array_equal(np.frexp(before)[0], np.frexp(now)[0])
    assert np.frexp(factor)[0] == 0.5
    assert np.all(units[model.whole] == 1.0)
    assert np.array_equal(after.cost / factor / units, model.cost)
    assert np.array_equal(after.lower * units, model.lower)
    assert np.array_equal(after.upper * units, model.upper)
    for same in ("whole", "starts", "columns"):
        assert np.array_equal(getattr(after, same), getattr(model, same))


@pytest.mark.parametrize("seed", range(8))
def test_scaling_brings_rows_near_one_and_the_objective_near_a_thousand(seed: int) -> None:
    """Proves that the entries of a row lie evenly around 1, by size. If broken, tolerances mean nothing.

    The largest times the smallest is between a half and two, where all columns are whole.
    """
    model = wild(seed)
    after, _, _ = scaled(replace(model, whole=np.ones_like(model.whole)))
    for row in range(len(after.row_lower)):
        sizes = np.abs(after.values[after.starts[row] : after.starts[row + 1]])
        assert 0.49 <= np.max(sizes) * np.min(sizes) <= 2.01
    assert 720 <= np.max(np.abs(after.cost)) <= 1450


@pytest.mark.parametrize("seed", range(8))
def test_scaling_changes_no_optimum(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the optimum is the same with and without. If broken, the solver is given another problem."""
    model = wild(seed)
    with_it = highs.run(model, EXACT)
    monkeypatch.setattr(highs, "scaled", lambda given: (given, np.ones(len(given.lower)), 1.0))
    without = highs.run(model, EXACT)
    assert with_it.termination is without.termination is Termination.OPTIMAL
    assert with_it.objective == pytest.approx(without.objective, rel=1e-7)
    assert with_it.values is not None
    assert not breaks(model, with_it.values)


@pytest.mark.parametrize("seed", range(5))
def test_balancing_changes_no_digit_and_no_relaxation(seed: int) -> None:
    """Proves that rows, columns, bounds and objective are multiplied by powers of two, each in its own unit.

    A point of the balanced matrix, counted in the matrix's own units, has the objective that its factor says. If a
    bound or a cost were left in the other unit, its relaxation would have another value.
    """
    model = wide(seed)
    even, units, factor = scaled(model.relaxed())
    assert np.array_equal(np.log2(units), np.round(np.log2(units)))
    assert np.array_equal(even.lower * units, model.lower)
    assert np.array_equal(even.upper * units, model.upper)
    assert np.array_equal(even.cost, model.cost * units * factor)
    ratios = even.values / (model.values * units[model.columns])
    assert np.array_equal(np.log2(ratios), np.round(np.log2(ratios)))
    plain, other = (highs.run(one, EXACT) for one in (model.relaxed(), even))
    assert plain.objective is not None
    assert other.objective is not None
    assert other.objective / factor == pytest.approx(plain.objective, rel=1e-6)


@pytest.mark.parametrize("seed", range(5))
def test_balancing_narrows_the_range_of_the_coefficients(seed: int) -> None:
    """Proves that the largest is nearer to the smallest than where all columns are whole, and keep their units. If
    broken, nothing is gained by it."""
    model = wide(seed)
    counted = replace(model, whole=np.ones_like(model.whole))
    spans = [np.ptp(np.log2(np.abs(one.values))) for one in (scaled(counted)[0], scaled(model.relaxed())[0])]
    assert spans[1] < spans[0]


def test_scaling_leaves_an_empty_row_and_a_zero_objective_alone() -> None:
    """Proves that nothing is divided by zero. If broken, an instance with nothing to pay fails."""
    model = replace(matrix([0, 0], [[1, 1]], 0, 5, 0, 3), starts=np.array([0, 0], dtype=np.int32))
    model = replace(model, columns=np.zeros(0, dtype=np.int32), values=np.zeros(0))
    after, _, factor = scaled(model)
    assert factor == 1.0
    assert np.array_equal(after.row_upper, model.row_upper)


def test_scaling_does_not_lose_a_small_coefficient() -> None:
    """Proves that what passed the guard reaches the solver. If broken, scaling pushes it below 1e-9 and it is dropped.

    minimise y with 0.05 y - 1e8 x >= 5 and x 0 or 1: y = 100. Without 0.05 y nothing keeps y above 0. HiGHS itself
    takes x for 0 at -5e-8, and y = 0 for the best; a proof does not.
    """
    model = matrix([0, 1], [[-1e8, 0.05]], 5, np.inf, 0, [1, 1e6], whole=[True, False])
    assert len(scaled(model)[0].values) == 2
    found = prove(Claim(model, EXACT, 1e5), lambda point: float(model.cost @ point), lambda: False)
    assert found.ended
    assert found.objective == pytest.approx(100, rel=1e-5)
    assert found.bound == pytest.approx(100, rel=1e-5)


def test_an_entry_that_is_next_to_nothing_widens_its_row() -> None:
    """Proves that what is left out has room: x + 1e-20 y >= 1 with y up to 9e19 is met by x = 0.1. If broken, x is
    1."""
    model = matrix([1, 0], [[1, 1e-20]], 1, np.inf, 0, [5, 9e19], whole=True)
    even, _, _ = scaled(model)
    assert len(even.values) == 1
    assert even.row_lower[0] == pytest.approx(0.1 * even.values[0])


# Arithmetic on it


def test_a_row_is_added_with_its_constant_on_the_right() -> None:
    """Proves expression <= bound for an expression with a constant. If broken, levels are held at another value."""
    model = small().with_row(Linear([(0, 1.0), (1, 1.0)], constant=3.0), 4.0)  # x + y + 3 <= 4
    assert list(model.row_upper) == [np.inf, 1.0]
    assert list(model.activity(np.array([2.0, 5.0]))) == [26.0, 7.0]
    result = highs.run(model, EXACT)
    assert result.termination is Termination.INFEASIBLE or (result.values is not None and sum(result.values) <= 1)


def test_activity_and_broken_rows_agree_with_plain_sums() -> None:
    """Proves A x row by row, empty rows included. If broken, starts are judged feasible that are not."""
    model = stored("false-infeasible-1101")
    point = np.arange(1.0, 8.0)
    plain = [
        sum(model.values[k] * point[model.columns[k]] for k in range(model.starts[row], model.starts[row + 1]))
        for row in range(len(model.row_lower))
    ]
    assert np.allclose(model.activity(point), plain)
    assert {int(row) for row in model.broken_rows(point)} == {
        row
        for row, sum_ in enumerate(plain)
        if sum_ > model.row_upper[row] + 1e-6 * max(1, abs(sum_))
        or sum_ < model.row_lower[row] - 1e-6 * max(1, abs(sum_))
    }


def test_a_relaxation_bounds_the_whole_numbers() -> None:
    """Proves that the relaxation is no worse than the optimum. If broken, a bound is claimed that does not hold."""
    model = knapsack()
    whole, relaxed = highs.run(model, EXACT), highs.run(model.relaxed(), EXACT)
    assert whole.objective is not None
    assert relaxed.objective is not None
    assert relaxed.objective <= whole.objective
    assert relaxed.bound == relaxed.objective


def test_what_is_the_same_but_for_rounding_has_the_same_seal() -> None:
    """Proves that neither rounding nor the sign of nothing counts. If broken, minus zero makes another plan of one."""
    seal = sealed(np.array([0.0, 1.0, 40.0]))
    assert sealed(np.array([-0.0, 1.0, 40.0])) == sealed(np.array([-1e-9, 0.9999999, 40.0000001])) == seal
    assert sealed(np.array([0.0, 1.0, 41.0])) != seal != sealed(np.array([-1.0, 1.0, 40.0]))
