"""The published JSON Schema: accepts what `load` accepts, in every way of writing it, and refuses unknown keys."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest

from gpuplan.instance.catalog import OVERRIDABLE, entries
from gpuplan.instance.json_schema import instance_schema
from gpuplan.instance.schema import validated
from gpuplan.plan.files import to_json
from gpuplan.plan.plan import Plan
from instance.trees import tree

SCHEMA: dict[str, Any] = json.loads(to_json(instance_schema()))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)

WRITTEN: dict[str, dict[str, Any]] = {
    "small": {},
    "one number for a lead": {"offers.quote.lead_days": 84},
    "steps for a lead": {"offers.quote.lead_days": [{"from": "2025-01-01", "days": 3}]},
    "one number for capacity": {"sites.plant.capacity": {"grid-power": 500.5}},
    "unlimited capacity": {"sites.plant.capacity": {"grid-power": "unlimited"}},
    "steps for capacity": {"sites.plant.capacity": {"grid-power": {"amount": [{"from": "2025-01-01", "amount": 3}]}}},
    "bare steps for capacity": {"sites.plant.capacity": {"grid-power": [{"from": "2025-01-01", "amount": 3}]}},
    "capacity with needs": {"sites.plant.capacity": {"air-cooling": {"amount": 3, "needs": {"grid-power": 0.3}}}},
    "needs by load case": {
        "sites.plant.capacity": {
            "air-cooling": {"amount": "unlimited", "needs": {"grid-power": {"design": 0.3, "typical": 0.2}}}
        }
    },
    "redundancy": {"sites.plant.redundancy": {"grid-power": "N+1", "air-cooling": "2N"}},
    "module": {"modules.ups": {"provides": {"protected-power": 5}, "needs": {"air-cooling": 0.1}, "lead_days": 3}},
    "module in full": {
        "modules.ups": {
            "provides": {"protected-power": {"amount": 5, "needs": {"grid-power": {"design": 1.1, "typical": 1}}}},
            "lead_days": [{"from": "2025-01-01", "days": 3}],
        },
        "sites.plant.modules": {"ups": {"max_units": 2}},
    },
    "catalogue by id": {
        "offers.quote.system": "dgx-h100",
        "systems.dgx-h100": {"max_power_kw": 11},
        "sites.plant.tariff": "kr-industrial-hvb2-2024",
        "economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 0.0007}]},
    },
    "tariff": {"sites.plant.tariff": {"energy_price_per_kwh": 0.1}},
    "selection of one and of many": {
        "limits.it": {
            "measure": "spend",
            "from": "2025-01-01",
            "at_most": 5,
            "select": {"vendor": "shop", "maker": ["Acme"]},
        }
    },
    "soft limit": {"limits.it": {"measure": "systems", "at_least": 5, "soft": {"priority": 1}}},
    "levels": {"objective": [{"maximise": {"measure": "systems"}}, {"minimise": "cost", "tolerance_share": 0.01}]},
    "payments and tiers": {
        "offers.quote.payments": [{"event": "signed", "share": 0.5}, {"event": "ready", "share": 0.5}],
        "offers.quote.tiers": [{"from_units": 5, "discount": 0.1}],
        "offers.quote.supply": [{"from": "2025-01-01", "units_per_month": 3}],
    },
    "a price list": {
        "offers.listed": {
            "vendor": "shop",
            "system": "box",
            "prices": [{"from": "2025-01-01", "until": "2025-02-28", "price": 9.5}, {"from": "2025-04-01", "price": 8}],
        }
    },
    "early order": {"offers.quote.early_order": {"until": "2025-01-31", "discount": 0.05}},
    "a warranty": {"offers.quote.warranty_years": 3, "offers.quote.support_rate_per_year": 0.06},
    "a range of leads": {"offers.quote.lead_days_range": {"least": 98, "most": 112}},
    "late damages": {"offers.quote.late_damages": {"share_per_week": 0.005, "at_most_share": 0.05, "grace_days": 7}},
    "a condition": {
        "offers.other": {"vendor": "shop", "system": "box", "price": 9, "only_with": {"offer": ["quote"]}},
    },
    "free units": {"offers.quote.free_units": {"buy": 20, "free": 1}},
    "workload": {"workloads.chat": {"unit": "tokens/s", "demand": 5, "rates": {"box": 3}}},
    "workload in full": {
        "workloads.chat": {
            "unit": "tokens/s",
            "demand": [{"from": "2025-02-01", "amount": 5}],
            "rates": {
                "box": {"per_accelerator": 3, "derating": 0.5, "ready": "2025-03-01"},
                "hgx-h200": {"measured": {"workload": "llama2-70b-99", "scenario": "Server"}, "derating": 0.5},
            },
            "sites": ["plant"],
            "transit_price_per_unit_month": {"plant": 0.5},
            "split": "one_site",
        }
    },
    "cluster": {"clusters.pod": {"systems": "box", "size": 2, "needs": {"grid-power": 3}}},
    "cluster in full": {
        "clusters.pod": {
            "systems": ["box"],
            "size": 2,
            "max_size": 4,
            "sites": ["plant"],
            "price": 5,
            "needs_per_system": {"grid-power": {"design": 0.3, "typical": 0.2}},
            "all_systems": True,
        },
        "limits.pods": {"measure": "clusters", "at_least": 1, "select": {"cluster": "pod"}},
    },
    "fleet, deadline, scenario": {
        "existing.systems": {"old": {"system": "box", "site": "plant", "units": 1}},
        "deadlines.it": {"by": "2025-06-30", "stage": "usable"},
        "scenarios.dear": {"edits": ["offers.quote.price *= 2"]},
        "edits": ["name = x"],
    },
}


def faults(document: dict[str, Any]) -> list[str]:
    as_read = json.loads(to_json(document))
    return [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message:.100}" for error in VALIDATOR.iter_errors(as_read)
    ]


def test_both_schemas_are_schemas() -> None:
    """Proves that what is published is JSON Schema 2020-12. If broken, editors ignore it without a word."""
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.Draft202012Validator.check_schema(json.loads(to_json(Plan.model_json_schema())))


@pytest.mark.parametrize("over", WRITTEN.values(), ids=WRITTEN.keys())
def test_what_load_accepts_the_schema_accepts(over: dict[str, Any]) -> None:
    """Proves every way of writing: if broken, an editor underlines `lead_days: 84`, the way the catalogue writes it."""
    document = tree(over)
    validated({key: value for key, value in document.items() if key != "edits"})
    assert faults(document) == []


@pytest.mark.parametrize("section", OVERRIDABLE)
def test_the_shipped_catalogue_keeps_to_the_schema(section: str) -> None:
    """Proves that an entry copied from the catalogue into an instance is accepted."""
    assert faults({**tree(), section: entries(section)}) == []


@pytest.mark.parametrize("over", WRITTEN.values(), ids=WRITTEN.keys())
def test_an_instances_own_dump_keeps_to_the_schema(over: dict[str, Any]) -> None:
    """Proves that what gpuplan writes, gpuplan's schema accepts."""
    made = validated({key: value for key, value in tree(over).items() if key != "edits"})
    assert faults(made.model_dump(exclude_none=True)) == []


