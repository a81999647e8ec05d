"""What clashes is irreducible, and what repairs it is the smallest that does: by brute force and by edits."""

from __future__ import annotations

import itertools
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import gpuplan
from gpuplan import diagnosis
from gpuplan.errors import Defect, InvalidInput, Problem
from gpuplan.formulation import formulate
from gpuplan.instance.schema import Instance
from gpuplan.program.problem import Group
from gpuplan.report.infeasibility import infeasibility_text
from gpuplan.solver.matrix import matrix_of
from gpuplan.solver.result import Settings, Termination
from gpuplan.solver.search import Search
from gpuplan.solver.watched import watched
from gpuplan.whatif import explain as explanation
from gpuplan.whatif.explain import Infeasibility, Repair
from gpuplan.whatif.figures import Figure
from support.builders import POWERED, REMOVED, UNLIMITED, Tree, case, instance, made, merged, offer, target
from support.random_instances import seeded

BID = Path(__file__).resolve().parents[1] / "whole" / "bid.yaml"

INTEGER_ONLY: dict[str, Any] = {
    "two vendors with one lot each": case(
        vendors={"w": {}},
        offers={"o": {"lot_units": 2, "max_units": 4}, "p": offer(vendor="w", lot_units=2, max_units=4)},
        limits={
            "both": {"measure": "systems", "stage": "signed", "count": "vendors", "at_least": 2},
            "high": {"measure": "systems", "at_most": 3, "stage": "signed"},
        },
    ),
    "half of an odd number": case(
        vendors={"w": {}},
        offers={"o": {"max_units": 4}, "p": offer(vendor="w", max_units=4)},
        limits={
            "three": target(3, at_most=3),
            "fair": {"measure": "systems", "select": {"vendor": "v"}, "at_least_share": 0.5, "at_most_share": 0.5},
        },
    ),
    "four, of which a third": case(
        vendors={"w": {}},
        offers={"o": {"max_units": 4}, "p": offer(vendor="w", max_units=4)},
        limits={
            "four": target(4, stage="signed", at_most=4),
            "low": {"measure": "systems", "stage": "signed", "select": {"vendor": "v"}, "at_least_share": 0.3},
            "high": {"measure": "systems", "stage": "signed", "select": {"vendor": "v"}, "at_most_share": 0.4},
        },
    ),
    "four from fives and threes": case(
        vendors={"w": {}},
        offers={"o": {"lot_units": 5, "max_units": 10}, "p": offer(vendor="w", lot_units=3, max_units=9)},
        limits={
            "low": target(4, stage="signed"),
            "high": {"measure": "systems", "at_most": 4, "stage": "signed"},
        },
    ),
    "seven from fives and threes": case(
        vendors={"w": {}},
        offers={"o": {"lot_units": 5, "max_units": 10}, "p": offer(vendor="w", lot_units=3, max_units=9)},
        limits={"low": target(7, stage="signed"), "high": {"measure": "systems", "at_most": 7, "stage": "signed"}},
    ),
}
"""Conflicts that only whole numbers have: the relaxation has a point."""

ROUNDED: dict[str, Any] = {
    "an odd number of pairs": case(
        offers={"o": {"lot_units": 2, "max_units": 8}},
        limits={"low": target(3, stage="signed"), "high": {"measure": "systems", "at_most": 3, "stage": "signed"}},
    ),
    "thirds of a whole": case(
        offers={"o": {"lot_units": 3, "max_units": 9}},
        limits={"low": target(4, stage="signed"), "high": {"measure": "systems", "at_most": 5, "stage": "signed"}},
    ),
    "a minimum order above the cap": case(
        offers={"o": {"min_units": 3, "max_units": 6}},
        limits={"low": target(1, stage="signed"), "high": {"measure": "systems", "at_most": 2, "stage": "signed"}},
    ),
}
"""Conflicts of whole numbers that the rounding of bounds sees already."""


def budget(most: float, **over: Any) -> dict[str, Any]:
    return merged({"measure": "capex", "at_most": most}, over)


