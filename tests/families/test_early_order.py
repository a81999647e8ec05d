"""A discount for ordering early: off the price of what is signed by a day, and off all that follows from it."""

from __future__ import annotations

import pytest

from gpuplan.errors import InvalidInput
from gpuplan.families.pricing import sentence
from support.answers import cost_of, plan_of, terms_of
from support.builders import REMOVED, Tree, case, made, merged, target


def early(over: Tree | None = None, until: str = "2025-01-31", **rest: object) -> Tree:
    """A case with a tenth off what is signed by a day."""
    return case(offers={"o": {"early_order": {"until": until, "discount": 0.1}, **(over or {})}}, **rest)


@pytest.mark.parametrize(
    ("until", "cost"), [("2024-12-31", 100), ("2025-01-01", 90), ("2025-01-31", 90), ("2025-12-31", 90)]
)
def test_what_is_signed_by_the_day_costs_less(until: str, cost: int) -> None:
    """Proves the last day: a tenth off 100 when signed on it, and nothing the day after."""
    assert cost_of(early(until=until, limits={"t": target(1)})) == cost


def test_what_is_signed_later_costs_the_full_price() -> None:
    """Proves that the day of signing counts, and not that of payment or delivery: the supply of one a month makes one
    of two February's, 90 + 100. If the first order's day counted for both, they would cost 180."""
    supply = {"supply": [{"from": "2025-01-01", "units_per_month": 1}], "order_until": "2025-02-28"}
    assert cost_of(early(supply, limits={"t": target(2)})) == 190
    late = {"payments": [{"event": "signed", "share": 1, "days_after": 60}]}
    assert cost_of(early(late, limits={"t": target(1)})) == 90


def test_a_quote_that_opens_within_the_month_is_early_to_its_last_day() -> None:
    """Proves the day of signing itself: a window from 20 January is signed on the 20th; early to the 20th, not to the
    19th."""
    window = {"order_from": "2025-01-20", "order_until": "2025-01-31"}
    assert cost_of(early(window, "2025-01-20", limits={"t": target(1)})) == 90
    assert cost_of(early(window, "2025-01-19", limits={"t": target(1)})) == 100


@pytest.mark.parametrize("tier", [{"price": 80}, {"discount": 0.2}])
@pytest.mark.parametrize("kind", ["all-units", "incremental"])
def test_it_is_off_the_price_of_every_tier(tier: Tree, kind: str) -> None:
    """Proves tiers: three, with 80 from two on. All-units 3 x 72 = 216; incremental 2 x 90 + 72 = 252. Without it 240
    and 280."""
    tiers = {"tiers": [{"from_units": 2, **tier}], "tier_pricing": kind, "max_units": 3}
    assert cost_of(early(tiers, limits={"t": target(3)})) == (216 if kind == "all-units" else 252)
    assert cost_of(early(tiers, "2024-12-31", limits={"t": target(3)})) == (240 if kind == "all-units" else 280)


def test_it_is_off_each_step_of_a_price_list() -> None:
    """Proves steps: 200 in January and 100 from February on, a tenth off by the end of February: 90 and 180."""
    prices = [{"from": "2025-01-01", "price": 200}, {"from": "2025-02-01", "price": 100}]
    tree = early({"price": REMOVED, "prices": prices}, "2025-02-28", limits={"t": target(1)})
    assert cost_of(tree) == 90
    assert cost_of(merged(tree, {"limits": {"t": {"by": "2025-01-31"}}})) == 180


def test_fees_and_rent_are_not_less() -> None:
    """Proves what it is not off: a fee of 30 and three months of rent at 7 beside 90."""
    assert terms_of(early({"fee": 30, "price_per_month": 7}, limits={"t": target(1, by="2025-01-31")})) == {
        "purchase": 90,
        "fees": 30,
        "rental": 21,
    }


def test_spares_rebates_and_free_units_follow_what_was_paid() -> None:
    """Proves what hangs on it: two for 180 reach no rebate from 190; spares of a tenth are 9 each; 1 + 1 costs 90."""
    two = {"t": target(2), "u": target(2, by="2025-01-31")}
    rebates = {"v": {"rebates": [{"from_spend": 190, "rate": 0.5}]}}
    assert terms_of(early({"max_units": 2}, vendors=rebates, limits=two)) == {"purchase": 180}
    assert terms_of(early({"spares_share": 0.1}, limits=two)) == {"purchase": 180, "spares": 18}
    assert terms_of(early({"free_units": {"buy": 1, "free": 1}}, limits=two)) == {"purchase": 90}


def test_what_is_bought_again_costs_what_was_paid() -> None:
    """Proves lives: bought again for 90 after a year."""
    over = {"life_years": 1, "order_until": "2025-01-01"}
    found = terms_of(early(over, economics={"evaluation_years": 2}, limits={"t": target(1)}))
    assert found == {"purchase": 90, "replacement": 90}


def test_a_committed_order_was_early_or_not() -> None:
    """Proves commitments: signed in December, a tenth off to New Year's Eve; cancelled for a fifth of 90."""
    order = {"offer": "o", "site": "a", "signed": "2024-12-10", "units": 1}
    tree = early(until="2024-12-31", committed={"orders": {"c": order}}, limits={"t": target(1)})
    assert cost_of(tree) == 90
    assert cost_of(merged(tree, {"committed": {"orders": {"c": {"signed": "2024-12-31"}}}})) == 90
    freed = merged(tree, {"committed": {"orders": {"c": {"cancel_fee_share": 0.2}}}, "limits": {"t": {"at_least": 0}}})
    assert terms_of(freed) == {"cancellation": 18}


def test_the_plan_and_the_rule_say_it() -> None:
    """Proves what is told: the price in the order, and the discount in the sentence."""
    tree = early({"tiers": [{"from_units": 2, "price": 80}]}, limits={"t": target(1)})
    assert plan_of(tree).orders[0].price == 90
    told = sentence(made(tree), "offers.o.tiers")
    assert told == "offer o costs 100 from 1, 80 from 2, less 10 % when signed by 2025-01-31 (all-units)"


@pytest.mark.parametrize(("budget", "binds"), [(185, False), (175, True)])
def test_a_budget_binds_where_no_early_lot_fits(budget: int, binds: bool) -> None:
    """Proves what is said of a budget: 90 are spent, another lot costs 90 at the least, so of 185 one would fit."""
    limits = {"t": target(1), "b": {"measure": "spend", "at_most": budget}}
    plan = plan_of(early({"order_until": "2025-01-31"}, limits=limits))
    assert {line.limit: line.binds for line in plan.limits}["b"] is binds


def test_a_discount_is_a_share() -> None:
    """Proves the refusal of five per cent written as 5."""
    with pytest.raises(InvalidInput, match="at most 1 is wanted"):
        made(early({"early_order": {"until": "2025-01-31", "discount": 5}}))
