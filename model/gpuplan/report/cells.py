"""Cells of a workbook: numbers as numbers, days as days, text as text whatever it begins with; and how they look."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gpuplan.report.table import Cell

LONGEST_TEXT = 32_767
"""Characters that a cell can hold."""
FORMATS = {"money": "#,##0.00", "share": "0.00%"}
A4 = 9
"""The number by which workbooks know this paper."""


class Sheets:
    """The formats of one workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self.formats: dict[str, Any] = {unit: book.add_format({"num_format": code}) for unit, code in FORMATS.items()}
        self.formats["day"] = book.add_format({"num_format": "yyyy-mm-dd", "align": "left"})
        self.formats["head"] = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.formats["title"] = book.add_format({"bold": True, "font_size": 16})
        self.formats["heading"] = book.add_format({"bold": True, "font_size": 12})
        self._totals: dict[str, Any] = {}

    def total(self, unit: str) -> Any:
        """The format of a sum in a unit."""
        if unit not in self._totals:
            code = {"num_format": FORMATS[unit]} if unit in FORMATS else {}
            self._totals[unit] = self._book.add_format({"bold": True, "top": 1, **code})
        return self._totals[unit]

    def write(self, sheet: Any, line: int, position: int, cell: Cell, unit: str) -> None:
        """Write a cell in its unit; nothing where there is nothing."""
        if cell is None or cell == "":
            return
        if isinstance(cell, str):
            put(sheet, line, position, cell)
        elif isinstance(cell, date):
            sheet.write_datetime(line, position, cell, self.formats["day"])
        else:
            sheet.write_number(line, position, float(cell), self.formats.get(unit))

    def for_print(self, sheet: Any) -> None:
        """A4 across, as wide as the page."""
        sheet.set_landscape()
        sheet.set_paper(A4)
        sheet.fit_to_pages(1, 0)
        sheet.set_footer("&L&A&R&P / &N")


def put(sheet: Any, line: int, position: int, text: str, form: Any = None) -> None:
    """Write a text, cut and marked where a cell cannot hold it."""
    sheet.write_string(line, position, text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…", form)
