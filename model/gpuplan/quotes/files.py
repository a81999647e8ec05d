"""Reading a file of cells: .xlsx by openpyxl, .ods and .csv by the standard library.

openpyxl and not a faster reader, since formats, hidden rows, struck-out text and formulas decide what a number means.
"""

from __future__ import annotations

import re
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from gpuplan.errors import InvalidInput, Problem
from gpuplan.quotes.cells import (
    LARGEST_FILE,
    LONGEST_TEXT,
    Book,
    Cell,
    Sheet,
    Value,
    filled_down,
    kept,
    unreadable,
    within_bounds,
)
from gpuplan.quotes.opendocument import opendocument_sheets
from gpuplan.quotes.separated import separated_sheet

ENDINGS = (".xlsx", ".xlsm", ".ods", ".csv")
_MONEY_FORMAT = re.compile(r"\[\$([^\]\-]+)(?:-[0-9A-Fa-f]+)?\]|\"([^\"]{1,4})\"|([€$£¥₩₹])")


def read_book(path: Path, encoding: str | None = None) -> Book:
    """The cells of a workbook or of a table of separated values; `encoding` is that of a .csv that is not UTF-8.

    Raises InvalidInput when the file is not there, is not what its name says, or is larger than is read.
    """
    file, ending = path.name, path.suffix.lower()
    if ending not in ENDINGS:
        way_out = "Save it as .xlsx, .ods or .csv (UTF-8)."
        raise unreadable(
            file, f"quotes are read from {', '.join(ENDINGS)}, not from {ending or 'a file without'}", way_out
        )
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as error:
        raise unreadable(str(path), f"it cannot be read: {error.strerror}", "") from None
    if size > LARGEST_FILE:
        raise unreadable(file, f"it has {size:,} bytes; at most {LARGEST_FILE:,} are read", "Keep the quotes only.")
    if ending == ".csv":
        return Book(file, (separated_sheet(content, file, path.stem, encoding),))
    _packed(path)
    try:
        return Book(file, tuple(opendocument_sheets(path) if ending == ".ods" else _workbook_sheets(path)))
    except InvalidInput:
        raise
    except Exception as error:  # whatever a damaged file makes a reader raise
        message = f"this is no workbook that can be read ({type(error).__name__})"
        raise unreadable(file, message, "Open it in a spreadsheet program and save it again.") from None


def not_installed(library: str, extra: str = "quotes") -> InvalidInput:
    """That a library of an extra is not there."""
    way_out = f"Install it: pip install 'gpuplan[{extra}]'."
    return InvalidInput([Problem(f"workbooks need {library}, which is not here", way_out)])


def _packed(path: Path) -> None:
    """Raises InvalidInput where the parts of a packed file are too large, or it is none."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError):
        message = f"this is no {path.suffix} workbook: it may be protected by a password, or be another kind of file"
        raise unreadable(path.name, message, "Save it again, without a password, as .xlsx or .ods.") from None
    if size > LARGEST_FILE:
        message = f"unpacked it has {size:,} bytes; at most {LARGEST_FILE:,} are read"
        raise unreadable(path.name, message, "Keep the quotes only.")


def _workbook_sheets(path: Path) -> list[Sheet]:
    """The sheets of an .xlsx, each cell with the stored result of its formula."""
    try:
        from openpyxl import load_workbook
    except ImportError:
        raise not_installed("openpyxl") from None
    with (
        warnings.catch_warnings(action="ignore"),  # of parts that are not read: drop-down lists, pictures
        closing(load_workbook(path, data_only=True)) as results,
        closing(load_workbook(path)) as formulas,
    ):
        return [
            _workbook_sheet(path.name, results[name], formulas[name])
            for name in formulas.sheetnames
            if hasattr(formulas[name], "iter_rows")
        ]


def _workbook_sheet(file: str, results: Any, formulas: Any) -> Sheet:
    within_bounds(file, formulas.title, formulas.max_row, formulas.max_column)
    sheet = Sheet(formulas.title, hidden=formulas.sheet_state != "visible")
    sheet.hidden_rows = {row for row, one in formulas.row_dimensions.items() if one.hidden or one.height == 0}
    if formulas.sheet_format.zeroHeight:
        sheet.hidden_rows |= set(range(1, formulas.max_row + 1)) - set(formulas.row_dimensions)
    for one in formulas.column_dimensions.values():
        if one.hidden or one.width == 0:
            sheet.hidden_columns |= set(range(one.min, min(one.max, formulas.max_column) + 1))
    for row in formulas.iter_rows():
        for stated in row:
            if stated.value is not None:
                cell = _workbook_cell(formulas.title, stated, results.cell(stated.row, stated.column))
                if cell is not None:
                    sheet.cells[cell.row, cell.column] = cell
    for merged in formulas.merged_cells.ranges:
        filled_down(sheet, (merged.min_row, merged.min_col), (merged.max_row, merged.max_col))
    return sheet


def _workbook_cell(sheet: str, stated: Any, result: Any) -> Cell | None:
    is_formula = stated.data_type == "f"
    raw = result.value if is_formula else stated.value
    formula = str(getattr(stated.value, "text", stated.value)) if is_formula else ""
    flaw = "it is struck out" if stated.font and stated.font.strike else ""
    if is_formula and raw is None:
        raw, flaw = formula, "it is a formula whose result is not stored"
    elif (result.data_type if is_formula else stated.data_type) == "e":
        flaw = f"it shows the error {raw}"
    value = plain_value(raw)
    if value is None:
        return None
    shown = stated.number_format or ""
    money = _MONEY_FORMAT.search(shown) if isinstance(value, Decimal) else None
    currency = next((part for part in money.groups() if part), "").strip() if money else ""
    percent = isinstance(value, Decimal) and "%" in shown
    comment = stated.comment.text if stated.comment else ""
    return Cell(sheet, stated.row, stated.column, value, percent, currency, formula, flaw, comment=comment)


def plain_value(raw: object) -> Value | None:
    """A value as a cell keeps it: exact numbers, days without hours, text that is not blank; None for nothing."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, float):
        return kept(raw)
    if isinstance(raw, int):
        return Decimal(raw)
    if isinstance(raw, datetime):
        return raw.date()
    if raw is None or isinstance(raw, date | Decimal):
        return raw
    text = raw.isoformat() if isinstance(raw, time) else str(raw)
    return text[:LONGEST_TEXT] if text.strip() else None


def with_values(book: Book, values: Mapping[str, str]) -> Book:
    """The book with what somebody answers for cells, by place such as Quotes!B7, instead of what stands there.

    Raises InvalidInput for a place that no sheet has.
    """
    sheets = {sheet.name: sheet for sheet in book.sheets}
    faults = []
    for place, text in values.items():
        name, _, cell = place.rpartition("!")
        match = re.fullmatch(r"([A-Z]{1,3})([1-9]\d{0,6})", cell.strip())
        if name not in sheets or match is None:
            way_out = f"Sheets: {', '.join(sheets)}; a cell is named like {next(iter(sheets), 'Quotes')}!B7."
            faults.append(Problem(f"there is no cell {place!r}", way_out, file=book.file))
            continue
        column = 0
        for letter in match[1]:
            column = column * 26 + ord(letter) - 64
        row = int(match[2])
        sheets[name].cells[row, column] = Cell(name, row, column, answered_value(text), answered=True)
    if faults:
        raise InvalidInput(faults)
    return book


def answered_value(text: str) -> Value:
    """An answer as a cell has it: a number with a decimal point is one, and nothing else is in doubt."""
    return Decimal(text) if re.fullmatch(r"-?\d+(?:\.\d+)?", text.strip()) else text
