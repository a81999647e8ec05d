"""From the rows of a table to quotes: which cells belong to one, its tiers among them, and which rows are none."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.headings import COUNTS, PRICES, Heading, quantity_range
from gpuplan.quotes.layout import Row, Table
from gpuplan.quotes.numbers import is_absent, normal, says_scale, shown
from gpuplan.quotes.result import Quotes
from gpuplan.quotes.vocabulary import TOTALS

Part = tuple[Heading, Cell]
AMOUNTS = ("price", "list_price", "price_each_accelerator", "price_per_month")


@dataclass(slots=True)
class TierCells:
    """The cells of one price tier."""

    start: Part | None = None
    """From how many units; None where `units` says it."""
    end: Part | None = None
    units: tuple[int, int | None] | None = None
    price: Part | None = None
    discount: Part | None = None

    @property
    def cell(self) -> Cell:
        """A cell to name it by."""
        part = self.price or self.discount or self.start or self.end
        assert part is not None
        return part[1]


@dataclass(slots=True)
class Record:
    """The cells of one quote."""

    fields: dict[str, Part] = field(default_factory=dict)
    tiers: list[TierCells] = field(default_factory=list)
    remarks: list[Cell] = field(default_factory=list)
    assumed: dict[str, str] = field(default_factory=dict)
    """What was assumed to take a cell for this quote, by field."""

    @property
    def cell(self) -> Cell:
        """A cell to name it by."""
        for name in ("system", "price", "vendor"):
            if name in self.fields:
                return self.fields[name][1]
        return next(iter(self.fields.values()))[1] if self.fields else self.tiers[0].cell

    def cells(self) -> list[Cell]:
        """Every cell but the remarks."""
        parts = [*self.fields.values()]
        for tier in self.tiers:
            parts += [part for part in (tier.start, tier.end, tier.price, tier.discount) if part is not None]
        return [cell for _, cell in parts]


def records(book: Book, table: Table, found: Quotes, *, read_hidden: bool | None) -> list[Record]:
    """The quotes of a table. What belongs to none, and what is hidden, is told."""
    columns = _columns(book, table, found, read_hidden=read_hidden)
    made: list[Record] = []
    for number, row in table.rows.items():
        if number in table.sheet.hidden_rows and read_hidden is not True:
            _hidden(book, table, row, found, read_hidden)
            continue
        parts = {column: (columns[column], cell) for column, cell in row.items() if column in columns}
        if not _is_quote(book, row, parts, found):
            continue
        _without_heading(book, table, row, found)
        _merged(book, row, columns, found)
        _add(book, made, list(parts.values()), found)
    _quantities(book, made, found)
    return made


def _quantities(book: Book, made: list[Record], found: Quotes) -> None:
    """Ask where one vendor quotes one system for several quantities: price tiers, or quotes of their own."""
    groups: dict[tuple[str, str], list[Cell]] = {}
    for record in made:
        if "quantity" in record.fields:
            who, what = (record.fields.get(name) for name in ("vendor", "system"))
            key = (normal(who[1].text) if who else "", normal(what[1].text) if what else "")
            groups.setdefault(key, []).append(record.fields["quantity"][1])
    for cells in groups.values():
        if len({cell.value for cell in cells}) > 1:
            for cell in cells:
                way_out = "Head the column `From units` if these are price tiers, or leave it out."
                found.ask(book, cell, f"one system is quoted for {cell.text} and for other quantities", way_out)


def _columns(book: Book, table: Table, found: Quotes, *, read_hidden: bool | None) -> dict[int, Heading]:
    """The columns that are understood, by position; others are told."""
    columns: dict[int, Heading] = {}
    counted = Counter(one.key for one in table.headings.values() if one.field not in ("", "ignored", "remarks"))
    for column, one in table.headings.items():
        filled = any(column in row for row in table.rows.values())
        if column in table.sheet.hidden_columns and filled and read_hidden is not True:
            if one.field and read_hidden is None:
                message = f"the column {shown(one.cell.text)!r} is hidden"
                found.ask(book, one.cell, message, "Show or delete it, or say --hidden read or --hidden leave-out.")
            elif read_hidden is False:
                found.leave(book, one.cell, f"the hidden column {shown(one.cell.text)!r} is left out")
            continue
        if not one.field and filled:
            way_out = "Head it in other words, as `gpuplan template` does, if it says something of the offers."
            found.leave(
                book, one.cell, f"the heading {shown(one.cell.text)!r} is not understood, its column not read", way_out
            )
        if one.field and one.field != "ignored":
            if counted[one.key] > 1 and filled:
                found.ask(
                    book, one.cell, f"more than one column is headed as {one.field}", "Head one of them in other words."
                )
            columns[column] = one
            _told_besides(book, one, found)
    return columns


def _told_besides(book: Book, one: Heading, found: Quotes) -> None:
    """Tell what a heading says besides; ask where it may change the numbers below it."""
    if one.taxed:
        found.ask(
            book, one.cell, "these prices have tax in them", "Give prices without tax, and the tax under `levies`."
        )
    if one.rest:
        said = f"the words {shown(one.rest)!r} of the heading are not understood"
        if one.field in PRICES | COUNTS and re.search(r"\d", one.rest):
            found.ask(book, one.cell, said, "Say in other words what the numbers below are.")
        else:
            found.leave(book, one.cell, said, "Look whether they change what is below.")


def _hidden(book: Book, table: Table, row: Row, found: Quotes, read_hidden: bool | None) -> None:
    cell = next(iter(row.values()))
    line = "column" if table.turned else "row"
    if read_hidden is None:
        found.ask(
            book, cell, f"this {line} is hidden", "Show or delete it, or say --hidden read or --hidden leave-out."
        )
    else:
        found.leave(book, cell, f"this hidden {line} is left out")


def _is_quote(book: Book, row: Row, parts: dict[int, Part], found: Quotes) -> bool:
    """Whether a row is of a quote, or of a tier of one; the words of any other row are told."""
    names = {one.field for one, cell in parts.values()}
    amounts = names & {*AMOUNTS, "tier_price", "discount"}
    labels = [normal(cell.text).casefold().strip(" .:") for cell in row.values() if isinstance(cell.value, str)]
    if any(label in TOTALS for label in labels) and "system" not in names:
        found.leave(book, next(iter(row.values())), "this row adds up others, and is no quote")
        return False
    if amounts or {"system", "vendor"} <= names:
        return True
    for cell in row.values():
        if isinstance(cell.value, str) and says_scale(cell.value):
            said = f"{shown(cell.text)!r} may say that prices are in thousands or millions"
            found.ask(book, cell, said, "Write prices whole, or the unit into their heading; then delete it here.")
        elif not _is_blank(cell):
            found.leave(
                book, cell, f"not in the form of a quote: {shown(cell.text)!r}", "Look whether it changes an offer."
            )
    return False


def _is_blank(cell: Cell) -> bool:
    return isinstance(cell.value, str) and not normal(cell.value).strip("-–—_=* ")


def _without_heading(book: Book, table: Table, row: Row, found: Quotes) -> None:
    for column, cell in row.items():
        if column not in table.headings and not _is_blank(cell):
            found.leave(
                book, cell, f"{shown(cell.text)!r} stands under no heading", "Look whether it changes an offer."
            )


def _merged(book: Book, row: Row, columns: dict[int, Heading], found: Quotes) -> None:
    for column, cell in row.items():
        if cell.width > 1 and any(column + further in columns for further in range(1, cell.width)):
            found.ask(book, cell, "merged cells span more than one field", "Unmerge them, and write the value in each.")


def _add(book: Book, made: list[Record], parts: list[Part], found: Quotes) -> None:
    """Add a row to the quotes: as one of its own, or as a tier of the one before."""
    record = Record()
    numbered: dict[int, TierCells] = {}
    own = TierCells()
    for one, cell in parts:
        _place(record, numbered, own, one, cell)
    stepwise = own.start is not None or own.end is not None or own.units is not None
    if "tier_range" in record.fields:
        found.ask(book, record.fields["tier_range"][1], "this is no range of units", "Write it like 20-39 or 40+.")
    if stepwise:
        for name in ("price", "discount"):
            if name in record.fields and getattr(own, name) is None:
                setattr(own, name, record.fields.pop(name))
        record.tiers.append(own)
    elif own.price is not None or own.discount is not None:
        found.ask(book, own.cell, "a price of a tier whose units are not stated", "Say from how many units it holds.")
    record.tiers += [numbered[number] for number in sorted(numbered)]
    before = made[-1] if made else None
    _carried(record, before)
    if stepwise and before is not None and before.tiers and _same(record, before):
        before.tiers += record.tiers
        before.remarks += [cell for cell in record.remarks if cell not in before.remarks]
        for name, part in record.fields.items():
            if name not in before.fields:
                before.fields[name] = part
            elif before.fields[name][1].value != part[1].value and name != "quote":
                found.ask(
                    book,
                    part[1],
                    f"the tiers of one quote differ in {name}",
                    "Give each tier the same, or leave it empty.",
                )
        return
    made.append(record)


def _place(record: Record, numbered: dict[int, TierCells], own: TierCells, one: Heading, cell: Cell) -> None:
    """Put a cell where its heading says."""
    part = (one, cell)
    if one.units is not None:
        record.tiers.append(TierCells(units=one.units, price=part))
        return
    tier = own if one.tier is None else numbered.setdefault(one.tier, TierCells())
    if one.field == "remarks":
        record.remarks.append(cell)
    elif one.field in ("tier_from", "tier_to", "tier_price"):
        setattr(tier, {"tier_from": "start", "tier_to": "end", "tier_price": "price"}[one.field], part)
    elif one.field == "discount" and one.tier is not None:
        tier.discount = part
    elif one.field in ("tier_range", "quantity") and isinstance(cell.value, str) and quantity_range(cell.value):
        tier.units, tier.start = quantity_range(cell.value), part
    else:
        record.fields[one.field] = part


def _carried(record: Record, before: Record | None) -> None:
    """Vendor and country of the row above, where they are left empty under it."""
    if before is None or "vendor" in record.fields or "vendor" not in before.fields:
        return
    for name in ("vendor", "country"):
        if name in before.fields and name not in record.fields:
            record.fields[name] = before.fields[name]
            record.assumed[name] = f"that of {before.fields[name][1].name}, being empty below it"


def _same(record: Record, before: Record) -> bool:
    """Whether a row of a tier goes on with the quote above it."""
    for name in ("vendor", "system", "quote"):
        mine, theirs = record.fields.get(name), before.fields.get(name)
        if mine is not None and theirs is not None and normal(mine[1].text) != normal(theirs[1].text):
            return False
    return True


def is_stated(part: Part | None) -> bool:
    """Whether a cell says something but that there is no value."""
    return part is not None and not (isinstance(part[1].value, str) and is_absent(part[1].value))
