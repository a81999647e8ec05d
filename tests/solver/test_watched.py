"""A run keeps its limits, its incumbents and its manners: nothing lost, nothing left behind.

Times stand here only as generous bounds, where that a limit is kept at all is what is proven.
"""

from __future__ import annotations

import itertools
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from gpuplan.errors import Defect
from gpuplan.solver import watched as module
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.result import NO_BOUND, Report, Result, Settings, Termination
from gpuplan.solver.watched import Watched, watched
from solver.dense import breaks, children, gone, knapsack, market_split, matrix

SLACK = 5.0
"""Seconds that a loaded machine may add to a limit of one or two."""


@pytest.fixture(autouse=True)
def no_process_left() -> Iterator[None]:
    """Every test of this file ends without a child, dead or alive."""
    before = set(children())
    yield
    assert not set(children()) - before


@pytest.fixture
def in_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Even a small matrix goes to a child."""
    monkeypatch.setattr(module, "SMALL", 0)


@pytest.fixture(params=["child", "here"])
def either_way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Once in a child and once in this process, however long that takes."""
    monkeypatch.setattr(module, "SMALL", 0 if request.param == "child" else 10**9)
    monkeypatch.setattr(module, "SMALL_SECONDS", 600.0)
    return str(request.param)


def run(model: Matrix, settings: Settings | None = None, **options: Any) -> Result:
    with watched() as runs:
        return runs.run(model, settings or Settings(), **options)


def after(seconds: float) -> Callable[[], bool]:
    """A request to stop that comes after so many seconds."""
    until = time.monotonic() + seconds
    return lambda: time.monotonic() > until


def sound(model: Matrix, result: Result) -> None:
    """The result's values are feasible and worth what it says, and its bound is none that they beat."""
    assert result.values is not None
    assert result.objective is not None
    rounded = np.where(model.whole, np.round(result.values), result.values)
    assert not breaks(model, rounded)
    assert result.objective == pytest.approx(float(model.cost @ result.values) + model.offset, abs=1e-6)
    assert result.bound <= result.objective + 1e-6


# Ends by itself


@pytest.mark.usefixtures("either_way")
def test_a_run_ends_optimal_wherever_it_runs() -> None:
    """Proves that child and parent solve the same problem. If broken, the answer depends on the size of the matrix."""
    model = knapsack()
    result = run(model, Settings(gap=0.0))
    assert result.termination is Termination.OPTIMAL
    sound(model, result)


