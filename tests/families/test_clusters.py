"""Clusters: systems of one kind at one site, joined by a fabric; how many are formed, of how many systems."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import gpuplan
from support.answers import cost_of, is_infeasible, plan_of, terms_of
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target

TWO_SITES: Tree = {"sites": {"b": {}}, "offers": {"o": {"sites": ["a"]}, "p": offer(sites=["b"])}}


def kind(size: int, **over: Any) -> Tree:
    """A kind of cluster of systems `s`."""
    return {"systems": "s", "size": size, **over}


def wanted(number: int, **over: Any) -> Tree:
    """At least so many clusters, by the end unless said otherwise."""
    return merged({"measure": "clusters", "at_least": number}, over)


def test_a_cluster_takes_its_systems_and_its_price() -> None:
    """Proves the size and the price: two systems at 100 and one cluster at 30 and 4 a system: 238."""
    tree = case(clusters={"c": kind(2, price=30, price_per_system=4)}, limits={"l": wanted(1)})
    assert terms_of(tree) == {"purchase": 200, "clusters": 38}


def test_no_system_is_in_two_clusters() -> None:
    """Proves that kinds share the systems: one cluster of 2 and one of 1 take three; of 2 and 2 four, one too many."""
    tree = case(clusters={"c": kind(2), "d": kind(1)})
    each = {"l": wanted(1, select={"cluster": "c"}), "m": wanted(1, select={"cluster": "d"})}
    assert cost_of(merged(tree, {"limits": each})) == 300
    assert is_infeasible(merged(tree, {"limits": each, "clusters": {"d": {"size": 2}}}))


def test_a_cluster_stands_at_one_site() -> None:
    """Proves that systems of two sites do not add up: two at each are not three at one."""
    tree = case(**TWO_SITES, clusters={"c": kind(3)}, limits={"l": wanted(1)})
    assert cost_of(tree) == 300
    assert is_infeasible(merged(tree, {"offers": {"o": {"max_units": 2}, "p": {"max_units": 2}}}))


def test_a_cluster_has_systems_of_one_kind() -> None:
    """Proves that kinds of system do not add up: two s and two z make no cluster of three."""
    tree = case(systems={"z": {}}, offers={"p": offer(system="z", price=60)}, limits={"l": wanted(1)})
    tree["clusters"] = {"c": {"systems": ["s", "z"], "size": 3}}
    assert cost_of(tree) == 180
    assert is_infeasible(merged(tree, {"offers": {"o": {"max_units": 2}, "p": {"max_units": 2}}}))


@pytest.mark.parametrize(("by", "fits"), [("2025-01-30", False), ("2025-01-31", True)])
def test_a_cluster_counts_when_its_systems_are_accepted(by: str, fits: bool) -> None:
    """Proves the day: signed on 1 January, 20 days of lead and 10 of acceptance end on the 31st."""
    slow = {"o": {"lead_days": 20, "acceptance_days": 10}}
    assert is_infeasible(case(offers=slow, clusters={"c": kind(1)}, limits={"l": wanted(1, by=by)})) is not fits


def test_systems_that_are_already_there_can_form_a_cluster() -> None:
    """Proves that fleets join: two are there, a third is bought for a cluster of three."""
    there = {"systems": {"f": {"system": "s", "site": "a", "units": 2}}}
    assert cost_of(case(existing=there, clusters={"c": kind(3)}, limits={"l": wanted(1)})) == 100


def test_a_cluster_is_paid_for_on_the_day_on_which_it_is_formed() -> None:
    """Proves day and currency: 30 EUR at 1.25 on 28 February, when the second system has come, not at 1.5."""
    tree = case(
        economics={
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}
        },
        calendar={"periods": 2},
        offers={"o": {"max_units": 2, "supply": [{"from": "2025-01-01", "units_per_month": 1}]}},
        clusters={"c": kind(2, price=30, currency="EUR")},
        limits={"l": wanted(1)},
    )
    assert terms_of(tree)["clusters"] == Decimal("37.5")
    assert [str(line.day) for line in plan_of(tree).clusters] == ["2025-02-28"]


def test_every_system_is_in_a_cluster_where_its_kind_says_so() -> None:
    """Proves `all_systems`: three systems and clusters of two at most need two clusters, at least 2 and 1 in them."""
    tree = case(clusters={"c": kind(1, max_size=2, price=30)}, limits={"t": target(3)})
    assert cost_of(tree) == 300
    assert cost_of(merged(tree, {"clusters": {"c": {"all_systems": True}}})) == 360
    assert cost_of(merged(tree, {"clusters": {"c": {"all_systems": True, "max_size": 3}}})) == 330


def test_a_size_that_does_not_come_out_even_buys_more() -> None:
    """Proves that whole clusters are whole: for one system wanted and clusters of just two, two are bought."""
    pairs = kind(2, max_size=2, all_systems=True)
    assert cost_of(case(clusters={"c": pairs}, limits={"t": target(1)})) == 200
    assert is_infeasible(case(clusters={"c": pairs}, limits={"t": target(3)}))


def test_a_fabric_goes_in_steps() -> None:
    """Proves steps as kinds: up to 2 systems by two tiers at 10 + 3 each; larger ones by three at 25 + 5 each.

    Three systems in one cluster of at least 3: 25 + 15 = 40. Where any cluster will do, 2 + 1 by two tiers: 20 + 9.
    """
    two = kind(1, max_size=2, price=10, price_per_system=3, all_systems=True)
    three = kind(3, price=25, price_per_system=5)
    tree = case(clusters={"two-tier": two, "three-tier": three}, limits={"t": target(3)})
    assert terms_of(tree)["clusters"] == 29
    large = {"l": wanted(1, select={"cluster": "three-tier"})}
    assert terms_of(merged(tree, {"limits": large}))["clusters"] == 40


def test_a_cluster_needs_resources_for_itself_and_for_each_system() -> None:
    """Proves the balance: a cluster of 2 needs 3 + 2 x 1 = 5 ports; with 4 there is none."""
    tree = case(
        clusters={"c": kind(2, needs={"fabric-ports": 3}, needs_per_system={"fabric-ports": 1})},
        limits={"l": wanted(1)},
    )
    for ports, fits in ((5, True), (4, False)):
        tree["sites"]["a"] = {"capacity": {"fabric-ports": ports}}
        assert is_infeasible(tree) is not fits
    tree["sites"]["a"] = {}
    assert is_infeasible(tree)


def test_the_power_of_a_cluster_is_paid_for_and_counts_as_that_of_its_systems() -> None:
    """Proves energy and PUE: one system of 10 kW and a fabric of 2: 12 x 24 x 31 x 0.01 = 89.28; and a PUE of 1. With
    the fabric as overhead it would be 1.2."""
    site = {
        "capacity": {**UNLIMITED, "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1}}},
        "tariff": {"energy_price_per_kwh": 0.01},
    }
    tree = case(
        calendar={"periods": 1},
        systems={"s": POWERED},
        sites={"a": site},
        clusters={"c": kind(1, needs={"protected-power": 2})},
        limits={"l": wanted(1)},
    )
    plan = plan_of(tree)
    assert plan.cost.terms["energy"].amount == Decimal("89.28")
    assert plan.sites[0].pue == 1


def test_modules_are_bought_for_what_clusters_need() -> None:
    """Proves that a need reaches the facility: 5 ports take two switch blocks of 4, at 7 each."""
    tree = case(
        modules={"switches": {"provides": {"fabric-ports": 4}, "price": 7, "lead_days": 0}},
        sites={"a": {"modules": {"switches": {}}}},
        clusters={"c": kind(2, needs_per_system={"fabric-ports": 2.5})},
        limits={"l": wanted(1)},
    )
    assert terms_of(tree)["modules"] == 14


def test_clusters_are_counted_by_what_they_are_made_of_and_where() -> None:
    """Proves selections: a cluster in each of two sites, and one of chips of m, is 2 of the dear and 1 of the cheap."""
    tree = case(**TWO_SITES, accelerators={"x": {"maker": "m"}})
    tree = merged(tree, {"systems": {"s": {"accelerator": "x"}, "z": {}}, "offers": {"q": offer(system="z", price=50)}})
    tree["clusters"] = {"c": {"systems": ["s", "z"], "size": 1}}
    tree["limits"] = {"a": wanted(1, select={"site": "a"}), "b": wanted(1, select={"site": "b"})}
    assert cost_of(tree) == 100
    tree["limits"]["m"] = wanted(2, select={"maker": "m"})
    assert cost_of(tree) == 200


def test_an_objective_may_want_the_most_clusters() -> None:
    """Proves the measure as a level: 250 buy two systems, and two clusters of one."""
    plan = plan_of(
        case(
            clusters={"c": kind(1)},
            limits={"b": {"measure": "capex", "at_most": 250}},
            objective=[{"maximise": {"measure": "clusters"}}, {"minimise": "cost"}],
        )
    )
    assert (plan.levels[0].value, plan.levels[0].unit) == (2, "clusters")


def test_a_missing_cluster_is_told_as_slack() -> None:
    """Proves that a limit on clusters says what is used and missed, in clusters."""
    soft = wanted(3, soft={"penalty": 1})
    plan = plan_of(case(clusters={"c": kind(1)}, offers={"o": {"max_units": 2, "price": 0}}, limits={"l": soft}))
    (limit,) = plan.limits
    assert (limit.used, limit.missed_by, limit.unit) == (2, 1, "clusters")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"systems": 1}, "systems in 1 of s at a"),
        ({"systems": 3}, "clusters.c: systems in 1 of s at a on 2025-01-31: 3 systems"),
        ({"units": 0, "systems": 2}, "systems in 0 of s at a on 2025-01-31: 2 systems, at least 0, at most 0"),
        ({"units": 2, "systems": 4}, "systems.s: in clusters at a on 2025-01-31: 4 systems"),
        ({"system": "z"}, "formed of z at a: not allowed"),
        ({"day": "2025-01-15"}, "line 0 on no state day"),
    ],
    ids=["too small", "too large", "of nothing", "not there", "another kind", "no state day"],
)
def test_the_audit_finds_what_is_no_cluster(change: Tree, said: str) -> None:
    """Proves that clusters are recounted: one of two systems is right, and nothing else passes."""
    instance = made(
        case(
            systems={"z": {}},
            calendar={"periods": 1},
            clusters={"c": kind(2, max_size=2)},
            limits={"l": wanted(1), "t": target(3)},
        )
    )
    plan = gpuplan.solve(instance, gap=0).plan
    assert plan is not None
    assert gpuplan.audit(instance, plan) == []
    line = type(plan.decisions.clusters[0]).model_validate(plan.decisions.clusters[0].model_dump() | change)
    decisions = plan.decisions.model_copy(update={"clusters": (line,)})
    found = gpuplan.audit(instance, plan.model_copy(update={"decisions": decisions}))
    assert any(said in one for one in found), found


def test_clusters_that_cannot_be_formed_are_explained_by_name() -> None:
    """Proves the diagnosis: three systems make no cluster of four."""
    outcome = gpuplan.solve(made(case(clusters={"c": kind(4)}, limits={"l": wanted(1)})))
    assert outcome.conflict is not None
    assert [member.path for member in outcome.conflict.members] == ["limits.l"]


PURCHASE = """
# Clusters of the national purchase of 2025: B200 of 510, 255 and 255 servers, H200 of 255 and 32; prices made up.
name: clusters of a purchase
calendar: {start: 2025-08-01, periods: 6}
accelerators: {b200: {maker: Nvidia}, h200: {maker: Nvidia}}
systems: {b200-server: {accelerator: b200, accelerators: 8}, h200-server: {accelerator: h200, accelerators: 8}}
vendors: {host: {}}
sites: {first: {}, second: {}}
offers:
  b200: {vendor: host, system: b200-server, price: 330000, supply: [{from: 2025-08-01, units_per_month: 300}]}
  h200: {vendor: host, system: h200-server, price: 273000, supply: [{from: 2025-08-01, units_per_month: 150}]}
