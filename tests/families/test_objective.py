"""Objective: levels in order of priority, with tolerances."""

from __future__ import annotations

import pytest

from support.answers import plan_of, units_of
from support.builders import Tree, case, offer, target


def levels(tree: Tree) -> list[float]:
    """Values of the levels of the optimal plan."""
    return [float(level.value) for level in plan_of(tree).levels]


def two(**over: object) -> Tree:
    """o of v at 100 and p of w at 130, three of each at most."""
    return case(vendors={"w": {}}, offers={"p": offer(vendor="w", price=130)}, **over)


def test_cost_comes_after_as_many_accelerators_as_a_budget_allows() -> None:
    """Proves two levels: with 350 three systems of v (300) are the most; then cost is least: 24 and 300."""
    tree = two(
        objective=[{"maximise": {"measure": "accelerators"}}, {"minimise": "cost"}],
        limits={"b": {"measure": "capex", "at_most": 350}},
    )
    assert levels(tree) == [24, 300]


@pytest.mark.parametrize(("room", "systems"), [({}, 2), ({"tolerance": 99}, 2), ({"tolerance": 100}, 3)])
def test_a_level_may_give_up_its_tolerance(room: Tree, systems: int) -> None:
    """Proves `tolerance`: the least cost of 2 is 200; 100 more buys a third, 99 does not."""
    tree = case(objective=[{"minimise": "cost", **room}, {"maximise": {"measure": "systems"}}], limits={"t": target(2)})
    assert sum(units_of(plan_of(tree)).values()) == systems


def test_a_tolerance_may_be_a_share_of_the_value() -> None:
    """Proves `tolerance_share`: half of 200 is 100, which buys a third; 49 % do not."""
    for share, systems in ((0.5, 3), (0.49, 2)):
        aims = [{"minimise": "cost", "tolerance_share": share}, {"maximise": {"measure": "systems"}}]
        assert units_of(plan_of(case(objective=aims, limits={"t": target(2)}))) == {"o": systems}


def test_commissioning_counts_the_periods_before_the_target_holds() -> None:
    """Proves commissioning: signed on 1 January, o (100) is there on 10 February and p (130) on 21 January.

    So p holds by the end of the first month, 0 periods waited, for 130; o waits for one. With cost first, 100 and 1.
    """
    offers = {"o": {"lead_days": 40}, "p": offer(vendor="w", price=130, lead_days=20)}
    aims = [{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}]
    tree = case(vendors={"w": {}}, offers=offers, objective=aims, limits={"t": target(1)})
    assert levels(tree) == [0, 130]
    assert levels({**tree, "objective": aims[::-1]}) == [100, 1]


def test_concentration_is_the_largest_vendors_amount() -> None:
    """Proves concentration: 4 systems are 2 + 2 (16 accelerators each), 200 + 260 = 460, before cost: 3 + 1 is 430."""
    aims = [{"minimise": "concentration", "of": {"measure": "accelerators"}}, {"minimise": "cost"}]
    assert levels(two(objective=aims, limits={"t": target(4)})) == [16, 460]
    assert levels(two(objective=aims[::-1], limits={"t": target(4)})) == [430, 24]


def test_a_measure_can_be_an_aim_twice() -> None:
    """Proves that levels do not collide: concentration of systems, then of accelerators, then cost."""
    aims = [
        {"minimise": "concentration", "of": {"measure": "systems"}},
        {"minimise": "concentration", "of": {"measure": "accelerators"}},
        {"minimise": "cost"},
    ]
    assert levels(two(objective=aims, limits={"t": target(2)})) == [1, 8, 230]


def test_a_later_level_is_optimal_too() -> None:
    """Proves the second level against a solver that takes its start for the answer: 1 period, then 100 + 20 = 120.

    The rebates tempt to buy more: 2 cost 200 + 20 - 20 = 200, 3 cost 300 + 20 - 75 = 245. HiGHS 1.16 says 200.
    """
    rebates = [{"from_spend": 150, "rate": 0.1}, {"from_spend": 290, "rate": 0.25}]
    tree = case(
        vendors={"v": {"rebates": rebates}},
        sites={"a": {"opens": "2025-02-10"}},
        offers={"o": {"fee": 20, "shipping_days": 12}},
        limits={"t": target(1)},
        objective=[{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    )
    assert levels(tree) == [1, 120]
