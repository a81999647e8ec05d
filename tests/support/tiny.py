"""Tiny instances in the grammar of `gpuplan generate`: three or four offers, one or two halls, three or four months.

They have everything that generated instances have (tiers, fees, activation, rebates, lots, supply, halls to be opened
and fitted out, redundancy, racks, work, clusters, shares, counts, budgets that may be missed, carbon), in numbers so
small that a formulation without a derived bound is solved to the end. `listable` makes them smaller still, so that
every plan can be listed.
"""

from __future__ import annotations

from datetime import date
from random import Random

from support.brute import Space, size
from support.builders import Tree, made

START = date(2026, 1, 1)
MOST_PLANS = 900
"""Of an instance of which every plan is listed; a sixth of it with work, as each plan then takes a linear program."""


def tiny(seed: int) -> Tree:
    """The tree of a seed; it may have no plan."""
    random = Random(f"tiny {seed}")
    months, sites = random.randint(3, 4), [f"hall-{number}" for number in range(1, random.randint(1, 2) + 1)]
    names = [f"offer-{number}" for number in range(1, random.randint(3, 4) + 1)]
    most = random.randint(4, 7)
    tree = _frame(random, months)
    tree["sites"] = {site: _site(random) for site in sites}
    tree["offers"] = {name: _offer(random, number, sites, most) for number, name in enumerate(names)}
    tree["modules"] = _modules(random)
    tree["workloads"] = {"chat": _workload(random, sites, months, most)}
    tree["clusters"] = {"training": _cluster(random)}
    tree["limits"] = _limits(random, months, most)
    return tree


