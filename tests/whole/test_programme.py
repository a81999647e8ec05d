"""The Korean purchase of 2025 as it ran: what was really bought, as a plan, beside the plan that is found."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

import gpuplan
from gpuplan.families.installation import as_soon_as_possible
from gpuplan.instance.schema import Instance
from gpuplan.ledger.decisions import ClusterLine, Decisions, InstalledLine, OrderLine
from gpuplan.reckoning import Reckoning, reckon
from gpuplan.report.sentences import proof

INSTANCE = Path(__file__).resolve().parents[2] / "instances" / "korea-2025-programme.yaml"
AUGUST, SEPTEMBER = date(2025, 8, 1), date(2025, 9, 1)
BOUGHT = {
    ("nhn-b200-liquid", "nhn"): ((AUGUST, 400), (SEPTEMBER, 557)),
    ("kakao-b200-air", "kakao"): ((AUGUST, 230), (SEPTEMBER, 73)),
    ("naver-h200", "naver"): ((AUGUST, 382),),
}
"""Servers by offer, hall and day of signing; 957, 303 and 382 in all (it.chosun 2025-07-28). The days are ours."""


CLUSTERS = tuple(
    ClusterLine(cluster=cluster, system=system, site=site, day=date(2026, 2, 28), units=1, systems=systems)
    for cluster, system, site, systems in (
        ("b200-510", "hgx-b200-liquid", "nhn", 510),
        ("b200-255", "hgx-b200-liquid", "nhn", 255),
        ("b200-255", "hgx-b200-air", "kakao", 255),
        ("h200-255", "hgx-h200", "naver", 255),
        ("h200-32", "hgx-h200", "naver", 32),
    )
)


def really_bought(instance: Instance) -> Reckoning:
    """The reckoning of what was bought; everything stands from the middle of January on."""
    orders = [
        OrderLine(offer=offer, site=site, signed=day, units=units)
        for (offer, site), lots in BOUGHT.items()
        for day, units in lots
    ]
    installed = [
        InstalledLine(offer=offer, site=site, day=date(2026, 1, 10), units=sum(units for _, units in lots))
        for (offer, site), lots in BOUGHT.items()
    ]
    decisions = Decisions(orders=tuple(orders), installed=tuple(installed), clusters=CLUSTERS)
    return reckon(instance, as_soon_as_possible(instance, decisions))


def test_what_was_really_bought_is_a_plan_that_passes_the_audit() -> None:
    """Proves that the instance holds what happened: money, halls, supply, dates, clusters, 10,456 accelerators.

    957 x 14,388.66 + 303 x 15,148.44 + 382 x 5,947.37 = 20.63 million TFLOPS. 1,458.9 of 1,459 bn KRW are spent.
    """
    found = really_bought(gpuplan.load(INSTANCE))
    assert found.broken == ()
    used = {
        one.path: float(one.used)
        for one in found.readings
        if one.path in ("limits.announced", "funds.supplementary-budget")
    }
    assert abs(used["limits.announced"] - 10_456) < 1
    assert 1.4589e12 < used["funds.supplementary-budget"] < 1.459e12
    assert abs(float(found.levels[0][2]) - 20_631_800) < 3_000


def test_the_plan_is_at_least_as_good_in_the_programmes_own_measure() -> None:
    """Proves the comparison, and that with the real halls the real purchase has the most compute there is; of plans
    that have nearly as much the cheapest is told, and not called the best in what it gives up."""
    instance = gpuplan.load(INSTANCE)
    really = float(really_bought(instance).levels[0][2])
    plan = gpuplan.solve(instance).plan
    assert plan is not None
    assert plan.status == "optimal"
    assert float(plan.levels[0].value) > 1.02 * really
    assert gpuplan.audit(instance, plan) == []
    tied = gpuplan.solve(instance.in_scenario("real-halls")).plan
    assert tied is not None
    assert tied.levels[0].bound is not None
    assert float(tied.levels[0].bound) == pytest.approx(really, rel=1e-9)
    # A server with H200 is 5,947 TFLOPS of the buyer's: one fewer is within 0.05 % of 20,631,820, and two are not.
    assert (tied.accelerators, sum(order.units for order in tied.orders if order.vendor == "naver-cloud")) == (
        13128,
        381,
    )
    assert "within its tolerance of 20,631,820.26 TFLOPS bf16, which is proven best" in proof(tied)
