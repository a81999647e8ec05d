"""Branch and bound that proves: every node it closes is closed by a bound that is safe, or by listing what is in it.

    root relaxation -> rounds of cuts -> node of the least bound -> two nodes, the better one first -> ...

HiGHS solves the relaxations, without presolve, and its word counts for nothing: a node is closed when multipliers of
the rows prove it (see `safe`), when no bounds of its columns are left, or when all its whole numbers are decided and
the plan that they make was judged, outside and exactly. So a threshold that is missed by less than a solver can see is
decided by what the numbers are. Columns to branch on go by pseudocosts that are first tried: Achterberg, Koch and
Martin, "Branching rules revisited" (2005).
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from gpuplan.fraction import Fraction
from gpuplan.instance.units import common_step
from gpuplan.solver.matrix import WHOLE, Floats, Matrix, checked, sealed
from gpuplan.solver.proof.cuts import Separator, chosen
from gpuplan.solver.proof.merging import Merged, merged
from gpuplan.solver.proof.propagation import ROUNDING, Propagation
from gpuplan.solver.proof.relaxation import Ended, Relaxation, Status
from gpuplan.solver.result import NO_BOUND, OnReport, Report, Settings, ShouldStop

RESOLUTION = 1e-10
"""Share of a value, or of 1 in the program's unit where that is more, below which two values are not told apart."""
AMBITION = 8_000.0
"""Work that a bound above the cutoff is worth."""
ROUNDS = 20
"""Rounds of cuts at the root at most."""
CUTS = 30
"""Cuts that one round adds at most."""
WIDE = 1e4
"""Values that a column may have, from which on its upper bound is worth a linear program of its own."""
WIDEST = 80
"""Columns that are narrowed so at most."""
STALLED = 4
"""Rounds that bring next to nothing, after which no more are tried."""
PROGRESS = 1e-3
"""Share of the distance to the cutoff that a round must bring to count."""
TRIED = 8
"""Columns that are tried both ways at one node at most."""
KNOWN = 1
"""Times that a column must have been tried each way before its pseudocost is trusted."""
BRIEF = 100
"""Iterations of one way of a column that is tried."""
SHORT = 0.999
"""Share of a step that a value must be better by to be a step better."""
COARSE_STEP = 1e-7
"""Share of a value below which the steps in which values can differ are of no use."""

Judge = Callable[[Floats], float | None]
"""What a point costs by the plan that its decisions make; None where they make none."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A task: to prove that no plan is below the cutoff, or to find one."""

    matrix: Matrix
    settings: Settings
    """Its cutoff is what plans must be below to be looked for; its gap, how much better than a plan that is found
    another must be."""
    work: float
    """Simplex iterations, each relaxation with a fixed number on top, after which it is given up."""
    wanted: float | None = None
    """A bound above the cutoff, to be proven if little work is enough for it."""


@dataclass(frozen=True, slots=True)
class Proof:
    """How far a proof came: no plan is below the bound."""

    bound: float
    """Infinite where there is no plan at all."""
    ended: bool
    """Whether nothing is left that could be below the cutoff, or better than the plan that was found by the gap."""
    values: Floats | None
    """The best plan that was found below the cutoff."""
    objective: float | None
    nodes: int
    refused: int
    """Points that keep every row as far as a solver can tell, and make no plan."""


@dataclass(order=True, slots=True)
class _Node:
    bound: float
    number: int
    columns: Any = field(compare=False)
    """Whole columns whose bounds differ from those of the root."""
    lower: Floats = field(compare=False)
    upper: Floats = field(compare=False)
    basis: Any = field(compare=False, default=None)
    branched: tuple[int, int, float, float] | None = field(compare=False, default=None)
    """Column, way, distance and value of the relaxation above: for pseudocosts."""


def prove(claim: Claim, judge: Judge, should_stop: ShouldStop, on_report: OnReport | None = None) -> Proof:
    """Prove a claim, within its work. Points are judged one by one; what is judged no plan is no plan."""
    return _Tree(claim, judge, should_stop, on_report).run()


def cut_off(matrix: Matrix, settings: Settings, work: float, should_stop: ShouldStop) -> Matrix:
    """The matrix with cuts off the points of its relaxation, made within so much work.

    Some best plan keeps them. Those of a program with narrower bounds need not be among these.
    """
    claim = Claim(matrix, replace(settings, cutoff=None), work)
    return _Tree(claim, lambda _point: None, should_stop, None, merges=False).cut_off()


