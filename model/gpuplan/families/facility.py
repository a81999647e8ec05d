r"""Facility balance: what systems and modules need is delivered, in both load cases, with redundancy.

For each site $s$, state day $k$, load case $c$ and resource $r$, the need is what installed systems and modules in
place need, and what providers of other resources need for what they deliver. Providers are the capacity that exists
and the modules that have arrived. A resource's only provider delivers just what is needed; otherwise what a provider
with needs delivers is a decision, and providers without needs take the rest.

$$ N_{rskc} = \kappa_{rc} \Big( \sum_{o} a_{orsc}\, n^{\mathrm{installed}}_{osk}
  + \sum_m a_{mrc}\, n^{\mathrm{avail}}_{msk} + \sum_{m,q} b_{mqrc}\, x^{\mathrm{output}}_{mqskc} \Big) $$
$$ 0 \le N_{rskc} - \sum_m x^{\mathrm{output}}_{mrskc} \le \mathrm{free}_{rsk}, \qquad
N_{rskc} - E_{rsk} \le R_{rsk} $$

Implied for whole decisions and much tighter when relaxed, on the design day: what exists carries no more than its share
of a site that is opened by decision, where nothing draws on it before; and no need is larger than what exists unless a
block is lost, with $N^{\max}$ the largest need that the site's grid connection leaves room for.

$$ x^{\mathrm{output}}_{\mathrm{existing},rsk} \le E_{rsk}\, \omega_{sk}, \qquad
N_{rsk} \le E_{rsk}\, \omega_{sk} + (N^{\max}_{rs} - E_{rsk}) \sum_\theta \sigma_{\theta rsk} $$

Redundancy at a site: N+k counts the total less the $k$ largest blocks in use, which is
$R = \max_\theta \big( \sum_m \min(B_m, \theta)\, n^{\mathrm{avail}}_m - k \theta \big)$ over the block sizes $\theta$,
or nothing; 2N counts half of the modules of each type, rounded down. Existing capacity is stated after redundancy.

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{avail}}_{msk}$ | modules in place: ordered (`modules`) and ready | modules |
| $x^{\mathrm{output}}_{mrskc}$ | delivered by a provider (`output`) | the resource's |
| $N_{rskc}$ | need | the resource's |
| $R_{rsk}, E_{rsk}$ | modules' capacity after redundancy; existing capacity | the resource's |
| $\omega_{sk}$ | whether the site is open: opened by a decision (`opening`) and ready | 0 or 1 |
| $\sigma_\theta$ | whether a block size is chosen (`spare_size`), see redundancy | 0 or 1 |
| $B_m$ | capacity of one module | the resource's |
| $a, b$ | need of each system or module; of each unit delivered | per unit |
| $\kappa_{rc}$ | coincidence on the design day; 1 over the year | |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from math import isfinite
from typing import TYPE_CHECKING

from gpuplan.families import redundancy
from gpuplan.families.density import filled
from gpuplan.families.draws import drawn_while_closed, largest_needs, least_draws
from gpuplan.families.family import Denial, Family
from gpuplan.families.siting import opened_by
from gpuplan.instance.calendar import ALWAYS
from gpuplan.instance.commitments import built_before
from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import cluster_needs
from gpuplan.instance.loads import positions_for, system_needs, takes_rack_space
from gpuplan.instance.prices import module_instalments
from gpuplan.instance.providers import EXISTING, Network, module_denial, network
from gpuplan.instance.timeline import module_ready
from gpuplan.ledger.reading import Reading
from gpuplan.ledger.site_loads import SiteLoads
from gpuplan.program.columns import INFINITY, Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.facility import Site
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "facility"


def path(site: str, resource: str) -> str:
    """Path of a resource at a site."""
    return f"sites.{site}.capacity.{resource}"


def denies_pair(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """A system that needs a resource of which the site has none and can get none in time."""
    system = instance.systems[instance.offers[offer].system]
    providers = network(instance, site).providers
    needed = list(system_needs(instance, instance.offers[offer].system, site, "design"))
    if takes_rack_space(system):
        needed.append(RACK_POSITIONS)
    for resource in needed:
        if resource not in providers:
            reason = f"site {site} has no {resource} and can get none in time"
            yield Denial(Group(NAME, path(site, resource)), reason)


def columns(problem: Problem) -> None:
    """Module orders that can deliver in time, and the deliveries that are decisions."""
    instance = problem.instance
    for site_id in _sites(problem):
        for module_id, terms in instance.sites[site_id].modules.items():
            for number in _order_days(problem, module_id, site_id):
                most = INFINITY if terms.max_units is None else float(terms.max_units)
                if number < 0:
                    most = float(built_before(instance, module_id, site_id, problem.days[number]))
                problem.columns.add(("modules", module_id, site_id, number), problem.role_of_numbers, most)
            if problem.coarse:
                problem.columns.add(("modules_in_all", module_id, site_id), Role.WHOLE)
        net = problem.network(site_id)
        for resource in net.providers:
            for provider in net.decided(resource):
                for case in cases(instance, site_id):
                    for state in _epochs(problem, site_id):
                        if problem.is_looked_at(site_id, state, case):
                            problem.columns.add(
                                ("output", site_id, provider.name, resource, state, case), Role.CONTINUOUS
                            )


def _order_days(problem: Problem, module_id: str, site_id: str) -> list[int]:
    """Numbers of the days on which ordering a module for a site is worth a column.

    All on which it can be ordered, where anything but its price hangs on the day.
    """
    instance, found = problem.instance, problem.module_days(module_id, site_id)
    module = instance.modules[module_id]
    if (
        module.life_years is not None
        or module.price_per_month
        or any(one.after for one in instance.modules.values())
        or any(deadline.applies_to != "offers" for deadline in instance.deadlines.values())
    ):
        return found

    def paid(number: int) -> list[date]:
        signed = problem.days[number]
        return [signed, *(day for day, _ in module_instalments(instance, module_id, signed))]

    looked_at = [
        day
        for state, day in enumerate(problem.states)
        if any(problem.is_looked_at(site_id, state, case) for case in LOAD_CASES)
    ]
    return problem.waiting.latest(found, lambda number: module_ready(module, problem.days[number]), paid, looked_at)


def _epochs(problem: Problem, site_id: str) -> list[int]:
    """State days on which anything can be other at a site than the day before."""
    return [state for state in range(len(problem.states)) if problem.epoch(site_id, state) == state]


def _sites(problem: Problem) -> list[str]:
    """Sites where something could stand."""
    reached = {site for _, site in problem.pairs()} | {
        fleet.site for fleet in problem.instance.existing.systems.values()
    }
    reached |= {one.site for one in problem.instance.committed.modules.values()}
    return [site for site in problem.instance.sites if site in reached]


def cases(instance: Instance, site_id: str) -> tuple[LoadCase, ...]:
    """Load cases to be kept at a site: the typical one only where it matters.

    It matters where energy costs, emits or is measured, and where something needs more over the year than on the design
    day. Elsewhere whatever carries the design day carries the year as well.
    """
    site = instance.sites[site_id]
    if site.tariff is not None or site.carbon_kg_per_kwh or instance.measures("site"):
        return LOAD_CASES
    return LOAD_CASES if _needs_more_over_the_year(instance, site) else ("design",)


def _needs_more_over_the_year(instance: Instance, site: Site) -> bool:
    blocks = [instance.modules[module] for module in site.modules]
    needs = [need for capacity in site.capacity.values() for need in capacity.needs.values()]
    needs += [need for block in blocks for need in block.needs.values()]
    needs += [
        need for kind in instance.clusters.values() for need in (*kind.needs.values(), *kind.needs_per_system.values())
    ]
    needs += [need for block in blocks for delivery in block.provides.values() for need in delivery.needs.values()]
    return (
        any(need.typical > need.design for need in needs)
        or any(system.typical_kw > system.max_power_kw for system in instance.systems.values())
        or any(resource.coincidence < 1 for resource in instance.resources.values())
    )


def rows(problem: Problem) -> None:
    """The balance of every resource that is not unlimited, on every state day and load case."""
    for site_id in _sites(problem):
        net = problem.network(site_id)
        drawn = drawn_while_closed(problem, net, site_id)
        largest = _largest_needs(problem, net, site_id, "design")
        for state in range(len(problem.states)):
            opened = opened_by(problem, site_id, problem.states[state])
            for case in cases(problem.instance, site_id):
                epoch = problem.epoch(site_id, state)
                if epoch < state:
                    problem.draws[site_id, state, case] = problem.draws[site_id, epoch, case]
                    continue
                if not problem.is_looked_at(site_id, state, case):
                    problem.draws[site_id, state, case] = _least_draw(problem, net, site_id, state, case)
                    continue
                needs = _needs(problem, net, site_id, state, case)
                problem.draws[site_id, state, case] = needs.get(GRID_POWER, Linear())
                for resource, need in needs.items():
                    if (need or net.decided(resource)) and problem.is_on(NAME, path(site_id, resource)):
                        load = _balance(problem, net, (site_id, resource, state, case), need)
                        if case == "design":
                            place = (site_id, resource, state)
                            _tighten(problem, place, need, load, None if resource in drawn else opened, largest)
        for module_id, terms in problem.instance.sites[site_id].modules.items():
            ordered = problem.in_place(module_id, site_id, len(problem.states) - 1)
            in_all = problem.columns.get("modules_in_all", module_id, site_id)
            if in_all is not None:
                row = Linear().plus(ordered).add(in_all, -1.0)
                problem.rows.add(("modules_in_all", module_id, site_id), row, at_least=0.0, at_most=0.0)
            if terms.max_units is not None and len(ordered.terms) > 1:
                problem.rows.add(("max_modules", module_id, site_id), ordered, at_most=terms.max_units)


def _least_draw(problem: Problem, net: Network, site_id: str, state: int, case: LoadCase) -> Linear:
    """What is drawn from the grid at the very least, were everything provided in the way that draws least."""
    least = least_draws(problem.instance, net, case)
    draw = Linear()
    for resource, demand in _demands(problem, site_id, state, case).items():
        draw.plus(demand, least.get(resource, 0.0))
    return draw


def _needs(problem: Problem, net: Network, site_id: str, state: int, case: LoadCase) -> dict[str, Linear]:
    """Need of each resource, deliveries that follow from needs written out."""
    instance = problem.instance
    needs = {resource: Linear() for resource in net.order} | _demands(problem, site_id, state, case)
    for resource in net.providers:
        for provider in net.decided(resource):
            column = problem.columns.get("output", site_id, provider.name, resource, state, case)
            for needed, need in provider.needs.items():
                if column is not None:
                    needs[needed].add(column, float(need.in_case(case)))
    for resource in net.order:
        if case == "design":
            needs[resource] = needs[resource].times(float(instance.resources[resource].coincidence))
        if resource in net.determined:
            for needed, need in net.providers[resource][0].needs.items():
                needs[needed].plus(needs[resource], float(need.in_case(case)))
    return needs


def _largest_needs(problem: Problem, net: Network, site_id: str, case: LoadCase) -> dict[str, float]:
    """By resource: the largest need on any day that the site's grid connection leaves room for; empty where unknown."""
    connection = problem.instance.sites[site_id].capacity.get(GRID_POWER)
    steps = () if connection is None or connection.amount == "unlimited" else connection.amount
    is_kept = all(problem.is_on(NAME, path(site_id, resource)) for resource in net.order)
    if not steps or not is_kept or len(net.providers[GRID_POWER]) > 1:
        return {}
    demands = _demands(problem, site_id, len(problem.states) - 1, case)
    return largest_needs(problem.instance, net, case, demands, float(max(step.amount for step in steps)))


