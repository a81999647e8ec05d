"""Solving again what was solved before in another form: what survives of an old plan and an old bound, and the rest.

Two programs are compared by the keys of their columns and rows. An old bound holds for the new program when nothing was
loosened: every plan of the new one is a plan of the old one that costs no more there. An old plan is carried over by
key, repaired by a search around it, and used as a plan only once it keeps every row of the new program. Where the two
are not near enough to one another, the search is that of any other instance, from this plan and this bound on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from gpuplan.program.columns import Key
from gpuplan.program.money import Money
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.result import NO_BOUND, Result
from gpuplan.solver.search import Search, SearchResult

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.solver.watched import Watched

NEAR_SECONDS, NEAR_NODES = 5.0, 50
"""The most that a search around an old plan takes."""
KEPT = 6
"""Solved programs that are remembered: the first, and the last ones."""
NO_ROW: tuple[dict[Key, float], float, float] = ({}, -np.inf, np.inf)
"""What stands for a row that is gone."""
TINY = 1e-15
"""Rounding of one division."""
EXACT = 1e-9
"""Share below which two numbers of a program are the same."""


@dataclass(eq=False)
class Solved:
    """A program that was solved: its matrix, what is known of each level, and its plan by key."""

    keys: list[Key]
    rows: dict[Key, tuple[dict[Key, float], float, float]]
    """Coefficients by column, and bounds. Rows that others imply for whole values are left out."""
    lower: dict[Key, float]
    upper: dict[Key, float]
    levels: list[tuple[dict[Key, float], float, float, tuple[float, ...]]] = field(default_factory=list)
    """(cost by column, offset, verified bound, held values of the levels before) of each level, to minimise."""
    point: dict[Key, float] = field(default_factory=dict)


class Memory:
    """The programs that a session solved last."""

    def __init__(self) -> None:
        self.solved: list[Solved] = []
        self.currency: tuple[str, Money] | None = None
        """The reporting currency, and the unit in which all of them count money."""

    def money(self, instance: Instance) -> Money:
        """The unit of money that makes a program comparable; another one, and nothing remembered, in a new currency."""
        own = Money.of(instance)
        if self.currency is None or self.currency[0] != instance.currency or not self.currency[1].is_near(own):
            self.currency, self.solved = (instance.currency, own), []
        return replace(self.currency[1], units=own.units_as(self.currency[1].unit))

    def copied(self) -> Memory:
        """The same, to go on from without changing this one."""
        other = Memory()
        other.solved, other.currency = list(self.solved), self.currency
        return other

    def back_to(self, one: Solved) -> None:
        """Make a program the last one again: the one that the next is most like."""
        if one in self.solved:
            self.solved.remove(one)
        self.add(one)

    def add(self, one: Solved) -> None:
        """Remember a solved program, and forget the second when there are many."""
        self.solved = [*self.solved[:1], *self.solved[1:][-(KEPT - 2) :], one]


class Around(Search):
    """A search around a plan, for a plan alone: what it is not worth is not verified."""

    verifies = False


@dataclass
class Resolve(Search):
    """A search that begins with what is remembered, and is remembered itself."""

    memory: Memory = field(default_factory=Memory)

    def _money(self, instance: Instance) -> Money:
        return self.memory.money(instance)

    def _levels(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> SearchResult:
        self._now = _solved(formulation, matrix)
        self._rows = len(matrix.row_lower)
        self._comparable = [old for old in self.memory.solved if _is_tightening(old, self._now)]
        result = super()._levels(runs, formulation, matrix)
        if result.values is not None:
            self._now.point = dict(zip(self._now.keys, result.values.tolist(), strict=True))
            self.memory.add(self._now)
        return result

    def _first(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> Floats | None:
        """The last plan as a plan of this program: as it is, or the best of those around it; None where there is
        none."""
        point = next((old.point for old in reversed(self.memory.solved) if old.point), None)
        if point is None:
            return None
        old = np.array([point.get(key, 0.0) for key in self._now.keys])
        old = np.where(matrix.whole, np.round(old), old)
        wanted, more = (self._wanted(matrix, old, parts) for parts in (slice(1, 2), slice(1, None)))
        around = (
            partial(_around, matrix, old, columns, strategic)
            for columns, strategic in ((wanted, True), (wanted, False), (more, False))
        )
        for make in (partial(_decided, matrix, old), *around):
            near = make()
            if near is None:
                continue
            limit = min(NEAR_SECONDS, max(self._left(), 0.0))
            search = Around(
                replace(self.settings, time_limit=limit, nodes=NEAR_NODES),
                should_stop=self.should_stop,
                judge=self.judge,
            )
            found = search._levels(runs, formulation, near)
            if found.values is not None and _keeps(matrix, found.values):
                return found.values
        return None

    def _wanted(self, matrix: Matrix, old: Floats, parts: slice) -> npt.NDArray[np.bool_]:
        """Columns that share an id, among some parts of their keys, with the rows that the old plan breaks: what these
        are about may be used now."""
        keys = [[part for part in key[parts] if isinstance(part, str)] for key in self._now.keys]
        about: set[str] = set()
        for row in matrix.broken_rows(np.clip(old, matrix.lower, matrix.upper)):
            for column in matrix.columns[matrix.starts[row] : matrix.starts[row + 1]]:
                about.update(keys[column])
        return np.array([not about.isdisjoint(key) for key in keys])

    def _known(self, matrix: Matrix) -> float:
        """The best old bound that holds for this level; minus infinity when none does."""
        best, number = NO_BOUND, len(self._now.levels)
        for old in self._comparable:
            if number >= len(old.levels):
                continue
            costs, offset, bound, _ = old.levels[number]
            if self._held_no_less(matrix, old, number) and self._costs_no_less(matrix, costs):
                best = max(best, bound + matrix.offset - offset)
        return best

    def _level_ended(self, matrix: Matrix, result: Result) -> None:
        held = tuple(matrix.row_upper[self._rows :].tolist())
        costs = {self._now.keys[index]: float(matrix.cost[index]) for index in np.flatnonzero(matrix.cost)}
        self._now.levels.append((costs, matrix.offset, result.verified, held))

    def _costs_no_less(self, matrix: Matrix, costs: dict[Key, float]) -> bool:
        now = {self._now.keys[index]: float(matrix.cost[index]) for index in np.flatnonzero(matrix.cost)}
        return _no_less(now, costs, self._now)

    def _held_no_less(self, matrix: Matrix, old: Solved, number: int) -> bool:
        """Whether the levels before this one are held as tightly as they were, or more so."""
        held, before = matrix.row_upper[self._rows :], old.levels[number][3]
        if len(held) != len(before):
            return False
        if any(now > then + EXACT * max(1.0, abs(then)) for now, then in zip(held, before, strict=True)):
            return False
        pairs = zip(self._now.levels[:number], old.levels[:number], strict=True)
        return all(_no_less(now[0], then[0], self._now) for now, then in pairs)


def _keeps(matrix: Matrix, point: Floats) -> bool:
    """Whether a point keeps every bound and row, and is whole where it must be."""
    room = 1e-6 * np.maximum(1.0, np.abs(point))
    if np.any(point < matrix.lower - room) or np.any(point > matrix.upper + room):
        return False
    whole = point[matrix.whole]
    return not np.any(np.abs(whole - np.round(whole)) > 1e-6) and not len(matrix.broken_rows(point))


def _decided(matrix: Matrix, old: Floats) -> Matrix | None:
    """The program with all whole columns as they were; None where one cannot be."""
    if np.any(((old < matrix.lower) | (old > matrix.upper)) & matrix.whole):
        return None
    return matrix.with_bounds(np.where(matrix.whole, old, matrix.lower), np.where(matrix.whole, old, matrix.upper))


def _around(matrix: Matrix, old: Floats, wanted: npt.NDArray[np.bool_], strategic: bool) -> Matrix | None:
    """The program with whole columns that were nothing left at nothing, unless they are wanted; strategic ones as they
    were, or free."""
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    idle = matrix.whole & ~matrix.strategic & (old < 0.5) & ~wanted
    upper[idle] = np.maximum(lower[idle], 0.0)
    if strategic:
        fixed = matrix.strategic & ~wanted
        if np.any(((old < lower) | (old > upper)) & fixed):
            return None
        lower[fixed] = upper[fixed] = old[fixed]
    return matrix.with_bounds(lower, upper)


def _solved(formulation: Formulation, matrix: Matrix) -> Solved:
    """A program by its keys."""
    problem = formulation.problem
    keys = problem.columns.keys
    rows = {}
    for index, key in enumerate(problem.rows.keys):
        if not problem.rows.tightening[index]:
            terms = {keys[column]: coefficient for column, coefficient in problem.rows.row(index)}
            rows[key] = (terms, problem.rows.lower[index], problem.rows.upper[index])
    lower = dict(zip(keys, matrix.lower.tolist(), strict=True))
    upper = dict(zip(keys, matrix.upper.tolist(), strict=True))
    return Solved(list(keys), rows, lower, upper)


def _is_tightening(old: Solved, new: Solved) -> bool:
    """Whether every plan of the new program, with nothing for columns that are gone, is one of the old program."""
    for key in new.keys:
        if key not in old.lower:
            if new.lower[key] != 0 or new.upper[key] != 0:
                return False
        elif new.lower[key] < old.lower[key] or new.upper[key] > old.upper[key]:
            return False
    if any(old.lower[key] > 0 or old.upper[key] < 0 for key in old.keys if key not in new.lower):
        return False
    return all(_implies(new.rows.get(key, NO_ROW), one, new) for key, one in old.rows.items())


def _implies(
    now: tuple[dict[Key, float], float, float], then: tuple[dict[Key, float], float, float], new: Solved
) -> bool:
    """Whether a row of the new program implies the old row of the same key."""
    terms, lower, upper = now
    old_terms, old_lower, old_upper = then
    high = old_upper == np.inf or _side_implies(terms, upper, old_terms, old_upper, new)
    low = old_lower == -np.inf or _side_implies(_negated(terms), -lower, _negated(old_terms), -old_lower, new)
    return high and low


def _negated(terms: dict[Key, float]) -> dict[Key, float]:
    return {key: -coefficient for key, coefficient in terms.items()}


def _side_implies(
    terms: dict[Key, float], bound: float, old_terms: dict[Key, float], old_bound: float, new: Solved
) -> bool:
    """Whether terms <= bound, by some factor that is not negative, gives old terms <= old bound.

    Or by the columns' upper bounds: a switch with a smaller big-M on both sides of a row says no less than before.
    """
    if bound < np.inf and _rest(terms, old_terms, new) <= old_bound - bound:
        return True
    if bound == np.inf:
        terms, bound = {}, 0.0  # it says nothing: the old row must hold by itself, with nothing for what is gone
    least, most = 0.0, np.inf
    for key in terms.keys() | old_terms.keys():
        if key not in new.lower or new.upper[key] == new.lower[key] == 0:
            continue
        if new.lower[key] < 0:
            return False
        one, other = terms.get(key, 0.0), old_terms.get(key, 0.0)
        if other > 0 and one <= 0:
            return False
        if other > 0:
            least = max(least, other / one)
        elif one < 0:
            most = min(most, other / one)
    if bound > 0:
        most = min(most, old_bound / bound)
    elif bound < 0:
        least = max(least, old_bound / bound)
    elif old_bound < 0:
        return False
    return least <= most * (1 + TINY)


def _rest(terms: dict[Key, float], old_terms: dict[Key, float], new: Solved) -> float:
    """The most by which the old terms can exceed the new ones, over the columns that there are."""
    total = 0.0
    for key in terms.keys() | old_terms.keys():
        if key in new.lower:
            more = old_terms.get(key, 0.0) - terms.get(key, 0.0)
            if more:
                total += more * (new.upper[key] if more > 0 else new.lower[key])
    return total


def _no_less(now: dict[Key, float], then: dict[Key, float], new: Solved) -> bool:
    """Whether an expression is nowhere less than the old one, over the columns that there are."""
    for key in now.keys() | then.keys():
        if key in new.lower:
            more = now.get(key, 0.0) - then.get(key, 0.0)
            if (more < 0 and new.upper[key] > 0) or (more > 0 and new.lower[key] < 0):
                return False
    return True
