"""Checks of a valid instance before it is solved. Each names the ids it is about; all are told at once.

Errors stop: references to nothing, currencies without a rate, days outside the calendar. Warnings do not: a price far
from the catalogue's, a target that no whole number of systems hits, a limit that rests on a missing figure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache, partial
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.errors import Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.base import LAST_DAY
from gpuplan.instance.catalog import OVERRIDABLE, entries
from gpuplan.instance.catalog_changes import stale
from gpuplan.instance.commitment_checks import commitments
from gpuplan.instance.commitments import CommittedModule, CommittedOrder
from gpuplan.instance.export_checks import caps_and_routes, odds, regimes
from gpuplan.instance.magnitudes import magnitudes
from gpuplan.instance.matching import Subject, concerns
from gpuplan.instance.outliers import outliers
from gpuplan.instance.providers import can_hold_from, network
from gpuplan.instance.rentals import kept_for
from gpuplan.instance.routes import routes
from gpuplan.instance.rules import Measured, Selection
from gpuplan.instance.timeline import windows
from gpuplan.instance.units import common_step, worth
from gpuplan.instance.workload_checks import units_of_work, workloads

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance

WITH_NEAREST = 100
"""Ids that name nothing of which the nearest names are told."""
MOST_FUNDS = 8
"""Every union of them may be a rule."""


def check(instance: Instance) -> list[Problem]:
    """Every problem of a valid instance, errors first."""
    problems = [problem for one in CHECKS for problem in one(instance)]
    return sorted(problems, key=lambda problem: problem.severity != "error")


class _Missing(NamedTuple):
    """An id that names nothing."""

    path: str
    what: str
    name: str
    known: Collection[str]

    def told(self, *, with_nearest: bool) -> Problem:
        """The problem; looking for the nearest names takes long where there are many."""
        close: list[str] = []
        if with_nearest:
            shipped = [entry for section in OVERRIDABLE if section == f"{self.what}s" for entry in entries(section)]
            names = dict.fromkeys([*self.known, *shipped])
            close = get_close_matches(self.name, names, 3, 0.4) or sorted(self.known)[:6]
        way_out = f"Known: {', '.join(close)}." if close else f"Define it under {self.what}s."
        return Problem(f"there is no {self.what} {self.name!r}", way_out, self.path)


def references(instance: Instance) -> Iterator[Problem]:
    """Ids that name nothing; the first of them with the names that are nearest."""
    for number, missing in enumerate(_missing(instance)):
        yield missing.told(with_nearest=number < WITH_NEAREST)


def _reference(path: str, what: str, name: str | None, known: Collection[str]) -> Iterator[_Missing]:
    if name is not None and name not in known:
        yield _Missing(path, what, name, known)


def _missing(instance: Instance) -> Iterator[_Missing]:
    for name, system in instance.systems.items():
        yield from _reference(f"systems.{name}.accelerator", "accelerator", system.accelerator, instance.accelerators)
        for resource in system.needs:
            yield from _reference(f"systems.{name}.needs.{resource}", "resource", resource, instance.resources)
    for name, offer in instance.offers.items():
        yield from _reference(f"offers.{name}.vendor", "vendor", offer.vendor, instance.vendors)
        yield from _reference(f"offers.{name}.system", "system", offer.system, instance.systems)
        for number, site in enumerate(offer.sites or ()):
            yield from _reference(f"offers.{name}.sites.{number}", "site", site, instance.sites)
        if offer.only_with is not None:
            for other in offer.only_with.offer or ():
                yield from _reference(f"offers.{name}.only_with.offer", "offer", other, instance.offers)
            for seller in offer.only_with.vendor or ():
                yield from _reference(f"offers.{name}.only_with.vendor", "vendor", seller, instance.vendors)
    for name, workload in instance.workloads.items():
        for rated in workload.rates:
            yield from _reference(f"workloads.{name}.rates.{rated}", "system", rated, instance.systems)
        for number, site in enumerate(workload.sites or ()):
            yield from _reference(f"workloads.{name}.sites.{number}", "site", site, instance.sites)
        for site in workload.transit_price_per_unit_month:
            path = f"workloads.{name}.transit_price_per_unit_month.{site}"
            yield from _reference(path, "site", site, instance.sites)
    for name, kind in instance.clusters.items():
        for joined in kind.systems:
            yield from _reference(f"clusters.{name}.systems", "system", joined, instance.systems)
        for number, site in enumerate(kind.sites or ()):
            yield from _reference(f"clusters.{name}.sites.{number}", "site", site, instance.sites)
        for resource in (*kind.needs, *kind.needs_per_system):
            yield from _reference(f"clusters.{name}.needs", "resource", resource, instance.resources)
    for name, fleet in instance.existing.systems.items():
        path = f"existing.systems.{name}"
        yield from _reference(f"{path}.system", "system", fleet.system, instance.systems)
        yield from _reference(f"{path}.site", "site", fleet.site, instance.sites)
        yield from _reference(f"{path}.vendor", "vendor", fleet.vendor, instance.vendors)
    for part, some in instance.committed.by_kind().items():
        for name, one in some.items():
            path = f"committed.{part}.{name}"
            yield from _reference(f"{path}.site", "site", one.site, instance.sites)
            if isinstance(one, CommittedOrder):
                yield from _reference(f"{path}.quote", "quote", one.quote, instance.committed.quotes)
                if one.quote is None:  # an offer may be withdrawn when what was agreed is kept
                    yield from _reference(f"{path}.offer", "offer", one.offer, instance.offers)
            elif isinstance(one, CommittedModule):
                yield from _reference(f"{path}.quote", "quote", one.quote, instance.committed.module_quotes)
                yield from _reference(f"{path}.module", "module", one.module, instance.modules)
    for name, quote in instance.committed.quotes.items():
        path = f"committed.quotes.{name}"
        yield from _reference(f"{path}.vendor", "vendor", quote.vendor, instance.vendors)
        yield from _reference(f"{path}.system", "system", quote.system, instance.systems)
    yield from _facility_references(instance)
    yield from _rule_references(instance)


def _facility_references(instance: Instance) -> Iterator[_Missing]:
    for name, site in instance.sites.items():
        for module in site.modules:
            yield from _reference(f"sites.{name}.modules.{module}", "module", module, instance.modules)
        for resource, capacity in site.capacity.items():
            path = f"sites.{name}.capacity.{resource}"
            for needed in (resource, *capacity.needs):
                yield from _reference(path, "resource", needed, instance.resources)
        for module in site.granted:
            yield from _reference(f"sites.{name}.granted", "module", module, instance.modules)
        for resource in site.redundancy:
            yield from _reference(f"sites.{name}.redundancy.{resource}", "resource", resource, instance.resources)
    for name, block in instance.modules.items():
        for before in block.after:
            yield from _reference(f"modules.{name}.after", "module", before, instance.modules)
        needed_by = [need for delivery in block.provides.values() for need in delivery.needs]
        for resource in dict.fromkeys([*block.provides, *block.needs, *needed_by]):
            yield from _reference(f"modules.{name}", "resource", resource, instance.resources)


def _rule_references(instance: Instance) -> Iterator[_Missing]:
    for name, limit in instance.limits.items():
        yield from _selection_references(instance, f"limits.{name}.select", limit.select)
        yield from _selection_references(instance, f"limits.{name}.exclude", limit.exclude)
        yield from _selection_references(instance, f"limits.{name}.of", limit.of)
    for name, deadline in instance.deadlines.items():
        yield from _selection_references(instance, f"deadlines.{name}.select", deadline.select)
        yield from _selection_references(instance, f"deadlines.{name}.exclude", deadline.exclude)
    yield from _selection_references(instance, "export.accept_undetermined", instance.export.accept_undetermined)
    for section, rules in (("levies", instance.levies), ("funds", instance.funds)):
        for name, rule in rules.items():
            yield from _selection_references(instance, f"{section}.{name}.select", rule.select)
            yield from _selection_references(instance, f"{section}.{name}.exclude", rule.exclude)
    for number, level in enumerate(instance.objective):
        yield from _reference(f"objective.{number}.target", "limit", level.target, instance.limits)


def _selection_references(instance: Instance, path: str, selection: Selection | None) -> Iterator[_Missing]:
    if selection is None:
        return
    vendors, chips, sites = instance.vendors.values(), instance.accelerators.values(), instance.sites.values()
    ids: dict[str, Collection[str]] = {
        "offer": instance.offers,
        "vendor": instance.vendors,
        "accelerator": instance.accelerators,
        "system": instance.systems,
        "cooling": ("air", "rear-door", "liquid", "immersion"),
        "site": instance.sites,
        "module": instance.modules,
        "workload": instance.workloads,
        "cluster": instance.clusters,
    }
    traits: dict[str, Iterable[str | None]] = {
        "vendor_country": (vendor.country for vendor in vendors),
        "vendor_group": (vendor.group for vendor in vendors),
        "maker": (chip.maker for chip in chips),
        "maker_country": (chip.maker_country for chip in chips),
        "country": (site.country for site in sites),
        "region": (site.region for site in sites),
    }
    for field, values in selection.given.items():
        if field in ("route", "cap"):
            continue  # of regimes, which have checks of their own
        known = ids[field] if field in ids else {name for name in traits[field] if name}
        for value in values:
            yield from _reference(f"{path}.{field}", field.replace("_", " "), value, known)


def currencies(instance: Instance) -> Iterator[Problem]:
    """Currencies that are used and have no exchange rate."""
    known = {instance.currency, *instance.economics.exchange_rates}
    for path, currency in dict(_currencies_used(instance)).items():
        if currency is not None and currency not in known:
            way_out = f"State economics.exchange_rates.{currency}: {instance.currency} for one {currency}."
            yield Problem(f"there is no exchange rate for {currency}", way_out, path)


def _currencies_used(instance: Instance) -> Iterator[tuple[str, str | None]]:
    """(path, currency) of whatever is stated in one; None is the reporting currency."""
    sold: dict[str, Mapping[str, Offer] | Mapping[str, Module]] = {
        "offers": instance.offers,
        "modules": instance.modules,
        "committed.quotes": instance.committed.quotes,
        "committed.module_quotes": instance.committed.module_quotes,
    }
    placed = {name for site in instance.sites.values() for name in site.modules}
    for section, some in sold.items():
        for name, one in some.items():
            if section != "modules" or name in placed:
                yield f"{section}.{name}.currency", one.currency
            for number, payment in enumerate(one.payments):
                yield f"{section}.{name}.payments.{number}.currency", payment.currency
    for section in ("vendors", "clusters", "workloads", "sites"):
        for name, other in getattr(instance, section).items():
            yield f"{section}.{name}.currency", other.currency
    for name, site in instance.sites.items():
        if site.tariff:
            yield f"sites.{name}.tariff", site.tariff.currency
    for name, offer in instance.offers.items():
        system = instance.systems.get(offer.system)
        parts = [part for part in ("network", "storage", "installation") if part not in offer.includes]
        if system and any(getattr(system, f"{part}_price_usd") for part in parts):
            yield f"offers.{name}.includes", "USD"


def rebates(instance: Instance) -> Iterator[Problem]:
    """Rebates in another currency than a vendor's offers, or that do not rise."""
    for name, vendor in instance.vendors.items():
        own = vendor.currency or instance.currency
        others = [
            o
            for o, offer in instance.offers.items()
            if offer.vendor == name and (offer.currency or instance.currency) != own
        ]
        if vendor.rebates and others:
            yield Problem(
                f"its rebates are in {own}, but its offers {', '.join(others)} are not",
                "Quote all of a vendor's offers in the currency of its rebates.",
                f"vendors.{name}.rebates",
            )
        if any(
            after.from_spend <= before.from_spend or after.rate < before.rate
            for before, after in zip(vendor.rebates, vendor.rebates[1:], strict=False)
        ):
            yield Problem(
                "the rebates must rise, in spend and in rate", "Order them by from_spend.", f"vendors.{name}.rebates"
            )


