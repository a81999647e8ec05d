"""Who provides which resource at a site, and which deliveries follow from the needs alone.

A provider is what the site has already (`existing`) or a module that could be put there in time. Where a resource has
one provider, what it delivers is what is needed. Where it has several, what each delivers is a decision, unless it
needs nothing for it: such providers together take up what the others leave.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.facility import RACK_POSITIONS
from gpuplan.instance.loads import system_needs, takes_rack_space
from gpuplan.instance.timeline import first_open_day, module_ready

if TYPE_CHECKING:
    from gpuplan.instance.facility import Capacity, Need
    from gpuplan.instance.schema import Instance

EXISTING = "existing"
NEVER = date.max


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of one resource at one site."""

    name: str
    needs: Mapping[str, Need]
    capacity: Capacity | None
    """Of what exists; None for a module."""
    block: Decimal
    """Amount that one module provides; 0 for what exists."""

    @property
    def can_deliver(self) -> bool:
        """Whether it ever delivers anything: a site may state that it has nothing of a resource."""
        if self.capacity is None or self.capacity.amount == "unlimited":
            return True
        return any(step.amount > 0 for step in self.capacity.amount)


@dataclass(frozen=True, slots=True)
class Network:
    """Providers of a site by resource, and the order in which needs can be added up."""

    providers: Mapping[str, tuple[Provider, ...]]
    order: tuple[str, ...]
    """Every resource; a resource comes after those whose determined delivery needs it."""
    determined: frozenset[str]
    """Resources whose one provider delivers just what is needed."""

    def decided(self, resource: str) -> tuple[Provider, ...]:
        """Providers whose delivery of a resource is a decision."""
        if resource in self.determined:
            return ()
        return tuple(provider for provider in self.providers.get(resource, ()) if provider.needs)

    def drawn_on_by(self, resources: Iterable[str]) -> frozenset[str]:
        """Resources that are drawn on when some are needed: these, and what their providers need, whoever provides."""
        found: set[str] = set()
        waiting = list(resources)
        while waiting:
            resource = waiting.pop()
            if resource not in found:
                found.add(resource)
                waiting += [needed for provider in self.providers.get(resource, ()) for needed in provider.needs]
        return frozenset(found)


def module_denial(instance: Instance, module_id: str, signed: date) -> str | None:
    """Why a module cannot be ordered on a day, or None."""
    module = instance.modules[module_id]
    awarded = instance.calendar.tender_day + timedelta(days=module.award_days)
    if module.order_from and signed < module.order_from:
        return f"orders open on {module.order_from}"
    if module.order_until and signed > module.order_until:
        return f"orders closed on {module.order_until}"
    if signed < awarded:
        return f"a tender of {module.award_days} days ends on {awarded}"
    ready = module_ready(module, signed)
    return f"ready on {ready}, after the last period" if ready > instance.calendar.end else None


def comes_in_time(instance: Instance, module_id: str, site_id: str) -> bool:
    """Whether a module ordered in some period, or committed for a site, delivers by the end of the calendar."""
    for module, site, signed in instance.committed.built:
        if (module, site) == (module_id, site_id):
            return module_ready(instance.modules[module_id], signed) <= instance.calendar.end or _can_be_ordered(
                instance, module_id
            )
    return _can_be_ordered(instance, module_id)


def _can_be_ordered(instance: Instance, module_id: str) -> bool:
    return any(module_denial(instance, module_id, period.first) is None for period in instance.calendar.all_periods)


def network(instance: Instance, site_id: str) -> Network:
    """The network of a site."""
    site = instance.sites[site_id]
    found: dict[str, list[Provider]] = {}
    for resource, capacity in site.capacity.items():
        found.setdefault(resource, []).append(Provider(EXISTING, capacity.needs, capacity, Decimal(0)))
    for module_id in site.modules:
        if comes_in_time(instance, module_id, site_id):
            for resource, delivery in instance.modules[module_id].provides.items():
                found.setdefault(resource, []).append(Provider(module_id, delivery.needs, None, delivery.amount))
    providers = {resource: tuple(some) for resource, some in found.items()}
    determined = {resource for resource, some in providers.items() if len(some) == 1 and some[0].needs}
    while True:
        # In lists, so that the order is the instance's and not that of a hash, which differs from run to run.
        graph: dict[str, list[str]] = {resource: [] for resource in instance.resources}
        for resource in providers:
            for needed in providers[resource][0].needs if resource in determined else ():
                graph.setdefault(needed, []).append(resource)
        try:
            order = tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            determined -= set(error.args[1])
        else:
            return Network(providers, order, frozenset(determined))


def missing(net: Network, needed: Iterable[str]) -> dict[str, str]:
    """By resource that a site has none of and can get none of in time: the needed one that depends on it, maybe itself.

    What has providers depends on what each of them needs. Providers that need one another are taken to deliver.
    """
    there = {resource for resource, some in net.providers.items() if any(one.can_deliver for one in some)}
    while True:
        left = {
            resource
            for resource in there
            if any(one.can_deliver and _needs_of(one) <= there for one in net.providers[resource])
        }
        if left == there:
            break
        there = left
    found: dict[str, str] = {}
    for resource in needed:
        waiting, seen = [resource], set()
        while waiting:
            one = waiting.pop()
            if one in there or one in seen:
                continue
            seen.add(one)
            behind = {need for each in net.providers.get(one, ()) if each.can_deliver for need in _needs_of(each)}
            if behind:
                waiting += sorted(behind)
            else:
                found.setdefault(one, resource)
    return found


def _needs_of(provider: Provider) -> set[str]:
    return {resource for resource, need in provider.needs.items() if need.design or need.typical}


def can_hold_from(instance: Instance, net: Network, system_id: str, site_id: str) -> date:
    """First day on which a site can be open and have all that one system needs, as far as is stated.

    A module counts from the first day on which it could be there. The last day there is where nothing can hold one.
    """
    needs = system_needs(instance, system_id, site_id, "design")
    needed = dict.fromkeys([*needs, *([RACK_POSITIONS] if takes_rack_space(instance.systems[system_id]) else [])])
    own = {
        resource: [(_held_from(instance, one, site_id, Fraction(needs.get(resource, 0))), one.needs) for one in some]
        for resource, some in net.providers.items()
    }
    # Each round goes one provider deeper; providers that need one another hold one another.
    held = dict.fromkeys(instance.resources, date.min)
    for _ in instance.resources:
        held = {
            resource: min((max([day, *(held[one] for one in of)]) for day, of in own.get(resource, ())), default=NEVER)
            for resource in instance.resources
        }
    return max([first_open_day(instance, site_id), *(held[resource] for resource in needed)])


def _held_from(instance: Instance, provider: Provider, site_id: str, least: Fraction) -> date:
    """First day on which a provider can deliver so much, or anything at all where that is nothing."""
    if provider.capacity is None:
        module = instance.modules[provider.name]
        days = [period.first for period in instance.calendar.all_periods]
        days = [day for day in days if module_denial(instance, provider.name, day) is None]
        days += [day for name, site, day in instance.committed.built if (name, site) == (provider.name, site_id)]
        return min((module_ready(module, day) for day in days), default=NEVER)
    if provider.capacity.amount == "unlimited":
        return date.min
    enough = (step.start for step in provider.capacity.amount if step.amount >= least and step.amount > 0)
    return min(enough, default=NEVER)
