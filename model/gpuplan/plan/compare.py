"""The audit of a plan that somebody hands in: every figure in it against what its decisions give."""

from __future__ import annotations

from collections.abc import Container, Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.providers import EXISTING
from gpuplan.plan.complete import complete
from gpuplan.plan.hashing import fingerprint
from gpuplan.plan.plan import PlanLevel
from gpuplan.plan.proof import gap_of, is_proven
from gpuplan.reckoning import reckon

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.plan import Plan

MOST = 200
"""Differences that are listed."""


def differences(instance: Instance, plan: Plan) -> list[str]:
    """Rules that the decisions break, then figures that do not follow from them."""
    _known(instance, plan)
    reckoning = reckon(instance, plan.decisions)
    levels = []
    for number, (name, unit, value) in enumerate(reckoning.levels):
        level = plan.levels[number] if number < len(plan.levels) else None
        levels.append(
            PlanLevel(
                name=name,
                unit=unit,
                value=value,
                bound=level.bound if level else None,
                gap=gap_of(value, level.bound) if level else None,
                proven=is_proven(value, level.bound, plan.options.gap) if level else False,
            )
        )
    again = complete(reckoning, levels, plan.options, plan.versions, plan.run, all(level.proven for level in levels))
    found = list(again.audit.broken)
    if plan.instance_sha256 != fingerprint(instance):
        found.append("instance_sha256: the plan was made for another instance, or for another edit of it")
    for number, level in enumerate(levels):
        if level.bound is not None:
            maximised = level.name.startswith("maximise")
            if level.value > level.bound if maximised else level.value < level.bound:
                found.append(
                    f"levels.{number}.bound: {level.name} is {level.value}, better than the bound {level.bound} claimed"
                )
    skipped = {"instance_sha256", "run"}
    mine, theirs = again.model_dump(), plan.model_dump()
    for key in mine:
        if key not in skipped:
            found += _differ(key, theirs[key], mine[key])
    return found[:MOST]


def _known(instance: Instance, plan: Plan) -> None:
    """Raises InvalidInput when the decisions name what the instance does not have."""
    faults: list[Problem] = []
    known: dict[str, Container[str]] = {
        "offer": instance.offers,
        "site": instance.sites,
        "module": instance.modules,
        "resource": instance.resources,
        "provider": {EXISTING, *instance.modules},
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
            key = tuple(value for field, value in line if field not in ("units", "amount", "tier"))
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
        for number, (one, other) in enumerate(zip(theirs, mine, strict=True)):
            yield from _differ(f"{path}.{number}", one, other)
    elif mine != theirs and not _same_number(mine, theirs):
        yield f"{path}: the plan says {_shown(theirs)}, its decisions give {_shown(mine)}"


def _same_number(mine: object, theirs: object) -> bool:
    return isinstance(mine, Decimal | int) and isinstance(theirs, Decimal | int) and mine == theirs


def _shown(value: object) -> str:
    if isinstance(value, list | tuple):
        return f"{len(value)} entries"
    return f"{value!s:.80}"
