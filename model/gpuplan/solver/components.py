"""Connected components of a program: columns that share no row with the others, so that each is minimised by itself.

Sites that share no budget, no vendor's terms and no load are such, or time slots of machines. Together they would be
one tree whose size is the product of theirs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from gpuplan.solver.matrix import Floats, Indexes, Matrix
from gpuplan.solver.proof.safe import UNIT
from gpuplan.solver.result import Report, Result, Termination, relative_gap
from gpuplan.solver.verification import least_of

TIGHTER = (1.0, 0.1, 0.0)
"""Shares of the gap to which components are minimised, one after the other: where some earn what others cost, the gap
of the sum is wider than theirs."""


@dataclass(frozen=True)
class Component:
    """Some columns of a matrix and all rows that they are in, without the matrix's offset."""

    columns: Indexes
    """Of the whole, in order."""
    matrix: Matrix


Minimise = Callable[[Component, Floats | None, float, float], Result]
"""Given a component, the plan that is known of it, the gap and the share of the time left: its best plan, verified."""


def components(matrix: Matrix) -> list[Component]:
    """The components of a matrix, ordered by their first columns.

    Columns without a row are one component; rows without a column go with the first one.
    """
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    width, height = len(matrix.lower), len(matrix.row_lower)
    rows = matrix.rows()
    links = coo_matrix((np.ones(len(rows)), (matrix.columns, width + rows)), shape=(width + height, width + height))
    _, labels = connected_components(links, directed=False)
    is_alone = np.bincount(matrix.columns, minlength=width) == 0
    order: dict[int, int] = {}
    of_columns = [order.setdefault(label, len(order)) for label in np.where(is_alone, -1, labels[:width]).tolist()]
    of_rows = [order.get(label, 0) for label in labels[width:].tolist()]
    columns, row_sets = _grouped(of_columns, len(order)), _grouped(of_rows, len(order))
    entries = _grouped(np.array(of_rows, dtype=np.int64)[rows], len(order))
    place = np.empty(width, dtype=np.int32)
    for some in columns:
        place[some] = np.arange(len(some), dtype=np.int32)
    return [_component(matrix, *each, place) for each in zip(columns, row_sets, entries, strict=True)]


def _grouped(places: npt.ArrayLike, count: int) -> list[npt.NDArray[np.intp]]:
    """What is in each place, in order."""
    order = np.argsort(places, kind="stable")
    return np.split(order, np.cumsum(np.bincount(np.asarray(places, dtype=np.int64), minlength=count))[:-1])


def _component(
    matrix: Matrix,
    columns: npt.NDArray[np.intp],
    rows: npt.NDArray[np.intp],
    entries: npt.NDArray[np.intp],
    place: Indexes,
) -> Component:
    lengths = np.diff(matrix.starts)[rows]
    part = Matrix(
        cost=matrix.cost[columns],
        offset=0.0,
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32),
        columns=place[matrix.columns[entries]],
        values=matrix.values[entries],
        row_lower=matrix.row_lower[rows],
        row_upper=matrix.row_upper[rows],
        lower=matrix.lower[columns],
        upper=matrix.upper[columns],
        whole=matrix.whole[columns],
        strategic=matrix.strategic[columns],
    )
    return Component(columns.astype(np.int32), part)


def minimised(
    matrix: Matrix,
    parts: list[Component],
    gap: float,
    start: Floats | None,
    minimise: Minimise,
    listener: Callable[[Report], None] | None = None,
) -> Result:
    """The best of a matrix, each of its components minimised by itself; verified so far as theirs are.

    It is infeasible or unbounded where one of them is, and without a plan where one of them has none.
    """
    found: list[Result | None] = [None] * len(parts)
    known = [None if start is None else start[part.columns] for part in parts]
    for share in TIGHTER:
        for place, part in enumerate(parts):
            before = found[place]
            if before is not None and (before.objective or 0.0) <= before.verified:
                continue
            result = minimise(part, known[place], share * gap, 1.0 / (len(parts) - place))
            if result.termination in (Termination.INFEASIBLE, Termination.UNBOUNDED, Termination.FAILED):
                return replace(result, values=None, objective=None)
            found[place] = _better(before, result)
            known[place] = known[place] if result.values is None else result.values
            if listener is not None:
                listener(Report(_bound(matrix, parts, found)))
        done = _together(matrix, parts, found)
        if done.values is None or relative_gap(done.objective, done.verified) <= gap:
            break
    return done


def _better(before: Result | None, after: Result) -> Result:
    """The later of two results of a component, unless it came to less."""
    if before is None or after.values is None:
        return after if before is None else before
    is_less = after.verified < before.verified and (after.objective or 0.0) >= (before.objective or 0.0)
    return before if is_less else after


def _bound(matrix: Matrix, parts: list[Component], found: list[Result | None]) -> float:
    """What is verified of all plans, with room for the rounding of a sum."""
    bounds = [
        least_of(part.matrix) if result is None else result.verified for part, result in zip(parts, found, strict=True)
    ]
    room = UNIT * (len(bounds) + 2) * sum(abs(bound) for bound in (*bounds, matrix.offset))
    total = sum(bounds) + matrix.offset
    return total - room if np.isfinite(total) else total


def _together(matrix: Matrix, parts: list[Component], found: list[Result | None]) -> Result:
    bound = _bound(matrix, parts, found)
    results = [result for result in found if result is not None]
    ways = dict.fromkeys(result.by.split(",")[0] for result in results if result.by)
    by = f"{len(parts)} components by themselves: {', '.join(ways)}" if ways else ""
    if any(result.values is None for result in results):
        return Result(Termination.STOPPED, None, None, bound, bound, by)
    point = np.zeros(len(matrix.lower))
    for part, result in zip(parts, results, strict=True):
        assert result.values is not None
        point[part.columns] = result.values
    value = float(matrix.cost @ point) + matrix.offset
    has_ended = all(result.termination is Termination.OPTIMAL for result in results)
    ended = Termination.OPTIMAL if has_ended else Termination.STOPPED
    return Result(ended, point, value, min(bound, value), min(bound, value), by)
