r"""Objective: levels in order of priority, each held at what it reached while the next is sought.

Soft limits come first, one level for each priority: $\min \sum_{w} \delta_w / \mathrm{scale}_w$. Then the levels of the
instance: discounted cost $\sum_f \phi(d_f)\, c_f$ with $\phi(d) = (1 + \rho)^{-(d - d_0)/365}$ rounded to 12 decimals;
any measure; the number of periods before a target holds (commissioning), $\sum_p (1 - h_p)$ with
$A_p \ge b\, h_p$ and $h_p \le h_{p+1}$; the largest vendor's amount of a measure (concentration), $\max_v A_v$.

| symbol | meaning | unit |
| --- | --- | --- |
| $\delta_w$ | shortfall of a soft limit | the measure's |
| $c_f, d_f$ | a payment and its day | money, day |
| $\rho, d_0$ | discount rate for each year, day of reckoning | |
| $h_p$ | whether the target holds from period $p$ on (`holds`) | 0 or 1 |
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import floor, log10
from typing import TYPE_CHECKING

from gpuplan.families.limits import scale, selected, shortfall_amount
from gpuplan.fraction import Fraction
from gpuplan.instance.rules import Measured
from gpuplan.instance.timeline import windows
from gpuplan.instance.units import unit_of
from gpuplan.ledger.entries import rounded
from gpuplan.ledger.measures import measure as recounted
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.measures import discounted, measure, units_counted
from gpuplan.program.problem import NOISE

if TYPE_CHECKING:
    from gpuplan.instance.rules import Level
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


DIGITS = 8
"""Digits of a value that is no money, where these are more than six after the point."""


@dataclass(frozen=True, slots=True)
class Goal:
    """One level of the objective: an expression to minimise or maximise, and what later levels may give up.

    Expression and tolerance are counted in the program's unit.
    """

    name: str
    unit: str
    maximise: bool
    expression: Linear
    tolerance: float
    tolerance_share: float
    gap: float | None = None
    """Share within which it counts as optimal; that of the search when None."""
    scale: float = 1.0
    """What 1 of the expression stands for in the level's own unit."""


def priorities(instance: Instance) -> list[int]:
    """Priorities of soft limits, the first to be met first."""
    return sorted({limit.soft.priority for limit in instance.limits.values() if limit.soft and limit.soft.priority})


def level_name(level: Level, instance: Instance) -> tuple[str, str]:
    """(name, unit) of a level of an instance, for people."""
    if level.minimise == "cost":
        return "minimise cost", "money"
    if level.minimise == "commissioning":
        return f"minimise periods before {level.target} holds", "periods"
    if level.minimise == "concentration" and level.of is not None:
        return f"minimise the largest vendor's {unit_of(level.of)}{selected(level.of)}", unit_of(level.of)
    aim = level.maximise or level.minimise
    assert isinstance(aim, Measured)
    unit = unit_of(aim, instance)
    word = "maximise" if level.maximise else "minimise"
    return f"{word} {aim.measure if unit == 'money' else unit}{selected(aim)}", unit


def goals(problem: Problem) -> list[Goal]:
    """Every level in order, soft priorities first; levels that nothing can change are left in, as constants."""
    found = [
        Goal(
            f"miss soft limits of priority {priority} least",
            "shortfall",
            False,
            problem.shortfalls.get(priority, Linear()),
            0.0,
            0.0,
        )
        for priority in priorities(problem.instance)
    ]
    for number, level in enumerate(problem.instance.objective):
        name, unit = level_name(level, problem.instance)
        expression, scale = _expression(problem, level, number), float(_counted_in(problem, level))
        found.append(
            Goal(
                name,
                unit,
                level.maximise is not None,
                expression,
                float(Fraction(level.tolerance) / _counted_in(problem, level)),
                float(level.tolerance_share),
                None if level.gap is None else float(level.gap),
                scale,
            )
        )
    return found


def _counted_in(problem: Problem, level: Level) -> Fraction:
    """What 1 of a level's expression stands for in its own unit."""
    aim = level.maximise or level.minimise
    if aim == "cost":
        return problem.money.unit
    return problem.unit_of(aim) if isinstance(aim, Measured) else Fraction(1)


def _expression(problem: Problem, level: Level, number: int) -> Linear:
    if level.minimise == "cost":
        return discounted(problem)
    if level.minimise == "commissioning":
        return _commissioning(problem, level.target or "", number)
    last = level.by or problem.instance.calendar.end
    if level.minimise == "concentration" and level.of is not None:
        return _concentration(problem, level.of, last, number)
    aim = level.maximise or level.minimise
    assert isinstance(aim, Measured)
    return measure(problem, aim, date.min, _last_day(problem.instance, aim, level.by))


