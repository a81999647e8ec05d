"""The shipped reference catalogue: every entry is valid, sourced, consistent with the others, and adds up."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from gpuplan.instance.base import Entity, Source
from gpuplan.instance.facility import LOAD_CASES, LoadCase, Module, Resource, Tariff
from gpuplan.instance.hardware import Accelerator, System

CATALOG = Path(__file__).parents[2] / "model" / "gpuplan" / "catalog"
KINDS: dict[str, type[Entity]] = {
    "accelerators": Accelerator,
    "systems": System,
    "resources": Resource,
    "modules": Module,
    "tariffs": Tariff,
}
FILES = (*KINDS, "facts", "throughput", "regimes", "country-groups")

BITS = {"bf16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4, "fp64_tflops": 64}
FP6_AT_FP4_RATE = {"mi350x", "mi355x"}
"""Their TPP is set by FP6, a format without a field, which runs at the FP4 rate: 6 bits instead of 4."""
UNPUBLISHED = {"mi308x", "mi440x", "zhenwu-810e", "zhenwu-m890"}
"""Their makers publish no throughput, and none is made up."""


@cache
def text(file: str) -> str:
    return (CATALOG / f"{file}.yaml").read_text(encoding="utf-8")


@cache
def written(file: str) -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(text(file))
    return content


@cache
def entities(kind: str) -> dict[str, Any]:
    return {entity_id: KINDS[kind].model_validate(fields) for entity_id, fields in written(kind).items()}


def every(*kinds: str) -> Iterator[tuple[str, Any]]:
    for kind in kinds:
        for entity_id, entity in entities(kind).items():
            yield f"{kind}.{entity_id}", entity


def has_number(value: object) -> bool:
    if isinstance(value, BaseModel):
        return any(has_number(getattr(value, field)) for field in type(value).model_fields)
    if isinstance(value, Mapping):
        return any(has_number(item) for item in value.values())
    if isinstance(value, tuple):
        return any(has_number(item) for item in value)
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def chain(demand: dict[str, float], providers: tuple[str, ...], case: LoadCase) -> dict[str, float]:
    """What each resource must deliver in all, so that the modules named meet a demand and each other's needs.

    Every pass adds one more link of the chain: a UPS heats air, CRAHs pass the heat to water, chillers draw power.
    """
    deliveries = {
        resource: delivery
        for module in providers
        for resource, delivery in entities("modules")[module].provides.items()
    }
    total = dict(demand)
    for _ in deliveries:
        following = dict(demand)
        for resource, amount in total.items():
            needs = deliveries[resource].needs if resource in deliveries else {}
            for needed, need in needs.items():
                following[needed] = following.get(needed, 0.0) + float(need.in_case(case)) * amount
        total = following
    return total


ELECTRICAL = (
    "ups-1mw",
    "genset-4mw",
    "switchgear-lv-block",
    "distribution-transformer",
    "mv-distribution-block",
    "greenfield-hall-10mw",
)
AIR = (*ELECTRICAL, "chiller-1500kw", "crah-100kw")
REAR_DOOR = (*ELECTRICAL, "chiller-1500kw", "rear-door-25kw")
LIQUID = (*AIR, "chiller-1500kw-warm", "cdu-in-row-250kw-warm")


def it_load(kilowatts: float, liquid_share: float = 0.0) -> dict[str, float]:
    return {
        "protected-power": kilowatts,
        "air-cooling": kilowatts * (1 - liquid_share),
        "liquid-cooling": kilowatts * liquid_share,
    }


def flat_average(tariff: Tariff) -> Decimal:
    return sum(float(tariff.price_per_kwh(month)) for month in range(1, 13)) / 12 - float(tariff.adders_per_kwh)


@pytest.mark.parametrize("kind", KINDS)
def test_every_entity_is_valid(kind: str) -> None:
    """Proves that each entry passes its model. If broken, an instance that draws on the catalogue cannot be loaded."""
    assert entities(kind)


def test_the_catalogue_holds_all_that_was_collected() -> None:
    """Proves that nothing was lost on the way. If broken, accelerators, systems or results are missing."""
    assert len(written("accelerators")) == 46
    assert len(written("systems")) == 27
    assert len(written("tariffs")) == 4
    assert len(written("throughput")["results"]) == 167


@pytest.mark.parametrize("file", FILES)
def test_no_entry_is_written_twice(file: str) -> None:
    """Proves that top-level ids are unique. If broken, YAML silently keeps the last of two entries."""
    ids = re.findall(r"^([a-z0-9-]+):", text(file), flags=re.MULTILINE)
    assert len(ids) == len(set(ids)) == len(written(file))


@pytest.mark.parametrize("file", FILES)
def test_sources_name_publishers_and_nothing_internal(file: str) -> None:
    """Proves that sources are plain words. If broken, references that mean nothing to a reader have been shipped."""
    assert not re.search(r"\bids? \d|@[0-9a-f]{7}|/work|/tmp|\(\)|\(Epoch \(|summary_results|\.ts\b", text(file))


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_has_a_source(kind: str) -> None:
    """Proves that each field with a number of its own is sourced. If broken, a plan cannot say what it leans on."""
    unsourced = [
        f"{path}.{field}"
        for path, entity in every(kind)
        for field, info in type(entity).model_fields.items()
        if field not in {"name", "note", "sources"}
        and getattr(entity, field) != info.get_default(call_default_factory=True, validated_data={})
        and has_number(getattr(entity, field))
        and not {"all", field.replace("_", "-")} & set(entity.sources)
    ]
    assert not unsourced


@pytest.mark.parametrize("kind", KINDS)
def test_every_source_belongs_to_a_field_and_says_who_when_and_how_sure(kind: str) -> None:
    """Proves that sources are complete. If broken, one is misspelt and hides that its figure has none."""
    for path, entity in every(kind):
        fields = {field.replace("_", "-") for field in type(entity).model_fields} | {"all"}
        for field, source in entity.sources.items():
            assert field in fields, f"{path}.sources.{field}"
            assert source.source, f"{path}.sources.{field}"
            assert source.as_of, f"{path}.sources.{field}"
            assert source.confidence != "stated", f"{path}.sources.{field}"


def test_systems_hold_accelerators_of_the_catalogue() -> None:
    """Proves that references resolve. If broken, a system counts no compute."""
    for path, system in every("systems"):
        assert system.accelerator in entities("accelerators"), path
        assert system.accelerators > 0, path


def test_needs_and_deliveries_name_resources_of_the_catalogue() -> None:
    """Proves that every resource named exists. If broken, a need can never be met."""
    for path, system in every("systems"):
        assert set(system.needs) <= set(entities("resources")), path
    for path, module in every("modules"):
        named = {*module.provides, *module.needs}
        for delivery in module.provides.values():
            named |= set(delivery.needs)
        assert named <= set(entities("resources")), path


def test_no_resource_needs_itself_in_the_end() -> None:
    """Proves that needs run one way. If broken, deliveries go in a circle and no bound on modules can be derived."""
    needed: dict[str, set[str]] = {}
    for _, module in every("modules"):
        for resource, delivery in module.provides.items():
            needed.setdefault(resource, set()).update(delivery.needs)
    assert set(TopologicalSorter(needed).static_order()) == set(entities("resources"))


def test_every_resource_can_be_built() -> None:
    """Proves that some module provides each resource. If broken, a bare site can never meet that need."""
    provided = {resource for _, module in every("modules") for resource in module.provides}
    assert provided == set(entities("resources"))


def test_tpp_is_the_largest_of_throughput_times_bits() -> None:
    """Proves that TPP agrees with throughput within 2 %. If broken, export rules misjudge a chip."""
    for path, accelerator in every("accelerators"):
        bits = {**BITS, "fp4_tflops": 6} if path.split(".")[1] in FP6_AT_FP4_RATE else BITS
        largest = max(getattr(accelerator, field) * width for field, width in bits.items())
        if path.split(".")[1] in UNPUBLISHED:
            assert (accelerator.tpp, largest) == (None, 0), path
        else:
            assert float(accelerator.tpp) == pytest.approx(float(largest), rel=0.02), path


def test_a_tpp_that_shows_its_working_is_what_it_comes_to() -> None:
    """Proves that a formula beside a TPP gives it: 35000 x 4 = 140000. If broken, the formula is of another figure."""
    shown = 0
    for path, accelerator in every("accelerators"):
        factors = re.search(r"([\d.]+) x (\d+)(?:,|$)", accelerator.sources["tpp"].source) if accelerator.tpp else None
        if factors:
            shown += 1
            product = Decimal(factors[1]) * int(factors[2])
            assert float(accelerator.tpp) == pytest.approx(float(product), abs=0.5), path
    assert shown == 17


def test_typical_power_is_at_most_the_maximum() -> None:
    """Proves that no system draws more over a year than on its design day. If broken, energy is overstated."""
    for path, system in every("systems"):
        assert 0 < system.typical_kw <= system.max_power_kw, path
        assert (system.cooling == "liquid") == (system.liquid_heat_share > 0), path


def test_ranges_rise_from_low_to_high() -> None:
    """Proves that price, lead and fact ranges are in order. If broken, ordinary quotes are flagged as outliers."""
    for path, system in every("systems"):
        prices = system.price_range_usd
        assert prices.low <= prices.mid <= prices.high, path
        if system.lead_weeks_low is not None:
            assert system.lead_weeks_low <= system.lead_weeks_high, path
    for fact_id, fact in written("facts").items():
        values = [fact[key] for key in ("low", "mid", "high") if key in fact]
        assert values == sorted(values), fact_id


@pytest.mark.parametrize(
    ("system_id", "beside_the_system"),
    [("hgx-h200", 103_254), ("hgx-b200-air", 59_000), ("hgx-h100", 60_000), ("gb200-nvl72", 800_000)],
)
def test_network_storage_and_installation_add_up_to_what_was_published(system_id: str, beside_the_system: int) -> None:
    """Proves that the split keeps the published sum. If broken, an all-in price comes out wrong."""
    system = entities("systems")[system_id]
    parts = system.network_price_usd + system.storage_price_usd + system.installation_price_usd
    assert parts == beside_the_system


def test_facts_have_values_units_and_sources() -> None:
    """Proves that each fact can be used and judged. If broken, a figure has no unit or no origin."""
    for fact_id, fact in written("facts").items():
        assert set(fact) <= {"what", "low", "mid", "high", "unit", "source", "as_of", "confidence", "note"}, fact_id
        source = Source.model_validate({key: fact[key] for key in ("source", "as_of", "confidence")})
        assert source.source, fact_id
        assert source.as_of, fact_id
        assert source.confidence != "stated", fact_id
        assert ("unit" in fact) == bool({"low", "mid", "high"} & set(fact)), fact_id
        assert "unit" in fact or fact["note"], fact_id


@pytest.mark.parametrize(
    ("module_id", "fact_id", "size"),
    [
        ("hv-substation-step", "cost-hv-substation", 35_000),
        ("power-transformer-kr", "cost-power-transformer", 1),
        ("mv-distribution-block", "cost-mv-distribution", 10_000),
        ("distribution-transformer", "cost-distribution-transformer", 3_500),
        ("switchgear-lv-block", "cost-lv-switchgear", 2_000),
        ("genset-4mw", "cost-genset", 4_000),
        ("ups-1mw", "cost-ups", 1_000),
        ("chiller-1500kw", "cost-chiller", 1_500),
        ("chiller-1500kw-warm", "cost-chiller", 1_500),
        ("rear-door-25kw", "cost-rear-door", 25),
        ("cdu-in-row-250kw", "cost-cdu", 250),
        ("cdu-in-row-250kw-warm", "cost-cdu", 250),
        ("cdu-in-row-1mw-warm", "cost-cdu", 1_000),
        ("cdu-in-row-2mw-warm", "cost-cdu", 2_000),
    ],
)
def test_a_module_costs_its_size_at_the_published_rate(module_id: str, fact_id: str, size: int) -> None:
    """Proves that module prices follow the facts. If broken, a rate was changed in one place only."""
    assert entities("modules")[module_id].price == size * written("facts")[fact_id]["mid"]


@pytest.mark.parametrize(
    ("module_id", "fact_id"),
    [
        ("grid-connection-step", "lead-grid-connection"),
        ("hv-substation-step", "lead-power-transformer-kr"),
        ("power-transformer-kr", "lead-power-transformer-kr"),
        ("mv-distribution-block", "lead-switchgear"),
        ("distribution-transformer", "lead-distribution-transformer"),
        ("switchgear-lv-block", "lead-switchgear"),
        ("genset-4mw", "lead-generators"),
        ("ups-1mw", "lead-ups"),
        ("chiller-1500kw", "lead-chillers"),
        ("chiller-1500kw-warm", "lead-chillers"),
        ("crah-100kw", "lead-crah"),
        ("rear-door-25kw", "lead-cdu"),
        ("cdu-in-rack-110kw", "lead-cdu"),
        ("cdu-in-row-250kw", "lead-cdu"),
        ("cdu-in-row-250kw-warm", "lead-cdu"),
        ("cdu-in-row-1mw-warm", "lead-cdu"),
        ("cdu-in-row-2mw-warm", "lead-cdu"),
        ("fit-out-50-racks", "lead-fit-out"),
        ("greenfield-hall-10mw", "lead-greenfield"),
    ],
)
def test_a_module_takes_its_published_weeks_in_days(module_id: str, fact_id: str) -> None:
    """Proves that leads are the facts' weeks times seven. If broken, a module arrives too early or too late."""
    (lead,) = entities("modules")[module_id].lead_days
    assert lead.days == 7 * written("facts")[fact_id]["mid"]


