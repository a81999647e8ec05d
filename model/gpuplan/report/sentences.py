"""A plan in sentences: what is decided, what is proven, and what to beware of."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.plan.proof import gap_of, is_proven
from gpuplan.report.names import called
from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuplan.plan.plan import Permission, Plan, PlanLevel

MOST_FAULTS = 12
"""Faults of an audit that are told; the rest are in the JSON."""


def decision(plan: Plan) -> str:
    """What, how many, from whom, where, when, at what cost, in a paragraph."""
    if not plan.orders:
        return "Buy nothing."
    vendors = dict.fromkeys(called(plan, "vendors", order.vendor) for order in plan.orders)
    places = dict.fromkeys(called(plan, "sites", order.site) for order in plan.orders)
    first, last = min(order.signed for order in plan.orders), max(order.signed for order in plan.orders)
    usable = [order.usable for order in plan.orders if order.usable is not None]
    last_usable = f", the last usable on {max(usable)}" if usable else ""
    signed = f"signed on {first}" if first == last else f"signed {first} to {last}"
    cost = plan.cost
    kept = plan.accelerators - plan.accelerators_of_buyer
    back = sum(order.accelerators for order in plan.orders if order.given_back is not None)
    returned = f"; {back:,} of them are rented and given back" if back else ""
    hosts = f" (hosts keep {kept:,.0f})" if kept else ""
    text = (
        f"Buy {plan.accelerators:,} accelerators{hosts} in {plural(plan.systems, 'system')} from "
        f"{plural(len(vendors), 'vendor')} ({'; '.join(vendors)}) for {plural(len(places), 'site')} "
        f"({'; '.join(places)}), {signed}{last_usable}{returned}. "
        f"It costs {money(cost.amount, plan.currency)} over the evaluation horizon"
    )
    if cost.discounted != cost.amount:
        text += f", {money(cost.discounted, plan.currency)} discounted"
    missed = [limit for limit in plan.limits if limit.missed_by]
    for limit in missed:
        by = quantity(limit.missed_by, limit.unit, plan.currency)
        text += f". {'Soft limit' if limit.soft else 'Limit'} {called(plan, 'limits', limit.limit)} is missed by {by}"
    return f"{text}.{_waiting(plan)}"


def _waiting(plan: Plan) -> str:
    """How many systems wait for their site or for room, and how long; how many are never installed."""
    waiting = sum(order.waiting for order in plan.orders)
    never = sum(order.never_installed for order in plan.orders)
    said = ""
    if waiting > never:
        later = [order for order in plan.orders if order.waiting > order.never_installed]
        days = sum(order.waiting_days for order in later)
        some = sum(order.waiting for order in later)
        verb = "waits" if waiting - never == 1 else "wait"
        said = f" {plural(waiting - never, 'system')} {verb} for a site, for room or for a rule"
        if not any(order.never_installed for order in later):
            said += f", {days / some:,.0f} days on average"
        said += "."
    if never:
        verb = "is" if never == 1 else "are"
        said += f" {plural(never, 'system')} {verb} never installed."
    if plan.cost.waiting > 0:
        amount = money(plan.cost.waiting, plan.currency)
        if plan.installation == "when-needed":
            said += f" Waiting saves about {amount}."
        else:
            said += f" {amount} of the cost is charged for systems while they wait, as if they ran; nobody bills it."
    return said


def proof(plan: Plan) -> str:
    """The status, the audit, and each level with what is proven of it: a line each."""
    lines = []
    for number, level in enumerate(plan.levels, 1):
        order = f"{number}. " if len(plan.levels) > 1 else ""
        lines.append(f"{order}{level.name[:1].upper()}{level.name[1:]}: {_level(level, plan.currency)}")
    checked = f"audit {'passed' if plan.audit.passed else 'FAILED'}, {plan.audit.readings:,} rules recomputed"
    return "\n".join([f"{standing(plan)} (gap asked for {percent(plan.options.gap)}); {checked}.", *lines])


def standing(plan: Plan) -> str:
    """How the search ended, in a few words."""
    if plan.status == "optimal":
        return "Optimal"
    if plan.status == "feasible" and all(level.proven or _is_claimed(level, plan.options.gap) for level in plan.levels):
        return "Optimal by the solver's word, which nothing has verified"
    return "Stopped before the gap asked for was reached"


def _is_claimed(level: PlanLevel, asked: Decimal) -> bool:
    """Whether a level is as good as was asked for by the solver's word."""
    return level.claimed is not None and is_proven(level.reached, level.claimed, asked, level.resolution)


def _level(level: PlanLevel, currency: str) -> str:
    return _proven(level, currency) + _claimed(level)


def _claimed(level: PlanLevel) -> str:
    """What only the solver says of a level, in brackets."""
    gap = gap_of(level.reached, level.claimed, level.resolution)
    if gap is None:
        return ""
    return f" (by the solver's word {f'within {percent(gap)} of the best' if gap else 'the best'})"


def _proven(level: PlanLevel, currency: str) -> str:
    value = quantity(level.value, level.unit, currency)
    if level.bound is None:
        return f"{value}, no bound proven"
    apart = quantity(abs(level.reached - level.bound), level.unit, currency)
    is_best = level.reached == level.bound or (level.gap is not None and level.gap < Decimal("1e-8"))
    proven = "proven best" if is_best else f"proven within {percent(level.gap)} ({apart}) of the best"
    if level.value == level.reached:
        return f"{value}, {proven}"
    return f"{value}, within its tolerance of {quantity(level.reached, level.unit, currency)}, which is {proven}"


def assumed(plan: Plan) -> str:
    """How many figures of low confidence the plan rests on; empty for none."""
    if not plan.low_confidence:
        return ""
    guesses = sum(1 for figure in plan.low_confidence if figure.confidence == "assumption")
    unverified = len(plan.low_confidence) - guesses
    return f"The plan rests on {plural(guesses, 'assumption')} and {plural(unverified, 'unverified figure')}."


def caveats(plan: Plan) -> list[str]:
    """What the plan leans on, and what the audit found."""
    lines = [f"{line[:-1]}; `low_confidence` in the JSON lists them." for line in (assumed(plan),) if line]
    lines += doubts(plan)
    if not plan.audit.passed:
        lines.append("The audit found:")
        lines += [f"  {line}" for line in plan.audit.broken[:MOST_FAULTS]]
    return lines


def doubts(plan: Plan) -> list[str]:
    """Sentences on export classes that figures of low confidence decide, and on what was accepted undetermined."""
    used = {(order.offer, order.site) for order in plan.orders}
    mine = [one for one in plan.permissions if (one.offer, one.site) in used and one.allowed]
    leaned = dict.fromkeys(figure for one in mine for ground in one.grounds for figure in ground.rests_on)
    lines = [f"That {_said(mine, figure)} may be delivered rests on {figure}, of low confidence." for figure in leaned]
    accepted = dict.fromkeys((one.offer, one.site) for one in mine if one.outcome == "undetermined")
    lines += [
        f"What export control asks of {offer} at {site} is undetermined, and accepted." for offer, site in accepted
    ]
    return lines


def _said(mine: Sequence[Permission], figure: str) -> str:
    names = dict.fromkeys(one.offer for one in mine for ground in one.grounds if figure in ground.rests_on)
    return ", ".join(names)
