"""A sweep solves every point once, whatever ends it, and says what came of each."""

from __future__ import annotations

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gpuplan
from cli.running import MODULE, environment
from gpuplan.errors import InvalidInput
from gpuplan.report.choices import sweep_text
from gpuplan.whatif.sweep import Axis
from solver.dense import children, gone
from solver.hard import hard_instance
from support.builders import instance, offer, target

ROOT = Path(__file__).resolve().parents[2]
BUDGET = "limits.cap.at_most = {} : 100; 200; 300"


def one(**over: object) -> gpuplan.Instance:
    return instance(limits={"t": target(2), "cap": {"measure": "capex", "at_most": 250}}, **over)


def test_axes_are_crossed() -> None:
    """Proves six points by hand: two systems at 100 or 120 need 200 or 240 of a budget of 100, 200 or 300."""
    found = gpuplan.sweep(one(), [BUDGET, "offers.o.price = {} : 100; 120"], jobs=1)
    assert [(point.values, point.status, point.cost) for point in found.points] == [
        (("100", "100"), "infeasible", None),
        (("100", "120"), "infeasible", None),
        (("200", "100"), "optimal", 200),
        (("200", "120"), "infeasible", None),
        (("300", "100"), "optimal", 200),
        (("300", "120"), "optimal", 240),
    ]
    assert found.complete
    assert found.of == 6


def test_axes_are_zipped() -> None:
    """Proves that zipped axes go side by side, and that unequal ones are refused."""
    found = gpuplan.sweep(
        one(), ["limits.cap.at_most = {} : 200; 300", "offers.o.price = {} : 100; 120"], zipped=True, jobs=1
    )
    assert [(point.values, point.cost) for point in found.points] == [(("200", "100"), 200), (("300", "120"), 240)]
    with pytest.raises(InvalidInput, match="zipped"):
        gpuplan.sweep(one(), [BUDGET, "offers.o.price = {} : 1; 2"], zipped=True)


@pytest.mark.parametrize(
    ("text", "edit", "values"),
    [
        ("limits.b.at_most = {} : 1; 2", "limits.b.at_most = {}", ("1", "2")),
        ("limits.b.at_most *= : 0.9; 1", "limits.b.at_most *= {}", ("0.9", "1")),
        ("limits.b.at_most = {} : 1 .. 2 step 0.5", "limits.b.at_most = {}", ("1", "1.5", "2.0")),
        ("limits.b.at_most = {} : 1e6 .. 3e6 in 3", "limits.b.at_most = {}", ("1000000", "2000000", "3000000")),
        ("limits.b.at_most = {} : 1 .. 2 in 4", "limits.b.at_most = {}", ("1", "1.33333333333", "1.66666666667", "2")),
        ("limits.b.at_most = {} : 0 .. 0.7 in 8", "limits.b.at_most = {}",
         ("0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7")),
        ("limits.t.by shift {}d : -30; 0", "limits.t.by shift {}d", ("-30", "0")),
        ("offers.o.tiers = {} : []; [{from_units: 2, price: 90}]", "offers.o.tiers = {}",
         ("[]", "[{from_units: 2, price: 90}]")),
    ],
)  # fmt: skip
def test_an_axis_is_read(text: str, edit: str, values: tuple[str, ...]) -> None:
    """Proves lists, steps and parts."""
    assert Axis.parse(text) == Axis(edit, values)


@given(low=st.integers(-999, 999), width=st.integers(1, 999), number=st.integers(2, 400))
def test_a_range_in_n_has_n_points(low: int, width: int, number: int) -> None:
    """Proves it from end to end: N points, both ends among them, none twice. If broken, the last is missing."""
    values = Axis.parse(f"x = {{}} : {low} .. {low + width} in {number}").values
    assert len(set(values)) == len(values) == number
    assert (values[0], values[-1]) == (str(low), str(low + width))
    steps = {round(Decimal(two) - Decimal(one), 8) for one, two in pairwise(values)}
    assert max(steps) - min(steps) <= Decimal("1e-7")


