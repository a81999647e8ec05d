"""Checks of a valid instance: what stops it, what is remarked on, and what is left in peace."""

from __future__ import annotations

from typing import Any

import pytest

import gpuplan
from gpuplan.errors import Problem
from gpuplan.instance.schema import validated
from instance.trees import problems, small, tree

TARGET: dict[str, Any] = {"measure": "systems", "at_least": 4}


def remarks(over: dict[str, Any]) -> list[Problem]:
    return gpuplan.check(small(over))


def remark(over: dict[str, Any]) -> Problem:
    (one,) = remarks(over)
    assert one.severity == "warning"
    return one


def error(over: dict[str, Any]) -> Problem:
    (one,) = problems(lambda: small(over))
    assert one.severity == "error"
    return one


def test_a_plain_instance_has_nothing_to_remark_on() -> None:
    """Proves that the checks are quiet where all is well."""
    assert remarks({}) == []
    assert remarks({"limits.target": TARGET, "offers.quote.max_units": 4}) == []


# References

ORPHANS = [
    ("systems.box.accelerator", "chap", "systems.box.accelerator", "accelerator", "chip"),
    ("systems.box.needs", {"fabric-port": 1}, "systems.box.needs.fabric-port", "resource", "fabric-ports"),
    ("offers.quote.vendor", "shap", "offers.quote.vendor", "vendor", "shop"),
    ("offers.quote.system", "bax", "offers.quote.system", "system", "box"),
    ("offers.quote.sites", ["plant", "plan"], "offers.quote.sites.1", "site", "plant"),
    ("sites.plant.modules", {"hv-substation-stepp": {}}, "sites.plant.modules.hv-substation-stepp", "module", ""),
    ("sites.plant.capacity", {"grid-pover": 1}, "sites.plant.capacity.grid-pover", "resource", "grid-power"),
    ("sites.plant.redundancy", {"grid-pover": "N+1"}, "sites.plant.redundancy.grid-pover", "resource", "grid-power"),
    ("modules.ups", {"provides": {"grid-pover": 1}, "lead_days": 1}, "modules.ups", "resource", "grid-power"),
    ("limits.target", {**TARGET, "select": {"vendor": "shap"}}, "limits.target.select.vendor", "vendor", "shop"),
    ("limits.target", {**TARGET, "exclude": {"maker": "Acmee"}}, "limits.target.exclude.maker", "maker", "Acme"),
    ("limits.target", {**TARGET, "select": {"cooling": "watter"}}, "limits.target.select.cooling", "cooling", ""),
    (
        "limits.target",
        {"measure": "systems", "at_most_share": 0.5, "of": {"site": "plan"}},
        "limits.target.of.site",
        "site",
        "plant",
    ),
    ("deadlines.it", {"by": "2025-02-01", "select": {"offer": "quota"}}, "deadlines.it.select.offer", "offer", "quote"),
    ("objective", [{"minimise": "commissioning", "target": "targot"}], "objective.0.target", "limit", ""),
]


@pytest.mark.parametrize(("path", "value", "where", "what", "near"), ORPHANS, ids=[orphan[2] for orphan in ORPHANS])
def test_a_reference_to_nothing_is_an_error_that_names_what_is_near(
    path: str, value: object, where: str, what: str, near: str
) -> None:
    """Proves every kind of reference. If broken, a limit on a misspelt vendor silently binds nobody."""
    found = error({path: value})
    assert found.path == where
    assert found.message.startswith(f"there is no {what} ")
    assert near in found.way_out
    assert found.way_out


def test_references_of_fleets_and_of_needs_are_checked() -> None:
    """Proves the same for what is there already, and for the needs of capacity and of deliveries."""
    fleet = {"old": {"system": "bax", "site": "plan", "units": 1, "vendor": "shap"}}
    assert {one.path for one in problems(lambda: small({"existing.systems": fleet}))} == {
        "existing.systems.old.system",
        "existing.systems.old.site",
        "existing.systems.old.vendor",
    }
    capacity = {"air-cooling": {"amount": 1, "needs": {"cold": 1}}}
    assert "'cold'" in error({"sites.plant.capacity": capacity}).message
    module = {"provides": {"air-cooling": {"amount": 1, "needs": {"cold": 1}}}, "needs": {"floor": 1}, "lead_days": 1}
    assert {"'cold'", "'floor'"} == {
        one.message.removeprefix("there is no resource ") for one in problems(lambda: small({"modules.crah": module}))
    }


# Currencies


