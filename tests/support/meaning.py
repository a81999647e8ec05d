"""The value of every column by its meaning, worked out from a plan's decisions and the instance: no row, no solver.

What a plan leaves open is chosen as the plan's owner would: as few rack positions as needed, the block size that counts
most, a rebate as soon as its spend is reached. A column whose decision is unknown here fails the test that asks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.families.eligibility import pair_denials, signing_denials
from gpuplan.families.limits import COUNTED_BY
from gpuplan.instance.commitments import decision_days
from gpuplan.instance.joining import Place
from gpuplan.instance.matching import facts
from gpuplan.instance.routes import Route, routes
from gpuplan.instance.rules import Selection
from gpuplan.instance.timeline import LotDays, windows
from gpuplan.ledger.funding import claims_by_day
from gpuplan.ledger.measures import measure
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions
    from gpuplan.program.columns import Key
    from gpuplan.program.problem import Problem


@dataclass
class Meaning:
    """An instance and a plan, entries of money included, and what each decision's columns are worth in them."""

    recount: Recount

    @property
    def instance(self) -> Instance:
        """The instance."""
        return self.recount.instance

    @property
    def decisions(self) -> Decisions:
        """The plan."""
        return self.recount.decisions

    def point(self, problem: Problem) -> list[float]:
        """The value of every column of a program."""
        return [float(self.value(key) / self._unit(problem, key)) for key in problem.columns.keys]

    def _unit(self, problem: Problem, key: Key) -> Fraction:
        """What 1 of a column stands for."""
        money = problem.money
        if key[0] == "fee":
            return money.unit_of(self.instance.offers[str(key[1])].currency)
        if key[0] == "rebate_spend":
            return money.unit_of(self.instance.vendors[str(key[1])].currency)
        if key[0] == "shortfall" and self.instance.limits[str(key[1])].count is None:
            return problem.unit_of(self.instance.limits[str(key[1])])
        return money.unit if key[0] == "claims" else Fraction(1)

    def value(self, key: Key) -> Fraction | int:
        """The value of one column."""
        finders: dict[str, Callable[..., Fraction | int]] = {
            "orders": self._orders,
            "installed": lambda offer, site, state: self.recount.installed.get((offer, site), [0] * (state + 1))[state],
            "offer_used": lambda offer: int(any(self._units[one] for one in self._terms(offer))),
            "vendor_used": lambda vendor: int(any(self._units[offer] for offer in self._offers(vendor))),
            "offer_first": lambda offer, period: int(self._first([offer]) == period),
            "vendor_first": lambda vendor, period: int(self._first(self._offers(vendor)) == period),
            "tier": self._tier,
            "tier_units": self._tier_units,
            "tier_by": self._tier,
            "tier_step": self._tier_step,
            "free_sets": lambda offer, period=None: self._units_by(offer, period) // sum(self._free_terms(offer)),
            "free_begun": lambda offer, period=None: max(self._begun(offer, period) - self._free_terms(offer)[0], 0),
            "free_due": lambda offer, period=None: int(self._begun(offer, period) >= self._free_terms(offer)[0]),
            "tier_free": self._tier_free,
            "fee": lambda offer, period: self._fee(offer) if self._first([offer]) == period else 0,
            "rebate": lambda vendor, number: int(self._rebate(vendor) == number),
            "rebate_spend": lambda vendor, number: self._spend(vendor) if self._rebate(vendor) == number else 0,
            "opening": lambda site, period: self._openings[site, period],
            "site_open": lambda site: sum(n for (name, _), n in self._openings.items() if name == site),
            "modules": lambda module, site, period: self._modules[module, site, period],
            "positions": self._positions,
            "pairs": lambda site, module, state: self._in_place(module, site, state) // 2,
            "usable": lambda *at: max(self._counted(*at), Fraction(0)) if self._is_best_size(*at) else 0,
            "spare_size": lambda *at: int(self._is_best_size(*at)),
            "output": self._output,
            "delivered": self._delivered,
            "served": lambda *at: self.recount.served.get(at[:3], [0] * (at[3] + 1))[at[3]],
            "clusters": lambda *at: self._formed(*at)[0],
            "joined": lambda *at: self._formed(*at)[1],
            "serving_site": lambda workload, site: self._serves(workload, 2, site),
            "serving_system": lambda workload, system: self._serves(workload, 1, system),
            "shortfall": self._shortfall,
            "counts": lambda name, number, thing: int(thing in self._counting(name, number)),
            "nothing": lambda name, number: int(sum(self._amounts(name, number).values()) == 0),
            "holds": self._holds,
            "concentration": self._concentration,
            "claims": self._claims,
            "nothing_to_decide": lambda: 0,
        }
        return finders[str(key[0])](*key[1:])

    # Orders, and what follows for offers and vendors

    @cached_property
    def _period_of(self) -> dict[date, int]:
        return {day: number for number, day in decision_days(self.instance).items()}

    @cached_property
    def _units(self) -> dict[str, int]:
        found: dict[str, int] = defaultdict(int)
        for line in self.decisions.orders:
            found[line.offer] += line.units
        return found

    def _offers(self, vendor: str) -> list[str]:
        return [offer for offer, quote in self.instance.quotes.items() if quote.vendor == vendor]

    def _terms(self, offer: str) -> list[str]:
        """A quote, and those of an offer whose systems are given back."""
        return [one for one in self.instance.quotes if one == offer or one.startswith(f"{offer}@")]

    def _orders(self, offer: str, site: str, period: int, route: str = "") -> Fraction:
        units = sum(
            line.units
            for line in self.decisions.orders
            if (line.offer, line.site, self._period_of[line.signed], line.route) == (offer, site, period, route)
        )
        return Fraction(units, self.instance.quotes[offer].lot_units)

    def _first(self, offers: list[str]) -> int | None:
        days = [line.signed for line in self.decisions.orders if line.offer in offers]
        return self._period_of[min(days)] if days else None

    # Prices

    def _chosen(self, offer: str) -> int:
        return next((line.tier for line in self.decisions.tiers if line.offer == offer), 0)

    def _tier(self, offer: str, number: int, period: int | None = None) -> int:
        quote, units = self.instance.offers[offer], self._units_by(offer, period)
        if quote.tier_pricing == "all-units":
            return int(units > 0 and self._chosen(offer) == number)
        return int(units > (0 if number == 1 else quote.tiers[number - 2].from_units))

    def _tier_units(self, offer: str, number: int, site: str, period: int, group: int) -> int:
        """Units that a tier prices, of those orders of a period that are paid on the same days."""
        if self._chosen(offer) != number:
            return 0
        days = self._days_apart(offer, site, period)
        return sum(
            lot.units
            for lot in self.recount.lots
            if lot.offer == offer
            and site in ("", lot.site)
            and self._period_of[lot.days.signed] == period
            and days[group] == lot.days
        )

    def _days_apart(self, offer: str, site: str, period: int) -> list[LotDays]:
        """The days that lots of a period can have, each once, in the order of sites and ways."""
        signed = decision_days(self.instance)[period]
        places = [
            one
            for one in self.instance.offer_sites(offer)
            if site in ("", one) and (period < 0 or signed in self.instance.signing_days[offer, one])
        ]
        ways = [
            way
            for place in places
            if not any(True for _ in pair_denials(self.instance, offer, place))
            for way in self._ways(offer, place, period)
        ]
        return list(dict.fromkeys(way.days for way in ways))

    def _ways(self, offer: str, site: str, period: int) -> list[Route]:
        """Ways that no rule denies; of what was signed before the calendar, those that it took."""
        day = decision_days(self.instance)[period]
        ways = list(routes(self.instance, offer, site, day))
        if period < 0:
            return [way for way in ways if (offer, site, day, way.name) in self.instance.ordered]
        return [way for way in ways if not any(True for _ in signing_denials(self.instance, offer, site, way))]

    def _units_by(self, offer: str, period: int | None) -> int:
        """Units signed for up to the day of a number; in all when none is given."""
        lines = (line for line in self.decisions.orders if line.offer == offer)
        until = date.max if period is None else decision_days(self.instance)[period]
        return sum(line.units for line in lines if line.signed <= until)

    def _tier_step(self, offer: str, number: int, period: int | None = None) -> int:
        bounds = [0, *(tier.from_units for tier in self.instance.offers[offer].tiers), 10**9]
        return max(min(self._units_by(offer, period), bounds[number]) - bounds[number - 1], 0)

    def _free_terms(self, offer: str) -> tuple[int, int]:
        terms = self.instance.offers[offer].free_units
        assert terms is not None
        return terms.buy, terms.free

    def _begun(self, offer: str, period: int | None) -> int:
        """Units of the set that is not full."""
        return self._units_by(offer, period) % sum(self._free_terms(offer))

    def _is_free(self, offer: str, unit: int) -> bool:
        """Whether the unit of a position, from 1 on in the order of signing, costs nothing."""
        if self.instance.offers[offer].free_units is None:
            return False
        buy, free = self._free_terms(offer)
        return (unit - 1) % (buy + free) >= buy

    def _tier_free(self, offer: str, number: int, period: int | None = None) -> int:
        """Free units of those that were signed for by a day, if the tier is the one reached."""
        units = range(1, self._units_by(offer, period) + 1) if self._chosen(offer) == number else ()
        return sum(self._is_free(offer, unit) for unit in units)

    def _fee(self, offer: str) -> Fraction:
        tiers = self.instance.offers[offer].price_tiers()
        return sum((Fraction(tier.fee) * self._tier(offer, n) for n, tier in enumerate(tiers, 1)), Fraction(0))

    def _spend(self, vendor: str) -> Fraction:
        """Unit by unit, in the order of signing, each at the price of its tier on its day."""
        total = Fraction(0)
        for offer in self._offers(vendor):
            quote, unit = self.instance.offers[offer], 0
            lines = [line for line in self.decisions.orders if line.offer == offer]
            for line in sorted(lines, key=lambda one: one.signed):
                tiers = quote.price_tiers(line.signed)
                for _ in range(line.units):
                    unit += 1
                    if self._is_free(offer, unit):
                        continue
                    if quote.tier_pricing == "incremental":
                        number = sum(1 for tier in tiers[1:] if unit > tier.from_units)
                    else:
                        number = max(self._chosen(offer), 1) - 1
                    total += Fraction(tiers[number].price)
        return total

    def _rebate(self, vendor: str) -> int:
        return sum(1 for rebate in self.instance.vendors[vendor].rebates if self._spend(vendor) >= rebate.from_spend)

    # Sites and what stands there

    @cached_property
    def _openings(self) -> dict[tuple[str, int], int]:
        found: dict[tuple[str, int], int] = defaultdict(int)
        for line in self.decisions.openings:
            found[line.site, self._period_of[line.decided]] += 1
        return found

    @cached_property
    def _modules(self) -> dict[tuple[str, str, int], int]:
        found: dict[tuple[str, str, int], int] = defaultdict(int)
        for line in self.decisions.modules:
            found[line.module, line.site, self._period_of[line.signed]] += line.units
        return found

    def _in_place(self, module: str, site: str, state: int) -> int:
        return self.recount.modules_on(module, site, self.recount.states[state])

    def _positions(self, site: str, system: str, state: int) -> int:
        kind, rack_kw = self.instance.systems[system], self.instance.sites[site].rack_kw
        each = int(rack_kw[kind.cooling] / kind.max_power_kw)
        there = sum(
            units[state]
            for (offer, where), units in self.recount.installed.items()
            if where == site and self.instance.offers[offer].system == system
        )
        return -(-there // each)

    def _blocks(self, site: str, resource: str, state: int) -> dict[Fraction, int]:
        found: dict[Fraction, int] = defaultdict(int)
        for module in self.instance.sites[site].modules:
            delivery = self.instance.modules[module].provides.get(resource)
            if delivery is not None:
                found[Fraction(delivery.amount)] += self._in_place(module, site, state)
        return found

    def _counted(self, site: str, resource: str, state: int, size: str) -> Fraction:
        """Total with every block cut to a size, less the spare ones at that size."""
        spare = self.instance.sites[site].redundancy[resource].spare_blocks
        blocks = self._blocks(site, resource, state)
        cut = sum((min(block, Fraction(size)) * units for block, units in blocks.items()), Fraction(0))
        return cut - spare * Fraction(size)

    def _is_best_size(self, site: str, resource: str, state: int, size: str) -> bool:
        sizes = sorted(self._blocks(site, resource, state))
        counted = {one: self._counted(site, resource, state, str(float(one))) for one in sizes}
        top = max(counted.values())
        return top > 0 and Fraction(size) == next(one for one in sizes if counted[one] == top)

    def _output(self, site: str, provider: str, resource: str, state: int, case: str) -> Fraction:
        day = self.recount.states[state]
        stated = [
            (line.day, Fraction(line.amount))
            for line in self.decisions.outputs
            if (line.site, line.provider, line.resource, line.case) == (site, provider, resource, case)
        ]
        return next((amount for since, amount in sorted(stated, reverse=True) if since <= day), Fraction(0))

    def _formed(self, cluster: str, system: str, site: str, state: int) -> tuple[int, int]:
        """Clusters formed by a state day, and systems in them."""
        return self.recount.clusters.get(Place(cluster, system, site), [(0, 0)] * (state + 1))[state]

    def _serves(self, workload: str, place: int, choice: str) -> int:
        """Whether anything of a workload is ever served at a site (place 2), or by a system (1)."""
        return int(
            any(
                max(systems) > 0
                for key, systems in self.recount.served.items()
                if (key[0], key[place]) == (workload, choice)
            )
        )

    # Limits and levels

    def _shortfall(self, name: str, number: int) -> Fraction:
        limit = self.instance.limits[name]
        first, last = windows(limit, self.instance)[number]
        if limit.count is not None:
            used = Fraction(len(self._counting(name, number)))
        else:
            used = measure(self.recount, limit, first, last)
            if limit.at_least is not None and limit.is_stock and limit.kind == "units" and not limit.each:
                days = [day for day in self.recount.states if day >= last]
                used = min([used, *(measure(self.recount, limit, first, day) for day in days)])
        low, high = limit.at_least, limit.at_most
        whole = Fraction(1)
        if not limit.is_amount:
            low, high = limit.at_least_share, limit.at_most_share
            everything = limit.model_copy(update={"select": limit.of or Selection(), "exclude": None})
            whole = measure(self.recount, everything, first, last)
        missed = [Fraction(low) * whole - used] if low is not None else []
        missed += [used - Fraction(high) * whole] if high is not None else []
        return max(*missed, Fraction(0))

    def _amounts(self, name: str, number: int) -> dict[str, Fraction]:
        """Amount of a counted limit's measure by thing, those without any included."""
        limit = self.instance.limits[name]
        found: dict[str, Fraction] = defaultdict(Fraction)
        for subject, units in self.recount.counted(limit, *windows(limit, self.instance)[number]):
            thing = str(facts(self.instance, subject)[COUNTED_BY[limit.count or "vendors"]] or "")
            if thing:
                found[thing] += self.recount.worth(limit, subject) * units
        return found

    def _counting(self, name: str, number: int) -> set[str]:
        limit, amounts = self.instance.limits[name], self._amounts(name, number)
        least = Fraction(limit.counts_from or 0)
        if limit.counts_from_share is not None:
            least = Fraction(limit.counts_from_share) * sum(amounts.values())
        return {thing for thing, amount in amounts.items() if amount > 0 and amount >= least}

    def _delivered(self, delivery: str, offer: str, site: str, state: int) -> Fraction:
        """The lesser of what stands and of what licences let arrive."""
        arrived = sum(
            (
                lot.units * lot.chance(delivery)
                for lot in self.recount.lots_by_pair.get((offer, site), [])
                if lot.days.installed <= self.recount.states[state]
            ),
            Fraction(0),
        )
        standing = self.recount.installed.get((offer, site))
        return min(Fraction(standing[state] if standing else 0), arrived)

    def _claims(self, funds: str, day: str = "") -> Fraction:
        names = tuple(name for name in funds.split("+") if name)
        by_then = [owed for until, owed in claims_by_day(self.recount) if not day or until.isoformat() <= day]
        return max(by_then[-1].get(names, Fraction(0)), Fraction(0)) if by_then else Fraction(0)

    def _holds(self, level: int, period: int) -> int:
        limit = self.instance.limits[self.instance.objective[level].target or ""]
        last = self.instance.calendar.all_periods[period].last
        return int(measure(self.recount, limit, date.min, last) >= Fraction(limit.at_least or 0))

    def _concentration(self, level: int) -> Fraction:
        aim = self.instance.objective[level]
        assert aim.of is not None
        found: dict[str, Fraction] = defaultdict(Fraction)
        for subject, units in self.recount.counted(aim.of, date.min, aim.by or self.instance.calendar.end):
            found[subject.vendor or ""] += self.recount.worth(aim.of, subject) * units
        return max(found.values(), default=Fraction(0))