def _demands(problem: Problem, site_id: str, state: int, case: LoadCase) -> dict[str, Linear]:
    """What systems, clusters and modules need of each resource, before what providers need for it."""
    instance = problem.instance
    needs = {resource: Linear() for resource in instance.resources}
    for offer, standing in problem.standings.at(site_id):
        column = standing[state]
        if column is not None:
            for resource, each in problem.needs(instance.offers[offer].system, site_id, case).items():
                needs[resource].add(column, each)
    needs[RACK_POSITIONS].plus(filled(problem, site_id, state))
    for fleet in instance.existing.systems.values():
        if fleet.site == site_id:
            for resource, amount in system_needs(instance, fleet.system, site_id, case).items():
                needs[resource].constant += float(amount) * fleet.units
            needs[RACK_POSITIONS].constant += positions_for(instance, fleet.system, site_id, fleet.units)
    _add_clusters(problem, site_id, state, case, needs)
    for module_id in instance.sites[site_id].modules:
        in_place = problem.in_place(module_id, site_id, state)
        for resource, need in instance.modules[module_id].needs.items():
            needs[resource].plus(in_place, float(need.in_case(case)))
    return needs


def _add_clusters(problem: Problem, site_id: str, state: int, case: LoadCase, needs: dict[str, Linear]) -> None:
    """Add what clusters need, and the systems in them beside their own needs."""
    for place in problem.places.get(site_id, []):
        formed = problem.formed(place, state)
        for column, some in zip(formed, cluster_needs(problem.instance, place.cluster, case), strict=True):
            if column is not None:
                for resource, amount in some.items():
                    needs[resource].add(column, float(amount))


