"""What stands above a table and holds for all of it: the day of the quotes, their currency, who sells."""

from __future__ import annotations

import re
from dataclasses import replace

from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.dates import stated_day
from gpuplan.quotes.headings import heading
from gpuplan.quotes.layout import Table
from gpuplan.quotes.numbers import CODES, LONGEST_SHOWN, normal, shown
from gpuplan.quotes.offers import Told
from gpuplan.quotes.result import Quotes

_SCALED = re.compile(
    r"\b(?:thousands?|millions?|tsd\.?|tausend|mio\.?|milliers?|keur|kusd|k€|k\$|t€|teur|tusd|meur|musd|"
    r"m€)(?![a-z])|천\s*원|백만\s*원|억\s*원|千円|百万円|万円|億円|万元|千元|亿元|百万元"
)
_PRICED = re.compile(
    r"price|preis|prix|amount|betr|montant|금액|단위|가격|단가|価格|単位|金額|价格|单位|金额|eur|usd|krw|jpy|"
    r"cny|€|\$|₩|원|円|元"
)


def surroundings(book: Book, table: Table, found: Quotes, told: Told) -> Told:
    """What was told, completed by the words above a table; every such word is told."""
    told = _beside(book, table, found, told)
    days = {day for cell in table.above if isinstance(cell.value, str) and (day := stated_day(cell.value))}
    if told.today is None and len(days) == 1:
        told = replace(told, today=days.pop())
    codes: dict[str, Cell] = {}
    for cell in table.above:
        text = normal(cell.text)
        if _SCALED.search(text.casefold()) and _PRICED.search(text.casefold()):
            found.ask(
                book,
                cell,
                f"{shown(text)!r} may say that prices are in thousands or millions",
                "Write prices whole, or the unit into the heading of the prices: Unit price (k EUR); then "
                "delete it here.",
            )
        named = {word for word in re.findall(r"\b[A-Z]{3}\b", text) if word in CODES}
        if len(named) == 1 and _PRICED.search(text.casefold()):
            codes[named.pop()] = cell
    if not told.currency and len(codes) == 1:
        told = replace(told, currency=next(iter(codes)))
    for cell in table.above:
        if normal(cell.text).strip("-–—_=* .:"):
            used = cell in codes.values() or (
                isinstance(cell.value, str) and stated_day(cell.value) == told.today and told.today
            )
            why = f"above the quotes: {shown(cell.text, LONGEST_SHOWN)!r}"
            found.leave(
                book,
                cell,
                f"{why}; its day or currency is used where a quote states none" if used else why,
                "Look whether it changes an offer.",
            )
    return told


def _beside(book: Book, table: Table, found: Quotes, told: Told) -> Told:
    """Vendor and currency that a label above the table names: Vendor | Atlas Systems, or Vendor: Atlas Systems."""
    cells = [cell for cell in table.above if isinstance(cell.value, str)]
    for position, cell in enumerate(cells):
        label, _, value = normal(str(cell.value)).partition(":")
        field = heading(replace(cell, value=label)).field
        if field not in ("vendor", "currency"):
            continue
        if not value.strip() and position + 1 < len(cells) and cells[position + 1].row == cell.row:
            value = cells[position + 1].text
        value = value.strip()
        if field == "vendor" and value and not told.vendor:
            told = replace(told, vendor=value)
            found.leave(book, cell, f"{value} is taken as the vendor of quotes that name none")
        elif field == "currency" and value.upper() in CODES and not told.currency:
            told = replace(told, currency=value.upper())
    return told