def rentals(instance: Instance) -> Iterator[Problem]:
    """Offers that state after how many months they may be given back, and are kept all the same."""
    for name, offer in instance.offers.items():
        kept = kept_for(instance, name) if offer.price_per_month and offer.min_months is not None else None
        if kept is not None:
            yield Problem(
                f"what is rented under it stays to the end of the evaluation horizon: {kept}",
                "Leave out what keeps it, or min_months where that is meant.",
                f"offers.{name}.min_months",
                severity="warning",
            )
        if offer.notice_days and offer.min_months is None:
            way_out = "State min_months, 0 for none, or leave notice_days out."
            yield Problem("it is not given back without min_months", way_out, f"offers.{name}.notice_days")


def conditions(instance: Instance) -> Iterator[Problem]:
    """Offers that go with nothing but themselves."""
    for name, offer in instance.offers.items():
        wanted = offer.only_with
        if wanted is None:
            continue
        if name in (wanted.offer or ()):
            yield Problem("it names itself", "Name another offer, or leave it out.", f"offers.{name}.only_with.offer")
        others = [one.vendor for other, one in instance.offers.items() if other != name]
        for seller in wanted.vendor or ():
            if seller not in others:
                way_out = "Name another vendor, or add what it offers."
                yield Problem(f"vendor {seller} has no other offer", way_out, f"offers.{name}.only_with.vendor")


