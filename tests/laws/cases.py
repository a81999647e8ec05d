"""Cases that ship with the laws: for each family, instances on which it can be kept and broken; and found failures."""

from __future__ import annotations

from laws import purchase, terms
from support.brute import Space
from support.builders import POWERED, REMOVED, UNLIMITED, Tree, case, merged, offer, target
from support.laws import WILD

ROOM: Tree = {**UNLIMITED, "protected-power": "unlimited"}
TWO_MONTHS: Tree = {"periods": 2}

SUPPLY = case(
    calendar=TWO_MONTHS,
    offers={
        "o": {
            "lot_units": 2,
            "max_units": 5,
            "min_units": 4,
            "lead_days": 20,
            "acceptance_days": 5,
            "supply": [{"from": "2025-01-01", "units_per_month": 2}, {"from": "2025-02-01", "units_per_month": 4}],
        },
        "p": offer(price=150, max_units=1, order_until="2025-01-31", installation_days=35, award_days=0),
    },
    limits={"t": {"measure": "systems", "stage": "signed", "at_least": 1, "soft": {"penalty": 1}}},
)
PRICING_ALL_UNITS = case(
    calendar=TWO_MONTHS,
    economics={"discount_rate_per_year": 0.1},
    sites={"b": {}},
    vendors={"v": {"activation_cost": 15, "rebates": [{"from_spend": 150, "rate": 0.1}]}, "w": {"activation_cost": 9}},
    offers={
        "o": {
            "fee": 10,
            "tiers": [{"from_units": 2, "price": 80, "fee": 30}],
            "max_units": 3,
            "payments": [{"event": "signed", "share": 0.5}, {"event": "ready", "share": 0.5, "days_after": 9}],
            "support_rate_per_year": 0.1,
            "sites": ["a"],
        },
        "p": offer(vendor="w", max_units=1, fee=7, order_until="2025-01-31", sites=["b"]),
    },
    limits={"t": target(1), "b": {"measure": "spend", "at_most": 230, "select": {"site": "a"}, "soft": {"penalty": 1}}},
)
PRICING_INCREMENTAL = case(
    calendar=TWO_MONTHS,
    economics={
        "discount_rate_per_year": 0.1,
        "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
    },
    vendors={"v": {"rebates": [{"from_spend": 150, "rate": 0.1}, {"from_spend": 290, "rate": 0.2}], "currency": "EUR"}},
    systems={"s": {"network_price_usd": 7}},
    offers={
        "o": {
            "currency": "EUR",
            "fee": 10,
            "tier_pricing": "incremental",
            "tiers": [{"from_units": 2, "price": 80, "fee": 30}, {"from_units": 3, "price": 120}],
            "max_units": 4,
            "order_until": "2025-02-15",
        }
    },
    limits={"t": target(1)},
)
PRICING_TIERS = case(
    calendar={"periods": 1},
    offers={"o": {"tiers": [{"from_units": 2, "price": 80}, {"from_units": 3, "price": 60}], "max_units": 4}},
    limits={"t": target(2)},
)
PRICING_WITHOUT_FEES = case(
    calendar={"periods": 1},
    vendors={"v": {"activation_cost": 9}},
    offers={"o": {"min_units": 2}, "p": offer(max_units=1)},
    limits={"t": target(1)},
)
SITING = case(
    calendar=TWO_MONTHS,
    sites={"a": {"build_days": 20, "opening_cost": 40, "fixed_cost_per_month": 3}, "b": {"opens": "2025-02-10"}},
    offers={"o": {"max_units": 1}, "p": offer(sites=["b"], max_units=1, price=200)},
    limits={"t": target(1)},
)
DENSITY = case(
    calendar={"periods": 1},
    systems={"s": POWERED, "z": {**POWERED, "max_power_kw": 16}},
    sites={"a": {"rack_kw": {"air": 20}, "capacity": {**ROOM, "rack-positions": 1}}},
    offers={"p": offer(max_units=1), "q": offer(system="z", max_units=1)},
    limits={"t": target(1)},
)
DENSITY_DENIED = case(
    calendar={"periods": 1},
    systems={"s": POWERED},
    sites={"a": {"rack_kw": {"air": 9}, "capacity": ROOM}, "b": {"rack_kw": {"air": 10}, "capacity": ROOM}},
    offers={"o": {"max_units": 1}, "p": offer(sites=["b"], price=130, max_units=1)},
    limits={"t": target(1)},
)
BLOCKS: Tree = {
    "small": {"provides": {"air-cooling": 6}, "price": 4, "lead_days": 0, "order_until": "2025-01-31"},
    "large": {"provides": {"air-cooling": 15}, "price": 9, "lead_days": 0, "maintenance_rate_per_year": 0.5},
    "ups": {
        "provides": {"protected-power": {"amount": 12, "needs": {"grid-power": 1.25}}},
        "needs": {"grid-power": 1},
        "price": 11,
        "lead_days": 20,
    },
    "crah": {"provides": {"air-cooling": {"amount": 10, "needs": {"grid-power": 0.25}}}, "price": 5, "lead_days": 0},
}
POWER: Tree = {"energy_price_per_kwh": 0.01, "demand_charge_per_kw_month": 0.5}


