"""Proofs: bounds, cuts, narrowed bounds and merged columns hold for every whole point; the tree ends at the best
one."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import gpuplan
from gpuplan.solver import highs
from gpuplan.solver.matrix import Floats, Matrix, scaled
from gpuplan.solver.proof.cuts import Cut, Separator, chosen
from gpuplan.solver.proof.merging import merged
from gpuplan.solver.proof.propagation import Propagation, needed
from gpuplan.solver.proof.relaxation import Ended, Relaxation, Status
from gpuplan.solver.proof.safe import ALLOWED, ENDLESS, Rows
from gpuplan.solver.proof.tree import RESOLUTION, Claim, Proof, allowance, cut_off, prove
from gpuplan.solver.result import NO_BOUND, Settings, Termination
from solver.dense import breaks, market_split, matrix
from solver.reports import REPORTS, SEEDS, Report, told_wrong
from support.builders import made
from support.scip import minimised
from support.tiny import tiny

EXACT = Settings(gap=0.0, threads=1)


def drawn(seed: int, *, whole: bool = True, columns: int = 5) -> Matrix:
    """A small program with rows of every form, small whole bounds, and fractions; often feasible."""
    dice = np.random.default_rng(seed)
    rows = dice.integers(-6, 9, (4, columns)) * (dice.random((4, columns)) < 0.8) / dice.integers(1, 4, (4, 1))
    upper = dice.integers(1, 4, columns).astype(float)
    at = rows @ dice.integers(0, 2, columns)
    form = dice.integers(0, 4, 4)
    low = np.where(form == 0, -np.inf, at - dice.integers(0, 3, 4))
    high = np.where(form == 1, np.inf, at + dice.integers(0, 3, 4))
    kinds = np.ones(columns, dtype=bool) if whole else dice.random(columns) < 0.7
    return matrix(dice.integers(-9, 12, columns) / 2, rows, low, high, 0.0, upper, kinds)


def points(model: Matrix) -> list[Floats]:
    """Every whole point that keeps the rows of a program of whole columns."""
    ranges = [range(int(low), int(high) + 1) for low, high in zip(model.lower, model.upper, strict=True)]
    found = [np.array(point, dtype=float) for point in itertools.product(*ranges)]
    return [point for point in found if not breaks(model, point, 1e-9)]


def worth(model: Matrix, point: Floats) -> float:
    return float(model.cost @ point) + model.offset


def proven(model: Matrix, settings: Settings = EXACT, work: float = 1e6, wanted: float | None = None) -> Proof:
    """A proof whose points are judged by the rows."""

    def judge(point: Floats) -> float | None:
        return None if breaks(model, point) else worth(model, point)

    return prove(Claim(model, settings, work, wanted), judge, lambda: False)


@pytest.mark.parametrize("seed", range(120))
def test_some_best_point_keeps_the_cuts_of_the_root(seed: int) -> None:
    """Proves that a program with cuts off the points of its relaxation has a best point of the same value, and that its
    relaxation is worth no less. If broken, the tree proves a bound that a plan is below."""
    model = drawn(seed)
    some = points(model)
    few = cut_off(model, EXACT, 1e6, lambda: False)
    assert len(few.lower) == len(model.lower)
    left = [worth(model, point) for point in some if not breaks(few, point, 1e-9)]
    assert min(left, default=np.inf) == min((worth(model, point) for point in some), default=np.inf)
    before, after = (highs.run(one.relaxed(), EXACT).bound for one in (model, few))
    assert after >= before - 1e-9


def test_cuts_of_the_root_lift_its_bound() -> None:
    """Proves that a relaxation at 2.5 is lifted to the best plan's 3: 2x + 2y >= 5 in whole numbers at 1 each. If
    broken, cuts cost time and bring nothing."""
    model = matrix([1, 1], [[2, 2]], 5, np.inf, 0.0, 9.0, whole=True)
    few = cut_off(model, EXACT, 1e6, lambda: False)
    assert highs.run(model.relaxed(), EXACT).bound == pytest.approx(2.5)
    assert highs.run(few.relaxed(), EXACT).bound == pytest.approx(3.0)


# Bounds


@pytest.mark.parametrize("seed", range(60))
def test_any_multipliers_give_a_bound_that_holds(seed: int) -> None:
    """Proves that whatever a solver returns as dual values, no point costs less than the bound, and that raising a
    column costs no less than its reduced cost. If broken, a wrong multiplier proves a wrong optimum."""
    model = drawn(seed)
    rows, dice = Rows.of(model), np.random.default_rng(seed)
    some = points(model)
    for _ in range(20):
        duals = dice.normal(size=4) * np.exp2(dice.integers(-8, 9))
        bound, reduced = rows.bound(model.lower, model.upper, duals, model.cost, model.offset)
        for point in some:
            rise = np.maximum(reduced, 0.0) * (point - model.lower) + np.maximum(-reduced, 0.0) * (model.upper - point)
            assert bound + rise.max() <= worth(model, point)


@pytest.mark.parametrize("seed", range(60))
def test_good_multipliers_give_the_value_of_the_relaxation(seed: int) -> None:
    """Proves that next to nothing is lost to the room for rounding. If broken, nothing can be proven."""
    model = drawn(seed, whole=False)
    relaxation = Relaxation(model, EXACT)
    ended = relaxation.solve(relaxation.rows.matrix.lower, relaxation.rows.matrix.upper, None)
    plain = highs.run(model.relaxed(), EXACT)
    assert (ended.status is Status.EMPTY) == (plain.termination is Termination.INFEASIBLE)
    if plain.objective is not None:
        assert ended.bound / relaxation.factor == pytest.approx(plain.objective, rel=1e-9, abs=1e-9)
        assert ended.bound / relaxation.factor <= plain.objective + 1e-9


def test_a_bound_lies_near_its_value_beside_large_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that multipliers are as exact as points, where columns are as large as in a real program.

    With HiGHS's own tolerance for them, bounds lie up to 3e-5 of the value below it, and nodes that nothing is left of
    are listed column by column, so that a proof of 67 nodes once gave up after 3,846.
    """
    first, found = Relaxation.solve, []

    def solve(self: Relaxation, *given: Any, **how: Any) -> Ended:
        found.append(first(self, *given, **how))
        return found[-1]

    monkeypatch.setattr(Relaxation, "solve", solve)
    outcome = gpuplan.solve(made(tiny(50)), gap=1e-6, threads=1, explain_seconds=0)
    assert outcome.status == "optimal"
    solved = [one for one in found if one.status is Status.OPTIMAL]
    assert len(solved) > 20
    for one in solved:
        assert one.value * (1 - 1e-7) <= one.bound <= one.value * (1 + 1e-9)


