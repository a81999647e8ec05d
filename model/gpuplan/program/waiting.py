"""What may wait: days on which more systems or clusters can matter, so that on no other day there need be more.

Installed systems draw power, cost support and count on the days that rules look at. Where nothing rewards what stands
early, a plan stays a plan, and costs no more, when each system is installed on the last state day from which it still
counts: so the number of systems need change on few state days. Clusters likewise, except that the day on which one is
formed is the day on which it is paid for: it also matters on the last day of every window of money.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.instance.rules import Measured
from gpuplan.instance.serving import demand_on, serving_days, who_serves_matters
from gpuplan.instance.timeline import days_looked_at, last_state, windows

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

FLOWING = ("money", "site")
"""Kinds of measure that grow with the time that systems stand."""


def rewards_waiting(instance: Instance) -> bool:
    """Whether a plan never gets worse, nor breaks a rule, when what is not looked at yet is installed later.

    Not where a rule or a level wants money, energy, carbon or power to be more, where a credit pays for what runs, nor
    where something stands already by a commitment.
    """
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


def growth_states(instance: Instance, states: Sequence[date], acceptance_days: int) -> frozenset[int]:
    """Positions of the state days on which systems of an acceptance can be more than the day before."""
    return _positions(states, (day - timedelta(days=acceptance_days) for day in _days_that_count(instance)))


def cluster_states(instance: Instance, states: Sequence[date]) -> frozenset[int]:
    """Positions of the state days on which clusters can be more than the day before."""
    days = _days_that_count(instance)
    if any(kind.price or kind.price_per_system for kind in instance.clusters.values()):
        if instance.funds or instance.levies:
            return frozenset(range(len(states)))
        days |= _ends_of_money(instance)
    return _positions(states, days)


def _days_that_count(instance: Instance) -> set[date]:
    """Days on which usable systems are looked at, those on which who serves is decided among them."""
    days = days_looked_at(instance)
    if instance.workloads and who_serves_matters(instance):
        some = instance.workloads.values()
        days |= {day for day in serving_days(instance) if any(demand_on(one, day) for one in some)}
    return days


def _ends_of_money(instance: Instance) -> set[date]:
    """Last days of stretches over which the day of a payment matters to no limit, fund or rate, only to discounting."""
    ends: set[date] = set()
    for limit in instance.limits.values():
        if limit.kind == "money":
            for first, last in windows(limit, instance):
                ends |= {last} | ({first - timedelta(days=1)} if first > date.min else set())
    starts = {step.start for steps in instance.economics.exchange_rates.values() for step in steps}
    return ends | {start - timedelta(days=1) for start in starts if start > date.min}


def _positions(states: Sequence[date], days: Iterable[date]) -> frozenset[int]:
    found = (last_state(states, day) for day in days)
    return frozenset(position for position in found if position is not None) | {len(states) - 1}
