"""Search, read off the decisions, reckon them, and search again where a limit slipped by a solver's tolerance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.extraction import decisions_of
from gpuplan.families.limits import shortfall_amount
from gpuplan.fraction import Fraction
from gpuplan.instance.base import exactly
from gpuplan.instance.caps import every_limit
from gpuplan.instance.timeline import windows
from gpuplan.program.problem import Group
from gpuplan.reckoning import Reckoning, reckon
from gpuplan.renewals import kept_on
from gpuplan.solver.result import Termination

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions
    from gpuplan.ledger.reading import Reading
    from gpuplan.program.columns import Key
    from gpuplan.solver.level import LevelResult
    from gpuplan.solver.matrix import Floats
    from gpuplan.solver.search import Search, SearchResult

SLIPPED = Fraction(1, 10**5)
"""Share of its bound by which a limit may be missed and count as slipped rather than broken."""
MARGIN = 1.2e-6
"""How far within a bound a row must stay for the solver's own tolerance not to pass it, by its largest coefficient."""
AGREE = 1e-6
"""Share within which the search's value of a level and the recounted one must agree."""
TRIES = 4
KEPT = 4
"""Points whose reckoning is kept."""


Reckoned = Callable[["Formulation", "Floats"], Reckoning]
"""The reckoning of what a point of a formulation decides."""


@dataclass(frozen=True)
class Found:
    """How a search ended, and the reckoning of its plan when it has one."""

    result: SearchResult
    reckoning: Reckoning | None


def find(instance: Instance, search: Search) -> Found:
    """The best plan of an instance that passes its audit, if the search finds one.

    A search that met points which miss a limit by no more than a solver's tolerance, and could not list what is beside
    them, is made again with these limits narrower. What it then proves holds for less, and is not told.
    """
    reckoned = _keeping_the_last(instance)
    search.judge = search.judge or _judge_by(reckoned)
    margins: dict[Key, float] = {}
    for _ in range(TRIES):
        search.refused = None
        result = search.run(instance, margins)
        if result.values is not None:
            levels = result.levels if not margins else tuple(_unproven(level) for level in result.levels)
            return Found(replace(result, levels=levels), _with_remarks(reckoned, result))
        if result.termination is Termination.INFEASIBLE:
            break
        slipped: dict[Key, float] = {} if search.refused is None else _slipped(instance, reckoned, *search.refused)
        if not slipped or set(slipped) <= set(margins):
            break
        margins |= slipped
    if margins and result.termination is Termination.INFEASIBLE:
        result = replace(result, termination=Termination.STOPPED)
    return Found(result, None)


def _unproven(level: LevelResult) -> LevelResult:
    return replace(level, bound=None, gap=None, proven=False, claimed=None, by="")


def _keeping_the_last(instance: Instance) -> Reckoned:
    """The reckoning of what a point of a formulation decides; the last ones are kept, since the plan that is told was
    judged before."""
    kept: list[tuple[Formulation, bytes, Decisions, Reckoning]] = []

    def reckoned(formulation: Formulation, point: Floats) -> Reckoning:
        seal = point.tobytes()
        found = next((one for one in kept if one[0] is formulation and one[1] == seal), None)
        if found is None:
            decisions = decisions_of(formulation.problem, point)
            known = next((one[3] for one in kept if one[2] == decisions), None)
            made = kept_on(instance, reckon(instance, decisions)) if known is None else known
            found = (formulation, seal, decisions, made)
        kept[:] = [found, *(one for one in kept if one is not found)][:KEPT]
        return found[3]

    return reckoned


def _judge_by(reckoned: Reckoned) -> Callable[[Formulation, Floats], tuple[float, ...] | None]:
    """What a point comes to on each level, to minimise, by the plan that it makes; None where it makes none.

    It makes one where every rule of its program holds, by the exact audit.
    """

    @exactly
    def judge(formulation: Formulation, point: Floats) -> tuple[float, ...] | None:
        reckoning = reckoned(formulation, point)
        off = formulation.problem.off
        if any(Group(reading.family, reading.path) not in off for reading in reckoning.broken):
            return None
        # A question may hold the first levels at what is known of them, or ask for what is no level of the instance.
        asked = reckoning.levels[len(reckoning.levels) - len(formulation.goals) :]
        values = []
        for number, goal in enumerate(formulation.goals):
            name, _, recounted = asked[number] if number < len(asked) else ("", "", Decimal(0))
            exact = float(Fraction(recounted) / Fraction(goal.scale))
            value = exact if name == goal.name else goal.expression.value(point.tolist())
            values.append(-value if goal.maximise else value)
        return tuple(values)

    return judge


def _with_remarks(reckoned: Reckoned, result: SearchResult) -> Reckoning:
    """The reckoning of a result, with a remark on each level whose value is not what the search said."""
    assert result.values is not None
    assert result.formulation is not None
    reckoning = reckoned(result.formulation, result.values)
    remarks = []
    # A question may hold the first levels at what is known of them, and search only the last.
    asked = reckoning.levels[-len(result.levels) :]
    for number, (level, (name, _, value)) in enumerate(zip(result.levels, asked, strict=True)):
        if level.value is None:
            continue
        sign = -1 if level.maximise else 1
        apart = AGREE * max(level.scale, abs(level.value))
        goal = result.formulation.goals[number]
        last = number == len(result.levels) - 1
        allowed = 0.0 if last else goal.tolerance * goal.scale + goal.tolerance_share * abs(level.value)
        if sign * (float(value) - level.value) > apart + allowed:
            remarks.append(f"levels.{number}: {name}: the search says {level.value:.9g}, its decisions give {value}")
        # Better than the search says is well and good: what follows from decisions need not have been at its best in a
        # plan that is not the best one. Better than what it has proven is not.
        if last and level.bound is not None and sign * (float(value) - level.bound) < -apart:
            remarks.append(f"levels.{number}: {name}: {value} is better than the bound {level.bound:.9g}")
    return replace(reckoning, remarks=tuple(remarks))


def _slipped(instance: Instance, reckoned: Reckoned, formulation: Formulation, point: Floats) -> dict[Key, float]:
    """Margins for the rows of limits that a point misses by no more than the solver's tolerance explains."""
    found: dict[Key, float] = {}
    rows = formulation.problem.rows
    reckoning = reckoned(formulation, point)
    for reading in reckoning.broken:
        if reading.family not in ("limits", "funds") or not _is_near(instance, reckoning, reading):
            continue
        key = _row_key(reading)
        if key in rows.keys:
            largest = max((abs(coefficient) for _, coefficient in rows.row(rows.keys.index(key))), default=0.0)
            found[key] = MARGIN * largest
    return found


def _row_key(reading: Reading) -> Key:
    """Key of the row that a reading of a limit or of funds is about."""
    if reading.family == "funds":
        return ("funded", reading.path.removeprefix("funds").removeprefix("."))
    low = reading.at_least is not None and reading.used < reading.at_least
    return ("at_least" if low else "at_most", reading.limit, reading.window)


def _is_near(instance: Instance, reckoning: Reckoning, reading: Reading) -> bool:
    if reading.family == "funds":
        missed = reading.shortfall
    else:
        limit = every_limit(instance)[reading.limit]
        missed = shortfall_amount(reckoning.recount, limit, *windows(limit, instance)[reading.window])
    bounds = [abs(bound) for bound in (reading.at_least, reading.at_most) if bound is not None]
    return missed <= SLIPPED * max([Fraction(1), *bounds])
