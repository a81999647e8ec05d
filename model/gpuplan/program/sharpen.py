"""Rows of whole columns made whole: coefficients without a common divisor, bounds rounded to what can be reached.

A solver takes a row as kept when it is missed by a millionth. Over whole columns the sum moves in steps, so dividing by
the step and rounding the bound makes every miss a whole one, and no plan is lost.
"""

from __future__ import annotations

from functools import lru_cache
from math import ceil, floor, isfinite

from gpuplan.fraction import Fraction
from gpuplan.instance.units import common_step
from gpuplan.program.columns import Columns
from gpuplan.program.rows import Rows

LARGEST = 10**5
"""Above this a miss by one step is again within what the solver takes as kept."""
DENOMINATOR = 10**7
NEAR = 1e-12


def sharpen(columns: Columns, rows: Rows, family: str) -> None:
    """Sharpen the rows of a family in place, where their coefficients are plain fractions."""
    for index, name in enumerate(rows.families):
        if name == family:
            _sharpen_row(columns, rows, index)


def _sharpen_row(columns: Columns, rows: Rows, index: int) -> None:
    span = range(rows.starts[index], rows.starts[index + 1])
    if not span or not all(columns.whole(rows.columns[place]) for place in span):
        return
    exact = [_plain(rows.coefficients[place]) for place in span]
    if any(one is None for one in exact):
        return
    known = [one for one in exact if one is not None]
    step = common_step(known)
    if max(abs(one) for one in known) > LARGEST * step:
        return
    for place, one in zip(span, known, strict=True):
        rows.coefficients[place] = float(one / step)
    for bounds, rounding in ((rows.lower, ceil), (rows.upper, floor)):
        bound = bounds[index]
        if isfinite(bound):
            near = _plain(bound)
            bounds[index] = float(rounding((Fraction(bound) if near is None else near) / step))


@lru_cache(10_000)
def _plain(number: float) -> Fraction | None:
    """The fraction of small denominator that a number stands for; None when it is none."""
    near = Fraction(number).limit_denominator(DENOMINATOR)
    return near if abs(float(near) - number) <= NEAR * max(1.0, abs(number)) else None
