"""A warranty: support is paid from its end on, and what is bought again comes with another."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.timeline import Month, lot_days, supported_days, warranties
from support.answers import cost_of, plan_of, terms_of
from support.builders import Tree, case, made, merged, target

NEW_YEAR = {"order_until": "2025-01-01", "max_units": 1}
"""Signed on 1 January 2025, or not at all."""


def supported(over: Tree, years: int, **rest: object) -> Decimal:
    """Undiscounted support of one system at 100, at 10 % a year, over so many years from 1 January 2025."""
    quote = {**NEW_YEAR, "support_rate_per_year": 0.1, **over}
    found = terms_of(case(offers={"o": quote}, economics={"evaluation_years": years}, limits={"t": target(1)}, **rest))
    return found.get("support", Decimal(0))


@pytest.mark.parametrize(("warranty", "support"), [(0, 30), (1, 20), (2, 10), (3, 0), (4, 0)])
def test_support_is_paid_from_the_end_of_the_warranty_on(warranty: int, support: int) -> None:
    """Proves years: three are reckoned with; under a warranty of one, two are paid at 10 each."""
    assert round(supported({"warranty_years": warranty}, 3), 4) == support


def test_the_warranty_begins_when_the_lot_is_ready() -> None:
    """Proves its first day: 20 days of lead and 11 of acceptance make it ready on 1 February 2025, so a year of it ends
    with January 2026. The 334 days from 1 February to 31 December 2026 cost 10 x 334 / 365.

    If it began on signing, 2026 would cost 10; if on installation, on 21 January, 10 x 345 / 365. The eleven days from
    installation to acceptance in January 2025 are charged too: 10 x 11 / 365.
    """
    found = supported({"warranty_years": 1, "lead_days": 20, "acceptance_days": 11}, 2)
    assert abs(found - Decimal(10) * (334 + 11) / 365) < Decimal("0.0001")


def test_a_month_in_which_the_warranty_ends_is_paid_by_days() -> None:
    """Proves days: ready on 11 January 2025, so the last day of the warranty is 10 January 2026; 355 days of 2026 are
    paid. Charged from 11 January 2025 on, all of which is under warranty."""
    found = supported({"warranty_years": 1, "lead_days": 10}, 2)
    assert abs(found - Decimal(10) * 355 / 365) < Decimal("0.0001")


def test_what_is_bought_again_comes_with_a_warranty() -> None:
    """Proves lives of two years with a year of warranty: of four years the second and the fourth are paid, 20.

    If a warranty were given once, the third would be paid too, 30.
    """
    assert round(supported({"warranty_years": 1, "life_years": 2}, 4), 4) == 20
    assert round(supported({"warranty_years": 2, "life_years": 2}, 4), 4) == 0


def test_a_dearer_offer_with_a_longer_warranty_may_be_the_better() -> None:
    """Proves that it decides: 100 with support of 10 a year for three years is 130; 115 with three years of warranty
    is 115; with one year 135."""
    rival = {"vendor": "v", "system": "s", "price": 115, "support_rate_per_year": 0.1, "warranty_years": 3, **NEW_YEAR}
    tree = case(
        offers={"o": {**NEW_YEAR, "support_rate_per_year": 0.1}, "p": rival},
        economics={"evaluation_years": 3},
        limits={"t": target(1)},
    )
    assert cost_of(tree) == 115
    assert plan_of(tree).orders[0].offer == "p"
    assert plan_of(merged(tree, {"offers": {"p": {"warranty_years": 1}}})).orders[0].offer == "o"


def test_lots_of_other_days_have_warranties_of_their_own() -> None:
    """Proves lots: one of January, one of February, a year of warranty each, over two years: 10 + 10 x 334 / 365."""
    quote = {
        "support_rate_per_year": 0.1,
        "warranty_years": 1,
        "supply": [{"from": "2025-01-01", "units_per_month": 1}],
        "order_until": "2025-02-01",
    }
    limits = {"t": target(2, by="2025-02-28")}
    found = terms_of(case(offers={"o": quote}, economics={"evaluation_years": 2}, limits=limits))["support"]
    assert abs(found - 10 - Decimal(10) * 334 / 365) < Decimal("0.0001")


def test_days_under_warranty() -> None:
    """Proves the fact that both program and audit read: 29 February, the last day, and lives that go on."""
    offer = made(case(offers={"o": {"warranty_years": 1, "life_years": 2, "acceptance_days": 3}})).offers["o"]
    days = lot_days(offer, date(2024, 2, 29))
    assert warranties(offer, days, date(2028, 12, 31)) == (
        (date(2024, 3, 3), date(2025, 3, 2)),
        (date(2026, 3, 1), date(2027, 2, 28)),
        (date(2028, 2, 29), date(2029, 2, 28)),
    )
    march = Month(0, date(2025, 3, 1), date(2025, 3, 31))
    assert supported_days(march, date(2024, 1, 1), warranties(offer, days, date(2028, 12, 31))) == 29
    assert supported_days(march, date(2025, 3, 30), ()) == 2
    assert supported_days(march, date(2025, 4, 1), ()) == 0
    twice = ((date(2025, 3, 5), date(2025, 3, 9)), (date(2025, 3, 8), date(2025, 3, 30)))
    assert supported_days(march, date(2025, 3, 2), twice) == 4  # 2 to 4, and the 31st
    assert warranties(offer.model_copy(update={"warranty_years": 0}), days, date(2028, 12, 31)) == ()


def test_a_warranty_is_agreed_when_something_is_signed() -> None:
    """Proves commitments: signed in December with two years of warranty, under a quote that is gone; none is charged in
    2025, where the offer of today, without one, would be."""
    quote = {
        "offer": "o",
        "vendor": "v",
        "system": "s",
        "price": 100,
        "support_rate_per_year": 0.1,
        "warranty_years": 2,
    }
    order = {"offer": "o", "quote": "then", "site": "a", "signed": "2024-12-10", "units": 1}
    tree = case(
        offers={"o": {"support_rate_per_year": 0.1}},
        economics={"evaluation_years": 1},
        committed={"quotes": {"then": quote}, "orders": {"c": order}},
        limits={"t": target(1)},
    )
    assert "support" not in terms_of(tree)


def test_a_plan_that_ignores_the_warranty_fails_its_audit() -> None:
    """Proves the recount."""
    tree = case(
        offers={"o": {**NEW_YEAR, "support_rate_per_year": 0.1}},
        economics={"evaluation_years": 3},
        limits={"t": target(1)},
    )
    assert gpuplan.audit(made(merged(tree, {"offers": {"o": {"warranty_years": 1}}})), plan_of(tree))


def test_a_warranty_is_in_whole_years() -> None:
    """Proves the refusal of months."""
    with pytest.raises(InvalidInput):
        made(case(offers={"o": {"warranty_years": 1.5}}))