def cooled(redundancy: str) -> Tree:
    """One month; blocks of two sizes for air cooling, with 2 kW of old."""
    return case(
        calendar={"periods": 1},
        systems={"s": POWERED},
        modules=BLOCKS,
        sites={
            "a": {
                "capacity": {**ROOM, "air-cooling": 2},
                "modules": {"small": {"max_units": 3}, "large": {"max_units": 2}},
                "redundancy": {"air-cooling": redundancy},
            }
        },
        offers={"o": {"max_units": 2}},
        limits={"t": target(1)},
    )


FACILITY_CHAIN = case(
    calendar=TWO_MONTHS,
    systems={"s": {**POWERED, "typical_power_kw": 8}},
    modules=BLOCKS,
    sites={
        "a": {
            "capacity": {"grid-power": 27, "air-cooling": "unlimited", "rack-positions": 2},
            "modules": {"ups": {"max_units": 2}},
            "tariff": POWER,
            "carbon_kg_per_kwh": 0.4,
        }
    },
    economics={"carbon_price_per_tonne": 50},
    resources={"protected-power": {"unit": "kW", "coincidence": 0.75}},
    offers={"o": {"max_units": 2}},
    limits={"t": target(1)},
)
FACILITY_FALLS = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    sites={
        "a": {
            "capacity": {
                **ROOM,
                "protected-power": [{"from": "2025-01-01", "amount": 30}, {"from": "2025-02-10", "amount": 12}],
            }
        }
    },
    offers={"o": {"max_units": 2}},
    existing={"systems": {"f": {"system": "s", "site": "a", "units": 1}}},
    limits={"t": {"measure": "systems", "at_least": 0}},
)
FACILITY_SHARED = case(
    calendar={"periods": 1},
    systems={"s": POWERED},
    modules=BLOCKS,
    sites={
        "a": {
            "capacity": {**ROOM, "grid-power": 24, "air-cooling": {"amount": 10, "needs": {"grid-power": 0.5}}},
            "modules": {"crah": {"max_units": 1}},
            "tariff": POWER,
        }
    },
    offers={"o": {"max_units": 2, "order_until": "2025-01-31"}},
    limits={"t": target(1)},
)
FACILITY_OPENED = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    sites={"a": {"build_days": 20, "opening_cost": 9, "capacity": {**ROOM, "protected-power": 15}}},
    offers={"o": {"max_units": 2}},
    limits={"t": {"measure": "systems", "at_least": 0}},
)
FACILITY_OPENED_SHARED = merged(
    FACILITY_SHARED, {"sites": {"a": {"opening_cost": 9}}, "limits": {"t": {"at_least": 0}}}
)
FACILITY_OPENED_DRAWN = case(
    calendar={"periods": 1},
    systems={"s": POWERED},
    modules={"ups": {**BLOCKS["ups"], "lead_days": 0}},
    sites={
        "a": {
            "opening_cost": 9,
            "capacity": {**ROOM, "grid-power": 16, "protected-power": 0},
            "modules": {"ups": {"max_units": 2}},
        }
    },
    offers={"o": {"max_units": 1}},
    limits={"t": {"measure": "systems", "at_least": 0}},
)
"""A module draws on the grid by itself, before the site is open too."""
FACILITY_OPENED_SPARED = case(
    calendar={"periods": 1},
    systems={"s": POWERED},
    modules=BLOCKS,
    sites={
        "a": {
            "opening_cost": 9,
            "capacity": {
                **ROOM,
                "grid-power": 24,
                "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1.2}},
                "air-cooling": 2,
            },
            "modules": {"small": {"max_units": 3}, "large": {"max_units": 2}},
            "redundancy": {"air-cooling": "N+1"},
        }
    },
    offers={"o": {"max_units": 3}},
    limits={"t": {"measure": "systems", "at_least": 0}},
)
"""The grid carries two systems, 20 kW of air cooling and no more; a block is lost where they need more than 2."""
FACILITY_OPENED_CIRCLE = case(
    calendar={"periods": 1},
    systems={"s": POWERED},
    sites={
        "a": {
            "opening_cost": 9,
            "capacity": {
                **ROOM,
                "protected-power": {"amount": 10, "needs": {"air-cooling": 1}},
                "air-cooling": {"amount": 20, "needs": {"protected-power": 1}},
            },
        }
    },
    offers={"o": {"max_units": 1}},
    limits={"t": {"measure": "systems", "at_least": 0}},
)
"""What each delivers is for the other alone, before the site is open too."""
DEADLINES = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    modules={"small": {**BLOCKS["small"], "order_until": "2025-12-31"}},
    sites={"a": {"capacity": {**ROOM, "air-cooling": 10}, "modules": {"small": {"max_units": 1}}}},
    offers={
        "o": {"max_units": 1, "acceptance_days": 14},
        "p": offer(max_units=1, lead_days=10),
        "q": offer(max_units=1),
    },
    deadlines={
        "use": {"by": "2025-02-05", "stage": "usable", "select": {"offer": "o"}},
        "ship": {"by": "2025-02-05", "stage": "shipped", "select": {"offer": "p"}},
        "sign": {"by": "2025-01-31", "exclude": {"offer": ["o", "p"]}},
        "build": {"by": "2025-01-15", "applies_to": "modules"},
    },
    limits={"t": {"measure": "systems", "at_least": 1}},
)


