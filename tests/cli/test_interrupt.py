"""Ctrl-C, termination requests, limits and terminals: a long search ends soon, with its best plan, leaving nothing.

Times stand here only as generous bounds, where that an end comes at all is what is proven.
"""

from __future__ import annotations

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.running import BID, MODULE, SOLVE, environment, ran, started
from solver.dense import alive, children, gone
from solver.hard import hard_instance

SOON = 30.0
"""Seconds that a loaded machine may take to do what takes 2 at most on an idle one."""


@pytest.fixture(scope="module")
def hard(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A first plan after a second or two; not proven best in a minute."""
    path = tmp_path_factory.mktemp("hard") / "hard.yaml"
    path.write_text(hard_instance(), encoding="utf-8")
    return path


@pytest.fixture
def search(hard: Path) -> Iterator[subprocess.Popen[str]]:
    """A search under way, its solver running."""
    process = started(hard, "--gap", "0", "--format", "json")
    until = time.monotonic() + 60
    while not children(process.pid) and time.monotonic() < until:
        time.sleep(0.05)
    assert children(process.pid), process.stderr and process.stderr.read()
    time.sleep(4.0)  # so that there is a plan, most likely; what is proven holds without, too
    yield process
    process.kill()
    process.communicate()


def ended(process: subprocess.Popen[str]) -> tuple[str, str, float]:
    """Output, errors, and seconds until the process ended; its solvers are gone with it."""
    solvers = children(process.pid)
    began = time.monotonic()
    output, errors = process.communicate(timeout=60)
    seconds = time.monotonic() - began
    assert gone(solvers, within=5)
    return output, errors, seconds


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda one: one.name)
def test_an_interrupt_ends_the_search_with_the_best_plan(number: signal.Signals, search: subprocess.Popen[str]) -> None:
    """Proves that Ctrl-C and a termination request end soon, with a plan or saying that there is none, and no child."""
    os.kill(search.pid, number)
    output, errors, seconds = ended(search)
    assert seconds < SOON
    assert "Traceback" not in errors
    assert search.returncode in (0, 3), errors
    answer = json.loads(output)
    if search.returncode == 0:
        assert answer["status"] == "feasible"
        assert answer["audit"]["passed"]
        assert answer["levels"][0]["bound"] <= answer["levels"][0]["value"]
    else:
        assert answer["status"] == "no_plan_found"


def test_a_second_interrupt_ends_the_program_at_once(search: subprocess.Popen[str]) -> None:
    """Proves that who presses twice is not kept waiting, is shown nothing, and leaves no child.

    If broken, the second may be lost or shown as a traceback, or the exit code may be an answer's (0 to 4).
    """
    os.kill(search.pid, signal.SIGINT)
    os.kill(search.pid, signal.SIGINT)
    time.sleep(0.1)
    if search.poll() is None:
        os.kill(search.pid, signal.SIGINT)
    output, errors, seconds = ended(search)
    assert seconds < SOON
    assert errors == ""
    assert output.strip() or search.returncode == 130


def test_a_second_interrupt_ends_the_workers_of_a_sweep(hard: Path) -> None:
    """Proves that nothing that a sweep started outlives it. If broken, workers and their solvers run on unseen."""
    axis = "limits.target.at_least = {} : 90, 91, 92, 93"
    process = started("sweep", hard, "--gap", "0", "--jobs", "2", "--quiet", "--axis", axis)
    until = time.monotonic() + 60
    while len(below(process.pid)) < 4 and time.monotonic() < until:
        time.sleep(0.1)
    begun = below(process.pid)
    assert len(begun) >= 4  # two workers at least, and their solvers
    for _ in range(2):
        os.kill(process.pid, signal.SIGINT)
        time.sleep(0.3)
    process.communicate(timeout=60)
    assert process.returncode == 130
    assert gone(begun, within=10)


def below(process: int) -> list[int]:
    """Every process that a process started, and those that these started."""
    found = children(process)
    return [*found, *(one for child in found for one in below(child))]


def test_an_interrupt_that_a_library_would_make_its_own_error_of_ends_the_program(tmp_path: Path) -> None:
    """Proves that an interrupt while a command loads what it needs is no exception, of which pydantic once made a
    SchemaError. If broken, a traceback and exit code 1, which means infeasible."""
    code = """
import os, signal, sys, time
import gpuplan.cli
def loading(*_):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
    except BaseException as error:
        raise ValueError("an error of its own") from error
gpuplan.cli.with_remarks = loading
gpuplan.cli.main(["check", "any.yaml"])
"""
    result = ran("-c", code, command=[sys.executable], cwd=tmp_path)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")


@pytest.mark.parametrize("command", [SOLVE, [*MODULE, "solve"]], ids=["solve.py", "python -m gpuplan"])
@pytest.mark.parametrize("moment", [0.25, 0.5, 0.9], ids=["importing", "still", "reading"])
def test_an_interrupt_while_the_program_starts_is_no_traceback(
    moment: float, command: list[str], tmp_path: Path
) -> None:
    """Proves the same before the search begins. If broken, an early Ctrl-C shows a traceback or says "infeasible"."""
    path = tmp_path / "large.yaml"
    note = "# padding\n" * 1_500_000
    path.write_text(hard_instance() + note, encoding="utf-8")
    process = started(path, "--gap", "0", command=command)
    time.sleep(moment)
    os.kill(process.pid, signal.SIGINT)
    output, errors, seconds = ended(process)
    assert seconds < SOON
    assert "Traceback" not in errors
    # Before Python itself has started, it ends by the signal.
    assert output.strip() or process.returncode in (130, 3, -signal.SIGINT)


def test_a_killed_program_leaves_no_solver(search: subprocess.Popen[str]) -> None:
    """Proves that `kill -9` takes the solver along. If broken, it runs on unseen."""
    solvers = children(search.pid)
    search.kill()
    assert gone(solvers, within=10)


def test_a_limit_of_one_second_is_kept(hard: Path) -> None:
    """Proves that the program is back soon after a limit of 1 s, with a plan and its gap or word of none."""
    began = time.monotonic()
    result = ran(hard, "--gap", "0", "--time-limit", "1", "--format", "json")
    assert time.monotonic() - began < 1 + 2 * SOON  # a safety bound: starting Python on a loaded machine is in it
    assert result.returncode in (0, 3), result.stderr
    assert "Traceback" not in result.stderr
    answer = json.loads(result.stdout)
    if result.returncode == 0:
        assert answer["status"] == "feasible"
        assert answer["levels"][0]["gap"] > 0
        assert answer["run"]["seconds"] < 1 + SOON
    else:
        assert answer["status"] == "no_plan_found"


def test_a_limit_holds_for_an_infeasible_instance_too(hard: Path) -> None:
    """Proves that looking for the rules that clash is within the limit. If broken, one second becomes thirty."""
    began = time.monotonic()
    result = ran(hard, "--edit", "limits.target.at_least = 100000", "--time-limit", "1")
    assert time.monotonic() - began < 1 + 2 * SOON  # a safety bound
    assert result.returncode in (1, 3), result.stderr


def test_a_stopped_search_says_so_in_the_table(hard: Path) -> None:
    """Proves that people read of the gap, too. If broken, a plan that was stopped passes for the best."""
    result = ran(hard, "--gap", "0", "--time-limit", "6")
    assert result.returncode in (0, 3)
    if result.returncode == 0:
        assert "Stopped" in result.stdout
        said = " ".join(result.stdout.split())
        assert "proven within" in said or "no bound" in said
    assert not [line for line in result.stdout.splitlines() if len(line) > 80]


# Terminals


def on_terminal(
    *words: str | Path, streams: str = "both", interrupt_after: float | None = None, presses: int = 1, **more: str
) -> tuple[int, str, str]:
    """Run with a terminal as standard error (and output, for "both"): exit code, terminal's text, piped output."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*SOLVE, *map(str, words)],
        stdin=slave,
        stdout=slave if streams == "both" else subprocess.PIPE,
        stderr=slave,
        env=environment(TERM="xterm", **more),
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    until = time.monotonic() + 90
    interrupt_at = None if interrupt_after is None else time.monotonic() + interrupt_after
    while time.monotonic() < until:
        if interrupt_at is not None and time.monotonic() > interrupt_at:
            os.kill(process.pid, signal.SIGINT)
            presses -= 1
            interrupt_at = time.monotonic() + 0.1 if presses else None
        if select.select([master], [], [], 0.2)[0]:
            try:
                data = os.read(master, 65536)
            except OSError:
                break
            if not data:
                break
            shown += data
        elif process.poll() is not None:
            break
    output = process.stdout.read().decode() if process.stdout else ""
    if process.stdout:
        process.stdout.close()
    code = process.wait(30)
    os.close(master)
    assert not alive(process.pid)
    return code, shown.decode(errors="replace"), output


def test_progress_is_shown_on_a_terminal_and_results_stay_clean(hard: Path) -> None:
    """Proves that a terminal shows where the search stands, on standard error. If broken, people wait in the dark."""
    code, shown, output = on_terminal(hard, "--gap", "0", "--time-limit", "5", "--format", "json", streams="errors")
    assert code in (0, 3)
    assert "Ctrl-C stops and keeps the best plan" in " ".join(shown.split())
    assert "Traceback" not in shown
    assert json.loads(output)


def test_quiet_shows_no_progress(hard: Path) -> None:
    """Proves that `--quiet` is. If broken, a log is full of spinners."""
    code, shown, output = on_terminal(
        hard, "--gap", "0", "--time-limit", "2", "--quiet", "--format", "json", streams="errors"
    )
    assert code in (0, 3)
    assert shown.strip() == ""
    assert json.loads(output)


def test_no_progress_without_a_terminal(hard: Path) -> None:
    """Proves that nothing is written to a log file meanwhile. If broken, cron mails a novel."""
    result = ran(hard, "--gap", "0", "--time-limit", "2")
    assert result.stderr == ""


def test_no_color_is_kept_on_a_terminal() -> None:
    """Proves NO_COLOR, and that there is style without it. If broken, it is an empty promise."""
    styled = on_terminal(BID, "--quiet")
    plain = on_terminal(BID, "--quiet", NO_COLOR="1")
    assert styled[0] == plain[0] == 0
    assert "\x1b[" in styled[1]
    assert "\x1b[" not in plain[1]
    assert "Optimal" in plain[1]


def test_an_interrupt_on_a_terminal_leaves_it_usable(hard: Path) -> None:
    """Proves that the cursor comes back and the plan is printed. If broken, the shell looks dead after Ctrl-C."""
    code, shown, _ = on_terminal(hard, "--gap", "0", interrupt_after=9.0)
    assert code in (0, 3)
    assert "Traceback" not in shown
    assert shown.count("\x1b[?25h") >= shown.count("\x1b[?25l")


def test_a_second_interrupt_on_a_terminal_leaves_it_usable(hard: Path) -> None:
    """Proves the same of a program that is ended at once. If broken, the cursor stays hidden."""
    code, shown, _ = on_terminal(hard, "--gap", "0", interrupt_after=6.0, presses=2)
    assert code == 130
    assert "Traceback" not in shown
    assert shown.count("\x1b[?25h") >= shown.count("\x1b[?25l") > 0
