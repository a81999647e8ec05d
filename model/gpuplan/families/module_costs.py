r"""Module costs: the price of facility modules, paid in parts, and their maintenance once they are in place.

$$ \mathrm{cost} = \sum_{m,s,t} n^{\mathrm{modules}}_{mst} \Big( p_m \sum_i \sigma_{mi}\, r(d_{mti})
  + \mu_m\, p_m \sum_h \Delta_{hmt}\, r(e_h) \Big) $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{modules}}_{mst}$ | modules ordered on a day (`modules`) | modules |
| $p_m, \mu_m$ | `price`; `maintenance_rate_per_year` | money; 1/year |
| $\sigma_{mi}, d_{mti}$ | shares of the price (`payments`) and the days on which they are paid | , day |
| $e_h, \Delta_{hmt}$ | last day of a month; its part of its year, from the day of being ready | day, years |
| $r$ | exchange rate of a day | |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import agreed_module
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import module_instalments, rate
from gpuplan.instance.timeline import Month, module_ready, months
from gpuplan.ledger.entries import Entry, entry
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "module_costs"


def rows(problem: Problem) -> None:
    """Prices and maintenance as flows."""
    instance = problem.instance
    operation = months(instance, problem.states)
    for column in problem.columns.of("modules"):
        _, module_id, site, period = problem.columns.keys[column]
        signed = problem.days[int(period)]
        module = agreed_module(instance, str(module_id), str(site), signed)
        ordered = Linear([(column, 1.0)])
        subject = Subject(site=str(site), module=str(module_id))
        payments = module_instalments(instance, module, signed)
        if module.price:
            problem.flows.append(Flow("modules", signed, subject, ordered, problem.payments(payments)))
        ready = module_ready(module, signed)
        kept = _upkeep(instance, module, ready, operation)
        if kept:
            problem.flows.append(Flow("maintenance", None, subject, ordered, problem.payments(kept)))


def _upkeep(instance: Instance, module: Module, ready: date, operation: list[Month]) -> list[tuple[date, Fraction]]:
    """What the maintenance of one module costs in each month from the day on which it is ready."""
    yearly = Fraction(module.price) * Fraction(module.maintenance_rate_per_year)
    if not yearly:
        return []
    return [
        (month.last, yearly * month.years_from(ready) * rate(instance, module.currency, month.last))
        for month in operation
        if month.last >= ready
    ]


def entries(recount: Recount) -> Iterator[Entry]:
    """Instalments and maintenance of every order of modules."""
    instance, operation = recount.instance, months(recount.instance, recount.states)
    for line in recount.decisions.modules:
        subject = Subject(site=line.site, module=line.module)
        module = agreed_module(instance, line.module, line.site, line.signed)
        for day, amount in module_instalments(instance, module, line.signed):
            if amount:
                yield entry(instance, "modules", day, amount * line.units, subject, line.signed)
        for day, amount in _upkeep(instance, module, module_ready(module, line.signed), operation):
            yield entry(instance, "maintenance", day, amount * line.units, subject)


FAMILY = Family(
    name=NAME,
    title="Module costs",
    kind="cost",
    rows=rows,
    entries=entries,
)
