r"""Workloads: who serves what, so that demand is met by systems that are usable.

On each serving day every workload is divided over the systems and sites that can serve it: those that have a rate,
enough memory, a site where it may be served, and software that is ready by then. Any part of a system may serve.
Systems of one kind at one site serve alike, whichever offer or fleet they come from, so that one column stands for all
of them. What serves from a serving day on, until the next, is usable on that day: installed by the last state day that
lies its acceptance before it, and at the buyer's disposal: what a host keeps in kind serves others.

$$ \sum_{j,s} \rho_{wj}\, x^{\mathrm{served}}_{wjsi} = d_{wi} \quad \text{(at most, where it is not required)}, \qquad
\sum_w x^{\mathrm{served}}_{wjsi} \le \sum_{o \in O_j} \beta_o\, n^{\mathrm{installed}}_{osk(o,i)} + f_{js} $$
$$ \sum_j \rho_{wj}\, x^{\mathrm{served}}_{wjsi} = d_{wi}\, z_{ws}, \quad \sum_s z_{ws} = 1 \quad
\text{(one site; one system alike)}; \qquad
\mathrm{transit} = \sum_{w,j,s,i} p_{wsi}\, \rho_{wj}\, x^{\mathrm{served}}_{wjsi} $$

Demand is divided out of the rows, so that every coefficient is a share of it. At a site that is opened by decision the
work served of each workload is at most its demand times the opening, and where one system could do all of a workload,
the share that systems of a kind serve is at most their number: the rows of a facility location problem, which leave
little to branch on.

Few columns suffice. Decisions are taken on serving days, not on all state days; where nothing but the demands matters,
only on days on which a demand changes, because what serves on a day can serve until then. A pair that cannot serve, or
whose software is not ready, has no column, and neither has a day without demand. Workloads that are not split and the
same but for their names are decided on together in a search: then $z$ is the number of those that are served there, up
to all of them, the rows of one stand for the sum of theirs, and a plan serves each of them alike.

| symbol | meaning | unit |
| --- | --- | --- |
| $x^{\mathrm{served}}_{wjsi}$ | systems that work on a workload from a serving day on (`served`) | systems |
| $z_{ws}$ | the one site of a workload that is not split (`serving_site`) | 0 or 1, or of how many |
| $z_{wj}$ | the one system of a workload that is not split (`serving_system`) | 0 or 1, or of how many |
| $\rho_{wj}$ | rate of the whole system, derated | work/system |
| $d_{wi}$ | `demand` on a serving day | work |
| $\beta_o$ | `buyer_share` of an offer | |
| $f_{js}$ | systems already there | systems |
| $p_{wsi}$ | price of carrying a unit of work over the months of a serving day | money/work |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal, NamedTuple

from gpuplan.families.family import Family
from gpuplan.families.siting import opened_by
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject
from gpuplan.instance.serving import (
    ServingMonths,
    demand_on,
    is_ready,
    rate_of,
    service_denial,
    serving_days,
    serving_pairs,
    transit_prices,
)
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem
    from gpuplan.program.waiting import Turn

NAME = "workloads"
CHOICE: dict[str, Literal["serving_site", "serving_system"]] = {
    "one_site": "serving_site",
    "one_system": "serving_system",
}
"""Decision of a workload that is not split."""


class Served(NamedTuple):
    """A column of what serves, taken apart."""

    column: int
    workload: str
    system: str
    site: str
    turn: Turn
    """The decision that it is part of."""

    def at(self, split: str) -> str:
        """Where or what serves, as a workload that is not split must choose it."""
        return self.site if split == "one_site" else self.system


def path(workload: str) -> str:
    """Path of a workload's demand."""
    return f"workloads.{workload}.demand"


def columns(problem: Problem) -> None:
    """What can serve on each serving day with a demand, and the choice of a workload that is not split."""
    instance, days = problem.instance, serving_days(problem.instance)
    for name, alike in problem.loads.items():
        workload = instance.workloads[name]
        demands = [demand_on(workload, turn.day) for turn in problem.waiting.turns]
        choices: dict[str, None] = {}
        for system, site in serving_pairs(instance, name):
            rate = rate_of(instance, name, system)
            for turn, demand in zip(problem.waiting.turns, demands, strict=True):
                ready = demand and is_ready(instance, name, system, days[turn.positions[-1]])
                if ready and problem.standings.usable(system, site, turn.usable_by):
                    most = float(len(alike) * Fraction(demand) / Fraction(rate))
                    column = problem.columns.add(("served", name, system, site, turn.position), Role.CONTINUOUS, most)
                    choices[Served(column, name, system, site, turn).at(workload.split)] = None
        if workload.split != "free":
            for choice in choices:
                problem.number(len(alike), CHOICE[workload.split], name, choice)


def served(problem: Problem) -> list[Served]:
    """Every column of what serves."""
    found = []
    turns = {turn.position: turn for turn in problem.waiting.turns}
    for column in problem.columns.of("served"):
        _, workload, system, site, position = problem.columns.keys[column]
        found.append(Served(column, str(workload), str(system), str(site), turns[int(position)]))
    return found


