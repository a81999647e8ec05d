"""The search as a host calls it: limits, cancelling, progress, levels, and what is said when there is no plan."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import gpuplan
from gpuplan.families.objective import Goal
from gpuplan.program.linear import Linear
from gpuplan.solver import search
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.proof.tree import Proof
from gpuplan.solver.result import NO_BOUND, Result, Settings, Termination
from gpuplan.solver.search import Progress, Search
from gpuplan.solver.watched import watched
from solver import bare
from solver.dense import children, market_split, matrix
from solver.hard import hard_instance

BID = Path(__file__).parents[1] / "whole" / "bid.yaml"
FACILITY = Path(__file__).parent / "facility.yaml"
SLACK = 5.0
"""Seconds that a loaded machine may add to a limit."""


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    before = set(children())
    yield
    assert not set(children()) - before


@pytest.fixture(scope="module")
def hard() -> gpuplan.Instance:
    return gpuplan.load(hard_instance())


def goal(model: Matrix, name: str = "aim", maximise: bool = False, **options: Any) -> Goal:
    sign = -1.0 if maximise else 1.0
    terms = ((column, sign * float(cost)) for column, cost in enumerate(model.cost))
    return Goal(name, "units", maximise, Linear(terms), options.get("tolerance", 0.0), options.get("share", 0.0))


def searched(
    model: Matrix, goals: list[Goal], monkeypatch: pytest.MonkeyPatch, settings: Settings | None = None, **more: Any
) -> search.SearchResult:
    """A whole search of a bare matrix with goals of one's own."""
    return bare.searched(model, monkeypatch, settings or Settings(gap=1e-6, threads=1), goals, **more)


# Limits and cancelling, by the library


@pytest.mark.parametrize("limit", [1.0, 3.0])
def test_a_time_limit_yields_a_plan_with_its_gap_or_says_that_there_is_none(
    limit: float, hard: gpuplan.Instance
) -> None:
    """Proves the promise for a limit of seconds. If broken, a limit of a second ends in a traceback or a lie."""
    began = time.monotonic()
    outcome = gpuplan.solve(hard, gap=0, time_limit=limit)
    assert time.monotonic() - began < limit + SLACK  # a safety bound, not a measurement
    if outcome.status == "feasible":
        assert outcome.plan is not None
        assert outcome.plan.audit.passed
        assert outcome.plan.status == "feasible"
        assert outcome.bound is not None
        assert outcome.bound <= outcome.plan.levels[-1].value
        assert outcome.gap is not None
        assert outcome.gap > 0
    else:
        assert outcome.status == "no_plan_found"
        assert outcome.plan is None
        assert outcome.bound is None or outcome.bound > 0


@pytest.mark.parametrize("kind", ["event", "function"])
def test_cancelling_keeps_the_best_plan(kind: str, hard: gpuplan.Instance) -> None:
    """Proves that a host can stop a search and gets its plan. If broken, an impatient user loses everything."""
    found = threading.Event()

    def show(progress: Progress) -> None:
        if progress.incumbent is not None:
            found.set()

    began = time.monotonic()
    outcome = gpuplan.solve(
        hard, gap=0, time_limit=60, on_progress=show, cancel=found if kind == "event" else found.is_set
    )
    assert found.is_set()
    assert time.monotonic() - began < 40  # a safety bound: the first plan comes after a few seconds
    assert outcome.status == "feasible"
    assert outcome.plan is not None
    assert outcome.plan.audit.passed


def test_a_search_cancelled_before_it_began_finds_nothing(hard: gpuplan.Instance) -> None:
    """Proves that no plan is made up. If broken, a cancelled job reports one."""
    cancel = threading.Event()
    cancel.set()
    outcome = gpuplan.solve(hard, cancel=cancel)
    assert (outcome.status, outcome.plan, outcome.conflict) == ("no_plan_found", None, None)


def test_an_exception_of_the_progress_callback_reaches_the_host(hard: gpuplan.Instance) -> None:
    """Proves that it propagates from a long search and leaves no child. If broken, a bug of the host is hidden."""

    def unhappy(_progress: Progress) -> None:
        raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        gpuplan.solve(hard, time_limit=20, on_progress=unhappy)


def test_an_exception_of_the_progress_callback_of_a_small_search_reaches_the_host() -> None:
    """Proves the same of a search that is over at once, in this process. If broken, the answer is "no plan found"."""
    called: list[int] = []

    def unhappy(_progress: Progress) -> None:
        called.append(1)
        raise LookupError("mine")

    try:
        outcome = gpuplan.solve(gpuplan.load(BID), on_progress=unhappy)
    except LookupError:
        return
    assert not called, f"the exception was swallowed, and the answer was {outcome.status}"


