"""Export control through the public API: caps, routes, licences and odds, and the page that shows a made-up regime."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import gpuplan
from gpuplan.instance.document import read_document
from gpuplan.plan.export import permissions
from support.answers import plan_of, units_of
from support.builders import Tree, case, made, merged, offer, target

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED: Tree = {"us-2023-10": {}, "us-2025-01": {"reading": "published", "caps": {"quota": {"at_most": 1}}}}


def tier_two(**over: Any) -> Tree:
    """B200, H200 and Gaudi 3 for a country of tier 2 under the AI diffusion rule as published; money is no object.

    A system has 288,000, 126,656 or 234,880 of TPP, and the allocation is 2,000,000.
    """
    regimes = merged(PUBLISHED, {"us-2025-01": {"caps": {"allocation": {"at_most": 2_000_000}}}})
    systems = {"b": "b200-sxm", "h": "h200-sxm", "g": "gaudi-3"}
    base = case(
        calendar={"start": "2025-06-01", "periods": 12},
        sites={"a": {"country": "IN"}},
        vendors={"v": {"country": "US"}},
        systems={name: {"accelerator": chip, "accelerators": 8} for name, chip in systems.items()},
        offers={name: offer(system=name, max_units=30, lead_days=60) for name in systems} | {"o": {"max_units": 0}},
        export={"buyer": {"headquarters": "IN"}, "regimes": regimes},
        objective=[{"maximise": {"measure": "tpp"}}, {"minimise": "cost"}],
    )
    return merged(base, over)


def used(plan: gpuplan.Plan, limit: str) -> float:
    """What a limit measures in its first window."""
    return float(next(one.used or 0 for one in plan.limits if one.limit == limit))


def test_the_most_compute_under_a_cap_comes_within_the_smallest_system_and_never_passes() -> None:
    """Proves 4 B200 + 5 H200 + ... = the best sum under 2,000,000, worked out by listing all sums.

    If broken, the cap is passed, or more than one H200 server of 126,656 is left.
    """
    plan = plan_of(tier_two())
    total = used(plan, "us-2025-01-allocation-in")
    best = max(
        b * 288_000 + h * 126_656 + g * 234_880
        for b in range(7)
        for h in range(16)
        for g in range(9)
        if b * 288_000 + h * 126_656 + g * 234_880 <= 2_000_000
    )
    assert total == best
    assert 2_000_000 - 126_656 < total <= 2_000_000
    assert float(plan.levels[0].value) == total
    assert {order.export for order in plan.orders} == {"capped"}


def test_what_others_have_used_of_a_cap_is_gone() -> None:
    """Proves 2,000,000 less 1,700,000: one B200 or two H200 or a Gaudi: 288,000 at the most."""
    caps = {"allocation": {"used": {"in": 1_700_000}}}
    plan = plan_of(tier_two(export={"regimes": {"us-2025-01": {"caps": caps}}}))
    assert used(plan, "us-2025-01-allocation-in") == 288_000


def test_the_route_is_a_decision() -> None:
    """Proves that with a quota of 300,000 beside the allocation one B200 goes by notice, and the rest by licence."""
    caps = {"quota": {"at_most": 300_000}}
    plan = plan_of(tier_two(export={"regimes": {"us-2025-01": {"caps": caps}}}))
    by_route = {order.route for order in plan.orders}
    assert by_route == {"us-2025-01.quota", "us-2025-01.allocation"}
    assert float(plan.levels[0].value) > 2_000_000
    for limit in plan.limits:
        assert limit.slack is None or limit.slack >= 0


def test_a_cap_that_is_in_the_way_is_named_with_its_path() -> None:
    """Proves that a cap is a rule like any other when nothing fits. If broken, the target alone is blamed."""
    tree = tier_two(limits={"t": {"measure": "tpp", "at_least": 2_100_000}}, objective=[{"minimise": "cost"}])
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    members = {member.path: member.says for member in outcome.conflict.members}
    assert {"limits.t", "export.regimes.us-2025-01.caps.allocation"} <= set(members)
    assert "2,000,000 TPP" in members["export.regimes.us-2025-01.caps.allocation"]


def test_a_licence_moves_what_can_be_ready_in_time() -> None:
    """Proves that 240 days of licence from 1 June end on 27 January 2026: nothing is usable by the end of 2025."""
    late = tier_two(
        limits={"t": target(1, by="2025-12-31")},
        objective=[{"minimise": "cost"}],
    )
    assert gpuplan.solve(made(late), gap=0, explain_seconds=0).status == "infeasible"
    in_time = merged(late, {"limits": {"t": {"by": "2026-01-31"}}})
    plan = plan_of(in_time)
    assert {order.shipped.isoformat() for order in plan.orders} == {"2026-01-27"}
    assert {order.apply_by for order in plan.orders} == {order.signed for order in plan.orders}


def odds(delivery: str, refusal: float) -> Tree:
    """Eight accelerators a system to a country that needs licences, and ten systems to be delivered."""
    return case(
        calendar={"start": "2025-01-01", "periods": 12},
        sites={"a": {"country": "SA"}},
        vendors={"v": {"country": "US"}},
        systems={"s": {"accelerator": "h100-sxm", "accelerators": 8}},
        offers={"o": {"max_units": 100}},
        export={"buyer": {"headquarters": "SA"}, "regimes": {"us-2023-10": {"refusal": refusal}}},
        limits={"t": {"measure": "systems", "at_least": 10, "delivery": delivery}},
    )


@pytest.mark.parametrize(
    ("delivery", "refusal", "units"),
    [("planned", 0.2, 10), ("expected", 0.2, 13), ("expected", 0, 10), ("worst-case", 0, 10)],
)
def test_limits_on_expected_delivery_buy_for_the_odds(delivery: str, refusal: float, units: int) -> None:
    """Proves 10 / 0.8 = 12.5, so 13 systems. If broken, 10 are bought and 8 expected."""
    assert units_of(plan_of(odds(delivery, refusal))) == {"o": units}


def test_at_worst_nothing_that_needs_a_licence_counts() -> None:
    """Proves that a target on what is sure cannot be met by licences alone."""
    assert gpuplan.solve(made(odds("worst-case", 0.02)), gap=0, explain_seconds=0).status == "infeasible"


def test_a_plan_that_rests_on_a_doubtful_class_says_so() -> None:
    """Proves that RNGD to a country that asks licences for its class leans on an unverified die area; B200 does not."""
    tree = odds("planned", 0)
    doubtful = merged(tree, {"systems": {"s": {"accelerator": "rngd"}}})
    plan = plan_of(doubtful)
    leaned = {figure for one in plan.permissions for ground in one.grounds for figure in ground.rests_on}
    assert "accelerators.rngd.die_area_mm2" in leaned
    sure = plan_of(merged(tree, {"systems": {"s": {"accelerator": "b200-sxm"}}}))
    assert not [figure for one in sure.permissions for ground in one.grounds for figure in ground.rests_on]


def test_a_plan_with_another_route_than_its_own_fails_its_audit() -> None:
    """Proves that the audit recomputes routes. If broken, an edited plan takes a way around the cap."""
    instance = made(tier_two())
    plan = plan_of(tier_two())
    for route, said in (("us-2025-01.quota", "quota"), ("us-2025-01.nowhere", "unknown way"), ("", "unknown way")):
        lines = tuple(line.model_copy(update={"route": route}) for line in plan.decisions.orders)
        tampered = plan.model_copy(update={"decisions": plan.decisions.model_copy(update={"orders": lines})})
        assert any(said in fault for fault in gpuplan.audit(instance, tampered)), route


def test_permissions_are_told_by_runs_of_days() -> None:
    """Proves that a change of rules in August splits the year in two, each with its citation."""
    tree = case(
        calendar={"start": "2026-06-01", "periods": 4},
        sites={"a": {"country": "AE"}},
        vendors={"v": {"country": "US"}},
        systems={"s": {"accelerator": "b200-sxm", "accelerators": 8}},
        export={
            "buyer": {"headquarters": "AE", "listed": ["ae-supplement-8"]},
            "regimes": {"us-2023-10": {}, "us-2026-07": {}},
        },
    )
    rows = [(f"{one.signed_from:%m}", f"{one.signed_until:%m}", one.outcome) for one in permissions(made(tree))]
    assert rows == [("06", "07", "licence"), ("08", "09", "free")]
    cited = {ground.citation for one in permissions(made(tree)) for ground in one.grounds}
    assert cited == {"88 FR 73458", "91 FR 43034"}


def test_a_condition_that_changes_between_signing_and_shipping_is_told_twice() -> None:
    """Proves certificates asked until 9 July and a volume from 10 July on, for what is signed in June and ships in
    August. If broken, only what held at signing is told."""
    cells = [
        {"until": "2026-07-09", "ruling": {"outcome": "licence", "days": 60, "condition": "certificates"}},
        {"ruling": {"outcome": "licence", "days": 60, "condition": "a volume"}},
    ]
    regime = {
        "name": "Made up",
        "authority": "Ruritania",
        "citation": "Gazette 14/2026",
        "effective": "2026-01-01",
        "classes": [{"name": "chip", "any_of": [{}]}],
        "cells": cells,
    }
    tree = merged(
        tier_two(),
        {"calendar": {"start": "2026-06-01"}, "export": {"regimes": {"us-2023-10": None, "us-2025-01": None}}},
    )
    tree["export"]["regimes"] = {"made-up": regime}
    first = next(one for one in permissions(made(tree)) if one.offer == "h")
    assert [ground.condition for ground in first.grounds] == ["certificates", "a volume"]


# The page


def page_blocks() -> list[str]:
    """The YAML of the page, in order."""
    text = (ROOT / "docs" / "export.md").read_text(encoding="utf-8")
    return re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.fixture
def ruritania(tmp_path: Path) -> Path:
    """The two files of the page, joined with an instance: eight accelerators a system, two chips, three countries."""
    regime, names = page_blocks()[-2:]
    (tmp_path / "ruritania.yaml").write_text(regime, encoding="utf-8")
    rest = """
