"""Making the tables that the tests read: rows of plain values, as a book of cells or as a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from openpyxl import Workbook

from gpuplan.quotes.cells import Book, Cell, Sheet
from gpuplan.quotes.files import plain_value
from gpuplan.quotes.importing import understood
from gpuplan.quotes.names import Told
from gpuplan.quotes.result import Quotes

Rows = Sequence[Sequence[object]]


def book_of(rows: Rows, name: str = "Quotes") -> Book:
    """A book of one sheet."""
    sheet = Sheet(name)
    for line, row in enumerate(rows, 1):
        for column, raw in enumerate(row, 1):
            value = plain_value(raw)
            if value is not None:
                sheet.cells[line, column] = Cell(name, line, column, value)
    return Book("quotes.xlsx", (sheet,))


def read(rows: Rows, **told: Any) -> Quotes:
    """What rows are understood as."""
    return understood(book_of(rows), Told(**told), None)


def workbook(path: Path, sheets: Mapping[str, Rows]) -> Path:
    """The same as a file that openpyxl writes."""
    book = Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([float(one) if isinstance(one, Decimal) else one for one in row])
    book.save(path)
    return path


def asked(quotes: Quotes) -> list[str]:
    """Cells that are asked for, without their sheet."""
    return sorted({problem.path.rpartition("!")[2] for problem in quotes.asked})


def facts(quotes: Quotes) -> list[dict[str, object]]:
    """What the offers say, in the order that they were read, without notes; of a range of a lead its later end."""
    found = []
    for offer in quotes.offers.values():
        tree = {key: value for key, value in offer.model_dump(exclude_defaults=True).items() if key != "note"}
        if "lead_days_range" in tree:
            tree["lead_days"] = tree.pop("lead_days_range")["most"]
        found.append(tree)
    return found


HEAD = (
    "Vendor",
    "Country",
    "Model",
    "Unit price",
    "Currency",
    "Min. qty",
    "Max. qty",
    "Lead time (weeks)",
    "Valid until",
)
ROW = ("Boreas Rechner GmbH", "DE", "HGX H200", 232000, "EUR", 10, 80, 8, date(2026, 12, 20))
PLAIN = {
    "vendor": "boreas-rechner",
    "system": "hgx-h200",
    "price": Decimal(232000),
    "currency": "EUR",
    "min_units": 10,
    "max_units": 80,
    "lead_days": 56,
    "order_until": date(2026, 12, 20),
}
"""What ROW says under HEAD."""
