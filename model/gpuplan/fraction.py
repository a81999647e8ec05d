"""Exact fractions, as fast as they come: those of quicktions, which are Python's own compiled to C."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction
else:
    from quicktions import Fraction

__all__ = ["Fraction"]
