"""The library: load, solve, audit. Nothing here prints, exits or keeps state; all of it may be called from threads."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from gpuplan.instance import loading
from gpuplan.instance.base import exactly
from gpuplan.plan.plan import Plan, PlanLevel, PlanOptions, Status
from gpuplan.plan.proof import level_of, resolution_of

if TYPE_CHECKING:
    from gpuplan.diagnosis import Conflict
    from gpuplan.errors import Problem
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.changes import Changes
    from gpuplan.plan.obstacles import Obstacle
    from gpuplan.reckoning import Reckoning
    from gpuplan.solver.level import LevelResult
    from gpuplan.solver.search import Progress, SearchResult

STEP = Decimal("1e-6")


class Cancel(Protocol):
    """Something like `threading.Event`."""

    def is_set(self) -> bool:
        """Whether the search should stop."""
        ...


@dataclass(frozen=True)
class Outcome:
    """The answer to an instance. Outcome, plan and status are kept apart: a stopped search may still have a plan."""

    status: Status
    plan: Plan | None
    bound: Decimal | None
    """Proven bound on the last level of the objective, in its own unit; None when there is none."""
    gap: Decimal | None
    """Distance from plan to bound as a share of the plan's value; None without a plan or a bound."""
    conflict: Conflict | None
    """Rules that clash, when infeasible and asked for."""
    seconds: float
    obstacles: tuple[Obstacle, ...] = ()
    """When infeasible: what keeps offers from sites, whatever the limits."""


@exactly
def load(source: Path | str) -> Instance:
    """The instance in a YAML, JSON or TOML file, or in text.

    A `Path`, or a string that names a file, is read; any other string is taken as the document itself. Raises
    `InvalidInput` with every problem found, each with file, line and path.
    """
    return loading.load(source)


@exactly
def check(source: Path | str | Instance) -> list[Problem]:
    """What there is to remark on a valid instance: prices out of line, targets that nothing hits.

    Raises `InvalidInput` when it cannot be solved.
    """
    from gpuplan.instance.checks import check as checks
    from gpuplan.plan.obstacles import remarks

    if isinstance(source, Path | str):
        return loading.warnings_of(source, remarks)[1]
    return [*checks(source), *remarks(source)]


@exactly
def solve(
    instance: Instance,
    *,
    gap: float = 1e-3,
    time_limit: float | None = None,
    threads: int = 2,
    seed: int = 0,
    memory_mb: int | None = None,
    on_progress: Callable[[Progress], None] | None = None,
    cancel: Cancel | Callable[[], bool] | None = None,
    explain_seconds: float | None = None,
) -> Outcome:
    """Search for the best plan of an instance, and audit it.

    `gap` is the share of the objective within which each level counts as optimal; `time_limit` is in seconds and holds
    for the whole call. An infeasible instance may take `explain_seconds` to find the rules that clash: what is left of
    the time limit when left out, 30 at most; 0 leaves them unnamed.
    `on_progress` is called from this thread, a few times a second. `cancel` stops the search; the best plan so far is
    then returned. Same instance, version, options and seed: the same plan, when ended by the gap.

    Raises `InvalidInput` when the options or the instance cannot be used and `Defect` on a bug of ours, nothing else.
    """
    from gpuplan.plan.obstacles import obstacles
    from gpuplan.planning import find
    from gpuplan.solver.result import Settings, Termination
    from gpuplan.solver.search import Search

    began = time.monotonic()
    limit = float("inf") if time_limit is None else float(time_limit)
    options = options_of(gap, time_limit, threads, seed, memory_mb)
    settings = Settings(gap=float(gap), time_limit=limit, threads=threads, seed=seed, memory_mb=memory_mb)
    should_stop = stop_of(cancel)
    answer = find(instance, Search(settings, on_progress, should_stop))
    found = answer.result
    if answer.reckoning is None:
        status: Status = {
            Termination.INFEASIBLE: "infeasible",
            Termination.UNBOUNDED: "unbounded",
        }.get(found.termination, "no_plan_found")  # type: ignore[assignment]
        conflict = None
        seconds = min(30.0, limit - (time.monotonic() - began)) if explain_seconds is None else explain_seconds
        if status == "infeasible" and seconds > 0:
            from gpuplan.diagnosis import explain

            conflict = explain(instance, settings, seconds, should_stop)
        there = obstacles(instance) if status == "infeasible" else ()
        return Outcome(status, None, None, None, conflict, time.monotonic() - began, there)
    plan = _plan(found, answer.reckoning, options, began)
    last = plan.levels[-1]
    return Outcome(plan.status, plan, last.bound, last.gap, None, time.monotonic() - began)


@exactly
def audit(instance: Instance, plan: Plan) -> list[str]:
    """Everything in a plan that does not hold or does not follow from its decisions; empty when all is well.

    Imports no solver: rules, costs and tables are recomputed from instance and plan in exact arithmetic.
    """
    from gpuplan.plan.compare import differences

    return differences(instance, plan)


