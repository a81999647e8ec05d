"""A textbook formulation in plain Pyomo: what a competent practitioner writes down straight from the instance.

Orders for every offer, site and period; installed systems for every offer, site and state day as variables of their
own; a binary for every price tier, with the offer's `max_units` as its big-M; modules as unbounded integers; what every
provider of every resource delivers. No bound is derived, no row is there to tighten another, nothing but money is
scaled: it is in millions of the reporting currency. Its optimum is the optimum of the instance: it is a second,
independent statement of what generated instances mean, and the contender that gpuplan is measured against.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmark.facts import MILLION, Facts, Payments, in_millions, open_day, worth
from benchmark.unused import refuse_unstated
from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import cluster_prices
from gpuplan.instance.loads import positions_for, system_needs, systems_in_position
from gpuplan.instance.matching import Subject, concerns, counts_term, whole_of
from gpuplan.instance.prices import added_parts, instalments, last_order_day, rate
from gpuplan.instance.providers import EXISTING
from gpuplan.instance.rules import Limit, Measured
from gpuplan.instance.serving import demand_on, rate_of, transit_prices
from gpuplan.instance.timeline import last_state, module_ready, windows
from gpuplan.instance.units import worth as worth_of

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Expression = Any
"""A Pyomo expression, variable or number."""


def textbook(instance: Instance) -> pyo.ConcreteModel:
    """The model of an instance; its objective is discounted cost in millions of the reporting currency.

    Raises NotImplementedError with the names of features that it does not state.
    """
    refuse_unstated(instance)
    return _Textbook(instance).built()


def total(terms: Iterable[Expression]) -> Expression:
    """A sum, 0 of nothing."""
    return pyo.quicksum(terms)


class _Textbook:
    """A model in the making."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.facts = Facts(instance)
        self.model = pyo.ConcreteModel()
        self.flows: list[tuple[str, Expression, Payments]] = []
        """(cost term, how much, what each of it costs and when)."""

    def built(self) -> pyo.ConcreteModel:
        """The whole model."""
        self.supply()
        self.prices()
        self.fees()
        self.activation()
        self.rebates()
        self.siting()
        self.modules()
        self.facility()
        self.energy()
        self.workloads()
        self.clusters()
        self.limits()
        self.vendor_counts()
        discount = self.instance.discount
        self.model.cost = pyo.Objective(
            expr=total(
                how_much * sum(amount * float(discount(day)) for day, amount in payments)
                for _, how_much, payments in self.flows
            )
        )
        return self.model

    def rows(self, name: str, rows: Iterable[Expression]) -> None:
        """A named list of constraints; those that are plainly true are left out."""
        some = pyo.ConstraintList()
        setattr(self.model, name, some)
        for row in rows:
            if row is not True:
                some.add(row)

    # What is bought

    def supply(self) -> None:
        """Orders, and what stands of them."""
        model, known, offers = self.model, self.facts, self.instance.offers
        states = range(len(known.states))

        def most_lots(_: object, offer: str, *__: object) -> tuple[int, int]:
            return 0, known.most([offer]) // offers[offer].lot_units

        def most(_: object, offer: str, *__: object) -> tuple[int, int]:
            return 0, known.most([offer])

        model.orders = pyo.Var(known.signings, domain=pyo.Integers, bounds=most_lots)
        standing = [(*pair, state) for pair in known.pairs for state in states]
        model.installed = pyo.Var(standing, domain=pyo.Integers, bounds=most)
        self.sold = list(dict.fromkeys(offer for offer, _, _ in known.signings))
        self.units: dict[tuple[str, str, int], Expression] = {
            key: offers[key[0]].lot_units * model.orders[key] for key in known.signings
        }
        self.units_by_offer: dict[str, list[tuple[int, Expression]]] = {offer: [] for offer in self.sold}
        for (offer, _, number), units in self.units.items():
            self.units_by_offer[offer].append((number, units))
        model.used = pyo.Var(self.sold, domain=pyo.Binary)
        self.rows("arrived", (model.installed[key] <= self.arrived(*key) for key in standing))
        grown = (key for key in standing if key[2])
        self.rows("grows", (model.installed[key] >= model.installed[key[0], key[1], key[2] - 1] for key in grown))
        self.rows("most", (self.bought([offer]) <= known.most([offer]) * model.used[offer] for offer in self.sold))
        self.rows(
            "least",
            (self.bought([offer]) >= max(offers[offer].min_units, 1) * model.used[offer] for offer in self.sold),
        )
        self.rows("shipped", self.shipped())

    def arrived(self, offer: str, site: str, state: int) -> Expression:
        """Units that can stand on a state day."""
        day = self.facts.states[state]
        return total(
            self.units[key]
            for number in range(len(self.facts.firsts))
            if (key := (offer, site, number)) in self.units and self.facts.lot(offer, number).installed <= day
        )

    def bought(self, offers: Iterable[str], period: int | None = None) -> Expression:
        """Units of some offers signed for, in all or in one period."""
        return total(
            units
            for offer in offers
            for number, units in self.units_by_offer.get(offer, ())
            if period in (None, number)
        )

    def shipped(self) -> Iterable[Expression]:
        """No more is shipped in a calendar month than the maker's rate."""
        for offer in self.sold:
            quote, months = self.instance.offers[offer], dict[date, list[Expression]]()
            for number, units in self.units_by_offer[offer] if quote.supply is not None else ():
                months.setdefault(self.facts.lot(offer, number).shipped.replace(day=1), []).append(units)
            for month, units_of_month in months.items():
                yield total(units_of_month) <= self.facts.monthly_rate(quote, month)

    # What is paid for it

    def prices(self) -> None:
        """Price tiers, what an offer does not include, and support."""
        model, offers = self.model, self.instance.offers
        tiers = [
            (offer, number)
            for offer in self.sold
            if offers[offer].tiers
            for number, _ in enumerate(offers[offer].price_tiers())
        ]
        whole = [(offer, number) for offer, number in tiers if offers[offer].tier_pricing == "all-units"]
        model.tier = pyo.Var(tiers, domain=pyo.Binary)
        priced = [(*tier, period) for tier in whole for period in self.facts.periods_of([tier[0]])]
        model.tier_units = pyo.Var(priced, domain=pyo.NonNegativeReals)
        model.step = pyo.Var([tier for tier in tiers if tier not in whole], domain=pyo.NonNegativeReals)
        self.rows(
            "all_units", (row for offer in self.sold if self.is_all_units(offer) for row in self.all_units(offer))
        )
        stepped = [offer for offer in self.sold if offers[offer].tiers and not self.is_all_units(offer)]
        self.rows("incremental", (row for offer in stepped for row in self.incremental(offer)))
        for (offer, _, number), units in self.units.items():
            if not self.is_all_units(offer):
                self.pay_for_units("purchase", offer, number, units, Fraction(offers[offer].price))
            for part, (price, currency) in added_parts(self.instance, offer).items():
                self.pay_for_units(part, offer, number, units, price, currency)
        for offer, number, period in priced:
            price = Fraction(offers[offer].price_tiers()[number].price)
            self.pay_for_units("purchase", offer, period, model.tier_units[offer, number, period], price)
        self.support()

    def is_all_units(self, offer: str) -> bool:
        """Whether the tier that an offer reaches prices every unit."""
        return bool(self.instance.offers[offer].tiers) and self.instance.offers[offer].tier_pricing == "all-units"

    def pay_for_units(
        self, term: str, offer: str, period: int, units: Expression, price: Fraction, currency: str | None = None
    ) -> None:
        """Pay a price for each unit signed for in a period, by the offer's milestones."""
        currency = self.instance.offers[offer].currency if currency is None else currency
        payments = instalments(self.instance, offer, self.facts.lot(offer, period), price, currency)
        self.flows.append((term, units, in_millions(payments)))

    def all_units(self, offer: str) -> Iterable[Expression]:
        """Units of every period split over the tiers, one tier reached: boundary x tier <= units <= next x tier."""
        model, tiers = self.model, self.instance.offers[offer].price_tiers()
        periods, numbers = self.facts.periods_of([offer]), range(len(tiers))
        for period in periods:
            yield total(model.tier_units[offer, number, period] for number in numbers) == self.bought([offer], period)
        for number in numbers:
            units = total(model.tier_units[offer, number, period] for period in periods)
            last = number + 1 == len(tiers)
            high = self.facts.most([offer]) if last else tiers[number + 1].from_units
            yield units <= high * model.tier[offer, number]
            yield units >= tiers[number].from_units * model.tier[offer, number]
        yield total(model.tier[offer, number] for number in numbers) == model.used[offer]

    def incremental(self, offer: str) -> Iterable[Expression]:
        """Units within each tier; a tier is entered when the one before is full. Savings are booked at the end."""
        model, quote = self.model, self.instance.offers[offer]
        tiers, booked = quote.price_tiers(), last_order_day(self.instance, offer)
        lows = [0, *(tier.from_units for tier in tiers[1:])]
        widths = [high - low for low, high in zip(lows, [*lows[1:], self.facts.most([offer])], strict=True)]
        numbers = range(len(tiers))
        yield total(model.step[offer, number] for number in numbers) == self.bought([offer])
        yield model.tier[offer, 0] == model.used[offer]
        for number in numbers:
            yield model.step[offer, number] <= max(widths[number], 0) * model.tier[offer, number]
            if number:
                yield model.step[offer, number - 1] >= widths[number - 1] * model.tier[offer, number]
            saving = worth(self.facts, tiers[number].price - quote.price, quote.currency, booked)
            self.flows.append(("purchase", model.step[offer, number], in_millions([(booked, saving)])))

    def support(self) -> None:
        """Support of every lot from the day on which it can stand."""
        for (offer, site, number), units in self.charged():
            quote, since = self.instance.offers[offer], self.facts.since(offer, site, number)
            yearly = quote.price * quote.support_rate_per_year
            paid = [
                (one.last, worth(self.facts, yearly, quote.currency, one.last) * one.years_from(since))
                for one in self.facts.months
                if one.last >= since
            ]
            self.flows.append(("support", units, in_millions(paid)))

    def charged(self) -> list[tuple[tuple[str, str, int], Expression]]:
        """(signing, units) of every lot that can stand by the end of the calendar."""
        end = self.instance.calendar.end
        return [(key, units) for key, units in self.units.items() if self.facts.since(*key) <= end]

    def fees(self) -> None:
        """The fee of the first tier, in the period of the first signing."""
        model, offers = self.model, self.instance.offers
        charged = [offer for offer in self.sold if offers[offer].fee]
        slots = [(offer, period) for offer in charged for period in self.facts.periods_of([offer])]
        model.offer_first = pyo.Var(slots, domain=pyo.Binary)
        model.fee = pyo.Var(slots, domain=pyo.NonNegativeReals)
        used = {offer: model.used[offer] for offer in charged}
        firsts = (row for offer in charged for row in self.first(model.offer_first, offer, [offer], used[offer]))
        self.rows("offer_firsts", firsts)
        self.rows("fees", (model.fee[slot] >= model.offer_first[slot] + self.owed(slot[0]) - 1 for slot in slots))
        for offer, period in slots:
            day = self.facts.firsts[period]
            paid = worth(self.facts, offers[offer].fee, offers[offer].currency, day)
            self.flows.append(("fees", model.fee[offer, period], in_millions([(day, paid)])))

    def owed(self, offer: str) -> Expression:
        """1 if the fee of an offer's first tier is owed, given that the offer is used."""
        return self.model.tier[offer, 0] if self.is_all_units(offer) else 1

    def first(self, first: Any, name: str, offers: list[str], used: Expression) -> Iterable[Expression]:
        """The first signing of some offers falls in the first period in which anything of them is signed."""
        periods, most = self.facts.periods_of(offers), self.facts.most(offers)
        yield total(first[name, period] for period in periods) == used
        for period in periods:
            yield self.bought(offers, period) <= most * total(first[name, one] for one in periods if one <= period)
            yield self.bought(offers, period) >= first[name, period]

    def activation(self) -> None:
        """What a vendor costs that is used, in the period of the first signing."""
        model, vendors = self.model, self.instance.vendors
        charged = [
            vendor
            for vendor in vendors
            if vendors[vendor].activation_cost and self.facts.periods_of(self.facts.offers_of(vendor))
        ]
        model.vendor_used = pyo.Var(charged, domain=pyo.Binary)
        slots = [
            (vendor, period) for vendor in charged for period in self.facts.periods_of(self.facts.offers_of(vendor))
        ]
        model.vendor_first = pyo.Var(slots, domain=pyo.Binary)
        self.rows(
            "vendor_firsts",
            (
                row
                for vendor in charged
                for row in self.first(
                    model.vendor_first, vendor, self.facts.offers_of(vendor), model.vendor_used[vendor]
                )
            ),
        )
        for vendor, period in slots:
            day, seller = self.facts.firsts[period], vendors[vendor]
            paid = worth(self.facts, seller.activation_cost, seller.currency, day)
            self.flows.append(("activation", model.vendor_first[vendor, period], in_millions([(day, paid)])))

    def rebates(self) -> None:
        """A share of a vendor's whole spend, by the amount that it reaches, in millions of the vendor's currency."""
        model, vendors = self.model, self.instance.vendors
        given = [one for one in vendors if vendors[one].rebates and self.facts.periods_of(self.facts.offers_of(one))]
        steps = [(vendor, number) for vendor in given for number in range(len(vendors[vendor].rebates) + 1)]
        model.rebate = pyo.Var(steps, domain=pyo.Binary)
        model.spend = pyo.Var(steps, domain=pyo.NonNegativeReals)
        self.rows("rebates", (row for vendor in given for row in self.rebate(vendor)))

    def rebate(self, vendor: str) -> Iterable[Expression]:
        """Spend within one step of a vendor's rebate."""
        model, seller, offers = self.model, self.instance.vendors[vendor], self.facts.offers_of(vendor)
        lows = [0.0, *(float(one.from_spend) / MILLION for one in seller.rebates)]
        most = sum(self.facts.most([offer]) * float(self.instance.offers[offer].price) for offer in offers) / MILLION
        numbers, highs = range(len(lows)), [*lows[1:], most]
        booked = max(last_order_day(self.instance, offer) for offer in offers)
        yield total(model.rebate[vendor, number] for number in numbers) == 1
        yield total(model.spend[vendor, number] for number in numbers) == total(map(self.spent, offers))
        for number in numbers:
            yield model.spend[vendor, number] >= lows[number] * model.rebate[vendor, number]
            yield model.spend[vendor, number] <= highs[number] * model.rebate[vendor, number]
            if number:
                back = float(seller.rebates[number - 1].rate) * float(rate(self.instance, seller.currency, booked))
                self.flows.append(("rebates", model.spend[vendor, number], [(booked, -back)]))

    def spent(self, offer: str) -> Expression:
        """Price of what is ordered of an offer, in millions of its own currency."""
        if offer not in self.sold:
            return 0
        model, quote = self.model, self.instance.offers[offer]
        prices = [float(tier.price) / MILLION for tier in quote.price_tiers()]
        if self.is_all_units(offer):
            tiered = ((number, model.tier_units[name, number, one]) for name, number, one in model.tier_units)
            return total(prices[number] * units for number, units in tiered if units.index()[0] == offer)
        saved = (
            (prices[number] - prices[0]) * model.step[offer, number]
            for number in (range(len(prices)) if quote.tiers else ())
        )
        return prices[0] * self.bought([offer]) + total(saved)

    # Where it stands

    def siting(self) -> None:
        """Sites opened once, and nothing that stands before."""
        model, known = self.model, self.facts
        model.opening = pyo.Var(known.openings, domain=pyo.Binary)
        decided = [site for site in known.sites if known.is_decided(site)]
        self.rows(
            "once", (total(model.opening[slot] for slot in known.openings if slot[0] == site) <= 1 for site in decided)
        )
        self.rows("open", (self.open(site, state) for site in known.sites for state in range(len(known.states))))
        for site, number in known.openings:
            for term, payments in known.opening_payments(site, number).items():
                self.flows.append((term, model.opening[site, number], payments))

    def open(self, site: str, state: int) -> Expression:
        """Systems stand only at a site that is open."""
        known, place, day = self.facts, self.instance.sites[site], self.facts.states[state]
        offers = [offer for offer, where in known.pairs if where == site]
        there = total(self.model.installed[offer, site, state] for offer in offers)
        if known.is_decided(site):
            opened = (
                slot for slot in known.openings if slot[0] == site and open_day(place, known.firsts[slot[1]]) <= day
            )
            return there <= known.most(offers) * total(self.model.opening[slot] for slot in opened)
        return there <= 0 if day < open_day(place, self.instance.calendar.start) else True

    def modules(self) -> None:
        """Facility modules, without a bound where the site states none."""
        model, known = self.model, self.facts
        model.modules = pyo.Var(known.blocks, domain=pyo.NonNegativeIntegers)
        self.rows(
            "most_modules",
            (
                total(model.modules[key] for key in known.blocks if key[:2] == (module, site)) <= terms.max_units
                for site in known.sites
                for module, terms in self.instance.sites[site].modules.items()
                if terms.max_units is not None
            ),
        )
        for key in known.blocks:
            for term, payments in known.module_payments(key[0], key[2]).items():
                self.flows.append((term, model.modules[key], payments))

    def in_place(self, module: str, site: str, state: int) -> Expression:
        """Modules that deliver on a state day."""
        known, block, day = self.facts, self.instance.modules[module], self.facts.states[state]
        return total(
            self.model.modules[key]
            for number, first in enumerate(known.firsts)
            if module_ready(block, first) <= day and (key := (module, site, number)) in self.model.modules
        )

    # What keeps it running

    def facility(self) -> None:
        """Every need is delivered by providers, each within what it has."""
        model, known = self.model, self.facts
        states = range(len(known.states))
        model.positions = pyo.Var(
            [(*key, state) for key in known.racked for state in states], domain=pyo.NonNegativeIntegers
        )
        model.output = pyo.Var(
            [(*key, state, case) for key in known.providers for state in states for case in LOAD_CASES],
            domain=pyo.NonNegativeReals,
        )
        model.draw = pyo.Var(
            [(site, state, case) for site in known.sites for state in states for case in LOAD_CASES],
            domain=pyo.NonNegativeReals,
        )
        spare = [
            (site, resource, state)
            for site in known.sites
            for resource, rule in self.instance.sites[site].redundancy.items()
            for state in states
            if rule.spare_blocks and self.module_of(site, resource)
        ]
        model.kept_spare = pyo.Var(spare, domain=pyo.Binary)
        model.usable = pyo.Var(spare, domain=pyo.NonNegativeReals)
        self.rows("racks", (self.rack(*key) for key in model.positions))
        self.rows("capacity", (self.capacity(*key) for key in model.output))
        self.rows("spares", (row for key in spare for row in self.spares(*key)))
        places = [(site, state, case) for site in known.sites for state in states for case in LOAD_CASES]
        self.rows("balance", (row for place in places for row in self.balances(*place)))

    def rack(self, site: str, system: str, state: int) -> Expression:
        """Enough rack positions for what stands of a system."""
        each = systems_in_position(self.instance, system, site)
        return self.standing(site, system, state) <= each * self.model.positions[site, system, state]

    def standing(self, site: str, system: str, state: int) -> Expression:
        """Systems of one kind that stand at a site on a state day."""
        offers = self.instance.offers
        pairs = (pair for pair in self.facts.pairs if pair[1] == site and offers[pair[0]].system == system)
        return total(self.model.installed[(*pair, state)] for pair in pairs)

    def capacity(self, site: str, resource: str, name: str, state: int, case: LoadCase) -> Expression:
        """A provider delivers at most what it has."""
        provider, output = self.facts.providers[site, resource, name], self.model.output
        if provider.capacity is None:
            return output[site, resource, name, state, case] <= float(provider.block) * self.in_place(name, site, state)
        there = provider.capacity.on(self.facts.states[state])
        return True if there is None else output[site, resource, name, state, case] <= float(there)

    def module_of(self, site: str, resource: str) -> str | None:
        """The one kind of module that provides a resource at a site; raises NotImplementedError if there are more."""
        modules = [one.name for one in self.facts.networks[site].providers.get(resource, ()) if one.name != EXISTING]
        if len(modules) > 1:
            raise NotImplementedError(f"the textbook model does not state redundancy over several modules ({resource})")
        return modules[0] if modules else None

    def spares(self, site: str, resource: str, state: int) -> Iterable[Expression]:
        """All modules of a kind but the spare ones count, where there are more of them."""
        model, module = self.model, self.module_of(site, resource)
        assert module is not None
        block = float(self.instance.modules[module].provides[resource].amount)
        kept, usable = model.kept_spare[site, resource, state], model.usable[site, resource, state]
        spare = self.instance.sites[site].redundancy[resource].spare_blocks
        yield usable <= block * (self.in_place(module, site, state) - spare * kept)
        yield usable <= self.facts.most_needed(site, resource) * kept

    def balances(self, site: str, state: int, case: LoadCase) -> Iterable[Expression]:
        """What is delivered of each resource is what is needed; the grid's is drawn; spares are not counted."""
        model, place = self.model, self.instance.sites[site]
        needs = self.needs(site, state, case)
        yield model.draw[site, state, case] == needs[GRID_POWER]
        for resource, need in needs.items():
            if not self.facts.is_balanced(site, resource):
                continue
            providers = self.facts.networks[site].providers.get(resource, ())
            delivered = total(model.output[site, resource, one.name, state, case] for one in providers)
            if not (providers or _moves(need)):
                continue
            yield delivered == (model.draw[site, state, case] if resource == GRID_POWER else need)
            if (site, resource, state) in model.usable:
                yield need <= self.of_existing(site, resource, state, case) + model.usable[site, resource, state]
            elif place.redundancy.get(resource) and place.redundancy[resource].spare_blocks:
                yield need <= self.of_existing(site, resource, state, case)

    def of_existing(self, site: str, resource: str, state: int, case: LoadCase) -> Expression:
        """What existing capacity gives of a resource: all of it, or what it delivers where that takes needs."""
        existing = self.instance.sites[site].capacity.get(resource)
        if existing is None:
            return 0
        there = existing.on(self.facts.states[state])
        if existing.needs or there is None:
            return self.model.output[site, resource, EXISTING, state, case]
        return float(there)

    def needs(self, site: str, state: int, case: LoadCase) -> dict[str, Expression]:
        """What systems, modules and deliveries need of each resource."""
        model, known, instance = self.model, self.facts, self.instance
        terms: dict[str, list[Expression]] = {resource: [] for resource in instance.resources}
        for offer, where in known.pairs:
            if where == site:
                system = instance.offers[offer].system
                for resource, amount in system_needs(instance, system, site, case).items():
                    terms[resource].append(float(amount) * model.installed[offer, site, state])
                if (site, system) not in known.racked:
                    each = positions_for(instance, system, site, 1)
                    terms[RACK_POSITIONS].append(each * model.installed[offer, site, state])
        terms[RACK_POSITIONS] += [model.positions[(*key, state)] for key in known.racked if key[0] == site]
        for module in instance.sites[site].modules:
            for resource, need in instance.modules[module].needs.items():
                terms[resource].append(float(need.in_case(case)) * self.in_place(module, site, state))
        for (where, resource, name), provider in known.providers.items():
            if where == site:
                for needed, need in provider.needs.items():
                    each_unit = float(need.in_case(case))
                    terms[needed].append(each_unit * model.output[site, resource, name, state, case])
        share = {one: float(instance.resources[one].coincidence) if case == "design" else 1.0 for one in terms}
        return {resource: share[resource] * total(some) for resource, some in terms.items()}

    def energy(self) -> None:
        """Energy, demand charge and carbon price of what is drawn."""
        for (offer, site, number), units in self.charged():
            since = self.facts.since(offer, site, number)
            for (term, case), prices in self.facts.draw_payments(site).items():
                least, most = self.facts.rates(offer, site, case)
                paid = []
                for one, price in prices:
                    before = 0 if term == "demand" else one.days - one.days_from(since)
                    if one.last >= since:
                        paid.append((one.last, price * (most - least * before / one.days)))
                self.flows.append((term, units, paid))
        for site in self.facts.sites:
            for (term, case), prices in self.facts.draw_payments(site).items():
                for state in range(len(self.facts.states)):
                    paid = [(one.last, price) for one, price in prices if one.state == state]
                    self.flows.append((term, self.remaining(site, state, case), paid))

    def remaining(self, site: str, state: int, case: LoadCase) -> Expression:
        """Grid draw of a site, less what the systems that stand there are charged for."""
        offers = [offer for offer, where in self.facts.pairs if where == site]
        systems = total(
            self.facts.rates(offer, site, case)[1] * self.model.installed[offer, site, state] for offer in offers
        )
        return self.model.draw[site, state, case] - systems

    # What it does

    def workloads(self) -> None:
        """Demand is met by what is usable; a workload that is not split is served at one site."""
        model, known, workloads = self.model, self.facts, self.instance.workloads
        model.served = pyo.Var(known.serving, domain=pyo.NonNegativeReals)
        whole = [
            (name, site)
            for name, site in dict.fromkeys((name, site) for name, _, site, _ in known.serving)
            if workloads[name].split == "one_site"
        ]
        model.serving_site = pyo.Var(whole, domain=pyo.Binary)
        demands = [
            (name, number, float(demand))
            for name in workloads
            for number, day in enumerate(known.serving_days)
            if (demand := demand_on(workloads[name], day))
        ]
        self.rows("demand", (self.work(name, number) == demand for name, number, demand in demands))
        self.rows(
            "one_site",
            (
                self.work(name, number, site) <= demand * model.serving_site[name, site]
                for name, number, demand in demands
                for workload, site in whole
                if workload == name
            ),
        )
        asked = {name for name, _, _ in demands if workloads[name].split == "one_site"}
        self.rows("sites", (total(model.serving_site[one] for one in whole if one[0] == name) == 1 for name in asked))
        busy = dict.fromkeys((system, site, number) for _, system, site, number in known.serving)
        self.rows("busy", (self.busy(*key) for key in busy))
        for name, system, site, number in known.serving:
            each = float(rate_of(self.instance, name, system))
            payments = transit_prices(self.instance, name, site).get(number, [])
            paid = in_millions((day, each * float(price)) for day, price in payments)
            self.flows.append(("transit", model.served[name, system, site, number], paid))

    def work(self, name: str, number: int, site: str | None = None) -> Expression:
        """Work of a workload done from a serving day on, everywhere or at one site."""
        return total(
            float(rate_of(self.instance, name, key[1])) * self.model.served[key]
            for key in self.facts.serving
            if (key[0], key[3]) == (name, number) and site in (None, key[2])
        )

    def busy(self, system: str, site: str, number: int) -> Expression:
        """No more systems work than are usable."""
        some = (key for key in self.facts.serving if key[1:] == (system, site, number))
        usable = self.usable_systems(system, site, self.facts.serving_days[number])
        return total(self.model.served[key] for key in some) <= usable

    def usable_systems(self, system: str, site: str, day: date) -> Expression:
        """Systems of one kind usable at a site on a day."""
        offers = self.instance.offers
        some = (offer for offer, where in self.facts.pairs if where == site and offers[offer].system == system)
        return total(self.usable(offer, site, day) for offer in some)

    def usable(self, offer: str, site: str, day: date) -> Expression:
        """Systems of an offer usable at a site on a day."""
        state = self.facts.usable_state(offer, day)
        return 0 if state is None else self.model.installed[offer, site, state]

    def clusters(self) -> None:
        """Clusters and the systems in them, that never fall, of systems that are usable."""
        model, known = self.model, self.facts
        formed = [(*place, state) for place in known.places for state in range(len(known.states))]
        model.clusters = pyo.Var(formed, domain=pyo.NonNegativeIntegers)
        model.joined = pyo.Var(formed, domain=pyo.NonNegativeIntegers)
        self.rows("sizes", (row for key in formed for row in self.sizes(*key)))
        grown = [(key, (*key[:3], key[3] - 1)) for key in formed if key[3]]
        self.rows("clusters_stay", (model.clusters[key] >= model.clusters[before] for key, before in grown))
        self.rows("joined_stay", (model.joined[key] >= model.joined[before] for key, before in grown))
        shared = dict.fromkeys((system, site, state) for _, system, site, state in formed)
        self.rows("joining", (self.joining(*key) for key in shared))
        for key in formed:
            day = known.states[key[3]]
            for variable, price in zip((model.clusters, model.joined), self.cluster_prices(key[0], day), strict=True):
                new = variable[key] - (variable[(*key[:3], key[3] - 1)] if key[3] else 0)
                self.flows.append(("clusters", new, in_millions([(day, price)])))

    def cluster_prices(self, cluster: str, day: date) -> tuple[float, float]:
        """Reporting currency for each cluster formed on a day, and for each system that joins one."""
        each, joined = cluster_prices(self.instance, cluster, day)
        return float(each), float(joined)

    def sizes(self, cluster: str, system: str, site: str, state: int) -> Iterable[Expression]:
        """A cluster has at least so many systems; at most so many, or all that can be bought."""
        kind, key = self.instance.clusters[cluster], (cluster, system, site, state)
        offers = [offer for offer, where in self.facts.pairs if where == site]
        most = self.facts.most(offer for offer in offers if self.instance.offers[offer].system == system)
        yield self.model.joined[key] >= kind.size * self.model.clusters[key]
        yield self.model.joined[key] <= (most if kind.max_size is None else kind.max_size) * self.model.clusters[key]

    def joining(self, system: str, site: str, state: int) -> Expression:
        """A system is in one cluster at most."""
        some = (key for key in self.model.joined if key[1:] == (system, site, state))
        there = self.usable_systems(system, site, self.facts.states[state])
        return total(self.model.joined[key] for key in some) <= there

    # What must hold

    def limits(self) -> None:
        """Amounts and shares; a soft one with its shortfall."""
        limits = {name: limit for name, limit in self.instance.limits.items() if limit.count is None}
        some = [(name, number) for name, limit in limits.items() for number, _ in enumerate(self.windows(limit))]
        self.model.shortfall = pyo.Var([key for key in some if limits[key[0]].soft], domain=pyo.NonNegativeReals)
        self.rows("bounds", (row for name, number in some for row in self.bounded(name, number)))

    def windows(self, limit: Limit) -> tuple[tuple[date, date], ...]:
        """Windows of days of a limit."""
        return windows(limit, self.instance)

    def bounded(self, name: str, number: int) -> Iterable[Expression]:
        """A limit in one of its windows."""
        limit = self.instance.limits[name]
        first, last = self.windows(limit)[number]
        amount, missed, unit = self.measured(limit, first, last), 0, 1.0
        if limit.kind == "money":
            unit = MILLION
        if limit.soft is not None and limit.soft.penalty is not None:
            missed = self.model.shortfall[name, number]
            day = min(last, self.instance.operation_end)
            self.flows.append(("penalty", missed, [(day, float(limit.soft.penalty) * unit / MILLION)]))
        if limit.is_amount:
            if limit.at_least is not None:
                yield amount + missed >= float(limit.at_least) / unit
            if limit.at_most is not None:
                yield amount - missed <= float(limit.at_most) / unit
            return
        whole = self.measured(whole_of(limit), first, last)
        if limit.at_least_share is not None:
            yield amount + missed >= float(limit.at_least_share) * whole
        if limit.at_most_share is not None:
            yield amount - missed <= float(limit.at_most_share) * whole

    def measured(self, measured: Measured, first: date, last: date) -> Expression:
        """Units, millions of money, kWh, kg or clusters, over [first, last] or on `last`."""
        if measured.kind == "units":
            return total(worth * units for _, worth, units in self.units_counted(measured, last))
        if measured.kind == "clusters":
            return self.clusters_counted(measured, last)
        if measured.kind == "money":
            return total(
                how_much * sum(amount for day, amount in payments if first <= day <= last)
                for term, how_much, payments in self.flows
                if counts_term(measured, term)
            )
        return self.drawn(measured, first, last)

    def units_counted(self, measured: Measured, last: date) -> Iterable[tuple[Subject, float, Expression]]:
        """(subject, worth of one, usable units) of every offer and site that a measure counts."""
        for offer, site in self.facts.pairs:
            subject = Subject.of_offer(self.instance, offer, site)
            if concerns(measured, self.instance, subject):
                each = float(worth_of(measured, self.instance, subject.system or "", offer))
                yield subject, each, self.usable(offer, site, last)

    def clusters_counted(self, measured: Measured, last: date) -> Expression:
        """Clusters formed by a day that a measure counts."""
        state = last_state(self.facts.states, last)
        some = (key for key in self.model.clusters if key[3] == state)
        return total(
            self.model.clusters[key]
            for key in some
            if concerns(measured, self.instance, Subject(cluster=key[0], system=key[1], site=key[2]))
        )

    def drawn(self, measured: Measured, first: date, last: date) -> Expression:
        """Energy drawn within a window in kWh, or the carbon of it in kg."""
        sites = [site for site in self.facts.sites if concerns(measured, self.instance, Subject(site=site))]
        months = [
            (one.state, days)
            for one in self.facts.months
            if (days := (min(one.last, last) - max(one.first, first)).days + 1) > 0
        ]
        each = {site: float(self.instance.sites[site].carbon_kg_per_kwh) for site in sites}
        if measured.measure == "energy-kwh":
            each = dict.fromkeys(sites, 1.0)
        lots = []
        for (offer, site, number), units in self.charged():
            since = self.facts.since(offer, site, number)
            least, most = self.facts.rates(offer, site, "typical")
            for one in self.facts.months:
                begins, ends = max(one.first, first), min(one.last, last)
                days = max((ends - begins).days + 1, 0) if one.last >= since else 0
                before = min(max((since - begins).days, 0), days)
                if site in each and days:
                    lots.append(24 * each[site] * (days * most - before * least) * units)
        return total(lots) + total(
            24 * days * each[site] * self.remaining(site, state, "typical") for site in sites for state, days in months
        )

    def vendor_counts(self) -> None:
        """At least so many vendors have at least a share of the whole."""
        counted = [
            (name, number, vendor)
            for name, limit in self.instance.limits.items()
            if limit.count is not None
            for number, _ in enumerate(self.windows(limit))
            for vendor in self.instance.vendors
        ]
        self.model.counts = pyo.Var(counted, domain=pyo.Binary)
        self.rows("vendor_shares", (row for key in counted for row in self.vendor_share(*key)))
        windows_counted = dict.fromkeys(key[:2] for key in counted)
        self.rows(
            "vendor_numbers",
            (
                total(self.model.counts[key] for key in counted if key[:2] == window)
                >= float(self.instance.limits[window[0]].at_least or 0)
                for window in windows_counted
            ),
        )

    def vendor_share(self, name: str, number: int, vendor: str) -> Iterable[Expression]:
        """A vendor counts only with its share of the whole, and with something."""
        limit, counts = self.instance.limits[name], self.model.counts[name, number, vendor]
        some = list(self.units_counted(limit, self.windows(limit)[number][1]))
        share = float(limit.counts_from_share or 0)
        most = sum(each * self.facts.most([subject.offer or ""]) for subject, each, _ in some)
        whole = total(each * units for _, each, units in some)
        own = [(each, units) for subject, each, units in some if subject.vendor == vendor]
        amount = total(each * units for each, units in own)
        yield amount >= share * whole - share * most * (1 - counts)
        yield amount >= min((each for each, _ in own if each), default=1.0) * counts


def _moves(need: Expression) -> bool:
    """Whether a need is more than a number."""
    return not isinstance(need, int | float)
