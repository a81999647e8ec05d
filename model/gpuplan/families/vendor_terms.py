r"""Vendor terms: what a vendor charges for being bought from at all, and what it gives back on the whole.

Activation falls due at the first signing with the vendor. Its rebate is a share of its whole spend, by the amount that
the spend reaches, and is booked on the last day on which it can be ordered from.

$$ \sum_j y_{vj} = 1, \qquad \sum_j x^{\mathrm{spend}}_{vj} = \mathrm{spend}_v, \qquad
b_{vj}\, y_{vj} \le x^{\mathrm{spend}}_{vj} \le b_{v,j+1}\, y_{vj} \quad \forall\, v, j $$

| symbol | meaning | unit |
| --- | --- | --- |
| $u_v$ | vendor used (`vendor_used`) | 0 or 1 |
| $f_{vt}$ | first signing with it (`vendor_first`), see first signings | 0 or 1 |
| $y_{vj}, x^{\mathrm{spend}}_{vj}$ | rebate reached, spend within it (`rebate`, `rebate_spend`) | 0 or 1; money |
| $b_{vj}$ | spend from which a rebate is given | money |
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families import first_signings
from gpuplan.families.family import Family
from gpuplan.families.first_signings import signings_by_period
from gpuplan.families.pricing import price_of, spend
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import last_order_day, rate
from gpuplan.ledger.entries import Entry, entry
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.offers import Vendor
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "vendor_terms"


def _offers(instance: Instance, vendor: str) -> list[str]:
    return [offer for offer, quote in instance.quotes.items() if quote.vendor == vendor]


def columns(problem: Problem) -> None:
    """Whether a vendor is used and when first, and its rebates, where they exist."""
    for vendor, seller in problem.instance.vendors.items():
        signings = signings_by_period(problem, _offers(problem.instance, vendor))
        if seller.activation_cost and signings:
            problem.vendor_used(vendor)
            first_signings.columns(problem, "vendor_first", vendor, list(signings))
        if seller.rebates and signings:
            for number in range(len(seller.rebates) + 1):
                problem.strategic("rebate", vendor, number)
                problem.columns.add(("rebate_spend", vendor, number), Role.CONTINUOUS)


def rows(problem: Problem) -> None:
    """Spend within the steps of rebates; rebates and activation as flows."""
    for vendor, seller in problem.instance.vendors.items():
        _rebate_rows(problem, vendor)
        if seller.activation_cost and problem.columns.get("vendor_used", vendor) is not None:
            _activation_flows(problem, vendor, seller)


def _rebate_rows(problem: Problem, vendor: str) -> None:
    """Spend falls within one step of the rebate; what it gives back."""
    if problem.columns.get("rebate", vendor, 0) is None:
        return
    split = Linear()
    choice = Linear()
    for number in range(len(problem.instance.vendors[vendor].rebates) + 1):
        within = problem.columns.get("rebate_spend", vendor, number)
        chosen = problem.columns.get("rebate", vendor, number)
        if within is not None and chosen is not None:
            split.add(within, 1.0)
            choice.add(chosen, 1.0)
    for column, booked, amount in rebates(problem, vendor):
        back = problem.payments([(booked, -amount)])
        problem.flows.append(Flow("rebates", booked, Subject(vendor=vendor), Linear([(column, 1.0)]), back))
    offers = _offers(problem.instance, vendor)
    problem.rows.add(("rebate", vendor), choice, at_least=1.0, at_most=1.0)
    problem.rows.add(("rebate_spend", vendor), split.plus(spend(problem, offers), -1.0), at_least=0.0, at_most=0.0)


def rebates(problem: Problem, vendor: str) -> Iterator[tuple[int, date, Fraction]]:
    """(column of spend within a step, day, what is given back for one unit of it in the reporting currency)."""
    seller = problem.instance.vendors[vendor]
    booked = max((last_order_day(problem.instance, offer) for offer in _offers(problem.instance, vendor)), default=None)
    for number, rebate in enumerate(seller.rebates, 1):
        column = problem.columns.get("rebate_spend", vendor, number)
        if column is not None and booked is not None and rebate.rate:
            worth = problem.money.unit_of(seller.currency) * rate(problem.instance, seller.currency, booked)
            yield column, booked, Fraction(rebate.rate) * worth


def _activation_flows(problem: Problem, vendor: str, seller: Vendor) -> None:
    periods = list(signings_by_period(problem, _offers(problem.instance, vendor)))
    for period, column in first_signings.firsts(problem, "vendor_first", vendor, problem.vendor_used(vendor), periods):
        day = problem.days[period]
        amount = Fraction(seller.activation_cost) * rate(problem.instance, seller.currency, day)
        flow = Flow(
            "activation", day, Subject(vendor=vendor), Linear([(column, 1.0)]), problem.payments([(day, amount)])
        )
        problem.flows.append(flow)


def links(problem: Problem) -> None:
    """A vendor is used just when something is ordered from it; rebates, by the bound of what is spent."""
    for vendor in problem.instance.vendors:
        switch = problem.columns.get("vendor_used", vendor)
        if switch is not None:
            _vendor_links(problem, vendor, switch)
        _rebate_links(problem, vendor)


def _vendor_links(problem: Problem, vendor: str, switch: int) -> None:
    offers = _offers(problem.instance, vendor)
    for offer in offers:
        ordered = problem.ordered(offer)
        if ordered.terms:
            used = problem.columns.get("offer_used", offer)
            if used is not None:
                row = Linear([(used, 1.0), (switch, -1.0)])
                problem.rows.add(("vendor_used", vendor, offer), row, at_most=0.0)
            else:
                problem.only_if(("vendor_used", vendor, offer), ordered, switch, f"offers.{offer}.max_units")
    signings = signings_by_period(problem, offers)
    everything = Linear()
    for units in signings.values():
        everything.plus(units)
    problem.rows.add(("vendor_idle", vendor), everything.add(switch, -1.0), at_least=0.0)
    if problem.instance.vendors[vendor].activation_cost:
        firsts = first_signings.firsts(problem, "vendor_first", vendor, switch, list(signings))
        first_signings.links(problem, "vendor_first", vendor, signings, firsts, switch)


def _rebate_links(problem: Problem, vendor: str) -> None:
    seller = problem.instance.vendors[vendor]
    if problem.columns.get("rebate", vendor, 0) is None:
        return
    offers = _offers(problem.instance, vendor)
    most = problem.bounded(spend(problem, offers), f"vendors.{vendor}.rebates")
    spends = (rebate.from_spend for rebate in seller.rebates)
    bounds = [0.0, *(problem.money.in_units(spend, seller.currency) for spend in spends)]
    for number, low in enumerate(bounds):
        within = problem.columns.get("rebate_spend", vendor, number)
        chosen = problem.columns.get("rebate", vendor, number)
        if within is None or chosen is None:
            continue
        high = bounds[number + 1] if number + 1 < len(bounds) else most
        problem.rows.add(("rebate_high", vendor, number), Linear([(within, 1.0), (chosen, -high)]), at_most=0.0)
        problem.rows.add(("rebate_low", vendor, number), Linear([(within, 1.0), (chosen, -low)]), at_least=0.0)


def entries(recount: Recount) -> Iterator[Entry]:
    """Activation and rebate of every vendor that is bought from."""
    instance = recount.instance
    for vendor in {instance.quotes[offer].vendor: None for offer in recount.units_by_offer}:
        yield from _entries_of(recount, vendor)


def _entries_of(recount: Recount, vendor: str) -> Iterator[Entry]:
    instance, seller, subject = recount.instance, recount.instance.vendors[vendor], Subject(vendor=vendor)
    units = recount.units_by_offer
    bought = {offer: units[offer] for offer in _offers(instance, vendor) if offer in units}
    if seller.activation_cost:
        first = min(lot.days.signed for lot in recount.lots if lot.offer in bought)
        amount = Fraction(seller.activation_cost) * rate(instance, seller.currency, first)
        yield entry(instance, "activation", first, amount, subject)
    spent = sum((price_of(recount, offer) for offer in bought), Fraction(0))
    share = max((Fraction(rebate.rate) for rebate in seller.rebates if spent >= rebate.from_spend), default=Fraction(0))
    if share:
        booked = max(last_order_day(instance, offer) for offer in _offers(instance, vendor))
        yield entry(instance, "rebates", booked, -spent * share * rate(instance, seller.currency, booked), subject)


FAMILY = Family(
    name=NAME,
    title="Vendor terms",
    kind="cost",
    columns=columns,
    rows=rows,
    links=links,
    entries=entries,
)