def test_child_and_this_process_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that both ways give the same optimum. If broken, 4,000 entries are a cliff."""
    found = []
    for small in (0, 10**9):
        monkeypatch.setattr(module, "SMALL", small)
        found.append(run(knapsack(), Settings(gap=0.0)).objective)
    assert found[0] == pytest.approx(found[1])


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (matrix([1, 1], [[2, 2]], 3, 3, 0, 5, whole=True), Termination.INFEASIBLE),
        (matrix([-1], [[1]], 0, np.inf, 0, np.inf), Termination.UNBOUNDED),
        (matrix([1], [[1]], 2, 3, 0, 1), Termination.INFEASIBLE),
        (matrix([1], [[1]], 2, 3, 0, 9), Termination.OPTIMAL),
    ],
    ids=["infeasible", "unbounded without whole", "infeasible without whole", "optimal without whole"],
)
@pytest.mark.usefixtures("either_way")
def test_every_ending_is_told_apart(model: Matrix, expected: Termination) -> None:
    """Proves infeasible, unbounded and optimal. If broken, "unbounded" may be taken for "no room"."""
    assert run(model).termination is expected


@pytest.mark.usefixtures("in_child")
def test_one_child_serves_several_runs() -> None:
    """Proves that the levels of one search share a child. If broken, each level pays the start of a process."""
    with watched() as runs:
        first = runs.run(knapsack(seed=1), Settings(gap=0.0))
        child = children()
        second = runs.run(knapsack(seed=2), Settings(gap=0.0))
        assert children() == child
        again = runs.run(knapsack(seed=1), Settings(gap=0.0))
    assert first.objective == again.objective
    assert first.objective != second.objective


@pytest.mark.usefixtures("in_child")
def test_a_run_after_a_run_that_was_stopped_is_whole() -> None:
    """Proves that a stop is not remembered. If broken, the level after a limit ends at once."""
    with watched() as runs:
        stopped = runs.run(market_split(), Settings(gap=0.0), should_stop=after(0.8))
        whole = runs.run(knapsack(), Settings(gap=0.0))
    assert stopped.termination is Termination.STOPPED
    assert whole.termination is Termination.OPTIMAL


@pytest.mark.usefixtures("in_child")
def test_a_start_is_used() -> None:
    """Proves that a start given is reported as an incumbent at least as good. If broken, levels begin from nothing."""
    model = market_split()
    first = run(model, Settings(gap=0.0, time_limit=3.0))
    assert first.objective is not None
    again = run(model, Settings(gap=0.0, time_limit=1.5), start=first.values)
    assert again.objective is not None
    assert again.objective <= first.objective + 1e-6


# Limits of time, and requests to stop


@pytest.mark.parametrize("limit", [0.01, 4.0])
@pytest.mark.usefixtures("either_way")
def test_a_time_limit_is_kept_with_the_incumbent(limit: float) -> None:
    """Proves that a run ends soon after its limit, with values, objective and bound. If broken, it takes all night."""
    model = market_split()
    began = time.monotonic()
    result = run(model, Settings(gap=0.0, time_limit=limit))
    assert time.monotonic() - began < limit + SLACK  # a safety bound, not a measurement
    assert result.termination is Termination.STOPPED
    if limit >= 1.0 or result.values is not None:
        sound(model, result)
        assert result.bound > NO_BOUND


@pytest.mark.usefixtures("either_way")
def test_a_limit_of_nothing_is_no_traceback() -> None:
    """Proves that a limit already spent gives STOPPED. If broken, the last level of a search fails."""
    result = run(market_split(), Settings(time_limit=0.0))
    assert result.termination is Termination.STOPPED


def test_nothing_is_lost_when_a_small_run_goes_on_in_a_child(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the incumbent found here survives though the child gets no time. If broken, a plan is thrown away."""
    monkeypatch.setattr(module, "SMALL", 10**9)
    monkeypatch.setattr(module, "SMALL_SECONDS", 0.5)
    seen: list[float] = []
    model = market_split()
    result = run(
        model,
        Settings(gap=0.0, time_limit=0.51),
        on_report=lambda report: seen.append(report.objective) if report.objective is not None else None,
    )
    sound(model, result)
    assert result.objective is not None
    assert result.objective <= min(seen) + 1e-6


def test_nothing_is_lost_when_the_child_of_a_small_run_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves the same when the child is killed before it says anything. If broken, out of memory loses a plan."""
    monkeypatch.setattr(module, "SMALL", 10**9)
    monkeypatch.setattr(module, "SMALL_SECONDS", 0.5)
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    model = market_split()
    result = run(model, Settings(gap=0.0, time_limit=3.0))
    assert result.termination is Termination.STOPPED
    sound(model, result)


@pytest.mark.usefixtures("in_child")
def test_a_child_that_cannot_start_is_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a child which ends at once is a Defect, told as one. If broken, BrokenPipeError reaches the host.

    The matrix is larger than a pipe's buffer, so that writing it to nobody fails.
    """
    monkeypatch.setattr(module.sys, "executable", "/bin/false")
    dice = np.random.default_rng(1)
    model = matrix(-np.ones(300), dice.integers(1, 9, (200, 300)), -np.inf, 900, 0, 1, whole=True)
    with pytest.raises(Defect):
        run(model, Settings(gap=0.0, time_limit=3.0))


@pytest.mark.usefixtures("in_child")
def test_a_child_that_does_not_listen_is_killed_with_the_incumbent_kept() -> None:
    """Proves the watchdog: a child that is deaf is killed and its last incumbent stays. If broken, limits are wishes.

    A stopped process (SIGSTOP) is as deaf as one in a long phase of HiGHS.
    """
    model = market_split()
    frozen = threading.Event()

    def freeze(report: Report) -> None:
        if report.values is not None and not frozen.is_set():
            frozen.set()
            for child in children():
                os.kill(child, signal.SIGSTOP)

    began = time.monotonic()
    result = run(model, Settings(gap=0.0, time_limit=2.0), on_report=freeze)
    assert time.monotonic() - began < 2.0 + SLACK  # a safety bound, not a measurement
    assert frozen.is_set()
    assert result.termination is Termination.STOPPED
    sound(model, result)