def _conflicts() -> dict[str, Any]:
    """Constructed conflicts: every pair of a demand and of what does not leave room for it, and some of three."""
    found: dict[str, Any] = INTEGER_ONLY | ROUNDED
    demands: dict[str, Any] = {
        "two systems": target(2),
        "twenty accelerators": {"measure": "accelerators", "at_least": 20},
        "three signed": target(3, stage="signed"),
        "all that there is": target(3),
        "two by February": target(2, by="2025-02-28"),
    }
    caps: dict[str, Any] = {
        "a budget": {"limits": {"cap": budget(150.5)}},
        "a budget of one system": {"limits": {"cap": budget(100)}},
        "a commitment": {"limits": {"cap": budget(199.99, basis="commitment")}},
        "a cap on systems": {"limits": {"cap": {"measure": "systems", "at_most": 1, "stage": "signed"}}},
        "a deadline before the calendar": {
            "deadlines": {"cap": {"by": "2025-01-01"}},
            "offers": {"o": {"order_from": "2025-02-01"}},
        },
        "a supply of one": {"offers": {"o": {"max_units": 1}}},
        "a late order window": {"offers": {"o": {"order_from": "2025-03-15"}}},
        "a long lead": {"offers": {"o": {"lead_days": 120}}},
        "a grid for one": {
            "systems": {"s": POWERED},
            "sites": {"a": {"capacity": {**UNLIMITED, "protected-power": 15}}},
        },
        "two caps of which one is enough": {
            "limits": {"cap": budget(150), "loose": budget(10_000), "spare": {"measure": "systems", "at_most": 50}}
        },
        "a share of nothing": {
            "vendors": {"w": {}},
            "limits": {
                "cap": {"measure": "systems", "select": {"vendor": "w"}, "at_least_share": 0.25, "stage": "signed"}
            },
        },
    }
    for (first, demand), (second, cap) in itertools.product(demands.items(), caps.items()):
        tree = case(limits={"want": demand})
        found[f"{first} against {second}"] = merged(tree, cap)
    triple = case(
        vendors={"w": {}},
        offers={"o": {"max_units": 5}, "p": offer(vendor="w", price=300, max_units=5)},
        limits={
            "want": target(4, stage="signed"),
            "mix": {"measure": "systems", "select": {"vendor": "w"}, "at_least_share": 0.5, "stage": "signed"},
            "cap": budget(700),
        },
    )
    found["four, half of them dear, in a budget"] = triple
    return found


CONFLICTS = _conflicts()


def has_plan(one: Instance, off: frozenset[Group] = frozenset()) -> bool:
    """Whether there is a plan without some rules, by a search of its own."""
    with watched() as runs:
        try:
            answer = Search(Settings(gap=0.0)).is_feasible(runs, formulate(one, off))
        except InvalidInput:
            return True
    assert answer is not None
    return answer


def infeasible_cases() -> list[str]:
    """Names of those that are infeasible; some pairs of a demand and a cap leave room."""
    return [name for name, tree in CONFLICTS.items() if not has_plan(made(tree))]


NAMES = infeasible_cases()


def test_there_are_fifty_conflicts() -> None:
    """Proves that what follows is about at least 50 conflicts, integer-only ones among them."""
    assert len(NAMES) >= 50
    assert set(INTEGER_ONLY | ROUNDED) <= set(NAMES)


@pytest.mark.parametrize("name", INTEGER_ONLY)
def test_integer_only_conflicts_have_a_point_in_the_relaxation(name: str) -> None:
    """Proves that these are conflicts of whole numbers: a diagnosis of the linear program finds nothing in them.

    Without the bounds that are tightened by whole numbers: those know already.
    """
    matrix = matrix_of(formulate(made(INTEGER_ONLY[name]), tightenings=False)).relaxed()
    with watched() as runs:
        result = runs.run(matrix, Settings(gap=0.0))
    assert result.termination is Termination.OPTIMAL


def explained(name: str) -> tuple[Instance, Infeasibility]:
    one = made(CONFLICTS[name])
    return one, gpuplan.explain_infeasible(one)


@pytest.mark.parametrize("name", NAMES)
def test_a_conflict_is_irreducible_and_its_repairs_are_smallest(name: str) -> None:
    """Proves by brute force over the groups that leaving out any one rule of the conflict makes room, and that the
    rules of the conflict clash by themselves; that each repair, as an edit, makes the instance feasible; and that a
    step less does not. If broken, people negotiate about the wrong rule, or by too little."""
    one, found = explained(name)
    assert found.status == "infeasible"
    assert found.minimal
    assert found.complete
    members = {Group(rule.family, rule.path) for rule in found.conflict}
    assert members
    others = frozenset(_policy(one) if found.kind == "policy" else _all(one)) - members
    assert not has_plan(one, others)
    for rule in members:
        assert has_plan(one, others | {rule})
    assert found.repairs or found.joint
    for repair in found.repairs:
        smallest(one, repair)
    if found.joint is not None:
        assert has_plan(one.edited(found.joint.edits))


