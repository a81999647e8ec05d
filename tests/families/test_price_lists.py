"""Prices by the day of signing: what is signed for is paid at the price of its day, and all that follows from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.plan.commitment import with_commitments
from gpuplan.plan.schedule import last_signing
from gpuplan.whatif.figures import figures
from support.answers import cost_of, days_of, plan_of, terms_of
from support.builders import REMOVED, Tree, case, made, merged, offer, target

FALLING = [{"from": "2025-01-01", "price": 200}, {"from": "2025-02-01", "price": 100}]
RISING = [{"from": "2025-01-01", "price": 100}, {"from": "2025-02-01", "price": 200}]


def listed(prices: list[Tree], over: Tree | None = None, **rest: object) -> Tree:
    """A case whose offer has prices by the day of signing."""
    return case(offers={"o": {"price": REMOVED, "prices": prices, **(over or {})}}, **rest)


def test_what_is_signed_is_paid_at_the_price_of_its_day() -> None:
    """Proves steps: 200 in January, 100 from February on. One by the end costs 100; two, one in January, 300.

    If the first step priced everything, the first would cost 200; if the last did, the second would cost 200.
    """
    assert cost_of(listed(FALLING, limits={"t": target(1)})) == 100
    soon = {"t": target(2), "u": target(1, by="2025-01-31")}
    assert cost_of(listed(FALLING, limits=soon)) == 300


def test_a_list_of_twelve_steps_is_one_offer() -> None:
    """Proves a yearly list: 120, 119, ... but 60 in September; one system by the end of the year costs 60, signed then.

    With one by the end of May too, that one costs 116: 176.
    """
    months = [
        {"from": f"2025-{month:02}-01", "until": f"2025-{month:02}-28", "price": 60 if month == 9 else 121 - month}
        for month in range(1, 13)
    ]
    year = listed(months, calendar={"periods": 12}, limits={"t": target(1)})
    plan = plan_of(year)
    assert (plan.cost.discounted, days_of(plan)) == (60, {date(2025, 9, 1)})
    assert plan.orders[0].price == 60
    assert cost_of(merged(year, {"limits": {"t": target(2), "u": target(1, by="2025-05-31")}})) == 176


def test_nothing_is_signed_on_a_day_without_a_price() -> None:
    """Proves the gap: 100 to 15 January and 150 from 10 February on, supply of one in each month of shipping.

    1 February has no price, so the second is signed in March: two by the end of March cost 250, by February there is
    one. If the first price went on holding, February would give it for 100.
    """
    gap = [{"from": "2025-01-01", "until": "2025-01-15", "price": 100}, {"from": "2025-02-10", "price": 150}]
    one_a_month = {"supply": [{"from": "2025-01-01", "units_per_month": 1}], "order_until": "2025-03-01"}
    tree = listed(gap, merged(one_a_month, {"lead_days": 0}), limits={"t": target(2)})
    assert cost_of(tree) == 250
    assert "2025-02-01" not in {str(day) for day in days_of(plan_of(tree))}


def test_why_nothing_can_be_signed_is_told() -> None:
    """Proves the reason: a quote that ended before the calendar has no price in it."""
    over = [{"from": "2024-10-01", "until": "2024-12-31", "price": 100}]
    plan = plan_of(listed(over))
    assert "it has no price on" in next(one.why for one in plan.considered if one.offer == "o")


@pytest.mark.parametrize(("by_january", "cost"), [(0, 160), (1, 240), (2, 320)])
def test_a_discount_of_an_all_units_tier_is_off_the_price_of_the_day(by_january: int, cost: int) -> None:
    """Proves tiers: 20 % off from two on. Two in February 2 x 80; one in each 160 + 80; two in January 2 x 160."""
    limits = {"t": target(2), "u": target(by_january, by="2025-01-31")}
    assert cost_of(listed(FALLING, {"tiers": [{"from_units": 2, "discount": 0.2}]}, limits=limits)) == cost


def test_the_price_of_a_tier_holds_on_every_day() -> None:
    """Proves a stated tier price: 90 from two on, whatever the step; one in each month cost 180, and 200 in January
    alone."""
    limits = {"t": target(2), "u": target(1, by="2025-01-31")}
    assert cost_of(listed(FALLING, {"tiers": [{"from_units": 2, "price": 90}]}, limits=limits)) == 180
    assert cost_of(listed(FALLING, {"max_units": 1}, limits={"u": target(1, by="2025-01-31")})) == 200


def test_what_is_signed_first_fills_the_first_incremental_tier() -> None:
    """Proves the order: half price after two units. Two in January at 200, two in February at 50: 500.

    If February's could fill the first tier, January's would pay 100 each and February's 100: 400.
    """
    tiers = {"tiers": [{"from_units": 2, "discount": 0.5}], "tier_pricing": "incremental", "max_units": 4}
    limits = {"t": target(4), "u": target(2, by="2025-01-31")}
    plan = plan_of(listed(FALLING, tiers, limits=limits))
    assert plan.cost.discounted == 500
    assert {order.price for order in plan.orders} == {200, 100}


def test_an_incremental_tier_is_crossed_within_an_order() -> None:
    """Proves a boundary within February's order: one in January at 200, three in February at 100, 50 and 50: 400."""
    tiers = {"tiers": [{"from_units": 2, "discount": 0.5}], "tier_pricing": "incremental", "max_units": 4}
    limits = {"t": target(4), "u": target(1, by="2025-01-31"), "v": {**target(1), "at_least": 0}}
    once = {"v": {"measure": "systems", "stage": "signed", "by": "2025-01-31", "at_most": 1}}
    assert cost_of(listed(FALLING, tiers, limits={**limits, **once})) == 400


