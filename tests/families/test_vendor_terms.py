"""Vendor terms: activation and rebates."""

from __future__ import annotations

from support.answers import cost_of, plan_of, terms_of, units_of
from support.builders import case, offer, target


def test_a_vendor_is_paid_for_once_however_many_offers_are_used() -> None:
    """Proves activation: o (100) and p (120) are of v, whose activation costs 60; q (150) is of w without.

    Two systems, one of each offer at most: o + p = 100 + 120 + 60 = 280, o + q = 100 + 150 + 60 = 310. If activation
    were paid for each offer, o + p would cost 340.
    """
    one = {"max_units": 1}
    tree = case(
        vendors={"v": {"activation_cost": 60}, "w": {}},
        offers={"o": one, "p": offer(price=120, **one), "q": offer(price=150, vendor="w", **one)},
        limits={"t": target(2)},
    )
    assert cost_of(tree) == 280
    assert terms_of(tree) == {"purchase": 220, "activation": 60}


def test_a_rebate_is_a_share_of_the_whole_spend_from_the_amount_it_reaches() -> None:
    """Proves rebates: from 200 on 10 % of everything, from 300 on 40 %: two cost 200 - 20 = 180, three 300 - 120 = 180.

    With the second rate at 45 % three for 165 beat two for 180. If only what lies above 300 counted, 180 it would be.
    """
    rebates = [{"from_spend": 200, "rate": 0.1}, {"from_spend": 300, "rate": 0.4}]
    assert cost_of(case(vendors={"v": {"rebates": rebates}}, limits={"t": target(2)})) == 180
    rebates[1] = {"from_spend": 300, "rate": 0.45}
    plan = plan_of(case(vendors={"v": {"rebates": rebates}}, limits={"t": target(2)}))
    assert plan.cost.discounted == 165
    assert units_of(plan) == {"o": 3}
