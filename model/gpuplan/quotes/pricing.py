"""The price of a quote and its tiers: currency, scale, list price and discount, tiers in systems, all told."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.headings import Heading, currency_sign
from gpuplan.quotes.numbers import Absent, Money, Unclear, count, currency_of, may_mean, money, plain, share
from gpuplan.quotes.records import Part, Record, TierCells
from gpuplan.quotes.result import Quotes
from gpuplan.quotes.systems import Known, price_range
from gpuplan.quotes.vocabulary import ACCELERATORS, UNITS

Tree = dict[str, object]
WHOLE = frozenset({"KRW", "JPY", "VND", "IDR"})
"""Currencies whose amounts have no fractions in use (ISO 4217 gives the won, the yen and the dong none)."""
PER_DOLLAR = {
    "USD": 1.0, "EUR": 0.89, "GBP": 0.76, "CHF": 0.83, "CAD": 1.4, "AUD": 1.55, "SGD": 1.3, "SEK": 9.8, "NOK": 10.4,
    "DKK": 6.6, "HKD": 7.8, "CNY": 7.2, "TWD": 31.0, "INR": 87.0, "JPY": 150.0, "KRW": 1422.0,
}  # fmt: skip
"""About what a US dollar was in 2025; general knowledge, unverified. It only tells 232 from 232,000."""
FACTOR = 3
"""How many times off the published prices of a system a quote may be before it is asked for: fewer than the eight
accelerators of a server, whose prices are mistaken for its own."""


@dataclass(slots=True)
class Desk:
    """What reading one quote needs: where it stands, what is known, and where to tell."""

    book: Book
    found: Quotes
    known: Known
    offer: str
    country: str
    currency: str
    """Of prices that say none; empty where nobody said."""
    failed: bool = False

    def problem(self, cell: Cell | str, why: str, way_out: str) -> None:
        """Ask for a cell; the quote is not complete without it."""
        self.failed = True
        self.found.ask(self.book, cell, why, way_out)

    @contextmanager
    def asking(self, cell: Cell) -> Iterator[None]:
        """Turn a value that is unclear into a question; one that is absent is nothing."""
        try:
            yield
        except Unclear as error:
            self.problem(cell, error.why, error.way_out)
        except Absent:
            pass


@dataclass(frozen=True, slots=True)
class Price:
    """The price of one system."""

    amount: Decimal
    cell: Cell
    assumption: str = ""


def price_of(desk: Desk, record: Record, system: str) -> tuple[Price | None, str]:
    """The price of one system at the first tier, and its currency; None where it is asked, or where there is none."""
    fields = record.fields
    stated = [name for name in ("price", "list_price", "price_each_accelerator") if name in fields]
    currency = _currency(desk, record)
    if desk.failed:
        return None, currency
    found: dict[str, Price] = {}
    for name in stated:
        with desk.asking(fields[name][1]):
            found[name] = _amount(desk, fields[name], system, currency)
    if desk.failed or (not currency and found):
        return None, currency
    if "list_price" in found and "price" not in found:
        if "discount" in fields:
            return _discounted(desk, found["list_price"], fields["discount"]), currency
        found["price"] = found["list_price"]
    if "price" in found and "price_each_accelerator" in found:
        if found["price"].amount != found["price_each_accelerator"].amount:
            cell = found["price_each_accelerator"].cell
            desk.problem(
                cell, "the price of an accelerator times their number is not that of the system", "Mend either."
            )
        return found["price"], currency
    if "discount" in fields and "price" in found:
        return _net(desk, found, fields["discount"]), currency
    return found.get("price") or found.get("price_each_accelerator"), currency


def _net(desk: Desk, found: dict[str, Price], discount: Part) -> Price | None:
    """The price beside a discount: what is left of a list price, or one that nobody can tell before from after."""
    listed = found.get("list_price")
    with desk.asking(discount[1]):
        rate = share(discount[1], in_percent=discount[0].unit == "percent")
        if listed is not None and abs(listed.amount * (1 - rate) - found["price"].amount) <= 1:
            desk.found.note(
                discount[1], desk.offer, "discount", rate, "it is in the price already, which is the list price less it"
            )
            return found["price"]
        why = "it is not told whether the price beside it is before or after this discount"
        if listed is not None:
            why = f"list price and discount make {listed.amount * (1 - rate):,f}, not {found['price'].amount:,f}"
        raise Unclear(why, "State the price after the discount alone, or head the other `List price`.")
    return found["price"]


def _discounted(desk: Desk, listed: Price, discount: Part) -> Price | None:
    with desk.asking(discount[1]):
        rate = share(discount[1], in_percent=discount[0].unit == "percent")
        desk.found.note(discount[1], desk.offer, "discount", rate, "taken off the list price")
        return Price(_cents(listed.amount * (1 - rate)), listed.cell, "the list price less the discount")
    return None if desk.failed else listed


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN).normalize()


def _currency(desk: Desk, record: Record) -> str:
    """The one currency of a quote's amounts; asked where they name none, or several."""
    told: dict[str, Cell] = {}
    doubts: list[tuple[Cell, str]] = []
    signs: dict[str, Cell] = {}
    parts = [
        record.fields[name]
        for name in ("price", "list_price", "price_each_accelerator", "price_per_month")
        if name in record.fields
    ]
    parts += [tier.price for tier in record.tiers if tier.price is not None]
    if "currency" in record.fields:
        cell = record.fields["currency"][1]
        with desk.asking(cell):
            code, doubt = currency_of(cell.text, desk.country)
            told |= {code: cell} if code else {}
            doubts += [(cell, doubt)] if doubt else []
    for heading, cell in parts:
        for sign, where in ((heading.currency, heading.cell), (_sign(cell, desk.country), cell)):
            code, doubt = currency_sign(sign, desk.country)
            told |= {code: told.get(code, where)} if code else {}
            doubts += [(where, doubt)] if doubt else []
            signs |= {sign: where} if may_mean(sign) else {}
    if len(told) > 1:
        shown = " and ".join(f"{code} ({cell.name})" for code, cell in told.items())
        desk.problem(record.cell, f"the prices of this quote are in {shown}", "Give them in one currency.")
        return ""
    if told:
        code, cell = next(iter(told.items()))
        for sign, where in signs.items():
            if code not in may_mean(sign):
                desk.problem(
                    where, f"{sign} is written here, and {code} in {cell.name}", "Give the prices in one currency."
                )
        desk.found.note(cell, desk.offer, "currency", code)
        return code
    return _told_currency(desk, record, doubts, parts)


