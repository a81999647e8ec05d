"""What a bound proves of a value."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from gpuplan.families.objective import digits_of, priorities
from gpuplan.fraction import Fraction
from gpuplan.plan.plan import PlanLevel

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

PROOF = Fraction(2, 10**10)
"""Share of a value, or of a typical price where that is more, that a proof and its rounding do not tell apart."""


def level_of(
    instance: Instance,
    told: tuple[str, str, Decimal],
    reached: Decimal,
    bound: Decimal | None,
    asked: Decimal,
    claimed: Decimal | None = None,
) -> PlanLevel:
    """A level as a plan tells it: (name, unit, value), what was reached, what is verified and what only the solver
    says."""
    name, unit, value = told
    resolution = resolution_of(instance, unit, reached)
    return PlanLevel(
        name=name,
        unit=unit,
        value=value,
        reached=reached,
        bound=bound,
        gap=gap_of(reached, bound, resolution),
        resolution=resolution,
        proven=is_proven(reached, bound, asked, resolution),
        claimed=claimed,
    )


def gap_of(value: Decimal, bound: Decimal | None, resolution: Decimal = Decimal(0)) -> Decimal | None:
    """Distance from value to bound as a share of the value, to 9 decimals; 0 within the resolution.

    None without a bound, and beyond the resolution of value 0.
    """
    if bound is None:
        return None
    if abs(value - bound) <= resolution:
        return Decimal(0)
    if not value:
        return None
    return (abs(value - bound) / abs(value)).quantize(Decimal("1e-9"))


def is_proven(value: Decimal, bound: Decimal | None, asked: Decimal, resolution: Decimal = Decimal(0)) -> bool:
    """Whether the gap asked for is reached, within what the proof can tell apart."""
    return bound is not None and abs(value - bound) <= asked * abs(value) + resolution


def resolution_of(instance: Instance, unit: str, value: Decimal) -> Decimal:
    """Distance from a level's value below which a proof tells nothing apart, and the rounding of the value itself."""
    size = max(abs(Fraction(value)), instance.typical_price if unit == "money" else Fraction(1))
    # By the value alone: zeros at its end are lost where a plan is written and read.
    digits = instance.money_digits if unit == "money" else digits_of(Fraction(value))
    exact = Decimal(float(size * PROOF)) + Decimal(1).scaleb(-digits)
    return exact.quantize(Decimal(1).scaleb(exact.adjusted()), rounding=ROUND_CEILING).normalize()


def gap_asked(instance: Instance, number: int, asked: Decimal) -> Decimal:
    """Gap within which a level counts as optimal, given that of the search; levels as in `goals`."""
    position = number - len(priorities(instance))
    stated = instance.objective[position].gap if 0 <= position < len(instance.objective) else None
    return asked if stated is None else stated