def _last_day(instance: Instance, aim: Measured, by: date | None) -> date:
    """Last day that counts at a level; what is due after the calendar is paid all the same."""
    if aim.kind == "money":
        return by or date.max
    return by or (instance.calendar.end if aim.kind in ("units", "work", "clusters") else instance.operation_end)


def _commissioning(problem: Problem, target: str, number: int) -> Linear:
    limit = problem.instance.limits[target]
    waited = Linear()
    before: int | None = None
    for period in problem.periods:
        holds = problem.columns.add(("holds", number, period.index), Role.WHOLE, 1.0)
        least = float(limit.at_least or 0)
        reached = problem.capped(measure(problem, limit, date.min, period.last), least).add(holds, -least)
        problem.rows.add(("holds", number, period.index), reached, at_least=0.0)
        if before is not None:
            problem.rows.add(("stays", number, period.index), Linear([(holds, 1.0), (before, -1.0)]), at_least=0.0)
        before = holds
        waited.add(holds, -1.0)
        waited.constant += 1.0
    return waited


def _concentration(problem: Problem, of: Measured, last: date, number: int) -> Linear:
    largest = problem.columns.add(("concentration", number), Role.CONTINUOUS)
    by_vendor: dict[str, Linear] = {}
    for subject, units in units_counted(problem, of, date.min, last):
        each = measure_worth(problem.instance, of, subject.system or "", subject.offer)
        by_vendor.setdefault(subject.vendor or "", Linear()).plus(units, each)
    most = max((problem.upper_of(amount) for amount in by_vendor.values()), default=0.0)
    problem.columns.tighten(largest, most * (1.0 + NOISE))
    for vendor, amount in by_vendor.items():
        problem.rows.add(("concentration", number, vendor), amount.add(largest, -1.0), at_most=0.0)
    return Linear([(largest, 1.0)])


def measure_worth(instance: Instance, of: Measured, system: str, offer: str | None) -> float:
    """A measure of units for one system, as the matrix wants it."""
    from gpuplan.instance.units import worth

    return float(worth(of, instance, system, offer))


def values(recount: Recount) -> list[tuple[str, str, Decimal]]:
    """(name, unit, value) of every level, recounted from a plan; rounded to six digits after the point or eight in all,
    or as entries of money are."""
    instance = recount.instance
    digits = instance.money_digits
    found = []
    for priority in priorities(instance):
        missed = sum(
            (
                shortfall_amount(recount, limit, *window) / scale(limit)
                for limit in instance.limits.values()
                if limit.soft and limit.soft.priority == priority
                for window in windows(limit, instance)
            ),
            Fraction(0),
        )
        found.append((f"miss soft limits of priority {priority} least", "shortfall", _rounded(missed)))
    for level in instance.objective:
        (name, unit), value = level_name(level, instance), _value(recount, level)
        found.append((name, unit, rounded(value, digits) if unit == "money" else _rounded(value)))
    return found


def _value(recount: Recount, level: Level) -> Fraction:
    instance = recount.instance
    if level.minimise == "cost":
        return sum((Fraction(one.discounted) for one in recount.entries), Fraction(0))
    if level.minimise == "commissioning":
        limit = instance.limits[level.target or ""]
        bound = Fraction(limit.at_least or 0)
        ends = enumerate((period.last for period in instance.calendar.all_periods), 1)
        short = (number for number, end in ends if recounted(recount, limit, date.min, end) < bound)
        return Fraction(max(short, default=0))
    if level.minimise == "concentration" and level.of is not None:
        by_vendor: dict[str, Fraction] = {}
        for subject, units in recount.counted(level.of, date.min, level.by or instance.calendar.end):
            vendor = subject.vendor or ""
            by_vendor[vendor] = by_vendor.get(vendor, Fraction(0)) + recount.worth(level.of, subject) * units
        return max(by_vendor.values(), default=Fraction(0))
    aim = level.maximise or level.minimise
    assert isinstance(aim, Measured)
    return recounted(recount, aim, date.min, _last_day(instance, aim, level.by))


def digits_of(value: Fraction) -> int:
    """Digits after the point to which the value of a level that is no money is rounded: six, or eight in all."""
    return max(6, DIGITS - 1 - floor(log10(abs(value)))) if value else 6


def _rounded(value: Fraction) -> Decimal:
    return rounded(value, digits_of(value))
