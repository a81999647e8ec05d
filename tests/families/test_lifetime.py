"""Lifetime: replacement at the end of a life, and what is left of one at the end."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import POWERED, UNLIMITED, Tree, case, merged, offer, target

SINGLE = {"calendar": {"periods": 1}}
YEARS = {"economics": {"evaluation_years": 2}}
ONE = {"limits": {"t": target(1)}}


def test_a_system_is_bought_again_at_the_end_of_its_life() -> None:
    """Proves replacement: installed on 1 January 2025, one year of life, two years reckoned with (730 days).

    It is bought again on 1 January 2026, and that life ends on the last day: 200, nothing left.
    """
    tree = case(**SINGLE, **YEARS, offers={"o": {"life_years": 1}}, **ONE)
    assert terms_of(tree) == {"purchase": 100, "replacement": 100}


def test_what_is_left_of_a_life_is_worth_its_part_of_the_price() -> None:
    """Proves the residual: 31 of 365 days of a year are used, so 334 / 365 of 365 are left: 365 - 334 = 31."""
    plan = plan_of(case(**SINGLE, offers={"o": {"life_years": 1, "price": 365}}, **ONE))
    assert plan.cost.terms["residual"].amount == -334
    assert plan.cost.amount == 31
    assert [year.amount for year in plan.cash] == [365]


def test_a_longer_life_is_worth_a_higher_price() -> None:
    """Proves the choice: o at 100 for one year costs 200 in two years; p at 180 for two years costs 180."""
    tree = case(**SINGLE, **YEARS, offers={"o": {"life_years": 1}, "p": offer(price=180, life_years=2)}, **ONE)
    assert units_of(plan_of(tree)) == {"p": 1}


def test_a_life_begins_when_the_lot_is_installed() -> None:
    """Proves the day: installed on 11 January, 21 days of 365 are used on the 31st: 344 are left. If signed, 334."""
    late = {"life_years": 1, "price": 365, "lead_days": 10}
    assert cost_of(case(**SINGLE, offers={"o": late}, **ONE)) == 21


def test_residual_value_is_in_no_budget_and_replacement_is() -> None:
    """Proves the kinds: 365 are spent though 334 come off the cost; a replacement of 100 needs room in a capex."""
    tree = case(**SINGLE, offers={"o": {"life_years": 1, "price": 365}}, limits={"t": target(1)})
    tree["limits"]["b"] = {"measure": "spend", "at_most": 364}
    assert is_infeasible(tree)
    again = case(**SINGLE, **YEARS, offers={"o": {"life_years": 1}}, limits={"t": target(1)})
    again["limits"]["b"] = {"measure": "capex", "at_most": 199, "by": "2026-12-31"}
    assert is_infeasible(again)


def test_modules_have_lives_of_their_own() -> None:
    """Proves modules: a UPS at 73 with a life of a year, ready on 1 January; 31 days used, 73 x 334 / 365 left."""
    tree = case(
        **SINGLE,
        systems={"s": POWERED},
        modules={"ups": {"provides": {"protected-power": 12}, "price": 73, "life_years": 1, "lead_days": 0}},
        sites={"a": {"capacity": UNLIMITED, "modules": {"ups": {"max_units": 1}}}},
        **ONE,
    )
    assert terms_of(tree) == {"purchase": 100, "modules": 73, "residual": Decimal("-66.8")}


@pytest.mark.parametrize("years", [1, 3, 4, 5, 10])
@pytest.mark.parametrize("start", ["2024-01-01", "2025-01-01", "2027-03-01", "2028-02-01"])
def test_a_life_of_as_many_years_as_are_reckoned_with_is_one_life(start: str, years: int) -> None:
    """Proves calendar years, leap years among them. If broken, all is bought again on the last day: 200 at most."""
    tree = case(
        calendar={"start": start, "periods": 1},
        economics={"evaluation_years": years},
        offers={"o": {"life_years": years}},
        **ONE,
    )
    assert terms_of(tree) == {"purchase": 100}


def test_what_is_left_of_a_life_is_counted_in_calendar_years() -> None:
    """Proves the leap year: of two years from 2027, 731 days, one is left after one: half of 731. By days it is 366."""
    tree = case(
        calendar={"start": "2027-01-01", "periods": 1},
        economics={"evaluation_years": 1},
        offers={"o": {"life_years": 2, "price": 731}},
        **ONE,
    )
    assert terms_of(tree) == {"purchase": 731, "residual": Decimal("-365.5")}


LIVED: Tree = {
    "calendar": {"periods": 1},
    "economics": {"evaluation_years": 1},
    "offers": {"o": {"life_years": 2, "price": 100, "max_units": 8, "order_until": "2025-01-01"}},
    "limits": {"t": target(2)},
}
"""Two systems are wanted; half of what is paid for them is left."""


def test_what_is_left_follows_the_tier_that_was_paid() -> None:
    """Proves all-units tiers: at 40 from 2 on, 80 are paid and 40 left. By the first price 100 were left, and each
    further system would earn 10: with eight of them, cost is -80."""
    tree = case(**merged(LIVED, {"offers": {"o": {"tiers": [{"from_units": 2, "price": 40}]}}}))
    assert terms_of(tree) == {"purchase": 80, "residual": -40}
    assert units_of(plan_of(tree)) == {"o": 2}


def test_what_is_bought_again_costs_what_was_paid() -> None:
    """Proves it for lives of a year over three: two systems at 40, bought three times, cost 240; by the first price
    480."""
    over = {"economics": {"evaluation_years": 3}, "offers": {"o": {"life_years": 1}}}
    tree = case(**merged(merged(LIVED, over), {"offers": {"o": {"tiers": [{"from_units": 2, "price": 40}]}}}))
    assert terms_of(tree) == {"purchase": 80, "replacement": 160}


def test_what_incremental_tiers_save_is_not_left() -> None:
    """Proves it: the third system saves 60: 240 are paid and 120 left. By the first price it were 150, and further
    ones, each at 40 with 50 left, would earn 10."""
    tiers = {"tiers": [{"from_units": 2, "price": 40}], "tier_pricing": "incremental"}
    tree = case(**merged(LIVED, {"offers": {"o": tiers}, "limits": {"t": target(3)}}))
    assert terms_of(tree) == {"purchase": 240, "residual": -120}
    assert units_of(plan_of(tree)) == {"o": 3}


def test_what_a_vendor_gives_back_is_not_left() -> None:
    """Proves it: of 200, 120 are given back: 80 are paid and 40 left. If broken, 100 are left, and further systems
    earn 10 each."""
    tree = case(vendors={"v": {"rebates": [{"from_spend": 150, "rate": 0.6}]}}, **LIVED)
    assert terms_of(tree) == {"purchase": 200, "rebates": -120, "residual": -40}
    assert units_of(plan_of(tree)) == {"o": 2}


def test_a_life_that_begins_on_a_leap_day_ends_with_february() -> None:
    """Proves the year of 29 February: it ends on 28 February 2025, after 366 days.

    Installed on the 29th (28 days after the 1st), reckoned with until 31 January 2025: 28 of 366 days are left.
    """
    tree = case(
        calendar={"start": "2024-02-01", "periods": 1},
        economics={"evaluation_years": 1},
        offers={"o": {"life_years": 1, "price": 366, "lead_days": 28}},
        **ONE,
    )
    assert terms_of(tree) == {"purchase": 366, "residual": -28}


@pytest.mark.parametrize("year", [2024, 2025])
def test_support_and_maintenance_of_a_year_are_a_years(year: int) -> None:
    """Proves that a year of 366 days costs no more than one of 365: 10 % of 100 and 5 % of 60 are 10 and 3."""
    tree = case(
        calendar={"start": f"{year}-01-01", "periods": 1},
        economics={"evaluation_years": 1},
        systems={"s": POWERED},
        offers={"o": {"support_rate_per_year": 0.1}},
        modules={
            "ups": {
                "provides": {"protected-power": 12},
                "price": 60,
                "maintenance_rate_per_year": 0.05,
                "lead_days": 0,
            }
        },
        sites={"a": {"capacity": UNLIMITED, "modules": {"ups": {"max_units": 1}}}},
        **ONE,
    )
    found = terms_of(tree)
    # Each month's part is rounded to a millionth.
    assert [float(found["support"]), float(found["maintenance"])] == pytest.approx([10, 3], abs=1e-5)


def test_a_life_without_an_end_that_a_calendar_knows_is_a_life() -> None:
    """Proves that a generous number of years is no fault: after a month hardly anything of 100 is used up."""
    plan = plan_of(case(**SINGLE, offers={"o": {"life_years": 1_000_000}}, **ONE))
    assert plan.cost.amount == pytest.approx(Decimal(0), abs=Decimal("0.0001"))