@pytest.mark.parametrize(
    ("over", "path", "currency"),
    [
        ({"offers.quote.currency": "KRW"}, "offers.quote.currency", "KRW"),
        ({"vendors.shop.currency": "EUR"}, "vendors.shop.currency", "EUR"),
        ({"sites.plant.currency": "JPY"}, "sites.plant.currency", "JPY"),
        ({"sites.plant.tariff": "kr-industrial-hvb2-2024"}, "sites.plant.tariff", "KRW"),
        ({"economics.currency": "KRW", "systems.box.network_price_usd": 5}, "offers.quote.includes", "USD"),
    ],
)
def test_a_currency_without_a_rate_is_an_error(over: dict[str, Any], path: str, currency: str) -> None:
    """Proves that every place of money is looked at, and that the way out says what to state."""
    found = error(over)
    assert (found.path, found.message) == (path, f"there is no exchange rate for {currency}")
    assert f"economics.exchange_rates.{currency}" in found.way_out
    rates = {"economics.exchange_rates": {currency: [{"from": "2025-01-01", "rate": 2}]}}
    small({**over, **rates})


def test_a_module_in_another_currency_needs_a_rate_only_where_it_can_be_bought() -> None:
    """Proves that dollars of a module matter at a site that lists it, and not before."""
    over = {
        "economics.currency": "KRW",
        "modules.ups": {"provides": {"grid-power": 1}, "lead_days": 1, "currency": "USD"},
    }
    small(over)
    assert error({**over, "sites.plant.modules": {"ups": {}}}).path == "modules.ups.currency"


def test_what_an_offer_includes_needs_no_dollars() -> None:
    """Proves that a won quote with the network inside does not ask for a dollar rate."""
    small(
        {
            "economics.currency": "KRW",
            "systems.box.network_price_usd": 5,
            "offers.quote.includes": ["system", "network"],
        }
    )


def test_rebates_are_in_one_currency_and_rise() -> None:
    """Proves that a vendor's rebates and offers share a currency, and that more spend never earns less."""
    rates = {"economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 2}]}}
    rebates = [{"from_spend": 10, "rate": 0.1}, {"from_spend": 20, "rate": 0.2}]
    small({"vendors.shop.rebates": rebates})
    assert "are not" in error({**rates, "vendors.shop.rebates": rebates, "offers.quote.currency": "KRW"}).message
    assert "must rise" in error({"vendors.shop.rebates": rebates[::-1]}).message


# Days


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"limits.it": {**TARGET, "by": "2026-01-01"}}, "limits.it.by"),
        ({"limits.it": {**TARGET, "by": "2024-12-31"}}, "limits.it.by"),
        ({"limits.it": {"measure": "spend", "at_most": 1, "by": "2027-01-01"}}, "limits.it.by"),
        ({"limits.it": {"measure": "spend", "at_most": 1, "from": "2024-12-31"}}, "limits.it.from"),
        ({"objective": [{"maximise": {"measure": "systems"}, "by": "2026-01-01"}]}, "objective.0.by"),
    ],
)
def test_a_day_outside_the_calendar_is_an_error(over: dict[str, Any], path: str) -> None:
    """Proves that a rule on a day that nothing describes is refused. If broken, a target of 2027 is met for free."""
    found = error(over)
    assert found.path == path
    assert "outside" in found.message


def test_money_may_be_counted_to_the_end_of_the_evaluation_years() -> None:
    """Proves that a budget may look beyond the periods as far as operation is reckoned, and a stock may not."""
    years = {"economics.evaluation_years": 3}
    small({**years, "limits.it": {"measure": "spend", "at_most": 1, "by": "2027-12-31"}})
    assert error({**years, "limits.it": {**TARGET, "by": "2027-12-31"}}).path == "limits.it.by"
    assert error({**years, "limits.it": {"measure": "spend", "at_most": 1, "by": "2028-01-01"}}).path == "limits.it.by"


def test_an_offer_or_deadline_outside_the_calendar_is_no_fault() -> None:
    """Proves that a closed quote stays in the file; it is denied with its reason, not refused."""
    small({"offers.quote.order_until": "2024-01-01", "deadlines.it": {"by": "2024-01-01"}})


@pytest.mark.parametrize(
    "limit",
    [
        {"measure": "systems", "at_most": 1},
        {"measure": "systems", "at_least": 1, "stage": "signed"},
        {"measure": "systems", "at_least": 1, "count": "vendors"},
        {"measure": "spend", "at_least": 1},
    ],
)
def test_commissioning_needs_a_target_that_can_begin_to_hold(limit: dict[str, Any]) -> None:
    """Proves that only at_least on usable units can be commissioned."""
    objective = [{"minimise": "commissioning", "target": "it"}]
    assert error({"limits.it": limit, "objective": objective}).path == "objective.0.target"


def test_concentration_is_counted_in_units() -> None:
    """Proves that concentration of money is refused: vendors are compared by what they deliver."""
    assert error({"objective": [{"minimise": "concentration", "of": {"measure": "spend"}}]}).path == "objective.0.of"
    small({"objective": [{"minimise": "concentration", "of": {"measure": "systems"}}]})


# Prices