@pytest.mark.usefixtures("in_child")
def test_a_request_to_stop_is_kept_with_the_incumbent() -> None:
    """Proves that `should_stop` ends a run within moments, with its values. If broken, Ctrl-C loses the plan."""
    model = market_split()
    began = time.monotonic()
    result = run(model, Settings(gap=0.0), should_stop=after(1.5))
    assert time.monotonic() - began < 1.5 + SLACK  # a safety bound, not a measurement
    assert result.termination is Termination.STOPPED
    sound(model, result)


@pytest.mark.usefixtures("in_child")
def test_a_request_that_is_there_from_the_start_is_heard() -> None:
    """Proves that a run asked to stop before it began ends. If broken, a cancelled job still takes its time."""
    began = time.monotonic()
    result = run(market_split(), Settings(gap=0.0), should_stop=lambda: True)
    assert time.monotonic() - began < SLACK  # a safety bound, not a measurement
    assert result.termination is Termination.STOPPED


def test_a_small_run_hears_a_request_too() -> None:
    """Proves that a run in this process can be stopped. If broken, Ctrl-C waits for HiGHS."""
    began = time.monotonic()
    result = run(market_split(), Settings(gap=0.0), should_stop=after(0.3))
    assert time.monotonic() - began < 0.3 + SLACK  # a safety bound, not a measurement
    assert result.termination is Termination.STOPPED
    assert result.values is not None


# Memory


