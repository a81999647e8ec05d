"""The answer to a tree through the public API, with what every answer must satisfy checked on the way."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import gpuplan
from gpuplan.formulation import formulate
from gpuplan.plan.plan import Plan
from gpuplan.solver import highs
from gpuplan.solver.matrix import matrix_of
from gpuplan.solver.result import Settings
from support.builders import Tree, made


def plan_of(tree: Tree) -> Plan:
    """The optimal plan; its levels are proven and its audit finds nothing."""
    instance = made(tree)
    outcome = gpuplan.solve(instance, gap=0, explain_seconds=0)
    assert outcome.status == "optimal", outcome.status
    assert outcome.plan is not None
    assert all(level.proven for level in outcome.plan.levels)
    assert gpuplan.audit(instance, outcome.plan) == []
    return outcome.plan


def cost_of(tree: Tree) -> Decimal:
    """Discounted cost of the optimal plan."""
    return plan_of(tree).cost.discounted


def terms_of(tree: Tree) -> dict[str, Decimal]:
    """Undiscounted amount of each cost term that is not zero."""
    return {term: cost.amount for term, cost in plan_of(tree).cost.terms.items() if cost.amount}


def units_of(plan: Plan) -> dict[str, int]:
    """Systems signed for, by offer."""
    found: dict[str, int] = {}
    for line in plan.decisions.orders:
        found[line.offer] = found.get(line.offer, 0) + line.units
    return found


def days_of(plan: Plan) -> set[date]:
    """Days of signing."""
    return {line.signed for line in plan.decisions.orders}


def worth(tree: Tree, *, whole: bool) -> float | None:
    """The least cost in the program, all its implied rows included, or in its relaxation; None where there is none."""
    formulation = formulate(made(tree))
    matrix = matrix_of(formulation).with_cost(formulation.goals[0].expression)
    found = highs.run(matrix if whole else matrix.relaxed(), Settings(gap=0.0, threads=1)).objective
    return None if found is None else found * formulation.goals[0].scale


def is_infeasible(tree: Tree) -> bool:
    """Whether no plan exists, by proof."""
    return gpuplan.solve(made(tree), gap=0, explain_seconds=0).status == "infeasible"
