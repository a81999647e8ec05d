"""What export control asks of every offer at every site, over the days on which it could be signed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gpuplan.instance.classification import doubtful_fields, working
from gpuplan.instance.regimes import LICENCES
from gpuplan.instance.rentals import end_of
from gpuplan.instance.routes import Route, routes
from gpuplan.plan.plan import ChipClassFound, Permission, PermissionGround

if TYPE_CHECKING:
    from gpuplan.instance.permission import Ground
    from gpuplan.instance.schema import Instance


def permissions(instance: Instance) -> tuple[Permission, ...]:
    """A row for each offer, site, way and run of periods over which the answer is the same."""
    if not instance.export.regimes:
        return ()
    found = []
    for offer in [quote for quote in instance.quotes if end_of(quote) is None]:
        for site in instance.offer_sites(offer):
            if instance.systems[instance.quotes[offer].system].accelerator is not None:
                found += _of_pair(instance, offer, site)
    return tuple(found)


def chip_classes(instance: Instance) -> tuple[ChipClassFound, ...]:
    """The class of every accelerator that is offered, under every regime that has classes."""
    offered = dict.fromkeys(instance.systems[offer.system].accelerator for offer in instance.quotes.values())
    return tuple(
        _chip_class(instance, chip, regime)
        for chip in offered
        if chip is not None
        for regime in instance.permissions.bases
        if instance.export.regimes[regime].effective <= instance.operation_end
        and (instance.export.regimes[regime].until or instance.calendar.start) >= instance.calendar.start
    )


def _chip_class(instance: Instance, chip: str, regime: str) -> ChipClassFound:
    found = instance.permissions.chip_class(regime, chip)
    doubtful = [
        field
        for field in doubtful_fields(instance.accelerators[chip])
        if instance.permissions.chip_class(regime, chip, field).classes != found.classes
    ]
    return ChipClassFound(
        accelerator=chip,
        regime=regime,
        classes=found.classes,
        steps=(*working(instance.accelerators[chip]), *found.steps),
        doubtful=tuple(f"accelerators.{chip}.{field}" for field in doubtful),
    )


def _of_pair(instance: Instance, offer: str, site: str) -> list[Permission]:
    runs: list[tuple[date, date, tuple[Route, ...]]] = []
    quote = instance.quotes[offer]
    for day in instance.signing_days[offer, site]:
        if (quote.order_from and day < quote.order_from) or (quote.order_until and day > quote.order_until):
            continue
        if not quote.has_price_on(day):
            continue
        ways = routes(instance, offer, site, day)
        if runs and _alike(runs[-1][2], ways):
            runs[-1] = (runs[-1][0], day, runs[-1][2])
        else:
            runs.append((day, day, ways))
    return [_permission(instance, offer, site, first, last, way) for first, last, ways in runs for way in ways]


def _alike(one: tuple[Route, ...], other: tuple[Route, ...]) -> bool:
    def asked(ways: tuple[Route, ...]) -> list[tuple[object, ...]]:
        return [(way.name, *((*_told(g), g.refusal, g.rests_on) for g in _distinct(way))) for way in ways]

    return asked(one) == asked(other)


def _distinct(way: Route) -> list[Ground]:
    """Grounds of a way; one that is the same at signing and at shipping is told once."""
    found: dict[tuple[object, ...], Ground] = {}
    for ground in way.grounds:
        found.setdefault(_told(ground), ground)
    return list(found.values())


def _told(ground: Ground) -> tuple[object, ...]:
    """What a ground says, whatever the day on which it was read."""
    return (ground.regime, ground.outcome, ground.days, ground.cap, ground.why, ground.condition)


def _permission(instance: Instance, offer: str, site: str, first: date, last: date, way: Route) -> Permission:
    chip = instance.systems[instance.quotes[offer].system].accelerator or ""
    grounds = _distinct(way)
    return Permission(
        offer=offer,
        site=site,
        accelerator=chip,
        signed_from=first,
        signed_until=last,
        route=way.name,
        outcome=way.outcome,
        allowed=not way.denials(instance, offer, site),
        classes=tuple(dict.fromkeys(" or ".join(ground.classes) for ground in grounds)),
        needed_days=way.needed_days,
        grounds=tuple(
            PermissionGround(
                regime=ground.regime,
                outcome=ground.outcome,
                days=ground.days,
                refusal=ground.refusal if ground.outcome in LICENCES else None,
                cap=".".join(ground.cap or ()),
                citation=ground.citation,
                why=ground.why,
                condition=ground.condition,
                read_on=ground.day,
                rests_on=ground.rests_on,
            )
            for ground in grounds
        ),
    )
