"""Entries of money: what is paid for what, when, and what it is worth on the day of reckoning."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True, slots=True)
class Entry:
    """One payment, exact to the instance's `money_digits`; everything above adds such entries up."""

    term: str
    day: date
    committed: date
    subject: Subject
    amount: Decimal
    discounted: Decimal
    exact: Fraction
    """The amount before it was rounded: thresholds are held against this."""


def rounded(value: Fraction, digits: int = 6) -> Decimal:
    """An exact value to so many digits after the point, half to even."""
    return Decimal(round(value * 10**digits)).scaleb(-digits)


def entry(
    instance: Instance, term: str, day: date, amount: Fraction, subject: Subject, committed: date | None = None
) -> Entry:
    """An entry in the reporting currency, discounted by its day."""
    worth = amount * Fraction(instance.discount(day))
    digits = instance.money_digits
    return Entry(term, day, committed or day, subject, rounded(amount, digits), rounded(worth, digits), amount)


def total(entries: Iterable[Entry]) -> Decimal:
    """Undiscounted sum."""
    return sum((one.amount for one in entries), Decimal(0))
