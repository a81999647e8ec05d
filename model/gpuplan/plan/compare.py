"""The audit of a plan that somebody hands in: every figure in it against what its decisions give."""

from __future__ import annotations

from collections.abc import Container, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput, Problem
from gpuplan.families.objective import priorities
from gpuplan.instance.providers import EXISTING
from gpuplan.instance.serving import serving_days
from gpuplan.instance.timeline import state_days
from gpuplan.plan.complete import complete
from gpuplan.plan.hashing import fingerprint
from gpuplan.plan.plan import PlanLevel
from gpuplan.plan.proof import gap_asked, level_of
from gpuplan.reckoning import reckon

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.plan import Plan

MOST = 200
"""Differences that are listed."""


def differences(instance: Instance, plan: Plan) -> list[str]:
    """Rules that the decisions break, then figures that do not follow from them."""
    known(instance, plan)
    reckoning = reckon(instance, plan.decisions)
    levels = [_claimed(instance, plan, number, *level) for number, level in enumerate(reckoning.levels)]
    again = complete(reckoning, levels, plan.options, plan.versions, plan.run, all(level.proven for level in levels))
    found = [*again.audit.broken, *_days_between(instance, plan)]
    if plan.instance_sha256 != fingerprint(instance):
        found.append("instance_sha256: the plan was made for another instance, or for another edit of it")
    for number, level in enumerate(levels):
        found += _contradictions(instance, number, level)
    skipped = {"instance_sha256", "run"}
    mine, theirs = again.model_dump(), plan.model_dump()
    for key in mine:
        if key not in skipped:
            found += _differ(key, theirs[key], mine[key])
    return found[:MOST]


def _claimed(instance: Instance, plan: Plan, number: int, name: str, unit: str, value: Decimal) -> PlanLevel:
    """A level as recounted, with what only the search can know as the plan claims it."""
    level = plan.levels[number] if number < len(plan.levels) else None
    last = number == len(plan.levels) - 1
    reached = value if level is None or last else level.reached
    bound = None if level is None else level.bound
    asked = gap_asked(instance, number, plan.options.gap)
    claimed = None if level is None else level.claimed
    return level_of(instance, (name, unit, value), reached, bound, asked, claimed)


def _contradictions(instance: Instance, number: int, level: PlanLevel) -> Iterator[str]:
    """Bounds that a value betters, and values that give up more than the level's tolerance."""
    sign = -1 if level.name.startswith("maximise") else 1
    best = min(sign * level.value, sign * level.reached)
    if level.bound is not None and best < sign * level.bound:
        yield f"levels.{number}.bound: {level.name} is {level.value}, better than the bound {level.bound} claimed"
    if level.claimed is not None and (level.proven or sign * level.claimed > best):
        yield f"levels.{number}.claimed: {level.claimed} says no more than what is proven, or more than {level.value}"
    position = number - len(priorities(instance))
    stated = instance.objective[position] if position >= 0 else None
    given_up = stated.tolerance + stated.tolerance_share * abs(level.reached) if stated else Decimal(0)
    slip = Decimal("1e-6") * max(Decimal(1), abs(level.reached))
    if sign * (level.value - level.reached) > given_up + slip:
        yield f"levels.{number}.reached: {level.name} is {level.value}, further from {level.reached} than its tolerance"


def _days_between(instance: Instance, plan: Plan) -> Iterator[str]:
    """Decisions on days on which nothing is decided: what stands, delivers or serves is known on certain days only."""
    states = set(state_days(instance))
    built = {line.day for line in plan.decisions.installed}
    days = {"clusters": states, "outputs": states | built, "served": set(serving_days(instance))}
    for kind, known_days in days.items():
        for number, line in enumerate(getattr(plan.decisions, kind)):
            if line.day not in known_days:
                later = min((day for day in known_days if day > line.day), default=None)
                following = "" if later is None else f"; the next is {later}"
                yield f"decisions.{kind}.{number}.day: {line.day} is no day on which that is decided{following}"
    first, last = instance.calendar.start, instance.calendar.end
    for number, line in enumerate(plan.decisions.installed):
        if not first <= line.day <= last:
            yield f"decisions.installed.{number}.day: {line.day} is not between {first} and {last}"


def known(instance: Instance, plan: Plan) -> None:
    """Raises InvalidInput when the decisions name what the instance does not have."""
    faults: list[Problem] = []
    known: dict[str, Container[str]] = {
        "offer": instance.quotes,
        "site": instance.sites,
        "module": instance.modules,
        "resource": instance.resources,
        "provider": {EXISTING, *instance.modules},
        "workload": instance.workloads,
        "cluster": instance.clusters,
        "system": instance.systems,
    }
    for kind, lines in plan.decisions:
        seen: set[tuple[object, ...]] = set()
        for number, line in enumerate(lines):
            for field, names in known.items():
                name = getattr(line, field, None)
                if name is not None and name not in names:
                    way_out = "Audit the plan against the instance it was made for."
                    path = f"decisions.{kind}.{number}.{field}"
                    faults.append(Problem(f"the instance has no {field} {name!r}", way_out, path))
            key = tuple(value for field, value in line if field not in ("units", "amount", "tier", "systems"))
            if key in seen:
                faults.append(Problem("this is decided twice", "Join the lines.", f"decisions.{kind}.{number}"))
            seen.add(key)
    if faults:
        raise InvalidInput(faults)


def _differ(path: str, theirs: object, mine: object) -> Iterator[str]:
    """Paths at which two trees differ, with both values."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        for key in [*mine, *(key for key in theirs if key not in mine)]:
            yield from _differ(f"{path}.{key}", theirs.get(key), mine.get(key))
    elif isinstance(mine, list | tuple) and isinstance(theirs, list | tuple) and len(mine) == len(theirs):
        pairs = zip(_in_key_order(path, theirs), _in_key_order(path, mine), strict=True)
        for number, (one, other) in enumerate(pairs):
            yield from _differ(f"{path}.{number}", one, other)
    elif mine != theirs and not _same_number(mine, theirs):
        yield f"{path}: the plan says {_shown(theirs)}, its decisions give {_shown(mine)}"


KEYS = (
    "offer",
    "module",
    "workload",
    "cluster",
    "system",
    "site",
    "limit",
    "deadline",
    "window",
    "path",
    "resource",
    "provider",
    "case",
    "signed",
    "given_back",
    "day",
    "decided",
    "accelerator",
    "regime",
    "route",
    "signed_from",
)


def _in_key_order(path: str, rows: list[object] | tuple[object, ...]) -> list[object]:
    """Rows of a table by what they are about, since the order in which an instance lists its entities means nothing."""
    if path == "levels" or not all(isinstance(row, dict) for row in rows):
        return list(rows)
    return sorted(rows, key=lambda row: [str(row.get(key)) for key in KEYS] if isinstance(row, dict) else [])


def _same_number(mine: object, theirs: object) -> bool:
    return isinstance(mine, Decimal | int) and isinstance(theirs, Decimal | int) and mine == theirs


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"{len(value)} entries"
    return f"{value!s:.80}"
