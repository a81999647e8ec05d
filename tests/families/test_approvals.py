"""Approvals: modules that wait for others, and power that comes in steps."""

from __future__ import annotations

from datetime import date

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from support.answers import is_infeasible, plan_of, units_of
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target

PERMIT: Tree = {"price": 5, "lead_days": 20}
UPS: Tree = {"provides": {"protected-power": 12}, "price": 11, "lead_days": 10, "after": ["permit"]}


def permitted(**over: Tree) -> Tree:
    """A system of 10 kW at a site whose UPS comes after a permit of 20 days."""
    tree = case(
        systems={"s": POWERED},
        modules={"permit": PERMIT, "ups": UPS},
        sites={"a": {"capacity": UNLIMITED, "modules": {"permit": {}, "ups": {"max_units": 3}}}},
        limits={"t": target(1)},
    )
    return merged(tree, over)


def test_a_module_is_ordered_when_its_approval_is_there() -> None:
    """Proves `after`: the permit of 1 January is there on 21 January, so the UPS is ordered on 1 February.

    It comes on 11 February, so a system by 11 February works, by 10 February it does not. If the permit ran beside the
    UPS, both would be there on 21 January.
    """
    plan = plan_of(permitted(limits={"t": {"by": "2025-02-11"}}))
    assert {(line.module, line.signed) for line in plan.decisions.modules} == {
        ("permit", date(2025, 1, 1)),
        ("ups", date(2025, 2, 1)),
    }
    assert plan.cost.amount == 116
    assert is_infeasible(permitted(limits={"t": {"by": "2025-02-10"}}))


def test_one_approval_is_enough_for_any_number() -> None:
    """Proves that two UPS wait for one permit: 200 + 5 + 22 = 227. If each needed its own, 232."""
    assert plan_of(permitted(limits={"t": {"at_least": 2}})).cost.amount == 227


def test_what_a_site_was_granted_is_not_waited_for() -> None:
    """Proves `granted`: the UPS alone, in January already; 100 + 11."""
    plan = plan_of(permitted(sites={"a": {"granted": ["permit"]}}, limits={"t": {"by": "2025-01-11"}}))
    assert plan.cost.amount == 111


def test_approvals_come_one_after_another() -> None:
    """Proves chains: assessment, then permit, then UPS on 1 January, 1 February and 1 March; ready on 11 March."""
    chain = {
        "assessment": {"price": 2, "lead_days": 25},
        "permit": {"after": ["assessment"]},
    }
    tree = permitted(modules=chain, sites={"a": {"modules": {"assessment": {}}}})
    assert [line.signed.month for line in plan_of(tree).decisions.modules] == [2, 3, 1]
    assert is_infeasible(merged(tree, {"limits": {"t": {"by": "2025-03-10"}}}))


def test_systems_stand_when_their_site_is_energised_step_by_step() -> None:
    """Proves energising in steps: one substation step of 12 kW a month, each after the one before it was ordered.

    Two systems of 10 kW: the first stands on 11 January, the second not before 11 February.
    """
    step = {"provides": {"grid-power": 12}, "price": 1, "lead_days": 10}
    room = {key: value for key, value in UNLIMITED.items() if key != "grid-power"}
    tree = case(
        systems={"s": POWERED},
        modules={"one": step, "two": {**step, "after": ["one"]}},
        sites={
            "a": {
                "capacity": {**room, "protected-power": {"amount": 99, "needs": {"grid-power": 1}}},
                "modules": {"one": {"max_units": 1}, "two": {"max_units": 1}},
            }
        },
        limits={"t": target(1, by="2025-01-11"), "u": target(2, by="2025-02-11")},
    )
    plan = plan_of(tree)
    assert units_of(plan) == {"o": 2}
    assert is_infeasible(merged(tree, {"limits": {"u": {"by": "2025-02-10"}}}))


def test_an_approval_that_clashes_with_a_target_is_named() -> None:
    """Proves the diagnosis: left alone to physics, the order of things is what no plan can change."""
    tree = permitted(limits={"t": {"by": "2025-02-10"}})
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.conflict is not None
    assert [clash.path for clash in outcome.conflict.members] == ["limits.t"]


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ({"modules": {"permit": {"after": ["ups"]}}}, "none of them can be the first"),
        ({"modules": {"ups": {"after": []}}}, "provides nothing, and nothing comes after it"),
        ({"modules": {"ups": {"after": ["licence"]}}}, "there is no module 'licence'"),
        ({"sites": {"b": {"modules": {"ups": {}}}}}, "ups comes after permit, which this site does not list"),
    ],
)
def test_approvals_that_lead_nowhere_are_refused(over: Tree, said: str) -> None:
    """Proves the checks, each with the module it is about."""
    with pytest.raises(InvalidInput, match=said):
        made(permitted(**over))


def test_offers_without_modules_know_no_approvals() -> None:
    """Proves that nothing changes where nothing waits."""
    assert plan_of(case(offers={"p": offer(price=90)}, limits={"t": target(1)})).cost.amount == 90
