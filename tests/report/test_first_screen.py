"""The first screen of a plan: 80 columns by 40 rows that answer what people ask first."""

from __future__ import annotations

from typing import Any

import pytest

from gpuplan.api import Outcome
from gpuplan.plan.plan import Plan
from gpuplan.report.terminal import outcome_text
from plan.examples import order, planned, small, solved, stands

NAMED: dict[str, Any] = {
    "installation": "when-needed",
    "vendors.shop.name": "The Shop",
    "systems.box.name": "Box of eight",
    "sites.plant.name": "The Plant",
    "offers.quote.lead_days": 30,
    "limits.target": {"name": "Two boxes by June", "measure": "systems", "at_least": 2, "by": "2025-06-30"},
    "limits.budget": {"name": "Money of 2025", "measure": "spend", "at_most": 250, "by": "2025-12-31"},
}


def screen(plan: Plan, width: int = 80) -> str:
    return outcome_text(Outcome(plan.status, plan, None, None, None, 1.0), plan.name, width)


def two_boxes(**over: Any) -> Plan:
    return planned(small({**NAMED, **over}), order(2), stands(2, "2025-04-15"))


def test_the_screen_answers_what_is_asked_first() -> None:
    """Proves each answer, by name and by the plan's own days: 2 boxes of 100 from The Shop, signed on 1 January, usable
    on 15 April though delivered on 31 January; 200 of a budget of 250; to sign by 31 May at the latest."""
    flat = " ".join(screen(two_boxes()).split())
    for fact in [
        "Buy 16 accelerators in 2 systems",
        "Box of eight The Shop 2 16 25-01-01 25-04-15 200.00",
        "Where: The Plant 16.",
        "200.00 USD in all: capex 200.00",
        "Money of 2025: 200.00 of 250.00 USD",
        "Two boxes by June 2 2025-06-30 2025-04-15",
        "Binds: Two boxes by June.",
        "2025-01-01 2025-05-31 sign Box of eight from The Shop",
        "proven best. Audit passed.",
    ]:
        assert fact in flat, f"{fact!r} is not said:\n{screen(two_boxes())}"
    assert "2025-01-31" not in flat


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_screen_holds_whatever_the_plan(width: int) -> None:
    """Proves 40 rows and the width for a plan with a lot of everything, with names of 100 letters. If broken, the first
    rows scroll away before they are read."""
    many = range(12)
    over: dict[str, Any] = {"name": "n" * 500}
    for one in many:
        over[f"vendors.v{one}"] = {"name": f"vendor {one} " + "v" * 100}
        over[f"offers.o{one}"] = {"vendor": f"v{one}", "system": "box", "price": 10**9 + one, "award_days": 0}
        over[f"sites.s{one}"] = {"name": f"site {one} " + "s" * 100}
        over[f"limits.t{one}"] = {"name": f"target {one} " + "t" * 90, "measure": "systems", "at_least": 1 + one}
        over[f"limits.b{one}"] = {"name": f"budget {one} " + "b" * 90, "measure": "spend", "at_most": 10**12 + one}
        soft = {"soft": {"penalty": 1}}
        over[f"limits.m{one}"] = {"name": f"missed {one}", "measure": "capex", "at_most": 1 + one, **soft}
    over["systems.box.sources"] = {"all": {"source": "x", "confidence": "assumption"}}
    lines = [order(1, offer=f"o{one}", site=f"s{one}") for one in many]
    plan = planned(small(over), *lines, *(stands(1, offer=f"o{one}", site=f"s{one}") for one in many))
    assert plan.audit.passed
    text = screen(plan, width).splitlines()
    assert max(map(len, text)) <= width
    if width >= 80:
        assert len(text) <= 40, "\n".join(text)
    assert "and 6 more for 6.000 bn USD" in text


def test_the_dearest_is_named_where_there_is_no_room_for_all() -> None:
    """Proves that of seven vendors the one left out is the cheapest: 10 of 10 + 20 + ... + 70."""
    over: dict[str, Any] = {}
    for one in range(1, 8):
        over[f"vendors.v{one}"] = {"name": f"Vendor {one}"}
        over[f"offers.o{one}"] = {"vendor": f"v{one}", "system": "box", "price": 10 * one}
    lines = [order(1, offer=f"o{one}") for one in range(1, 8)]
    text = screen(planned(small(over), *lines, *(stands(1, offer=f"o{one}") for one in range(1, 8))))
    assert "and 1 more for 10.00 USD" in text
    assert text.index("Vendor 7") < text.index("Vendor 2")


def test_what_is_missed_is_on_the_screen() -> None:
    """Proves that a target that is missed comes first, with by how much, and a budget that is missed is told."""
    wish = {"name": "Five boxes", "measure": "systems", "at_least": 5, "soft": {"penalty": 1}}
    tight = {"name": "Tight money", "measure": "capex", "at_most": 150, "soft": {"penalty": 1}}
    text = screen(two_boxes(**{"limits.wish": wish, "limits.tight": tight}))
    rows = text.splitlines()
    assert rows[rows.index("Usable when") + 2].split()[:3] == ["Five", "boxes", "5"]
    assert "never" in rows[rows.index("Usable when") + 2]
    assert "missed by 3" in rows[rows.index("Usable when") + 2]
    assert "Missed: Tight money by 50.00 USD." in text


def test_a_plan_that_failed_its_audit_is_never_shown_as_one() -> None:
    """Proves the words and the reason: 2 boxes of at most one."""
    text = screen(planned(small({"offers.quote.max_units": 1}), order(2), stands(2)))
    assert "THE AUDIT FAILED" in text
    assert "The audit found: offers.quote" in text
    assert "Audit passed" not in text


def test_the_rest_is_in_the_details() -> None:
    """Proves that what was left out of the screen is told on demand, and only then."""
    plan = solved()[1]
    outcome = Outcome(plan.status, plan, None, None, None, 1.0)
    assert "What it costs" not in screen(plan)
    assert "--details" in screen(plan)
    full = outcome_text(outcome, plan.name, details=True)
    assert {"What it costs", "Limits", "Sites", "Facility modules"} <= set(full.splitlines())


def test_brackets_and_colons_in_names_are_text() -> None:
    """Proves that what a terminal library takes for markup is shown as it is, in every table of the screen. If broken,
    a plan that was found ends in a traceback, or a name in a smile."""
    names = {
        "vendors.shop.name": "[/x] :smile:",
        "systems.box.name": "[red]box",
        "sites.plant.name": "[link=y]",
        "limits.target": {**NAMED["limits.target"], "name": "[bold]two"},
        "limits.budget": {**NAMED["limits.budget"], "name": "[/z]"},
    }
    text = screen(two_boxes(**names), 120)
    for name in ("[/x] :smile:", "[red]box", "[link=y]", "[bold]two", "[/z]"):
        assert name in text


def test_buying_nothing_is_said_on_the_screen_too() -> None:
    """Proves the screen of an empty plan."""
    assert "Buy nothing." in screen(planned(small()))
