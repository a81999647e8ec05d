"""Tiny random instances that touch every family, small enough to be listed plan by plan.

`tree_of(dice)` draws from anything that can choose: a seeded generator in most suites, hypothesis in the long one,
so that one grammar serves both and hypothesis can shrink what it finds.
"""

from __future__ import annotations

from random import Random
from typing import Any, Protocol

from hypothesis import strategies as st

from support.brute import Space, size
from support.builders import Tree, made

MOST_PLANS = 900
MOST_PLANS_AT_WORK = 160
"""With workloads, since each of them takes a linear program."""


class Dice(Protocol):
    """Something that chooses."""

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        ...


class Seeded:
    """Chooses by a seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return self._random.randint(low, high)


class Drawn:
    """Chooses by hypothesis."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def integer(self, low: int, high: int) -> int:
        """A whole number from low to high."""
        return int(self._draw(st.integers(low, high)))


@st.composite
def trees(draw: Any) -> Tree:
    """Trees of valid instances."""
    return tree_of(Drawn(draw))


def seeded(seed: int) -> Tree:
    """The tree of a seed."""
    return tree_of(Seeded(seed))


def with_terms(seed: int) -> Tree:
    """The tree of a seed in which most offers have several of the terms that real quotes have."""
    return tree_of(Seeded(seed), terms=60)


def _one(dice: Dice, *options: Any) -> Any:
    return options[dice.integer(0, len(options) - 1)]


def _sometimes(dice: Dice, per_cent: int) -> bool:
    return dice.integer(1, 100) > 100 - per_cent


def tree_of(dice: Dice, terms: int = 15) -> Tree:
    """A valid instance with at most MOST_PLANS complete plans; each offer has each of `_terms` with a chance."""
    powered = _sometimes(dice, 45)
    tree: Tree = {
        "name": "random",
        "calendar": {"start": "2025-01-01", "periods": _one(dice, 2, 2, 3), "period": _one(dice, "month", "quarter")},
        "economics": _economics(dice),
        "accelerators": {"x": {"maker": "m", "bf16_tflops": 100, "memory_gb": 80}, "y": {"maker": "n", "tpp": 5}},
        "systems": _systems(dice, powered),
        "vendors": {"v": _vendor(dice), "w": _vendor(dice)},
    }
    if _sometimes(dice, 15):
        tree["calendar"]["tender_from"] = "2024-12-15"
    tree["sites"] = {name: _site(dice, powered) for name in _one(dice, ("a",), ("a",), ("a", "b"))}
    tree["offers"] = {name: _offer(dice, tree) for name in _one(dice, ("o",), ("o", "p"), ("o", "p"))}
    if powered:
        _facility(dice, tree)
    if _sometimes(dice, 20):
        fleet = {"system": _one(dice, "s", "z"), "site": "a", "units": 1}
        tree["existing"] = {"systems": {"f": {**fleet, **_one(dice, {}, {"vendor": "w"})}}}
    tree["limits"] = _limits(dice, tree)
    if _sometimes(dice, 25):
        tree["deadlines"] = {"d": _deadline(dice, tree)}
    tree["objective"] = _objective(dice, tree)
    if _sometimes(dice, 20):
        _export(dice, tree)
    if _sometimes(dice, 20):
        _workloads(dice, tree)
    elif _sometimes(dice, 12):
        _clusters(dice, tree)
    _purchase(dice, tree)
    _terms(dice, tree, terms)
    return _small(tree)


