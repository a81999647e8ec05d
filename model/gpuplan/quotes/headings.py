"""What a heading says: the field of a column, its tier, and the unit, currency and scale of its numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.numbers import Unclear, currency_of, normal, scale_and_currency
from gpuplan.quotes.terms import unit_named
from gpuplan.quotes.vocabulary import ACCELERATORS, FIELDS, TAXED, TIER, UNITS, UNTAXED

PRICES = frozenset({"price", "list_price", "price_each_accelerator", "tier_price", "price_per_month", "total"})
"""Fields in money."""
COUNTS = frozenset(
    {"min_units", "max_units", "lot_units", "quantity", "tier_from", "tier_to", "tier_range", "units_per_month"}
)
"""Fields that count systems."""
TIMES = frozenset(
    {
        "lead_days",
        "shipping_days",
        "installation_days",
        "acceptance_days",
        "warranty_years",
        "min_months",
        "order_until",
    }
)
_FILLERS = frozenset(
    {"in", "of", "the", "des", "der", "die", "du", "d", "l", "la", "le", "les", "offered", "quoted", "proposé"}
)
_UNITS_OF_TIME = re.compile(
    r"(?:calendar )?(?:days?|weeks?|wks?|months?|years?|yrs?|tagen?|wochen?|monaten?|jahren?|jahre|jours|"
    r"semaines|sem\.?|mois|ans|주|일|개월|년|週|週間|日|年|か月|ヶ月|周|天|个月)(?: aro| after order)?"
)


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading as understood; without a field where it is not."""

    cell: Cell
    field: str = ""
    tier: int | None = None
    """Number of a tier, of columns such as `Tier 1 from`."""
    units: tuple[int, int | None] | None = None
    """From and to how many units a price holds that a heading such as `20-39` states."""
    unit: str = ""
    """days, weeks, months, years; accelerators where a number counts these; percent."""
    scale: int = 0
    currency: str = ""
    taxed: bool = False
    """Whether it says that tax is in the price."""
    rest: str = ""
    """What it says besides that is not understood."""

    @property
    def key(self) -> tuple[str, int | None, tuple[int, int | None] | None]:
        """What no two columns of a table may share."""
        return self.field, self.tier, self.units


@cache
def _phrases() -> dict[str, str]:
    return {_key(phrase): field for field, phrases in FIELDS.items() for phrase in phrases}


def _key(text: str) -> str:
    words = re.findall(r"[^\W_]+", text.casefold().replace("'", " "))
    kept = [word for word in words if word not in _FILLERS] or words
    return "".join(kept) if any(not word.isascii() and ord(word[0]) > 0x2E7F for word in kept) else " ".join(kept)


def heading(cell: Cell, above: Cell | None = None) -> Heading:
    """What a heading says, with that of the merged heading above it where there are two lines."""
    text = normal(str(cell.text)) if isinstance(cell.value, str) else cell.text
    if above is None or above.place == cell.place:
        return _of_text(cell, text)
    title = normal(above.text)
    joined = _of_text(cell, f"{title} {text}")
    if joined.field:
        return joined
    turned = _of_text(cell, f"{text} {title}")
    if turned.field:
        return turned
    alone = _of_text(cell, text)
    outer = _of_text(above, title)
    if alone.field and (outer.field in ("", alone.field) and not re.search(r"\d", title)):
        return replace(alone, currency=alone.currency or outer.currency, scale=alone.scale or outer.scale)
    return Heading(cell)


def _of_text(cell: Cell, text: str) -> Heading:
    whole = _phrases().get(_key(re.sub(r"[()\[\]（）]", " ", text)))
    if whole:  # the words in brackets are a part of the name: units (from)
        return _fitting(Heading(cell, whole))
    found = Heading(cell)
    for part in re.findall(r"[(\[（【]([^)\]）】]*)[)\]）】]", text):
        found = _qualified(found, part.strip())
    bare = re.sub(r"[(\[（【][^)\]）】]*[)\]）】]", " ", text)
    if re.search(TAXED, bare.casefold()):
        found = replace(found, taxed=True)
        bare = re.sub(TAXED, " ", bare, flags=re.IGNORECASE)
    found = _named(found, " ".join(bare.split()))
    return _fitting(found)


def _qualified(found: Heading, part: str) -> Heading:
    """The heading with what brackets say."""
    for word in [part] if _is_qualifier(part) else re.split(r"\s*[,;/]\s*|\s+", part):
        plain = word.casefold().strip(" .:")
        if re.search(TAXED, plain):
            found = replace(found, taxed=True)
        elif plain in ("", "in", "per unit", "each", "je", "단위", "単位", "单位") or re.fullmatch(UNTAXED, plain):
            continue
        elif plain in ("%", "percent", "prozent"):
            found = replace(found, unit="percent")
        elif _UNITS_OF_TIME.fullmatch(plain):
            found = replace(found, unit=unit_named(plain.removesuffix(" aro").removesuffix(" after order")))
        elif plain in ("aro", "after order") or re.fullmatch(UNITS, plain):
            continue
        elif re.fullmatch(ACCELERATORS, plain):
            found = replace(found, unit="accelerators")
        elif (scaled := scale_and_currency(word)) is not None:
            found = _in_money(found, scaled)
        else:
            found = replace(found, rest=f"{found.rest} {word}".strip())
    return found


def _is_qualifier(part: str) -> bool:
    plain = part.casefold().strip(" .:")
    return bool(
        re.search(TAXED, plain)
        or re.fullmatch(UNTAXED, plain)
        or _UNITS_OF_TIME.fullmatch(plain)
        or scale_and_currency(part) is not None
    )


