"""Terms as people write them: leads, warranties, payments, and what a price includes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.dates import written_day
from gpuplan.quotes.numbers import Absent, Unclear, is_absent, normal, number_readings, shown

Tree = dict[str, object]
_UNITS = {
    "days": r"days?|d|tagen?|t|jours?|j|일|日|天",
    "working days": r"working days?|business days?|werktagen?|arbeitstagen?|jours ouvrés|영업일|営業日|工作日",
    "weeks": r"weeks?|wks?|w|wochen?|wo|semaines?|sem|주(?:간|일)?|週間?|周",
    "months": r"months?|mths?|mos?|monaten?|mon|mois|개월|か月|ヶ月|カ月|ケ月|个月|個月",
    "years": r"years?|yrs?|y|jahren?|jahre|j|ans?|années?|년(?:간)?|年(?:間)?",
}
_DAYS = {"days": 1, "weeks": 7, "months": 31}
_AFTER_ORDER = (
    r"(?:\s*(?:aro|a\.?r\.?o\.?|after (?:receipt of )?order|after signature|from order|nach auftragseingang|"
    r"nach bestellung|ab bestellung|nach auftrag|après commande|이내|以内|以內|약|約))*"
)
_NUMBER = r"\d+(?:[.,]\d+)?"


@dataclass(frozen=True, slots=True)
class Duration:
    """A duration in days, as a range, and what was assumed to have it."""

    least: int
    most: int
    assumption: str = ""


def unit_named(text: str) -> str:
    """The unit of time that a heading names: days, weeks, months or years; empty when it names none, or several."""
    words = re.findall(r"[^\W\d_]+", normal(text).casefold())
    found = {
        unit
        for unit, pattern in _UNITS.items()
        for word in words
        if len(word) > 1 or not word.isascii()
        if re.fullmatch(pattern, word)
    }
    return found.pop() if len(found) == 1 else ""


def duration(cell: Cell, unit: str) -> Duration:
    """A duration in days; `unit` is that of the heading, for a bare number. Raises Absent or Unclear."""
    value = cell.value
    if isinstance(value, Decimal):
        return _lasting(value, value, unit, cell.text)
    if isinstance(value, date):
        raise Unclear(
            f"{value} is a day; a lead is counted from the order (or a range such as 3-4 became a day by itself)",
            "Write how many days or weeks, such as 8 weeks.",
        )
    if not isinstance(value, str):
        raise Unclear(f"{cell.text} is no duration", "Write it like 8 weeks.")
    if is_absent(value):
        raise Absent
    text = normal(value).casefold()
    if text in (
        "immediately",
        "stock",
        "in stock",
        "ex stock",
        "ab lager",
        "sofort",
        "en stock",
        "즉시",
        "即納",
        "现货",
    ):
        raise Unclear(f"{shown(value)!r} is no number of days", "Write how many days it takes from order to shipping.")
    match = re.fullmatch(
        rf"(?:ca\.?|about|approx\.?|~|circa|environ|약|約)?\s*(?P<low>{_NUMBER})\s*(?:(?:-|–|—|to|bis|à|~|〜|"
        rf"から)\s*(?P<high>{_NUMBER}))?\s*(?P<unit>[^\d\W](?:[^\d]*?))?\.?{_AFTER_ORDER}",
        text,
    )
    if match is None:
        week = re.search(r"(?:kw|cw|week)\s*\d{1,2}\s*[/.]\s*\d{4}", text)
        why = (
            "is a week of the calendar; a lead is counted from the order" if week else "is no duration that can be read"
        )
        raise Unclear(f"{shown(value)!r} {why}", "Write how many days or weeks from the order, such as 8 weeks.")
    low, high = match["low"], match["high"] or match["low"]
    stated = match["unit"].strip() if match["unit"] else ""
    own = _unit(stated, shown(value)) if stated else unit
    if stated and unit and own != unit:
        raise Unclear(f"{shown(value)!r} is in {own}, its heading in {unit}", f"Write it in {unit}.")
    return _lasting(Decimal(low.replace(",", ".")), Decimal(high.replace(",", ".")), own, shown(value))


def _unit(stated: str, told: str) -> str:
    for unit, pattern in _UNITS.items():
        if re.fullmatch(pattern, stated.strip(" .")):
            return unit
    raise Unclear(f"{told!r} is no duration that can be read", "Write it like 8 weeks; a remark in another cell.")


def _lasting(low: Decimal, high: Decimal, unit: str, told: str) -> Duration:
    if not unit:
        raise Unclear(
            f"{told} has no unit: days, weeks or months", "Write it like 8 weeks, or the unit in the heading."
        )
    if unit not in _DAYS:
        raise Unclear(f"{told} in {unit} is no number of days", "Write it in days or weeks.")
    if low > high:
        raise Unclear(f"{told} ends before it begins", "Write it like 14-16 weeks.")
    least, most = low * _DAYS[unit], high * _DAYS[unit]
    if most != most.to_integral_value() or least != least.to_integral_value() or low < 0:
        raise Unclear(f"{told} {unit} are no whole days", "Write it in days.")
    assumed = ["a month has at most 31 days"] if unit == "months" else []
    assumed += [f"{most} days, the later end of the range, are planned with"] if least != most else []
    return Duration(int(least), int(most), "; ".join(assumed))


@dataclass(frozen=True, slots=True)
class Warranty:
    """Years of warranty, whether support comes with it, and the words that say more."""

    years: Decimal
    support: bool = False
    rest: str = ""


def warranty(cell: Cell, unit: str) -> Warranty:
    """A warranty in years: `3y NBD`, `36 months`, `5 Jahre vor Ort`. Raises Absent or Unclear."""
    value = cell.value
    if isinstance(value, Decimal):
        text, stated = f"{value.normalize():f}", unit
    elif isinstance(value, str):
        if is_absent(value):
            raise Absent
        text, stated = normal(value).casefold(), ""
    else:
        raise Unclear(f"{cell.text} is no warranty", "Write it like 3 years.")
    match = re.fullmatch(
        rf"(?P<years>{_NUMBER})\s*-?\s*(?P<unit>years?|yrs?|yr|y|jahren?|jahre|ans?|년|年|months?|mths?|mo|m|"
        rf"monate|mois|개월|か月|ヶ月|个月)?\.?(?P<rest>\s.*|[^\w].*|間.*|간.*)?",
        text,
    )
    if match is None or (match["unit"] is None and not (stated or unit)):
        raise Unclear(f"{shown(str(cell.text))!r} is no warranty that can be read", "Write it like 3 years.")
    amount = Decimal(match["years"].replace(",", "."))
    in_months = match["unit"] is not None and re.fullmatch(
        r"months?|mths?|mo|m|monate|mois|개월|か月|ヶ月|个月", match["unit"]
    )
    if match["unit"] is None and unit == "months":
        in_months = re.fullmatch("", "")
    rest = (match["rest"] or "").strip(" ,;")
    if re.search(r"\d", rest):
        raise Unclear(
            f"{shown(str(cell.text))!r} states more than one number", "Write the years; the rest as a remark."
        )
    support = bool(re.search(r"(?:incl\.?|including|inkl\.?|inklusive|avec|y compris)\s+(?:\w+\s+)?support", rest))
    return Warranty(amount / 12 if in_months else amount, support, rest)


_EVENTS = {
    "signed": (
        r"down ?payment|deposit|advance|sign|order|po\b|anzahlung|bestell|auftrag|vertrag|acompte|commande|"
        r"signature|계약|선금|발주|착수|契約|発注|前払|签|预付|订"
    ),
    "shipped": r"ship|dispatch|ex works|versand|expédition|선적|출하|出荷|船積|发货|发运",
    "delivered": (
        r"deliver|liefer|livraison|reception of goods|receipt of goods|invoice|rechnung|facture|입고|납품|인도|"
        r"納品|納入|到货|交货|交付"
    ),
    "ready": r"accept|abnahme|inbetrieb|commission|sat\b|recette|réception|installation|검수|준공|検収|验收",
}
_ASSUMED = {
    1: ("delivered",),
    2: ("signed", "ready"),
    3: ("signed", "delivered", "ready"),
    4: ("signed", "shipped", "delivered", "ready"),
}
EVENT_WORDS = {"signed": "signature", "shipped": "shipping", "delivered": "delivery", "ready": "acceptance"}


def payments(cell: Cell) -> tuple[list[Tree], str]:
    """Shares of the price by event, as an offer states them, and what was assumed. Raises Absent or Unclear."""
    value = cell.value
    if isinstance(value, date) or (isinstance(value, Decimal) and value != 1):
        raise Unclear(
            f"{cell.text} are no terms of payment", "Write them like 30 % order, 60 % delivery, 10 % acceptance."
        )
    text = normal(str(cell.text)).casefold()
    if is_absent(text):
        raise Absent
    bare = re.fullmatch(rf"{_NUMBER}(?:\s*%)?(?:\s*[/:;|+-]\s*{_NUMBER}(?:\s*%)?)+", text)
    if bare:
        parts = [number_readings(part.strip(" %"))[0] for part in re.split(r"[/:;|+-]", text)]
        if len(parts) in _ASSUMED and sum(parts) == 100:
            events = _ASSUMED[len(parts)]
            said = ", ".join(
                f"{part.normalize():f} % at {EVENT_WORDS[event]}" for part, event in zip(parts, events, strict=True)
            )
            return [_payment(event, part, 0) for event, part in zip(events, parts, strict=True)], f"the events: {said}"
        raise Unclear(f"{shown(text)!r} adds up to {sum(parts):f}, not to 100", "Write shares that add up to 100 %.")
    net = re.fullmatch(
        r"(?:net|netto|payment)?\s*(\d{1,3})\s*(?:days?|tage|jours)?\s*(?:net|netto)?(?:\s*(?:after|from|"
        r"nach)?\s*(?:invoice|rechnung|rechnungserhalt))?",
        text,
    )
    if net:
        said = f"100 % {net[1]} days after delivery, on whose day the invoice is assumed"
        return [_payment("delivered", Decimal(100), int(net[1]))], said
    return _in_parts(text)


def _payment(event: str, percent: Decimal, days: int) -> Tree:
    found: Tree = {"event": event, "share": percent / 100}
    return {**found, "days_after": days} if days else found


def _in_parts(text: str) -> tuple[list[Tree], str]:
    """Terms in words, a share and an event in each part: 30 % deposit, 70 % 30 days after delivery."""
    matches = list(re.finditer(rf"({_NUMBER})\s*%", text))
    way_out = "Write them like 30 % order, 60 % delivery, 10 % acceptance."
    if not matches:
        raise Unclear(f"{shown(text)!r} are no terms of payment that can be read", way_out)
    leading = text[: matches[0].start()].strip(" ,;/+&-")
    ends = [match.start() for match in matches[1:]] + [len(text)]
    words = [text[match.end() : end].strip(" ,;/+&.-") for match, end in zip(matches, ends, strict=True)]
    if leading:  # the event stands before its share
        starts = [0] + [match.end() for match in matches[:-1]]
        words = [text[start : match.start()].strip(" ,;/+&.-:") for start, match in zip(starts, matches, strict=True)]
        if text[matches[-1].end() :].strip(" ,;."):
            raise Unclear(f"{shown(text)!r} are no terms of payment that can be read", way_out)
    found = []
    for match, said in zip(matches, words, strict=True):
        events = [event for event, pattern in _EVENTS.items() if re.search(pattern, said)]
        said = re.sub(r"\bnet(?:to)?\s+(\d+)(?:\s+days?)?", r"\1 days", said)
        numbers = re.findall(r"(\d+)\s*([^\W\d]*)", said)
        if len(events) != 1 or len(numbers) > 1 or (numbers and not re.fullmatch(_UNITS["days"], numbers[0][1])):
            raise Unclear(f"{shown(said or text)!r} names no single event of payment", way_out)
        found.append(_payment(events[0], number_readings(match[1])[0], int(numbers[0][0]) if numbers else 0))
    total = sum((Decimal(str(one["share"])) for one in found), Decimal(0))
    if total != 1:
        raise Unclear(f"{shown(text)!r} adds up to {total * 100:f} %, not to 100 %", way_out)
    invoiced = "an invoice is taken to come with the delivery" if re.search("invoice|rechnung|facture", text) else ""
    return found, invoiced


def free_units(text: str) -> Tree:
    """Units that are given for so many bought: 20 + 1. Raises Unclear."""
    match = re.fullmatch(r"(\d+)\s*\+\s*(\d+)", normal(text))
    if match is None:
        raise Unclear(f"{shown(text)!r} are no free units that can be read", "Write them like 20 + 1.")
    return {"buy": int(match[1]), "free": int(match[2])}


def early_order(text: str, today: date | None) -> tuple[Tree, str]:
    """A discount for ordering by a day, and what was assumed: 5 % until 2026-12-15. Raises Unclear."""
    pattern = rf"({_NUMBER})\s*%\s*(?:until|by|bis|jusqu'au)\s+(.+)"
    match = re.fullmatch(pattern, normal(text).casefold())
    if match is None:
        raise Unclear(
            f"{shown(text)!r} is no early-order discount that can be read", "Write it like 5 % until 2026-12-15."
        )
    read = written_day(match[2], today)
    return {"until": read.day, "discount": Decimal(match[1].replace(",", ".")) / 100}, read.assumption


_DAMAGES = re.compile(
    rf"(?:lds?|liquidated damages|late delivery damages|vertragsstrafe|pönale|pénalités?(?: de "
    rf"retard)?)?\s*({_NUMBER})\s*%\s*"
    rf"(?:/|per|a|pro|je|par)\s*(?:week|wk|woche|semaine)(?:,?\s*(?:max\.?|at most|up to|höchstens)\s*({_NUMBER})\s*%)?"
    rf"(?:,?\s*after\s*(\d+)\s*days)?"
)


def damages(text: str) -> Tree:
    """What is owed for what comes late: 0.5 % a week, at most 5 %, after 7 days. Raises Unclear."""
    match = _DAMAGES.fullmatch(normal(text).casefold().strip(" ."))
    if match is None:
        raise Unclear(f"{shown(text)!r} are no late-delivery damages that can be read", "Write them like 0.5 % a week.")
    found: Tree = {"share_per_week": Decimal(match[1].replace(",", ".")) / 100}
    found |= {"at_most_share": Decimal(match[2].replace(",", ".")) / 100} if match[2] else {}
    return found | ({"grace_days": int(match[3])} if match[3] else {})


_PARTS = {
    "network": r"network|netzwerk|réseau|네트워크|ネットワーク|网络",
    "storage": r"storage|speicher|stockage|스토리지|ストレージ|存储",
    "installation": r"install\w*|einbau|aufbau|설치|設置|安装",
    "support": r"support|지원|保守|サポート|维保|技术支持",
    "hosting": r"hosting|colocation|호스팅|托管",
    "system": r"system|server|rack|서버|サーバ|服务器",
}


def included(text: str) -> list[str]:
    """The parts that a text of what a price includes names, `system` first; raises Unclear for any other word."""
    found = {"system"}
    for word in re.split(r"\s*(?:,|\+|&|/|;|\band\b|\bund\b|\bet\b|및|と|和|、)\s*", normal(text).casefold()):
        parts = [part for part, pattern in _PARTS.items() if re.fullmatch(pattern, word.strip(" ."))]
        if word.strip() and not parts:
            raise Unclear(f"{shown(word)!r} is no part of an offer", f"Parts: {', '.join(sorted(_PARTS))}.")
        found |= set(parts)
    return ["system", *(part for part in ("network", "storage", "installation", "support", "hosting") if part in found)]
