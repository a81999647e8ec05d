"""What one system or module costs beside its tier: parts left out of an offer, dates of payments, currencies."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import signed_under
from gpuplan.instance.timeline import LotDays, module_ready

if TYPE_CHECKING:
    from decimal import Decimal

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
        for payment in instance.quotes[offer].payments
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


def added_parts(instance: Instance, offer: str, signed: date | None = None) -> dict[str, tuple[Fraction, str | None]]:
    """By cost term: (price for each system, currency) of the parts that come on top of an offer; zeros left out.

    Parts that the offer does not include are the system's own figures in US dollars; spares are a share of the offer's
    first price, that of the day of signing.
    """
    quote = instance.quotes[offer]
    system = instance.systems[quote.system]
    found: dict[str, tuple[Fraction, str | None]] = {
        part: (Fraction(getattr(system, f"{part}_price_usd")), "USD")
        for part in ADDED_PARTS
        if part not in quote.includes
    }
    found["spares"] = Fraction(quote.price_on(signed)) * Fraction(quote.spares_share), quote.currency
    return {part: priced for part, priced in found.items() if priced[0]}


def module_instalments(instance: Instance, module: Module, signed: date) -> list[tuple[date, Fraction]]:
    """(day, reporting currency) of every payment on one module; it ships and arrives on the day it is ready."""
    ready = module_ready(module, signed)
    price = Fraction(module.price)
    return [
        _instalment(instance, payment, signed, signed if payment.event == "signed" else ready, price, module.currency)
        for payment in module.payments
    ]


def last_order_day(instance: Instance, offer: str) -> date:
    """Last day of an offer's order window: savings and rebates are booked on it."""
    return instance.quotes[offer].order_until or instance.calendar.end


def prices(instance: Instance) -> list[Fraction]:
    """Every price of what is sold, in the reporting currency as of the first day of the calendar.

    Of an instance that states no prices, the other amounts of money that it states; else 1.
    """
    stated = [(price, quote.currency) for quote in instance.quotes.values() for price in _of_quote(quote) if price]
    modules = instance.modules.values()
    stated += [(price, one.currency) for one in modules for price in (one.price, one.price_per_month) if price]
    if not stated:
        stated = [(amount, currency) for _, amount, currency in amounts(instance) if amount]
    if not stated:
        limits = [limit for limit in instance.limits.values() if limit.kind == "money" and limit.is_amount]
        bounds = [bound for limit in limits for bound in (limit.at_least, limit.at_most)]
        bounds += [fund.amount for fund in instance.funds.values()]
        stated = [(bound, None) for bound in bounds if bound]
    first = instance.calendar.start
    return [Fraction(amount) * rate(instance, currency, first) for amount, currency in stated] or [Fraction(1)]


def _of_quote(quote: Offer) -> tuple[Decimal, ...]:
    """Every price of one system that a quote names, tiers aside."""
    return (*(quote.price_on(day) for day in quote.price_days), quote.price_per_month)


def typical_price(instance: Instance) -> Fraction:
    """The middle one of the prices: what an amount of money is small or large against."""
    stated = sorted(prices(instance))
    return stated[len(stated) // 2]


def amounts(instance: Instance) -> Iterator[tuple[str, Decimal, str | None]]:
    """(path, amount, currency) of what is paid for one of something."""
    for name, offer in instance.quotes.items():
        at = f"offers.{name}"
        if offer.price is not None:
            yield f"{at}.price", offer.price, offer.currency
        for number, step in enumerate(offer.prices):
            yield f"{at}.prices.{number}.price", step.price, offer.currency
        yield f"{at}.fee", offer.fee, offer.currency
        yield f"{at}.price_per_month", offer.price_per_month, offer.currency
        for number, tier in enumerate(offer.tiers):
            yield f"{at}.tiers.{number}.fee", tier.fee, offer.currency
            if tier.price is not None:
                yield f"{at}.tiers.{number}.price", tier.price, offer.currency
    for name, vendor in instance.vendors.items():
        yield f"vendors.{name}.activation_cost", vendor.activation_cost, vendor.currency
    for name, module in instance.modules.items():
        yield f"modules.{name}.price", module.price, module.currency
        yield f"modules.{name}.price_per_month", module.price_per_month, module.currency
    for name, site in instance.sites.items():
        yield f"sites.{name}.opening_cost", site.opening_cost, site.currency
        yield f"sites.{name}.fixed_cost_per_month", site.fixed_cost_per_month, site.currency
    for name, kind in instance.clusters.items():
        yield f"clusters.{name}.price", kind.price, kind.currency
        yield f"clusters.{name}.price_per_system", kind.price_per_system, kind.currency
    for name, order in instance.committed.orders.items():
        quote = instance.quotes.get(signed_under(instance, order))
        if order.cancel_fee is not None and quote is not None:
            yield f"committed.orders.{name}.cancel_fee", order.cancel_fee, quote.currency
    for name, built in instance.committed.modules.items():
        if built.cancel_fee is not None and built.module in instance.modules:
            yield f"committed.modules.{name}.cancel_fee", built.cancel_fee, instance.modules[built.module].currency
    for name, limit in instance.limits.items():
        if limit.soft is not None and limit.soft.penalty is not None and limit.kind != "money":
            yield f"limits.{name}.soft.penalty", limit.soft.penalty, None