@exactly
def commit(instance: Instance, plan: Plan, until: date | None = None) -> Instance:
    """The instance in which what a plan signs or decides up to a day (that day included) is committed.

    Everything when `until` is left out. Raises `InvalidInput` when the plan was made for another instance.
    """
    from gpuplan.plan.commitment import with_commitments

    return with_commitments(instance, plan, until)


def changes(previous: Plan, plan: Plan) -> Changes:
    """What a plan decides and costs otherwise than a previous one."""
    from gpuplan.plan.changes import changes as compared

    return compared(previous, plan)


def options_of(gap: float, time_limit: float | None, threads: int, seed: int, memory_mb: int | None) -> PlanOptions:
    """The options of a search, as a plan keeps them; raises InvalidInput on any that makes no sense."""
    from gpuplan.errors import InvalidInput
    from gpuplan.errors import Problem as Fault

    faults = []
    if not 0 <= gap <= 1:
        faults.append(Fault(f"{gap} is no gap", "State a share between 0 and 1, such as 0.001.", "gap"))
    if time_limit is not None and not 0 < time_limit < float("inf"):
        faults.append(Fault(f"{time_limit} is no time limit", "State seconds above 0, or leave it out.", "time_limit"))
    if not 1 <= threads <= 256:
        faults.append(Fault(f"{threads} is no number of threads", "State 1 to 256.", "threads"))
    if not 0 <= seed < 2**31:
        faults.append(Fault(f"{seed} is no seed", "State a whole number from 0 to 2147483647.", "seed"))
    if memory_mb is not None and memory_mb < 200:
        faults.append(Fault(f"{memory_mb} MB is too little to solve in", "State 200 or more.", "memory_mb"))
    if faults:
        raise InvalidInput(faults)
    limit = None if time_limit is None else Decimal(repr(float(time_limit)))
    return PlanOptions(gap=Decimal(repr(float(gap))), time_limit=limit, threads=threads, seed=seed, memory_mb=memory_mb)


def stop_of(cancel: Cancel | Callable[[], bool] | None) -> Callable[[], bool] | None:
    """What the search asks whether to stop."""
    if cancel is None or callable(cancel):
        return cancel
    return cancel.is_set


def _plan(found: SearchResult, reckoning: Reckoning, options: PlanOptions, began: float) -> Plan:
    from gpuplan.plan.complete import complete

    levels = levels_of(reckoning.recount.instance, found.levels, reckoning.levels, options.gap)
    run: Mapping[str, Decimal | str] = {
        "seconds": Decimal(round((time.monotonic() - began) * 1000)).scaleb(-3),
        "seconds-in-solver": Decimal(round(found.seconds_in_solver * 1000)).scaleb(-3),
        "seconds-verifying": Decimal(round(found.seconds_verifying * 1000)).scaleb(-3),
        **{f"level-{number}-verified-by": one.by or "nothing" for number, one in enumerate(found.levels, 1)},
        **{f"level-{number}-found-by": one.found_by for number, one in enumerate(found.levels, 1) if one.found_by},
        **{f"level-{number}-work": one.work for number, one in enumerate(found.levels, 1) if one.work},
        **{f"disagreement-{number}": str(path) for number, path in enumerate(found.disagreements, 1)},
        "machine": platform.platform(),
    }
    return complete(reckoning, levels, options, versions(), run, all(level.proven for level in levels))


def levels_of(
    instance: Instance, searched: Sequence[LevelResult], recounted: Sequence[tuple[str, str, Decimal]], asked: Decimal
) -> list[PlanLevel]:
    """Values as recounted, bounds as verified; a bound is rounded away from the value, never towards it."""
    found = []
    for number, (level, (name, unit, value)) in enumerate(zip(searched, recounted, strict=True), 1):
        reached = value
        if number < len(searched) and level.value is not None:
            known = Decimal(repr(level.value)).quantize(value)
            reached = value if abs(known - value) <= resolution_of(instance, unit, value) else known
        resolution = resolution_of(instance, unit, reached)
        bound = _rounded(level.bound, level.maximise, resolution)
        if bound is not None:
            bound = max(bound, reached) if level.maximise else min(bound, reached)
        claimed = _rounded(level.claimed, level.maximise, resolution)
        gap = asked if level.asked is None else Decimal(repr(level.asked))
        one = level_of(instance, (name, unit, value), reached, bound, gap, claimed)
        found.append(one.model_copy(update={"claimed": None}) if one.proven else one)
    return found


def _rounded(bound: float | None, maximise: bool, resolution: Decimal) -> Decimal | None:
    """A bound to a tenth of the resolution, or to a millionth where that is less; away from what it bounds."""
    if bound is None:
        return None
    step = min(STEP, Decimal(1).scaleb(resolution.adjusted() - 1))
    return Decimal(repr(bound)).quantize(step, rounding=ROUND_CEILING if maximise else ROUND_FLOOR)


def versions() -> dict[str, str]:
    """Versions that decide what plan comes out."""
    found = {"python": ".".join(platform.python_version_tuple()[:2])}
    for package in ("gpuplan", "highspy", "pyomo", "numpy", "scipy"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "source"
    return found
