"""Regret: the plan of each scenario under every other one, against the best that was possible there.

What is signed for is kept: orders, modules and openings. All that follows (when systems are installed, which price tier
is reached, what delivers) is decided anew under the other scenario. A plan that cannot stand there says which rules it
breaks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import Closed, Currency, Figure, Text, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.rentals import end_of, without_end
from gpuplan.plan.plan import Plan, PlanLevel, Status
from gpuplan.plan.shown import Shown
from gpuplan.program.linear import Linear
from gpuplan.whatif.answer import Answer, answered, kept
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.explain import explain_plan

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions
    from gpuplan.program.problem import Problem as Program
    from gpuplan.whatif.answer import Alter

BASE = "base"
Signed = dict[tuple[str, str, str, date], int]
"""What is signed for, by kind, name, site and day. It is kept: it is signed before it is known which scenario comes
true."""


class RegretCell(Closed):
    """The plan of one scenario under another."""

    plan_of: Text
    under: Text
    status: Literal["holds", "infeasible", "no plan", "unknown"]
    """infeasible: what is signed for cannot stand there; no plan: the scenario has none of its own."""
    value: Figure | None
    """Of the last level."""
    regret: Figure | None
    """Worse than the best plan found there by so much; negative where the levels before the last differ."""
    regret_at_least: Figure | None
    regret_at_most: Figure | None
    """Proven; None where there is no bound."""
    breaks: Items[Text]
    """Rules that the plan breaks as it stands, in words."""


class Regret(Shown):
    """Every plan under every scenario."""

    format: Literal["gpuplan-regret/1"] = "gpuplan-regret/1"
    name: Text
    currency: Currency
    level: Text
    unit: Text
    scenarios: Items[Text]
    statuses: Items[Status]
    """Of each scenario's own search."""
    kept: Items[bool]
    """Of each scenario: whether the plan of `base` is still a plan there, and as good as was asked for. It is the
    scenario's plan then."""
    bests: Items[Items[PlanLevel]]
    cells: Items[RegretCell]
    plans: Items[Plan]
    """Of the scenarios that have one, in their order."""


@exactly
def regret(
    instance: Instance, scenarios: Sequence[str] | Mapping[str, Sequence[str]] | None = None, **asked: Unpack[Asked]
) -> Regret:
    """The plans of an instance and its scenarios under one another.

    `scenarios` are names of the instance's own, all when left out, or edits by name. The instance as it is counts as
    one more, `base`. Raises InvalidInput when there is none of a name, or when the options make no sense.
    """
    with Effort(**asked) as effort:
        under = _under(instance, scenarios)
        bests = {name: answered(one, effort, f"solving {name}") for name, one in under.items()}
        keeping = {name: kept(under[name], bests[BASE], best) for name, best in bests.items() if name != BASE}
        bests |= {name: same for name, same in keeping.items() if same is not None}
        cells = [_cell(under, bests, plan_of, name, effort) for plan_of in under for name in under]
        level = next((best.levels[-1] for best in bests.values() if best.levels), None)
        return Regret(
            name=instance.name,
            currency=instance.currency,
            level=level.name if level else "",
            unit=level.unit if level else "",
            scenarios=tuple(under),
            statuses=tuple(best.status for best in bests.values()),
            kept=tuple(keeping.get(name) is not None for name in under),
            bests=tuple(best.levels for best in bests.values()),
            cells=tuple(cells),
            plans=tuple(best.plan for best in bests.values() if best.plan is not None),
        )


def _under(instance: Instance, scenarios: Sequence[str] | Mapping[str, Sequence[str]] | None) -> dict[str, Instance]:
    if isinstance(scenarios, Mapping):
        return {BASE: instance, **{name: instance.edited(edits) for name, edits in scenarios.items()}}
    names = list(instance.scenarios) if scenarios is None else list(scenarios)
    if not names:
        way_out = "Give it scenarios, or hand over edits by name."
        raise InvalidInput([Problem("there is nothing to compare with: the instance has no scenarios", way_out)])
    return {BASE: instance, **{name: instance.in_scenario(name) for name in names}}