def hosts(instance: Instance) -> Iterator[Problem]:
    """Sites that cost something, where some offers include that and others do not."""
    for name, site in instance.sites.items():
        offered = [offer for offer in instance.offers if name in instance.offer_sites(offer)]
        hosted = [offer for offer in offered if "hosting" in instance.offers[offer].includes]
        costs = site.tariff or site.opening_cost or site.fixed_cost_per_month or site.carbon_kg_per_kwh
        if costs and hosted and len(hosted) < len(offered):
            others = ", ".join(offer for offer in offered if offer not in hosted)
            yield Problem(
                f"{', '.join(hosted)} includes hosting here and {others} does not: who pays the site is not clear",
                "Make two sites of it, the host's and the buyer's, and say under offers which goes where.",
                f"sites.{name}",
            )


def approvals(instance: Instance) -> Iterator[Problem]:
    """Modules that wait for each other in a circle or for what a site does not list, and that nobody waits for."""
    modules = instance.modules
    try:
        list(TopologicalSorter({name: set(block.after) for name, block in modules.items()}).static_order())
    except CycleError as error:
        circle = " after ".join(reversed(error.args[1]))
        yield Problem(f"{circle}: none of them can be the first", "Leave one out of after.", "modules")
    waited_for = {before for block in modules.values() for before in block.after}
    for name, block in modules.items():
        if not block.provides and name not in waited_for:
            yield Problem(
                "it provides nothing, and nothing comes after it",
                "State what it provides, or name it under after of what waits for it.",
                f"modules.{name}",
            )
    for name, site in instance.sites.items():
        for module in site.modules:
            for before in modules[module].after:
                if before not in site.modules and before not in site.granted:
                    yield Problem(
                        f"{module} comes after {before}, which this site does not list",
                        f"Add sites.{name}.modules.{before}, or sites.{name}.granted where it is there already.",
                        f"sites.{name}.modules.{module}",
                    )


