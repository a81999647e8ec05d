"""Made-up instances about loads that may not be split: classes of integer programming whose structure is well known.

- slices: many small loads, each whole on one of a few systems whose numbers are to be bought (multiple-choice
  knapsacks that share their bins; the GPU mixes of Griggs et al., "Mélange", 2024).
- single-source: halls that cost to open and hold so much, customers each served by one of them (single-source
  capacitated facility location; drawn as in Holmberg, Rönnqvist and Yuan, "An exact algorithm for the capacitated
  facility location problems with single sourcing", 1999).
- machines: for each of many slots of time, how many systems of which size do its work (integer covering, slot by slot).
- two-stage: sites equipped before it is known which customers come, and these served in each of some futures, a month
  each (stochastic server location; drawn as in Ntaimo and Sen, "The million-variable march for stochastic combinatorial
  optimization", 2005).

Each has a plan by the way it is drawn.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import hypot
from random import Random

from gpuplan.generator.programme import Size, Tree
from gpuplan.instance.calendar import add_months

START = date(2026, 1, 1)
SLICES: dict[Size, tuple[int, int]] = {"S": (300, 2), "M": (600, 3), "L": (1500, 4), "XL": (4000, 5)}
"""Loads and systems."""
HALLS: dict[Size, tuple[int, int]] = {"S": (10, 60), "M": (20, 100), "L": (30, 150), "XL": (40, 300)}
"""Halls and customers."""
SLOTS: dict[Size, tuple[int, int]] = {"S": (48, 6), "M": (168, 6), "L": (336, 8), "XL": (1000, 10)}
"""Slots of time and sizes of machines."""
FUTURES: dict[Size, tuple[int, int, int]] = {"S": (5, 20, 4), "M": (8, 25, 5), "L": (15, 45, 5), "XL": (15, 45, 12)}
"""Sites, customers and futures."""


def slices(size: Size, seed: int) -> Tree:
    """Loads of a few kinds, each whole on one of some systems of which any number can be bought."""
    random, (loads, systems) = _drawn("slices", size, seed), SLICES[size]
    names = [f"system-{number + 1}" for number in range(systems)]
    prices = {name: round(random.uniform(1.0, 3.0) * 2.2**place, 2) for place, name in enumerate(names)}
    kinds = random.randint(5, 12)
    # What a kind of load gets out of a system follows its price, more or less.
    rates = [{name: _number(prices[name] * random.uniform(0.6, 1.6)) for name in names} for _ in range(kinds)]
    load = Decimal(random.choice((2, 3, 5, 8))) / 100
    workloads = {
        f"load-{number + 1}": {
            "unit": "requests/s",
            "demand": load,
            "rates": rates[random.randrange(kinds)],
            "split": "one_system",
        }
        for number in range(loads)
    }
    return _base("slices", size, seed) | {
        "systems": {name: {} for name in names},
        "vendors": {"cloud": {}},
        "sites": {"region": {}},
        "offers": {name: {"vendor": "cloud", "system": name, "price": _number(prices[name])} for name in names},
        "workloads": workloads,
    }


def single_source(size: Size, seed: int) -> Tree:
    """Halls and customers in a square; serving costs by the distance. The halls hold twice to five times what is asked
    for, and what is asked for can be assigned: largest customer first, to the hall with the most room."""
    random, (halls, customers) = _drawn("single-source", size, seed), HALLS[size]
    while True:
        demands = [random.randint(10, 50) for _ in range(customers)]
        ratio = random.uniform(2.0, 5.0)
        shares = [random.uniform(0.5, 1.5) for _ in range(halls)]
        rooms = [round(share * ratio * sum(demands) / sum(shares)) for share in shares]
        if _can_be_assigned(demands, rooms):
            break
    places, customer_places = _places(random, halls), _places(random, customers)
    names = [f"hall-{number + 1}" for number in range(halls)]
    systems = {f"holds-{room}": {"needs": {"room": 1}} for room in sorted(set(rooms))}
    return _base("single-source", size, seed) | {
        "resources": {"room": {"unit": "halls"}},
        "systems": systems,
        "vendors": {"builder": {}},
        "offers": {
            system: {
                "vendor": "builder",
                "system": system,
                "price": 0,
                "sites": [name for name, room in zip(names, rooms, strict=True) if system == f"holds-{room}"],
            }
            for system in systems
        },
        "sites": {
            name: {
                "opening_cost": random.randint(300, 700) + room // 2,
                "capacity": {"room": 1},
            }
            for name, room in zip(names, rooms, strict=True)
        },
        "workloads": {
            f"customer-{number + 1}": {
                "unit": "units",
                "demand": demand,
                "rates": {system: int(system.removeprefix("holds-")) for system in systems},
                "transit_price_per_unit_month": {
                    hall: _number(random.uniform(0.9, 1.1) * _far(here, there) / 25)
                    for hall, there in zip(names, places, strict=True)
                },
                "split": "one_site",
            }
            for number, (demand, here) in enumerate(zip(demands, customer_places, strict=True))
        },
    }


def machines(size: Size, seed: int) -> Tree:
    """Slots, each a site of its own with two kinds of work that goes up and down with the time of day."""
    random, (slots, sizes) = _drawn("machines", size, seed), SLOTS[size]
    names = [f"size-{number + 1}" for number in range(sizes)]
    rates = {
        work: {name: _number(2**place * random.uniform(0.7, 1.4)) for place, name in enumerate(names)}
        for work in ("decode", "prefill")
    }
    prices = {name: _number(2**place * random.uniform(0.8, 1.1)) for place, name in enumerate(names)}
    usual = {work: random.uniform(10.0, 60.0) for work in rates}
    hours = [f"slot-{number + 1}" for number in range(slots)]
    workloads = {}
    for number, hour in enumerate(hours):
        for work, rate in rates.items():
            busy = 1.0 - abs(number % 24 - 12) / 15.0
            workloads[f"{work}-{number + 1}"] = {
                "unit": "requests/s",
                "demand": _number(usual[work] * busy * random.uniform(0.8, 1.2)),
                "rates": rate,
                "sites": [hour],
            }
    return _base("machines", size, seed) | {
        "systems": {name: {} for name in names},
        "vendors": {"cloud": {}},
        "sites": {hour: {} for hour in hours},
        "offers": {name: {"vendor": "cloud", "system": name, "price": prices[name]} for name in names},
        "workloads": workloads,
    }


def two_stage(size: Size, seed: int) -> Tree:
    """Sites equipped in the first month, customers that come in about half of the futures. What nobody serves is told
    by a site that takes all of it, dearly."""
    random, (sites, customers, futures) = _drawn("two-stage", size, seed), FUTURES[size]
    names = [f"site-{number + 1}" for number in range(sites)]
    holds = 112
    months = [add_months(START, month) for month in range(futures + 1)]
    needs = {name: [random.randint(1, 25) for _ in range(customers)] for name in names}
    workloads = {}
    for customer in range(customers):
        prices = {name: _number(random.uniform(0.5, 9.0)) for name in names} | {"elsewhere": 12}
        rates = {name: _number(holds / needs[name][customer]) for name in names} | {"elsewhere": 1}
        for future in range(futures):
            if random.random() < 0.5:
                continue
            steps = [{"from": months[future], "amount": 1}]
            if future + 1 < futures:
                steps.append({"from": months[future + 1], "amount": 0})
            workloads[f"customer-{customer + 1}-{future + 1}"] = {
                "unit": "clients",
                "demand": steps,
                "rates": rates,
                "transit_price_per_unit_month": prices,
                "split": "one_site",
            }
    everywhere = [*names, "elsewhere"]
    return _base("two-stage", size, seed, futures) | {
        "resources": {"room": {"unit": "places"}},
        "systems": {name: {"needs": {"room": 1}} for name in names} | {"elsewhere": {}},
        "vendors": {"maker": {}},
        "sites": {name: {"capacity": {"room": 1}} for name in names} | {"elsewhere": {}},
        "offers": {
            name: {
                "vendor": "maker",
                "system": name,
                "sites": [name],
                "price": 0 if name == "elsewhere" else random.randint(40, 80),
                "order_until": START,
            }
            for name in everywhere
        },
        "workloads": workloads,
    }


def _drawn(kind: str, size: Size, seed: int) -> Random:
    return Random(f"gpuplan {kind} {size} {seed}")


def _base(kind: str, size: Size, seed: int, periods: int = 1) -> Tree:
    return {
        "name": f"Generated {kind} {size} {seed}",
        "note": "Made up by `gpuplan generate`.",
        "calendar": {"start": START, "periods": periods},
        "objective": [{"minimise": "cost"}],
    }


def _number(value: float) -> Decimal:
    return max(Decimal(repr(value)).quantize(Decimal("0.01")), Decimal("0.01"))


def _places(random: Random, count: int) -> list[tuple[float, float]]:
    return [(random.uniform(0, 200), random.uniform(0, 200)) for _ in range(count)]


def _far(here: tuple[float, float], there: tuple[float, float]) -> float:
    return hypot(here[0] - there[0], here[1] - there[1])


def _can_be_assigned(demands: list[int], rooms: list[int]) -> bool:
    """Whether each demand finds a room, the largest first, each where the most is left."""
    left = list(rooms)
    for demand in sorted(demands, reverse=True):
        most = max(range(len(left)), key=left.__getitem__)
        if left[most] < demand:
            return False
        left[most] -= demand
    return True
