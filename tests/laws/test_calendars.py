"""Days that change nothing: rules that nothing can break, quarters for months, and a calendar 28 years later."""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

import gpuplan
from gpuplan.api import Outcome
from gpuplan.reckoning import reckon
from support.builders import Tree, made
from support.random_instances import seeded

YEARS = 28
"""After so many years the days of the week and the leap years come again, within a century."""
NEAR = Decimal("1e-6")
MEASURES = ("accelerators", "systems", "memory-gb", "capex", "spend", "grid-power-kw", "energy-kwh", "carbon-kg")
WINDOWS: tuple[Tree, ...] = ({}, {"by": "2025-01-22"}, {"by": "2025-02-11"}, {"each": "month"}, {"each": "quarter"})


def solved(tree: Tree) -> Outcome:
    return gpuplan.solve(made(tree), gap=0, threads=1, explain_seconds=0)


def differ(one: Outcome, other: Outcome) -> str | None:
    """How two answers differ in what they promise; None where they do not."""
    if one.status != other.status:
        return f"{one.status}, {other.status}"
    for mine, theirs in zip(one.plan.levels if one.plan else (), other.plan.levels if other.plan else (), strict=True):
        if abs(mine.reached - theirs.reached) > NEAR * max(Decimal(1), abs(mine.reached)):
            return f"{mine.name}: {mine.reached}, {theirs.reached}"
    return None


def with_idle_rule(tree: Tree, seed: int) -> Tree:
    """The same with a rule that nothing can break."""
    dice, found = Random(seed), deepcopy(tree)
    measure = dice.choice(MEASURES)
    most = 10**12 if measure in ("capex", "spend") else 10**8
    found.setdefault("limits", {})["idle"] = {"measure": measure, "at_most": most, **dice.choice(WINDOWS)}
    return found


def later(value: Any) -> Any:
    """The same tree with every day some years later."""
    if isinstance(value, dict):
        return {key: later(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [later(one) for one in value]
    if isinstance(value, date):
        return value.replace(year=value.year + YEARS)
    if isinstance(value, str) and len(value) == 10 and value[4] == value[7] == "-":
        return later(date.fromisoformat(value)).isoformat()
    return value


def different(start: int, number: int, change: Any) -> dict[int, str]:
    found, seen = {}, Counter[str]()
    for seed in range(start, start + number):
        tree = seeded(seed)
        other = change(tree, seed)
        if other is not None:
            before = solved(tree)
            seen[before.status] += 1
            if (told := differ(before, solved(other))) is not None:
                found[seed] = told
    assert seen["optimal"] > 0
    return found


def shifted(tree: Tree, _seed: int) -> Tree | None:
    return None if tree.get("export") else later(tree)


def priced_otherwise(start: int, number: int) -> dict[int, str]:
    """What the plans of instances by quarters cost by months, where that is not the same."""
    found, seen = {}, 0
    for seed in range(start, start + number):
        tree = seeded(seed)
        if tree["calendar"]["period"] != "quarter":
            continue
        by_months = deepcopy(tree)
        by_months["calendar"] |= {"period": "month", "periods": 3 * tree["calendar"]["periods"]}
        outcome = solved(tree)
        if outcome.plan is None:
            continue
        seen += 1
        entries = [
            sorted(
                (one.term, one.day, one.amount) for one in reckon(made(some), outcome.plan.decisions).recount.entries
            )
            for some in (tree, by_months)
        ]
        if entries[0] != entries[1]:
            found[seed] = str([one for one in entries[0] if one not in entries[1]][:3])
    assert seen > 0
    return found


def waiting(start: int, number: int) -> dict[int, str]:
    """Systems of plans that could be installed a day earlier or more, by trying each day that something changes."""
    found = {}
    for seed in range(start, start + number):
        instance = made(seeded(seed))
        plan = gpuplan.solve(instance, gap=0, threads=1, explain_seconds=0).plan
        for number_of, line in enumerate(() if plan is None else plan.decisions.installed):
            day = max(line.day - timedelta(days=1), instance.calendar.start)
            before = [
                one for one in plan.decisions.installed[:number_of] if (one.offer, one.site) == (line.offer, line.site)
            ]
            units = (before[-1].units if before else 0) + 1
            if day == line.day or any(one.day == day for one in before):
                continue
            more = [line.model_copy(update={"day": day, "units": units})]
            lines = [*plan.decisions.installed[:number_of], *more, *plan.decisions.installed[number_of:]]
            if units == line.units:
                lines.remove(line)
            reckoning = reckon(instance, plan.decisions.model_copy(update={"installed": tuple(lines)}))
            if not [one for one in reckoning.broken if one.family != "installation"]:
                found[seed] = f"{line.offer} at {line.site} on {day}"
    return found


@pytest.mark.parametrize("start", range(0, 40, 20))
def test_a_rule_that_nothing_can_break_changes_nothing(start: int) -> None:
    """Proves that neither values nor statuses hang on the days that rules look at."""
    assert different(start, 20, with_idle_rule) == {}


@pytest.mark.parametrize("start", range(0, 30, 15))
def test_nothing_changes_in_28_years(start: int) -> None:
    """Proves that no day is special."""
    assert different(start, 15, shifted) == {}


def test_plans_by_quarters_cost_the_same_by_months() -> None:
    """Proves that what is charged hangs on days and calendar months, and not on periods."""
    assert priced_otherwise(0, 60) == {}


def test_nothing_waits_for_nothing() -> None:
    """Proves that no system can be installed the day before without breaking some rule."""
    assert waiting(0, 60) == {}


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 2000, 50))
def test_days_change_nothing_in_many_instances(start: int) -> None:
    """Proves all of these on 2,000 instances."""
    assert different(start, 50, with_idle_rule) == {}
    assert different(start, 50, shifted) == {}
    assert priced_otherwise(start, 50) == {}
    assert waiting(start, 50) == {}
