"""What can serve which workload, how much of it, and when that is decided: worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.schema import Instance
from gpuplan.instance.serving import (
    demand_on,
    rate_of,
    service_denial,
    serving_days,
    serving_pairs,
    spells,
    transit_prices,
    work_weights,
)
from gpuplan.instance.timeline import state_days
from support.builders import Tree, case, made, merged

STEPS = [{"from": "2025-01-20", "amount": 12}, {"from": "2025-02-10", "amount": 4.5}]


def one(**over: Any) -> Instance:
    """The usual case with one workload of 8 t/s a system; fields of it changed."""
    return made(case(workloads={"w": merged({"unit": "t/s", "demand": STEPS, "rates": {"s": 8}}, over)}))


def day(text: str) -> date:
    return date.fromisoformat(text)


def days(*texts: str) -> tuple[date, ...]:
    return tuple(day(text) for text in texts)


def test_demand_holds_from_the_day_of_its_step() -> None:
    """Proves the steps: nothing on 19 January, 12 from the 20th, 4.5 from 10 February on; one number always holds."""
    workload = one().workloads["w"]
    amounts = [demand_on(workload, day(text)) for text in ("2025-01-19", "2025-01-20", "2025-02-09", "2025-02-10")]
    assert amounts == [0, 12, 12, Decimal("4.5")]
    assert demand_on(one(demand=7).workloads["w"], day("2025-01-01")) == 7


@pytest.mark.parametrize(
    ("rate", "work"),
    [
        (8, 8),
        ({"amount": 8, "derating": 0.75}, 6),
        ({"per_accelerator": 0.3}, Decimal("2.4")),
        ({"per_accelerator": 2.5, "derating": 0.4}, 8),
    ],
)
def test_a_rate_is_that_of_the_whole_system_derated(rate: object, work: object) -> None:
    """Proves the rate of a system of 8 accelerators in exact numbers: 0.3 x 8 = 2.4, 2.5 x 8 x 0.4 = 8."""
    instance = one(rates={"s": rate})
    assert rate_of(instance, "w", "s") == work
    assert rate_of(instance, "w", "z") == 0


def test_a_measured_rate_is_the_best_result_of_the_catalogue() -> None:
    """Proves the look-up: the best of Llama 2 70B offline on H200, and its source, for 8 accelerators, derated."""
    results = [
        result
        for result in gpuplan_results("h200-sxm")
        if (result["workload"], result["scenario"]) == ("llama2-70b-99", "Offline")
    ]
    best = max(Decimal(str(result["per_accelerator"])) for result in results)
    measured = {"measured": {"workload": "llama2-70b-99", "scenario": "Offline"}, "derating": 0.5}
    instance = made(served_by_h200("tokens/s", measured))
    assert rate_of(instance, "w", "h200") == best * 8 / 2
    source = instance.workloads["w"].rates["h200"].source
    assert source is not None
    assert "MLCommons" in source.source
    changed = instance.edited(["workloads.w.rates.h200.per_accelerator *= 2"])
    assert rate_of(changed, "w", "h200") == best * 8


def gpuplan_results(accelerator: str) -> list[dict[str, object]]:
    from gpuplan.instance.catalog import measured_results

    return measured_results(accelerator)


def served_by_h200(unit: str, rate: Tree) -> Tree:
    tree = case(systems={"h200": {"accelerator": "h200-sxm", "accelerators": 8}}, offers={"o": {"system": "h200"}})
    tree["workloads"] = {"w": {"unit": unit, "demand": 1, "rates": {"h200": rate}}}
    return tree


@pytest.mark.parametrize(
    ("unit", "workload", "known"),
    [("tokens/s", "llama9", "llama2-70b-99 Offline in tokens/s"), ("queries/s", "llama2-70b-99", "in tokens/s")],
)
def test_a_result_that_the_catalogue_does_not_have_is_told_with_those_it_has(
    unit: str, workload: str, known: str
) -> None:
    """Proves the way out of a misspelt benchmark, and of a unit in which it was not measured."""
    tree = served_by_h200(unit, {"measured": {"workload": workload, "scenario": "Offline"}})
    with pytest.raises(InvalidInput) as caught:
        made(tree)
    problem = caught.value.problems[0]
    assert problem.path == "workloads.w.rates.h200.measured"
    assert known in problem.way_out


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({}, None),
        ({"rates": {"s": 8}, "sites": ["b"]}, "it may not be served at a"),
        ({"countries": ["JP"]}, "it may not be served in KR"),
        ({"min_system_memory_gb": 641}, "s has 640 GB, it needs 641"),
        ({"min_accelerator_memory_gb": 81}, "an accelerator of s has 80 GB, it needs 81"),
    ],
)
def test_why_a_pair_cannot_serve(over: Tree, why: str | None) -> None:
    """Proves every reason: site, country, memory of 8 x 80 GB."""
    tree = case(
        accelerators={"x": {"memory_gb": 80}},
        systems={"s": {"accelerator": "x"}, "z": {}},
        sites={"a": {"country": "KR"}, "b": {}},
    )
    tree["workloads"] = {"w": {"unit": "t/s", "demand": 1, "rates": {"s": 8}, **over}}
    instance = made(tree)
    assert service_denial(instance, "w", "s", "a") == why
    assert service_denial(instance, "w", "z", "a") == "z has no rate"
    assert (("s", "a") in serving_pairs(instance, "w")) is (why is None)


def test_serving_is_decided_anew_where_a_demand_changes() -> None:
    """Proves the few days that suffice: the first one and those of the steps."""
    assert serving_days(one()) == days("2025-01-01", "2025-01-20", "2025-02-10")
    assert serving_days(made(case())) == ()


@pytest.mark.parametrize(
    "over",
    [{"transit_price_per_unit_month": {"a": 1}}, {"required": False}],
    ids=["price", "not required"],
)
def test_serving_is_decided_in_every_period_where_it_matters_who_serves(over: Tree) -> None:
    """Proves that first days of periods and ready days are added where cost, or how much is served, hangs on them."""
    rates = {"s": {"amount": 8, "ready": "2025-03-03"}}
    found = serving_days(one(rates=rates, **over))
    assert found == days("2025-01-01", "2025-01-20", "2025-02-01", "2025-02-10", "2025-03-01", "2025-03-03")


def test_usable_systems_are_known_to_the_day_on_which_a_demand_must_be_met() -> None:
    """Proves that state days have the steps' days and those less the acceptance of 14 days."""
    tree = case(
        offers={"o": {"acceptance_days": 14}}, workloads={"w": {"unit": "t/s", "demand": STEPS, "rates": {"s": 8}}}
    )
    found = set(state_days(made(tree)))
    assert found >= set(days("2025-01-20", "2025-01-06", "2025-02-10", "2025-01-27"))
    tree["workloads"]["w"]["transit_price_per_unit_month"] = {"a": 1}
    assert set(state_days(made(tree))) == found


