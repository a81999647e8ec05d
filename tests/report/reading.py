"""Reports read back: the tables of a page and of a workbook, cell by cell, as text, numbers and days."""

from __future__ import annotations

import io
import math
import re
from datetime import date, datetime
from decimal import Decimal
from html.parser import HTMLParser

import openpyxl

Rows = list[list[object]]


class Tables(HTMLParser):
    """The tables of a page: headings first, then rows; numbers are those of `data`, days those of `time`."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tables: dict[str, Rows] = {}
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self._rows: Rows | None = None
        self._cell: object = None
        self._in_cell = self._exact = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.elements.append((tag, given))
        if tag == "table":
            self._rows = self.tables.setdefault(given.get("data-table") or "", [])
        elif tag == "tr" and self._rows is not None:
            self._rows.append([])
        elif tag in ("td", "th"):
            self._in_cell, self._exact, self._cell = True, False, ""
        elif tag == "data":
            self._cell, self._exact = Decimal(given["value"] or ""), True
        elif tag == "time":
            self._cell, self._exact = date.fromisoformat(given["datetime"] or ""), True

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th") and self._rows is not None:
            self._rows[-1].append(None if self._cell == "" else self._cell)
            self._in_cell = False

    def handle_data(self, data: str) -> None:
        self.text += data
        if self._in_cell and not self._exact:
            self._cell = str(self._cell) + data


def sheets(content: bytes) -> dict[str, Rows]:
    """The sheets of a workbook but for decisions: headings first, then rows; no cell is a formula."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    found: dict[str, Rows] = {}
    for sheet in book.worksheets:
        assert sheet.print_area, f"{sheet.title} prints what it likes"
        if sheet.title.endswith("decision"):
            continue
        assert all(cell.data_type != "f" and cell.hyperlink is None for row in sheet.iter_rows() for cell in row)
        found[sheet.title] = [[_plain(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]
    return found


def decision(content: bytes) -> Rows:
    """The first sheet of a plan's workbook, its sums worked out here, from what they add up.

    Nothing else is a formula, and each has kept the value that comes out.
    """
    book, kept = (openpyxl.load_workbook(io.BytesIO(content), data_only=values) for values in (False, True))
    (name,) = [name for name in book.sheetnames if name.endswith("decision")]
    sheet = book[name]
    assert book.sheetnames.index(name) == 0
    found: Rows = []
    for row in sheet.iter_rows():
        found.append([])
        for cell in row:
            assert cell.hyperlink is None
            value = cell.value
            if cell.data_type == "f":
                (area,) = re.findall(r"^=SUM\(([A-Z]\d+:[A-Z]\d+)\)$", str(value))
                added = [one.value for (one,) in sheet[area] if isinstance(one.value, int | float)]
                value = math.fsum(added)
                assert math.isclose(value, kept[name][cell.coordinate].value, rel_tol=1e-12)
            found[-1].append(_plain(value))
    return found


def _plain(cell: object) -> object:
    return cell.date() if isinstance(cell, datetime) else cell


def is_same(shown: object, meant: object) -> bool:
    """Whether a cell is the value of a JSON tree; a workbook keeps 15 digits of a number."""
    if meant in (None, ""):
        return shown is None
    if isinstance(meant, bool):
        return shown == ("yes" if meant else None)
    if isinstance(shown, Decimal):
        return isinstance(meant, int | Decimal) and shown == meant
    if isinstance(shown, int | float):
        return isinstance(meant, int | Decimal) and abs(Decimal(shown) - meant) <= abs(Decimal(meant)) * Decimal(
            "1e-15"
        )
    if isinstance(shown, date):
        return shown.isoformat() == meant
    return shown == meant
