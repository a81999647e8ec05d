"""What a plan's systems and modules need at a site on a state day, added up resource by resource."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.facility import GRID_POWER, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import cluster_needs
from gpuplan.instance.loads import positions_for, system_needs
from gpuplan.instance.providers import Network

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
        self._loads: dict[tuple[str, date, LoadCase], SiteLoad] = {}
        self._stated: dict[tuple[str, str, str, LoadCase], list[tuple[date, Fraction]]] = defaultdict(list)
        for line in recount.decisions.outputs:
            self._stated[line.site, line.resource, line.provider, line.case].append((line.day, Fraction(line.amount)))

    def network(self, site: str) -> Network:
        """Providers of a site."""
        return self.recount.running.network(site)

    def load(self, site: str, day: date, case: LoadCase) -> SiteLoad:
        """Needs and deliveries of a site on a day."""
        key = (site, day, case)
        if key not in self._loads:
            self._loads[key] = self.load_of(site, day, case, self.installed(site, day), self.stated(site, day, case))
        return self._loads[key]

    def grid_draw(self, site: str, day: date, case: LoadCase) -> Fraction:
        """Power drawn from the grid in kW."""
        return self.load(site, day, case).needs.get(GRID_POWER, Fraction(0))

    def installed(self, site: str, day: date) -> dict[str, int]:
        """Units installed at a site by a day, by offer; offers without any are left out."""
        there = {
            offer: self.recount.installed_on(offer, where, day)
            for offer, where in self.recount.installed
            if where == site
        }
        return {offer: units for offer, units in there.items() if units}

    def stated(self, site: str, day: date, case: LoadCase) -> dict[tuple[str, str], Fraction]:
        """By (provider, resource): what a plan says is delivered on a day, where that is a decision."""
        found = {}
        for resource in self.network(site).providers:
            for provider in self.network(site).decided(resource):
                lines = self._stated.get((site, resource, provider.name, case), ())
                found[provider.name, resource] = next(
                    (amount for since, amount in sorted(lines, reverse=True) if since <= day), Fraction(0)
                )
        return found

    def standing(self, site: str, installed: Mapping[str, int]) -> dict[str, list[int]]:
        """Units of each system that stand at a site: of what is bought, by offer, and of each fleet."""
        instance = self.recount.instance
        there: dict[str, list[int]] = defaultdict(list)
        bought: dict[str, int] = defaultdict(int)
        for offer, units in installed.items():
            bought[instance.quotes[offer].system] += units
        for system, units_bought in bought.items():
            there[system].append(units_bought)
        for fleet in instance.existing.systems.values():
            if fleet.site == site:
                there[fleet.system].append(fleet.units)
        return there

    def load_of(
        self,
        site: str,
        day: date,
        case: LoadCase,
        installed: Mapping[str, int],
        stated: Mapping[tuple[str, str], Fraction],
    ) -> SiteLoad:
        """Needs and deliveries of a site on a day, were so many units of each offer installed and so much delivered."""
        instance = self.recount.instance
        needs: dict[str, Fraction] = defaultdict(Fraction)
        it_power = Fraction(0)
        for system, stands in self.standing(site, installed).items():
            each = system_needs(instance, system, site, case)
            for resource, amount in each.items():
                needs[resource] += Fraction(amount) * sum(stands)
            it_power += Fraction(each.get("protected-power", 0)) * sum(stands)
            needs[RACK_POSITIONS] += sum(positions_for(instance, system, site, units) for units in stands)
        for place, formed in self.recount.clusters_formed_on(day).items():
            if place.site == site:
                for some, number in zip(cluster_needs(instance, place.cluster, case), formed, strict=True):
                    for resource, each_one in some.items():
                        needs[resource] += each_one * number
                    it_power += some.get("protected-power", Fraction(0)) * number
        for module_id in instance.sites[site].modules:
            units = self.recount.modules_on(module_id, site, day)
            for resource, need in instance.modules[module_id].needs.items():
                needs[resource] += Fraction(need.in_case(case)) * units
        outputs = self._deliver(site, case, needs, stated)
        return SiteLoad(dict(needs), outputs, it_power)

    def _deliver(
        self, site: str, case: LoadCase, needs: dict[str, Fraction], stated: Mapping[tuple[str, str], Fraction]
    ) -> dict[tuple[str, str], Fraction]:
        """Add what the deliveries need to `needs`, in order; returns the deliveries."""
        instance, net = self.recount.instance, self.network(site)
        outputs: dict[tuple[str, str], Fraction] = {}
        for resource in net.providers:
            for provider in net.decided(resource):
                output = outputs[provider.name, resource] = stated.get((provider.name, resource), Fraction(0))
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
