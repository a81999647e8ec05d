"""Embedding: threads, scripts without a main guard, hosts that are killed, hosts that use HiGHS themselves."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path

import pytest

import gpuplan
from gpuplan.plan.files import to_json
from gpuplan.solver import watched as module
from gpuplan.solver.result import Settings, Termination
from gpuplan.solver.watched import watched
from solver.dense import alive, children, gone, market_split
from solver.hard import hard_instance
from solver.host import ran, started

BID = Path(__file__).parents[1] / "whole" / "bid.yaml"
FACILITY = Path(__file__).parent / "facility.yaml"


def answer(outcome: gpuplan.Outcome) -> str:
    """The plan as JSON without the block `run`."""
    assert outcome.plan is not None
    return to_json(outcome.plan.model_copy(update={"run": {}}))


# Threads of one host


@pytest.mark.parametrize(("count", "where"), [(2, "here"), (4, "here"), (2, "child"), (4, "child")])
def test_threads_that_solve_at_once_find_what_one_alone_finds(
    count: int, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that searches share nothing. If broken, a web server hands one user the plan of another.

    Each thread has an instance of its own, and its answer is compared with that of the same instance alone.
    """
    monkeypatch.setattr(module, "SMALL", 0 if where == "child" else 10**9)
    monkeypatch.setattr(module, "SMALL_SECONDS", 600.0)
    bid = gpuplan.load(BID)
    wanted = [23_960_048 - 1_000_000 * number for number in range(count)]
    instances = [bid.edited([f"limits.requirement.at_least = {units}"]) for units in wanted]
    alone = [answer(gpuplan.solve(instance)) for instance in instances]
    together: dict[int, str] = {}
    start = threading.Barrier(count)

    def work(number: int) -> None:
        start.wait()
        together[number] = answer(gpuplan.solve(instances[number]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert [together[number] for number in range(count)] == alone
    assert len(set(alone)) == count
    assert not children()


def test_two_hard_searches_at_once_keep_their_limits_and_their_plans() -> None:
    """Proves that a limit holds in each of two threads, and that cancelling one leaves the other alone."""
    results: dict[str, gpuplan.Outcome] = {}
    cancel = threading.Event()
    instance = gpuplan.load(hard_instance())

    def work(name: str, limit: float, stop: threading.Event | None) -> None:
        results[name] = gpuplan.solve(instance, gap=0, time_limit=limit, cancel=stop)

    threads = [
        threading.Thread(target=work, args=("cancelled", 60.0, cancel)),
        threading.Thread(target=work, args=("limited", 8.0, None)),
    ]
    for thread in threads:
        thread.start()
    time.sleep(2.0)
    cancel.set()
    threads[0].join(20)
    assert "cancelled" in results
    threads[1].join(30)
    assert results["limited"].status in ("feasible", "no_plan_found")
    assert results["limited"].seconds >= 7.5
    assert not children()


def test_a_search_in_a_thread_needs_no_signals() -> None:
    """Proves that the library touches no signal handler. If broken, it works in the main thread only."""
    before = signal.getsignal(signal.SIGINT)
    results: list[gpuplan.Outcome] = []
    thread = threading.Thread(target=lambda: results.append(gpuplan.solve(gpuplan.load(BID))))
    thread.start()
    thread.join(60)
    assert results[0].status == "optimal"
    assert signal.getsignal(signal.SIGINT) is before


# Hosts


NO_GUARD = f"""
import gpuplan, gpuplan.solver.watched
from pathlib import Path
gpuplan.solver.watched.SMALL = 0
print("top level of the host")
outcome = gpuplan.solve(gpuplan.load(Path({str(BID)!r})))
print(outcome.status, round(outcome.plan.cost.amount, 3))
"""


def test_a_script_without_a_main_guard_works(tmp_path: Path) -> None:
    """Proves that the child does not import the host's script. If broken, it runs twice, or forever."""
    result = ran(tmp_path, NO_GUARD)
    assert result.stdout.splitlines() == ["top level of the host", "optimal 15210109.512"]
    assert not result.stderr
    assert result.returncode == 0


def test_the_library_prints_nothing(tmp_path: Path) -> None:
    """Proves silence on both streams, in this process and in the child. If broken, a host's output is spoilt."""
    result = ran(tmp_path, "print = lambda *_words: None\n" + NO_GUARD)
    assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def test_a_host_with_modules_of_the_same_names_is_not_disturbed(tmp_path: Path) -> None:
    """Proves that the child imports nothing from the host's folder. If broken, a host's `solver.py` breaks us."""
    for name in ("solver", "numpy", "highs", "struct", "worker"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the host was imported')\n", encoding="utf-8")
    result = ran(
        tmp_path,
        # The host itself must find the true modules, so its folder leaves the path; the child starts in it.
        f"import os; sys.path.remove({str(tmp_path)!r}); os.chdir({str(tmp_path)!r})\n" + NO_GUARD,
    )
    assert result.stdout.splitlines()[-1:] == ["optimal 15210109.512"], result.stderr


def a_knapsack_of_its_own(threads: int) -> str:
    """What a host solves with HiGHS itself."""
    return f"""
h = highspy.Highs()
h.setOptionValue("output_flag", False)
h.setOptionValue("threads", {threads})
x = [h.addBinary() for _ in range(3)]
h.addConstr(3 * x[0] + 5 * x[1] + 4 * x[2] <= 8)
h.maximize(2 * x[0] + 3 * x[1] + 2 * x[2])
"""


def test_a_host_that_uses_highs_with_other_threads_still_solves(tmp_path: Path) -> None:
    """Proves that the host's own pool of threads is no hindrance. If broken, the answer is "no plan found"."""
    result = ran(
        tmp_path,
        f"""
import highspy, gpuplan
from pathlib import Path
{a_knapsack_of_its_own(4)}
for threads in (1, 2, 3):
    print(gpuplan.solve(gpuplan.load(Path({str(BID)!r})), threads=threads).status)
h.minimize(2 * x[0] + 3 * x[1] + 2 * x[2])
print(h.getModelStatus())
""",
    )
    assert result.stdout.split()[-4:] == ["optimal", "optimal", "optimal", "HighsModelStatus.kOptimal"], result.stderr


def test_a_host_can_use_highs_with_any_number_of_threads_afterwards(tmp_path: Path) -> None:
    """Proves that small runs and proofs in this process leave the host's own HiGHS alone. If broken, it ends without a
    status from then on, for every number of threads but one."""
    result = ran(
        tmp_path,
        f"""
import highspy, gpuplan
from pathlib import Path
print(gpuplan.solve(gpuplan.load(Path({str(BID)!r}))).status)
{a_knapsack_of_its_own(3)}
print(h.getModelStatus())
""",
    )
    assert result.stdout.split()[0] == "optimal", result.stderr
    assert result.stdout.split()[-1] == "HighsModelStatus.kOptimal", result.stderr


LONG = """
import os, time, gpuplan, threading
from solver.dense import children
from solver.hard import hard_instance
def show(progress):
    print(*children(), flush=True)
gpuplan.solve(gpuplan.load(hard_instance()), gap=0, time_limit=100, on_progress=show)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_a_killed_host_leaves_no_child(number: signal.Signals, tmp_path: Path) -> None:
    """Proves that the solver's process ends with a host that is killed. If broken, it eats a core until reboot."""
    host = started(tmp_path, LONG)
    try:
        assert host.stdout is not None
        solvers = [int(word) for word in host.stdout.readline().split()]
        assert solvers
        assert all(alive(solver) for solver in solvers)
        os.kill(host.pid, number)
        assert gone(solvers, within=10)
    finally:
        host.kill()
        host.communicate()


def test_a_host_that_exits_in_the_middle_leaves_no_child(tmp_path: Path) -> None:
    """Proves the same of `os._exit` and of a search in a daemon thread. If broken, every restart leaves a solver."""
    result = ran(
        tmp_path,
        """
import os, time, gpuplan, threading
from solver.dense import children
from solver.hard import hard_instance
seen = threading.Event()
instance = gpuplan.load(hard_instance())
options = dict(gap=0, time_limit=100, on_progress=lambda progress: seen.set())
threading.Thread(target=gpuplan.solve, args=(instance,), kwargs=options, daemon=True).start()
seen.wait(60)
print(*children(), flush=True)
os._exit(0)
""",
    )
    solvers = [int(word) for word in result.stdout.split()]
    assert solvers
    assert gone(solvers, within=10)


def test_a_solver_in_another_session_is_not_hit_by_a_terminals_interrupt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that Ctrl-C goes to the host alone, which then asks the child. If broken, the incumbent dies with it."""
    monkeypatch.setattr(module, "SMALL", 0)
    groups: set[int] = set()
    with watched() as runs:
        result = runs.run(
            market_split(),
            Settings(gap=0.0, time_limit=1.0),
            on_report=lambda _report: groups.update(os.getpgid(child) for child in children()),
        )
    assert result.termination is Termination.STOPPED
    assert groups
    assert os.getpgid(0) not in groups
