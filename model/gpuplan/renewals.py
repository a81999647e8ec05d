"""Rentals that go on: what would be given back and rented again the next day is kept instead, where that is as good.

A program does not tell the two apart where both cost the same, and nobody would sign twice for one rental.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.families.installation import as_soon_as_possible
from gpuplan.instance.rentals import end_of, without_end
from gpuplan.ledger.decisions import Decisions, InstalledLine, OrderLine
from gpuplan.ledger.recount import Recount
from gpuplan.reckoning import Reckoning, reckon

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Lot


def kept_on(instance: Instance, reckoning: Reckoning) -> Reckoning:
    """A reckoning in which rentals that follow each other are one, as far as no rule breaks and no level gets worse."""
    found = True
    while found and not reckoning.broken:
        found = False
        for first, second in _following(reckoning.recount):
            tried = reckon(instance, as_soon_as_possible(instance, _joined(reckoning.recount, first, second)))
            if not tried.broken and tried.levels == reckoning.levels:
                reckoning, found = tried, True
                break
    return reckoning


def _following(recount: Recount) -> Iterator[tuple[Lot, Lot]]:
    """Lots of one offer at one site of which the second is ready on the day after the first is given back."""
    for first in recount.lots:
        end = end_of(first.offer)
        for second in recount.lots if end is not None else ():
            alike = (without_end(first.offer), first.site) == (without_end(second.offer), second.site)
            if alike and end is not None and second.days.ready == end + timedelta(days=1):
                yield first, second


def _joined(recount: Recount, first: Lot, second: Lot) -> Decisions:
    """The decisions with as many systems of the first lot kept as there are of both, to the end of the second."""
    units = min(first.units, second.units)
    amounts: dict[tuple[str, str, date, str], int] = defaultdict(int)
    for line in recount.decisions.orders:
        amounts[line.offer, line.site, line.signed, line.route] += line.units
    amounts[first.offer, first.site, first.days.signed, first.route] -= units
    amounts[second.offer, second.site, second.days.signed, second.route] -= units
    amounts[second.offer, first.site, first.days.signed, first.route] += units
    order = {quote: number for number, quote in enumerate(recount.instance.quotes)}
    orders = tuple(
        OrderLine(offer=offer, site=site, signed=signed, units=some, route=route)
        for (offer, site, signed, route), some in sorted(
            amounts.items(), key=lambda one: (order[one[0][0]], one[0][1:])
        )
        if some
    )
    changed = Recount(recount.instance, recount.decisions.model_copy(update={"orders": orders}))
    pairs = {(first.offer, first.site), (second.offer, second.site)}
    installed = [line for line in recount.decisions.installed if (line.offer, line.site) not in pairs]
    installed += (line for pair in sorted(pairs) for line in _as_delivered(changed, *pair))
    return changed.decisions.model_copy(update={"installed": tuple(installed)})


def _as_delivered(recount: Recount, offer: str, site: str) -> Iterator[InstalledLine]:
    """Systems of an offer at a site, each installed on the day on which it can be."""
    standing: dict[date, int] = {}
    lots = sorted(recount.lots_by_pair.get((offer, site), ()), key=recount.arrived)
    for number, lot in enumerate(lots, 1):
        standing[recount.arrived(lot)] = sum(one.units for one in lots[:number])
    for day, units in standing.items():
        yield InstalledLine(offer=offer, site=site, day=day, units=units)
