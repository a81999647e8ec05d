"""The plain fields of a quote: each read from its cell into what an offer states, with what was assumed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.countries import country_of
from gpuplan.quotes.dates import day_of
from gpuplan.quotes.headings import Heading
from gpuplan.quotes.numbers import Unclear, count, normal, share, shown
from gpuplan.quotes.terms import damages, duration, early_order, free_units, included, payments, unit_named, warranty

Reading = dict[str, tuple[object, str]]
"""By field: a value as an offer states it, and what was assumed."""
Read = Callable[[Heading, Cell, date | None], Reading]


def _lead(heading: Heading, cell: Cell, _today: date | None) -> Reading:
    found = duration(cell, heading.unit)
    reading: Reading = {"lead_days": (found.most, found.assumption)}
    if found.least != found.most:
        reading["lead_days_range"] = ({"least": found.least, "most": found.most}, "")
    return reading


def _days(name: str) -> Read:
    def read(heading: Heading, cell: Cell, _today: date | None) -> Reading:
        found = duration(cell, heading.unit)
        return {name: (found.most, found.assumption)}

    return read


def _until(heading: Heading, cell: Cell, today: date | None) -> Reading:
    """The last day of a quote, or so many days from the day of the quotes."""
    text = normal(str(cell.value)).casefold() if isinstance(cell.value, str) else ""
    lasting = isinstance(cell.value, Decimal) or (text[:1].isdigit() and unit_named(text) and not text.startswith("20"))
    if lasting:
        try:
            found = duration(cell, heading.unit or unit_named(text))
        except Unclear:
            lasting = False
        else:
            raise Unclear(
                f"{shown(cell.text)} is a time, from a day that is not told to be that of this quote",
                f"Write the last day, like 2027-01-31 ({found.least} days from the day of the quote).",
            )
    read = day_of(cell, today)
    return {"order_until": (read.day, read.assumption)}


def _from(_heading: Heading, cell: Cell, today: date | None) -> Reading:
    read = day_of(cell, today)
    return {"order_from": (read.day, read.assumption)}


def _warranty(heading: Heading, cell: Cell, _today: date | None) -> Reading:
    found = warranty(cell, heading.unit)
    more = f"what it says besides ({found.rest}) is not taken over" if found.rest and not found.support else ""
    reading: Reading = {"warranty_years": (found.years, more)}
    if found.support:
        reading["includes"] = (["system", "support"], "")
    return reading


def _payments(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    found, assumption = payments(cell)
    return {"payments": (found, assumption)}


def _includes(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    return {"includes": (included(cell.text), "")}


def _share(name: str) -> Read:
    def read(heading: Heading, cell: Cell, _today: date | None) -> Reading:
        return {name: (share(cell, in_percent=heading.unit == "percent"), "")}

    return read


def _exported(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    return {"exported_from": (country_of(cell.text), "")}


def _supply(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    return {"supply": (count(cell), "from the first day on")}


def _months(heading: Heading, cell: Cell, _today: date | None) -> Reading:
    value = cell.value
    if isinstance(value, Decimal) and heading.unit == "years":
        value = value * 12
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return {"min_months": (int(value), "")}
    raise Unclear(f"{shown(cell.text)!r} is no number of months", "Write the number of months.")


def _text(name: str) -> Read:
    def read(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
        return {name: (cell.text, "")}

    return read


def _only_with(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    return {"only_with": ([part.strip() for part in cell.text.split(",") if part.strip()], "")}


def _free_units(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    return {"free_units": (free_units(cell.text), "")}


def _damages(_heading: Heading, cell: Cell, _today: date | None) -> Reading:
    try:
        return {"late_damages": (damages(cell.text), "")}
    except Unclear:  # told in its words, and not taken over
        return {"late_damages": (cell.text, "")}


def _early_order(_heading: Heading, cell: Cell, today: date | None) -> Reading:
    found, assumption = early_order(cell.text, today)
    return {"early_order": (found, assumption)}


READERS: dict[str, Read] = {
    "lead_days": _lead,
    "shipping_days": _days("shipping_days"),
    "installation_days": _days("installation_days"),
    "acceptance_days": _days("acceptance_days"),
    "order_from": _from,
    "order_until": _until,
    "warranty_years": _warranty,
    "payments": _payments,
    "includes": _includes,
    "support_rate_per_year": _share("support_rate_per_year"),
    "availability": _share("availability"),
    "exported_from": _exported,
    "units_per_month": _supply,
    "min_months": _months,
    "incoterm": _text("incoterm"),
    "quote": _text("quote"),
    "only_with": _only_with,
    "free_units": _free_units,
    "late_damages": _damages,
    "early_order": _early_order,
}
"""How each field is read that stands by itself."""
