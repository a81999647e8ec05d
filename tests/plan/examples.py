"""Plans made by hand, without a solver, and one that was solved: what the tests of this folder look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import gpuplan
from gpuplan.instance.schema import Instance, validated
from gpuplan.ledger.decisions import Decisions, InstalledLine, ModuleLine, OpeningLine, OrderLine, TierLine
from gpuplan.plan.complete import complete
from gpuplan.plan.plan import Plan, PlanOptions
from gpuplan.plan.proof import level_of
from gpuplan.reckoning import reckon

OPTIONS = PlanOptions(gap=Decimal("0.001"), time_limit=None, threads=2, seed=0, memory_mb=None)

SMALL: dict[str, Any] = {
    "name": "small",
    "calendar": {"start": "2025-01-01", "periods": 12},
    "accelerators": {"chip": {"maker": "Acme", "tpp": 7916}},
    "systems": {"box": {"accelerator": "chip", "accelerators": 8}},
    "vendors": {"shop": {}},
    "offers": {"quote": {"vendor": "shop", "system": "box", "price": 100}},
    "sites": {"plant": {}},
}


def small(over: Mapping[str, Any] | None = None) -> Instance:
    """`SMALL` with dotted paths set, such as `{"offers.quote.price": 5}`."""
    made = deepcopy(SMALL)
    for path, value in (over or {}).items():
        *above, last = path.split(".")
        node = made
        for step in above:
            node = node.setdefault(step, {})
        node[last] = deepcopy(value)
    return validated(made)


def order(units: int, signed: str = "2025-01-01", offer: str = "quote", site: str = "plant") -> OrderLine:
    return OrderLine(offer=offer, site=site, signed=date.fromisoformat(signed), units=units)


def stands(units: int, day: str = "2025-01-01", offer: str = "quote", site: str = "plant") -> InstalledLine:
    return InstalledLine(offer=offer, site=site, day=date.fromisoformat(day), units=units)


def module(units: int, signed: str = "2025-01-01", name: str = "ups", site: str = "plant") -> ModuleLine:
    return ModuleLine(module=name, site=site, signed=date.fromisoformat(signed), units=units)


def opening(decided: str, site: str = "plant") -> OpeningLine:
    return OpeningLine(site=site, decided=date.fromisoformat(decided))


def tier(number: int, offer: str = "quote") -> TierLine:
    return TierLine(offer=offer, tier=number)


def planned(instance: Instance, *lines: object, optimal: bool = True, verified: Decimal = Decimal(1)) -> Plan:
    """The plan of some decisions, each level's bound being its value, or a share of it and the rest a claim."""
    kinds: dict[type, str] = {
        OrderLine: "orders",
        InstalledLine: "installed",
        ModuleLine: "modules",
        OpeningLine: "openings",
        TierLine: "tiers",
    }
    found: dict[str, tuple[object, ...]] = dict.fromkeys(kinds.values(), ())
    for line in lines:
        found[kinds[type(line)]] += (line,)
    reckoning = reckon(instance, Decisions.model_validate(found))
    levels = [
        level_of(instance, told, told[2], told[2] * verified, Decimal(0), None if verified == 1 else told[2])
        for told in reckoning.levels
    ]
    run: dict[str, Decimal | str] = {"seconds": Decimal("1.5"), "machine": "here"}
    return complete(reckoning, levels, OPTIONS, {"gpuplan": "0"}, run, optimal)


RICH = """
name: rich
calendar: {start: 2025-01-01, periods: 4, fiscal_year_starts_in_month: 4}
economics:
  discount_rate_per_year: 0.08
  evaluation_years: 1
  carbon_price_per_tonne: 50
  utilisation: 0.9
  exchange_rates: {EUR: [{from: 2025-01-01, rate: 1.1}, {from: 2025-03-01, rate: 1.2}]}
accelerators:
  big: {maker: Acme, memory_gb: 80, tpp: 15832, sources: {all: {source: guess, confidence: assumption}}}
  little: {maker: Bee, memory_gb: 48, tpp: 4000}
systems:
  box: {accelerator: big, accelerators: 8, max_power_kw: 10, typical_power_kw: 8, rack_units: 8, network_price_usd: 7}
  can: {accelerator: little, accelerators: 4, max_power_kw: 4, rack_units: 4}
vendors:
  shop: {activation_cost: 500}
  store: {currency: EUR, rebates: [{from_spend: 100, rate: 0.05}]}
offers:
  first:
    vendor: shop
    system: box
    price: 1000
    fee: 20
    tiers: [{from_units: 3, price: 900, fee: 10}]
    max_units: 6
    lead_days: 20
    acceptance_days: 10
    support_rate_per_year: 0.05
    payments: [{event: signed, share: 0.3}, {event: ready, share: 0.7}]
  second: {vendor: store, system: can, price: 200, currency: EUR, max_units: 4, order_until: 2025-03-31}
  late: {vendor: store, system: can, price: 100, currency: EUR, max_units: 4, lead_days: 300}
sites:
  north:
    opening_cost: 300
    build_days: 20
    fixed_cost_per_month: 15
    capacity:
      grid-power: 200
      protected-power: {amount: 60, needs: {grid-power: {design: 1.2, typical: 1.1}}}
      air-cooling: 20
      rack-positions: 10
    modules: {crah: {max_units: 3}, far: {}}
    tariff:
      energy_price_per_kwh: 0.1
      demand_charge_per_kw_month: 2
      sources: {all: {source: guess, confidence: unverified}}
    carbon_kg_per_kwh: 0.4
  south:
    capacity: {grid-power: 50, protected-power: 20, air-cooling: 20, rack-positions: 3}
    rack_kw: {air: 8}
modules:
  crah:
    provides: {air-cooling: {amount: 15, needs: {grid-power: 0.3}}}
    price: 60
    lead_days: 10
    maintenance_rate_per_year: 0.1
  far: {provides: {air-cooling: 100}, price: 1, lead_days: 900}
limits:
  target: {measure: systems, at_least: 7, by: 2025-04-20}
  budget: {measure: capex, at_most: 20000}
  bees: {measure: accelerators, at_least_share: 0.1, select: {maker: Bee}}
  green: {measure: carbon-kg, at_most: 1000, soft: {penalty: 0.01}}
  two: {measure: systems, count: vendors, at_least: 2}
deadlines:
  contract: {by: 2025-03-15}
existing:
  systems: {old: {system: can, site: south, units: 1}}
objective:
  - minimise: cost
"""


@cache
def solved() -> tuple[Instance, Plan]:
    """An instance with something of everything, and its best plan."""
    instance = gpuplan.load(RICH)
    outcome = gpuplan.solve(instance, gap=0, threads=1)
    assert outcome.plan is not None, outcome
    assert outcome.status == "optimal", outcome.plan.audit
    return instance, outcome.plan


def leaves(tree: object, path: tuple[str | int, ...] = ()) -> list[tuple[tuple[str | int, ...], object]]:
    """Every value of a JSON tree that is neither a mapping nor a list, with its path."""
    pairs: Sequence[tuple[str | int, object]]
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, list):
        pairs = list(enumerate(tree))
    else:
        return [(path, tree)]
    return [leaf for key, value in pairs for leaf in leaves(value, (*path, key))]
