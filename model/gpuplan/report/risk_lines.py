"""What can go wrong with a plan, in sentences, the gravest first."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.report.names import called, listed
from gpuplan.report.paper_money import budgets
from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan

MOST = 3
"""That are told to a board."""
CLOSE = 31
"""Days before a target within which a delay is a risk."""


def risk_lines(plan: Plan) -> tuple[str, ...]:
    """The first three of these: a failed audit; what is missed; licences; targets that are met with little to spare;
    figures of low confidence; limits that bind; leads that are quoted as ranges; systems that wait."""
    kinds = (_audit, _missed, _licences, _close, _assumed, _full, _ranges, _waiting)
    return tuple(line for kind in kinds for line in kind(plan))[:MOST]


def _audit(plan: Plan) -> Iterator[str]:
    if not plan.audit.passed:
        yield f"The plan failed its audit: {plural(len(plan.audit.broken), 'rule')} or figures of it do not hold."


def _missed(plan: Plan) -> Iterator[str]:
    missed = [one for one in plan.limits if one.missed_by]
    if missed:
        told = (
            f"{called(plan, 'limits', one.limit)}, by {quantity(one.missed_by, one.unit, plan.currency)}"
            for one in missed
        )
        yield f"Not met: {'; '.join(told)}."


def _licences(plan: Plan) -> Iterator[str]:
    """What export control asks for what is ordered, with the chance of a refusal where one is stated."""
    asked = [one for one in plan.orders if one.export not in ("free", "notify")]
    if not asked:
        return
    pairs = {(one.offer, one.site) for one in asked}
    grounds = [ground for one in plan.permissions if (one.offer, one.site) in pairs for ground in one.grounds]
    refusals = [ground.refusal for ground in grounds if ground.refusal is not None]
    chance = f" A refusal is put at {percent(max(refusals))}." if refusals else ""
    sites = listed(plan, "sites", [one.site for one in asked])
    verb = "rests" if (units := sum(one.units for one in asked)) == 1 else "rest"
    kinds = " and ".join(dict.fromkeys(one.export for one in asked))
    yield f"Export control: {plural(units, 'system')} for {sites} {verb} on its answer ({kinds}).{chance}"


def _close(plan: Plan) -> Iterator[str]:
    """The target that is met with the fewest days to spare."""
    days = {one.limit: (one.last - one.reached).days for one in plan.limits if one.last and one.reached}
    close = {name: left for name, left in days.items() if 0 <= left <= CLOSE}
    if close:
        name = min(close, key=lambda one: close[one])
        left = plural(close[name], "day") if close[name] else "no day"
        yield f"Delay: {called(plan, 'limits', name)} is met with {left} to spare."


def _assumed(plan: Plan) -> Iterator[str]:
    if plan.low_confidence:
        assumed = sum(1 for one in plan.low_confidence if one.confidence == "assumption")
        unverified = len(plan.low_confidence) - assumed
        offers = dict.fromkeys(path[1] for one in plan.low_confidence if (path := one.path.split("."))[0] == "offers")
        on = f"; the quotes of {plural(len(offers), 'offer')} are among them" if offers else ""
        yield f"Figures: the plan rests on {_kinds(assumed, unverified)}{on}."


def _kinds(assumed: int, unverified: int) -> str:
    parts = [plural(assumed, "assumption")] if assumed else []
    parts += [plural(unverified, "unverified figure")] if unverified else []
    return " and ".join(parts)


def _full(plan: Plan) -> Iterator[str]:
    """What binds: a little less of it, and the plan is another."""
    full = dict.fromkeys(one.limit for one in plan.limits if one.binds and not one.missed_by)
    if full:
        yield f"Limits that bind: {'; '.join(called(plan, 'limits', name) for name in full)}."
    least = min((one.amount / one.units for one in plan.orders if one.amount), default=Decimal(0))
    for budget in budgets(plan).values():
        if not budget.binds and budget.slack is not None and 0 <= budget.slack < least:
            left = money(budget.slack, plan.currency)
            yield f"Of {called(plan, 'limits', budget.limit)} {left} are left, less than one more system costs."


def _ranges(plan: Plan) -> Iterator[str]:
    offers = [one.offer for one in plan.risks if one.soonest is not None]
    if offers:
        yield f"Leads are quoted as ranges, and planned at their longer end: {listed(plan, 'offers', offers)}."


def _waiting(plan: Plan) -> Iterator[str]:
    never = sum(one.never_installed for one in plan.orders)
    if never:
        yield f"{plural(never, 'system')} {'is' if never == 1 else 'are'} bought and never installed."
