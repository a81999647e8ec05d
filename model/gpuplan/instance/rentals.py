"""Rentals that end: on which days what is rented by the month may be given back.

An offer that states `min_months` may be given back. It is then one quote for each day on which its systems can go, the
last days of calendar months, beside the offer itself, under which they stay to the end of the evaluation horizon. The
id of such a quote is that of the offer, or of an earlier quote of it, and the day: `rent@2026-04-30`.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from gpuplan.instance.calendar import months_between, term_end

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance
    from gpuplan.instance.timeline import LotDays

MARK = "@"
"""Between an id and a day; no id of an instance has it."""


def ending(quote: str, day: date) -> str:
    """Id of a quote whose systems are given back at the end of a day."""
    return f"{quote}{MARK}{day}"


@lru_cache(maxsize=100_000)
def end_of(quote: str) -> date | None:
    """Last day on which systems signed for under a quote are there; None where they stay."""
    _, mark, day = quote.partition(MARK)
    return date.fromisoformat(day) if mark else None


def without_end(quote: str) -> str:
    """Id of the offer, or of the earlier quote of it, of which a quote is one."""
    return quote.partition(MARK)[0]


def is_there(quote: str, day: date) -> bool:
    """Whether systems signed for under a quote are not given back before a day."""
    end = end_of(quote)
    return end is None or day <= end


def kept_for(instance: Instance, name: str) -> str | None:
    """Why an offer that states `min_months` is not given back all the same; None where it may be."""
    offer = instance.offers[name]
    if not offer.price_per_month:
        return "it has no price_per_month"
    if offer.tiers or offer.fee or offer.free_units is not None:
        return "its tiers, fee or free units count all of its units, whenever these are given back"
    if offer.life_years is not None:
        return "it has life_years"
    if any(offer.system in kind.systems for kind in instance.clusters.values()):
        return f"clusters may be formed of {offer.system}, and these stay"
    return None


def may_end(instance: Instance, name: str) -> bool:
    """Whether what is rented under an offer may be given back."""
    return instance.offers[name].min_months is not None and kept_for(instance, name) is None


def last_days(instance: Instance, name: str) -> list[date]:
    """Days on which systems of an offer can be there for the last time: ends of months, but for the calendar's last.

    After the calendar operation goes on unchanged, so nothing is given back at its end.
    """
    if not may_end(instance, name):
        return []
    start, end = instance.calendar.start, instance.calendar.end
    first = max(term_end(start, instance.offers[name].min_months or 0), start)
    return [last for _, last in months_between(start, end) if first <= last < end]


def too_soon(quote: Offer, days: LotDays, end: date, told: date) -> str | None:
    """Why systems of a lot cannot be given back at the end of a day, notice being given on `told` at the soonest.

    None where they can: they are ready by then, have been for `min_months`, and notice is given in time.
    """
    owed = max(term_end(days.ready, quote.min_months or 0), days.ready)
    if end < owed:
        return f"rent is owed for {quote.min_months or 0} months, to {owed}"
    noticed = max(days.signed, told) + timedelta(days=quote.notice_days)
    if end < noticed:
        return f"with {quote.notice_days} days of notice it ends on {noticed} at the soonest"
    return None
