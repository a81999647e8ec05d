"""The money of a plan: cost by term, cash by fiscal year, and what an hour of use costs."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.energy import of_fleets, waiting
from gpuplan.fraction import Fraction
from gpuplan.instance.classification import tpp
from gpuplan.instance.rentals import end_of
from gpuplan.instance.rules import CAPEX, COST_TERMS, OPEX, kind_of
from gpuplan.ledger.entries import rounded
from gpuplan.ledger.funding import cash_by_fund
from gpuplan.plan.plan import FiscalYear, PlanCost, TermCost, UnitCosts

if TYPE_CHECKING:
    from gpuplan.ledger.recount import Recount

H100_TPP = Fraction(15832)
"""TPP of the accelerator that equivalents are counted in."""


def cost(recount: Recount) -> PlanCost:
    """Every cost term that is not zero; they add up to the totals exactly."""
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    discounted: dict[str, Decimal] = defaultdict(Decimal)
    for one in recount.entries:
        amounts[one.term] += one.amount
        discounted[one.term] += one.discounted
    terms: dict[str, TermCost] = {
        term: TermCost(
            kind=kind_of(term),
            amount=amounts[term],
            discounted=discounted[term],
        )
        for term in COST_TERMS
        if term in amounts
    }
    kinds = {}
    for kind in ("capex", "opex"):
        some = [term for term in terms.values() if term.kind == kind]
        if some:
            paid = sum((term.amount for term in some), Decimal(0))
            kinds[kind] = TermCost(kind=kind, amount=paid, discounted=sum((one.discounted for one in some), Decimal(0)))
    return PlanCost(
        amount=sum(amounts.values(), Decimal(0)),
        discounted=sum(discounted.values(), Decimal(0)),
        terms=terms,
        kinds=kinds,
        waiting=rounded(waiting(recount)),
    )


def cash(recount: Recount) -> tuple[FiscalYear, ...]:
    """Undiscounted payments by fiscal year, penalties left out."""
    calendar = recount.instance.calendar
    capex: dict[int, Decimal] = defaultdict(Decimal)
    opex: dict[int, Decimal] = defaultdict(Decimal)
    for kind, terms in ((capex, CAPEX), (opex, OPEX)):
        for one in recount.entries:
            if one.term in terms:
                kind[calendar.fiscal_year(one.day)] += one.amount
    by_fund = cash_by_fund(recount) if recount.instance.funds else {}
    return tuple(
        FiscalYear(
            year=year,
            first=calendar.fiscal_year_start(year),
            last=calendar.fiscal_year_start(year + 1) - timedelta(days=1),
            amount=capex[year] + opex[year],
            capex=capex[year],
            opex=opex[year],
            by_fund=by_fund.get(year, {}),
        )
        for year in sorted({*capex, *opex})
    )


def unit_costs(recount: Recount) -> UnitCosts:
    """Discounted cost without penalties, over hours of usable accelerators to the end of the evaluation horizon.

    Both are those of what is bought: what existing fleets draw is left out, as their hours are.
    What hosts keep does not count, and each offer counts the share of its hours in which it is available. A system is
    usable from the day on which its acceptance ends.
    """
    instance = recount.instance
    hours = equivalents = Fraction(0)
    for offer, site in recount.installed:
        quote = instance.quotes[offer]
        system = instance.systems[quote.system]
        chip = instance.accelerators.get(system.accelerator or "")
        performance = Fraction(tpp(chip) or 0) if chip else Fraction(0)
        part = Fraction(quote.buyer_share) * Fraction(quote.availability)
        last = min(instance.operation_end, end_of(offer) or instance.operation_end)
        days = sum(
            more * max((last - (day + timedelta(days=quote.acceptance_days))).days + 1, 0)
            for day, more in recount.installations(offer, site)
        )
        accelerator_hours = 24 * days * system.accelerators * part
        hours += accelerator_hours
        equivalents += accelerator_hours * performance / H100_TPP
    paid = sum((Fraction(one.discounted) for one in recount.entries if one.term != "penalty"), Fraction(0))
    paid -= sum((amount * Fraction(instance.discount(day)) for day, amount in of_fleets(recount)), Fraction(0))
    return UnitCosts(
        accelerator_hours=rounded(hours),
        per_accelerator_hour=rounded(paid / hours) if hours else None,
        h100_equivalent_hours=rounded(equivalents),
        per_h100_equivalent_hour=rounded(paid / equivalents) if equivalents else None,
    )
