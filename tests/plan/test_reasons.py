"""Why a plan is as it is: what was considered and denied, the last days to act, limits, and the figures leaned on."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

import gpuplan
from gpuplan.plan.plan import Plan, PlanLimit
from gpuplan.plan.reasons import limits as limits_of
from gpuplan.reckoning import reckon
from plan.examples import module, order, planned, small, solved, stands
from support.builders import made
from support.random_instances import seeded

POWERED: dict[str, Any] = {
    "systems.box": {"accelerators": 8, "max_power_kw": 10},
    "sites.plant": {"capacity": {"protected-power": 100, "air-cooling": 100, "rack-positions": 9}},
}


def why(plan: Plan) -> str:
    (line,) = [line for line in plan.considered if line.offer == "quote" and line.site == "plant"]
    return line.why


REASONS: dict[str, tuple[dict[str, Any], str]] = {
    "before the window": ({"offers.quote.order_from": "2026-02-01"}, "the order window opens on 2026-02-01"),
    "after the window": ({"offers.quote.order_until": "2024-12-31"}, "the order window closed on 2024-12-31"),
    "tender": (
        {"offers.quote.award_days": 400},
        "a tender of 400 days ends on 2026-02-05",  # 365 days to New Year, 35 more
    ),
    "nothing shipped": (
        {"offers.quote.supply": [{"from": "2027-01-01", "units_per_month": 5}]},
        "none is shipped in 2025-01; none is shipped in 2025-02; none is shipped in 2025-03",
    ),
    "site too late": (
        {"sites.plant.build_days": 400, "sites.plant.opening_cost": 1},
        "site plant cannot open before 2026-02-05",
    ),
    "site opens later": ({"sites.plant.opens": "2026-01-01"}, "site plant cannot open before 2026-01-01"),
    "weak racks": (
        {**POWERED, "sites.plant.rack_kw": {"air": 9}},
        "box draws 10 kW by air cooling; site plant has 9 kW for a rack",
    ),
    "no racks": (
        {**POWERED, "sites.plant.rack_kw": {"liquid": 99}},
        "box draws 10 kW by air cooling; site plant has no racks",
    ),
    "no resource": (
        {**POWERED, "sites.plant.capacity": {"protected-power": 100, "rack-positions": 9}},
        "site plant has no air-cooling and can get none in time",
    ),
    "deadline": ({"deadlines.contract": {"by": "2024-12-31"}}, "deadline contract: signed by 2024-12-31"),
    "possible": ({}, "possible, not chosen"),
}


@pytest.mark.parametrize(("over", "reason"), REASONS.values(), ids=REASONS.keys())
def test_each_denial_is_named_with_its_rule_and_day(over: dict[str, Any], reason: str) -> None:
    """Proves that an offer that cannot be chosen says why. If broken, the vendor who asks gets a shrug."""
    assert why(planned(small(over))).startswith(reason)


def test_different_denials_of_different_months_are_all_named() -> None:
    """Proves that a window that closes before a deadline's tender ends is told with both reasons, each once."""
    over = {"calendar.periods": 3, "offers.quote.award_days": 31, "offers.quote.order_until": "2025-01-31"}
    assert why(planned(small(over))) == (
        "a tender of 31 days ends on 2025-02-01; the order window closed on 2025-01-31"
    )


def test_every_offer_is_considered_at_each_of_its_sites_once() -> None:
    """Proves the list: offers at sites in the instance's order, then modules; sites it is not for are left out."""
    over = {
        "sites.barn": {"modules": {"ups": {}}},
        "offers.other": {"vendor": "shop", "system": "box", "price": 1, "sites": ["barn"]},
        "modules.ups": {"provides": {"protected-power": 1}, "lead_days": 0},
    }
    plan = planned(small(over), order(2, site="barn"), stands(2, site="barn"), module(3, site="barn"))
    assert [(one.offer or one.module, one.site, one.units, one.why) for one in plan.considered] == [
        ("quote", "plant", 0, "possible, not chosen"),
        ("quote", "barn", 2, "chosen"),
        ("other", "barn", 0, "possible, not chosen"),
        ("ups", "barn", 3, "chosen"),
    ]


