"""Cells as a file has them: what stands in each, where, and what is hidden, whatever the format of the file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from gpuplan.errors import InvalidInput, Problem

Value: TypeAlias = str | Decimal | date | bool
LARGEST_FILE = 200_000_000
"""Bytes of a file, unpacked."""
MOST_CELLS = 2_000_000
"""Cells of a sheet, empty ones within its corners included."""
LONGEST_TEXT = 10_000
"""Characters of a cell that are read; a longer text is no value of a quote."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one place of a sheet."""

    sheet: str
    row: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    value: Value
    percent: bool = False
    """Whether a number is shown as per cent: 0.04 reads 4 %."""
    currency: str = ""
    """Sign or code of a currency that a number is shown with."""
    formula: str = ""
    """The formula that the value is the stored result of."""
    flaw: str = ""
    """Why it cannot be taken as it is: struck out, an error, a formula without a result."""
    width: int = 1
    """Columns that it spans, where cells are merged."""
    comment: str = ""
    """What a comment on it says."""
    answered: bool = False
    """Whether somebody answered for it, in place of what the file says."""

    @property
    def name(self) -> str:
        """Such as B7."""
        return f"{letters(self.column)}{self.row}"

    @property
    def place(self) -> str:
        """Sheet and name, such as Quotes!B7."""
        return f"{self.sheet}!{self.name}"

    @property
    def text(self) -> str:
        """What it says, on one line, cut where it is long."""
        value = self.value
        if isinstance(value, Decimal):
            shown = f"{value.normalize():f}" if not self.percent else f"{(value * 100).normalize():f} %"
            return f"{self.currency} {shown}".strip()
        return " ".join(str(value).split())


@dataclass(slots=True)
class Sheet:
    """The filled cells of a sheet, by row and column."""

    name: str
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    hidden: bool = False
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)

    @property
    def last_row(self) -> int:
        """The last row that has anything."""
        return max((row for row, _ in self.cells), default=0)

    @property
    def last_column(self) -> int:
        """The last column that has anything."""
        return max((column for _, column in self.cells), default=0)

    def rows(self) -> dict[int, dict[int, Cell]]:
        """Filled cells by row and column, in order."""
        found: dict[int, dict[int, Cell]] = {}
        for row, column in sorted(self.cells):
            found.setdefault(row, {})[column] = self.cells[row, column]
        return found

    def turned(self) -> Sheet:
        """The sheet with rows and columns exchanged; its cells still know where they really stand."""
        return Sheet(
            self.name,
            {(column, row): cell for (row, column), cell in self.cells.items()},
            self.hidden,
            set(self.hidden_columns),
            set(self.hidden_rows),
        )


@dataclass(frozen=True, slots=True)
class Book:
    """The sheets of a file."""

    file: str
    sheets: tuple[Sheet, ...]

    def problem(self, cell: Cell | str, message: str, way_out: str, *, blocking: bool = True) -> Problem:
        """A problem with its sheet and cell as the path; a warning where it does not stand in the way."""
        path = cell if isinstance(cell, str) else cell.place
        return Problem(message, way_out, path, self.file, severity="error" if blocking else "warning")


def kept(number: float) -> Decimal:
    """A number as a workbook keeps it, to fifteen digits: 225,040 and not 225,039.99999999997 of a formula."""
    return Decimal(f"{number:.15g}")


def letters(column: int) -> str:
    """Name of a column, counted from 1: A, Z, AA."""
    name = ""
    while column:
        column, rest = divmod(column - 1, 26)
        name = chr(65 + rest) + name
    return name


def filled_down(sheet: Sheet, first: tuple[int, int], last: tuple[int, int]) -> None:
    """Give a merged range of one column its value in every row; tell a wider one how many columns it spans."""
    top = sheet.cells.get(first)
    if top is None:
        return
    wide = replace(top, width=last[1] - first[1] + 1)
    for row in range(first[0], last[0] + 1):
        sheet.cells[row, first[1]] = wide


def within_bounds(file: str, sheet: str, rows: int, columns: int) -> None:
    """Raises InvalidInput where a sheet spans more cells than are read."""
    if rows * columns > MOST_CELLS:
        message = f"the sheet spans {rows:,} rows and {columns:,} columns; at most {MOST_CELLS:,} cells are read"
        way_out = "Delete the empty rows and columns beyond the table, or copy the table into a new file."
        raise InvalidInput([Problem(message, way_out, sheet, file)])


def unreadable(file: str, message: str, way_out: str) -> InvalidInput:
    """That a file cannot be read at all."""
    return InvalidInput([Problem(message, way_out, file=file)])


def filled(book: Book) -> Iterator[Cell]:
    """Every filled cell of every sheet, in order."""
    for sheet in book.sheets:
        for place in sorted(sheet.cells):
            yield sheet.cells[place]
