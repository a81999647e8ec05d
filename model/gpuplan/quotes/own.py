"""Reading gpuplan's own workbook, filled in or exported: every column by its heading, every row by its id."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import cast

from pydantic import BaseModel, ValidationError

from gpuplan.instance.facility import Site
from gpuplan.instance.faults import all_told
from gpuplan.instance.offers import Offer, Vendor
from gpuplan.instance.rules import Limit
from gpuplan.quotes.cells import Book, Cell, Sheet
from gpuplan.quotes.desk import Desk
from gpuplan.quotes.kinds import Column, from_cell
from gpuplan.quotes.names import Told
from gpuplan.quotes.numbers import Absent, Unclear, normal, shown
from gpuplan.quotes.offers import not_a_field
from gpuplan.quotes.pricing import plausible
from gpuplan.quotes.result import Quotes, as_field
from gpuplan.quotes.sheets import CAPACITY, EXPLANATION, FORMS, LEFT_OUT, QUOTES, SheetForm, is_field

Tree = dict[str, object]
EXAMPLE = "example"
"""Id of a row that shows how to fill in, and is not read."""
MODELS: dict[str, type[BaseModel]] = {"offers": Offer, "vendors": Vendor, "sites": Site, "limits": Limit}
KNOWN_BY = ("Offer id", "Vendor id", "System id", "Unit price")
"""Headings that gpuplan's own sheet of quotes has."""


def is_own(book: Book) -> bool:
    """Whether a book is gpuplan's own workbook."""
    return any(sheet.name == QUOTES.name and set(KNOWN_BY) <= _headings(sheet) for sheet in book.sheets)


def _headings(sheet: Sheet) -> set[str]:
    return {cell.text for (row, _), cell in sheet.cells.items() if row == 1}


class Reading:
    """The entities of a workbook as they are gathered, each with the cell of its id."""

    def __init__(self, book: Book, found: Quotes, told: Told) -> None:
        self.book, self.found, self.told = book, found, told
        self.trees: dict[str, dict[str, Tree]] = {section: {} for section in MODELS}
        self.places: dict[tuple[str, str], Cell] = {}
        self.failed: set[tuple[str, str]] = set()

    def ask(self, cell: Cell, why: str, way_out: str, entity: tuple[str, str] | None = None) -> None:
        """Ask for a cell; the entity that it is of is not complete."""
        self.found.ask(self.book, cell, why, way_out)
        if entity:
            self.failed.add(entity)


def read_own(book: Book, told: Told, found: Quotes) -> dict[str, dict[str, Tree]]:
    """Fill in the offers and vendors of a workbook; gives the rooms and limits that it states, as trees by section."""
    reading = Reading(book, found, told)
    sheets = {sheet.name: sheet for sheet in book.sheets}
    for form in FORMS:
        if form.name in sheets:
            _read_sheet(reading, form, sheets.pop(form.name))
    for name, sheet in sheets.items():
        if name not in (EXPLANATION, LEFT_OUT, "Lists") and sheet.cells:
            found.leave(book, name, "this sheet is none of the workbook's own, and is not read")
    kept = {section: dict(_valid(reading, section)) for section in MODELS}
    found.vendors |= cast("dict[str, Vendor]", kept["vendors"])
    found.offers |= cast("dict[str, Offer]", kept["offers"])
    _vendors_there(reading)
    return {section: {name: reading.trees[section][name] for name in kept[section]} for section in ("sites", "limits")}


def _read_sheet(reading: Reading, form: SheetForm, sheet: Sheet) -> None:
    rows = sheet.rows()
    columns: dict[int, Column] = {}
    known = {column.heading: column for column in form.columns}
    for position, cell in rows.get(1, {}).items():
        if cell.text in known:
            columns[position] = known[cell.text]
        else:
            reading.found.leave(
                reading.book,
                cell,
                f"the heading {shown(cell.text)!r} is not one of this sheet's, and its column is not read",
            )
    hidden = [number for number in rows if number in sheet.hidden_rows]
    hidden_columns = [column for column in columns if column in sheet.hidden_columns]
    for number in hidden:
        reading.ask(next(iter(rows[number].values())), "this row is hidden", "Show or delete it.")
    for column in hidden_columns:
        reading.ask(rows[1][column], "this column is hidden", "Show or delete it.")
    for number, row in rows.items():
        if number > 1 and number not in hidden:
            _read_row(
                reading, form, {columns[position]: cell for position, cell in row.items() if position in columns}, row
            )


def _read_row(reading: Reading, form: SheetForm, cells: dict[Column, Cell], row: dict[int, Cell]) -> None:
    key = cells.get(form.columns[0])
    if key is None:
        for cell in row.values():
            reading.ask(
                cell,
                f"{shown(cell.text)!r} stands in a row without {form.columns[0].heading.lower()}",
                "Write the id, or delete it.",
            )
        return
    name = normal(key.text)
    if name == EXAMPLE:
        return
    entity = (form.section, name)
    values = _values(reading, form, entity, cells)
    if form.steps:
        _add_step(reading, form, entity, key, values)
        return
    if name in reading.trees[form.section]:
        reading.ask(key, f"{name!r} stands in two rows", "Give each an id of its own.", entity)
    tree = reading.trees[form.section].setdefault(name, {})
    reading.places[entity] = key
    for path, value in values.items():
        parent, _, child = path.rpartition(".")
        (cast(Tree, tree.setdefault(parent, {})) if parent else tree)[child] = value


