"""Where the tables of a sheet are: headings in one line or two, vendors as rows or as columns, notes around."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from gpuplan.quotes.cells import Cell, Sheet
from gpuplan.quotes.headings import PRICES, Heading, heading
from gpuplan.quotes.numbers import normal, scale_and_currency
from gpuplan.quotes.terms import unit_named

FEWEST = 3
"""Fields that a line of headings has at least, a price among them."""
LONGEST_HEADING = 120
"""Characters."""
WIDEST_LINE = 256
"""Cells of a line of headings at most."""


Row = dict[int, Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A table of quotes: its headings by column, its rows, and what stands above them."""

    sheet: Sheet
    """As it is read: turned where vendors are columns."""
    turned: bool
    headings: dict[int, Heading]
    header: int
    """Last row of the headings."""
    rows: dict[int, Row]
    above: list[Cell] = field(default_factory=list)

    @property
    def score(self) -> int:
        """Fields that its headings name."""
        return len({one.key for one in self.headings.values() if one.field not in ("", "ignored")})

    @property
    def names_prices(self) -> bool:
        """Whether a heading is of a price."""
        return any(one.field in PRICES for one in self.headings.values())


def tables(sheet: Sheet) -> list[Table]:
    """The tables of a sheet; none where no line of it reads as headings of quotes."""
    upright, turned = _tables(sheet, turned=False), _tables(sheet.turned(), turned=True)
    if not upright or not turned:
        return upright or turned
    best = [max(table.score for table in found) for found in (upright, turned)]
    return upright if best[0] >= best[1] else turned


def _tables(sheet: Sheet, *, turned: bool) -> list[Table]:
    rows = sheet.rows()
    found: list[Table] = []
    above: list[Cell] = []
    for number, row in rows.items():
        if found and number <= found[-1].header:
            continue
        header = None
        if not found or (not turned and _repeats(found[-1], row)):
            header = _header(sheet, rows, number, turned=turned)
        if header is not None:
            found.append(header)
            header.above.extend(above)
        elif found:
            found[-1].rows[number] = row
        else:
            above.extend(row.values())
    return found


def _repeats(current: Table, row: Row) -> bool:
    """Whether a row under a table has words for headings where the prices would stand."""
    words = {column: cell for column, cell in row.items() if isinstance(cell.value, str)}
    prices = [column for column, one in current.headings.items() if one.field in PRICES]
    return len(words) >= FEWEST and any(
        (column in prices and not re.search(r"\d", str(cell.value))) or _is_price(str(cell.value))
        for column, cell in words.items()
    )


@lru_cache(maxsize=4096)
def _is_price(text: str) -> bool:
    return len(text) <= LONGEST_HEADING and heading(Cell("", 1, 1, text)).field in PRICES


def _header(sheet: Sheet, rows: dict[int, Row], number: int, *, turned: bool) -> Table | None:
    """The headings that begin in a row, on one line or two, whichever is understood better."""

    def table(last: int, headings: dict[int, Heading]) -> Table | None:
        made = Table(sheet, turned, headings, last, {})
        return made if made.score >= FEWEST and made.names_prices else None

    if len(rows[number]) > WIDEST_LINE:
        return None
    one = table(number, _headings(rows[number], {}))
    below = rows.get(number + 1)
    if below is None or len(below) > WIDEST_LINE:
        return one
    two = table(number + 1, _headings(below, rows[number] if turned else _spread(rows[number])))
    lower = table(number + 1, _headings(below, {}))
    if two is not None and (_are_units(below) or two.score > max(one.score if one else 0, lower.score if lower else 0)):
        return two
    return one


def _are_units(row: Row) -> bool:
    """Whether a row has nothing but units: EUR, weeks, %."""
    bare = [normal(cell.value).strip("()[] ") if isinstance(cell.value, str) else "" for cell in row.values()]
    return all(text and (scale_and_currency(text) or unit_named(text) or text == "%") for text in bare)


def _spread(row: Row) -> Row:
    """Cells of a row by each column that they span."""
    return {column + further: cell for column, cell in row.items() for further in range(cell.width)}


def _headings(row: Row, above: Row) -> dict[int, Heading]:
    found = {}
    for column in sorted({*row, *above}):
        cell, over = row.get(column), above.get(column)
        shown = cell or over
        if shown is not None and isinstance(shown.value, str) and len(shown.value) <= LONGEST_HEADING:
            found[column] = heading(shown, over if cell else None)
        elif shown is not None:
            found[column] = Heading(shown)
    return found