@pytest.mark.parametrize(
    ("over", "reason"),
    [
        ({"lead_days": 400}, "too late: ready on 2026-02-05, after the last period"),
        ({"order_from": "2026-02-01"}, "too late: orders open on 2026-02-01"),
        ({"order_until": "2024-02-01"}, "too late: orders closed on 2024-02-01"),
        ({"award_days": 400}, "too late: a tender of 400 days ends on 2026-02-05"),
        ({}, "possible, not chosen"),
    ],
)
def test_a_module_that_cannot_come_says_why(over: dict[str, Any], reason: str) -> None:
    """Proves the same for modules."""
    ups = {"provides": {"protected-power": 1}, "lead_days": 0, **over}
    plan = planned(small({"modules.ups": ups, "sites.plant.modules": {"ups": {}}}))
    assert [one.why for one in plan.considered if one.module] == [reason]


# Latest days

TARGET: dict[str, Any] = {"measure": "systems", "at_least": 1}


def latest(over: dict[str, Any], *lines: object) -> list[tuple[str, str, str | None, str | None]]:
    plan = planned(small(over), *(lines or (order(2), stands(2, "2025-12-31"))))
    return [
        (one.limit, str(one.by), str(one.tender) if one.tender else None, str(one.sign) if one.sign else None)
        for one in plan.latest
    ]


def test_the_latest_days_are_counted_back_from_the_target() -> None:
    """Proves 30 + 10 + 14 + 6 = 60 days before 30 June: sign by 1 May; and 45 days of tender before that: 17 March."""
    over = {
        "offers.quote.lead_days": 30,
        "offers.quote.shipping_days": 10,
        "offers.quote.installation_days": 14,
        "offers.quote.acceptance_days": 6,
        "offers.quote.award_days": 45,
        "limits.target": {**TARGET, "by": "2025-06-30"},
    }
    assert latest(over) == [("target", "2025-06-30", "2025-03-17", "2025-05-01")]


def test_a_dated_lead_is_followed() -> None:
    """Proves that with leads of 30 days, and 100 from 1 June, the last signing for 30 June is 31 May (ready on 30
    June), not one in June."""
    over = {
        "offers.quote.lead_days": [{"from": "2025-01-01", "days": 30}, {"from": "2025-06-01", "days": 100}],
        "limits.target": {**TARGET, "by": "2025-06-30"},
    }
    assert latest(over) == [("target", "2025-06-30", "2025-05-31", "2025-05-31")]


def test_the_order_window_bounds_the_latest_signing() -> None:
    """Proves that nobody is told to sign after the offer has closed."""
    over = {"offers.quote.order_until": "2025-03-31", "limits.target": {**TARGET, "by": "2025-06-30"}}
    assert latest(over) == [("target", "2025-06-30", "2025-03-31", "2025-03-31")]


def test_a_day_that_has_passed_is_none() -> None:
    """Proves that a lead of 90 days for a target on 31 January is too late, and that a tender of 60 days that would
    have to open in November is too late as well, though signing on 16 January would do."""
    assert latest({"offers.quote.lead_days": 90, "limits.target": {**TARGET, "by": "2025-01-31"}}) == [
        ("target", "2025-01-31", None, None)
    ]
    over = {
        "offers.quote.lead_days": 15,
        "offers.quote.award_days": 60,
        "limits.target": {**TARGET, "by": "2025-01-31"},
    }
    ((_, _, tender, _),) = latest(over)
    assert tender is None


def test_a_target_without_a_day_is_one_for_the_end() -> None:
    """Proves that `by` left out is the calendar's last day, here too."""
    assert latest({"offers.quote.lead_days": 30, "limits.target": TARGET}) == [
        ("target", "2025-12-31", "2025-12-01", "2025-12-01")
    ]


@pytest.mark.parametrize(
    "limit",
    [
        {"measure": "systems", "at_most": 5, "by": "2025-06-30"},
        {"measure": "systems", "at_least": 1, "by": "2025-06-30", "stage": "signed"},
        {"measure": "systems", "at_least": 1, "by": "2025-06-30", "select": {"vendor": "store"}},
        {"measure": "spend", "at_least": 1, "by": "2025-06-30"},
    ],
)
def test_only_targets_on_what_is_ordered_have_latest_days(limit: dict[str, Any]) -> None:
    """Proves that caps, targets on signing, other vendors' targets and money have none."""
    assert latest({"vendors.store": {}, "limits.it": limit}) == []


# Limits