def test_a_flat_load_pays_the_published_average() -> None:
    """Proves that seasons and hours reproduce 152.8 KRW per kWh. If broken, hours or months are assigned wrongly.

    Summer (84 x 122.5 + 54 x 174.8 + 30 x 256.0) / 168 = 163.15, spring and autumn 139.06, winter 162.19;
    (3 x 163.15 + 5 x 139.06 + 4 x 162.19) / 12 = 152.79. After the reform 152.6.
    """
    tariffs = entities("tariffs")
    assert float(flat_average(tariffs["kr-industrial-hvb2-2024"])) == pytest.approx(152.8, abs=0.05)
    assert float(flat_average(tariffs["kr-industrial-hvb2-2026"])) == pytest.approx(152.6, abs=0.05)


@pytest.mark.parametrize("tariff_id", ["kr-industrial-hvb2", "kr-industrial-hvb3"])
def test_the_reform_moved_prices_as_announced(tariff_id: str) -> None:
    """Proves that both tariffs differ by what was announced. If broken, a price was mistyped.

    Off-peak + 5.1 all year, mid unchanged, peak - 16.9 in summer and winter and - 13.2 in spring and autumn.
    """
    before, after = (entities("tariffs")[f"{tariff_id}-{year}"].seasons for year in (2024, 2026))
    for season in before:
        change = {
            hours: after[season].hours[hours].price_per_kwh - before[season].hours[hours].price_per_kwh
            for hours in before[season].hours
        }
        peak = Decimal("-13.2") if season == "spring-autumn" else Decimal("-16.9")
        assert change == {"off-peak": Decimal("5.1"), "mid": 0, "peak": peak}


