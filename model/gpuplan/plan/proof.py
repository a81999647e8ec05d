"""What a bound proves of a value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.objective import priorities

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


def gap_of(value: Decimal, bound: Decimal | None) -> Decimal | None:
    """Distance from value to bound as a share of the value, to 9 decimals; None without a bound, or at value 0."""
    if bound is None:
        return None
    if value == bound:
        return Decimal(0)
    return (abs(value - bound) / abs(value)).quantize(Decimal("1e-9")) if value else None


def is_proven(value: Decimal, bound: Decimal | None, asked: Decimal) -> bool:
    """Whether the gap asked for is reached, to the last digit shown."""
    gap = gap_of(value, bound)
    return gap is not None and gap <= asked + Decimal("1e-9")


def gap_asked(instance: Instance, number: int, asked: Decimal) -> Decimal:
    """Gap within which a level counts as optimal, given that of the search; levels as in `goals`."""
    position = number - len(priorities(instance))
    stated = instance.objective[position].gap if 0 <= position < len(instance.objective) else None
    return asked if stated is None else stated
