"""Dates of lots and modules, and the days on which the state of a plan is taken.

A lot is what one offer delivers to one site from one signing. All days are exact:

    shipped   = signed + max(manufacturing lead, licence days)
    delivered = shipped + shipping
    installed = delivered + installation        (powered from here on)
    ready     = installed + acceptance          (usable from here on)

A delivered lot may wait before it is installed, so installed units are a decision. They are known on *state days*:
the last day of every period, and every day that a rule looks at closely (see `state_days`). Between two state days
the state of the later one stands for the whole interval.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from calendar import isleap
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import add_months, months_between, step_at, term_end
from gpuplan.instance.serving import days_after_rentals, days_served_closely

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuplan.instance.facility import Module, Site
    from gpuplan.instance.offers import LeadSchedule, Offer
    from gpuplan.instance.rules import Limit
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True, slots=True)
class LotDays:
    """The days of one lot."""

    signed: date
    shipped: date
    delivered: date
    installed: date
    ready: date

    def of(self, event: str) -> date:
        """Day of a payment event: signed, shipped, delivered or ready."""
        found: date = getattr(self, event)
        return found


def lead_days(schedule: LeadSchedule, signed: date) -> int:
    """Manufacturing lead in days of what is signed on a day; the first step also holds before its day."""
    return (step_at(schedule, signed) or schedule[0]).days


def lot_days(offer: Offer, signed: date, licence_days: int = 0) -> LotDays:
    """Days of a lot of `offer` signed on `signed`; a licence runs beside manufacturing."""
    shipped = signed + timedelta(days=max(lead_days(offer.leads, signed), licence_days))
    delivered = shipped + timedelta(days=offer.shipping_days)
    installed = delivered + timedelta(days=offer.installation_days)
    return LotDays(signed, shipped, delivered, installed, installed + timedelta(days=offer.acceptance_days))


def module_ready(module: Module, signed: date) -> date:
    """Day from which a module ordered on `signed` delivers."""
    return signed + timedelta(days=lead_days(module.lead_days, signed) + module.installation_days)


def is_decided(site: Site) -> bool:
    """Whether opening the site is a decision: it costs something or takes building."""
    return bool(site.opening_cost or site.fixed_cost_per_month or site.build_days)


def open_day(site: Site, decided: date) -> date:
    """First day on which a site is open, when its opening is decided on a day."""
    built = decided + timedelta(days=site.build_days)
    return max(built, site.opens or built)


def first_open_day(instance: Instance, site: str) -> date:
    """First day on which a site can be open, or could have been, were it not over by now."""
    return open_day(instance.sites[site], min(instance.calendar.start, instance.committed.opened.get(site, date.max)))


def windows(limit: Limit, instance: Instance) -> tuple[tuple[date, date], ...]:
    """The (first, last) days over which a limit holds: one pair, or one for each month, or quarter or year of accounts.

    A stock is taken on the last day of each pair. What flows counts from the very beginning where no first day is
    stated: an early deposit is spent money too, and is the first pair's. Money, energy and carbon count to the very end
    likewise where no last day is: what is due after the calendar is paid all the same.
    """
    calendar = instance.calendar
    has_least = limit.at_least is not None or limit.at_least_share is not None
    # Nothing need be spent after the calendar: it has no windows of its own where there is a least.
    last = limit.by or (_last_due(instance) if limit.goes_on and not has_least else calendar.end)
    end = date.max if limit.goes_on else last
    if limit.each is None:
        return ((limit.start or date.min, end),)
    months = {"month": 1, "quarter": 3, "year": 12}[limit.each]
    first = limit.start or calendar.start
    last = max(last, first)  # a day after the calendar is told by the checks
    into = (first.month - calendar.fiscal_year_starts_in_month) % months
    found = []
    start = add_months(first.replace(day=1), -into)
    while start <= last:
        following = add_months(start, months)
        found.append((max(start, first), min(following - timedelta(days=1), last)))
        start = following
    if limit.kind == "money" and limit.start is None:
        found[0] = (date.min, found[0][1])
    found[-1] = (found[-1][0], max(end, found[-1][0]))
    return tuple(found)


def days_held(limit: Limit, instance: Instance, last: date) -> tuple[date, ...]:
    """Days on which what a limit demands at least by a day must be there: that one, and those after each rental.

    What is usable falls on no other day. A share, a count, and what is looked at month by month hold on their day.
    """
    if not (limit.is_units_in_use and limit.at_least is not None and limit.each is None):
        return (last,)
    after = (day + timedelta(days=1) for day in instance.last_days)
    return (last, *(day for day in after if last < day <= instance.calendar.end))


def _last_due(instance: Instance) -> date:
    """Day by which all is due that is reckoned with, but for what is ordered to be ready after it."""
    delays = [payment.days_after for offer in instance.quotes.values() for payment in offer.payments]
    delays += [payment.days_after for module in instance.modules.values() for payment in module.payments]
    delays += [levy.days_after + levy.recovered_days_after for levy in instance.levies.values()]
    return instance.operation_end + timedelta(days=max(delays, default=0))


def state_days(instance: Instance) -> tuple[date, ...]:
    """The days on which installed systems are known, in order.

    They are the last day of each calendar month; the day of each rule on usable systems, and that day less the
    acceptance days of every offer (what is installed by then is usable on the day); the eve and the day of each
    fall in a site's capacity; and the last day of each rental.
    """
    calendar = instance.calendar
    days = {last for _, last in months_between(calendar.start, calendar.end)} | set(instance.last_days)
    looked_at = days_looked_at(instance)
    for accept in {offer.acceptance_days for offer in instance.quotes.values()} | {0}:
        days |= {looked - timedelta(days=accept) for looked in looked_at}
    for site in instance.sites.values():
        for capacity in site.capacity.values():
            if capacity.amount != "unlimited":
                steps = capacity.amount
                falls = [b.start for a, b in itertools.pairwise(steps) if b.amount < a.amount]
                days |= {fall - timedelta(days=1) for fall in falls} | set(falls)
    return tuple(sorted(day for day in days if calendar.start <= day <= calendar.end))


def days_looked_at(instance: Instance) -> set[date]:
    """Days on which a rule, a level or a demand looks at what is usable, drawn or formed."""
    days = set()
    for limit in instance.limits.values():
        if limit.is_stock:
            days |= {last for _, last in windows(limit, instance)}
    for deadline in instance.deadlines.values():
        if deadline.stage == "usable":
            days.add(deadline.by)
    ends = {period.last for period in instance.calendar.all_periods}
    for level in instance.objective:
        if level.minimise == "commissioning":
            days |= ends
        elif level.by is not None:
            days.add(level.by)
    days |= days_after_rentals(instance)
    return days | days_served_closely(instance) | {instance.calendar.end}


def last_state(days: Sequence[date], day: date) -> int | None:
    """Position of the last state day that is not after `day`; None when there is none."""
    position = bisect_right(days, day) - 1
    return position if position >= 0 else None


def first_state(days: Sequence[date], day: date) -> int | None:
    """Position of the first state day that is not before `day`; None when there is none."""
    position = bisect_left(days, day)
    return position if position < len(days) else None


class Month(NamedTuple):
    """A calendar month of operation, or the part of one that operation has."""

    state: int
    """The state day that stands for it: the month's last day, or the last one of the calendar."""
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def years(self) -> Fraction:
        """Which part of its calendar year it is."""
        return self.years_from(self.first)

    def days_from(self, day: date) -> int:
        """How many of its days are not before a day."""
        return max((self.last - max(self.first, day)).days + 1, 0)

    def years_from(self, day: date) -> Fraction:
        """Which part of its calendar year those days are."""
        return Fraction(self.days_from(day), 366 if isleap(self.last.year) else 365)