@pytest.mark.parametrize(
    "text",
    [
        "limits.b.at_most = 1",
        "x = {} : 1 .. 2 in 1",
        "x = {} : 1 .. 2 in 999999999",
        "x = {} : 3 .. 1 step 1",
        "x = {} : a .. b step 1",
        "x = {} : 0 .. 1e9 step 1",
    ],
)
def test_what_is_no_axis_is_refused(text: str) -> None:
    """Proves that a range that falls, or is endless, is no range."""
    with pytest.raises(InvalidInput, match="axis"):
        Axis.parse(text)


def test_a_point_that_is_not_valid_is_a_result() -> None:
    """Proves that one wrong value does not end a night's work; its fault is told."""
    found = gpuplan.sweep(one(), ["offers.o.price = {} : 100; -1"], jobs=1)
    assert [point.status for point in found.points] == ["optimal", "invalid"]
    assert "offers.o.price" in found.points[1].fault


def test_a_store_gives_back_what_was_solved(tmp_path: Path) -> None:
    """Proves that the second sweep solves nothing: a point is known by its edited instance, however it was made."""
    store = tmp_path / "points.sqlite"
    first = gpuplan.sweep(one(), [BUDGET], store=store, jobs=1)
    again = gpuplan.sweep(one(), ["limits.cap.at_most *= {} : 0.4; 0.8; 1.2"], store=store, jobs=1)
    assert [point.seconds for point in first.points] == [point.seconds for point in again.points]
    assert [point.cost for point in first.points] == [point.cost for point in again.points]
    other = gpuplan.sweep(one(), [BUDGET], store=store, jobs=1, gap=0.01)
    assert len(other.points) == 3
    assert count(store) == 6


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    """Proves that another file is not written to."""
    path = tmp_path / "notes.txt"
    path.write_text("not a database, and longer than the head of one would be " * 10)
    with pytest.raises(InvalidInput, match="store"):
        gpuplan.sweep(one(), [BUDGET], store=path, jobs=1)
    assert path.read_text().startswith("not a database")


def count(store: Path) -> int:
    with sqlite3.connect(store) as database:
        return int(database.execute("SELECT count(*) FROM points WHERE key NOT LIKE 'plan %'").fetchone()[0])


