"""Made-up instances of a stated size, with the catalogue's hardware and facility modules: for trials and benchmarks.

They are hard on purpose: offers compete closely, three price tiers and activation costs pull orders together while
shares of vendors, makers and sites push them apart, halls must be opened and fitted out, and targets, demands, budgets
and a cap on carbon bind at the best plan. Size and seed decide everything; nothing else does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any, Literal, cast

from gpuplan.instance.calendar import add_months
from gpuplan.instance.catalog import entries

Tree = dict[str, Any]
Size = Literal["S", "M", "L", "XL"]
START = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Scale:
    """How large an instance is."""

    offers: int
    sites: int
    months: int
    workloads: int

    @property
    def vendors(self) -> int:
        """Vendors: four or five offers each."""
        return max(5, self.offers // 5)

    @property
    def systems(self) -> int:
        """Systems of eight accelerators that the programme is about."""
        return 30 * self.offers


SCALES: dict[Size, Scale] = {
    "S": Scale(20, 3, 8, 2),
    "M": Scale(40, 6, 12, 4),
    "L": Scale(80, 10, 24, 6),
    "XL": Scale(200, 20, 36, 8),
}
SYSTEMS = (
    "hgx-h200",
    "hgx-b200-air",
    "hgx-b200-liquid",
    "mi300x-8",
    "mi325x-8",
    "mi350x-8",
    "mi355x-8",
    "gaudi-3-8",
    "hgx-h100",
    "rtx-pro-6000-8",
    "rngd-server",
    "hgx-b300",
)
"""Servers of eight accelerators that are offered, in the order in which they are first given out."""
RATES = {"llama-70b": "bf16_tflops", "llama-405b": "fp8_tflops", "diffusion": "bf16_tflops", "ranking": "memory_gb"}
"""Kinds of work, and the figure of an accelerator that its rate follows."""
COUNTRIES = ("KR", "JP", "SG", "US", "FI", "NO")
CLIMATE = {"KR": 0.417, "JP": 0.43, "SG": 0.41, "US": 0.37, "FI": 0.08, "NO": 0.03}
"""Carbon intensity in kg a kWh, in round figures."""
USUAL = 0.30
"""The same, that the cap on carbon allows."""
MEASURED = 5
"""Seeds of each size whose text is fixed for good."""
PRICES = {"KR": 0.115, "JP": 0.135, "SG": 0.16, "US": 0.075, "FI": 0.065, "NO": 0.055}
"""US dollars a kWh, in round figures."""


def programme(size: Size, seed: int) -> Tree:
    """The tree of an instance; the same for the same size and seed, on every machine."""
    return _Maker(size, seed, SCALES[size], Random(f"gpuplan {size} {seed}")).tree()


@dataclass
class _Maker:
    size: Size
    seed: int
    scale: Scale
    random: Random
    offers: dict[str, Tree] = field(default_factory=dict)

    def tree(self) -> Tree:
        sites = {f"site-{number + 1}": self._site(number) for number in range(self.scale.sites)}
        vendors = {f"vendor-{number + 1}": self._vendor(number) for number in range(self.scale.vendors)}
        for number in range(self.scale.offers):
            self.offers[f"offer-{number + 1}"] = self._offer(number, list(sites), vendors)
        return {
            "name": f"Generated {self.size} {self.seed}",
            "note": "Made up by `gpuplan generate`: hardware and modules of the catalogue, everything else drawn.",
            "calendar": {"start": START, "periods": self.scale.months},
            "economics": {
                "currency": "USD",
                "discount_rate_per_year": Decimal("0.06"),
                "evaluation_years": max(4, self.scale.months // 12 + 3),
                "utilisation": Decimal("0.8"),
            },
            "vendors": vendors,
            "offers": self.offers,
            "sites": sites,
            "modules": self._modules(),
            "workloads": {
                f"{kind}-{number // len(RATES) + 1}": self._workload(kind, list(sites))
                for number in range(self.scale.workloads)
                for kind in [list(RATES)[number % len(RATES)]]
            },
            "clusters": self._clusters(),
            "limits": self._limits(vendors, sites),
            "deadlines": {"contracts": {"by": self._month(self.scale.months * 3 // 4) - timedelta(days=1)}},
        }

    # Numbers

    def _between(self, low: float, high: float, step: str = "0.01") -> Decimal:
        """A number between two, in steps."""
        return Decimal(repr(self.random.uniform(low, high))).quantize(Decimal(step))

    def _round(self, value: float | Decimal, to: int) -> int:
        return max(round(float(value) / to), 1) * to

    def _month(self, number: int) -> date:
        return add_months(START, number)

    # Places

    def _site(self, number: int) -> Tree:
        """A hall with power and cooling for about a third of its grid, and modules for the rest."""
        country = COUNTRIES[(number + self.seed) % len(COUNTRIES)]
        share = 1.6 * self.scale.systems * 15 / self.scale.sites
        grid = self._round(share * self.random.uniform(0.7, 1.5), 100)
        ready = self._round(grid * self.random.uniform(0.25, 0.45), 50)
        later = self._month(self.scale.months // 3)
        site: Tree = {
            "country": country,
            "opening_cost": self._round(grid * self.random.uniform(180, 420), 10_000),
            "fixed_cost_per_month": self._round(grid * self.random.uniform(9, 20), 1_000),
            "rack_kw": {"air": self.random.choice((32, 40, 48)), "liquid": self.random.choice((60, 90, 120))},
            "capacity": {
                "grid-power": [
                    {"from": START, "amount": grid},
                    {"from": later, "amount": self._round(grid * 1.25, 100)},
                ],
                "protected-power": {
                    "amount": ready,
                    "needs": {
                        "grid-power": {"design": Decimal("1.07"), "typical": Decimal("1.08")},
                        "air-cooling": {"design": Decimal("0.05"), "typical": Decimal("0.06")},
                    },
                },
                "air-cooling": {
                    "amount": self._round(ready * 0.8, 10),
                    "needs": {"facility-water": Decimal("1.05"), "grid-power": Decimal("0.05")},
                },
                "liquid-cooling": {
                    "amount": self._round(ready * 0.3, 10),
                    "needs": {"facility-water": Decimal("1.015")},
                },
                "facility-water": {
                    "amount": self._round(ready * 1.2, 10),
                    "needs": {"grid-power": {"design": Decimal("0.25"), "typical": Decimal("0.16")}},
                },
                "rack-positions": self._round(ready / 30, 1),
                "floor-space": 200 * self._round(grid / 1500, 1),
                "hall-capacity": "unlimited",
                "switchgear-capacity": "unlimited",
                "backup-power": "unlimited",
                "fabric-ports": {"amount": "unlimited", "needs": {"protected-power": Decimal("0.08")}},
            },
            "modules": {name: {} for name in MODULES},
            "redundancy": {"facility-water": self.random.choice(("N", "N+1"))},
            "tariff": {
                "energy_price_per_kwh": Decimal(repr(PRICES[country])) * self._between(0.85, 1.2),
                "demand_charge_per_kw_month": self._between(4, 11),
            },
            "carbon_kg_per_kwh": Decimal(repr(CLIMATE[country])),
        }
        if self.random.random() < 0.5:
            site["build_days"] = 30 * self.random.randint(1, max(1, self.scale.months // 8))
        return site

    def _modules(self) -> Tree:
        """The catalogue's modules, which come within a third of the calendar: what takes years is ordered before."""
        most = 30 * self.scale.months // 3
        shipped = entries("modules")
        return {
            name: {
                "lead_days": min(
                    cast(int, shipped[name]["lead_days"]), self._round(most * self.random.uniform(0.6, 1), 5)
                ),
                "maintenance_rate_per_year": Decimal("0.02"),
            }
            for name in MODULES
        }

    # Vendors and quotes

    def _vendor(self, number: int) -> Tree:
        vendor: Tree = {
            "country": self.random.choice(("KR", "US", "TW", "JP")),
            "group": f"group-{number % max(3, self.scale.vendors // 2) + 1}",
            "activation_cost": self._round(self.random.uniform(0.05e6, 0.4e6), 10_000),
        }
        if number % 3 == 0:
            spend = self.scale.systems * 300_000 * self.random.uniform(0.08, 0.16)
            vendor["rebates"] = [
                {"from_spend": self._round(spend, 1_000_000), "rate": Decimal("0.015")},
                {"from_spend": self._round(spend * 2, 1_000_000), "rate": Decimal("0.03")},
            ]
        return vendor

    def _offer(self, number: int, sites: list[str], vendors: Tree) -> Tree:
        """A quote near the catalogue's price, with three tiers; the same system is offered by several vendors."""
        system = SYSTEMS[number % min(len(SYSTEMS), max(6, self.scale.offers // 4))]
        seen = cast(dict[str, Any], entries("systems")[system]["price_range_usd"])
        price = self._round(float(seen["mid"]) * self.random.uniform(0.92, 1.1), 500)
        most = self._round(self.scale.systems * self.random.uniform(0.1, 0.25), 2)
        first = self._round(most * self.random.uniform(0.2, 0.35), 2)
        second = self._round(most * self.random.uniform(0.5, 0.7), 2)
        rate = max(4, round(most / self.scale.months * self.random.uniform(1.5, 3)))
        chosen = sorted(self.random.sample(sites, k=min(len(sites), self.random.randint(2, max(2, len(sites) // 2)))))
        return {
            "vendor": self.random.choice(list(vendors)),
            "system": system,
            "sites": chosen,
            "price": price,
            "tiers": [
                {"from_units": first, "discount": self._between(0.02, 0.05, "0.001")},
                {"from_units": second, "discount": self._between(0.06, 0.11, "0.001")},
            ],
            "tier_pricing": "incremental" if number % 4 == 3 else "all-units",
            "fee": self._round(self.random.uniform(0, 1e5), 10_000) if number % 5 == 0 else 0,
            "includes": ["system", "installation"] if number % 2 else ["system", "network", "storage", "installation"],
            "lot_units": 2 if number % 6 == 5 else 1,
            "min_units": 2 * self._round(most * 0.03, 1),
            "max_units": most,
            "supply": [
                {"from": START, "units_per_month": max(1, rate // 2)},
                {"from": self._month(self.scale.months // 4), "units_per_month": rate},
            ],
            "lead_days": [
                {"from": START, "days": 7 * self.random.randint(6, 14)},
                {"from": self._month(self.scale.months // 3), "days": 7 * self.random.randint(4, 9)},
            ],
            "shipping_days": self.random.choice((7, 14, 21)),
            "installation_days": 7,
            "acceptance_days": self.random.choice((14, 21, 28)),
            "payments": self.random.choice((ON_DELIVERY, IN_ADVANCE)),
            "support_rate_per_year": self._between(0.03, 0.06, "0.005"),
        }

    # Work

    def _workload(self, kind: str, sites: list[str]) -> Tree:
        """Demand that grows in steps; rates by a figure of the accelerator, and the software's maturity."""
        chips = entries("accelerators")
        rates: dict[str, Tree] = {}
        for system in dict.fromkeys(offer["system"] for offer in self.offers.values()):
            chip = chips[cast(str, entries("systems")[system]["accelerator"])]
            figure = float(str(chip.get(RATES[kind]) or chip["bf16_tflops"]))
            if self.random.random() < 0.8:
                rates[system] = {
                    "amount": self._round(figure * self.random.uniform(0.7, 1.3), 10),
                    "derating": self._between(0.6, 0.9),
                }
        typical = sorted(float(rate["amount"]) * float(rate["derating"]) for rate in rates.values())[len(rates) // 2]
        peak = typical * self.scale.systems * 0.55 / self.scale.workloads
        months = [self.scale.months * part // 8 for part in (5, 6, 7)]
        shares = (0.3, 0.6, 1.0)
        return {
            "unit": "requests/s",
            "demand": [
                {"from": self._month(month), "amount": self._round(peak * share, 10)}
                for month, share in zip(months, shares, strict=True)
            ],
            "rates": rates,
            "transit_price_per_unit_month": {
                site: self._between(0, 0.6) for site in sites if self.random.random() < 0.5
            },
            "split": "one_site" if self.random.random() < 0.2 else "free",
        }

    def _clusters(self) -> Tree:
        """Training clusters of one kind of system, of two sizes."""
        kinds = [system for system in ("hgx-b200-air", "hgx-b200-liquid", "hgx-h200") if self._offered(system)]
        size = self._round(self.scale.systems * 0.06, 4)
        return {
            "training": {"systems": kinds, "size": size, "price": 9_000 * size, "price_per_system": 6_000},
            "tuning": {"systems": kinds, "size": max(size // 4, 2), "price": 5_000 * size, "price_per_system": 4_000},
        }

    def _offered(self, system: str) -> bool:
        return any(offer["system"] == system for offer in self.offers.values())

    # Rules

    def _intensity(self, sites: Tree) -> float:
        """What the cap on carbon allows, in kg a kWh of a programme that draws 12 kW a system: the usual figure, or as
        much as a programme in the cleanest sites needs, with a tenth less for what it does not draw.

        The first five seeds are what was measured with the usual one, under which some others had no plan.
        """
        if self.seed <= MEASURED:
            return USUAL
        left = asked = 12.0 * self.scale.systems
        carbon = 0.0
        for site in sorted(sites.values(), key=lambda site: cast(Decimal, site["carbon_kg_per_kwh"])):
            drawn = min(left, float(site["capacity"]["grid-power"][1]["amount"]))
            carbon, left = carbon + drawn * float(site["carbon_kg_per_kwh"]), left - drawn
        return max(USUAL, 0.9 * carbon / asked)

    def _limits(self, vendors: Tree, sites: Tree) -> Tree:
        """Targets that bind by their days, floors and shares that pull against prices, money by year, carbon."""
        systems, months = self.scale.systems, self.scale.months
        middle, end = self._month(months * 3 // 4) - timedelta(days=1), self._month(months) - timedelta(days=1)
        limits: Tree = {
            "half-way": {"measure": "accelerators", "at_least": 8 * systems // 3, "by": middle},
            "target": {"measure": "accelerators", "at_least": 8 * systems, "by": end},
            "compute": {"measure": "compute-tflops", "format": "bf16", "at_least": 8 * systems * 1250, "by": end},
            "memory": {"measure": "memory-gb", "at_least": 8 * systems * 150, "by": end},
            "domestic": {
                "measure": "accelerators",
                "select": {"maker_country": "KR"},
                "at_least_share": Decimal("0.03"),
                "by": end,
            },
            "one-maker": {
                "measure": "accelerators",
                "select": {"maker": "NVIDIA"},
                "at_most_share": Decimal("0.6"),
                "by": end,
            },
            "several-vendors": {
                "measure": "accelerators",
                "count": "vendors",
                "counts_from_share": Decimal("0.08"),
                "at_least": 4,
                "by": end,
            },
            "training-clusters": {"measure": "clusters", "select": {"cluster": "training"}, "at_least": 1, "by": end},
            "tuning-clusters": {"measure": "clusters", "select": {"cluster": "tuning"}, "at_least": 2, "by": end},
            "carbon": {
                "measure": "carbon-kg",
                "at_most": self._round(systems * 9.0 * 1.35 * 24 * 365 * self._intensity(sites), 1000),
                "from": self._month(months),
                "by": self._month(months + 12) - timedelta(days=1),
            },
        }
        if self._offered("rngd-server") is False:
            del limits["domestic"]
        for vendor in vendors:
            limits[f"{vendor}-share"] = {
                "measure": "accelerators",
                "select": {"vendor": vendor},
                "at_most_share": Decimal("0.3"),
                "by": end,
            }
        for year in range(START.year, end.year + 1):
            first, last = date(year, 1, 1), min(date(year, 12, 31), end)
            share = ((last - first).days + 1) / ((end - START).days + 1)
            limits[f"budget-{year}"] = {
                "measure": "spend",
                "at_most": self._round(systems * 430_000 * share * 1.1, 1_000_000),
                "from": first,
                "by": last,
                "soft": {"penalty": Decimal("0.05")},
            }
        return limits


MODULES = (
    "ups-1mw",
    "chiller-1500kw",
    "crah-100kw",
    "rear-door-25kw",
    "cdu-in-row-250kw",
    "fit-out-50-racks",
)
ON_DELIVERY = [
    {"event": "signed", "share": Decimal("0.2")},
    {"event": "delivered", "share": Decimal("0.7")},
    {"event": "ready", "share": Decimal("0.1")},
]
IN_ADVANCE = [{"event": "signed", "share": Decimal("0.5")}, {"event": "delivered", "share": Decimal("0.5")}]
