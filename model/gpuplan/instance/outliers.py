"""Figures that are most likely slips: a misplaced comma, another currency, watts for kilowatts, cents for dollars."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.prices import rate

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

OUTLIER = Decimal("1.5")
"""How far outside the catalogue's range a price may lie before it is remarked on."""
MOST_POWER, LEAST_POWER = 5, Fraction(1, 2)
"""Times what its accelerators draw that a system's power may be before it is remarked on."""
HIGH_RATE = 2
"""Rate of a levy from which on it is remarked on: duties of 145 % there were."""
HOURS_A_YEAR = 8760


def outliers(instance: Instance) -> Iterator[Problem]:
    """Prices, powers and tariffs far from what they can mean."""
    yield from _prices(instance)
    yield from _powers(instance)
    yield from _tariffs(instance)
    yield from _levies(instance)


def _levies(instance: Instance) -> Iterator[Problem]:
    """Rates that are most likely written in per cent."""
    for name, levy in instance.levies.items():
        highest = float(max(step.rate for step in levy.rate))
        if highest >= HIGH_RATE:
            yield Problem(
                f"a rate of {highest:g} is {highest * 100:,.10g} % of the payments that it is on",
                f"Write {highest / 100:g} if {highest:g} % is meant.",
                f"levies.{name}.rate",
                severity="warning",
            )


def _prices(instance: Instance) -> Iterator[Problem]:
    """Prices far outside what the catalogue has seen: a misplaced comma or currency more often than a bargain."""
    for name, offer in instance.offers.items():
        seen = instance.systems[offer.system].price_range_usd if offer.system in instance.systems else None
        dollars = _usd_rate(instance, offer.currency)
        if seen is None or dollars is None or offer.price_per_month:
            continue
        for number, day in enumerate(offer.price_days):
            price = Fraction(offer.price_on(day)) * dollars
            if price < Fraction(seen.low) / Fraction(OUTLIER) or price > Fraction(seen.high) * Fraction(OUTLIER):
                yield Problem(
                    f"US$ {float(price):,.0f} for {offer.system} is far from the {seen.low:,} to {seen.high:,} seen",
                    "Check the price, its currency and what it includes.",
                    f"offers.{name}.price" if day is None else f"offers.{name}.prices.{number}.price",
                    severity="warning",
                )


def _usd_rate(instance: Instance, currency: str | None) -> Fraction | None:
    """US dollars for one unit of a currency at the start, or None when the instance does not say."""
    economics = instance.economics
    try:
        own = Fraction(economics.rate(currency or instance.currency, instance.calendar.start))
        return own / Fraction(economics.rate("USD", instance.calendar.start))
    except KeyError:
        return None


def _powers(instance: Instance) -> Iterator[Problem]:
    """Systems that draw many times what their accelerators do, or less than half of it."""
    for name, system in instance.systems.items():
        chip = instance.accelerators.get(system.accelerator or "")
        if chip is None or not chip.tdp_w or not system.accelerators or not system.max_power_kw:
            continue
        drawn = Fraction(chip.tdp_w) * system.accelerators / 1000
        share = Fraction(system.max_power_kw) / drawn
        if share > MOST_POWER or share < LEAST_POWER:
            yield Problem(
                f"{system.max_power_kw:f} kW is {float(share):,.3g} times what its accelerators draw, "
                f"{float(drawn):g} kW",
                "Check the unit: kilowatts here, watts in tdp_w.",
                f"systems.{name}.max_power_kw",
                severity="warning",
            )


def _tariffs(instance: Instance) -> Iterator[Problem]:
    """Tariffs at which a year of energy costs more than the system that draws it."""
    day, economics = instance.calendar.start, instance.economics
    for site_id, site in instance.sites.items():
        if site.tariff is None or (site.tariff.currency or instance.currency) not in _known(instance):
            continue
        mean = sum((site.tariff.price_per_kwh(month) for month in range(1, 13)), Fraction(0)) / 12
        used = economics.utilisation if site.utilisation is None else site.utilisation
        for name, offer in instance.offers.items():
            least = min(offer.price_on(step) for step in offer.price_days)
            if site_id not in instance.offer_sites(name) or offer.price_per_month or not least:
                continue
            if "hosting" in offer.includes:  # the buyer may pay for no energy here
                continue
            if offer.system not in instance.systems or (offer.currency or instance.currency) not in _known(instance):
                continue
            drawn = Fraction(instance.systems[offer.system].typical_kw) * Fraction(used) * HOURS_A_YEAR
            energy = drawn * mean * rate(instance, site.tariff.currency, day)
            price = Fraction(least) * rate(instance, offer.currency, day)
            if energy > price:
                yield Problem(
                    f"a year of energy for one {offer.system} costs {float(energy):,.0f} {instance.currency} here, "
                    f"more than the system itself ({float(price):,.0f} by {name})",
                    "Check the price for a kWh, its currency, and the system's power.",
                    f"sites.{site_id}.tariff",
                    severity="warning",
                )
                break


def _known(instance: Instance) -> set[str]:
    """Currencies of which there is a rate."""
    return {instance.currency, *instance.economics.exchange_rates}
