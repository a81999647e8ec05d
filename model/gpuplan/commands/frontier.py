"""`gpuplan frontier`: the exact trade-off between two measures."""

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


def frontier(
    file: File,
    first: Annotated[str, typer.Option(help="cost, 'max accelerators', 'min carbon-kg', concentration, ...")] = "cost",
    second: Annotated[str, typer.Option(help="The measure that is bounded step by step.")] = "max accelerators",
    step: Annotated[float | None, typer.Option(help="Of the second measure, in its unit.")] = None,
    points: Annotated[int, typer.Option(help="The most points.")] = 50,
    svg: Annotated[Path | None, typer.Option(help="Also draw it to this file (needs matplotlib).")] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the table as CSV to this file.")] = None,
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
    """Find the plans that no other betters in both of two measures, and draw them."""
    from gpuplan.plan.files import write_table, write_whole
    from gpuplan.report.chart import frontier_svg
    from gpuplan.report.choices import frontier_text
    from gpuplan.whatif.frontier import table

    in_folder(output, csv, svg)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.frontier(
            instance, first, second, step=step, points=points, gap=gap, time_limit=time_limit, threads=threads,
            seed=seed, on_progress=show, cancel=cancel,
        )  # fmt: skip
    answer(
        found, frontier_text(found, width()), format, output,
        (csv, lambda path: write_table(path, table(found))), (svg, lambda path: write_whole(path, frontier_svg(found))),
    )  # fmt: skip
    raise typer.Exit(EXIT[found.status])
