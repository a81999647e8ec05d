"""A solved textbook model as the decisions of a plan, to be reckoned and audited like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pyomo.environ as pyo

from benchmark.facts import Facts
from gpuplan.instance.facility import LOAD_CASES
from gpuplan.ledger.decisions import (
    ClusterLine,
    Decisions,
    InstalledLine,
    ModuleLine,
    OpeningLine,
    OrderLine,
    OutputLine,
    ServedLine,
    TierLine,
)

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.instance.schema import Instance

Values = Mapping[Any, float]


def decisions_of(instance: Instance, model: pyo.ConcreteModel) -> Decisions:
    """The decisions that the values of a model's variables stand for; whole ones are rounded."""
    known = Facts(instance)
    return Decisions(
        orders=tuple(_orders(known, _values(model.orders))),
        installed=tuple(_installed(known, _values(model.installed))),
        modules=tuple(_modules(known, _values(model.modules))),
        openings=tuple(
            OpeningLine(site=site, decided=known.firsts[number])
            for (site, number), chosen in _values(model.opening).items()
            if round(chosen)
        ),
        tiers=tuple(_tiers(instance, _values(model.tier), _values(model.orders))),
        outputs=tuple(_outputs(known, _values(model.output))),
        served=tuple(_served(known, _values(model.served))),
        clusters=tuple(_clusters(known, _values(model.clusters), _values(model.joined))),
    )


def _values(variable: Any) -> Values:
    """Values by index; 0 for a variable that stands in no row, and so has none."""
    return {index: one.value or 0.0 for index, one in variable.items()}


def _orders(known: Facts, lots: Values) -> Iterator[OrderLine]:
    for (offer, site, number), count in lots.items():
        units = round(count) * known.instance.offers[offer].lot_units
        if units:
            yield OrderLine(offer=offer, site=site, signed=known.firsts[number], units=units)


def _installed(known: Facts, standing: Values) -> Iterator[InstalledLine]:
    for offer, site in known.pairs:
        before = 0
        for state, day in enumerate(known.states):
            units = round(standing[offer, site, state])
            if units != before:
                yield InstalledLine(offer=offer, site=site, day=day, units=units)
            before = units


def _modules(known: Facts, modules: Values) -> Iterator[ModuleLine]:
    for (module, site, number), count in modules.items():
        if round(count):
            yield ModuleLine(module=module, site=site, signed=known.firsts[number], units=round(count))


def _tiers(instance: Instance, tiers: Values, lots: Values) -> Iterator[TierLine]:
    """Tiers of what is bought: an offer of which nothing is bought has none."""
    bought = {offer for (offer, _, _), count in lots.items() if round(count)}
    for (offer, number), chosen in tiers.items():
        if offer in bought and round(chosen) and instance.offers[offer].tier_pricing == "all-units":
            yield TierLine(offer=offer, tier=number + 1)


def _outputs(known: Facts, outputs: Values) -> Iterator[OutputLine]:
    """What providers deliver, where that does not follow from what is needed."""
    for site, resource, name in known.providers:
        if name not in [one.name for one in known.networks[site].decided(resource)]:
            continue
        for case in LOAD_CASES:
            before = Decimal(0)
            for state, day in enumerate(known.states):
                amount = _digits(outputs[site, resource, name, state, case], 6)
                if amount != before:
                    yield OutputLine(site=site, resource=resource, provider=name, case=case, day=day, amount=amount)
                before = amount


def _served(known: Facts, served: Values) -> Iterator[ServedLine]:
    for workload, system, site in dict.fromkeys(key[:3] for key in served):
        before = Decimal(0)
        for number, day in enumerate(known.serving_days):
            amount = _digits(served.get((workload, system, site, number), 0.0), 12)
            if amount != before:
                yield ServedLine(workload=workload, system=system, site=site, day=day, systems=amount)
            before = amount


def _clusters(known: Facts, clusters: Values, joined: Values) -> Iterator[ClusterLine]:
    for place in known.places:
        before: tuple[int, int] = (0, 0)
        for state, day in enumerate(known.states):
            now = round(clusters[(*place, state)]), round(joined[(*place, state)])
            if now != before:
                yield _cluster(place, day, now)
            before = now


def _cluster(place: Any, day: date, numbers: tuple[int, int]) -> ClusterLine:
    return ClusterLine(**place._asdict(), day=day, units=numbers[0], systems=numbers[1])


def _digits(value: float, digits: int) -> Decimal:
    """An amount that is not below zero, in so many digits."""
    return Decimal(round(max(value, 0.0) * 10**digits)).scaleb(-digits).normalize()
