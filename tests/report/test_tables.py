"""What a page and a workbook show is what the JSON says: every figure is read back and compared."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from gpuplan.plan.files import to_json
from gpuplan.plan.plan import Plan
from gpuplan.report.answers import KINDS_OF_ANSWER, PLAN
from gpuplan.report.page import page
from gpuplan.report.words import money, quantity
from gpuplan.report.workbook import workbook
from gpuplan.whatif.schemas import ANSWERS
from report.examples import answers, rich
from report.reading import Rows, Tables, decision, is_same, sheets

RECORDS: dict[str, tuple[str, tuple[str, ...]]] = {
    "orders": (
        "orders",
        ("offer", "vendor", "system", "accelerator", "maker", "site", "units", "accelerators", "signed", "shipped",
         "delivered", "installed", "usable", "ready", "waiting", "waiting_days", "given_back", "notice_by",
         "never_installed", "route", "export", "apply_by", "price", "currency", "tier", "added", "amount"),
    ),
    "modules": ("modules", ("module", "site", "units", "signed", "ready", "amount")),
    "sites": ("sites", ("site", "open_from", "systems", "accelerators", "pue")),
    "periods": (
        "states",
        ("site", "day", "installed", "usable", "accelerators_usable", "energy_kwh", "carbon_kg", "cost"),
    ),
    "limits": ("limits", ("limit", "window", "says", "used", "at_least", "at_most", "slack")),
    "deadlines": ("deadlines", ("deadline", "says", "by", "last", "slack_days")),
    "latest": ("latest", ("limit", "by", "offer", "module", "site", "tender", "sign", "apply")),
    "critical-path": ("critical_path", ("limit", "step", "event", "offer", "module", "site", "day", "latest")),
    "offers": ("considered", ("offer", "module", "site", "units", "why")),
    "remarks": ("remarks", ("path", "message", "way_out")),
    "low-confidence": ("low_confidence", ("path", "confidence", "source", "as_of")),
    "proof": ("levels", ("name", "value", "reached", "bound", "gap")),
}  # fmt: skip
"""By table: the list of the plan's JSON, and the fields that its first columns are."""


def in_page(plan: Plan) -> dict[str, Rows]:
    return Tables(page([plan])).tables


def in_workbook(plan: Plan) -> dict[str, Rows]:
    return sheets(workbook([plan]))


def as_json(answer: Any) -> dict[str, Any]:
    """The tree that is written, numbers exact."""
    tree: dict[str, Any] = json.loads(to_json(answer), parse_float=Decimal)
    return tree


@pytest.mark.parametrize("read", [in_page, in_workbook])
@pytest.mark.parametrize("name", RECORDS)
def test_every_figure_of_a_plan_is_that_of_its_json(read: Callable[[Plan], dict[str, Rows]], name: str) -> None:
    """Proves row by row and column by column that nothing is rounded, shifted or left out. If broken, the meeting
    decides on other numbers than the audit saw."""
    shown = read(rich())
    part, fields = RECORDS[name]
    meant = as_json(rich())[part]
    if name == "offers" and name not in shown:
        name, meant = "not-chosen", [one for one in meant if one["units"] == 0]
    assert meant, f"nothing to compare: the example has no {part}"
    rows = shown[name][1:]
    assert len(rows) == len(meant)
    for row, one in zip(rows, meant, strict=True):
        for cell, field in zip(row, fields, strict=False):
            assert is_same(cell, one[field]), (name, field, cell, one[field])


@pytest.mark.parametrize("read", [in_page, in_workbook])
def test_need_and_capacity_are_shown_for_every_resource_and_day(read: Callable[[Plan], dict[str, Rows]]) -> None:
    """Proves the long table of the facility, and that what is unlimited is left empty rather than 0."""
    meant = [
        (state["site"], state["day"], resource, use["need"], use["capacity"])
        for state in as_json(rich())["states"]
        for resource, use in state["resources"].items()
    ]
    rows = read(rich())["capacity"][1:]
    assert len(rows) == len(meant) > 10
    for row, one in zip(rows, meant, strict=True):
        assert all(is_same(cell, value) for cell, value in zip(row, one, strict=False)), (row, one)


