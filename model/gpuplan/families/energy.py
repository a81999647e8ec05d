r"""Energy: what the grid draw costs and emits.

Typical power times utilisation, with what the facility adds, is drawn day and night; the state of a state day stands
for the days up to it, and that of the last one goes on to the end of the evaluation years. Months are billed on their
last day. The demand charge is on the design-day draw.

$$ \mathrm{energy} = \sum_{s,h} 24\, \Delta_h\, p_{sh}\, D^{\mathrm{typical}}_{sk(h)}, \qquad
\mathrm{demand} = \sum_{s,h} \frac{\Delta_h}{M_h}\, c_s\, D^{\mathrm{design}}_{sk(h)}, \qquad
\mathrm{carbon} = \sum_{s,h} 24\, \Delta_h\, g_s\, \pi\, D^{\mathrm{typical}}_{sk(h)} $$

| symbol | meaning | unit |
| --- | --- | --- |
| $D_{sk}$ | grid draw in a load case | kW |
| $\Delta_h, M_h$ | days of a stretch within one month; days of that month | days |
| $p_{sh}$ | price of energy in that month | money/kWh |
| $c_s$ | demand charge | money/kW and month |
| $g_s, \pi$ | carbon intensity; carbon price | kg/kWh; money/kg |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.instance.calendar import days_in_month
from gpuplan.instance.facility import LoadCase
from gpuplan.instance.matching import Subject
from gpuplan.instance.timeline import Stretch, stretches
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.site_loads import SiteLoads
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "energy"
CASES: dict[str, LoadCase] = {"energy": "typical", "demand": "design", "carbon": "typical"}
"""Load case in which each cost term is reckoned."""


def prices(instance: Instance, site_id: str, stretch: Stretch) -> dict[str, Fraction]:
    """By cost term: reporting currency for each kW drawn over a stretch, in the term's load case; zeros left out.

    Nothing where hosts pay.
    """
    if site_id in instance.hosted_sites:
        return {}
    site, tariff = instance.sites[site_id], instance.sites[site_id].tariff
    hours = Fraction(24 * stretch.days)
    found = {"carbon": hours * Fraction(site.carbon_kg_per_kwh * instance.economics.carbon_price_per_tonne) / 1000}
    if tariff is not None:
        rate = Fraction(instance.economics.rate(tariff.currency or instance.currency, stretch.last))
        found["energy"] = hours * tariff.price_per_kwh(stretch.first.month) * rate
        share = Fraction(stretch.days, days_in_month(stretch.first))
        found["demand"] = share * Fraction(tariff.demand_charge_per_kw_month) * rate
    return {term: price for term, price in found.items() if price}


def rows(problem: Problem) -> None:
    """A flow for each site, state and cost term."""
    instance = problem.instance
    paid: dict[tuple[str, int, str], list[tuple[date, Fraction]]] = {}
    sites = sorted({site for site, _, _ in problem.draws})
    for stretch in stretches(instance, problem.states):
        for site in sites:
            for term, price in prices(instance, site, stretch).items():
                paid.setdefault((site, problem.epoch(site, stretch.state), term), []).append((stretch.last, price))
    for (site, state, term), payments in paid.items():
        draw = problem.draws[site, state, CASES[term]]
        if draw:
            problem.flows.append(Flow(term, None, Subject(site=site), draw, problem.payments(payments)))


def entries(recount: Recount) -> Iterator[Entry]:
    """What each month at each site costs."""
    loads = SiteLoads(recount)
    for stretch in stretches(recount.instance, recount.states):
        for site in recount.instance.sites:
            for term, price in prices(recount.instance, site, stretch).items():
                draw = loads.grid_draw(site, stretch.state, CASES[term])
                if draw:
                    yield entry(recount.instance, term, stretch.last, draw * price, Subject(site=site))


FAMILY = Family(
    name=NAME,
    title="Energy and carbon",
    kind="cost",
    rows=rows,
    entries=entries,
)
