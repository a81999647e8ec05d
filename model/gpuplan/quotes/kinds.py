"""How a value of an instance stands in a cell of gpuplan's own workbook, and how it is read back without loss."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, cast

from gpuplan.quotes.cells import Cell, Value
from gpuplan.quotes.dates import day_of
from gpuplan.quotes.numbers import Unclear, count, money, plain, share, shown
from gpuplan.quotes.terms import damages, duration, early_order, free_units
from gpuplan.quotes.terms import payments as read_payments

Kind = Literal[
    "text",
    "words",
    "whole",
    "amount",
    "share",
    "day",
    "ids",
    "payments",
    "numbers",
    "capacity",
    "needs",
    "selection",
    "free",
    "range",
    "early",
    "damages",
]
Tree = Mapping[str, object]
LONGEST_VALUE = 5000
"""Characters of a cell that is no text: lists and terms of payment may be long."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a sheet: its heading, the field that it holds, and how."""

    heading: str
    field: str
    """Path within the entity, such as `rack_kw.air`."""
    kind: Kind = "text"
    help: str = ""
    choices: tuple[str, ...] = ()
    """What can be chosen; the name of a list where it begins with `=`."""


def to_cell(kind: Kind, value: object) -> Value:
    """The value as a cell has it."""
    if kind == "payments":
        return "; ".join(_payment(cast(Tree, one)) for one in cast("Sequence[object]", value))
    if kind == "ids":
        return ", ".join(str(one) for one in (value if isinstance(value, list | tuple) else [value]))
    if kind == "numbers":
        return "; ".join(f"{key} = {_plain(one)}" for key, one in cast(Tree, value).items())
    if kind == "needs":
        return "; ".join(f"{key} {_need(one)}" for key, one in cast(Tree, value).items())
    if kind == "selection":
        return "; ".join(f"{key} = {to_cell('ids', one)}" for key, one in cast(Tree, value).items())
    if kind in _TERMS:
        return _TERMS[kind](cast(Tree, value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    assert isinstance(value, str | Decimal | date | bool)
    return value


def _written_damages(tree: Tree) -> str:
    text = f"{_plain(Decimal(str(tree['share_per_week'])) * 100)} % a week"
    if "at_most_share" in tree:
        text += f", at most {_plain(Decimal(str(tree['at_most_share'])) * 100)} %"
    return text + (f", after {tree['grace_days']} days" if "grace_days" in tree else "")


_TERMS: dict[Kind, Callable[[Tree], str]] = {
    "free": lambda tree: f"{tree['buy']} + {tree['free']}",
    "range": lambda tree: f"{tree['least']}-{tree['most']}",
    "damages": _written_damages,
    "early": lambda tree: f"{_plain(Decimal(str(tree['discount'])) * 100)} % until {tree['until']}",
}
"""Terms of an offer that are two numbers in one cell."""


def _plain(value: object) -> str:
    return f"{plain(value):f}" if isinstance(value, Decimal) else str(value)


def _payment(tree: Tree) -> str:
    days = f" + {tree['days_after']} days" if tree.get("days_after") else ""
    currency = f" in {tree['currency']}" if tree.get("currency") else ""
    return f"{_plain(Decimal(str(tree['share'])) * 100)} % {tree['event']}{days}{currency}"


def _need(value: object) -> str:
    if isinstance(value, Mapping):
        return f"{_plain(value['design'])} / {_plain(value['typical'])}"
    return _plain(value)


def from_cell(column: Column, cell: Cell, today: date | None = None) -> object:
    """The value of a cell; raises Unclear, or Absent for one that says there is none."""
    if cell.flaw:
        raise Unclear(f"{cell.flaw}: {shown(cell.text)}", "Write the value itself.")
    if column.kind != "text" and isinstance(cell.value, str) and len(cell.value) > LONGEST_VALUE:
        raise Unclear(f"{len(cell.value):,} characters are no value", "Write the value itself.")
    readers: dict[Kind, Callable[[], object]] = {
        "text": lambda: str(cell.value) if isinstance(cell.value, str) else cell.text,
        "words": lambda: _word(column, cell),
        "whole": lambda: count(cell),
        "amount": lambda: _amount(cell),
        "share": lambda: share(cell),
        "day": lambda: day_of(cell, today).day,
        "ids": lambda: [part.strip() for part in cell.text.split(",") if part.strip()],
        "payments": lambda: _payments(cell),
        "numbers": lambda: {key: _number(value) for key, value in _pairs(cell)},
        "capacity": lambda: "unlimited" if cell.text.strip().casefold() == "unlimited" else _amount(cell),
        "needs": lambda: _needs(cell),
        "free": lambda: free_units(cell.text),
        "range": lambda: _range(cell),
        "damages": lambda: damages(cell.text),
        "early": lambda: early_order(cell.text, today)[0],
        "selection": lambda: {key: _listed(value) for key, value in _pairs(cell)},
    }
    return readers[column.kind]()


def _word(column: Column, cell: Cell) -> str:
    text = cell.text.strip()
    if column.choices and not column.choices[0].startswith("=") and text not in column.choices:
        raise Unclear(f"{shown(text)!r} is none of {', '.join(column.choices)}", "Choose one of them.")
    return text


def _amount(cell: Cell) -> Decimal:
    if isinstance(cell.value, str) and re.fullmatch(r"\d+(?:\.\d+)?", cell.value) and cell.answered:
        return Decimal(cell.value)
    found = money(cell)
    if len(found.readings) > 1:
        raise Unclear(f"{cell.text} can be {found.readings[0]:,f} or {found.readings[1]:f}", "Write it as a number.")
    return found.readings[0]


def _number(text: str) -> Decimal:
    if not re.fullmatch(r"-?\d+(?:\.\d+)?", text):
        raise Unclear(f"{shown(text)!r} is no number", "Write it in digits, such as 3 or 2.5.")
    return Decimal(text)


def _pairs(cell: Cell) -> list[tuple[str, str]]:
    found = []
    for part in cell.text.split(";"):
        key, sign, value = part.partition("=")
        if not sign or not key.strip() or not value.strip():
            raise Unclear(
                f"{shown(part)!r} is not of the form name = value", "Write it like site = room-a; vendor = atlas."
            )
        found.append((key.strip(), value.strip()))
    return found


def _listed(text: str) -> object:
    parts = [part.strip() for part in text.split(",")]
    return parts[0] if len(parts) == 1 else parts


_TERM = re.compile(
    r"(?P<share>\d+(?:\.\d+)?)\s*%\s*(?P<event>signed|shipped|delivered|"
    r"ready)(?:\s*\+\s*(?P<days>\d+)\s*days?)?(?:\s+in\s+(?P<currency>[A-Z]{3}))?"
)


def _payments(cell: Cell) -> list[dict[str, object]]:
    """Terms of payment in the workbook's own form, or in words."""
    found = []
    for part in cell.text.split(";"):
        match = _TERM.fullmatch(part.strip())
        if match is None:
            return read_payments(cell)[0]
        one: dict[str, object] = {"event": match["event"], "share": Decimal(match["share"]) / 100}
        one |= {"days_after": int(match["days"])} if match["days"] else {}
        one |= {"currency": match["currency"]} if match["currency"] else {}
        found.append(one)
    return found


def _range(cell: Cell) -> dict[str, object]:
    found = duration(cell, "days")
    return {"least": found.least, "most": found.most}


def _needs(cell: Cell) -> dict[str, object]:
    found: dict[str, object] = {}
    for part in cell.text.split(";"):
        match = re.fullmatch(r"([a-z0-9-]+)\s+(\d+(?:\.\d+)?)(?:\s*/\s*(\d+(?:\.\d+)?))?", part.strip())
        if match is None:
            raise Unclear(f"{shown(part)!r} is no need", "Write it like grid-power 0.3, or grid-power 0.3 / 0.2.")
        design = Decimal(match[2])
        found[match[1]] = design if match[3] is None else {"design": design, "typical": Decimal(match[3])}
    return found
