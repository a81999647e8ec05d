"""Flip points are where they were worked out, with both sides proven."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.whatif.flip import FlipPoint
from support.builders import instance, offer, target

LIMITS = {"t": target(2, stage="signed")}


def two_vendors(**over: object) -> gpuplan.Instance:
    return instance(
        vendors={"w": {}},
        offers={"p": offer(vendor="w", price=130)},
        limits=over.pop("limits", LIMITS),
        **over,
    )


def found(one: gpuplan.Instance, path: str, direction: str, **options: object) -> FlipPoint:
    """The flip point of one figure, with what must hold of every one of them checked."""
    flips = gpuplan.flip(one, [path], by=("vendors",), **options)  # type: ignore[arg-type]
    assert flips.complete
    (point,) = (each for each in flips.points if each.direction == direction)
    tolerance = flips.tolerance_share
    if point.before is not None and point.before.best is not None:
        assert point.before.same is not None
        assert point.before.best_bound is not None
        # Just before: the old kind is within the tolerance of the best.
        assert point.before.same - point.before.best_bound <= tolerance * point.before.best
    if point.after is not None and point.after.best is not None and point.after.same_bound is not None:
        # Just after: it is worse by more, both proven.
        assert point.after.same_bound - point.after.best > tolerance * point.after.best
    return point


def test_a_price_flips_where_the_other_vendor_is_cheaper() -> None:
    """Proves 30 by hand: v asks 100 and w 130, so v can rise by 30, and by a thousandth more within the tolerance.

    2 x (100 + x) > 2 x 130 x 1.001 from x = 30.13 on; probes are 0.1 apart.
    """
    point = found(two_vendors(), "offers.o.price", "up")
    assert point.becomes == "another plan"
    assert point.signature == {"vendors": ("w",)}
    assert point.before is not None
    assert point.after is not None
    assert (point.before.move, point.after.move) == (Decimal("30.1"), Decimal("30.2"))


def test_a_cheaper_price_changes_nothing() -> None:
    """Proves that nothing is reported where nothing changes, and how far was looked: all the way down to nothing."""
    point = found(two_vendors(), "offers.o.price", "down")
    assert (point.becomes, point.reach, point.after) == ("nothing within reach", 100, None)


def test_a_demand_flips_where_the_cheap_vendor_runs_out() -> None:
    """Proves 1 and then another plan: v has three, so two may become three, and four needs w."""
    point = found(two_vendors(), "limits.t.at_least", "up", reach_share=2)
    assert point.before is not None
    assert point.after is not None
    assert (point.before.move, point.after.move) == (1, 2)
    assert point.signature == {"vendors": ("v", "w")}


def test_a_budget_flips_to_infeasible() -> None:
    """Proves that a budget of 250 can fall by 50, to what two systems cost, and no further by a step of 0.25."""
    one = two_vendors(limits={**LIMITS, "b": {"measure": "capex", "at_most": 250}})
    point = found(one, "limits.b.at_most", "down")
    assert point.becomes == "infeasible"
    assert point.before is not None
    assert point.after is not None
    assert (point.before.move, point.after.move) == (-50, Decimal("-50.25"))


def test_a_deadline_flips_on_the_day() -> None:
    """Proves days: signing is on the first of a month, v may be signed until 1 March, w only in January; the deadline
    of 31 March can be 58 days earlier, to 1 February, where v closes for a window that opens then."""
    one = two_vendors(deadlines={"d": {"by": "2025-03-31"}}).edited(["offers.o.order_from = 2025-02-01"])
    point = found(one, "deadlines.d.by", "down")
    assert point.before is not None
    assert point.after is not None
    assert (point.before.move, point.after.move) == (-58, -59)
    assert point.signature == {"vendors": ("w",)}


def test_a_step_of_slack_is_worth_what_a_new_search_says() -> None:
    """Proves 100 by hand: one system fewer is wanted, and one costs 100. And nothing for a budget with room."""
    one = two_vendors(limits={**LIMITS, "b": {"measure": "capex", "at_most": 1000}})
    flips = gpuplan.flip(one, ["limits.t.at_least", "limits.b.at_most"], by=("vendors",), gap=0)
    demand, budget = flips.worths
    assert (demand.step, demand.levels[0].at_least, demand.levels[0].at_most) == (-1, -100, -100)
    assert (budget.step, budget.levels[0].at_least, budget.levels[0].at_most) == (10, 0, 0)


def test_the_step_is_that_of_one_lot() -> None:
    """Proves steps by hand: a budget of 250 has two at 100, and 50 more let a third in; 30 kW have two at 12, and 6 kW
    more; one that a vendor has only two of is one more. If broken, a hundredth, which is worth nothing."""
    one = instance(
        limits={"b": {"measure": "capex", "at_most": 250}},
        systems={"s": {"max_power_kw": 12}},
        sites={"a": {"capacity": {"protected-power": 30, "air-cooling": 300, "rack-positions": 9}}},
        offers={"o": offer(max_units=2)},
        objective=[{"maximise": {"measure": "systems"}}],
    )
    flips = gpuplan.flip(one, by=("vendors",), gap=0)
    steps = {worth.path: worth.step for worth in flips.worths}
    assert steps == {
        "limits.b.at_most": 50,
        "sites.a.capacity.protected-power.amount": 6,
        "offers.o.max_units": 1,
    }


def test_the_price_of_an_offer_moves_with_its_tiers() -> None:
    """Proves that the whole schedule moves: three at the tier of 90 are bought of v, and w asks 99 each. At 100 + 10,
    in proportion 90 + 9, the two are even; a first price that nobody pays may otherwise double without a flip."""
    one = instance(
        vendors={"w": {}},
        offers={"o": offer(tiers=[{"from_units": 3, "price": 90}]), "p": offer(vendor="w", price=99)},
        limits={"t": target(3, stage="signed")},
    )
    point = found(one, "offers.o.price", "up")
    assert point.becomes == "another plan"
    assert point.before is not None
    assert point.after is not None
    assert Decimal(10) <= point.before.move < point.after.move <= Decimal("10.5")


def test_a_flip_ends_by_its_time_limit_with_what_it_knows() -> None:
    """Proves that what was found is told, and what was not is unknown. If broken, one figure may take all night."""
    began: list[float] = []

    def is_over() -> bool:
        began.append(time.monotonic())
        return len(began) > 60

    flips = gpuplan.flip(two_vendors(), by=("vendors",), cancel=is_over)
    assert not flips.complete
    assert flips.levels
    assert all(worth.levels for worth in flips.worths)  # what time cut off is worth nothing that is known


def test_left_to_itself_it_looks_at_what_matters() -> None:
    """Proves that limits that bind, prices of what is possible, and deadlines are looked at, and nothing else."""
    one = two_vendors(
        limits={**LIMITS, "b": {"measure": "capex", "at_most": 1000}}, deadlines={"d": {"by": "2025-03-31"}}
    )
    flips = gpuplan.flip(one, by=("vendors",))
    assert {point.path for point in flips.points} == {
        "limits.t.at_least", "offers.o.price", "offers.p.price", "deadlines.d.by",
    }  # fmt: skip


def test_wrong_questions_are_refused() -> None:
    """Proves that a misspelt figure gets the nearest names, and that a gap as wide as the tolerance is refused."""
    with pytest.raises(InvalidInput, match=r"Nearest: offers\.o\.price"):
        gpuplan.flip(two_vendors(), ["offers.o.prise"])
    with pytest.raises(InvalidInput, match="too wide"):
        gpuplan.flip(two_vendors(), tolerance_share=0.001, gap=0.001)


def test_a_question_that_is_stopped_is_not_complete() -> None:
    """Proves that an answer that was cut short says so."""
    assert not gpuplan.flip(two_vendors(), cancel=lambda: True).complete


@pytest.mark.parametrize(
    ("same", "same_bound", "verdict"),
    [
        (1000, 999, "within"),
        (1001, 1000, "within"),
        (1002, 1000, "unknown"),
        (1003, 1002, "beyond"),
        (1003, 1001, "unknown"),
    ],
)
def test_a_verdict_needs_a_proof(same: int, same_bound: int, verdict: str) -> None:
    """Proves what is said of a best of 1000, proven, and a tolerance of 0.1 %, which is 1: within needs a plan that is
    no more than 1 worse, beyond a bound that is more than 1 worse, and between them nothing is said."""
    from gpuplan.whatif.answer import Answer
    from gpuplan.whatif.effort import Effort
    from gpuplan.whatif.flip import _Flips
    from gpuplan.whatif.signature import Signing

    def answer(value: int, bound: int) -> Answer:
        plan = gpuplan.solve(two_vendors()).plan
        assert plan is not None
        numbers = {"value": Decimal(value), "reached": Decimal(value), "bound": Decimal(bound)}
        return Answer("optimal", plan, (plan.levels[0].model_copy(update=numbers),))

    best = answer(1000, 1000)
    flips = _Flips(two_vendors(), Effort(), Signing(), best, frozenset(), Decimal("0.001"), Decimal(1))
    assert flips._verdict(best, answer(same, same_bound)) == verdict
