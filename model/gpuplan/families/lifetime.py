r"""Lifetime: systems and modules are bought again at the end of their life, and what is left of one is worth something.

A system's life begins when its lot is installed, a module's when it delivers. On the day after its last it is bought
again at the price that was paid, and so on to the end of the evaluation horizon. What is left of the life that runs
then is its residual value: a cost term of its own that nobody pays, so that it is in no budget.

The price that was paid is that of the tier reached. What incremental tiers and free units save is taken off as of the
last lot that can be ordered; what a vendor gives back is taken off the residual alone, by the longest life left among
its offers then. Neither can be told lot by lot.

$$ \mathrm{replacement} = \sum_{i,t} p_i\, n_{it}\, \bigl|\{j \ge 1 : d_{itj} \le e\}\bigr|,
\qquad \mathrm{residual} = -\sum_{i,t} p_i\, n_{it}\, \Bigl(1 - \frac{Y(d_{itJ}, e + 1)}{Y_i}\Bigr) $$

Years are calendar years: a life of four years that begins on 1 January 2025 ends with 2028. $J$ is the number of the
last life that begins by $e$; the residual is nothing where that life ends on $e$.

| symbol | meaning | unit |
| --- | --- | --- |
| $n_{it}$ | systems or modules signed for (`orders`, `modules`) | units |
| $p_i$ | price that was paid | money |
| $d_{itj}$ | first day of life $j$, the first being 0: $j$ times `life_years` after that of the first | day |
| $e$ | end of the evaluation horizon | day |
| $Y_i, Y$ | `life_years`; years between two days, whole ones by the calendar and the rest by days | years |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.families.pricing import saving, savings, tiered_orders, unit_price
from gpuplan.families.tier_steps import is_stepped
from gpuplan.families.vendor_terms import rebates
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import term_end
from gpuplan.instance.commitments import agreed_module
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import last_order_day, rate
from gpuplan.instance.timeline import lot_days, module_ready
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


def lives(
    instance: Instance, bought: Offer | Module, first: date, price: Fraction
) -> dict[str, list[tuple[date, Fraction]]]:
    """By cost term: (day, reporting currency) for one unit at a price whose first life begins on a day."""
    if bought.life_years is None or not price or first > instance.operation_end:
        return {}
    begins, end = [first], instance.operation_end
    while (following := _after(first, bought.life_years * len(begins))) <= end.toordinal():
        begins.append(date.fromordinal(following))
    found = {"replacement": [(day, price * rate(instance, bought.currency, day)) for day in begins[1:]]}
    left = 1 - _years(begins[-1], end.toordinal() + 1) / bought.life_years
    if left:
        found["residual"] = [(end, -price * left * rate(instance, bought.currency, end))]
    return {term: payments for term, payments in found.items() if payments}


def last_begin(instance: Instance, offer: str) -> date:
    """Day on which the life of a lot begins that is signed for on the last day, within the evaluation horizon."""
    days = lot_days(instance.quotes[offer], last_order_day(instance, offer))
    return min(days.installed, instance.operation_end)


def given_back(instance: Instance, vendor: str) -> Fraction:
    """Share of what a vendor gives back by which the residual value of what it sold is lower."""
    lefts = [Fraction(0)]
    for name, quote in instance.quotes.items():
        if quote.vendor == vendor:
            price = max(Fraction(quote.price_on(day)) for day in quote.price_days)  # any but zero does
            terms = lives(instance, quote, last_begin(instance, name), price)
            worth = price * rate(instance, quote.currency, instance.operation_end)
            lefts += [-amount / worth for _, amount in terms.get("residual", ())]
    return max(lefts)


def _years(first: date, until: int) -> Fraction:
    """Years from a day to an ordinal: whole ones by the calendar, and the part of the next by its days."""
    whole = 0
    while _after(first, whole + 1) <= until:
        whole += 1
    begins = _after(first, whole) if whole else first.toordinal()
    return whole + Fraction(until - begins, _after(first, whole + 1) - begins)


def _after(first: date, years: int) -> int:
    """Ordinal of the day after so many years; the calendar's own days end with the year 9999."""
    if first.year + years < date.max.year:
        return term_end(first, 12 * years).toordinal() + 1
    return first.toordinal() + round(DAYS_OF_A_YEAR * years)


