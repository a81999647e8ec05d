r"""Dispatch: which provider delivers how much of a resource, where that is a decision. Used by the facility balance.

A resource's only provider delivers just what is needed. Otherwise what a provider $m \in D_r$ with needs of its own
delivers is a decision, within its capacity, and providers without needs take the rest.

$$ 0 \le N_{rskc} - \sum_{m \in D_r} x^{\mathrm{output}}_{mrskc} \le \mathrm{free}_{rsk}, \qquad
0 \le x^{\mathrm{output}}_{mrskc} \le B_m\, n^{\mathrm{avail}}_{msk}
\quad \forall\, r, s, k, c,\ m \in D_r $$

| symbol | meaning | unit |
| --- | --- | --- |
| $N_{rskc}$ | need | the resource's |
| $x^{\mathrm{output}}_{mrskc}$ | delivered by a provider (`output`) | the resource's |
| $\mathrm{free}_{rsk}$ | capacity of providers without needs | the resource's |
| $B_m$ | capacity of one module; of what exists, in the place of $B_m\, n_m$, all that there is | the resource's |
| $n^{\mathrm{avail}}_{msk}$ | modules in place: ordered (`modules`) and ready | modules |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.needs import NAME, cases, path
from gpuplan.fraction import Fraction
from gpuplan.instance.facility import LoadCase
from gpuplan.instance.interim import interim
from gpuplan.instance.providers import EXISTING, Network
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.ledger.site_loads import SiteLoad, SiteLoads
    from gpuplan.program.problem import Problem


def columns(problem: Problem, site_id: str) -> None:
    """Deliveries that are decisions at a site, on the state days on which anything can be other than the day before."""
    net = problem.network(site_id)
    epochs = [state for state in range(len(problem.states)) if problem.epoch(site_id, state) == state]
    for resource in net.providers:
        for provider in net.decided(resource):
            for case in cases(problem.instance, site_id):
                for state in epochs:
                    if problem.is_looked_at(site_id, state, case):
                        key = ("output", site_id, provider.name, resource, state, case)
                        problem.columns.add(key, Role.CONTINUOUS)


def outputs(problem: Problem, net: Network, site_id: str, resource: str, state: int, case: LoadCase) -> dict[str, int]:
    """Column of what each provider delivers, where that is a decision."""
    found = {
        provider.name: problem.columns.get("output", site_id, provider.name, resource, state, case)
        for provider in net.decided(resource)
    }
    return {name: column for name, column in found.items() if column is not None}


def rows(
    problem: Problem,
    net: Network,
    key: tuple[str, str, int, LoadCase],
    need: Linear,
    delivered: dict[str, int],
    there: Fraction | None,
    given: Fraction,
) -> Linear:
    """Each provider within its own capacity; those without needs, and what is given, take the rest of the need.

    What is left to what exists, where that needs nothing itself.
    """
    site_id, resource, state, _ = key
    rest = Linear().plus(need)
    free = Linear()
    for provider in net.providers[resource]:
        column = delivered.get(provider.name)
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
    left.constant -= float(given)
    existing = 0.0 if EXISTING in delivered else float(there or 0)
    bounded = there is not None or EXISTING in delivered
    if bounded and not free and not existing and not given:
        problem.rows.add(("delivered", *key), rest, at_least=0.0, at_most=0.0)
        return left
    problem.rows.add(("delivered", *key), rest, at_least=0.0)
    if bounded:
        problem.rows.add(("capacity", *key), left, at_most=existing)
    return left


def readings(
    loads: SiteLoads, load: SiteLoad, site_id: str, resource: str, day: date, case: LoadCase
) -> Iterator[Reading]:
    """What each provider delivers against its own capacity, and the rest against those without needs."""
    recount, net = loads.recount, loads.network(site_id)
    unit, at = recount.instance.resources[resource].unit, path(site_id, resource)
    there = recount.instance.sites[site_id].existing_on(resource, day)
    rest, free = load.needs.get(resource, Fraction(0)), interim(recount.instance, site_id, resource, case, day)
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
