"""Every rule between the fields of one entity, broken once, with what is said about it."""

from __future__ import annotations

from typing import Any

import pytest

from instance.trees import refusals, small

SPEND: dict[str, Any] = {"measure": "spend", "at_most": 5}
UNITS: dict[str, Any] = {"measure": "systems", "at_least": 5}
LEVEL: dict[str, Any] = {"measure": "systems"}
HOURS: dict[str, Any] = {"flat": {"hours_per_week": 168, "price_per_kwh": 1}}

BROKEN: list[tuple[str, Any, str, str]] = [
    ("calendar.start", "2025-01-02", "calendar", "start must be the first day of a month"),
    (
        "economics.exchange_rates",
        {"USD": [{"from": "2025-01-01", "rate": 1}]},
        "economics",
        "USD is the reporting currency",
    ),
    (
        "economics.exchange_rates",
        {"KRW": [{"from": "2025-02-01", "rate": 1}, {"from": "2025-02-01", "rate": 2}]},
        "economics.exchange_rates.KRW",
        "steps must be in order of their days; 2025-02-01 does not follow 2025-02-01",
    ),
    ("economics.exchange_rates", {"KRW": []}, "economics.exchange_rates.KRW", "at least 1 item"),
    (
        "offers.quote.lead_days",
        [{"from": "2025-02-01", "days": 1}, {"from": "2025-01-01", "days": 2}],
        "offers.quote.lead_days",
        "2025-01-01 does not follow 2025-02-01",
    ),
    (
        "offers.quote.payments",
        [{"event": "signed", "share": 0.3}, {"event": "ready", "share": 0.6}],
        "offers.quote.payments",
        "the shares of the payments add up to 0.9, not to 1",
    ),
    ("offers.quote.payments", [], "offers.quote.payments", "at least 1 item"),
    ("offers.quote.tiers", [{"from_units": 5}], "offers.quote.tiers.0", "either price or discount"),
    (
        "offers.quote.tiers",
        [{"from_units": 5, "price": 1, "discount": 0.1}],
        "offers.quote.tiers.0",
        "either price or discount",
    ),
    ("offers.quote.tiers", [{"from_units": 1, "price": 1}], "offers.quote", "rising from_units, above 1"),
    (
        "offers.quote.tiers",
        [{"from_units": 9, "price": 1}, {"from_units": 9, "price": 2}],
        "offers.quote",
        "rising from_units, above 1",
    ),
    ("offers.quote.sites", [], "offers.quote.sites", "at least 1 item"),
    (
        "sites.plant.redundancy",
        {"grid-power": "N+6"},
        "sites.plant.redundancy.grid-power",
        "written N, N+1 (to N+5) or 2N",
    ),
    (
        "sites.plant.redundancy",
        {"grid-power": "N+²"},
        "sites.plant.redundancy.grid-power",
        "written N, N+1 (to N+5) or 2N",
    ),
    (
        "sites.plant.tariff",
        {"seasons": {"all": {"months": [1], "hours": HOURS}}},
        "sites.plant.tariff",
        "each month from 1 to 12 must be in exactly one season",
    ),
    (
        "sites.plant.tariff",
        {"seasons": {"all": {"months": [*range(1, 13), 1], "hours": HOURS}}},
        "sites.plant.tariff",
        "each month from 1 to 12 must be in exactly one season",
    ),
    (
        "sites.plant.tariff",
        {"energy_price_per_kwh": 1, "seasons": {"all": {"months": [1], "hours": HOURS}}},
        "sites.plant.tariff",
        "either energy_price_per_kwh or seasons",
    ),
    (
        "sites.plant.tariff",
        {"seasons": {"all": {"months": [*range(1, 13)], "hours": {"x": {"hours_per_week": 167, "price_per_kwh": 1}}}}},
        "sites.plant.tariff.seasons.all",
        "the hours of a week add up to 167, not to 168",
    ),
    ("modules.ups", {"provides": {}, "lead_days": 1}, "modules.ups", "it provides nothing, and nothing comes after it"),
    ("limits.it", {"measure": "systems"}, "limits.it", "a limit needs a bound"),
    ("limits.it", {**UNITS, "at_most_share": 0.5}, "limits.it", "either an amount or a share, not both"),
    ("limits.it", {**UNITS, "at_most": 4}, "limits.it", "the lower bound 5 is above the upper bound 4"),
    (
        "limits.it",
        {"measure": "systems", "at_least_share": 0.5, "at_most_share": 0.4},
        "limits.it",
        "the lower bound 0.5 is above the upper bound 0.4",
    ),
    ("limits.it", {**UNITS, "of": {}}, "limits.it", "of goes with a share"),
    (
        "limits.it",
        {**UNITS, "at_most": 9, "soft": {"penalty": 1}},
        "limits.it",
        "a soft limit has one bound; write two limits",
    ),
    (
        "limits.it",
        {"measure": "systems", "at_least_share": 0.5, "soft": {"priority": 1}},
        "limits.it",
        "a soft share with a priority must state soft.scale",
    ),
    ("limits.it", {**UNITS, "counts_from": 5}, "limits.it", "counts_from and counts_from_share go with count"),
    (
        "limits.it",
        {**SPEND, "count": "vendors"},
        "limits.it",
        "count goes with at_most or at_least and a measure of units",
    ),
    (
        "limits.it",
        {"measure": "systems", "at_most_share": 0.5, "count": "vendors"},
        "limits.it",
        "count goes with at_most or at_least and a measure of units",
    ),
    (
        "limits.it",
        {**UNITS, "count": "vendors", "counts_from": 2, "counts_from_share": 0.1},
        "limits.it",
        "either counts_from or counts_from_share",
    ),
    ("limits.it", {**UNITS, "from": "2025-01-01"}, "limits.it", "from goes with what flows"),
    (
        "limits.it",
        {"measure": "grid-power-kw", "at_most": 1, "from": "2025-01-01"},
        "limits.it",
        "from goes with what flows",
    ),
    (
        "limits.it",
        {**SPEND, "from": "2025-03-01", "by": "2025-02-01"},
        "limits.it",
        "from 2025-03-01 is after by 2025-02-01",
    ),
    ("limits.it", {"measure": "compute-tflops", "at_least": 1}, "limits.it", "format goes with measure compute-tflops"),
    ("limits.it", {**UNITS, "format": "bf16"}, "limits.it", "format goes with measure compute-tflops"),
    ("limits.it", {"measure": "attribute", "at_least": 1}, "limits.it", "attribute goes with measure attribute"),
    ("limits.it", {**UNITS, "attribute": "score"}, "limits.it", "attribute goes with measure attribute"),
    (
        "limits.it",
        {**UNITS, "terms": ["purchase"]},
        "limits.it",
        "terms go with a measure of money (capex, opex, spend)",
    ),
    ("limits.it", {**SPEND, "terms": []}, "limits.it.terms", "at least 1 item"),
    (
        "limits.it",
        {"measure": "energy-kwh", "at_most": 1, "select": {"vendor": "shop"}},
        "limits.it",
        "energy-kwh is counted by site: vendor cannot select it",
    ),
    ("limits.it", {**UNITS, "soft": {}}, "limits.it.soft", "either a penalty or a priority"),
    ("limits.it", {**UNITS, "soft": {"penalty": 1, "priority": 1}}, "limits.it.soft", "either a penalty or a priority"),
    ("limits.it", {**UNITS, "soft": {"penalty": 1, "scale": 2}}, "limits.it.soft", "scale goes with priority"),
    ("limits.it", {**UNITS, "select": {"vendor": []}}, "limits.it.select.vendor", "at least 1 item"),
    ("objective", [{}], "objective.0", "a level has either minimise or maximise"),
    ("objective", [{"minimise": "cost", "maximise": LEVEL}], "objective.0", "a level has either minimise or maximise"),
    ("objective", [{"minimise": "commissioning"}], "objective.0", "target goes with `minimise: commissioning`"),
    ("objective", [{"minimise": "cost", "target": "it"}], "objective.0", "target goes with `minimise: commissioning`"),
    ("objective", [{"minimise": "concentration"}], "objective.0", "of goes with `minimise: concentration`"),
    ("objective", [{"minimise": "cost", "of": LEVEL}], "objective.0", "of goes with `minimise: concentration`"),
    ("objective", [], "objective", "at least 1 item"),
    ("scenarios.dear", {"edits": []}, "scenarios.dear.edits", "at least 1 item"),
]


