"""The audit of a plan that somebody hands in: every figure in it against what its decisions give."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput, Problem
from gpuplan.plan.complete import complete
from gpuplan.plan.hashing import fingerprint
from gpuplan.plan.plan import PlanLevel
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
    stated = {level.name: level for level in plan.levels}
    levels = []
    for name, unit, value in reckoning.levels:
        level = stated.get(name)
        levels.append(
            PlanLevel(
                name=name,
                unit=unit,
                value=value,
                bound=level.bound if level else None,
                gap=level.gap if level else None,
                proven=level.proven if level else False,
            )
        )
    again = complete(reckoning, levels, plan.options, plan.versions, plan.run, plan.status == "optimal")
    found = list(again.audit.broken)
    if plan.instance_sha256 != fingerprint(instance):
        found.append("instance_sha256: the plan was made for another instance, or for another edit of it")
    for name, _, value in reckoning.levels:
        level = stated.get(name)
        if level is not None and level.bound is not None:
            better = value < level.bound if name.startswith(("minimise", "miss")) else value > level.bound
            if better:
                found.append(f"levels: {name} is {value}, better than the bound {level.bound} that the plan claims")
    skipped = {"audit", "status", "instance_sha256", "run"}
    mine, theirs = again.model_dump(), plan.model_dump()
    for key in mine:
        if key not in skipped:
            found += _differ(key, theirs[key], mine[key])
    return found[:MOST]


def _known(instance: Instance, plan: Plan) -> None:
    """Raises InvalidInput when the decisions name what the instance does not have."""
    faults: list[Problem] = []
    for number, order in enumerate(plan.decisions.orders):
        faults += _unknown(f"decisions.orders.{number}.offer", order.offer, instance.offers)
        faults += _unknown(f"decisions.orders.{number}.site", order.site, instance.sites)
    for number, line in enumerate(plan.decisions.installed):
        faults += _unknown(f"decisions.installed.{number}.offer", line.offer, instance.offers)
        faults += _unknown(f"decisions.installed.{number}.site", line.site, instance.sites)
    for number, built in enumerate(plan.decisions.modules):
        faults += _unknown(f"decisions.modules.{number}.module", built.module, instance.modules)
        faults += _unknown(f"decisions.modules.{number}.site", built.site, instance.sites)
    for number, opening in enumerate(plan.decisions.openings):
        faults += _unknown(f"decisions.openings.{number}.site", opening.site, instance.sites)
    if faults:
        raise InvalidInput(faults)


def _unknown(path: str, name: str, known: object) -> Iterator[Problem]:
    if name not in known:  # type: ignore[operator]
        yield Problem(f"the instance has no {name!r}", "Audit the plan against the instance it was made for.", path)


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
