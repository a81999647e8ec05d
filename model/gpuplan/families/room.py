"""Room: whether more systems than stand at a site on a day could stand there, recounted from a plan.

What more systems need is delivered beside what is delivered already: by providers that need nothing for it as far as
they have something left, then by those that draw least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from gpuplan.families.facility import balance_readings
from gpuplan.families.needs import cases
from gpuplan.fraction import Fraction
from gpuplan.instance.facility import RACK_POSITIONS, LoadCase
from gpuplan.instance.interim import interim
from gpuplan.instance.loads import positions_for, system_needs
from gpuplan.instance.providers import EXISTING, Network, Provider
from gpuplan.instance.timeline import is_decided, open_day
from gpuplan.ledger.site_loads import SiteLoad, SiteLoads

if TYPE_CHECKING:
    from gpuplan.ledger.recount import Recount

Outputs = dict[LoadCase, dict[tuple[str, str], Fraction]]
"""By load case: what each provider delivers of each resource, where that is a decision."""


@dataclass
class Room:
    """The room of a plan's sites; what is moved is kept by `move`."""

    recount: Recount
    _installed: dict[tuple[str, date], dict[str, int]] = field(default_factory=dict)
    _outputs: dict[tuple[str, date], Outputs] = field(default_factory=dict)
    _orders: dict[str, list[str] | None] = field(default_factory=dict)
    _before: dict[tuple[str, date, LoadCase], SiteLoad] = field(default_factory=dict)
    """Loads without anything more, until something is moved."""

    def __post_init__(self) -> None:
        self.loads = SiteLoads(self.recount)

    def installed(self, site: str, day: date) -> dict[str, int]:
        """Units installed by a day, by offer, with what was moved."""
        return self._installed.get((site, day)) or self.loads.installed(site, day)

    def outputs(self, site: str, day: date) -> Outputs:
        """What is delivered on a day, with what was moved."""
        key = (site, day)
        if key not in self._outputs:
            self._outputs[key] = {
                case: self.loads.stated(site, day, case) for case in cases(self.recount.instance, site)
            }
        return self._outputs[key]

    def is_open(self, site: str, day: date) -> bool:
        """Whether a site is open on a day."""
        instance = self.recount.instance
        place = instance.sites[site]
        if not is_decided(place):
            return open_day(place, instance.calendar.start) <= day
        openings = (line for line in self.recount.decisions.openings if line.site == site)
        return any(open_day(place, line.decided) <= day for line in openings)

    def move(self, site: str, day: date, offer: str, units: int, outputs: Outputs) -> None:
        """Let so many more units of an offer be installed by a day, with what is then delivered."""
        there = dict(self.installed(site, day))
        there[offer] = there.get(offer, 0) + units
        self._installed[site, day], self._outputs[site, day] = there, outputs
        for case in outputs:
            self._before.pop((site, day, case), None)

    def most(self, site: str, day: date, offer: str, wanted: int) -> tuple[int, Outputs]:
        """How many of so many more units of an offer can stand at a site on a day, and what is then delivered."""
        found = self.with_more(site, day, offer, wanted)
        if found is not None:
            return wanted, found
        low, high, known = 0, wanted, self.outputs(site, day)
        while high - low > 1:
            middle = 1 if not low and high > 2 else (low + high) // 2  # mostly there is room for all or for none
            found = self.with_more(site, day, offer, middle)
            if found is None:
                high = middle
            else:
                low, known = middle, found
        return low, known

    def with_more(self, site: str, day: date, offer: str, units: int) -> Outputs | None:
        """What is delivered with so many more units of an offer; None where there is no room for them."""
        if not self.is_open(site, day):
            return None
        there = self.installed(site, day)
        more = there | {offer: there.get(offer, 0) + units}
        found: Outputs = {}
        for case, outputs in self.outputs(site, day).items():
            key = (site, day, case)
            if key not in self._before:
                self._before[key] = self.loads.load_of(site, day, case, there, outputs)
            before = self._before[key]
            shared = self._shared(site, day, case, before, self._extra(site, case, there, offer, units))
            if shared is None:
                return None
            load = self.loads.load_of(site, day, case, more, shared)
            if not all(reading.holds for reading in balance_readings(self.loads, load, site, day, case)):
                return None
            found[case] = shared
        return found

    def _extra(
        self, site: str, case: LoadCase, there: Mapping[str, int], offer: str, units: int
    ) -> dict[str, Fraction]:
        """What more units of an offer need themselves."""
        instance = self.recount.instance
        system = instance.quotes[offer].system
        needs = {one: Fraction(each) * units for one, each in system_needs(instance, system, site, case).items()}
        before = sum(n for name, n in there.items() if instance.quotes[name].system == system)
        filled = positions_for(instance, system, site, before + units) - positions_for(instance, system, site, before)
        return needs | {RACK_POSITIONS: Fraction(filled)}

    def _shared(
        self, site: str, day: date, case: LoadCase, before: SiteLoad, extra: Mapping[str, Fraction]
    ) -> dict[tuple[str, str], Fraction] | None:
        """Decided deliveries with something more needed; None where providers have too little left."""
        net, order = self.loads.network(site), self._order(site)
        if order is None:
            return None
        wanted: dict[str, Fraction] = defaultdict(Fraction, extra)
        decided = {key: amount for key, amount in before.outputs.items() if key[1] not in net.determined}
        for resource in order:
            more = wanted[resource]
            if case == "design":
                more *= Fraction(self.recount.instance.resources[resource].coincidence)
            if not more:
                continue
            if resource in net.determined:
                _pass_on(wanted, net.providers[resource][0], more, case)
            elif net.decided(resource):
                left = more - min(more, self._left_without_needs(net, site, day, case, resource, before))
                for provider in self._least_first(site, net, resource, case):
                    own = self._own(site, day, resource, provider)
                    key = (provider.name, resource)
                    part = left if own is None else min(left, max(own - decided[key], Fraction(0)))
                    decided[key] += part
                    left -= part
                    _pass_on(wanted, provider, part, case)
                if left:
                    return None
        return decided

    def _own(self, site: str, day: date, resource: str, provider: Provider) -> Fraction | None:
        """What a provider can deliver on a day; None when unlimited."""
        if provider.name == EXISTING:
            return self.recount.instance.sites[site].existing_on(resource, day)
        return Fraction(provider.block) * self.recount.modules_on(provider.name, site, day)

    def _left_without_needs(
        self, net: Network, site: str, day: date, case: LoadCase, resource: str, before: SiteLoad
    ) -> Fraction:
        """What providers that need nothing for it can deliver besides."""
        free = interim(self.recount.instance, site, resource, case, day)
        for provider in net.providers[resource]:
            if not provider.needs:
                own = self._own(site, day, resource, provider)
                if own is None:
                    return Fraction(10**30)
                free += own
        delivered = sum(before.outputs[one.name, resource] for one in net.decided(resource))
        return max(free - (before.needs.get(resource, Fraction(0)) - delivered), Fraction(0))

    def _least_first(self, site: str, net: Network, resource: str, case: LoadCase) -> list[Provider]:
        running = self.recount.running
        return sorted(net.decided(resource), key=lambda one: running.drawn_by(site, one, case))

    def _order(self, site: str) -> list[str] | None:
        """Resources, each after those whose providers need it; None where they go round in a circle."""
        if site not in self._orders:
            net = self.loads.network(site)
            graph: dict[str, list[str]] = {resource: [] for resource in self.recount.instance.resources}
            for resource, providers in net.providers.items():
                for needed in dict.fromkeys(needed for one in providers for needed in one.needs):
                    graph.setdefault(needed, []).append(resource)
            try:
                self._orders[site] = list(TopologicalSorter(graph).static_order())
            except CycleError:
                self._orders[site] = None
        return self._orders[site]


def _pass_on(wanted: dict[str, Fraction], provider: Provider, amount: Fraction, case: LoadCase) -> None:
    for needed, need in provider.needs.items():
        wanted[needed] += Fraction(need.in_case(case)) * amount
