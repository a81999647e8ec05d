"""Supply: what can be signed when, what arrives when, and what can stand. Offer o: 100 each, at most 3."""

from __future__ import annotations

from datetime import date

import pytest

from gpuplan.formulation import formulate
from support.answers import cost_of, days_of, is_infeasible, plan_of, units_of
from support.builders import case, made, offer, target


def test_the_cheapest_offer_is_bought_up_to_its_maximum_and_the_rest_from_the_next() -> None:
    """Proves `max_units`: of 4 systems 3 come from o at 100 and 1 from p at 150, 3 x 100 + 150 = 450.

    If broken, 400: all four from o.
    """
    tree = case(offers={"p": offer(price=150)}, limits={"t": target(4)})
    assert cost_of(tree) == 450


def test_more_than_everything_on_offer_is_infeasible() -> None:
    """Proves that the maximum binds: 3 can be had, 4 cannot."""
    assert not is_infeasible(case(limits={"t": target(3)}))
    assert is_infeasible(case(limits={"t": target(4)}))


def test_units_come_in_whole_lots() -> None:
    """Proves `lot_units`: 3 systems in lots of 2 are 2 lots, 4 x 100 = 400. If broken, 300 (or 350 by a half lot)."""
    tree = case(offers={"o": {"lot_units": 2, "max_units": 6}}, limits={"t": target(3)})
    plan = plan_of(tree)
    assert plan.cost.discounted == 400
    assert units_of(plan) == {"o": 4}


def test_a_maximum_that_is_no_whole_number_of_lots_is_rounded_down() -> None:
    """Proves that of at most 5 in lots of 2 only 4 can be bought: a fifth costs 500 elsewhere, 400 + 500 = 900."""
    tree = case(offers={"o": {"lot_units": 2, "max_units": 5}, "p": offer(price=500)}, limits={"t": target(5)})
    assert cost_of(tree) == 900


def test_a_minimum_order_is_bought_whole_or_not_at_all() -> None:
    """Proves `min_units`: for 1 system, o sells at least 3 (300); p sells one for 250, so 250 it is.

    If broken, 100. And when p asks 350, 3 are bought from o for 300 although 1 is wanted.
    """
    over = {"o": {"min_units": 3}}
    assert cost_of(case(offers={**over, "p": offer(price=250)}, limits={"t": target(1)})) == 250
    assert cost_of(case(offers={**over, "p": offer(price=350)}, limits={"t": target(1)})) == 300


def test_a_lot_is_usable_when_lead_shipping_installation_and_acceptance_are_over() -> None:
    """Proves the sum of days: signed 1 January, 20 + 5 + 3 + 2 days later is 31 January.

    Usable by 31 January holds exactly; one more day of acceptance makes it 1 February and infeasible.
    """
    days = {"lead_days": 20, "shipping_days": 5, "installation_days": 3, "acceptance_days": 2}
    by = {"t": target(1, by="2025-01-31")}
    assert cost_of(case(offers={"o": days}, limits=by)) == 100
    assert is_infeasible(case(offers={"o": {**days, "acceptance_days": 3}}, limits=by))


def test_a_lead_is_that_of_the_day_of_signing() -> None:
    """Proves dated leads: 60 days if signed in January (2 March), 10 if signed in February (11 February).

    Usable by 20 February is met by waiting until 1 February. If the first step held throughout, infeasible.
    """
    lead = [{"from": "2025-01-01", "days": 60}, {"from": "2025-02-01", "days": 10}]
    plan = plan_of(case(offers={"o": {"lead_days": lead}}, limits={"t": target(1, by="2025-02-20")}))
    assert days_of(plan) == {date(2025, 2, 1)}


