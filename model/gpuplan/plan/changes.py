"""What changed from one plan to another: orders, modules, openings, and what they cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Literal

from gpuplan.instance.base import Closed, Day, Figure, Id, Sequence, Text
from gpuplan.plan.plan import Plan

Key = tuple[str, ...]


class Change(Closed):
    """One figure that differs between two plans; 0 where a plan does not have it."""

    kind: Literal["order", "module", "opening", "term", "level"]
    what: Text
    """Offer, module, site, cost term or level."""
    site: Id | None = None
    day: Day | None = None
    """Day of signing or of the decision."""
    before: Figure
    after: Figure
    unit: Text
    """`money` is the reporting currency of the plans, undiscounted for a cost term."""


class Changes(Closed):
    """What changed from one plan to another, kind by kind; nothing when both decide the same at the same cost."""

    changes: Sequence[Change]

    @property
    def decisions(self) -> tuple[Change, ...]:
        """The changes of what is decided, without what they cost."""
        return tuple(one for one in self.changes if one.kind in ("order", "module", "opening"))


def changes(previous: Plan, plan: Plan) -> Changes:
    """What `plan` decides and costs otherwise than `previous`. Levels are compared by name."""
    found: list[Change] = []
    for kind, unit, table in (
        ("order", "systems", _orders),
        ("module", "modules", _modules),
        ("opening", "openings", _openings),
        ("term", "money", _terms),
    ):
        found += _differences(kind, unit, table, previous, plan)
    units = {level.name: level.unit for level in (*previous.levels, *plan.levels)}
    for name, unit in units.items():
        values = [next((one.value for one in side.levels if one.name == name), None) for side in (previous, plan)]
        if None not in values and values[0] != values[1]:
            before, after = (value or Decimal(0) for value in values)
            found.append(Change(kind="level", what=name, before=before, after=after, unit=unit))
    return Changes(changes=tuple(found))


def _differences(
    kind: str, unit: str, table: Callable[[Plan], Mapping[Key, Decimal]], previous: Plan, plan: Plan
) -> Iterable[Change]:
    before, after = table(previous), table(plan)
    for key in dict.fromkeys([*before, *after]):
        old, new = before.get(key, Decimal(0)), after.get(key, Decimal(0))
        if old != new:
            what, site, day = (*key, "", "")[:3]
            yield Change.model_validate(
                {
                    "kind": kind,
                    "what": what,
                    "site": site or None,
                    "day": day or None,
                    "before": old,
                    "after": new,
                    "unit": unit,
                }
            )


def _orders(plan: Plan) -> Mapping[Key, Decimal]:
    found: dict[Key, Decimal] = {}
    for one in plan.orders:  # by whatever way they go, and under whatever quote
        key = (one.offer, one.site, one.signed.isoformat())
        found[key] = found.get(key, Decimal(0)) + one.units
    return found


def _modules(plan: Plan) -> Mapping[Key, Decimal]:
    return {(one.module, one.site, one.signed.isoformat()): Decimal(one.units) for one in plan.decisions.modules}


def _openings(plan: Plan) -> Mapping[Key, Decimal]:
    return {(one.site, one.site, one.decided.isoformat()): Decimal(1) for one in plan.decisions.openings}


def _terms(plan: Plan) -> Mapping[Key, Decimal]:
    return {(name,): term.amount for name, term in plan.cost.terms.items()}