def smallest(one: Instance, repair: Repair) -> None:
    """The repair makes room, a plan of the repaired instance passes its audit, and a step less makes none."""
    repaired = one.edited(repair.edits)
    outcome = gpuplan.solve(repaired, explain_seconds=0)
    assert outcome.plan is not None, repair
    assert gpuplan.audit(repaired, outcome.plan) == []
    assert repair.proven, repair
    less = abs(repair.move) - repair.tolerance * Decimal("1.01")
    if repair.tolerance == 1:
        less = abs(repair.move) - 1
    if less > 0:
        sign = "+" if repair.move > 0 else "-"
        (edit,) = repair.edits
        written = f"{abs(repair.move):f}"
        shorter = (
            edit.replace(f" {written}", f" {less:f}") if "shift" not in edit else f"{repair.path} shift {sign}{less}d"
        )
        assert shorter != edit
        assert not has_plan(one.edited([shorter])), (repair, shorter)


def _policy(one: Instance) -> list[Group]:
    return [Group("limits", f"limits.{name}") for name in one.limits] + [
        Group("deadlines", f"deadlines.{name}") for name in one.deadlines
    ]


def _all(one: Instance) -> list[Group]:
    from gpuplan.families import FAMILIES

    return [Group(family.name, path) for family in FAMILIES if family.kind != "cost" for path in family.groups(one)]


def test_repairs_are_those_worked_out_by_hand() -> None:
    """Proves 49.50 more budget or one system less. Two systems cost 200 and 150.50 may be spent; one costs 100."""
    one = instance(limits={"want": target(2), "cap": budget(150.5)})
    found = gpuplan.explain_infeasible(one)
    moves = {repair.path: repair.move for repair in found.repairs}
    assert moves == {"limits.cap.at_most": Decimal("49.5"), "limits.want.at_least": -1}
    assert {rule.path for rule in found.conflict} == {"limits.want", "limits.cap"}


