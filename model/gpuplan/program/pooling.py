"""Pooling: orders of one offer that differ by nothing but their site, made one in a coarse program.

Every column of a group must have the same cost and the same coefficients in every row but those that tell what has
arrived at its site. These rows are added up, which relaxes the program: what arrives may then be shared out among the
sites later.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from gpuplan.program.columns import Columns, Key
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows

POOLED, SEPARATE = "orders", "arrived"
"""Decision whose columns are pooled over their sites, and the rows that are added up."""


def pool(columns: Columns, rows: Rows, levels: Iterable[Linear]) -> Rows:
    """Pool orders over sites, offer by offer; the rows that remain. Columns that stand for others keep their place.

    The others stay as columns that are always zero. Levels lose them too.
    """
    aims = list(levels)
    kept: dict[int, int] = {}
    seen = _seen(columns, rows, aims)
    for groups in _by_offer(columns).values():
        if all(seen[column] == seen[group[0]] for group in groups for column in group):
            kept |= {column: group[0] for group in groups for column in group}
    for column, first in kept.items():
        if column != first:
            columns.merge(first, column)
            for aim in aims:
                aim.terms.pop(column, None)
    return _added_up(rows, kept)


def _by_offer(columns: Columns) -> dict[str | int, list[list[int]]]:
    """By offer: columns of orders by period and way, each over the sites."""
    groups: dict[Key, list[int]] = defaultdict(list)
    for column in columns.of(POOLED):
        _, offer, _, *when = columns.keys[column]
        groups[offer, *when].append(column)
    found: dict[str | int, list[list[int]]] = defaultdict(list)
    for (offer, *_), group in groups.items():
        found[offer].append(group)
    return found


def _seen(columns: Columns, rows: Rows, aims: list[Linear]) -> dict[int, list[tuple[int, float]]]:
    """By column of orders: (row, coefficient) of every row that must not tell it from another, and of the levels."""
    found: dict[int, list[tuple[int, float]]] = {column: [] for column in columns.of(POOLED)}
    for row, key in enumerate(rows.keys):
        if key[0] != SEPARATE:
            for column, coefficient in rows.row(row):
                if column in found:
                    found[column].append((row, coefficient))
    for column, entries in found.items():
        entries.extend((-1 - level, aim.terms.get(column, 0.0)) for level, aim in enumerate(aims))
    return found


def _added_up(rows: Rows, kept: dict[int, int]) -> Rows:
    fresh = Rows(rows.tightenings)
    sums: dict[tuple[str | int, str | int], tuple[str, Linear]] = {}
    for row, key in enumerate(rows.keys):
        terms = dict(rows.row(row))
        fresh.family = rows.families[row]
        if key[0] == SEPARATE and any(column in kept for column in terms):
            at = (key[1], key[3])
            left = sums.setdefault(at, (fresh.family, Linear()))[1]
            left.constant -= rows.upper[row]
            for column, coefficient in terms.items():
                # One and the same order has arrived everywhere once it has arrived anywhere.
                place = kept.get(column, column)
                left.terms[place] = coefficient
        else:
            left = Linear((column, value) for column, value in terms.items() if kept.get(column, column) == column)
            fresh.add(key, left, at_least=rows.lower[row], at_most=rows.upper[row], tightening=rows.tightening[row])
    for (offer, state), (family, left) in sums.items():
        fresh.family = family
        fresh.add((SEPARATE, offer, "", state), left, at_most=0.0)
    return fresh