def _balance(problem: Problem, net: Network, key: tuple[str, str, int, LoadCase], need: Linear) -> Linear:
    """need <= what exists + what modules provide after redundancy, and the dispatch among providers that is decided.

    What is left to what exists.
    """
    site_id, resource, state, _ = key
    there = _existing_on(problem.instance.sites[site_id], resource, problem.states[state])
    outputs = _outputs(problem, net, *key)
    left = _dispatch(problem, net, key, need, outputs, there) if outputs else need
    from_existing = Linear([(outputs[EXISTING], 1.0)]) if EXISTING in outputs else Linear(constant=float(there or 0))
    rule = problem.instance.sites[site_id].redundancy.get(resource)
    if (not outputs or rule is not None) and (there is not None or EXISTING in outputs):
        modules = [provider for provider in net.providers.get(resource, ()) if provider.name != EXISTING]
        provided = redundancy.capacity(problem, site_id, resource, state, modules)
        left = Linear().plus(need).plus(provided, -1.0)
        problem.rows.add(("balance", *key), Linear().plus(left).plus(from_existing, -1.0), at_most=0.0)
    return from_existing if EXISTING in outputs else left


def _tighten(
    problem: Problem,
    place: tuple[str, str, int],
    need: Linear,
    load: Linear,
    opened: Linear | None,
    largest: dict[str, float],
) -> None:
    """What a site has carries a load only as far as the site is open, where nothing draws on it before, and none but
    what it carries without a block being lost: implied, and much tighter when relaxed. The design day says enough."""
    site_id, resource, state = place
    there = _existing_on(problem.instance.sites[site_id], resource, problem.states[state])
    if there is None:
        return
    existing = Linear(constant=float(there)) if opened is None else opened.times(float(there))
    if opened is not None and there:
        problem.rows.add(
            ("balance_open", *place), Linear().plus(load).plus(existing, -1.0), at_most=0.0, tightening=True
        )
    sizes = redundancy.sizes(problem, site_id, resource, state)
    most = largest.get(resource, INFINITY)
    if sizes and float(there) < most < INFINITY:
        row = Linear().plus(need).plus(existing, -1.0).plus(sizes, float(there) - most)
        problem.rows.add(("balance_spare", *place), row, at_most=0.0, tightening=True)