def _export(dice: Dice, tree: Tree) -> None:
    """A made-up regime: x is big by its throughput, y small by its TPP."""
    ruling = _one(
        dice,
        {"outcome": "denied"},
        {"outcome": "licence", "days": _one(dice, 10, 45)},
        {"outcome": "undetermined", "reason": "nobody knows"},
        {"outcome": "case-by-case", "days": 10, "refusal": 0.25},
    )
    routes = {
        "quota": {"outcome": "notify", "days": _one(dice, 0, 12), "cap": "quota"},
        "allocation": {"outcome": "capped", "days": _one(dice, 0, 30), "cap": "allocation"},
    }
    cells: list[Tree] = [
        {"chips": "small", "ruling": {"outcome": "free"}},
        {"location": "near", "ruling": ruling, **_one(dice, {}, {"from": "2025-01-20"}, {"until": "2025-01-31"})},
        {"location": "far", **_one(dice, {"routes": routes}, {"routes": routes}, {"ruling": {"outcome": "free"}})},
        {"headquarters": "there", "ruling": {"outcome": _one(dice, "free", "denied")}},
        {"ruling": {"outcome": "free"}},
    ]
    tree["export"] = {
        "buyer": {"headquarters": "KR"},
        "case_by_case": _one(dice, "licence", "denied"),
        "regimes": {
            "r": {
                "citation": "a made-up rule",
                "effective": _one(dice, "2025-01-01", "2025-02-05"),
                "classes": [
                    {"name": "big", "any_of": [{"tpp": {"at_least": 100}}]},
                    {"name": "small", "any_of": [{}]},
                ],
                "groups": {"near": ["KR"], "far": ["JP"]},
                "headquarters": {"there": ["US"]},
                "refusal": _one(dice, 0, 0.5),
                "cells": cells,
                "caps": {
                    "quota": {"measure": "systems", "at_most": _one(dice, 1, 2), "each": "year"},
                    "allocation": {"measure": "tpp", "at_most": _one(dice, 12800, 25600), "per": "country"},
                },
            }
        },
    }
    if _sometimes(dice, 25):
        tree["export"]["accept_undetermined"] = _one(dice, {}, {"site": "a"})
    if tree["limits"]["t"].get("measure") == "accelerators" and _sometimes(dice, 40):
        tree["limits"]["t"]["delivery"] = _one(dice, "expected", "worst-case")


def _small(tree: Tree) -> Tree:
    """The tree with one thing after another taken away until its plans can be listed."""
    steps = [_one_lot, _two_periods, _few_modules, _one_site, _one_offer, _no_work, _no_clusters]
    most = MOST_PLANS_AT_WORK if tree.get("workloads") else MOST_PLANS
    while size(made(tree), Space(), most) > most and steps:
        steps.pop(0)(tree)
    return tree


def _one_lot(tree: Tree) -> None:
    for offer in list(tree["offers"].values())[1:]:
        offer["max_units"] = max(offer.get("lot_units", 1), offer.get("min_units", 0))


def _two_periods(tree: Tree) -> None:
    tree["calendar"]["periods"] = 2
    _within_calendar(tree)


def _few_modules(tree: Tree) -> None:
    for site in tree["sites"].values():
        for terms in site.get("modules", {}).values():
            terms["max_units"] = 1


def _one_site(tree: Tree) -> None:
    for offer in tree["offers"].values():
        offer["sites"] = ["a"]


def _one_offer(tree: Tree) -> None:
    for offer in list(tree["offers"].values())[:1]:
        offer["max_units"] = max(offer.get("lot_units", 1), offer.get("min_units", 0))


def _no_work(tree: Tree) -> None:
    tree.pop("workloads", None)
    tree["limits"].pop("r", None)
    tree["objective"] = [
        level for level in tree["objective"] if level.get("maximise", {}).get("measure") != "work-served"
    ]


def _no_clusters(tree: Tree) -> None:
    tree.pop("clusters", None)
    tree["limits"].pop("n", None)


def _last_day(tree: Tree) -> str:
    months = tree["calendar"]["periods"] * (1 if tree["calendar"]["period"] == "month" else 3)
    return {2: "2025-02-28", 3: "2025-03-31", 6: "2025-06-30", 9: "2025-09-30"}[months]


def _within_calendar(tree: Tree) -> None:
    end = _last_day(tree)
    for rule in [*tree["limits"].values(), *tree["objective"]]:
        if isinstance(rule.get("by"), str) and rule["by"] > end:
            rule["by"] = end


