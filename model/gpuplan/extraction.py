"""From column values to decisions: whole things rounded, everything else left to follow from them."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.installation import as_soon_as_possible
from gpuplan.instance.joining import places
from gpuplan.instance.rentals import is_there
from gpuplan.instance.serving import serving_days
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
    from gpuplan.program.problem import Problem
    from gpuplan.solver.matrix import Floats

NOISE = 1e-9
"""Share of its bound below which what serves is the solver's noise."""


def decisions_of(problem: Problem, values: Floats) -> Decisions:
    """The decisions that a point stands for; whole columns are rounded, and installed is what there is room for."""
    found = Decisions(
        orders=tuple(_orders(problem, values)),
        installed=tuple(_installed(problem, values)),
        modules=tuple(_modules(problem, values)),
        openings=tuple(_openings(problem, values)),
        tiers=tuple(_tiers(problem, values)),
        outputs=tuple(_outputs(problem, values)),
        served=tuple(_served(problem, values)),
        clusters=tuple(_clusters(problem, values)),
    )
    return as_soon_as_possible(problem.instance, found)


def _whole(values: Floats, column: int | None) -> int:
    return 0 if column is None else round(float(values[column]))


def _orders(problem: Problem, values: Floats) -> Iterator[OrderLine]:
    for (offer, site), signings in problem.signings.items():
        lot = problem.instance.quotes[offer].lot_units
        for period, column in signings:
            units = _whole(values, column) * lot
            if units:
                signed, way = problem.days[period], problem.routes[column].name
                yield OrderLine(offer=offer, site=site, signed=signed, units=units, route=way)


def _installed(problem: Problem, values: Floats) -> Iterator[InstalledLine]:
    for (offer, site), standing in problem.standings.columns.items():
        before = 0
        for day, column in zip(problem.states, standing, strict=True):
            units = _whole(values, column) if is_there(offer, day) else before
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
    for offer, quote in problem.instance.quotes.items():
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


def _served(problem: Problem, values: Floats) -> Iterator[ServedLine]:
    """What serves from each serving day on, where it changes; a column that is not there serves nothing."""
    days = serving_days(problem.instance)
    amounts: dict[tuple[str, str, str], list[Decimal]] = {}
    numbers = _numbers(problem, values)
    for column in problem.columns.of("served"):
        _, first, system, site, position = problem.columns.keys[column]
        value = float(values[column])
        is_noise = value <= NOISE * problem.columns.upper[column]
        split = problem.instance.workloads[str(first)].split
        # Those that were decided on together and are served here: all of them alike.
        some = [str(first)] if split == "free" else numbers[str(first), str(site if split == "one_site" else system)]
        for workload in some:
            series = amounts.setdefault((workload, str(system), str(site)), [Decimal(0)] * len(days))
            # Twelve decimals: one system may do a million times the work that is demanded.
            amount = Decimal(0) if is_noise else Decimal(round(value / len(some) * 10**12)).scaleb(-12).normalize()
            series[int(position)] = amount
    for (workload, system, site), series in amounts.items():
        for day, now, before in zip(days, series, [Decimal(0), *series], strict=False):
            if now != before:
                yield ServedLine(workload=workload, system=system, site=site, day=day, systems=now)


def _numbers(problem: Problem, values: Floats) -> dict[tuple[str, str], list[str]]:
    """By the first of workloads that were decided on together, and by site or system: which of them are served there.

    As many as the point says, in the order of both.
    """
    found: dict[tuple[str, str], list[str]] = {}
    left = {first: list(some) for first, some in problem.loads.items()}
    for column in (*problem.columns.of("serving_site"), *problem.columns.of("serving_system")):
        _, first, choice = problem.columns.keys[column]
        some, count = left[str(first)], _whole(values, column)
        found[str(first), str(choice)], left[str(first)] = some[:count], some[count:]
    return found


def _clusters(problem: Problem, values: Floats) -> Iterator[ClusterLine]:
    for place in places(problem.instance):
        before = (0, 0)
        for state, day in enumerate(problem.states):
            units, systems = (_whole(values, column) for column in problem.formed(place, state))
            if (units, systems) != before:
                yield ClusterLine(**place._asdict(), day=day, units=units, systems=systems)
            before = (units, systems)
