"""Price tiers of a quote, and numbers of systems, in systems or in accelerators."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.desk import Desk
from gpuplan.quotes.headings import Heading
from gpuplan.quotes.numbers import Absent, Unclear, count, share
from gpuplan.quotes.pricing import Price, amount_of, cents
from gpuplan.quotes.records import Part, Record, TierCells
from gpuplan.quotes.vocabulary import ACCELERATORS, UNITS

Tree = dict[str, object]


@dataclass(frozen=True, slots=True)
class Schedule:
    """The price of one system in the first tier, the further tiers, and the units between which there is a price."""

    first: Price | None
    further: tuple[Tree, ...] = ()
    fewest: int | None = None
    """Where the first price is for more than one."""
    most: int | None = None
    """Where the last price ends."""


def schedule_of(desk: Desk, record: Record, first: Price | None, system: str, currency: str) -> Schedule:
    """The prices of a quote by number of units."""
    read: list[tuple[int, int | None, Tree, TierCells, Price | None]] = []
    for tier in record.tiers:
        with desk.asking(tier.cell):
            one = _tier(desk, tier, system, currency)
            if one is not None:
                read.append((*one[:3], tier, one[3]))
    if desk.failed or not read:
        return Schedule(first)
    _without_gaps(desk, read)
    fewest, most = None, read[-1][1]
    if read[0][0] == 1 and first is not None and read[0][2].get("discount") == 0:
        read.pop(0)  # a discount of nothing from the first unit on
    if read[0][0] <= 1 or first is None:
        start, _, _, _, price = read.pop(0)
        if price is None:
            desk.problem(record.cell, "the first tier has no price", "Give the price that the discounts are taken off.")
            return Schedule(None)
        if first is not None and first.amount != price.amount:
            desk.problem(
                price.cell, f"the first tier costs {price.amount:,f}, and one system {first.amount:,f}", "Mend either."
            )
        first, fewest = price, start if start > 1 else None
    _falling(desk, first, read)
    for start, _, tree, cells, price in read:
        _note_tier(desk, first, start, tree, cells, price)
    return Schedule(first, tuple(tree for _, _, tree, _, _ in read), fewest, most)


def _falling(
    desk: Desk, first: Price | None, read: list[tuple[int, int | None, Tree, TierCells, Price | None]]
) -> None:
    """Ask where a system costs more in a tier than in the one before it."""
    before = first.amount if first else Decimal(0)
    for start, _, tree, cells, price in read:
        if price is None:
            before = (first.amount if first else before) * (1 - Decimal(str(tree["discount"])))
            continue
        amount = price.amount
        if amount > before and not cells.cell.answered:
            why = f"from {start} units on a system costs {amount:,f}, more than the {before:,f} before"
            again = f"--set '{cells.cell.place}={amount:f}'"
            desk.problem(cells.cell, why, f"Mend either; if it is so, say it again: {again}.")
        before = amount


def _note_tier(desk: Desk, first: Price | None, start: int, tree: Tree, cells: TierCells, price: Price | None) -> None:
    every = "once so many are ordered in all, their price is that of every one"
    if cells.start is not None:
        desk.found.note(cells.start[1], desk.offer, "tiers", {"from": start}, every)
    if price is not None:
        desk.found.note(price.cell, desk.offer, "tiers", {"from": start, "price": price.amount}, price.assumption)
    elif first is not None:
        rate = Decimal(str(tree["discount"]))
        named = {"from": start, "discount": rate, "price": cents(first.amount * (1 - rate))}
        desk.found.note(cells.cell, desk.offer, "tiers", named, "the discount is off the price of the first tier")


def _tier(desk: Desk, tier: TierCells, system: str, currency: str) -> tuple[int, int | None, Tree, Price | None] | None:
    """From and to how many systems, the tier, and its price where it states one; None where there is no such tier."""
    start, end = _bounds(desk, tier, system)
    if tier.price is None and tier.discount is None:
        if start is not None:
            raise Unclear(f"a tier from {start} units has no price", "Give its price, or leave both empty.")
        return None
    if start is None:
        raise (
            Absent
            if tier.start is not None
            else Unclear("it is not stated from how many units this price holds", "Write it.")
        )
    part = tier.price or tier.discount
    assert part is not None
    cell = part[1]
    if cell.flaw:
        raise Unclear(f"{cell.flaw}: {cell.text}", "Write the price as a number.")
    is_share = tier.price is None or cell.percent or (isinstance(cell.value, str) and "%" in cell.value)
    if not is_share:
        price = amount_of(desk, part, system, currency)
        return start, end, {"from_units": start, "price": price.amount}, price
    _is_discount(cell, is_named=tier.price is None or part[0].field == "discount")
    rate = share(cell, in_percent=part[0].unit == "percent")
    return start, end, {"from_units": start, "discount": rate}, None


def _is_discount(cell: Cell, *, is_named: bool) -> None:
    """Raises Unclear for per cent where a price should be that can be what is left as well as what is taken off."""
    text = cell.text.casefold()
    negative = text.lstrip().startswith(("-", "–", "\u2212")) or any(
        word in text for word in ("off", "rabatt", "discount", "할인", "引")
    )
    if not is_named and not negative:
        raise Unclear(
            f"{cell.text} can be a discount or what is left of the price", f"Write -{cell.text} for a discount."
        )


def _bounds(desk: Desk, tier: TierCells, system: str) -> tuple[int | None, int | None]:
    if tier.units is not None:
        unit = tier.start[0].unit if tier.start else ""
        return _in_systems(desk, tier.units[0], unit, system, up=False), tier.units[1]
    read: list[int | None] = []
    for part, is_end in ((tier.start, False), (tier.end, True)):
        read.append(None if part is None else _bound(desk, part, system, is_end=is_end))
    start, end = read
    return start, end


def _bound(desk: Desk, part: Part, system: str, *, is_end: bool) -> int | None:
    """First or last unit of a tier; None where it has none."""
    if part[1].flaw:
        raise Unclear(f"{part[1].flaw}: {part[1].text}", "Write the number.")
    try:
        number = count(part[1], UNITS, "high" if is_end else "low")
    except Absent:
        return None
    return _in_systems(desk, number, part[0].unit, system, up=is_end)


def _in_systems(desk: Desk, number: int, unit: str, system: str, *, up: bool) -> int:
    """A number of systems, from one of accelerators where a heading says so."""
    if unit != "accelerators":
        return number
    each = desk.known.accelerators_each(system) or 1
    if number % each and not (up and (number + 1) % each == 0) and number != 1:
        raise Unclear(f"{number} accelerators are no whole number of systems of {each}", "Write the number of systems.")
    return max(1, number // each) if not up else (number + 1) // each if number % each else number // each


def _without_gaps(desk: Desk, read: list[tuple[int, int | None, Tree, TierCells, Price | None]]) -> None:
    """Ask where tiers do not rise, or leave numbers of units without a price, or with two."""
    for (low, end, _, _, _), (high, _, _, cells, _) in itertools.pairwise(read):
        if high <= low:
            desk.problem(
                cells.cell, f"a tier from {high} units comes after one from {low}", "Put the tiers in rising order."
            )
        elif end is not None and end not in (high - 1, high):
            desk.problem(
                cells.cell, f"the tier before ends at {end} units and this one begins at {high}", "Close the gap."
            )
    start, end, _, cells, _ = read[-1]
    if end is not None and end < start:
        desk.problem(cells.cell, f"the tier ends at {end} units, before it begins at {start}", "Mend either.")


_BOUNDS: dict[str, Literal["", "low", "high"]] = {"min_units": "low", "max_units": "high"}


def counted(desk: Desk, part: Part, system: str) -> int:
    """A number of systems in a cell; raises Absent or Unclear."""
    if part[1].flaw:
        raise Unclear(f"{part[1].flaw}: {part[1].text}", "Write the number.")
    heading: Heading = part[0]
    text = part[1].text.casefold()
    in_accelerators = heading.unit == "accelerators" or bool(re.search(rf"\d\s*(?:{ACCELERATORS})\s*$", text))
    words = f"{UNITS}|{ACCELERATORS}" if in_accelerators else UNITS
    number = count(part[1], words, _BOUNDS.get(heading.field, ""))
    if number and in_accelerators:
        each = desk.known.accelerators_each(system) or 1
        if number % each:
            raise Unclear(
                f"{text} accelerators are no whole number of systems of {each}", "Write the number of systems."
            )
        return number // each
    return number