def _outputs(problem: Problem, net: Network, site_id: str, resource: str, state: int, case: LoadCase) -> dict[str, int]:
    """Column of what each provider delivers, where that is a decision."""
    found = {
        provider.name: problem.columns.get("output", site_id, provider.name, resource, state, case)
        for provider in net.decided(resource)
    }
    return {name: column for name, column in found.items() if column is not None}


def _dispatch(
    problem: Problem,
    net: Network,
    key: tuple[str, str, int, LoadCase],
    need: Linear,
    outputs: dict[str, int],
    there: Fraction | None,
) -> Linear:
    """Each provider within its own capacity; those without needs take the rest of the need.

    What is left to what exists, where that needs nothing itself.
    """
    site_id, resource, state, _ = key
    rest = Linear().plus(need)
    free = Linear()
    for provider in net.providers[resource]:
        column = outputs.get(provider.name)
        if column is not None:
            rest.add(column, -1.0)
        if provider.name == EXISTING:
            if column is not None and there is not None:
                problem.columns.tighten(column, float(there))
            continue
        in_place = problem.in_place(provider.name, site_id, state)
        if column is None:
            free.plus(in_place, float(provider.block))
        else:
            cap = in_place.times(-float(provider.block)).add(column, 1.0)
            problem.rows.add(("output", provider.name, *key), cap, at_most=0.0)
    left = Linear().plus(rest).plus(free, -1.0)
    existing = 0.0 if EXISTING in outputs else float(there or 0)
    bounded = there is not None or EXISTING in outputs
    if bounded and not free and not existing:
        problem.rows.add(("delivered", *key), rest, at_least=0.0, at_most=0.0)
        return left
    problem.rows.add(("delivered", *key), rest, at_least=0.0)
    if bounded:
        problem.rows.add(("capacity", *key), left, at_most=existing)
    return left