def _economics(dice: Dice) -> Tree:
    found: Tree = {
        "currency": "USD",
        "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]},
    }
    if _sometimes(dice, 30):
        found["discount_rate_per_year"] = 0.1
    if _sometimes(dice, 25):
        found["evaluation_years"] = 1
    if _sometimes(dice, 25):
        found["carbon_price_per_tonne"] = 50
    if _sometimes(dice, 25):
        found["utilisation"] = 0.5
    return found


def _systems(dice: Dice, powered: bool) -> Tree:
    s: Tree = {"accelerator": "x", "accelerators": 8, "attributes": {"score": 3}}
    z: Tree = {"accelerator": "y", "accelerators": 4, "attributes": {"score": 2}}
    if powered:
        s |= {"max_power_kw": 10, "rack_units": 8, "typical_power_kw": _one(dice, 10, 8)}
        z |= {"max_power_kw": 6, "rack_units": 4}
        if _sometimes(dice, 25):
            z |= {"cooling": "liquid", "liquid_heat_share": 0.5}
    if _sometimes(dice, 25):
        s |= {"network_price_usd": 7, "installation_price_usd": 3}
    return {"s": s, "z": z}


def _vendor(dice: Dice) -> Tree:
    found: Tree = {"country": _one(dice, "US", "KR")}
    if _sometimes(dice, 30):
        found["activation_cost"] = _one(dice, 15, 60)
    if _sometimes(dice, 30):
        found["currency"] = _one(dice, "USD", "EUR")
    if _sometimes(dice, 25):
        found["rebates"] = [{"from_spend": 150, "rate": 0.1}, {"from_spend": 290, "rate": 0.25}][: dice.integer(1, 2)]
    return found


def _offer(dice: Dice, tree: Tree) -> Tree:
    vendor = _one(dice, "v", "w")
    found: Tree = {"vendor": vendor, "system": _one(dice, "s", "z"), "price": _one(dice, 100, 80, 65)}
    lots = _one(dice, 1, 1, 1, 2)
    found["max_units"] = lots * _one(dice, 1, 2, 2, 3) + _one(dice, 0, 0, lots - 1)
    if lots > 1:
        found["lot_units"] = lots
    seller = tree["vendors"][vendor]
    if seller.get("rebates"):
        found["currency"] = seller.get("currency", "USD")
    elif _sometimes(dice, 25):
        found["currency"] = "EUR"
    if _sometimes(dice, 25):
        found["min_units"] = min(2, found["max_units"])
    if _sometimes(dice, 25):
        found["fee"] = 20
    if found["max_units"] >= 2 and _sometimes(dice, 45):
        found["tiers"] = [{"from_units": 2, "price": _one(dice, 60, 70, 90), **_one(dice, {}, {"fee": 30})}]
        if found["max_units"] >= 3 and _sometimes(dice, 50):
            found["tiers"].append({"from_units": 3, "discount": 0.5})
        found["tier_pricing"] = _one(dice, "all-units", "incremental")
    _offer_days(dice, found)
    if _sometimes(dice, 20):
        found["support_rate_per_year"] = 0.1
    if _sometimes(dice, 20):
        found["includes"] = ["system", "network"]
    return found


def _offer_days(dice: Dice, found: Tree) -> None:
    if _sometimes(dice, 25):
        found["supply"] = [{"from": "2025-01-01", "units_per_month": 1}, {"from": "2025-03-01", "units_per_month": 2}]
    if _sometimes(dice, 15):
        found["order_from"] = "2025-01-15"
    if _sometimes(dice, 20):
        found["order_until"] = _one(dice, "2025-01-31", "2025-04-15")
    if _sometimes(dice, 10):
        found["award_days"] = 20
    if _sometimes(dice, 40):
        found["lead_days"] = _one(dice, 10, 35, [{"from": "2025-01-01", "days": 40}, {"from": "2025-02-01", "days": 5}])
    if _sometimes(dice, 25):
        found["shipping_days"] = 12
    if _sometimes(dice, 15):
        found["installation_days"] = 5
    if _sometimes(dice, 35):
        found["acceptance_days"] = _one(dice, 3, 14)
    if _sometimes(dice, 25):
        found["payments"] = [
            {"event": "signed", "share": 0.25},
            {"event": _one(dice, "shipped", "delivered"), "share": 0.25, "days_after": 10},
            {"event": "ready", "share": 0.5},
        ]