def test_spells_cut_serving_days_at_the_ends_of_months() -> None:
    """Proves the days over which a decision holds: from 20 January, over the turn of the month, to 9 February."""
    found = [(one.position, one.days, one.share_of_month) for one in spells(one(), day("2025-03-31"))]
    assert found == [
        (0, 19, Fraction(19, 31)),
        (1, 12, Fraction(12, 31)),
        (1, 9, Fraction(9, 28)),
        (2, 19, Fraction(19, 28)),
        (2, 31, 1),
    ]


def test_transit_is_priced_by_the_month() -> None:
    """Proves 6.2 a month by days: 12 of January's 31 are 2.4; February has a serving day of its own on the 1st."""
    found = transit_prices(one(transit_price_per_unit_month={"a": 6.2}), "w", "a")
    assert found[1] == [(day("2025-01-31"), Fraction("2.4"))]
    assert sum((amount for payments in found.values() for _, amount in payments), Fraction(0)) == Fraction("18.6")
    assert transit_prices(one(transit_price_per_unit_month={"a": 6.2}), "w", "b") == {}


def test_work_is_weighed_by_the_days_of_its_window() -> None:
    """Proves the mean: of 20 January to 8 February, all by the second decision; of the calendar, 19, 21 and 50 days."""
    assert work_weights(one(), day("2025-01-20"), day("2025-02-08")) == {1: 1}
    whole = {0: Fraction(19, 90), 1: Fraction(21, 90), 2: Fraction(50, 90)}
    assert work_weights(one(), date.min, date.max) == whole


@pytest.mark.parametrize(
    ("over", "path", "said"),
    [
        ({"workloads": {"w": {"rates": {"y": 1}}}}, "workloads.w.rates.y", "no system 'y'"),
        ({"workloads": {"w": {"sites": ["q"]}}}, "workloads.w.sites.0", "no site 'q'"),
        (
            {"workloads": {"w": {"transit_price_per_unit_month": {"q": 1}}}},
            "workloads.w.transit_price_per_unit_month.q",
            "no site 'q'",
        ),
        ({"workloads": {"w": {"currency": "EUR"}}}, "workloads.w.currency", "no exchange rate"),
        (
            {"workloads": {"w": {"demand": [{"from": "2026-01-01", "amount": 1}]}}},
            "workloads.w.demand.0",
            "after the calendar's end",
        ),
        ({"workloads": {"w": {"demand": 1e10}}}, "workloads.w.rates.s", "State both in the same unit"),
        ({"limits": {"l": {"measure": "work-served", "at_least": 1}}}, "limits.l", "different units (t/s, runs)"),
        (
            {"limits": {"l": {"measure": "work-served", "at_least": 1, "select": {"workload": "q"}}}},
            "limits.l.select.workload",
            "no workload 'q'",
        ),
        (
            {"limits": {"l": {"measure": "work-served", "at_least": 1, "select": {"vendor": "v"}}}},
            "limits.l",
            "vendor cannot select it",
        ),
        (
            {"limits": {"l": {"measure": "systems", "at_least": 1, "select": {"workload": "w"}}}},
            "limits.l",
            "not systems",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_path(over: Tree, path: str, said: str) -> None:
    """Proves that no reference to nothing, and no sum of tokens and runs, is silently taken for zero."""
    tree = case(workloads={"w": {"unit": "t/s", "demand": 1, "rates": {"s": 8}}})
    tree["workloads"]["u"] = {"unit": "runs", "demand": 1, "rates": {"s": 1}}
    with pytest.raises(InvalidInput) as caught:
        made(merged(tree, over))
    assert path in [problem.path for problem in caught.value.problems]
    assert said in str(caught.value)


def test_a_workload_that_nothing_can_serve_is_remarked_on() -> None:
    """Proves the warning before a search that ends infeasible."""
    remarks = {problem.path: problem.message for problem in gpuplan.check(one(countries=["JP"]))}
    assert "can serve it" in remarks["workloads.w"]
