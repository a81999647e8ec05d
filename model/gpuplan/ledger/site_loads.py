"""What a plan's systems and modules need at a site on a state day, added up resource by resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.instance.facility import GRID_POWER, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import cluster_needs
from gpuplan.instance.loads import positions_for, system_needs
from gpuplan.instance.providers import Network, network

if TYPE_CHECKING:
    from gpuplan.ledger.recount import Recount


@dataclass(frozen=True, slots=True)
class SiteLoad:
    """Needs and deliveries of one site, state day and load case."""

    needs: Mapping[str, Fraction]
    """By resource, coincidence taken into account."""
    outputs: Mapping[tuple[str, str], Fraction]
    """By (provider, resource), for providers that need something to deliver."""
    it_power: Fraction
    """Protected power that systems draw, and the switches and storage of clusters, in kW."""


class SiteLoads:
    """Loads of every site of a plan, worked out when first asked for."""

    def __init__(self, recount: Recount) -> None:
        self.recount = recount
        self._networks: dict[str, Network] = {}
        self._loads: dict[tuple[str, int, LoadCase], SiteLoad] = {}
        self._stated: dict[tuple[str, str, str, LoadCase], list[tuple[date, Fraction]]] = defaultdict(list)
        for line in recount.decisions.outputs:
            self._stated[line.site, line.resource, line.provider, line.case].append((line.day, Fraction(line.amount)))

    def network(self, site: str) -> Network:
        """Providers of a site."""
        if site not in self._networks:
            self._networks[site] = network(self.recount.instance, site)
        return self._networks[site]

    def load(self, site: str, state: int, case: LoadCase) -> SiteLoad:
        """Needs and deliveries of a site on a state day."""
        key = (site, state, case)
        if key not in self._loads:
            self._loads[key] = self._work_out(site, state, case)
        return self._loads[key]

    def grid_draw(self, site: str, state: int, case: LoadCase) -> Fraction:
        """Power drawn from the grid in kW."""
        return self.load(site, state, case).needs.get(GRID_POWER, Fraction(0))

    def standing(self, site: str, state: int) -> dict[str, list[int]]:
        """Units of each system that stand at a site on a state day: of each offer and each fleet."""
        recount = self.recount
        there: dict[str, list[int]] = defaultdict(list)
        bought: dict[str, int] = defaultdict(int)
        for (offer, where), units in recount.installed.items():
            if where == site and units[state]:
                bought[recount.instance.offers[offer].system] += units[state]
        for system, units_bought in bought.items():
            there[system].append(units_bought)
        for fleet in recount.instance.existing.systems.values():
            if fleet.site == site:
                there[fleet.system].append(fleet.units)
        return there

    def _work_out(self, site: str, state: int, case: LoadCase) -> SiteLoad:
        instance = self.recount.instance
        needs: dict[str, Fraction] = defaultdict(Fraction)
        it_power = Fraction(0)
        for system, stands in self.standing(site, state).items():
            each = system_needs(instance, system, site, case)
            for resource, amount in each.items():
                needs[resource] += Fraction(amount) * sum(stands)
            it_power += Fraction(each.get("protected-power", 0)) * sum(stands)
            needs[RACK_POSITIONS] += sum(positions_for(instance, system, site, units) for units in stands)
        for place, formed in self.recount.clusters.items():
            if place.site == site:
                for some, number in zip(cluster_needs(instance, place.cluster, case), formed[state], strict=True):
                    for resource, each_one in some.items():
                        needs[resource] += each_one * number
                    it_power += some.get("protected-power", Fraction(0)) * number
        day = self.recount.states[state]
        for module_id in instance.sites[site].modules:
            units = self.recount.modules_on(module_id, site, day)
            for resource, need in instance.modules[module_id].needs.items():
                needs[resource] += Fraction(need.in_case(case)) * units
        outputs = self._deliver(site, day, case, needs)
        return SiteLoad(dict(needs), outputs, it_power)

    def _deliver(
        self, site: str, day: date, case: LoadCase, needs: dict[str, Fraction]
    ) -> dict[tuple[str, str], Fraction]:
        """Add what the deliveries need to `needs`, in order; returns the deliveries."""
        instance, net = self.recount.instance, self.network(site)
        outputs: dict[tuple[str, str], Fraction] = {}
        for resource in net.providers:
            for provider in net.decided(resource):
                stated = self._stated.get((site, resource, provider.name, case), [])
                output = next((amount for since, amount in sorted(stated, reverse=True) if since <= day), Fraction(0))
                outputs[provider.name, resource] = output
                for needed, need in provider.needs.items():
                    needs[needed] += Fraction(need.in_case(case)) * output
        for resource in net.order:
            if case == "design" and needs.get(resource):
                needs[resource] *= Fraction(instance.resources[resource].coincidence)
            if resource in net.determined:
                provider = net.providers[resource][0]
                outputs[provider.name, resource] = needs.get(resource, Fraction(0))
                for needed, need in provider.needs.items():
                    needs[needed] += Fraction(need.in_case(case)) * outputs[provider.name, resource]
        return outputs
