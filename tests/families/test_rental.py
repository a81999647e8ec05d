"""Rental of systems and colocation: months, minimum terms, take or pay."""

from __future__ import annotations

from decimal import Decimal

from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import POWERED, UNLIMITED, case, offer, target

SINGLE = {"calendar": {"periods": 1}}
RENTED = {"price": 0, "price_per_month": 31}


def test_rent_runs_from_the_day_a_lot_is_ready_to_the_end() -> None:
    """Proves the days: signed on 1 January, ready on 11 January; 21 of 31 days of January, then 31 for each month.

    31 x 21 / 31 + 31 + 31 = 83 for each of 2 systems: 166. If rent ran from signing, 186.
    """
    tree = case(offers={"o": {**RENTED, "lead_days": 10, "order_until": "2025-01-31"}}, limits={"t": target(2)})
    assert terms_of(tree) == {"rental": 166}


def test_a_minimum_term_is_owed_though_the_calendar_ends_sooner() -> None:
    """Proves `min_months`: one month of calendar, two months of rent from 1 January are 62. Without it, 31."""
    tree = case(**SINGLE, offers={"o": {**RENTED, "min_months": 2}}, limits={"t": target(1)})
    assert terms_of(tree) == {"rental": 62}
    tree["offers"]["o"]["min_months"] = 1
    assert terms_of(tree) == {"rental": 31}


def test_rent_goes_on_to_the_end_of_the_evaluation_years() -> None:
    """Proves the tail: twelve months of 31 are 372, so to buy for 371 is cheaper and for 373 dearer."""
    year = {"economics": {"evaluation_years": 1}}
    limits = {"t": target(1)}
    for price, chosen in ((371, "p"), (373, "o")):
        tree = case(**SINGLE, **year, offers={"o": RENTED, "p": offer(price=price)}, limits=limits)
        assert units_of(plan_of(tree)) == {chosen: 1}


def test_rent_is_paid_in_the_offers_currency_on_the_last_day_of_each_month() -> None:
    """Proves dated rates: 31 at 1.5 for January and at 1.25 from 10 February on: 46.5 + 38.75 + 38.75 = 124."""
    rates = {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}
    tree = case(
        economics={"exchange_rates": rates},
        offers={"o": {**RENTED, "currency": "EUR", "order_until": "2025-01-31"}},
        limits={"t": target(1, by="2025-01-31")},
    )
    assert cost_of(tree) == Decimal(124)


def test_colocation_is_taken_or_paid_in_blocks() -> None:
    """Proves rented modules: 2 systems of 10 kW need 2 blocks of 12 kW at 60 a month, though 4 kW are left over.

    200 + 2 x 60 = 320 for one month; a minimum term of 3 months makes 200 + 360.
    """
    block = {"provides": {"protected-power": 12}, "price_per_month": 60, "lead_days": 0}
    tree = case(
        **SINGLE,
        systems={"s": POWERED},
        modules={"cage": block},
        sites={"a": {"capacity": UNLIMITED, "modules": {"cage": {}}}},
        limits={"t": target(2)},
    )
    assert terms_of(tree) == {"purchase": 200, "colocation": 120}
    tree["modules"]["cage"]["min_months"] = 3
    assert terms_of(tree) == {"purchase": 200, "colocation": 360}


def test_rent_counts_in_a_budget_of_operation_and_not_of_capital() -> None:
    """Proves the kind of the term: 93 of rent in three months pass a capex of 0 and break an opex of 92."""
    capital = {"measure": "capex", "at_most": 0}
    tree = case(offers={"o": {**RENTED, "order_until": "2025-01-31"}}, limits={"t": target(1), "b": capital})
    assert terms_of(tree) == {"rental": 93}
    tree["limits"]["b"] = {"measure": "opex", "at_most": 92}
    assert is_infeasible(tree)
