"""A table to be shown: what the workbook, the page and the data frames are all made from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from gpuplan.report.words import quantity

Cell: TypeAlias = str | int | Decimal | date | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: where its cells come from, and what its numbers are in."""

    key: str
    """Name in data frames; the field of each row that it shows."""
    heading: str
    unit: str = ""
    """`money` is the reporting currency, `share` a share of 1; `=key` when another column of the row says it."""

    def titled(self, currency: str) -> str:
        """The heading with the unit of its numbers; shares are shown as per cent."""
        unit = currency if self.unit == "money" else "" if self.unit == "share" or self.unit[:1] == "=" else self.unit
        return f"{self.heading} ({unit})" if unit else self.heading


@dataclass(frozen=True, slots=True)
class Table:
    """A table: numbers are numbers, days are days, and nothing is rounded."""

    name: str
    """Letters and hyphens, at most 31: name of the sheet and of the data frame."""
    title: str
    currency: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    @property
    def headings(self) -> tuple[str, ...]:
        """Of the columns, with units."""
        return tuple(column.titled(self.currency) for column in self.columns)

    def unit(self, row: tuple[Cell, ...], position: int) -> str:
        """The unit of a cell."""
        stated = self.columns[position].unit
        if not stated.startswith("="):
            return stated
        keys = [column.key for column in self.columns]
        found = row[keys.index(stated[1:])]
        return "money" if found == self.currency else str(found or "")

    def shown(self, row: tuple[Cell, ...], position: int) -> str:
        """A cell as people read it, the currency left to the heading or the column beside it: money to four digits,
        shares as per cent, other numbers to a hundredth."""
        cell = row[position]
        if cell is None:
            return ""
        if isinstance(cell, str | date):
            return str(cell)
        unit = self.unit(row, position)
        amount = Decimal(cell)
        if unit not in ("money", "share"):
            return quantity(amount, "", self.currency) if abs(amount) >= 1 or not amount else f"{amount.normalize():f}"
        return quantity(amount, unit, "").strip()


def column(key: str, unit: str = "", heading: str | None = None) -> Column:
    """A column headed by its key in words, unless another heading is given."""
    return Column(key, key.replace("_", " ") if heading is None else heading, unit)


def table(name: str, title: str, currency: str, rows: Iterable[Any], *columns: Column) -> Table:
    """A table of objects or mappings: each column takes the field of its key. Lists become text."""
    return Table(name, title, currency, columns, tuple(tuple(_cell(row, one.key) for one in columns) for row in rows))


def _cell(row: Any, key: str) -> Cell:
    value = row.get(key) if isinstance(row, dict) else getattr(row, key)
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, list | tuple):
        return "; ".join(str(one) for one in value)
    if value is None or isinstance(value, str | int | Decimal | date):
        return value
    return str(value)
