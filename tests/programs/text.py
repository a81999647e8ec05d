"""A program as an LP file, its columns and rows named by their keys, so that two can be compared line by line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from gpuplan.formulation import Formulation
from gpuplan.program.columns import INFINITY, Key


def lp(formulation: Formulation) -> str:
    """The last level of a program as text; the levels before are rows without bounds, one term to a line."""
    return "\n".join(_lines(formulation)) + "\n"


def name(key: Key) -> str:
    """A key as a name that the format allows: `orders(offer_1,0)`."""
    first, *rest = (re.sub(r"[^A-Za-z0-9_.]", "_", str(part)) for part in key)
    return f"{first}({','.join(rest)})" if rest else first


def _lines(formulation: Formulation) -> Iterator[str]:
    columns, rows = formulation.problem.columns, formulation.problem.rows
    names = [name(key) for key in columns.keys]
    *before, last = formulation.goals
    for goal in before:
        yield f"\\ before: {'maximise' if goal.maximise else 'minimise'} {goal.name}"
        yield from (f"\\{line}" for line in _terms(names, goal.expression.terms.items()))
    yield f"\\ {last.name}, and a constant of {last.expression.constant!r}"
    yield "maximize" if last.maximise else "minimize"
    yield " goal:"
    yield from _terms(names, last.expression.terms.items())
    yield "subject to"
    for row, key in enumerate(rows.keys):
        entries = slice(rows.starts[row], rows.starts[row + 1])
        terms = list(zip(rows.columns[entries], rows.coefficients[entries], strict=True))
        yield from _row(
            f"{rows.families[row].replace(' ', '_')}.{name(key)}", names, terms, rows.lower[row], rows.upper[row]
        )
    yield "bounds"
    for column, one in enumerate(names):
        most = "" if columns.upper[column] == INFINITY else f" <= {columns.upper[column]!r}"
        yield f" {columns.lower[column]!r} <= {one}{most}"
    yield "general"
    yield from (f" {one}" for column, one in enumerate(names) if columns.whole(column))
    yield "end"


def _row(called: str, names: list[str], terms: list[tuple[int, float]], lower: float, upper: float) -> Iterator[str]:
    """A row, or two where it has both bounds."""
    sides = [(">=", lower, -INFINITY, "least"), ("<=", upper, INFINITY, "most")]
    if lower == upper:
        sides = [("=", lower, INFINITY, "")]
    for sign, bound, none, side in sides:
        if bound != none:
            both = len(sides) > 1 and lower != -INFINITY and upper != INFINITY
            yield f" {called}.{side}:" if both else f" {called}:"
            yield from _terms(names, terms)
            yield f"  {sign} {bound!r}"


def _terms(names: list[str], terms: Iterable[tuple[int, float]]) -> Iterator[str]:
    for column, coefficient in terms:
        yield f"  {'-' if coefficient < 0 else '+'} {abs(coefficient)!r} {names[column]}"
