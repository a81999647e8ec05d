"""Quotes as data frames: a frame read like the sheet of a workbook, and the sheets of an instance as frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.instance.base import exactly
from gpuplan.quotes.cells import Book, Cell, Sheet, kept
from gpuplan.quotes.exporting import rows_of
from gpuplan.quotes.files import plain_value
from gpuplan.quotes.importing import told_of, understood
from gpuplan.quotes.sheets import FORMS

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.quotes.result import Quotes


@exactly
def offers_from(
    frames: Any, *, into: Instance | None = None, as_of: date | None = None, currency: str = "", vendor: str = ""
) -> Quotes:
    """The quotes in a data frame, or in several by the names of their sheets: read like the sheets of a workbook.

    Anything with `columns` and `itertuples` is a data frame: one of pandas, for instance. Cells are named as in a
    workbook whose first row are the columns' names, so that the first row of a frame is row 2. What is unclear is among
    `asked` of what is given back; see `read_quotes` for the other arguments.
    """
    named = frames if isinstance(frames, Mapping) else {"Quotes": frames}
    book = Book("data frame", tuple(_sheet(str(name), frame) for name, frame in named.items()))
    return understood(book, told_of(into, as_of, currency, vendor), None)


def _sheet(name: str, frame: Any) -> Sheet:
    rows = [tuple(frame.columns), *frame.itertuples(index=False, name=None)]
    sheet = Sheet(name)
    for line, row in enumerate(rows, 1):
        for position, raw in enumerate(row, 1):
            value = plain_value(_plain(raw))
            if value is not None:
                sheet.cells[line, position] = Cell(name, line, position, value)
    return sheet


def _plain(raw: Any) -> object:
    """A value of a data frame as Python has it; nothing for what is missing."""
    if raw is None or raw != raw:  # NaN and NaT differ from themselves
        return None
    if type(raw).__name__ == "NAType":
        return None
    if isinstance(raw, datetime):
        return raw.date()
    return raw.item() if hasattr(raw, "item") else raw


def offer_frames(instance: Instance) -> dict[str, Any]:
    """The quotes, rooms and limits of an instance as data frames, by sheet, which `offers_from` reads back.

    Shares are text, such as 4 %; numbers that a float does not keep exactly are text too. Raises InvalidInput when
    pandas is not there.
    """
    from gpuplan.quotes.files import not_installed

    try:
        import pandas
    except ImportError:
        raise not_installed("pandas", "frames") from None
    frames = {}
    for form in FORMS:
        rows = rows_of(instance).sheets[form.name]
        columns = {
            column.heading: [_for_frame(row.get(column.heading), column.kind) for row in rows]
            for column in form.columns
            if any(column.heading in row for row in rows)
        }
        if rows:
            frames[form.name] = pandas.DataFrame(columns, dtype="object")
    return frames


def _for_frame(value: object, kind: str) -> object:
    if not isinstance(value, Decimal):
        return value
    if kind == "share":  # a bare 0.04 could be per cent
        return f"{value * 100:f} %"
    if value == value.to_integral_value():
        return int(value)
    return float(value) if kept(float(value)) == value else f"{value:f}"