def test_progress_is_monotone_and_in_the_levels_own_direction(hard: gpuplan.Instance) -> None:
    """Proves bounds that only rise and incumbents that only fall, in money. If broken, the display misleads."""
    seen: list[Progress] = []
    gpuplan.solve(hard, gap=0, time_limit=4, on_progress=seen.append)
    bounds = [one.bound for one in seen if one.bound is not None]
    values = [one.incumbent for one in seen if one.incumbent is not None]
    assert seen
    assert bounds == sorted(bounds)
    assert values == sorted(values, reverse=True)
    assert [one.seconds for one in seen] == sorted(one.seconds for one in seen)
    assert all((one.level, one.levels, one.name) == (1, 1, "minimise cost") for one in seen)
    for one in seen:
        if one.bound is not None and one.incumbent is not None:
            assert one.bound <= one.incumbent * (1 + 1e-9)
            assert one.gap == pytest.approx((one.incumbent - one.bound) / one.incumbent, abs=1e-9)


def test_options_that_cannot_be_used_are_all_named() -> None:
    """Proves that every wrong option is told at once. If broken, the user corrects them one by one."""
    with pytest.raises(gpuplan.InvalidInput) as caught:
        gpuplan.solve(gpuplan.load(BID), gap=float("nan"), time_limit=float("inf"), threads=0, seed=-1, memory_mb=10)
    assert [problem.path for problem in caught.value.problems] == ["gap", "time_limit", "threads", "seed", "memory_mb"]


# Levels, by bare matrices


def test_a_finished_level_is_held_within_its_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves lexicographic order: first x + y >= 4 cheapest (4), then as much y as 4 + 1 allows.

    With a tolerance of 1 the second level may spend 5, all on y: y = 5. Without, y = 4.
    """
    model = matrix([1, 1], [[1, 1]], 4, np.inf, 0, 9, whole=True)
    most_y = Goal("most y", "units", True, Linear([(1, 1.0)]), 0.0, 0.0)
    for tolerance, expected in ((0.0, 4.0), (1.0, 5.0)):
        found = searched(model, [goal(model, tolerance=tolerance), most_y], monkeypatch)
        assert found.termination is Termination.OPTIMAL
        assert [level.value for level in found.levels] == pytest.approx([4.0, expected])
        assert found.levels[1].maximise


def test_a_level_that_maximises_has_its_bound_above(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves signs: a value to maximise never passes its bound. If broken, reports show gaps below zero."""
    model = market_split()
    upside = Goal("most", "units", True, Linear((c, -float(v)) for c, v in enumerate(model.cost) if v), 0.0, 0.0)
    seen: list[Progress] = []
    settings = Settings(gap=0.0, threads=1, time_limit=0.8)
    found = searched(model, [upside], monkeypatch, settings, on_progress=seen.append)
    (level,) = found.levels
    assert level.value is not None
    assert level.bound is not None
    assert level.value <= level.bound + 1e-6
    assert not level.proven
    values = [one.incumbent for one in seen if one.incumbent is not None]
    assert values == sorted(values)


def test_a_level_that_is_stopped_without_values_keeps_the_plan_of_the_one_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Proves that a plan in hand is never lost: the second level finds nothing, the first one's plan stays."""
    original = search.Watched.run
    count = itertools.count()

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any) -> Result:
        if next(count) == 1:
            return Result(Termination.STOPPED, None, None, NO_BOUND)
        return original(self, model, settings, *rest)

    monkeypatch.setattr(search.Watched, "run", run)
    original_proof = search.Watched.prove
    proofs = itertools.count()

    def prove(self: Any, *rest: Any) -> Any:
        return Proof(NO_BOUND, False, None, None, 0, 0) if next(proofs) == 1 else original_proof(self, *rest)

    monkeypatch.setattr(search.Watched, "prove", prove)
    model = matrix([1, 1], [[1, 1]], 4, np.inf, 0, 9, whole=True)
    second = Goal("second", "units", False, Linear([(0, 3.0), (1, 2.0)]), 0.0, 0.0)
    found = searched(model, [goal(model), second], monkeypatch)
    assert found.termination is Termination.STOPPED
    assert found.values is not None
    assert sum(found.values) == pytest.approx(4)
    assert found.levels[0].proven
    assert not found.levels[1].proven
    assert found.levels[1].value == pytest.approx(3 * found.values[0] + 2 * found.values[1])


