"""Base and edited plan side by side: what is said of inputs, decisions, costs and limits is worked out by hand."""

from __future__ import annotations

import threading
from dataclasses import replace
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.changes import undone
from gpuplan.report.comparison import NO_CHANGE, comparison_text, side
from gpuplan.whatif.answer import answered, kept
from gpuplan.whatif.compare import SideOutcome
from gpuplan.whatif.effort import Effort, Step
from support.builders import instance, offer, target


def base(**over: object) -> gpuplan.Instance:
    return instance(
        vendors={"w": {"activation_cost": 7}},
        offers={"p": offer(vendor="w", price=130)},
        limits={"t": target(2), "cap": {"measure": "capex", "at_most": 260}},
        **over,
    )


def test_both_plans_are_compared_line_by_line() -> None:
    """Proves by hand: two at 100 from v; v then asks 140, so two at 130 from w and 7 to take it on: 267, above the cap
    of 260, which is raised to 267. The purchase costs 60 more, activation 7, and the cap is used up."""
    found = gpuplan.what_if(base(), ["offers.o.price = 140", "limits.cap.at_most += 7"], gap=0)
    told = found.comparison
    assert [(each.path, each.before, each.after) for each in told.changes] == [
        ("offers.o.price", 100, 140),
        ("limits.cap.at_most", 260, 267),
    ]
    assert [(each.name, each.base_units, each.edited_units) for each in told.decisions] == [("o", 2, 0), ("p", 0, 2)]
    assert {each.term: each.difference for each in told.costs} == {"purchase": 60, "activation": 7}
    (level,) = told.levels
    assert (level.name, level.unit, level.difference) == ("minimise cost", "money", 67)
    assert level.at_least == pytest.approx(Decimal(67), abs=Decimal("1e-5"))
    assert level.at_most == pytest.approx(Decimal(67), abs=Decimal("1e-5"))
    assert {each.limit: each.became for each in told.limits} == {"t": "binds still", "cap": "binds still"}
    assert undone(found.edited, told.changes) == base()
    for one, plan in ((base(), found.base_plan), (found.edited, found.edited_plan)):
        assert plan is not None
        assert gpuplan.audit(one, plan) == []


def test_the_costs_add_up_to_the_difference() -> None:
    """Proves that the cost differences are attributed without a rest."""
    found = gpuplan.what_if(base(), ["offers.o.max_units = 1"], gap=0).comparison
    assert sum(each.difference for each in found.costs) == found.levels[0].difference == 37


def test_limits_that_come_and_go_are_told() -> None:
    """Proves the words for limits: one that is new, one that is gone, one that no longer binds."""
    found = gpuplan.what_if(
        base(), ["limits.t remove", "limits.u insert {measure: systems, at_least: 1}", "limits.cap remove"], gap=0
    ).comparison
    assert {each.limit: each.became for each in found.limits} == {"t": "gone", "cap": "gone", "u": "new"}
    loosened = gpuplan.what_if(base(), ["limits.t.at_least = 1"], gap=0).comparison
    assert {each.limit: each.became for each in loosened.limits} == {"t": "binds still", "cap": "slack"}


def test_a_difference_is_known_to_an_interval() -> None:
    """Proves what a gap leaves open: the bests differ by no less and no more than the bounds allow."""
    found = gpuplan.what_if(base(), ["offers.o.price = 101"], gap=0.2).comparison
    (level,) = found.levels
    assert level.at_least is not None
    assert level.at_most is not None
    assert level.at_least <= 2 <= level.at_most


def test_an_edit_without_a_plan_names_what_clashes() -> None:
    """Proves that an infeasible side is told as such, and that nothing is compared that is not there."""
    found = gpuplan.what_if(base(), ["limits.cap.at_most = 150"]).comparison
    assert found.edited.status == "infeasible"
    assert set(found.edited.conflict) == {"limits.t", "limits.cap"}
    assert (found.levels, found.decisions, found.costs) == ((), (), ())
    why = found.edited.why
    assert why is not None
    assert {one.path: one.move for one in why.repairs} == {"limits.cap.at_most": 50, "limits.t.at_least": -1}
    said = comparison_text(found)
    assert "limits.cap.at_most += 50.00" in said
    assert "limits.t.at_least -= 1" in said