@pytest.mark.long
@pytest.mark.usefixtures("in_child")
def test_a_memory_limit_ends_a_run_and_not_this_process() -> None:
    """Proves that a run which outgrows its memory is an honest stop. If broken, the machine swaps."""
    dice = np.random.default_rng(1)
    table = dice.integers(1, 1000, (1000, 6000))
    model = matrix(-dice.integers(1, 999, 6000), table, -np.inf, table.sum(axis=1) // 3, 0, 1, whole=True)
    began = time.monotonic()
    result = run(model, Settings(gap=0.0, time_limit=120.0, memory_mb=200))
    assert result.termination is Termination.STOPPED
    assert time.monotonic() - began < 100  # it was memory that ended it, not time


@pytest.mark.usefixtures("in_child")
def test_the_least_memory_limit_is_no_traceback() -> None:
    """Proves that the least limit the options take leaves a usable solver. If broken, it is a defect of ours."""
    result = run(market_split(), Settings(gap=0.0, time_limit=1.0, memory_mb=200))
    assert result.termination is Termination.STOPPED


@pytest.mark.usefixtures("in_child")
def test_a_memory_limit_that_is_ample_changes_nothing() -> None:
    """Proves that the option by itself harms nobody. If broken, `--memory-mb` is unusable."""
    model = knapsack()
    assert run(model, Settings(gap=0.0, memory_mb=8000)).objective == run(model, Settings(gap=0.0)).objective


@pytest.mark.usefixtures("in_child")
def test_a_memory_limit_falls_on_a_child() -> None:
    """Proves that the limit never falls on the host. If broken, an embedding server is limited with the solver."""
    seen: list[int] = []
    run(knapsack(), Settings(gap=0.0, memory_mb=8000), on_report=lambda _report: seen.extend(children()))
    assert seen
    assert resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY


def test_a_small_run_needs_no_child_under_a_memory_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that what cannot take much memory is run here. If broken, each probe of a question to a server, which
    always limits memory, takes most of a second, and why a small instance has no plan takes half a minute."""
    monkeypatch.setattr(Watched, "_running_child", lambda _: pytest.fail("a child is started"))
    assert run(knapsack(), Settings(gap=0.0, memory_mb=8000)).termination is Termination.OPTIMAL


# Accidents


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM], ids=lambda one: one.name)
@pytest.mark.usefixtures("in_child")
def test_a_child_killed_from_outside_is_an_honest_stop(number: signal.Signals) -> None:
    """Proves that a child which dies leaves STOPPED and its incumbent. If broken, an out-of-memory killer loses all."""
    model = market_split()
    killed = threading.Event()

    def kill(report: Report) -> None:
        if report.values is not None and not killed.is_set():
            killed.set()
            for child in children():
                os.kill(child, number)

    result = run(model, Settings(gap=0.0, time_limit=60.0), on_report=kill)
    assert killed.is_set()
    assert result.termination is Termination.STOPPED
    sound(model, result)


@pytest.mark.usefixtures("in_child")
def test_the_run_after_a_child_was_killed_gets_a_new_one() -> None:
    """Proves that the next run works. If broken, one accident spoils a session."""
    with watched() as runs:
        runs.run(knapsack(), Settings(gap=0.0))
        (child,) = children()
        os.kill(child, signal.SIGKILL)
        assert gone([child])
        result = runs.run(knapsack(), Settings(gap=0.0))
    assert result.termination is Termination.OPTIMAL


@pytest.mark.usefixtures("in_child")
def test_a_child_whose_death_is_not_known_yet_is_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a child lost between two runs, of which the system says nothing yet, costs no run.

    A killed process is asked for in vain until the last of its threads has ended. If broken, the second run is
    "stopped" without values.
    """
    with watched() as runs:
        runs.run(knapsack(), Settings(gap=0.0))
        (child,) = children()
        assert runs._child is not None
        monkeypatch.setattr(runs._child, "poll", lambda: None)
        os.kill(child, signal.SIGKILL)
        assert gone([child])
        result = runs.run(knapsack(), Settings(gap=0.0))
    assert result.termination is Termination.OPTIMAL


class UnhappyError(Exception):
    """Raised by the tests' own callbacks."""


@pytest.mark.usefixtures("either_way")
def test_an_exception_of_the_listener_reaches_the_caller() -> None:
    """Proves that what a callback raises is raised, and no child stays. If broken, a host's bug says "no plan"."""

    def unhappy(_report: Report) -> None:
        raise UnhappyError

    with pytest.raises(UnhappyError):
        run(market_split(), Settings(gap=0.0, time_limit=5.0), on_report=unhappy)


@pytest.mark.usefixtures("in_child")
def test_an_exception_of_the_request_to_stop_reaches_the_caller() -> None:
    """Proves the same of `should_stop`. If broken, a child is left behind."""
    calls: list[int] = []

    def unhappy() -> bool:
        calls.append(1)
        if len(calls) > 3:
            raise UnhappyError
        return False

    with pytest.raises(UnhappyError):
        run(market_split(), Settings(gap=0.0, time_limit=5.0), should_stop=unhappy)


@pytest.mark.usefixtures("in_child")
def test_a_keyboard_interrupt_reaches_the_caller() -> None:
    """Proves that a host without a handler of its own is interrupted, and no child stays."""

    def interrupt(_report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(market_split(), Settings(gap=0.0, time_limit=5.0), on_report=interrupt)


@pytest.mark.usefixtures("in_child")
def test_closing_twice_is_no_fault() -> None:
    """Proves that closing is safe at any time. If broken, cleaning up after an error raises another."""
    runs = Watched()
    runs.close()
    runs.run(knapsack(), Settings())
    (child,) = children()
    runs.close()
    runs.close()
    assert gone([child])


# Reports


@pytest.mark.usefixtures("either_way")
def test_reports_never_take_back_what_they_said() -> None:
    """Proves that bounds only rise, incumbents only fall, and no bound passes one. If broken, progress jumps about."""
    reports: list[Report] = []
    result = run(market_split(), Settings(gap=0.0, time_limit=2.0), on_report=reports.append)
    bounds = [report.bound for report in reports]
    values = [report.objective for report in reports if report.objective is not None]
    assert values
    assert bounds == sorted(bounds)
    assert all(later <= before + 1e-6 for before, later in itertools.pairwise(values))
    assert result.objective is not None
    assert result.objective <= min(values) + 1e-6
    assert max(bounds) <= min(values) + 1e-6
    assert result.bound >= max(bounds) - 1e-6


@pytest.mark.usefixtures("in_child")
def test_reports_come_from_the_calling_thread() -> None:
    """Proves that a callback needs no locks. If broken, a host's window toolkit crashes."""
    seen: set[int] = set()
    run(knapsack(), Settings(gap=0.0), on_report=lambda _report: seen.add(threading.get_ident()))
    assert seen <= {threading.get_ident()}


@pytest.mark.usefixtures("in_child")
def test_reports_go_on_while_there_is_no_incumbent() -> None:
    """Proves that signs of life come during a search without a plan. If broken, it looks dead.

    A market split with no room for slack: HiGHS looks for a first solution to the end.
    """
    split = market_split(6, 60)
    tight = split.with_bounds(split.lower, np.where(split.whole, split.upper, 0.0))
    reports: list[Report] = []
    result = run(tight, Settings(gap=0.0, time_limit=2.0), on_report=reports.append)
    if result.values is None:
        assert len(reports) > 2
        assert all(report.objective is None for report in reports)
