"""Draws: the least and the most of one resource for a unit of another, and the largest need a connection carries."""

from __future__ import annotations

import pytest

from gpuplan.families.draws import feeds_itself, largest_needs, least_draws, most_draws
from gpuplan.formulation import formulate
from gpuplan.instance.providers import Network, network
from gpuplan.program.columns import INFINITY
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Group
from support.builders import POWERED, UNLIMITED, Tree, case, instance, made, target

FANS: Tree = {"air-cooling": {"amount": 50, "needs": {"grid-power": {"design": 0.5, "typical": 0.25}}}}
CRAH: Tree = {
    "provides": {"air-cooling": {"amount": 10, "needs": {"facility-water": 1, "grid-power": 0.1}}},
    "lead_days": 0,
}
CHILLER: Tree = {"provides": {"facility-water": {"amount": 10, "needs": {"grid-power": 0.2}}}, "lead_days": 0}


def cooled(capacity: Tree, **modules: Tree) -> Tree:
    """A site with all of some modules, in which protected power draws 1.2 from the grid."""
    power = {"protected-power": {"amount": "unlimited", "needs": {"grid-power": 1.2}}}
    site = {"capacity": {**UNLIMITED, **power, **capacity}, "modules": {name: {} for name in modules}}
    return case(systems={"s": POWERED}, modules=modules, sites={"a": site})


def test_of_several_ways_the_least_and_the_most_are_told() -> None:
    """Proves the two bounds of a unit of air cooling: by a crah 0.1 + 0.2 from the grid, by old fans 0.5.

    Over the year the fans draw 0.25, which is less. Of water it takes none or one; a unit of water takes one of water.
    """
    given = made(cooled(FANS, crah=CRAH, chiller=CHILLER))
    net = network(given, "a")
    assert least_draws(given, net, "design")["air-cooling"] == pytest.approx(0.3)
    assert least_draws(given, net, "typical")["air-cooling"] == pytest.approx(0.25)
    assert most_draws(net, "grid-power", "design")["air-cooling"] == pytest.approx(0.5)
    assert most_draws(net, "grid-power", "typical")["air-cooling"] == pytest.approx(0.3)
    water = most_draws(net, "facility-water", "design")
    assert (water["air-cooling"], water["facility-water"], water["protected-power"]) == (1, 1, 0)


def test_coincidence_lessens_the_least_on_the_design_day_alone() -> None:
    """Proves that of 0.2 from the grid for a unit of water only half is sure to fall on the design day at once."""
    tree = cooled({}, chiller=CHILLER)
    tree["resources"] = {"facility-water": {"unit": "kW", "coincidence": 0.5}}
    given = made(tree)
    least = [least_draws(given, network(given, "a"), load)["facility-water"] for load in ("design", "typical")]
    assert least == pytest.approx([0.1, 0.2])


def test_what_goes_round_in_a_circle_has_no_most() -> None:
    """Proves that no figure is told before its end: a UPS needs air, a crah protected power, each half of the other's.

    The sum of all rounds is 4 / 3; what is not in the circle and does not draw on it has its figure.
    """
    ups = {"provides": {"protected-power": {"amount": 10, "needs": {"air-cooling": 0.5}}}, "lead_days": 0}
    crah = {"provides": {"air-cooling": {"amount": 10, "needs": {"protected-power": 0.5}}}, "lead_days": 0}
    site = {"capacity": {"grid-power": 9}, "modules": {"ups": {}, "crah": {}}}
    net = network(instance(modules={"ups": ups, "crah": crah}, sites={"a": site}), "a")
    most = most_draws(net, "air-cooling", "design")
    assert most["protected-power"] == most["air-cooling"] == INFINITY
    assert most["grid-power"] == 0


def test_the_largest_need_is_that_of_what_needs_most_for_what_it_draws() -> None:
    """Proves the bound: 90 kW of grid, of which A draws 12 and needs 10 of air, B 6 and 8: 90 x 8 / 6 = 120 of air.

    A unit of water each takes air too: 120 of water. What is there before needs 5 more.
    """
    given = made(cooled({}, crah={**CRAH, "provides": {"air-cooling": {"amount": 10, "needs": {"facility-water": 1}}}}))
    net = network(given, "a")
    demands = {
        "protected-power": Linear([(0, 10.0), (1, 5.0)]),
        "air-cooling": Linear([(0, 10.0), (1, 8.0)], constant=5.0),
    }
    found = largest_needs(given, net, "design", demands, 90.0)
    assert found["air-cooling"] == pytest.approx(125)
    assert found["facility-water"] == pytest.approx(125)
    assert found["protected-power"] == pytest.approx(75)
    assert found["fabric-ports"] == 0
    demands["air-cooling"].add(2, 1.0)
    assert largest_needs(given, net, "design", demands, 90.0)["air-cooling"] == INFINITY