def _values(reading: Reading, form: SheetForm, entity: tuple[str, str], cells: dict[Column, Cell]) -> Tree:
    values: Tree = {}
    for column, cell in cells.items():
        if cell.comment:
            reading.found.leave(
                reading.book, cell, f"a comment: {shown(cell.comment)!r}", "Look whether it changes it."
            )
        if column is form.columns[0]:
            continue
        try:
            value = from_cell(column, cell, reading.told.today)
        except Absent:
            continue
        except Unclear as error:
            reading.ask(cell, error.why, error.way_out, entity)
            continue
        name = form.steps or column.field
        taken = value
        if form.section == "offers" and not form.steps and column.field not in ("vendor", "system", "price"):
            taken = as_field(column.field, value) if is_field(form, column) else None
        named = name if form.section == "offers" else f"{form.section}: {column.field}"
        reading.found.note(cell, entity[1], named, value, taken=taken is not None)
        if taken is not None:
            values[column.field] = taken
        elif is_field(form, column):
            reading.ask(cell, f"{shown(cell.text)!r} is no {column.field.replace('_', ' ')}", "Mend it.", entity)
        else:
            not_a_field(reading.found, reading.book, cell, column.field, value)
    return values


def _add_step(reading: Reading, form: SheetForm, entity: tuple[str, str], key: Cell, values: Tree) -> None:
    tree = reading.trees[form.section].get(entity[1])
    if tree is None:
        # Sheets of steps come after the sheet of what they are steps of.
        reading.ask(
            key,
            f"there is no row of {shown(entity[1])!r} that this could belong to",
            "Write its id as it stands there.",
        )
        return
    if form is CAPACITY:
        _add_capacity(reading, entity, key, tree, values)
        return
    if form.steps == "lead_days" and not isinstance(tree.get("lead_days"), list):
        if "lead_days" in tree:
            reading.ask(key, "the sheet Quotes states a lead too", "State it in one of the two.", entity)
        tree["lead_days"] = []
    cast("list[Tree]", tree.setdefault(form.steps, [])).append(values)


def _add_capacity(reading: Reading, entity: tuple[str, str], key: Cell, tree: Tree, values: Tree) -> None:
    resources = cast("dict[str, Tree]", tree.setdefault("capacity", {}))
    resource = str(values.get("resource", ""))
    if not resource or "amount" not in values:
        reading.ask(key, "a resource and an amount are wanted", "Write both, or delete the row.", entity)
        return
    capacity = resources.setdefault(resource, {})
    if "needs" in values:
        capacity["needs"] = values["needs"]
    if "from" in values:
        steps = cast("list[Tree]", capacity.setdefault("amount", []))
        if isinstance(steps, list):
            steps.append({"from": values["from"], "amount": values["amount"]})
            return
    elif "amount" not in capacity:
        capacity["amount"] = values["amount"]
        return
    reading.ask(
        key, f"{resource} of {entity[1]} is stated twice", "State one amount, or days from which each holds.", entity
    )


def _valid(reading: Reading, section: str) -> Iterator[tuple[str, BaseModel]]:
    """The entities of a section that are whole; what is wrong with the others is asked."""
    for name, tree in reading.trees[section].items():
        entity = (section, name)
        cell = reading.places[entity]
        if section == "offers":
            ends = cast(Tree, tree.get("lead_days_range", {}))
            if ends and tree.get("lead_days") in (0, ends["most"]):
                del tree["lead_days"]  # the range says it
            _priced(reading, name, tree, cell)
        if entity in reading.failed:
            continue
        try:
            yield name, MODELS[section].model_validate(tree)
        except ValidationError as error:
            for problem in all_told(error.errors(), tree, MODELS[section]):
                where = f"{problem.path}: " if problem.path else ""
                reading.ask(cell, where + problem.message, problem.way_out or "Mend the row.", entity)


def _priced(reading: Reading, name: str, tree: Tree, cell: Cell) -> None:
    """Ask where an offer states no price or no currency, or a price far off what is published."""
    entity = ("offers", name)
    currency = str(tree.get("currency") or reading.told.currency)
    if not currency:
        reading.ask(
            cell, "the currency of its price is not stated", "Write its code, or name it: --currency EUR.", entity
        )
        return
    tree["currency"] = currency
    if not {"price", "prices", "price_per_month"} & set(tree):
        reading.ask(cell, "there is no price", "Write it, or delete the row.", entity)
        return
    if "prices" not in tree:
        tree.setdefault("price", Decimal(0))
    if tree.get("price") == 0 and not tree.get("price_per_month"):
        reading.ask(cell, "a price of 0", "Write what one system costs.", entity)
    system = str(tree.get("system", ""))
    if system not in reading.told.known.systems:
        reading.ask(
            cell,
            f"{shown(system)!r} is no system that is known",
            "See `gpuplan catalog systems`, or state it in the instance.",
            entity,
        )
        return
    desk = Desk(reading.book, reading.found, reading.told.known, name, "", currency)
    steps = [*cast("list[Tree]", tree.get("tiers", [])), *cast("list[Tree]", tree.get("prices", []))]
    prices = [tree.get("price"), *(step.get("price") for step in steps)]
    for price in prices:
        if price and not cell.answered:
            with desk.asking(cell):
                plausible(desk, cell, cast("Decimal", price), system, currency)
    if desk.failed:
        reading.failed.add(entity)


def _vendors_there(reading: Reading) -> None:
    """Ask where an offer names a vendor that neither the workbook nor the instance has."""
    for name, offer in reading.found.offers.items():
        if offer.vendor not in reading.found.vendors:
            known = reading.told.vendors.get(offer.vendor)
            if known is None:
                cell = reading.places["offers", name]
                reading.ask(cell, f"there is no vendor {offer.vendor!r}", "Add a row of it to the sheet Vendors.")
            else:
                reading.found.vendors[offer.vendor] = known
