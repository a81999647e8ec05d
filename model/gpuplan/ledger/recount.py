"""The quantities that follow from a plan's decisions, recounted from the instance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from gpuplan.fraction import Fraction
from gpuplan.instance.joining import Place
from gpuplan.instance.matching import Subject, concerns, counts_term
from gpuplan.instance.rentals import is_there
from gpuplan.instance.routes import Route, route
from gpuplan.instance.running import Running
from gpuplan.instance.serving import rate_of, serving_days, work_weights
from gpuplan.instance.timeline import LotDays, last_state, lot_days, module_ready, state_days
from gpuplan.instance.units import worth

if TYPE_CHECKING:
    from gpuplan.instance.rules import Measured
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions, OrderLine
    from gpuplan.ledger.entries import Entry

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Lot:
    """A lot of a plan."""

    offer: str
    site: str
    units: int
    route: str
    way: Route | None
    """None when export control knows no way of the name that the plan gives."""
    days: LotDays

    def chance(self, delivery: str) -> Fraction:
        """Share of the lot that counts."""
        return self.way.chance(delivery) if self.way else Fraction(1)


@dataclass(frozen=True, slots=True)
class Stands:
    """When the systems of a lot are installed."""

    arrived: date
    """Day from which they can be."""
    installed: tuple[tuple[date, int], ...]
    """(day, units), in order."""
    never: int
    """Units that never are."""

    @property
    def last(self) -> date | None:
        """Day on which the last of them is; None where some never are."""
        return self.installed[-1][0] if self.installed and not self.never else None

    @property
    def waiting(self) -> int:
        """Units that are installed later than they could be, or never."""
        return self.never + sum(units for day, units in self.installed if day > self.arrived)

    def waiting_days(self, end: date) -> int:
        """Days that they wait, added up; those that never stand to the end of the calendar."""
        days = sum(units * max((day - self.arrived).days, 0) for day, units in self.installed)
        return days + self.never * max((end - self.arrived).days, 0)


@dataclass
class Recount:
    """An instance and a plan's decisions, and what follows from both."""

    instance: Instance
    decisions: Decisions
    entries: tuple[Entry, ...] = ()
    """Of every cost family; filled in before limits are read."""

    @cached_property
    def states(self) -> tuple[date, ...]:
        """Days on which the state is taken."""
        return state_days(self.instance)

    @cached_property
    def running(self) -> Running:
        """From when on, and at which draw, systems are charged what it costs to run."""
        return Running(self.instance)

    @cached_property
    def lots(self) -> tuple[Lot, ...]:
        """Every lot, with its days."""
        return tuple(
            Lot(line.offer, line.site, line.units, line.route, way, way.days if way else self._days(line))
            for line in self.decisions.orders
            for way in [route(self.instance, line.offer, line.site, line.signed, line.route)]
        )

    def _days(self, line: OrderLine) -> LotDays:
        return lot_days(self.instance.quotes[line.offer], line.signed)

    @cached_property
    def lots_by_pair(self) -> dict[tuple[str, str], list[Lot]]:
        """Lots by offer and site."""
        found: dict[tuple[str, str], list[Lot]] = defaultdict(list)
        for lot in self.lots:
            found[lot.offer, lot.site].append(lot)
        return dict(found)

    @cached_property
    def stands(self) -> tuple[Stands, ...]:
        """When the systems of each lot are installed, lot by lot; what came first is installed first."""
        found: dict[int, Stands] = {}
        for (offer, site), lots in self.lots_by_pair.items():
            steps = list(reversed(self.installations(offer, site)))
            for lot in sorted(lots, key=lambda one: self.arrived(one)):
                installed: list[tuple[date, int]] = []
                left = lot.units
                while left and steps:
                    day, units = steps.pop()
                    installed.append((day, min(units, left)))
                    if units > left:
                        steps.append((day, units - left))
                    left -= installed[-1][1]
                found[id(lot)] = Stands(self.arrived(lot), tuple(installed), left)
        return tuple(found[id(lot)] for lot in self.lots)

    def arrived(self, lot: Lot) -> date:
        """Day from which the systems of a lot can be installed."""
        return self.running.arrived(lot.offer, lot.site, lot.days, lot.route)

    @cached_property
    def units_by_offer(self) -> dict[str, int]:
        """Units signed for, over all sites and periods; offers without any are left out."""
        found: dict[str, int] = defaultdict(int)
        for line in self.decisions.orders:
            found[line.offer] += line.units
        return dict(found)

    @cached_property
    def installed(self) -> dict[tuple[str, str], list[int]]:
        """Units installed on each state day, by offer and site."""
        return {pair: [self.installed_on(*pair, day) for day in self.states] for pair in self._installed_steps}

    @cached_property
    def _installed_steps(self) -> dict[tuple[str, str], list[tuple[date, int]]]:
        """(day, units installed by then) of every change, by offer and site, in order."""
        changes: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
        for line in self.decisions.installed:
            if is_there(line.offer, line.day):
                changes[line.offer, line.site].append((line.day, line.units))
        return {pair: sorted(steps) for pair, steps in changes.items()}

    def installations(self, offer: str, site: str) -> list[tuple[date, int]]:
        """(day, units installed on it) of an offer at a site, in order."""
        steps = self._installed_steps.get((offer, site), [])
        return [(day, units - before) for (day, units), before in zip(steps, [0, *(n for _, n in steps)], strict=False)]

    @cached_property
    def serving_days(self) -> tuple[date, ...]:
        """Days on which who serves what is decided."""
        return serving_days(self.instance)

    @cached_property
    def served(self) -> dict[tuple[str, str, str], list[Fraction]]:
        """Systems that serve on each serving day, by workload, system and site."""
        changes: dict[tuple[str, str, str], list[tuple[date, Fraction]]] = defaultdict(list)
        for line in self.decisions.served:
            changes[line.workload, line.system, line.site].append((line.day, Fraction(line.systems)))
        return {
            key: [_value_on(sorted(steps), day, Fraction(0)) for day in self.serving_days]
            for key, steps in changes.items()
        }

    @cached_property
    def served_of(self) -> dict[str, dict[tuple[str, str], list[Fraction]]]:
        """The same by workload: by system and site."""
        found: dict[str, dict[tuple[str, str], list[Fraction]]] = defaultdict(dict)
        for (workload, system, site), systems in self.served.items():
            found[workload][system, site] = systems
        return dict(found)

    @cached_property
    def clusters(self) -> dict[Place, list[tuple[int, int]]]:
        """(clusters, systems in them) on each state day, by place."""
        return {
            place: [_value_on(steps, day, (0, 0)) for day in self.states]
            for place, steps in self._cluster_steps.items()
        }

    @cached_property
    def _cluster_steps(self) -> dict[Place, list[tuple[date, tuple[int, int]]]]:
        changes: dict[Place, list[tuple[date, tuple[int, int]]]] = defaultdict(list)
        for line in self.decisions.clusters:
            changes[Place(line.cluster, line.system, line.site)].append((line.day, (line.units, line.systems)))
        return {place: sorted(steps) for place, steps in changes.items()}

    def clusters_formed_on(self, day: date) -> dict[Place, tuple[int, int]]:
        """(clusters, systems in them) by a day, by place."""
        return {place: _value_on(steps, day, (0, 0)) for place, steps in self._cluster_steps.items()}

    def days_at(self, site: str) -> list[date]:
        """State days, and the days on which anything is installed at a site, in order."""
        days = {line.day for line in self.decisions.installed if line.site == site}
        return sorted({*self.states, *(day for day in days if day <= self.instance.calendar.end)})

    def clusters_on(self, measured: Measured, day: date) -> Fraction:
        """Clusters that a measure counts, formed by a day."""
        state = last_state(self.states, day)
        if state is None:
            return Fraction(0)
        counted = (
            formed[state][0]
            for (cluster, system, site), formed in self.clusters.items()
            if concerns(measured, self.instance, Subject(cluster=cluster, system=system, site=site))
        )
        return Fraction(sum(counted))

    def usable_systems(self, system: str, site: str, day: date, *, of_buyer: bool = False) -> Fraction:
        """Systems of one kind usable at a site on a day, bought and already there; or the buyer's part of them."""
        bought = Fraction(0)
        for offer, where in self.installed:
            quote = self.instance.quotes[offer]
            if where == site and quote.system == system:
                bought += self.usable_on(offer, where, day) * (Fraction(quote.buyer_share) if of_buyer else 1)
        fleets = self.instance.existing.systems.values()
        return bought + sum(fleet.units for fleet in fleets if (fleet.system, fleet.site) == (system, site))

    def work(self, measured: Measured, first: date, last: date) -> Fraction:
        """Work served of what a measure counts, averaged over the days of a window."""
        weights, total = work_weights(self.instance, first, last), Fraction(0)
        for (workload, system, site), systems in self.served.items():
            if concerns(measured, self.instance, Subject(workload=workload, system=system, site=site)):
                weighed = sum((weight * systems[position] for position, weight in weights.items()), Fraction(0))
                total += Fraction(rate_of(self.instance, workload, system)) * weighed
        return total

    @cached_property
    def module_days(self) -> dict[tuple[str, str], list[tuple[date, int]]]:
        """(ready day, units) of the modules ordered, by module and site."""
        found: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
        for line in self.decisions.modules:
            found[line.module, line.site].append(
                (module_ready(self.instance.modules[line.module], line.signed), line.units)
            )
        return dict(found)

    def modules_on(self, module: str, site: str, day: date) -> int:
        """Modules that deliver on a day."""
        return sum(units for ready, units in self.module_days.get((module, site), []) if ready <= day)

    def usable_on(self, offer: str, site: str, day: date) -> int:
        """Units usable on a day: installed by the day that lies acceptance before it, and not given back."""
        if not is_there(offer, day):
            return 0
        return self.installed_on(offer, site, day - timedelta(days=self.instance.quotes[offer].acceptance_days))

    def installed_on(self, offer: str, site: str, day: date) -> int:
        """Units installed by a day, and not given back."""
        return _value_on(self._installed_steps.get((offer, site), []), day, 0) if is_there(offer, day) else 0

    def counted(self, measured: Measured, first: date, last: date) -> Iterator[tuple[Subject, Fraction | int]]:
        """(subject, units) that a measure of units counts by its stage: usable on `last`, or moved in the window."""
        instance = self.instance
        for (offer, site), lots in self.lots_by_pair.items():
            if measured.stage == "usable":
                subject = Subject.of_offer(instance, offer, site)
                if concerns(measured, instance, subject):
                    yield subject, self._usable(measured, offer, site, last)
                continue
            for lot in lots:
                subject = Subject.of_offer(instance, offer, site)
                subject = Subject.of_lot(instance, offer, site, lot.way) if lot.way else subject
                if first <= lot.days.of(measured.stage) <= last and concerns(measured, instance, subject):
                    yield subject, lot.units * lot.chance(measured.delivery)
        if measured.existing == "include":
            for fleet_id, fleet in instance.existing.systems.items():
                subject = Subject.of_fleet(instance, fleet_id)
                if concerns(measured, instance, subject):
                    yield subject, fleet.units

    def _usable(self, measured: Measured, offer: str, site: str, day: date) -> Fraction:
        """Units usable on a day, of lots under licence no more than count."""
        usable = Fraction(self.usable_on(offer, site, day))
        if measured.delivery == "planned":
            return usable
        accepted = day - timedelta(days=self.instance.quotes[offer].acceptance_days)
        arrived = [
            lot.units * lot.chance(measured.delivery)
            for lot in self.lots_by_pair.get((offer, site), ())
            if lot.days.installed <= accepted
        ]
        return min(usable, sum(arrived, Fraction(0)))

    def amount(self, measured: Measured, first: date, last: date) -> Fraction:
        """A measure of units or money over a window."""
        if measured.kind == "money":
            return sum((one.exact for one in self.paid(measured, first, last)), Fraction(0))
        parts = (self.worth(measured, subject) * units for subject, units in self.counted(measured, first, last))
        return sum(parts, Fraction(0))

    @property
    def is_whole(self) -> bool:
        """Whether everything that was decided is whole, so that money follows from it exactly."""
        return not self.decisions.outputs and not self.decisions.served

    def worth(self, measured: Measured, subject: Subject) -> Fraction:
        """A measure of units for one system of a subject."""
        return Fraction(worth(measured, self.instance, subject.system or "", subject.offer))

    def paid(self, measured: Measured, first: date, last: date) -> Iterator[Entry]:
        """Entries that a measure of money counts."""
        for one in self.entries:
            if not counts_term(measured, one.term):
                continue
            day = one.day if measured.basis == "cash" else one.committed
            if first <= day <= last and concerns(measured, self.instance, one.subject):
                yield one


def _value_on(steps: list[tuple[date, Value]], day: date, before: Value) -> Value:
    value = before
    for start, units in steps:
        if start > day:
            break
        value = units
    return value
