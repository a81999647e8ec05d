"""What changed from one plan to another."""

from __future__ import annotations

from datetime import date

import gpuplan
from gpuplan.report.changes import changes_text
from support.answers import plan_of
from support.builders import case, offer, target


def test_a_plan_against_itself_has_no_changes() -> None:
    """Proves the base case."""
    plan = plan_of(case(limits={"t": target(2)}))
    assert gpuplan.changes(plan, plan).changes == ()
    assert "Nothing changed" in changes_text(gpuplan.changes(plan, plan), "USD")


def test_every_decision_and_cost_that_differs_is_told_with_both_figures() -> None:
    """Proves the list: 2 of o for 200 become 3 of p for 180 on the same day, and a site is opened for 40."""
    before = plan_of(case(offers={"o": {"order_until": "2025-01-31"}}, limits={"t": target(2, by="2025-01-31")}))
    after = plan_of(
        case(
            sites={"a": {"opening_cost": 40}},
            offers={"p": offer(price=60, order_until="2025-01-31")},
            limits={"t": target(3, by="2025-01-31")},
        )
    )
    found = gpuplan.changes(before, after)
    told = [(one.kind, one.what, one.site, one.day, one.before, one.after) for one in found.changes]
    first = date(2025, 1, 1)
    assert told == [
        ("order", "o", "a", first, 2, 0),
        ("order", "p", "a", first, 0, 3),
        ("opening", "a", "a", first, 0, 1),
        ("term", "purchase", None, None, 200, 180),
        ("term", "opening", None, None, 0, 40),
        ("level", "minimise cost", None, None, 200, 220),
    ]
    assert [one.kind for one in found.decisions] == ["order", "order", "opening"]
    assert changes_text(found, "USD").splitlines()[2:5] == [
        "order o for a on 2025-01-01: 2 -> 0",
        "order p for a on 2025-01-01: 0 -> 3",
        "opening a on 2025-01-01: new",
    ]
