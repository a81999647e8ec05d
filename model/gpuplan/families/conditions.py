r"""Conditions: offers that may be bought only together with another offer, or with something of another vendor.

One unit of any of those named is enough, at whatever site and on whatever day. An offer of which something was signed
for on a day that is over is bound no more.

$$ u_o \le \sum_{o' \in W_o} \sum_{s,t} \ell_{o'} n^{\mathrm{orders}}_{o'st} \quad \forall\, o \text{ with } W_o $$

| symbol | meaning | unit |
| --- | --- | --- |
| $u_o$ | whether anything of the offer is bought (`offer_used`) | 0 or 1 |
| $W_o$ | other offers that `only_with` names, or of a vendor that it names | |
| $n^{\mathrm{orders}}_{o'st}$ | lots signed for (`orders`) | lots |
| $\ell_{o'}$ | `lot_units` | systems in a lot |
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import ordered_before
from gpuplan.ledger.reading import Reading
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "conditions"


def path(offer: str) -> str:
    """Path of what an offer must be bought with."""
    return f"offers.{offer}.only_with"


def bound(instance: Instance) -> Iterator[str]:
    """Offers that must be bought together with others."""
    for offer, quote in instance.offers.items():
        signed = any(instance.offer_of(key[0]) == offer and ordered_before(instance, *key) for key in instance.ordered)
        if quote.only_with is not None and not signed:
            yield offer


def partners(instance: Instance, offer: str) -> list[str]:
    """Quotes of other offers of which one unit is enough."""
    wanted = instance.offers[offer].only_with
    if wanted is None:
        return []
    offers, vendors = wanted.offer or (), wanted.vendor or ()
    return [
        name
        for name, quote in instance.quotes.items()
        if instance.offer_of(name) != offer and (instance.offer_of(name) in offers or quote.vendor in vendors)
    ]


def columns(problem: Problem) -> None:
    """A switch for every offer that is bound and can be signed for."""
    for offer in bound(problem.instance):
        if problem.is_on(NAME, path(offer)) and any(True for _ in problem.signings_of(offer)):
            problem.offer_used(offer)


def rows(problem: Problem) -> None:
    """An offer is used only if something is ordered of those that it goes with."""
    for offer in bound(problem.instance):
        used = problem.columns.get("offer_used", offer)
        if used is None or not problem.is_on(NAME, path(offer)):
            continue
        together = Linear()
        for other in partners(problem.instance, offer):
            together.plus(problem.ordered(other))
        problem.rows.add(("only_with", offer), together.add(used, -1.0), at_least=0.0)


def readings(recount: Recount) -> Iterator[Reading]:
    """Units of what an offer goes with, for each that is bound and bought."""
    units = recount.units_by_offer
    for offer in bound(recount.instance):
        if any(units.get(one) for one in recount.instance.terms_of(offer)):
            together = sum(units.get(other, 0) for other in partners(recount.instance, offer))
            detail = "bought of what it goes with"
            yield Reading(NAME, path(offer), detail, Fraction(together), "systems", Fraction(1))


def sentence(instance: Instance, at: str) -> str:
    """What the offer goes with."""
    offer = at.split(".")[1]
    wanted = instance.offers[offer].only_with
    named = [f"offer {name}" for name in wanted.offer or ()] if wanted else []
    named += [f"another offer of vendor {name}" for name in wanted.vendor or ()] if wanted else []
    return f"offer {offer} is bought only together with {' or '.join(named)}"


def repair(_instance: Instance, reading: Reading) -> str:
    """How many units are missing."""
    return f"{reading.path}: {float(reading.shortfall):g} more system {reading.detail}"


FAMILY = Family(
    name=NAME,
    title="Conditions",
    kind="policy",
    groups=lambda instance: [path(offer) for offer in bound(instance)],
    sentence=sentence,
    repair=repair,
    columns=columns,
    rows=rows,
    readings=readings,
)
