"""Reading a file of quotes: `read_quotes` gives offers, what each cell was understood as, and what is asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from gpuplan.instance.base import exactly
from gpuplan.instance.offers import Offer
from gpuplan.quotes.cells import Book, Cell, Sheet
from gpuplan.quotes.files import read_book, with_values
from gpuplan.quotes.headings import Heading
from gpuplan.quotes.layout import Table, tables
from gpuplan.quotes.names import Told
from gpuplan.quotes.numbers import LONGEST_SHOWN, normal, shown
from gpuplan.quotes.offers import not_a_field, read_offer
from gpuplan.quotes.own import is_own, read_own
from gpuplan.quotes.records import records
from gpuplan.quotes.result import Quotes, as_field, goes_to
from gpuplan.quotes.systems import Known

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


MOST_WORDS = 20
"""Cells of a sheet without a table of quotes that are told of one by one."""


@exactly
def read_quotes(
    file: Path | str,
    *,
    into: Instance | None = None,
    as_of: date | None = None,
    currency: str = "",
    vendor: str = "",
    answers: Mapping[str, str] | None = None,
    hidden: bool | None = None,
    encoding: str | None = None,
) -> Quotes:
    """The quotes in a workbook (.xlsx, .ods) or a table of separated values (.csv).

    `into` is the instance whose systems and vendors are known besides those of the catalogue; `as_of` the day of the
    quotes, for days without a year; `currency` that of prices that name none; `vendor` who sells where no quote says
    so; `answers` what stands in cells instead, by place such as `Quotes!B7`; `hidden` whether hidden rows, columns and
    sheets are read (None asks about each).

    Nothing is guessed: what is unclear is among `asked`, what has no place in an offer among `not_taken`. Raises
    InvalidInput when the file cannot be read.
    """
    book = with_values(read_book(Path(file), encoding), answers or {})
    return understood(book, told_of(into, as_of, currency, vendor), hidden)


def told_of(into: Instance | None, as_of: date | None, currency: str, vendor: str) -> Told:
    """What is known beside a file: from an instance, and from who reads it."""
    known = Known(_trees(into.systems), _trees(into.accelerators)) if into else Known()
    return Told(as_of, currency, vendor, known, dict(into.vendors) if into else {})


def _trees(entities: Mapping[str, object]) -> dict[str, dict[str, object]]:
    from pydantic import BaseModel

    return {name: one.model_dump() for name, one in entities.items() if isinstance(one, BaseModel)}


def understood(book: Book, told: Told, hidden: bool | None) -> Quotes:
    """What a book of cells says."""
    found = Quotes(book.file)
    if is_own(book):
        found.further = read_own(book, told, found)
        return found
    laid_out = [(sheet, tables(sheet)) for sheet in book.sheets]
    if not any(made for _, made in laid_out):
        sheets = ", ".join(sheet.name for sheet in book.sheets)
        found.ask(
            book,
            sheets,
            "no table of quotes is found: no line of headings names a price and two more fields",
            "Head the columns as `gpuplan template` does.",
        )
    for sheet, made in laid_out:
        if sheet.hidden and hidden is not True:
            _hidden_sheet(book, sheet, found, bool(made), hidden)
            continue
        if not made:
            _words(book, list(sheet.cells.values()), found)
        for table in made:
            _read_table(book, table, found, told, hidden)
    if not found.offers and not found.problems:
        sheets = ", ".join(sheet.name for sheet in book.sheets)
        found.ask(book, sheets, "headings of quotes are found, and no quote under them", "Put each quote in a row.")
    for offer, cell, words in found.conditions:
        if offer in found.offers:
            _condition(book, found, offer, cell, words)
    return found


def _condition(book: Book, found: Quotes, offer: str, cell: Cell, words: str) -> None:
    """A condition between offers: the one offer that its words name, by its id, its vendor or its number."""
    plain = normal(words).casefold()
    named = [
        name
        for name, other in found.offers.items()
        if name != offer
        and (
            plain in (name, other.vendor)
            or found.numbers.get(name, "").casefold().startswith(plain)
            or found.vendors[other.vendor].name.casefold().startswith(plain)
        )
    ]
    if len(named) != 1:
        said = (
            f"a condition between offers, with {shown(words)!r}, which names {'none' if not named else 'several'} here"
        )
        found.leave(book, cell, said, "It is not taken over: buy both or neither by a limit.")
        return
    form = as_field("only_with", named) if goes_to("only_with") else None
    found.note(cell, offer, "only_with", named, f"{shown(words)} is taken for this offer", taken=form is not None)
    if form is not None:
        found.offers[offer] = Offer.model_validate({**found.offers[offer].model_dump(), "only_with": form})
    else:
        not_a_field(found, book, cell, "only_with", named)


def _hidden_sheet(book: Book, sheet: Sheet, found: Quotes, has_quotes: bool, hidden: bool | None) -> None:
    if has_quotes and hidden is None:
        found.ask(
            book,
            sheet.name,
            "this sheet is hidden and has a table of quotes",
            "Show or delete it, or say --hidden read or --hidden leave-out.",
        )
    elif sheet.cells:
        found.leave(book, sheet.name, "this hidden sheet is not read")


def _words(book: Book, cells: list[Cell], found: Quotes) -> None:
    """Tell of the first words of a sheet that has no table, and how many more there are."""
    said = [cell for cell in cells if normal(cell.text).strip("-–—_=* .")]
    if len(said) > MOST_WORDS:
        found.leave(
            book, said[MOST_WORDS], f"this and {len(said) - MOST_WORDS - 1:,} more cells beside the quotes are not read"
        )
    for cell in said[:MOST_WORDS]:
        found.leave(
            book,
            cell,
            f"beside the quotes: {shown(cell.text, LONGEST_SHOWN)!r}",
            "Look whether it changes an offer.",
        )


def _read_table(book: Book, table: Table, found: Quotes, told: Told, hidden: bool | None) -> None:
    from gpuplan.quotes.surroundings import surroundings

    table = _with_vendor(table)
    around = surroundings(book, table, found, told)
    for record in records(book, table, found, read_hidden=hidden):
        read_offer(book, found, record, around)


def _with_vendor(table: Table) -> Table:
    """The table with its first column without a heading as the vendors', where none is headed so and all say something.

    Vendors as columns stand so: their names above them, and no word for them at the side.
    """
    headed = {one.field for one in table.headings.values()}
    columns = sorted({column for row in table.rows.values() for column in row} - set(table.headings))
    if not table.turned or "vendor" in headed or not columns or columns[0] > min(table.headings):
        return table
    first = columns[0]
    cells = [row[first] for row in table.rows.values() if first in row]
    return replace(table, headings={first: Heading(cells[0], "vendor"), **table.headings})
