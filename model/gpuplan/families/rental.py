r"""Rental: what is paid by the month for systems and facility modules that are not bought.

A rented system pays from the day on which its lot is ready, a rented module (colocation, in blocks of kilowatts) from
the day on which it delivers: whether it is used or not, to the end of the evaluation horizon, and for its minimum term
when that ends later. Nothing is given back before. A part of a month pays its days.

$$ \mathrm{rent} = \sum_{i,t} q_i\, n_{it} \sum_{m} \frac{\Delta_{itm}}{M_m}, \qquad
\textstyle\bigcup_m \Delta_{itm} = [\,d_{it},\ \max(e,\ d_{it} + \tau_i)\,] $$

| symbol | meaning | unit |
| --- | --- | --- |
| $n_{it}$ | systems or modules signed for (`orders`, `modules`) | units |
| $q_i$ | `price_per_month` | money/month |
| $d_{it}$ | day from which rent runs | day |
| $e$ | end of the evaluation horizon | day |
| $\tau_i$ | `min_months` | months |
| $\Delta_{itm}, M_m$ | days of rent within a month; days of that month | days |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import days_in_month, months_between, term_end
from gpuplan.instance.commitments import agreed_module
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import rate
from gpuplan.instance.timeline import module_ready
from gpuplan.ledger.entries import Entry, entry
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "rental"


def rents(instance: Instance, rented: Offer | Module, first: date) -> list[tuple[date, Fraction]]:
    """(day, reporting currency) of every payment on one unit whose rent runs from a day on."""
    if not rented.price_per_month:
        return []
    last = max(instance.operation_end, term_end(first, rented.min_months))
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
            payments = rents(instance, quote, problem.lot(column).ready)
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


def entries(recount: Recount) -> Iterator[Entry]:
    """The rent of every lot and of every order of modules, month by month."""
    instance = recount.instance
    for lot in recount.lots:
        subject = Subject.of_offer(instance, lot.offer, lot.site)
        for day, amount in rents(instance, instance.quotes[lot.offer], lot.days.ready):
            yield entry(instance, "rental", day, amount * lot.units, subject)
    for line in recount.decisions.modules:
        module = agreed_module(instance, line.module, line.site, line.signed)
        subject = Subject(site=line.site, module=line.module)
        for day, amount in rents(instance, module, module_ready(module, line.signed)):
            yield entry(instance, "colocation", day, amount * line.units, subject)


FAMILY = Family(
    name=NAME,
    title="Rental and colocation",
    kind="cost",
    rows=rows,
    entries=entries,
)