def test_a_bound_of_nothing_is_nothing_exactly() -> None:
    """Proves that costs above zero at lower bounds of zero leave exactly 0. If broken, "buying nothing" is not best."""
    model = matrix([3.3, 7.7], [[1, 1]], -np.inf, 5, 0, [1e9, 1e9])
    bound, _ = Rows.of(model).bound(model.lower, model.upper, np.zeros(1), model.cost, 0.0)
    assert bound == 0.0


def test_rounding_is_reckoned_with() -> None:
    """Proves that 0.1 x with x up to 1e16, less the same in another order of sums, is no bound of zero.

    The true least is 0, and floats make of it something above or below. If broken, rounding proves what is not so.
    """
    model = matrix([0.3, -0.1, -0.1, -0.1], [[1, -1, 0, 0], [1, 0, -1, 0], [1, 0, 0, -1]], 0, 0, 0, 1e12)
    bound, _ = Rows.of(model).bound(model.lower, model.upper, np.array([0.1, 0.1, 0.1]), model.cost, 0.0)
    assert -1e4 <= bound <= 0.0


def test_what_is_empty_is_so_beyond_what_an_audit_allows() -> None:
    """Proves that x >= 1 + d and x <= 1 clash for d well above a thousand-millionth, and not below it, where x is
    continuous; where it is whole they clash at once. If broken, search and audit decide by two tolerances."""
    ray = np.array([1.0, -1.0])

    def is_empty(gap: float, *, whole: bool) -> bool:
        model = matrix([0], [[1], [1]], [1 + gap, -np.inf], [np.inf, 1], 0, 5, whole=whole)
        return Rows.of(model).is_empty(model.lower, model.upper, ray)

    assert is_empty(100 * ALLOWED, whole=False)
    assert not is_empty(ALLOWED / 10, whole=False)
    assert is_empty(ALLOWED / 10, whole=True)
    assert not is_empty(0.0, whole=True)


