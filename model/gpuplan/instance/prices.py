"""What one system or module costs beside its tier: parts left out of an offer, dates of payments, currencies."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.instance.timeline import LotDays, module_ready

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.offers import Offer, Payment
    from gpuplan.instance.schema import Instance

ADDED_PARTS = ("network", "storage", "installation")


def rate(instance: Instance, currency: str | None, day: date) -> Fraction:
    """Reporting currency for one unit of a currency (None: the reporting one) on a day."""
    return Fraction(instance.economics.rate(currency or instance.currency, day))


def instalments(
    instance: Instance, offer: str, days: LotDays, price: Fraction, currency: str | None
) -> list[tuple[date, Fraction]]:
    """(day, reporting currency) of every payment on a price, by the offer's milestones."""
    return [
        _instalment(instance, payment, days.signed, days.of(payment.event), price, currency)
        for payment in instance.offers[offer].payments
    ]


def _instalment(
    instance: Instance, payment: Payment, signed: date, event: date, price: Fraction, currency: str | None
) -> tuple[date, Fraction]:
    """One payment; what is due in another currency is fixed in it on the day of signing."""
    due = event + timedelta(days=payment.days_after)
    owed = price * Fraction(payment.share)
    if payment.currency is None:
        return due, owed * rate(instance, currency, due)
    fixed = owed * rate(instance, currency, signed) / rate(instance, payment.currency, signed)
    return due, fixed * rate(instance, payment.currency, due)


def added_parts(instance: Instance, offer: str) -> dict[str, tuple[Fraction, str | None]]:
    """By cost term: (price for each system, currency) of the parts that come on top of an offer; zeros left out.

    Parts that the offer does not include are the system's own figures in US dollars; spares are a share of the offer's
    first price.
    """
    quote = instance.offers[offer]
    system = instance.systems[quote.system]
    found: dict[str, tuple[Fraction, str | None]] = {
        part: (Fraction(getattr(system, f"{part}_price_usd")), "USD")
        for part in ADDED_PARTS
        if part not in quote.includes
    }
    found["spares"] = Fraction(quote.price) * Fraction(quote.spares_share), quote.currency
    return {part: priced for part, priced in found.items() if priced[0]}


def module_instalments(instance: Instance, module_id: str, signed: date) -> list[tuple[date, Fraction]]:
    """(day, reporting currency) of every payment on one module; it ships and arrives on the day it is ready."""
    module = instance.modules[module_id]
    ready = module_ready(module, signed)
    price = Fraction(module.price)
    return [
        _instalment(instance, payment, signed, signed if payment.event == "signed" else ready, price, module.currency)
        for payment in module.payments
    ]


def last_order_day(instance: Instance, offer: str) -> date:
    """Last day of an offer's order window: savings and rebates are booked on it."""
    return instance.offers[offer].order_until or instance.calendar.end


def prices(instance: Instance) -> list[Fraction]:
    """Every price of what is sold, in the reporting currency as of the first day of the calendar.

    Of an instance that states no prices, the amounts of money that its limits and funds state; else 1.
    """
    sold: list[Offer | Module] = [*instance.offers.values(), *instance.modules.values()]
    stated = [
        Fraction(price) * rate(instance, one.currency, instance.calendar.start)
        for one in sold
        for price in (one.price, one.price_per_month)
        if price
    ]
    if not stated:
        limits = [limit for limit in instance.limits.values() if limit.kind == "money" and limit.is_amount]
        bounds = [bound for limit in limits for bound in (limit.at_least, limit.at_most)]
        bounds += [fund.amount for fund in instance.funds.values()]
        stated = [Fraction(bound) for bound in bounds if bound]
    return stated or [Fraction(1)]


def typical_price(instance: Instance) -> Fraction:
    """The middle one of the prices: what an amount of money is small or large against."""
    stated = sorted(prices(instance))
    return stated[len(stated) // 2]
