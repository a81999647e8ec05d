r"""Density: how many systems share a rack position, by cooling.

Systems for each position are the whole number of their maximum power that the site's rack power for their cooling
holds. None: the pair is denied. Positions are whole, and one position holds systems of one kind.

$$ q_{jsk} \ge \frac{1}{c_{js}} \sum_{o \in O_j} n^{\mathrm{installed}}_{osk} \quad \forall\, j, s, k, \qquad
c_{js} = \left\lfloor \frac{P^{\mathrm{rack}}_{s}}{P^{\mathrm{max}}_j} \right\rfloor $$

| symbol | meaning | unit |
| --- | --- | --- |
| $q_{jsk}$ | rack positions filled by a kind of system (`positions`) | positions |
| $c_{js}$ | systems of kind $j$ in one position | systems |
| $P^{\mathrm{rack}}_s$ | `rack_kw` for the system's cooling | kW |
| $P^{\mathrm{max}}_j$ | `max_power_kw` | kW |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.facility import LOAD_CASES, RACK_POSITIONS
from gpuplan.instance.loads import positions_for, systems_in_position, takes_rack_space
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import INFINITY
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "density"


def path(site: str) -> str:
    """Path of a site's rack power."""
    return f"sites.{site}.rack_kw"


def denies_pair(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """A system that draws more than a rack of its cooling can give."""
    system_id = instance.quotes[offer].system
    system = instance.systems[system_id]
    if not takes_rack_space(system) or systems_in_position(instance, system_id, site):
        return
    allowed = instance.sites[site].rack_kw.get(system.cooling)
    given = f"{allowed} kW for a rack" if allowed is not None else "no racks"
    reason = f"{system_id} draws {system.max_power_kw} kW by {system.cooling} cooling; site {site} has {given}"
    least = system.max_power_kw / max(system.rack_positions, 1)
    edit = f"{path(site)}.{system.cooling} {'insert' if allowed is None else '='} {least:f}"
    yield Denial(Group(NAME, path(site)), reason, edit=edit)


def columns(problem: Problem) -> None:
    """Whole positions, for kinds of system that share them."""
    instance = problem.instance
    for (offer, site), standing in problem.standings.columns.items():
        system_id = instance.quotes[offer].system
        if not has_positions(instance, site) or not takes_rack_space(instance.systems[system_id]):
            continue
        if systems_in_position(instance, system_id, site) > 1:
            for state, column in enumerate(standing):
                if column is None or not any(problem.is_looked_at(site, state, case) for case in LOAD_CASES):
                    continue
                at = problem.standings.growth(system_id, site)[state]
                if problem.columns.get("positions", site, system_id, at) is None:
                    problem.columns.add(("positions", site, system_id, at), problem.role_of_numbers, INFINITY)


def has_positions(instance: Instance, site_id: str) -> bool:
    """Whether rack positions count at a site: they are bounded, or need something themselves."""
    site = instance.sites[site_id]
    stated = site.capacity.get(RACK_POSITIONS)
    return stated is None or stated.amount != "unlimited" or bool(stated.needs)


def rows(problem: Problem) -> None:
    """Enough positions for what stands."""
    by_key: dict[tuple[str, str, int], Linear] = {}
    for (offer, site), standing in problem.standings.columns.items():
        system_id = problem.instance.quotes[offer].system
        for state, column in enumerate(standing):
            at = problem.standings.growth(system_id, site)[state]
            if at == state and column is not None and problem.columns.get("positions", site, system_id, at) is not None:
                by_key.setdefault((site, system_id, at), Linear()).add(column, 1.0)
    for (site, system_id, state), there in by_key.items():
        positions = problem.columns.get("positions", site, system_id, state)
        each = max(systems_in_position(problem.instance, system_id, site), 1)
        if positions is not None:
            row = Linear().plus(there).add(positions, -each)
            problem.rows.add(("positions", site, system_id, state), row, at_most=0.0)


def filled(problem: Problem, site: str, state: int) -> Linear:
    """Rack positions filled by what is bought, on a state day."""
    total = Linear()
    counted: set[str] = set()
    for offer, standing in problem.standings.at(site):
        column = standing[state]
        if column is None:
            continue
        system_id = problem.instance.quotes[offer].system
        positions = problem.columns.get("positions", site, system_id, problem.standings.growth(system_id, site)[state])
        if positions is None:
            total.add(column, positions_for(problem.instance, system_id, site, 1))
        elif system_id not in counted:
            counted.add(system_id)
            total.add(positions, 1.0)
    return total


def readings(recount: Recount) -> Iterator[Reading]:
    """Systems that stand where no rack can hold them: none."""
    for (offer, site), units in recount.installed.items():
        system_id = recount.instance.quotes[offer].system
        if takes_rack_space(recount.instance.systems[system_id]):
            fits = systems_in_position(recount.instance, system_id, site)
            misfits = Fraction(0 if fits else max(units, default=0))
            yield Reading(
                NAME, path(site), f"{system_id} in racks too weak for it", misfits, "systems", None, Fraction(0)
            )


def sentence(instance: Instance, at: str) -> str:
    """Rack power by cooling."""
    name = at.removeprefix("sites.").removesuffix(".rack_kw")
    powers = ", ".join(f"{kilowatts} kW by {cooling}" for cooling, kilowatts in instance.sites[name].rack_kw.items())
    return f"a rack at {name} gives {powers or 'any power'}"


FAMILY = Family(
    name=NAME,
    title="Rack density",
    kind="physical",
    groups=lambda instance: [path(site) for site in instance.sites],
    sentence=sentence,
    denies_pair=denies_pair,
    columns=columns,
    rows=rows,
    readings=readings,
)
