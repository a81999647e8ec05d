"""`gpuplan flip`: how far figures can move before the plan changes in kind."""

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


def flip(
    file: File,
    figure: Annotated[list[str] | None, typer.Option(help="A figure to move, by its path. Repeatable.")] = None,
    by: Annotated[str, typer.Option(help="What makes up the kind of a plan; several by commas.")] = "vendors,models",
    counts_from_share: Annotated[float, typer.Option(help="Share of what is signed for from which one counts.")] = 0.01,
    tolerance_share: Annotated[float, typer.Option(help="Share by which the old kind may be worse.")] = 0.001,
    reach_share: Annotated[float, typer.Option(help="How far to look, as a share of the figure.")] = 1.0,
    scenario: Scenario = None,
    edit: Edits = None,
    format: AsFormat = Format.TABLE,  # noqa: A002
    output: Output = None,
    gap: Annotated[float | None, typer.Option(help="At most a quarter of the tolerance, which is taken else.")] = None,
    time_limit: Limit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Find how far limits, prices and dates can move before the plan changes in kind, and what slack is worth."""
    from gpuplan.report.choices import flips_text
    from gpuplan.whatif.effort import Asked

    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    with interruptible() as cancel, steps(quiet) as show:
        asked = Asked(time_limit=time_limit, threads=threads, seed=seed, on_progress=show, cancel=cancel)
        if gap is not None:
            asked["gap"] = gap
        found = gpuplan.flip(
            instance, figure or (), by=tuple(word.strip() for word in by.split(",")),  # type: ignore[misc]
            counts_from_share=counts_from_share, tolerance_share=tolerance_share, reach_share=reach_share, **asked,
        )  # fmt: skip
    answer(found, flips_text(found, instance.currency, width()), format, output)
    raise typer.Exit(EXIT[found.status])
