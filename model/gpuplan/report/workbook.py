"""Plans and answers as a workbook: of a plan the decision first, then a sheet for each table that has rows."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from gpuplan.errors import InvalidInput, Problem
from gpuplan.report import answers
from gpuplan.report.cells import Sheets, put
from gpuplan.report.decision_sheet import write_decision
from gpuplan.report.paper import beside

if TYPE_CHECKING:
    from gpuplan.report.table import Table

LONGEST_NAME = 31
"""Characters of a sheet's name."""
WIDEST = 60
"""Characters that a column is made wide for."""


def workbook(found: Sequence[Any], author: str = "", day: date | None = None) -> bytes:
    """A workbook of one plan or answer, or of several: sheets are then numbered by their answer.

    `author` and `day` as on a page. Raises InvalidInput when XlsxWriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[report]'."
        raise InvalidInput([Problem("a workbook needs XlsxWriter, which is not here", way_out)]) from None
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        sheets = Sheets(book)
        for number, answer in enumerate(found, 1):
            prefix = "" if len(found) == 1 else f"{number} "
            if answer.format == answers.PLAN:
                first = book.add_worksheet(f"{prefix}decision")
                write_decision(sheets, first, answer, beside(answer, found, author, day))
            for table in with_rows(answers.tables(answer)):
                _sheet(sheets, book.add_worksheet((prefix + table.name)[:LONGEST_NAME]), table)
    return file.getvalue()


def with_rows(tables: Sequence[Table]) -> list[Table]:
    """The tables that say something; the first where none does, since a workbook has a sheet."""
    return [table for table in tables if table.rows] or list(tables[:1])


def _sheet(sheets: Sheets, sheet: Any, table: Table) -> None:
    sheet.freeze_panes(1, 0)
    for position, heading in enumerate(table.headings):
        put(sheet, 0, position, heading, sheets.formats["head"])
        shown = [len(table.shown(row, position)) for row in table.rows]
        sheet.set_column(position, position, min(max([len(heading), *shown]) + 2, WIDEST))
    for line, row in enumerate(table.rows, 1):
        for position, cell in enumerate(row):
            sheets.write(sheet, line, position, cell, table.unit(row, position))
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)
    sheet.repeat_rows(0)
    sheet.print_area(0, 0, len(table.rows), len(table.columns) - 1)
    sheets.for_print(sheet)
