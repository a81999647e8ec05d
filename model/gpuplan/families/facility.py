r"""Facility balance: what systems and modules need is delivered, in both load cases, with redundancy.

For each site $s$, state day $k$, load case $c$ and resource $r$, the need (see needs) is no more than what providers
deliver (see dispatch): the capacity that exists, and the modules that have been ordered (see module orders) and are
there.

$$ N_{rskc} \le E_{rsk} + R_{rsk} + G_{rskc} \quad \forall\, r, s, k, c $$

What an existing fleet lacks at its site is given ($G$) while no module can have come yet, see `interim`.

Implied for whole decisions and much tighter when relaxed, on the design day: what exists carries no more than its share
of a site that is opened by decision, where nothing draws on it before; and no need is larger than what exists unless a
block is lost, with $N^{\max}$ the largest need that the site's grid connection leaves room for.

$$ x^{\mathrm{output}}_{\mathrm{existing},rsk} \le E_{rsk}\, \omega_{sk}, \qquad
N_{rsk} \le E_{rsk}\, \omega_{sk} + (N^{\max}_{rs} - E_{rsk}) \sum_\theta \sigma_{\theta rsk}
\quad \forall\, r, s, k $$

Redundancy at a site: N+k counts the total less the $k$ largest blocks in use, which is
$R = \max_\theta \big( \sum_m \min(B_m, \theta)\, n^{\mathrm{avail}}_m - k \theta \big)$ over the block sizes $\theta$,
or nothing; 2N counts half of the modules of each type, rounded down. Existing capacity is stated after redundancy.

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{avail}}_{msk}$ | modules in place: ordered (`modules`) and ready | modules |
| $x^{\mathrm{output}}_{mrskc}$ | delivered by a provider (`output`) | the resource's |
| $N_{rskc}$ | need; $N^{\max}$ the largest there can be | the resource's |
| $R_{rsk}, E_{rsk}$ | modules' capacity after redundancy; existing capacity | the resource's |
| $G_{rskc}$ | what an existing fleet lacks, until modules can come | the resource's |
| $\omega_{sk}$ | whether the site is open: opened by a decision (`opening`) and ready | 0 or 1 |
| $\sigma_\theta$ | whether a block size is chosen (`spare_size`), see redundancy | 0 or 1 |
| $B_m$ | capacity of one module | the resource's |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families import dispatch, module_orders, redundancy
from gpuplan.families.draws import drawn_while_closed
from gpuplan.families.family import Denial, Family
from gpuplan.families.needs import NAME, cases, largest_by_resource, least_draw, needs_on, path
from gpuplan.families.siting import opened_by
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import ALWAYS
from gpuplan.instance.facility import GRID_POWER, RACK_POSITIONS, LoadCase
from gpuplan.instance.interim import interim
from gpuplan.instance.loads import system_needs, takes_rack_space
from gpuplan.instance.providers import EXISTING, Network, missing, network
from gpuplan.ledger.reading import Reading
from gpuplan.ledger.site_loads import SiteLoad, SiteLoads
from gpuplan.program.columns import INFINITY
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


def denies_pair(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """A system that needs a resource of which the site has none and can get none in time."""
    system = instance.systems[instance.quotes[offer].system]
    net = network(instance, site)
    needed = list(system_needs(instance, instance.quotes[offer].system, site, "design"))
    if takes_rack_space(system):
        needed.append(RACK_POSITIONS)
    for resource, wanted in missing(net, needed).items():
        whence = "" if resource == wanted else f", on which its {wanted} depends,"
        reason = f"site {site} has no {resource}{whence} and can get none in time"
        edit = f"{path(site, resource)} {'=' if resource in instance.sites[site].capacity else 'insert'} unlimited"
        yield Denial(Group(NAME, path(site, resource)), reason, "" if whence else resource, edit)


def columns(problem: Problem) -> None:
    """Module orders that can deliver in time, and the deliveries that are decisions."""
    for site_id in _sites(problem):
        module_orders.columns(problem, site_id)
        dispatch.columns(problem, site_id)


def _sites(problem: Problem) -> list[str]:
    """Sites where something could stand."""
    reached = {site for _, site in problem.pairs()} | {
        fleet.site for fleet in problem.instance.existing.systems.values()
    }
    reached |= {one.site for one in problem.instance.committed.modules.values()}
    return [site for site in problem.instance.sites if site in reached]


def rows(problem: Problem) -> None:
    """The balance of every resource that is not unlimited, on every state day and load case."""
    for site_id in _sites(problem):
        net = problem.network(site_id)
        drawn = drawn_while_closed(problem, net, site_id)
        largest = largest_by_resource(problem, net, site_id, "design")
        for state in range(len(problem.states)):
            opened = opened_by(problem, site_id, problem.states[state])
            for case in cases(problem.instance, site_id):
                epoch = problem.epoch(site_id, state)
                if epoch < state:
                    problem.draws[site_id, state, case] = problem.draws[site_id, epoch, case]
                    continue
                if not problem.is_looked_at(site_id, state, case):
                    problem.draws[site_id, state, case] = least_draw(problem, net, site_id, state, case)
                    continue
                needs = needs_on(problem, net, site_id, state, case)
                problem.draws[site_id, state, case] = needs.get(GRID_POWER, Linear())
                for resource, need in needs.items():
                    if (need or net.decided(resource)) and problem.is_on(NAME, path(site_id, resource)):
                        load = _balance(problem, net, (site_id, resource, state, case), need)
                        if case == "design":
                            place, share = (site_id, resource, state), None if resource in drawn else opened
                            _tie_to_opening(problem, place, load, share)
                            _tie_to_spare(problem, place, need, share, largest.get(resource, INFINITY))
        module_orders.rows(problem, site_id)


def _balance(problem: Problem, net: Network, key: tuple[str, str, int, LoadCase], need: Linear) -> Linear:
    """need <= what exists + what modules provide after redundancy, and the dispatch among providers that is decided.

    What is left to what exists.
    """
    site_id, resource, state, case = key
    there = problem.instance.sites[site_id].existing_on(resource, problem.states[state])
    given = interim(problem.instance, site_id, resource, case, problem.states[state])
    outputs = dispatch.outputs(problem, net, *key)
    left = dispatch.rows(problem, net, key, need, outputs, there, given) if outputs else need
    from_existing = Linear([(outputs[EXISTING], 1.0)]) if EXISTING in outputs else Linear(constant=float(there or 0))
    rule = problem.instance.sites[site_id].redundancy.get(resource)
    if (not outputs or rule is not None) and (there is not None or EXISTING in outputs):
        modules = [provider for provider in net.providers.get(resource, ()) if provider.name != EXISTING]
        provided = redundancy.capacity(problem, site_id, resource, state, modules)
        left = Linear().plus(need).plus(provided, -1.0)
        left.constant -= float(given)
        problem.rows.add(("balance", *key), Linear().plus(left).plus(from_existing, -1.0), at_most=0.0)
    return from_existing if EXISTING in outputs else left


def _tie_to_opening(problem: Problem, place: tuple[str, str, int], load: Linear, opened: Linear | None) -> None:
    """What a site has carries a load only as far as the site is open, where nothing draws on it before."""
    site_id, resource, state = place
    there = problem.instance.sites[site_id].existing_on(resource, problem.states[state])
    if opened is not None and there:
        row = Linear().plus(load).plus(opened, -float(there))
        problem.rows.add(("balance_open", *place), row, at_most=0.0, tightening=True)


def _tie_to_spare(
    problem: Problem, place: tuple[str, str, int], need: Linear, opened: Linear | None, most: float
) -> None:
    """None needs more than what a site has, as far as it is open, without a block being lost."""
    site_id, resource, state = place
    there = problem.instance.sites[site_id].existing_on(resource, problem.states[state])
    sizes = redundancy.sizes(problem, site_id, resource, state)
    given = interim(problem.instance, site_id, resource, "design", problem.states[state])
    if there is not None and sizes and not given and float(there) < most < INFINITY:
        existing = Linear(constant=float(there)) if opened is None else opened.times(float(there))
        row = Linear().plus(need).plus(existing, -1.0).plus(sizes, float(there) - most)
        problem.rows.add(("balance_spare", *place), row, at_most=0.0, tightening=True)


def links(problem: Problem) -> None:
    """Bounds of module orders from the largest need; then those of the capacity after redundancy."""
    for site_id in _sites(problem):
        module_orders.links(problem, site_id)
    redundancy.links(problem)


def readings(recount: Recount) -> Iterator[Reading]:
    """Need against capacity of every resource, site, state day and load case, and modules against their terms."""
    loads = SiteLoads(recount)
    for site_id in recount.instance.sites:
        fullest = {recount.states[-1], *recount.instance.last_days}
        stood = (loads.standing(site_id, loads.installed(site_id, day)) for day in fullest)
        if loads.network(site_id).providers or any(any(some.values()) for some in stood):
            for day in recount.days_at(site_id):
                for case in cases(recount.instance, site_id):
                    yield from balance_readings(loads, loads.load(site_id, day, case), site_id, day, case)
    yield from module_orders.readings(recount)


def balance_readings(loads: SiteLoads, load: SiteLoad, site_id: str, day: date, case: LoadCase) -> Iterator[Reading]:
    """Need against capacity of every resource of a site on a day, for a load in one case."""
    recount, net = loads.recount, loads.network(site_id)
    resources = dict.fromkeys([*load.needs, *(resource for _, resource in load.outputs)])
    for resource in resources:
        need = load.needs.get(resource, Fraction(0))
        detail = f"{resource} on {day}, {case} load"
        unit = recount.instance.resources[resource].unit
        if net.decided(resource):
            yield from dispatch.readings(loads, load, site_id, resource, day, case)
        capacity = capacity_on(recount, loads, site_id, resource, day)
        existing = [provider for provider in net.decided(resource) if provider.name == EXISTING]
        if existing:
            # What exists gives only what the plan says it delivers.
            site = recount.instance.sites[site_id]
            capacity = load.outputs[EXISTING, resource] + redundancy.counted(
                site, resource, _blocks(recount, loads, site_id, resource, day)
            )
        if capacity is not None:
            capacity += interim(recount.instance, site_id, resource, case, day)
            yield Reading(NAME, path(site_id, resource), detail, need, unit, None, capacity, recount.is_whole)


def _blocks(recount: Recount, loads: SiteLoads, site_id: str, resource: str, day: date) -> list[tuple[Fraction, int]]:
    """(capacity of one, how many in place) of every module that provides a resource."""
    providers = loads.network(site_id).providers.get(resource, ())
    return [(Fraction(p.block), recount.modules_on(p.name, site_id, day)) for p in providers if p.name != EXISTING]


def capacity_on(recount: Recount, loads: SiteLoads, site_id: str, resource: str, day: date) -> Fraction | None:
    """Capacity of a resource at a site on a day, after redundancy; None when unlimited."""
    site = recount.instance.sites[site_id]
    there = site.existing_on(resource, day)
    if there is None:
        return None
    return there + redundancy.counted(site, resource, _blocks(recount, loads, site_id, resource, day))


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
