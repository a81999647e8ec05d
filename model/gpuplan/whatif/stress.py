"""Stress: what is signed before a day, in many futures; what comes after is decided anew in each.

Each future is an edit of the whole instance and is solved by itself, knowing what will come: no plan that keeps what is
signed does better there, and a plan that must be made without knowing may do worse.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from math import sqrt
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.base import Closed, Currency, Day, Figure, Text, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.uncertainty import Case, cases
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import Answer, answered
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.explain import explain_plan
from gpuplan.whatif.holding import keeping, missing, signed

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.plan import Plan

TAIL = Fraction(1, 10)
"""Share of the worst futures of which the mean is told (CVaR at 0.9)."""
HALF = 10
"""Futures in either half of a figure's draws from which on the difference of their means is told."""
QUANTILES = (Fraction(1, 20), Fraction(1, 4), Fraction(1, 2), Fraction(3, 4), Fraction(19, 20))


class StressMiss(Closed):
    """A soft limit that is missed in a future."""

    limit: Text
    window: Text
    by: Figure
    unit: Text


class StressDraw(Closed):
    """What was drawn: an amount that is added to a figure, or a factor."""

    path: Text
    value: Figure


class StressFuture(Closed):
    """How one future ends."""

    name: Text
    probability: Figure
    draws: Items[StressDraw]
    status: Literal["holds", "infeasible", "unknown"]
    """infeasible: with what is signed there is no plan, proven; unknown: the search ended before it could tell."""
    value: Figure | None
    """Of the last level, within the gap asked for."""
    bound: Figure | None
    """Proven for it."""
    missed: Items[StressMiss]
    breaks: Items[Text]
    """Where it is infeasible: rules that the plan breaks there as it stands, in words."""


class StressChance(Closed):
    """Probability of the futures in which something is so, as an interval where some are unknown."""

    least: Figure
    most: Figure
    error: Figure | None
    """Standard error of sampling, of the middle, where all futures are drawn and none are named."""


class StressLimit(Closed):
    """How a soft limit fares over all futures in which there is a plan."""

    limit: Text
    window: Text
    unit: Text
    chance: StressChance
    """That there is a plan, and that it keeps the limit."""
    worst: Figure
    """The most by which it is missed."""


class StressSway(Closed):
    """What a drawn figure does to the value of the last level."""

    path: Text
    low: Figure
    high: Figure
    """Mean values where the draw is in the lower and in the upper half."""


class StressSpread(Closed):
    """The last level's value over the futures in which there is a plan, weighed by their probabilities."""

    mean: Figure
    tail: Figure
    """Mean of the worst tenth (CVaR at 0.9)."""
    quantiles: Items[Figure]
    """5, 25, 50, 75 and 95 in a hundred are no higher."""


class Stress(Shown):
    """A plan's first decisions in many futures."""

    format: Literal["gpuplan-stress/1"] = "gpuplan-stress/1"
    name: Text
    currency: Currency
    before: Day
    """What is signed before this day is held, and nothing else is signed before it."""
    level: Text
    unit: Text
    chance: StressChance
    """That there is a plan with what is signed."""
    spread: StressSpread | None
    limits: Items[StressLimit]
    sways: Items[StressSway]
    """The largest first; for what was drawn, where ten futures and more of either half have a plan."""
    futures: Items[StressFuture]
    complete: bool
    """Whether every future was told."""


@exactly
def stress(instance: Instance, plan: Plan, *, before: date | None = None, **asked: Unpack[Asked]) -> Stress:
    """A plan's decisions before a day, in every future that the instance states or draws.

    `before` is the day from which the future is known, `uncertainty.reveals` when left out. Raises InvalidInput when
    the instance states no futures, or when the edits of one cannot be made.
    """
    uncertainty = instance.uncertainty
    if uncertainty is None:
        way_out = "State `uncertainty`: a day `reveals`, and `futures` or `drawn`."
        raise InvalidInput([Problem("the instance states no futures", way_out, "uncertainty")])
    day = before or uncertainty.reveals
    with Effort(**asked) as effort:
        every = list(cases(instance, uncertainty))
        effort.of = len(every)
        ends = [_end(instance, plan, day, case, effort) for case in every]
    shares = [case.probability for case in every]
    drawn = None if uncertainty.drawn is None or uncertainty.futures else len(every)
    answers = [answer for _, answer in ends if answer.levels]
    valued = [
        (Fraction(end.value), share) for (end, _), share in zip(ends, shares, strict=True) if end.value is not None
    ]
    futures = tuple(end for end, _ in ends)
    return Stress(
        name=instance.name,
        currency=instance.currency,
        before=day,
        level=answers[0].levels[-1].name if answers else "",
        unit=answers[0].levels[-1].unit if answers else "",
        chance=_chance([None if end.status == "unknown" else end.status == "holds" for end in futures], shares, drawn),
        spread=_spread(valued, maximise=answers[0].maximise) if valued else None,
        limits=tuple(_limits(futures, shares, drawn)),
        sways=tuple(_sways(futures, shares)),
        futures=futures,
        complete=all(end.status != "unknown" for end in futures),
    )


