r"""Module orders: the days on which modules can be ordered, and how many are of use. Used by the facility balance.

No more are ordered than a site allows. Where it states no maximum, no more are of use than the largest need of what
they provide could take, spare ones included; so every switch has a bound.

$$ \sum_t n^{\mathrm{modules}}_{mst} \le M_{ms}, \qquad \text{or else} \qquad
\sum_t n^{\mathrm{modules}}_{mst} \le \max_{r,c} \big( g_r \lceil N^{\max}_{rsc} / B_{mr} \rceil + k_r \big)
\quad \forall\, m, s $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{modules}}_{mst}$ | modules ordered on a day (`modules`); over all days (`modules_in_all`) | modules |
| $M_{ms}$ | `max_units` at the site, if stated | modules |
| $N^{\max}_{rsc}$ | largest need of a resource in a load case | the resource's |
| $B_{mr}$ | capacity of one module | the resource's |
| $g_r, k_r$ | by the redundancy rule: 2 under 2N, else 1; blocks that are spare | |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from math import isfinite
from typing import TYPE_CHECKING

from gpuplan.families.needs import NAME, cases, largest_by_resource, needs_on
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import agreed_module, built_before, is_over
from gpuplan.instance.facility import LOAD_CASES, LoadCase
from gpuplan.instance.prices import module_instalments
from gpuplan.instance.providers import module_denial
from gpuplan.instance.timeline import module_ready
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import INFINITY, Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


def path(site: str, module: str) -> str:
    """Path of a module's terms at a site."""
    return f"sites.{site}.modules.{module}"


def columns(problem: Problem, site_id: str) -> None:
    """Orders of a site's modules, by day; over all days as well where a search branches on them."""
    for module_id, terms in problem.instance.sites[site_id].modules.items():
        for number in _order_days(problem, module_id, site_id):
            most = INFINITY if terms.max_units is None else float(terms.max_units)
            if problem.is_over(number):
                most = float(built_before(problem.instance, module_id, site_id, problem.days[number]))
            problem.columns.add(("modules", module_id, site_id, number), problem.role_of_numbers, most)
        if problem.coarse:
            problem.columns.add(("modules_in_all", module_id, site_id), Role.WHOLE)


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
        agreed = agreed_module(instance, module_id, site_id, signed)
        return [signed, *(day for day, _ in module_instalments(instance, agreed, signed))]

    looked_at = [
        day
        for state, day in enumerate(problem.states)
        if any(problem.is_looked_at(site_id, state, case) for case in LOAD_CASES)
    ]
    return problem.waiting.latest(found, lambda number: module_ready(module, problem.days[number]), paid, looked_at)


def rows(problem: Problem, site_id: str) -> None:
    """No more of a site's modules than its terms allow."""
    for module_id, terms in problem.instance.sites[site_id].modules.items():
        ordered = problem.in_place(module_id, site_id, len(problem.states) - 1)
        in_all = problem.columns.get("modules_in_all", module_id, site_id)
        if in_all is not None:
            row = Linear().plus(ordered).add(in_all, -1.0)
            problem.rows.add(("modules_in_all", module_id, site_id), row, at_least=0.0, at_most=0.0)
        if terms.max_units is not None and len(ordered.terms) > 1:
            problem.rows.add(("max_modules", module_id, site_id), ordered, at_most=terms.max_units)


def links(problem: Problem, site_id: str) -> None:
    """No more modules of a type than the largest need of what they provide could use, spare ones included.

    Modules may need what other modules provide, so bounds follow one from another until none is left.
    """
    last = len(problem.states) - 1
    terms = problem.instance.sites[site_id].modules
    waiting = [
        module for module in terms if terms[module].max_units is None and problem.in_place(module, site_id, last).terms
    ]
    net = problem.network(site_id)
    largest = {case: largest_by_resource(problem, net, site_id, case) for case in cases(problem.instance, site_id)}
    while waiting:
        bounded = [module for module in waiting if _bound_module(problem, site_id, module, largest)]
        if not bounded:
            endless = problem.in_place(waiting[0], site_id, last)
            problem.bounded(endless, f"{path(site_id, waiting[0])}.max_units")
        waiting = [module for module in waiting if module not in bounded]


def _bound_module(problem: Problem, site_id: str, module_id: str, largest: dict[LoadCase, dict[str, float]]) -> bool:
    """Bound one module by the needs of both load cases; False when these are not bounded yet."""
    instance = problem.instance
    net, last = problem.network(site_id), problem.epoch(site_id, len(problem.states) - 1)
    fullest = problem.fullest_states(site_id, last)
    # An approval provides nothing, and one is enough.
    most = 0.0 if instance.modules[module_id].provides else 1.0
    for case in cases(instance, site_id):
        needs = [needs_on(problem, net, site_id, state, case) for state in fullest]
        for resource, delivery in instance.modules[module_id].provides.items():
            need = min(max(problem.upper_of(some[resource]) for some in needs), largest[case].get(resource, INFINITY))
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
    """Modules against their terms at each site; then each order's day against when it can be."""
    ordered: dict[tuple[str, str], int] = defaultdict(int)
    for line in recount.decisions.modules:
        ordered[line.site, line.module] += line.units
    for site_id, site in recount.instance.sites.items():
        for module_id, terms in site.modules.items():
            if terms.max_units is not None:
                units, most = Fraction(ordered[site_id, module_id]), Fraction(terms.max_units)
                yield Reading(NAME, path(site_id, module_id), "ordered", units, "modules", None, most)
    firsts = {period.first for period in recount.instance.calendar.all_periods}
    for line in recount.decisions.modules:
        if line.units <= built_before(recount.instance, line.module, line.site, line.signed):
            continue
        allowed = (
            line.signed in firsts
            and not is_over(recount.instance, line.signed)
            and line.module in recount.instance.sites[line.site].modules
            and module_denial(recount.instance, line.module, line.signed) is None
        )
        detail, faults = f"ordered on {line.signed}, when it can be", Fraction(int(not allowed))
        yield Reading(NAME, path(line.site, line.module), detail, faults, "faults", None, Fraction(0))