def funds(instance: Instance) -> Iterator[Problem]:
    """More funds than there can be rules for their unions."""
    if len(instance.funds) > MOST_FUNDS:
        yield Problem(f"there are {len(instance.funds)} funds, {MOST_FUNDS} at most", "Join some of them.", "funds")


def days(instance: Instance) -> Iterator[Problem]:
    """Days that the calendar does not reach."""
    start, end = instance.calendar.start, instance.calendar.end
    for name, limit in instance.limits.items():
        stock = limit.is_stock or limit.kind == "work"
        for field, day in (("from", limit.start), ("by", limit.by)):
            last = end if stock else max(end, instance.operation_end)
            if day is not None and not start <= day <= last:
                way_out = "Lengthen calendar.periods, or move the day."
                yield Problem(f"{day} is outside {start} to {last}", way_out, f"limits.{name}.{field}")
    for number, level in enumerate(instance.objective):
        if level.by is not None and not start <= level.by <= end:
            yield Problem(f"{level.by} is outside the calendar", "", f"objective.{number}.by")
        target = instance.limits.get(level.target or "")
        if target is not None and (
            target.at_least is None or target.count or target.kind != "units" or target.stage != "usable"
        ):
            way_out = "Name a limit with at_least on usable units."
            yield Problem(f"{level.target} is no target that can begin to hold", way_out, f"objective.{number}.target")
        if level.of is not None and level.of.kind != "units":
            yield Problem("concentration is counted in units", "Use a measure of units.", f"objective.{number}.of")


