"""Bounds that are right to a millionth, whatever the size of the costs."""

from __future__ import annotations

import pytest

import gpuplan
from support.builders import made
from support.tiny import tiny


@pytest.mark.parametrize("gap", [0, 1e-6, 1e-4])
def test_no_plan_is_better_than_its_bound(gap: float) -> None:
    """Proves that a bound is no higher than the best plan, 1,692,949.62: such a one was told 3 too high.

    The largest cost is two thirds of the whole, and the tolerance of the solver is absolute. If broken, the audit
    refuses the best plan.
    """
    outcome = gpuplan.solve(made(tiny(150)), gap=gap, threads=1)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert outcome.plan.audit.passed
    assert float(outcome.plan.levels[0].value) == pytest.approx(1_692_949.619040, rel=max(gap, 1e-9))
