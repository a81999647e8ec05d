"""What can serve which workload, how much of it, and on which days that is decided. Shared by the model and the audit.

Who serves what is decided anew on *serving days* and stands until the next one; the last goes on after the calendar's
end, as all operation does. What serves from a day on must be usable on that day.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import add_months, months_between, step_at
from gpuplan.instance.rules import Measured

if TYPE_CHECKING:
    from gpuplan.instance.rules import Selection
    from gpuplan.instance.schema import Instance
    from gpuplan.instance.workloads import Workload


def demand_on(workload: Workload, day: date) -> Decimal:
    """Demand that holds on a day, in the workload's unit."""
    step = step_at(workload.demand, day)
    return step.amount if step else Decimal(0)


def rate_of(instance: Instance, workload_id: str, system_id: str) -> Decimal:
    """Work that one system does, derated; 0 where it has no rate."""
    rate = instance.workloads[workload_id].rates.get(system_id)
    if rate is None:
        return Decimal(0)
    if rate.amount is not None:
        return rate.amount * rate.derating
    return (rate.per_accelerator or Decimal(0)) * instance.systems[system_id].accelerators * rate.derating


def service_denial(instance: Instance, workload_id: str, system_id: str, site_id: str) -> str | None:
    """Why a system at a site can never serve a workload, or None."""
    workload, system, site = instance.workloads[workload_id], instance.systems[system_id], instance.sites[site_id]
    if not rate_of(instance, workload_id, system_id):
        return f"{system_id} has no rate"
    if workload.sites is not None and site_id not in workload.sites:
        return f"it may not be served at {site_id}"
    if workload.countries is not None and site.country not in workload.countries:
        return f"it may not be served in {site.country or 'a site without a country'}"
    chip = instance.accelerators.get(system.accelerator or "")
    each = chip.memory_gb if chip else Decimal(0)
    if each < workload.min_accelerator_memory_gb:
        return f"an accelerator of {system_id} has {each} GB, it needs {workload.min_accelerator_memory_gb}"
    if each * system.accelerators < workload.min_system_memory_gb:
        return f"{system_id} has {each * system.accelerators} GB, it needs {workload.min_system_memory_gb}"
    return None


def is_ready(instance: Instance, workload_id: str, system_id: str, day: date) -> bool:
    """Whether the software of a workload runs on a system on a day."""
    ready = instance.workloads[workload_id].rates[system_id].ready
    return ready is None or ready <= day


def serving_pairs(instance: Instance, workload_id: str) -> list[tuple[str, str]]:
    """(system, site) of what is offered or already there and can serve a workload, in the instance's order."""
    there = [(offer.system, site) for name, offer in instance.quotes.items() for site in instance.offer_sites(name)]
    there += [(fleet.system, fleet.site) for fleet in instance.existing.systems.values()]
    return [pair for pair in dict.fromkeys(there) if service_denial(instance, workload_id, *pair) is None]


def serving_days(instance: Instance) -> tuple[date, ...]:
    """The days on which who serves what is decided, in order; none without workloads.

    The first day of the calendar, every day on which a demand changes, and the day after each on which what is rented
    may be given back. Where it matters who serves (see `who_serves_matters`) also the first day of every period and
    every day on which a rate is ready: otherwise what serves on a day can serve until a demand changes, at the same
    cost, and nothing is gained by deciding anew.
    """
    if not instance.workloads:
        return ()
    calendar = instance.calendar
    found = {calendar.start} | {step.start for one in instance.workloads.values() for step in one.demand}
    found |= days_after_rentals(instance)
    if who_serves_matters(instance):
        found |= {period.first for period in calendar.all_periods}
        rates = (rate for one in instance.workloads.values() for rate in one.rates.values())
        found |= {rate.ready for rate in rates if rate.ready is not None}
    return tuple(sorted(day for day in found if calendar.start <= day <= calendar.end))


def days_after_rentals(instance: Instance) -> set[date]:
    """First days on which something that is rented may be gone."""
    after = {day + timedelta(days=1) for day in instance.last_days}
    return {day for day in after if instance.calendar.start <= day <= instance.calendar.end}