clusters:
  large: {systems: b200-server, size: 510, price: 9e6, price_per_system: 40000}
  medium: {systems: [b200-server, h200-server], size: 255, max_size: 256, price: 3e6, price_per_system: 25000}
  small: {systems: h200-server, size: 32, max_size: 64, price: 2e5, price_per_system: 15000}
limits:
  b200-large: {measure: clusters, select: {cluster: large}, at_least: 1, by: 2026-01-31}
  b200-medium: {measure: clusters, select: {cluster: medium, accelerator: b200}, at_least: 2, by: 2026-01-31}
  h200-medium: {measure: clusters, select: {cluster: medium, accelerator: h200}, at_least: 1, by: 2025-12-31}
  h200-small: {measure: clusters, select: {cluster: small}, at_least: 1, by: 2025-10-31}
"""


def test_the_clusters_of_a_purchase_are_formed_at_their_sizes() -> None:
    """Proves five clusters of three kinds at once: 1,020 + 287 servers, and not one more.

    1,020 x 330,000 + 287 x 273,000 + 9 M + 3 x 3 M + 0.2 M + 510 x 40,000 + 765 x 25,000 + 32 x 15,000.
    """
    outcome = gpuplan.solve(gpuplan.load(PURCHASE), gap=1e-6)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    servers = 1020 * 330_000 + 287 * 273_000
    clusters = 9_000_000 + 9_000_000 + 200_000 + 510 * 40_000 + 765 * 25_000 + 32 * 15_000
    assert float(outcome.plan.cost.amount) == pytest.approx(servers + clusters, rel=1e-6)
