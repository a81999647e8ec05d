"""`gpuplan negotiate`: at which price each offer enters the plan, and how far that of a chosen one may rise."""

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


def negotiate(
    file: File,
    offer: Annotated[list[str] | None, typer.Option(help="An offer to look at; all when left out. Repeatable.")] = None,
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
    """List every offer with the price at which it enters the plan, or up to which it stays there."""
    from gpuplan.report.prices import prices_text

    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.entry_prices(
            instance, offer or (), gap=gap, time_limit=time_limit, threads=threads, seed=seed, on_progress=show,
            cancel=cancel,
        )  # fmt: skip
    answer(found, prices_text(found, width()), format, output)
    raise typer.Exit(EXIT[found.status])
