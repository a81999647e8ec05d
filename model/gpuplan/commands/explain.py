"""`gpuplan explain`: why there is no plan, why an offer is not chosen, which rules a plan breaks."""

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
from gpuplan.errors import InvalidInput, Problem


def explain(
    file: File,
    offer: Annotated[str | None, typer.Option(help="Say what it costs to take a lot of this offer.")] = None,
    plan: Annotated[Path | None, typer.Option(help="Say which rules this plan (JSON) breaks.")] = None,
    hard: Annotated[list[str] | None, typer.Option(help="A rule that no repair may move. Repeatable.")] = None,
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
    """Explain why there is no plan and what would make one; or an offer; or the rules that a plan breaks."""
    from gpuplan.report.explanation import offer_cost_text
    from gpuplan.report.infeasibility import infeasibility_text

    if offer is not None and plan is not None:
        raise InvalidInput([Problem("an offer or a plan is explained, not both at once", "Leave out one of them.")])
    in_folder(output)
    instance = load_instance(file, scenario, edit, quiet)
    if plan is not None:
        _plan(instance, plan, format, output)
    with interruptible() as cancel, steps(quiet) as show:
        if offer is not None:
            cost = gpuplan.explain_offer(
                instance, offer, gap=gap, time_limit=time_limit, threads=threads, seed=seed, on_progress=show,
                cancel=cancel,
            )  # fmt: skip
            answer(cost, offer_cost_text(cost, instance.currency, width()), format, output)
            raise typer.Exit(EXIT[cost.status])
        found = gpuplan.explain_infeasible(
            instance, hard=hard or (), gap=gap, time_limit=time_limit, threads=threads, seed=seed, on_progress=show,
            cancel=cancel,
        )  # fmt: skip
    answer(found, infeasibility_text(found, width()), format, output)
    raise typer.Exit({"feasible": 0, "infeasible": 1, "unknown": 3}[found.status])


def _plan(instance: gpuplan.Instance, plan: Path, form: Format, output: Path | None) -> None:
    """Says which rules a plan breaks, and ends: 0 when it keeps them all, 4 otherwise."""
    from gpuplan.plan.files import read_plan
    from gpuplan.report.explanation import broken_text
    from gpuplan.whatif.explain import BrokenRules

    rules = gpuplan.explain_plan(instance, read_plan(plan))
    answer(BrokenRules(name=instance.name, broken=rules), broken_text(instance.name, rules, width()), form, output)
    raise typer.Exit(4 if rules else 0)
