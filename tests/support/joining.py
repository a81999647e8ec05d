"""Every way to form clusters in a whole plan that is given, and some ways that break their rules."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date, timedelta
from random import Random
from typing import TYPE_CHECKING

from gpuplan.instance.joining import Place, places
from gpuplan.instance.timeline import state_days
from gpuplan.ledger.decisions import ClusterLine, Decisions
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Numbers = tuple[int, int]
"""Clusters, and systems in them."""


def joined(instance: Instance, plan: Decisions, wild: bool) -> Iterator[tuple[ClusterLine, ...]]:
    """Every way to form clusters of what is usable; of a wild space ways that break a rule, most of them."""
    for chosen in itertools.product(*_choices(instance, plan, wild)):
        yield tuple(line for lines in chosen for line in lines)


def some_joined(instance: Instance, plan: Decisions, wild: bool, random: Random) -> tuple[ClusterLine, ...]:
    """One of these ways, in which half of the places have nothing."""
    found = [random.choice(one) for one in _choices(instance, plan, wild) if random.random() < 0.5]
    return tuple(line for lines in found for line in lines)


def _choices(instance: Instance, plan: Decisions, wild: bool) -> list[list[tuple[ClusterLine, ...]]]:
    states = state_days(instance)
    choices = []
    for place in places(instance):
        paths = _wild_paths(instance, place, len(states)) if wild else _paths(instance, plan, place, states)
        choices.append([tuple(_lines(place, states, path)) for path in paths])
    if wild and instance.clusters:
        choices.append([(), *_misplaced(instance, states)])
    return choices


def _paths(
    instance: Instance, plan: Decisions, place: Place, states: tuple[date, ...]
) -> Iterator[tuple[Numbers, ...]]:
    kind, recount = instance.clusters[place.cluster], Recount(instance, plan)
    most = [int(recount.usable_systems(place.system, place.site, day)) for day in states]

    def onwards(state: int, before: Numbers) -> Iterator[tuple[Numbers, ...]]:
        if state == len(states):
            yield ()
            return
        for units in range(before[0], most[state] // kind.size + 1):
            full = most[state] if kind.max_size is None else min(most[state], units * kind.max_size)
            for systems in range(max(before[1], units * kind.size), full + 1) if units else (0,):
                for rest in onwards(state + 1, (units, systems)):
                    yield ((units, systems), *rest)

    return onwards(0, (0, 0))


def _wild_paths(instance: Instance, place: Place, states: int) -> Iterator[tuple[Numbers, ...]]:
    kind = instance.clusters[place.cluster]
    size, most = kind.size, kind.max_size or kind.size
    some = [(1, size), (1, size + 1), (2, 2 * size), (1, size - 1), (1, most + 1), (0, 1)]
    yield ((0, 0),) * states
    for numbers in some:
        for first in range(states):
            yield ((0, 0),) * first + (numbers,) * (states - first)
    for one, other in itertools.permutations(some[:3], 2):
        yield (one,) * (states - 1) + (other,)


def _misplaced(instance: Instance, states: tuple[date, ...]) -> Iterator[tuple[ClusterLine, ...]]:
    """A cluster of what it cannot be made of, or where; one on a day that is no state day."""
    allowed = list(places(instance))
    for name, kind in instance.clusters.items():
        for system, site in itertools.product(instance.systems, instance.sites):
            if (name, system, site) not in allowed:
                size = kind.size
                yield (ClusterLine(cluster=name, system=system, site=site, day=states[-1], units=1, systems=size),)
    for place in allowed:
        day = next(state + timedelta(days=1) for state in states if state + timedelta(days=1) not in states)
        yield (ClusterLine(**place._asdict(), day=day, units=1, systems=instance.clusters[place.cluster].size),)


def _lines(place: Place, states: tuple[date, ...], path: tuple[Numbers, ...]) -> Iterator[ClusterLine]:
    before = (0, 0)
    for day, numbers in zip(states, path, strict=True):
        if numbers != before:
            yield ClusterLine(**place._asdict(), day=day, units=numbers[0], systems=numbers[1])
        before = numbers