def _told_currency(desk: Desk, record: Record, doubts: list[tuple[Cell, str]], parts: list[Part]) -> str:
    """The currency that was told for prices that state none, or whose sign can be several."""
    if desk.currency:
        cell = doubts[0][0] if doubts else record.cell
        desk.found.note(
            cell, desk.offer, "currency", desk.currency, "told for prices that name no currency of their own"
        )
        return desk.currency
    if doubts and not desk.failed:
        desk.problem(doubts[0][0], doubts[0][1], "Write the code of the currency, or name it: --currency USD.")
    for _, cell in parts:
        with desk.asking(cell):  # an amount that is not understood may name its currency
            money(cell, desk.country)
    if parts and not desk.failed:
        desk.problem(
            record.cell, "the currency of this quote is not stated", "Write its code, or name it: --currency EUR."
        )
    return ""


def _sign(cell: Cell, country: str) -> str:
    """The currency written with an amount, as its code or, where that is open, its sign."""
    try:
        amount = money(cell, country)
    except (Unclear, Absent):
        return ""
    return amount.currency or amount.doubt.partition(" ")[0]


def _amount(desk: Desk, part: Part, system: str, currency: str) -> Price:
    """An amount of money for one system; raises Unclear where it can be read in two ways that are both possible."""
    heading, cell = part
    if cell.flaw:
        raise Unclear(f"{cell.flaw}: {cell.text}", "Write the price as a number.")
    stated = money(cell, desk.country)
    factor = Decimal(1).scaleb(heading.scale)
    assumed = [f"times 10^{heading.scale}, as the heading says"] if heading.scale else []
    if heading.field == "price_each_accelerator":
        each = desk.known.accelerators_each(system)
        if not each:
            raise Unclear(f"{system} does not state its accelerators", "Give the price of one system.")
        factor *= each
        assumed.append(f"the price of an accelerator times {each}")
    amount, assumption = _one_reading(desk, cell, stated, factor, system, currency)
    if amount <= 0:
        raise Unclear(f"a price of {cell.text}", "Write what one system costs; leave it empty where there is no price.")
    if not cell.answered:
        plausible(desk, cell, amount, system, currency)
    return Price(plain(amount), cell, "; ".join([*assumed, *([assumption] if assumption else [])]))