SWEEPING = """
import sys
sys.path[:0] = [{model!r}, {tests!r}]
import gpuplan
from support.builders import instance, target
one = instance(limits={{"t": target(2), "cap": {{"measure": "capex", "at_most": 250}}}})
gpuplan.sweep(one, ["limits.cap.at_most = {{}} : 1 .. 240 step 1"], store={store!r}, jobs=2)
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the platform has no kill that cannot be caught")
def test_a_sweep_that_is_killed_goes_on_without_loss_or_repetition(tmp_path: Path) -> None:
    """Proves with kill -9: every point that was there is there afterwards, unchanged, and the rest is added."""
    store = tmp_path / "points.sqlite"
    code = SWEEPING.format(model=str(ROOT / "model"), tests=str(ROOT / "tests"), store=str(store))
    child = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and child.poll() is None:
            if store.exists() and _safely(store) >= 5:
                break
            time.sleep(0.05)
    finally:
        if child.poll() is None:
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    kept = rows(store)
    assert 5 <= len(kept) < 240
    found = gpuplan.sweep(one(), ["limits.cap.at_most = {} : 1 .. 240 step 1"], store=store, jobs=1)
    assert found.complete
    assert len(found.points) == 240
    after = rows(store)
    assert len(after) == 240
    assert kept.items() <= after.items()
    assert [point.status for point in found.points] == ["infeasible"] * 199 + ["optimal"] * 41


def _safely(store: Path) -> int:
    try:
        return count(store)
    except sqlite3.OperationalError:  # not made yet, or being written
        return 0


def rows(store: Path) -> dict[str, str]:
    with sqlite3.connect(store) as database:
        return dict(database.execute("SELECT key, result FROM points WHERE key NOT LIKE 'plan %'").fetchall())


def test_workers_in_processes_find_the_same() -> None:
    """Proves that points that travel to other processes and back are what they are here."""
    here = gpuplan.sweep(one(), [BUDGET], jobs=1)
    there = gpuplan.sweep(one(), [BUDGET], jobs=2)
    assert [(p.values, p.status, p.cost, p.levels) for p in here.points] == [
        (p.values, p.status, p.cost, p.levels) for p in there.points
    ]


def test_the_backend_of_the_caller_is_used() -> None:
    """Proves that `joblib.parallel_config` reaches the points, so that a cluster can take them over."""
    import joblib

    with joblib.parallel_config(backend="threading", n_jobs=2):
        found = gpuplan.sweep(one(), [BUDGET], jobs=2)
    assert [point.cost for point in found.points] == [None, 200, 200]


def test_a_sweep_that_is_stopped_says_what_is_finished() -> None:
    """Proves that a stop keeps what is there, and that the answer says it is not all."""
    seen: list[int] = []
    found = gpuplan.sweep(
        one(), [BUDGET], jobs=1, on_progress=lambda step: seen.append(step.done), cancel=lambda: bool(seen)
    )
    assert not found.complete
    assert len(found.points) < 3


@pytest.mark.parametrize("limits", [{}, {"point_seconds": 1e6}, {"time_limit": 1e6}])
def test_what_a_stop_cut_short_is_solved_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limits: dict[str, float]
) -> None:
    """Proves that a plan of a search that was stopped is told and not kept, so that the next sweep ends the search.

    If broken, the store gives back what is 50 % dearer than the best for good.
    """
    seen: list[int] = []
    solve = gpuplan.solve

    def cut_short(instance: gpuplan.Instance, **options: object) -> gpuplan.Outcome:
        found = solve(instance, **options)  # type: ignore[arg-type]
        seen.append(1)
        assert found.plan is not None
        plan = found.plan.model_copy(update={"status": "feasible", "systems": 3})
        return dataclasses.replace(found, status="feasible", plan=plan)

    store = tmp_path / "points.sqlite"
    axis = ["limits.t.at_least = {} : 1; 0"]
    with monkeypatch.context() as patched:
        patched.setattr("gpuplan.whatif.sweep.solve", cut_short)
        first = gpuplan.sweep(one(), axis, store=store, jobs=1, cancel=lambda: len(seen) > 1, **limits)  # type: ignore[arg-type]
    assert [(point.systems, point.finished) for point in first.points] == [(3, False)]
    assert not first.complete
    assert "0 of 2 points are finished, 1 was cut short" in sweep_text(first)
    again = gpuplan.sweep(one(), axis, store=store, jobs=1, **limits)  # type: ignore[arg-type]
    assert [(point.systems, point.status, point.finished) for point in again.points] == [
        (1, "optimal", True),
        (0, "optimal", True),
    ]
    assert again.complete


def test_what_took_its_own_time_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a sweep whose points have a time of their own ends: what used it up is not solved a second time."""
    solve = gpuplan.solve
    asked: list[object] = []

    def slow(instance: gpuplan.Instance, **options: object) -> gpuplan.Outcome:
        asked.append(options["time_limit"])
        found = solve(instance, **options)  # type: ignore[arg-type]
        assert found.plan is not None
        return dataclasses.replace(found, status="feasible", plan=found.plan.model_copy(update={"status": "feasible"}))

    monkeypatch.setattr("gpuplan.whatif.sweep.solve", slow)
    store = tmp_path / "points.sqlite"
    for _ in range(2):
        found = gpuplan.sweep(one(), ["limits.cap.at_most = {} : 200"], store=store, jobs=1, point_seconds=50)
        assert found.complete
    assert asked == [50, 50]  # the instance itself and its one point, once


