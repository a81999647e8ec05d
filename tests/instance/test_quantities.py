"""What one system is worth, needs and costs beside its tier, and who provides what: against sums done by hand."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from gpuplan.instance.loads import positions_for, system_needs, systems_in_position, takes_rack_space
from gpuplan.instance.prices import added_parts, rate
from gpuplan.instance.providers import Network, comes_in_time, module_denial, network
from gpuplan.instance.rules import Measured
from gpuplan.instance.schema import Instance
from gpuplan.instance.units import unit_of, worth
from instance.trees import small

CHIP = {
    "accelerators.chip": {
        "memory_gb": 80,
        "bf16_tflops": 100,
        "fp8_tflops": 200,
        "int8_tops": 300,
        "fp4_tflops": 400,
        "fp64_tflops": 50,
        "tpp": 1600,
        "attributes": {"score": 1.5, "rank": 2},
    },
    "systems.box": {"accelerator": "chip", "accelerators": 8, "max_power_kw": 10.2, "attributes": {"rank": 5}},
    "systems.shelf": {"max_power_kw": 1},
}


def value(measure: str, system: str = "box", offer: str | None = None, **more: Any) -> Decimal:
    instance = small({**CHIP, "offers.quote.attributes": {"bid": 7}})
    return worth(Measured.model_validate({"measure": measure, **more}), instance, system, offer)


@pytest.mark.parametrize(
    ("measure", "more", "one"),
    [
        ("systems", {}, "1"),
        ("accelerators", {}, "8"),
        ("memory-gb", {}, "640"),  # 8 x 80
        ("tpp", {}, "12800"),  # 8 x 1600
        ("it-power-kw", {}, "10.2"),
        ("compute-tflops", {"format": "bf16"}, "800"),
        ("compute-tflops", {"format": "fp8"}, "1600"),
        ("compute-tflops", {"format": "int8"}, "2400"),
        ("compute-tflops", {"format": "fp4"}, "3200"),
        ("compute-tflops", {"format": "fp64"}, "400"),
        ("attribute", {"attribute": "score"}, "12"),  # of the chip: 8 x 1.5
        ("attribute", {"attribute": "rank"}, "5"),  # the system's own comes before the chip's
        ("attribute", {"attribute": "nothing"}, "0"),
    ],
)
def test_one_system_is_worth_what_its_chips_are(measure: str, more: dict[str, str], one: str) -> None:
    """Proves the worth of each measure for a system of eight chips. If broken, targets are off by a factor of eight."""
    assert value(measure, **more) == Decimal(one)


@pytest.mark.parametrize("measure", ["accelerators", "memory-gb", "tpp"])
def test_a_system_without_chips_is_worth_none(measure: str) -> None:
    """Proves that a storage shelf counts as a system with power, and as nothing else."""
    assert value(measure, "shelf") == 0
    assert value("systems", "shelf") == 1
    assert value("it-power-kw", "shelf") == 1


def test_an_attribute_of_the_offer_comes_first() -> None:
    """Proves the order offer, system, accelerator; what is already there has no offer to look in."""
    assert value("attribute", offer="quote", attribute="bid") == 7
    assert value("attribute", offer=None, attribute="bid") == 0
    assert value("attribute", offer="quote", attribute="rank") == 5


@pytest.mark.parametrize(
    ("measured", "unit"),
    [
        ({"measure": "accelerators"}, "accelerators"),
        ({"measure": "memory-gb"}, "GB"),
        ({"measure": "compute-tflops", "format": "fp8"}, "TFLOPS fp8"),
        ({"measure": "compute-tflops", "format": "int8"}, "TOPS int8"),
        ({"measure": "attribute", "attribute": "score"}, "score"),
        ({"measure": "spend"}, "money"),
        ({"measure": "energy-kwh"}, "kWh"),
        ({"measure": "carbon-kg"}, "kg"),
        ({"measure": "grid-power-kw"}, "kW"),
        ({"measure": "clusters"}, "clusters"),
        ({"measure": "work-served"}, "work"),
    ],
)
def test_each_measure_has_its_unit(measured: dict[str, str], unit: str) -> None:
    """Proves the unit that people read."""
    assert unit_of(Measured.model_validate(measured)) == unit


# Needs of a system


def needing(**over: Any) -> Instance:
    return small(
        {
            "systems.box": {
                "max_power_kw": 10,
                "typical_power_kw": 8,
                "liquid_heat_share": 0.75,
                "needs": {"ports": 8},
            },
            "resources.ports": {"unit": "ports"},
            **over,
        }
    )


def test_a_system_needs_its_maximum_on_the_design_day() -> None:
    """Proves 10 kW of power, of which 7.5 leave by liquid and 2.5 by air. If broken, the hall is sized for 8 kW."""
    assert system_needs(needing(), "box", "plant", "design") == {
        "protected-power": 10,
        "air-cooling": Decimal("2.5"),
        "liquid-cooling": Decimal("7.5"),
        "ports": 8,
    }


def test_a_system_needs_typical_power_times_utilisation_over_the_year() -> None:
    """Proves 8 x 0.5 = 4 kW: 1 by air, 3 by liquid; ports are needed whatever the load."""
    assert system_needs(needing(**{"economics.utilisation": 0.5}), "box", "plant", "typical") == {
        "protected-power": 4,
        "air-cooling": 1,
        "liquid-cooling": 3,
        "ports": 8,
    }


def test_a_sites_own_utilisation_goes_before_the_common_one() -> None:
    """Proves 8 x 0.25 = 2 kW; a utilisation of 0 is a statement too, and leaves ports alone."""
    over = {"economics.utilisation": 0.5, "sites.plant.utilisation": 0.25}
    assert system_needs(needing(**over), "box", "plant", "typical")["protected-power"] == 2
    assert system_needs(needing(**{"sites.plant.utilisation": 0}), "box", "plant", "typical") == {"ports": 8}


def test_typical_power_is_the_maximum_where_none_is_stated() -> None:
    """Proves the default, and that zeros are left out: an air-cooled system needs no liquid."""
    instance = small({"systems.box": {"max_power_kw": 10}})
    assert system_needs(instance, "box", "plant", "typical") == {"protected-power": 10, "air-cooling": 10}
    assert system_needs(small(), "box", "plant", "design") == {}


@pytest.mark.parametrize(
    ("rack", "power", "cooling", "each"),
    [
        ({"air": 20}, 10.2, "air", 1),  # 20 / 10.2 = 1.96
        ({"air": 20}, 10, "air", 2),
        ({"air": 20}, 6.5, "air", 3),  # 3.08
        ({"air": 20}, 20.1, "air", 0),
        ({"air": 20}, 5, "liquid", 0),  # no racks with liquid here
        ({"air": 20, "liquid": 130}, 120, "liquid", 1),
        ({}, 500, "air", 1),  # nothing stated: any power fits, one to a position
        ({"air": 20}, 0, "air", 1),
    ],
)
def test_systems_for_each_rack_position_are_the_whole_part_of_rack_power(
    rack: dict[str, float], power: float, cooling: str, each: int
) -> None:
    """Proves floor(rack kW / system kW). If broken, 1.96 rounds to two systems and the rack trips."""
    instance = small({"systems.box": {"max_power_kw": power, "cooling": cooling}, "sites.plant.rack_kw": rack})
    assert systems_in_position(instance, "box", "plant") == each


def test_positions_are_whole() -> None:
    """Proves that five systems, two to a position, fill three; none fill none."""
    instance = small({"systems.box": {"max_power_kw": 10}, "sites.plant.rack_kw": {"air": 20}})
    assert [positions_for(instance, "box", "plant", units) for units in (0, 1, 2, 3, 5)] == [0, 1, 1, 2, 3]


def test_a_system_larger_than_a_rack_spreads_its_power() -> None:
    """Proves 240 kW over two positions at 120 kW each: it fits racks of 120, fills two each, and not racks of 119."""
    over = {"systems.box": {"max_power_kw": 240, "cooling": "liquid", "rack_positions": 2}}
    fits = small({**over, "sites.plant.rack_kw": {"liquid": 120}})
    assert systems_in_position(fits, "box", "plant") == 1
    assert positions_for(fits, "box", "plant", 3) == 6
    assert systems_in_position(small({**over, "sites.plant.rack_kw": {"liquid": 119}}), "box", "plant") == 0


def test_what_has_neither_power_nor_height_takes_no_rack() -> None:
    """Proves that cards for existing servers need no position."""
    assert not takes_rack_space(small().systems["box"])
    assert positions_for(small(), "box", "plant", 9) == 0
    assert takes_rack_space(small({"systems.box": {"rack_units": 1}}).systems["box"])


# Prices


def test_parts_that_an_offer_leaves_out_are_added() -> None:
    """Proves that network and installation are added, storage is included, and zeros are left out."""
    over = {"systems.box": {"network_price_usd": 40, "storage_price_usd": 6, "installation_price_usd": 8}}
    assert added_parts(small({**over, "offers.quote.includes": ["system", "storage"]}), "quote") == {
        "network": (40, "USD"),
        "installation": (8, "USD"),
    }
    assert added_parts(small(over), "quote") == {
        "network": (40, "USD"),
        "storage": (6, "USD"),
        "installation": (8, "USD"),
    }
    assert added_parts(small(), "quote") == {}


def test_the_rate_of_no_currency_is_that_of_the_reporting_one() -> None:
    """Proves that a price without a currency is in the reporting currency."""
    assert rate(small(), None, small().calendar.start) == Fraction(1)


# Providers

POWER: dict[str, Any] = {
    "resources.heat": {"unit": "kW"},
    "sites.plant.capacity": {
        "grid-power": 1000,
        "protected-power": {"amount": 500, "needs": {"grid-power": 1.1}},
        "air-cooling": {"amount": 100, "needs": {"grid-power": 0.3}},
    },
}
CRAH = {
    "provides": {"air-cooling": {"amount": 50, "needs": {"facility-water": 1, "protected-power": 0.05}}},
    "lead_days": 30,
}


def net(over: dict[str, Any]) -> Network:
    return network(small({**POWER, **over}), "plant")


def test_a_resources_only_provider_with_needs_is_determined_and_comes_before_what_it_needs() -> None:
    """Proves the order in which needs add up: protected power and air before the grid power that both need."""
    found = net({})
    assert found.determined == {"protected-power", "air-cooling"}
    order = found.order
    assert set(order) >= {"grid-power", "protected-power", "air-cooling", "heat"}
    assert len(order) == len(set(order))
    assert order.index("grid-power") > order.index("protected-power")
    assert order.index("grid-power") > order.index("air-cooling")
    assert [provider.name for provider in found.providers["grid-power"]] == ["existing"]
    assert found.decided("air-cooling") == ()
    assert found.decided("nothing") == ()


def test_with_two_providers_the_split_is_a_decision_of_those_that_need_something() -> None:
    """Proves that a CRAH beside existing cooling makes both decisions, as both need something; existing cooling that
    needs nothing takes what is left."""
    over = {"modules.crah": CRAH, "sites.plant.modules": {"crah": {}}}
    found = net(over)
    assert "air-cooling" not in found.determined
    assert [provider.name for provider in found.decided("air-cooling")] == ["existing", "crah"]
    assert found.providers["air-cooling"][1].block == 50
    free = {**POWER["sites.plant.capacity"], "air-cooling": 100}
    assert [one.name for one in net({**over, "sites.plant.capacity": free}).decided("air-cooling")] == ["crah"]


def test_a_cycle_of_needs_is_broken_into_decisions() -> None:
    """Proves that a UPS whose room needs cooling, whose fans need the UPS, is no endless loop: deliveries in the cycle
    become decisions and every resource still has its place in the order."""
    cycle = {
        "grid-power": 1000,
        "protected-power": {"amount": 500, "needs": {"grid-power": 1, "air-cooling": 0.1}},
        "air-cooling": {"amount": 100, "needs": {"protected-power": 0.2}},
    }
    found = net({"sites.plant.capacity": cycle})
    loop = {"protected-power", "air-cooling"}
    assert loop - found.determined
    assert all(found.decided(resource) for resource in loop - found.determined)
    assert loop | {"grid-power"} <= set(found.order)


def test_a_resource_that_needs_itself_is_a_decision() -> None:
    """Proves the smallest cycle: losses stated as a need of the resource itself."""
    found = net({"sites.plant.capacity": {"grid-power": {"amount": 9, "needs": {"grid-power": 0.1}}}})
    assert found.determined == frozenset()
    assert [provider.name for provider in found.decided("grid-power")] == ["existing"]


@pytest.mark.parametrize(
    ("over", "signed", "denial"),
    [
        ({"order_from": "2025-02-01"}, "2025-01-01", "orders open on 2025-02-01"),
        ({"order_from": "2025-02-01"}, "2025-02-01", None),
        ({"order_until": "2025-02-01"}, "2025-03-01", "orders closed on 2025-02-01"),
        ({"order_until": "2025-02-01"}, "2025-02-01", None),
        ({"award_days": 31}, "2025-01-01", "a tender of 31 days ends on 2025-02-01"),
        ({"award_days": 31}, "2025-02-01", None),
        ({"lead_days": 334}, "2025-02-01", "ready on 2026-01-01, after the last period"),
        ({"lead_days": 333}, "2025-02-01", None),
    ],
)
def test_a_module_that_cannot_be_ordered_says_why(over: dict[str, Any], signed: str, denial: str | None) -> None:
    """Proves each reason at its edge, day by day."""
    from datetime import date

    instance = small({"modules.crah": {**CRAH, **over}})
    assert module_denial(instance, "crah", date.fromisoformat(signed)) == denial


def test_a_module_that_comes_too_late_provides_nothing() -> None:
    """Proves that 400 days of lead in a year of periods leave existing cooling as the only provider."""
    over = {"modules.crah": {**CRAH, "lead_days": 400}, "sites.plant.modules": {"crah": {}}}
    assert not comes_in_time(small({**POWER, **over}), "crah", "plant")
    assert [provider.name for provider in net(over).providers["air-cooling"]] == ["existing"]
