"""A university's machine room, and the announcement of 2025 held against the real dates."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import gpuplan

INSTANCES = Path(__file__).resolve().parents[2] / "instances"


def test_the_university_fills_its_room_and_asks_its_landlord_first() -> None:
    """Proves the whole chain on a brownfield: approval, rear doors, servers, tax, grant and what is left in the end.

    25 servers for 200 accelerators; 420 kW hold them and the old three, and no more. If the approval ran beside
    the doors, the plan could wait for it until April.
    """
    instance = gpuplan.load(INSTANCES / "university.yaml")
    plan = gpuplan.solve(instance).plan
    assert plan is not None
    assert plan.status == "optimal"
    assert gpuplan.audit(instance, plan) == []
    assert (plan.systems, plan.accelerators) == (25, 200)
    room = plan.states[-1].resources["grid-power"]
    assert room.capacity is not None
    assert 415 < room.need <= room.capacity == 420
    last = {line.module: line.sign for line in plan.latest if line.limit == "accelerators" and line.module}
    assert last["landlord-approval"] == date(2026, 2, 10)
    assert plan.cost.terms["residual"].amount < 0
    assert all(year.by_fund["ministry"] == 0 for year in plan.cash if year.year != 2026)


@pytest.mark.long
def test_the_real_dates_cannot_meet_the_announcement() -> None:
    """Proves the other twin: infeasible by proof, and the target alone is named of all that people decided."""
    outcome = gpuplan.solve(gpuplan.load(INSTANCES / "korea-2025-actual-dates.yaml"), time_limit=120)
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    assert [clash.path for clash in outcome.conflict.members] == ["limits.within-the-year"]
