"""What a plan orders, where it stands and what the sites do with it, period by period."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.facility import capacity_on
from gpuplan.families.needs import cases
from gpuplan.families.pricing import unit_price
from gpuplan.fraction import Fraction
from gpuplan.instance.rentals import end_of, without_end
from gpuplan.instance.serving import demand_on, rate_of
from gpuplan.instance.timeline import is_decided, module_ready, open_day
from gpuplan.ledger.charges import Charges
from gpuplan.ledger.entries import rounded
from gpuplan.ledger.site_loads import SiteLoads
from gpuplan.plan.plan import PlanCluster, PlanModule, PlanOrder, PlanServed, PlanSite, PlanState, ResourceUse

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.ledger.recount import Recount

LOT_TERMS = frozenset({"purchase", "network", "storage", "installation", "spares"})


def orders(recount: Recount) -> tuple[PlanOrder, ...]:
    """Every lot with its days and its price."""
    instance = recount.instance
    paid: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    added: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for one in recount.entries:
        if one.term in LOT_TERMS:
            key = (one.subject.offer, one.subject.site, one.committed)
            paid[key] += one.amount
            added[key] += one.amount if one.term != "purchase" else 0
    signed: dict[tuple[object, ...], int] = defaultdict(int)
    for line in recount.decisions.orders:
        signed[line.offer, line.site, line.signed] += line.units
    chosen = {line.offer: line.tier for line in recount.decisions.tiers}
    found = []
    end = instance.calendar.end
    for line, lot, stands in zip(recount.decisions.orders, recount.lots, recount.stands, strict=True):
        quote, days = instance.quotes[line.offer], lot.days
        key = (line.offer, line.site, line.signed)
        part = Fraction(line.units, signed[key])  # of what takes several ways through export control on one day
        chip = instance.systems[quote.system].accelerator
        found.append(
            PlanOrder(
                offer=instance.offer_of(line.offer),
                quote="" if line.offer in instance.on_offer else without_end(line.offer),
                given_back=end_of(line.offer),
                notice_by=_notice_by(quote, end_of(line.offer)),
                vendor=quote.vendor,
                system=quote.system,
                accelerator=chip,
                maker=instance.accelerators[chip].maker if chip else "",
                site=line.site,
                units=line.units,
                accelerators=line.units * instance.systems[quote.system].accelerators,
                signed=days.signed,
                shipped=days.shipped,
                delivered=days.delivered,
                ready=days.ready,
                installed=stands.last,
                usable=stands.last and stands.last + timedelta(days=quote.acceptance_days),
                waiting=stands.waiting,
                waiting_days=stands.waiting_days(end),
                never_installed=stands.never,
                route=line.route,
                export=lot.way.outcome if lot.way else "undetermined",
                apply_by=lot.way.apply_by if lot.way else None,
                price=rounded(unit_price(recount, line.offer, line.signed)),
                currency=quote.currency or instance.currency,
                tier=chosen.get(line.offer, 1),
                amount=rounded(Fraction(paid[key]) * part),
                added=rounded(Fraction(added[key]) * part),
                committed=min(line.units, instance.ordered.get((line.offer, line.site, line.signed, line.route), 0)),
            )
        )
    return tuple(found)


def _notice_by(quote: Offer, end: date | None) -> date | None:
    """Last day of notice for what is given back at the end of a day."""
    return None if end is None else end - timedelta(days=quote.notice_days)


def modules(recount: Recount) -> tuple[PlanModule, ...]:
    """Every order of facility modules."""
    paid: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for one in recount.entries:
        if one.term == "modules":
            paid[one.subject.module, one.subject.site, one.committed] += one.amount
    return tuple(
        PlanModule(
            module=line.module,
            site=line.site,
            units=line.units,
            signed=line.signed,
            ready=module_ready(recount.instance.modules[line.module], line.signed),
            amount=paid[line.module, line.site, line.signed],
            committed=min(line.units, recount.instance.committed.built.get((line.module, line.site, line.signed), 0)),
        )
        for line in recount.decisions.modules
    )


def used_sites(recount: Recount) -> list[str]:
    """Sites where systems stand at some time, or that are opened or built on."""
    named = {site for _, site in recount.installed} | {line.site for line in recount.decisions.modules}
    named |= {line.site for line in recount.decisions.openings}
    named |= {fleet.site for fleet in recount.instance.existing.systems.values()}
    return [site for site in recount.instance.sites if site in named]


def sites(recount: Recount, loads: SiteLoads) -> tuple[PlanSite, ...]:
    """The sites that the plan uses."""
    instance, last = recount.instance, recount.states[-1]
    found = []
    for name in used_sites(recount):
        site = instance.sites[name]
        decided = next((line.decided for line in recount.decisions.openings if line.site == name), None)
        if is_decided(site) and decided is None:
            decided = instance.calendar.start
        standing = loads.standing(name, loads.installed(name, last))
        case = cases(instance, name)[-1]
        load = loads.load(name, last, case)
        drawn = load.needs.get("grid-power", Fraction(0))
        found.append(
            PlanSite(
                site=name,
                open_from=open_day(site, decided or instance.calendar.start),
                systems=sum(sum(units) for units in standing.values()),
                accelerators=sum(
                    instance.systems[system].accelerators * sum(units) for system, units in standing.items()
                ),
                pue=rounded(drawn / load.it_power) if load.it_power and drawn >= load.it_power else None,
            )
        )
    return tuple(found)


def states(recount: Recount) -> tuple[PlanState, ...]:
    """Every used site on the last day of every period."""
    instance, charges = recount.instance, Charges(recount)
    paid: dict[tuple[str | None, int], Decimal] = defaultdict(Decimal)
    periods = instance.calendar.all_periods
    index = {month: period.index for period in periods for month in _months(period.first, period.last)}
    for one in recount.entries:
        period = index.get((one.day.year, one.day.month))
        if period is not None:
            paid[one.subject.site, period] += one.amount
    return tuple(
        _state(charges, site, period.first, period.last, paid[site, period.index])
        for site in used_sites(recount)
        for period in periods
    )


def _months(first: date, last: date) -> list[tuple[int, int]]:
    months = range(first.year * 12 + first.month - 1, last.year * 12 + last.month)
    return [(month // 12, month % 12 + 1) for month in months]


def _state(charges: Charges, site: str, first: date, day: date, paid: Decimal) -> PlanState:
    recount, loads, instance = charges.recount, charges.loads, charges.recount.instance
    usable = accelerators = 0
    for offer, where in recount.installed:
        if where == site:
            units = recount.usable_on(offer, where, day)
            usable += units
            accelerators += units * instance.systems[instance.quotes[offer].system].accelerators
    for fleet in instance.existing.systems.values():
        if fleet.site == site:
            usable += fleet.units
            accelerators += fleet.units * instance.systems[fleet.system].accelerators
    energy = Fraction(0)
    if "typical" in cases(instance, site):
        energy = charges.drawn(site, first, day)
    return PlanState(
        site=site,
        day=day,
        installed=sum(sum(units) for units in loads.standing(site, loads.installed(site, day)).values()),
        usable=usable,
        accelerators_usable=accelerators,
        resources=_resources(recount, loads, site, day),
        energy_kwh=rounded(energy),
        carbon_kg=rounded(energy * Fraction(instance.sites[site].carbon_kg_per_kwh)),
        cost=paid,
    )


def _resources(recount: Recount, loads: SiteLoads, site: str, day: date) -> dict[str, ResourceUse]:
    needs = loads.load(site, day, "design").needs
    found = {}
    for resource, about in recount.instance.resources.items():
        need, capacity = needs.get(resource, Fraction(0)), capacity_on(recount, loads, site, resource, day)
        if need or capacity:
            limit = None if capacity is None else rounded(capacity)
            found[resource] = ResourceUse(need=rounded(need), capacity=limit, unit=about.unit)
    return found


def served(recount: Recount) -> tuple[PlanServed, ...]:
    """What serves which workload, from each day on which it changes."""
    instance = recount.instance
    return tuple(
        PlanServed(
            workload=line.workload,
            system=line.system,
            site=line.site,
            day=line.day,
            systems=line.systems,
            work=rounded(Fraction(line.systems) * Fraction(rate_of(instance, line.workload, line.system))),
            unit=instance.workloads[line.workload].unit,
            demand=demand_on(instance.workloads[line.workload], line.day),
        )
        for line in recount.decisions.served
    )


def clusters(recount: Recount) -> tuple[PlanCluster, ...]:
    """Every kind of cluster that is formed, from each day on which its numbers change."""
    paid: dict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for one in recount.entries:
        if one.term == "clusters":
            paid[one.subject.cluster, one.subject.system, one.subject.site, one.committed] += one.amount
    return tuple(
        PlanCluster(
            **line.model_dump(),
            accelerators=line.systems * recount.instance.systems[line.system].accelerators,
            amount=paid[line.cluster, line.system, line.site, line.day],
        )
        for line in recount.decisions.clusters
    )