def _site(dice: Dice, powered: bool) -> Tree:
    found: Tree = {"country": _one(dice, "KR", "JP")}
    if _sometimes(dice, 20):
        found["opens"] = "2025-02-10"
    if _sometimes(dice, 20):
        found["build_days"] = _one(dice, 20, 40)
    if _sometimes(dice, 25):
        found["opening_cost"] = 40
    if _sometimes(dice, 20):
        found["fixed_cost_per_month"] = 5
    if _sometimes(dice, 15):
        found["currency"] = "EUR"
    if powered and _sometimes(dice, 60):
        found["tariff"] = {"energy_price_per_kwh": 0.01, "demand_charge_per_kw_month": _one(dice, 0, 0.5)}
        if _sometimes(dice, 20):
            found["tariff"]["currency"] = "EUR"
    if powered and _sometimes(dice, 40):
        found["carbon_kg_per_kwh"] = 0.4
    if powered and _sometimes(dice, 20):
        found["utilisation"] = 0.25
    return found


def _facility(dice: Dice, tree: Tree) -> None:
    """Capacity of every site, and modules for one resource with one kind of provider."""
    tree["modules"] = {
        "ups": {
            "provides": {"protected-power": {"amount": 12, "needs": _one(dice, {}, {"grid-power": 1.25})}},
            "price": 11,
            "lead_days": _one(dice, 0, 20),
            "needs": _one(dice, {}, {"grid-power": 1}),
            "maintenance_rate_per_year": _one(dice, 0, 0.5),
        },
        "small": {"provides": {"air-cooling": 6}, "price": 4, "lead_days": 0, "order_until": "2025-01-20"},
        "large": {"provides": {"air-cooling": 15}, "price": 9, "lead_days": 0, "order_until": "2025-01-20"},
    }
    if _sometimes(dice, 20):
        tree["resources"] = {"protected-power": {"unit": "kW", "coincidence": 0.75}}
    for site in tree["sites"].values():
        needs = _one(dice, {}, {"grid-power": 0.5})
        site["capacity"] = {
            "grid-power": _one(dice, "unlimited", 30, 26),
            "protected-power": {
                "amount": _one(
                    dice, "unlimited", 21, [{"from": "2025-01-01", "amount": 30}, {"from": "2025-02-10", "amount": 12}]
                ),
                "needs": _one(dice, {}, {"grid-power": {"design": 1.25, "typical": 1.1}}),
            },
            "air-cooling": {"amount": _one(dice, "unlimited", 20), "needs": needs},
            "liquid-cooling": _one(dice, "unlimited", 3),
            "rack-positions": _one(dice, "unlimited", 1, 2),
        }
        if _sometimes(dice, 40):
            site["rack_kw"] = _one(dice, {"air": 12, "liquid": 6}, {"air": 20}, {"air": 9, "liquid": 12})
        kind = dice.integer(1, 6)
        if kind == 1:
            site["modules"] = {"ups": {"max_units": 2}}
            del site["capacity"]["protected-power"]
            site["redundancy"] = _one(dice, {}, {"protected-power": "N+1"})
        elif kind == 2:
            site["modules"] = {"small": {"max_units": 2}, "large": {"max_units": 2}}
            site["capacity"]["air-cooling"] = _one(dice, 0, 2)
            site["redundancy"] = {"air-cooling": _one(dice, "N", "N+1", "N+2", "2N")}


def _select(dice: Dice, tree: Tree) -> Tree:
    return _one(
        dice,
        {},
        {},
        {"vendor": "v"},
        {"offer": "o"},
        {"site": "a"},
        {"maker": ["m"]},
        {"country": tree["sites"]["a"]["country"]},
    )


def _days(dice: Dice, tree: Tree) -> Tree:
    return _one(dice, {}, {}, {"by": _last_day(tree)}, {"by": "2025-02-20"}, {"by": "2025-01-31"})


