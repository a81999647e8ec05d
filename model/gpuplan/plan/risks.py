"""What the quotes behind a plan leave open: leads that are ranges, and what vendors owe for coming late."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.pricing import unit_price
from gpuplan.fraction import Fraction
from gpuplan.ledger.entries import rounded
from gpuplan.plan.plan import PlanRisk

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.ledger.recount import Lot, Recount


def risks(recount: Recount) -> tuple[PlanRisk, ...]:
    """A line for each lot whose quote has a range of leads or damages for lateness."""
    quotes = recount.instance.quotes
    open_ended = [lot for lot in recount.lots if quotes[lot.offer].lead_days_range or quotes[lot.offer].late_damages]
    return tuple(_risk(recount, lot) for lot in open_ended)


def _risk(recount: Recount, lot: Lot) -> PlanRisk:
    instance, quote = recount.instance, recount.instance.quotes[lot.offer]
    currency = quote.currency or instance.currency
    soonest, (weekly, most) = _soonest(quote, lot), _damages(recount, quote, lot)
    told = [] if soonest is None else [_told_range(quote, lot, soonest)]
    if quote.late_damages is not None and weekly is not None and most is not None:
        grace = f" after {quote.late_damages.grace_days} days" if quote.late_damages.grace_days else ""
        told.append(f"the vendor owes {weekly:,f} {currency} for each week late{grace}, {most:,f} at most")
    return PlanRisk(
        offer=instance.offer_of(lot.offer),
        site=lot.site,
        signed=lot.days.signed,
        units=lot.units,
        ready=lot.days.ready,
        soonest=soonest,
        damages_per_week=weekly,
        damages_at_most=most,
        currency=currency,
        says="; ".join(told),
    )


def _told_range(quote: Offer, lot: Lot, soonest: date) -> str:
    span = quote.lead_days_range
    quoted = f"{span.least} to {span.most} days" if span else ""
    when = f"ready from {soonest} to {lot.days.ready}" if soonest < lot.days.ready else f"ready on {soonest} either way"
    return f"quoted at {quoted} of lead: {when}"


def _soonest(quote: Offer, lot: Lot) -> date | None:
    """Day on which a lot is ready by the shortest lead that is quoted; a licence runs beside it."""
    if quote.lead_days_range is None:
        return None
    waits = max(quote.lead_days_range.least, lot.way.needed_days if lot.way else 0)
    shipped = lot.days.signed + timedelta(days=waits)
    return lot.days.ready - (lot.days.shipped - shipped)


def _damages(recount: Recount, quote: Offer, lot: Lot) -> tuple[Decimal | None, Decimal | None]:
    """(for each week late, in all) of a lot, in the currency of its quote, to the cent."""
    owed = quote.late_damages
    if owed is None:
        return None, None
    price = unit_price(recount, lot.offer, lot.days.signed) * lot.units
    return rounded(price * Fraction(owed.share_per_week), 2), rounded(price * Fraction(owed.at_most_share), 2)
