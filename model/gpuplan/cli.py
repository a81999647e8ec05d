"""The command line: `gpuplan COMMAND`, and `solve.py` at the top of the checkout as the same thing.

Results go to standard output, progress and remarks to standard error. Exit codes: 0 a plan; 1 infeasible; 2 invalid
input or usage; 3 stopped with no plan; 4 the audit failed.
"""

from __future__ import annotations

import os
import sys
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

import gpuplan
from gpuplan.commands import (
    alternatives,
    explain,
    flip,
    frontier,
    generate,
    negotiate,
    quotes,
    regret,
    report,
    serve,
    stress,
    sweep,
    what_if,
)
from gpuplan.commands.common import (
    EXIT,
    AsFormat,
    Edits,
    File,
    Format,
    Scenario,
    edited,
    ended_by_interrupts,
    in_folder,
    interruptible,
    load_instance,
    progress,
    say,
    speaks_unicode,
    with_remarks,
    written,
)
from gpuplan.errors import Defect, InvalidInput

if TYPE_CHECKING:
    from gpuplan.api import Outcome
    from gpuplan.plan.plan import Plan

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode="markdown",  # "rich" takes gpuplan[report] for a style and leaves it out
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"gpuplan {gpuplan.__version__}\n")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Which accelerators to buy, from whom, for which site and when, and the facility that runs them."""


class Document(Enum):
    """What a schema is of."""

    INSTANCE = "instance"
    PLAN = "plan"
    COMPARISON = "comparison"
    INFEASIBILITY = "infeasibility"
    OFFER_COST = "offer-cost"
    BROKEN_RULES = "broken-rules"
    ALTERNATIVES = "alternatives"
    FLIPS = "flips"
    SWEEP = "sweep"
    FRONTIER = "frontier"
    REGRET = "regret"
    ENTRY_PRICES = "entry-prices"
    STRESS = "stress"


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
    details: Annotated[bool, typer.Option("--details", help="Print every table of the plan, not one screen.")] = False,
) -> None:
    """Find the best plan of an instance, audit it and print it."""
    in_folder(output, folders=(csv,))
    instance = load_instance(file, scenario, edit, quiet)
    before = _previous(previous)
    with interruptible() as cancel, progress(quiet) as show:
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
    _print(outcome, instance.name, format, before, details)
    _write(outcome, output, csv)
    raise typer.Exit(EXIT[outcome.status])


@app.command()
def check(file: File, scenario: Scenario = None, edit: Edits = None) -> None:
    """Check an instance without solving it: faults, and remarks on what looks odd."""
    from gpuplan.report.words import plural

    instance, remarks = edited(*with_remarks(file), scenario, edit)
    for remark in remarks:
        say(f"remark: {remark}\n")
    sections = ((instance.offers, "offer"), (instance.sites, "site"), (instance.limits, "limit"))
    parts = [plural(len(entities), word) for entities, word in sections]
    span = plural(instance.calendar.periods, instance.calendar.period)
    say(f"{file} is a valid instance: {', '.join(parts)} over {span}; {plural(len(remarks), 'remark')}\n")


@app.command()
def audit(
    file: File,
    plan: Annotated[Path, typer.Argument(help="Plan file (JSON).", show_default=False)],
    scenario: Scenario = None,
    edit: Edits = None,
) -> None:
    """Recompute every rule and every figure that follows from a plan file's decisions, and name what does not hold."""
    from gpuplan.plan.files import read_plan

    instance = load_instance(file, scenario, edit, quiet=True)
    faults = gpuplan.audit(instance, read_plan(plan))
    for fault in faults:
        say(fault + "\n")
    if faults:
        typer.echo(f"{plan} does not hold: {len(faults)} faults", err=True)
        raise typer.Exit(4)
    say(
        f"{plan} holds: every rule, cost and table was recomputed from {file} and the plan's decisions.\n"
        "Bounds are stated as the search gave them: what is proven by them was not recomputed.\n"
    )


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

    instance = load_instance(file, scenario, edit, quiet=True)
    classes, found = chip_classes(instance), permissions(instance)
    if format is Format.JSON:
        rows = {
            "chip_classes": [one.model_dump() for one in classes],
            "permissions": [one.model_dump() for one in found],
        }
        say(to_json({"format": "gpuplan-export-check/1", **rows}))
        return
    say(export_text(classes, found, _width()))


