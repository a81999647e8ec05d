"""The work that systems do: what is demanded when, how much of it one system does, and where it may be done."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from gpuplan.instance.base import (
    Amount,
    ById,
    Closed,
    Country,
    Currency,
    Day,
    Entity,
    From,
    Id,
    Positive,
    PositiveShare,
    Sequence,
    Source,
    Table,
    Text,
)
from gpuplan.instance.calendar import ALWAYS, in_order, written_schedule

Split = Literal["free", "one_site", "one_system"]


class DemandStep(From):
    """Demand from a day on."""

    amount: Amount


def _demand_steps(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, tuple) else (DemandStep.model_validate({"from": ALWAYS, "amount": value}),)


DemandSchedule = Annotated[
    tuple[DemandStep, ...],
    BeforeValidator(_demand_steps, json_schema_input_type=Amount | tuple[DemandStep, ...]),
    Field(min_length=1),
    AfterValidator(in_order),
    PlainSerializer(written_schedule),
]
"""One amount at all times, or steps by day, nothing before the first."""


class Benchmark(Closed):
    """Results of the reference catalogue that a rate is taken from: the best one of the system's accelerator."""

    workload: Text
    """The benchmark, such as `llama2-70b-99`."""
    scenario: Text
    """How it was run, such as `Offline` or `Server`."""


class Rate(Closed):
    """Work that one system does: stated in one of three ways."""

    amount: Positive | None = None
    """Of the whole system, in the workload's unit."""
    per_accelerator: Positive | None = None
    """Of one accelerator, in the workload's unit."""
    measured: Benchmark | None = None
    """Replaced, when the instance is read, by the catalogue's `per_accelerator` and its source."""
    derating: PositiveShare = Decimal(1)
    """Share of it that is delivered in service: published results are the best of each system."""
    ready: Day | None = None
    """First day on which the software runs on this system; always when left out."""
    source: Source | None = None
    """Where the figure comes from."""

    @model_validator(mode="after")
    def _one_way(self) -> Rate:
        if sum(stated is not None for stated in (self.amount, self.per_accelerator, self.measured)) != 1:
            raise ValueError("a rate states one of amount, per_accelerator and measured")
        return self


def _rate(value: object) -> object:
    return value if isinstance(value, dict | Rate) else {"amount": value}


class Workload(Entity):
    """Work that is to be done, as a rate: tokens/s, training runs a month, or any other unit.

    What is demanded from a day on must be served on that very day, and on every day until the next step.
    """

    unit: Annotated[Text, Field(min_length=1)]
    """In which demand and rates are stated."""
    demand: DemandSchedule
    """One amount at all times, or steps by day."""
    required: bool = True
    """Whether all of it must be served; otherwise any part may be, which limits and levels on `work-served` weigh."""
    rates: ById[Annotated[Rate, BeforeValidator(_rate, json_schema_input_type=Positive | Rate)]] = Field(
        default_factory=Table
    )
    """By system: work that one system does, as one number for the whole system or in full. A system without a rate
    cannot serve."""
    sites: Annotated[Sequence[Id], Field(min_length=1)] | None = None
    """Sites that may serve; every site when left out."""
    countries: Annotated[Sequence[Country], Field(min_length=1)] | None = None
    """Countries whose sites may serve; every country when left out."""
    min_system_memory_gb: Amount = Decimal(0)
    """Accelerator memory that a system must have in all: what one copy of the model takes."""
    min_accelerator_memory_gb: Amount = Decimal(0)
    """Memory that one accelerator must have."""
    transit_price_per_unit_month: ById[Amount] = Field(default_factory=Table)
    """By site: price of carrying one unit of work to and from it for a calendar month; part of a month counts by its
    days. Nothing for a site that is left out."""
    currency: Currency | None = None
    """Of the transit price; the reporting currency when left out."""
    split: Split = "free"
    """free: over any systems and sites; one_site: all of it at one site, at all times; one_system: all of it on one
    kind of system, at all times."""