def test_a_ray_of_nothing_proves_nothing() -> None:
    """Proves that zeros, infinities and NaN are no proof. If broken, an interrupted solver proves infeasibility."""
    model = matrix([1], [[1]], 0, 5, 0, 5)
    for ray in (0.0, np.inf, np.nan):
        assert not Rows.of(model).is_empty(model.lower, model.upper, np.array([ray]))


def test_an_endless_column_ends_where_no_plan_comes_to() -> None:
    """Proves that a column without an upper bound has a bound all the same. If broken, nothing is ever proven of it."""
    rows = Rows.of(matrix([1], [[1]], 3, np.inf, 0, np.inf))
    assert rows.matrix.upper[0] == ENDLESS
    bound, _ = rows.bound(rows.matrix.lower, rows.matrix.upper, np.array([1.0]), np.array([1.0]), 0.0)
    assert bound == pytest.approx(3, abs=0.1)


# What follows from rows


@pytest.mark.parametrize("seed", range(80))
def test_narrowed_bounds_lose_no_point(seed: int) -> None:
    """Proves that what propagation leaves out breaks a row. If broken, a plan is lost without a word."""
    model = drawn(seed)
    narrowed = Propagation(Rows.of(model), model.whole).narrowed(model.lower, model.upper)
    some = points(model)
    if narrowed is None:
        assert not some
        return
    lower, upper = narrowed
    assert all(np.all(lower <= point) and np.all(point <= upper) for point in some)
    assert np.all(lower >= model.lower)
    assert np.all(upper <= model.upper)


def test_bounds_are_narrowed() -> None:
    """Proves by hand that x + 2y <= 5 with whole x >= 2 leaves y at most 1, and x + y >= 6 then x at least 5."""
    model = matrix([1, 1], [[1, 2], [1, 1]], [-np.inf, 6], [5, np.inf], [2, 0], [9, 9], whole=True)
    assert Propagation(Rows.of(model), model.whole).narrowed(model.lower, model.upper) is None
    model = replace(model, row_lower=np.array([-np.inf, 4.0]))
    narrowed = Propagation(Rows.of(model), model.whole).narrowed(model.lower, model.upper)
    assert narrowed is not None
    assert (narrowed[0].tolist(), narrowed[1].tolist()) == ([3.0, 0.0], [5.0, 1.0])


def test_no_more_is_needed_than_rows_can_want() -> None:
    """Proves by hand that of x with 2x >= y, y <= 7, four are enough where x is whole, and as many as there may be
    where it earns, or where a row wants it small. If broken, a best plan is cut off, or nothing is bounded."""
    base = matrix([1, -1], [[2, -1]], 0, np.inf, 0, [np.inf, 7], whole=True)
    assert needed(base).tolist() == [4.0, 7.0]
    assert needed(replace(base, cost=np.array([-1.0, -1.0])))[0] == np.inf
    assert needed(replace(base, row_upper=np.array([50.0])))[0] == np.inf


@pytest.mark.parametrize("seed", range(40))
def test_what_is_needed_keeps_a_best_point(seed: int) -> None:
    """Proves that the best cost is the same within what is needed. If broken, the best plan is not found."""
    model = drawn(seed)
    some, few = points(model), points(model.with_bounds(model.lower, needed(model)))
    assert bool(some) == bool(few)
    if some:
        assert min(worth(model, one) for one in few) == min(worth(model, one) for one in some)


# Cuts


