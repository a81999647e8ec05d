"""One search of a question: an instance, perhaps with more asked of its program, and what came of it.

Searches that belong together share the levels that come before the last one: these are held at what the first search
reached, with their tolerances, and the last level alone is searched again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from gpuplan.api import levels_of, versions
from gpuplan.errors import InvalidInput
from gpuplan.plan.plan import Plan, PlanLevel, PlanOptions, Status
from gpuplan.program.columns import Key, Role

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.solver.search import SearchResult
    from gpuplan.whatif.effort import Effort

Alter = Callable[["Formulation"], "Formulation"]


@dataclass(frozen=True)
class OnLevels:
    """An alteration by rows on levels of the objective alone, which hold of a coarse program as well."""

    alter: Alter
    holds_of_coarse: ClassVar[bool] = True

    def __call__(self, formulation: Formulation) -> Formulation:
        """Alter a program."""
        return self.alter(formulation)


@dataclass(frozen=True)
class Answer:
    """How one search ended: a plan or none, and what is proven."""

    status: Status
    plan: Plan | None
    levels: tuple[PlanLevel, ...]
    maximise: bool = False
    """Whether the last level is to be large."""
    on: frozenset[Key] = frozenset()
    """Switches of the program that are on, by key."""

    @property
    def value(self) -> Decimal | None:
        """Of the last level."""
        return self.levels[-1].value if self.levels else None

    @property
    def bound(self) -> Decimal | None:
        """Proven for the last level."""
        return self.levels[-1].bound if self.levels else None

    @property
    def is_infeasible(self) -> bool:
        """Whether it is proven that there is no plan."""
        return self.status == "infeasible"


def answered(
    instance: Instance,
    effort: Effort,
    doing: str,
    *,
    alter: Alter | None = None,
    known: Sequence[PlanLevel] = (),
    gap: float | None = None,
    seconds: float = float("inf"),
) -> Answer:
    """Search once. `known` are levels that `alter` holds, so that they are not searched again.

    The plan's status is that of the levels searched; its audit is against the instance without what `alter` adds.
    """
    from gpuplan.plan.complete import complete
    from gpuplan.planning import find
    from gpuplan.solver.result import Termination

    began = time.monotonic()
    effort.say(doing)
    found = find(instance, effort.search(doing, alter, gap, seconds))
    effort.done += 1
    result, reckoning = found.result, found.reckoning
    if reckoning is None:
        none: dict[Termination, Status] = {
            Termination.INFEASIBLE: "infeasible",
            Termination.UNBOUNDED: "unbounded",
        }
        return Answer(none.get(result.termination, "no_plan_found"), None, ())
    asked = effort.options.gap if gap is None else Decimal(repr(gap))
    searched = reckoning.levels[len(known) :]
    held = [
        level.model_copy(update={"value": value}) for level, (_, _, value) in zip(known, reckoning.levels, strict=False)
    ]
    levels = [*held, *levels_of(reckoning.recount.instance, result.levels, searched, asked)]
    run: dict[str, Decimal | str] = {"seconds": Decimal(round((time.monotonic() - began) * 1000)).scaleb(-3)}
    options = effort.options.model_copy(update={"gap": asked})
    plan = complete(reckoning, levels, options, versions(), run, all(level.proven for level in levels))
    return Answer(plan.status, plan, tuple(levels), bool(result.levels) and result.levels[-1].maximise, _on(result))


def _on(result: SearchResult) -> frozenset[Key]:
    if result.formulation is None or result.values is None:
        return frozenset()
    columns = result.formulation.problem.columns
    switches = (index for index, role in enumerate(columns.roles) if role is Role.STRATEGIC)
    return frozenset(columns.keys[index] for index in switches if result.values[index] > 0.5)


def kept(edited: Instance, base: Answer, other: Answer) -> Answer | None:
    """The base plan as an answer to the edited instance, where it is a plan there and within the gap of its bounds.

    None where it is none, or not so good.
    """
    if base.plan is None or other.plan is None:
        return None
    plan = kept_plan(edited, base.plan, other.levels, other.plan.options, other.plan.run)
    return None if plan is None else Answer(plan.status, plan, plan.levels, other.maximise)


def kept_plan(
    edited: Instance,
    base: Plan,
    found: Sequence[PlanLevel],
    options: PlanOptions,
    run: Mapping[str, Decimal | str],
) -> Plan | None:
    """The base plan as a plan of the edited instance, where it is within the gap of the bounds found there.

    None where it is no plan there, or not so good.
    """
    from gpuplan.plan.compare import known
    from gpuplan.plan.complete import complete
    from gpuplan.plan.proof import gap_asked, is_proven, level_of
    from gpuplan.reckoning import reckon

    try:
        known(edited, base)
    except InvalidInput:
        return None
    reckoning = reckon(edited, base.decisions)
    told = [(one.name, one.unit) for one in found]
    if reckoning.broken or told != [(name, unit) for name, unit, _ in reckoning.levels]:
        return None
    levels = []
    for number, (mine, there) in enumerate(zip(reckoning.levels, found, strict=True)):
        value, bound = mine[2], there.bound
        asked = gap_asked(edited, number, options.gap)
        if bound is None or not is_proven(value, bound, asked, there.resolution):
            return None
        # A level before the last is held as it was reached; one that is worse would not do.
        if number < len(found) - 1 and abs(value - there.reached) > there.resolution:
            return None
        bound = min(bound, value) if bound <= there.reached else max(bound, value)
        levels.append(level_of(edited, mine, value, bound, asked))
    return complete(reckoning, levels, options, versions(), run, all(level.proven for level in levels))


def holding(known: Sequence[PlanLevel]) -> Alter:
    """Holds the first levels at what they reached, with their tolerances, and asks for the others only."""

    def alter(formulation: Formulation) -> Formulation:
        from gpuplan.solver.level import most_of

        problem = formulation.problem
        problem.rows.family = "objective"
        for number, (goal, level) in enumerate(zip(formulation.goals, known, strict=False)):
            reached = float(level.reached) / goal.scale
            if not goal.expression:
                continue
            key = ("held", number)
            if goal.maximise:
                problem.rows.add(key, goal.expression, at_least=-most_of(goal, -reached))
            else:
                problem.rows.add(key, goal.expression, at_most=most_of(goal, reached))
        return replace(formulation, goals=formulation.goals[len(known) :])

    return OnLevels(alter)


def both(*alterations: Alter | None) -> Alter:
    """One alteration after another."""

    def alter(formulation: Formulation) -> Formulation:
        for one in alterations:
            formulation = formulation if one is None else one(formulation)
        return formulation

    return OnLevels(alter) if all(one is None or isinstance(one, OnLevels) for one in alterations) else alter