def limited(rules: Tree, **over: object) -> Tree:
    """Two vendors, one of them with an old system; two months."""
    return case(
        calendar=TWO_MONTHS,
        accelerators={"x": {"maker": "m", "bf16_tflops": 100}, "y": {"maker": "n"}},
        systems={"s": {"accelerator": "x"}, "z": {"accelerator": "y", "accelerators": 4}},
        vendors={"w": {}},
        offers={
            "o": {"max_units": 2, "acceptance_days": 10},
            "p": offer(vendor="w", system="z", price=70, max_units=2),
        },
        existing={"systems": {"f": {"system": "z", "site": "a", "units": 1, "vendor": "w"}}},
        limits=rules,
        **over,
    )


LIMITS = [
    limited(
        {
            "t": {"measure": "accelerators", "at_least": 8, "by": "2025-02-15"},
            "b": {"measure": "capex", "at_most": 240, "by": "2025-02-15"},
            "s": {"measure": "systems", "stage": "signed", "at_most_share": 0.7, "select": {"vendor": "v"}},
            "m": {"measure": "systems", "stage": "shipped", "at_most": 2, "each": "month"},
        }
    ),
    limited(
        {
            "c": {"measure": "accelerators", "count": "vendors", "at_least": 1, "at_most": 1, "counts_from": 8},
            "h": {"measure": "accelerators", "count": "makers", "counts_from_share": 0.5, "at_least": 1},
            "e": {
                "measure": "accelerators",
                "count": "vendors",
                "counts_from_share": 0.6,
                "at_most": 1,
                "existing": "include",
                "soft": {"penalty": 9},
            },
        }
    ),
    limited(
        {
            "l": {"measure": "accelerators", "at_least_share": 0.5, "select": {"maker": "m"}, "soft": {"penalty": 2}},
            "q": {"measure": "systems", "at_least": 2, "soft": {"priority": 1}, "each": "month"},
            "k": {"measure": "spend", "at_most": 90, "soft": {"priority": 2}},
            "x": {"measure": "compute-tflops", "format": "bf16", "at_most": 800},
        },
        objective=[{"minimise": "cost"}, {"minimise": "concentration", "of": {"measure": "systems"}}],
    ),
]
COMMISSIONING = limited(
    {"t": {"measure": "accelerators", "at_least": 12, "soft": {"penalty": 50}}},
    objective=[
        {"minimise": "commissioning", "target": "t"},
        {"minimise": "cost", "tolerance": 100},
        {"maximise": {"measure": "accelerators"}},
    ],
)

