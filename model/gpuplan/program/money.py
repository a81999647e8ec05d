"""The unit in which a program counts money: taken from the instance's own prices, so that no currency's unit decides.

A program holds amounts of money beside switches and numbers of systems. In won, an amount is a billion times a switch,
and solvers, whose tolerances are absolute, take the one or the other for nothing. So money is counted in a typical
price: the largest step of which all prices are multiples, times a power of two. Multiples of that step are exact in
floating point, and all amounts divided by the same factor give the same program, digit for digit.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import log2
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.prices import prices
from gpuplan.instance.units import common_step

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

NEAR = 10
"""Doublings by which two units may differ and still be as good as each other."""


@dataclass(frozen=True, slots=True)
class Money:
    """What 1 stands for in a program, in the reporting currency and in others, whose first exchange rates hold."""

    unit: Fraction
    """In the reporting currency."""
    units: dict[str, Fraction]
    """By foreign currency, in that currency."""

    @classmethod
    def of(cls, instance: Instance) -> Money:
        """Taken from an instance's prices."""
        step, typical = common_step(prices(instance)), instance.typical_price
        unit = step * Fraction(2) ** round(log2(typical / step))
        foreign = instance.economics.exchange_rates
        return cls(unit, {currency: unit / Fraction(rates[0].rate) for currency, rates in foreign.items()})

    def in_units(self, amount: Decimal | Fraction, currency: str | None = None) -> float:
        """An amount of a currency (None: the reporting one) as the program has it."""
        return float(Fraction(amount) / self.unit_of(currency))

    def is_near(self, other: Money) -> bool:
        """Whether amounts of the other would be neither very large nor very small in this one."""
        return abs(log2(self.unit / other.unit)) <= NEAR

    def units_as(self, unit: Fraction) -> dict[str, Fraction]:
        """Units of the foreign currencies, were this the unit of the reporting one."""
        return {currency: one * unit / self.unit for currency, one in self.units.items()}

    def unit_of(self, currency: str | None) -> Fraction:
        """What 1 stands for, in a currency (None: the reporting one)."""
        return self.unit if currency is None else self.units.get(currency, self.unit)