@pytest.mark.parametrize(
    ("modules", "liquid_share", "design", "typical", "fact_id"),
    [
        (AIR, 0.0, 1.427, 1.335, "pue-air"),
        (REAR_DOOR, 0.0, 1.347, 1.285, "pue-rear-door"),
        (LIQUID, 0.87, 1.262, 1.194, "pue-liquid"),
    ],
    ids=["air", "rear-door", "liquid"],
)
def test_a_megawatt_of_it_draws_what_its_cooling_implies(
    modules: tuple[str, ...], liquid_share: float, design: float, typical: float, fact_id: str
) -> None:
    """Proves that the chains give known PUEs within the published bands. If broken, energy and the grid are mis-sized.

    Air, design day, kW: heat 1,000 + 50 of UPS losses = 1,050; fans 6 % = 63, so water 1,113; on the boards
    1,050 + 63 + 0.25 x 1,113 = 1,391; + 1.5 % losses + 15 for the house = 1,427.
    """
    expected = {"design": design, "typical": typical}
    for case in LOAD_CASES:
        drawn = chain(it_load(1000, liquid_share), modules, case)
        assert drawn["grid-power"] / 1000 == pytest.approx(expected[case], abs=0.001)
    band = written("facts")[fact_id]
    assert band["low"] <= design <= band["high"]