def _limits(dice: Dice, tree: Tree) -> Tree:
    found: Tree = {"t": _target(dice, tree)}
    makers = [_budget, _share, _count, _flow, _of_site, _soft]
    for name in _one(dice, (), ("l",), ("l",), ("l", "k")):
        found[name] = makers[dice.integer(0, len(makers) - 1)](dice, tree)
    return found


def _target(dice: Dice, tree: Tree) -> Tree:
    amount = _one(dice, 4, 8, 8, 12, 16)
    found: Tree = {"measure": "accelerators", "at_least": amount, **_days(dice, tree)}
    if _sometimes(dice, 20):
        found = {"measure": "attribute", "attribute": "score", "at_least": _one(dice, 3, 4), **_days(dice, tree)}
    if _sometimes(dice, 25):
        found["existing"] = "include"
    if _sometimes(dice, 20):
        found["soft"] = _one(dice, {"penalty": 9}, {"priority": 1})
    return found


def _budget(dice: Dice, tree: Tree) -> Tree:
    found: Tree = {"measure": _one(dice, "capex", "spend", "opex"), "at_most": _one(dice, 120.5, 180.25, 260.75)}
    found |= _one(
        dice, {}, {"basis": "commitment"}, {"terms": ["purchase", "fees"]}, {"each": "quarter"}, {"from": "2025-02-01"}
    )
    if found["measure"] == "opex":
        found.pop("terms", None)
    if _sometimes(dice, 40):
        found["select"] = _select(dice, tree)
    return found | _days(dice, tree) if "from" not in found else found


def _share(dice: Dice, _tree: Tree) -> Tree:
    found: Tree = {
        "measure": _one(dice, "systems", "accelerators", "capex"),
        "select": _one(dice, {"vendor": "v"}, {"site": "a"}, {"maker": "m"}),
    }
    found |= _one(
        dice, {"at_most_share": 0.7}, {"at_most_share": 0.5}, {"at_least_share": 0.3}, {"at_least_share": 0.5}
    )
    if found["measure"] == "capex":
        found["at_most_share"], _ = 0.71, found.pop("at_least_share", None)
    elif _sometimes(dice, 30):
        found["stage"] = _one(dice, "signed", "shipped")
    return found


def _count(dice: Dice, _tree: Tree) -> Tree:
    found: Tree = {
        "measure": _one(dice, "systems", "accelerators"),
        "count": _one(dice, "vendors", "makers", "models", "offers"),
    }
    found |= _one(dice, {"at_most": 1}, {"at_least": 1}, {"at_least": 2})
    found |= _one(
        dice, {}, {"counts_from": 2}, {"counts_from": 8}, {"counts_from_share": 0.4}, {"counts_from_share": 0.5}
    )
    if _sometimes(dice, 30):
        found["stage"] = _one(dice, "signed", "shipped")
    if _sometimes(dice, 25):
        found["existing"] = "include"
    return found


def _flow(dice: Dice, tree: Tree) -> Tree:
    found: Tree = {"measure": "systems", "stage": _one(dice, "signed", "shipped"), "at_most": _one(dice, 1, 2)}
    found |= _one(dice, {"each": "month"}, {"each": "quarter"}, {"from": "2025-01-10"}, {"by": "2025-01-31"})
    if _sometimes(dice, 40):
        found["select"] = _select(dice, tree)
    return found


def _of_site(dice: Dice, _tree: Tree) -> Tree:
    found = _one(
        dice,
        {"measure": "grid-power-kw", "at_most": 15},
        {"measure": "energy-kwh", "at_most": 9000},
        {"measure": "carbon-kg", "at_most": 4000, "each": "month"},
        {"measure": "it-power-kw", "at_most": 17},
    )
    return dict(found)


