"""What a plan's systems are charged for running, standing or waiting, recounted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.facility import LoadCase
from gpuplan.instance.rentals import end_of, is_there
from gpuplan.instance.running import Draw
from gpuplan.instance.timeline import Month, charged_days, months
from gpuplan.ledger.site_loads import SiteLoads

if TYPE_CHECKING:
    from gpuplan.ledger.recount import Lot, Recount


@dataclass
class Charges:
    """Grid draws that are charged, by site and month."""

    recount: Recount

    @cached_property
    def loads(self) -> SiteLoads:
        """What is drawn on state days."""
        return SiteLoads(self.recount)

    @cached_property
    def lots(self) -> dict[str, list[tuple[date, Lot]]]:
        """By site: (day from which it is charged, lot) of every lot that is charged at all."""
        found: dict[str, list[tuple[date, Lot]]] = defaultdict(list)
        for lot in self.recount.lots:
            since = self.recount.running.since(lot.offer, lot.site, lot.days, lot.route)
            if since <= self.recount.instance.calendar.end:
                found[lot.site].append((since, lot))
        return found

    def draw(self, site: str, month: Month, case: LoadCase, *, by_days: bool = True) -> Fraction:
        """Grid draw in kW that a month at a site is charged for: on average, or wholly for what came in it.

        For the days before a system came, the least that it could have drawn is taken off.
        """
        total = self.remaining(site, month.state, case)
        for since, lot in self.lots.get(site, ()):
            days = month.days_from(since)
            if days and is_there(lot.offer, month.last):
                rate = self._rate(lot.offer, site, case)
                before = 1 - Fraction(days, month.days) if by_days else Fraction(0)
                total += lot.units * (rate.most - before * rate.least)
        return total

    def remaining(self, site: str, state: int, case: LoadCase) -> Fraction:
        """Grid draw on a state day, less what the systems that stand there are charged for."""
        day = self.recount.states[state]
        total = self.loads.grid_draw(site, day, case)
        for offer, units in self.loads.installed(site, day).items():
            total -= units * self._rate(offer, site, case).most
        return total

    def energy(self, site: str, first: date, last: date) -> Fraction:
        """Energy in kWh that is charged at a site over the days of a window."""
        total, end = Fraction(0), min(last, self.recount.instance.operation_end)
        for since, lot in self.lots.get(site, ()):
            until = min(end, end_of(lot.offer) or end)
            running, before = charged_days(max(since, self.recount.instance.calendar.start), first, until)
            rate = self._rate(lot.offer, site, "typical")
            total += 24 * lot.units * (running * rate.most - before * rate.least)
        for month in months(self.recount.instance, self.recount.states):
            days = (min(month.last, last) - max(month.first, first)).days + 1
            if days > 0:
                total += 24 * days * self.remaining(site, month.state, "typical")
        return total

    def waiting(self, site: str, month: Month, case: LoadCase, *, by_days: bool = True) -> Fraction:
        """Grid draw in kW of the systems that wait in a month at a site, on average; or of those that do at its end."""
        total, since = Fraction(0), month.last if not by_days else month.first
        days = month.days if by_days else 1
        for start, lot in self.lots.get(site, ()):
            if not is_there(lot.offer, month.last):
                continue
            total += Fraction(month.days_from(max(since, start)), days) * lot.units * self._draw(lot.offer, site, case)
        for offer, where in self.recount.installed:
            is_charged = where == site and is_there(offer, month.last)
            for start, units in self.recount.installations(offer, where) if is_charged else ():
                drawn = units * self._draw(offer, site, case)
                total -= Fraction(month.days_from(max(since, start)), days) * drawn
        return total

    def drawn(self, site: str, first: date, last: date) -> Fraction:
        """Energy in kWh that is drawn at a site over whole months, with nothing for systems that wait."""
        total = self.energy(site, first, last)
        if self.recount.instance.installation == "as-delivered":
            for month in months(self.recount.instance, self.recount.states):
                if first <= month.first and month.last <= last:
                    total -= 24 * month.days * self.waiting(site, month, "typical")
        return total

    def _rate(self, offer: str, site: str, case: LoadCase) -> Draw:
        return self.recount.running.charged(self.recount.instance.quotes[offer].system, site, case)

    def _draw(self, offer: str, site: str, case: LoadCase) -> Fraction:
        return self.recount.running.draw(self.recount.instance.quotes[offer].system, site, case).most
