"""The command line: `gpuplan COMMAND`, and `solve.py` at the top of the checkout as the same thing.

Results go to standard output, progress and remarks to standard error. Exit codes: 0 a plan; 1 infeasible; 2 invalid
input or usage; 3 stopped with no plan; 4 the audit failed.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

import gpuplan
from gpuplan.errors import Defect, InvalidInput, Problem

if TYPE_CHECKING:
    from gpuplan.api import Outcome
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.plan import Plan
    from gpuplan.solver.search import Progress

EXIT = {"optimal": 0, "feasible": 0, "infeasible": 1, "unbounded": 2, "no_plan_found": 3, "audit_failed": 4}
app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Which accelerators to buy, from whom, for which site and when, and the facility that runs them.",
)


class Format(Enum):
    """How an answer is written."""

    TABLE = "table"
    JSON = "json"


class Document(Enum):
    """What a schema is of."""

    INSTANCE = "instance"
    PLAN = "plan"


File = Annotated[str, typer.Argument(help="Instance file: YAML, JSON or TOML.", show_default=False)]
Edits = Annotated[
    list[str] | None,
    typer.Option("--edit", help="Change before solving, such as 'limits.budget.at_most *= 0.9'. Repeatable."),
]
Scenario = Annotated[str | None, typer.Option(help="Apply one of the instance's scenarios, before any --edit.")]
AsFormat = Annotated[Format, typer.Option("--format", help="table for people, json for programs.")]


@app.command()
def solve(
    file: File,
    format: AsFormat = Format.TABLE,  # noqa: A002
    output: Annotated[Path | None, typer.Option(help="Also write the plan as JSON to this file.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the plan's tables as CSV to this folder.")] = None,
    previous: Annotated[
        Path | None, typer.Option(help="Also tell what changed against this plan (JSON); in JSON beside it.")
    ] = None,
    gap: Annotated[float, typer.Option(help="Share of the objective within which a plan counts as optimal.")] = 1e-3,
    time_limit: Annotated[float | None, typer.Option(help="Seconds.")] = None,
    threads: Annotated[int, typer.Option(help="Threads of the solver; part of what makes a plan repeatable.")] = 2,
    seed: Annotated[int, typer.Option(help="Seed of the solver.")] = 0,
    memory_mb: Annotated[int | None, typer.Option(help="Memory of the solver.")] = None,
    scenario: Scenario = None,
    edit: Edits = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress and no remarks.")] = False,
) -> None:
    """Find the best plan of an instance, audit it and print it."""
    for folder in (output.parent if output else None, csv.parent if csv else None):
        if folder is not None and not folder.is_dir():
            raise InvalidInput([Problem(f"there is no folder {folder}", "Make it first.")])
    instance = _instance(file, scenario, edit, quiet)
    before = _previous(previous)
    with _interruptible() as cancel, _progress(quiet) as show:
        outcome = gpuplan.solve(
            instance,
            gap=gap,
            time_limit=time_limit,
            threads=threads,
            seed=seed,
            memory_mb=memory_mb,
            on_progress=show,
            cancel=cancel,
        )
    _write(outcome, output, csv)
    _print(outcome, instance.name, format, before)
    raise typer.Exit(EXIT[outcome.status])


@app.command()
def check(file: File, scenario: Scenario = None, edit: Edits = None) -> None:
    """Check an instance without solving it: faults, and remarks on what looks odd."""
    from gpuplan.instance.loading import warnings_of

    instance, remarks = _edited(*warnings_of(Path(file)), scenario, edit)
    for remark in remarks:
        _say(f"remark: {remark}\n")
    _say(
        f"{file} can be solved: {len(instance.offers)} offers, {len(instance.sites)} sites, {len(instance.limits)} "
        f"limits over {instance.calendar.periods} {instance.calendar.period}s; {len(remarks)} remarks\n"
    )


@app.command()
def audit(
    file: File,
    plan: Annotated[Path, typer.Argument(help="Plan file (JSON).", show_default=False)],
    scenario: Scenario = None,
    edit: Edits = None,
) -> None:
    """Recompute every rule and figure of a plan file, and name what does not hold."""
    from gpuplan.plan.files import read_plan

    instance = _instance(file, scenario, edit, quiet=True)
    faults = gpuplan.audit(instance, read_plan(plan))
    for fault in faults:
        _say(fault + "\n")
    if faults:
        typer.echo(f"{plan} does not hold: {len(faults)} faults", err=True)
        raise typer.Exit(4)
    _say(f"{plan} holds: every rule and every figure was recomputed from {file} and the plan's decisions\n")


@app.command(name="export-check")
def export_check(
    file: File,
    format: AsFormat = Format.TABLE,  # noqa: A002
    scenario: Scenario = None,
    edit: Edits = None,
) -> None:
    """What export control asks of every offer at every site, without solving: class, rule, outcome, day."""
    from gpuplan.plan.export import chip_classes, permissions
    from gpuplan.plan.files import to_json
    from gpuplan.report.export import export_text

    instance = _instance(file, scenario, edit, quiet=True)
    classes, found = chip_classes(instance), permissions(instance)
    if format is Format.JSON:
        rows = {
            "chip_classes": [one.model_dump() for one in classes],
            "permissions": [one.model_dump() for one in found],
        }
        _say(to_json({"format": "gpuplan-export-check/1", **rows}))
        return
    _say(export_text(classes, found, _width()))


@app.command()
def schema(of: Annotated[Document, typer.Argument(help="instance or plan.")] = Document.INSTANCE) -> None:
    """Print the JSON Schema of an instance file or of a plan."""
    from gpuplan.instance.json_schema import instance_schema
    from gpuplan.plan.files import to_json
    from gpuplan.plan.plan import Plan

    _say(to_json(instance_schema() if of is Document.INSTANCE else Plan.model_json_schema()))


@app.command()
def catalog(
    section: Annotated[str | None, typer.Argument(help="accelerators, systems, modules, ...")] = None,
    id: Annotated[str | None, typer.Argument(help="One entry, with its sources.")] = None,  # noqa: A002
    format: AsFormat = Format.TABLE,  # noqa: A002
) -> None:
    """List the reference catalogue, a section of it, or one entry with its sources."""
    from gpuplan.report.catalog import catalog_text

    _say(catalog_text(section, id, as_json=format is Format.JSON))


def _edited(
    instance: Instance, remarks: list[Problem], scenario: str | None, edits: list[str] | None
) -> tuple[Instance, list[Problem]]:
    """The instance in a scenario and with edits, and the remarks on that."""
    if scenario is None and not edits:
        return instance, remarks
    instance = instance if scenario is None else instance.in_scenario(scenario)
    instance = instance.edited(edits) if edits else instance
    return instance, gpuplan.check(instance)


def _instance(file: str, scenario: str | None, edits: list[str] | None, quiet: bool) -> Instance:
    from gpuplan.instance.loading import warnings_of

    instance, remarks = _edited(*warnings_of(Path(file)), scenario, edits)
    if not quiet:
        for remark in remarks:
            typer.echo(f"remark: {remark}", err=True)
    return instance


def _previous(path: Path | None) -> Plan | None:
    """The plan to compare with, read before the search so that a fault is told at once."""
    from gpuplan.plan.files import read_plan

    return None if path is None else read_plan(path)


def _write(outcome: Outcome, output: Path | None, csv: Path | None) -> None:
    from gpuplan.plan.files import to_json, write_csv, write_whole

    if outcome.plan is not None:
        if output is not None:
            write_whole(output, to_json(outcome.plan))
        if csv is not None:
            write_csv(outcome.plan, csv)
    elif output is not None or csv is not None:
        typer.echo("no plan, so no file was written", err=True)


def _print(outcome: Outcome, name: str, form: Format, previous: Plan | None) -> None:
    from gpuplan.plan.files import to_json
    from gpuplan.report.changes import changes_text
    from gpuplan.report.outcome import outcome_tree
    from gpuplan.report.terminal import outcome_text

    plan = outcome.plan
    changed = gpuplan.changes(previous, plan) if previous is not None and plan is not None else None
    if form is Format.JSON:
        tree = plan or outcome_tree(outcome)
        if plan is not None and changed is not None:
            tree = {"plan": plan.model_dump(), **changed.model_dump()}
        _say(to_json(tree, ascii_only=not _speaks_unicode()))
        return
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    _say(outcome_text(outcome, name, _width(), color=color))
    if plan is not None and changed is not None:
        _say(changes_text(changed, plan.currency))


def _width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(os.get_terminal_size().columns, 60) if sys.stdout.isatty() else 80


def _say(text: str) -> None:
    """Write to standard output; a reader that goes away, as `head` does, is no failure."""
    if not _speaks_unicode():
        encoding = sys.stdout.encoding or "ascii"
        text = text.replace("≥", ">=").replace("≤", "<=").encode(encoding, "replace").decode(encoding)
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "").startswith("utf")


@contextmanager
def _interruptible() -> Iterator[threading.Event]:
    """The first Ctrl-C or termination request stops the search and keeps the best plan; the second ends the program."""
    stop = threading.Event()
    before: dict[int, Any] = {}

    def ask(number: int, _frame: Any) -> None:
        stop.set()
        signal.signal(number, before[number])

    for number in (signal.SIGINT, signal.SIGTERM):
        before[number] = signal.getsignal(number)
        signal.signal(number, ask)
    try:
        yield stop
    finally:
        for caught, handler in before.items():
            signal.signal(caught, handler)


@contextmanager
def _progress(quiet: bool) -> Iterator[Any]:
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


def main(arguments: list[str] | None = None, default: str | None = None) -> None:
    """Run the command line; `default` is the command taken when the first argument names none."""
    words = sys.argv[1:] if arguments is None else arguments
    if default and words and words[0] not in _commands() and words[0] not in ("--help", "-h"):
        words = [default, *words]
    try:
        app(args=words, prog_name="gpuplan" if default is None else "solve.py")
    except InvalidInput as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("stopped before there was a plan", err=True)
        sys.exit(3)
    except Defect as error:
        typer.echo(f"error: this is a defect of gpuplan, please report it: {error}", err=True)
        sys.exit(4)


def _commands() -> list[str]:
    commands = app.registered_commands
    return [one.name or one.callback.__name__ for one in commands if one.callback is not None]
