"""Base and edited plan side by side: what was changed, what is decided otherwise, and what that costs.

Both plans are within their gaps, so a difference of values is known to an interval: the least and the most by which the
best of the one can differ from the best of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.instance.base import Closed, Currency, Day, Figure, Id, Text, Whole, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.changes import Change, changes
from gpuplan.instance.rentals import without_end
from gpuplan.plan.plan import Plan, PlanLevel, PlanLimit, Status
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import Answer, answered, kept
from gpuplan.whatif.differences import LevelDifference, level_difference
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.explain import Infeasibility, explain_infeasible

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Side = Literal["base", "edited"]
EXPLAINING = 60.0
"""The most seconds that are spent on why there is no plan."""


class SideOutcome(Closed):
    """How the search for one of the two plans ended."""

    status: Status
    levels: Items[PlanLevel]
    conflict: Items[Text]
    """Paths of the rules that clash, where there is no plan."""
    why: Infeasibility | None = None
    """Where there is no plan: what clashes, and the smallest repairs."""


class DecisionDifference(Closed):
    """Something that is decided otherwise: systems of an offer at a site, modules, or an opening."""

    kind: Literal["offer", "module", "site"]
    name: Id
    site: Id
    base_units: Whole
    edited_units: Whole
    base_signed: Items[Day]
    """First and last day of signing; of a site, the day it is decided on. Empty where there is none."""
    edited_signed: Items[Day]


class CostDifference(Closed):
    """A cost term in both plans, discounted."""

    term: Text
    base: Figure
    edited: Figure
    difference: Figure


class LimitDifference(Closed):
    """A limit that is used otherwise, in one window."""

    limit: Id
    window: Text
    unit: Text
    base_used: Figure | None
    edited_used: Figure | None
    base_slack: Figure | None
    edited_slack: Figure | None
    became: Literal["binding", "slack", "new", "gone", "binds still", "missed", "met", ""]
    """binding or slack: since the edit; new or gone: it is in one of the two instances; empty: slack in both."""


class Comparison(Shown):
    """A base plan and an edited one."""

    format: Literal["gpuplan-comparison/1"] = "gpuplan-comparison/1"
    name: Text
    currency: Currency
    edits: Items[Text]
    changes: Items[Change]
    """Of the inputs: the record of the edits, by which they can be undone."""
    base: SideOutcome
    edited: SideOutcome
    is_kept: bool = False
    """Whether the base plan is still a plan, and as good as was asked for: nothing is decided otherwise."""
    levels: Items[LevelDifference]
    """Empty unless both have a plan and the levels are the same."""
    decisions: Items[DecisionDifference]
    costs: Items[CostDifference]
    """Every term that either has; the differences add up to that of the discounted cost."""
    limits: Items[LimitDifference]
    """Those that bind in either plan, are missed, or are in one of the instances only."""


@dataclass(frozen=True)
class WhatIf:
    """An edited instance, both plans and how they compare."""

    edited: Instance
    base_plan: Plan | None
    edited_plan: Plan | None
    comparison: Comparison


@exactly
def what_if(instance: Instance, edits: Iterable[str], **asked: Unpack[Asked]) -> WhatIf:
    """Solve an instance and the same with edits, and compare.

    The edits are applied together: one that is wrong leaves nothing changed. Raises InvalidInput when an edit is not
    understood or what the edits make is not valid, and when the options make no sense.
    """
    with Effort(**asked) as effort:
        effort.of = 2
        texts = list(edits)
        edited = instance.edited(texts)
        base = answered(instance, effort, "solving the base")
        other = answered(edited, effort, "solving the edited instance")
        return compared(instance, edited, base, other, texts, effort)


def compared(
    instance: Instance,
    edited: Instance,
    base: Answer,
    other: Answer,
    edits: Sequence[str],
    effort: Effort | None = None,
) -> WhatIf:
    """Two answers side by side. With an effort, what clashes and repairs are sought where there is no plan.

    Where the base plan is still as good as was asked for, it is the edited one as well: nothing is decided otherwise.
    """
    same = kept(edited, base, other)
    other = other if same is None else same
    side = _side(instance, base, effort)
    comparison = Comparison(
        name=instance.name,
        currency=edited.currency,
        edits=tuple(edits),
        changes=changes(instance, edited),
        base=side,
        edited=side if other is base else _side(edited, other, effort),
        is_kept=same is not None,
        levels=tuple(_levels(base, other)),
        decisions=tuple(_decisions(base.plan, other.plan)) if base.plan and other.plan else (),
        costs=tuple(_costs(base.plan, other.plan)) if base.plan and other.plan else (),
        limits=tuple(_limits(base.plan, other.plan)) if base.plan and other.plan else (),
    )
    return WhatIf(edited, base.plan, other.plan, comparison)


def _side(instance: Instance, answer: Answer, effort: Effort | None) -> SideOutcome:
    if not answer.is_infeasible or effort is None:
        return SideOutcome(status=answer.status, levels=answer.levels, conflict=())
    found = explain_infeasible(
        instance,
        time_limit=min(effort.left, EXPLAINING),
        threads=effort.threads,
        seed=effort.seed,
        memory_mb=effort.memory_mb,
        on_progress=effort.on_progress,
        cancel=effort.should_stop,
    )
    conflict = tuple(one.path for one in found.conflict)
    return SideOutcome(status=answer.status, levels=answer.levels, conflict=conflict, why=found)


def _levels(base: Answer, other: Answer) -> Iterator[LevelDifference]:
    names = [(level.name, level.unit) for level in base.levels]
    if not base.levels or names != [(level.name, level.unit) for level in other.levels]:
        return
    for one, two in zip(base.levels, other.levels, strict=True):
        yield level_difference(one, two)


def _decisions(base: Plan, other: Plan) -> Iterator[DecisionDifference]:
    mine, theirs = _lines(base), _lines(other)
    for key in dict.fromkeys([*mine, *theirs]):
        one, two = mine.get(key, (0, ())), theirs.get(key, (0, ()))
        if one != two:
            kind, name, site = key
            yield DecisionDifference(
                kind=kind,
                name=name,
                site=site,
                base_units=one[0],
                edited_units=two[0],
                base_signed=one[1],
                edited_signed=two[1],
            )


def _lines(plan: Plan) -> dict[tuple[Literal["offer", "module", "site"], str, str], tuple[int, tuple[Day, ...]]]:
    """Units, and first and last day of signing, of each thing that is decided."""
    days: dict[tuple[Literal["offer", "module", "site"], str, str], list[tuple[int, Day]]] = {}
    for order in plan.decisions.orders:
        days.setdefault(("offer", without_end(order.offer), order.site), []).append((order.units, order.signed))
    for module in plan.decisions.modules:
        days.setdefault(("module", module.module, module.site), []).append((module.units, module.signed))
    for opening in plan.decisions.openings:
        days.setdefault(("site", opening.site, opening.site), []).append((1, opening.decided))
    found = {}
    for key, lines in days.items():
        signed = [day for _, day in lines]
        found[key] = (sum(units for units, _ in lines), tuple(dict.fromkeys((min(signed), max(signed)))))
    return found


def _costs(base: Plan, other: Plan) -> Iterator[CostDifference]:
    mine, theirs = base.cost.terms, other.cost.terms
    for term in dict.fromkeys([*mine, *theirs]):
        one = mine[term].discounted if term in mine else Decimal(0)
        two = theirs[term].discounted if term in theirs else Decimal(0)
        if one or two:
            yield CostDifference(term=term, base=one, edited=two, difference=two - one)


def _limits(base: Plan, other: Plan) -> Iterator[LimitDifference]:
    mine = {(limit.limit, limit.window): limit for limit in base.limits}
    theirs = {(limit.limit, limit.window): limit for limit in other.limits}
    for key in dict.fromkeys([*mine, *theirs]):
        one, two = mine.get(key), theirs.get(key)
        became = _became(one, two)
        known = one or two
        if became and known is not None:
            yield LimitDifference(
                limit=known.limit,
                window=known.window,
                unit=known.unit,
                base_used=one.used if one else None,
                edited_used=two.used if two else None,
                base_slack=one.slack if one else None,
                edited_slack=two.slack if two else None,
                became=became,
            )


def _became(
    one: PlanLimit | None, two: PlanLimit | None
) -> Literal["binding", "slack", "new", "gone", "binds still", "missed", "met", ""]:
    if one is None:
        return "new"
    if two is None:
        return "gone"
    if two.missed_by != one.missed_by:
        return "missed" if two.missed_by else "met"
    if one.binds and two.binds:
        return "binds still"
    return "binding" if two.binds else "slack" if one.binds else ""
