"""Density: how many systems share a rack position, by cooling."""

from __future__ import annotations

from support.answers import cost_of, is_infeasible
from support.builders import POWERED, UNLIMITED, Tree, case, offer, target

ROOM: Tree = {**UNLIMITED, "protected-power": "unlimited", "liquid-cooling": "unlimited"}


def racks(positions: object, rack_kw: Tree, **over: object) -> Tree:
    """Systems of 10 kW by air at a site with so many positions."""
    site = {"capacity": {**ROOM, "rack-positions": positions}, "rack_kw": rack_kw}
    return case(systems={"s": POWERED}, sites={"a": site}, **over)


def test_systems_for_each_position_are_a_whole_number() -> None:
    """Proves the floor: 25 kW hold two systems of 10 kW, so 2 positions hold 4 and not 5.

    With the share 25 / 10 = 2.5, five would fit.
    """
    wide = {"o": {"max_units": 9}}
    assert cost_of(racks(2, {"air": 25}, offers=wide, limits={"t": target(4)})) == 400
    assert is_infeasible(racks(2, {"air": 25}, offers=wide, limits={"t": target(5)}))


def test_exactly_full_racks_hold_their_number() -> None:
    """Proves the boundary: 20 kW hold two of 10 kW, 19.99 kW one."""
    assert not is_infeasible(racks(1, {"air": 20}, limits={"t": target(2)}))
    assert is_infeasible(racks(1, {"air": 19.99}, limits={"t": target(2)}))


def test_a_rack_that_is_too_weak_or_of_another_cooling_denies_the_pair() -> None:
    """Proves denial: 9 kW by air, or racks by liquid alone, hold no system of 10 kW by air."""
    assert is_infeasible(racks("unlimited", {"air": 9}, limits={"t": target(1)}))
    assert is_infeasible(racks("unlimited", {"liquid": 50}, limits={"t": target(1)}))
    assert not is_infeasible(racks("unlimited", {}, limits={"t": target(1)}))


def test_two_offers_of_one_system_share_positions() -> None:
    """Proves that positions are by kind of system: one of o and one of p fill one position of 20 kW together."""
    one = {"max_units": 1}
    tree = racks(1, {"air": 20}, offers={"o": one, "p": offer(price=130, **one)}, limits={"t": target(2)})
    assert cost_of(tree) == 230


def test_two_kinds_do_not_share_a_position() -> None:
    """Proves that a position holds one kind: one s and one z, each alone half a rack, need two positions."""
    tree = racks(
        1,
        {"air": 20},
        offers={"p": offer(system="z")},
        limits={"t": target(1, select={"system": "s"}), "u": target(1, select={"system": "z"})},
    )
    tree["systems"]["z"] = dict(POWERED)
    assert is_infeasible(tree)
    tree["sites"]["a"]["capacity"]["rack-positions"] = 2
    assert cost_of(tree) == 200


def test_a_system_larger_than_a_rack_fills_its_positions() -> None:
    """Proves `rack_positions`: 3 positions of 4 kW for 10 kW; two systems need 6 positions, 5 are not enough."""
    for positions, fits in ((6, True), (5, False)):
        tree = racks(positions, {"air": 4}, limits={"t": target(2)})
        tree["systems"]["s"]["rack_positions"] = 3
        assert is_infeasible(tree) is not fits


def test_positions_that_are_unlimited_still_need_what_positions_need() -> None:
    """Proves the count behind an unlimited resource: 2 systems share one, which needs 1 of floor space, not 2."""
    tree = racks({"amount": "unlimited", "needs": {"floor-space": 1}}, {"air": 20}, limits={"t": target(2)})
    tree["sites"]["a"]["capacity"]["floor-space"] = 1
    assert cost_of(tree) == 200
