"""Two capacitated warehouse location problems come out at their known optima. Source: see the files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import gpuplan

FOLDER = Path(__file__).parent


@pytest.mark.parametrize(("name", "cost"), [("cap41", "1040444.375"), ("cap91", "796648.4375")])
def test_a_warehouse_location_problem_costs_what_is_known(name: str, cost: str) -> None:
    """Proves the known optimum to the last digit, with its proof. If broken, transit, demand or openings are wrong."""
    instance = gpuplan.load(FOLDER / f"{name}.yaml")
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert abs(outcome.plan.cost.amount - Decimal(cost)) <= Decimal("0.0001")
    assert outcome.gap is not None
    assert outcome.gap <= Decimal("1e-8")
    assert gpuplan.audit(instance, outcome.plan) == []


def test_no_customer_larger_than_a_warehouse_is_served_by_one() -> None:
    """Proves `one_site`: a customer of cap41 wants 5,495, a warehouse has 5,000, so only a split serves it."""
    instance = gpuplan.load(FOLDER / "cap41.yaml").edited(["workloads.c11.split = one_site"])
    assert instance.workloads["c11"].demand[0].amount == 5495
    assert gpuplan.solve(instance, explain_seconds=0).status == "infeasible"
