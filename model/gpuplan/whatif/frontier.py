"""The exact trade-off between two measures, by bounding the second and searching for the best of the first.

Each point is the best of the first measure at its value of the second, and then the best of the second at that value
of the first, so that no point is dominated by another plan beyond the gap. The next point must better the second
measure by a step: its own smallest where it counts whole things, so that none is passed over, or one that is stated.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.base import Closed, Currency, Figure, Text, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.rules import MeasureName
from gpuplan.plan.plan import Plan, PlanLevel, Status
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import Answer, OnLevels, answered
from gpuplan.whatif.effort import Asked, Effort

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.whatif.answer import Alter

MOST = 1000
PARTS = 20
"""Steps into which the range of a measure that is not whole is cut, where no step is stated."""
WHOLE_UNITS = ("accelerators", "systems", "periods")


class FrontierPoint(Closed):
    """A plan that no other betters in both measures."""

    first: PlanLevel
    second: PlanLevel
    """Its bound holds for plans that are as good in the first."""
    at: Figure | None
    """The bound that was put on the second measure; None for the first point."""
    plan: Plan


class Frontier(Shown):
    """The non-dominated points, the best in the first measure first."""

    format: Literal["gpuplan-frontier/1"] = "gpuplan-frontier/1"
    name: Text
    currency: Currency
    status: Status
    """Of the first search."""
    first: Text
    first_unit: Text
    second: Text
    second_unit: Text
    step: Figure
    """By which each point betters the one before in the second measure, at least."""
    every: bool
    """Whether the step is the smallest that the second measure can take, so that no point is left out."""
    points: Items[FrontierPoint]
    ended: Literal["found", "stopped"]
    """found: it is proven that nothing betters the last point in the second measure by a step."""


def level(text: str) -> str:
    """A level of the objective from words: `cost`, `max accelerators`, `min carbon-kg`, `concentration`, `max
    compute-tflops bf16`, `commissioning TARGET`, or a level as an instance writes it, in braces.

    Raises InvalidInput when it is none.
    """
    words = text.split()
    if text.strip().startswith("{"):
        return text
    if words == ["cost"] or words == ["min", "cost"]:
        return "{minimise: cost}"
    if words[:1] == ["commissioning"] and len(words) == 2:
        return f"{{minimise: commissioning, target: {words[1]}}}"
    if words == ["concentration"]:
        return "{minimise: concentration, of: {measure: accelerators}}"
    known = MeasureName.__args__  # type: ignore[attr-defined]
    if (
        len(words) in (2, 3)
        and words[0] in ("min", "max")
        and words[1] in known
        and re.fullmatch(r"[\w.-]+", words[-1])
    ):
        more = ""
        if len(words) == 3:
            more = f", {'format' if words[1] == 'compute-tflops' else 'attribute'}: {words[2]}"
        return f"{{{'minimise' if words[0] == 'min' else 'maximise'}: {{measure: {words[1]}{more}}}}}"
    way_out = (
        "Write cost, concentration, `commissioning TARGET`, or min or max and a measure: " + ", ".join(known) + "."
    )
    raise InvalidInput([Problem(f"{text!r} is no measure to trade", way_out, "frontier")])


@exactly
def frontier(
    instance: Instance,
    first: str = "cost",
    second: str = "max accelerators",
    *,
    step: Decimal | float | None = None,
    points: int = 50,
    **asked: Unpack[Asked],
) -> Frontier:
    """The non-dominated plans between two measures (in the words of `level`), under the instance's limits.

    The instance's own objective is not asked; soft limits by priority still come first. `step` is in the unit of the
    second measure; left out, it is 1 where that counts whole things, else a twentieth of its range. At most `points`
    points. Raises InvalidInput when a measure is none, or when the options make no sense.
    """
    with Effort(**asked) as effort:
        if not 1 <= points <= MOST:
            raise InvalidInput([Problem(f"{points} is no number of points", f"Ask for 1 to {MOST}.", "points")])
        if step is not None and not step > 0:
            raise InvalidInput([Problem(f"{step} is no step", "State an amount above 0.", "step")])
        ordered = _asking(instance, first, second)
        answer = answered(ordered, effort, "looking for the best of the first measure")
        width, every = _step(instance, answer, step, _asking(instance, second, first), effort)
        found: list[FrontierPoint] = []
        ended: Literal["found", "stopped"] = "stopped"
        start = answer
        while answer.plan is not None:
            one, two = answer.levels[-2:]
            found.append(FrontierPoint(first=one, second=two, at=_at(found, width, answer), plan=answer.plan))
            if len(found) >= points or effort.is_over():
                break
            at = two.value + (width if answer.maximise else -width)
            soft = len(answer.levels) - 2
            answer = answered(ordered, effort, f"looking for point {len(found) + 1}", alter=_at_least_as_good(at, soft))
            if answer.is_infeasible:
                ended = "found"
        names = [(one.name, one.unit) for one in start.levels[-2:]] or [("", ""), ("", "")]
        return Frontier(
            name=instance.name,
            currency=instance.currency,
            status=start.status,
            first=names[0][0],
            first_unit=names[0][1],
            second=names[1][0],
            second_unit=names[1][1],
            step=width,
            every=every,
            points=tuple(_undominated(found)),
            ended=ended,
        )


def _asking(instance: Instance, first: str, second: str) -> Instance:
    """The instance with two measures as its objective."""
    return instance.edited([f"objective = [{level(first)}, {level(second)}]"])


def _step(
    instance: Instance, answer: Answer, step: Decimal | float | None, other: Instance, effort: Effort
) -> tuple[Decimal, bool]:
    """The step of the second measure, and whether it is the smallest there is."""
    if not answer.levels:
        return Decimal(0), False
    whole = _smallest(instance, answer.levels[-1])
    if step is not None:
        stated = Decimal(repr(step)) if isinstance(step, float) else Decimal(step)
        return stated, whole is not None and stated <= whole
    if whole is not None:
        return whole, True
    best = answered(other, effort, "looking for the best of the second measure")
    if not best.levels:
        return Decimal(1), False
    span = abs(best.levels[-2].value - answer.levels[-1].value)
    return max((span / PARTS).quantize(Decimal("1e-6")), Decimal("1e-6")), False


def _smallest(instance: Instance, second: PlanLevel) -> Decimal | None:
    """The smallest step of a level that counts whole things."""
    if second.unit not in WHOLE_UNITS:
        return None
    if second.unit != "accelerators":
        return Decimal(1)
    from gpuplan.instance.units import common_step

    each = [instance.systems[one.system].accelerators for one in instance.quotes.values()]
    return Decimal(int(common_step([Fraction(one) for one in each if one]))) if any(each) else Decimal(1)


def _at(found: list[FrontierPoint], width: Decimal, answer: Answer) -> Decimal | None:
    if not found:
        return None
    return found[-1].second.value + (width if answer.maximise else -width)


def _at_least_as_good(at: Decimal, soft: int) -> Alter:
    """A bound on the second measure, whatever the other levels."""

    def alter(formulation: Formulation) -> Formulation:
        goal = formulation.goals[soft + 1]
        rows = formulation.problem.rows
        rows.family = "objective"
        value = float(at) / goal.scale
        slip = 1e-9 * max(1.0, abs(value))
        if goal.maximise:
            rows.add(("at",), goal.expression, at_least=value - slip)
        else:
            rows.add(("at",), goal.expression, at_most=value + slip)
        return replace(formulation)

    return OnLevels(alter)


def _undominated(found: list[FrontierPoint]) -> list[FrontierPoint]:
    """Points that no other is as good as in both measures and better in one."""

    def key(point: FrontierPoint) -> tuple[Decimal, Decimal]:
        return (_signed(point.first), _signed(point.second))

    kept = []
    for point in found:
        one = key(point)
        others = (key(other) for other in found if other is not point)
        if not any(other[0] <= one[0] and other[1] <= one[1] and other != one for other in others):
            kept.append(point)
    return kept


def _signed(level: PlanLevel) -> Decimal:
    return -level.value if level.name.startswith("maximise") else level.value


def table(found: Frontier) -> str:
    """The points as CSV: both values, their bounds, and what is bought."""
    import csv
    import io

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["first", "first_bound", "second", "second_bound", "systems", "vendors"])
    for point in found.points:
        vendors = " ".join(sorted({order.vendor for order in point.plan.orders}))
        levels = (point.first.value, point.first.bound, point.second.value, point.second.bound)
        writer.writerow([*levels, point.plan.systems, vendors])
    return text.getvalue()
