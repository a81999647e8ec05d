"""What is added to payments, and who makes them: levies and funds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, WithJsonSchema, model_validator

from gpuplan.instance.base import Amount, Day, Days, Entity, From, Sequence, Share, exact
from gpuplan.instance.calendar import ALWAYS, in_order, step_at, written_schedule
from gpuplan.instance.rules import CAPEX, OPEX, CostTerm, Selection

LEVIED = (CAPEX | OPEX) - {"capital-levies", "operating-levies"}
"""Cost terms that a levy can be on."""


Rate = Annotated[
    Decimal,
    BeforeValidator(exact),
    Field(ge=0, le=100),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
"""A rate of a levy: 1.45 for 145 %."""


class LevyRate(From):
    """A rate from a day on."""

    rate: Rate


def _rates(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    return value if isinstance(value, tuple) else (LevyRate.model_validate({"from": ALWAYS, "rate": value}),)


class Levy(Entity):
    """A tax, a duty or a credit: a rate on payments of some cost terms."""

    kind: Literal["tax", "credit"] = "tax"
    """tax: paid on top; credit: paid back to the buyer."""
    terms: Annotated[Sequence[CostTerm], Field(min_length=1)]
    """Cost terms on whose payments it is levied."""
    select: Selection = Selection()
    """Only payments for what is selected."""
    exclude: Selection | None = None
    rate: Annotated[
        tuple[LevyRate, ...],
        BeforeValidator(_rates, json_schema_input_type=Rate | tuple[LevyRate, ...]),
        Field(min_length=1),
        AfterValidator(in_order),
        PlainSerializer(written_schedule),
    ]
    """What is levied on 1 of a payment, above 1 where a duty is higher than the price: one rate, or steps by day of the
    payment (nothing before the first). Freight that is quoted as a part of the price is a tax of this kind."""
    days_after: Days = 0
    """Due so many days after the payment that it is on."""
    recovered_share: Share = Decimal(0)
    """Share of a tax that comes back, as input VAT does."""
    recovered_days_after: Days = 0
    """Days from when it was due until it comes back."""

    @model_validator(mode="after")
    def _consistent(self) -> Levy:
        if wrong := sorted(set(self.terms) - LEVIED):
            raise ValueError(f"nothing is levied on {', '.join(wrong)}")
        if self.kind == "credit" and self.recovered_share:
            raise ValueError("only a tax is recovered")
        if self.kind == "credit" and any(step.rate > 1 for step in self.rate):
            raise ValueError("no credit is more than the payment that it is on: its rate is at most 1")
        return self

    def rate_on(self, day: date) -> Decimal:
        """The rate for a payment on a day."""
        step = step_at(self.rate, day)
        return step.rate if step else Decimal(0)


class Fund(Entity):
    """Money for some cost terms within a window."""

    amount: Amount
    """The most that it pays, in the reporting currency, undiscounted."""
    terms: Annotated[Sequence[CostTerm], Field(min_length=1)] | None = None
    """Cost terms that it may pay; all when left out."""
    select: Selection = Selection()
    """Only payments for what is selected."""
    exclude: Selection | None = None
    start: Annotated[Day | None, Field(alias="from")] = None
    """First day on which it pays; from the very beginning when left out."""
    by: Day | None = None
    """Last day on which it pays; without end when left out."""

    @model_validator(mode="after")
    def _in_order(self) -> Fund:
        if self.start is not None and self.by is not None and self.start > self.by:
            raise ValueError(f"from {self.start} is after by {self.by}")
        return self

    def pays_on(self, day: date) -> bool:
        """Whether a day lies in its window."""
        return (self.start or date.min) <= day <= (self.by or date.max)
