"""Pooling: orders of one offer that differ by little but their site, made one in a coarse program.

Every column of a group must have the same coefficients in every row but those that tell what has arrived at its site,
and those of limits from one side, where it is enough that all of them count. The first are added up: what arrives may
then be shared out among the sites later. In the others, and in the levels, a group counts with the least of its
coefficients; what an order of a site counts more than that at least, its systems count that stand there, since each of
them was ordered. All of this relaxes the program.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from math import copysign

from gpuplan.program.columns import INFINITY, Columns, Key
from gpuplan.program.linear import Linear
from gpuplan.program.rows import Rows

POOLED, SEPARATE, RELAXED = "orders", "arrived", "limits"
"""Decision whose columns are pooled over their sites; the rows that are added up; the family of those relaxed."""


NOISE = 1e-9
"""Share of a coefficient up to which a difference is none."""


def pool(columns: Columns, rows: Rows, levels: Iterable[tuple[Linear, bool]]) -> Rows:
    """Pool orders over sites, offer by offer; the rows that remain. Columns that stand for others keep their place.

    The others stay as columns that are always zero. Levels change in place; of each is told whether it is maximised.
    """
    kept: dict[int, int] = {}
    seen = _seen(columns, rows)
    for groups in _by_offer(columns).values():
        if all(seen[column] == seen[group[0]] for group in groups for column in group):
            kept |= {column: group[0] for group in groups for column in group}
    pairs = _stood(rows, kept)
    for aim, is_maximised in levels:
        aim.terms = _relaxed(aim.terms, kept, pairs, -1.0 if is_maximised else 1.0)
    for column, first in kept.items():
        if column != first:
            columns.merge(first, column)
    return _added_up(rows, kept, pairs)


Stood = list[tuple[int, list[tuple[int, float]]]]
"""Of an offer at a site, the last day first: the column of what stands that day; the orders that have arrived by then,
and the systems in a lot of each."""


def _stood(rows: Rows, kept: Mapping[int, int]) -> list[Stood]:
    """By offer and site of what is pooled: what stands when, of which orders."""
    found: dict[tuple[str | int, str | int], list[tuple[int, int]]] = defaultdict(list)
    for row, key in enumerate(rows.keys):
        if key[0] == SEPARATE and not kept.keys().isdisjoint(column for column, _ in rows.row(row)):
            found[key[1], key[2]].append((int(key[3]), row))
    pairs = []
    for some in found.values():
        stood: Stood = []
        for _, row in sorted(some, reverse=True):
            terms = list(rows.row(row))
            standing = next(column for column, coefficient in terms if coefficient > 0)
            stood.append((standing, [(column, -coefficient) for column, coefficient in terms if coefficient < 0]))
        pairs.append(stood)
    return pairs


def _relaxed(
    terms: Mapping[int, float], kept: Mapping[int, int], pairs: Iterable[Stood], sign: float = 1.0
) -> dict[int, float]:
    """Coefficients of what is no more, times a sign, than before: each group counts with its least, and what stands
    with what its orders count more than that at least, the later ones the less."""
    members: dict[int, list[int]] = defaultdict(list)
    for column, first in kept.items():
        members[first].append(column)
    least = {
        first: sign * min(sign * terms.get(column, 0.0) for column in group)
        for first, group in members.items()
        if any(column in terms for column in group)
    }
    found = {column: coefficient for column, coefficient in terms.items() if column not in kept}
    found |= {first: coefficient for first, coefficient in least.items() if coefficient}
    for stood in pairs:
        counted = 0.0
        for standing, orders in stood:
            more = min(sign * (terms.get(one, 0.0) - least.get(kept[one], 0.0)) / lot for one, lot in orders)
            if more > counted + NOISE * max(abs(terms.get(one, 0.0)) for one, _ in orders):
                found[standing] = found.get(standing, 0.0) + sign * (more - counted)
                counted = more
    return found


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


def _seen(columns: Columns, rows: Rows) -> dict[int, list[tuple[int, float]]]:
    """By column of orders: (row, coefficient) of rows that must not tell it from another; its sign where relaxed."""
    found: dict[int, list[tuple[int, float]]] = {column: [] for column in columns.of(POOLED)}
    for row, key in enumerate(rows.keys):
        if key[0] != SEPARATE:
            is_relaxed = _side(rows, row) is not None
            for column, coefficient in rows.row(row):
                if column in found:
                    found[column].append((row, copysign(1.0, coefficient) if is_relaxed else coefficient))
    return found


def _side(rows: Rows, row: int) -> float | None:
    """Whether a row of a limit bounds from above (1) or from below (-1); None where from both sides, or of no limit."""
    if rows.families[row] != RELAXED or (rows.lower[row] > -INFINITY) == (rows.upper[row] < INFINITY):
        return None
    return 1.0 if rows.upper[row] < INFINITY else -1.0


def _added_up(rows: Rows, kept: Mapping[int, int], pairs: list[Stood]) -> Rows:
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
            side = _side(rows, row)
            if side is not None and not kept.keys().isdisjoint(terms):
                left = Linear(_relaxed(terms, kept, pairs, side).items())
            else:
                left = Linear((column, value) for column, value in terms.items() if kept.get(column, column) == column)
            fresh.add(key, left, at_least=rows.lower[row], at_most=rows.upper[row], tightening=rows.tightening[row])
    for (offer, state), (family, left) in sums.items():
        fresh.family = family
        fresh.add((SEPARATE, offer, "", state), left, at_most=0.0)
    return fresh
