"""What may wait: days on which more systems or clusters can matter, so that on no other day there need be more.

Installed systems need what their site has, and count on the days that rules look at; what they cost hangs on when they
could stand, and not on when they do. So a plan stays a plan when each system is known as installed on the last state
day from which it still counts, and the number of systems need change on few state days: that it is installed before, as
soon as there is room, is read off afterwards. Where systems are installed when needed, that day is also the cheapest.
Clusters likewise, except that the day on which one is
formed is the day on which it is paid for: it also matters on the last day of every window of money, as do the systems
that may be in it.

A coarse program looks less closely at who serves on the days in between: these count for nothing, and what serves on
one of them may be anything that stands by the next day that a rule looks at. Sites and modules then need come in the
last period only, of those after which the same is there on every day that is looked at and no payment falls into
another window of money.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.instance.rules import Measured
from gpuplan.instance.serving import demand_on, serving_days, who_serves_matters
from gpuplan.instance.timeline import days_looked_at, last_state, windows

if TYPE_CHECKING:
    from gpuplan.instance.clusters import ClusterKind
    from gpuplan.instance.schema import Instance

FLOWING = ("money", "site")
"""Kinds of measure that grow with the time that systems stand."""


def rewards_waiting(instance: Instance) -> bool:
    """Whether a plan never gets worse, nor breaks a rule, when what is not looked at yet is installed later.

    Not where a rule or a level wants money, energy, carbon or power to be more, where a credit pays for what runs,
    where something stands already by a commitment, nor where something may be given back, so that less stands later.
    """
    if instance.last_days:
        return False
    committed = instance.committed
    if committed.orders or committed.modules or committed.openings:
        return False
    if any(levy.kind == "credit" for levy in instance.levies.values()):
        return False
    for limit in instance.limits.values():
        if limit.kind in FLOWING and (limit.at_least is not None or not limit.is_amount):
            return False
    aims = (level.maximise for level in instance.objective)
    return not any(isinstance(aim, Measured) and aim.kind in FLOWING for aim in aims)


class Turn(NamedTuple):
    """A decision on who serves what: on one serving day, or on several in a row of a coarse program."""

    positions: range
    """Of the serving days; the demands are the same on all of them."""
    day: date
    """The first of them."""
    usable_by: date
    """Day on which the systems that serve must be usable."""

    @property
    def position(self) -> int:
        """Of the first serving day."""
        return self.positions[0]


class Waiting:
    """What of an instance may wait until when; states are the days on which installed systems are known."""

    def __init__(self, instance: Instance, states: Sequence[date], *, waits: bool, coarse: bool) -> None:
        self.instance, self.states, self.waits, self.coarse = instance, states, waits, coarse
        self._growth: dict[tuple[int, bool], list[int | None]] = {}

    def growth_state(self, offer: str, state: int) -> int | None:
        """The last state day up to one on which more of an offer can stand than before; None before the first."""
        if not self.waits:
            return state
        accepted, is_joined = self.instance.quotes[offer].acceptance_days, self._joins(offer)
        if (accepted, is_joined) not in self._growth:
            days = self._days_that_count
            if is_joined:
                days = days | {self.states[position] for position in self._forming}
            growing = self._positions(day - timedelta(days=accepted) for day in days)
            self._growth[accepted, is_joined] = self._last_of(growing)
        return self._growth[accepted, is_joined][state]

    def cluster_state(self, state: int) -> int | None:
        """The last state day up to one on which more clusters can be formed than before; None before the first."""
        return self._cluster_states[state] if self.waits else state

    @cached_property
    def _cluster_states(self) -> list[int | None]:
        return self._last_of(self._forming)

    @cached_property
    def _forming(self) -> frozenset[int]:
        """Positions of the state days on which clusters can be more than the day before."""
        days = self._days_that_count
        if any(_has_price(kind) for kind in self.instance.clusters.values()):
            if self.instance.funds or self.instance.levies:
                return frozenset(range(len(self.states)))
            days = days | set(self._ends_of_money)
        return self._positions(days)

    def _joins(self, offer: str) -> bool:
        """Whether systems of an offer can be in a cluster that has a price."""
        system = self.instance.quotes[offer].system
        return any(_has_price(kind) and system in kind.systems for kind in self.instance.clusters.values())

    @cached_property
    def _days_that_count(self) -> frozenset[date]:
        """Days on which usable systems are looked at, those on which who serves is decided among them."""
        days = days_looked_at(self.instance)
        if self.instance.workloads and who_serves_matters(self.instance) and not self.coarse:
            some = self.instance.workloads.values()
            days |= {day for day in serving_days(self.instance) if any(demand_on(one, day) for one in some)}
        return frozenset(days)

    @cached_property
    def _ends_of_money(self) -> list[date]:
        """Last days of stretches over which it matters to discounting alone on which day something is paid."""
        ends: set[date] = set()
        for limit in self.instance.limits.values():
            if limit.kind == "money":
                for first, last in windows(limit, self.instance):
                    ends |= {last} | ({first - timedelta(days=1)} if first > date.min else set())
        starts = {step.start for steps in self.instance.economics.exchange_rates.values() for step in steps}
        return sorted(ends | {start - timedelta(days=1) for start in starts if start > date.min})

    @cached_property
    def turns(self) -> tuple[Turn, ...]:
        """Decisions on who serves what, in order."""
        days = serving_days(self.instance)
        if not (self.waits and self.coarse):
            return tuple(Turn(range(at, at + 1), day, day) for at, day in enumerate(days))
        looked_at = sorted(self._days_that_count)
        found: list[Turn] = []
        for _, run in groupby(range(len(days)), key=lambda at: self._turn_of(days, looked_at, at)):
            first, *others = run
            following = looked_at[min(bisect_left(looked_at, days[first]), len(looked_at) - 1)]
            found.append(Turn(range(first, first + 1 + len(others)), days[first], max(following, days[first])))
        return tuple(found)

    def _turn_of(self, days: Sequence[date], looked_at: Sequence[date], position: int) -> tuple[int, ...]:
        """What tells the turns of serving days apart: days that are looked at stand alone, and so does the last."""
        if self.instance.measures("work") or position + 1 == len(days):
            return (position,)
        first, last = days[position], days[position + 1] - timedelta(days=1)
        return (
            bisect_left(looked_at, first),
            bisect_right(looked_at, first),
            bisect_left(self._ends_of_money, first),
            bisect_left(self._ends_of_money, last),
        )

    def latest(
        self,
        numbers: Sequence[int],
        there: Callable[[int], date],
        paid: Callable[[int], list[date]],
        looked_at: Sequence[date],
    ) -> list[int]:
        """Of numbered days on which something can be decided, in order, those than which no later one is as good.

        By number: the first day on which it is there, and the days on which it is paid for. Of several after which it
        is there on the same days that are looked at, and paid for in the same windows of money, the last costs least.
        """
        if not (self.waits and self.coarse) or self.instance.funds or self.instance.levies:
            return list(numbers)
        found: list[int] = []
        before: tuple[date, tuple[int, ...]] | None = None
        for number in numbers:
            windows_of = tuple(bisect_left(self._ends_of_money, day) for day in paid(number))
            now = (there(number), (bisect_left(looked_at, there(number)), *windows_of))
            if before is not None and before[0] <= now[0] and before[1] == now[1]:
                found[-1] = number
            else:
                found.append(number)
            before = now
        return found

    def _positions(self, days: Iterable[date]) -> frozenset[int]:
        found = (last_state(self.states, day) for day in days)
        return frozenset(position for position in found if position is not None) | {len(self.states) - 1}

    def _last_of(self, some: frozenset[int]) -> list[int | None]:
        """By position of a state day: the last of some positions up to it; None before the first."""
        found: list[int | None] = []
        for state in range(len(self.states)):
            found.append(state if state in some else found[-1] if found else None)
        return found


def _has_price(kind: ClusterKind) -> bool:
    return bool(kind.price or kind.price_per_system)
