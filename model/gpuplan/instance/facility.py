"""Where systems stand and what keeps them running: resources, sites, modules, tariffs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer, model_validator

from gpuplan.fraction import Fraction
from gpuplan.instance.base import (
    Amount,
    ById,
    Closed,
    Count,
    Country,
    Currency,
    Day,
    Days,
    Entity,
    From,
    Id,
    Positive,
    PositiveShare,
    Sequence,
    Share,
    Table,
    Text,
    Whole,
)
from gpuplan.instance.calendar import ALWAYS, in_order, step_at, written_schedule
from gpuplan.instance.hardware import Cooling
from gpuplan.instance.offers import ON_SIGNING, LeadSchedule, Payments

LoadCase = Literal["design", "typical"]
LOAD_CASES: tuple[LoadCase, ...] = ("design", "typical")
GRID_POWER = "grid-power"
PROTECTED_POWER = "protected-power"
AIR_COOLING = "air-cooling"
LIQUID_COOLING = "liquid-cooling"
RACK_POSITIONS = "rack-positions"


class Resource(Entity):
    """Something that modules and sites provide and that systems and modules need."""

    unit: Text
    coincidence: PositiveShare = Decimal(1)
    """Share of the sum of needs that falls on the design day at once."""


class Need(Closed):
    """What is needed in each load case."""

    design: Amount
    """On the design day: sizes capacity."""
    typical: Amount
    """Over the year: energy and carbon."""

    def in_case(self, case: LoadCase) -> Decimal:
        """The amount in one load case."""
        return self.design if case == "design" else self.typical


def _need(value: object) -> object:
    return value if isinstance(value, dict | Need) else {"design": value, "typical": value}


def _written_need(need: Need) -> object:
    return need.design if need.design == need.typical else {"design": need.design, "typical": need.typical}


Needs = ById[
    Annotated[Need, BeforeValidator(_need, json_schema_input_type=Amount | Need), PlainSerializer(_written_need)]
]
"""By resource: one number for both load cases, or `{design: ..., typical: ...}`."""


class CapacityStep(From):
    """Capacity from a day on."""

    amount: Amount


def _capacity_steps(value: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, tuple) or value == "unlimited":
        return value
    return (CapacityStep.model_validate({"from": ALWAYS, "amount": value}),)


AmountOrSteps = Amount | Literal["unlimited"] | tuple[CapacityStep, ...]


class Capacity(Closed):
    """What a site has of a resource, stated after redundancy."""

    amount: Annotated[
        Annotated[tuple[CapacityStep, ...], Field(min_length=1), AfterValidator(in_order)] | Literal["unlimited"],
        BeforeValidator(_capacity_steps, json_schema_input_type=AmountOrSteps),
        PlainSerializer(written_schedule),
    ]
    """A number, steps by day (nothing before the first), or `unlimited`."""
    needs: Needs = Field(default_factory=Table)
    """Other resources needed for each unit delivered: UPS losses, fans, chilled water."""

    def on(self, day: object) -> Decimal | None:
        """Amount on a day; None when unlimited."""
        if self.amount == "unlimited":
            return None
        step = step_at(self.amount, day)  # type: ignore[arg-type]
        return step.amount if step else Decimal(0)


def _capacity(value: object) -> object:
    return value if isinstance(value, Mapping | Capacity) else {"amount": value}


class HourClass(Closed):
    """Hours of one price within a season."""

    hours_per_week: Annotated[Amount, Field(le=168)]
    price_per_kwh: Amount


class Season(Closed):
    """Months of one set of energy prices."""

    months: Annotated[Sequence[Annotated[int, Field(ge=1, le=12)]], Field(min_length=1)]
    hours: Annotated[ById[HourClass], Field(min_length=1)]

    @model_validator(mode="after")
    def _whole_week(self) -> Season:
        total = sum((hours.hours_per_week for hours in self.hours.values()), Decimal(0))
        if total != 168:
            raise ValueError(f"the hours of a week add up to {total}, not to 168")
        return self

    @property
    def price_per_kwh(self) -> Fraction:
        """Price of a kilowatt-hour of a flat load."""
        paid = sum((hours.hours_per_week * hours.price_per_kwh for hours in self.hours.values()), Decimal(0))
        return Fraction(paid) / 168


class Tariff(Entity):
    """Electricity prices. Systems draw a flat load, so hour classes weigh in by their hours."""

    currency: Currency | None = None
    energy_price_per_kwh: Amount | None = None
    """One price at all times; or seasons."""
    seasons: ById[Season] = Field(default_factory=Table)
    adders_per_kwh: Amount = Decimal(0)
    """Climate charge, fuel adjustment and the like."""
    demand_charge_per_kw_month: Amount = Decimal(0)
    """On the design-day draw from the grid."""

    @model_validator(mode="after")
    def _every_month_has_a_price(self) -> Tariff:
        months = sorted(month for season in self.seasons.values() for month in season.months)
        if self.energy_price_per_kwh is not None:
            if months:
                raise ValueError("a tariff has either energy_price_per_kwh or seasons")
        elif months != list(range(1, 13)):
            raise ValueError("each month from 1 to 12 must be in exactly one season, or state energy_price_per_kwh")
        return self

    def price_per_kwh(self, month: int) -> Fraction:
        """Energy price with adders in a month (1 to 12)."""
        if self.energy_price_per_kwh is not None:
            return Fraction(self.energy_price_per_kwh + self.adders_per_kwh)
        season = next(season for season in self.seasons.values() if month in season.months)
        return season.price_per_kwh + Fraction(self.adders_per_kwh)


class Redundancy(Closed):
    """How many blocks may fail. N: none; N+k: the k largest in use; 2N: half of each type."""

    spare_blocks: Annotated[int, Field(ge=0, le=5)] = 0
    doubled: bool = False

    def __str__(self) -> str:
        if self.doubled:
            return "2N"
        return f"N+{self.spare_blocks}" if self.spare_blocks else "N"


def _redundancy(value: object) -> object:
    if isinstance(value, str):
        text = value.upper().replace(" ", "")
        if text == "N":
            return Redundancy()
        if text == "2N":
            return Redundancy(doubled=True)
        if text[:2] == "N+" and text[2:] in ("1", "2", "3", "4", "5"):
            return Redundancy(spare_blocks=int(text[2:]))
        raise ValueError("redundancy is written N, N+1 (to N+5) or 2N")
    return value


def _written_redundancy(rule: Redundancy) -> str:
    return str(rule)


WrittenRedundancy = Annotated[str, Field(pattern=r"^(N|N\+[1-5]|2N)$")]
RedundancyRule = Annotated[
    Redundancy,
    BeforeValidator(_redundancy, json_schema_input_type=WrittenRedundancy),
    PlainSerializer(_written_redundancy),
]


class Delivery(Closed):
    """What one module provides of a resource."""

    amount: Positive
    needs: Needs = Field(default_factory=Table)
    """Other resources needed for each unit delivered."""


def _delivery(value: object) -> object:
    return value if isinstance(value, Mapping | Delivery) else {"amount": value}


class Module(Entity):
    """A block of facility capacity that is bought whole, or an approval that others wait for."""

    provides: ById[Annotated[Delivery, BeforeValidator(_delivery, json_schema_input_type=Positive | Delivery)]] = Field(
        default_factory=Table
    )
    """By resource; nothing for an approval."""
    after: Sequence[Id] = ()
    """Modules that must be ready at the same site before this one is ordered: permits, assessments, earlier stages."""
    needs: Needs = Field(default_factory=Table)
    """Resources that each module needs whatever it delivers: floor, standing losses."""
    price: Amount = Decimal(0)
    currency: Currency | None = None
    order_from: Day | None = None
    order_until: Day | None = None
    award_days: Days = 0
    lead_days: LeadSchedule
    installation_days: Days = 0
    payments: Payments = ON_SIGNING
    maintenance_rate_per_year: Share = Decimal(0)
    """Share of the price for each year in service."""
    life_years: Count | None = None
    """Calendar years in service after which a module is bought again at its price; what is left of its life at the
    end of the evaluation horizon is its residual value. Without end, and worth nothing, when left out."""
    price_per_month: Amount = Decimal(0)
    """Rent of one module from the day on which it delivers, used or not: colocation, in blocks of kilowatts."""
    min_months: Annotated[int, Field(ge=0, le=1200)] = 0
    """Months for which rent is owed at least, should the evaluation horizon end sooner."""


class SiteModule(Closed):
    """A module as a candidate at a site."""

    max_units: Whole | None = None
    """What space and permits allow; what the largest need could use when left out."""


class Site(Entity):
    """A place that can host systems and modules."""

    country: Country | None = None
    region: Text = ""
    operator: Text = ""
    """Who runs it."""
    opens: Day | None = None
    """First day on which it can be open; the first day of the calendar when left out."""
    build_days: Days = 0
    """From the decision to open until it is open."""
    currency: Currency | None = None
    opening_cost: Amount = Decimal(0)
    fixed_cost_per_month: Amount = Decimal(0)
    """From the month in which it opens."""
    capacity: ById[Annotated[Capacity, BeforeValidator(_capacity, json_schema_input_type=AmountOrSteps | Capacity)]] = (
        Field(default_factory=Table)
    )
    """What is there of each resource. What it does not name it does not have."""
    rack_kw: Annotated[Mapping[Cooling, Positive], AfterValidator(Table)] = Field(default_factory=dict)
    """Most power of one rack position by kind of cooling; a kind that is not named is not there. Any, when empty."""
    modules: ById[SiteModule] = Field(default_factory=Table)
    """Modules that can be put here."""
    granted: Sequence[Id] = ()
    """Approvals and stages that are there already, for modules that come `after` them."""
    redundancy: ById[RedundancyRule] = Field(default_factory=Table)
    """By resource, for capacity from modules: N (nothing spare) when left out."""
    tariff: Tariff | None = None
    """A tariff, or the id of one of the reference catalogue; energy costs nothing when left out."""
    carbon_kg_per_kwh: Amount = Decimal(0)
    utilisation: Share | None = None
    """Share of its typical power that an installed system draws over the year; that of `economics` when left out."""

    def existing_on(self, resource: str, day: date) -> Fraction | None:
        """What is there of a resource on a day, without modules; None when unlimited."""
        capacity = self.capacity.get(resource)
        amount = capacity.on(day) if capacity else 0
        return None if amount is None else Fraction(amount)


class Fleet(Closed):
    """Systems that are already there, installed and usable from the first day."""

    system: Id
    site: Id
    units: Count
    vendor: Id | None = None


class Existing(Closed):
    """What is there before anything is bought."""

    systems: ById[Fleet] = Field(default_factory=Table)
    """They draw on the resources of their site. What that lacks for them on the first day of the calendar is taken as
    given until modules can provide it: up to the last day of the period in which the first of them can be ready."""