COMMISSIONING_WITH_FLEET = limited(
    {"t": {"measure": "accelerators", "at_least": 12, "existing": "include", "soft": {"penalty": 50}}},
)
COUNTED = limited({"c": {"measure": "systems", "count": "vendors", "at_least": 2}})
COUNTED_AT_MOST = limited(
    {
        "c": {"measure": "systems", "count": "vendors", "at_most": 1},
        "t": {"measure": "accelerators", "at_least": 20},
    }
)

WORKLOADS_FREE = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}},
    systems={"z": {"accelerators": 4}},
    sites={"b": {"opening_cost": 40}},
    offers={
        "o": {"max_units": 2, "acceptance_days": 10, "sites": ["a"]},
        "p": offer(system="z", max_units=1, price=50, sites=["b"]),
    },
    existing={"systems": {"f": {"system": "z", "site": "a", "units": 1}}},
    workloads={
        "w": {
            "unit": "t/s",
            "demand": [{"from": "2025-01-20", "amount": 8}, {"from": "2025-02-15", "amount": 4}],
            "rates": {"s": {"per_accelerator": 2, "derating": 0.5}, "z": {"amount": 8, "ready": "2025-02-10"}},
            "transit_price_per_unit_month": {"a": 2, "b": 0.5},
            "currency": "EUR",
        }
    },
    limits={"r": {"measure": "work-served", "at_most": 3.6, "select": {"system": "z"}, "from": "2025-02-01"}},
)
WORKLOADS_OPTIONAL = case(
    calendar=TWO_MONTHS,
    accelerators={"x": {"memory_gb": 80}, "y": {"memory_gb": 40}},
    systems={"s": {"accelerator": "x"}, "z": {"accelerator": "y", "accelerators": 4}},
    sites={"a": {"country": "KR"}, "b": {"country": "JP"}},
    offers={"o": {"max_units": 1}, "p": offer(system="z", max_units=1, price=50, sites=["a"])},
    workloads={
        "u": {
            "unit": "t/s",
            "demand": 12,
            "rates": {"s": 8, "z": 4},
            "required": False,
            "countries": ["KR"],
            "min_accelerator_memory_gb": 48,
        }
    },
    limits={"r": {"measure": "work-served", "at_least": 3, "each": "month", "soft": {"penalty": 30}}},
)
WORKLOADS_WHOLE = case(
    calendar=TWO_MONTHS,
    systems={"z": {"accelerators": 4}},
    sites={"b": {}},
    offers={"o": {"max_units": 2}, "p": offer(system="z", price=60, max_units=1, sites=["a"])},
    workloads={
        "w": {
            "unit": "t/s",
            "demand": [{"from": "2025-02-10", "amount": 10}],
            "rates": {"s": 8, "z": 5},
            "split": "one_system",
        },
        "u": {"unit": "t/s", "demand": 4, "rates": {"s": 8, "z": 5}, "split": "one_site", "sites": ["a", "b"]},
        "x": {"unit": "t/s", "demand": 5, "rates": {"s": 8, "z": 5}, "split": "one_site", "required": False},
    },
    objective=[{"maximise": {"measure": "work-served"}}, {"minimise": "cost"}],
)