def test_a_level_stopped_at_a_gap_is_not_called_optimal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that one level short of its gap makes the search a stopped one. If broken, "optimal" is said too early."""
    model = market_split()
    easy = Goal("easy", "units", False, Linear([(0, 1.0)]), 0.0, 0.0)
    found = searched(model, [goal(model), easy], monkeypatch, Settings(gap=0.0, threads=1, time_limit=0.8))
    assert found.termination is Termination.STOPPED
    assert not found.levels[0].proven


def shortfalls(most: float) -> tuple[Matrix, list[Goal]]:
    """x whole, at 5 each, at most so many; 2 are wanted first, and 3 after that: what is missing is a shortfall."""
    model = matrix([5, 0, 0], [[1, 1, 0], [1, 0, 1]], [2, 3], np.inf, 0, [most, 9, 9], whole=[True, False, False])
    first = Goal("first", "units", False, Linear([(1, 1.0)]), 0.0, 0.0)
    second = Goal("second", "units", False, Linear([(2, 1.0)]), 0.0, 0.0)
    return model, [first, second, goal(model)]


def counted(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings of each search of a program with whole columns, as it begins."""
    begun: list[Settings] = []
    original = search.Watched.run

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any, **more: Any) -> Result:
        if model.whole.any():
            begun.append(settings)
        return original(self, model, settings, *rest, **more)

    monkeypatch.setattr(search.Watched, "run", run)
    return begun


@pytest.mark.parametrize(
    ("most", "looks_ahead", "expected", "searches"),
    [
        (3.0, True, [0, 0, 15], 1),
        (3.0, False, [0, 0, 15], 3),
        (2.0, True, [0, 1, 10], 5),
        (2.0, False, [0, 1, 10], 3),
        (1.0, False, [1, 2, 5], 3),
    ],
)
def test_soft_limits_that_can_be_kept_are_kept_in_one_search(
    most: float, looks_ahead: bool, expected: list[float], searches: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves the same values with and without looking ahead, proven, and what it saves and costs at most.

    At most 3: both limits can be kept, and 3 x 5 = 15 is found at once. At most 2: one is missing of the second; this
    is tried in vain before each of its two levels. If broken, the second limit is given up: 0, 1, 10 instead of
    0, 0, 15.
    """
    begun = counted(monkeypatch)
    monkeypatch.setattr(Search, "looks_ahead", looks_ahead)
    model, goals = shortfalls(most)
    found = searched(model, goals, monkeypatch)
    assert found.termination is Termination.OPTIMAL
    assert [level.value for level in found.levels] == pytest.approx(expected)
    assert all(level.proven and level.claimed is None for level in found.levels)
    assert len(begun) <= searches


def test_what_need_not_be_missing_is_solved_for_before_it_is_sought(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a shortfall that the plan at hand need not have costs no search: x = 3 must be bought anyway.

    While the first level is sought the second's shortfall may be anything, here 9. If broken, a second program is
    searched.
    """
    original = search.Watched.run
    begun: list[Settings] = []

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any, **more: Any) -> Result:
        found = original(self, model, settings, *rest, **more)
        if model.whole.any():
            begun.append(settings)
        if model.cost[1] and found.values is not None:
            return replace(found, values=np.array([3.0, 0.0, 9.0]))
        return found

    monkeypatch.setattr(search.Watched, "run", run)
    monkeypatch.setattr(Search, "looks_ahead", False)
    model, goals = shortfalls(3.0)
    model = model.with_bounds(np.array([3.0, 0.0, 0.0]), np.array([4.0, 9.0, 9.0]))
    found = searched(model, goals, monkeypatch)
    assert [level.value for level in found.levels] == pytest.approx([0, 0, 15])
    assert len(begun) == 1