def who_serves_matters(instance: Instance) -> bool:
    """Whether anything but the demands depends on who serves: how much is, what it costs, or a measure."""
    return instance.measures("work") or any(
        not one.required or any(one.transit_price_per_unit_month.values()) for one in instance.workloads.values()
    )


def days_served_closely(instance: Instance) -> set[date]:
    """Serving days on which usable systems must be known to the day: those on which a demand must be met anew.

    Where any part may be served, every serving day is one.
    """
    if any(not one.required for one in instance.workloads.values()):
        return set(serving_days(instance))
    changes = {step.start for one in instance.workloads.values() for step in one.demand} | days_after_rentals(instance)
    return {day for day in serving_days(instance) if day in changes or day == instance.calendar.start}


class Spell(NamedTuple):
    """Days within one calendar month over which one serving day's decision holds."""

    position: int
    """Of the serving day."""
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def share_of_month(self) -> Fraction:
        """Days over days of the calendar month."""
        month = self.first.replace(day=1)
        return Fraction(self.days, (add_months(month, 1) - month).days)


def spells(instance: Instance, last: date) -> Iterator[Spell]:
    """Every spell of serving from the first serving day to `last`."""
    days = serving_days(instance)
    for position, first in enumerate(days):
        following = days[position + 1] if position + 1 < len(days) else last + timedelta(days=1)
        until = min(following - timedelta(days=1), last)
        if first <= until:
            yield from (Spell(position, *month) for month in months_between(first, until))


class ServingMonths:
    """When transit is paid, and the share of a month that each payment is for: worked out once for many workloads."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._by_currency: dict[str, list[tuple[int, date, Fraction]]] = {}

    @cached_property
    def _spells(self) -> list[Spell]:
        return list(spells(self._instance, self._instance.operation_end))

    def of(self, currency: str) -> list[tuple[int, date, Fraction]]:
        """(position of serving day, day of payment, share of a month in the reporting currency), in order."""
        if currency not in self._by_currency:
            rate = self._instance.economics.rate
            self._by_currency[currency] = [
                (one.position, one.last, one.share_of_month * Fraction(rate(currency, one.last)))
                for one in self._spells
            ]
        return self._by_currency[currency]


def transit_prices(
    instance: Instance, workload_id: str, site_id: str, months: ServingMonths | None = None
) -> dict[int, list[tuple[date, Fraction]]]:
    """By position of serving day: (day of payment, reporting currency) for one unit of work served at a site.

    Months are paid on their last day, or on the last day that a decision holds in them; nothing where it costs nothing.
    `months` are those of the instance, for who asks more than once.
    """
    workload = instance.workloads[workload_id]
    price = Fraction(workload.transit_price_per_unit_month.get(site_id, 0))
    found: dict[int, list[tuple[date, Fraction]]] = {}
    if price:
        for position, last, share in (months or ServingMonths(instance)).of(workload.currency or instance.currency):
            found.setdefault(position, []).append((last, price * share))
    return found


def work_weights(instance: Instance, first: date, last: date) -> dict[int, Fraction]:
    """By position of serving day: the share of the days of [first, last] over which its decision holds.

    Days outside the calendar do not count.
    """
    first, last = max(first, instance.calendar.start), min(last, instance.calendar.end)
    found: dict[int, Fraction] = {}
    for spell in spells(instance, last):
        days = (spell.last - max(spell.first, first)).days + 1
        if days > 0:
            share = Fraction(days, (last - first).days + 1)
            found[spell.position] = found.get(spell.position, Fraction(0)) + share
    return found


def workloads_in(measured: Measured, instance: Instance) -> list[str]:
    """Workloads whose work a measure counts."""
    return [
        name
        for name in instance.workloads
        if _holds_for(measured.select, name) and not (measured.exclude and _is_only(measured.exclude, name))
    ]


def _holds_for(selection: Selection, workload: str) -> bool:
    return selection.workload is None or workload in selection.workload


def _is_only(selection: Selection, workload: str) -> bool:
    """Whether a selection takes all of a workload, wherever it is served."""
    return selection.workload is not None and workload in selection.workload and len(selection.given) == 1
