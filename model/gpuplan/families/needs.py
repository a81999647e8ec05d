r"""Needs: what a site needs of each resource, in both load cases. Used by the facility balance.

The need $N$ is what systems, clusters and modules in place need themselves, their demand, and what the providers of
other resources need for what they deliver: a resource's only provider delivers just what is needed, of several each one
with needs delivers what is decided.

$$ N_{rskc} = \kappa_{rc} \Big( \sum_{o} a_{orsc}\, n^{\mathrm{installed}}_{osk}
  + \sum_m a_{mrc}\, n^{\mathrm{avail}}_{msk} + \sum_{m,q} b_{mqrc}\, x^{\mathrm{output}}_{mqskc} \Big)
  \quad \forall\, r, s, k, c $$

| symbol | meaning | unit |
| --- | --- | --- |
| $N_{rskc}$ | need of resource $r$ at site $s$ on state day $k$ in load case $c$ | the resource's |
| $n^{\mathrm{avail}}_{msk}$ | modules in place: ordered (`modules`) and ready | modules |
| $x^{\mathrm{output}}_{mqskc}$ | delivered by a provider (`output`) | the resource's |
| $a, b$ | need of each system or module; of each unit delivered | per unit |
| $\kappa_{rc}$ | coincidence on the design day; 1 over the year | |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.families.density import filled
from gpuplan.families.draws import largest_needs, least_draws
from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS, LoadCase
from gpuplan.instance.joining import cluster_needs
from gpuplan.instance.loads import positions_for, system_needs
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.facility import Site
    from gpuplan.instance.providers import Network
    from gpuplan.instance.schema import Instance
    from gpuplan.program.problem import Problem


NAME = "facility"
"""Of the balance that needs, dispatch and module orders are parts of."""


def path(site: str, resource: str) -> str:
    """Path of a resource at a site."""
    return f"sites.{site}.capacity.{resource}"


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


def needs_on(problem: Problem, net: Network, site_id: str, state: int, case: LoadCase) -> dict[str, Linear]:
    """Need of each resource, deliveries that follow from needs written out."""
    instance = problem.instance
    needs = {resource: Linear() for resource in net.order} | demands_on(problem, site_id, state, case)
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


def demands_on(problem: Problem, site_id: str, state: int, case: LoadCase) -> dict[str, Linear]:
    """What systems, clusters and modules need of each resource, before what providers need for it."""
    instance = problem.instance
    needs = {resource: Linear() for resource in instance.resources}
    for offer, standing in problem.standings.at(site_id):
        column = standing[state]
        if column is not None:
            for resource, each in problem.needs(instance.quotes[offer].system, site_id, case).items():
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


def least_draw(problem: Problem, net: Network, site_id: str, state: int, case: LoadCase) -> Linear:
    """What is drawn from the grid at the very least, were everything provided in the way that draws least."""
    least = least_draws(problem.instance, net, case)
    draw = Linear()
    for resource, demand in demands_on(problem, site_id, state, case).items():
        draw.plus(demand, least.get(resource, 0.0))
    return draw


def largest_by_resource(problem: Problem, net: Network, site_id: str, case: LoadCase) -> dict[str, float]:
    """By resource: the largest need on any day that the site's grid connection leaves room for; empty where unknown."""
    connection = problem.instance.sites[site_id].capacity.get(GRID_POWER)
    steps = () if connection is None or connection.amount == "unlimited" else connection.amount
    is_kept = all(problem.is_on(NAME, path(site_id, resource)) for resource in net.order)
    if not steps or not is_kept or len(net.providers[GRID_POWER]) > 1:
        return {}
    grid, found = float(max(step.amount for step in steps)), dict[str, float]()
    for state in problem.fullest_states(site_id, len(problem.states) - 1):
        some = largest_needs(problem.instance, net, case, demands_on(problem, site_id, state, case), grid)
        found = {resource: max(need, found.get(resource, need)) for resource, need in some.items()}
    return found
