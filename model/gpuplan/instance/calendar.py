"""Time: periods of whole months, days, discounting and dated schedules. Shared by the model and the audit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from functools import cached_property, lru_cache
from typing import Annotated, Literal, Protocol, TypeVar

from pydantic import Field, model_validator

from gpuplan.instance.base import FIRST_DAY, Closed, Count, Day

FACTOR_DIGITS = Decimal("1e-12")


@dataclass(frozen=True, slots=True)
class Period:
    """A period of the calendar: its position and its first and last day."""

    index: int
    first: date
    last: date

    @property
    def days(self) -> int:
        """Number of days in the period."""
        return (self.last - self.first).days + 1

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


class Calendar(Closed):
    """The periods that index decisions, capacity and cash."""

    start: Day
    """First day of the first period: the first of a month."""
    periods: Annotated[Count, Field(le=600)]
    """How many periods."""
    period: Literal["month", "quarter"] = "month"
    """Length of a period."""
    tender_from: Day | None = None
    """Nothing is tendered before this day; the first day of the first period when left out."""
    fiscal_year_starts_in_month: Annotated[int, Field(ge=1, le=12)] = 1

    @model_validator(mode="after")
    def _starts_a_month(self) -> Calendar:
        if self.start.day != 1:
            raise ValueError("start must be the first day of a month")
        return self

    @property
    def months_in_period(self) -> int:
        """1 or 3."""
        return 1 if self.period == "month" else 3

    @cached_property
    def all_periods(self) -> tuple[Period, ...]:
        """Every period, in order."""
        step = self.months_in_period
        firsts = [add_months(self.start, step * number) for number in range(self.periods + 1)]
        return tuple(
            Period(index, first, following - timedelta(days=1))
            for index, (first, following) in enumerate(itertools.pairwise(firsts))
        )

    @property
    def end(self) -> date:
        """Last day of the last period."""
        return add_months(self.start, self.months_in_period * self.periods) - timedelta(days=1)

    @property
    def tender_day(self) -> date:
        """First day on which a tender can be published."""
        return self.tender_from or self.start

    def fiscal_year(self, day: date) -> int:
        """Fiscal year of a day, named by the calendar year in which it starts."""
        return day.year if day.month >= self.fiscal_year_starts_in_month else day.year - 1

    def fiscal_year_start(self, year: int) -> date:
        """First day of a fiscal year."""
        return date(year, self.fiscal_year_starts_in_month, 1)


class Dated(Protocol):
    """A step of a schedule."""

    @property
    def start(self) -> date:
        """First day on which the step holds."""
        ...


Step = TypeVar("Step", bound=Dated)
ALWAYS = FIRST_DAY
"""First day of the only step of a schedule that was written as one number."""


def written_schedule(schedule: object) -> object:
    """A schedule as an instance file writes it: one number where one step always holds, else a list of steps."""
    if not isinstance(schedule, tuple):
        return schedule
    steps = [step.model_dump(by_alias=True) for step in schedule]
    if len(steps) == 1 and steps[0]["from"] == ALWAYS:
        return next(value for key, value in steps[0].items() if key != "from")
    return steps


def step_at(schedule: SequenceOf[Step], day: date) -> Step | None:
    """The step that holds on `day`, or None before the first. Steps are in order of their first day."""
    found = None
    for step in schedule:
        if step.start > day:
            break
        found = step
    return found


def in_order(schedule: tuple[Step, ...]) -> tuple[Step, ...]:
    """Validator: the steps of a schedule have strictly increasing first days."""
    for before, after in itertools.pairwise(schedule):
        if after.start <= before.start:
            raise ValueError(f"steps must be in order of their days; {after.start} does not follow {before.start}")
    return schedule


def add_months(first: date, months: int) -> date:
    """The first of the month that lies `months` after the first of a month."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def term_end(first: date, months: int) -> date:
    """Last day of a term of so many months that starts on `first`.

    >>> term_end(date(2025, 1, 15), 2)
    datetime.date(2025, 3, 14)
    """
    month = add_months(first.replace(day=1), months)
    days = (add_months(month, 1) - month).days
    return month + timedelta(days=min(first.day, days + 1) - 2)


def days_in_month(day: date) -> int:
    """Days of the calendar month of a day."""
    first = day.replace(day=1)
    return (add_months(first, 1) - first).days


def months_between(first: date, last: date) -> tuple[tuple[date, date], ...]:
    """The calendar months that touch [first, last], each as (first day, last day) cut to that span."""
    found = []
    month = first.replace(day=1)
    while month <= last:
        following = add_months(month, 1)
        found.append((max(month, first), min(following - timedelta(days=1), last)))
        month = following
    return tuple(found)


@lru_cache(maxsize=100_000)
def discount_factor(rate_per_year: Decimal, days: int) -> Decimal:
    """(1 + rate)^(-days/365), rounded to 12 decimals and exact from there on.

    >>> discount_factor(Decimal("0.10"), 365)
    Decimal('0.909090909091')
    """
    if rate_per_year == 0 or days == 0:
        return Decimal(1)
    with localcontext() as context:
        context.prec = 120
        factor = (1 + rate_per_year) ** (Decimal(-days) / 365)
        return factor.quantize(FACTOR_DIGITS, rounding=ROUND_HALF_EVEN).normalize()
