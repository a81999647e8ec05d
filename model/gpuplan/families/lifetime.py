r"""Lifetime: systems and modules are bought again at the end of their life, and what is left of one is worth something.

A system's life begins when its lot is installed, a module's when it delivers. On the day after its last it is bought
again at the offer's first price, and so on to the end of the years reckoned with. What is left of the life that runs
then, by the day, is its residual value: a cost term of its own that nobody pays, so that it is in no budget.

$$ \mathrm{replacement} = \sum_{i,t} p_i\, n_{it}\, \bigl|\{j \ge 1 : d_{itj} \le e\}\bigr|,
\qquad \mathrm{residual} = -\sum_{i,t} p_i\, n_{it}\, \frac{d_{it,J+1} - e - 1}{d_{it,J+1} - d_{itJ}} $$

Years are calendar years: a life of four years that begins on 1 January 2025 ends with 2028. $J$ is the number of the
last life that begins by $e$; the residual is nothing where that life ends on $e$.

| symbol | meaning | unit |
| --- | --- | --- |
| $n_{it}$ | systems or modules signed for (`orders`, `modules`) | units |
| $p_i$ | `price` | money |
| $d_{itj}$ | first day of life $j$, the first being 0: $j$ times `life_years` after that of the first | day |
| $e$ | end of the years reckoned with | day |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.instance.calendar import term_end
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

NAME = "lifetime"
DAYS_OF_A_YEAR = Fraction(146_097, 400)
"""Of the calendar, over its 400 years."""


def lives(instance: Instance, bought: Offer | Module, first: date) -> dict[str, list[tuple[date, Fraction]]]:
    """By cost term: (day, reporting currency) for one unit whose first life begins on a day."""
    if bought.life_years is None or not bought.price or first > instance.operation_end:
        return {}
    begins, end = [first], instance.operation_end
    while (following := _after(first, bought.life_years * len(begins))) <= end.toordinal():
        begins.append(date.fromordinal(following))
    price = Fraction(bought.price)
    found = {"replacement": [(day, price * rate(instance, bought.currency, day)) for day in begins[1:]]}
    left = Fraction(following - end.toordinal() - 1, following - begins[-1].toordinal())
    if left:
        found["residual"] = [(end, -price * left * rate(instance, bought.currency, end))]
    return {term: payments for term, payments in found.items() if payments}


def _after(first: date, years: int) -> int:
    """Ordinal of the day after so many years; the calendar's own days end with the year 9999."""
    if first.year + years < date.max.year:
        return term_end(first, 12 * years).toordinal() + 1
    return first.toordinal() + round(DAYS_OF_A_YEAR * years)


def rows(problem: Problem) -> None:
    """Flows for every order of what has a lifetime."""
    instance = problem.instance
    for (offer, site), signings in problem.signings.items():
        quote = instance.offers[offer]
        for _, column in signings:
            ordered = Linear([(column, float(quote.lot_units))])
            first = problem.lot(column).installed
            _flows(problem, Subject.of_offer(instance, offer, site), ordered, lives(instance, quote, first))
    for column in problem.columns.of("modules"):
        _, module_id, at, ordered_in = problem.columns.keys[column]
        module = instance.modules[str(module_id)]
        first = module_ready(module, problem.days[int(ordered_in)])
        subject = Subject(site=str(at), module=str(module_id))
        _flows(problem, subject, Linear([(column, 1.0)]), lives(instance, module, first))


def _flows(problem: Problem, subject: Subject, ordered: Linear, terms: dict[str, list[tuple[date, Fraction]]]) -> None:
    for term, payments in terms.items():
        problem.flows.append(Flow(term, None, subject, ordered, problem.payments(payments)))


def entries(recount: Recount) -> Iterator[Entry]:
    """Replacements and residual value of every lot and of every order of modules."""
    instance = recount.instance
    for lot in recount.lots:
        subject = Subject.of_offer(instance, lot.offer, lot.site)
        for term, payments in lives(instance, instance.offers[lot.offer], lot.days.installed).items():
            for day, amount in payments:
                yield entry(instance, term, day, amount * lot.units, subject)
    for line in recount.decisions.modules:
        module = instance.modules[line.module]
        subject = Subject(site=line.site, module=line.module)
        for term, payments in lives(instance, module, module_ready(module, line.signed)).items():
            for day, amount in payments:
                yield entry(instance, term, day, amount * line.units, subject)


FAMILY = Family(
    name=NAME,
    title="Lifetime",
    kind="cost",
    rows=rows,
    entries=entries,
)
