"""Solving again what was solved before in another form: what survives of an old plan and an old bound, and the rest.

Two programs are compared by the keys of their columns and rows. An old bound holds for the new program when nothing was
loosened: every plan of the new one is a plan of the old one that costs no more there. An old plan is carried over by
key, repaired by a search around it, and used as a plan only once it keeps every row of the new program. What is then
left is the question whether anything is better by more than the gap: a search that prunes by that value. No start is
ever handed to the solver.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gpuplan.program.columns import Key
from gpuplan.program.linear import Linear
from gpuplan.program.money import Money
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.result import Report, Result, Termination, relative_gap
from gpuplan.solver.search import Search, SearchResult

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.solver.watched import Watched

NEAR_SECONDS = 10.0
"""The most that a search around an old plan takes."""
KEPT = 12
"""Solved programs that are remembered, the last ones."""
CUTS = 3
"""Old bounds, the last ones, that a level is given as rows."""
WITHIN = 0.9
"""Share of the gap by which a plan must be bettered, so that the rounding of a bound does not open the gap again."""
NO_ROW: tuple[dict[Key, float], float, float] = ({}, -np.inf, np.inf)
"""What stands for a row that is gone."""
TINY = 1e-15
"""Rounding of one division."""
STEP = 1e-8
"""A gap that is narrower than this in the program's unit is as good as none."""
EXACT = 1e-9
"""Share below which two numbers of a program are the same, and by which a gap of nothing is pruned."""


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

    def back_to(self, one: Solved) -> None:
        """Make a program the last one again: the one that the next is most like."""
        if one in self.solved:
            self.solved.remove(one)
        self.add(one)

    def add(self, one: Solved) -> None:
        """Remember a solved program, and forget the oldest when there are many."""
        self.solved = [*self.solved[-(KEPT - 1) :], one]


class Around(Search):
    """A search around a plan, for a plan alone: what it is not worth is not verified."""

    verifies = False


