r"""Rental: what is paid by the month for systems and facility modules that are not bought.

A rented system pays from the day on which its lot is ready, a rented module (colocation, in blocks of kilowatts) from
the day on which it delivers: whether it is used or not, to the end of the evaluation horizon, and for its minimum term
when that ends later. A part of a month pays its days.

An offer that states `min_months` may be given back. What is signed for under it counts by the last day on which it is
there: the last day of a calendar month $r$, or none. It pays to that day, stands and counts to that day, and is gone on
the next. By then it has been there for its minimum term, and notice was given after signing, or after what is over.

$$ \mathrm{rent} = \sum_{i,t,r} q_i\, n_{itr} \sum_{m} \frac{\Delta_{itrm}}{M_m}, \qquad
\textstyle\bigcup_m \Delta_{itrm} = [\,d_{it},\ \min(r,\ \max(e,\ d_{it} + \tau_i))\,] $$
$$ n_{itr} > 0 \implies r \ge d_{it} + \tau_i, \quad r \ge \max(t, t_0) + \nu_i $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n_{itr}$ | systems, to be given back after $r$, or modules signed for (`orders`, `modules`) | units |
| $r$ | last day before it is given back, without end where it is not | day |
| $t, t_0$ | day of signing; first day that is not over | day |
| $q_i$ | `price_per_month` | money/month |
| $d_{it}$ | day from which rent runs | day |
| $e$ | end of the evaluation horizon | day |
| $\tau_i, \nu_i$ | `min_months`; `notice_days` | months, days |
| $\Delta_{itrm}, M_m$ | days of rent within a month; days of that month | days |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Denial, Family
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import days_in_month, months_between, term_end
from gpuplan.instance.commitments import agreed_module, cancel_day, ordered_before
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import rate
from gpuplan.instance.rentals import end_of, may_end, too_soon, without_end
from gpuplan.instance.timeline import module_ready
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.reading import Reading
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow, Group

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "rental"


def path(offer: str) -> str:
    """Path of the least time for which an offer is rented."""
    return f"offers.{without_end(offer)}.min_months"


def denies_signing(instance: Instance, offer: str, _site: str, way: Route) -> Iterator[Denial]:
    """A lot that would be given back before its minimum term is over, or without notice."""
    end = end_of(offer)
    reason = too_soon(instance.quotes[offer], way.days, end, cancel_day(instance)) if end else None
    if reason is not None:
        yield Denial(Group(NAME, path(offer)), reason)


def rents(
    instance: Instance, rented: Offer | Module, first: date, until: date | None = None
) -> list[tuple[date, Fraction]]:
    """(day, reporting currency) of every payment on one unit whose rent runs from a day on, to one where it ends."""
    if not rented.price_per_month:
        return []
    last = until or max(instance.operation_end, term_end(first, rented.min_months or 0))
    monthly = Fraction(rented.price_per_month)
    return [
        (end, monthly * ((end - start).days + 1) / days_in_month(start) * rate(instance, rented.currency, end))
        for start, end in (months_between(first, last) if first <= last else ())
    ]


def rows(problem: Problem) -> None:
    """A flow for every order of what is rented."""
    instance = problem.instance
    for (offer, site), signings in problem.signings.items():
        quote = instance.quotes[offer]
        for _, column in signings:
            ordered = Linear([(column, float(quote.lot_units))])
            payments = rents(instance, quote, problem.lot(column).ready, end_of(offer))
            _pay(problem, "rental", Subject.of_offer(instance, offer, site), ordered, payments)
    for column in problem.columns.of("modules"):
        _, module_id, at, ordered_in = problem.columns.keys[column]
        module = agreed_module(instance, str(module_id), str(at), problem.days[int(ordered_in)])
        payments = rents(instance, module, module_ready(module, problem.days[int(ordered_in)]))
        subject = Subject(site=str(at), module=str(module_id))
        _pay(problem, "colocation", subject, Linear([(column, 1.0)]), payments)


def _pay(problem: Problem, term: str, subject: Subject, ordered: Linear, payments: list[tuple[date, Fraction]]) -> None:
    if payments:
        problem.flows.append(Flow(term, None, subject, ordered, problem.payments(payments)))


def readings(recount: Recount) -> Iterator[Reading]:
    """Lots that are given back too soon, or on a day on which they cannot be."""
    instance, told = recount.instance, cancel_day(recount.instance)
    for lot in recount.lots:
        end = end_of(lot.offer)
        before = ordered_before(instance, lot.offer, lot.site, lot.days.signed, lot.route)
        if end is not None and lot.units > before:
            soon = too_soon(instance.quotes[lot.offer], lot.days, end, told) is not None
            detail = f"given back after {end} though signed on {lot.days.signed}"
            yield Reading(NAME, path(lot.offer), detail, Fraction(lot.units * soon), "systems", None, Fraction(0))


def entries(recount: Recount) -> Iterator[Entry]:
    """The rent of every lot and of every order of modules, month by month."""
    instance = recount.instance
    for lot in recount.lots:
        subject = Subject.of_offer(instance, lot.offer, lot.site)
        for day, amount in rents(instance, instance.quotes[lot.offer], lot.days.ready, end_of(lot.offer)):
            yield entry(instance, "rental", day, amount * lot.units, subject)
    for line in recount.decisions.modules:
        module = agreed_module(instance, line.module, line.site, line.signed)
        subject = Subject(site=line.site, module=line.module)
        for day, amount in rents(instance, module, module_ready(module, line.signed)):
            yield entry(instance, "colocation", day, amount * line.units, subject)


def sentence(instance: Instance, at: str) -> str:
    """For how long an offer is rented at least."""
    name = at.split(".")[1]
    quote = instance.offers[name]
    notice = f", with {quote.notice_days} days of notice" if quote.notice_days else ""
    return f"what is rented under {name} is given back after {quote.min_months} months at the soonest{notice}"


def repair(_instance: Instance, reading: Reading) -> str:
    """How many systems go too soon."""
    return f"{reading.path}: {int(reading.shortfall)} systems stay longer, {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Rental and colocation",
    kind="cost",
    groups=lambda instance: [path(offer) for offer in instance.offers if may_end(instance, offer)],
    sentence=sentence,
    repair=repair,
    denies_signing=denies_signing,
    rows=rows,
    readings=readings,
    entries=entries,
)
