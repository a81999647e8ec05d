"""Money: the reporting currency, dated exchange rates, discounting and the years over which a plan is judged."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gpuplan.instance.base import (
    Amount,
    ById,
    Closed,
    Currency,
    Day,
    From,
    Positive,
    Sequence,
    Share,
    Source,
    Table,
)
from gpuplan.instance.calendar import in_order, step_at


class ExchangeRate(From):
    """Units of the reporting currency for one unit of the foreign currency, from a day on."""

    rate: Positive


RateSchedule = Annotated[Sequence[ExchangeRate], Field(min_length=1), AfterValidator(in_order)]


class Economics(Closed):
    """How money is counted."""

    currency: Currency = "USD"
    """Reporting currency: of every limit, penalty and result."""
    exchange_rates: Annotated[Mapping[Currency, RateSchedule], AfterValidator(Table)] = Field(default_factory=dict)
    """By foreign currency; the first rate also holds before its day. Taken on the day of payment."""
    discount_rate_per_year: Share = Decimal(0)
    discount_to: Day | None = None
    """Day to which cost is discounted; the first day of the calendar when left out."""
    evaluation_years: Annotated[int, Field(ge=1, le=50)] | None = None
    """Operation goes on unchanged after the last period until so many years after the first day of the calendar;
    when left out, cost ends with the last period."""
    utilisation: Share = Decimal(1)
    """Share of its typical power that an installed system draws over the year; sites may state their own."""
    carbon_price_per_tonne: Amount = Decimal(0)
    """In the reporting currency; a cost term of its own."""
    sources: ById[Source] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _no_rate_for_itself(self) -> Economics:
        if self.currency in self.exchange_rates:
            raise ValueError(f"{self.currency} is the reporting currency; it needs no exchange rate")
        return self

    def rate(self, currency: str, day: date) -> Decimal:
        """Reporting currency for one unit of `currency` on `day`; KeyError when the instance states none."""
        if currency == self.currency:
            return Decimal(1)
        schedule = self.exchange_rates[currency]
        return (step_at(schedule, day) or schedule[0]).rate