@dataclass
class Resolve(Search):
    """A search that uses what is remembered, and is remembered itself."""

    looks_ahead = False

    memory: Memory = field(default_factory=Memory)

    def _money(self, instance: Instance) -> Money:
        return self.memory.money(instance)

    def _levels(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> SearchResult:
        self._now = _solved(formulation, matrix)
        self._rows = len(matrix.row_lower)
        self._comparable = [old for old in self.memory.solved if _is_tightening(old, self._now)]
        self._best = self._carried(runs, formulation, matrix)
        result = super()._levels(runs, formulation, matrix)
        if result.values is not None:
            self._now.point = dict(zip(self._now.keys, result.values.tolist(), strict=True))
            self.memory.add(self._now)
        return result

    def _carried(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> Floats | None:
        """The last plan as a plan of this program: the best of those around it. None when there is none."""
        points = [old.point for old in reversed(self.memory.solved) if old.point][:1]
        for point in points:
            old = np.array([point.get(key, 0.0) for key in self._now.keys])
            old = np.where(matrix.whole, np.round(old), old)
            for near in (_around(matrix, old, strategic=True), _around(matrix, old, strategic=False)):
                if near is None:
                    continue
                search = Around(
                    replace(self.settings, time_limit=min(NEAR_SECONDS, max(self._left(), 0.0))),
                    should_stop=self.should_stop,
                    judge=self.judge,
                )
                found = search._levels(runs, formulation, near)
                if found.values is not None and _keeps(matrix, found.values):
                    return found.values
        return None

    def _solve(
        self,
        runs: Watched,
        matrix: Matrix,
        start: Floats | None,
        listener: Callable[[Report], None] | None,
        judge: Callable[[Floats], float | None],
        settled: bool,
    ) -> Result:
        start = self._better(matrix, start)
        known = self._surviving(matrix)
        value = None if start is None else _worth(matrix, start)
        if settled or (value is not None and relative_gap(value, known) <= self._gap):
            assert start is not None
            assert value is not None
            bound = value if settled else min(known, value)
            result = Result(Termination.OPTIMAL, start, value, bound, bound, "bounds of what was solved before")
        elif value is None or not matrix.whole.any():
            result = super()._solve(runs, matrix, start, listener, judge, settled)
            result = replace(result, bound=max(result.bound, known))
        else:
            assert start is not None
            result = self._is_there_better(runs, matrix, start, value, known, listener, judge)
        if result.values is not None and _is_whole(matrix, result):
            whole = np.where(matrix.whole, np.round(result.values), result.values)
            value = _worth(matrix, whole)
            result = replace(result, values=whole, objective=value, bound=min(result.bound, value))
        if np.isfinite(known) and result.objective is not None:
            result = replace(result, verified=max(result.verified, min(known, result.objective)))
        return result

    def _level_ended(self, matrix: Matrix, result: Result) -> None:
        held = tuple(matrix.row_upper[self._rows :].tolist())
        costs = {self._now.keys[index]: float(matrix.cost[index]) for index in np.flatnonzero(matrix.cost)}
        self._now.levels.append((costs, matrix.offset, result.verified, held))

    def _better(self, matrix: Matrix, start: Floats | None) -> Floats | None:
        """The better of the plan of the level before and the one carried over."""
        carried = self._best
        if carried is None or not _keeps(matrix, carried):
            return start
        return carried if start is None or _worth(matrix, carried) < _worth(matrix, start) else start

    def _surviving(self, matrix: Matrix) -> float:
        """The best old bound that holds for this level; minus infinity when none does. Columns' bounds give one too."""
        least = np.where(matrix.cost > 0, matrix.lower, matrix.upper)
        with np.errstate(invalid="ignore"):
            parts = np.where(matrix.cost == 0, 0.0, matrix.cost * least)
        best = float(parts.sum()) + matrix.offset
        number = len(self._now.levels)
        for old in self._comparable:
            if number >= len(old.levels):
                continue
            costs, offset, bound, _ = old.levels[number]
            if self._held_no_less(matrix, old, number) and self._costs_no_less(matrix, costs):
                best = max(best, bound + matrix.offset - offset)
        return best

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

    def _is_there_better(
        self,
        runs: Watched,
        matrix: Matrix,
        start: Floats,
        value: float,
        known: float,
        listener: Callable[[Report], None] | None,
        judge: Callable[[Floats], float | None],
    ) -> Result:
        """Anything better than a plan by more than the gap, or the proof that there is nothing."""
        if listener is not None:
            listener(Report(known, value, start))
        room = self._gap * WITHIN * abs(value)
        cut = self._with_old_bounds(matrix)
        if room <= STEP:
            # No room for a proof that nothing is better by more: sought is the best of what is as good.
            as_good = replace(self.settings, gap=self._gap, cutoff=value + EXACT * max(1.0, abs(value)))
            found = self._timed(runs, cut, as_good, None, listener)
            if found.termination is Termination.OPTIMAL and _is_whole(matrix, found):
                return found
            return self._afresh(runs, matrix, start, listener, judge)
        target = value - room
        # A proof is sought more than a plan: branching alone is the faster way to it.
        proving = replace(self.settings, gap=self._gap, cutoff=target, plain=True)
        found = self._timed(runs, cut, proving, None, listener)
        if found.termination is Termination.INFEASIBLE:
            return Result(Termination.OPTIMAL, start, value, max(known, target))
        if found.termination is Termination.FAILED or (found.values is not None and not _is_whole(matrix, found)):
            return self._afresh(runs, matrix, start, listener, judge)
        if found.objective is None or found.objective >= value:
            # What was pruned is no better than the target; what was not is bounded by the search.
            return Result(Termination.STOPPED, start, value, max(known, min(found.bound, target)))
        return replace(found, bound=min(max(found.bound, known), found.objective))

    def _afresh(
        self,
        runs: Watched,
        matrix: Matrix,
        start: Floats,
        listener: Callable[[Report], None] | None,
        judge: Callable[[Floats], float | None],
    ) -> Result:
        """The level searched as if nothing were known; with tight tolerances where the plan leans on loose ones."""
        result = super()._solve(runs, matrix, start, listener, judge, False)
        if result.termination is Termination.OPTIMAL and not _is_whole(matrix, result):
            careful = self._timed(runs, matrix, replace(self.settings, gap=self._gap, careful=True), start, listener)
            if careful.termination is Termination.OPTIMAL and _is_whole(matrix, careful):
                return careful
            # What is better than the plan that is known leans on tolerances: it bounds, and is no plan.
            return Result(Termination.STOPPED, start, _worth(matrix, start), min(result.bound, _worth(matrix, start)))
        return result

    def _with_old_bounds(self, matrix: Matrix) -> Matrix:
        """The level with a row for each old bound that holds of its old costs: no plan is lost by it."""
        number = len(self._now.levels)
        index = {key: position for position, key in enumerate(self._now.keys)}
        for old in self._comparable[-CUTS:]:
            if number < len(old.levels) and self._held_no_less(matrix, old, number):
                costs, offset, bound, _ = old.levels[number]
                terms = [(index[key], -cost) for key, cost in costs.items() if key in index]
                if terms and np.isfinite(bound):
                    slack = EXACT * max(1.0, abs(bound))
                    matrix = matrix.with_row(Linear(terms), offset - bound + slack)
        return matrix


def _worth(matrix: Matrix, point: Floats) -> float:
    return float(matrix.cost @ point) + matrix.offset


def _is_whole(matrix: Matrix, found: Result) -> bool:
    """Whether a plan is as good with its whole columns rounded: near a cutoff a solver likes to lean on tolerances."""
    if found.values is None or found.objective is None:
        return False
    rounded = np.where(matrix.whole, np.round(found.values), found.values)
    worse = _worth(matrix, rounded) - found.objective
    return worse <= EXACT * max(1.0, abs(found.objective)) and _keeps(matrix, rounded)


def _keeps(matrix: Matrix, point: Floats) -> bool:
    """Whether a point keeps every bound and row, and is whole where it must be."""
    room = 1e-6 * np.maximum(1.0, np.abs(point))
    if np.any(point < matrix.lower - room) or np.any(point > matrix.upper + room):
        return False
    whole = point[matrix.whole]
    return not np.any(np.abs(whole - np.round(whole)) > 1e-6) and not len(matrix.broken_rows(point))


def _around(matrix: Matrix, old: Floats, *, strategic: bool) -> Matrix | None:
    """The program with whole columns that were nothing left at nothing; strategic ones as they were, or free."""
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    idle = matrix.whole & ~matrix.strategic & (old < 0.5)
    upper[idle] = np.maximum(lower[idle], 0.0)
    if strategic:
        if np.any((old < lower) & matrix.strategic) or np.any((old > upper) & matrix.strategic):
            return None
        lower[matrix.strategic] = upper[matrix.strategic] = old[matrix.strategic]
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
