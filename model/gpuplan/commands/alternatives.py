"""`gpuplan alternatives`: the best plans that differ in what people care about."""

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


def alternatives(
    file: File,
    count: Annotated[int, typer.Option(help="How many plans, the best included.")] = 5,
    by: Annotated[str, typer.Option(help="What they differ in: vendors, models, sites, months; several by commas.")] = (
        "vendors"
    ),
    counts_from_share: Annotated[float, typer.Option(help="Share of what is signed for from which one counts.")] = 0.01,
    within: Annotated[float, typer.Option(help="Share by which an alternative may be worse than the best.")] = 0.1,
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
    """Find the best plans that differ in their vendors, models, sites or months of signing."""
    from gpuplan.report.choices import alternatives_text

    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.alternatives(
            instance, count=count, by=tuple(word.strip() for word in by.split(",")),  # type: ignore[misc]
            counts_from_share=counts_from_share, within=within, gap=gap, time_limit=time_limit, threads=threads,
            seed=seed, on_progress=show, cancel=cancel,
        )  # fmt: skip
    answer(found, alternatives_text(found, instance.currency, width()), format, output)
    raise typer.Exit(EXIT[found.status])
