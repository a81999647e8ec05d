"""Every small complete plan of a tiny instance, judged by the readings alone: no solver, no row, no derived bound.

A complete plan fixes orders, installed on every state day, modules, openings and price tiers. `plans` lists them (rules
of supply on installing aside, unless `wild`), `best` keeps the ones that no reading breaks and picks by levels.
Deliveries of providers that compete (`output`) are not decided here: give a resource one provider with needs at most.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES
from gpuplan.families.eligibility import pair_denials, signing_denials
from gpuplan.families.installation import as_soon_as_possible
from gpuplan.families.objective import values
from gpuplan.families.siting import is_decided
from gpuplan.instance.facility import LOAD_CASES
from gpuplan.instance.providers import network
from gpuplan.instance.rentals import is_there, without_end
from gpuplan.instance.routes import route, routes
from gpuplan.instance.timeline import state_days
from gpuplan.ledger.decisions import (
    Decisions,
    InstalledLine,
    ModuleLine,
    OpeningLine,
    OrderLine,
    OutputLine,
    TierLine,
)
from gpuplan.ledger.recount import Recount
from support.joining import joined, some_joined
from support.serving import EPSILON, Levels, best_served, fitting, listed

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True)
class Space:
    """How far the listing goes."""

    beyond: int = 0
    """Lots of an offer above its maximum, to see the maximum broken."""
    most_lots: int = 2
    """Of an offer without a maximum."""
    wild: bool = False
    """Also orders outside windows, installed that falls or passes what has arrived, two openings, false tiers."""
    outputs: tuple[int, ...] = ()
    """Amounts that each provider whose delivery is a decision may deliver, from the first state day on."""


def plans(instance: Instance, space: Space = Space()) -> Iterator[Decisions]:
    """Every complete plan within the space."""
    modules = list(_modules(instance))
    openings = list(_openings(instance, space))
    outputs = list(_outputs(instance, space))
    served = list(listed(instance, space.wild))
    for orders in _orders(instance, space):
        tiers = list(_tiers(instance, orders, space))
        for installed in _installed(instance, orders, space):
            for bought, opened, tier, output, working in itertools.product(modules, openings, tiers, outputs, served):
                plan = Decisions(
                    orders=orders,
                    installed=installed,
                    modules=bought,
                    openings=opened,
                    tiers=tier,
                    outputs=output,
                    served=working,
                )
                for clusters in joined(instance, plan, space.wild) if instance.clusters else [()]:
                    yield plan.model_copy(update={"clusters": clusters}) if clusters else plan


def sampled(instance: Instance, most: int, seed: int, space: Space) -> list[Decisions]:
    """At most so many plans, spread over the whole list of a space that may be large; the empty plan is among them."""
    found = list(itertools.islice(plans(instance, space), most + 1))
    if len(found) <= most:
        return found
    random = Random(seed)
    every = list(_orders(instance, space))
    modules, openings = list(_modules(instance)), list(_openings(instance, space))
    outputs, served = list(_outputs(instance, space)), list(listed(instance, space.wild))
    tame = replace(space, wild=False)
    picked = [Decisions()]
    while len(picked) < most:
        orders = random.choice(every)
        # Half of the plans keep to what has arrived and to tiers that fit, or hardly any would be feasible.
        kind = tame if random.random() < 0.5 else space
        tiers = list(_tiers(instance, orders, kind)) or list(_tiers(instance, orders, space))
        plan = Decisions(
            orders=orders,
            installed=_some_installed(instance, orders, kind, random),
            modules=random.choice(modules),
            openings=random.choice(openings),
            tiers=random.choice(tiers),
            outputs=random.choice(outputs),
        )
        if instance.workloads:
            working = fitting(instance, plan, random) if random.random() < 0.5 else random.choice(served)
            plan = plan.model_copy(update={"served": working})
        if instance.clusters:
            formed = some_joined(instance, plan, space.wild and random.random() < 0.4, random)
            plan = plan.model_copy(update={"clusters": formed})
        picked.append(plan)
    return picked


def size(instance: Instance, space: Space, enough: int) -> int:
    """How many plans the space has, counted no further than `enough`."""
    others = len(list(_modules(instance))) * len(list(_openings(instance, space)))
    total = 0
    for orders in _orders(instance, space):
        tiers = len(list(_tiers(instance, orders, space)))
        for installed in _installed(instance, orders, space):
            plan = Decisions(orders=orders, installed=installed)
            formed = joined(instance, plan, wild=False) if instance.clusters else [()]
            total += others * tiers * sum(1 for _ in itertools.islice(formed, enough + 1))
            if total > enough:
                return total
    return total


def _orders(instance: Instance, space: Space) -> Iterator[tuple[OrderLine, ...]]:
    by_offer = [list(_orders_of(instance, offer, space)) for offer in instance.offers]
    for chosen in itertools.product(*by_offer):
        yield tuple(line for lines in chosen for line in lines)


def _orders_of(instance: Instance, offer: str, space: Space) -> Iterator[tuple[OrderLine, ...]]:
    quote = instance.offers[offer]
    most = space.most_lots if quote.max_units is None else quote.max_units // quote.lot_units + space.beyond
    slots = [
        (term, site, day, way.name)
        for term in instance.terms_of(offer)
        for site in instance.offer_sites(term)
        if not any(True for _ in pair_denials(instance, term, site)) or space.wild
        for day in instance.signing_days[term, site]
        for way in routes(instance, term, site, day)
        if space.wild or not any(True for _ in signing_denials(instance, term, site, way))
    ]
    start = instance.calendar.start
    slots += [
        (name, site, day, way)
        for name, site, day, way in instance.ordered
        if without_end(name) == offer
        and day < start
        and (space.wild or not any(True for _ in pair_denials(instance, offer, site)))
    ]
    for lots in _up_to(len(slots), most):
        yield tuple(
            OrderLine(offer=term, site=site, signed=day, units=count * quote.lot_units, route=name)
            for (term, site, day, name), count in zip(slots, lots, strict=True)
            if count
        )


def _up_to(places: int, most: int) -> Iterator[tuple[int, ...]]:
    """Every way to put at most so many things in places."""
    if not places:
        yield ()
        return
    for here in range(most + 1):
        for rest in _up_to(places - 1, most - here):
            yield (here, *rest)


def _installed(instance: Instance, orders: tuple[OrderLine, ...], space: Space) -> Iterator[tuple[InstalledLine, ...]]:
    pairs: dict[tuple[str, str], list[tuple[date, int]]] = {}
    for line in orders:
        pairs.setdefault((line.offer, line.site), []).append((_installed_from(instance, line), line.units))

    def together(left: list[tuple[str, str]]) -> Iterator[tuple[InstalledLine, ...]]:
        # One at a time: wild paths of a few units over a dozen state days fill any memory as a list.
        if not left:
            yield ()
            return
        (offer, site), lots = left[0], pairs[left[0]]
        states = [day for day in state_days(instance) if is_there(offer, day)]
        ordered = sum(units for _, units in lots)
        arrived = [ordered if space.wild else sum(n for day, n in lots if day <= state) for state in states]
        paths = _paths(arrived) if not space.wild else itertools.product(*(range(most + 1) for most in arrived))
        for path in paths:
            lines = tuple(_lines(offer, site, tuple(states), path))
            for others in together(left[1:]):
                yield (*lines, *others)

    yield from together(list(pairs))


def _installed_from(instance: Instance, line: OrderLine) -> date:
    """Day from which a lot can stand."""
    way = route(instance, line.offer, line.site, line.signed, line.route)
    assert way is not None
    return way.days.installed


def _some_installed(
    instance: Instance, orders: tuple[OrderLine, ...], space: Space, random: Random
) -> tuple[InstalledLine, ...]:
    """One of the paths of installed systems; mostly one that never falls."""
    found: list[InstalledLine] = []
    for offer, site in dict.fromkeys((line.offer, line.site) for line in orders):
        states = tuple(day for day in state_days(instance) if is_there(offer, day))
        lots = [
            (_installed_from(instance, line), line.units) for line in orders if (line.offer, line.site) == (offer, site)
        ]
        ordered = sum(units for _, units in lots)
        arrived = [ordered if space.wild else sum(n for day, n in lots if day <= state) for state in states]
        path = [random.randint(0, most) for most in arrived]
        if not space.wild or random.random() < 0.7:
            path = list(itertools.accumulate(path, max))
        found += _lines(offer, site, states, tuple(path))
    return tuple(found)


def _paths(most: list[int], before: int = 0) -> Iterator[tuple[int, ...]]:
    """Sequences that never fall and stay within a bound for each place."""
    if not most:
        yield ()
        return
    for here in range(before, most[0] + 1):
        for rest in _paths(most[1:], here):
            yield (here, *rest)


def _lines(offer: str, site: str, states: tuple[date, ...], path: tuple[int, ...]) -> Iterator[InstalledLine]:
    before = 0
    for day, units in zip(states, path, strict=True):
        if units != before:
            yield InstalledLine(offer=offer, site=site, day=day, units=units)
        before = units


def _modules(instance: Instance) -> Iterator[tuple[ModuleLine, ...]]:
    firsts = [period.first for period in instance.calendar.all_periods]
    choices = []
    start = instance.calendar.start
    for site_id, site in instance.sites.items():
        for module, terms in site.modules.items():
            most = 2 if terms.max_units is None else terms.max_units
            built = [
                day for name, at, day in instance.committed.built if (name, at) == (module, site_id) and day < start
            ]
            days = [*built, *firsts]
            choices.append(
                [
                    tuple(
                        ModuleLine(module=module, site=site_id, signed=day, units=count)
                        for day, count in zip(days, counts, strict=True)
                        if count
                    )
                    for counts in _up_to(len(days), most)
                ]
            )
    for chosen in itertools.product(*choices):
        yield tuple(line for lines in chosen for line in lines)


def _openings(instance: Instance, space: Space) -> Iterator[tuple[OpeningLine, ...]]:
    firsts = [period.first for period in instance.calendar.all_periods]
    choices = []
    for name, site in instance.sites.items():
        if not is_decided(site) or not any(name in instance.offer_sites(offer) for offer in instance.offers):
            continue
        opened = instance.committed.opened.get(name)
        days = [opened, *firsts] if opened is not None and opened < firsts[0] else firsts
        once = [(), *((OpeningLine(site=name, decided=day),) for day in days)]
        twice = [(OpeningLine(site=name, decided=days[0]), OpeningLine(site=name, decided=days[-1]))]
        choices.append(once + (twice if space.wild and len(days) > 1 else []))
    for chosen in itertools.product(*choices):
        yield tuple(line for lines in chosen for line in lines)


def _outputs(instance: Instance, space: Space) -> Iterator[tuple[OutputLine, ...]]:
    first = state_days(instance)[0]
    slots = [
        (site, resource, provider.name, case)
        for site in (instance.sites if space.outputs else ())
        for net in [network(instance, site)]
        for resource in net.providers
        for provider in net.decided(resource)
        for case in LOAD_CASES
    ]
    for amounts in itertools.product(space.outputs, repeat=len(slots)):
        yield tuple(
            OutputLine(site=site, resource=resource, provider=provider, case=case, day=first, amount=Decimal(amount))
            for (site, resource, provider, case), amount in zip(slots, amounts, strict=True)
            if amount
        )


def _tiers(instance: Instance, orders: tuple[OrderLine, ...], space: Space) -> Iterator[tuple[TierLine, ...]]:
    choices = []
    for offer, quote in instance.offers.items():
        units = sum(line.units for line in orders if line.offer == offer)
        if not units or not quote.tiers or quote.tier_pricing == "incremental":
            continue
        boundaries = [tier.from_units for tier in quote.price_tiers()]
        fits = [
            number
            for number, low in enumerate(boundaries, 1)
            if space.wild or (low <= units and (number == len(boundaries) or units <= boundaries[number]))
        ]
        choices.append([TierLine(offer=offer, tier=number) for number in fits])
    yield from itertools.product(*choices)


def judged(instance: Instance, decisions: Decisions) -> Levels | None:
    """Values of the levels, or None when a reading is broken; stops at the first that is.

    Limits and funds are read last, since money has to be entered before it can be limited.
    """
    recount = Recount(instance, decisions)
    physical = [family for family in FAMILIES if family.name not in ("limits", "funds")]
    # When systems are installed is listed day by day, waiting or not: it costs the same.
    for family in (one for one in physical if one.name != "installation"):
        if any(not reading.holds for reading in family.readings(recount)):
            return None
    for family in FAMILIES:
        recount.entries += tuple(family.entries(recount))
    if any(not reading.holds for family in FAMILIES if family not in physical for reading in family.readings(recount)):
        return None
    return tuple(value for _, _, value in values(recount))


def best(instance: Instance, space: Space = Space()) -> tuple[Levels, Decisions] | None:
    """The best plan that breaks no reading, level by level with their tolerances, or None when there is none.

    Plans are listed by what stands on state days; each is judged with what arrives installed on the day of its own.
    """
    priorities = {limit.soft.priority for limit in instance.limits.values() if limit.soft and limit.soft.priority}
    aims = [(False, Decimal(0), Decimal(0))] * len(priorities)
    aims += [(level.maximise is not None, level.tolerance, level.tolerance_share) for level in instance.objective]
    if instance.workloads:
        return best_served(instance, aims, (as_soon_as_possible(instance, plan) for plan in plans(instance, space)))
    every = (as_soon_as_possible(instance, plan) for plan in plans(instance, space))
    found = [(levels, plan) for plan in every if (levels := judged(instance, plan)) is not None]
    if not found:
        return None
    reached: list[Decimal] = []
    for number, (maximise, tolerance, share) in enumerate(aims):
        column = [levels[number] for levels, _ in found]
        top = max(column) if maximise else min(column)
        reached.append(top)
        room = tolerance + share * abs(top) + EPSILON * max(Decimal(1), abs(top))
        if maximise:
            found = [one for one in found if one[0][number] >= top - room]
        else:
            found = [one for one in found if one[0][number] <= top + room]
    return tuple(reached), found[0][1]