@pytest.mark.parametrize(
    ("change", "most"),
    [
        ({}, 3),
        ({"capacity": {"grid-power": "unlimited"}}, 9),
        ({"capacity": {"grid-power": [{"from": "2025-01-01", "amount": 12}, {"from": "2025-02-01", "amount": 36}]}}, 3),
        ({"modules": {"crah": {}, "line": {"max_units": 1}}}, 9),
    ],
    ids=["a connection", "no limit", "a larger one later", "one that can be enlarged"],
)
def test_no_more_modules_than_the_grid_can_feed(change: Tree, most: int) -> None:
    """Proves where the connection bounds modules: 36 kW of it carry three systems, which need three crahs.

    Of three offers with three systems each, nine could be there: if broken, nine crahs may be bought. Where the
    connection has no limit or can be enlarged, nine it is.
    """
    crah = {"provides": {"air-cooling": 10}, "lead_days": 0, "price": 5}
    tree = cooled({"grid-power": 36, "air-cooling": 0}, crah=crah)
    tree["modules"]["line"] = {"provides": {"grid-power": 100}, "lead_days": 0, "price": 5}
    tree["offers"] |= {name: dict(tree["offers"]["o"]) for name in ("p", "q")}
    tree["sites"]["a"]["capacity"] |= change.get("capacity", {})
    tree["sites"]["a"]["modules"] = change.get("modules", tree["sites"]["a"]["modules"])
    tree["limits"] = {"t": target(1)}
    columns = formulate(made(tree)).problem.columns
    assert {columns.upper[index] for index in columns.of("modules") if columns.keys[index][1] == "crah"} == {most}


def test_where_a_rule_on_the_way_is_left_out_the_grid_bounds_nothing() -> None:
    """Proves that a diagnosis may leave out the balance of protected power: nine crahs are of use then, not three."""
    crah = {"provides": {"air-cooling": 10}, "lead_days": 0, "price": 5}
    tree = cooled({"grid-power": 36, "air-cooling": 0}, crah=crah)
    tree["offers"] |= {name: dict(tree["offers"]["o"]) for name in ("p", "q")}
    off = frozenset({Group("facility", "sites.a.capacity.protected-power")})
    columns = formulate(made({**tree, "limits": {"t": target(1)}}), off=off).problem.columns
    assert {columns.upper[index] for index in columns.of("modules")} == {9}


@pytest.mark.parametrize(
    ("there", "back", "feeds"),
    [(0.5, 1.9, False), (0.5, 2, True), (2, 2, True), ({"design": 0, "typical": 2}, 1, True)],
)
def test_a_circle_feeds_itself_where_a_round_of_it_needs_one_or_more(there: object, back: float, feeds: bool) -> None:
    """Proves the circle of UPS, which need air, and crahs, which need protected power: 0.5 x 1.9 dies away.

    Of two needs in the two load cases the larger one counts; the crah that needs none does not make up for the other.
    """
    modules: Tree = {
        "ups": {"provides": {"protected-power": {"amount": 10, "needs": {"air-cooling": there}}}, "lead_days": 0},
        "crah": {"provides": {"air-cooling": {"amount": 10, "needs": {"protected-power": back}}}, "lead_days": 0},
        "door": {"provides": {"air-cooling": 10}, "lead_days": 0},
    }
    site = {"modules": {name: {} for name in modules}}
    assert feeds_itself(network(instance(modules=modules, sites={"a": site}), "a")) is feeds


def test_two_circles_through_one_need_add_up() -> None:
    """Proves that circles are not looked at one by one: 0.6 back by air and 0.6 by water make 1.2; 0.4 make 0.8."""

    def net(each: float) -> Network:
        ups = {"protected-power": {"amount": 10, "needs": {"air-cooling": 1, "facility-water": 1}}}
        modules = {
            "ups": {"provides": ups, "lead_days": 0},
            "crah": {"provides": {"air-cooling": {"amount": 10, "needs": {"protected-power": each}}}, "lead_days": 0},
            "pump": {"provides": {"facility-water": {"amount": 9, "needs": {"protected-power": each}}}, "lead_days": 0},
        }
        return network(instance(modules=modules, sites={"a": {"modules": {name: {} for name in modules}}}), "a")

    assert feeds_itself(net(0.6))
    assert not feeds_itself(net(0.4))
