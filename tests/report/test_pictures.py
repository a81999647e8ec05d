"""Pictures: what they draw is the plan's own figures, told at the pointer."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from typing import Any

from gpuplan.plan.plan import Plan
from gpuplan.report.figures import mix_figure, timeline_figure
from gpuplan.report.paper_figures import budgets_figure, usable_figure
from gpuplan.report.plan_figures import plan_figures
from gpuplan.report.svg import svg
from plan.examples import order, planned, small, stands
from report.examples import HOSTILE, hostile, rich

TWO: dict[str, Any] = {
    "installation": "when-needed",
    "offers.quote.lead_days": 30,
    "limits.target": {"measure": "accelerators", "at_least": 16, "by": "2025-06-30"},
    "limits.budget": {"measure": "spend", "at_most": 250, "by": "2025-12-31"},
}


def two_boxes(**over: Any) -> Plan:
    return planned(small({**TWO, **over}), order(2), stands(2, "2025-04-15"))


def told(picture: Any) -> list[str]:
    """What a picture tells at the pointer."""
    return [unescape(text) for text in re.findall(r"<title>(.*?)</title>", svg(picture))]


def test_use_is_drawn_by_the_plans_own_days() -> None:
    """Proves 16 delivered in March, 60 days after signature, and usable at the end of April only, with the target's own
    day. If broken, boxes that wait count as used."""
    tips = told(usable_figure(two_boxes(**{"offers.quote.lead_days": 60})))
    assert "2025-02-28: 0 delivered" in tips
    assert "2025-03-31: 16 delivered" in tips
    assert "2025-03-31: 0 usable" in tips
    assert "2025-04-30: 16 usable" in tips
    assert "target: 16 by 2025-06-30, met on 2025-04-15" in tips


def test_a_missed_target_is_drawn_as_missed() -> None:
    """Proves the words and the mark of a target that is never met, and that one on some vendors only is left out."""
    wish = {"measure": "accelerators", "at_least": 24, "soft": {"penalty": 1}, "by": "2025-12-31"}
    some = {"measure": "accelerators", "at_least": 8, "select": {"vendor": "shop"}}
    tips = told(usable_figure(two_boxes(**{"limits.wish": wish, "limits.some": some})))
    assert "wish: 24 by 2025-12-31, never met" in tips
    assert not [tip for tip in tips if tip.startswith("some")]


def test_what_already_stands_is_drawn_from_the_first_day() -> None:
    """Proves that a fleet counts as delivered and usable, so that the two lines meet in the end."""
    days = {tip for tip in told(usable_figure(rich())) if tip.endswith(("usable", "delivered"))}
    first, last = min(one.day for one in rich().states), max(one.day for one in rich().states)
    final = sum(one.accelerators_usable for one in rich().states if one.day == last)
    assert {f"{last}: {final:,} usable", f"{last}: {final:,} delivered"} <= days
    there = sum(one.accelerators_usable for one in rich().states if one.day == first)
    assert f"{first}: {there:,} usable" in days


def test_the_timeline_shows_the_time_between_the_days() -> None:
    """Proves bars for making, waiting and use, by the planned days: use begins on 15 April, not on delivery."""
    tips = told(timeline_figure(two_boxes()))
    assert "making and shipping: 2025-01-01 to 2025-01-31" in tips
    assert "waiting, installing: 2025-01-31 to 2025-04-15" in tips
    assert "in use: 2025-04-15 to 2025-12-31" in tips


def test_budgets_and_caps_are_drawn_beside_what_is_used() -> None:
    """Proves 200 of 250 in 2025, and a vendor's cap of all it could have beside its share of all."""
    assert told(budgets_figure(two_boxes())) == ["budget, 2025: 200.00 USD of 250.00 USD"]
    cap = {"measure": "accelerators", "select": {"vendor": "shop"}, "at_most_share": 1, "stage": "signed"}
    assert "shop: at most 100.0 %" in told(mix_figure(two_boxes(**{"limits.cap": cap})))
    assert "shop: at most 100.0 %" not in told(mix_figure(two_boxes()))


def test_pictures_without_anything_to_show_are_left_out() -> None:
    """Proves that a plan without orders and budgets has neither picture, and says so by their absence."""
    empty = planned(small())
    assert usable_figure(empty) is None
    assert budgets_figure(empty) is None
    assert {"usable", "budgets"} <= {one.name for one in plan_figures(two_boxes())}


def test_a_tip_is_text() -> None:
    """Proves that a hostile name told at the pointer makes no element: as many as with a plain one."""
    counts = set()
    for name in ("plain", HOSTILE["markup"], HOSTILE["quotes"]):
        drawn = svg(mix_figure(hostile(name)[1]))  # type: ignore[arg-type]
        counts.add(len(re.findall(r"<[a-z]+", drawn)))
        assert "<script" not in drawn
        assert "onmouseover='alert(1)" not in re.sub(r"<title>.*?</title>|<!--.*?-->|<text.*?</text>", "", drawn)
    assert len(counts) == 1


def test_every_tip_is_of_the_plan() -> None:
    """Proves that days at the pointer are days of the plan."""
    known = {one.day for one in rich().states}
    for order_ in rich().orders:
        known |= {order_.signed, order_.shipped, order_.delivered, order_.installed or date.min}
        known |= {order_.usable or date.min, order_.apply_by or date.min}
    known |= {day for one in rich().modules for day in (one.signed, one.ready)} | {
        one.open_from for one in rich().sites
    }
    found = {
        date.fromisoformat(day) for tip in told(timeline_figure(rich())) for day in re.findall(r"\d{4}-\d\d-\d\d", tip)
    }
    assert found
    assert found <= known
