"""From column values to decisions: whole things rounded, everything else left to follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.ledger.decisions import (
    Decisions,
    InstalledLine,
    ModuleLine,
    OpeningLine,
    OrderLine,
    OutputLine,
    TierLine,
)

if TYPE_CHECKING:
    from gpuplan.program.problem import Problem
    from gpuplan.solver.matrix import Floats


def decisions_of(problem: Problem, values: Floats) -> Decisions:
    """The decisions that a point stands for; whole columns are rounded."""
    return Decisions(
        orders=tuple(_orders(problem, values)),
        installed=tuple(_installed(problem, values)),
        modules=tuple(_modules(problem, values)),
        openings=tuple(_openings(problem, values)),
        tiers=tuple(_tiers(problem, values)),
        outputs=tuple(_outputs(problem, values)),
    )


def _whole(values: Floats, column: int | None) -> int:
    return 0 if column is None else round(float(values[column]))


def _orders(problem: Problem, values: Floats) -> Iterator[OrderLine]:
    for (offer, site), signings in problem.signings.items():
        lot = problem.instance.offers[offer].lot_units
        for period, column in signings:
            units = _whole(values, column) * lot
            if units:
                yield OrderLine(offer=offer, site=site, signed=problem.days[period], units=units)


def _installed(problem: Problem, values: Floats) -> Iterator[InstalledLine]:
    for (offer, site), standing in problem.standings.items():
        before = 0
        for day, column in zip(problem.states, standing, strict=True):
            units = _whole(values, column)
            if units != before:
                yield InstalledLine(offer=offer, site=site, day=day, units=units)
            before = units


def _modules(problem: Problem, values: Floats) -> Iterator[ModuleLine]:
    for column in problem.columns.of("modules"):
        _, module, site, period = problem.columns.keys[column]
        units = _whole(values, column)
        if units:
            yield ModuleLine(module=str(module), site=str(site), signed=problem.days[int(period)], units=units)


def _openings(problem: Problem, values: Floats) -> Iterator[OpeningLine]:
    for column in problem.columns.of("opening"):
        _, site, period = problem.columns.keys[column]
        if _whole(values, column):
            yield OpeningLine(site=str(site), decided=problem.days[int(period)])


def _tiers(problem: Problem, values: Floats) -> Iterator[TierLine]:
    for offer, quote in problem.instance.offers.items():
        if quote.tier_pricing == "incremental":
            continue
        for number in range(1, len(quote.tiers) + 2):
            if _whole(values, problem.columns.get("tier", offer, number)):
                yield TierLine(offer=offer, tier=number)


def _outputs(problem: Problem, values: Floats) -> Iterator[OutputLine]:
    before: dict[tuple[object, ...], Decimal] = {}
    for column in problem.columns.of("output"):
        _, site, provider, resource, state, case = problem.columns.keys[column]
        amount = Decimal(round(max(float(values[column]), 0.0) * 10**6)).scaleb(-6).normalize()
        series = (site, provider, resource, case)
        if amount != before.get(series, Decimal(0)):
            yield OutputLine(
                site=str(site),
                resource=str(resource),
                provider=str(provider),
                case=case,  # type: ignore[arg-type]
                day=problem.states[int(state)],
                amount=amount,
            )
        before[series] = amount
