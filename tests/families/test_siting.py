"""Siting: whether and when a site opens, and what it costs from then on."""

from __future__ import annotations

from datetime import date

import pytest

from support.answers import cost_of, is_infeasible, plan_of, terms_of, worth
from support.builders import case, offer, target


def test_a_site_that_costs_to_open_is_opened_once_and_only_when_used() -> None:
    """Proves `opening_cost`: a costs 40 to open, b 55: two systems at one site, 200 + 40. Both open would be 295."""
    tree = case(sites={"a": {"opening_cost": 40}, "b": {"opening_cost": 55}}, limits={"t": target(2)})
    plan = plan_of(tree)
    assert plan.cost.discounted == 240
    assert [line.site for line in plan.decisions.openings] == ["a"]
    assert cost_of(case(sites={"a": {"opening_cost": 40}})) == 0


def test_two_sites_are_opened_when_one_cannot_hold_everything() -> None:
    """Proves one opening for each site used: 1 position at a and 2 at b for 3 systems cost 300 + 40 + 55 = 395."""
    racks = {"capacity": {"rack-positions": 1}}
    tree = case(
        systems={"s": {"rack_units": 8}},
        sites={
            "a": {"opening_cost": 40, **racks},
            "b": {"opening_cost": 55, "capacity": {"rack-positions": 2}},
        },
        limits={"t": target(3)},
    )
    assert cost_of(tree) == 395


def test_an_offer_that_can_fill_little_opens_a_site_as_far_as_it_fills_that() -> None:
    """Proves the row of each offer at a site, with its own largest number: one system of o, one of p, eight of q.

    The cheap ones, there from 1 February on, cost 200 and the whole of 40, in the relaxation too. If the row is
    missing, two of the ten systems that could stand there ask for a fifth of the opening: 208.
    """
    late = {"lead_days": 31, "max_units": 1}
    tree = case(
        sites={"a": {"opening_cost": 40}},
        offers={"o": late, "p": offer(**late), "q": offer(lead_days=31, max_units=8, price=300)},
        limits={"t": target(2)},
    )
    assert worth(tree, whole=True) == pytest.approx(240)
    assert worth(tree, whole=False) == pytest.approx(240)


def test_nothing_stands_before_the_building_time_is_over() -> None:
    """Proves `build_days`: decided on 1 January, 50 days later is 20 February: usable by then, not by the 19th."""
    sites = {"a": {"build_days": 50}}
    assert not is_infeasible(case(sites=sites, limits={"t": target(1, by="2025-02-20")}))
    assert is_infeasible(case(sites=sites, limits={"t": target(1, by="2025-02-19")}))


def test_a_site_opens_on_its_day_without_any_decision() -> None:
    """Proves `opens`: from 15 February on, although lots can be there in January. If broken, 31 January is feasible."""
    sites = {"a": {"opens": "2025-02-15"}}
    assert is_infeasible(case(sites=sites, limits={"t": target(1, by="2025-02-14")}))
    plan = plan_of(case(sites=sites, limits={"t": target(1, by="2025-02-15")}))
    assert plan.decisions.openings == ()


def test_a_fixed_cost_is_paid_for_every_month_from_the_one_in_which_the_site_opens() -> None:
    """Proves `fixed_cost_per_month`: needed by the end of March alone, the site is opened in March: 100 + 1 x 5.

    Needed by the end of January it is paid for three months, 100 + 15; with a year of evaluation for twelve, 160.
    """
    sites = {"a": {"fixed_cost_per_month": 5}}
    assert cost_of(case(sites=sites, limits={"t": target(1)})) == 105
    assert cost_of(case(sites=sites, limits={"t": target(1, by="2025-01-31")})) == 115
    year = case(sites=sites, economics={"evaluation_years": 1}, limits={"t": target(1, by="2025-01-31")})
    assert terms_of(year) == {"purchase": 100, "site": 60}


def test_a_site_that_opens_after_the_last_period_is_never_used() -> None:
    """Proves that 1 April is too late in a calendar that ends on 31 March."""
    assert is_infeasible(case(sites={"a": {"opens": "2025-04-01"}}, limits={"t": target(1)}))


def test_an_opening_is_paid_at_the_rate_of_the_day_of_decision() -> None:
    """Proves the currency: 40 EUR at 1.5 in January, 1.25 from February on: deciding in February costs 50, not 60."""
    rates = {"exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-01", "rate": 1.25}]}}
    tree = case(economics=rates, sites={"a": {"opening_cost": 40, "currency": "EUR"}}, limits={"t": target(1)})
    plan = plan_of(tree)
    assert plan.cost.discounted == 150
    assert plan.decisions.openings[0].decided >= date(2025, 2, 1)