def test_no_change_is_said_as_no_change() -> None:
    """Proves that an offer which is not bought may be dearer or later: two at 100 of v are kept, unless w asks 90."""
    market = instance(
        vendors={"w": {}}, offers={"p": offer(vendor="w", price=110)}, limits={"t": target(2, stage="signed")}
    )
    found = gpuplan.sweep(market, ["offers.p.price = {} : 90; 100; 120", "offers.p.lead_days += {} : 0; 5"], jobs=1)
    told = [(point.values, point.cost, point.is_kept) for point in found.points]
    assert told == [
        (("90", "0"), 180, False),
        (("90", "5"), 180, False),
        (("100", "0"), 200, True),
        (("100", "5"), 200, True),
        (("120", "0"), 200, True),
        (("120", "5"), 200, True),
    ]
    assert "Kept: the plan of the instance" in sweep_text(found)


def test_a_point_that_was_cut_short_is_finished_where_the_plan_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that nothing is left to find where the plan of the instance as it stands is within the gap of the bound
    that a search had when it was stopped."""
    solve, seen = gpuplan.solve, list[int]()

    def cut_short(instance: gpuplan.Instance, **options: object) -> gpuplan.Outcome:
        found = solve(instance, **options)  # type: ignore[arg-type]
        seen.append(1)
        assert found.plan is not None
        plan = found.plan.model_copy(update={"status": "feasible"}) if len(seen) > 1 else found.plan
        return dataclasses.replace(found, status=plan.status, plan=plan)

    monkeypatch.setattr("gpuplan.whatif.sweep.solve", cut_short)
    found = gpuplan.sweep(one(), ["limits.cap.at_most = {} : 300"], jobs=1, cancel=lambda: len(seen) > 1)
    assert [(point.status, point.is_kept, point.finished) for point in found.points] == [("optimal", True, True)]
    assert found.complete


def sweeping(tmp_path: Path) -> subprocess.Popen[str]:
    """A sweep under way in two processes, each solving a point that would take minutes."""
    file = tmp_path / "hard.yaml"
    file.write_text(hard_instance(), encoding="utf-8")
    words = ["sweep", str(file), "--axis", "limits.target.at_least *= {} : 0.9 .. 1.0 in 8", "--gap", "0"]
    more = ["--jobs", "2", "--store", str(tmp_path / "points.sqlite")]
    process = subprocess.Popen(
        [*MODULE, *words, *more], text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(), start_new_session=True,
    )  # fmt: skip
    until = time.monotonic() + 60
    while len(solvers(process)) < 2 and time.monotonic() < until:
        time.sleep(0.05)
    assert len(solvers(process)) >= 2, process.communicate()
    return process


def solvers(process: subprocess.Popen[str]) -> list[int]:
    return [solver for worker in children(process.pid) for solver in children(worker)]


def test_an_interrupt_is_heard_within_a_point(tmp_path: Path) -> None:
    """Proves Ctrl-C at a terminal, which reaches workers as well: the sweep ends with what there is, and no process of
    it is left. If broken, it waits for points that take minutes, or ends with a worker's traceback."""
    process = sweeping(tmp_path)
    workers = [*children(process.pid), *solvers(process)]
    try:
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 3, errors
    assert "Traceback" not in errors
    assert "Stopped: 0 of 8 points are finished" in output
    assert gone(workers, within=30)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="the platform has no kill that cannot be caught")
def test_workers_do_not_outlive_their_driver(tmp_path: Path) -> None:
    """Proves it with kill -9 of the driver alone. If broken, two processes go on for minutes, unseen."""
    process = sweeping(tmp_path)
    workers = [*children(process.pid), *solvers(process)]
    process.kill()
    process.communicate(timeout=60)
    assert gone(workers, within=30)
