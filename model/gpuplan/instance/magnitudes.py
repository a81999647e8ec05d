"""Amounts of money that are too far apart to be held against one another in one program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.prices import amounts, prices, rate

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

APART = 10**12
"""How many times the least price an amount may be: of what is larger, floating point leaves nothing of that price."""


def magnitudes(instance: Instance) -> Iterator[Problem]:
    """Amounts beside which the least price is nothing."""
    for foreign, steps in instance.economics.exchange_rates.items():
        rates = [Fraction(step.rate) for step in steps]
        if max(rates) > APART * min(rates):
            yield Problem(
                f"{float(min(rates)):g} and {float(max(rates)):g} are too far apart for any sum at both to be right",
                f"State what one {foreign} is worth in {instance.currency}.",
                f"economics.exchange_rates.{foreign}",
            )
    try:
        least = min(prices(instance))
    except KeyError:
        return  # a currency without a rate: a check of its own tells of it
    for path, amount, currency in amounts(instance):
        known = currency is None or currency == instance.currency or currency in instance.economics.exchange_rates
        if known and Fraction(amount) * rate(instance, currency, instance.calendar.start) > APART * least:
            yield Problem(
                f"{amount:g} is so much more than the least price ({float(least):g}) that no sum of both is right",
                "State both in the same currency and unit, or leave out what is never paid.",
                path,
            )
