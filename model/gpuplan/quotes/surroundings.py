"""What stands above a table and holds for all of it: the day of the quotes, their currency, who sells."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.dates import stated_day
from gpuplan.quotes.headings import heading
from gpuplan.quotes.layout import Table
from gpuplan.quotes.names import Told
from gpuplan.quotes.numbers import CODES, LONGEST_SHOWN, normal, says_scale, shown
from gpuplan.quotes.result import Quotes

_PRICED = re.compile(
    r"price|preis|prix|currency|währung|devise|가격|단가|통화|価格|単価|通貨|价格|单价|货币|amount|betr|montant"
    r"|금액|金額|金额"
)
_DATED = re.compile(
    r"as of|as at|dated|\bdate\b|\bdatum\b|\bstand\b|\bvom\b|received|état|en date|\bdu\b|\bau\b|기준|작성|현재"
    r"|일자|現在|作成|時点|日付|截至|日期|截止"
)


def surroundings(book: Book, table: Table, found: Quotes, told: Told) -> Told:
    """What was told, completed by the words above a table; every such word is told."""
    told = _beside(book, table, found, told)
    days = {day for cell in table.above if (day := _day_of_quotes(cell))}
    if told.today is None and len(days) == 1:
        told = replace(told, today=days.pop())
    codes: dict[str, Cell] = {}
    for cell in table.above:
        text = normal(cell.text)
        if says_scale(text):
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
            used = cell in codes.values() or (told.today is not None and _day_of_quotes(cell) == told.today)
            why = f"above the quotes: {shown(cell.text, LONGEST_SHOWN)!r}"
            found.leave(
                book,
                cell,
                f"{why}; its day or currency is used where a quote states none" if used else why,
                "Look whether it changes an offer.",
            )
    return told


def _day_of_quotes(cell: Cell) -> date | None:
    """The day of the quotes that a title states in words that say so: not that of a delivery, for instance."""
    text = normal(cell.value).casefold() if isinstance(cell.value, str) else ""
    return stated_day(text) if _DATED.search(text) else None


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