def rows(problem: Problem) -> None:
    """Flows for every order of what has a lifetime."""
    instance = problem.instance
    for offer, quote in instance.quotes.items():
        if (quote.tiers or quote.free_units) and problem.ordered(offer):
            _tier_flows(problem, offer, quote)
    for vendor in instance.vendors:
        back = given_back(instance, vendor)
        for column, day, amount in rebates(problem, vendor) if back else ():
            due = problem.payments([(max(day, instance.operation_end), amount * back)])
            problem.flows.append(Flow("residual", None, Subject(vendor=vendor), Linear([(column, 1.0)]), due))
    for (offer, site), signings in problem.signings.items():
        quote = instance.quotes[offer]
        for _, column in signings if not quote.tiers or quote.tier_pricing == "incremental" else ():
            ordered = Linear([(column, float(quote.lot_units))])
            days = problem.lot(column)
            terms = lives(instance, quote, days.installed, Fraction(quote.price_on(days.signed)))
            _flows(problem, Subject.of_offer(instance, offer, site), ordered, terms)
    for column in problem.columns.of("modules"):
        _, module_id, at, ordered_in = problem.columns.keys[column]
        module = agreed_module(instance, str(module_id), str(at), problem.days[int(ordered_in)])
        first = module_ready(module, problem.days[int(ordered_in)])
        subject = Subject(site=str(at), module=str(module_id))
        _flows(problem, subject, Linear([(column, 1.0)]), lives(instance, module, first, Fraction(module.price)))


def _tier_flows(problem: Problem, offer: str, quote: Offer) -> None:
    """Lives at the price of the tier reached; less what incremental tiers and free units save."""
    instance = problem.instance
    for units, more in savings(problem, offer):
        terms = lives(instance, quote, last_begin(instance, offer), more)
        _flows(problem, Subject.of_offer(instance, offer), units, terms)
    for number in range(1, len(quote.tiers) + 2) if quote.tiers and not is_stepped(quote) else ():
        for orders in tiered_orders(problem, offer):
            column = problem.columns.get("tier_units", offer, number, *orders[:3])
            if column is not None:
                price = Fraction(quote.price_tiers(orders.days.signed)[number - 1].price)
                terms = lives(instance, quote, orders.days.installed, price)
                _flows(problem, Subject.of_offer(instance, offer, orders.site or None), Linear([(column, 1.0)]), terms)


def _flows(problem: Problem, subject: Subject, ordered: Linear, terms: dict[str, list[tuple[date, Fraction]]]) -> None:
    for term, payments in terms.items():
        problem.flows.append(Flow(term, None, subject, ordered, problem.payments(payments)))


def entries(recount: Recount) -> Iterator[Entry]:
    """Replacements and residual value of every lot and of every order of modules."""
    instance = recount.instance
    for lot in recount.lots:
        subject = Subject.of_offer(instance, lot.offer, lot.site)
        price = unit_price(recount, lot.offer, lot.days.signed)
        for term, payments in lives(instance, instance.quotes[lot.offer], lot.days.installed, price).items():
            for day, amount in payments:
                yield entry(instance, term, day, amount * lot.units, subject)
    for offer in recount.units_by_offer:
        quote, subject = instance.quotes[offer], Subject.of_offer(instance, offer)
        saved = saving(recount, offer)
        for term, payments in lives(instance, quote, last_begin(instance, offer), -saved).items():
            for day, amount in payments:
                yield entry(instance, term, day, amount, subject)
    for one in [one for one in recount.entries if one.term == "rebates"]:
        back = given_back(instance, one.subject.vendor or "")
        if back:
            day = max(one.day, instance.operation_end)
            yield entry(instance, "residual", day, -one.exact * back, Subject(vendor=one.subject.vendor))
    for line in recount.decisions.modules:
        module = agreed_module(instance, line.module, line.site, line.signed)
        subject = Subject(site=line.site, module=line.module)
        first = module_ready(module, line.signed)
        for term, payments in lives(instance, module, first, Fraction(module.price)).items():
            for day, amount in payments:
                yield entry(instance, term, day, amount * line.units, subject)


FAMILY = Family(
    name=NAME,
    title="Lifetime",
    kind="cost",
    rows=rows,
    entries=entries,
)