def _soft(dice: Dice, _tree: Tree) -> Tree:
    found = _one(
        dice,
        {"measure": "capex", "at_most": 90, "soft": {"penalty": 2}},
        {"measure": "systems", "at_least_share": 0.5, "select": {"vendor": "v"}, "soft": {"penalty": 7}},
        {"measure": "systems", "at_least": 2, "soft": {"priority": 2}, "each": "month"},
        {"measure": "systems", "at_least": 2, "soft": {"priority": 1, "scale": 4}, "select": {"vendor": "w"}},
        {"measure": "systems", "count": "vendors", "at_least": 2, "soft": {"penalty": 11}},
        {"measure": "systems", "at_most_share": 0.5, "select": {"maker": "m"}, "soft": {"priority": 1, "scale": 2}},
    )
    return dict(found)


def _deadline(dice: Dice, tree: Tree) -> Tree:
    found: Tree = {
        "by": _one(dice, "2025-01-31", "2025-02-12", "2025-03-15"),
        "stage": _one(dice, "signed", "shipped", "usable"),
    }
    if tree.get("modules"):
        found["applies_to"] = _one(dice, "offers", "modules", "both")
    if _sometimes(dice, 40):
        found[_one(dice, "select", "exclude")] = _one(dice, {"vendor": "v"}, {"site": "a"}, {"offer": "o"})
    return found


def _objective(dice: Dice, tree: Tree) -> list[Tree]:
    cost: Tree = {"minimise": "cost"}
    target = tree["limits"]["t"]
    kind = dice.integer(1, 8)
    if kind == 1:
        return [{"maximise": {"measure": "accelerators"}}, cost]
    if kind == 2:
        return [{"minimise": "commissioning", "target": "t"}, cost] if "at_least" in target else [cost]
    if kind == 3:
        return [{"minimise": "concentration", "of": {"measure": "accelerators"}}, cost]
    if kind == 4:
        return [
            cost | {"tolerance_share": 0.3},
            {"maximise": {"measure": "compute-tflops", "format": "bf16"}, **_days(dice, tree)},
        ]
    if kind == 5:
        return [cost | {"tolerance": 30}, {"minimise": {"measure": "systems"}}]
    return [cost]


def _workloads(dice: Dice, tree: Tree) -> None:
    """Demands that what is offered can serve, at times with measures of the work."""
    tree["workloads"] = {name: _workload(dice) for name in _one(dice, ("w",), ("w", "u"))}
    optional = [name for name, one in tree["workloads"].items() if not one["required"]]
    if optional and _sometimes(dice, 60):
        tree["objective"].insert(0, {"maximise": {"measure": "work-served", **_one(dice, {}, _workload_of(optional))}})
    elif _sometimes(dice, 40):
        bound = _one(dice, {"at_least": 2}, {"at_most": 5}, {"at_least": 4, "by": "2025-02-28", "from": "2025-02-01"})
        tree["limits"]["r"] = {
            "measure": "work-served",
            **bound,
            "select": _one(dice, {}, {"site": "a"}, {"system": "s"}),
        }


def _workload_of(names: list[str]) -> Tree:
    return {"select": {"workload": names}}


def _workload(dice: Dice) -> Tree:
    rate = _one(dice, 8, 8, {"per_accelerator": 2, "derating": 0.5}, {"amount": 8, "ready": "2025-02-01"})
    found: Tree = {
        "unit": "t/s",
        "demand": _one(
            dice,
            [{"from": "2025-02-01", "amount": 6}],
            [{"from": "2025-02-10", "amount": 10}],
            [{"from": "2025-02-25", "amount": 4}],
            [{"from": "2025-01-20", "amount": 5}, {"from": "2025-02-20", "amount": 4}],
            [{"from": "2025-01-01", "amount": 0}, {"from": "2025-02-20", "amount": 8}],
            5,
        ),
        "rates": _one(dice, {"s": rate}, {"z": 4}, {"s": rate, "z": 5}, {"s": rate, "z": 5}),
        "required": _sometimes(dice, 60),
        "split": _one(dice, "free", "free", "one_site", "one_system"),
    }
    if _sometimes(dice, 50):
        found["transit_price_per_unit_month"] = _one(dice, {"a": 0.5}, {"a": 2})
        if _sometimes(dice, 30):
            found["currency"] = "EUR"
    if _sometimes(dice, 15):
        found["countries"] = ["KR"]
    if _sometimes(dice, 15):
        found["sites"] = ["a"]
    if _sometimes(dice, 10):
        found["min_system_memory_gb"] = 640
    return found