def test_a_rebate_counts_what_was_paid() -> None:
    """Proves spend: one at 200 and one at 100 reach 300, so a tenth, 30, comes back; two at 100 reach 200 and nothing.

    If the first step counted, two in February would have 40 back.
    """
    rebates = {"v": {"rebates": [{"from_spend": 300, "rate": 0.1}]}}
    limits = {"t": target(2), "u": target(1, by="2025-01-31")}
    assert terms_of(listed(FALLING, vendors=rebates, limits=limits)) == {"purchase": 300, "rebates": -30}
    assert terms_of(listed(FALLING, vendors=rebates, limits={"t": target(2)})) == {"purchase": 200}


def test_parts_support_and_lives_follow_the_price_that_was_paid() -> None:
    """Proves what hangs on the price, signed in February at 100 for two years from January: spares of 5 % are 5, and
    support of 10 % a year for 28 + 31 + 275 of 365 days and a whole year is 9.150685 + 10.

    A life of one year ends on 31 January 2026: bought again for 100 on 1 February 2026, of which 31 of 365 days, from
    1 January to 31 January 2027, are left: 8.493151. If the first step counted, each would be twice as much.
    """
    over = {"spares_share": 0.05, "support_rate_per_year": 0.1, "life_years": 1, "order_until": "2025-02-01"}
    found = terms_of(listed(FALLING, over, economics={"evaluation_years": 2}, limits={"t": target(1)}))
    assert found == {
        "purchase": 100,
        "spares": 5,
        "support": Decimal("19.150685"),
        "replacement": 100,
        "residual": Decimal("-8.493151"),
    }


def test_a_committed_order_is_paid_at_the_price_of_its_day() -> None:
    """Proves what is signed already: in November at 140, cancelled for a tenth of that; without that step it is refused
    with a way out."""
    prices = [{"from": "2024-11-01", "until": "2024-11-30", "price": 140}, {"from": "2025-01-01", "price": 100}]
    order = {"offer": "o", "site": "a", "signed": "2024-11-10", "units": 1}
    kept = listed(prices, committed={"orders": {"c": order}}, limits={"t": target(1)})
    assert cost_of(kept) == 140
    freed = merged(kept, {"committed": {"orders": {"c": {"cancel_fee_share": 0.1}}}})
    assert cost_of(freed) == 114
    with pytest.raises(InvalidInput, match=r"offer o has no price on 2024-12-10.*name the quote"):
        made(merged(kept, {"committed": {"orders": {"c": {"signed": "2024-12-10"}}}}))


def test_what_is_committed_keeps_its_price_when_the_list_changes() -> None:
    """Proves planning again: one signed at 100, then the list says 150; the plan costs 100 all the same."""
    instance = made(listed(FALLING, limits={"t": target(1)}))
    plan = gpuplan.solve(instance, gap=0, explain_seconds=0).plan
    assert plan is not None
    again = with_commitments(instance, plan, date(2025, 3, 31)).edited(["offers.o.prices[1].price = 150"])
    outcome = gpuplan.solve(again, gap=0, explain_seconds=0)
    assert outcome.plan is not None
    assert outcome.plan.cost.discounted == 100