def test_a_bare_site_can_be_built_up_to_run_systems() -> None:
    """Proves that the chain closes on grid power. If broken, a resource in it has no provider among its modules."""
    provided = {resource for module in LIQUID for resource in entities("modules")[module].provides}
    for case in LOAD_CASES:
        assert set(chain(it_load(1000, 0.87), LIQUID, case)) - provided == {"grid-power"}


def test_a_whole_facility_costs_what_is_published() -> None:
    """Proves that 10 MW of IT in air at N+1 come to 9.23 US$ per W. If broken, facilities are too cheap or too dear.

    One block more than needed of each kind, but one hall, one substation (N+1 inside) and two grid steps.
    """
    drawn = chain(it_load(10_000), AIR, "design")
    modules = entities("modules")
    cost = modules["hv-substation-step"].price + 2 * modules["grid-connection-step"].price
    for module_id in AIR:
        spare = 0 if module_id == "greenfield-hall-10mw" else 1
        blocks = max(
            math.ceil(drawn[resource] / float(delivery.amount))
            for resource, delivery in modules[module_id].provides.items()
            if resource in drawn
        )
        cost += modules[module_id].price * (blocks + spare)
    assert drawn["grid-power"] <= 20_000
    assert float(cost) / 10_000_000 == pytest.approx(written("facts")["facility-korea"]["mid"], abs=0.02)


def test_results_name_their_accelerator_and_source() -> None:
    """Proves that each result can be tied to hardware and judged. If broken, a rate is of nobody knows what."""
    for result in written("throughput")["results"]:
        assert ("accelerator" in result) != ("accelerator_name" in result), result
        if "accelerator" in result:
            assert result["accelerator"] in entities("accelerators"), result
        source = Source.model_validate(result["source"])
        assert source.source, result
        assert source.as_of, result
        assert source.confidence in {"official", "secondary"}, result


def test_results_per_accelerator_follow_from_the_whole() -> None:
    """Proves that rates are the whole divided by accelerators. If broken, a workload's rate is off by a factor."""
    for result in written("throughput")["results"]:
        value, count = result["result"], result["accelerators"]
        if result["unit"] == "minutes":
            each = value * count / 60
        elif result["unit"].endswith("per accelerator"):
            each = value
        else:
            each = value / count
        assert result["per_accelerator"] == pytest.approx(each, rel=0.005, abs=0.06), result
