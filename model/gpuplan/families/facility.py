r"""Facility balance: what systems and modules need is delivered, in both load cases, with redundancy.

For each site $s$, state day $k$, load case $c$ and resource $r$, the need is what installed systems and modules in
place need, and what providers of other resources need for what they deliver. Providers are the capacity that exists
and the modules that have arrived. A resource's only provider delivers just what is needed; otherwise what a provider with needs
delivers is a decision, and providers without needs take the rest.

$$ N_{rskc} = \kappa_{rc} \Big( \sum_{o} a_{orsc}\, n^{\mathrm{installed}}_{osk}
  + \sum_m a_{mrc}\, n^{\mathrm{avail}}_{msk} + \sum_{m,q} b_{mqrc}\, x^{\mathrm{output}}_{mqskc} \Big) $$
$$ 0 \le N_{rskc} - \sum_m x^{\mathrm{output}}_{mrskc} \le \mathrm{free}_{rsk}, \qquad
N_{rskc} - E_{rsk} \le R_{rsk} $$

Redundancy at a site: N+k counts the total less the $k$ largest blocks in use, which is
$R = \max_\theta \big( \sum_m \min(B_m, \theta)\, n^{\mathrm{avail}}_m - k \theta \big)$ over the block sizes $\theta$,
or nothing; 2N counts half of the modules of each type, rounded down. Existing capacity is stated after redundancy.

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{avail}}_{msk}$ | modules in place: ordered (`modules`) and ready | modules |
| $x^{\mathrm{output}}_{mrskc}$ | delivered by a provider (`output`) | the resource's |
| $N_{rskc}$ | need | the resource's |
| $R_{rsk}, E_{rsk}$ | modules' capacity after redundancy; existing capacity | the resource's |
| $B_m$ | capacity of one module | the resource's |
| $a, b$ | need of each system or module; of each unit delivered | per unit |
| $\kappa_{rc}$ | coincidence on the design day; 1 over the year | |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.errors import InvalidInput
from gpuplan.errors import Problem as Fault
from gpuplan.families.density import filled
from gpuplan.families.family import Denial, Family
from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.loads import positions_for, system_needs, takes_rack_space
from gpuplan.instance.providers import EXISTING, Network, Provider, module_denial, network
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
            for period in problem.periods:
                if module_denial(instance, module_id, period.first) is None:
                    most = INFINITY if terms.max_units is None else float(terms.max_units)
                    problem.columns.add(("modules", module_id, site_id, period.index), Role.WHOLE, most)
        net = problem.network(site_id)
        for resource in net.providers:
            for provider in net.decided(resource):
                for case in cases(instance, site_id):
                    for state in range(len(problem.states)):
                        problem.columns.add(("output", site_id, provider.name, resource, state, case), Role.CONTINUOUS)


def _sites(problem: Problem) -> list[str]:
    """Sites where something could stand."""
    reached = {site for _, site in problem.pairs()} | {
        fleet.site for fleet in problem.instance.existing.systems.values()
    }
    return [site for site in problem.instance.sites if site in reached]


def cases(instance: Instance, site_id: str) -> tuple[LoadCase, ...]:
    """Load cases that matter at a site: the typical one only where energy costs, emits or is limited."""
    site = instance.sites[site_id]
    measured = any(limit.kind == "site" for limit in instance.limits.values()) or any(
        level.minimise not in ("cost", "commissioning", "concentration") or level.maximise
        for level in instance.objective
    )
    return LOAD_CASES if site.tariff is not None or site.carbon_kg_per_kwh or measured else ("design",)


def available(problem: Problem, module_id: str, site_id: str, day: date) -> Linear:
    """Modules in place on a day."""
    module = problem.instance.modules[module_id]
    found = Linear()
    for period in problem.periods:
        column = problem.columns.get("modules", module_id, site_id, period.index)
        if column is not None and module_ready(module, period.first) <= day:
            found.add(column, 1.0)
    return found


def rows(problem: Problem) -> None:
    """The balance of every resource that is not unlimited, on every state day and load case."""
    for site_id in _sites(problem):
        net = problem.network(site_id)
        for state in range(len(problem.states)):
            for case in cases(problem.instance, site_id):
                needs = _needs(problem, net, site_id, state, case)
                problem.draws[site_id, state, case] = needs.get(GRID_POWER, Linear())
                for resource, need in needs.items():
                    if need and problem.is_on(NAME, path(site_id, resource)):
                        _balance(problem, net, site_id, resource, state, case, need)
        for module_id, terms in problem.instance.sites[site_id].modules.items():
            ordered = available(problem, module_id, site_id, problem.instance.calendar.end)
            if terms.max_units is not None and len(ordered.terms) > 1:
                problem.rows.add(("max_modules", module_id, site_id), ordered, at_most=terms.max_units)


def _needs(problem: Problem, net: Network, site_id: str, state: int, case: LoadCase) -> dict[str, Linear]:
    """Need of each resource, deliveries that follow from needs written out."""
    instance = problem.instance
    needs = {resource: Linear() for resource in net.order}
    for offer, standing in problem.standings_by_site.get(site_id, []):
        column = standing[state]
        if column is not None:
            for resource, amount in system_needs(instance, instance.offers[offer].system, site_id, case).items():
                needs[resource].add(column, float(amount))
    needs[RACK_POSITIONS].plus(filled(problem, site_id, state))
    for fleet in instance.existing.systems.values():
        if fleet.site == site_id:
            for resource, amount in system_needs(instance, fleet.system, site_id, case).items():
                needs[resource].constant += float(amount) * fleet.units
            needs[RACK_POSITIONS].constant += positions_for(instance, fleet.system, site_id, fleet.units)
    for module_id in instance.sites[site_id].modules:
        in_place = available(problem, module_id, site_id, problem.states[state])
        for resource, need in instance.modules[module_id].needs.items():
            needs[resource].plus(in_place, float(need.in_case(case)))
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


def _balance(
    problem: Problem, net: Network, site_id: str, resource: str, state: int, case: LoadCase, need: Linear
) -> None:
    day = problem.states[state]
    key = (site_id, resource, state, case)
    providers = net.providers.get(resource, ())
    existing = next((provider for provider in providers if provider.name == EXISTING), None)
    there = existing.capacity.on(day) if existing and existing.capacity else 0
    by_modules = Linear().plus(need)  # what modules must deliver: the need less what exists
    rest = Linear().plus(need)  # what providers without needs take
    for provider in net.decided(resource):
        column = problem.columns.get("output", site_id, provider.name, resource, state, case)
        if column is None:
            continue
        rest.add(column, -1.0)
        if provider.name == EXISTING:
            by_modules.add(column, -1.0)
            if there is not None:
                problem.columns.tighten(column, float(there))
        else:
            cap = available(problem, provider.name, site_id, day).times(-float(provider.block)).add(column, 1.0)
            problem.rows.add(("output", provider.name, *key), cap, at_most=0.0)
    decided = net.decided(resource)
    free = there is None if existing and existing not in decided else False
    if existing and existing not in decided and there is not None:
        by_modules.constant -= float(there)
    if decided:
        unneedy = [provider for provider in providers if provider not in decided and provider.name != EXISTING]
        upper = Linear().plus(rest)
        if existing and existing not in decided and there is not None:
            upper.constant -= float(there)
        for provider in unneedy:
            upper.plus(available(problem, provider.name, site_id, day), -float(provider.block))
        problem.rows.add(("delivered", *key), rest, at_least=0.0)
        if not free:
            problem.rows.add(("capacity", *key), upper, at_most=0.0)
    if not free and not (existing in decided and there is None):
        modules = [provider for provider in providers if provider.name != EXISTING]
        if not decided or problem.instance.sites[site_id].redundancy.get(resource):
            _after_redundancy(problem, modules, key, by_modules, day)


def _after_redundancy(
    problem: Problem, modules: list[Provider], key: tuple[str, str, int, LoadCase], need: Linear, day: date
) -> None:
    """need <= capacity of the modules in place, after redundancy."""
    site_id, resource, state, _case = key
    rule = problem.instance.sites[site_id].redundancy.get(resource)
    counts = [(provider, available(problem, provider.name, site_id, day)) for provider in modules]
    counts = [(provider, count) for provider, count in counts if count.terms]
    row = Linear().plus(need)
    if rule is not None and rule.doubled:
        for provider, count in counts:
            pairs = problem.columns.get("pairs", site_id, provider.name, state)
            if pairs is None:
                pairs = problem.columns.add(("pairs", site_id, provider.name, state), Role.WHOLE)
                problem.rows.add(
                    ("pairs", site_id, provider.name, state), count.times(-1.0).add(pairs, 2.0), at_most=0.0
                )
            row.add(pairs, -float(provider.block))
    elif rule is not None and rule.spare_blocks:
        for size in sorted({provider.block for provider, _ in counts}):
            usable = problem.columns.get("usable", site_id, resource, state, str(size))
            if usable is None:
                usable = _usable(problem, key, counts, float(size), rule.spare_blocks, str(size))
            row.add(usable, -1.0)
    else:
        for provider, count in counts:
            row.plus(count, -float(provider.block))
    problem.rows.add(("balance", *key), row, at_most=0.0)


def _usable(
    problem: Problem,
    key: tuple[str, str, int, LoadCase],
    counts: list[tuple[Provider, Linear]],
    size: float,
    spare: int,
    name: str,
) -> int:
    """Capacity counted at one block size: sum of min(block, size) x modules - spare x size, if this size is chosen."""
    site_id, resource, state, _ = key
    column = problem.columns.add(("usable", site_id, resource, state, name), Role.CONTINUOUS)
    chosen = problem.columns.add(("spare_size", site_id, resource, state, name), Role.WHOLE, 1.0)
    row = Linear([(column, 1.0), (chosen, spare * size)])
    for provider, count in counts:
        row.plus(count, -min(float(provider.block), size))
    problem.rows.add(("spare", site_id, resource, state, name), row, at_most=0.0)
    return column


def links(problem: Problem) -> None:
    """Bounds of module orders from the largest need; then the choice of a block size for N+k."""
    for site_id in _sites(problem):
        _bound_modules(problem, site_id)
    sizes: dict[tuple[str | int, ...], list[int]] = {}
    for column in problem.columns.of("usable"):
        key = problem.columns.keys[column]
        chosen = problem.columns.get("spare_size", *key[1:])
        if chosen is not None:
            sizes.setdefault(key[1:4], []).append(chosen)
            bound = sum(
                float(provider.block)
                * problem.upper_of(available(problem, provider.name, str(key[1]), problem.states[int(key[3])]))
                for provider in problem.network(str(key[1])).providers[str(key[2])]
                if provider.name != EXISTING
            )
            problem.rows.add(("usable", *key[1:]), Linear([(column, 1.0), (chosen, -bound)]), at_most=0.0)
    for chosen_key, columns_of in sizes.items():
        if len(columns_of) > 1:
            problem.rows.add(("one_size", *chosen_key), Linear((column, 1.0) for column in columns_of), at_most=1.0)


def _bound_modules(problem: Problem, site_id: str) -> None:
    """No more modules of a type than the largest need of what they provide could use, spare ones included."""
    instance = problem.instance
    site = instance.sites[site_id]
    net = problem.network(site_id)
    last = len(problem.states) - 1
    wanted = [module for module, terms in site.modules.items() if terms.max_units is None]
    if not wanted:
        return
    needs = _needs(problem, net, site_id, last, "design")
    for module_id in wanted:
        ordered = available(problem, module_id, site_id, instance.calendar.end)
        if not ordered.terms:
            continue
        most = 0.0
        for resource, delivery in instance.modules[module_id].provides.items():
            rule = site.redundancy.get(resource)
            blocks = -(-problem.upper_of(needs[resource]) // float(delivery.amount))
            most = max(most, blocks * (2 if rule and rule.doubled else 1) + (rule.spare_blocks if rule else 0))
        if most == INFINITY or most != most:
            message = "nothing bounds how many could be used, so no bound can be derived"
            raise InvalidInput([Fault(message, "State max_units.", f"sites.{site_id}.modules.{module_id}.max_units")])
        for column in ordered.terms:
            problem.columns.tighten(column, most)
        if len(ordered.terms) > 1:
            problem.rows.add(("useful", module_id, site_id), ordered, at_most=most, tightening=True)


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
    firsts = {period.first for period in recount.instance.calendar.all_periods()}
    for line in recount.decisions.modules:
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
    site = recount.instance.sites[site_id]
    for resource, need in load.needs.items():
        detail = f"{resource} on {day}, {case} load"
        providers = net.providers.get(resource, ())
        counts = [
            (Fraction(p.block), recount.modules_on(p.name, site_id, day)) for p in providers if p.name != EXISTING
        ]
        there = _existing_on(site, resource, day)
        unit = recount.instance.resources[resource].unit
        decided = net.decided(resource)
        delivered = sum((load.outputs[provider.name, resource] for provider in decided), Fraction(0))
        for provider in decided:
            cap = (
                there
                if provider.name == EXISTING
                else Fraction(provider.block) * recount.modules_on(provider.name, site_id, day)
            )
            at = f"{resource} from {provider.name} on {day}, {case} load"
            yield Reading(
                NAME, path(site_id, resource), at, load.outputs[provider.name, resource], unit, Fraction(0), cap, False
            )
        if there is None:
            continue
        if decided:
            unneedy = sum(
                Fraction(p.block) * recount.modules_on(p.name, site_id, day)
                for p in providers
                if p not in decided and p.name != EXISTING
            )
            own = there if not any(p.name == EXISTING for p in decided) else Fraction(0)
            yield Reading(
                NAME,
                path(site_id, resource),
                f"rest of {detail}",
                need - delivered,
                unit,
                Fraction(0),
                own + unneedy,
                False,
            )
            from_existing = sum(load.outputs[p.name, resource] for p in decided if p.name == EXISTING) or Fraction(0)
            there = from_existing if any(p.name == EXISTING for p in decided) else there
        after = _counted(site, resource, counts)
        yield Reading(NAME, path(site_id, resource), detail, need, unit, None, there + after, False)


def capacity_on(recount: Recount, loads: SiteLoads, site_id: str, resource: str, day: date) -> Fraction | None:
    """Capacity of a resource at a site on a day, after redundancy; None when unlimited."""
    site = recount.instance.sites[site_id]
    there = _existing_on(site, resource, day)
    if there is None:
        return None
    providers = loads.network(site_id).providers.get(resource, ())
    counts = [(Fraction(p.block), recount.modules_on(p.name, site_id, day)) for p in providers if p.name != EXISTING]
    return there + _counted(site, resource, counts)


def _existing_on(site: Site, resource: str, day: date) -> Fraction | None:
    """Existing capacity on a day; None when unlimited."""
    capacity = site.capacity.get(resource)
    amount = capacity.on(day) if capacity else 0
    return None if amount is None else Fraction(amount)


def _counted(site: Site, resource: str, counts: list[tuple[Fraction, int]]) -> Fraction:
    """Capacity of modules after redundancy, given (block, modules)."""
    rule = site.redundancy.get(resource)
    if rule is not None and rule.doubled:
        return sum((block * (units // 2) for block, units in counts), Fraction(0))
    blocks = sorted((block for block, units in counts for _ in range(units)), reverse=True)
    return sum(blocks[rule.spare_blocks if rule else 0 :], Fraction(0))


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
        f"{step.amount:,} {unit}" + (f" from {step.start}" if step.start.year > 1 else "") for step in capacity.amount
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
