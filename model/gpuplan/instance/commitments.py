"""What is signed or built already and cannot be undone, or only for a fee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from pydantic import Field, model_validator

from gpuplan.instance.base import Amount, ById, Closed, Count, Day, Entity, Id, Share, Table, Text

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


class CommittedOrder(Cancellable):
    """Systems that are signed for. They count in the offer's tiers, minimum and maximum, and are paid as it says."""

    offer: Id
    site: Id
    signed: Day
    """On the first day of a period, or before the calendar: then neither its window, its tender nor a deadline on
    signing or shipping binds it."""
    units: Count
    route: Text = ""
    """The way through export control that it takes, where there are several."""
    installed: Day | None = None
    """Day from which they stand, where they do; they may wait when left out."""

    @model_validator(mode="after")
    def _not_both(self) -> CommittedOrder:
        if self.installed is not None and self.may_be_cancelled:
            raise ValueError("what stands cannot be cancelled: leave out installed, or the fee")
        return self


class CommittedModule(Cancellable):
    """Facility modules that are ordered, or approvals that are applied for."""

    module: Id
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

    orders: ById[CommittedOrder] = Field(default_factory=Table)
    modules: ById[CommittedModule] = Field(default_factory=Table)
    openings: ById[CommittedOpening] = Field(default_factory=Table)

    def by_kind(self) -> dict[str, ById[CommittedOrder] | ById[CommittedModule] | ById[CommittedOpening]]:
        """Every commitment by kind (orders, modules, openings) and id."""
        return {"orders": self.orders, "modules": self.modules, "openings": self.openings}

    @cached_property
    def ordered(self) -> dict[tuple[str, str, date, str], int]:
        """Units of systems by offer, site, day of signing and route."""
        return {(one.offer, one.site, one.signed, one.route): one.units for one in self.orders.values()}

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
        signed = {day for _, _, day, _ in self.ordered} | {day for _, _, day in self.built}
        return signed | set(self.opened.values())


def decision_days(instance: Instance) -> dict[int, date]:
    """By number: every day on which something is decided, in order; that of a period is its first.

    Days of commitments before the calendar have numbers below zero.
    """
    past = sorted(day for day in instance.committed.days() if day < instance.calendar.start)
    found = {number - len(past): day for number, day in enumerate(past)}
    return found | {period.index: period.first for period in instance.calendar.all_periods}


def ordered_before(instance: Instance, offer: str, site: str, signed: date, route: str) -> int:
    """Units of a commitment of before the calendar, which no rule on signing binds; 0 where there is none."""
    return instance.committed.ordered.get((offer, site, signed, route), 0) if signed < instance.calendar.start else 0


def built_before(instance: Instance, module: str, site: str, signed: date) -> int:
    """The same for modules."""
    return instance.committed.built.get((module, site, signed), 0) if signed < instance.calendar.start else 0


def opened_before(instance: Instance, site: str, decided: date) -> bool:
    """Whether a site's opening was decided on a day before the calendar."""
    return decided < instance.calendar.start and instance.committed.opened.get(site) == decided
