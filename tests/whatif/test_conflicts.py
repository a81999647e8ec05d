"""What is said of rules that clash is so: every sentence is checked by solving what it claims."""

from __future__ import annotations

import pytest

import gpuplan
from gpuplan import diagnosis
from gpuplan.diagnosis import Conflict, explain
from gpuplan.errors import InvalidInput
from gpuplan.formulation import formulate
from gpuplan.instance.schema import Instance
from gpuplan.program.problem import Group
from gpuplan.report.terminal import outcome_text
from gpuplan.solver.result import Settings
from gpuplan.solver.search import Search
from gpuplan.solver.watched import watched
from support.builders import case, instance, made, target
from support.random_instances import seeded

SETTINGS = Settings(threads=1)


def has_plan(one: Instance, off: frozenset[Group]) -> bool | None:
    """Whether there is a plan without some rules, by a search of its own; None where that is no question."""
    with watched() as runs:
        try:
            return Search(Settings(gap=0.0, threads=1)).is_feasible(runs, formulate(one, off))
        except InvalidInput:
            return None


def groups(conflict: Conflict) -> frozenset[Group]:
    return frozenset(Group(one.family, one.path) for one in conflict.members)


def untrue(one: Instance, found: Conflict) -> list[str]:
    """What a conflict says that is not so."""
    wrong: list[str] = []
    named: frozenset[Group] = frozenset()
    for number, each in enumerate((found, *found.further)):
        rules = {kind: frozenset(diagnosis._groups(one, kind)) for kind in ("policy", "physical")}
        others = (rules[each.kind] - groups(each)) | (rules["policy"] if each.kind == "physical" else frozenset())
        if has_plan(one, named | others):
            wrong.append(f"set {number} can hold")
        if each.minimal:
            wrong += [
                f"set {number} can do without {rule.path}"
                for rule in groups(each)
                if has_plan(one, named | others | {rule}) is False
            ]
        named |= groups(each)
    for member in found.members:
        if member.frees is not None and has_plan(one, frozenset({Group(member.family, member.path)})) != member.frees:
            wrong.append(f"leaving out {member.path} is said to make room: {member.frees}")
    # Without all of them nothing may bound some quantity any more; that one of them is enough says it then.
    room = any(member.frees for member in found.members) or has_plan(one, named)
    if found.frees is not None and room != found.frees:
        wrong.append(f"leaving out all is said to make room: {found.frees}")
    return wrong


TWO = case(
    offers={"o": {"max_units": 1}},
    limits={"five": target(5), "six": target(6, stage="signed")},
)


def test_two_conflicts_at_once_are_both_named() -> None:
    """Proves that leaving out one of two impossible limits is not said to make room, and leaving out both is.

    One system can be had, five and six are wanted. If broken, "leaving it out makes room for a plan (proven)" is said
    of one of them.
    """
    outcome = gpuplan.solve(made(TWO))
    assert outcome.conflict is not None
    sets = [outcome.conflict, *outcome.conflict.further]
    assert sorted(one.path for each in sets for one in each.members) == ["limits.five", "limits.six"]
    assert [one.frees for one in outcome.conflict.members] == [False]
    assert outcome.conflict.frees is True
    text = " ".join(outcome_text(outcome, "two").split())
    assert "Leaving it out makes no room for a plan: other rules clash as well." in text
    assert "Leaving out all that is named makes room for a plan." in text
    assert "makes room for a plan (proven)" not in text
    answer = gpuplan.explain_infeasible(made(TWO))
    assert [one.frees for one in answer.conflict] == [False]
    assert len(answer.further) == 1
    assert answer.frees is True


def test_a_rule_that_two_conflicts_share_makes_room_alone() -> None:
    """Proves that each rule is tried alone: two caps of 150 and 160 stand against two systems for 200.

    Without the target there is room; without either cap there is none, since the other one stays. If broken, leaving
    out a cap is said to make room.
    """
    caps = {"a": {"measure": "capex", "at_most": 150}, "b": {"measure": "spend", "at_most": 160}}
    found = explain(instance(limits={"want": target(2), **caps}), SETTINGS)
    frees = {one.path: one.frees for one in found.members}
    assert frees["limits.want"] is True
    assert [freed for path, freed in frees.items() if path != "limits.want"] == [False]
    assert found.frees is True
    assert found.further == ()
    outcome = gpuplan.solve(instance(limits={"want": target(2), **caps}))
    assert "Leaving out limits.want makes room for a plan." in " ".join(outcome_text(outcome, "caps").split())


def test_physics_is_not_blamed_for_what_was_not_told_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a probe without an answer is no "no": the kind stays policy, and nothing is proven.

    If broken, supply and sites are said to clash whatever the limits.
    """
    monkeypatch.setattr(diagnosis._Probe, "feasible", lambda _self, _off: None)
    found = explain(made(TWO), SETTINGS)
    assert (found.kind, found.minimal, found.frees) == ("policy", False, None)
    assert all(one.frees is None for one in found.members)


def infeasible(seed: int) -> Instance | None:
    """The instance of a seed, where it has no plan."""
    one = made(seeded(seed))
    return one if gpuplan.solve(one, threads=1, explain_seconds=0).status == "infeasible" else None


@pytest.mark.parametrize("block", range(4))
def test_what_is_said_of_random_instances_is_so(block: int) -> None:
    """Proves every sentence on infeasible instances of all families, by solving what it claims."""
    told = 0
    for seed in range(15 * block, 15 * block + 15):
        one = infeasible(seed)
        if one is not None:
            found = explain(one, SETTINGS)
            assert untrue(one, found) == [], seed
            told += 1
    assert told


@pytest.mark.long
@pytest.mark.parametrize("block", range(20))
def test_what_is_said_of_many_random_instances_is_so(block: int) -> None:
    """Proves the same of about a thousand more."""
    for seed in range(1000 + 100 * block, 1100 + 100 * block):
        one = infeasible(seed)
        if one is not None:
            assert untrue(one, explain(one, SETTINGS)) == [], seed