def months(instance: Instance, states: Sequence[date]) -> list[Month]:
    """Every calendar month of operation, to the end of the evaluation years."""
    return [
        Month(bisect_left(states, min(last, states[-1])), first, last)
        for first, last in months_between(instance.calendar.start, instance.operation_end)
    ]


def warranties(offer: Offer, days: LotDays, end: date) -> tuple[tuple[date, date], ...]:
    """(first, last) day of every warranty of the systems of a lot that begins by an end, in order.

    The first begins on the day on which the lot is ready, the others when the systems are bought again.
    """
    if not offer.warranty_years:
        return ()
    begins = [days.ready]
    while offer.life_years is not None:
        again = term_end(days.installed, 12 * offer.life_years * len(begins)) + timedelta(days=1)
        if again > end:
            break
        begins.append(again)
    return tuple((first, term_end(first, 12 * offer.warranty_years)) for first in begins if first <= end)


def supported_days(month: Month, since: date, covered: Sequence[tuple[date, date]]) -> int:
    """Days of a month, not before a day, that none of some warranties in order covers."""
    found, day = 0, max(month.first, since)
    for begins, ends in covered:
        found += max((min(begins - timedelta(days=1), month.last) - day).days + 1, 0)
        day = max(day, ends + timedelta(days=1))
    return found + max((month.last - day).days + 1, 0)


def charged_days(since: date, first: date, last: date) -> tuple[int, int]:
    """Days of a window that lie in the month of a day or after it; and those of them that lie before the day."""
    begins = max(since.replace(day=1), first)
    running = max((last - begins).days + 1, 0)
    return running, min(max((since - begins).days, 0), running)
