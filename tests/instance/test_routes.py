"""Days and ways of a lot under export control, worked out by hand on made-up regimes."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from gpuplan.instance.routes import Route, routes
from gpuplan.instance.schema import Instance
from support.builders import instance

JANUARY = date(2025, 1, 1)


def ruled(cells: list[dict[str, Any]], lead: int = 30, **over: Any) -> Instance:
    """Offer `o` of chip x to site a in Korea, with so many days of lead, under one regime with these cells."""
    regime = {
        "citation": "made up",
        "effective": over.pop("effective", "2025-01-01"),
        "classes": [{"name": "all", "any_of": [{}]}],
        "cells": cells,
        **over.pop("regime", {}),
    }
    return instance(
        accelerators={"x": {"tpp": 1000}},
        systems={"s": {"accelerator": "x"}},
        sites={"a": {"country": "KR"}},
        vendors={"v": {"country": "KR"}},
        offers={"o": {"lead_days": lead, "shipping_days": 5}},
        export={"buyer": {"headquarters": "KR"}, "regimes": {"r": regime}, **over.pop("export", {})},
        **over,
    )


def only(known: Instance, signed: date = JANUARY) -> Route:
    """The only way of a lot."""
    (way,) = routes(known, "o", "a", signed)
    return way


@pytest.mark.parametrize(("licence", "shipped"), [(0, "2025-01-31"), (29, "2025-01-31"), (45, "2025-02-15")])
def test_a_licence_runs_beside_manufacturing(licence: int, shipped: str) -> None:
    """Proves max(30 days of lead, licence). If broken, 1 January + 75 days instead of + 45."""
    way = only(ruled([{"ruling": {"outcome": "licence", "days": licence}}]))
    assert way.days.shipped == date.fromisoformat(shipped)
    assert way.outcome == "licence"


@pytest.mark.parametrize(("licence", "apply_by"), [(20, "2025-01-11"), (30, "2025-01-01"), (45, "2025-01-01")])
def test_the_day_by_which_to_apply(licence: int, apply_by: str) -> None:
    """Proves that 20 days before shipping on 31 January is the 11th, and that it is never before signing."""
    assert only(ruled([{"ruling": {"outcome": "licence", "days": licence}}])).apply_by == date.fromisoformat(apply_by)


def test_nothing_to_apply_for_when_free() -> None:
    """Proves that a free lot has no day to apply by."""
    assert only(ruled([{"ruling": {"outcome": "free"}}])).apply_by is None


@pytest.mark.parametrize(("start", "outcome"), [("2025-01-31", "denied"), ("2025-02-01", "free")])
def test_the_stricter_of_signing_and_shipping_holds(start: str, outcome: str) -> None:
    """Proves that what is signed on 1 January and shipped on the 31st is denied by a rule from that day on."""
    known = ruled([{"from": start, "ruling": {"outcome": "denied"}}, {"ruling": {"outcome": "free"}}])
    assert only(known).outcome == outcome


def test_a_rule_that_ends_before_shipping_still_holds_at_signing() -> None:
    """Proves the other order: denied on the day of signing, free when shipped."""
    known = ruled([{"until": "2025-01-01", "ruling": {"outcome": "denied"}}, {"ruling": {"outcome": "free"}}])
    assert only(known).outcome == "denied"
    assert only(known, date(2025, 1, 2)).outcome == "free"


def test_waiting_for_a_licence_may_bring_a_later_rule() -> None:
    """Proves that shipping put off to 2 March by 60 days of licence meets a notice from 1 March: both are asked.

    If broken, the regime is read on 31 January, when it would have shipped without the licence.
    """
    known = ruled(
        [
            {"from": "2025-03-01", "ruling": {"outcome": "denied"}},
            {"ruling": {"outcome": "licence", "days": 60}},
        ]
    )
    assert only(known).outcome == "denied"
    shorter = ruled(
        [
            {"from": "2025-03-01", "ruling": {"outcome": "licence", "days": 90}},
            {"ruling": {"outcome": "licence", "days": 60}},
        ]
    )
    assert only(shorter).days.shipped == date(2025, 4, 1)


def test_regimes_stack_and_the_longest_wait_counts() -> None:
    """Proves a licence of 40 days under one regime and a notice of 10 under another: 40 days, and a licence."""
    second = {
        "citation": "another",
        "effective": "2025-01-01",
        "classes": [{"name": "all", "any_of": [{}]}],
        "cells": [{"ruling": {"outcome": "notify", "days": 10}}],
    }
    first = ruled([{"ruling": {"outcome": "licence", "days": 40}}])
    tree = first.model_dump()
    tree["export"]["regimes"]["q"] = second
    from support.builders import made

    way = only(made(tree))
    assert (way.outcome, way.needed_days) == ("licence", 40)
    assert [ground.regime for ground in way.grounds if ground.day == JANUARY] == ["r", "q"]


TWO = {"a": {"outcome": "notify", "days": 0, "cap": "small"}, "b": {"outcome": "capped", "days": 50, "cap": "large"}}
CAPS = {"small": {"at_most": 1000}, "large": {"at_most": 9000}}


def test_each_route_has_its_own_days_and_cap() -> None:
    """Proves two ways: at once against the small cap, after 50 days against the large one."""
    known = ruled([{"routes": TWO}], regime={"caps": CAPS})
    ways = {way.name: way for way in routes(known, "o", "a", JANUARY)}
    assert {name: way.days.shipped.isoformat() for name, way in ways.items()} == {
        "r.a": "2025-01-31",
        "r.b": "2025-02-20",
    }
    assert ways["r.a"].caps == {("r", "small")}
    assert ways["r.b"].caps == {("r", "large")}


def test_routes_that_begin_before_shipping_are_chosen_from() -> None:
    """Proves that what is free at signing takes one of the two ways that hold when it ships, and counts there."""
    known = ruled([{"from": "2025-01-15", "routes": TWO}, {"ruling": {"outcome": "free"}}], regime={"caps": CAPS})
    assert {way.name for way in routes(known, "o", "a", JANUARY)} == {"r.a", "r.b"}


def test_caps_count_at_shipping() -> None:
    """Proves that routes which end before shipping count against nothing."""
    known = ruled([{"until": "2025-01-15", "routes": TWO}, {"ruling": {"outcome": "free"}}], regime={"caps": CAPS})
    assert all(not way.caps for way in routes(known, "o", "a", JANUARY))


@pytest.mark.parametrize(
    ("outcome", "export", "denied"),
    [
        ("denied", {}, True),
        ("undetermined", {}, True),
        ("undetermined", {"accept_undetermined": {}}, False),
        ("undetermined", {"accept_undetermined": {"site": "a"}}, False),
        ("undetermined", {"accept_undetermined": {"cooling": "liquid"}}, True),
        ("case-by-case", {}, False),
        ("case-by-case", {"case_by_case": "denied"}, True),
        ("licence", {"case_by_case": "denied"}, False),
    ],
)
def test_how_the_instance_reads_what_is_open(outcome: str, export: dict[str, Any], denied: bool) -> None:
    """Proves which outcomes forbid a lot, by what the instance says."""
    ruling = {"outcome": outcome, "reason": "nobody knows"}
    known = ruled([{"ruling": ruling}], export=export)
    assert bool(only(known).denials(known, "o", "a")) is denied


@pytest.mark.parametrize(
    ("ruling", "expected", "worst"),
    [
        ({"outcome": "free"}, 1, 1),
        ({"outcome": "notify"}, 1, 1),
        ({"outcome": "licence", "refusal": 0}, 1, 1),
        ({"outcome": "licence", "refusal": 0.25}, Fraction(3, 4), 0),
        ({"outcome": "case-by-case"}, 0, 0),
    ],
)
def test_odds_of_a_licence(ruling: dict[str, Any], expected: Fraction, worst: int) -> None:
    """Proves what counts of a lot: by its odds, at worst, and nothing where the odds are not known."""
    way = only(ruled([{"ruling": ruling}]))
    assert (way.chance("planned"), way.chance("expected"), way.chance("worst-case")) == (1, expected, worst)


def test_one_licence_read_twice_is_one_licence() -> None:
    """Proves that the readings at signing and at shipping do not square the odds: 3/4, not 9/16."""
    known = ruled([{"ruling": {"outcome": "licence", "refusal": 0.25}}])
    assert len(only(known).grounds) == 2
    assert only(known).chance("expected") == Fraction(3, 4)


def test_without_regimes_there_is_one_free_way() -> None:
    """Proves that an instance that chooses no regime is asked nothing."""
    way = only(instance(offers={"o": {"lead_days": 30}}))
    assert (way.name, way.outcome, way.grounds, way.days.shipped) == ("", "free", (), date(2025, 1, 31))