def _one_reading(
    desk: Desk, cell: Cell, stated: Money, factor: Decimal, system: str, currency: str
) -> tuple[Decimal, str]:
    readings = [one * factor for one in stated.readings]
    if len(readings) == 1:
        return readings[0], ""
    if currency in WHOLE and factor == 1:
        return readings[0], f"{currency} has no fractions in use"
    near = [one for one in readings if _is_near(desk, one, system, currency)]
    if len(near) == 1:
        other = next(one for one in readings if one != near[0])
        return near[0], f"not {other.normalize():f}, which is far off every published price of {system}"
    raise Unclear(
        f"{cell.text} can be {readings[0]:,f} or {readings[1]:f}",
        f"Write {readings[0]:f} or {readings[1]:f}, without separators of thousands.",
    )


def _is_near(desk: Desk, amount: Decimal, system: str, currency: str) -> bool:
    known = price_range(desk.known, system)
    if known is None or currency not in PER_DOLLAR:
        return False
    dollars = float(amount) / PER_DOLLAR[currency]
    return known[0] / FACTOR <= dollars <= known[1] * FACTOR


def plausible(desk: Desk, cell: Cell, amount: Decimal, system: str, currency: str) -> None:
    """Raises Unclear where a price of one system is far off every published one."""
    known = price_range(desk.known, system)
    if known is not None and currency in PER_DOLLAR and not _is_near(desk, amount, system, currency):
        raise Unclear(
            f"{amount.normalize():,f} {currency} is far off the published prices of {system}, "
            f"{known[0]:,.0f} to {known[1]:,.0f} US dollars",
            f"Is it of one system, and whole? If so, say it again: --set '{cell.place}={amount.normalize():f}'.",
        )


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
        named = {"from": start, "discount": rate, "price": _cents(first.amount * (1 - rate))}
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
        price = _amount(desk, part, system, currency)
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
        number = None
        if part is not None:
            if part[1].flaw:
                raise Unclear(f"{part[1].flaw}: {part[1].text}", "Write the number.")
            try:
                number = _in_systems(desk, count(part[1], UNITS), part[0].unit, system, up=is_end)
            except Absent:
                number = None
        read.append(number)
    start, end = read
    if start is None and end is not None and tier.start is None:
        start = None
    return start, end


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


def counted(desk: Desk, part: Part, system: str) -> int:
    """A number of systems in a cell; raises Absent or Unclear."""
    if part[1].flaw:
        raise Unclear(f"{part[1].flaw}: {part[1].text}", "Write the number.")
    heading: Heading = part[0]
    text = part[1].text.casefold()
    in_accelerators = heading.unit == "accelerators" or bool(re.search(rf"\d\s*(?:{ACCELERATORS})\s*$", text))
    words = f"{UNITS}|{ACCELERATORS}" if in_accelerators else UNITS
    number = count(part[1], words)
    if number and in_accelerators:
        each = desk.known.accelerators_each(system) or 1
        if number % each:
            raise Unclear(
                f"{text} accelerators are no whole number of systems of {each}", "Write the number of systems."
            )
        return number // each
    return number
