"""What a selection selects: facts of an offer at a site, of a fleet, or of a payment, against the fields given."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpuplan.instance.rules import CAPEX, OPEX, Selection

if TYPE_CHECKING:
    from gpuplan.instance.funding import Fund, Levy
    from gpuplan.instance.routes import Route
    from gpuplan.instance.rules import Limit, Measured
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True, slots=True)
class Subject:
    """What something concerns, by id; None where it concerns none in particular."""

    offer: str | None = None
    vendor: str | None = None
    system: str | None = None
    site: str | None = None
    module: str | None = None
    route: str | None = None
    caps: tuple[str, ...] = ()
    """Caps that a lot counts against."""
    workload: str | None = None
    cluster: str | None = None

    @classmethod
    def of_offer(cls, instance: Instance, offer: str, site: str | None = None) -> Subject:
        """Units of an offer, at a site where one is given."""
        quote = instance.quotes[offer]
        return cls(offer=offer, vendor=quote.vendor, system=quote.system, site=site)

    @classmethod
    def of_lot(cls, instance: Instance, offer: str, site: str, route: Route) -> Subject:
        """Units of a lot, that takes a route."""
        caps = tuple(sorted(f"{regime}.{cap}" for regime, cap in route.caps))
        return replace(cls.of_offer(instance, offer, site), route=route.name, caps=caps)

    @classmethod
    def of_fleet(cls, instance: Instance, fleet: str) -> Subject:
        """Units of a fleet that is already there."""
        there = instance.existing.systems[fleet]
        return cls(vendor=there.vendor, system=there.system, site=there.site)


Facts = dict[str, str | tuple[str, ...] | None]


def facts(instance: Instance, subject: Subject) -> Facts:
    """Value of each selection field for a subject; None where the field has none."""
    system = instance.systems.get(subject.system) if subject.system else None
    chip = instance.accelerators.get(system.accelerator) if system and system.accelerator else None
    vendor = instance.vendors.get(subject.vendor) if subject.vendor else None
    site = instance.sites.get(subject.site) if subject.site else None
    return {
        "offer": instance.offer_of(subject.offer) if subject.offer else None,
        "vendor": subject.vendor,
        "vendor_country": vendor.country if vendor else None,
        "vendor_group": vendor.group if vendor else None,
        "maker": chip.maker if chip else None,
        "maker_country": chip.maker_country if chip else None,
        "accelerator": system.accelerator if system else None,
        "system": subject.system,
        "cooling": system.cooling if system else None,
        "site": subject.site,
        "country": site.country if site else None,
        "region": site.region if site else None,
        "module": subject.module,
        "route": subject.route,
        "cap": subject.caps,
        "workload": subject.workload,
        "cluster": subject.cluster,
    }


def selects(selection: Selection, known: Facts) -> bool:
    """Whether every field of the selection holds for these facts. An empty selection selects everything."""
    return all(_is_one_of(known[field], values) for field, values in selection.given.items())


def _is_one_of(known: str | tuple[str, ...] | None, values: tuple[str, ...]) -> bool:
    return any(one in values for one in known) if isinstance(known, tuple) else known in values


def concerns(measured: Measured, instance: Instance, subject: Subject) -> bool:
    """Whether a measure counts a subject: selected and not excluded."""
    known = facts(instance, subject)
    if not selects(measured.select, known):
        return False
    return measured.exclude is None or not selects(measured.exclude, known)


def picks(rule: Levy | Fund, instance: Instance, term: str, subject: Subject) -> bool:
    """Whether a levy or fund is about payments of a cost term for a subject."""
    if rule.terms is not None and term not in rule.terms:
        return False
    known = facts(instance, subject)
    return selects(rule.select, known) and not (rule.exclude is not None and selects(rule.exclude, known))


def counts_term(measured: Measured, term: str) -> bool:
    """Whether a measure of money counts a cost term; penalties are never money spent."""
    within = {"capex": CAPEX, "opex": OPEX}.get(measured.measure, CAPEX | OPEX)
    return term in within and (measured.terms is None or term in measured.terms)


def whole_of(limit: Limit) -> Measured:
    """The whole of a share: the same measure over everything, or over `of`."""
    return limit.model_copy(update={"select": limit.of or Selection(), "exclude": None})