@pytest.mark.parametrize(
    "over",
    [
        {"foo": 1},
        {"calendar.perods": 1},
        {"offers.quote.pric": 1},
        {"sites.plant.capasity": {}},
        {"limits.it": {"measure": "systems", "at_most": 1, "selct": {}}},
        {"limits.it": {"measure": "systems", "at_most": 1, "select": {"vender": "x"}}},
        {"systems.dgx-h100": {"power": 1}},
        {"objective": [{"minimize": "cost"}]},
    ],
    ids=str,
)
def test_unknown_keys_are_refused(over: dict[str, Any]) -> None:
    """Proves that the schema is closed, so that an editor underlines what load would refuse."""
    assert faults(tree(over))


@pytest.mark.parametrize(
    "over",
    [
        {"offers.quote.price": "12"},
        {"offers.quote.price": True},
        {"offers.quote.price": -1},
        {"offers.quote.lot_units": 0},
        {"offers.quote.lot_units": 1.5},
        {"offers.quote.support_rate_per_year": 2},
        {"calendar.periods": 601},
        {"calendar.start": 20250101},
        {"vendors.NHN": {}},
        {"economics.currency": "usd"},
        {"economics.exchange_rates": {"krw": [{"from": "2025-01-01", "rate": 1}]}},
        {"systems.box.cooling": "water"},
        {"limits.it": {"measure": "sytems", "at_most": 1}},
        {"sites.plant.redundancy": {"grid-power": "N+9"}},
        {"offers.quote.lead_days": -3},
        {"sites.plant.capacity": {"grid-power": "endless"}},
    ],
    ids=str,
)
def test_wrong_values_are_refused(over: dict[str, Any]) -> None:
    """Proves that bounds, forms of ids and words are in the schema too."""
    assert faults(tree(over))


def test_what_is_required_is_required() -> None:
    """Proves that a file that stands alone must have a name and a calendar."""
    for key in ("name", "calendar"):
        assert faults({other: value for other, value in tree().items() if other != key})


@pytest.mark.parametrize(
    "document",
    [
        {"extends": "base.yaml"},
        {"extends": "base.yaml", "edits": ["name = x"]},
        {"extends": "base.yaml", "calendar": {"periods": 3}},
        {"extends": "base.yaml", "offers": {"quote": {"price": 5}}},
        {"extends": "base.yaml", "limits": {"target": {"at_least": 5}}},
        {"extends": "base.yaml", "existing": {"systems": {"old": {"units": 5}}}},
    ],
    ids=str,
)
def test_a_file_that_extends_another_may_leave_out_what_that_one_states(document: dict[str, Any]) -> None:
    """Proves the docstring's promise: an extending file that changes one price is accepted."""
    assert faults(document) == []


def test_a_file_that_extends_another_is_still_closed() -> None:
    """Proves that extending does not open the schema."""
    assert faults({"extends": "base.yaml", "foo": 1})
    assert faults({"extends": "base.yaml", "offers": {"quote": {"pric": 5}}})