def rows(problem: Problem) -> None:
    """Demand is met, by what is usable; a workload that is not split keeps to its choice; what transit costs."""
    by_workload: dict[str, list[Served]] = {name: [] for name in problem.loads}
    by_place: dict[tuple[str, str, Turn], Linear] = {}
    for one in served(problem):
        by_workload[one.workload].append(one)
        by_place.setdefault((one.system, one.site, one.turn), Linear()).add(one.column, 1.0)
    months = ServingMonths(problem.instance)
    for name, some in by_workload.items():
        _demand_rows(problem, name, some)
        _opening_rows(problem, name, some)
        _system_rows(problem, some)
        _transit(problem, name, some, months)
    for (system, site, turn), serving in by_place.items():
        there = problem.standings.usable(system, site, turn.usable_by, of_buyer=True)
        problem.rows.add(("serving", system, site, turn.position), serving.plus(there, -1.0), at_most=0.0)


def share_of_demand(problem: Problem, one: Served) -> float:
    """Share of its workload's demand that one system serves."""
    rate = Fraction(rate_of(problem.instance, one.workload, one.system))
    return float(rate / Fraction(demand_on(problem.instance.workloads[one.workload], one.turn.day)))


def _demand_rows(problem: Problem, name: str, some: list[Served]) -> None:
    """Work served is the demand, or at most the demand; by site or system where the workload is not split."""
    workload = problem.instance.workloads[name]
    many = float(len(problem.loads[name]))
    least = many if workload.required and problem.is_on(NAME, path(name)) else None
    asked = [turn.position for turn in problem.waiting.turns if demand_on(workload, turn.day)]
    work: dict[tuple[str, int], Linear] = {}
    choices = [""] if workload.split == "free" else dict.fromkeys(one.at(workload.split) for one in some)
    for choice in choices:
        work |= {(choice, position): Linear() for position in asked}
    for one in some:
        choice = "" if workload.split == "free" else one.at(workload.split)
        work[choice, one.turn.position].add(one.column, share_of_demand(problem, one))
    if workload.split == "free":
        for (_, position), share in work.items():
            _between(problem, ("demand", name, position), share, least, many)
        return
    decision = CHOICE[workload.split]
    chosen = Linear()
    for (choice, position), share in work.items():
        switch = problem.columns.get(decision, name, choice)
        assert switch is not None
        chosen.terms[switch] = 1.0
        low = None if least is None else 0.0
        _between(problem, ("demand_at", name, choice, position), share.add(switch, -1.0), low, 0.0)
    if asked:
        _between(problem, (decision, name), chosen, least, many)


def _between(problem: Problem, key: tuple[str | int, ...], left: Linear, low: float | None, high: float) -> None:
    if low is None:
        problem.rows.add(key, left, at_most=high)
    else:
        problem.rows.add(key, left, at_least=low, at_most=high)


def _opening_rows(problem: Problem, name: str, some: list[Served]) -> None:
    """Work served at a site that is opened by decision is at most the demand times the opening: implied, and tight."""
    fleets = {(fleet.system, fleet.site) for fleet in problem.instance.existing.systems.values()}
    by_site: dict[tuple[str, Turn], Linear] = {}
    for one in some:
        if (one.system, one.site) not in fleets:
            by_site.setdefault((one.site, one.turn), Linear()).add(one.column, share_of_demand(problem, one))
    for (site, turn), work in by_site.items():
        opened = opened_by(problem, site, turn.usable_by)
        if opened is not None:
            key = ("served_open", name, site, turn.position)
            problem.rows.add(key, work.plus(opened, -float(len(problem.loads[name]))), at_most=0.0, tightening=True)


def _system_rows(problem: Problem, some: list[Served]) -> None:
    """Where one system could do it all, the share of the demand that a kind serves is at most its systems: implied for
    whole systems, tight where many small workloads share few, and no crumb of a system passes for one."""
    for one in some:
        share = share_of_demand(problem, one)
        if share > 1.0:
            there = problem.standings.usable(one.system, one.site, one.turn.usable_by)
            key = ("served_whole", one.workload, one.system, one.site, one.turn.position)
            many = float(len(problem.loads[one.workload]))
            problem.rows.add(key, Linear([(one.column, share)]).plus(there, -many), at_most=0.0, tightening=True)


def _transit(problem: Problem, name: str, some: list[Served], months: ServingMonths) -> None:
    """What carrying the work to each site costs, by system so that limits can select it."""
    instance = problem.instance
    prices = {site: transit_prices(instance, name, site, months) for site in dict.fromkeys(one.site for one in some)}
    for one in some:
        rate = Fraction(rate_of(instance, name, one.system))
        by_day = [due for position in one.turn.positions for due in prices[one.site].get(position, [])]
        paid = [(day, price * rate) for day, price in by_day]
        if len(one.turn.positions) > 1 and paid:
            # What serves may change from one of these days to the next: all is paid on the last, when it costs least.
            paid = [(paid[-1][0], sum((amount for _, amount in paid), Fraction(0)))]
        if paid:
            subject = Subject(workload=name, system=one.system, site=one.site)
            problem.flows.append(Flow("transit", None, subject, Linear([(one.column, 1.0)]), problem.payments(paid)))