def _clusters(dice: Dice, tree: Tree) -> None:
    """Clusters of what is offered, at times so many of them by a day, or of every system."""
    kind: Tree = {"systems": _one(dice, "s", "z", ["s", "z"]), "size": _one(dice, 1, 2, 2), "price": _one(dice, 0, 12)}
    if _sometimes(dice, 40):
        kind["max_size"] = kind["size"] + dice.integer(0, 1)
    if _sometimes(dice, 40):
        kind["price_per_system"] = 3
    if _sometimes(dice, 25):
        kind["currency"] = "EUR"
    if _sometimes(dice, 20):
        kind["sites"] = ["a"]
    if _sometimes(dice, 25):
        kind["all_systems"] = True
    if tree.get("modules") and _sometimes(dice, 60):
        kind[_one(dice, "needs", "needs_per_system")] = {"protected-power": {"design": 2, "typical": 3}}
    tree["clusters"] = {"c": kind}
    if _sometimes(dice, 25):
        tree["clusters"]["d"] = {"systems": "s", "size": 1, "price": 7, "max_size": 1}
    if not kind.get("all_systems") or _sometimes(dice, 50):
        limit = _one(dice, {"at_least": 1}, {"at_least": 1}, {"at_least": 2, "soft": {"penalty": 15}}, {"at_most": 1})
        tree["limits"]["n"] = {"measure": "clusters", **limit, **_days(dice, tree)}


def _purchase(dice: Dice, tree: Tree) -> None:
    """What real purchases have, each seldom: hosts, spares, rent, lives, levies, funds. Drawn after everything else."""
    for quote in tree["offers"].values():
        if _sometimes(dice, 8):
            quote["buyer_share"] = _one(dice, 0.5, 0.75)
        if _sometimes(dice, 6):
            quote["spares_share"] = 0.05
        if _sometimes(dice, 8):
            quote |= {"price_per_month": _one(dice, 12, 30), "min_months": _one(dice, 0, 1, 9)}
            if _sometimes(dice, 30):
                quote["notice_days"] = _one(dice, 20, 45)
        if _sometimes(dice, 8):
            quote["life_years"] = _one(dice, 1, 2)
        if "payments" in quote and _sometimes(dice, 20):
            quote["payments"][-1]["currency"] = _one(dice, "USD", "EUR")
    if "modules" in tree and _sometimes(dice, 10):
        tree["modules"]["ups"] |= {"price_per_month": 2, "life_years": 1}
    if "modules" in tree and _sometimes(dice, 20):
        tree["modules"]["permit"] = {"lead_days": _one(dice, 0, 20), "price": 2}
        tree["modules"]["ups"]["after"] = ["permit"]
        for site in tree["sites"].values():
            if "ups" in site.get("modules", {}):
                site |= _one(
                    dice, {"granted": ["permit"]}, {"modules": {**site["modules"], "permit": {"max_units": 1}}}
                )
        if not any("permit" in site.get("modules", {}) for site in tree["sites"].values()):
            for site in tree["sites"].values():
                site["granted"] = ["permit"]
    if _sometimes(dice, 12) and "export" not in tree:  # a commitment would have to name a way that there is
        tree["committed"] = _committed(dice, tree)
    if _sometimes(dice, 10):
        tree["levies"] = {"vat": _levy(dice)}
    if _sometimes(dice, 12):
        tree["funds"] = {name: _fund(dice) for name in _one(dice, ("f",), ("f", "g"), ("f", "g"))}