def _in_money(found: Heading, scaled: tuple[int, str]) -> Heading:
    scale, sign = scaled
    return replace(found, scale=found.scale + scale, currency=sign or found.currency)


def _named(found: Heading, text: str) -> Heading:
    """The heading with its field, from the words outside brackets."""
    field = _phrases().get(_key(text), "")
    if field:
        return replace(found, field=field, unit=found.unit or ("percent" if "%" in text else ""))
    tiered = _tiered(found, text)
    if tiered is not None:
        return tiered
    ranged = quantity_range(text)
    if ranged is not None:
        return replace(found, field="tier_price", units=ranged)
    return _without_qualifiers(found, text)


def _without_qualifiers(found: Heading, text: str) -> Heading:
    """Words for units, currencies and scales taken from the end or the beginning: Price EUR, Lead time weeks."""
    words = text.replace("/", " / ").split()
    for count in (1, 2):
        for kept, taken in ((words[:-count], words[-count:]), (words[count:], words[:count])):
            part = " ".join(word for word in taken if word not in ("/", "in", "-", ":"))
            field = (
                _phrases().get(_key(" ".join(word for word in kept if word not in ("/", "-", ":"))), "") if kept else ""
            )
            if not field or not part:
                continue
            qualified = _qualified(replace(found, field=field), part)
            if not qualified.rest or qualified.rest == found.rest:
                return qualified
    return found


def _tiered(found: Heading, text: str) -> Heading | None:
    """`Tier 1 from`, `Price tier 2`, `Staffel 1 Preis`, and headings that are a price with a number: `Price 2`."""
    plain = text.casefold()
    match = re.search(rf"\b(?:{TIER})\s*(\d{{1,2}})\b|\b(\d{{1,2}})(?:st|nd|rd|th|\.)?\s*(?:{TIER})\b", plain)
    if match is None:
        match = re.search(r"(?:구간|단계|段階|阶梯|档)\s*(\d{1,2})", plain)
    if match is None:
        return None
    number = int(next(part for part in match.groups() if part))
    rest = " ".join((plain[: match.start()] + " " + plain[match.end() :]).replace(":", " ").split())
    field = _phrases().get(_key(rest), "") if rest else ""
    if not field and rest:
        inner = _without_qualifiers(found, rest)
        found, field = inner, inner.field
    meant = {"price": "tier_price", "min_units": "tier_from", "quantity": "tier_from", "max_units": "tier_to"}.get(
        field, field
    )
    if meant not in ("tier_from", "tier_to", "tier_price", "discount", "tier_range"):
        return None
    return replace(found, field=meant, tier=number)


_PRICE_WORDS = r"(?:unit price|price|preis|einzelpreis|prix unitaire|prix|단가|가격|単価|価格|单价|价格|报价)"


def quantity_range(text: str) -> tuple[int, int | None] | None:
    """From and to how many systems: `1-19`, `20+`, `ab 20 Stück`, `20台以上`; None when it says no such thing."""
    plain = normal(text).casefold().strip(" .:")
    plain = re.sub(rf"^{_PRICE_WORDS}\s*(?:at|for|bei|pour)?\s*|\s*{_PRICE_WORDS}$", "", plain)
    units = rf"\s*(?:{UNITS})?"
    match = re.fullmatch(rf"(\d{{1,5}}){units}\s*(?:-|–|—|to|bis|à|~|〜|から)\s*(\d{{1,5}}){units}", plain)
    if match:
        return (int(match[1]), int(match[2])) if int(match[1]) < int(match[2]) else None
    match = re.fullmatch(
        rf"(?:from|ab|≥|>=|à partir de|dès|min\.?)\s*(\d{{1,5}}){units}|(\d{{1,5}})\s*\+{units}|"
        rf"(\d{{1,5}}){units}\s*(?:or more|and more|and above|and up|und mehr|et plus|이상|以上|起)",
        plain,
    )
    if match:
        return int(next(part for part in match.groups() if part)), None
    match = re.fullmatch(
        rf"(?:up to|bis(?: zu)?|≤|<=|jusqu'à)\s*(\d{{1,5}}){units}|(\d{{1,5}}){units}\s*(?:이하|以下|まで)", plain
    )
    if match:
        return 1, int(next(part for part in match.groups() if part))
    return None


def _fitting(found: Heading) -> Heading:
    """The heading, or one that is not understood where its unit does not go with its field."""
    field = found.field
    if field in ("price", "list_price") and found.unit == "accelerators":
        return replace(found, field="price_each_accelerator", unit="")
    money = field in PRICES or field == ""
    if (found.scale or found.currency) and not money:
        return Heading(found.cell, rest=found.rest)
    if found.unit == "percent" and field not in ("discount", "support_rate_per_year", "availability", "tier_price"):
        return Heading(found.cell, rest=found.rest)
    if found.unit in ("days", "weeks", "months", "years") and field not in TIMES:
        return Heading(found.cell, rest=found.rest)
    if found.unit == "accelerators" and field not in COUNTS and field != "accelerators_each":
        return Heading(found.cell, rest=found.rest)
    return found


def currency_sign(sign: str, country: str) -> tuple[str, str]:
    """Code of a heading's currency, and why it is open; ("", "") where it names none."""
    if not sign:
        return "", ""
    try:
        return currency_of(sign, country)
    except Unclear as error:
        return "", error.why
