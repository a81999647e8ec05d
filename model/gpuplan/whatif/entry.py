"""Entry prices: at which price each offer comes into the best plan, and how far the price of a chosen one can rise.

The whole price schedule of an offer is scaled, in its own currency, and its minimum order honoured. What is told is an
interval with both ends shown: at its lower end there is a plan with the offer, audited, that is as good as the best
plan known without it; at its upper end no plan with it is, by a verified bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.base import Text, exactly
from gpuplan.plan.plan import PlanLevel, Status
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import Answer, answered
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.entry_search import EntryPrice, OfferPrices, Standing

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


class EntryPrices(Shown):
    """Every offer with the price at which it enters the best plan, or leaves it."""

    format: Literal["gpuplan-entry-prices/1"] = "gpuplan-entry-prices/1"
    name: Text
    currency: Text
    """The reporting currency, in which costs are told; each price is in that of its offer."""
    status: Status
    """Of the plan."""
    levels: Items[PlanLevel]
    """Of the plan."""
    offers: Items[EntryPrice]
    """Those first that need the smallest discount; then those of the plan, those first that may rise the least; then
    those that no price brings in."""
    complete: bool
    """Whether every offer was looked at before time was up."""


@exactly
def entry_prices(instance: Instance, offers: Iterable[str] = (), **asked: Unpack[Asked]) -> EntryPrices:
    """The price at which each offer enters the best plan, or up to which it stays there.

    `offers` names some of them; every one when left out. `time_limit` is shared out among them: an interval is as wide
    as its share leaves it. Raises InvalidInput when there is no offer of a name.
    """
    named = _named(instance, tuple(offers))
    with Effort(**asked) as effort:
        base = answered(instance, effort, "solving for the plan")
        found = [] if base.plan is None else _every_one(instance, named, base, effort)
    return EntryPrices(
        name=instance.name,
        currency=instance.currency,
        status=base.status,
        levels=base.levels,
        offers=tuple(sorted(found, key=_order)),
        complete=base.plan is not None and len(found) == len(named),
    )


def _named(instance: Instance, offers: tuple[str, ...]) -> list[str]:
    from difflib import get_close_matches

    faults = []
    for offer in offers:
        if offer not in instance.offers:
            close = get_close_matches(offer, list(instance.offers), 3, 0.4) or list(instance.offers)[:6]
            faults.append(Problem(f"there is no offer {offer!r}", f"Known: {', '.join(close)}.", "offers"))
    if faults:
        raise InvalidInput(faults)
    return list(offers or instance.offers)


def _order(one: EntryPrice) -> tuple[int, Decimal, str]:
    standings: tuple[Standing, ...] = ("not chosen", "chosen", "needed", "cannot be chosen")
    if one.enters_at is None or not one.price:
        return 2 * standings.index(one.standing) + 1, Decimal(0), one.offer
    return 2 * standings.index(one.standing), abs(1 - one.enters_at / one.price), one.offer


def _every_one(instance: Instance, offers: Sequence[str], base: Answer, effort: Effort) -> list[EntryPrice]:
    """As many as there is time for: what is left of it is shared out evenly among those that are left."""
    found = []
    for number, offer in enumerate(offers):
        if effort.is_over():
            break
        share = effort.left / (len(offers) - number)
        one = OfferPrices(instance, offer, base, effort, effort.seconds + share)
        found.append(one.looked_at())
    return found