name: Ruritania
calendar: {start: 2026-02-01, periods: 12}
sites: {port: {country: KR}, peak: {country: NP}, plain: {country: DE}}
systems:
  fast: {accelerator: h100-sxm, accelerators: 8}
  slow: {accelerator: atom, accelerators: 8}
vendors: {v: {country: KR}}
offers:
  fast: {vendor: v, system: fast, price: 100, max_units: 200}
  slow: {vendor: v, system: slow, price: 10, max_units: 5}
objective:
  - maximise: {measure: accelerators}
  - minimise: cost
"""
    path = tmp_path / "instance.yaml"
    path.write_text(rest + names, encoding="utf-8")
    return path


def test_the_made_up_regime_of_the_page_holds(ruritania: Path) -> None:
    """Proves that one data file and no code makes a regime: slow chips go anywhere; of fast ones 400 accelerators, 50
    systems, reach the coast by shipping in each year, after 60 days; the hills get none, and of the plain nothing is
    said."""
    outcome = gpuplan.solve(gpuplan.load(ruritania), gap=0)
    assert outcome.plan is not None
    assert gpuplan.audit(gpuplan.load(ruritania), outcome.plan) == []
    fast = [order for order in outcome.plan.orders if order.offer == "fast"]
    assert {order.site for order in fast} == {"port"}
    by_year = {year: sum(o.accelerators for o in fast if o.shipped.year == year) for year in (2026, 2027)}
    assert by_year[2026] == 400
    assert all((order.shipped - order.signed).days == 60 for order in fast)
    told = {(one.offer, one.site): one.outcome for one in outcome.plan.permissions}
    assert told["fast", "peak"] == "denied"
    assert told["fast", "plain"] == "undetermined"
    assert told["slow", "plain"] == "free"


def test_a_regime_file_is_read_from_the_folder_only(ruritania: Path, tmp_path: Path) -> None:
    """Proves that no file outside the folder is read, and that the fault is named with its place."""
    text = ruritania.read_text(encoding="utf-8").replace("[ruritania.yaml]", "[../ruritania.yaml]")
    inside = tmp_path / "inside"
    inside.mkdir()
    (inside / "instance.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(gpuplan.InvalidInput):
        gpuplan.load(inside / "instance.yaml")


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("cells", [{"chips": "quick", "ruling": {"outcome": "free"}}], "there is no class 'quick'"),
        ("cells", [{"location": "moon", "ruling": {"outcome": "free"}}], "there is no group 'moon'"),
        ("cells", [{"ruling": {"outcome": "capped", "cap": "none"}}], "there is no cap 'none'"),
        ("cells", [{"ruling": {"outcome": "undetermined"}}], "says why"),
        ("cells", [{"ruling": {"outcome": "free"}, "routes": {"a": {"outcome": "free"}}}], "either a ruling or routes"),
        ("amends", "us-1999", "there is no regime 'us-1999'"),
        ("classes", [], "needs classes"),
    ],
)
def test_faults_of_a_regime_are_told(path: str, value: object, said: str, ruritania: Path) -> None:
    """Proves that a slip in a regime is an error that names it, not a rule that silently never fits."""
    tree = read_document(ruritania.parent / "ruritania.yaml").value
    tree["export"]["regimes"]["ruritania-2026"][path] = value
    base = read_document(ruritania).value
    base["export"] = {"buyer": {"headquarters": "KR"}, **tree["export"]}
    with pytest.raises(gpuplan.InvalidInput, match=said):
        made(base)


def test_snippets_of_the_page_are_parts_of_valid_instances() -> None:
    """Proves that what the page shows can be written."""
    base = read_document(ROOT / "docs" / "examples" / "guide.yaml").value
    for snippet in page_blocks()[:-2]:
        tree = read_document(snippet).value
        made(merged(base, tree))
