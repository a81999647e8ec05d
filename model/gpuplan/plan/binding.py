"""Whether a limit binds: whether it leaves room for one lot more, by what a lot takes of it at the least."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject, concerns, counts_term, whole_of
from gpuplan.instance.rules import Limit
from gpuplan.instance.units import worth
from gpuplan.ledger.measures import measure as recounted

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.instance.rules import Measured
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.reading import Reading
    from gpuplan.ledger.recount import Recount


def binds(recount: Recount, limit: Limit, reading: Reading, first: date, last: date) -> bool:
    """Whether no further lot that counts fits under a bound from above, or none can be left out over one from below.

    Of power, energy, carbon and work, of money in a window, and of money where one lot more may make something cheaper,
    only that nothing is left. A share binds from below where no further lot of something else fits.
    """
    if reading.at_most is not None and reading.used >= reading.at_most:
        return True
    if reading.at_least is not None and reading.used <= reading.at_least:
        return True
    beyond = (lot_beyond(recount, limit, first, last, above=above) for above in (True, False))
    return any(step is not None and step > 0 for step in beyond)


def lot_beyond(recount: Recount, limit: Limit, first: date, last: date, *, above: bool) -> Fraction | None:
    """By how much a bound from above (or from below) must give way for one lot more (or less), in the bound's unit.

    0 or less where it need not. None where there is no such bound, or where it is not known what a lot is at the least.
    """
    bound = _bound(limit, above=above)
    if bound is None or limit.count is not None:
        return None
    instance = recount.instance
    used, sign = recounted(recount, limit, first, last), 1 if above else -1
    if limit.is_amount:
        lot = _least_lot(instance, limit, _concerned(instance, limit)) if above else _least_bought(recount, limit)
        return None if lot is None else lot - sign * (bound - used)
    whole = recounted(recount, whole_of(limit), first, last)
    if above:
        lot = _least_lot(instance, limit, _concerned(instance, limit))
        more = (used + lot, whole + lot) if lot is not None else None  # the lot is part of the whole, too
    else:
        others = set(_concerned(instance, whole_of(limit))) - set(_concerned(instance, limit))
        lot = _least_lot(instance, whole_of(limit), sorted(others))
        more = (used, whole + lot) if lot is not None else None
    return None if more is None or not more[1] else sign * (more[0] / more[1] - bound)


def _bound(limit: Limit, *, above: bool) -> Fraction | None:
    amounts = (limit.at_most, limit.at_most_share) if above else (limit.at_least, limit.at_least_share)
    stated = [one for one in amounts if one is not None]
    return Fraction(stated[0]) if stated else None


def _least_bought(recount: Recount, limit: Limit) -> Fraction | None:
    """The least of a measure of units in one lot of the plan."""
    bought = {
        order.offer
        for order in recount.decisions.orders
        if concerns(limit, recount.instance, Subject.of_offer(recount.instance, order.offer, order.site))
    }
    return _least_lot(recount.instance, limit, sorted(bought)) if limit.kind == "units" else None


def _least_lot(instance: Instance, measured: Measured, offers: Iterable[str]) -> Fraction | None:
    """The least of a measure in one lot of any of these offers; None where that is not known."""
    if measured.kind == "clusters":
        return Fraction(1)
    if measured.kind == "units":
        lots = (
            # Of a lot that is delivered a part may stand, and be usable.
            Fraction(worth(measured, instance, instance.quotes[name].system, name))
            * (1 if measured.stage == "usable" else instance.quotes[name].lot_units)
            for name in offers
        )
        return min((lot for lot in lots if lot > 0), default=None)
    if measured.kind != "money" or not _counts_whole_prices(instance, measured):
        return None
    costs = [_least_cost(instance, name) for name in offers]
    known = [cost for cost in costs if cost is not None]
    return min(known, default=None) if len(known) == len(costs) else None


def _counts_whole_prices(instance: Instance, measured: Measured) -> bool:
    """Whether a measure of money counts the whole price of what it concerns, and nothing that a lot may make less."""
    has_window = isinstance(measured, Limit) and (measured.start or measured.by or measured.each)
    has_credit = any(levy.kind == "credit" for levy in instance.levies.values())
    has_transit = any(work.transit_price_per_unit_month for work in instance.workloads.values())
    may_fall = has_credit or (has_transit and counts_term(measured, "transit"))
    return counts_term(measured, "purchase") and not has_window and not may_fall


def _concerned(instance: Instance, measured: Measured) -> Iterator[str]:
    for name in instance.offers:
        if any(
            concerns(measured, instance, Subject.of_offer(instance, name, site)) for site in instance.offer_sites(name)
        ):
            yield name


def _least_cost(instance: Instance, name: str) -> Fraction | None:
    """The least that the price of a lot can come to; None where it is nothing, or a lot may make others cheaper."""
    offer = instance.offers[name]
    if (
        (offer.tiers and offer.tier_pricing == "all-units")
        or instance.vendors[offer.vendor].rebates
        or offer.free_units
    ):
        return None
    prices = (tier.price for day in offer.price_days for tier in offer.price_tiers(day))
    price = Fraction(min(prices) * offer.lot_units)
    price *= 1 - Fraction(offer.early_order.discount) if offer.early_order else 1
    paid = (
        Fraction(payment.share) * _least_rate(instance, offer.currency, payment.currency) for payment in offer.payments
    )
    return price * sum(paid, Fraction(0)) if price else None


def _least_rate(instance: Instance, quoted: str | None, paid: str | None) -> Fraction:
    """The least that one unit of the currency of a quote can come to when it is paid in another, or in its own."""
    if paid is None:
        return min(_rates(instance, quoted))
    return min(_rates(instance, quoted)) / max(_rates(instance, paid)) * min(_rates(instance, paid))


def _rates(instance: Instance, currency: str | None) -> list[Fraction]:
    schedule = instance.economics.exchange_rates.get(currency or instance.currency, ())
    return [Fraction(step.rate) for step in schedule] or [Fraction(1)]
