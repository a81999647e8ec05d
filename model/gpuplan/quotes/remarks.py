"""Remarks: the parts of one that are a field, and those that may carry a condition."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from gpuplan.quotes.dates import written_day
from gpuplan.quotes.numbers import Unclear, normal, number_readings
from gpuplan.quotes.terms import damages, included


@dataclass(frozen=True, slots=True)
class Remark:
    """A part of a remark: a field with its value where it is understood as one, or else a condition in its words."""

    text: str
    field: str = ""
    value: object = None
    assumption: str = ""


def remarks(text: str, today: date | None) -> list[Remark]:
    """The parts of a remark, each understood as a field or left as it is."""
    return [_remark(part.strip(), today) for part in re.split(r"[;\n]", text) if part.strip(" .")]


def _remark(text: str, today: date | None) -> Remark:
    plain = normal(text).casefold()
    includes = re.fullmatch(r"(?:incl\.?|includes|including|inkl\.?|inklusive|y compris)\s+(.+)", plain)
    if includes:
        try:
            return Remark(text, "includes", included(includes[1]), "")
        except Unclear:
            return Remark(text)
    free = re.fullmatch(
        r"(?:per|for every|je|pro|pour)\s+(\d+)\s+\w+\s+(\d+)\s+(?:\w+\s+)?(?:free(?: of charge)?|gratis|"
        r"kostenlos|gratuite?s?)",
        plain,
    )
    if free:
        return Remark(text, "free_units", {"buy": int(free[1]), "free": int(free[2])})
    early = re.fullmatch(
        r"(\d+(?:[.,]\d+)?)\s*%\s*(?:off|discount|skonto|rabatt|remise|escompte)?\s*(?:if ordered|when ordered|"
        r"on order|bei bestellung|pour commande|si commande)\s*(?:by|bis|until|before|avant le|bis zum)\s+(.+)",
        plain,
    )
    if early:
        try:
            until = written_day(early[2], today)
        except Unclear:
            return Remark(text)
        discount = number_readings(early[1])[0] / 100
        return Remark(text, "early_order", {"until": until.day, "discount": discount}, until.assumption)
    late = re.fullmatch(
        r"(?:ld|lds|liquidated damages|late delivery damages|vertragsstrafe|pönale|pénalités?(?: de retard)?)\b.*",
        plain,
    )
    if late:
        return _damages(text)
    freight = re.fullmatch(
        r"(?:freight|shipping|fracht|transport)\s+(?:excl\.?|excluded|exkl\.?|zzgl\.?|plus|\+)\s*(\d+(?:[.,]\d+)?)\s*%",
        plain,
    )
    if freight:
        return Remark(text, "freight_rate", number_readings(freight[1])[0] / 100, "paid beside the price")
    only = re.search(r"only (?:together |in combination |jointly )?with (\S+)", plain)
    if only:
        return Remark(text, "only_with", [only[1].strip(".,")])
    return Remark(text)


def _damages(text: str) -> Remark:
    """Damages as a share a week where they are one, in their words otherwise."""
    try:
        return Remark(text, "late_damages", damages(text))
    except Unclear:
        return Remark(text, "late_damages", text)
