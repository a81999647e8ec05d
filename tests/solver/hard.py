"""Instances made for the tests: hard enough that no solver proves them within a test, or sized as asked."""

from __future__ import annotations

import random


def hard_instance(offers: int = 24, sites: int = 5, months: int = 9, seed: int = 3) -> str:
    """An instance file as YAML: a plan is found within a second or two, and optimality is not proven in a minute.

    What makes it hard: many vendors with activation costs, three all-units tiers for each offer, sites with opening
    costs and too little power for everything, shares that no vendor may exceed, a count of vendors, soft limits.
    """
    dice = random.Random(seed)
    lines = [
        "name: hard",
        f"calendar: {{start: 2025-01-01, periods: {months}}}",
        "economics: {discount_rate_per_year: 0.07, utilisation: 0.7}",
        "accelerators:",
    ]
    chips = max(offers // 4, 2)
    lines += [
        f"  chip-{n}: {{maker: maker-{n % 4}, attributes: {{score: {dice.randint(60, 140)}}}}}" for n in range(chips)
    ]
    lines.append("systems:")
    lines += [
        f"  box-{n}: {{accelerator: chip-{n}, accelerators: 8, rack_units: 8, "
        f"max_power_kw: {dice.randint(60, 140) / 10}}}"
        for n in range(chips)
    ]
    vendors = max(offers // 3, 2)
    lines.append("vendors:")
    lines += [f"  vendor-{n}: {{activation_cost: {dice.randint(200_000, 3_000_000)}}}" for n in range(vendors)]
    lines.append("sites:")
    for n in range(sites):
        power = dice.randint(900, 2200)
        lines.append(
            f"  site-{n}: {{opening_cost: {dice.randint(1_000_000, 9_000_000)}, "
            f"fixed_cost_per_month: {dice.randint(20_000, 90_000)}, build_days: {dice.randint(0, 90)}, "
            f"capacity: {{protected-power: {power}, air-cooling: {power + 100}, rack-positions: {power // 8}}}, "
            f"tariff: {{energy_price_per_kwh: 0.{dice.randint(60, 140):03}}}}}"
        )
    lines.append("offers:")
    for n in range(offers):
        price = dice.randint(220_000, 330_000)
        first, second = dice.randint(20, 60), dice.randint(70, 160)
        tiers = (
            f"[{{from_units: {first}, discount: 0.0{dice.randint(2, 5)}, fee: {dice.randint(50_000, 500_000)}}}, "
            f"{{from_units: {second}, discount: 0.{dice.randint(7, 12):02}, fee: {dice.randint(500_000, 1_500_000)}}}]"
        )
        lines.append(
            f"  offer-{n}: {{vendor: vendor-{n % vendors}, system: box-{dice.randrange(chips)}, price: {price}, "
            f"fee: {dice.randint(0, 200_000)}, tiers: {tiers}, min_units: {dice.randint(2, 17)}, "
            f"max_units: {dice.randint(60, 260)}, lead_days: {dice.randint(20, 120)}, "
            f"shipping_days: {dice.randint(5, 30)}}}"
        )
    wanted = 8 * int(0.55 * offers * 12 * sites / 6)
    lines += [
        "limits:",
        f"  target: {{measure: accelerators, at_least: {wanted}}}",
        f"  early: {{measure: accelerators, by: 2025-{min(months, 6):02}-28, at_least: {wanted // 3}, "
        "soft: {penalty: 40000}}",
        f"  score: {{measure: attribute, attribute: score, at_least: {wanted * 100}, soft: {{penalty: 900}}}}",
        "  few-vendors: {measure: accelerators, count: vendors, at_most: 5}",
    ]
    lines += [
        f"  share-{n}: {{measure: accelerators, select: {{vendor: vendor-{n}}}, at_most_share: 0.31}}"
        for n in range(vendors)
    ]
    return "\n".join(lines) + "\n"
