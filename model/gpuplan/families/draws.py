r"""Draws: what needs at a site draw on one another, and so how large one can be. Used by the facility balance.

A unit of resource $q$ draws on resource $r$ by what its provider needs, and by what that one's providers need in turn:
at the least $\ell_{qr}$, were everything provided in the way that draws least, at the most $m_{qr}$. All that stands at
a site shares its grid connection $G$, so that no need there is larger than

$$ N_r \le N_r(0) + G \cdot \max_j \frac{\sum_q d_{jq}\, m_{qr}}{\sum_q d_{jq}\, \ell_{q,\mathrm{grid}}} $$

| symbol | meaning | unit |
| --- | --- | --- |
| $N_r(0)$ | need of what was there before | the resource's |
| $d_{jq}$ | demand of one of what stands there (a system, a cluster, a module) | per unit |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from gpuplan.instance.facility import GRID_POWER, LOAD_CASES, RACK_POSITIONS
from gpuplan.instance.joining import cluster_needs
from gpuplan.instance.loads import system_needs
from gpuplan.program.columns import INFINITY

if TYPE_CHECKING:
    from gpuplan.instance.facility import LoadCase
    from gpuplan.instance.providers import Network
    from gpuplan.instance.schema import Instance
    from gpuplan.program.linear import Linear
    from gpuplan.program.problem import Problem

DOUBLINGS = 10
"""Of the rounds that needs are followed for: after the last, what loses a fiftieth with each round is gone."""
NOTHING = 1e-9
"""Need for each unit that counts as none."""
ENDLESS = 1e99
"""Need for each unit above which nothing is added up."""


def least_draws(instance: Instance, net: Network, case: LoadCase) -> dict[str, float]:
    """By resource: the least that a unit of it can draw from the grid, through all that provides it.

    Each round goes one provider deeper; every round's figures are at most the true ones. Rack positions that are shared
    count for nothing.
    """
    least = dict.fromkeys(net.order, 0.0)
    for _ in net.order:
        for resource in net.order:
            of_one = _drawn(net, resource, case, least, min) if resource != GRID_POWER else 1.0
            least[resource] = of_one * (float(instance.resources[resource].coincidence) if case == "design" else 1.0)
    return least | {RACK_POSITIONS: 0.0}


def most_draws(net: Network, resource: str, case: LoadCase) -> dict[str, float]:
    """By resource: the most of one resource that a unit of it can draw on, through all that provides it.

    Each round goes one provider deeper; what still rises after as many rounds as there are resources has no end.
    """
    most, settled = dict.fromkeys(net.order, 0.0), dict.fromkeys(net.order, 0.0)
    for number in range(2 * len(net.order)):
        before = dict(most)
        most = {one: float(one == resource) + _drawn(net, one, case, before, max) for one in net.order}
        if number == len(net.order):
            settled = before
        if most == before:
            return most
    return {one: INFINITY if most[one] > settled[one] else most[one] for one in net.order}


def _drawn(
    net: Network,
    resource: str,
    case: LoadCase,
    each: dict[str, float],
    extreme: Callable[[Iterable[float]], float],
) -> float:
    """The least or the most of what the providers of a resource draw for a unit; 0 where nothing provides it."""
    ways = [
        sum(float(need.in_case(case)) * each.get(needed, 0.0) for needed, need in provider.needs.items())
        for provider in net.providers.get(resource, ())
    ]
    return extreme(ways) if ways else 0.0


def drawn_while_closed(problem: Problem, net: Network, site_id: str) -> frozenset[str]:
    """Resources that may be drawn on at a site before it is open: by modules, by existing fleets and their clusters."""
    if feeds_itself(net):
        return frozenset(net.order)
    instance = problem.instance
    drawn = {needed for module in instance.sites[site_id].modules for needed in instance.modules[module].needs}
    fleets = [fleet.system for fleet in instance.existing.systems.values() if fleet.site == site_id]
    for case in LOAD_CASES if fleets else ():
        for system in fleets:
            drawn |= {RACK_POSITIONS, *system_needs(instance, system, site_id, case)}
        for place in problem.places.get(site_id, []):
            for some in cluster_needs(instance, place.cluster, case):
                drawn |= set(some)
    return net.drawn_on_by(drawn)


def feeds_itself(net: Network) -> bool:
    """Whether deliveries could carry one another in a circle, with nothing else that needs them; yes in doubt."""
    needed: dict[str, dict[str, float]] = {}
    for resource, some in net.providers.items():
        for one, need in ((one, need) for provider in some for one, need in provider.needs.items()):
            most = needed.setdefault(resource, {})
            most[one] = max(most.get(one, 0.0), float(need.design), float(need.typical))
    for _ in range(DOUBLINGS):
        needed = {resource: _onwards(needed, some) for resource, some in needed.items()}
        if max((amount for some in needed.values() for amount in some.values()), default=0.0) < NOTHING:
            return False
    return True


def _onwards(needed: dict[str, dict[str, float]], some: dict[str, float]) -> dict[str, float]:
    """What is needed for some of each resource, as many rounds later again."""
    found: dict[str, float] = defaultdict(float)
    for resource, amount in some.items():
        for one, each in needed.get(resource, {}).items():
            found[one] = min(found[one] + amount * each, ENDLESS)
    return found


def largest_needs(
    instance: Instance, net: Network, case: LoadCase, demands: dict[str, Linear], grid: float
) -> dict[str, float]:
    """By resource: the largest need that so much grid power leaves room for; infinity where nothing is known."""
    least = least_draws(instance, net, case)
    drawn: dict[int, float] = defaultdict(float)
    for one, demand in demands.items():
        for column, coefficient in demand.terms.items():
            drawn[column] += coefficient * least.get(one, 0.0)
    found = {}
    for resource in net.order:
        most = most_draws(net, resource, case)
        needed: dict[int, float] = defaultdict(float)
        before = 0.0
        for one in (one for one in demands if most.get(one)):
            for column, coefficient in demands[one].terms.items():
                needed[column] += coefficient * most[one]
            before += demands[one].constant * most[one] if demands[one].constant else 0.0
        shares = (need / drawn[column] if drawn[column] else INFINITY for column, need in needed.items())
        found[resource] = before + grid * max(shares, default=0.0)
    return found
