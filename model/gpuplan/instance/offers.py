"""Who sells what, at which price and by when: vendors and their offers."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainSerializer,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from gpuplan.instance.base import (
    MISSING,
    Amount,
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
    Text,
    Whole,
)
from gpuplan.instance.calendar import ALWAYS, in_order, step_at, written_schedule
from gpuplan.instance.terms import DaysRange, EarlyOrder, FreeUnits, LateDamages, OnlyWith, PriceList

Part = Literal["system", "network", "storage", "installation", "support", "hosting"]
Event = Literal["signed", "shipped", "delivered", "ready"]


class Lead(From):
    """Manufacturing lead of what is signed from a day on."""

    days: Days


def _lead_schedule(value: object) -> object:
    if isinstance(value, int) and not isinstance(value, bool):
        return (Lead.model_validate({"from": ALWAYS, "days": value}),)
    return tuple(value) if isinstance(value, list) else value


LeadSchedule = Annotated[
    tuple[Lead, ...],
    BeforeValidator(_lead_schedule, json_schema_input_type=Days | tuple[Lead, ...]),
    Field(min_length=1),
    AfterValidator(in_order),
    PlainSerializer(written_schedule),
]
"""One number of days, or steps by day of signing; the first step also holds before its day."""
NO_LEAD = (Lead.model_validate({"from": ALWAYS, "days": 0}),)


class Payment(Closed):
    """A share of the price, due so many days after an event of the lot."""

    event: Event
    """signed; shipped: leaves the maker; delivered: arrives; ready: accepted."""
    share: Share
    days_after: Days = 0
    currency: Currency | None = None
    """Currency in which this share is due: the amount is fixed at the exchange rates of the day of signing, and paid at
    those of its own day. The price's own currency when left out."""


def _whole(payments: tuple[Payment, ...]) -> tuple[Payment, ...]:
    total = sum((payment.share for payment in payments), Decimal(0))
    if total != 1:
        raise ValueError(f"the shares of the payments add up to {total}, not to 1")
    return payments


Payments = Annotated[Sequence[Payment], Field(min_length=1), AfterValidator(_whole)]
ON_SIGNING = (Payment(event="signed", share=Decimal(1)),)


class Tier(Closed):
    """A further price tier of an offer: what holds from so many units on."""

    from_units: Count
    """The boundary: all-units, a total of at least so many reaches the tier; incremental, each unit after so many
    pays its price. At a shared boundary the buyer chooses, so `from_units: 50` reaches from 50 units."""
    price: Amount | None = None
    """For one system, in the offer's currency."""
    discount: Share | None = None
    """Or a share off the offer's price on the day of signing."""
    fee: Amount = Decimal(0)

    @model_validator(mode="after")
    def _one_of_price_and_discount(self) -> Tier:
        if (self.price is None) == (self.discount is None):
            raise ValueError("a tier states either price or discount")
        return self

    def price_given(self, first: Decimal) -> Decimal:
        """Price of one system, given that of the first tier."""
        if self.price is not None:
            return self.price
        return first if self.discount is None else first * (1 - self.discount)


class PriceTier(NamedTuple):
    """A price tier worked out: its boundary in units, price of one system, fixed fee; money in the offer's currency."""

    from_units: int
    price: Decimal
    fee: Decimal


class SupplyRate(From):
    """Most units that can ship in a calendar month, from a day on."""

    units_per_month: Whole


class Rebate(Closed):
    """A rebate on the vendor's whole spend once it reaches an amount."""

    from_spend: Positive
    """In the vendor's currency: the price of systems ordered, before rebates."""
    rate: Share
    """Share of the whole spend that is paid back."""


class Vendor(Entity):
    """Who sells."""

    country: Country | None = None
    """Headquarters, as export rules see them too."""
    parent_country: Country | None = None
    """Headquarters of the ultimate parent, where that is another country."""
    group: Text = ""
    """Parent or alliance, for limits that select it."""
    currency: Currency | None = None
    """Of activation and rebates; the reporting currency when left out."""
    activation_cost: Amount = Decimal(0)
    """Paid once, at the first signing with this vendor: legal review, onboarding, a framework contract."""
    rebates: Sequence[Rebate] = ()
    """Booked on the last day of the vendor's last order window."""


