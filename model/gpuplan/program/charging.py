"""What delivered systems are charged for running, in the program: by the day from which on each lot is charged.

The grid draw that is charged has two parts. Systems count with a draw of their own from the day that their lots tell,
whether they stand or wait; what the draw of the site on the last day of a month differs from theirs, by its modules,
clusters and fleets and by who delivers what, stands for that month.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gpuplan.fraction import Fraction
from gpuplan.instance.rentals import end_of
from gpuplan.instance.timeline import charged_days, months
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.facility import LoadCase
    from gpuplan.instance.matching import Subject
    from gpuplan.instance.timeline import LotDays, Month
    from gpuplan.program.problem import Problem

Kind = TypeVar("Kind")

NOISE = 1e-9
"""Share of a system's draw up to which a difference is none."""


def arrivals(problem: Problem, offer: str, site: str) -> dict[date, Linear]:
    """By day: the systems of an offer at a site that are charged from that day on; none after the calendar."""
    return arrivals_apart(problem, offer, site, lambda _: "").get("", {})


def arrivals_apart(
    problem: Problem, offer: str, site: str, kind: Callable[[LotDays], Kind]
) -> dict[Kind, dict[date, Linear]]:
    """The same, with lots of different kinds told apart by their days."""
    found: dict[Kind, dict[date, Linear]] = defaultdict(lambda: defaultdict(Linear))
    lot = float(problem.instance.quotes[offer].lot_units)
    for _, column in problem.signings.get((offer, site), ()):
        days = problem.lot(column)
        since = problem.running.since(offer, site, days, problem.routes[column].name)
        if since <= problem.instance.calendar.end:
            found[kind(days)][since].add(column, lot)
    return found


class Charged(NamedTuple):
    """What is charged from a day on, in systems or in kW."""

    running: Linear
    """For whole months."""
    before: Linear
    """That is taken off for the days of the first month that lie before it: never more than what is charged."""

    def in_first(self, part: float) -> Linear:
        """What the first month is charged for, of which so large a part lies after the day."""
        return Linear().plus(self.running).plus(self.before, part - 1.0)


class Span(NamedTuple):
    """Days over which something is charged."""

    since: date
    until: date | None
    """The last, that of a month; None where it is charged to the end of the evaluation horizon."""


def charged(problem: Problem, site: str, case: LoadCase) -> dict[Span, Charged]:
    """By span: grid draw in kW of the systems at a site that are charged over it."""
    found: dict[Span, Charged] = defaultdict(lambda: Charged(Linear(), Linear()))
    for offer, _ in problem.standings.at(site):
        least, most = problem.draw_rates(problem.instance.quotes[offer].system, site, case)
        for since, systems in arrivals(problem, offer, site).items() if most else ():
            span = Span(since, end_of(offer))
            found[span].running.plus(systems, most)
            found[span].before.plus(systems, least)
    return found


def remaining(problem: Problem, site: str, state: int, case: LoadCase) -> Linear:
    """Grid draw in kW of a site on a state day, less what its systems are charged for."""
    found = Linear().plus(problem.draws.get((site, state, case), Linear()))
    for offer, standing in problem.standings.at(site):
        column = standing[state]
        rate = problem.draw_rates(problem.instance.quotes[offer].system, site, case)[1]
        if column is not None and rate:
            found.add(column, -rate)
            if abs(found.terms.get(column, 0.0)) <= NOISE * rate:
                found.terms.pop(column, None)
    return found


def flows_of(
    problem: Problem,
    term: str,
    subject: Subject,
    systems: Mapping[Span, Charged],
    priced: Sequence[tuple[Month, Fraction]],
    *,
    by_days: bool,
) -> Iterator[Flow]:
    """Flows of a cost term for what runs over some days, by span.

    The price of each is for a whole month; the month in which it begins is charged by days, or wholly.
    """
    firsts = [month.first for month, _ in priced]
    later: dict[tuple[int, date | None], Linear] = defaultdict(Linear)
    for (since, until), some in systems.items():
        if until is not None and until < since:
            continue
        number = max(bisect_right(firsts, since) - 1, 0)
        month, price = priced[number]
        part = month.days_from(since) / month.days if by_days else 1.0
        yield Flow(term, None, subject, some.in_first(part), problem.payments([(month.last, price)]))
        later[number, until].plus(some.running)
    for (number, until), running in later.items():
        payments = [
            (month.last, price)
            for month, price in priced[number + 1 :]
            if price and (until is None or month.last <= until)
        ]
        if payments:
            yield Flow(term, None, subject, running, problem.payments(payments))


def energy(problem: Problem, site: str, first: date, last: date) -> Linear:
    """Energy in kWh that is charged at a site over the days of a window."""
    total, end = Linear(), min(last, problem.instance.operation_end)
    for (since, until), drawn in charged(problem, site, "typical").items():
        since = max(since, problem.instance.calendar.start)
        running, before = charged_days(since, first, min(end, until or end))
        total.plus(drawn.running, 24.0 * running).plus(drawn.before, -24.0 * before)
    by_state: dict[int, int] = defaultdict(int)
    for month in months(problem.instance, problem.states):
        days = (min(month.last, last) - max(month.first, first)).days + 1
        if days > 0:
            by_state[problem.epoch(site, month.state)] += days
    for state, days in by_state.items():
        total.plus(remaining(problem, site, state, "typical"), 24.0 * days)
    return total