@pytest.mark.parametrize("read", [in_page, in_workbook])
def test_money_is_shown_by_term_and_by_year_and_adds_up(read: Callable[[Plan], dict[str, Rows]]) -> None:
    """Proves that the terms and their total, and the cash of each year, are those of the plan; and that the bill of
    materials adds up to the orders and modules."""
    shown, plan = read(rich()), as_json(rich())
    terms = [(name, one["kind"], one["amount"], one["discounted"]) for name, one in plan["cost"]["terms"].items()]
    kinds = plan["cost"]["kinds"].items()
    terms += [(f"{kind} in all", None, one["amount"], one["discounted"]) for kind, one in kinds]
    terms.append(("total", None, plan["cost"]["amount"], plan["cost"]["discounted"]))
    for row, one in zip(shown["cost"][1:], terms, strict=True):
        assert all(is_same(cell, value) for cell, value in zip(row, one, strict=True)), (row, one)
    for row, year in zip(shown["cash-flow"][1:], plan["cash"], strict=True):
        assert is_same(row[0], str(year["year"]))
        assert is_same(row[1], year["amount"])
    bill = sum((Decimal(str(row[-1])) for row in shown["bill-of-materials"][1:]), Decimal(0))
    ordered = sum((Decimal(one["amount"]) for part in ("orders", "modules") for one in plan[part]), Decimal(0))
    assert abs(bill - ordered) <= ordered * Decimal("1e-14")


PAPER = ("approval", "money-by-year", "usable", "chosen-vendors", "places", "next")


def in_decision(plan: Plan) -> dict[str, Rows]:
    """The paper's tables on the first sheet, each from its headings to the next empty line."""
    rows, shown = decision(workbook([plan])), Tables(page([plan])).tables
    found: dict[str, Rows] = {}
    for name in PAPER:
        wide = len(shown[name][0])
        heads = [None if head == "" else head for head in shown[name][0]]
        (top,) = [number for number, row in enumerate(rows) if row[:wide] == heads]
        some = [row[:wide] for row in rows[top:]]
        found[name] = list(itertools.takewhile(lambda row: any(cell is not None for cell in row), some))
    return found


def test_the_paper_adds_up_to_the_plan() -> None:
    """Proves that what the board is asked for is what the plan orders: amounts and accelerators of the paper add up to
    those of the JSON, on the page and, as formulas that are worked out here, in the workbook."""
    plan, shown, book = as_json(rich()), Tables(page([rich()])).tables, in_decision(rich())
    ordered = sum((Decimal(one["amount"]) for part in ("orders", "modules") for one in plan[part]), Decimal(0))
    bought = sum((Decimal(one["amount"]) for one in plan["orders"]), Decimal(0))
    for name, total, count in (("approval", ordered, plan["accelerators"]), ("chosen-vendors", bought, None)):
        heads, *rows = shown[name]
        at = heads.index("amount (USD)")
        assert sum((row[at] for row in rows if row[at] is not None), Decimal(0)) == total  # type: ignore[misc]
        *_, last = book[name]
        assert is_same(last[at], total)
        assert count is None or is_same(last[heads.index("accelerators")], count)
    years = [row for row in book["money-by-year"][1:] if row[0]]
    for at, field in ((1, "capex"), (2, "opex"), (3, "amount")):
        assert is_same(years[-1][at], sum((Decimal(one[field]) for one in plan["cash"]), Decimal(0)))
        assert all(is_same(row[at], one[field]) for row, one in zip(years, plan["cash"], strict=False))
    assert plan["cost"]["kinds"]["capex"]["amount"] == sum(Decimal(one["capex"]) for one in plan["cash"])


def test_the_first_sheet_is_the_paper() -> None:
    """Proves that workbook and page say the same to the board, cell by cell."""
    shown, book = Tables(page([rich()])).tables, in_decision(rich())
    for name, rows in book.items():
        assert len(rows) >= len(shown[name]) > 1
        for row, beside in zip(rows, shown[name], strict=False):
            for cell, one in zip(row, beside, strict=False):
                assert is_same(cell, one.isoformat() if hasattr(one, "isoformat") else one), (name, cell, one)