def test_a_limit_says_used_bound_slack_and_whether_it_binds() -> None:
    """Proves the line of each limit: slack to the nearer bound, binding when the next step would break it."""
    over = {
        "limits": {
            "exact": {"measure": "accelerators", "at_least": 16},
            "step": {"measure": "accelerators", "at_most": 23},  # one more box is 24
            "room": {"measure": "accelerators", "at_most": 24},
            "band": {"measure": "systems", "at_least": 1, "at_most": 5},
            "budget": {"measure": "spend", "at_most": Decimal("200.1")},  # within a thousandth
            "wide": {"measure": "spend", "at_most": 300},
            "share": {"measure": "systems", "at_least_share": 1, "select": {"vendor": "shop"}},
        }
    }
    plan = planned(small(over), order(2), stands(2))
    assert {one.limit: (one.used, one.slack, one.binds, one.unit) for one in plan.limits} == {
        "exact": (16, 0, True, "accelerators"),
        "step": (16, 7, True, "accelerators"),
        "room": (16, 8, False, "accelerators"),
        "band": (2, 1, False, "systems"),
        "budget": (200, Decimal("0.1"), True, "money"),
        "wide": (200, 100, False, "money"),
        "share": (1, 0, True, "share"),
    }


@pytest.mark.parametrize(
    ("limit", "is_tight"),
    [
        ({"measure": "spend", "at_most": 299}, True),
        ({"measure": "spend", "at_most": 300}, False),
        ({"measure": "spend", "at_most": 299, "by": "2025-06-30"}, False),
        ({"measure": "spend", "at_most": 200, "by": "2025-06-30"}, True),
        ({"measure": "spend", "at_most": 299, "terms": ["energy", "site"]}, False),
        ({"measure": "systems", "at_least": 1}, False),
        ({"measure": "accelerators", "at_least": 9}, True),
        ({"measure": "accelerators", "at_least": 8}, False),
        ({"measure": "systems", "count": "vendors", "at_most": 1}, True),
        ({"measure": "systems", "count": "vendors", "at_most": 2}, False),
    ],
)
def test_a_limit_binds_where_no_further_lot_fits(limit: dict[str, Any], is_tight: bool) -> None:
    """Proves by hand with two boxes at 100, of eight accelerators each: one more is 300, one less leaves eight. Of
    money in a window it is not known how much of a further box falls into it."""
    plan = planned(small({"limits.it": limit}), order(2), stands(2))
    assert [one.binds for one in plan.limits] == [is_tight]


def test_money_does_not_bind_where_one_more_may_make_others_cheaper() -> None:
    """Proves that nothing is said where it is not known: three at the tier of 60 are 180, less than two at 100."""
    tiers = {"offers.quote.tiers": [{"from_units": 3, "price": 60}]}
    plan = planned(small({"limits.it": {"measure": "spend", "at_most": 201}, **tiers}), order(2), stands(2))
    assert [one.binds for one in plan.limits] == [False]


def with_a_lot_more(instance: gpuplan.Instance, plan: Plan, sign: int) -> Iterator[dict[tuple[str, str], PlanLimit]]:
    """The limits of a plan with one lot more, or less, of each of its orders, by name and window."""
    for changed in plan.decisions.orders:
        units = changed.units + sign * instance.quotes[changed.offer].lot_units
        kept = tuple(one for one in plan.decisions.orders if one is not changed)
        lines = (*kept, changed.model_copy(update={"units": units})) if units else kept
        recount = reckon(instance, plan.decisions.model_copy(update={"orders": lines})).recount
        yield {(one.limit, one.window): one for one in limits_of(recount)}


@pytest.mark.parametrize("seed", [*range(10), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(10, 700))])
def test_what_is_said_to_bind_leaves_no_room(seed: int) -> None:
    """Proves of random plans that one lot more of anything that moves a limit breaks a bound from above that binds, and
    one lot less a bound from below. If broken, a board is told that a budget is used up that is not."""
    instance = made(seeded(seed))
    plan = gpuplan.solve(instance, gap=0.5, explain_seconds=0, threads=1).plan
    if plan is None:
        return
    tight = [one for one in plan.limits if one.binds and one.used is not None and not one.missed_by]
    for sign in (1, -1):
        for after in with_a_lot_more(instance, plan, sign):
            for one in tight:
                used = after[one.limit, one.window].used
                assert one.used is not None
                if sign > 0 and one.at_least is None and one.at_most is not None and used is not None:
                    assert used <= one.used or used > one.at_most, (used, one)
                if sign < 0 and one.at_most is None and one.at_least is not None and used is not None:
                    assert used >= one.used or used < one.at_least, (used, one)