def cuts_of(model: Matrix) -> tuple[Relaxation, list[Cut], Floats]:
    relaxation = Relaxation(model, EXACT)
    lower, upper = relaxation.rows.matrix.lower, relaxation.rows.matrix.upper
    ended = relaxation.solve(lower, upper, None)
    if ended.point is None:
        return relaxation, [], np.zeros(0)
    rows = relaxation.rows
    separator = Separator(rows, model.whole, lower, upper, ended.point, rows.table @ ended.point)
    found = [separator.cut(sign * one) for one in relaxation.tableau(ended.point, model.whole) for sign in (1.0, -1.0)]
    return relaxation, [cut for cut in found if cut is not None], ended.point


@pytest.mark.parametrize("seed", range(120))
def test_cuts_cut_off_the_relaxed_point_and_no_whole_one(seed: int) -> None:
    """Proves it against a list of all points. If broken, a proof proves what is not so."""
    model = drawn(seed)
    _, cuts, point = cuts_of(model)
    some = points(model)
    for cut in cuts:
        assert cut.values @ point[cut.columns] > cut.most
        assert all(cut.values @ one[cut.columns] <= cut.most for one in some)


def test_cuts_are_found_in_most_programs() -> None:
    """Proves that the test above is about something: there are cuts wherever the relaxed point is broken."""
    counts = [len(cuts_of(drawn(seed))[1]) for seed in range(120)]
    assert sum(count > 0 for count in counts) > 30


@pytest.mark.parametrize("seed", range(60))
def test_cuts_of_any_multipliers_hold(seed: int) -> None:
    """Proves the same for multipliers that come from no basis. If broken, rows must be right for cuts to be."""
    model = drawn(seed)
    dice, rows = np.random.default_rng(seed), Rows.of(model)
    some = points(model)
    at = dice.uniform(model.lower, model.upper)
    separator = Separator(rows, model.whole, model.lower, model.upper, at, rows.table @ at)
    for _ in range(20):
        cut = separator.cut(dice.integers(-4, 5, 4) / dice.integers(1, 8))
        if cut is not None:
            assert all(cut.values @ one[cut.columns] <= cut.most for one in some)


def test_cuts_that_are_nearly_parallel_are_one() -> None:
    """Proves that of two the deeper one is kept, and one at a right angle beside it."""
    columns, other = np.array([0, 1]), np.array([2])
    deep = Cut(columns, np.array([1.0, 1.0]), 1.0, 0.5)
    flat = Cut(columns, np.array([1.0, 1.01]), 1.1, 0.4)
    right = Cut(other, np.array([1.0]), 1.0, 0.1)
    assert chosen([flat, right, deep], 5) == [deep, right]
    assert chosen([flat, right, deep], 1) == [deep]


# Equal columns


@pytest.mark.parametrize("seed", range(20))
def test_merged_columns_are_shared_out_within_their_bounds(seed: int) -> None:
    """Proves that a point of the merged program is one of the given program at the same cost. If broken, a plan that is
    found is none."""
    model = drawn(seed)
    double = np.r_[0:5, 0:5]
    rows = np.hstack([Rows.of(model).table.toarray()] * 2)
    twice = matrix(
        model.cost[double],
        rows,
        model.row_lower,
        model.row_upper,
        0.0,
        np.r_[model.upper, model.upper + 1],
        whole=True,
    )
    few = merged(twice)
    assert len(few.matrix.lower) == 5
    assert few.matrix.upper.tolist() == (2 * model.upper + 1).tolist()
    for point in points(few.matrix)[:50]:
        spread = few.expanded(point)
        assert not breaks(twice, spread)
        assert worth(twice, spread) == pytest.approx(worth(few.matrix, point))


def test_columns_that_differ_are_not_merged() -> None:
    """Proves that cost, kind, and entries tell columns apart."""
    model = matrix([1, 1, 2, 1, 1], [[1, 1, 1, 2, 1]], 0, 5, 0, 3, whole=[True, True, True, True, False])
    assert merged(model).groups == {0: [0, 1]}


# The tree


