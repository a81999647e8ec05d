"""Entries of money: what is paid for what, when, and what it is worth on the day of reckoning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.instance.matching import Subject

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

STEP = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment, exact to a millionth of the reporting currency; everything above adds such entries up."""

    term: str
    day: date
    committed: date
    subject: Subject
    amount: Decimal
    discounted: Decimal


def rounded(value: Fraction) -> Decimal:
    """An exact value to the ledger's step, half to even."""
    scaled = round(value * 10**6)
    return Decimal(scaled).scaleb(-6)


def entry(
    instance: Instance, term: str, day: date, amount: Fraction, subject: Subject, committed: date | None = None
) -> Entry:
    """An entry in the reporting currency, discounted by its day."""
    worth = amount * Fraction(instance.discount(day))
    return Entry(term, day, committed or day, subject, rounded(amount), rounded(worth))


def total(entries: Iterable[Entry]) -> Decimal:
    """Undiscounted sum."""
    return sum((one.amount for one in entries), Decimal(0)).quantize(STEP, rounding=ROUND_HALF_EVEN)
