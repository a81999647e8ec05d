"""Which systems can form which cluster where. Shared by the model and the audit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.fraction import Fraction

if TYPE_CHECKING:
    from gpuplan.instance.facility import LoadCase
    from gpuplan.instance.schema import Instance


class Place(NamedTuple):
    """Where clusters of a kind can be formed, and of what."""

    cluster: str
    system: str
    site: str


def can_form(instance: Instance, place: Place) -> bool:
    """Whether a kind of cluster can be made of a kind of system at a site."""
    kind = instance.clusters[place.cluster]
    return place.system in kind.systems and (kind.sites is None or place.site in kind.sites)


def places(instance: Instance) -> Iterator[Place]:
    """Every place where clusters can be formed of what is offered or already there, in the instance's order."""
    if not instance.clusters:
        return
    there = [(offer.system, site) for name, offer in instance.quotes.items() for site in instance.offer_sites(name)]
    there += [(fleet.system, fleet.site) for fleet in instance.existing.systems.values()]
    for name in instance.clusters:
        for system, site in dict.fromkeys(there):
            if can_form(instance, place := Place(name, system, site)):
                yield place


def joining_all(instance: Instance, system: str, site: str) -> list[str]:
    """Kinds of cluster that want every system of a kind at a site to be in some cluster on the last day."""
    kinds = [name for name, kind in instance.clusters.items() if kind.all_systems]
    return [name for name in kinds if can_form(instance, Place(name, system, site))]


def cluster_prices(instance: Instance, cluster: str, day: date) -> tuple[Fraction, Fraction]:
    """Reporting currency for each cluster formed on a day, and for each system that joins one."""
    kind = instance.clusters[cluster]
    rate = Fraction(instance.economics.rate(kind.currency or instance.currency, day))
    return Fraction(kind.price) * rate, Fraction(kind.price_per_system) * rate


def cluster_needs(
    instance: Instance, cluster: str, case: LoadCase
) -> tuple[Mapping[str, Fraction], Mapping[str, Fraction]]:
    """Resources that each cluster needs in a load case, and each system in one."""
    kind = instance.clusters[cluster]
    each = {resource: Fraction(need.in_case(case)) for resource, need in kind.needs.items()}
    joined = {resource: Fraction(need.in_case(case)) for resource, need in kind.needs_per_system.items()}
    return each, joined
