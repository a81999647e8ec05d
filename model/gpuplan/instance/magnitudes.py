"""Amounts of money that are too far apart to be held against one another in one program."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.instance.prices import prices, rate

if TYPE_CHECKING:
    from decimal import Decimal

    from gpuplan.instance.schema import Instance

APART = 10**12
"""How many times the least price an amount may be: of what is larger, floating point leaves nothing of that price."""


def magnitudes(instance: Instance) -> Iterator[Problem]:
    """Amounts beside which the least price is nothing."""
    try:
        least = min(prices(instance))
    except KeyError:
        return  # a currency without a rate: a check of its own tells of it
    for path, amount, currency in _amounts(instance):
        known = currency is None or currency == instance.currency or currency in instance.economics.exchange_rates
        if known and Fraction(amount) * rate(instance, currency, instance.calendar.start) > APART * least:
            yield Problem(
                f"{amount:g} is so much more than the least price ({float(least):g}) that no sum of both is right",
                "State both in the same currency and unit, or leave out what is never paid.",
                path,
            )


def _amounts(instance: Instance) -> Iterator[tuple[str, Decimal, str | None]]:
    """(path, amount, currency) of what is paid for one of something."""
    for name, offer in instance.offers.items():
        at = f"offers.{name}"
        yield f"{at}.price", offer.price, offer.currency
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
        if order.cancel_fee is not None and order.offer in instance.offers:
            yield f"committed.orders.{name}.cancel_fee", order.cancel_fee, instance.offers[order.offer].currency
    for name, built in instance.committed.modules.items():
        if built.cancel_fee is not None and built.module in instance.modules:
            yield f"committed.modules.{name}.cancel_fee", built.cancel_fee, instance.modules[built.module].currency
    for name, limit in instance.limits.items():
        if limit.soft is not None and limit.soft.penalty is not None and limit.kind != "money":
            yield f"limits.{name}.soft.penalty", limit.soft.penalty, None
