"""What a bound proves of a value."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.objective import priorities

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


def gap_of(value: Decimal, bound: Decimal | None, resolution: Decimal = Decimal(0)) -> Decimal | None:
    """Distance from value to bound as a share of the value, to 9 decimals; None without a bound.

    At value 0 it is 0 within the resolution, and None beyond it.
    """
    if bound is None:
        return None
    if value == bound:
        return Decimal(0)
    if not value:
        return Decimal(0) if abs(bound) <= resolution else None
    return (abs(value - bound) / abs(value)).quantize(Decimal("1e-9"))


def is_proven(value: Decimal, bound: Decimal | None, asked: Decimal, resolution: Decimal = Decimal(0)) -> bool:
    """Whether the gap asked for is reached, within what the proof can tell apart."""
    return bound is not None and abs(value - bound) <= max(asked * abs(value), resolution)


def gap_asked(instance: Instance, number: int, asked: Decimal) -> Decimal:
    """Gap within which a level counts as optimal, given that of the search; levels as in `goals`."""
    position = number - len(priorities(instance))
    stated = instance.objective[position].gap if 0 <= position < len(instance.objective) else None
    return asked if stated is None else stated