CLUSTERS = case(
    calendar=TWO_MONTHS,
    economics={"exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}},
    systems={"z": {"accelerators": 4}},
    sites={"a": {"capacity": {"fabric-ports": 4}}},
    offers={"o": {"max_units": 3, "acceptance_days": 10}},
    existing={"systems": {"f": {"system": "z", "site": "a", "units": 1}}},
    clusters={
        "c": {
            "systems": "s",
            "size": 2,
            "max_size": 3,
            "price": 30,
            "price_per_system": 4,
            "currency": "EUR",
            "needs": {"fabric-ports": 1},
            "needs_per_system": {"fabric-ports": 1},
        }
    },
    limits={"l": {"measure": "clusters", "at_least": 1, "by": "2025-02-20", "soft": {"penalty": 500}}},
)
CLUSTERS_OF_ALL = case(
    calendar={"periods": 1},
    systems={"z": {"accelerators": 4}},
    offers={"o": {"max_units": 3}, "p": offer(system="z", max_units=1)},
    clusters={
        "c": {"systems": ["s", "z"], "size": 2, "all_systems": True, "price": 20},
        "d": {"systems": "s", "size": 1, "max_size": 1, "price": 15},
    },
    limits={"t": target(1, select={"system": "s"})},
)

CLUSTERS_OF_FLEET = case(
    calendar=TWO_MONTHS,
    sites={"a": {"capacity": {"fabric-ports": 4}}},
    offers={"o": REMOVED},
    existing={"systems": {"f": {"system": "s", "site": "a", "units": 3}}},
    clusters={
        "c": {
            "systems": "s",
            "size": 1,
            "max_size": 2,
            "price": 30,
            "needs": {"fabric-ports": 1},
            "needs_per_system": {"fabric-ports": 1},
        }
    },
    limits={"l": {"measure": "clusters", "at_most": 1, "by": "2025-01-31"}},
)
CLUSTERS_OF_FLEET_OPENED = merged(
    CLUSTERS_OF_FLEET, {"sites": {"a": {"opening_cost": 9}}, "offers": {"o": offer(max_units=1)}}
)
"""Clusters are formed of a fleet at a site that need not be opened."""
CLUSTERS_SHORT_OF_PORTS = merged(CLUSTERS_OF_FLEET, {"sites": {"a": {"capacity": {"fabric-ports": 3}}}})
CLUSTERS_OF_ANY_SIZE = merged(
    CLUSTERS_OF_FLEET, {"clusters": {"c": {"max_size": REMOVED, "needs": REMOVED, "needs_per_system": REMOVED}}}
)

ONE_KIND = case(
    calendar={"periods": 1},
    offers={"o": {"max_units": 2}},
    workloads={"w": {"unit": "t/s", "demand": 8, "rates": {"s": 8}, "split": "one_system"}},
)

SIMPLE = case(calendar=TWO_MONTHS, offers={"o": {"max_units": 2}}, limits={"t": target(0)})
CROWDED = merged(DENSITY, {"limits": {"t": target(3)}})
ONE_MODULE = case(
    calendar=TWO_MONTHS,
    systems={"s": POWERED},
    modules={"ups": {"provides": {"protected-power": 10}, "lead_days": 0, "price": 7}},
    sites={"a": {"capacity": UNLIMITED, "modules": {"ups": {"max_units": 1}}}},
    offers={"o": {"max_units": 2, "order_from": "2025-02-01"}},
    limits={"t": target(2)},
)
SPARE = merged(cooled("N+1"), {"limits": {"t": target(2)}})
STEPS = case(
    offers={"o": {"tiers": [{"from_units": 2, "price": 50}], "tier_pricing": "incremental"}}, limits={"t": target(1)}
)
FEES = case(
    calendar=TWO_MONTHS,
    economics={"discount_rate_per_year": 0.1},
    offers={"o": {"fee": 10, "tiers": [{"from_units": 2, "price": 80, "fee": 30}], "max_units": 2}},
    limits={"t": target(1, by="2025-01-31"), "u": target(2)},
)
HARD_BUDGET = merged(PRICING_ALL_UNITS, {"limits": {"b": {"soft": REMOVED}}})

WAITING = case(
    offers={"o": {"lead_days": 40}},
    objective=[{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    limits={"t": target(1)},
)

RULES: Tree = {
    "citation": "a made-up rule",
    "effective": "2025-01-01",
    "classes": [{"name": "big", "any_of": [{"tpp": {"at_least": 100}}]}, {"name": "small", "any_of": [{}]}],
    "groups": {"near": ["KR"], "far": ["JP"]},
    "refusal": 0.5,
}
"""To be given cells and caps; chips of 100 TPP or more are big."""
TWO_ROUTES: Tree = {
    **RULES,
    "cells": [
        {"chips": "small", "ruling": {"outcome": "free"}},
        {"location": "near", "from": "2025-02-10", "ruling": {"outcome": "denied"}},
        {"location": "near", "ruling": {"outcome": "licence", "days": 20}},
        {
            "location": "far",
            "routes": {
                "quota": {"outcome": "notify", "days": 5, "cap": "quota"},
                "allocation": {"outcome": "capped", "days": 20, "cap": "allocation"},
            },
        },
    ],
    "caps": {
        "quota": {"measure": "systems", "at_most": 1, "each": "year"},
        "allocation": {"measure": "tpp", "at_most": 14000, "per": "country", "used": {"jp": 1200}},
    },
}


def controlled(rules: Tree, **over: object) -> Tree:
    """One chip of 1,600 TPP, sold to a site in Korea and one in Japan under a made-up regime; two months."""
    return case(
        calendar=TWO_MONTHS,
        accelerators={"x": {"tpp": 1600}},
        systems={"s": {"accelerator": "x"}},
        sites={"a": {"country": "KR"}, "b": {"country": "JP"}},
        export={"buyer": {"headquarters": "KR"}, "regimes": {"r": rules}},
        vendors={"v": {"country": "KR"}},
        **over,
    )


EXPORT = controlled(TWO_ROUTES, offers={"o": {"max_units": 2, "lead_days": 10}}, limits={"t": target(1)})
EXPORT_PRICED = controlled(
    TWO_ROUTES,
    economics={"discount_rate_per_year": 0.1},
    offers={
        "o": {
            "max_units": 3,
            "sites": ["b"],
            "tiers": [{"from_units": 2, "price": 80}],
            "payments": [{"event": "shipped", "share": 1}],
        }
    },
    limits={"t": target(2)},
)
EXPORT_EXPECTED = controlled(
    TWO_ROUTES,
    offers={"o": {"max_units": 3}},
    limits={
        "t": {"measure": "systems", "at_least": 1, "delivery": "expected"},
        "w": {"measure": "systems", "stage": "signed", "at_least": 1, "delivery": "worst-case", "soft": {"penalty": 5}},
    },
)
EXPORT_GRANTED = controlled(
    TWO_ROUTES,
    offers={"o": {"max_units": 3, "sites": ["a"]}},
    limits={"t": {"measure": "systems", "at_least": 1, "delivery": "expected"}},
)
"""At even odds one system expected takes two."""
EXPORT_CAPPED = controlled(TWO_ROUTES, offers={"o": {"max_units": 3, "sites": ["b"]}}, limits={"t": target(2)})

CASES: dict[str, list[Tree]] = {
    "conditions": terms.CASES["conditions"],
    "supply": [SUPPLY, *terms.CASES["supply"]],
    "export": [EXPORT, EXPORT_PRICED],
    "siting": [SITING],
    "density": [DENSITY, DENSITY_DENIED],
    "facility": [
        *(cooled(rule) for rule in ("N", "N+1", "N+2", "2N")),
        FACILITY_CHAIN,
        FACILITY_FALLS,
        FACILITY_SHARED,
        FACILITY_OPENED,
        FACILITY_OPENED_SHARED,
        FACILITY_OPENED_DRAWN,
        FACILITY_OPENED_SPARED,
        FACILITY_OPENED_CIRCLE,
    ],
    "pricing": [
        PRICING_ALL_UNITS,
        PRICING_INCREMENTAL,
        PRICING_TIERS,
        PRICING_WITHOUT_FEES,
        *terms.CASES["pricing"],
    ],
    "vendor_terms": [PRICING_ALL_UNITS, PRICING_INCREMENTAL, PRICING_WITHOUT_FEES],
    "module_costs": [cooled("N"), FACILITY_CHAIN],
    "energy": [FACILITY_CHAIN, FACILITY_SHARED],
    "workloads": [WORKLOADS_FREE, WORKLOADS_OPTIONAL, WORKLOADS_WHOLE],
    "clusters": [CLUSTERS, CLUSTERS_OF_ALL, CLUSTERS_OF_FLEET, CLUSTERS_OF_FLEET_OPENED],
    "deadlines": [DEADLINES],
    "limits": [*LIMITS, COMMISSIONING, purchase.HOSTS, EXPORT_EXPECTED, EXPORT_GRANTED, EXPORT_CAPPED],
    **purchase.CASES,
    "levies": [*purchase.CASES["levies"], *terms.CASES["levies"]],
}
"""By family; a family that is listed and has no case fails its laws."""

SPACES: dict[int, Space] = {
    id(one): Space(wild=True, outputs=(0, 10))
    for one in (FACILITY_SHARED, FACILITY_OPENED_SHARED, FACILITY_OPENED_CIRCLE)
}
"""Where more is decided than usual."""


def space_of(tree: Tree) -> Space:
    """How far the listing of a case goes."""
    return SPACES.get(id(tree), WILD)


ALONE: dict[str, Tree] = {
    "conditions": terms.ONLY_WITH_ALONE,
    "supply": case(offers={"o": {"lead_days": 120}, "p": offer(price=300)}, limits={"t": target(1)}),
    "export": controlled(
        {**RULES, "cells": [{"location": "near", "ruling": {"outcome": "denied"}}, {"ruling": {"outcome": "free"}}]},
        offers={"o": {"sites": ["a"]}, "p": offer(price=300, sites=["b"])},
        limits={"t": target(1)},
    ),
    "siting": case(
        sites={"a": {"build_days": 40}}, offers={"o": {"max_units": 1}}, limits={"t": target(1, by="2025-01-31")}
    ),
    "density": DENSITY_DENIED,
    "facility": case(
        systems={"s": POWERED},
        sites={"a": {"capacity": {**UNLIMITED, "protected-power": 5}}, "b": {"capacity": ROOM}},
        offers={"p": offer(sites=["b"], price=300), "o": {"sites": ["a"]}},
        limits={"t": target(1)},
    ),
    "pricing": PRICING_TIERS,
    "vendor_terms": PRICING_WITHOUT_FEES,
    "module_costs": FACILITY_CHAIN,
    "energy": FACILITY_CHAIN,
    "deadlines": case(
        offers={"o": {"order_from": "2025-02-01"}, "p": offer(price=300)},
        deadlines={"d": {"by": "2025-01-31"}},
        limits={"t": target(1)},
    ),
    "workloads": case(workloads={"w": {"unit": "t/s", "demand": 4, "rates": {"s": 8}}}),
    "clusters": case(
        calendar={"periods": 1},
        offers={"o": {"max_units": 2}},
        clusters={"c": {"systems": "s", "size": 2, "all_systems": True, "price": 5}},
        limits={"t": target(1)},
    ),
    "limits": case(limits={"t": target(2)}),
    **purchase.ALONE,
}
"""By family: a case whose optimum without the family breaks the family, and nothing else."""


FOUND: dict[str, Tree] = {
    "seed 71": {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": 3, "period": "month"},
        "economics": {
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
            "carbon_price_per_tonne": 50,
        },
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": {
            "s": {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}},
            "z": {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}},
        },
        "vendors": {
            "v": {"country": "US"},
            "w": {"country": "US", "rebates": [{"from_spend": 150, "rate": 0.1}, {"from_spend": 290, "rate": 0.25}]},
        },
        "sites": {"a": {"country": "JP", "opens": "2025-02-10"}},
        "offers": {
            "o": {
                "vendor": "w",
                "system": "s",
                "price": 100,
                "max_units": 3,
                "currency": "USD",
                "fee": 20,
                "shipping_days": 12,
            }
        },
        "limits": {"t": {"measure": "accelerators", "at_least": 8}},
        "objective": [{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    },
    "seed 216": {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": 2, "period": "month"},
        "economics": {
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
            "discount_rate_per_year": 0.1,
        },
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": {
            "s": {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}},
            "z": {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}},
        },
        "vendors": {"v": {"country": "US", "activation_cost": 15}, "w": {"country": "KR"}},
        "sites": {"a": {"country": "KR", "opening_cost": 40}},
        "offers": {
            "o": {
                "vendor": "v",
                "system": "s",
                "price": 80,
                "max_units": 2,
                "tiers": [{"from_units": 2, "price": 70, "fee": 30}],
                "tier_pricing": "all-units",
                "lead_days": 35,
                "payments": [
                    {"event": "signed", "share": 0.25},
                    {"event": "shipped", "share": 0.25, "days_after": 10},
                    {"event": "ready", "share": 0.5},
                ],
            },
            "p": {"vendor": "w", "system": "z", "price": 80, "max_units": 1, "lead_days": 35, "acceptance_days": 3},
        },
        "limits": {
            "t": {"measure": "attribute", "attribute": "score", "at_least": 3, "by": "2025-02-28"},
            "l": {"measure": "systems", "at_least": 2, "soft": {"priority": 1, "scale": 4}, "select": {"vendor": "w"}},
        },
        "objective": [{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    },
    "seed 534": {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": 2, "period": "month"},
        "economics": {
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
        },
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": {
            "s": {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}},
            "z": {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}},
        },
        "vendors": {"v": {"country": "KR"}, "w": {"country": "US"}},
        "sites": {"a": {"country": "JP", "build_days": 20, "opening_cost": 40}},
        "offers": {
            "o": {
                "vendor": "v",
                "system": "z",
                "price": 100,
                "max_units": 1,
                "supply": [{"from": "2025-01-01", "units_per_month": 1}, {"from": "2025-03-01", "units_per_month": 2}],
                "order_until": "2025-04-15",
                "sites": ["a"],
            },
            "p": {
                "vendor": "w",
                "system": "s",
                "price": 65,
                "max_units": 2,
                "lot_units": 2,
                "tiers": [{"from_units": 2, "price": 90}, {"from_units": 3, "discount": 0.5}],
                "tier_pricing": "all-units",
                "acceptance_days": 14,
                "support_rate_per_year": 0.1,
                "sites": ["a"],
            },
        },
        "limits": {
            "t": {"measure": "accelerators", "at_least": 8},
            "l": {"measure": "systems", "at_least": 2, "soft": {"priority": 1, "scale": 4}, "select": {"vendor": "w"}},
        },
        "objective": [{"maximise": {"measure": "accelerators"}}, {"minimise": "cost"}],
    },
    "seed 1051": {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": 2, "period": "month"},
        "economics": {
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
            "carbon_price_per_tonne": 50,
            "utilisation": 0.5,
        },
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": {
            "s": {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}},
            "z": {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}},
        },
        "vendors": {
            "v": {"country": "KR"},
            "w": {
                "country": "KR",
                "currency": "USD",
                "rebates": [{"from_spend": 150, "rate": 0.1}, {"from_spend": 290, "rate": 0.25}],
            },
        },
        "sites": {"a": {"country": "KR"}},
        "offers": {
            "o": {
                "vendor": "v",
                "system": "z",
                "price": 100,
                "max_units": 5,
                "lot_units": 2,
                "lead_days": [{"from": "2025-01-01", "days": 40}, {"from": "2025-02-01", "days": 5}],
                "installation_days": 5,
            },
            "p": {
                "vendor": "v",
                "system": "s",
                "price": 65,
                "max_units": 2,
                "lot_units": 2,
                "tiers": [{"from_units": 2, "price": 60, "fee": 30}, {"from_units": 3, "discount": 0.5}],
                "tier_pricing": "all-units",
                "order_until": "2025-04-15",
                "installation_days": 5,
                "payments": [
                    {"event": "signed", "share": 0.25},
                    {"event": "shipped", "share": 0.25, "days_after": 10},
                    {"event": "ready", "share": 0.5},
                ],
            },
        },
        "limits": {
            "t": {"measure": "accelerators", "at_least": 8, "by": "2025-02-28", "soft": {"priority": 1}},
            "l": {"measure": "accelerators", "count": "makers", "at_least": 2, "counts_from": 2},
        },
        "deadlines": {"d": {"by": "2025-03-15", "stage": "shipped"}},
        "objective": [{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    },
    "seed 1625": {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": 2, "period": "quarter", "tender_from": "2024-12-15"},
        "economics": {
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
            "discount_rate_per_year": 0.1,
        },
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": {
            "s": {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}},
            "z": {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}},
        },
        "vendors": {"v": {"country": "KR", "activation_cost": 60, "currency": "USD"}, "w": {"country": "KR"}},
        "sites": {"a": {"country": "KR", "opens": "2025-02-10"}},
        "offers": {
            "o": {
                "vendor": "w",
                "system": "z",
                "price": 100,
                "max_units": 2,
                "min_units": 2,
                "fee": 20,
                "tiers": [{"from_units": 2, "price": 70, "fee": 30}],
                "tier_pricing": "all-units",
                "order_until": "2025-04-15",
                "lead_days": [{"from": "2025-01-01", "days": 40}, {"from": "2025-02-01", "days": 5}],
            },
            "p": {
                "vendor": "w",
                "system": "s",
                "price": 65,
                "max_units": 1,
                "currency": "EUR",
                "fee": 20,
                "supply": [{"from": "2025-01-01", "units_per_month": 1}, {"from": "2025-03-01", "units_per_month": 2}],
                "order_until": "2025-01-31",
                "support_rate_per_year": 0.1,
            },
        },
        "limits": {
            "t": {"measure": "attribute", "attribute": "score", "at_least": 4, "existing": "include"},
            "l": {"measure": "it-power-kw", "at_most": 17},
            "k": {"measure": "systems", "at_least": 2, "soft": {"priority": 2}, "each": "month"},
        },
        "objective": [{"minimise": "commissioning", "target": "t"}, {"minimise": "cost"}],
    },
}
"""Random instances on which a law was once broken: HiGHS 1.16 took a start for the optimum of a later level."""
