"""`gpuplan sweep`: an instance solved at every point of lists of values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

import gpuplan
from gpuplan.commands.common import (
    EXIT,
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


def sweep(
    file: File,
    axis: Annotated[list[str], typer.Option(help="'EDIT : VALUES', such as 'limits.b.at_most *= {} : 0.9; 1'.")],
    zipped: Annotated[bool, typer.Option("--zip", help="Take the axes side by side; crossed otherwise.")] = False,
    store: Annotated[Path | None, typer.Option(help="File of finished points, from which a sweep goes on.")] = None,
    jobs: Annotated[int, typer.Option(help="Processes; -1 for one per core.")] = -1,
    point_seconds: Annotated[float | None, typer.Option(help="Seconds for each point.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the table as CSV to this file.")] = None,
    scenario: Scenario = None,
    edit: Edits = None,
    format: AsFormat = Format.TABLE,  # noqa: A002
    output: Output = None,
    gap: Gap = 1e-3,
    time_limit: Limit = None,
    threads: Threads = 1,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Solve an instance at every point of lists or ranges of values, on all cores; goes on where it was ended."""
    from gpuplan.plan.files import write_table
    from gpuplan.report.choices import sweep_text
    from gpuplan.whatif.sweep import table

    in_folder(output, csv, store)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.sweep(
            instance, axis, zipped=zipped, store=store, jobs=jobs, point_seconds=point_seconds, gap=gap,
            time_limit=time_limit, threads=threads, seed=seed, on_progress=show, cancel=cancel,
        )  # fmt: skip
    answer(found, sweep_text(found, width()), format, output, (csv, lambda path: write_table(path, table(found))))
    raise typer.Exit(0 if found.complete else EXIT["no_plan_found"])
