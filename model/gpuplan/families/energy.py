r"""Energy: what the grid draw costs and emits.

Typical power times utilisation, with what the facility adds, is drawn day and night. A system is charged from its own
day on, standing or waiting (see running), at the largest draw that its providers can give rise to, less the least for
the days of the month before it. What a site's draw on the last day of a calendar month differs from that of the systems
that stand there stands for that month, and that of the last month goes on to the end of the evaluation years. So what
stands pays for what it draws, and its first day for no less than the least. Months are billed on their last day: energy
and carbon by days, the demand charge once for the design-day draw, which is largest on the last day.

$$ D_{sh} = \sum_{o,t} \Bigl( \rho_{os} - \rho^{\min}_{os} \frac{\Delta_h - \delta_{oth}}{\Delta_h} \Bigr)
  \ell_o n^{\mathrm{orders}}_{ost}
  + D_{sk(h)} - \sum_o \rho_{os}\, n^{\mathrm{installed}}_{osk(h)} \quad \forall\, s, h $$
$$ \mathrm{energy} = \sum_{s,h} 24\, \Delta_h\, p_{sh}\, D^{\mathrm{typical}}_{sh}, \qquad
\mathrm{demand} = \sum_{s,h} \frac{\Delta_h}{M_h}\, c_s\, D^{\mathrm{design}}_{sh}, \qquad
\mathrm{carbon} = \sum_{s,h} 24\, \Delta_h\, g_s\, \pi\, D^{\mathrm{typical}}_{sh} $$

| symbol | meaning | unit |
| --- | --- | --- |
| $D_{sh}, D_{sk}$ | grid draw that a month is charged for; on a state day, in a load case | kW |
| $\rho_{os}, \rho^{\min}_{os}$ | largest and least grid draw of a system | kW |
| $n^{\mathrm{orders}}_{ost}, \ell_o$ | lots signed for (`orders`); systems in a lot | lots, systems |
| $n^{\mathrm{installed}}_{osk}$ | systems installed on a state day (`installed`) | systems |
| $\delta_{oth}$ | days of a month on which a lot is charged; for the demand charge all | days |
| $\Delta_h, M_h$ | days of operation in a month; days of that month | days |
| $p_{sh}$ | price of energy in that month | money/kWh |
| $c_s$ | demand charge | money/kW and month |
| $g_s, \pi$ | carbon intensity; carbon price | kg/kWh; money/kg |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.calendar import days_in_month
from gpuplan.instance.facility import LoadCase
from gpuplan.instance.matching import Subject
from gpuplan.instance.timeline import Month, months
from gpuplan.ledger.charges import Charges
from gpuplan.ledger.entries import Entry, entry
from gpuplan.program.charging import charged, flows_of, remaining
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "energy"
CASES: dict[str, LoadCase] = {"energy": "typical", "demand": "design", "carbon": "typical"}
"""Load case in which each cost term is reckoned."""


def prices(instance: Instance, site_id: str, month: Month) -> dict[str, Fraction]:
    """By cost term: reporting currency for each kW drawn over a month, in the term's load case; zeros left out.

    Nothing where hosts pay.
    """
    if site_id in instance.hosted_sites:
        return {}
    site, tariff = instance.sites[site_id], instance.sites[site_id].tariff
    hours = Fraction(24 * month.days)
    found = {"carbon": hours * Fraction(site.carbon_kg_per_kwh * instance.economics.carbon_price_per_tonne) / 1000}
    if tariff is not None:
        rate = Fraction(instance.economics.rate(tariff.currency or instance.currency, month.last))
        found["energy"] = hours * tariff.price_per_kwh(month.first.month) * rate
        share = Fraction(month.days, days_in_month(month.first))
        found["demand"] = share * Fraction(tariff.demand_charge_per_kw_month) * rate
    return {term: price for term, price in found.items() if price}


def rows(problem: Problem) -> None:
    """Flows for each site and cost term: of what is charged from a day on, and of what a site draws beside it."""
    instance = problem.instance
    for site in sorted({site for site, _, _ in problem.draws}):
        priced = [(month, prices(instance, site, month)) for month in months(instance, problem.states)]
        for term in dict.fromkeys(term for _, some in priced for term in some):
            subject, case = Subject(site=site), CASES[term]
            of_term = [(month, some.get(term, Fraction(0))) for month, some in priced]
            problem.flows += flows_of(
                problem, term, subject, charged(problem, site, case), of_term, by_days=term != "demand"
            )
            paid: dict[int, list[tuple[date, Fraction]]] = defaultdict(list)
            for month, price in of_term:
                if price:
                    paid[problem.epoch(site, month.state)].append((month.last, price))
            for state, payments in paid.items():
                draw = remaining(problem, site, state, case)
                if draw:
                    problem.flows.append(Flow(term, None, subject, draw, problem.payments(payments)))


def entries(recount: Recount) -> Iterator[Entry]:
    """What each month at each site costs."""
    loads = Charges(recount)
    for month in months(recount.instance, recount.states):
        for site in recount.instance.sites:
            for term, price in prices(recount.instance, site, month).items():
                draw = loads.draw(site, month, CASES[term], by_days=term != "demand")
                if draw:
                    yield entry(recount.instance, term, month.last, draw * price, Subject(site=site))


def of_fleets(recount: Recount) -> Iterator[tuple[date, Fraction]]:
    """(day, reporting currency) of what existing fleets draw, at the least that their providers can give rise to."""
    instance = recount.instance
    for fleet in instance.existing.systems.values():
        for month in months(instance, recount.states):
            for term, price in prices(instance, fleet.site, month).items():
                draw = recount.running.draw(fleet.system, fleet.site, CASES[term])
                yield month.last, price * fleet.units * draw.least


def waiting(recount: Recount) -> Fraction:
    """What systems that wait are charged as if they ran; or would be, where they are installed when needed."""
    charges, total = Charges(recount), Fraction(0)
    for site in charges.lots:
        for month in months(recount.instance, recount.states):
            for term, price in prices(recount.instance, site, month).items():
                total += price * charges.waiting(site, month, CASES[term], by_days=term != "demand")
    return total


FAMILY = Family(
    name=NAME,
    title="Energy and carbon",
    kind="cost",
    rows=rows,
    entries=entries,
)
