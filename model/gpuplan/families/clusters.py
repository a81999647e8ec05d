r"""Clusters: systems of one kind at one site, joined by a fabric; how many are formed, of how many systems.

Clusters are formed on state days, of systems that are usable by then: installed by the last state day that lies their
acceptance before it. A system is in one cluster at most. Both the number of clusters and the number of systems in them
never fall. A site is one hall. Clusters draw on the resources of their site (see the facility balance), and are paid
for on the day on which they are formed.

$$ \underline{m}_c\, n^{\mathrm{clusters}}_{cjsk} \le n^{\mathrm{joined}}_{cjsk} \le
\overline{m}_c\, n^{\mathrm{clusters}}_{cjsk}, \qquad
\sum_c n^{\mathrm{joined}}_{cjsk} \le \sum_{o \in O_j} n^{\mathrm{installed}}_{osk(o)} + f_{js}
\quad \forall\, c, j, s, k $$

with equality on the last state day where every system must be in some cluster. Whatever numbers keep these rows can be
dealt out: systems that number between the least and the most of so many clusters fill them. So no cluster has columns
of its own, and clusters of one kind, which are alike, make no symmetry.

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{clusters}}_{cjsk}$ | clusters formed by a state day (`clusters`) | clusters |
| $n^{\mathrm{joined}}_{cjsk}$ | systems in them (`joined`) | systems |
| $\underline{m}_c, \overline{m}_c$ | `size`; `max_size`, or all the systems that there can be | systems |
| $f_{js}$ | systems already there | systems |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.joining import Place, can_form, cluster_prices, joining_all, places
from gpuplan.instance.matching import Subject
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "clusters"


def path(cluster: str) -> str:
    """Path of a kind of cluster."""
    return f"clusters.{cluster}"


def columns(problem: Problem) -> None:
    """Clusters and the systems in them, from the first state day on which a system could be usable."""
    for place in places(problem.instance):
        for state in _states(problem):
            if problem.standings.usable(place.system, place.site, problem.states[state]):
                problem.columns.add(("clusters", *place, state), Role.WHOLE)
                problem.columns.add(("joined", *place, state), problem.role_of_numbers)


def rows(problem: Problem) -> None:
    """Sizes, growth, systems against those that are usable, and what clusters cost."""
    by_system: dict[tuple[str, str, int], Linear] = {}
    for place in places(problem.instance):
        for state in _states(problem):
            formed, joined = problem.formed(place, state)
            if formed is None or joined is None:
                continue
            _size_rows(problem, place, state, formed, joined)
            _growth_rows(problem, place, state, formed, joined)
            by_system.setdefault((place.system, place.site, state), Linear()).add(joined, 1.0)
    for (system, site, state), joining in by_system.items():
        there = problem.standings.usable(system, site, problem.states[state])
        problem.rows.add(("joining", system, site, state), joining.plus(there, -1.0), at_most=0.0)
        kinds = [name for name in joining_all(problem.instance, system, site) if problem.is_on(NAME, path(name))]
        if kinds and state == len(problem.states) - 1:
            problem.rows.add(("join_all", system, site), joining, at_least=0.0)


def _states(problem: Problem) -> list[int]:
    """State days on which more clusters can be formed than the day before."""
    return [state for state in range(len(problem.states)) if problem.waiting.cluster_state(state) == state]


def _size_rows(problem: Problem, place: Place, state: int, formed: int, joined: int) -> None:
    kind = problem.instance.clusters[place.cluster]
    if problem.is_on(NAME, path(place.cluster)):
        least = Linear([(joined, 1.0), (formed, -float(kind.size))])
        problem.rows.add(("size", *place, state), least, at_least=0.0)
        if kind.max_size is not None:
            most = Linear([(joined, 1.0), (formed, -float(kind.max_size))])
            problem.rows.add(("max_size", *place, state), most, at_most=0.0)


def _growth_rows(problem: Problem, place: Place, state: int, formed: int, joined: int) -> None:
    """Neither number falls, and what is new is paid for."""
    day = problem.states[state]
    before = problem.formed(place, state - 1) if state else (None, None)
    subject = Subject(cluster=place.cluster, system=place.system, site=place.site)
    prices = cluster_prices(problem.instance, place.cluster, day)
    for name, column, earlier, price in zip(("clusters", "joined"), (formed, joined), before, prices, strict=True):
        grown = Linear([(column, 1.0)])
        if earlier is not None:
            grown.add(earlier, -1.0)
            problem.rows.add((f"{name}_grow", *place, state), grown, at_least=0.0)
        if price:
            problem.flows.append(Flow("clusters", day, subject, grown, problem.payments([(day, price)])))


def links(problem: Problem) -> None:
    """No system is in a cluster that is not formed, where no largest size says so."""
    for place in places(problem.instance):
        kind = problem.instance.clusters[place.cluster]
        if kind.max_size is not None or not problem.is_on(NAME, path(place.cluster)):
            continue
        for state in _states(problem):
            formed, joined = problem.formed(place, state)
            if formed is not None and joined is not None:
                there = problem.standings.usable(place.system, place.site, problem.states[state])
                most = problem.bounded(there, f"clusters.{place.cluster}.max_size")
                row = Linear([(joined, 1.0), (formed, -most)])
                problem.rows.add(("max_size", *place, state), row, at_most=0.0)


def readings(recount: Recount) -> Iterator[Reading]:
    """Sizes, growth, systems that are usable, systems left over, and clusters where none can be."""
    instance, states = recount.instance, recount.states
    for place, formed in recount.clusters.items():
        allowed = can_form(instance, place)
        detail = f"of {place.system} at {place.site}"
        misplaced = Fraction(0 if allowed else max(units for units, _ in formed))
        yield Reading(
            NAME, path(place.cluster), f"formed {detail}: not allowed", misplaced, "clusters", None, Fraction(0)
        )
        yield from _size_readings(recount, place, formed)
    for number, line in enumerate(recount.decisions.clusters):
        odd = Fraction(line.day not in states)
        yield Reading(NAME, path(line.cluster), f"line {number} on no state day", odd, "faults", None, Fraction(0))
    pairs = [(place.system, place.site) for place in (*places(instance), *recount.clusters)]
    for system, site in dict.fromkeys(pairs):
        yield from _joining_readings(recount, system, site)


def _size_readings(recount: Recount, place: Place, formed: list[tuple[int, int]]) -> Iterator[Reading]:
    kind = recount.instance.clusters[place.cluster]
    before = (0, 0)
    for day, (units, systems) in zip(recount.states, formed, strict=True):
        detail = f"{units} of {place.system} at {place.site} on {day}"
        most = systems if kind.max_size is None and units else units * (kind.max_size or 0)
        low, high = Fraction(units * kind.size), Fraction(most)
        yield Reading(NAME, path(place.cluster), f"systems in {detail}", Fraction(systems), "systems", low, high)
        for word, now, was in (("clusters", units, before[0]), ("systems", systems, before[1])):
            said = f"{word}, never fewer than before, in {detail}"
            yield Reading(NAME, path(place.cluster), said, Fraction(now), word, Fraction(was), None)
        before = (units, systems)


def _joining_readings(recount: Recount, system: str, site: str) -> Iterator[Reading]:
    last = len(recount.states) - 1
    for state, day in enumerate(recount.states):
        joined = sum(
            formed[state][1]
            for place, formed in recount.clusters.items()
            if (place.system, place.site) == (system, site)
        )
        there = recount.usable_systems(system, site, day)
        least = there if state == last and joining_all(recount.instance, system, site) else None
        detail = f"in clusters at {site} on {day}"
        yield Reading(NAME, f"systems.{system}", detail, Fraction(joined), "systems", least, there)


def entries(recount: Recount) -> Iterator[Entry]:
    """What is paid for the clusters, and the systems in them, that each state day adds."""
    for place, formed in recount.clusters.items():
        before = (0, 0)
        subject = Subject(cluster=place.cluster, system=place.system, site=place.site)
        for day, now in zip(recount.states, formed, strict=True):
            prices = cluster_prices(recount.instance, place.cluster, day)
            amount = sum(
                (price * (new - old) for price, new, old in zip(prices, now, before, strict=True)), Fraction(0)
            )
            if amount:
                yield entry(recount.instance, "clusters", day, amount, subject, day)
            before = now


def sentence(instance: Instance, at: str) -> str:
    """How many systems of what a cluster has."""
    kind = instance.clusters[at.removeprefix("clusters.")]
    most = f" to {kind.max_size:,}" if kind.max_size is not None else " or more"
    every = "; every such system is in a cluster in the end" if kind.all_systems else ""
    return (
        f"a cluster {at.removeprefix('clusters.')} has {kind.size:,}{most} systems of {', '.join(kind.systems)}{every}"
    )


def repair(_instance: Instance, reading: Reading) -> str:
    """How many systems, or clusters, are too few or too many."""
    return f"{reading.path}: {float(reading.shortfall):g} {reading.unit} too few or too many, {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Clusters",
    kind="physical",
    groups=lambda instance: [path(name) for name in instance.clusters],
    sentence=sentence,
    repair=repair,
    columns=columns,
    rows=rows,
    links=links,
    readings=readings,
    entries=entries,
)