@pytest.mark.parametrize("values", [None, [4.0, 0.0, 0.0]], ids=["nothing found", "a plan"])
def test_looking_ahead_that_takes_too_long_changes_no_answer(
    values: list[float] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that it is tried once and costs no optimum: 15, and not the 20 of the plan that it was stopped with."""
    original = search.Watched.run
    tries: list[int] = []

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any, **more: Any) -> Result:
        if settings.nodes is None:
            return original(self, model, settings, *rest, **more)
        tries.append(settings.nodes)
        point = None if values is None else np.array(values)
        return Result(Termination.STOPPED, point, None if point is None else float(model.cost @ point), NO_BOUND)

    monkeypatch.setattr(search.Watched, "run", run)
    model, goals = shortfalls(4.0)
    found = searched(model, goals, monkeypatch)
    assert found.termination is Termination.OPTIMAL
    assert [level.value for level in found.levels] == pytest.approx([0, 0, 15])
    assert tries == [search.AHEAD_NODES]


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (matrix([1, 1], [[2, 2]], 3, 3, 0, 5, whole=True), Termination.INFEASIBLE),
        (matrix([-1], [[1]], 0, np.inf, 0, np.inf, whole=True), Termination.UNBOUNDED),
    ],
    ids=["infeasible", "unbounded"],
)
def test_the_ending_of_a_search_is_the_true_one(
    model: Matrix, expected: Termination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that unbounded is told from infeasible, which presolve cannot do. If broken, rules are blamed."""
    assert searched(model, [goal(model)], monkeypatch).termination is expected


def test_nothing_runs_long_after_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that no run of a search is allowed more than what is left of the limit, and a second for the last one.

    If broken, a limit that is spent is followed by seconds of polishing.
    """
    allowed: list[tuple[float, float]] = []
    original = search.Watched.run
    began = time.monotonic()

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any, **more: Any) -> Result:
        allowed.append((time.monotonic() - began, settings.time_limit))
        return original(self, model, settings, *rest, **more)

    monkeypatch.setattr(search.Watched, "run", run)
    model = market_split()  # ends with values of columns that are no whole ones, which are solved for again
    searched(model, [goal(model)], monkeypatch, Settings(gap=0.0, threads=1, time_limit=1.0))
    assert allowed
    for at, limit in allowed:
        assert at + limit <= 1.0 + 1.5


def test_whole_columns_come_back_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that values are rounded and the rest solved again around them. If broken, parts of servers are bought."""
    model = market_split(3, 20)
    found = searched(model, [goal(model)], monkeypatch, Settings(gap=0.0, threads=1, time_limit=2.0))
    assert found.values is not None
    assert np.array_equal(found.values[model.whole], np.round(found.values[model.whole]))
    assert not len(model.broken_rows(found.values, 1e-9))


def test_a_polished_plan_is_judged_on_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that values that are all but whole are polished after several levels, where a host judges plans.

    At least 4 of two, the first whole and for 1 and the second for 2, then least of the second: 4 and 0, although
    HiGHS's word is changed to 3.99999999. If broken, the search ends in an error of its own.
    """
    original = search.Watched.run

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any, **more: Any) -> Result:
        result = original(self, model, settings, *rest, **more)
        if result.values is None:
            return result
        return replace(result, values=np.where(model.whole, result.values - 1e-8, result.values))

    monkeypatch.setattr(search.Watched, "run", run)
    model = matrix([1, 2], [[1, 1]], 4, np.inf, 0, 9, whole=np.array([True, False]))
    second = Goal("second", "units", False, Linear([(1, 1.0)]), 0.0, 0.0)
    judged = []

    def judge(_formulation: object, point: Floats) -> tuple[float, ...]:
        judged.append(point)
        return float(point[0] + 2 * point[1]), float(point[1])

    found = searched(model, [goal(model), second], monkeypatch, judge=judge)
    assert judged
    assert found.values is not None
    assert found.values.tolist() == [4.0, 0.0]
    assert [one.value for one in found.levels] == [4.0, 0.0]


def test_a_plan_that_worsens_what_was_told_of_a_level_is_none() -> None:
    """Proves that a plan at 6 on a level that was told at 4 is none, although the program was held at 6, where the
    point that told of it is: systems are installed earlier than it says. If broken, 6 is told as 4."""
    model = matrix([1, 2], [[1, 1]], 4, np.inf, 0, 9, whole=True)
    of = Search(Settings(), judge=lambda _formulation, point: (float(point[0] + 2 * point[1]), -float(point[1])))
    of._held, of._kept = [6.0], [4.0]
    for point, expected in (([2.0, 2.0], None), ([4.0, 0.0], 0.0)):
        assert of._worth_of(SimpleNamespace(), model, 1, np.array(point)) == expected  # type: ignore[arg-type]


def test_a_level_is_held_at_what_its_decisions_come_to() -> None:
    """Proves that a point at 6 in the program, whose orders come to 4, is taken for one at 4 with the same orders: the
    first column, an order, stays at 1, and of the others the cheaper one is taken. If broken, the next levels have
    room to worsen what was told."""
    model = replace(
        matrix([0, 4, 6], [[-9, 1, 1]], [-8], np.inf, 0, 1, whole=True), strategic=np.array([True, False, False])
    )
    of = Search(Settings(), judge=lambda *_: (4.0,))
    with watched() as runs:
        point = of._tight(runs, SimpleNamespace(), model, 0, np.array([1.0, 0.0, 1.0]), 4.0)  # type: ignore[arg-type]
    assert point.tolist() == [1.0, 1.0, 0.0]


# Options reach the solver


def test_every_option_reaches_highs() -> None:
    """Proves gap, time, threads and seed by what HiGHS holds after setting. If broken, an option is a decoration."""
    import highspy

    from gpuplan.solver import highs

    solver = highs.quiet(highspy)
    highs.set_options(solver, Settings(gap=0.07, time_limit=12.5, threads=3, seed=99))
    got = {name: solver.getOptionValue(name)[1] for name in ("mip_rel_gap", "time_limit", "threads", "random_seed")}
    assert got == {"mip_rel_gap": 0.07, "time_limit": 12.5, "threads": 3, "random_seed": 99}
    assert solver.getOptionValue("presolve_rule_off")[1] == 0
    highs.set_options(solver, Settings(careful=True))
    assert solver.getOptionValue("presolve_rule_off")[1] == highs.EVERY_RULE
    assert solver.getOptionValue("mip_feasibility_tolerance")[1] == 1e-9


@pytest.mark.parametrize(("cutoff", "bound"), [(None, 20.0), (12.0, 12.0), (30.0, 20.0)])
def test_a_bound_reported_on_the_way_is_no_more_than_the_cutoff(cutoff: float | None, bound: float) -> None:
    """Proves that of what HiGHS calls a bound, 40 on costs twice as large, no more is passed on than the cutoff: what
    is no better than that was not looked at. If broken, a search that is stopped claims that nothing is better than 20.
    """
    from gpuplan.solver import highs

    seen: list[float] = []
    one = matrix([1], [[1]], [0], [50], 0, 50, whole=True)
    listener = highs._Listener(one, np.ones(1), 2.0, lambda report: seen.append(report.bound), None, cutoff, None)
    listener._alive(SimpleNamespace(data_out=SimpleNamespace(mip_dual_bound=40.0)))
    listener._found(SimpleNamespace(data_out=SimpleNamespace(mip_dual_bound=40.0, mip_solution=[25.0])))
    assert seen == [bound, bound]
    assert listener.bound == bound


def test_an_option_that_highs_refuses_is_a_defect() -> None:
    """Proves that the status of setting is looked at. If broken, a wrong option is ignored in silence."""
    import highspy

    from gpuplan.solver import highs

    with pytest.raises(gpuplan.Defect, match="mip_rel_gap"):
        highs.set_options(highs.quiet(highspy), Settings(gap=-1.0))


def test_a_model_that_highs_refuses_is_a_defect() -> None:
    """Proves that the status of passing the model is looked at. If broken, an empty model is solved instead."""
    from gpuplan.solver import highs

    model = matrix([1], [[1]], 0, 1, 0, 1)
    model.columns[0] = 7  # there is no such column
    with pytest.raises(gpuplan.Defect):
        highs.run(model, Settings())


def test_a_status_that_nobody_knows_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a failed run gives neither a plan nor "infeasible". If broken, an error looks like one."""
    monkeypatch.setattr(search.Watched, "run", lambda *_args, **_more: Result(Termination.FAILED, None, None, NO_BOUND))
    try:
        outcome = gpuplan.solve(gpuplan.load(BID))
    except gpuplan.Defect:
        return
    assert outcome.status == "no_plan_found"
    assert outcome.plan is None


def test_tightenings_change_no_optimum() -> None:
    """Proves law 6 on the instance of this folder: cost with and without them. If broken, they cut it off."""
    from gpuplan.formulation import formulate
    from gpuplan.solver import highs
    from gpuplan.solver.matrix import matrix_of

    instance = gpuplan.load(FACILITY)
    found = []
    for tightenings in (True, False):
        formulation = formulate(instance, tightenings=tightenings)
        cost = formulation.goals[1].expression
        found.append(highs.run(matrix_of(formulation).with_cost(cost), Settings(gap=1e-6, threads=1)).objective)
    assert found[0] == pytest.approx(found[1], rel=1e-5)
