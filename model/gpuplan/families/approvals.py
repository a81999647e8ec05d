r"""Approvals: modules that are ordered only when others are ready at the same site.

A permit, a grid-impact assessment or an earlier stage is a module; one that comes after it can be signed for from the
day on which the first of it is ready. Modules that a site has been granted already wait for nothing.

$$ \sum_{t' \le t} n^{\mathrm{modules}}_{mst'} \le M_{ms} \sum_{t':\, d^{\mathrm{ready}}_{at'} \le d_t}
n^{\mathrm{modules}}_{ast'} \quad \forall\, m, s, t,\ a \in \mathrm{after}(m) $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{modules}}_{mst}$ | modules signed for (`modules`) | modules |
| $\mathrm{after}(m)$ | `after`, without what is `granted` | |
| $d_t, d^{\mathrm{ready}}_{at}$ | day of signing; day on which a module is ready | day |
| $M_{ms}$ | the most of a module that a site can use | modules |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import built_before
from gpuplan.instance.timeline import module_ready
from gpuplan.ledger.reading import Reading
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "approvals"


def path(module: str) -> str:
    """Path of what a module comes after."""
    return f"modules.{module}.after"


def awaited(instance: Instance, module: str, site: str) -> tuple[str, ...]:
    """Modules that must be ready at a site before another is ordered there."""
    return tuple(one for one in instance.modules[module].after if one not in instance.sites[site].granted)


def links(problem: Problem) -> None:
    """Nothing of a module is signed for before what it comes after is ready; by the bounds that needs give."""
    for site_id, site in problem.instance.sites.items():
        for module in site.modules:
            if problem.is_on(NAME, path(module)):
                for before in awaited(problem.instance, module, site_id):
                    _wait(problem, module, before, site_id)


def _wait(problem: Problem, module: str, before: str, site: str) -> None:
    signed = Linear()
    for period, day in problem.period_days.items():
        column = problem.columns.get("modules", module, site, period)
        if column is None or problem.is_over(period):
            continue  # what was ordered on a day that is over waits for nothing any more
        signed.add(column, 1.0)
        most = problem.bounded(signed, f"sites.{site}.modules.{module}.max_units")
        row = Linear().plus(signed)
        for earlier, ordered in problem.period_days.items():
            approval = problem.columns.get("modules", before, site, earlier)
            if approval is not None and module_ready(problem.instance.modules[before], ordered) <= day:
                row.add(approval, -most)
        problem.rows.add(("after", module, before, site, period), row, at_most=0.0)


def readings(recount: Recount) -> Iterator[Reading]:
    """How many of what a module comes after are ready on the day on which it is signed for: one at least."""
    for line in recount.decisions.modules:
        if line.units <= built_before(recount.instance, line.module, line.site, line.signed):
            continue
        for before in awaited(recount.instance, line.module, line.site):
            ready = Fraction(recount.modules_on(before, line.site, line.signed))
            detail = f"{before} ready at {line.site} on {line.signed}"
            yield Reading(NAME, path(line.module), detail, ready, "modules", Fraction(1))


def sentence(instance: Instance, at: str) -> str:
    """What the module waits for."""
    module = at.split(".")[1]
    return f"module {module} is ordered when {' and '.join(instance.modules[module].after)} is ready at its site"


def repair(_instance: Instance, reading: Reading) -> str:
    """What must come first."""
    return f"{reading.path}: {int(reading.shortfall)} module more: {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Approvals",
    kind="physical",
    groups=lambda instance: [path(name) for name, module in instance.modules.items() if module.after],
    sentence=sentence,
    repair=repair,
    links=links,
    readings=readings,
)