@pytest.mark.parametrize("fault", [Defect("a number of no use"), InvalidInput([Problem("too large")])])
def test_a_figure_that_cannot_be_tried_costs_no_other_answer(fault: Exception, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a probe that fails is said to have failed, and that the other repair is there all the same.

    If broken, the whole answer ends with the fault.
    """
    original = explanation.smallest_amount

    def failing(one: Instance, figure: Figure, *rest: Any) -> Any:
        if figure.path == "limits.want.at_least":
            raise fault
        return original(one, figure, *rest)

    monkeypatch.setattr(explanation, "smallest_amount", failing)
    found = gpuplan.explain_infeasible(instance(limits={"want": target(2), "cap": budget(150.5)}))
    assert [repair.path for repair in found.repairs] == ["limits.cap.at_most"]
    assert found.failed == ("limits.want.at_least",)
    assert "No answer could be had of: limits.want.at_least." in infeasibility_text(found)


def test_what_must_stay_is_named_and_never_moved() -> None:
    """Proves that a rule said to be hard is in the conflict, marked, and in no repair."""
    one = instance(limits={"want": target(2), "cap": budget(150.5)})
    found = gpuplan.explain_infeasible(one, hard=["limits.want"])
    assert {rule.path: rule.hard for rule in found.conflict} == {"limits.want": True, "limits.cap": False}
    assert [repair.path for repair in found.repairs] == ["limits.cap.at_most"]
    with pytest.raises(InvalidInput, match=r"limits\.want"):
        gpuplan.explain_infeasible(one, hard=["limits.wand"])


def test_limits_give_way_together_where_none_alone_is_enough() -> None:
    """Proves a joint repair: two sites, each with a target of its own that its own budget does not pay.

    One system costs 100; 60 and 70 may be spent. Alone neither budget helps the other site: 40 and 30 more, together.
    """
    one = instance(
        sites={"b": {}},
        offers={"o": {"max_units": 9}},
        limits={
            "a-cap": budget(60, select={"site": "a"}),
            "b-cap": budget(70, select={"site": "b"}),
            "a-want": target(1, select={"site": "a"}),
            "b-want": target(1, select={"site": "b"}),
        },
    )
    found = gpuplan.explain_infeasible(one, hard=["limits.a-want", "limits.b-want"])
    assert found.repairs == ()
    assert found.joint is not None
    assert {repair.path: repair.move for repair in found.joint.repairs} == {
        "limits.a-cap.at_most": 40,
        "limits.b-cap.at_most": 30,
    }
    assert gpuplan.solve(one.edited(found.joint.edits)).plan is not None


def test_a_limit_and_what_the_world_gives_give_way_together() -> None:
    """Proves a joint repair of two kinds: 160 accelerators are 20 systems for 2,000 of 1,750, and 200 kW of 150.

    Alone enough is only the target: 15 systems by the grid, so 40 less. With the target kept, 250 more money and 50 kW
    more; and this way out is told beside the single one. If broken, nothing is found, or the answer is said complete.
    """
    one = instance(
        systems={"s": POWERED},
        offers={"o": {"max_units": 40}},
        sites={"a": {"capacity": {**UNLIMITED, "protected-power": 150}}},
        limits={"want": {"measure": "accelerators", "at_least": 160}, "cap": budget(1750)},
    )
    together = {"limits.cap.at_most": 250, "sites.a.capacity.protected-power.amount": 50}
    for hard, alone in (((), {"limits.want.at_least": -40}), (("limits.want",), {})):
        found = gpuplan.explain_infeasible(one, hard=hard)
        assert {repair.path: repair.move for repair in found.repairs} == alone
        assert found.joint is not None
        assert {repair.path: repair.move for repair in found.joint.repairs} == together
        assert all(repair.proven for repair in found.joint.repairs)
        assert gpuplan.solve(one.edited(found.joint.edits)).status == "optimal"
        shorter = [edit.replace("250.00", "249.98") for edit in found.joint.edits]
        assert gpuplan.solve(one.edited(shorter), explain_seconds=0).status == "infeasible"
        assert found.complete


CHIP: Tree = {"x": {"maker": "m", "memory_gb": 80}}


@pytest.mark.parametrize(
    ("over", "path", "move", "edit"),
    [
        ({"funds": {"f": {"amount": 130}}}, "funds.f.amount", 170, "funds.f.amount += 170.00"),
        ({"offers": {"o": {"max_units": 2}}}, "offers.o.max_units", 1, "offers.o.max_units += 1"),
        (
            {"sites": {"a": {"capacity": {**UNLIMITED, "protected-power": 24.5}}}},
            "sites.a.capacity.protected-power.amount",
            Decimal("5.5"),
            "sites.a.capacity.protected-power.amount += 5.50",
        ),
        (
            {"sites": {"a": {"rack_kw": {"air": 9.25}}}},
            "sites.a.rack_kw.air",
            Decimal("0.75"),
            "sites.a.rack_kw.air += 0.75",
        ),
        (
            {
                "sites": {
                    "a": {
                        "capacity": {**UNLIMITED},
                        "modules": {"u": {"max_units": 4}},
                        "redundancy": {"protected-power": "N+2"},
                    }
                },
                "modules": {"u": {"provides": {"protected-power": 10}, "lead_days": 0}},
            },
            "sites.a.redundancy.protected-power",
            -1,
            "sites.a.redundancy.protected-power = N+1",
        ),
        (
            {"limits": {"t": REMOVED}, "workloads": {"w": {"unit": "t/s", "demand": 40, "rates": {"s": 10}}}},
            "workloads.w.demand",
            -10,
            "workloads.w.demand -= 10.00",
        ),
    ],
)
def test_repairs_of_every_kind(over: Tree, path: str, move: Any, edit: str) -> None:
    """Proves by hand, for three systems of 10 kW at 100 each: 300 less 130 of the fund are 170 more; one more system;
    30 kW less 24.5; racks of 10 kW; of four blocks of 10 kW one may be spare; three systems at most do 30 of 40."""
    base = case(
        systems={"s": POWERED},
        sites={"a": {"capacity": {**UNLIMITED, "protected-power": "unlimited"}}},
        limits={"t": target(3)},
    )
    if "redundancy" in str(over):
        del base["sites"]["a"]["capacity"]["protected-power"]
    one = made(merged(base, over))
    found = gpuplan.explain_infeasible(one)
    repairs = {repair.path: repair for repair in found.repairs}
    assert repairs[path].move == move
    assert repairs[path].edits == (edit,)
    assert repairs[path].proven
    assert gpuplan.solve(one.edited([edit])).status == "optimal"


def test_a_feasible_instance_is_said_to_be_feasible() -> None:
    """Proves that nothing is blamed where nothing clashes."""
    found = gpuplan.explain_infeasible(instance(limits={"want": target(1)}))
    assert (found.status, found.conflict, found.repairs, found.joint) == ("feasible", (), (), None)


def test_a_question_that_is_stopped_says_that_it_does_not_know() -> None:
    """Proves that an answer that was cut short claims nothing."""
    found = gpuplan.explain_infeasible(instance(limits={"want": target(9)}), cancel=lambda: True)
    assert (found.status, found.complete) == ("unknown", False)


# Why an offer is not chosen


def test_an_offer_that_is_not_chosen_costs_what_a_lot_of_it_costs_more() -> None:
    """Proves 20 by hand: one system is wanted, `o` asks 100 and `p` 120. Forcing one of `p` costs 120 - 100."""
    one = instance(offers={"p": offer(price=120)}, limits={"want": target(1)})
    found = gpuplan.explain_offer(one, "p", gap=0)
    (level,) = found.levels
    assert (level.difference, level.at_least, level.at_most) == (20, 20, 20)
    assert gpuplan.explain_offer(one, "o", gap=0).chosen_units == 1


def test_an_offer_that_is_never_possible_says_which_rule_denies_it() -> None:
    """Proves that an offer outside every window is not priced, but explained."""
    one = instance(offers={"p": offer(order_until="2024-12-01", order_from="2024-11-01")}, limits={"want": target(1)})
    found = gpuplan.explain_offer(one, "p", gap=0)
    assert found.status == "infeasible"
    assert any("order window" in why for why in found.denied)
    with pytest.raises(InvalidInput, match="Known: o"):
        gpuplan.explain_offer(one, "q")


def test_a_token_of_d_costs_its_fee_and_a_hundredth() -> None:
    """Proves the outside case: one hundredth of a unit from d makes 15,216,693.5 of 15,210,109.512."""
    found = gpuplan.explain_offer(gpuplan.load(BID), "d", gap=0)
    assert found.forced[0].value == Decimal("15216693.51538")
    low, high = found.levels[0].at_least, found.levels[0].at_most
    assert low is not None
    assert high is not None
    assert low <= Decimal("6584.00338") <= high <= low + Decimal("0.01")


# Which rules a plan breaks


def test_a_plan_of_another_scenario_says_which_rules_it_breaks() -> None:
    """Proves by hand: a plan of two systems under a budget of 150.5 is 49.50 over."""
    one = instance(limits={"want": target(2)})
    plan = gpuplan.solve(one).plan
    assert plan is not None
    assert gpuplan.explain_plan(one, plan) == ()
    (rule,) = gpuplan.explain_plan(one.edited(["limits.cap insert {measure: capex, at_most: 150.5}"]), plan)
    assert (rule.path, rule.used, rule.at_most) == ("limits.cap", 200, Decimal("150.5"))
    assert "49.50" in rule.repair
    with pytest.raises(InvalidInput, match="offer"):
        gpuplan.explain_plan(one.edited(["offers.q insert {vendor: v, system: s, price: 9}", "offers.o remove"]), plan)


def test_a_stop_is_heard_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that nothing is formulated any more once a stop was asked for, and that what was found by then is told
    without being called irreducible. If broken, Ctrl-C is followed by a probe for each rule, all of it in vain."""
    asked: list[bool] = []
    formulate = diagnosis.formulate

    def counting(*given: object, **more: object) -> object:
        asked.append(bool(stopped))
        if len(asked) == 3:
            stopped.append(True)
        return formulate(*given, **more)  # type: ignore[arg-type]

    stopped: list[bool] = []
    monkeypatch.setattr(diagnosis, "formulate", counting)
    one = instance(limits={f"t{number}": target(9, stage="signed") for number in range(9)})
    found = gpuplan.explain_infeasible(one, cancel=lambda: bool(stopped))
    assert asked == [False] * 3
    assert not found.minimal
    assert not found.complete


def test_a_cap_of_a_regime_is_repaired_beside_limits() -> None:
    """Proves repairs of a random instance whose export cap clashes, too. If broken, the whole answer is lost for the
    path of a figure that is no limit of the instance's own."""
    one = made(seeded(842))
    found = gpuplan.explain_infeasible(one, threads=1)
    repaired = {repair.path for repair in found.repairs}
    assert {"limits.t.at_least", "export.regimes.r.caps.quota.at_most"} <= repaired
    for repair in found.repairs:
        assert gpuplan.solve(one.edited(repair.edits), gap=0.5, threads=1).plan is not None