def test_headings_say_what_numbers_are_in() -> None:
    """Proves that a number in a workbook needs no guess at its unit: it is in the heading or in a column beside it."""
    heads = {name: rows[0] for name, rows in in_workbook(rich()).items()}
    assert "amount (USD)" in heads["orders"]
    assert {"energy (kWh)", "carbon (kg)", "cost (USD)"} <= set(heads["periods"])
    assert "unit" in heads["limits"]
    assert "unit" in heads["capacity"]
    assert {"kW"} <= {row[6] for row in in_workbook(rich())["capacity"][1:]}


def test_every_kind_of_answer_has_a_report() -> None:
    """Proves that no question writes what `gpuplan report` cannot show."""
    assert {kind.model_fields["format"].default for kind in ANSWERS.values()} == {PLAN, *KINDS_OF_ANSWER}


@pytest.mark.parametrize("name", ANSWERS)
def test_every_figure_that_a_report_shows_is_in_the_answer(name: str) -> None:
    """Proves for every kind of answer that each number on its page is one of its JSON, to the last digit, and that
    page and workbook show the same. Sums and differences that a report makes itself are left to the tests above."""
    answer = answers()[name]
    meant = {Decimal(leaf) for leaf in numbers(as_json(answer))}
    made = {
        "approval": {"units", "accelerators", "amount (USD)"},
        "money-by-year": {"capex (USD)", "opex (USD)", "cash (USD)"},
        "usable": {"days to spare"},
        "chosen-vendors": {"accelerators", "of all", "amount (USD)", "for one accelerator (USD)"},
        "places": {"amount (USD)"},
        "capacity": {"room"},
        "vendors": set(),
        "makers": set(),
        "bill-of-materials": {"amount (USD)", "units"},
    }
    shown = Tables(page([answer])).tables
    book = sheets(workbook([answer]))
    counted = 0
    for title, rows in shown.items():
        for number, row in enumerate(rows[1:], 1):
            for position, cell in enumerate(row):
                if title in book:
                    beside = book[title][number][position]
                    assert is_same(beside, cell.isoformat() if hasattr(cell, "isoformat") else cell), (title, cell)
                if isinstance(cell, Decimal) and title not in ("vendors", "makers"):
                    if rows[0][position] not in made.get(title, ()):
                        assert cell in meant or (title, position) == ("alternatives", 0), (
                            title,
                            rows[0][position],
                            cell,
                        )
                    counted += 1
    assert counted >= 2


def numbers(tree: Any) -> list[Any]:
    """Every number of a JSON tree."""
    if isinstance(tree, dict):
        return [one for value in tree.values() for one in numbers(value)]
    if isinstance(tree, list):
        return [one for value in tree for one in numbers(value)]
    return [tree] if isinstance(tree, int | Decimal) and not isinstance(tree, bool) else []


def test_what_a_step_of_slack_is_worth_stands_beside_its_limit() -> None:
    """Proves that flip points reported with a plan of the same instance fill a column of its limits."""
    flips = answers()["flips"].model_copy(update={"name": "rich"})
    assert flips.worths
    moved = flips.worths[0].model_copy(update={"path": "limits.budget.at_most"})
    shown = Tables(page([rich(), flips.model_copy(update={"worths": (moved,)})])).tables["limits"]
    assert shown[0][-1] == "a step of slack is worth"
    told = {str(row[0]): row[-1] for row in shown[1:]}
    assert "Minimise cost" in str(told["budget"])
    assert told["target"] is None


def test_a_trifle_below_nothing_is_nothing() -> None:
    """Proves that no figure is told as -0.00. If broken, a reader wonders what is less than nothing."""
    trifle = Decimal("-0.0004")
    assert money(trifle, "USD") == "0.00 USD"
    assert quantity(trifle, "shortfall", "USD") == "0.00 shortfall"
    assert quantity(trifle, "share", "USD") == "0.0 %"
    assert money(Decimal(-5), "USD") == "-5.00 USD"