@pytest.mark.parametrize(
    ("price", "odd"), [(126_667, False), (450_000, False), (126_666, True), (450_001, True), (25_000, True)]
)
def test_a_price_far_from_what_was_seen_is_remarked_on(price: int, odd: bool) -> None:
    """Proves the range: a dgx-h100 was seen at 190,000 to 300,000, so 190,000 / 1.5 = 126,666.67 to 300,000 x 1.5 =
    450,000 pass. If broken, a quote for 25,000, a zero short, goes through unremarked."""
    found = remarks({"offers.quote.system": "dgx-h100", "offers.quote.price": price})
    assert [one.path for one in found] == (["offers.quote.price"] if odd else [])
    assert all("190,000 to 300,000" in one.message for one in found)


def test_a_price_is_compared_in_dollars() -> None:
    """Proves the exchange: 350,000,000 KRW at 1,400 are 250,000 dollars, and 250,000 KRW are 179."""
    krw = {
        "economics.currency": "KRW",
        "economics.exchange_rates": {"USD": [{"from": "2025-01-01", "rate": 1400}]},
        "offers.quote.system": "dgx-h100",
    }
    assert remarks({**krw, "offers.quote.price": 350_000_000}) == []
    assert "US$ 179" in remark({**krw, "offers.quote.price": 250_000}).message


# Targets


def test_a_target_that_no_whole_number_hits_is_remarked_on() -> None:
    """Proves steps of 8: exactly 20 accelerators cannot be, and at least 20 means 24."""
    chips = {"measure": "accelerators"}
    exact = remark({"limits.it": {**chips, "at_least": 20, "at_most": 20}})
    assert "no whole number of systems gives exactly 20: they come in steps of 8" in exact.message
    assert "20 means 24" in remark({"limits.it": {**chips, "at_least": 20}}).message
    assert remarks({"limits.it": {**chips, "at_least": 24, "at_most": 24}}) == []


def test_steps_are_of_whole_lots_and_of_all_offers_together() -> None:
    """Proves lots of 5 boxes of 8 are steps of 40; with a box of 12 in lots of 1 beside it, steps of 4."""
    lots = {"offers.quote.lot_units": 5, "limits.it": {"measure": "accelerators", "at_least": 44}}
    assert "steps of 40 accelerators: 44 means 80" in remark(lots).message
    twelve = {"systems.dozen": {"accelerators": 12}, "offers.other": {"vendor": "shop", "system": "dozen", "price": 1}}
    assert remarks({**lots, **twelve}) == []


def test_a_limit_that_selects_nothing_is_remarked_on() -> None:
    """Proves that an offer at a site that it is not for selects nothing."""
    over = {"sites.barn": {}, "offers.quote.sites": ["plant"], "limits.it": {**TARGET, "select": {"site": "barn"}}}
    assert "selects nothing that can be bought" in remarks(over)[0].message


def test_a_measure_of_which_nothing_is_known_is_remarked_on() -> None:
    """Proves that a missing TPP counts as zero and is said to."""
    found = remark({"limits.it": {"measure": "tpp", "at_most": 100}})
    assert found.path == "limits.it.measure"
    assert "quote" in found.message


@pytest.mark.parametrize(
    ("over", "reach"),
    [
        ({"offers.quote.max_units": 3}, "3"),
        ({"offers.quote.max_units": 5, "offers.quote.order_from": "2025-07-02"}, "0"),
        ({"offers.quote.max_units": 5, "offers.quote.lead_days": 181}, "0"),  # New Year + 181 days = 1 July
        ({"offers.quote.max_units": 5, "offers.quote.order_until": "2024-12-31"}, "0"),
        ({"offers.quote.max_units": 5, "sites.plant.opens": "2025-07-01"}, "0"),
        ({"sites.plant.opens": "2025-07-01"}, "0"),
        ({"sites.plant.build_days": 181, "offers.quote.max_units": 5}, "0"),
        (
            {
                "sites.plant.capacity": {"grid-power": "unlimited"},
                "systems.box.needs": {"grid-power": 1, "fabric-ports": 1},
            },
            "0",
        ),
    ],
)
def test_a_target_that_all_supply_cannot_reach_is_remarked_on(over: dict[str, Any], reach: str) -> None:
    """Proves that 4 systems by 30 June are out of reach, with what can be reached. If broken, the user waits for a
    search that cannot succeed."""
    (found,) = [one for one in remarks(over | {"limits.it": {**TARGET, "by": "2025-06-30"}}) if one.path[0] == "l"]
    assert found.path == "limits.it.at_least"
    assert f"all offers together reach {reach} by 2025-06-30, short of 4" in found.message


