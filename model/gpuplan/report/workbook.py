"""Tables as a workbook: a sheet for each, numbers as numbers, text as text whatever it begins with."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from gpuplan.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gpuplan.report.table import Cell, Table

LONGEST_TEXT = 32_767
"""Characters that a cell can hold."""
LONGEST_NAME = 31
"""Characters of a sheet's name."""
WIDEST = 60
"""Characters that a column is made wide for."""
FORMATS = {"money": "#,##0.00", "share": "0.00%"}


def workbook(answers: Sequence[Sequence[Table]]) -> bytes:
    """A workbook of the tables of one answer, or of several: sheets are then numbered by their answer.

    Raises InvalidInput when XlsxWriter is not installed.
    """
    try:
        from xlsxwriter import Workbook
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[report]'."
        raise InvalidInput([Problem("a workbook needs XlsxWriter, which is not here", way_out)]) from None
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(file, options) as book:
        head = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        formats = {unit: book.add_format({"num_format": code}) for unit, code in FORMATS.items()}
        formats["day"] = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, tables in enumerate(answers, 1):
            for table in tables:
                name = table.name if len(answers) == 1 else f"{number} {table.name}"
                _sheet(book.add_worksheet(name[:LONGEST_NAME]), table, head, formats)
    return file.getvalue()


def _sheet(sheet: Any, table: Table, head: Any, formats: dict[str, Any]) -> None:
    sheet.freeze_panes(1, 0)
    for position, heading in enumerate(table.headings):
        sheet.write_string(0, position, heading[:LONGEST_TEXT], head)
        shown = [len(table.shown(row, position)) for row in table.rows]
        sheet.set_column(position, position, min(max([len(heading), *shown]) + 2, WIDEST))
    for line, row in enumerate(table.rows, 1):
        for position, cell in enumerate(row):
            _write(sheet, line, position, cell, formats, table.unit(row, position))
    if table.rows:
        sheet.autofilter(0, 0, len(table.rows), len(table.columns) - 1)


def _write(sheet: Any, line: int, position: int, cell: Cell, formats: dict[str, Any], unit: str) -> None:
    if cell is None or cell == "":
        return
    if isinstance(cell, str):
        text = cell if len(cell) <= LONGEST_TEXT else cell[: LONGEST_TEXT - 1] + "…"
        sheet.write_string(line, position, text)
    elif isinstance(cell, date):
        sheet.write_datetime(line, position, cell, formats["day"])
    else:
        sheet.write_number(line, position, float(cell), formats.get(unit))
