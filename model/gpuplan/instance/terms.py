"""Terms that quotes have beside a price: price lists, discounts, free units, conditions, damages."""

from __future__ import annotations

import itertools
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from gpuplan.instance.base import Amount, Closed, Count, Day, Days, From, OneOrMore, Sequence, Share
from gpuplan.instance.calendar import in_order


class PriceStep(From):
    """Price of one system, by the day of signing: from this day on, until its last day or the next step."""

    until: Day | None = None
    """Last day of signing at this price; the next step begins later where there is one. Between the two there is no
    price, and nothing can be signed."""
    price: Amount
    """For one system, in the offer's currency."""

    @model_validator(mode="after")
    def _in_order(self) -> PriceStep:
        if self.until is not None and self.until < self.start:
            raise ValueError(f"until {self.until} is before from {self.start}")
        return self


def _apart(steps: tuple[PriceStep, ...]) -> tuple[PriceStep, ...]:
    for before, after in itertools.pairwise(steps):
        if before.until is not None and before.until >= after.start:
            raise ValueError(f"two prices hold on {after.start}: until {before.until} reaches into the next step")
    return steps


PriceList = Annotated[Sequence[PriceStep], Field(max_length=400), AfterValidator(in_order), AfterValidator(_apart)]
"""Steps by the day of signing; a day has one price at most."""


class DaysRange(Closed):
    """A number of days that a quote leaves open."""

    least: Days
    """The fewest."""
    most: Days
    """The most, which is planned with."""

    @model_validator(mode="after")
    def _in_order(self) -> DaysRange:
        if self.least > self.most:
            raise ValueError(f"least {self.least} is more than most {self.most}")
        return self


class OnlyWith(Closed):
    """What an offer goes with: any one of the offers and vendors that are named is enough."""

    offer: OneOrMore | None = None
    """Ids of other offers."""
    vendor: OneOrMore | None = None
    """Ids of vendors, of which another offer is bought."""

    @model_validator(mode="after")
    def _names_something(self) -> OnlyWith:
        if not self.offer and not self.vendor:
            raise ValueError("only_with names an offer or a vendor")
        return self


class EarlyOrder(Closed):
    """A discount on what is signed by a day."""

    until: Day
    """Last day of signing at the discount."""
    discount: Share
    """Share off the price of one system, that of every tier included; not off fees and rent."""


class LateDamages(Closed):
    """What a vendor owes for what comes late. A plan tells it under `risks`; no rule and no cost hangs on it."""

    share_per_week: Share
    """Share of the price of what is late, for each week."""
    at_most_share: Share = Decimal(1)
    """The most that is owed in all, as a share of that price."""
    grace_days: Days = 0
    """Days late for which nothing is owed."""


class FreeUnits(Closed):
    """Units that cost nothing for each so many that are bought: 20 + 1."""

    buy: Count
    """Of `buy` + `free` units in the order of signing, over all sites and periods, the first that are paid."""
    free: Count
    """The last, which are not: what they would have cost on their day of signing, at the tier reached, is taken off on
    the last day of the order window. They count as units, and for support, spares and rent, like any other."""
