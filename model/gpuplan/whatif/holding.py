"""What is signed for in a plan, held in other searches: all of it, or what is signed before a day.

Held are orders, modules and openings, each at its place and on its day. All that follows (when systems are installed,
which price tier is reached, what delivers) is decided anew; where only part of a plan is held, so is when a rental is
given back.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.instance.rentals import end_of, without_end
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions
    from gpuplan.program.problem import Problem as Program
    from gpuplan.whatif.answer import Alter

Signed = dict[tuple[str, str, str, date], int]
"""Units by kind (order, module, opening), name, site and day."""


def missing(instance: Instance, decisions: Decisions, before: date = date.max) -> tuple[str, ...]:
    """What a plan signs for before a day and an instance does not have, in words."""
    there: dict[str, Collection[str]] = {
        "order": instance.quotes,
        "module": instance.modules,
        "opening": instance.sites,
    }
    words = {"order": "offer", "module": "module", "opening": "site"}
    found: dict[str, None] = {}
    for kind, name, site, _ in signed(decisions, before):
        if name not in there[kind]:
            offer, end = without_end(name), end_of(name)
            given_back = kind == "order" and end is not None and offer in instance.quotes
            found[f"{offer} is not given back on {end}" if given_back else f"there is no {words[kind]} {offer}"] = None
        if site not in instance.sites:
            found[f"there is no site {site}"] = None
    return tuple(found)


def keeping(wanted: Signed, before: date = date.max) -> Alter:
    """Fixes what is signed for before a day; asks for what no plan can have where that cannot be signed any more."""

    def alter(formulation: Formulation) -> Formulation:
        problem = formulation.problem
        problem.rows.family = "kept"
        left = dict(wanted)
        for place, units in _signings(problem, before).items():
            if place[3] >= before:
                continue
            # As a row, not as a bound: the bounds of columns follow from rows and may be tighter than these.
            amount = float(left.pop(place, 0))
            problem.rows.add(("kept", *map(str, place)), units, at_least=amount, at_most=amount)
        for place in left:
            problem.rows.add(("kept", *map(str, place)), Linear(), at_least=1.0)
        return formulation

    return alter


def _named(quote: str, before: date) -> str:
    """By what an order is held: its quote, or the offer where it is still open when a rental is given back."""
    return quote if before == date.max else without_end(quote)


def _signings(problem: Program, before: date) -> dict[tuple[str, str, str, date], Linear]:
    """What can be signed for, by kind, name, site and day; the ways that an order can take together."""
    found: dict[tuple[str, str, str, date], Linear] = {}
    for (offer, site), signings in problem.signings.items():
        lot = problem.instance.quotes[offer].lot_units
        for period, column in signings:
            place = ("order", _named(offer, before), site, problem.days[period])
            found.setdefault(place, Linear()).add(column, lot)
    keys = problem.columns.keys
    for one in problem.columns.of("modules"):
        _, module, where, number = keys[one]
        found["module", str(module), str(where), problem.days[int(number)]] = Linear([(one, 1.0)])
    for one in problem.columns.of("opening"):
        _, where, number = keys[one]
        found["opening", str(where), str(where), problem.days[int(number)]] = Linear([(one, 1.0)])
    return found


def signed(decisions: Decisions, before: date = date.max) -> Signed:
    """What is signed for in a plan before a day."""
    found: Signed = {}
    for order in decisions.orders:
        place = ("order", _named(order.offer, before), order.site, order.signed)
        found[place] = found.get(place, 0) + order.units
    for module in decisions.modules:
        found["module", module.module, module.site, module.signed] = module.units
    for opening in decisions.openings:
        found["opening", opening.site, opening.site, opening.decided] = 1
    return {place: units for place, units in found.items() if place[3] < before}
