"""The step of a figure that matters: by how much a limit, a capacity or a supply must give way for one lot more, or one
lot less where it demands some."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.caps import every_limit, limit_path
from gpuplan.instance.loads import system_needs
from gpuplan.instance.timeline import windows
from gpuplan.plan.binding import lot_beyond

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpuplan.reckoning import Reckoning
    from gpuplan.whatif.figures import Figure

HUNDREDTH = Decimal("0.01")
"""Share of a figure that is a step where it is not known what a lot takes of it."""


def is_tight(figure: Figure, reckoning: Reckoning) -> bool:
    """Whether a capacity or a supply of a plan has no room for one lot more, as far as that is known."""
    lot = _lot(figure, reckoning)
    return lot is not None and any(room < lot for room in _rooms(figure, reckoning))


def step(figure: Figure, reckoning: Reckoning) -> Decimal:
    """The least by which a figure must give way for a lot of the plan's instance, where that is known; otherwise a
    hundredth of it. At least its tolerance, at most its room."""
    assert isinstance(figure.value, Decimal)
    needed = _limit_step(figure, reckoning) if figure.family == "limits" else _provided_step(figure, reckoning)
    amount = figure.value * HUNDREDTH if needed is None else _decimal(needed)
    wanted = max(figure.rounded_up(amount), figure.tolerance)
    room = figure.room(figure.loosens)
    return wanted if room is None else min(wanted, room)


def _decimal(amount: Fraction) -> Decimal:
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _limit_step(figure: Figure, reckoning: Reckoning) -> Fraction | None:
    recount = reckoning.recount
    found = []
    for name, limit in every_limit(recount.instance).items():
        if figure.rule == limit_path(recount.instance, name):
            steps = (
                lot_beyond(recount, limit, first, last, above=figure.loosens > 0)
                for first, last in windows(limit, recount.instance)
            )
            found += [one for one in steps if one is not None and one > 0]
    return min(found, default=None)


def _provided_step(figure: Figure, reckoning: Reckoning) -> Fraction | None:
    lot = _lot(figure, reckoning)
    if lot is None:
        return None
    rooms = [room for room in _rooms(figure, reckoning) if 0 <= room < lot]
    return lot - min(rooms) if rooms else lot


def _lot(figure: Figure, reckoning: Reckoning) -> Fraction | None:
    """What a lot takes of a supply or of a stated capacity, at the least; None where that is not known."""
    instance = reckoning.recount.instance
    kind, name, *rest = figure.path.split(".")
    if figure.kind == "supply":
        return Fraction(instance.offers[name].lot_units)
    if figure.kind != "capacity" or rest[0] != "capacity":
        return None
    assert kind == "sites"
    needs = (
        system_needs(instance, quote.system, name, "design").get(rest[1], Decimal(0)) * quote.lot_units
        for offer, quote in instance.offers.items()
        if name in instance.offer_sites(offer)
    )
    return min((Fraction(need) for need in needs if need), default=None)


def _rooms(figure: Figure, reckoning: Reckoning) -> Iterator[Fraction]:
    """What the plan leaves of a figure, by day or month."""
    detail = figure.path.split(".")[-2] if figure.kind == "capacity" else ""
    wanted = "shipped" if "units_per_month" in figure.path else "bought" if figure.kind == "supply" else detail
    for reading in reckoning.readings:
        if reading.path != figure.rule or not reading.detail.startswith(wanted):
            continue
        if figure.loosens > 0 and reading.at_most is not None:
            yield reading.at_most - reading.used
        if figure.loosens < 0 and reading.at_least is not None:
            yield reading.used - reading.at_least
