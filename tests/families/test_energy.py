"""Energy: what the grid draw costs and emits. One system draws 10 kW from the grid in every case."""

from __future__ import annotations

from decimal import Decimal

import pytest

from support.answers import is_infeasible, terms_of
from support.builders import POWERED, UNLIMITED, Tree, case, merged, target


def metered(site: Tree, **over: object) -> Tree:
    """One month of January; protected power of any amount, drawn from the grid one for one."""
    chain = {**UNLIMITED, "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1}}}
    base = case(
        calendar={"periods": 1},
        systems={"s": POWERED},
        sites={"a": {"capacity": chain, **site}},
        limits={"t": target(1)},
    )
    return merged(base, over)


def test_a_flat_load_pays_for_every_hour_of_the_month() -> None:
    """Proves energy: 10 kW x 24 h x 31 days x 0.01 = 74.4. A month of 30 days would give 72."""
    tree = metered({"tariff": {"energy_price_per_kwh": 0.01}})
    assert terms_of(tree) == {"purchase": 100, "energy": Decimal("74.4")}


def test_typical_power_and_utilisation_set_the_energy_and_the_maximum_sets_the_demand() -> None:
    """Proves the load cases: 8 kW typical at half use are 4 kW, 4 x 744 x 0.01 = 29.76; the demand is on 10 kW: 5."""
    tree = metered(
        {"tariff": {"energy_price_per_kwh": 0.01, "demand_charge_per_kw_month": 0.5}},
        systems={"s": {"typical_power_kw": 8}},
        economics={"utilisation": 0.5},
    )
    assert terms_of(tree) == {"purchase": 100, "energy": Decimal("29.76"), "demand": 5}


def test_a_sites_own_utilisation_comes_first() -> None:
    """Proves the override: a quarter at the site, not half: 2.5 kW x 744 h x 0.01 = 18.6."""
    tree = metered(
        {"tariff": {"energy_price_per_kwh": 0.01}, "utilisation": 0.25},
        economics={"utilisation": 0.5},
    )
    assert terms_of(tree)["energy"] == Decimal("18.6")


def test_hours_weigh_the_prices_of_a_season_and_adders_come_on_top() -> None:
    """Proves tariffs: 42 of 168 hours at 0.07 and 126 at 0.03 are 0.04, and 0.01 of adders 0.05: 7,440 kWh cost 372."""
    hours = {
        "peak": {"hours_per_week": 42, "price_per_kwh": 0.07},
        "rest": {"hours_per_week": 126, "price_per_kwh": 0.03},
    }
    tariff = {"seasons": {"all": {"months": list(range(1, 13)), "hours": hours}}, "adders_per_kwh": 0.01}
    assert terms_of(metered({"tariff": tariff}))["energy"] == 372


def test_carbon_is_priced_by_the_tonne() -> None:
    """Proves carbon: 7,440 kWh x 0.5 kg = 3.72 t at 100 are 372. In kilograms it would be 372,000."""
    tree = metered({"carbon_kg_per_kwh": 0.5}, economics={"carbon_price_per_tonne": 100})
    assert terms_of(tree) == {"purchase": 100, "carbon": 372}


def test_energy_goes_on_to_the_end_of_the_evaluation_years() -> None:
    """Proves the tail: 365 days x 24 h x 10 kW x 0.01 = 876."""
    tree = metered({"tariff": {"energy_price_per_kwh": 0.01}}, economics={"evaluation_years": 1})
    assert terms_of(tree)["energy"] == 876


def test_systems_are_signed_late_when_energy_costs() -> None:
    """Proves that signing is decided: of three months only March is paid, 10 x 744 x 0.01 = 74.4, not 216."""
    tree = metered({"tariff": {"energy_price_per_kwh": 0.01}}, calendar={"periods": 3})
    assert terms_of(tree)["energy"] == Decimal("74.4")


def test_energy_is_charged_by_days_and_the_demand_charge_once_for_each_calendar_month() -> None:
    """Proves the month of arrival: installed on 22 January, ten days of 240 kWh at 0.01 are 24, and 0.5 for each of 10
    kW is 5. By the state at the end of January it would be 74.4; by the days of demand, 1.61."""
    tree = metered(
        {"tariff": {"energy_price_per_kwh": 0.01, "demand_charge_per_kw_month": 0.5}}, offers={"o": {"lead_days": 21}}
    )
    assert terms_of(tree) == {"purchase": 100, "energy": 24, "demand": 5}


@pytest.mark.parametrize("rule", [{"by": "2025-01-25"}, {"by": "2025-01-10"}, {"each": "month"}, {"by": "2025-02-14"}])
def test_what_a_month_costs_does_not_hang_on_the_days_that_rules_look_at(rule: Tree) -> None:
    """Proves that a rule which nothing can break changes nothing: 24 + 280 x 0.24 and two demand charges of 5. If
    broken, the day of the rule parts the month, and only a part of it is charged."""
    tree = metered(
        {"tariff": {"energy_price_per_kwh": 0.01, "demand_charge_per_kw_month": 0.5}},
        calendar={"periods": 2},
        offers={"o": {"lead_days": 21, "order_until": "2025-01-31"}},
        limits={"idle": {"measure": "systems", "at_most": 1000, **rule}},
    )
    assert terms_of(tree) == {"purchase": 100, "energy": Decimal("91.2"), "demand": 10}


def test_energy_carbon_and_grid_power_can_be_limited() -> None:
    """Proves the measures: 7,440 kWh, 3,720 kg and 10 kW hold exactly, and a little less of each is infeasible."""
    for limit, amount in (("energy-kwh", 7440), ("carbon-kg", 3720), ("grid-power-kw", 10)):
        for bound, holds in ((amount, True), (amount - 1, False)):
            rule = {"l": {"measure": limit, "at_most": bound}}
            assert is_infeasible(metered({"carbon_kg_per_kwh": 0.5}, limits=rule)) is not holds


def test_the_first_days_of_a_system_cost_what_it_draws_at_least() -> None:
    """Proves the month of arrival where a system draws 10 or 15 kW, by who delivers: through what exists it draws 10,
    and one day, the 31st, costs 2.4. Taken off by the most for the 30 days before, it would cost -33.6. Where there is
    nothing but what draws 15, that day costs 3.6."""
    chain = {"amount": 10, "needs": {"grid-power": 1}}
    ups = {"provides": {"protected-power": {"amount": 10, "needs": {"grid-power": 1.5}}}, "price": 5, "lead_days": 0}
    tree = metered(
        {"tariff": {"energy_price_per_kwh": 0.01}, "modules": {"ups": {}}},
        offers={"o": {"lead_days": 30}},
        modules={"ups": ups},
    )
    tree["sites"]["a"]["capacity"]["protected-power"] = chain
    assert terms_of(tree) == {"purchase": 100, "energy": Decimal("2.4")}
    tree["sites"]["a"]["capacity"]["protected-power"] = {**chain, "amount": 0}
    assert terms_of(tree) == {"purchase": 100, "modules": 5, "energy": Decimal("3.6")}
