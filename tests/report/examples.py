"""Plans and answers to report: one of every kind, and instances whose names are hostile."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import gpuplan
from gpuplan.instance.schema import Instance
from gpuplan.plan.plan import Plan
from gpuplan.whatif.explain import BrokenRules
from plan.examples import order, planned, small, solved, stands

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "quotes": "\"' onmouseover='alert(1)",
    "formula": "=cmd|'/c calc'!A1",
    "plus": "+1+cmd()",
    "link": "http://example.com/x",
    "template": "{{ 7 * 7 }}{% raw %}",
    "mathematics": r"$\frac{1}{0$ \input",
    "long": "x" * 10_000,
    "right-to-left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "picture": "\U0001f680 \u5bb6\u5c4b \ud55c\uad6d",
}
"""Names that something might take for more than text."""


def hostile(name: str) -> tuple[Instance, Plan]:
    """An instance with the name wherever a person may write freely, and a plan of it."""
    over: dict[str, Any] = {
        "name": name,
        "accelerators.chip.maker": name,
        "accelerators.chip.sources": {"all": {"source": name, "as_of": name, "confidence": "assumption"}},
        "sites.plant.capacity": {"heat": 1000},
        "resources": {"heat": {"unit": name}},
        "systems.box.needs": {"heat": 1},
        "vendors.shop.name": name,
        "systems.box.name": name,
        "sites.plant.name": name,
        "limits": {"most": {"name": name, "measure": "systems", "at_most": 3}},
    }
    instance = small(over)
    return instance, planned(instance, order(2), stands(2))


@cache
def rich() -> Plan:
    """A plan with something of everything."""
    return solved()[1]


SHOP = """
name: shop
calendar: {start: 2025-01-01, periods: 2}
systems: {box: {accelerators: 8}}
vendors: {near: {}, far: {}}
offers:
  dear: {vendor: near, system: box, price: 100, max_units: 3}
  cheap: {vendor: far, system: box, price: 80, max_units: 2}
sites: {plant: {}}
limits:
  target: {measure: systems, at_least: 3}
  budget: {measure: spend, at_most: 270}
  far-share: {measure: systems, at_most_share: 0.5, select: {vendor: far}}
scenarios:
  richer: {edits: [limits.budget.at_most = 400]}
"""
"""Three boxes, at most half from afar: one cheap and two dear, 280, is more than the budget of 270."""


def uncertain(instance: gpuplan.Instance) -> gpuplan.Instance:
    """With a dear future and one in which an offer is gone, each drawn twice."""
    first = next(iter(instance.offers))
    futures = {
        "dear": {"probability": 0.75, "edits": [f"offers.{first}.price *= 1.5"]},
        "as-stated": {"probability": 0.25},
    }
    drawn = {"number": 2, "figures": {f"offers.{first}.price": {"uniform": [0, 3]}}}
    stated = {"reveals": str(instance.calendar.start), "futures": futures, "drawn": drawn}
    return instance.edited([f"uncertainty = {json.dumps(stated)}"])


@cache
def answers() -> dict[str, Any]:
    """One answer of every kind, by the name of its schema."""
    shop = gpuplan.load(SHOP)
    richer = shop.in_scenario("richer")
    found = gpuplan.what_if(richer, ["limits.far-share remove"], gap=0)
    plan = found.edited_plan
    assert plan is not None
    return {
        "plan": rich(),
        "comparison": found.comparison,
        "infeasibility": gpuplan.explain_infeasible(shop),
        "offer-cost": gpuplan.explain_offer(richer, "dear"),
        "broken-rules": BrokenRules(name="shop", broken=gpuplan.explain_plan(shop, plan)),
        "alternatives": gpuplan.alternatives(richer, count=2),
        "entry-prices": gpuplan.entry_prices(richer),
        "flips": gpuplan.flip(richer, ["limits.budget.at_most"]),
        "sweep": gpuplan.sweep(shop, ["limits.budget.at_most = {} : 270; 280; 400"], jobs=1),
        "frontier": gpuplan.frontier(richer),
        "regret": gpuplan.regret(shop, ["richer"]),
        "stress": gpuplan.stress(uncertain(richer), plan),
    }
