r"""Siting: whether and when a site is opened, and what stands only where a site is open.

A site that costs nothing to open and needs no building is open from its first day on. Any other is opened by a
decision on the first day of one period, and is open after its building time.

$$ \sum_t n^{\mathrm{opening}}_{st} = y_s \le 1, \qquad
\sum_o n^{\mathrm{installed}}_{osk} \le U_{sk} \sum_{t:\, \mathrm{open}_{st} \le D_k} n^{\mathrm{opening}}_{st}
\quad \forall\, s, k $$

| symbol | meaning | unit |
| --- | --- | --- |
| $y_s$ | whether the site is opened (`site_open`) | 0 or 1 |
| $n^{\mathrm{opening}}_{st}$ | opened by a decision in period $t$ (`opening`) | 0 or 1 |
| $U_{sk}$ | most systems that could stand there, by the other rules | systems |
| $\mathrm{open}_{st}$ | first day, decision day plus `build_days`, not before `opens` | day |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import months_between
from gpuplan.instance.commitments import first_free_day, is_over, opened_before
from gpuplan.instance.matching import Subject
from gpuplan.instance.timeline import first_open_day, is_decided, open_day
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import NOISE, Flow, Group

if TYPE_CHECKING:
    from gpuplan.instance.facility import Site
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "siting"


def path(site: str) -> str:
    """Path of a site."""
    return f"sites.{site}"


def denies_pair(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """A site that opens after the last period; what was signed for it on a day that is over never stands there."""
    place, decided = instance.sites[site], instance.committed.opened.get(site)
    opens = (
        open_day(place, decided or first_free_day(instance)) if is_decided(place) else first_open_day(instance, site)
    )
    if opens > instance.calendar.end and (offer, site) not in instance.signed_pairs:
        late = (opens - instance.calendar.end).days
        edit = f"{path(site)}.opens shift -{late}d" if place.opens == opens else ""
        if not edit and place.build_days >= late:
            edit = f"{path(site)}.build_days -= {late}"
        yield Denial(Group(NAME, path(site)), f"site {site} cannot open before {opens}", edit=edit)


def columns(problem: Problem) -> None:
    """For each site that is opened by decision: the switch, and the period of the decision."""
    for name, site in problem.instance.sites.items():
        wanted = any(pair[1] == name for pair in problem.pairs()) or name in problem.instance.committed.opened
        if not is_decided(site) or not wanted:
            continue
        problem.strategic("site_open", name)
        for number in _opening_days(problem, name, site):
            problem.columns.add(("opening", name, number), Role.WHOLE, 1.0)


def _opening_days(problem: Problem, name: str, site: Site) -> list[int]:
    """Numbers of the days on which opening a site can be decided, or was committed."""
    found = [
        number
        for number, day in problem.period_days.items()
        if (not problem.is_over(number) or opened_before(problem.instance, name, day))
        and open_day(site, day) <= problem.instance.calendar.end
    ]
    return problem.waiting.latest(
        found,
        lambda number: open_day(site, problem.days[number]),
        lambda number: [problem.days[number]],
        problem.standings.growth_days(name),
    )


def rows(problem: Problem) -> None:
    """One opening at most, and what it costs from then on."""
    for name in problem.instance.sites:
        switch = problem.columns.get("site_open", name)
        if switch is None:
            continue
        openings = _openings(problem, name)
        problem.rows.add(
            ("site_open", name),
            Linear((column, 1.0) for _, column in openings).add(switch, -1.0),
            at_least=0.0,
            at_most=0.0,
        )
        for decided, column in openings:
            for term, payments in _payments(problem.instance, name, decided).items():
                problem.flows.append(
                    Flow(
                        term,
                        decided if term == "opening" else None,
                        Subject(site=name),
                        Linear([(column, 1.0)]),
                        problem.payments(payments),
                    )
                )


def _openings(problem: Problem, site: str) -> list[tuple[date, int]]:
    found = ((day, problem.columns.get("opening", site, number)) for number, day in problem.period_days.items())
    return [(day, column) for day, column in found if column is not None]


def _payments(instance: Instance, name: str, decided: date) -> dict[str, list[tuple[date, Fraction]]]:
    """By cost term: (day, amount in the reporting currency) when the opening is decided on a day."""
    site = instance.sites[name]
    currency = site.currency or instance.currency
    economics = instance.economics
    found: dict[str, list[tuple[date, Fraction]]] = {}
    if name in instance.hosted_sites:
        return found
    if site.opening_cost:
        found["opening"] = [(decided, Fraction(site.opening_cost) * Fraction(economics.rate(currency, decided)))]
    if site.fixed_cost_per_month:
        months = months_between(open_day(site, decided).replace(day=1), instance.operation_end)
        found["site"] = [
            (last, Fraction(site.fixed_cost_per_month) * Fraction(economics.rate(currency, last))) for _, last in months
        ]
    return found


def opened_by(problem: Problem, site: str, day: date) -> Linear | None:
    """1 if a site that is opened by decision is open on a day; None for any other, or where its rule is left out."""
    if problem.columns.get("site_open", site) is None or not problem.is_on(NAME, path(site)):
        return None
    place = problem.instance.sites[site]
    return Linear((column, 1.0) for start, column in _openings(problem, site) if open_day(place, start) <= day)


def links(problem: Problem) -> None:
    """Nothing stands at a site before it is open."""
    for name, site in problem.instance.sites.items():
        if not problem.is_on(NAME, path(name)):
            continue
        decided = problem.columns.get("site_open", name) is not None
        opens = open_day(site, problem.instance.calendar.start)
        openings = _openings(problem, name)
        before: dict[int, float] = {}
        for state, day in enumerate(problem.states):
            there = systems_there(problem, name, state)
            if there.terms == before:
                continue  # the day before says no less
            before = there.terms
            if decided:
                bound = problem.bounded(there, path(name))
                reached = Linear((column, -bound) for start, column in openings if open_day(site, start) <= day)
                problem.rows.add(("open", name, state), Linear().plus(there).plus(reached), at_most=0.0)
            elif day < opens:
                problem.rows.add(("open", name, state), there, at_most=0.0)
        if decided:
            _open_for_each(problem, name)


def _open_for_each(problem: Problem, site: str) -> None:
    """The same for each offer alone, by its own largest number: implied, and much tighter when relaxed.

    For the last day, on which most stands; on the others it hardly says more, and takes many rows.
    """
    opened = opened_by(problem, site, problem.states[-1])
    for offer, standing in problem.standings.at(site):
        column = standing[-1]
        if opened is not None and column is not None and problem.columns.upper[column] > NOISE:
            row = Linear([(column, 1.0)]).plus(opened, -problem.columns.upper[column])
            problem.rows.add(("open_for", offer, site), row, at_most=0.0, tightening=True)


def systems_there(problem: Problem, site: str, state: int) -> Linear:
    """Systems installed at a site on a state day."""
    columns_there = (standing[state] for _, standing in problem.standings.at(site))
    return Linear((column, 1.0) for column in columns_there if column is not None)


def readings(recount: Recount) -> Iterator[Reading]:
    """Systems that stand at each site on days on which it is not open: none."""
    for name, site in recount.instance.sites.items():
        days = (
            [open_day(site, line.decided) for line in recount.decisions.openings if line.site == name]
            if is_decided(site)
            else [open_day(site, recount.instance.calendar.start)]
        )
        if is_decided(site):
            yield Reading(NAME, path(name), "times opened", Fraction(len(days)), "openings", None, Fraction(1))
        instance = recount.instance
        firsts = {one.first for one in instance.calendar.all_periods if not is_over(instance, one.first)}
        firsts |= {day for day in (recount.instance.committed.opened.get(name),) if day is not None}
        odd = [line for line in recount.decisions.openings if line.site == name and line.decided not in firsts]
        detail = "decided on no first day of a period"
        yield Reading(NAME, path(name), detail, Fraction(len(odd)), "faults", None, Fraction(0))
        closed = [day for day in recount.days_at(name) if not any(opened <= day for opened in days)]
        there = max(
            (
                sum(recount.installed_on(offer, where, day) for offer, where in recount.installed if where == name)
                for day in closed
            ),
            default=0,
        )
        yield Reading(NAME, path(name), "installed while closed", Fraction(there), "systems", None, Fraction(0))


def entries(recount: Recount) -> Iterator[Entry]:
    """Opening cost, and the fixed cost of every month from the opening on."""
    for line in recount.decisions.openings:
        subject = Subject(site=line.site)
        for term, payments in _payments(recount.instance, line.site, line.decided).items():
            for day, amount in payments:
                yield entry(recount.instance, term, day, amount, subject, line.decided if term == "opening" else None)


def sentence(instance: Instance, at: str) -> str:
    """When the site can be open."""
    name = at.removeprefix("sites.")
    return f"site {name} can be open from {first_open_day(instance, name)} on"


def repair(_instance: Instance, reading: Reading) -> str:
    """What stands too early."""
    return f"{reading.path}: open earlier; {float(reading.shortfall):g} systems {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Siting",
    kind="physical",
    groups=lambda instance: [path(site) for site in instance.sites],
    sentence=sentence,
    repair=repair,
    denies_pair=denies_pair,
    columns=columns,
    rows=rows,
    links=links,
    readings=readings,
    entries=entries,
)
