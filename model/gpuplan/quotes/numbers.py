"""Numbers as people write them: amounts of money, counts and shares, or why one cannot be told.

Nothing is guessed: where a text can be read in two ways, both are named, and the caller may know more.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.vocabulary import ABSENT, UNITS, UNTAXED


class Unclear(Exception):  # noqa: N818 (the name says what it is)
    """A value that is not understood, or that can be read in more than one way."""

    def __init__(self, why: str, way_out: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.way_out = way_out


class Absent(Exception):  # noqa: N818 (the name says what it is)
    """A text that says there is no value: n/a, tbd, on request."""


@dataclass(frozen=True, slots=True)
class Money:
    """An amount as written, with what it may mean."""

    readings: tuple[Decimal, ...]
    """One, or two where a single separator with three digits after it leaves it open."""
    currency: str = ""
    """Code of the currency that it is written with; empty when it is not."""
    doubt: str = ""
    """Why the sign of the currency leaves it open which one it is."""


LONGEST_SHOWN = 300
"""Characters of a remark that a message repeats."""
CODES = frozenset(
    "AED AUD BRL CAD CHF CNY CZK DKK EUR GBP HKD HUF IDR ILS INR JPY KRW MXN MYR NOK NZD PHP PLN QAR RON SAR SEK SGD "  # noqa: SIM905
    "THB TRY TWD USD VND ZAR".split()
)
"""Currencies known by their codes (ISO 4217)."""
_SIGNS = {
    "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD", "S$": "SGD", "SG$": "SGD", "HK$": "HKD",
    "NT$": "TWD", "NZ$": "NZD", "€": "EUR", "£": "GBP", "₩": "KRW", "₹": "INR", "원": "KRW", "円": "JPY", "RMB": "CNY",
    "人民币": "CNY", "人民元": "CNY", "美元": "USD", "欧元": "EUR", "日元": "JPY", "韩元": "KRW", "달러": "USD",
    "유로": "EUR", "엔": "JPY", "ドル": "USD", "米ドル": "USD", "ユーロ": "EUR", "ウォン": "KRW", "EURO": "EUR",
    "EUROS": "EUR", "US-DOLLAR": "USD", "DOLLARS US": "USD", "SFR": "CHF", "SFR.": "CHF", "CN¥": "CNY", "JP¥": "JPY",
}  # fmt: skip
_OPEN_SIGNS = {
    "$": ("USD", "AUD", "CAD", "SGD", "HKD", "NZD", "TWD"),
    "¥": ("JPY", "CNY"),
    "元": ("CNY", "TWD"),
    "KR": ("SEK", "NOK", "DKK"),
}
_CURRENCY_OF = {
    "AUD": {"AU"}, "CAD": {"CA"}, "SGD": {"SG"}, "HKD": {"HK"}, "NZD": {"NZ"}, "TWD": {"TW"}, "CNY": {"CN"},
    "JPY": {"JP"}, "SEK": {"SE"}, "NOK": {"NO"}, "DKK": {"DK"}, "USD": {"US"},
}  # fmt: skip
_SCALES = {
    "K": 3, "T": 3, "TSD": 3, "TSD.": 3, "THOUSAND": 3, "M": 6, "MN": 6, "MIO": 6, "MIO.": 6, "MILLION": 6,
    "MILLIONS": 6, "MILLIONEN": 6, "천": 3, "千": 3, "만": 4, "万": 4, "萬": 4, "백만": 6, "百万": 6, "천만": 7,
    "억": 8, "億": 8, "亿": 8,
}  # fmt: skip
_GROUPED = re.compile(r"\d{1,3}(?P<sep>[ '’.,])\d{3}(?:(?P=sep)\d{3})*(?:(?P<point>[.,])\d+)?")
_PLAIN = re.compile(r"\d+(?:[.,]\d+)?")
_SMALL_PART = re.compile(r"(\d[\d.,]*)\s*(천만|백만|억|億|亿|만|万|萬|천|千|百万)")


_RAISED = ("<super>", "<sub>", "<circle>", "<fraction>")


def normal(text: str) -> str:
    """Text with full-width letters and odd spaces made plain, on one line.

    A raised or circled figure is a mark of a footnote and becomes ^: 5¹ is not 51.
    """
    if not text.isascii():
        text = "".join("^" if _is_raised(letter) else letter for letter in text)
    return " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())


def _is_raised(letter: str) -> bool:
    return unicodedata.decomposition(letter).startswith(_RAISED) and unicodedata.numeric(letter, None) is not None


def says_scale(text: str) -> bool:
    """Whether words beside a table may say that its prices are in thousands or millions."""
    plain = normal(text).casefold()
    return bool(_SCALED.search(plain) and _PRICED.search(plain))


_SCALED = re.compile(
    r"\b(?:thousands?|millions?|tsd\.?|tausend|mio\.?|milliers?|keur|kusd|k€|k\$|t€|teur|tusd|meur|musd|m€|"
    r"000s?)(?![a-z\d])|"
    r"천\s*원|백만\s*원|억\s*원|千円|百万円|万円|億円|万元|千元|亿元|百万元"
)
_PRICED = re.compile(
    r"price|preis|prix|amount|betr|montant|금액|단위|가격|단가|価格|単位|金額|价格|单位|金额|eur|usd|krw|jpy|"
    r"cny|€|\$|₩|원|円|元"
)


def is_absent(text: str) -> bool:
    """Whether a text says that there is no value."""
    return normal(text).casefold() in ABSENT


def number_readings(text: str) -> tuple[Decimal, ...]:
    """What a number in digits and separators can mean: one value, or two (`1.234`); raises Unclear when it is none."""
    text = normal(text).replace("’", "'")
    grouped = _GROUPED.fullmatch(text)
    if grouped and grouped["point"] != grouped["sep"]:
        separator, point = grouped["sep"], grouped["point"]
        whole, _, part = text.rpartition(point) if point else (text, "", "")
        value = Decimal(whole.replace(separator, "") + (f".{part}" if part else ""))
        if point or text.count(separator) > 1 or separator in " '":
            return (value,)
        if text.startswith("0"):
            return (Decimal(text.replace(",", ".")),)
        return (value, Decimal(text.replace(",", ".")))
    if _PLAIN.fullmatch(text):
        return (Decimal(text.replace(",", ".")),)
    raise Unclear(f"{shown(text)!r} is no number that can be read", "Write it in digits, such as 232000 or 232000.50.")


def currency_of(text: str, country: str = "") -> tuple[str, str]:
    """Code of a currency by its code or sign, and why it is open which one a sign means; raises Unclear for others."""
    sign = normal(text).upper().strip(" .")
    if sign in CODES:
        return sign, ""
    if sign in _SIGNS:
        return _SIGNS[sign], ""
    if sign in _OPEN_SIGNS:
        fitting = [code for code in _OPEN_SIGNS[sign] if country in _CURRENCY_OF.get(code, set())]
        if len(fitting) == 1 and (sign != "$" or fitting == ["USD"]):
            return fitting[0], ""
        return "", f"{sign} can be {', '.join(_OPEN_SIGNS[sign])}"
    raise Unclear(f"{shown(text)!r} is no currency", "Write its code, such as EUR, USD, KRW.")


def may_mean(sign: str) -> tuple[str, ...]:
    """Codes that a sign which leaves it open can mean; empty for others."""
    return _OPEN_SIGNS.get(normal(sign).upper().strip(" ."), ())


def money(cell: Cell, country: str = "") -> Money:
    """An amount of money in a cell. Raises Absent where it says that there is none, Unclear where it is not one."""
    value = cell.value
    if isinstance(value, Decimal):
        if cell.percent:
            raise Unclear(f"{cell.text} is a share, not a price", "Write the price of one system.")
        code, doubt = currency_of(cell.currency, country) if cell.currency else ("", "")
        return Money((value,), code, doubt)
    if not isinstance(value, str):
        raise Unclear(f"{cell.text} is no amount of money", "Write it in digits.")
    if is_absent(value):
        raise Absent
    return _written_money(normal(value), country)


def _written_money(text: str, country: str) -> Money:
    before, digits, after = _split(text)
    code, doubt = "", ""
    scale = 0
    for part in (before, after):
        if not part:
            continue
        found, rest = _scaled(part)
        scale += found
        if rest:
            told, doubtful = currency_of(rest, country)
            if code and told and told != code:
                raise Unclear(f"{shown(text)!r} names two currencies", "Name one.")
            code, doubt = code or told, doubt or doubtful
    parts = _SMALL_PART.findall(digits)
    if len(parts) > 1 or (parts and not digits.endswith(parts[-1][1])):
        return Money((_in_parts(digits),), code, doubt)
    readings = number_readings(digits)
    if len(readings) > 1 and scale and "," in digits and re.search(r"[^\x00-\u2e7f]", before + after):
        readings = readings[:1]  # no comma is a decimal point where units of ten thousand are used
    if len(readings) > 1 and scale:
        raise Unclear(
            f"{shown(text)!r} can be {readings[0]:,} or {readings[1]} times 10^{scale}", "Write it in digits."
        )
    return Money(tuple(plain(one.scaleb(scale)) for one in readings), code, doubt)


def _split(text: str) -> tuple[str, str, str]:
    """What stands before the digits, the digits with their separators, and what stands after them."""
    match = re.fullmatch(r"(?P<before>[^\d+\-]*?)\s*(?P<digits>\d(?:[\d.,'’ ]*\d)?)\s*(?P<after>[^\d]*)", text)
    if match:
        after = re.sub(r"^(?:,-|,--|\.-|,–)", "", match["after"]).strip()
        for said in (UNTAXED, rf"(?:per|je|pro|par|/)\s*(?:{UNITS})|each|l'unité"):
            after = re.sub(rf"(?:^|\s)(?:{said})$", "", after, flags=re.IGNORECASE)
        return match["before"].strip(), match["digits"], after
    parts = re.fullmatch(
        r"(?P<before>[^\d]*?)\s*(?P<digits>\d[\d.,]*\s*(?:억|億|亿|만|万|萬)\s*[\d.,]+\s*(?:만|万|萬|천만|천|千"
        r"|백만|百万)?)\s*(?P<after>[^\d]*)",
        text,
    )
    if parts:
        return parts["before"].strip(), parts["digits"], parts["after"].strip()
    raise Unclear(
        f"{shown(text)!r} is no single amount of money", "Write one amount in digits, remarks in another cell."
    )


def _in_parts(text: str) -> Decimal:
    """An amount written in units of ten thousand and of a hundred million: 5억 4,000만."""
    total = Decimal(0)
    rest = text
    for amount, unit in _SMALL_PART.findall(text):
        total += Decimal(amount.replace(",", "")).scaleb(_SCALES[unit])
        rest = rest.replace(amount + unit, "", 1).replace(f"{amount} {unit}", "", 1)
    last = rest.replace(",", "").strip()
    if last:
        if not last.isdecimal():
            raise Unclear(f"{shown(text)!r} is no amount that can be read", "Write it in digits.")
        total += Decimal(last)
    return total


def _scaled(text: str) -> tuple[int, str]:
    """Power of ten that a word beside a number stands for, and what is left of the word: a currency or nothing."""
    upper = text.upper().strip()
    if upper in CODES or upper in _SIGNS or upper in _OPEN_SIGNS:
        return 0, text
    for word in sorted(_SCALES, key=len, reverse=True):
        if upper == word:
            return _SCALES[word], ""
        if upper.startswith(word) and (rest := text.strip()[len(word) :].strip()) and _is_currency(rest):
            return _SCALES[word], rest
        if upper.endswith(word) and (rest := text.strip()[: -len(word)].strip()) and _is_currency(rest):
            return _SCALES[word], rest
    return 0, text


def _is_currency(text: str) -> bool:
    try:
        currency_of(text)
    except Unclear:
        return False
    return True


def scale_and_currency(text: str) -> tuple[int, str] | None:
    """Power of ten and currency of a unit such as `k€`, `TEUR`, `백만원` or `EUR`; None when it is no such unit."""
    scale, rest = _scaled(normal(text))
    if not rest:
        return (scale, "") if scale else None
    return (scale, rest) if _is_currency(rest) else None


def share(cell: Cell, *, in_percent: bool = False) -> Decimal:
    """A share of 1: `-4 %`, `4 %`, a cell shown as per cent, or a bare number under a heading in per cent.

    Signs are dropped. Raises Absent or Unclear, for a bare number where nothing says per cent.
    """
    value = cell.value
    if isinstance(value, Decimal):
        if cell.percent:
            return _below_one(abs(value), cell)
        if in_percent and (abs(value) >= 1 or value == 0):
            return _below_one(abs(value) / 100, cell)
        raise Unclear(f"{cell.text} can be a share or per cent", f"Write {cell.text} % or the share as per cent.")
    if not isinstance(value, str):
        raise Unclear(f"{cell.text} is no share", "Write it like 4 %.")
    if is_absent(value):
        raise Absent
    match = re.fullmatch(
        r"[-+–]?\s*(\d+(?:[.,]\d+)?)\s*(%|percent|per cent|prozent|pour cent|퍼센트)?\s*(off|rabatt|discount|"
        r"할인|引き|引)?",
        normal(value).casefold(),
    )
    if match is None or not (match[2] or in_percent):
        raise Unclear(f"{shown(value)!r} is no share that can be read", "Write it like 4 %.")
    return _below_one(Decimal(match[1].replace(",", ".")) / 100, cell)


def _below_one(found: Decimal, cell: Cell) -> Decimal:
    if found > 1:
        raise Unclear(f"{cell.text} is more than 100 %", "Write it like 4 %.")
    return found


_LOW = r"≥|>=|ab|from|at least|mind\.?|mindestens|min\.?|dès|à partir de|au moins|최소|最低|最小"
_HIGH = r"≤|<=|up to|bis(?: zu)?|max\.?|jusqu'à|최대|最大"


def count(cell: Cell, words: str = "", bound: Literal["", "low", "high"] = "") -> int:
    """A whole number of things, `words` being a pattern of units that may follow, `bound` whether it is a least or a
    most number, which words may say. Raises Absent or Unclear."""
    value = cell.value
    if isinstance(value, str):
        if is_absent(value):
            raise Absent
        text = normal(value)
        said = {"": r"(?!)", "low": _LOW, "high": _HIGH}[bound]
        plus = r"\+?" if bound == "low" else ""
        stripped = re.fullmatch(rf"(?:{said})?\s*([\d.,' ]*\d)\s*{plus}\s*(?:{words})?", text.casefold())
        if stripped is None:
            raise Unclear(f"{shown(text)!r} is no whole number", "Write one whole number; a remark in another cell.")
        readings = number_readings(stripped[1])
        if len(readings) > 1:
            raise Unclear(f"{shown(text)!r} can be {readings[0]:,} or {readings[1]}", "Write it without separators.")
        value = readings[0]
    if not isinstance(value, Decimal) or value != value.to_integral_value() or value < 0 or cell.percent:
        raise Unclear(f"{cell.text} is no whole number", "Write one whole number.")
    return int(value)


def plain(number: Decimal) -> Decimal:
    """The same number without an exponent and without zeros after its point."""
    return Decimal(f"{number.normalize():f}")


def shown(text: str, most: int = 60) -> str:
    """Text cut to what a message can hold."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 3] + "..."
