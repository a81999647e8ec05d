"""Every day that is told of a shipped instance's plan is the plan's own: terminal, page and workbook are read back
against what is decided, by an arithmetic of the test's own."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

import gpuplan
from gpuplan.plan.plan import Plan
from gpuplan.report.terminal import outcome_text
from report.reading import Tables, sheets

INSTANCES = Path(__file__).resolve().parents[2] / "instances"
QUICK = ("quickstart", "university", "china-2026")
LONG = ("korea-2025", "korea-2025-programme", "korea-centre-2028", "gulf-2026", "tier2-counterfactual")


def days_decided(instance: gpuplan.Instance, plan: Plan) -> list[tuple[date | None, date | None]]:
    """(installed, usable) of every order: the day on which the last of its systems is among those that stand.

    Systems of an offer at a site are installed in the order in which they arrive, the earlier signed first.
    """
    standing: dict[tuple[str, str], list[tuple[date, int]]] = defaultdict(list)
    for line in plan.decisions.installed:
        standing[line.offer, line.site].append((line.day, line.units))
    arriving = sorted(range(len(plan.orders)), key=lambda number: plan.orders[number].delivered)
    before: dict[tuple[str, str], int] = defaultdict(int)
    found: dict[int, tuple[date | None, date | None]] = {}
    for number in arriving:
        order = plan.decisions.orders[number]
        pair = (order.offer, order.site)
        before[pair] += order.units
        day = min((day for day, units in standing[pair] if units >= before[pair]), default=None)
        accepted = timedelta(days=instance.quotes[order.offer].acceptance_days)
        found[number] = (day, None if day is None else day + accepted)
    return [found[number] for number in range(len(plan.decisions.orders))]


@pytest.mark.parametrize("name", [*QUICK, *(pytest.param(one, marks=pytest.mark.long) for one in LONG)])
def test_every_day_that_is_told_is_the_plans_own(name: str) -> None:
    """Proves installed and usable of each order in JSON, page and workbook, the last usable of each line and of the
    headline in the terminal, and that the chain of events of a target ends on a day on which systems become usable.

    If broken, a board is told of the day on which systems could be ready, and they stand in their boxes for months.
    """
    instance = gpuplan.load(INSTANCES / f"{name}.yaml")
    outcome = gpuplan.solve(instance, gap=0.02, time_limit=600, explain_seconds=0)
    plan = outcome.plan
    assert plan is not None
    decided = days_decided(instance, plan)
    assert [(order.installed, order.usable) for order in plan.orders] == decided
    for table in (Tables(gpuplan.page(plan)).tables["orders"], sheets(gpuplan.workbook(plan))["orders"]):
        heads = [str(head) for head in table[0]]
        assert [(row[heads.index("installed")], row[heads.index("usable")]) for row in table[1:]] == decided
    text = outcome_text(outcome, instance.name, details=True)
    usable = [day for _, day in decided if day is not None]
    assert re.sub(r"\s+", " ", text).count(f"the last usable on {max(usable)}.") == 1
    lines: dict[tuple[str, str, str], list[date | None]] = defaultdict(list)
    for order, (_, day) in zip(plan.orders, decided, strict=True):
        lines[order.system, order.vendor, order.site].append(day)
    bought = re.split(r"\n *\n", re.split(r"What is bought *\n", text)[1])[0]
    said = sorted(re.findall(r" \d\d-\d\d-\d\d +(\d\d-\d\d-\d\d|never) ", bought))
    last = ("never" if None in some else f"{max(day for day in some if day):%y-%m-%d}" for some in lines.values())
    assert said == sorted(last)