def test_the_last_day_to_sign_is_one_with_a_price() -> None:
    """Proves dates to act: a price until 20 February, a target at the end of March; sign by 20 February."""
    prices = [{"from": "2025-01-01", "until": "2025-02-20", "price": 100}]
    instance = made(listed(prices, limits={"t": target(1)}))
    assert last_signing(instance, "o", "a", date(2025, 3, 31)) == date(2025, 2, 20)


def test_a_question_about_a_price_moves_all_its_steps() -> None:
    """Proves figures: the first step is moved, and the others and tier prices by the same share."""
    instance = made(listed(FALLING, {"tiers": [{"from_units": 2, "price": 50}]}))
    figure = next(one for one in figures(instance) if one.kind == "price")
    assert figure.edits(Decimal(20)) == [
        "offers.o.prices[0].price += 20",
        "offers.o.prices[1].price += 10.000000",
        "offers.o.tiers[0].price += 5.000000",
    ]
    assert instance.edited(figure.edits(Decimal(20))).offers["o"].price_on(date(2025, 2, 1)) == 110


def test_a_plan_that_signs_on_a_day_without_a_price_fails_its_audit() -> None:
    """Proves the recount: an order of 1 February under a list that begins in March is told."""
    late = listed([{"from": "2025-03-01", "price": 90}], limits={"t": target(1)})
    plan = plan_of(listed(FALLING, {"order_from": "2025-02-01", "order_until": "2025-02-01"}, limits={"t": target(1)}))
    told = [str(one) for one in gpuplan.audit(made(late), plan)]
    assert any("without a price" in one for one in told), told


@pytest.mark.parametrize(
    ("prices", "says"),
    [
        ([{"from": "2025-02-01", "price": 1}, {"from": "2025-01-01", "price": 1}], "in order of their days"),
        (
            [{"from": "2025-01-01", "until": "2025-02-01", "price": 1}, {"from": "2025-02-01", "price": 1}],
            "two prices hold on 2025-02-01",
        ),
        ([{"from": "2025-02-01", "until": "2025-01-31", "price": 1}], "until 2025-01-31 is before from 2025-02-01"),
    ],
)
def test_steps_that_contradict_each_other_are_refused(prices: list[Tree], says: str) -> None:
    """Proves that a list has at most one price for a day."""
    with pytest.raises(InvalidInput, match=says):
        made(listed(prices))


def test_edits_change_the_steps_of_a_list() -> None:
    """Proves edits: one step, or all of them, which is what arithmetic on the price means where there is a list."""
    instance = made(listed(FALLING))
    assert instance.edited(["offers.o.prices[1].price *= 0.9"]).offers["o"].price_on(date(2025, 2, 1)) == 90
    assert [step.price for step in instance.edited(["offers.o.prices += 5"]).offers["o"].prices] == [205, 105]
    assert instance.edited(["offers.o.prices = []", "offers.o.price = 70"]).offers["o"].price == 70
    assert [step.price for step in instance.edited(["offers[*].price *= 1.1"]).offers["o"].prices] == [220, 110]
    with pytest.raises(InvalidInput, match="leave out one of the two"):
        instance.edited(["offers.o.price = 90"])


def test_an_offer_states_its_price_in_one_way() -> None:
    """Proves that neither and both are refused, at the field."""
    with pytest.raises(InvalidInput, match=r"states its price, or prices by the day of signing"):
        made(case(offers={"o": {"price": REMOVED}}))
    with pytest.raises(InvalidInput, match=r"leave out one of the two"):
        made(case(offers={"o": {"prices": FALLING}}))


def test_a_price_far_from_the_catalogue_is_remarked_at_its_step() -> None:
    """Proves outliers: US$ 3,000 for an HGX H200 in the second step alone."""
    prices = [{"from": "2025-01-01", "price": 250000}, {"from": "2025-02-01", "price": 3000}]
    tree = case(offers={"p": offer(system="hgx-h200", price=REMOVED, prices=prices)})
    problems = gpuplan.check(made(tree))
    assert [one.path for one in problems if "far from" in one.message] == ["offers.p.prices.1.price"]
