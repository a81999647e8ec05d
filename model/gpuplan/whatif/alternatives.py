"""The best plans that differ in what people care about: vendors, models, sites, or months of signing.

Each further plan is the best of all whose signature is none of those before. The levels of the objective before the
last are held at what the first plan reached, so that plans are ranked by the last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import ById, Closed, Figure, Share, Text, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.plan.plan import Plan, Status
from gpuplan.plan.proof import gap_of, is_proven
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import Answer, OnLevels, answered, both, holding
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.signature import SWITCH, Signature, Signing, Trait, shown

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.whatif.answer import Alter

MOST = 100


class Alternative(Closed):
    """One plan of its own signature."""

    signature: ById[Items[Text]]
    """Names that count, by trait."""
    value: Figure
    """Of the last level of the objective."""
    bound: Figure | None
    """Proven: no plan with a signature of its own, beside those before, is better."""
    worse_by: Figure
    """Than the first plan, in the unit of the level."""
    worse_by_share: Figure | None
    """None where the first plan's value is 0."""
    proven: bool
    """Whether the gap asked for was reached."""
    plan: Plan


class Alternatives(Shown):
    """The best plans that differ, the best first."""

    format: Literal["gpuplan-alternatives/1"] = "gpuplan-alternatives/1"
    name: Text
    status: Status
    """Of the first search."""
    by: Items[Text]
    """Traits that make up the signature."""
    counts_from_share: Share
    within: Share
    """No alternative is worse than the first plan by more than this share."""
    level: Text
    """The level that ranks them."""
    unit: Text
    alternatives: Items[Alternative]
    ended: Literal["found", "no more", "stopped"]
    """found: as many as were asked for; no more: it is proven that there is no other within the share; stopped: time or
    a request came first."""


@exactly
def alternatives(
    instance: Instance,
    *,
    count: int = 5,
    by: Sequence[Trait] = ("vendors",),
    counts_from_share: Decimal | float = Decimal("0.01"),
    within: Decimal | float = Decimal("0.1"),
    **asked: Unpack[Asked],
) -> Alternatives:
    """The `count` best plans whose signatures differ, none worse than the best by more than the share `within`.

    Raises InvalidInput when the options make no sense.
    """
    signing = _signing(count, by, counts_from_share, within)
    share = Decimal(repr(within)) if isinstance(within, float) else within
    with Effort(**asked) as effort:
        effort.of = count
        first = answered(instance, effort, "solving for the best plan")
        found: list[Alternative] = []
        ended: Literal["found", "no more", "stopped"] = "stopped"
        answer: Answer | None = first
        while answer is not None and answer.plan is not None:
            found.append(_alternative(instance, signing, answer, found))
            if len(found) == count:
                ended = "found"
                break
            if effort.is_over():
                break
            answer, status = _next(instance, effort, signing, first, [_signature(one) for one in found], share)
            if answer is None and status == "infeasible":
                ended = "no more"
        level = first.levels[-1] if first.levels else None
        return Alternatives(
            name=instance.name,
            status=first.status,
            by=signing.traits,
            counts_from_share=signing.counts_from_share,
            within=share,
            level=level.name if level else "",
            unit=level.unit if level else "",
            alternatives=tuple(found),
            ended=ended,
        )


def _signing(count: int, by: Sequence[Trait], counts_from: Decimal | float, within: Decimal | float) -> Signing:
    share = Decimal(repr(counts_from)) if isinstance(counts_from, float) else Decimal(counts_from)
    signing = Signing(tuple(dict.fromkeys(by)), share)
    faults = list(signing.faults())
    if not 1 <= count <= MOST:
        faults.append(Problem(f"{count} is no number of alternatives", f"Ask for 1 to {MOST}.", "count"))
    if not 0 <= within <= 1:
        faults.append(Problem(f"{within} is no share", "State 0 to 1, such as 0.1.", "within"))
    if faults:
        raise InvalidInput(faults)
    return signing


def _signature(one: Alternative) -> Signature:
    return frozenset((trait, name) for trait, names in one.signature.items() for name in names)  # type: ignore[misc]


def _alternative(instance: Instance, signing: Signing, answer: Answer, before: list[Alternative]) -> Alternative:
    assert answer.plan is not None
    level = answer.levels[-1]
    best = before[0].value if before else level.value
    sign = -1 if answer.maximise else 1
    worse = sign * (level.value - best)
    return Alternative(
        signature=shown(signing.of(instance, answer.plan)),
        value=level.value,
        bound=level.bound,
        worse_by=worse,
        worse_by_share=(worse / abs(best)).quantize(Decimal("1e-9")) if best else None,
        proven=level.proven,
        plan=answer.plan,
    )


def _next(
    instance: Instance, effort: Effort, signing: Signing, first: Answer, known: list[Signature], within: Decimal
) -> tuple[Answer | None, Status]:
    """The best plan of a signature that is not known yet, or how the search for it ended.

    The search over switches tells which signature is best and how good any can be. Its plan may count a thing within
    the solver's tolerance of the share only: then the best plan of that signature is sought by rows without a switch,
    and the bound of the first search stands.
    """
    held = first.levels[:-1]
    limit = both(holding(held), _no_worse(first, within))
    avoided = list(known)
    while not effort.is_over():
        doing = f"looking for alternative {len(known)}"
        answer = answered(instance, effort, doing, alter=both(limit, signing.other_than(avoided)), known=held)
        if answer.plan is None:
            return None, answer.status if len(avoided) == len(known) else "no_plan_found"
        if signing.of(instance, answer.plan) not in known:
            return answer, answer.status
        meant: Signature = frozenset((key[2], key[3]) for key in answer.on if key[:2] == SWITCH)  # type: ignore[misc]
        exact = answered(instance, effort, doing, alter=both(limit, signing.only(meant)), known=held)
        if exact.plan is not None and signing.of(instance, exact.plan) not in known:
            return _with_bound(exact, answer, effort), exact.status
        if meant in avoided:
            break
        avoided.append(meant)
    return None, "no_plan_found"


def _with_bound(exact: Answer, wide: Answer, effort: Effort) -> Answer:
    """The plan of the one, with the bound of the other, which holds for more plans."""
    level = exact.levels[-1]
    bound = wide.bound
    proven = is_proven(level.reached, bound, effort.options.gap, level.resolution)
    gap = gap_of(level.reached, bound, level.resolution)
    level = level.model_copy(update={"bound": bound, "gap": gap, "proven": proven})
    levels = (*exact.levels[:-1], level)
    assert exact.plan is not None
    status: Status = "optimal" if all(one.proven for one in levels) else "feasible"
    plan = exact.plan.model_copy(update={"levels": levels, "status": status})
    return replace(exact, plan=plan, levels=levels, status=status)


def _no_worse(first: Answer, within: Decimal) -> Alter:
    """A row that keeps the last level within a share of the first plan's value."""

    def alter(formulation: Formulation) -> Formulation:
        goal = formulation.goals[-1]
        value = float(first.levels[-1].value) / goal.scale
        room = abs(value) * float(within)
        problem = formulation.problem
        problem.rows.family = "objective"
        if goal.expression:
            if goal.maximise:
                problem.rows.add(("within",), goal.expression, at_least=value - room)
            else:
                problem.rows.add(("within",), goal.expression, at_most=value + room)
        return formulation

    return OnLevels(alter)