def _end(instance: Instance, plan: Plan, before: date, case: Case, effort: Effort) -> tuple[StressFuture, Answer]:
    """One future, and the answer that it ends with."""
    try:
        future = instance.edited(case.edits)
    except InvalidInput as error:
        faults = [
            Problem(f"in future {case.name}: {one.message}", one.way_out, one.path or "uncertainty")
            for one in error.problems
        ]
        raise InvalidInput(faults) from error
    nothing = Answer("no_plan_found", None, ())
    if lacking := missing(future, plan.decisions, before):
        return _told(case, "infeasible", nothing, lacking), nothing
    if effort.is_over():
        return _told(case, "unknown", nothing), nothing
    held = keeping(signed(plan.decisions, before), before)
    answer = answered(future, effort, f"future {case.name}", alter=held)
    if answer.plan is not None and answer.levels:
        return _told(case, "holds", answer), answer
    if not answer.is_infeasible:
        return _told(case, "unknown", answer), answer
    return _told(case, "infeasible", answer, _broken(future, plan)), answer


def _broken(future: Instance, plan: Plan) -> tuple[str, ...]:
    """Rules of a future that a plan breaks as it stands, in words; or what the plan names and the future has not."""
    try:
        return tuple(f"{one.says}: {one.repair or one.detail}" for one in explain_plan(future, plan))
    except InvalidInput as error:
        return tuple(dict.fromkeys(one.message for one in error.problems))


def _told(
    case: Case, status: Literal["holds", "infeasible", "unknown"], answer: Answer, breaks: Sequence[str] = ()
) -> StressFuture:
    limits = answer.plan.limits if answer.plan is not None and status == "holds" else ()
    return StressFuture(
        name=case.name,
        probability=_decimal(case.probability),
        draws=tuple(StressDraw(path=path, value=value) for path, value in case.draws),
        status=status,
        value=answer.value if status == "holds" else None,
        bound=answer.bound if status == "holds" else None,
        missed=tuple(
            StressMiss(limit=one.limit, window=one.window, by=one.missed_by, unit=one.unit)
            for one in limits
            if one.soft
        ),
        breaks=tuple(breaks),
    )


def _decimal(value: Fraction) -> Decimal:
    """A fraction to 12 digits."""
    told = Decimal(round(value * 10**12)).scaleb(-12).normalize()
    return told if told.as_tuple().exponent <= 0 else told.quantize(Decimal(1))  # type: ignore[operator]


def _chance(kept: Sequence[bool | None], shares: Sequence[Fraction], drawn: int | None) -> StressChance:
    """Probability of what is kept; None stands for what is unknown."""
    least = sum((share for one, share in zip(kept, shares, strict=True) if one), Fraction(0))
    open_ = sum((share for one, share in zip(kept, shares, strict=True) if one is None), Fraction(0))
    middle = float(least + open_ / 2)
    error = None if drawn is None else Decimal(repr(sqrt(max(middle * (1.0 - middle), 0.0) / drawn)))
    rounded = None if error is None else error.quantize(Decimal("1e-6"))
    return StressChance(least=_decimal(least), most=_decimal(least + open_), error=rounded)


def _spread(valued: Sequence[tuple[Fraction, Fraction]], *, maximise: bool) -> StressSpread:
    """Mean, tail and quantiles of values with their shares."""
    total = sum((share for _, share in valued), Fraction(0))
    ranked = sorted(valued)
    left, tail = TAIL * total, Fraction(0)
    for value, share in ranked if maximise else reversed(ranked):
        taken = min(share, left)
        tail, left = tail + value * taken, left - taken
    quantiles = []
    for wanted in QUANTILES:
        reached = Fraction(0)
        for value, share in ranked:
            reached += share
            if reached >= wanted * total:
                quantiles.append(_decimal(value))
                break
    return StressSpread(mean=_mean(ranked), tail=_decimal(tail / (TAIL * total)), quantiles=tuple(quantiles))


def _limits(futures: Sequence[StressFuture], shares: Sequence[Fraction], drawn: int | None) -> Iterator[StressLimit]:
    """Every soft limit that some future's plan was asked to keep."""
    keys = dict.fromkeys((one.limit, one.window, one.unit) for end in futures for one in end.missed)
    for limit, window, unit in keys:
        kept: list[bool | None] = []
        worst = Decimal(0)
        for end in futures:
            by = [one.by for one in end.missed if (one.limit, one.window) == (limit, window)]
            worst = max([worst, *by])
            kept.append(None if end.status == "unknown" else end.status == "holds" and not any(by))
        yield StressLimit(limit=limit, window=window, unit=unit, chance=_chance(kept, shares, drawn), worst=worst)


def _sways(futures: Sequence[StressFuture], shares: Sequence[Fraction]) -> list[StressSway]:
    """What each drawn figure does to the value, by halves of its draws, weighed by probability."""
    by_path: dict[str, list[tuple[Decimal, Fraction, Fraction]]] = {}
    for end, share in zip(futures, shares, strict=True):
        for one in end.draws:
            if end.value is not None:
                by_path.setdefault(one.path, []).append((one.value, Fraction(end.value), share))
    found = []
    for path, drawn in by_path.items():
        middle = sorted(draw for draw, _, _ in drawn)[len(drawn) // 2]
        low = [(value, share) for draw, value, share in drawn if draw < middle]
        high = [(value, share) for draw, value, share in drawn if draw >= middle]
        if min(len(low), len(high)) >= HALF:
            found.append(StressSway(path=path, low=_mean(low), high=_mean(high)))
    return sorted(found, key=lambda one: (-abs(one.high - one.low), one.path))


def _mean(weighed: Sequence[tuple[Fraction, Fraction]]) -> Decimal:
    """Mean of values with their shares."""
    total = sum((share for _, share in weighed), Fraction(0))
    return _decimal(sum((value * share for value, share in weighed), Fraction(0)) / total)
