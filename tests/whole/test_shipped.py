"""The shipped instances, every one: valid without a fault, and (in the long run) solved to 0.1 %, audited."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

import gpuplan

INSTANCES = sorted((Path(__file__).resolve().parents[2] / "instances").glob("*.yaml"))
NONE_BY_DESIGN = {"korea-2025-actual-dates"}
"""Instances whose answer is that there is no plan."""
every = pytest.mark.parametrize("path", INSTANCES, ids=lambda path: path.stem)


@every
def test_every_instance_and_each_of_its_scenarios_is_valid(path: Path) -> None:
    """Proves that no shipped file or scenario is refused. If broken, what a guide tells to run ends in an error."""
    instance = gpuplan.load(path)
    for name in instance.scenarios:
        instance.in_scenario(name)


@pytest.mark.long
@every
def test_every_instance_is_solved_to_a_thousandth_and_audited(path: Path) -> None:
    """Proves that each level is proven within the gap asked for, and that the audit finds nothing."""
    instance = gpuplan.load(path)
    outcome = gpuplan.solve(instance, time_limit=600)
    if path.stem in NONE_BY_DESIGN:
        assert outcome.status == "infeasible"
        return
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert all(level.proven for level in outcome.plan.levels)
    assert gpuplan.audit(instance, outcome.plan) == []


@pytest.mark.long
def test_the_counterfactual_uses_its_allocation_to_within_the_smallest_server() -> None:
    """Proves that of 790 M of TPP less than the 32,768 of a server with RNGD is left, and that nothing passes it."""
    instance = gpuplan.load(next(path for path in INSTANCES if path.stem == "tier2-counterfactual"))
    outcome = gpuplan.solve(instance, time_limit=600)
    assert outcome.plan is not None
    (limit,) = (one for one in outcome.plan.limits if one.limit == "us-2025-01-allocation-in")
    assert limit.slack is not None
    assert 0 <= limit.slack < Fraction(8 * 4096)
