"""`gpuplan what-if`: base and edited plan side by side."""

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
    edits_of,
    in_folder,
    interruptible,
    load_instance,
    steps,
    width,
)
from gpuplan.errors import InvalidInput, Problem


def what_if(
    file: File,
    edit: Edits = None,
    edits: Annotated[Path | None, typer.Option(help="A file with a list of `edits`, before any --edit.")] = None,
    scenario: Scenario = None,
    format: AsFormat = Format.TABLE,  # noqa: A002
    output: Output = None,
    plan: Annotated[Path | None, typer.Option(help="Also write the edited plan as JSON to this file.")] = None,
    gap: Gap = 1e-3,
    time_limit: Limit = None,
    threads: Threads = 2,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Solve an instance and the same with edits, and show both side by side."""
    from gpuplan.plan.files import to_json, write_whole
    from gpuplan.report.comparison import comparison_text

    in_folder(output, plan)
    instance = load_instance(file, None, None, quiet)
    texts = [*(instance.scenario(scenario).edits if scenario else ()), *edits_of(edit, edits)]
    if not texts:
        raise InvalidInput([Problem("there is nothing to change", "State --edit, --edits or --scenario.")])
    with interruptible() as cancel, steps(quiet) as show:
        found = gpuplan.what_if(
            instance, texts, gap=gap, time_limit=time_limit, threads=threads, seed=seed, on_progress=show, cancel=cancel
        )
    edited = found.edited_plan
    files = () if edited is None else ((plan, lambda path: write_whole(path, to_json(edited))),)
    answer(found.comparison, comparison_text(found.comparison, width()), format, output, *files)
    raise typer.Exit(EXIT[found.comparison.edited.status])
