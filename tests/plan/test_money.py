"""The money of a plan: terms that add up to the totals, cash by fiscal year, unit costs; each against sums by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gpuplan.instance.rules import CAPEX, OPEX
from gpuplan.plan.plan import Plan
from plan.examples import module, opening, order, planned, small, solved, stands, tier
from support.answers import plan_of
from support.builders import UNLIMITED, case, target


def terms(plan: Plan) -> dict[str, Decimal]:
    return {name: term.amount for name, term in plan.cost.terms.items()}


def test_cost_terms_add_up_to_the_totals_exactly() -> None:
    """Proves the sum to the last millionth, paid and discounted, of a plan with nearly every term."""
    _, plan = solved()
    assert sum(term.amount for term in plan.cost.terms.values()) == plan.cost.amount
    assert sum(term.discounted for term in plan.cost.terms.values()) == plan.cost.discounted
    assert plan.cost.discounted == plan.levels[-1].value
    assert len(plan.cost.terms) >= 12


def test_each_term_is_of_its_kind() -> None:
    """Proves that capex, opex and penalty are told apart as the closed list says."""
    _, plan = solved()
    for name, term in plan.cost.terms.items():
        assert term.kind == ("capex" if name in CAPEX else "opex" if name in OPEX else "penalty")
    assert {term.kind for term in plan.cost.terms.values()} == {"capex", "opex", "penalty"}


def test_cash_by_fiscal_year_adds_up_to_what_is_paid() -> None:
    """Proves that years hold every payment but penalties, which nobody pays."""
    _, plan = solved()
    penalty = plan.cost.terms["penalty"].amount
    assert penalty > 0
    assert sum(year.amount for year in plan.cash) == plan.cost.amount - penalty
    assert [year.year for year in plan.cash] == sorted({year.year for year in plan.cash})


def test_cash_falls_in_the_fiscal_year_of_its_day() -> None:
    """Proves 30 % of 200 on 1 February, in fiscal 2024, and 70 % when ready 60 days later, 2 April, in fiscal 2025."""
    instance = small(
        {
            "calendar.fiscal_year_starts_in_month": 4,
            "offers.quote.lead_days": 60,
            "offers.quote.payments": [{"event": "signed", "share": 0.3}, {"event": "ready", "share": 0.7}],
        }
    )
    plan = planned(instance, order(2, "2025-02-01"), stands(2, "2025-04-30"))
    assert [(year.year, year.amount) for year in plan.cash] == [(2024, 60), (2025, 140)]


def test_orders_cost_price_times_units_and_what_is_added() -> None:
    """Proves 3 x (100 + 40 + 6) = 438: price, network, storage, with installation inside the offer."""
    over = {
        "systems.box": {
            "accelerators": 8,
            "network_price_usd": 40,
            "storage_price_usd": 6,
            "installation_price_usd": 8,
        },
        "offers.quote.includes": ["system", "installation"],
    }
    plan = planned(small(over), order(3), stands(3))
    assert terms(plan) == {"purchase": 300, "network": 120, "storage": 18}
    assert [(line.amount, line.price) for line in plan.orders] == [(438, 100)]


def test_all_units_tiers_price_every_unit() -> None:
    """Proves 5 x 80 = 400 and the fee of the tier reached, 7; the fee of the first is not due."""
    over = {"offers.quote.fee": 3, "offers.quote.tiers": [{"from_units": 5, "price": 80, "fee": 7}]}
    plan = planned(small(over), order(2), order(3, "2025-02-01"), stands(2), stands(5, "2025-02-28"), tier(2))
    assert terms(plan) == {"purchase": 400, "fees": 7}
    assert [line.amount for line in plan.orders] == [160, 240]
    assert planned(small(over), order(4), tier(1)).cost.amount == 403


def test_incremental_tiers_price_each_unit_by_its_own() -> None:
    """Proves 5 x 100 + 3 x 80 = 740 and the fees of both tiers, 3 + 7, the saving of 3 x 20 being booked on the last
    day of the order window, in another fiscal year."""
    over = {
        "calendar.fiscal_year_starts_in_month": 7,
        "offers.quote.fee": 3,
        "offers.quote.tier_pricing": "incremental",
        "offers.quote.tiers": [{"from_units": 5, "price": 80, "fee": 7}],
        "offers.quote.order_until": "2025-09-30",
    }
    plan = planned(small(over), order(8), stands(8))
    assert terms(plan) == {"purchase": 740, "fees": 10}
    assert [(year.year, year.amount) for year in plan.cash] == [(2024, 810), (2025, -60)]


def test_activation_and_rebates_are_the_vendors() -> None:
    """Proves 50 once, and 5 % of a spend of 600 given back: 600 + 50 - 30 = 620."""
    over = {"vendors.shop": {"activation_cost": 50, "rebates": [{"from_spend": 500, "rate": 0.05}]}}
    plan = planned(small(over), order(2), order(4, "2025-02-01"), stands(2), stands(6, "2025-02-28"))
    assert terms(plan) == {"purchase": 600, "activation": 50, "rebates": -30}
    assert "rebates" not in terms(planned(small(over), order(4), stands(4)))


def test_payments_take_the_exchange_rate_of_their_day() -> None:
    """Proves half of 2 x 100 at 2 on 1 January and half at 3 on 2 March (60 days later): 200 + 300 = 500."""
    over = {
        "economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 2}, {"from": "2025-03-01", "rate": 3}]},
        "offers.quote.currency": "KRW",
        "offers.quote.payments": [
            {"event": "signed", "share": 0.5},
            {"event": "signed", "share": 0.5, "days_after": 60},
        ],
    }
    plan = planned(small(over), order(2), stands(2))
    assert plan.cost.amount == 500
    assert (plan.orders[0].price, plan.orders[0].currency, plan.orders[0].amount) == (100, "KRW", 500)


def test_cost_is_discounted_by_the_day_of_payment() -> None:
    """Proves 200 paid 365 days after the first day, at 10 %: 181.818182."""
    over = {
        "economics.discount_rate_per_year": 0.1,
        "economics.evaluation_years": 2,
        "offers.quote.payments": [{"event": "signed", "share": 1, "days_after": 365}],
    }
    plan = planned(small(over), order(2), stands(2))
    assert (plan.cost.amount, plan.cost.discounted) == (200, Decimal("181.818182"))


def test_a_site_costs_its_opening_and_its_months() -> None:
    """Proves 500 on 1 February and 10 for each month from March, in which it opens after 40 days of building, to
    December: 500 + 100."""
    over = {"sites.plant": {"opening_cost": 500, "build_days": 40, "fixed_cost_per_month": 10}}
    plan = planned(small(over), order(2), stands(2, "2025-03-31"), opening("2025-02-01"))
    assert terms(plan) == {"purchase": 200, "opening": 500, "site": 100}
    assert str(plan.sites[0].open_from) == "2025-03-13"


POWERED: dict[str, Any] = {
    "systems.box": {"accelerator": "chip", "accelerators": 8, "max_power_kw": 10, "typical_power_kw": 5},
    "economics.utilisation": 0.8,
    "economics.carbon_price_per_tonne": 100,
    "sites.plant": {
        "capacity": {
            "grid-power": 100,
            "protected-power": {"amount": 100, "needs": {"grid-power": {"design": 1.5, "typical": 1.25}}},
            "air-cooling": 100,
            "rack-positions": 9,
        },
        "tariff": {"energy_price_per_kwh": 0.1, "adders_per_kwh": 0.02, "demand_charge_per_kw_month": 3},
        "carbon_kg_per_kwh": 0.5,
    },
}


def test_energy_demand_and_carbon_follow_from_the_draw() -> None:
    """Proves for two systems from 1 January: typical draw 2 x 5 x 0.8 x 1.25 = 10 kW, 87,600 kWh in 365 days, at 0.12:
    10,512; design draw 2 x 10 x 1.5 = 30 kW, 12 months at 3: 1,080; 43,800 kg at 0.1: 4,380. PUE is 10 / 8."""
    plan = planned(small(POWERED), order(2), stands(2))
    assert terms(plan) == {"purchase": 200, "energy": 10512, "demand": 1080, "carbon": 4380}
    assert sum(state.energy_kwh for state in plan.states) == 87600
    assert sum(state.carbon_kg for state in plan.states) == 43800
    assert plan.sites[0].pue == Decimal("1.25")
    january = plan.states[0]
    assert january.energy_kwh == 7440  # 10 kW x 24 x 31
    assert january.cost == Decimal("1554.8")  # 200, and 7,440 x 0.12 = 892.8, 90, 372
    assert (january.resources["grid-power"].need, january.resources["grid-power"].capacity) == (30, 100)
    assert january.resources["rack-positions"].need == 2


def test_operation_goes_on_to_the_end_of_the_evaluation_years() -> None:
    """Proves two years instead of one: 730 days at 10 kW and 0.12 are 21,024, and 24 months of demand 2,160."""
    plan = planned(small({**POWERED, "economics.evaluation_years": 2}), order(2), stands(2))
    assert (terms(plan)["energy"], terms(plan)["demand"]) == (21024, 2160)


def test_support_and_maintenance_are_by_day() -> None:
    """Proves support of 10 % a year on 2 x 365 for 365 days: 73; and maintenance of 10 % on a module of 365, ready on
    10 February: 325 days at 0.1 each: 32.5."""
    over = {
        "offers.quote.price": 365,
        "offers.quote.support_rate_per_year": 0.1,
        "modules.ups": {
            "provides": {"protected-power": 10},
            "price": 365,
            "lead_days": 40,
            "maintenance_rate_per_year": 0.1,
        },
        "sites.plant.modules": {"ups": {}},
    }
    plan = planned(small(over), order(2), stands(2), module(1))
    assert terms(plan) == {"purchase": 730, "modules": 365, "maintenance": Decimal("32.5"), "support": 73}
    assert [(line.amount, str(line.ready)) for line in plan.modules] == [(365, "2025-02-10")]


def test_penalties_count_in_the_objective_and_not_in_budgets() -> None:
    """Proves 3 systems short at 50 each: cost 350, spend 200."""
    over = {
        "limits.target": {"measure": "systems", "at_least": 5, "soft": {"penalty": 50}},
        "limits.budget": {"measure": "spend", "at_most": 200},
    }
    plan = planned(small(over), order(2), stands(2))
    assert terms(plan) == {"purchase": 200, "penalty": 150}
    assert plan.levels[0].value == 350
    assert {line.limit: (line.used, line.missed_by) for line in plan.limits} == {"target": (2, 3), "budget": (200, 0)}
    assert plan.audit.passed


def test_unit_costs_are_cost_over_usable_hours() -> None:
    """Proves for 2 systems of 8 usable from 1 January: 365 days x 24 x 16 = 140,160 accelerator-hours, at 7,916
    TPP each half an H100: 70,080. 1,401.60 over them: 0.01 and 0.02."""
    instance = small({"offers.quote.price": Decimal("700.8")})
    plan = planned(instance, order(2), stands(2))
    costs = plan.unit_costs
    assert plan.cost.discounted == Decimal("1401.6")
    assert (costs.accelerator_hours, costs.per_accelerator_hour) == (140160, Decimal("0.01"))
    assert (costs.h100_equivalent_hours, costs.per_h100_equivalent_hour) == (70080, Decimal("0.02"))


def test_unit_costs_leave_out_penalties_and_hours_before_acceptance() -> None:
    """Proves that a system installed on 1 January and accepted 28 days later works from the 29th: 337 days x 24 x 8 =
    64,704 hours; and that a penalty of 1,000 is no cost of use."""
    over = {
        "offers.quote.acceptance_days": 28,
        "limits.target": {"measure": "systems", "at_least": 2, "soft": {"penalty": 1000}},
    }
    plan = planned(small(over), order(1), stands(1))
    assert plan.unit_costs.accelerator_hours == 64704
    assert plan.unit_costs.per_accelerator_hour == Decimal("0.001545")  # 100 / 64,704


def test_nothing_bought_costs_nothing_an_hour() -> None:
    """Proves that hours of nothing are zero and their cost is not said."""
    plan = planned(small())
    assert plan.cost.amount == 0
    assert plan.cost.terms == {}
    assert (plan.unit_costs.accelerator_hours, plan.unit_costs.per_accelerator_hour) == (0, None)


@pytest.mark.parametrize("units", [1, 3, 7])
def test_money_is_exact_to_the_millionth_however_it_is_split(units: int) -> None:
    """Proves that thirds add up: instalments of 0.333, 0.333 and 0.334 of 0.01 make 0.01 times the units."""
    shares = [Decimal("0.333"), Decimal("0.333"), Decimal("0.334")]
    payments = [{"event": "signed", "share": share, "days_after": 10 * days} for days, share in enumerate(shares)]
    plan = planned(small({"offers.quote.price": Decimal("0.01"), "offers.quote.payments": payments}), order(units))
    assert plan.cost.amount == units * Decimal("0.01")


def test_unit_costs_leave_out_what_an_existing_fleet_draws() -> None:
    """Proves it: 8 at 10 kW and 0.1 a kWh cost 8,760 a year beside a price of 61,320, for 70,080 hours:
    1. With the bill of ten old ones, 87,600, it were 2.25."""
    chain = {"amount": 2000, "needs": {"grid-power": 1}}
    tree = case(
        calendar={"periods": 12},
        systems={"s": {"accelerators": 8, "max_power_kw": 10}},
        offers={"o": {"price": 61320, "order_until": "2025-01-31"}},
        existing={"systems": {"old": {"system": "s", "site": "a", "units": 10}}},
        sites={
            "a": {
                "capacity": {**UNLIMITED, "protected-power": chain},
                "tariff": {"energy_price_per_kwh": 0.1},
            }
        },
        limits={"t": target(1)},
    )
    plan = plan_of(tree)
    assert plan.cost.terms["energy"].amount == 11 * 8760
    assert (plan.unit_costs.accelerator_hours, plan.unit_costs.per_accelerator_hour) == (70080, 1)
