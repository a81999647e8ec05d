"""What is signed or built already and cannot be undone, or only for a fee."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from gpuplan.instance.base import Amount, ById, Closed, Count, Day, Entity, Id, Share, Table, Text
from gpuplan.instance.facility import Module
from gpuplan.instance.offers import Offer
from gpuplan.instance.rentals import ending, last_days

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


class Cancellable(Entity):
    """Something that may be cancelled where a fee is stated, on the first day of the calendar and unit by unit."""

    cancel_fee: Amount | None = None
    """For each unit that is cancelled, in the currency of its price; what was paid and does not come back included."""
    cancel_fee_share: Share | None = None
    """Or a share of the price (of the offer's first tier); both are added where both are stated."""

    @property
    def may_be_cancelled(self) -> bool:
        """Whether a fee is stated; a fee of 0 is one."""
        return self.cancel_fee is not None or self.cancel_fee_share is not None

    def fee(self, price: Decimal) -> Decimal:
        """Fee for one unit of a price, in the currency of the price."""
        return (self.cancel_fee or Decimal(0)) + (self.cancel_fee_share or Decimal(0)) * price


class SignedQuote(Offer):
    """An offer as it was when something was signed for under it."""

    offer: Id
    """Which one."""


class SignedModule(Module):
    """A module as it was quoted when one was ordered."""

    module: Id
    """Which one."""


AGREED = (
    "vendor", "system", "currency", "price", "prices", "fee", "tiers", "tier_pricing", "early_order", "free_units",
    "includes", "lot_units", "payments", "support_rate_per_year", "warranty_years", "buyer_share",
    "spares_share", "price_per_month", "min_months", "notice_days",
)  # fmt: skip
"""What is agreed when an offer is signed for. Days, supply and lives are what the offer says now."""

AGREED_OF_MODULES = (
    "currency", "price", "payments", "maintenance_rate_per_year", "price_per_month", "min_months",
)  # fmt: skip
"""The same of modules; what they provide and need is what they say now."""


class CommittedOrder(Cancellable):
    """Systems that are signed for. They count in the offer's supply, minimum and maximum, and are paid as was agreed:
    as the quote says that is named, or as the offer says now. As long as both say the same, what is signed later counts
    in the same tiers."""

    offer: Id
    quote: Id | None = None
    """Of `committed.quotes`: the one that it was signed under. What the offer says now when left out."""
    site: Id
    signed: Day
    """On the day of a period on which its offer is signed, which is the first on which it can be, on one that is over,
    or before the calendar: then neither its window, its tender nor a deadline on signing or shipping binds it."""
    units: Count
    route: Text = ""
    """The way through export control that it takes, where there are several."""
    installed: Day | None = None
    """Day from which they stand, where they do; they may wait when left out."""
    given_back: Day | None = None
    """Last day on which rented systems are there, the last of a calendar month; they stay when left out."""

    @model_validator(mode="after")
    def _not_both(self) -> CommittedOrder:
        if self.installed is not None and self.may_be_cancelled:
            raise ValueError("what stands cannot be cancelled: leave out installed, or the fee")
        return self


class CommittedModule(Cancellable):
    """Facility modules that are ordered, or approvals that are applied for."""

    module: Id
    quote: Id | None = None
    """Of `committed.module_quotes`, likewise."""
    site: Id
    signed: Day
    """On the first day of a period, or before the calendar."""
    units: Count = 1


class CommittedOpening(Entity):
    """A site whose opening is decided."""

    site: Id
    decided: Day
    """The first day of a period, or a day before the calendar."""


class Committed(Closed):
    """What is signed for or decided already, at most one line for the same thing on the same day."""

    until: Day | None = None
    """Nothing more is signed, ordered or decided up to this day, which is over. Before the calendar nothing ever is."""
    quotes: ById[SignedQuote] = Field(default_factory=Table)
    """Offers as they were when something was signed for. Those that change later, or are withdrawn, change nothing of
    it."""
    module_quotes: ById[SignedModule] = Field(default_factory=Table)
    """The same of modules."""
    orders: ById[CommittedOrder] = Field(default_factory=Table)
    modules: ById[CommittedModule] = Field(default_factory=Table)
    openings: ById[CommittedOpening] = Field(default_factory=Table)

    def by_kind(self) -> dict[str, ById[CommittedOrder] | ById[CommittedModule] | ById[CommittedOpening]]:
        """Every commitment by kind (orders, modules, openings) and id."""
        return {"orders": self.orders, "modules": self.modules, "openings": self.openings}

    @cached_property
    def built(self) -> dict[tuple[str, str, date], int]:
        """Modules by module, site and day of signing."""
        return {(one.module, one.site, one.signed): one.units for one in self.modules.values()}

    @cached_property
    def opened(self) -> dict[str, date]:
        """Day of the decision by site."""
        return {one.site: one.decided for one in self.openings.values()}

    def days(self) -> set[date]:
        """Every day of a commitment."""
        signed = {one.signed for one in self.orders.values()} | {one.signed for one in self.modules.values()}
        return signed | set(self.opened.values())


def decision_days(instance: Instance) -> dict[int, date]:
    """By number: every day on which something is decided, in order; that of a period is its first.

    Days of commitments before the calendar have numbers below zero; days within a period on which offers are signed,
    since they cannot be on its first, those after the periods'.
    """
    start, periods = instance.calendar.start, instance.calendar.all_periods
    past = sorted(day for day in instance.committed.days() if day < start)
    found = {number - len(past): day for number, day in enumerate(past)}
    found |= {period.index: period.first for period in periods}
    within = {day for days in instance.signing_days.values() for day in days}
    within |= {one.signed for one in instance.committed.orders.values() if one.signed >= start}
    later = sorted(within - set(found.values()))
    return found | {len(periods) + number: day for number, day in enumerate(later)}


def days_to_sign(instance: Instance, offer: str, site: str) -> set[date]:
    """Days on which a quote is signed for a site, or was."""
    was = {day for quote, where, day, _ in instance.ordered if (quote, where) == (offer, site)}
    return was | set(instance.signing_days[offer, site])


def is_over(instance: Instance, day: date) -> bool:
    """Whether nothing can be decided on a day any more: before the calendar, or up to the day that commitments name."""
    until = instance.committed.until
    return day < instance.calendar.start or (until is not None and day <= until)


def first_free_day(instance: Instance) -> date:
    """First day on which something can be decided; the day after the calendar where there is none left."""
    firsts = (period.first for period in instance.calendar.all_periods)
    return next((day for day in firsts if not is_over(instance, day)), instance.calendar.end + timedelta(days=1))


def cancel_day(instance: Instance) -> date:
    """Day on which what may be cancelled is: the first of the calendar that is not over."""
    until = instance.committed.until
    return instance.calendar.start if until is None else max(instance.calendar.start, until + timedelta(days=1))


def ordered_before(instance: Instance, offer: str, site: str, signed: date, route: str) -> int:
    """Units of a commitment of a day that is over, or under a quote that is; no rule on signing binds them.

    0 where there is none.
    """
    is_bound = not is_over(instance, signed) and offer in instance.on_offer
    return 0 if is_bound else instance.ordered.get((offer, site, signed, route), 0)


def built_before(instance: Instance, module: str, site: str, signed: date) -> int:
    """The same for modules."""
    return instance.committed.built.get((module, site, signed), 0) if is_over(instance, signed) else 0


def opened_before(instance: Instance, site: str, decided: date) -> bool:
    """Whether a site's opening was decided on a day that is over."""
    return is_over(instance, decided) and instance.committed.opened.get(site) == decided


def terms(one: Offer | Module) -> dict[str, object]:
    """What would be agreed on signing."""
    return {name: getattr(one, name) for name in (AGREED if isinstance(one, Offer) else AGREED_OF_MODULES)}


def quotes(instance: Instance) -> dict[Id, Offer]:
    """Every quote that something can be signed for under, or was: the offers, and those of commitments that say
    otherwise by now or are withdrawn.

    These are for the sites of what was signed for alone, without a minimum, maximum or rate of their own. Of what may
    be given back there is one more for each day, without these too.
    """
    found = dict(instance.offers)
    for order in instance.committed.orders.values():
        used = _priced_by(instance, order)
        if used not in found and used != order.offer:
            stated = instance.committed.quotes[used]
            now = instance.offers.get(order.offer, stated)
            sites = dict.fromkeys(one.site for one in instance.committed.orders.values() if one.quote == used)
            own = {"sites": tuple(sites), "supply": None, "min_units": 0, "max_units": None}
            found[used] = now.model_copy(update=terms(stated) | own)
    shared = {"supply": None, "min_units": 0, "max_units": None}
    ends = [(name, day) for name in instance.offers for day in last_days(instance, name)]
    ends += [
        (_priced_by(instance, one), one.given_back) for one in instance.committed.orders.values() if one.given_back
    ]
    for name, day in ends:
        found[ending(name, day)] = found[name].model_copy(update=shared)
    return found


def signed_under(instance: Instance, order: CommittedOrder) -> Id:
    """The quote that an order is signed under: the one that prices it, or that of the day on which it is given back."""
    priced = _priced_by(instance, order)
    return priced if order.given_back is None else ending(priced, order.given_back)


def _priced_by(instance: Instance, order: CommittedOrder) -> Id:
    """The quote that prices an order: that of its offer as it is now, where that says what was agreed."""
    stated = instance.committed.quotes.get(order.quote or "")
    now = instance.offers.get(order.offer)
    if order.quote is None or stated is None or (now is not None and terms(now) == terms(stated)):
        return order.offer
    return order.quote


def agreed_module(instance: Instance, module: str, site: str, signed: date) -> Module:
    """A module with the terms under which one was or would be ordered for a site on a day."""
    now = instance.modules[module]
    quote = instance.module_quotes_used.get((module, site, signed))
    return now if quote is None else now.model_copy(update=terms(instance.committed.module_quotes[quote]))