@app.command()
def schema(
    of: Annotated[Document, typer.Argument(help="instance, plan, or the answer to a question.")] = Document.INSTANCE,
) -> None:
    """Print the JSON Schema of an instance file, of a plan, or of the answer to a question."""
    from gpuplan.instance.json_schema import instance_schema
    from gpuplan.plan.files import to_json
    from gpuplan.whatif.schemas import ANSWERS

    say(to_json(instance_schema() if of is Document.INSTANCE else ANSWERS[of.value].model_json_schema()))


@app.command()
def catalog(
    section: Annotated[str | None, typer.Argument(help="accelerators, systems, modules, ...")] = None,
    id: Annotated[str | None, typer.Argument(help="One entry, with its sources.")] = None,  # noqa: A002
    format: AsFormat = Format.TABLE,  # noqa: A002
    changed_since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="What was added or changed after this day.")
    ] = None,
) -> None:
    """List the reference catalogue, a section of it, or one entry with its sources; or what changed in it."""
    from gpuplan.report.catalog import catalog_text, changes_text

    if changed_since is None:
        say(catalog_text(section, id, as_json=format is Format.JSON))
    else:
        say(changes_text(changed_since.date(), section, id, as_json=format is Format.JSON))


def _previous(path: Path | None) -> Plan | None:
    """The plan to compare with, read before the search so that a fault is told at once."""
    from gpuplan.plan.files import read_plan

    return None if path is None else read_plan(path)


def _write(outcome: Outcome, output: Path | None, csv: Path | None) -> None:
    from gpuplan.plan.files import to_json, write_csv, write_whole

    plan = outcome.plan
    if plan is not None:
        written((output, lambda path: write_whole(path, to_json(plan))), (csv, lambda path: write_csv(plan, path)))
    elif output is not None or csv is not None:
        typer.echo("no plan, so no file was written", err=True)


def _print(outcome: Outcome, name: str, form: Format, previous: Plan | None, details: bool) -> None:
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
        say(to_json(tree, ascii_only=not speaks_unicode()))
        return
    color = sys.stdout.isatty() and "NO_COLOR" not in os.environ
    say(outcome_text(outcome, name, _width(), color=color, details=details))
    if plan is not None and changed is not None:
        say(changes_text(changed, plan.currency))


def _width() -> int:
    """Columns of the terminal; 80 where there is none."""
    return max(os.get_terminal_size().columns, 60) if sys.stdout.isatty() else 80


for name, command in (
    ("what-if", what_if.what_if),
    ("explain", explain.explain),
    ("alternatives", alternatives.alternatives),
    ("flip", flip.flip),
    ("negotiate", negotiate.negotiate),
    ("sweep", sweep.sweep),
    ("frontier", frontier.frontier),
    ("regret", regret.regret),
    ("stress", stress.stress),
    ("report", report.report),
    ("serve", serve.serve),
    ("generate", generate.generate),
    ("init", quotes.init),
    ("template", quotes.template),
    ("import", quotes.import_quotes),
    ("export", quotes.export),
):
    app.command(name)(command)


def main(arguments: list[str] | None = None, default: str | None = None) -> None:
    """Run the command line; `default` is the command taken when the first argument names none."""
    words = sys.argv[1:] if arguments is None else arguments
    if default and words and words[0] not in _commands() and words[0] not in ("--help", "-h", "--version"):
        words = [default, *words]
    try:
        with ended_by_interrupts():
            app(args=words, prog_name="gpuplan" if default is None else "solve.py")
    except InvalidInput as error:
        for line in str(error).splitlines():
            typer.echo(f"error: {line}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        typer.echo("interrupted", err=True)
        sys.exit(130)
    except Defect as error:
        typer.echo(f"error: this is a defect of gpuplan, please report it: {error}", err=True)
        sys.exit(4)


def _commands() -> list[str]:
    found = [command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands]
    return [name for name in found if name]
