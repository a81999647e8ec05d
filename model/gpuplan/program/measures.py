"""A measure over a selection and window, as a linear expression of the program's columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject, concerns, counts_term
from gpuplan.instance.rentals import is_there
from gpuplan.instance.serving import rate_of, work_weights
from gpuplan.instance.timeline import last_state
from gpuplan.instance.units import worth
from gpuplan.program.charging import energy
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.rules import Measured
    from gpuplan.program.problem import Problem


def measure(problem: Problem, measured: Measured, first: date, last: date) -> Linear:
    """Units, money in the program's unit, kW, kWh, kg, work or clusters, over [first, last] or on `last`."""
    if measured.kind == "units":
        total = Linear()
        for subject, units in units_counted(problem, measured, first, last):
            each = worth(measured, problem.instance, subject.system or "", subject.offer)
            total.plus(units, float(each))
        return total
    if measured.kind == "work":
        return _work(problem, measured, first, last)
    if measured.kind == "clusters":
        return _clusters(problem, measured, last)
    return (
        _money(problem, measured, first, last)
        if measured.kind == "money"
        else _of_sites(problem, measured, first, last)
    )


def units_counted(problem: Problem, measured: Measured, first: date, last: date) -> Iterator[tuple[Subject, Linear]]:
    """(subject, units) of every offer and site, and fleet, that a measure of units counts."""
    instance = problem.instance
    for (offer, site), signings in problem.signings.items():
        subject = Subject.of_offer(instance, offer, site)
        if measured.by_way:
            yield from _by_way(problem, measured, offer, site, (first, last))
        elif not concerns(measured, instance, subject):
            continue
        elif measured.stage == "usable":
            yield subject, _usable(problem, measured, offer, site, last)
        else:
            yield subject, _moved(problem, measured, offer, [column for _, column in signings], (first, last))
    if measured.existing == "include":
        for fleet_id, fleet in instance.existing.systems.items():
            subject = Subject.of_fleet(instance, fleet_id)
            if concerns(measured, instance, subject):
                yield subject, Linear(constant=fleet.units)


def _by_way(
    problem: Problem, measured: Measured, offer: str, site: str, window: tuple[date, date]
) -> Iterator[tuple[Subject, Linear]]:
    """Units that move within a window, way by way."""
    columns: dict[Subject, list[int]] = {}
    for _, column in problem.signings[offer, site]:
        subject = Subject.of_lot(problem.instance, offer, site, problem.routes[column])
        columns.setdefault(subject, []).append(column)
    for subject, some in columns.items():
        if concerns(measured, problem.instance, subject):
            yield subject, _moved(problem, measured, offer, some, window)


def _moved(problem: Problem, measured: Measured, offer: str, columns: list[int], window: tuple[date, date]) -> Linear:
    """Units of an offer that reach a stage within a window; of lots under licence no more than count."""
    lot, found = problem.instance.quotes[offer].lot_units, Linear()
    for column in columns:
        way = problem.routes[column]
        if window[0] <= way.days.of(measured.stage) <= window[1]:
            found.add(column, float(lot * way.chance(measured.delivery)))
    return found


def _usable(problem: Problem, measured: Measured, offer: str, site: str, last: date) -> Linear:
    """Units usable on a day; of lots under licence no more than count, by a column of their own."""
    state = last_state(problem.states, last - timedelta(days=problem.instance.quotes[offer].acceptance_days))
    standing = problem.standings.columns[offer, site][state] if state is not None else None
    if standing is None or state is None or not is_there(offer, last):
        return Linear()
    if measured.delivery == "planned":
        return Linear([(standing, 1.0)])
    lot = problem.instance.quotes[offer].lot_units
    arrived = [
        (column, problem.routes[column].chance(measured.delivery))
        for _, column in problem.signings[offer, site]
        if problem.lot(column).installed <= problem.states[state]
    ]
    if all(chance == 1 for _, chance in arrived):
        return Linear([(standing, 1.0)])
    key = ("delivered", measured.delivery, offer, site, state)
    delivered = problem.columns.get(*key)
    if delivered is None:
        delivered = problem.columns.add(key, Role.CONTINUOUS, problem.columns.upper[standing])
        problem.rows.add((*key, "stands"), Linear([(delivered, 1.0), (standing, -1.0)]), at_most=0.0)
        granted = Linear([(delivered, 1.0)])
        for column, chance in arrived:
            granted.add(column, -float(lot * chance))
        problem.rows.add((*key, "granted"), granted, at_most=0.0)
    return Linear([(delivered, 1.0)])


def _money(problem: Problem, measured: Measured, first: date, last: date) -> Linear:
    total = Linear()
    counted = cache(partial(concerns, measured, problem.instance))
    for flow in problem.flows:
        if not counts_term(measured, flow.term) or not counted(flow.subject):
            continue
        if measured.basis == "commitment" and flow.committed is not None:
            whole = first <= flow.committed <= last
            amount = sum(paid for _, paid in flow.payments) if whole else 0.0
        else:
            amount = sum(paid for day, paid in flow.payments if first <= day <= last)
        total.plus(flow.expression, amount)
    return total


def _work(problem: Problem, measured: Measured, first: date, last: date) -> Linear:
    """Work served, averaged over the days of the window."""
    instance, total = problem.instance, Linear()
    weights = work_weights(instance, first, last)
    for column in problem.columns.of("served"):
        _, workload, system, site, position = problem.columns.keys[column]
        subject = Subject(workload=str(workload), system=str(system), site=str(site))
        if position in weights and concerns(measured, instance, subject):
            each = Fraction(rate_of(instance, str(workload), str(system)))
            total.add(column, float(each * weights[int(position)]))
    return total


def _clusters(problem: Problem, measured: Measured, last: date) -> Linear:
    """Clusters formed by a day."""
    state, total = last_state(problem.states, last), Linear()
    state = None if state is None else problem.waiting.cluster_state(state)
    for column in problem.columns.of("clusters"):
        _, cluster, system, site, at = problem.columns.keys[column]
        subject = Subject(cluster=str(cluster), system=str(system), site=str(site))
        if at == state and concerns(measured, problem.instance, subject):
            total.add(column, 1.0)
    return total


def _of_sites(problem: Problem, measured: Measured, first: date, last: date) -> Linear:
    total = Linear()
    for site_id, site in problem.instance.sites.items():
        if not concerns(measured, problem.instance, Subject(site=site_id)):
            continue
        if measured.measure == "grid-power-kw":
            state = last_state(problem.states, last)
            if state is not None:
                total.plus(problem.draws.get((site_id, state, "design"), Linear()))
            continue
        each = 1.0 if measured.measure == "energy-kwh" else float(site.carbon_kg_per_kwh)
        total.plus(energy(problem, site_id, first, last), each)
    return total


def discounted(problem: Problem) -> Linear:
    """Discounted cost: every flow, penalties included."""
    total = Linear()
    factors: dict[date, float] = {}
    for flow in problem.flows:
        amount = 0.0
        for day, paid in flow.payments:
            if day not in factors:
                factors[day] = float(problem.instance.discount(day))
            amount += paid * factors[day]
        total.plus(flow.expression, amount)
    return total
