"""What the commands share: how a file is named and read, how an answer is written, how a wait is shown and ended."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

import gpuplan
from gpuplan.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gpuplan.instance.schema import Instance
    from gpuplan.solver.search import Progress
    from gpuplan.whatif.effort import Step

EXIT = {"optimal": 0, "feasible": 0, "infeasible": 1, "unbounded": 2, "no_plan_found": 3, "audit_failed": 4}


class Format(Enum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"


File = Annotated[str, typer.Argument(help="Instance file: YAML, JSON or TOML.", show_default=False)]
Edits = Annotated[
    list[str] | None,
    typer.Option("--edit", help="Change before solving, such as 'limits.budget.at_most *= 0.9'. Repeatable."),
]
Scenario = Annotated[str | None, typer.Option(help="Apply one of the instance's scenarios, before any --edit.")]
AsFormat = Annotated[Format, typer.Option("--format", help="table for people, json for programs.")]


Gap = Annotated[float, typer.Option(help="Share of the objective within which a plan counts as optimal.")]
Limit = Annotated[float | None, typer.Option("--time-limit", help="Seconds, over all searches.")]
Threads = Annotated[int, typer.Option(help="Threads of the solver.")]
Seed = Annotated[int, typer.Option(help="Seed of the solver.")]
Output = Annotated[Path | None, typer.Option(help="Also write the answer as JSON to this file.")]
Quiet = Annotated[bool, typer.Option("--quiet", help="No progress and no remarks.")]


def edited(
    instance: Instance, remarks: list[Problem], scenario: str | None, edits: list[str] | None
) -> tuple[Instance, list[Problem]]:
    """The instance in a scenario and with edits, and the remarks on that."""
    if scenario is None and not edits:
        return instance, remarks
    instance = instance if scenario is None else instance.in_scenario(scenario)
    instance = instance.edited(edits) if edits else instance
    return instance, gpuplan.check(instance)


def edits_of(edit: list[str] | None, edits: Path | None) -> list[str]:
    """The edits of a file and then those of the command line."""
    from gpuplan.instance.loading import read_edits

    return [*(read_edits(edits) if edits is not None else []), *(edit or [])]


def with_remarks(file: str) -> tuple[Instance, list[Problem]]:
    """The instance of a file, and what there is to remark on it."""
    from gpuplan.instance.loading import warnings_of
    from gpuplan.plan.obstacles import remarks

    return warnings_of(Path(file), remarks)


def load_instance(file: str, scenario: str | None, edits: list[str] | None, quiet: bool) -> Instance:
    """The instance of a file in a scenario and with edits; remarks go to standard error."""
    found, remarks = edited(*with_remarks(file), scenario, edits)
    if not quiet:
        for one in remarks:
            remark(str(one))
    return found


def remark(text: str) -> None:
    """Write a remark to standard error."""
    typer.echo(f"remark: {text}", err=True)


def say(text: str) -> None:
    """Write to standard output; a reader that goes away, as `head` does, is no failure."""
    if not speaks_unicode():
        encoding = sys.stdout.encoding or "ascii"
        text = text.replace("≥", ">=").replace("≤", "<=").encode(encoding, "replace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def speaks_unicode() -> bool:
    """Whether standard output takes every letter."""
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


@contextmanager
def interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C or termination request stops the search and keeps the best plan; the second ends the program."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def ask(number: int, _frame: Any) -> None:
        if stop.is_set():
            _end(number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.getsignal(number)
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for caught, handler in before.items():
            signal.signal(caught, handler)


@contextmanager
def ended_by_interrupts() -> Iterator[None]:
    """Ctrl-C ends the program at once, wherever it is, but where something else listens to it.

    An exception would not do: libraries turn it into one of their own while they are loaded.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, lambda number, _frame: _end(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end(number: int) -> NoReturn:
    """End the program now, a sweep's workers too; solvers end with it, since nobody is left at their pipes.

    An exception would be lost, its traceback shown, where Python is at work on one that it must ignore (in a callback
    or while it collects garbage).
    """
    if sys.stderr.isatty():
        os.write(sys.stderr.fileno(), b"\x1b[?25h\n")  # the cursor, which a line of progress hides
    for worker in multiprocessing.active_children():
        if worker.pid is not None:
            with suppress(OSError):  # it has ended by itself
                os.kill(worker.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    os._exit(128 + number)


@contextmanager
def progress(quiet: bool) -> Iterator[Any]:
    """A line on a terminal's standard error that says where the search stands; nothing elsewhere."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    from gpuplan.report.words import percent

    with Console(stderr=True).status("building the model") as status:

        def show(progress: Progress) -> None:
            best = "no plan yet" if progress.incumbent is None else f"best {progress.incumbent:,.6g}"
            bound = "" if progress.bound is None else f", bound {progress.bound:,.6g}, gap {percent(progress.gap)}"
            status.update(
                f"level {progress.level} of {progress.levels}: {progress.name}: {best}{bound}; "
                f"{progress.seconds:.0f} s. Ctrl-C stops and keeps the best plan"
            )

        yield show


@contextmanager
def steps(quiet: bool) -> Iterator[Any]:
    """A line on a terminal's standard error that says where a question of several searches stands."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console

    from gpuplan.report.words import percent

    with Console(stderr=True).status("building the model") as status:

        def show(step: Step) -> None:
            count = f"{step.done} done" if step.of is None else f"{step.done} of {step.of} done"
            gap = "" if step.search is None or step.search.gap is None else f", gap {percent(step.search.gap)}"
            status.update(f"{step.doing}{gap}; {count}, {step.seconds:.0f} s. Ctrl-C stops and keeps what is known")

        yield show


def answer(
    found: BaseModel, text: str, form: Format, output: Path | None, *files: tuple[Path | None, Callable[[Path], object]]
) -> None:
    """Print an answer as it was asked for, then write it to a file where one was named, and other files."""
    from gpuplan.plan.files import to_json, write_whole

    say(to_json(found, ascii_only=not speaks_unicode()) if form is Format.JSON else text)
    written((output, lambda path: write_whole(path, to_json(found))), *files)


def written(*files: tuple[Path | None, Callable[[Path], object]]) -> None:
    """Write files, each by its writer, where they were named.

    Called when the answer has been printed: raises InvalidInput with every file that cannot be written, so that neither
    the answer nor another file is lost by it.
    """
    faults: list[Problem] = []
    for path, write in files:
        if path is not None:
            try:
                write(path)
            except InvalidInput as error:
                faults += error.problems
    if faults:
        raise InvalidInput(faults)


def in_folder(*paths: Path | None, folders: tuple[Path | None, ...] = ()) -> None:
    """Raises InvalidInput when files or folders that are to be written cannot be, before anything is searched."""
    faults = [_unwritable(path, is_folder=False) for path in paths] + [
        _unwritable(path, is_folder=True) for path in folders
    ]
    if found := [fault for fault in faults if fault is not None]:
        raise InvalidInput(found)


def _unwritable(path: Path | None, *, is_folder: bool) -> Problem | None:
    """Why a file or a folder of files cannot be written, as far as can be known beforehand."""
    if path is None:
        return None
    if not path.parent.is_dir():
        return Problem(f"there is no folder {path.parent}", "Make it first.")
    if is_folder and path.exists() and not path.is_dir():
        return Problem(f"{path} is no folder", "Name one that is there, or one that can be made.")
    if not is_folder and path.is_dir():
        return Problem(f"{path} is a folder", "Name a file in it.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        return Problem(f"{path} cannot be written to", "Name one in a folder that can be written to.")
    return None


def width() -> int:
    """Columns to write in: those of the terminal, 80 where there is none."""
    return max(os.get_terminal_size().columns, 60) if sys.stdout.isatty() else 80
