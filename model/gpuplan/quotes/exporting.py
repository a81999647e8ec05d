"""An instance as the rows of gpuplan's own workbook, and what the workbook has no words for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from gpuplan.quotes.cells import Value
from gpuplan.quotes.kinds import to_cell
from gpuplan.quotes.sheets import CAPACITY, FORMS, LIMITS, QUOTES, SheetForm

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gpuplan.instance.schema import Instance

Tree = dict[str, object]
Row = dict[str, Value]
ALWAYS_WRITTEN = ("currency", "payments", "lead_days", "includes")
"""Fields of an offer that are written where they are left out too, so that a reader need assume nothing."""
MAY_BE_LEFT = frozenset({"sources"})
"""Fields that an offer or a limit can be told without; with any other left, it is not told at all."""


@dataclass(slots=True)
class Rows:
    """The rows of each sheet, and the paths of what stands in none of them."""

    sheets: dict[str, list[Row]] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def rows_of(instance: Instance) -> Rows:
    """The rows that an instance makes."""
    rows = Rows({form.name: [] for form in FORMS})
    for section in ("vendors", "offers", "sites", "limits"):
        for name, entity in getattr(instance, section).items():
            _add(rows, section, name, _tree(instance, section, entity))
    return rows


def _tree(instance: Instance, section: str, entity: BaseModel) -> Tree:
    tree = entity.model_dump(exclude_defaults=True)
    if section == "offers":
        whole = entity.model_dump()
        tree |= {key: whole[key] for key in ALWAYS_WRITTEN}
        tree["currency"] = whole["currency"] or instance.currency
    return tree


def _add(rows: Rows, section: str, name: str, tree: Tree) -> None:
    """Add the rows of an entity. What is left of it is told; an offer or a limit is then left out whole."""
    made: list[tuple[str, Row]] = []
    for form in FORMS:
        if form.section == section:
            taken = _steps(form, name, tree) if form.steps else [_row(form, name, tree)]
            made += [(form.name, row) for row in taken]
    left = sorted(key for key, value in tree.items() if value not in ({}, None))
    rows.left_out += [f"{section}.{name}.{key}" for key in left]
    if section in ("offers", "limits") and not set(left) <= MAY_BE_LEFT:
        rows.left_out.append(f"{section}.{name}")
        return
    for sheet, row in made:
        rows.sheets[sheet].append(row)


def _row(form: SheetForm, name: str, tree: Tree) -> Row:
    """The row of an entity; what it takes is gone from the tree."""
    row: Row = {form.columns[0].heading: name}
    for parent in {column.field.partition(".")[0] for column in form.columns if "." in column.field}:
        own = {column.field.partition(".")[2] for column in form.columns if column.field.startswith(f"{parent}.")}
        inner = tree.get(parent)
        if isinstance(inner, dict) and set(inner) <= own:
            tree |= {f"{parent}.{key}": value for key, value in inner.items()}
            del tree[parent]
    for column in form.columns[1:]:
        value = tree.get(column.field)
        if value is not None and _fits(form, column.field, value):
            del tree[column.field]
            if value != "" and value != {} and value != ():
                row[column.heading] = to_cell(column.kind, value)
    return row


def _fits(form: SheetForm, name: str, value: object) -> bool:
    """Whether a value stands in one cell: a lead that changes by day does not."""
    if form is QUOTES and name == "lead_days":
        return isinstance(value, int)
    if name in ("select", "exclude", "of") and form is LIMITS:
        return isinstance(value, dict)
    return True


def _steps(form: SheetForm, name: str, tree: Tree) -> Iterator[Row]:
    """A row for each step of an entity's schedule; the schedule is gone from the tree."""
    steps = tree.pop(form.steps, None)
    if form is CAPACITY:
        yield from _capacity(name, cast("Mapping[str, Mapping[str, object]]", steps or {}))
        return
    for step in cast("list[Tree]", steps or []):
        row: Row = {form.columns[0].heading: name}
        for column in form.columns[1:]:
            if (value := step.get(column.field)) is not None:
                row[column.heading] = to_cell(column.kind, value)
        yield row


def _capacity(name: str, resources: Mapping[str, Mapping[str, object]]) -> Iterator[Row]:
    for resource, capacity in resources.items():
        amount = capacity["amount"]
        steps = cast("list[Tree]", amount) if isinstance(amount, list | tuple) else [{"amount": amount}]
        for position, step in enumerate(steps):
            row: Row = {"Room id": name, "Resource": resource, "Amount": to_cell("capacity", step["amount"])}
            if "from" in step:
                row["From"] = to_cell("day", step["from"])
            if capacity.get("needs") and position == 0:
                row["Needs"] = to_cell("needs", capacity["needs"])
            yield row
