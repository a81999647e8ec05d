"""`gpuplan regret`: the plans of scenarios under one another."""

from __future__ import annotations

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


def regret(
    file: File,
    of: Annotated[list[str] | None, typer.Option(help="A scenario of the instance; all else. Repeatable.")] = None,
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
    """Evaluate the plan of each scenario under every other one."""
    from gpuplan.report.choices import regret_text

    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.regret(
            instance, of, gap=gap, time_limit=time_limit, threads=threads, seed=seed, on_progress=show, cancel=cancel
        )
    answer(found, regret_text(found, width()), format, output)
    raise typer.Exit(0 if found.plans else EXIT[found.statuses[0]])
