"""A sweep solves every point once, whatever ends it, and says what came of each."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.whatif.sweep import Axis
from support.builders import instance, target

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
        ("limits.t.by shift {}d : -30; 0", "limits.t.by shift {}d", ("-30", "0")),
        ("offers.o.tiers = {} : []; [{from_units: 2, price: 90}]", "offers.o.tiers = {}",
         ("[]", "[{from_units: 2, price: 90}]")),
    ],
)  # fmt: skip
def test_an_axis_is_read(text: str, edit: str, values: tuple[str, ...]) -> None:
    """Proves lists, steps and parts."""
    assert Axis.parse(text) == Axis(edit, values)


@pytest.mark.parametrize(
    "text", ["limits.b.at_most = 1", "x = {} : 3 .. 1 step 1", "x = {} : a .. b step 1", "x = {} : 0 .. 1e9 step 1"]
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
        return int(database.execute("SELECT count(*) FROM points").fetchone()[0])


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
        return dict(database.execute("SELECT key, result FROM points").fetchall())


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