def _terms(dice: Dice, tree: Tree, per_cent: int) -> None:
    """Terms of real quotes, each with a chance. Drawn after everything else."""
    for quote in tree["offers"].values():
        if _sometimes(dice, per_cent):
            quote["prices"] = _price_list(dice, quote.pop("price"))
        if _sometimes(dice, per_cent // 2):
            quote["early_order"] = {"until": _one(dice, "2025-01-01", "2025-01-20", "2025-02-10"), "discount": 0.25}
        if _sometimes(dice, per_cent // 2) and "support" not in quote.get("includes", []):
            quote |= {"warranty_years": 1, "support_rate_per_year": 0.1}
        if _sometimes(dice, per_cent // 2) and isinstance(quote.get("lead_days"), int):
            quote["lead_days_range"] = {"least": 5, "most": quote.pop("lead_days")}
        if _sometimes(dice, per_cent // 2) and quote.get("tier_pricing") != "incremental":
            quote["free_units"] = _one(dice, {"buy": 1, "free": 1}, {"buy": 2, "free": 1}, {"buy": 1, "free": 2})
            quote["max_units"] = max(quote["max_units"], 2)
    if "p" in tree["offers"] and _sometimes(dice, per_cent // 2):
        other = tree["offers"]["p"]["vendor"]
        tree["offers"]["o"]["only_with"] = _one(
            dice, {"offer": "p"}, {"vendor": other}, {"offer": ["p"], "vendor": other}
        )
    if _sometimes(dice, per_cent // 5):
        duty = {
            "terms": ["purchase"],
            "rate": [{"from": "2025-01-01", "rate": 1.45}, {"from": "2025-02-05", "rate": 0.3}],
        }
        tree["levies"] = {**tree.get("levies", {}), "duty": {**duty, **_one(dice, {}, {"select": {"vendor": "v"}})}}


def _price_list(dice: Dice, price: int) -> list[Tree]:
    """Steps that begin with a period, within one or with a day without a price before; lower or higher."""
    later = _one(dice, 50, 130)
    return [
        {"from": "2024-01-01", "price": price, **_one(dice, {}, {"until": "2025-01-31"})},
        {"from": _one(dice, "2025-02-01", "2025-02-10", "2025-03-01"), "price": later},
    ]


def _committed(dice: Dice, tree: Tree) -> Tree:
    """A lot of before the calendar, or one of its first day."""
    name = _one(dice, *tree["offers"])
    quote = tree["offers"][name]
    line: Tree = {"offer": name, "site": "a", "signed": "2024-12-10", "units": quote.get("lot_units", 1)}
    line |= _one(dice, {}, {}, {"cancel_fee": 7, "cancel_fee_share": 0.2}, {"signed": "2025-01-01"})
    found: Tree = {"orders": {"c": line}}
    site = tree["sites"]["a"]
    if _sometimes(dice, 30) and {"opening_cost", "fixed_cost_per_month", "build_days"} & set(site):
        found["openings"] = {"s": {"site": "a", "decided": "2024-12-20"}}
    if _sometimes(dice, 50) and "ups" in site.get("modules", {}):
        found["modules"] = {
            "m": {"module": "ups", "site": "a", "signed": "2024-12-15", **_one(dice, {}, {"cancel_fee": 1})}
        }
    return found


def _levy(dice: Dice) -> Tree:
    found: Tree = {"terms": _one(dice, ["purchase"], ["purchase", "modules", "site", "energy"]), "rate": 0.1}
    if _sometimes(dice, 40):
        found["rate"] = [{"from": "2025-01-15", "rate": 0.2}]
    if _sometimes(dice, 40):
        found |= {"days_after": _one(dice, 0, 25), "recovered_share": 0.5, "recovered_days_after": 20}
    elif _sometimes(dice, 40):
        found |= {"kind": "credit", "days_after": _one(dice, 0, 40)}
    if _sometimes(dice, 25):
        found["select"] = {"vendor": "v"}
    return found


def _fund(dice: Dice) -> Tree:
    found: Tree = {"amount": _one(dice, 95.5, 160, 320)}
    found |= _one(dice, {}, {}, {"terms": ["purchase", "fees"]}, {"select": {"vendor": "v"}})
    found |= _one(dice, {}, {}, {"from": "2025-02-01"}, {"by": "2025-02-10"})
    return found
