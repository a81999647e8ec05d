r"""Installation: what is delivered is installed as soon as its site is open and has what it needs.

A system waits for a site that is not open, for room (see room) or for a rule that looks at what is usable, and for
nothing else; nothing is gained by it either, since a system that waits is charged as if it ran (see energy). The
program only knows by which state day a system must stand, and leaves open on which day before it is installed. Read off
from a point, each installation is moved to the first day on which there is room until the day that the program knows.
What waits although there was room is a fault. Not where an instance says that systems are installed when needed.

$$ n^{\mathrm{installed}}_{osd} < \ell_o \sum_{t:\, d^{\mathrm{installed}}_{ot} \le d} n^{\mathrm{orders}}_{ost}
\quad \Longrightarrow \quad \text{one more has no room on some day until the next one is installed}
\quad \forall\, o, s, d $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{installed}}_{osd}$ | systems installed by a day (`installed`) | systems |
| $n^{\mathrm{orders}}_{ost}, \ell_o$ | lots signed for (`orders`); systems in a lot | lots, systems |
| $d^{\mathrm{installed}}_{ot}$ | day on which a lot can be installed | day |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.deadlines import concerns as binds
from gpuplan.families.family import Family
from gpuplan.families.limits import shortfall_amount
from gpuplan.families.room import Room
from gpuplan.fraction import Fraction
from gpuplan.instance.facility import GRID_POWER
from gpuplan.instance.joining import joining_all
from gpuplan.instance.matching import Subject, concerns, whole_of
from gpuplan.instance.providers import NEVER
from gpuplan.instance.rentals import end_of, is_there, without_end
from gpuplan.instance.serving import days_after_rentals
from gpuplan.instance.timeline import open_day, windows
from gpuplan.ledger.decisions import Decisions, InstalledLine, OutputLine
from gpuplan.ledger.reading import Reading
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.rules import Limit, Measured
    from gpuplan.instance.schema import Instance

NAME = "installation"
DECIMALS = 9
"""Of what is delivered: further ones than of what a solver says, so that sums stay within what the audit allows."""
PASSES = 3
"""Of moving installations: the second seldom finds anything that the first has left."""


def path(offer: str) -> str:
    """Path of an offer."""
    return f"offers.{without_end(offer)}"


def as_soon_as_possible(instance: Instance, decisions: Decisions) -> Decisions:
    """The same decisions, each system being installed on the first day on which there is room for it."""
    if instance.installation == "when-needed":
        return decisions
    sites = None
    for _ in range(PASSES):
        moving = Moving(Recount(instance, decisions), sites)
        moved = moving.run()
        if not moved:
            break
        decisions = moving.decisions()
        # What stands at one site makes room at another only through rules on what is usable.
        sites = None if moving.is_held else moved
    return decisions


class Moving:
    """Installations of a plan, moved to the first day on which there is room."""

    def __init__(self, recount: Recount, sites: Collection[str] | None = None) -> None:
        """Look at these sites only; at all when left out."""
        self.recount, self.room = recount, Room(recount)
        self.sites = recount.instance.sites if sites is None else sites
        self.moved: dict[tuple[str, str], int] = defaultdict(int)
        """Units that were moved, by offer and site."""
        self._days: dict[str, list[date]] = {}
        self._held_days: dict[tuple[str, str], dict[date, list[tuple[Limit, date]] | None]] = {}
        self._stays: set[tuple[str, str]] = set()
        """(offer, site) of which nothing more may be installed than is planned."""

    def run(self) -> set[str]:
        """Move what waits at the sites that are looked at; where anything was moved."""
        for site in dict.fromkeys(site for _, site in self.recount.lots_by_pair if site in self.sites):
            offers = [offer for offer, where in self.recount.lots_by_pair if where == site]
            if any(self._waits(offer, site) for offer in offers):
                for planned, offer, units in self._installations(site, offers):
                    self._move(site, offer, planned, units)
        return {site for _, site in self.moved}

    @property
    def is_held(self) -> bool:
        """Whether rules on what is usable, or drawn, were looked at."""
        return any(self._held_days.values())

    def decisions(self) -> Decisions:
        """The decisions of the plan, with what was moved."""
        old, sites = self.recount.decisions, {site for _, site in self.moved}
        installed = [line for line in old.installed if line.site not in sites]
        outputs = [line for line in old.outputs if line.site not in sites]
        for site in sites:
            lines = list(self._installed_lines(site))
            installed += lines
            outputs += self._output_lines(site, {*self.recount.states, *(line.day for line in lines)})
        pairs = {pair: number for number, pair in enumerate(self.recount.lots_by_pair)}
        places = {place: number for number, place in enumerate(self.recount.instance.sites)}
        return old.model_copy(
            update={
                "installed": tuple(sorted(installed, key=lambda one: (pairs[one.offer, one.site], one.day))),
                "outputs": tuple(sorted(outputs, key=lambda one: places[one.site])),
            }
        )

    def _waits(self, offer: str, site: str) -> bool:
        return any(
            self._arrived(offer, site, day) > self.recount.installed_on(offer, site, day)
            for day in self._days_at(site)
            if is_there(offer, day)
        )

    def _arrived(self, offer: str, site: str, day: date) -> int:
        return sum(lot.units for lot in self.recount.lots_by_pair[offer, site] if self.recount.arrived(lot) <= day)

    def _days_at(self, site: str) -> list[date]:
        """Days on which more can be installed at a site, or capacities are looked at."""
        if site not in self._days:
            instance, recount = self.recount.instance, self.recount
            first, last = instance.calendar.start, instance.calendar.end
            days = {first, *recount.days_at(site), *days_after_rentals(instance), open_day(instance.sites[site], first)}
            days |= {
                open_day(instance.sites[site], one.decided) for one in recount.decisions.openings if one.site == site
            }
            days |= {lot.days.installed for lot in recount.lots if lot.site == site}
            days |= {ready for module in instance.sites[site].modules for ready, _ in self._ready(module, site)}
            # Days that rules look at, and those after them.
            held = {day for offer, where in recount.lots_by_pair if where == site for day in self._held(offer, site)}
            days |= held | {day + timedelta(days=1) for day in held}
            for capacity in instance.sites[site].capacity.values():
                days |= {step.start for step in capacity.amount} if capacity.amount != "unlimited" else set()
            self._days[site] = sorted(day for day in days if first <= day <= last)
        return self._days[site]

    def _ready(self, module: str, site: str) -> list[tuple[date, int]]:
        return self.recount.module_days.get((module, site), [])

    def _installations(self, site: str, offers: list[str]) -> list[tuple[date, str, int]]:
        """(day, offer, units) of every installation at a site, in order; then what never stands."""
        found = [(day, offer, units) for offer in offers for day, units in self.recount.installations(offer, site)]
        for offer in offers:
            last = end_of(offer) or self.recount.instance.calendar.end
            left = self._arrived(offer, site, last) - self.recount.installed_on(offer, site, last)
            self._held(offer, site)
            found += [(NEVER, offer, left)] if left > 0 and (offer, site) not in self._stays else []
        return sorted(found, key=lambda one: one[0])

    def _move(self, site: str, offer: str, planned: date, units: int) -> None:
        """Install some units that are planned for a day earlier, as many as there is room for from each day on."""
        held, room, most, moves = self._held(offer, site), self.room, units, []
        for day in reversed([day for day in self._days_at(site) if day < planned and is_there(offer, day)]):
            most = min(most, self._arrived(offer, site, day) - room.installed(site, day).get(offer, 0))
            if day in held and most > 0:
                most = min(most, self._allowed(offer, site, day, most))
            if most <= 0:
                break
            most, outputs = room.most(site, day, offer, most)
            if most <= 0:
                break
            moves.append((day, most, outputs))
        for day, some, outputs in moves:
            room.move(site, day, offer, some, outputs)
        if moves:
            self.moved[offer, site] += moves[0][1]

    def _held(self, offer: str, site: str) -> dict[date, list[tuple[Limit, date]] | None]:
        """Days on which rules or levels look at what is usable or drawn: the limits that allow some more, or None."""
        if (offer, site) not in self._held_days:
            self._held_days[offer, site] = self._find_held(offer, site)
        return self._held_days[offer, site]

    def _find_held(self, offer: str, site: str) -> dict[date, list[tuple[Limit, date]] | None]:
        instance, end = self.recount.instance, self.recount.instance.calendar.end
        subject = Subject.of_offer(instance, offer, site)
        accepted = timedelta(days=instance.quotes[offer].acceptance_days)
        found: dict[date, list[tuple[Limit, date]] | None] = {}
        for limit in instance.limits.values():
            only_more = limit.is_amount and limit.at_most is None and limit.counts_from_share is None
            is_about = limit.kind in ("units", "site") and limit.is_stock
            if not is_about or only_more or (limit.is_amount and not concerns(limit, instance, subject)):
                continue
            for _, last in windows(limit, instance):
                day = last - accepted if limit.kind == "units" else last
                if limit.delivery == "planned":
                    some = found.setdefault(day, [])
                    if some is not None:
                        some.append((limit, last))
                else:
                    found[day] = None
        for level in instance.objective:
            if level.maximise is None and level.minimise not in ("cost", "commissioning"):
                found |= dict.fromkeys((level.by or end, (level.by or end) - accepted))
        if joining_all(instance, instance.quotes[offer].system, site):
            found[end] = None
        if any(one.stage == "usable" and binds(one, instance, subject) for one in instance.deadlines.values()):
            # What never stands must not begin to after the deadline; what is planned may come before it.
            self._stays.add((offer, site))
        return found

    def _allowed(self, offer: str, site: str, day: date, wanted: int) -> int:
        """How many of some more units of an offer limits on what is usable, as looked at on a day, allow."""
        limits = self._held(offer, site)[day]
        if limits is None:
            return 0
        allowed = [wanted]
        for limit, last in limits:
            if limit.count is not None:
                allowed.append(self._counts_allow(offer, site, day, wanted, limit, last))
                continue
            part, each = self._counted(limit, last, offer, site)
            if limit.is_amount:
                slacks = [] if limit.at_most is None else [(Fraction(limit.at_most) - part, each)]
            else:
                whole, of_whole = self._counted(whole_of(limit), last, offer, site)
                most, least = limit.at_most_share, limit.at_least_share
                slacks = [] if most is None else [(Fraction(most) * whole - part, each - Fraction(most) * of_whole)]
                slacks += [] if least is None else [(part - Fraction(least) * whole, Fraction(least) * of_whole - each)]
            allowed += [int(slack // more) for slack, more in slacks if more > 0]
        return max(min(allowed), 0)

    def _counts_allow(self, offer: str, site: str, day: date, wanted: int, limit: Limit, last: date) -> int:
        """The same of a limit that counts vendors, makers or the like, by trying."""
        before = shortfall_amount(self._with_more(offer, site, day, 0), limit, date.min, last)

        def holds(units: int) -> bool:
            return shortfall_amount(self._with_more(offer, site, day, units), limit, date.min, last) <= before

        if holds(wanted):
            return wanted
        low, high = 0, wanted
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if holds(middle) else (low, middle)
        return low

    def _with_more(self, offer: str, site: str, day: date, units: int) -> Recount:
        """The plan with what was moved, and with more units of an offer on one day."""
        decisions = self.decisions() if self.moved else self.recount.decisions
        there = self.room.installed(site, day).get(offer, 0)
        lines = [line for line in decisions.installed if (line.offer, line.site, line.day) != (offer, site, day)]
        lines.append(InstalledLine(offer=offer, site=site, day=day, units=there + units))
        if not any((one.offer, one.site, one.day) == (offer, site, day + timedelta(days=1)) for one in lines):
            lines.append(InstalledLine(offer=offer, site=site, day=day + timedelta(days=1), units=there))
        return Recount(self.recount.instance, decisions.model_copy(update={"installed": tuple(lines)}))

    def _counted(self, measured: Measured, day: date, offer: str, site: str) -> tuple[Fraction, Fraction]:
        """What a measure counts on a day, with what was moved; and by how much more for one more unit of an offer."""
        instance, recount, room = self.recount.instance, self.recount, self.room
        total = each = Fraction(0)
        if measured.kind == "site":
            for where in instance.sites:
                if concerns(measured, instance, Subject(site=where)):
                    outputs = room.outputs(where, day)["design"]
                    load = room.loads.load_of(where, day, "design", room.installed(where, day), outputs)
                    total += load.needs.get(GRID_POWER, Fraction(0))
            if concerns(measured, instance, Subject(site=site)):
                each = recount.running.draw(instance.quotes[offer].system, site, "design").most
            return total, each
        for other, where in recount.lots_by_pair:
            subject = Subject.of_offer(instance, other, where)
            if concerns(measured, instance, subject) and is_there(other, day):
                accepted = timedelta(days=instance.quotes[other].acceptance_days)
                total += room.installed(where, day - accepted).get(other, 0) * recount.worth(measured, subject)
                if (other, where) == (offer, site):
                    each = recount.worth(measured, subject)
        if measured.existing == "include":
            for name, fleet in instance.existing.systems.items():
                subject = Subject.of_fleet(instance, name)
                if concerns(measured, instance, subject):
                    total += recount.worth(measured, subject) * fleet.units
        return total, each

    def _installed_lines(self, site: str) -> Iterator[InstalledLine]:
        for offer in [offer for offer, where in self.recount.lots_by_pair if where == site]:
            before = 0
            for day in [day for day in self._days_at(site) if is_there(offer, day)]:
                units = self.room.installed(site, day).get(offer, 0)
                if units != before:
                    yield InstalledLine(offer=offer, site=site, day=day, units=units)
                before = units

    def _output_lines(self, site: str, days: Collection[date]) -> Iterator[OutputLine]:
        """What is delivered from each of some days on: those on which what stands is known."""
        before: dict[tuple[str, str, str], Decimal] = {}
        for day in sorted(days):
            for case, outputs in self.room.outputs(site, day).items():
                for (provider, resource), amount in outputs.items():
                    now = Decimal(round(amount * 10**DECIMALS)).scaleb(-DECIMALS).normalize()
                    if now != before.get((provider, resource, case), Decimal(0)):
                        yield OutputLine(
                            site=site, resource=resource, provider=provider, case=case, day=day, amount=now
                        )
                    before[provider, resource, case] = now


def readings(recount: Recount) -> Iterator[Reading]:
    """Systems that wait although there was room for them: none."""
    if recount.instance.installation == "when-needed":
        return
    moving = Moving(recount)
    moving.run()
    for offer, site in recount.lots_by_pair:
        waits = Fraction(moving.moved.get((offer, site), 0))
        detail = f"waits at {site} although there is room"
        yield Reading(NAME, path(offer), detail, waits, "systems", None, Fraction(0))


def sentence(_instance: Instance, at: str) -> str:
    """What is not left to wait."""
    return f"what {at} delivers is installed as soon as there is room for it"


FAMILY = Family(
    name=NAME,
    title="Installation",
    kind="physical",
    sentence=sentence,
    readings=readings,
)
