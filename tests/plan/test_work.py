"""What serves which workload, and which clusters are formed, in every form that a plan takes."""

from __future__ import annotations

import csv
from decimal import Decimal
from functools import cache
from pathlib import Path

import gpuplan
from gpuplan.instance.schema import Instance
from gpuplan.plan.files import read_plan, to_json, write_csv, write_whole
from gpuplan.plan.plan import Plan
from gpuplan.report.terminal import outcome_text

WORKING = """
name: working
calendar: {start: 2025-01-01, periods: 3}
accelerators: {h200-sxm: {}}
systems: {server: {accelerator: h200-sxm, accelerators: 8}}
vendors: {shop: {}}
sites: {near: {}, far: {}}
offers: {quote: {vendor: shop, system: server, price: 1000, max_units: 9, sites: [near]}}
existing: {systems: {old: {system: server, site: far, units: 1}}}
workloads:
  chat:
    unit: tokens/s
    demand: [{from: 2025-01-01, amount: 4000}, {from: 2025-02-01, amount: 9000}]
    rates: {server: {per_accelerator: 500, source: {source: a guess, confidence: assumption}}}
    transit_price_per_unit_month: {near: 0.001, far: 0.5}
clusters:
  pod: {systems: server, size: 3, price: 70, price_per_system: 10, sources: {price: {confidence: unverified}}}
limits:
  pods: {measure: clusters, at_least: 1}
"""


@cache
def solved() -> tuple[Instance, gpuplan.Outcome, Plan]:
    """Three servers near, 4,000 and then 9,000 tokens/s by them: 500 x 8 each, one and then 2.25."""
    instance = gpuplan.load(WORKING)
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    return instance, outcome, outcome.plan


def test_a_plan_says_what_serves_from_when_on_and_how_much() -> None:
    """Proves the table by hand: one server from the first day on, 2.25 from 1 February on."""
    _, _, plan = solved()
    found = [(line.workload, line.system, line.site, str(line.day), line.systems, line.work) for line in plan.served]
    assert found == [
        ("chat", "server", "near", "2025-01-01", 1, 4000),
        ("chat", "server", "near", "2025-02-01", Decimal("2.25"), 9000),
    ]
    assert [line.demand for line in plan.served] == [4000, 9000]


def test_a_plan_says_which_clusters_are_formed_and_what_they_cost() -> None:
    """Proves the table by hand: one pod of three servers, 24 accelerators, 70 + 3 x 10."""
    (line,) = solved()[2].clusters
    assert (line.cluster, line.system, line.site) == ("pod", "server", "near")
    assert (line.units, line.systems, line.accelerators, line.amount) == (1, 3, 24, 100)


def test_the_text_shows_both() -> None:
    """Proves that people see who serves in the end, with its share of the demand, and the clusters."""
    lines = [" ".join(line.split()) for line in outcome_text(solved()[1], "working", details=True).splitlines()]
    assert "What serves which workload, at the end" in lines
    assert "chat server near 2.25 9,000 tokens/s 100 %" in lines
    assert any(line.startswith("pod server near 1 3 24 ") for line in lines)


def test_the_files_have_both(tmp_path: Path) -> None:
    """Proves the round trip of JSON, and the two tables as CSV."""
    instance, _, plan = solved()
    write_whole(tmp_path / "plan.json", to_json(plan))
    again = read_plan(tmp_path / "plan.json")
    assert again == plan
    assert gpuplan.audit(instance, again) == []
    write_csv(plan, tmp_path)
    with (tmp_path / "served.csv").open(encoding="utf-8-sig") as file:
        assert [row["systems"] for row in csv.DictReader(file)] == ["1", "2.25"]
    with (tmp_path / "clusters.csv").open(encoding="utf-8-sig") as file:
        assert [row["accelerators"] for row in csv.DictReader(file)] == ["24"]


def test_a_forged_figure_in_either_table_is_found() -> None:
    """Proves that the tables are recomputed: 9,001 tokens/s, or a cluster of 25 accelerators, do not pass."""
    instance, _, plan = solved()
    served = (plan.served[0], plan.served[1].model_copy(update={"work": Decimal(9001)}))
    found = gpuplan.audit(instance, plan.model_copy(update={"served": served}))
    assert found == ["served.1.work: the plan says 9001, its decisions give 9000.000000"]
    clusters = (plan.clusters[0].model_copy(update={"accelerators": 25}),)
    assert gpuplan.audit(instance, plan.model_copy(update={"clusters": clusters})) == [
        "clusters.0.accelerators: the plan says 25, its decisions give 24"
    ]


def test_guessed_rates_and_prices_of_clusters_are_leaned_on() -> None:
    """Proves that a plan lists the low-confidence figures of workloads and clusters that it uses."""
    paths = {figure.path for figure in solved()[2].low_confidence}
    assert {"workloads.chat.rates.server", "clusters.pod.price"} <= paths


def test_demand_can_be_scaled_by_an_edit() -> None:
    """Proves that an edit reaches every step: half of it is 2,000 and 4,500 tokens/s, half the servers at work."""
    instance = solved()[0].edited(["workloads.chat.demand *= 0.5"])
    assert [step.amount for step in instance.workloads["chat"].demand] == [2000, 4500]
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.plan is not None
    assert [line.systems for line in outcome.plan.served] == [Decimal("0.5"), Decimal("1.125")]
