r"""Redundancy: how much of the modules at a site counts when blocks may fail. Used by the facility balance.

N counts everything. N+k counts the total less the $k$ largest blocks in use, which equals
$\max_\theta \big( \sum_m \min(B_m, \theta)\, n_m - k \theta \big)$ over the block sizes $\theta$, or nothing when that
is negative: the program chooses a size. 2N counts half of the modules of each type, rounded down.

| symbol | meaning | unit |
| --- | --- | --- |
| $n_m$ | modules in place (`modules`, ready) | modules |
| $B_m$ | capacity of one module | the resource's |
| $R_\theta$ | capacity counted at a block size (`usable`) | the resource's |
| $\sigma_\theta$ | whether this size is chosen (`spare_size`) | 0 or 1 |
| $h_m$ | half of the modules, rounded down (`pairs`) | modules |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.facility import Site
    from gpuplan.instance.providers import Provider
    from gpuplan.program.problem import Problem


def capacity(problem: Problem, site_id: str, resource: str, state: int, modules: list[Provider]) -> Linear:
    """What modules in place provide of a resource after redundancy; makes the columns and rows it needs, once."""
    rule = problem.instance.sites[site_id].redundancy.get(resource)
    counts = [(provider, problem.in_place(provider.name, site_id, state)) for provider in modules]
    counts = [(provider, count) for provider, count in counts if count.terms]
    total = Linear()
    if rule is not None and rule.doubled:
        for provider, count in counts:
            total.add(_pairs(problem, site_id, provider.name, state, count), float(provider.block))
    elif rule is not None and rule.spare_blocks:
        for size in sorted({float(provider.block) for provider, _ in counts}):
            total.add(_usable(problem, (site_id, resource, state), counts, size, rule.spare_blocks), 1.0)
    else:
        for provider, count in counts:
            total.plus(count, float(provider.block))
    return total


def _pairs(problem: Problem, site_id: str, module: str, state: int, count: Linear) -> int:
    key = ("pairs", site_id, module, state)
    found = problem.columns.get(*key)
    if found is None:
        found = problem.columns.add(key, Role.WHOLE)
        problem.rows.add(key, count.times(-1.0).add(found, 2.0), at_most=0.0)
    return found


def _usable(
    problem: Problem, place: tuple[str, str, int], counts: list[tuple[Provider, Linear]], size: float, spare: int
) -> int:
    """Capacity counted at one block size: sum of min(block, size) x modules - spare x size, if this size is chosen."""
    key = ("usable", *place, f"{size:g}")
    found = problem.columns.get(*key)
    if found is None:
        found = problem.columns.add(key, Role.CONTINUOUS)
        chosen = problem.columns.add(("spare_size", *key[1:]), Role.WHOLE, 1.0)
        row = Linear([(found, 1.0), (chosen, spare * size)])
        for provider, count in counts:
            row.plus(count, -min(float(provider.block), size))
        problem.rows.add(("spare", *key[1:]), row, at_most=0.0)
    return found


def sizes(problem: Problem, site_id: str, resource: str, state: int) -> Linear:
    """The block sizes of which one is chosen where modules carry a load and blocks may fail; empty elsewhere."""
    rule = problem.instance.sites[site_id].redundancy.get(resource)
    if rule is None or not rule.spare_blocks:
        return Linear()
    blocks = sorted({provider.block for provider in problem.network(site_id).providers.get(resource, ())})
    found = (problem.columns.get("spare_size", site_id, resource, state, f"{float(block):g}") for block in blocks)
    return Linear((column, 1.0) for column in found if column is not None)


def links(problem: Problem) -> None:
    """Capacity at a block size only if that size is chosen; one size for each resource, site and state day."""
    sizes: dict[tuple[str | int, ...], Linear] = {}
    for column in problem.columns.of("usable"):
        _, *place, size = problem.columns.keys[column]
        site_id, resource, state = str(place[0]), str(place[1]), int(place[2])
        chosen = problem.columns.get("spare_size", *place, size)
        if chosen is None:
            continue
        sizes.setdefault(tuple(place), Linear()).add(chosen, 1.0)
        total = Linear()
        for provider in problem.network(site_id).providers[resource]:
            if provider.capacity is None:
                total.plus(problem.in_place(provider.name, site_id, state), float(provider.block))
        most = problem.bounded(total, f"sites.{site_id}.redundancy.{resource}")
        problem.columns.tighten(column, most)
        row = Linear([(column, 1.0), (chosen, -most)])
        problem.rows.add(("usable", *place, size), row, at_most=0.0)
    for place_key, choice in sizes.items():
        if len(choice.terms) > 1:
            problem.rows.add(("one_size", *place_key), choice, at_most=1.0)


def counted(site: Site, resource: str, counts: list[tuple[Fraction, int]]) -> Fraction:
    """Capacity of modules after redundancy, given (capacity of one, how many)."""
    rule = site.redundancy.get(resource)
    if rule is not None and rule.doubled:
        return sum((block * (units // 2) for block, units in counts), Fraction(0))
    blocks = sorted((block for block, units in counts for _ in range(units)), reverse=True)
    return sum(blocks[rule.spare_blocks if rule else 0 :], Fraction(0))