@pytest.mark.parametrize(
    ("conflict", "said"),
    [
        (("limits.t",), "There is no plan: limits.t cannot hold."),
        (("limits.t", "limits.cap"), "There is no plan: limits.t, limits.cap cannot all hold."),
        ((), "There is no plan."),
    ],
)
def test_what_clashes_is_told_in_words(conflict: tuple[str, ...], said: str) -> None:
    """Proves the words for an edited side without a plan. If broken, one rule "cannot all hold"."""
    assert side(SideOutcome(status="infeasible", levels=(), conflict=conflict), "USD") == said


@pytest.mark.parametrize(
    ("edit", "difference", "is_kept"),
    [
        ("offers.p.lead_days += 5", 0, True),
        ("offers.p.price = 150", 0, True),
        ("limits.cap.at_most = 200", 0, True),
        ("offers.o.price = 101", 2, True),
        ("offers.o.price = 140", 67, False),
        ("limits.t.at_least = 1", -100, False),
    ],
)
def test_no_change_is_told_as_no_change(edit: str, difference: int, is_kept: bool) -> None:
    """Proves that the base plan is kept where it holds and is as good as was asked for: two of o at 100.

    A delay or a price of p, which is not bought, or a cap of just 200 change nothing; with o at 101 the same plan costs
    2 more; at 140 two of p at 130 and 7 are better; one system less is wanted, and 100 less paid.
    """
    found = gpuplan.what_if(base().edited(["limits.cap.at_most = 300"]), [edit], gap=0).comparison
    assert found.is_kept == is_kept
    assert found.levels[0].difference == difference
    assert (found.decisions == ()) == is_kept
    assert (NO_CHANGE in " ".join(comparison_text(found).split())) == is_kept


def test_another_plan_within_the_gap_is_no_change() -> None:
    """Proves that a search that happens to find another plan, within its gap, says nothing of the edit.

    The base plan, two of o for 200, beside one of o and one of p for 237 with 190 proven: within 5 % of the best, not
    within 4 %, and never once o is withdrawn, or may be sold but once.
    """
    one = base()
    mine = answered(one, Effort(gap=0.0), "")
    assert mine.plan is not None
    other = answered(one.edited(["offers.o.max_units = 1"]), Effort(gap=0.0), "")
    assert other.plan is not None
    found = replace(other, levels=(other.levels[0].model_copy(update={"bound": Decimal(190)}),))
    for asked, same in ((Decimal("0.05"), True), (Decimal("0.04"), False)):
        options = other.plan.options.model_copy(update={"gap": asked})
        within = replace(found, plan=other.plan.model_copy(update={"options": options}))
        again = kept(one, mine, within)
        assert (again is not None) == same
        if again is not None:
            assert again.plan is not None
            assert again.plan.decisions == mine.plan.decisions
            assert (again.value, again.bound, again.status) == (200, 190, "optimal")
            assert kept(one.edited(["offers.o remove"]), mine, within) is None
            assert kept(one.edited(["offers.o.max_units = 1"]), mine, within) is None


def test_an_edit_set_is_all_or_nothing() -> None:
    """Proves that edits are validated together, once: an offer and its vendor can go in any order, and a wrong edit
    among right ones is refused before anything is searched."""
    one = base().edited(["vendors.w remove", "offers.p remove"])
    assert list(one.offers) == ["o"]
    steps: list[Step] = []
    with pytest.raises(InvalidInput, match=r"Nearest: price"):
        gpuplan.what_if(base(), ["offers.o.price = 90", "offers.o.prize = 9"], on_progress=steps.append)
    assert steps == []


def test_it_can_be_watched_and_stopped() -> None:
    """Proves that progress counts the searches, and that a stop leaves what is known."""
    steps: list[Step] = []
    gpuplan.what_if(base(), ["offers.o.price = 90"], on_progress=steps.append)
    assert [step.doing for step in steps if step.search is None] == ["solving the base", "solving the edited instance"]
    assert all(step.of == 2 for step in steps)
    stop = threading.Event()
    stop.set()
    assert gpuplan.what_if(base(), ["offers.o.price = 90"], cancel=stop).comparison.base.status == "no_plan_found"
