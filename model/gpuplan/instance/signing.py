"""Days of signing: one for each period, offer and site.

It is the first day of the period on which the offer can be signed for: within its order window, with a price, and in a
way that export control leaves. Where export control leaves none it is the first day but for that, and where there is
none at all the first of the period; the rules then say why nothing can be signed. A tender that ends within a period is
not waited for in it. Which rules are left out changes no day of signing.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.instance.routes import routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuplan.instance.calendar import Period
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance


def is_open(instance: Instance, quote: Offer, day: date) -> bool:
    """Whether a quote can be signed on a day, by its window, its prices and its tender."""
    return (
        (quote.order_from is None or quote.order_from <= day)
        and (quote.order_until is None or day <= quote.order_until)
        and quote.has_price_on(day)
        and instance.calendar.tender_day + timedelta(days=quote.award_days) <= day
    )


def signing_day(instance: Instance, offer: str, site: str, period: Period) -> date:
    """The day of a period on which an offer is signed for a site."""
    quote = instance.quotes[offer]
    some = [day for day in sorted({*_openings(instance, quote, period)}) if is_open(instance, quote, day)]
    free = [day for day in some if _is_free(instance, offer, site, day)] if instance.export.regimes else some
    return next(iter(free or some), period.first)


def _openings(instance: Instance, quote: Offer, period: Period) -> Iterator[date]:
    """Days of a period from which something that kept a quote from being signed for may keep it no more."""
    begins = [step.start for step in quote.prices]
    begins += [] if quote.order_from is None else [quote.order_from]
    if instance.export.regimes:  # which are read on signing and on shipping
        delays = instance.permissions.delays | {step.days for step in quote.leads}
        begins += [change - timedelta(days=days) for change in instance.permissions.changes for days in delays]
        begins += [step.start for step in quote.leads]
    yield period.first
    yield from (day for day in begins if period.first <= day <= period.last)


def _is_free(instance: Instance, offer: str, site: str, day: date) -> bool:
    return any(not way.denials(instance, offer, site) for way in routes(instance, offer, site, day))


def signing_days(instance: Instance) -> dict[tuple[str, str], tuple[date, ...]]:
    """By offer and site: the day of each period on which the offer is signed for the site."""
    periods = instance.calendar.all_periods
    return {
        (offer, site): tuple(signing_day(instance, offer, site, period) for period in periods)
        for offer in instance.quotes
        for site in instance.offer_sites(offer)
    }