def test_a_share_of_nothing_is_not_said() -> None:
    """Proves that nothing of nothing satisfies, and is shown as such rather than as zero."""
    plan = planned(small({"limits.it": {"measure": "systems", "at_least_share": 0.5, "select": {"vendor": "shop"}}}))
    (line,) = plan.limits
    assert (line.used, line.slack, line.binds, line.missed_by) == (None, None, False, 0)
    assert plan.audit.passed


def test_a_limit_on_each_month_has_a_line_for_each() -> None:
    """Proves that a monthly bound is shown month by month with its window."""
    plan = planned(small({"limits.it": {"measure": "spend", "at_most": 200, "each": "quarter"}}), order(2), stands(2))
    assert [(one.window, one.used) for one in plan.limits] == [
        ("by 2025-03-31", 200),
        ("2025-04-01 to 2025-06-30", 0),
        ("2025-07-01 to 2025-09-30", 0),
        ("from 2025-10-01", 0),
    ]


# Low confidence

GUESS = {"all": {"source": "a guess", "as_of": "2025", "confidence": "assumption"}}
RUMOUR = {"price": {"source": "heard", "confidence": "unverified"}}
SURE = {"all": {"source": "measured", "confidence": "official"}}


def test_the_figures_that_a_plan_leans_on_are_listed() -> None:
    """Proves that assumptions about what is used are told, with path and source, and those about the rest are not."""
    over: dict[str, Any] = {
        "economics.sources": {"discount-rate-per-year": {"source": "custom", "confidence": "assumption"}},
        "offers.quote.sources": RUMOUR,
        "offers.other": {"vendor": "store", "system": "can", "price": 1, "sources": GUESS},
        "systems.can": {"accelerators": 1, "sources": GUESS},
        "systems.box.sources": SURE,
        "accelerators.chip.sources": GUESS,
        "vendors.store": {"sources": GUESS},
        "sites.plant.sources": {"build-days": {"confidence": "unverified"}},
        "sites.plant.tariff": {"energy_price_per_kwh": 1, "sources": GUESS},
        "sites.barn": {"sources": GUESS},
        "limits.it": {"measure": "systems", "at_least": 1, "sources": GUESS},
    }
    plan = planned(small(over), order(2), stands(2))
    assert {one.path: one.confidence for one in plan.low_confidence} == {
        "economics.discount_rate_per_year": "assumption",
        "offers.quote.price": "unverified",
        "accelerators.chip": "assumption",
        "sites.plant.build_days": "unverified",
        "sites.plant.tariff": "assumption",
        "limits.it": "assumption",
    }
    assert {(one.source, one.as_of) for one in plan.low_confidence if one.path == "limits.it"} == {("a guess", "2025")}


@pytest.mark.parametrize(
    ("over", "path"),
    [
        ({"vendors.shop": {"activation_cost": 5, "sources": GUESS}}, "vendors.shop"),
        ({"deadlines.contract": {"by": "2025-06-30", "sources": GUESS}}, "deadlines.contract"),
        (
            {
                "systems.can": {"accelerators": 1, "max_power_kw": 1, "sources": GUESS},
                "sites.plant.capacity": {"protected-power": 9, "air-cooling": 9, "rack-positions": 9},
                "existing.systems": {"old": {"system": "can", "site": "plant", "units": 1}},
            },
            "systems.can",
        ),
    ],
    ids=["vendor", "deadline", "fleet"],
)
def test_vendors_deadlines_and_fleets_are_leaned_on_too(over: dict[str, Any], path: str) -> None:
    """Proves that a guessed activation cost, date or draw of an old fleet is told: the plan rests on each."""
    plan = planned(small(over), order(2), stands(2))
    assert path in {one.path for one in plan.low_confidence}


def test_a_solved_plan_has_every_part() -> None:
    """Proves that the parts above are filled in for a plan that came out of a search, too."""
    _, plan = solved()
    assert {one.why for one in plan.considered} >= {"chosen", "possible, not chosen"}
    assert any("too late" in one.why for one in plan.considered)
    assert plan.latest
    assert {one.path for one in plan.low_confidence} >= {"accelerators.big", "sites.north.tariff"}
