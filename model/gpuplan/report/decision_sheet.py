"""The first sheet of a plan's workbook: the paper for those who decide, with sums as formulas."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.report.cells import Sheets, put
from gpuplan.report.paper import Beside, about, paper
from gpuplan.report.paper_money import WHOLE

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan
    from gpuplan.report.table import Table

TOTALS = {
    "approval": ("accelerators", "amount"),
    "chosen-vendors": ("accelerators", "share", "amount"),
    "places": ("accelerators", "amount"),
}
"""By table: the columns that are added up below it."""
YEARS = ("capex", "opex", "cash")
"""The columns whose last row adds up the years above it."""
COLUMNS = 9
"""Columns of the widest table of the paper."""


def write_decision(sheets: Sheets, sheet: Any, plan: Plan, told: Beside) -> None:
    """Sentences and tables one below the other, ready to print on A4."""
    put(sheet, 0, 0, plan.name, sheets.formats["title"])
    put(sheet, 1, 0, about(plan, told))
    line = 3
    for part in paper(plan, told):
        put(sheet, line, 0, part.title, sheets.formats["heading"])
        line += 1
        for text in (*part.text, *part.points):
            put(sheet, line, 0, text)
            line += 1
        for table in part.tables:
            if table.rows:
                line = _table(sheets, sheet, table, line)
        line += 1
    sheet.set_column(0, 0, 34)
    sheet.set_column(1, COLUMNS - 1, 18)
    sheet.print_area(0, 0, line - 1, COLUMNS - 1)
    sheets.for_print(sheet)


def _table(sheets: Sheets, sheet: Any, table: Table, top: int) -> int:
    """A table and what is added up below it; gives the line after it."""
    for position, heading in enumerate(table.headings):
        put(sheet, top, position, heading, sheets.formats["head"])
    first = top + 1
    for line, row in enumerate(table.rows, first):
        for position, cell in enumerate(row):
            sheets.write(sheet, line, position, cell, table.unit(row, position))
    after = first + len(table.rows)
    if table.name == "money-by-year":
        _years(sheets, sheet, table, first)
    for position, column in enumerate(table.columns):
        if column.key in TOTALS.get(table.name, ()):
            _sum(sheets, sheet, table, position, range(first, after), after)
    return after + (1 if table.name in TOTALS else 0)


def _years(sheets: Sheets, sheet: Any, table: Table, first: int) -> None:
    """The last row of the years as sums of those above it."""
    whole = next((number for number, row in enumerate(table.rows) if row[0] == WHOLE), 0)
    for position, column in enumerate(table.columns):
        if column.key in YEARS and whole and table.rows[whole][position] is not None:
            _sum(sheets, sheet, table, position, range(first, first + whole), first + whole)


def _sum(sheets: Sheets, sheet: Any, table: Table, position: int, lines: range, at: int) -> None:
    """A formula that adds up a column, with its value for those who show no formulas."""
    cells = [table.rows[line - lines.start][position] for line in lines]
    value = sum((Decimal(cell) for cell in cells if isinstance(cell, int | Decimal)), Decimal(0))
    letter = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"[position]
    formula = f"=SUM({letter}{lines.start + 1}:{letter}{lines.stop})"
    unit = table.columns[position].unit
    sheet.write_formula(at, position, formula, sheets.total(unit), float(value))