def readings(recount: Recount) -> Iterator[Reading]:
    """Work against demand on each serving day, what serves against what is usable and may serve, and what is chosen."""
    for name in recount.instance.workloads:
        yield from _demand_readings(recount, name)
        yield from _choice_readings(recount, name)
    yield from _usable_readings(recount)
    for number, line in enumerate(recount.decisions.served):
        odd = line.day not in recount.serving_days
        denial = service_denial(recount.instance, line.workload, line.system, line.site)
        if denial is None and line.systems and not is_ready(recount.instance, line.workload, line.system, line.day):
            denial = f"its software is not ready on {line.day}"
        detail = f"served by {line.system} at {line.site}, line {number}"
        yield Reading(
            NAME,
            f"workloads.{line.workload}",
            f"{detail}: on no serving day",
            Fraction(odd),
            "faults",
            None,
            Fraction(0),
        )
        systems = Fraction(line.systems) if denial else Fraction(0)
        yield Reading(
            NAME,
            f"workloads.{line.workload}",
            f"{detail}: {denial or 'allowed'}",
            systems,
            "systems",
            None,
            Fraction(0),
        )


def work_by(recount: Recount, workload: str) -> dict[tuple[str, str], list[Fraction]]:
    """Work done on each serving day, by system and site."""
    return {
        (system, site): [count * Fraction(rate_of(recount.instance, workload, system)) for count in systems]
        for (system, site), systems in recount.served_of.get(workload, {}).items()
    }


def _demand_readings(recount: Recount, name: str) -> Iterator[Reading]:
    workload = recount.instance.workloads[name]
    work = work_by(recount, name)
    for position, day in enumerate(recount.serving_days):
        demand = Fraction(demand_on(workload, day))
        done = sum((amounts[position] for amounts in work.values()), Fraction(0))
        least = demand if workload.required else None
        yield Reading(NAME, path(name), f"served from {day} on", done, workload.unit, least, demand, exact=False)


def _choice_readings(recount: Recount, name: str) -> Iterator[Reading]:
    """Of a workload that is not split: what its main site, or system, serves is all that is served."""
    workload = recount.instance.workloads[name]
    if workload.split == "free":
        return
    by_choice: dict[str, list[Fraction]] = {}
    nothing = [Fraction(0)] * len(recount.serving_days)
    for (system, site), amounts in work_by(recount, name).items():
        choice = site if workload.split == "one_site" else system
        before = by_choice.get(choice, nothing)
        by_choice[choice] = [one + other for one, other in zip(before, amounts, strict=True)]
    main = max(by_choice, key=lambda choice: sum(by_choice[choice]), default="")
    for position, day in enumerate(recount.serving_days):
        done = sum((amounts[position] for amounts in by_choice.values()), Fraction(0))
        alone = by_choice.get(main, nothing)[position]
        detail = f"served by {main or 'nothing'} alone from {day} on"
        yield Reading(NAME, f"workloads.{name}.split", detail, alone, workload.unit, done, None, exact=False)


def _usable_readings(recount: Recount) -> Iterator[Reading]:
    places: dict[tuple[str, str], list[list[Fraction]]] = {}
    for (_, system, site), systems in recount.served.items():
        places.setdefault((system, site), []).append(systems)
    for (system, site), serving in places.items():
        for position, day in enumerate(recount.serving_days):
            busy = sum((systems[position] for systems in serving), Fraction(0))
            there = recount.usable_systems(system, site, day, of_buyer=True)
            detail = f"serving at {site} from {day} on"
            yield Reading(NAME, f"systems.{system}", detail, busy, "systems", None, there, exact=False)


def entries(recount: Recount) -> Iterator[Entry]:
    """What carrying the work costs, month by month."""
    months = ServingMonths(recount.instance)
    for (name, system, site), systems in recount.served.items():
        rate = Fraction(rate_of(recount.instance, name, system))
        subject = Subject(workload=name, system=system, site=site)
        for position, payments in transit_prices(recount.instance, name, site, months).items():
            for day, price in payments if systems[position] else ():
                yield entry(recount.instance, "transit", day, price * rate * systems[position], subject)


def sentence(instance: Instance, at: str) -> str:
    """What is demanded from which day on."""
    name = at.split(".")[1]
    workload = instance.workloads[name]
    steps = [
        f"{float(step.amount):,.10g} {workload.unit} from {max(step.start, instance.calendar.start)} on"
        for step in workload.demand
    ]
    how = {"free": "", "one_site": ", all at one site", "one_system": ", all on one kind of system"}[workload.split]
    return f"workload {name}: {', '.join(steps)}{how}"


def repair(_instance: Instance, reading: Reading) -> str:
    """By how much demand is missed, or how many systems too many serve."""
    return f"{reading.path}: {float(reading.shortfall):,.6g} {reading.unit} too far off, {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Workloads",
    kind="policy",
    groups=lambda instance: [path(name) for name, workload in instance.workloads.items() if workload.required],
    sentence=sentence,
    repair=repair,
    columns=columns,
    rows=rows,
    readings=readings,
    entries=entries,
)