def whole_targets(instance: Instance) -> Iterator[Problem]:
    """Targets on units that no whole number of systems hits, with what is nearest."""
    for name, limit in instance.limits.items():
        if limit.kind != "units" or limit.count or not limit.is_amount:
            continue
        worths = _worths(instance, limit)
        if not worths:
            yield Problem(
                "it selects nothing that can be bought", "Check its select.", f"limits.{name}", severity="warning"
            )
            continue
        missing = [offer for offer, each in worths.items() if each == 0]
        if missing:
            yield Problem(
                f"nothing is known of this measure for {', '.join(missing)}: they count as zero",
                "State the figure in accelerators or attributes.",
                f"limits.{name}.measure",
                severity="warning",
            )
        bound = limit.at_least if limit.at_least == limit.at_most else None
        step = common_step(each for each in worths.values() if each)
        if bound is not None and Fraction(bound) % step:
            yield Problem(
                f"no whole number of systems gives exactly {bound}: they come in steps of {float(step):g}",
                "State at_least or at_most alone.",
                f"limits.{name}.at_least",
                severity="warning",
            )
        elif limit.at_least and limit.measure == "accelerators" and Fraction(limit.at_least) % step:
            up = -(-Fraction(limit.at_least) // step) * step
            yield Problem(
                f"systems come in steps of {float(step):g} accelerators: {limit.at_least} means {float(up):g}",
                "",
                f"limits.{name}.at_least",
                severity="warning",
            )


def _worths(instance: Instance, measured: Measured) -> dict[str, Fraction]:
    found = {}
    for name, offer in instance.offers.items():
        sites = instance.offer_sites(name)
        if any(concerns(measured, instance, Subject.of_offer(instance, name, site)) for site in sites):
            found[name] = Fraction(worth(measured, instance, offer.system, name)) * offer.lot_units
    return found


def reachable_targets(instance: Instance) -> Iterator[Problem]:
    """Hard targets on units that all supply together cannot reach by their day: they make the instance infeasible."""
    for name, limit in instance.limits.items():
        if limit.kind != "units" or limit.count or limit.at_least is None or limit.soft or limit.stage == "shipped":
            continue
        for _, last in windows(limit, instance):
            most = _most_by(instance, limit, last)
            if most is not None and most < limit.at_least:
                yield Problem(
                    f"all offers together reach {float(most):,.10g} by {last}, short of {limit.at_least:,}",
                    "No plan can meet it: lower at_least, move by, add offers, or make it soft.",
                    f"limits.{name}.at_least",
                    severity="warning",
                )
                break


def _held_from(instance: Instance) -> Callable[[str, str], date]:
    """Day from which systems of an offer can be usable at a site, which opens and has what they need by then."""
    networks = cache(partial(network, instance))

    @cache
    def held(offer: str, site: str) -> date:
        quote = instance.offers[offer]
        since = can_hold_from(instance, networks(site), quote.system, site)
        return since if since >= LAST_DAY else since + timedelta(days=quote.acceptance_days)

    return held


def _most_by(instance: Instance, measured: Measured, last: date) -> Fraction | None:
    """The most of a measure that can be there by a day; None when an offer that can come in time has no maximum."""
    total = Fraction(0)
    held = _held_from(instance)

    for name, offer in instance.offers.items():
        sites = [
            site
            for site in instance.offer_sites(name)
            if concerns(measured, instance, Subject.of_offer(instance, name, site))
        ]
        in_window = any(
            (max(way.days.ready, held(name, site)) if measured.stage == "usable" else day) <= last
            for site in sites
            for day in instance.signing_days[name, site]
            if (offer.order_from or day) <= day <= (offer.order_until or day) and offer.has_price_on(day)
            for way in routes(instance, name, site, day)
            if not way.denials(instance, name, site)
        )
        orders = instance.committed.orders.values()
        committed = sum(one.units for one in orders if one.offer == name and one.site in sites)
        if in_window and offer.max_units is None:
            return None
        units = max(offer.max_units or 0, committed) if in_window else committed
        total += Fraction(worth(measured, instance, offer.system, name)) * units
    if measured.existing == "include":
        for fleet_id, fleet in instance.existing.systems.items():
            if concerns(measured, instance, Subject.of_fleet(instance, fleet_id)):
                total += Fraction(worth(measured, instance, fleet.system, None)) * fleet.units
    return total


def sites_used(instance: Instance) -> Iterator[Problem]:
    """Offers that no site takes, and an instance without any."""
    if not instance.offers:
        yield Problem("there are no offers to choose from", "Add offers.", "offers", severity="warning")
    if not instance.sites:
        yield Problem("there are no sites to deliver to", "Add sites.", "sites", severity="warning")


def _after_references(instance: Instance) -> Iterator[Problem]:
    """Checks that follow references; they would stumble over one that names nothing."""
    if not any(True for one in (references, regimes) for _ in one(instance)):
        for one in AFTER_REFERENCES:
            yield from one(instance)


AFTER_REFERENCES = (
    currencies,
    rebates,
    magnitudes,
    conditions,
    rentals,
    hosts,
    commitments,
    approvals,
    funds,
    days,
    outliers,
    whole_targets,
    caps_and_routes,
    odds,
    reachable_targets,
    workloads,
    units_of_work,
)
CHECKS = (references, regimes, sites_used, _after_references, stale)
