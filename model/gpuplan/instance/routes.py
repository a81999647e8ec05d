"""The ways in which an order can be delivered: its days, and what export control asks on them.

Regimes are read on the day of signing and on the day of shipping, and the stricter outcome holds. A licence or notice
runs beside manufacturing, so it may put off shipping, and what is asked is read again on the later day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.permission import Ground, Rulings, refused, strictest
from gpuplan.instance.regimes import LICENCES, Outcome
from gpuplan.instance.timeline import LotDays, lot_days

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Route:
    """One way for a lot that is signed on a day."""

    name: str
    """Empty where there is only one."""
    days: LotDays
    grounds: tuple[Ground, ...]
    """What every regime asks, read at signing and at shipping."""

    @property
    def outcome(self) -> Outcome:
        """The strictest of what is asked."""
        return strictest(self.grounds)

    @property
    def needed_days(self) -> int:
        """Days that notice or licence take, the longest."""
        return max((ground.days for ground in self.grounds), default=0)

    @property
    def apply_by(self) -> date | None:
        """Last day to apply for the licence or to give notice without putting off shipping; None when none is needed.

        It never lies before the signing, since both run from there.
        """
        needed = self.needed_days
        asked = needed or any(ground.outcome in LICENCES or ground.outcome == "notify" for ground in self.grounds)
        return self.days.shipped - timedelta(days=needed) if asked else None

    @property
    def caps(self) -> frozenset[tuple[str, str]]:
        """(regime, cap) against which the lot counts: of the reading at shipping."""
        return frozenset(
            ground.cap for ground in self.grounds if ground.cap is not None and ground.day == self.days.shipped
        )

    def chance(self, delivery: str) -> Fraction:
        """Share of the lot that counts: all as planned; by the licences' odds as expected; at worst only what is sure.

        A licence whose odds are not known counts as refused.
        """
        if delivery == "planned":
            return Fraction(1)
        odds: dict[str, Fraction] = {}
        for ground in self.grounds:
            if ground.outcome in LICENCES:
                granted = Fraction(0) if ground.refusal is None else 1 - Fraction(ground.refusal)
                odds[ground.regime] = min(granted, odds.get(ground.regime, Fraction(1)))
        chance = Fraction(1)
        for granted in odds.values():
            chance *= granted
        return chance if delivery == "expected" or chance == 1 else Fraction(0)

    def denials(self, instance: Instance, offer: str, site: str) -> list[Ground]:
        """The grounds that forbid it; none when it may go."""
        return [ground for ground in self.grounds if refused(instance, offer, site, ground)]


def routes(
    instance: Instance, offer: str, site: str, signed: date, without: frozenset[str] = NOTHING, no_lead: bool = False
) -> tuple[Route, ...]:
    """Every way for what is signed on a day, forbidden ones included; at least one.

    `without` leaves out regimes, `no_lead` the offer's own days.
    """
    permissions = instance.permissions
    delivery = permissions.delivery(offer, site) if instance.export.regimes else None

    def days(needed: int) -> LotDays:
        if no_lead:
            shipped = signed + timedelta(days=needed)
            return LotDays(signed, shipped, shipped, shipped, shipped)
        return lot_days(instance.quotes[offer], signed, needed)

    if delivery is None:
        return (Route("", days(0), ()),)
    at_signing = permissions.on(delivery, signed, without)
    waiting = list(dict.fromkeys([*at_signing, *permissions.on(delivery, days(0).shipped, without)]))
    found: dict[str, Route] = {}
    while waiting:
        name = waiting.pop(0)
        asked = _asked(at_signing, name)
        if name in found or asked is None:
            continue
        needed = _days(asked)
        while True:
            there = permissions.on(delivery, days(needed).shipped, without)
            waiting += [other for other in there if other not in found]
            also = _asked(there, name)
            if also is None:
                break
            if _days(also) <= needed:
                found[name] = Route(name, days(needed), tuple(dict.fromkeys((*asked, *also))))
                break
            needed = _days(also)
    return tuple(found.values()) or (Route("", days(0), next(iter(at_signing.values()))),)


def route(instance: Instance, offer: str, site: str, signed: date, name: str) -> Route | None:
    """The route of a name; None when there is none."""
    return next((one for one in routes(instance, offer, site, signed) if one.name == name), None)


def soonest(instance: Instance, offer: str, site: str, signed: date) -> Route | None:
    """The way that is ready first; None when export control leaves none."""
    free = [way for way in routes(instance, offer, site, signed) if not way.denials(instance, offer, site)]
    return min(free, key=lambda way: way.days.ready, default=None)


def _asked(rulings: Rulings, name: str) -> tuple[Ground, ...] | None:
    """What is asked of a route: of its name, or of the nameless way where there is no other."""
    return rulings.get(name, rulings.get("") if name else None)


def _days(grounds: tuple[Ground, ...]) -> int:
    return max((ground.days for ground in grounds), default=0)