class Offer(Entity):
    """A vendor's quote for a system."""

    vendor: Id
    system: Id
    sites: Annotated[Sequence[Id], Field(min_length=1)] | None = None
    """Sites it can be delivered to; every site when left out."""
    exported_from: Country | None = None
    """Country from which it is shipped, where an export rule asks."""
    currency: Currency | None = None
    """Reporting currency when left out."""
    prices: PriceList = ()
    """In place of `price`: its steps by the day of signing, as price lists and time-limited offers have them. Nothing
    can be signed on a day without a price. Whatever follows from the price follows from that of the day of signing: a
    tier's `discount`, rebates, spares, support, what is bought again and what is left at the end. A tier's `price` is
    that of every day, and `order_from` and `order_until` bound the signing beside the steps."""
    price: Amount | None = None
    """For one system, in the first price tier, on whatever day it is signed for. Left out where there are `prices`."""
    fee: Amount = Decimal(0)
    """Fixed fee of the first price tier, due at the first signing."""
    tiers: Annotated[Sequence[Tier], Field(max_length=20)] = ()
    """Further price tiers, with rising boundaries; an offer's units count over all sites and periods."""
    tier_pricing: Literal["all-units", "incremental"] = "all-units"
    """all-units: the tier reached prices every unit. incremental: each unit pays its own tier's price."""
    early_order: EarlyOrder | None = None
    """A discount on the price of what is signed by a day; all that follows from the price follows from what is left."""
    free_units: FreeUnits | None = None
    """None when left out; not together with incremental tiers."""
    includes: Sequence[Part] = ("system",)
    """What the price covers. Network, storage and installation are otherwise added from the system's own figures,
    support from `support_rate_per_year`. `hosting` covers the hall and what runs it: where every offer that can come to
    a site includes it, the buyer pays neither the site nor its energy, demand and carbon. Modules ordered there are
    paid."""
    lot_units: Count = 1
    """Units come in lots of so many."""
    min_units: Whole = 0
    """If anything is bought, at least so many over all sites and periods."""
    max_units: Whole | None = None
    only_with: OnlyWith | None = None
    """It may be bought only together with another offer, or with another one of a vendor; one unit of it is enough."""
    supply: Annotated[Sequence[SupplyRate], AfterValidator(in_order)] | None = None
    """By calendar month of shipping: the rate that holds on the month's last day, none before the first step. No bound
    when left out."""
    order_from: Day | None = None
    order_until: Day | None = None
    """Last day of signing."""
    award_days: Days = 0
    """Tendering before signing."""
    lead_days: LeadSchedule = NO_LEAD
    """Manufacturing lead: from signing to shipping."""
    lead_days_range: DaysRange | None = None
    """In place of `lead_days`, where the quote says 14 to 16 weeks: `most` is planned with, and a plan tells under
    `risks` how much sooner it may be."""
    late_damages: LateDamages | None = None
    """What the vendor owes for what comes late: told under `risks`, and counted nowhere."""
    shipping_days: Days = 0
    installation_days: Days = 0
    acceptance_days: Days = 0
    """Powered, tested, not yet usable."""
    payments: Payments = ON_SIGNING
    support_rate_per_year: Share = Decimal(0)
    """Share of the first tier's price for each year installed, after the warranty."""
    warranty_years: Annotated[int, Field(ge=0, le=100)] = 0
    """Calendar years, from the day on which its lot is ready, for which repair is in the price: `support_rate_per_year`
    is paid from their end on. What is bought again at the end of a life comes with as many."""
    buyer_share: PositiveShare = Decimal(1)
    """Part of the units that is at the buyer's disposal; the host keeps the rest in kind. All units need resources and
    are supplied, shipped and paid; which measures count the host's part is told by `hosts`."""
    availability: PositiveShare = Decimal(1)
    """Share of its hours in which a usable system works: for what an hour of use costs."""
    spares_share: Share = Decimal(0)
    """Spare parts bought with each order, as a share of the first tier's price."""
    life_years: Count | None = None
    """Calendar years from installation after which a system is bought again at the first tier's price; what is left
    of its life at the end of the evaluation horizon is its residual value. Without end, and worth nothing, when left
    out."""
    price_per_month: Amount = Decimal(0)
    """Rent of one system, paid at the end of each calendar month from the day on which its lot is ready, used or not,
    to the day on which it is given back. `price` is then what is paid up front, 0 for nothing."""
    min_months: Annotated[int, Field(ge=0, le=1200)] | None = None
    """Months for which rent is owed at least, should the evaluation horizon end sooner. After them a system is given
    back at the end of a calendar month, or stays: that is decided. Left out, what is rented stays to the end of the
    evaluation horizon."""
    notice_days: Days = 0
    """Days of notice before it is given back; notice is given after signing."""

    @field_validator("price")
    @classmethod
    def _price_or_prices(cls, price: Decimal | None, stated: ValidationInfo) -> Decimal | None:
        prices = stated.data.get("prices")
        if price is None and prices == ():
            raise PydanticCustomError(
                MISSING, "a number is wanted: an offer states its price, or prices by the day of signing"
            )
        if price is not None and prices:
            raise ValueError("it states prices by the day of signing too: leave out one of the two")
        return price

    @model_validator(mode="after")
    def _consistent(self) -> Offer:
        boundaries = [1, *(tier.from_units for tier in self.tiers)]
        if any(after <= before for before, after in itertools.pairwise(boundaries)):
            raise ValueError("tiers must have rising from_units, above 1")
        if self.max_units is not None and self.min_units > self.max_units:
            raise ValueError(f"min_units {self.min_units} is more than max_units {self.max_units}")
        if self.order_from and self.order_until and self.order_from > self.order_until:
            raise ValueError(f"order_from {self.order_from} is after order_until {self.order_until}")
        if self.lead_days_range is not None and self.lead_days != NO_LEAD:
            raise ValueError("an offer states either lead_days or lead_days_range")
        if self.free_units is not None and self.tiers and self.tier_pricing == "incremental":
            raise ValueError(
                "free_units and incremental tiers do not say what a free unit would have cost: leave out one"
            )
        if "support" in self.includes and self.support_rate_per_year:
            raise ValueError("an offer whose price includes support has no support_rate_per_year")
        return self

    @property
    def leads(self) -> LeadSchedule:
        """The manufacturing lead that is planned with: the longest of a range."""
        if self.lead_days_range is None:
            return self.lead_days
        return (Lead.model_construct(start=ALWAYS, days=self.lead_days_range.most),)

    def has_price_on(self, signed: date) -> bool:
        """Whether the offer has a price for what is signed on a day."""
        step = step_at(self.prices, signed)
        return self.price is not None or (step is not None and (step.until is None or signed <= step.until))

    def price_on(self, signed: date | None = None) -> Decimal:
        """Price of one system in the first tier, in the offer's currency, of what is signed on a day.

        On a day without a price that of the last step before it, or of the first. When no day is given, the first one
        as it is listed, without a discount.
        """
        return self._paid(self._listed_on(signed), signed)

    def _listed_on(self, signed: date | None) -> Decimal:
        if self.price is not None:
            return self.price
        step = None if signed is None else step_at(self.prices, signed)
        return (step or self.prices[0]).price

    def _paid(self, listed: Decimal, signed: date | None) -> Decimal:
        """What is left of a listed price for what is signed on a day."""
        early = self.early_order
        return listed * (1 - early.discount) if early and signed is not None and signed <= early.until else listed

    @property
    def price_days(self) -> tuple[date | None, ...]:
        """Days of signing on which another price begins, one for each price there is; None stands for every day."""
        return tuple(step.start for step in self.prices) or (None,)

    def price_tiers(self, signed: date | None = None) -> tuple[PriceTier, ...]:
        """Every tier, the first included, of what is signed on a day; see `price_on`."""
        first = self._listed_on(signed)
        listed = [(1, first, self.fee), *((tier.from_units, tier.price_given(first), tier.fee) for tier in self.tiers)]
        return tuple(PriceTier(low, self._paid(price, signed), fee) for low, price, fee in listed)