def links(problem: Problem) -> None:
    """Bounds of module orders from the largest need; then those of the capacity after redundancy."""
    for site_id in _sites(problem):
        _bound_modules(problem, site_id)
    redundancy.links(problem)


def _bound_modules(problem: Problem, site_id: str) -> None:
    """No more modules of a type than the largest need of what they provide could use, spare ones included.

    Modules may need what other modules provide, so bounds follow one from another until none is left.
    """
    last = len(problem.states) - 1
    terms = problem.instance.sites[site_id].modules
    waiting = [
        module for module in terms if terms[module].max_units is None and problem.in_place(module, site_id, last).terms
    ]
    net = problem.network(site_id)
    largest = {case: _largest_needs(problem, net, site_id, case) for case in cases(problem.instance, site_id)}
    while waiting:
        bounded = [module for module in waiting if _bound_module(problem, site_id, module, largest)]
        if not bounded:
            endless = problem.in_place(waiting[0], site_id, last)
            problem.bounded(endless, f"sites.{site_id}.modules.{waiting[0]}.max_units")
        waiting = [module for module in waiting if module not in bounded]


def _bound_module(problem: Problem, site_id: str, module_id: str, largest: dict[LoadCase, dict[str, float]]) -> bool:
    """Bound one module by the needs of both load cases; False when these are not bounded yet."""
    instance = problem.instance
    net, last = problem.network(site_id), problem.epoch(site_id, len(problem.states) - 1)
    # An approval provides nothing, and one is enough.
    most = 0.0 if instance.modules[module_id].provides else 1.0
    for case in cases(instance, site_id):
        needs = _needs(problem, net, site_id, last, case)
        for resource, delivery in instance.modules[module_id].provides.items():
            need = min(problem.upper_of(needs[resource]), largest[case].get(resource, INFINITY))
            if not isfinite(need):
                return False
            rule = instance.sites[site_id].redundancy.get(resource)
            blocks = -(-need // float(delivery.amount))
            most = max(most, blocks * (2 if rule and rule.doubled else 1) + (rule.spare_blocks if rule else 0))
    # What is committed stays, useful or not.
    built = {
        day: n for (module, site, day), n in instance.committed.built.items() if (module, site) == (module_id, site_id)
    }
    most = max(most, float(sum(built.values())))
    ordered = problem.in_place(module_id, site_id, last)
    in_all = problem.columns.get("modules_in_all", module_id, site_id)
    for column in (*ordered.terms, *([in_all] if in_all is not None else [])):
        problem.columns.tighten(column, most)
    if len(ordered.terms) > 1:
        problem.rows.add(("useful", module_id, site_id), ordered, at_most=most, tightening=True)
    return True


def readings(recount: Recount) -> Iterator[Reading]:
    """Need against capacity of every resource, site, state day and load case, and modules against their terms."""
    loads = SiteLoads(recount)
    for site_id, site in recount.instance.sites.items():
        if loads.network(site_id).providers or any(loads.standing(site_id, len(recount.states) - 1).values()):
            for state in range(len(recount.states)):
                for case in cases(recount.instance, site_id):
                    yield from _balance_readings(recount, loads, site_id, state, case)
        for module_id, terms in site.modules.items():
            ordered = sum(
                line.units for line in recount.decisions.modules if (line.module, line.site) == (module_id, site_id)
            )
            if terms.max_units is not None:
                yield Reading(
                    NAME,
                    f"sites.{site_id}.modules.{module_id}",
                    "ordered",
                    Fraction(ordered),
                    "modules",
                    None,
                    Fraction(terms.max_units),
                )
    yield from _module_order_readings(recount)


def _module_order_readings(recount: Recount) -> Iterator[Reading]:
    firsts = {period.first for period in recount.instance.calendar.all_periods}
    for line in recount.decisions.modules:
        if line.units <= built_before(recount.instance, line.module, line.site, line.signed):
            continue
        allowed = (
            line.signed in firsts
            and line.module in recount.instance.sites[line.site].modules
            and module_denial(recount.instance, line.module, line.signed) is None
        )
        yield Reading(
            NAME,
            f"sites.{line.site}.modules.{line.module}",
            f"ordered on {line.signed}, when it can be",
            Fraction(int(not allowed)),
            "faults",
            None,
            Fraction(0),
        )


def _balance_readings(
    recount: Recount, loads: SiteLoads, site_id: str, state: int, case: LoadCase
) -> Iterator[Reading]:
    load, net, day = loads.load(site_id, state, case), loads.network(site_id), recount.states[state]
    resources = dict.fromkeys([*load.needs, *(resource for _, resource in load.outputs)])
    for resource in resources:
        need = load.needs.get(resource, Fraction(0))
        detail = f"{resource} on {day}, {case} load"
        unit = recount.instance.resources[resource].unit
        if net.decided(resource):
            yield from _dispatch_readings(recount, loads, site_id, resource, state, case)
        capacity = capacity_on(recount, loads, site_id, resource, day)
        existing = [provider for provider in net.decided(resource) if provider.name == EXISTING]
        if existing:
            # What exists gives only what the plan says it delivers.
            site = recount.instance.sites[site_id]
            capacity = load.outputs[EXISTING, resource] + redundancy.counted(
                site, resource, _blocks(recount, loads, site_id, resource, day)
            )
        if capacity is not None:
            yield Reading(NAME, path(site_id, resource), detail, need, unit, None, capacity, False)


def _dispatch_readings(
    recount: Recount, loads: SiteLoads, site_id: str, resource: str, state: int, case: LoadCase
) -> Iterator[Reading]:
    """What each provider delivers against its own capacity, and the rest against those without needs."""
    load, net, day = loads.load(site_id, state, case), loads.network(site_id), recount.states[state]
    unit, at = recount.instance.resources[resource].unit, path(site_id, resource)
    there = _existing_on(recount.instance.sites[site_id], resource, day)
    rest, free = load.needs.get(resource, Fraction(0)), Fraction(0)
    endless = False
    for provider in net.providers[resource]:
        own = there
        if provider.name != EXISTING:
            own = Fraction(provider.block) * recount.modules_on(provider.name, site_id, day)
        if provider.needs:
            output = load.outputs[provider.name, resource]
            rest -= output
            detail = f"{resource} from {provider.name} on {day}, {case} load"
            yield Reading(NAME, at, detail, output, unit, Fraction(0), own, False)
        elif own is None:
            endless = True
        else:
            free += own
    detail = f"rest of {resource} on {day}, {case} load"
    yield Reading(NAME, at, detail, rest, unit, Fraction(0), None if endless else free, False)


def _blocks(recount: Recount, loads: SiteLoads, site_id: str, resource: str, day: date) -> list[tuple[Fraction, int]]:
    """(capacity of one, how many in place) of every module that provides a resource."""
    providers = loads.network(site_id).providers.get(resource, ())
    return [(Fraction(p.block), recount.modules_on(p.name, site_id, day)) for p in providers if p.name != EXISTING]


def capacity_on(recount: Recount, loads: SiteLoads, site_id: str, resource: str, day: date) -> Fraction | None:
    """Capacity of a resource at a site on a day, after redundancy; None when unlimited."""
    site = recount.instance.sites[site_id]
    there = _existing_on(site, resource, day)
    if there is None:
        return None
    return there + redundancy.counted(site, resource, _blocks(recount, loads, site_id, resource, day))


def _existing_on(site: Site, resource: str, day: date) -> Fraction | None:
    """Existing capacity on a day; None when unlimited."""
    capacity = site.capacity.get(resource)
    amount = capacity.on(day) if capacity else 0
    return None if amount is None else Fraction(amount)


def sentence(instance: Instance, at: str) -> str:
    """What the site has of the resource."""
    parts = at.split(".")
    site_id, resource = parts[1], parts[3] if len(parts) > 3 else ""
    capacity = instance.sites[site_id].capacity.get(resource)
    unit = instance.resources[resource].unit if resource in instance.resources else ""
    if capacity is None:
        return f"site {site_id} has no {resource} of its own"
    if capacity.amount == "unlimited":
        return f"site {site_id} has unlimited {resource}"
    steps = ", ".join(
        f"{step.amount:,} {unit}" + (f" from {step.start}" if step.start > ALWAYS else "") for step in capacity.amount
    )
    return f"site {site_id} has {steps} of {resource}"


def repair(_instance: Instance, reading: Reading) -> str:
    """By how much capacity falls short."""
    return f"{reading.path}: {float(reading.shortfall):,.1f} {reading.unit} more for {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Facility balance",
    kind="physical",
    groups=lambda instance: [path(site, resource) for site in instance.sites for resource in instance.resources],
    sentence=sentence,
    repair=repair,
    denies_pair=denies_pair,
    columns=columns,
    rows=rows,
    links=links,
    readings=readings,
)
