"""Hosts and bundles: the part that a host keeps in kind, what a price covers, spares, bids that exclude each other."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gpuplan.errors import InvalidInput
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import POWERED, UNLIMITED, case, made, offer, target

SINGLE = {"calendar": {"periods": 1}}
HOSTED = ["system", "hosting"]


def test_a_target_counts_the_buyers_part_alone() -> None:
    """Proves `buyer_share`: 3 systems of 8 are needed for 18 accelerators at 75 %, 3 x 6 = 18; else 24."""
    kept = {"o": {"buyer_share": 0.75, "max_units": 9}}
    plan = plan_of(case(offers=kept, limits={"t": target(18, measure="accelerators")}))
    assert units_of(plan) == {"o": 3}
    assert (plan.accelerators, plan.accelerators_of_buyer) == (24, 18)
    assert units_of(plan_of(case(offers=kept, limits={"t": target(19, measure="accelerators")}))) == {"o": 4}


def test_power_supply_and_export_figures_count_what_the_host_keeps() -> None:
    """Proves the default of each measure: 2 systems at a share of 0.5 are 1 usable for the buyer.

    But 2 signed, 2 shipped, 20 kW of IT power and 2 x 8 x 5 = 80 of TPP. If broken: half of each.
    """
    tree = case(
        accelerators={"x": {"tpp": 5}},
        systems={"s": {**POWERED, "accelerator": "x"}},
        sites={"a": {"capacity": {**UNLIMITED, "protected-power": "unlimited"}}},
        offers={"o": {"buyer_share": 0.5}},
        limits={
            "t": target(1),
            "signed": {"measure": "systems", "stage": "signed", "at_most": 99},
            "shipped": {"measure": "systems", "stage": "shipped", "at_most": 99},
            "power": {"measure": "it-power-kw", "at_most": 99},
            "tpp": {"measure": "tpp", "at_most": 99},
        },
    )
    used = {limit.limit: limit.used for limit in plan_of(tree).limits}
    assert used == {"t": 1, "signed": 2, "shipped": 2, "power": 20, "tpp": 80}


def test_a_limit_may_say_whose_units_it_counts() -> None:
    """Proves `hosts`: 2 usable with the host's part are 2 systems at a share of 0.5; without it, 4 would be needed."""
    kept = {"o": {"buyer_share": 0.5, "max_units": 9}}
    assert cost_of(case(offers=kept, limits={"t": target(2, hosts="include")})) == 200
    assert cost_of(case(offers=kept, limits={"t": target(2)})) == 400
    signed = {"measure": "systems", "stage": "signed", "at_least": 2, "hosts": "exclude"}
    assert cost_of(case(offers=kept, limits={"t": signed})) == 400
    with pytest.raises(InvalidInput, match="hosts goes with a measure of units"):
        made(case(limits={"b": {"measure": "capex", "at_most": 1, "hosts": "include"}}))


def test_all_units_use_the_resources_of_the_site() -> None:
    """Proves that what the host keeps draws power: 25 kW hold 2 systems of 10, so at a share of 0.5 one at most."""
    room = {**UNLIMITED, "protected-power": 25}
    tree = case(systems={"s": POWERED}, sites={"a": {"capacity": room}}, offers={"o": {"buyer_share": 0.5}})
    assert cost_of({**tree, "limits": {"t": target(1)}}) == 200
    assert is_infeasible({**tree, "limits": {"t": target(1.5)}})


def test_work_is_done_by_the_buyers_part() -> None:
    """Proves workloads: 20 at 8 a system take 2.5 systems; at a share of 0.5 five stand for it. If all served, 300."""
    served = {"w": {"unit": "t/s", "demand": 20, "rates": {"s": 8}}}
    assert cost_of(case(offers={"o": {"buyer_share": 0.5, "max_units": 9}}, workloads=served)) == 500


def test_an_hour_of_use_costs_more_for_what_hosts_keep_and_what_is_not_available() -> None:
    """Proves the unit cost: 8 x 31 x 24 h x 0.5 x 0.8 = 2,380.8 h for 100. If all hours counted, 5,952."""
    shares = {"buyer_share": 0.5, "availability": 0.8}
    plan = plan_of(case(**SINGLE, offers={"o": shares}, limits={"t": target(0.5)}))
    assert plan.unit_costs.accelerator_hours == Decimal("2380.8")
    assert plan.unit_costs.per_accelerator_hour == Decimal("0.042003")


def test_spares_are_a_share_of_the_first_price_paid_with_each_order() -> None:
    """Proves spares: 2 systems at 100 with 5 % are 10 in the offer's currency, at 1.5: 15, beside 300."""
    money = {"economics": {"exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}]}}}
    tree = case(**money, offers={"o": {"spares_share": 0.05, "currency": "EUR"}}, limits={"t": target(2)})
    assert terms_of(tree) == {"purchase": 300, "spares": 15}


def test_a_price_with_hosting_pays_for_the_hall_and_its_energy() -> None:
    """Proves `hosting`: the opening of 40, rent of 5 a month and energy of 74.4 are the host's; 100 remain.

    The measures of the site go on counting: 10 kW are drawn from the grid all the same.
    """
    site = {
        "opening_cost": 40,
        "fixed_cost_per_month": 5,
        "capacity": {**UNLIMITED, "protected-power": {"amount": 50, "needs": {"grid-power": 1}}},
        "tariff": {"energy_price_per_kwh": 0.01},
    }
    limits = {"t": target(1), "grid": {"measure": "grid-power-kw", "at_most": 10}}
    tree = case(**SINGLE, systems={"s": POWERED}, sites={"a": site}, limits=limits)
    assert terms_of(tree) == {"purchase": 100, "opening": 40, "site": 5, "energy": Decimal("74.4")}
    tree["offers"]["o"]["includes"] = HOSTED
    assert terms_of(tree) == {"purchase": 100}
    assert next(limit.used for limit in plan_of(tree).limits if limit.limit == "grid") == 10


def test_it_must_be_clear_who_pays_a_site() -> None:
    """Proves that a site with costs of its own takes offers that all include hosting, or none that does."""
    both = {"o": {"includes": HOSTED}, "p": offer()}
    with pytest.raises(InvalidInput, match=r"o includes hosting here and p does not"):
        made(case(sites={"a": {"opening_cost": 40}}, offers=both))
    made(case(sites={"a": {}}, offers=both))


def test_support_is_in_the_price_or_has_a_rate() -> None:
    """Proves that nobody pays support twice without a word."""
    with pytest.raises(InvalidInput, match="no support_rate_per_year"):
        made(case(offers={"o": {"includes": ["system", "support"], "support_rate_per_year": 0.1}}))


def test_bids_exclude_each_other_by_a_count_of_offers() -> None:
    """Proves the readable way: at most one of o and p. o + p would make 4 for 380; with one of them 2 and q for 600.

    If the count were of vendors, both bids of v would pass.
    """
    offers = {"o": {"max_units": 2}, "p": offer(price=90, max_units=2), "q": offer(price=210, max_units=2)}
    either = {"measure": "systems", "stage": "signed", "count": "offers", "select": {"offer": ["o", "p"]}, "at_most": 1}
    assert cost_of(case(offers=offers, limits={"t": target(4)})) == 380
    plan = plan_of(case(offers=offers, limits={"t": target(4), "either": either}))
    assert plan.cost.amount == 600
    assert units_of(plan) == {"p": 2, "q": 2}
