"""From a plan to what is committed by a day: the instance that is planned again from there."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from gpuplan.instance.schema import Instance, validated

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan


def with_commitments(instance: Instance, plan: Plan, until: date | None) -> Instance:
    """A copy in which what a plan signs or decides up to a day is committed, beside what was before.

    Ids are made of what is committed and its day. What was cancelled stays as it was stated. Raises InvalidInput when
    the plan names what the instance does not have.
    """
    decisions, stated = plan.decisions, instance.committed
    tree: dict[str, Any] = instance.model_dump()
    committed: dict[str, Any] = {kind: dict(some) for kind, some in tree["committed"].items()}
    for line in decisions.orders:
        key = (line.offer, line.site, line.signed, line.route)
        if _is_new(line.signed, until) and key not in stated.ordered:
            name = _id(line.offer, line.site, line.signed)
            while name in committed["orders"]:
                name += "-again"
            committed["orders"][name] = line.model_dump()
    for module in decisions.modules:
        built = (module.module, module.site, module.signed)
        if _is_new(module.signed, until) and built not in stated.built:
            committed["modules"][_id(module.module, module.site, module.signed)] = module.model_dump()
    for opening in decisions.openings:
        if _is_new(opening.decided, until) and opening.site not in stated.opened:
            committed["openings"][_id(opening.site, "", opening.decided)] = opening.model_dump()
    return validated({**tree, "committed": committed})


def _is_new(day: date, until: date | None) -> bool:
    return until is None or day <= until


def _id(what: str, site: str, day: date) -> str:
    """An id of at most 100 characters."""
    text = "-".join(part for part in (what, site) if part)
    return f"{text[:80]}-{day:%Y-%m-%d}"
