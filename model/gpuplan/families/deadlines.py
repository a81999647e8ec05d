r"""Deadlines: nothing selected is signed, shipped or usable after a day.

A signing that would break a deadline on signing or shipping is never a variable. For one on use, installed systems
must not grow after the last day whose acceptance still ends in time:
$n^{\mathrm{installed}}_{osk} = n^{\mathrm{installed}}_{osk'}$ for all $D_k \ge D_{k'}$, with $k'$ the last state day
not after the deadline less the acceptance days.

| symbol | meaning | unit |
| --- | --- | --- |
| $n^{\mathrm{installed}}_{osk}$ | systems installed on a state day (`installed`) | systems |
| $D_k$ | state day | day |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import built_before, ordered_before
from gpuplan.instance.matching import Subject, facts, selects
from gpuplan.instance.rentals import end_of
from gpuplan.instance.timeline import last_state, module_ready
from gpuplan.ledger.reading import Reading
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.routes import Route
    from gpuplan.instance.rules import Deadline
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "deadlines"


def path(deadline: str) -> str:
    """Path of a deadline."""
    return f"deadlines.{deadline}"


def concerns(deadline: Deadline, instance: Instance, subject: Subject) -> bool:
    """Whether a deadline binds a subject."""
    if (subject.module is None) == (deadline.applies_to == "modules"):
        return False
    if subject.module is not None and deadline.applies_to == "offers":
        return False
    known = facts(instance, subject)
    return selects(deadline.select, known) and not (deadline.exclude and selects(deadline.exclude, known))


def denies_signing(instance: Instance, offer: str, site: str, way: Route) -> Iterator[Denial]:
    """Every deadline that a signing would break."""
    for name, deadline in instance.deadlines.items():
        late = deadline.stage != "usable" and way.days.of(deadline.stage) > deadline.by
        if late and concerns(deadline, instance, Subject.of_offer(instance, offer, site)):
            yield Denial(Group(NAME, path(name)), f"deadline {name}: {deadline.stage} by {deadline.by}")


def rows(problem: Problem) -> None:
    """No growth after a deadline on use; no module order after one that binds modules."""
    for name, deadline in problem.instance.deadlines.items():
        if not problem.is_on(NAME, path(name)):
            continue
        if deadline.stage == "usable":
            for (offer, site), standing in problem.standings.columns.items():
                if concerns(deadline, problem.instance, Subject.of_offer(problem.instance, offer, site)):
                    _no_growth(problem, name, offer, site, standing)
        for column in problem.columns.of("modules"):
            _, module_id, site_id, period = problem.columns.keys[column]
            subject = Subject(site=str(site_id), module=str(module_id))
            if concerns(deadline, problem.instance, subject):
                reached = _module_day(problem.instance, deadline, str(module_id), problem.days[int(period)])
                if reached > deadline.by and not problem.is_over(int(period)):
                    key = ("module_deadline", name, str(module_id), str(site_id), int(period))
                    problem.rows.add(key, Linear([(column, 1.0)]), at_most=0.0)


def _module_day(instance: Instance, deadline: Deadline, module_id: str, signed: date) -> date:
    return signed if deadline.stage == "signed" else module_ready(instance.modules[module_id], signed)


def _no_growth(problem: Problem, name: str, offer: str, site: str, standing: list[int | None]) -> None:
    deadline = problem.instance.deadlines[name]
    accepted = deadline.by - timedelta(days=problem.instance.quotes[offer].acceptance_days)
    end = end_of(offer) or problem.states[-1]
    last = last_state(problem.states, min(accepted, end))
    held = standing[last] if last is not None else None
    last = last_state(problem.states, end)
    column = standing[last] if last is not None else None
    if column is not None and column != held:
        row = Linear([(column, 1.0)])
        if held is not None:
            row.add(held, -1.0)
        problem.rows.add(("deadline", name, offer, site), row, at_most=0.0)


def readings(recount: Recount) -> Iterator[Reading]:
    """Last day on which anything selected reached the stage, for each deadline."""
    instance = recount.instance
    for name, deadline in instance.deadlines.items():
        days = list(_days_reached(recount, deadline))
        if days:
            last = Fraction(max(days).toordinal())
            by = Fraction(deadline.by.toordinal())
            yield Reading(NAME, path(name), f"last day {deadline.stage}", last, "day", None, by)


def _days_reached(recount: Recount, deadline: Deadline) -> Iterator[date]:
    instance = recount.instance
    for lot in recount.lots:
        if lot.units <= ordered_before(instance, lot.offer, lot.site, lot.days.signed, lot.route):
            continue
        if concerns(deadline, instance, Subject.of_offer(instance, lot.offer, lot.site)) and deadline.stage != "usable":
            yield lot.days.of(deadline.stage)
    for (offer, site), units in recount.installed.items():
        if deadline.stage == "usable" and concerns(deadline, instance, Subject.of_offer(instance, offer, site)):
            accept = timedelta(days=instance.quotes[offer].acceptance_days)
            end, most = end_of(offer) or recount.states[-1], max(units)
            if most > recount.installed_on(offer, site, min(deadline.by - accept, end)):
                yield max(deadline.by + timedelta(days=1), recount.states[units.index(most)] + accept)
    for line in recount.decisions.modules:
        if line.units <= built_before(instance, line.module, line.site, line.signed):
            continue
        if concerns(deadline, instance, Subject(site=line.site, module=line.module)):
            yield _module_day(instance, deadline, line.module, line.signed)


def sentence(instance: Instance, at: str) -> str:
    """What must happen by when."""
    deadline = instance.deadlines[at.removeprefix("deadlines.")]
    return f"deadline {at.removeprefix('deadlines.')}: {deadline.stage} by {deadline.by}"


def repair(_instance: Instance, reading: Reading) -> str:
    """By how many days to move the deadline."""
    return f"{reading.path}.by: {float(reading.shortfall):g} days later"


FAMILY = Family(
    name=NAME,
    title="Deadlines",
    kind="policy",
    groups=lambda instance: [path(name) for name in instance.deadlines],
    sentence=sentence,
    repair=repair,
    denies_signing=denies_signing,
    rows=rows,
    readings=readings,
)