@pytest.mark.parametrize("seed", range(150))
def test_a_proof_ends_at_the_best_point_of_a_list(seed: int) -> None:
    """Proves value, bound and infeasibility on programs whose points are listed. If broken, "proven" is not."""
    model = drawn(seed)
    some, found = points(model), proven(model)
    assert found.ended
    if not some:
        assert found.objective is None
        assert found.bound == np.inf
        return
    best = min(worth(model, point) for point in some)
    assert found.objective == pytest.approx(best)
    assert best - 1.01 * RESOLUTION * max(abs(best), 1.0) <= found.bound <= best + 1e-9


@pytest.mark.parametrize("seed", range(100))
def test_a_proof_agrees_with_a_second_solver(seed: int) -> None:
    """Proves the same with continuous columns, against SCIP."""
    model = drawn(1000 + seed, whole=False, columns=9)
    second, found = minimised(model), proven(model)
    assert found.ended
    assert (found.objective is None) == (second is None)
    if second is not None:
        assert found.objective == pytest.approx(worth(model, second), rel=1e-6, abs=1e-6)
        assert found.bound == pytest.approx(found.objective, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("seed", range(40))
def test_a_cutoff_is_proven_just_when_nothing_is_below_it(seed: int) -> None:
    """Proves that a cutoff at the best value leaves nothing, and one above it finds a point. If broken, an incumbent is
    called best that is not."""
    model = drawn(seed)
    some = points(model)
    if not some:
        return
    best = min(worth(model, point) for point in some)
    below = proven(model, replace(EXACT, cutoff=best - RESOLUTION * max(abs(best), 1.0)))
    assert below.ended
    assert below.objective is None
    assert best - 1e-8 * max(abs(best), 1.0) <= below.bound <= best + 1e-9
    above = proven(model, replace(EXACT, cutoff=best + 0.25))
    assert above.objective == pytest.approx(best)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_judged_no_plan_is_passed_over(seed: int) -> None:
    """Proves that a tree lists what is beside a point that is refused: the second-best cost is found, and proven, where
    every best one is refused. If broken, a threshold that is missed by next to nothing ends a search."""
    model = drawn(seed)
    some = sorted(worth(model, point) for point in points(model))
    rest = [value for value in some if some and value > some[0] + 1e-6]
    found = prove(
        Claim(model, EXACT, 1e6),
        lambda point: None if not some or worth(model, point) <= some[0] + 1e-6 else worth(model, point),
        lambda: False,
    )
    assert found.ended
    assert found.objective == (pytest.approx(rest[0]) if rest else None)


def test_a_plan_counts_with_what_it_is_judged_to_cost() -> None:
    """Proves that a plan which costs more than its point says is no better than that: x = 1 says 1 and costs 5, and y =
    1 says and costs 3, so that 3 is best. If broken, a rebate is paid out that was never reached."""
    model = matrix([1, 3], [[1, 1]], 1, np.inf, 0, 1, whole=True)
    costs = {(1.0, 0.0): 5.0, (0.0, 1.0): 3.0, (1.0, 1.0): 8.0}
    found = prove(Claim(model, EXACT, 1e5), lambda point: costs[tuple(np.round(point).tolist())], lambda: False)
    assert found.objective == 3.0
    assert found.ended


def test_a_point_is_judged_as_it_is_where_no_completion_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a plan is not lost when the program of what is left of it has no answer.

    x + y >= 1.5, x whole at 3, y up to 1 at 4: x = 1 and y = 0.5 cost 5. If broken: no plan below 6.
    """
    model = matrix([3.0, 4.0], [[1.0, 1.0]], [1.5], [np.inf], 0.0, [3.0, 1.0], [True, False])
    first = Relaxation.solve

    def solve(self: Relaxation, *given: Any, careful: bool = False) -> Ended:
        return Ended(Status.UNKNOWN) if careful else first(self, *given)

    monkeypatch.setattr(Relaxation, "solve", solve)
    found = proven(model, replace(EXACT, cutoff=6.0))
    assert found.objective == pytest.approx(5.0)


def test_a_proof_that_is_given_up_claims_no_more_than_it_proved() -> None:
    """Proves that work that is spent leaves a bound below the best value, and no end. If broken, giving up proves."""
    model = market_split()
    found = proven(model, work=3_000.0)
    assert not found.ended
    assert -1e-6 <= found.bound <= 1.0


def test_a_proof_that_is_stopped_says_nothing() -> None:
    """Proves that a request to stop before anything was done leaves no bound and no plan."""
    found = prove(Claim(market_split(), EXACT, 1e6), lambda _: None, lambda: True)
    assert (found.bound, found.ended, found.values) == (NO_BOUND, False, None)


def test_values_that_come_in_steps_are_proven_to_the_step() -> None:
    """Proves that a bound of whole costs is whole: 2x + 2y >= 3 costs 2 at least in steps of 1 for x + y, exactly. If
    broken, "proven best" is short of itself by rounding."""
    found = proven(matrix([1, 1], [[2, 2]], 3, np.inf, 0, 5, whole=True))
    assert found.objective == 2.0
    assert found.bound == 2.0


def test_a_huge_number_beside_a_switch_is_no_way_out() -> None:
    """Proves that x <= 1e12 y, y whole, does not let x be 3 at y = 3e-12, which costs nothing. If broken, a generous
    max_units buys what it does not pay for."""
    model = matrix([0, 7], [[1, -1e12], [1, 0]], [-np.inf, 3], [0, np.inf], 0, [1e12, 1], whole=[False, True])
    found = proven(model)
    assert found.ended
    assert found.objective == pytest.approx(7)
    assert found.bound == pytest.approx(7, rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_a_proof_takes_the_same_way_every_time(seed: int) -> None:
    """Proves that nothing of it hangs on the clock. If broken, the same question is answered twice."""
    one, other = (proven(drawn(seed, columns=8, whole=False)) for _ in range(2))
    assert (one.bound, one.objective, one.nodes) == (other.bound, other.objective, other.nodes)


def test_an_allowance_is_a_share_of_the_value_or_the_resolution() -> None:
    """Proves 1 % of 200, and a ten-thousand-millionth of 200, and of 1 at nothing."""
    assert allowance(200.0, 0.01) == 2.0
    assert allowance(-200.0, 0.0) == pytest.approx(2e-8)
    assert allowance(0.0, 0.01) == 1e-10


# Reports about HiGHS


@pytest.mark.parametrize("report", REPORTS, ids=[report.name for report in REPORTS])
def test_a_proof_is_right_where_a_release_of_highs_was_wrong(report: Report) -> None:
    """Proves the known optimum of each program on which HiGHS called something else optimal, or infeasible."""
    found = proven(report.program())
    assert found.ended
    assert found.objective == pytest.approx(report.optimum, rel=1e-4, abs=1e-6)
    assert found.bound <= report.optimum + 1e-4 * max(1.0, report.optimum)


def test_the_collection_still_bites() -> None:
    """Proves that the installed HiGHS is wrong on some of them, so that the tests of verification are about something.

    If it breaks, HiGHS has mended them all: look for new ones, and keep the second line.
    """
    assert any(told_wrong(report, seed) for report in REPORTS for seed in SEEDS)


@pytest.mark.parametrize("report", REPORTS, ids=[report.name for report in REPORTS])
def test_a_second_look_is_right_where_a_release_of_highs_was_wrong(report: Report) -> None:
    """Proves that HiGHS with as little presolve as can be does not share these faults, scaled by gpuplan or as they are
    written. If broken, two runs agree on what is not so."""
    for as_written in (True, False):
        assert [told_wrong(report, seed, as_written=as_written, careful=True) for seed in range(20)] == [None] * 20


def test_scaling_is_the_same_for_a_program_and_its_proof() -> None:
    """Proves that whole columns count in ones in a proof as well. If broken, a half is taken for whole."""
    model: Any = drawn(3, whole=False)
    _, units, _ = scaled(model)
    assert np.all(units[model.whole] == 1.0)
    assert np.all(Relaxation(model, EXACT).units[model.whole] == 1.0)