@pytest.mark.parametrize(
    "over",
    [
        {"offers.quote.max_units": 4},
        {},  # no maximum: no bound
        {"offers.quote.max_units": 5, "offers.quote.lead_days": 180},  # New Year + 180 days = 30 June
        {"offers.quote.max_units": 3, "limits.it.soft": {"penalty": 1}},
        {
            "offers.quote.max_units": 3,
            "limits.it.existing": "include",
            "existing.systems": {"old": {"system": "box", "site": "plant", "units": 1}},
        },
    ],
)
def test_a_target_within_reach_or_soft_is_left_in_peace(over: dict[str, Any]) -> None:
    """Proves the edges: just enough units, just in time, a soft target, and a fleet that counts."""
    assert remarks({"limits.it": {**TARGET, "by": "2025-06-30"}, **over}) == []


def test_an_instance_without_offers_or_sites_is_remarked_on() -> None:
    """Proves that an empty instance is told so, and is not a crash."""
    bare = {key: value for key, value in tree().items() if key not in ("offers", "sites")}
    assert [one.path for one in gpuplan.check(validated(bare))] == ["offers", "sites"]


def test_errors_come_before_remarks_and_all_are_told() -> None:
    """Proves the order of what `check` finds: sorted by severity, nothing left out."""
    over = {"offers.quote.currency": "KRW", "vendors.shop.currency": "EUR"}
    assert {one.path for one in problems(lambda: small(over))} == {"offers.quote.currency", "vendors.shop.currency"}


def test_a_site_without_a_transit_price_beside_others_is_remarked_on() -> None:
    """Proves that a forgotten price is told, with workload and site, and that 0, a list of sites or no prices are not.

    If broken, the work goes to the site that was forgotten, for nothing, without a word.
    """
    work = {"unit": "t/s", "demand": 10, "rates": {"box": 12}}
    both = {"sites.other": {}, "limits.t": TARGET, "workloads.chat": work}
    told = remark({**both, "workloads.chat": {**work, "transit_price_per_unit_month": {"plant": 1}}})
    assert told.path == "workloads.chat.transit_price_per_unit_month"
    assert "serving chat from other has no price" in told.message
    for quiet in (
        {"transit_price_per_unit_month": {"plant": 1, "other": 0}},
        {"transit_price_per_unit_month": {"plant": 1}, "sites": ["plant"]},
        {},
    ):
        assert remarks({**both, "workloads.chat": {**work, **quiet}}) == []


@pytest.mark.parametrize("faults", [50, 200])
def test_names_that_are_near_are_told_of_the_first_faults(faults: int) -> None:
    """Proves that every reference to nothing is told, and that looking for near names ends after the first hundred.

    If broken, a thousand wrong names among a thousand take a minute.
    """
    names = {f"vendors.maker-{number}": {} for number in range(faults)}
    wrong = {
        f"offers.o-{number}": {"vendor": f"maker-{number}x", "system": "box", "price": 1} for number in range(faults)
    }
    found = problems(lambda: small({**names, **wrong}))
    assert len(found) == faults
    near = [one for one in found if "Known: maker-" in one.way_out]
    assert len(near) == min(faults, 100)
    assert all(one.message.startswith("there is no vendor 'maker-") for one in found)


def slipped(**over: Any) -> list[str]:
    """Paths of the remarks on an instance with one system of 10 kW at 300,000, and energy at 0.12."""
    stated: dict[str, Any] = {
        "name": "slip",
        "calendar": {"start": "2026-01-01", "periods": 12},
        "accelerators": {"a": {"tdp_w": 1000}},
        "systems": {
            "s": {"accelerator": "a", "accelerators": over.get("accelerators", 8), "max_power_kw": over.get("kw", 10)}
        },
        "vendors": {"v": {}},
        "offers": {"o": {"vendor": "v", "system": "s", "price": 300_000, "includes": over.get("includes", ["system"])}},
        "sites": {
            "hall": {
                "capacity": dict.fromkeys(("protected-power", "air-cooling", "rack-positions"), 99_999),
                "tariff": {"energy_price_per_kwh": over.get("energy", 0.12)},
            }
        },
    }
    return [problem.path for problem in gpuplan.check(validated(stated)) if problem.severity == "warning"]


def test_watts_for_kilowatts_and_cents_for_dollars_are_remarked_on() -> None:
    """Proves both slips, each alone and together: 8 accelerators of 1 kW draw 8 kW and no 10,200; a year of 10 kW at 12
    is 1,051,200, more than 300,000. If broken, 913.7 M is told as proven best without a word."""
    assert slipped() == []
    assert slipped(kw=10_200) == ["systems.s.max_power_kw", "sites.hall.tariff"]
    assert slipped(energy=12) == ["sites.hall.tariff"]
    assert slipped(kw=0.01) == ["systems.s.max_power_kw"]
    assert slipped(kw=39.9) == slipped(kw=4) == []
    assert slipped(accelerators=0) == []
    assert slipped(energy=12, includes=["system", "hosting"]) == []
