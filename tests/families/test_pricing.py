"""Pricing: tiers, fees, currencies, milestones, parts and support."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gpuplan.errors import InvalidInput
from support.answers import cost_of, is_infeasible, plan_of, terms_of
from support.builders import case, made, target

SINGLE = {"calendar": {"periods": 1}}
TIERS = [{"from_units": 2, "price": 80}, {"from_units": 3, "price": 50}]


@pytest.mark.parametrize(("units", "cost"), [(1, 100), (2, 150), (3, 150)])
def test_the_all_units_tier_reached_prices_every_unit(units: int, cost: int) -> None:
    """Proves all-units tiers: 1 x 100; 2 x 80 = 160, but 3 x 50 = 150 is less, so three are bought for two; 3 x 50.

    If only the units above the boundary were cheaper, three would cost 100 + 80 + 50 = 230.
    """
    assert cost_of(case(offers={"o": {"tiers": TIERS}}, limits={"t": target(units)})) == cost


@pytest.mark.parametrize(("units", "cost"), [(1, 100), (2, 200), (3, 280), (4, 330), (5, 380)])
def test_each_unit_pays_its_own_incremental_tier(units: int, cost: int) -> None:
    """Proves incremental tiers: `from_units: 2` is a boundary after two units, so 100, 100, 80, 50, 50.

    If the tier reached priced every unit, three would cost 240; if the boundary were before unit two, 280 would be 230.
    """
    priced = {"max_units": 9, "tiers": TIERS, "tier_pricing": "incremental"}
    assert cost_of(case(offers={"o": priced}, limits={"t": target(units)})) == cost


def test_a_dearer_incremental_tier_is_paid_too() -> None:
    """Proves that the order of tiers binds: units 3 and 4 cost 170 each after two at 100, 200 + 340 = 540.

    If the tiers could be filled in any order, four units would cost 400.
    """
    priced = {"max_units": 9, "tiers": [{"from_units": 2, "price": 170}], "tier_pricing": "incremental"}
    assert cost_of(case(offers={"o": priced}, limits={"t": target(4)})) == 540


def test_a_saving_of_incremental_tiers_is_booked_on_the_last_day_of_the_order_window() -> None:
    """Proves the day: 3 units at 100 with 20 off the third; a cash limit to the end of January sees 300, not 280.

    The window ends on 28 February. So at most 299 by 31 January is infeasible when all must be signed in January.
    """
    priced = {
        "tiers": [{"from_units": 2, "price": 80}],
        "tier_pricing": "incremental",
        "order_until": "2025-02-28",
        "lead_days": [{"from": "2025-01-01", "days": 0}, {"from": "2025-02-01", "days": 365}],
    }
    budget = {"measure": "capex", "by": "2025-01-31", "at_most": 299}
    assert is_infeasible(case(offers={"o": priced}, limits={"t": target(3), "b": budget}))
    later = {**budget, "by": "2025-02-28", "at_most": 281}
    assert cost_of(case(offers={"o": priced}, limits={"t": target(3), "b": later})) == 280


def test_all_units_pays_the_fee_of_the_tier_reached_and_incremental_those_of_every_tier_entered() -> None:
    """Proves fees: two tiers with fees 10 and 35. All-units 3 x 50 + 35 = 185; incremental 100 + 100 + 50 + 45 = 295.

    If broken: all-units 195 (both fees) or incremental 285 (the last alone).
    """
    tiers = {"fee": 10, "tiers": [{"from_units": 2, "price": 50, "fee": 35}]}
    limits = {"t": target(3)}
    assert cost_of(case(offers={"o": tiers}, limits=limits)) == 185
    assert cost_of(case(offers={"o": {**tiers, "tier_pricing": "incremental"}}, limits=limits)) == 295


def test_a_fee_falls_due_at_the_first_signing() -> None:
    """Proves the day of a fee: signed in January and February by the supply of 1 a month; the fee of 30 is January's.

    Fees by 31 January at least 30 is then met; with a fee in February it would be infeasible.
    """
    offers = {"o": {"fee": 30, "supply": [{"from": "2025-01-01", "units_per_month": 1}], "order_until": "2025-02-28"}}
    early = {"measure": "spend", "terms": ["fees"], "by": "2025-01-31"}
    limits = {"t": target(2, by="2025-02-28")}
    assert cost_of(case(offers=offers, limits={**limits, "f": {**early, "at_least": 30}})) == 230
    assert is_infeasible(case(offers=offers, limits={**limits, "f": {**early, "at_most": 29}}))


def test_exchange_rates_are_taken_on_the_day_of_each_payment() -> None:
    """Proves dated rates and milestones: 100 EUR, a quarter on signing 1 January at 1.5, the rest 40 days later at 1.2.

    25 x 1.5 + 75 x 1.2 = 37.5 + 90 = 127.5. At the rate of signing it would be 150.
    """
    tree = case(
        calendar={"periods": 1},
        economics={
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.2}]}
        },
        offers={
            "o": {
                "currency": "EUR",
                "payments": [
                    {"event": "signed", "share": 0.25},
                    {"event": "signed", "share": 0.75, "days_after": 40},
                ],
            }
        },
        limits={"t": target(1)},
    )
    assert cost_of(tree) == Decimal("127.5")


def test_a_share_in_another_currency_is_fixed_on_signing_and_paid_at_the_rate_of_its_day() -> None:
    """Proves milestones in several currencies: 100 EUR at 1.5 on signing, half in EUR, a quarter each in USD and KRW.

    After 40 days EUR is 1.2 and KRW has gone from 0.001 to 0.002. EUR 50 x 1.2 = 60; USD 25 x 1.5 = 37.5, fixed on
    signing; KRW 25 x 1.5 / 0.001 = 37,500, then 75. In all 172.5; if everything were owed in EUR, 120.
    """
    later = {"event": "signed", "days_after": 40}
    tree = case(
        calendar={"periods": 1},
        economics={
            "exchange_rates": {
                "EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.2}],
                "KRW": [{"from": "2025-01-01", "rate": 0.001}, {"from": "2025-02-01", "rate": 0.002}],
            }
        },
        offers={
            "o": {
                "currency": "EUR",
                "payments": [
                    {**later, "share": 0.5},
                    {**later, "share": 0.25, "currency": "USD"},
                    {**later, "share": 0.25, "currency": "KRW"},
                ],
            }
        },
        limits={"t": target(1)},
    )
    assert cost_of(tree) == Decimal("172.5")


def test_a_currency_of_a_payment_needs_a_rate() -> None:
    """Proves the check, with the payment it is about."""
    with pytest.raises(InvalidInput, match=r"offers.o.payments.0.currency: there is no exchange rate for JPY"):
        made(case(offers={"o": {"payments": [{"event": "signed", "share": 1, "currency": "JPY"}]}}))


def test_a_payment_a_year_later_is_discounted_by_a_year() -> None:
    """Proves discounting: 110 paid 365 days after signing at 10 % a year is worth 100 on the first day."""
    paid = {"price": 110, "payments": [{"event": "signed", "share": 1, "days_after": 365}]}
    tree = case(**SINGLE, economics={"discount_rate_per_year": 0.1}, offers={"o": paid}, limits={"t": target(1)})
    plan = plan_of(tree)
    assert abs(plan.cost.discounted - 100) < Decimal("0.0001")
    assert plan.cost.amount == 110


def test_parts_that_an_offer_leaves_out_are_added_from_the_system() -> None:
    """Proves adders: network 7 and installation 3 for each of 2 systems, 200 + 14 + 6; with network 200 + 6."""
    systems = {"s": {"network_price_usd": 7, "installation_price_usd": 3}}
    assert terms_of(case(systems=systems, limits={"t": target(2)})) == {
        "purchase": 200,
        "network": 14,
        "installation": 6,
    }
    inside = {"o": {"includes": ["system", "network"]}}
    assert cost_of(case(systems=systems, offers=inside, limits={"t": target(2)})) == 206


def test_support_is_paid_for_the_days_that_systems_are_installed() -> None:
    """Proves support: 36.5 % a year of 100 is 0.1 a day; January alone is 31 days, 3.1 a system, 2 systems: 206.2."""
    tree = case(**SINGLE, offers={"o": {"support_rate_per_year": 0.365}}, limits={"t": target(2)})
    assert cost_of(tree) == Decimal("206.2")


def test_operation_goes_on_to_the_end_of_the_evaluation_years() -> None:
    """Proves the tail: one month of calendar and one year of evaluation are 365 days at 0.1: 100 + 36.5 = 136.5."""
    tree = case(
        **SINGLE,
        economics={"evaluation_years": 1},
        offers={"o": {"support_rate_per_year": 0.365}},
        limits={"t": target(1)},
    )
    assert cost_of(tree) == Decimal("136.5")


def test_money_for_a_site_counts_against_its_budget_whatever_the_tiers() -> None:
    """Proves that a tiered purchase keeps its site: 2 at a for 160 break a budget of 100 there, with one site and two.

    With a second site b, the two go there. If the purchase had no site, the budget would not see it.
    """
    tiers = {"o": {"tiers": [{"from_units": 2, "price": 80}]}}
    rules = {"t": target(2), "b": {"measure": "capex", "at_most": 70, "select": {"site": "a"}}}
    assert is_infeasible(case(offers=tiers, limits=rules))
    plan = plan_of(case(sites={"b": {}}, offers=tiers, limits=rules))
    assert {line.site for line in plan.decisions.orders} == {"b"}


def test_a_tier_that_holds_no_unit_is_not_entered_to_inflate_spend() -> None:
    """Proves that fees follow from units: 2 units at 10 never owe the fee of 50 of the tier after two.

    So a floor of 60 on spend with exactly two units is infeasible. If the tier could be entered empty, 70.
    """
    priced = {"price": 10, "max_units": 2, "tier_pricing": "incremental"}
    priced["tiers"] = [{"from_units": 2, "price": 10, "fee": 50}]
    floor = {"measure": "spend", "at_least": 60}
    assert is_infeasible(case(offers={"o": priced}, limits={"t": target(2), "f": floor}))