def lasting(seed: int) -> Tree:
    """The same for half a year more, over two budgets: months in which no rule looks, some with work to be served."""
    random = Random(f"lasting {seed}")
    tree = tiny(seed)
    early, new_year = date(2025, 9, 1), date(2025, 12, 31)
    tree["calendar"] = {"start": early, "periods": tree["calendar"]["periods"] + 6}
    steps = [offer["supply"][0] for offer in tree["offers"].values()]
    for step in [*steps, *(site["capacity"]["grid-power"][0] for site in tree["sites"].values())]:
        step["from"] = early
    work, budget = tree["workloads"]["chat"], tree["limits"]["budget"]
    work["demand"].insert(0, {"from": date(2025, 11, 1), "amount": work["demand"][0]["amount"] // 4})
    work["transit_price_per_unit_month"] = {site: random.choice((0, 3, 60)) for site in tree["sites"]}
    tree["limits"]["budget-2025"] = budget | {"from": early, "by": new_year, "at_most": budget["at_most"] // 3}
    if random.random() < 0.5:
        tree["limits"]["clusters-2025"] = {"measure": "clusters", "at_least": 1, "by": new_year}
    return tree


def listable(seed: int) -> Tree:
    """An instance of a seed of which every plan can be listed: no deliveries are decided, hardly anything is bought."""
    random = Random(f"listable {seed}")
    while True:
        tree = _frame(random, 2)
        tree["sites"] = {"hall-1": _small_site(random)}
        tree["offers"] = {f"offer-{number}": _small_offer(random, number) for number in range(1, 3)}
        tree["modules"] = {"ups": _block({"protected-power": 20}, 60_000, 20)}
        tree["limits"] = _few_limits(random)
        if random.random() < 0.6:
            tree["workloads"] = {"chat": _workload(random, ["hall-1"], 2, 1)}
        elif random.random() < 0.4:
            tree["clusters"] = {"training": _cluster(random)}
        most = MOST_PLANS // 6 if "workloads" in tree else MOST_PLANS
        if size(made(tree), Space(), most) <= most:
            return tree


def _small_offer(random: Random, number: int) -> Tree:
    """A quote for two systems at most, which arrive within the month."""
    offer = _offer(random, number, ["hall-1"], 2)
    offer |= {"tiers": [{"from_units": 2, "discount": 0.08}], "lot_units": 1, "min_units": random.choice((0, 2))}
    offer |= {"lead_days": 7, "installation_days": 0, "acceptance_days": random.choice((0, 7))}
    offer |= {"max_units": 1 if offer["min_units"] == 0 and random.random() < 0.6 else 2}
    if random.random() < 0.3:
        offer["order_from"] = _month(1)
    return offer


def _frame(random: Random, months: int) -> Tree:
    return {
        "name": "tiny",
        "calendar": {"start": START, "periods": months},
        "economics": {
            "discount_rate_per_year": random.choice((0, 0.06)),
            "evaluation_years": random.choice((1, 2)),
            "utilisation": 0.8,
        },
        "accelerators": {
            "x": {"maker": "m", "bf16_tflops": 900, "memory_gb": 80},
            "y": {"maker": "n", "bf16_tflops": 1300, "memory_gb": 192},
        },
        "systems": {
            "air": {"accelerator": "x", "accelerators": 8, "max_power_kw": 10, "typical_power_kw": 8, "rack_units": 8},
            "liquid": {
                "accelerator": "y",
                "accelerators": 8,
                "max_power_kw": 14,
                "typical_power_kw": 11,
                "rack_units": 5,
                "cooling": "liquid",
                "liquid_heat_share": 0.8,
                "needs": {"fabric-ports": 8},
            },
        },
        "vendors": {f"vendor-{number}": _vendor(random) for number in range(1, 4)},
        "deadlines": {"contracts": {"by": _month(months - 1).replace(day=2)}},
    }


def _month(number: int) -> date:
    return START.replace(month=1 + number)


def _end(months: int) -> date:
    """Last day of so many months."""
    return date.fromordinal(_month(months).toordinal() - 1)


def _vendor(random: Random) -> Tree:
    vendor: Tree = {"country": "KR", "activation_cost": random.choice((0, 90_000, 200_000))}
    if random.random() < 0.5:
        vendor["rebates"] = [{"from_spend": 400_000, "rate": 0.02}, {"from_spend": 900_000, "rate": 0.05}]
    return vendor


def _offer(random: Random, number: int, sites: list[str], most: int) -> Tree:
    first = random.randint(2, 3)
    offer: Tree = {
        "vendor": f"vendor-{number % 3 + 1}",
        "system": random.choice(("air", "liquid")),
        "sites": sorted(random.sample(sites, k=random.randint(1, len(sites)))),
        "price": random.randint(180, 260) * 1000,
        "tiers": [
            {"from_units": first, "discount": random.choice((0.03, 0.05))},
            {"from_units": first + 2, "discount": random.choice((0.08, 0.11))},
        ],
        "tier_pricing": random.choice(("all-units", "all-units", "incremental")),
        "includes": random.choice((["system"], ["system", "network", "storage", "installation"])),
        "lot_units": random.choice((1, 1, 2)),
        "min_units": random.choice((0, 2)),
        "max_units": most,
        "supply": [{"from": START, "units_per_month": random.randint(2, 3)}],
        "lead_days": [
            {"from": START, "days": random.randint(7, 40)},
            {"from": _month(1), "days": random.randint(3, 20)},
        ],
        "shipping_days": 7,
        "installation_days": random.choice((0, 7)),
        "acceptance_days": random.choice((0, 14)),
        "payments": [{"event": "signed", "share": 0.4}, {"event": "delivered", "share": 0.6}],
        "support_rate_per_year": random.choice((0, 0.05)),
    }
    if random.random() < 0.4:
        offer["fee"] = 30_000
    if random.random() < 0.3:
        offer["payments"] = [{"event": "ready", "share": 1}]
    return offer


def _site(random: Random) -> Tree:
    """A hall that has little of everything, and modules for the rest."""
    site: Tree = {
        "country": "KR",
        "opening_cost": random.choice((0, 90_000, 300_000)),
        "fixed_cost_per_month": random.choice((0, 8_000)),
        "build_days": random.choice((0, 0, 30)),
        "rack_kw": {"air": random.choice((12, 25)), "liquid": random.choice((20, 30))},
        "capacity": {
            "grid-power": [
                {"from": START, "amount": random.randint(80, 150)},
                {"from": _month(1), "amount": random.randint(160, 260)},
            ],
            "protected-power": {
                "amount": random.randint(10, 45),
                "needs": {"grid-power": {"design": 1.07, "typical": 1.08}, "air-cooling": 0.05},
            },
            "air-cooling": {"amount": random.randint(10, 40), "needs": {"facility-water": 1.05, "grid-power": 0.05}},
            "liquid-cooling": {"amount": random.randint(10, 40), "needs": {"facility-water": 1.01}},
            "facility-water": {
                "amount": random.randint(20, 60),
                "needs": {"grid-power": {"design": 0.25, "typical": 0.16}},
            },
            "rack-positions": random.randint(2, 6),
            "floor-space": random.choice((40, 400)),
            "fabric-ports": {"amount": "unlimited", "needs": {"protected-power": 0.08}},
        },
        "modules": {"ups": {}, "chiller": {}, "crah": {}, "fit-out": random.choice(({}, {"max_units": 2}))},
        "redundancy": {"facility-water": random.choice(("N", "N+1", "N+2"))},
        "tariff": {"energy_price_per_kwh": 0.11, "demand_charge_per_kw_month": random.choice((0, 9))},
        "carbon_kg_per_kwh": 0.4,
    }
    if random.random() < 0.3:
        site["opens"] = _month(1)
    return site


def _small_site(random: Random) -> Tree:
    """A hall where only protected power is short."""
    return {
        "opening_cost": random.choice((0, 0, 90_000)),
        "rack_kw": {"air": random.choice((12, 25)), "liquid": 30},
        "capacity": {
            "grid-power": 60,
            "protected-power": random.choice((20, 30)),
            "air-cooling": {"amount": 60, "needs": {"grid-power": {"design": 0.3, "typical": 0.2}}},
            "liquid-cooling": 40,
            "rack-positions": random.randint(2, 3),
            "fabric-ports": "unlimited",
        },
        "modules": random.choice(({}, {"ups": {"max_units": 1}}, {"ups": {"max_units": 2}})),
        "redundancy": {"protected-power": random.choice(("N", "N", "N+1"))},
        "tariff": {"energy_price_per_kwh": 0.11, "demand_charge_per_kw_month": 9},
        "carbon_kg_per_kwh": 0.4,
    }


def _block(provides: Tree, price: int, lead: int, needs: Tree | None = None) -> Tree:
    return {
        "provides": provides,
        "needs": needs or {},
        "price": price,
        "lead_days": lead,
        "maintenance_rate_per_year": 0.02,
    }


def _modules(random: Random) -> Tree:
    lead = random.choice((10, 35))
    power = {"amount": 30, "needs": {"grid-power": {"design": 1.05, "typical": 1.06}, "air-cooling": 0.05}}
    air = {"amount": 15, "needs": {"facility-water": {"design": 1.06, "typical": 1.04}, "grid-power": 0.06}}
    water = {"amount": random.choice((25, 40)), "needs": {"grid-power": {"design": 0.25, "typical": 0.18}}}
    return {
        "ups": _block({"protected-power": power}, 30_000, lead),
        "chiller": _block({"facility-water": water}, 25_000, lead),
        "crah": _block({"air-cooling": air}, 9_000, 10),
        "fit-out": _block({"rack-positions": 2}, 40_000, 10, {"floor-space": 40}),
    }


def _workload(random: Random, sites: list[str], months: int, most: int) -> Tree:
    peak = most * random.choice((30, 60, 110))
    return {
        "unit": "requests/s",
        "demand": [
            *([{"from": _month(months - 2), "amount": peak // 4}] if months > 2 else []),
            {"from": _month(months - 1), "amount": peak},
        ],
        "rates": {"air": {"amount": 120, "derating": 0.8}, "liquid": {"amount": 200, "derating": 0.75}},
        "transit_price_per_unit_month": {site: random.choice((0, 3)) for site in sites},
        "split": random.choice(("free", "free", "one_site")),
    }


def _cluster(random: Random) -> Tree:
    return {
        "systems": ["air", "liquid"],
        "size": 2,
        "price": 20_000,
        "price_per_system": 3_000,
        **random.choice(({}, {"max_size": 3})),
    }


def _limits(random: Random, months: int, most: int) -> Tree:
    end, middle = _end(months), _end(months - 1)
    systems = random.randint(most - 2, most)
    limits: Tree = {
        "target": {"measure": "accelerators", "at_least": 8 * systems, "by": end},
        "compute": {"measure": "compute-tflops", "format": "bf16", "at_least": 8 * systems * 800, "by": end},
        "training-clusters": {"measure": "clusters", "at_least": 1, "by": random.choice((middle, end))},
        "budget": {
            "measure": "spend",
            "at_most": 150_000 * systems,
            "from": START,
            "by": end,
            "soft": {"penalty": random.choice((0.05, 0.4))},
        },
    }
    if random.random() < 0.5:
        limits["half-way"] = {"measure": "accelerators", "at_least": 8, "by": middle}
    if random.random() < 0.5:
        limits["several-vendors"] = {
            "measure": "accelerators",
            "count": "vendors",
            "counts_from_share": random.choice((0.1, 0.25)),
            "at_least": 2,
            "by": end,
        }
    if random.random() < 0.6:
        select = {"vendor": f"vendor-{random.randint(1, 3)}"}
        limits["share"] = {"measure": "accelerators", "select": select, "at_most_share": 0.4, "by": end}
    if random.random() < 0.4:
        limits["maker"] = {
            "measure": "accelerators",
            "select": {"maker": "n"},
            "at_least_share": random.choice((0.2, 0.4)),
            "by": end,
            **random.choice(({}, {"soft": {"penalty": 20_000}})),
        }
    if random.random() < 0.4:
        limits["carbon"] = {"measure": "carbon-kg", "at_most": random.randint(25, 45) * 1000 * systems, "by": end}
    return limits


def _few_limits(random: Random) -> Tree:
    end = _end(2)
    limits: Tree = {"target": {"measure": "systems", "at_least": random.randint(1, 3), "by": end}}
    if random.random() < 0.4:
        limits["several-vendors"] = {
            "measure": "systems",
            "count": "vendors",
            "counts_from_share": 0.3,
            "at_least": 2,
            "by": end,
        }
    if random.random() < 0.5:
        soft = {"soft": {"penalty": 0.5}}
        limits["budget"] = {"measure": "spend", "at_most": 250_000, "from": START, "by": end, **soft}
    if random.random() < 0.3:
        limits["share"] = {"measure": "systems", "select": {"vendor": "vendor-1"}, "at_most_share": 0.5, "by": end}
    return limits
