"""The price of one system of a quote: its currency, scale, list price and discount."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.desk import Desk
from gpuplan.quotes.headings import currency_sign
from gpuplan.quotes.numbers import Absent, Money, Unclear, currency_of, may_mean, money, plain, share
from gpuplan.quotes.records import Part, Record
from gpuplan.quotes.systems import price_range

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
            found[name] = amount_of(desk, fields[name], system, currency)
    if desk.failed or (not currency and found):
        return None, currency
    if "list_price" in found and "price" not in found:
        if "discount" in fields:
            return _discounted(desk, found["list_price"], fields["discount"]), currency
        listed = found["list_price"]
        found["price"] = Price(listed.amount, listed.cell, "the list price, since no discount is stated")
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
        return Price(cents(listed.amount * (1 - rate)), listed.cell, "the list price less the discount")
    return None if desk.failed else listed


def cents(amount: Decimal) -> Decimal:
    """An amount to the cent, without an exponent."""
    return plain(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN))


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
    return _told_currency(desk, record, doubts, parts, signs)


def _told_currency(
    desk: Desk, record: Record, doubts: list[tuple[Cell, str]], parts: list[Part], signs: dict[str, Cell]
) -> str:
    """The currency that was told for prices that state none, or whose sign can be several."""
    for sign, where in signs.items():
        if desk.currency and desk.currency not in may_mean(sign):
            desk.problem(where, f"{sign} is written here, and {desk.currency} is told for all prices", "Mend either.")
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


def amount_of(desk: Desk, part: Part, system: str, currency: str) -> Price:
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