def allowance(value: float, gap: float) -> float:
    """By how much a plan must be better than a value to count as better."""
    return max(gap * abs(value), RESOLUTION * max(abs(value), 1.0))


class _Tree:
    def __init__(
        self, claim: Claim, judge: Judge, should_stop: ShouldStop, on_report: OnReport | None, *, merges: bool = True
    ) -> None:
        self.claim, self.judge, self.should_stop, self.on_report = claim, judge, should_stop, on_report
        self.merged = merged(checked(claim.matrix)) if merges else Merged.not_at_all(checked(claim.matrix))
        self.matrix, self.settings = self.merged.matrix, claim.settings
        self.deadline = time.monotonic() + self.settings.time_limit
        self.relaxation = Relaxation(self.matrix, self.settings)
        self.factor, self.units = self.relaxation.factor, self.relaxation.units
        self.whole = self.matrix.whole
        self.numbers = np.flatnonzero(self.whole)
        self.needed = np.inf if self.settings.cutoff is None else self.settings.cutoff * self.factor
        """What nothing must be below."""
        self.cutoff = self.needed if claim.wanted is None else max(self.needed, claim.wanted * self.factor)
        """What nothing is looked for above."""
        self.step = _step(self.matrix)
        self.least = np.inf
        """The least bound of what was closed by a bound."""
        self.rises, self.times = np.zeros((2, len(self.whole))), np.zeros((2, len(self.whole)))
        self.made = self.nodes = self.refused = 0
        self.judged: set[bytes] = set()
        """Whole numbers that were judged: a point that is refused comes back in what is left of its node."""
        self.is_unresolved = False
        self.best: Floats | None = None
        self.value: float | None = None
        self.waiting: list[_Node] = []

    def run(self) -> Proof:
        """Root, cuts, and nodes until none is left or the work is done."""
        matrix = self.relaxation.rows.matrix
        self.root = (matrix.lower.copy(), matrix.upper.copy())
        if self._tighten_root():
            none = np.zeros(0, dtype=np.int32)
            self.waiting = [_Node(NO_BOUND, 0, none, np.zeros(0), np.zeros(0))]
        while self.waiting and not self._is_spent():
            node: _Node | None = heapq.heappop(self.waiting)
            while node is not None and not self._is_spent():
                if self.relaxation.work > AMBITION:
                    self.cutoff = self.needed
                node = self._branch(node)
            if node is not None:
                heapq.heappush(self.waiting, node)
        return self._proof()

    def cut_off(self) -> Matrix:
        """The matrix with the cuts of its root."""
        matrix = self.relaxation.rows.matrix
        self.root = (matrix.lower.copy(), matrix.upper.copy())
        self._tighten_root()
        matrix, own = self.relaxation.rows.matrix, self.relaxation.own
        starts = matrix.starts[own:] - matrix.starts[own]
        columns, values = matrix.columns[matrix.starts[own] :], matrix.values[matrix.starts[own] :]
        # Units are powers of two, so that no digit changes.
        return self.matrix.with_rows(starts, columns, values / self.units[columns], matrix.row_upper[own:])

    def _proof(self) -> Proof:
        # What was closed was closed with the cutoff in mind: it is not below that, and may be no more than that either.
        closed = self.least if np.isposinf(self.cutoff) else min(self.least, self.cutoff)
        bound = min([closed, *(node.bound for node in self.waiting)]) / self.factor
        if self.is_unresolved:
            bound = NO_BOUND
        ended = not self.waiting and not self.is_unresolved
        if self.step and np.isfinite(bound):
            steps = (bound - self.matrix.offset) / self.step
            bound = max(bound, float(np.ceil(steps - 1e-6)) * self.step + self.matrix.offset)
        if self.value is not None:
            bound = min(bound, self.value)
        return Proof(bound, ended, self.best, self.value, self.nodes, self.refused)

    def _is_spent(self) -> bool:
        return self.relaxation.work >= self.claim.work or self._is_stopped()

    def _is_stopped(self) -> bool:
        return self.should_stop() or time.monotonic() >= self.deadline

    # The root

    def _tighten_root(self) -> bool:
        """Rounds of cuts; whether there is anything left to branch on."""
        self.propagation = Propagation(self.relaxation.rows, self.whole)
        narrowed = self.propagation.narrowed(*self.root, rounds=20)
        if narrowed is None:
            return False
        self.root = narrowed
        self.relaxation.within(*self.root)
        if not self._narrow():
            return False
        last, stalled = NO_BOUND, 0
        for _ in range(ROUNDS):
            ended = self.relaxation.solve(*self.root, None)
            if ended.status is not Status.OPTIMAL or self._closes(ended):
                return not self._is_closed(ended)
            self._report(ended.bound)
            narrowed = self._fixed(ended, *self.root)
            if narrowed is None:
                self.least = min(self.least, self.cutoff)
                return False
            self.root = narrowed
            self.relaxation.within(*self.root)
            aim = max(abs(self.cutoff - ended.value) if np.isfinite(self.cutoff) else abs(ended.value), 1e-9)
            stalled = stalled + 1 if ended.value - last < PROGRESS * aim else 0
            if stalled >= STALLED or self._is_spent():
                break
            last = ended.value
            self.relaxation.drop_slack_rows()
            if not self._cut(ended):
                break
        self.propagation = Propagation(self.relaxation.rows, self.whole)
        return True

    def _narrow(self) -> bool:
        """Bound what could be very large by what the cutoff leaves; False where that leaves nothing."""
        widths = self.root[1] - self.root[0]
        wide = [
            int(column) for column in np.argsort(-widths * self.units) if widths[column] * self.units[column] > WIDE
        ]
        if not wide or not np.isfinite(self.cutoff):
            return True
        upper = self.relaxation.largest(wide[:WIDEST], *self.root, self.cutoff)
        upper[self.numbers] = np.floor(upper[self.numbers] * (1.0 + ROUNDING))
        narrowed = Propagation(self.relaxation.rows, self.whole).narrowed(self.root[0], upper, rounds=20)
        if narrowed is None:
            self.least = min(self.least, self.cutoff)
            return False
        self.root = narrowed
        self.relaxation.within(*self.root)
        self.relaxation.sharpen(self.whole)
        self.propagation = Propagation(self.relaxation.rows, self.whole)
        return True

    def _cut(self, ended: Ended) -> int:
        """Add a round of cuts off a relaxed point; how many."""
        assert ended.point is not None
        rows = self.relaxation.rows
        separator = Separator(rows, self.whole, *self.root, ended.point, rows.table @ ended.point)
        found = []
        for multipliers in self.relaxation.tableau(ended.point, self.whole):
            for sign in (1.0, -1.0):
                cut = separator.cut(sign * multipliers)
                if cut is not None:
                    found.append(cut)
        some = chosen(found, CUTS)
        if some:
            self.relaxation.add([cut.columns for cut in some], [cut.values for cut in some], [cut.most for cut in some])
        return len(some)

    # Nodes

    def _branch(self, node: _Node) -> _Node | None:
        """Close a node, or leave two: the better one is given back, the other waits."""
        if node.bound >= self.cutoff:
            self.least = min(self.least, node.bound)
            return None
        self.nodes += 1
        lower, upper = self.root[0].copy(), self.root[1].copy()
        lower[node.columns] = np.maximum(lower[node.columns], node.lower)
        upper[node.columns] = np.minimum(upper[node.columns], node.upper)
        narrowed = None if np.any(lower > upper) else self.propagation.narrowed(lower, upper)
        if narrowed is None:
            return None
        lower, upper = narrowed
        ended = self.relaxation.solve(lower, upper, node.basis)
        self._learn(node, ended)
        if self._is_closed(ended):
            return None
        bound = max(node.bound, ended.bound)
        self._report(bound)
        if ended.status is Status.OPTIMAL:
            fixed = self._fixed(ended, lower, upper)
            if fixed is None:
                self.least = min(self.least, self.cutoff)
                return None
            lower, upper = fixed
        column, at = self._column(ended, lower, upper, bound)
        if column is None:
            return None
        return self._children(bound, lower, upper, ended, column, at)

    def _closes(self, ended: Ended) -> bool:
        """Whether a bound leaves nothing below the cutoff."""
        return ended.bound >= self.cutoff

    def _is_closed(self, ended: Ended) -> bool:
        """Whether nothing below the cutoff is left of a node, by proof."""
        if ended.status is Status.EMPTY:
            return True
        if self._closes(ended):
            self.least = min(self.least, ended.bound)
            return True
        return False

    def _fixed(self, ended: Ended, lower: Floats, upper: Floats) -> tuple[Floats, Floats] | None:
        """Bounds of whole columns beyond which reduced costs leave nothing below the cutoff."""
        if not np.isfinite(self.cutoff) or not np.isfinite(ended.bound):
            return lower, upper
        room, reduced = self.cutoff - ended.bound, ended.reduced[self.numbers]
        with np.errstate(divide="ignore", over="ignore"):
            steps = np.where(reduced != 0.0, np.floor(room / np.abs(reduced) * (1.0 + 1e-12) + 1e-9), np.inf)
        low, high = lower[self.numbers], upper[self.numbers]
        lower, upper = lower.copy(), upper.copy()
        upper[self.numbers] = np.where(reduced > 0.0, np.minimum(high, low + steps), high)
        lower[self.numbers] = np.where(reduced < 0.0, np.maximum(low, high - steps), low)
        return lower, upper

    def _column(self, ended: Ended, lower: Floats, upper: Floats, bound: float) -> tuple[int | None, float]:
        """The column to branch on and the value at which; None where the node is done with."""
        free = self.numbers[lower[self.numbers] < upper[self.numbers]]
        if ended.status is not Status.OPTIMAL or ended.point is None:
            # The relaxation has no value that can be trusted: its numbers are listed.
            if not len(free):
                self.is_unresolved = True
                return None, 0.0
            return int(free[0]), float(np.floor((lower[free[0]] + upper[free[0]]) / 2))
        parts = np.abs(ended.point[free] - np.round(ended.point[free]))
        broken = free[parts > WHOLE]
        if len(broken):
            return self._promising(broken, ended, lower, upper), 0.0
        self._judge(ended.point, lower, upper)
        if bound >= self.cutoff:
            self.least = min(self.least, bound)
            return None, 0.0
        if not len(free):
            return None, 0.0
        column = int(free[np.argmax(parts)])
        return column, float(np.round(ended.point[column]))

    def _children(
        self, bound: float, lower: Floats, upper: Floats, ended: Ended, column: int, at: float
    ) -> _Node | None:
        value = float(ended.point[column]) if ended.point is not None else at
        if abs(value - np.round(value)) > WHOLE:
            ends = ((lower[column], np.floor(value)), (np.ceil(value), upper[column]))
        else:
            # Not broken: what is next to it, on both sides, and it by itself.
            value = at
            ends = ((lower[column], at - 1.0), (at, at), (at + 1.0, upper[column]))  # type: ignore[assignment]
        nodes = []
        for way, (low, high) in enumerate(ends):
            if low > high:
                continue
            distance = value - high if high < value else low - value
            branched = (column, way, distance, ended.value) if len(ends) == 2 and ended.point is not None else None
            nodes.append(self._node(bound, lower, upper, ended.basis, column, low, high, branched))
        if len(nodes) == 2 and nodes[0].branched is not None:
            rises = [self._expected(way, column) * node.branched[2] for way, node in enumerate(nodes) if node.branched]
            nodes.sort(key=lambda node: rises[node.branched[1]] if node.branched else 0.0)
        for node in nodes[1:]:
            heapq.heappush(self.waiting, node)
        return nodes[0] if nodes else None

    def _node(
        self,
        bound: float,
        lower: Floats,
        upper: Floats,
        basis: Any,
        column: int,
        low: float,
        high: float,
        branched: tuple[int, int, float, float] | None,
    ) -> _Node:
        lower, upper = lower.copy(), upper.copy()
        lower[column], upper[column] = low, high
        moved = self.numbers[
            (lower[self.numbers] > self.root[0][self.numbers]) | (upper[self.numbers] < self.root[1][self.numbers])
        ]
        self.made += 1
        return _Node(bound, self.made, moved.astype(np.int32), lower[moved], upper[moved], basis, branched)

    def _judge(self, point: Floats, lower: Floats, upper: Floats) -> None:
        """Take a point with whole numbers for a plan, if it is one and below the cutoff."""
        rounded = np.where(self.whole, np.clip(np.round(point), lower, upper), point)
        decided = sealed(rounded[self.whole])
        if decided in self.judged:
            return
        self.judged.add(decided)
        if not self.whole.all():
            least, most = np.where(self.whole, rounded, lower), np.where(self.whole, rounded, upper)
            narrowed = self.propagation.narrowed(least, most)
            ended = None if narrowed is None else self.relaxation.solve(*narrowed, None, careful=True)
            if ended is None or ended.status is Status.EMPTY:
                self.refused += 1
                return
            # Where no better completion is known, the point itself is judged.
            rounded = rounded if ended.point is None else np.where(self.whole, rounded, ended.point)
        values = self.merged.expanded(rounded * self.units)
        value = self.judge(values)
        if value is None:
            self.refused += 1
            return
        if value * self.factor >= self.cutoff:
            return
        self.best, self.value = values, value
        allowed = allowance(value, self.settings.gap)
        if self.step:
            allowed = max(allowed, self.step * SHORT)
        self.needed = min(self.needed, (value - allowed) * self.factor)
        self.cutoff = min(self.cutoff, self.needed)
        if self.on_report is not None:
            self.on_report(Report(NO_BOUND, value, values))

    # Which column

    def _promising(self, broken: Any, ended: Ended, lower: Floats, upper: Floats) -> int:
        """The column with the largest product of rises, trying those of which too little is known."""
        assert ended.point is not None
        parts = ended.point[broken] - np.floor(ended.point[broken])
        scores = self._score(broken, parts)
        order = np.argsort(-scores, kind="stable")
        best, found = -1.0, int(broken[order[0]])
        tried = 0
        for place in order:
            column = int(broken[place])
            score = float(scores[place])
            if self.times[:, column].min() < KNOWN:
                if tried >= TRIED or self._is_spent():
                    break
                tried += 1
                rises = [self._try(column, way, ended, lower, upper) for way in (0, 1)]
                score = float(np.prod([max(rise, 1e-6) for rise in rises]))
                if ended.value + min(rises) >= self.cutoff or max(rises) == np.inf:
                    return column
            if score > best:
                best, found = score, column
            if tried >= TRIED:
                break
        return found

    def _score(self, columns: Any, parts: Floats) -> Floats:
        down, up = (self._mean(way)[columns] for way in (0, 1))
        score: Floats = np.maximum(down * parts, 1e-6) * np.maximum(up * (1.0 - parts), 1e-6)
        return score

    def _mean(self, way: int) -> Floats:
        usual = self.rises[way].sum() / max(self.times[way].sum(), 1.0)
        mean: Floats = np.where(self.times[way] > 0, self.rises[way] / np.maximum(self.times[way], 1.0), usual)
        return mean

    def _expected(self, way: int, column: int) -> float:
        return float(self._mean(way)[column])

    def _try(self, column: int, way: int, ended: Ended, lower: Floats, upper: Floats) -> float:
        """By how much the relaxation rises when a column is brought down or up; infinite where nothing is left."""
        assert ended.point is not None
        value = float(ended.point[column])
        low, high = lower.copy(), upper.copy()
        if way:
            low[column] = np.ceil(value)
        else:
            high[column] = np.floor(value)
        found = self.relaxation.solve(low, high, ended.basis, most=BRIEF)
        distance = abs(value - (low[column] if way else high[column]))
        if found.status is Status.EMPTY:
            return float("inf")
        rise = max(found.value - ended.value, 0.0)
        self.rises[way, column] += rise / max(distance, WHOLE)
        self.times[way, column] += 1
        return rise

    def _learn(self, node: _Node, ended: Ended) -> None:
        if node.branched is None or ended.status is not Status.OPTIMAL:
            return
        column, way, distance, value = node.branched
        self.rises[way, column] += max(ended.value - value, 0.0) / max(distance, WHOLE)
        self.times[way, column] += 1

    def _report(self, bound: float) -> None:
        if self.on_report is not None:
            least = min([bound, self.least, *(node.bound for node in self.waiting[:1])])
            self.on_report(Report(least / self.factor if np.isfinite(least) else NO_BOUND))


def _step(matrix: Matrix) -> float:
    """The step of which all values of the objective are multiples, beside its offset; 0 where there is none of use."""
    some = np.flatnonzero(matrix.cost)
    if not len(some) or not matrix.whole[some].all() or len(some) > 5_000:
        return 0.0
    step = float(common_step(Fraction(float(cost)) for cost in set(matrix.cost[some].tolist())))
    return step if step >= COARSE_STEP * float(np.abs(matrix.cost[some]).max()) else 0.0
