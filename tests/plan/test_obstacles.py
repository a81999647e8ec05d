"""What in the world keeps an offer from a site is named, with an edit that mends it."""

from __future__ import annotations

from typing import Any

import pytest

import gpuplan
from gpuplan.errors import Problem
from gpuplan.plan.obstacles import obstacles, remarks
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target

HALL: Tree = {**UNLIMITED, "protected-power": "unlimited"}


def powered(**over: Any) -> Tree:
    """Three systems of 10 kW, cooled by air, are wanted at one hall."""
    base = case(systems={"s": POWERED}, sites={"a": {"capacity": HALL}}, limits={"t": target(3)})
    return merged(base, over)


def lacking(*names: str) -> Tree:
    """The same in a hall that does not state some of its resources."""
    tree = powered()
    for name in names:
        del tree["sites"]["a"]["capacity"][name]
    return tree


def chain() -> Tree:
    """Coils cool by water, chillers make the water by backup power, of which the hall has none."""
    coil = {"provides": {"air-cooling": {"amount": 100, "needs": {"facility-water": 1}}}, "lead_days": 0}
    chiller = {"provides": {"facility-water": {"amount": 200, "needs": {"backup-power": 0.3}}}, "lead_days": 0}
    tree = lacking("air-cooling")
    return merged(tree, {"modules": {"c": coil, "w": chiller}, "sites": {"a": {"modules": {"c": {}, "w": {}}}}})


@pytest.mark.parametrize(
    ("tree", "why", "edits"),
    [
        (
            lacking("protected-power", "rack-positions"),
            "site a has no protected-power, rack-positions and can get none in time",
            ["sites.a.capacity.protected-power insert unlimited", "sites.a.capacity.rack-positions insert unlimited"],
        ),
        (
            powered(sites={"a": {"capacity": {"air-cooling": 0}}}),
            "site a has no air-cooling and can get none in time",
            ["sites.a.capacity.air-cooling = unlimited"],
        ),
        (
            chain(),
            "site a has no backup-power, on which its air-cooling depends, and can get none in time",
            ["sites.a.capacity.backup-power insert unlimited"],
        ),
        (
            powered(sites={"a": {"rack_kw": {"air": 8}}}),
            "s draws 10 kW by air cooling; site a has 8 kW for a rack",
            ["sites.a.rack_kw.air = 10"],
        ),
        (
            powered(sites={"a": {"rack_kw": {"liquid": 80}}}),
            "s draws 10 kW by air cooling; site a has no racks",
            ["sites.a.rack_kw.air insert 10"],
        ),
        (
            powered(sites={"a": {"opens": "2025-04-10"}}),
            "site a cannot open before 2025-04-10",
            ["sites.a.opens shift -10d"],
        ),
        (
            powered(sites={"a": {"build_days": 95}}),
            "site a cannot open before 2025-04-06",
            ["sites.a.build_days -= 6"],
        ),
        (
            powered(limits={"t": {"by": "2025-02-15"}}, sites={"a": {"opens": "2025-03-01"}}),
            "usable on 2025-03-01 at the soonest, too late for limits.t (2025-02-15): "
            "the site opens on 2025-03-01 at the soonest",
            ["sites.a.opens shift -14d"],
        ),
    ],
)
def test_a_cause_in_the_world_is_named_with_an_edit_that_mends_it(tree: Tree, why: str, edits: list[str]) -> None:
    """Proves each cause, by the sentence; there is no plan, and with the edits there is one.

    If broken, the target alone is blamed.
    """
    instance = made(tree)
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.status == "infeasible"
    (only,) = outcome.obstacles
    assert (only.offer, only.site, only.why) == ("o", "a", why)
    assert list(only.edits) == edits
    assert gpuplan.solve(instance.edited(edits), gap=0).status == "optimal"
    assert gpuplan.explain_infeasible(instance).obstacles == outcome.obstacles


def test_nothing_stands_in_the_way_where_there_is_room() -> None:
    """Proves silence: an offer that can stand, in providers that need one another, and one that another site takes."""
    assert obstacles(made(powered())) == ()
    rings = {
        "protected-power": {"amount": 100, "needs": {"air-cooling": 0.1}},
        "air-cooling": {"amount": 100, "needs": {"protected-power": 0.1}},
    }
    assert obstacles(made(powered(sites={"a": {"capacity": rings}}))) == ()
    tree = powered(sites={"b": {"capacity": {"grid-power": 1}}})
    assert [one.site for one in obstacles(made(tree))] == ["b"]
    assert list(remarks(made(tree))) == []


def told(tree: Tree) -> list[Problem]:
    """What there is to remark on offers."""
    return [one for one in gpuplan.check(made(tree)) if one.path.startswith("offers.")]


def test_check_names_what_no_site_has() -> None:
    """Proves the remark, before any search: resources that the one hall lacks, and what to state.

    Of two offers the one that can stand is left in peace.
    """
    tree = merged(
        lacking("rack-positions"), {"systems": {"f": {"accelerators": 8}}, "offers": {"p": offer(system="f")}}
    )
    (only,) = told(tree)
    assert only.path == "offers.o"
    assert only.message == "no site can take it: site a has no rack-positions and can get none in time"
    assert only.way_out == "State what is there, such as sites.a.capacity.rack-positions insert unlimited."


def test_what_is_signed_stands_all_the_same() -> None:
    """Proves the words where an order of last year comes to a site that nothing more can be signed for: its window
    opens too late. If broken, it is said that the offer can never stand where it does."""
    tree = merged(
        powered(offers={"o": {"order_from": "2026-01-01"}}),
        {"committed": {"orders": {"c": {"offer": "o", "site": "a", "signed": "2024-12-10", "units": 1}}}},
    )
    (one,) = obstacles(made(tree))
    assert one.why == "beside what is signed: the order window opens on 2026-01-01"
    plan = gpuplan.solve(made(tree).edited(["limits.t.at_least = 1"]), gap=0).plan
    assert plan is not None
    assert [(order.offer, order.site, order.units) for order in plan.orders] == [("o", "a", 1)]
