"""`gpuplan stress`: what a plan signs before a day, in many futures."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

import gpuplan
from gpuplan.commands.common import (
    AsFormat,
    Edits,
    File,
    Format,
    Gap,
    Limit,
    Output,
    Quiet,
    Scenario,
    Seed,
    Threads,
    answer,
    in_folder,
    interruptible,
    load_instance,
    steps,
    width,
)
from gpuplan.errors import InvalidInput, Problem


def stress(
    file: File,
    plan: Annotated[Path, typer.Argument(help="Plan (JSON): what `solve --output` wrote.", show_default=False)],
    before: Annotated[
        str | None, typer.Option(help="Day from which the future is known; that of the instance else.")
    ] = None,
    scenario: Scenario = None,
    edit: Edits = None,
    format: AsFormat = Format.TABLE,  # noqa: A002
    output: Output = None,
    gap: Gap = 1e-3,
    time_limit: Limit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Hold what a plan signs before a day, and solve every future that the instance states or draws."""
    from gpuplan.plan.files import read_plan
    from gpuplan.report.stress import stress_text

    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    decided = read_plan(plan)
    try:
        known = None if before is None else date.fromisoformat(before)
    except ValueError:
        raise InvalidInput([Problem(f"{before!r} is no day", "Write it like 2026-07-01.", "--before")]) from None
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.stress(
            instance, decided, before=known, gap=gap, time_limit=time_limit, threads=threads, seed=seed,
            on_progress=show, cancel=cancel,
        )  # fmt: skip
    answer(found, stress_text(found, width()), format, output)
    raise typer.Exit(0 if found.complete else 3)