@pytest.mark.parametrize(
    ("path", "value", "where", "says"), BROKEN, ids=[f"{path}-{says[:40]}" for path, _, _, says in BROKEN]
)
def test_a_broken_rule_is_told_where_it_is_broken_and_why(path: str, value: object, where: str, says: str) -> None:
    """Proves that each rule of the schema is held and told once, at its entity. If broken, nonsense is optimised."""
    found = refusals({path: value})
    assert list(found) == [where]
    assert says in found[where]


def test_an_offer_whose_bounds_cross_is_refused() -> None:
    """Proves that min_units above max_units, and a window that closes before it opens, are faults of the quote."""
    assert refusals({"offers.quote.min_units": 6, "offers.quote.max_units": 5}) == {
        "offers.quote": "min_units 6 is more than max_units 5"
    }
    assert refusals({"offers.quote.order_from": "2025-03-01", "offers.quote.order_until": "2025-02-01"}) == {
        "offers.quote": "order_from 2025-03-01 is after order_until 2025-02-01"
    }


def test_the_forms_of_redundancy_say_what_they_mean() -> None:
    """Proves N, N+1 to N+5 and 2N, in any case and spacing, and that they are written back as read."""
    for written, spare, doubled, back in [
        ("N", 0, False, "N"),
        ("n + 2", 2, False, "N+2"),
        ("N+5", 5, False, "N+5"),
        ("2n", 0, True, "2N"),
    ]:
        instance = small({"sites.plant.redundancy": {"grid-power": written}})
        rule = instance.sites["plant"].redundancy["grid-power"]
        assert (rule.spare_blocks, rule.doubled) == (spare, doubled)
        assert instance.model_dump()["sites"]["plant"]["redundancy"] == {"grid-power": back}


def test_a_tier_prices_by_price_or_by_discount() -> None:
    """Proves 10 % off 100 is 90, and that a stated price stands. If broken, tiers cost the first price."""
    instance = small(
        {"offers.quote.tiers": [{"from_units": 5, "discount": 0.1, "fee": 7}, {"from_units": 9, "price": 80}]}
    )
    assert instance.offers["quote"].price_tiers() == ((1, 100, 0), (5, 90, 7), (9, 80, 0))