def _cell(under: dict[str, Instance], bests: dict[str, Answer], plan_of: str, name: str, effort: Effort) -> RegretCell:
    own, best = bests[plan_of], bests[name]
    if own.plan is None:
        return _no_value(plan_of, name, "no plan")
    if best.plan is not None and best.plan.decisions == own.plan.decisions:
        level = best.levels[-1]
        spread = None if level.bound is None else abs(level.reached - level.bound)
        return RegretCell(
            plan_of=plan_of, under=name, status="holds", value=level.value, regret=Decimal(0),
            regret_at_least=Decimal(0), regret_at_most=spread, breaks=(),
        )  # fmt: skip
    missing = _missing(under[name], own.plan.decisions)
    if missing:
        return _no_value(plan_of, name, "infeasible", missing)
    fixed = answered(
        under[name], effort, f"the plan of {plan_of} under {name}", alter=_keeping(_wanted(own.plan.decisions))
    )
    if fixed.plan is None or not fixed.levels:
        status: Literal["infeasible", "unknown"] = "infeasible" if fixed.is_infeasible else "unknown"
        broken = tuple(f"{one.says}: {one.repair or one.detail}" for one in explain_plan(under[name], own.plan))
        return _no_value(plan_of, name, status, broken)
    return _with_value(plan_of, name, fixed, best)


def _with_value(plan_of: str, name: str, fixed: Answer, best: Answer) -> RegretCell:
    mine = fixed.levels[-1]
    if not best.levels:
        return RegretCell(
            plan_of=plan_of, under=name, status="holds", value=mine.value, regret=None, regret_at_least=None,
            regret_at_most=None, breaks=(),
        )  # fmt: skip
    there = best.levels[-1]
    sign = -1 if fixed.maximise else 1
    least = None if mine.bound is None else sign * (mine.bound - there.reached)
    most = None if there.bound is None else sign * (mine.reached - there.bound)
    return RegretCell(
        plan_of=plan_of,
        under=name,
        status="holds",
        value=mine.value,
        regret=sign * (mine.value - there.value),
        regret_at_least=least,
        regret_at_most=most,
        breaks=(),
    )


def _no_value(
    plan_of: str, name: str, status: Literal["infeasible", "no plan", "unknown"], breaks: tuple[str, ...] = ()
) -> RegretCell:
    return RegretCell(
        plan_of=plan_of, under=name, status=status, value=None, regret=None, regret_at_least=None,
        regret_at_most=None, breaks=breaks,
    )  # fmt: skip


def _missing(instance: Instance, decisions: Decisions) -> tuple[str, ...]:
    """What the plan orders and the scenario does not have."""
    found = [_no_offer(instance, line.offer) for line in decisions.orders if line.offer not in instance.quotes]
    found += [f"there is no module {one.module}" for one in decisions.modules if one.module not in instance.modules]
    sites = [line.site for line in decisions.orders] + [line.site for line in decisions.modules]
    sites += [line.site for line in decisions.openings]
    found += [f"there is no site {site}" for site in sites if site not in instance.sites]
    return tuple(dict.fromkeys(found))


def _no_offer(instance: Instance, quote: str) -> str:
    offer, end = without_end(quote), end_of(quote)
    return f"{offer} is not given back on {end}" if end and offer in instance.quotes else f"there is no offer {offer}"


def _keeping(wanted: Signed) -> Alter:
    """Fixes what is signed for; asks for what no plan can have where a signing is not possible any more."""

    def alter(formulation: Formulation) -> Formulation:
        problem = formulation.problem
        problem.rows.family = "kept"
        left = dict(wanted)
        for place, units in _signed(problem).items():
            # As a row, not as a bound: the bounds of columns follow from rows and may be tighter than these.
            amount = float(left.pop(place, 0))
            problem.rows.add(("kept", *map(str, place)), units, at_least=amount, at_most=amount)
        for place in left:
            problem.rows.add(("kept", *map(str, place)), Linear(), at_least=1.0)
        return formulation

    return alter


def _signed(problem: Program) -> dict[tuple[str, str, str, date], Linear]:
    """What can be signed for, by kind, name, site and day; the ways that an order can take together."""
    found: dict[tuple[str, str, str, date], Linear] = {}
    for (offer, site), signings in problem.signings.items():
        lot = problem.instance.quotes[offer].lot_units
        for period, column in signings:
            found.setdefault(("order", offer, site, problem.days[period]), Linear()).add(column, lot)
    keys = problem.columns.keys
    for one in problem.columns.of("modules"):
        _, module, where, number = keys[one]
        found["module", str(module), str(where), problem.days[int(number)]] = Linear([(one, 1.0)])
    for one in problem.columns.of("opening"):
        _, where, number = keys[one]
        found["opening", str(where), str(where), problem.days[int(number)]] = Linear([(one, 1.0)])
    return found


def _wanted(decisions: Decisions) -> Signed:
    """What is signed for in a plan."""
    found: Signed = {}
    for order in decisions.orders:
        place = ("order", order.offer, order.site, order.signed)
        found[place] = found.get(place, 0) + order.units
    for module in decisions.modules:
        found["module", module.module, module.site, module.signed] = module.units
    for opening in decisions.openings:
        found["opening", opening.site, opening.site, opening.decided] = 1
    return found