def test_shipments_keep_to_the_rate_of_their_calendar_month() -> None:
    """Proves `supply`: one a month in January and February, two from March. By the end of February 2 can be there.

    By the end of March all 3: January 1, February 1, March 1. If the rate were not kept, 3 by February.
    """
    supply = [{"from": "2025-01-01", "units_per_month": 1}, {"from": "2025-03-01", "units_per_month": 2}]
    rated = {"o": {"supply": supply, "max_units": 9}}
    assert not is_infeasible(case(offers=rated, limits={"t": target(2, by="2025-02-28")}))
    assert is_infeasible(case(offers=rated, limits={"t": target(3, by="2025-02-28")}))
    assert not is_infeasible(case(offers=rated, limits={"t": target(4)}))
    assert is_infeasible(case(offers=rated, limits={"t": target(5)}))


def test_a_month_ships_whole_lots() -> None:
    """Proves that of 5 a month in lots of 2 only 4 are counted on, in the program and not only in its plans.

    January, February and March ship 4 each by the end of March: 12, and 13 are infeasible. The row says so itself, so
    that a relaxation knows it: if broken, its bound is 5 or, were a lot taken for a unit, 2.
    """
    rated = {"o": {"supply": [{"from": "2025-01-01", "units_per_month": 5}], "lot_units": 2, "max_units": 40}}
    assert not is_infeasible(case(offers=rated, limits={"t": target(12)}))
    assert is_infeasible(case(offers=rated, limits={"t": target(13)}))
    rows = formulate(made(case(offers=rated, limits={"t": target(12)}))).problem.rows
    assert {rows.upper[row] for row, key in enumerate(rows.keys) if key[0] == "supply"} == {4.0}


def test_the_rate_counts_the_month_of_shipping_not_of_signing() -> None:
    """Proves that a lead of 31 days moves the rate: signed in January, shipped in February.

    Nothing ships before February, at 2 a month: signed in January they ship in February, so 2 by its end.
    """
    offers = {"o": {"supply": [{"from": "2025-02-01", "units_per_month": 2}], "lead_days": 31}}
    assert not is_infeasible(case(offers=offers, limits={"t": target(2, by="2025-02-28")}))
    assert is_infeasible(case(offers=offers, limits={"t": target(3, by="2025-02-28")}))


@pytest.mark.parametrize(
    ("window", "signed"),
    [
        ({"order_from": "2025-01-02"}, {date(2025, 1, 2), date(2025, 2, 1), date(2025, 3, 1)}),
        ({"order_from": "2025-02-01", "order_until": "2025-02-28"}, {date(2025, 2, 1)}),
        ({"award_days": 31}, {date(2025, 2, 1), date(2025, 3, 1)}),
        ({"award_days": 32}, {date(2025, 3, 1)}),
    ],
)
def test_signing_keeps_to_the_order_window_and_follows_the_tender(window: dict[str, object], signed: set[date]) -> None:
    """Proves the window: signings are within it, on first days of months or the day on which it opens, and after the
    tender from 1 January on.

    A tender of 31 days ends on 1 February, one of 32 days on the 2nd, so that 1 March is the first signing.
    """
    plan = plan_of(case(offers={"o": {**window, "max_units": 1}}, limits={"t": target(1)}))
    assert days_of(plan) <= signed


def test_an_offer_goes_only_to_its_sites() -> None:
    """Proves `sites`: o goes to b only; a target at a is met by p at 170. If broken, 100."""
    tree = case(
        sites={"b": {}},
        offers={"o": {"sites": ["b"]}, "p": offer(price=170)},
        limits={"t": target(1, select={"site": "a"})},
    )
    assert cost_of(tree) == 170


def test_a_delivered_lot_may_wait_for_room() -> None:
    """Proves that installed is a decision: the site opens on 15 February, the lot of January waits for it.

    The window closes on 31 January, so that waiting is the only way: optimal 100, installed on 28 February.
    """
    tree = case(
        sites={"a": {"opens": "2025-02-15"}}, offers={"o": {"order_until": "2025-01-31"}}, limits={"t": target(1)}
    )
    plan = plan_of(tree)
    assert plan.cost.discounted == 100
    assert all(line.day >= date(2025, 2, 15) for line in plan.decisions.installed)
