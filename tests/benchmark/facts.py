"""What the textbook model is stated from: index sets, dates and payments of an instance, without a derived bound.

It takes no part of the families or of the program, so that the textbook model is a second reading of the semantics.
Money is in millions of the reporting currency, power in kW, work in the workload's unit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.instance.calendar import add_months, days_in_month, months_between, step_at
from gpuplan.instance.facility import LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import Place, places
from gpuplan.instance.loads import system_needs, systems_in_position, takes_rack_space
from gpuplan.instance.matching import Subject, facts, selects
from gpuplan.instance.prices import module_instalments, rate
from gpuplan.instance.providers import Network, Provider, module_denial, network
from gpuplan.instance.running import Running
from gpuplan.instance.serving import demand_on, is_ready, serving_days, serving_pairs
from gpuplan.instance.timeline import (
    LotDays,
    Month,
    last_state,
    lot_days,
    module_ready,
    months,
    state_days,
)

if TYPE_CHECKING:
    from gpuplan.instance.facility import Site
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance

MILLION = 1e6
Payments = list[tuple[date, float]]
"""(day, millions of the reporting currency)."""


def in_millions(payments: Iterable[tuple[date, object]]) -> Payments:
    """Payments as the model counts them."""
    return [(day, float(amount) / MILLION) for day, amount in payments]  # type: ignore[arg-type]


@dataclass(frozen=True)
class Facts:
    """An instance, as the textbook model reads it."""

    instance: Instance

    @cached_property
    def states(self) -> tuple[date, ...]:
        """Days on which installed systems are known."""
        return state_days(self.instance)

    @cached_property
    def months(self) -> list[Month]:
        """Calendar months of operation."""
        return months(self.instance, self.states)

    @cached_property
    def running(self) -> Running:
        """From when on, and at which draw, systems are charged what it costs to run."""
        return Running(self.instance)

    def since(self, offer: str, site: str, number: int) -> date:
        """Day from which what is signed in a period is charged."""
        return self.running.since(offer, site, self.lot(offer, number), "")

    def rates(self, offer: str, site: str, case: LoadCase) -> tuple[float, float]:
        """Grid draw in kW of one system, at the least and at the most that its providers can give rise to."""
        least, most = self.running.charged(self.instance.offers[offer].system, site, case)
        return float(least), float(most)

    @cached_property
    def firsts(self) -> list[date]:
        """First day of each period, on which things are signed for."""
        return [period.first for period in self.instance.calendar.all_periods]

    @cached_property
    def networks(self) -> Mapping[str, Network]:
        """Providers of resources by site."""
        return {site: network(self.instance, site) for site in self.instance.sites}

    # Offers

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """(offer, site) at which systems of the offer can stand."""
        instance = self.instance
        every = [(offer, site) for offer in instance.offers for site in instance.offer_sites(offer)]
        return [(offer, site) for offer, site in every if self._can_stand(offer, site)]

    def _can_stand(self, offer: str, site: str) -> bool:
        instance, place = self.instance, self.instance.sites[site]
        system = instance.offers[offer].system
        needed = list(system_needs(instance, system, site, "design"))
        if takes_rack_space(instance.systems[system]):
            needed.append(RACK_POSITIONS)
            if not systems_in_position(instance, system, site):
                return False
        in_time = open_day(place, instance.calendar.start) <= instance.calendar.end
        return in_time and all(resource in self.networks[site].providers for resource in needed)

    @cached_property
    def signings(self) -> list[tuple[str, str, int]]:
        """(offer, site, period) in which the offer can be signed for the site."""
        return [
            (offer, site, number)
            for offer, site in self.pairs
            for number in range(len(self.firsts))
            if self._can_sign(offer, site, number)
        ]

    def _can_sign(self, offer: str, site: str, number: int) -> bool:
        instance, quote, days = self.instance, self.instance.offers[offer], self.lot(offer, number)
        tender = instance.calendar.tender_day + timedelta(days=quote.award_days)
        opens = max(quote.order_from or tender, tender)
        closes = quote.order_until or instance.calendar.end
        if not opens <= days.signed <= closes or self.monthly_rate(quote, days.shipped) == 0:
            return False
        known = facts(instance, Subject.of_offer(instance, offer, site))
        bound = [
            one
            for one in instance.deadlines.values()
            if selects(one.select, known) and not (one.exclude and selects(one.exclude, known))
        ]
        return all(days.of(one.stage) <= one.by for one in bound)

    def lot(self, offer: str, number: int) -> LotDays:
        """Days of what is signed in a period."""
        return lot_days(self.instance.offers[offer], self.firsts[number])

    def monthly_rate(self, quote: Offer, day: date) -> int | None:
        """Units that can ship in the calendar month of a day; None without bound."""
        if quote.supply is None:
            return None
        step = step_at(quote.supply, add_months(day.replace(day=1), 1) - timedelta(days=1))
        return step.units_per_month if step else 0

    def most(self, offers: Iterable[str]) -> int:
        """Systems of some offers that can be bought at most, by their `max_units`: every big-M rests on it."""
        return sum(self.instance.offers[offer].max_units or 0 for offer in offers)

    def periods_of(self, offers: Iterable[str]) -> list[int]:
        """Periods in which any of some offers can be signed."""
        some = set(offers)
        return sorted({number for offer, _, number in self.signings if offer in some})

    def offers_of(self, vendor: str) -> list[str]:
        """Offers of a vendor."""
        return [offer for offer, quote in self.instance.offers.items() if quote.vendor == vendor]

    def usable_state(self, offer: str, day: date) -> int | None:
        """The state whose installed systems of an offer are usable on a day; None when none can be."""
        return last_state(self.states, day - timedelta(days=self.instance.offers[offer].acceptance_days))

    # Sites

    @cached_property
    def sites(self) -> list[str]:
        """Sites where anything can stand."""
        there = {site for _, site in self.pairs}
        return [site for site in self.instance.sites if site in there]

    @cached_property
    def openings(self) -> list[tuple[str, int]]:
        """(site, period) in which the opening of a site can be decided; none for a site that costs nothing to open."""
        return [
            (site, number)
            for site in self.sites
            for number, day in enumerate(self.firsts)
            if self.is_decided(site) and open_day(self.instance.sites[site], day) <= self.instance.calendar.end
        ]

    def is_decided(self, site: str) -> bool:
        """Whether opening the site is a decision."""
        place = self.instance.sites[site]
        return bool(place.opening_cost or place.fixed_cost_per_month or place.build_days)

    def opening_payments(self, site: str, number: int) -> dict[str, Payments]:
        """By cost term, what opening a site in a period costs, then and by the month."""
        place, decided = self.instance.sites[site], self.firsts[number]
        opened = open_day(place, decided).replace(day=1)
        months = [last for _, last in months_between(opened, self.instance.operation_end)]
        return {
            "opening": in_millions([(decided, worth(self, place.opening_cost, place.currency, decided))]),
            "site": in_millions((day, worth(self, place.fixed_cost_per_month, place.currency, day)) for day in months),
        }

    # Facility

    @cached_property
    def blocks(self) -> list[tuple[str, str, int]]:
        """(module, site, period) in which a module can be ordered for a site."""
        return [
            (module, site, number)
            for site in self.sites
            for module in self.instance.sites[site].modules
            for number, day in enumerate(self.firsts)
            if module_denial(self.instance, module, day) is None
        ]

    @cached_property
    def providers(self) -> dict[tuple[str, str, str], Provider]:
        """By (site, resource, name): what provides a resource; without unlimited ones that need nothing."""
        return {
            (site, resource, one.name): one
            for site in self.sites
            for resource, some in self.networks[site].providers.items()
            for one in some
            if self.is_balanced(site, resource)
        }

    def is_balanced(self, site: str, resource: str) -> bool:
        """Whether a resource has to be balanced at a site: not where it is unlimited and needs nothing."""
        existing = self.instance.sites[site].capacity.get(resource)
        return existing is None or existing.amount != "unlimited" or bool(existing.needs)

    def module_payments(self, module: str, number: int) -> dict[str, Payments]:
        """By cost term, what one module ordered in a period costs: its price and its maintenance while in place."""
        instance, block = self.instance, self.instance.modules[module]
        ready = module_ready(block, self.firsts[number])
        yearly = block.price * block.maintenance_rate_per_year
        upkeep = [
            (one.last, worth(self, yearly, block.currency, one.last) * one.years_from(ready))
            for one in self.months
            if ready <= one.last
        ]
        return {
            "modules": in_millions(module_instalments(instance, block, self.firsts[number])),
            "maintenance": in_millions(upkeep),
        }

    @cached_property
    def racked(self) -> list[tuple[str, str]]:
        """(site, system) of which several share a rack position."""
        return [
            (site, system)
            for site, system in dict.fromkeys((site, self.instance.offers[offer].system) for offer, site in self.pairs)
            if self.is_balanced(site, RACK_POSITIONS)
            and takes_rack_space(self.instance.systems[system])
            and systems_in_position(self.instance, system, site) > 1
        ]

    def draw_payments(self, site: str) -> dict[tuple[str, LoadCase], list[tuple[Month, float]]]:
        """By cost term and load case, what each kW drawn costs in each whole month, in millions."""
        instance, place, tariff = self.instance, self.instance.sites[site], self.instance.sites[site].tariff
        price = float(place.carbon_kg_per_kwh * instance.economics.carbon_price_per_tonne) / 1000
        found: dict[tuple[str, LoadCase], list[tuple[Month, float]]] = {
            ("carbon", "typical"): [(one, 24 * one.days * price / MILLION) for one in self.months]
        }
        if tariff is not None:
            currency, charge = tariff.currency, tariff.demand_charge_per_kw_month
            found["energy", "typical"] = [
                (one, 24 * one.days * worth(self, tariff.price_per_kwh(one.first.month), currency, one.last) / MILLION)
                for one in self.months
            ]
            found["demand", "design"] = [
                (one, worth(self, charge, currency, one.last) * one.days / days_in_month(one.first) / MILLION)
                for one in self.months
            ]
        return found

    def most_needed(self, site: str, resource: str) -> float:
        """A safe big-M: what all systems that can be bought for a site would need of a resource, directly or not."""
        if (site, resource) not in self._most_needed:
            self._most_needed[site, resource] = self._add_up_needs(site, resource)
        return self._most_needed[site, resource]

    @cached_property
    def _most_needed(self) -> dict[tuple[str, str], float]:
        return {}

    def _add_up_needs(self, site: str, resource: str) -> float:
        instance, net = self.instance, self.networks[site]
        if any(resource in instance.modules[module].needs for module in instance.sites[site].modules):
            raise NotImplementedError(f"redundancy of {resource}, which modules need whatever they deliver")
        direct = {
            case: sum(
                self.most([offer])
                * float(system_needs(instance, instance.offers[offer].system, site, case).get(resource, 0))
                for offer, where in self.pairs
                if where == site
            )
            for case in LOAD_CASES
        }
        through = 0.0
        for other, some in net.providers.items():
            ratios = [
                float(max(one.needs[resource].design, one.needs[resource].typical))
                for one in some
                if resource in one.needs
            ]
            if ratios:
                through += max(ratios) * self.most_needed(site, other)
        return max(direct.values()) + through

    # Work

    @cached_property
    def serving(self) -> list[tuple[str, str, str, int]]:
        """(workload, system, site, serving day) that can serve a demand."""
        instance = self.instance
        return [
            (name, system, site, number)
            for name, workload in instance.workloads.items()
            for system, site in serving_pairs(instance, name)
            for number, day in enumerate(self.serving_days)
            if demand_on(workload, day) and is_ready(instance, name, system, day)
        ]

    @cached_property
    def serving_days(self) -> tuple[date, ...]:
        """Days on which who serves what is decided."""
        return serving_days(self.instance)

    @cached_property
    def places(self) -> list[Place]:
        """Where clusters of a kind can be formed, and of what."""
        return list(places(self.instance))


def worth(known: Facts, amount: Decimal, currency: str | None, day: date) -> float:
    """An amount of a currency in the reporting currency, at the rate of a day."""
    return float(amount) * float(rate(known.instance, currency, day))


def open_day(site: Site, decided: date) -> date:
    """First day on which a site is open whose opening is decided on a day."""
    built = decided + timedelta(days=site.build_days)
    return max(built, site.opens or built)
