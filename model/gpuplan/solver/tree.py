"""A tree of linear relaxations: branching first over the few columns that shape a plan, then over its numbers.

    node of the least bound -> candidates, each tried both ways -> two nodes
    while shapes are sought -> down the better one of the two, until it has a shape

HiGHS branches where it expects the bound to move after many rounds of cuts; on programs whose relaxations follow
quickly from one another, trying both ways of a few columns at every node and learning from it needs far fewer and far
cheaper nodes. Which columns are tried first goes by what was learned of each: the rise of the bound for each unit by
which it was brought up or down, as in Achterberg, Koch and Martin, "Branching rules revisited" (2005).

A narrow tree finds good shapes in a small part of the time: it leaves out every site and offer that is used neither in
a relaxation nor at a point, so that each relaxation is many times as quick. It proves nothing, and is never asked to.

The tree is worked off in stretches measured in work, which goes by simplex iterations and rows and never by the clock,
so that the same input takes the same way.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import cast

import numpy as np

from gpuplan.solver.matrix import WHOLE, Floats, Limits, Matrix, sealed
from gpuplan.solver.reduction import reduced
from gpuplan.solver.relaxation import (
    INFEASIBLE,
    UNSOLVED,
    WORSE,
    Begun,
    Relaxation,
    Solved,
    Unsolved,
    packed,
)
from gpuplan.solver.result import NO_BOUND, Settings, ShouldStop

TRIED = 4
"""Columns that are tried both ways at one node at most."""
BRIEF = 400
"""Simplex iterations of each way of a column that is tried beside others."""
KNOWN = 1
"""Times that a column must have been tried each way before what was learned of it is trusted."""
WAYS = (1, 0)
"""Up and down."""
SHAPES = 4
"""Shapes that one stretch tells of at most."""
KEPT = 12
"""Relaxations that are kept at most."""
LEAST = 1e-6
"""Rise of a bound, in the units of the cost, that counts as one at the least."""


@dataclass(frozen=True, slots=True)
class Node:
    """Plans in which some columns keep narrower bounds, and a bound proven for their cost."""

    bound: float = NO_BOUND
    limits: Limits = ()
    basis: bytes = b""
    """Where a relaxation like this ended, to start from; empty where none was solved."""
    point: Floats | None = None
    """Its relaxed plan, when no column is left to branch on."""
    is_lost: bool = False
    """Whether its relaxation could not be solved, so that nothing in it can be branched on."""

    @property
    def is_settled(self) -> bool:
        """Whether there is nothing left to branch on."""
        return self.point is not None or self.is_lost


@dataclass(slots=True)
class Learned:
    """By column: rises of the bound for each unit that it was brought down or up, added up, and how often that was."""

    rises: Floats
    """Shape (2, columns); first down, then up."""
    times: Floats
    """Shape (2, columns)."""

    @classmethod
    def nothing(cls, columns: int) -> Learned:
        """Nothing is known yet."""
        return cls(np.zeros((2, columns)), np.zeros((2, columns)))

    def plus(self, other: Learned) -> Learned:
        """Both together."""
        return Learned(self.rises + other.rises, self.times + other.times)

    def less(self, other: Learned) -> Learned:
        """What is known here and not there."""
        return Learned(self.rises - other.rises, self.times - other.times)

    def expected(self, way: int, column: int) -> float:
        """Rise for one unit; that of all columns together for one that was never tried."""
        if self.times[way, column]:
            return float(self.rises[way, column] / self.times[way, column])
        return float(self.rises[way].sum() / max(self.times[way].sum(), 1.0))


@dataclass(frozen=True, slots=True)
class Shape:
    """A relaxed plan in which every column that shapes a plan is whole."""

    bound: float
    """Of the node that it was found in."""
    point: Floats


@dataclass(frozen=True, slots=True)
class Explored:
    """What became of some nodes: together these hold every plan of theirs that is better than the cutoff.

    Of a narrow tree, only what is worth going on with.
    """

    nodes: tuple[Node, ...]
    shapes: tuple[Shape, ...]
    """The cheapest ones that were met, no two with the same columns that shape them."""
    learned: Learned
    """What was learned on the way, without what was known before."""
    work: float = 0.0
    """What it took."""
    narrow: Narrow | None = None
    """The narrow tree that it was, to be gone on with where nodes are left: a better shape may be in these."""


class Order(Enum):
    """Which node is next."""

    BEST = "best"
    """The one of the least bound."""
    DOWN = "down"
    """The better one of the last two, down to a shape."""
    QUICK = "quick"
    """The same, and the shortest way to the first shape: only the column nearest to the next whole number is tried."""


@dataclass(frozen=True, slots=True)
class Narrow:
    """What to leave out of a tree: whatever is closed both in a relaxation and at a point.

    Relaxations are then many times as quick, and what is found is as good as any; but nothing is proven.
    """

    closing: tuple[int, ...]
    """Columns that leave much out when they are zero."""
    limits: Limits
    """Of the relaxation."""
    basis: bytes
    """To start it from; empty where none was solved."""
    point: Floats | None
    """None where there is only the relaxation to go by."""
    closed: tuple[int, ...] | None = None
    """What is left out, once that is known."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A task: nodes to go on from, for so much work."""

    matrix: Matrix
    groups: tuple[tuple[int, ...], ...]
    """Whole columns to be settled before the others, those of the first group first."""
    shaping: int
    """How many of the groups, from the first, hold the columns that shape a plan."""
    nodes: tuple[Node, ...]
    learned: Learned
    work: float
    """After which no further node is begun, save on a way down that was begun (see `Relaxation`)."""
    order: Order
    aim: float
    """Going down, a node is left alone unless its bound is below this."""
    settings: Settings
    """Nodes whose bound is not below its cutoff are left out."""
    narrow: Narrow | None = None
    """Where a shape is all that is wanted."""


def explore(stretch: Stretch, should_stop: ShouldStop) -> Explored:
    """Go on from the node of the least bound, until the work is done or nothing is left to branch on.

    A narrow tree tells of its shapes, and of what it learned: it is quick to try columns, and they rise alike there.
    It ends where it holds nothing better than the best of them, and is begun where it is not known what it leaves out.
    """
    task: Stretch | None = stretch
    if stretch.narrow is not None and stretch.narrow.closed is None:
        task = _with_closed(stretch, stretch.narrow)
    if task is None:
        return Explored((), (), Learned.nothing(len(stretch.matrix.lower)))
    if task.narrow is None:
        return _explored(task, should_stop)
    few = task.matrix.limited((column, 0.0, 0.0) for column in task.narrow.closed or ())
    found = _explored(replace(task, matrix=few), should_stop)
    left = tuple(node for node in found.nodes if not node.is_settled)
    return replace(found, nodes=left, narrow=task.narrow)


def _explored(stretch: Stretch, should_stop: ShouldStop) -> Explored:
    tree = _Tree(stretch, should_stop)
    nodes = tuple(tree.run())
    shapes = sorted(tree.shapes.values(), key=lambda shape: shape.bound)
    return Explored(nodes, tuple(shapes[:SHAPES]), tree.learned.less(stretch.learned), tree.work)


def _with_closed(stretch: Stretch, narrow: Narrow) -> Stretch | None:
    """The stretch with what its narrow tree leaves out; None where the relaxation has no value."""
    relaxation = Relaxation(reduced(stretch.matrix, narrow.limits), stretch.settings)
    known = relaxation.solve(narrow.limits, narrow.basis or None)
    if not isinstance(known, Solved):
        return None
    closing = np.array(narrow.closing, dtype=np.int32)
    used = known.point if narrow.point is None else np.maximum(known.point, narrow.point)
    closed = closing[used[closing] <= WHOLE]
    nodes = tuple(replace(node, basis=packed(known)) for node in stretch.nodes)
    return replace(stretch, nodes=nodes, narrow=replace(narrow, closed=tuple(int(column) for column in closed)))


@dataclass(order=True, slots=True)
class _Open:
    """A node in the queue; `known` holds its relaxation where it was just solved."""

    bound: float
    number: int
    node: Node = field(compare=False)
    known: Solved | None = field(compare=False, default=None)


@dataclass(frozen=True, slots=True)
class _Way:
    """One way of branching; a bound of infinity when it leaves nothing better than the cutoff."""

    limit: tuple[int, float, float]
    bound: float
    known: Solved | None
    is_begun: bool = False
    """Whether its relaxation was left, so that its bound is not proven."""


class _Tree:
    def __init__(self, stretch: Stretch, should_stop: ShouldStop) -> None:
        self.matrix, self.settings, self.should_stop = stretch.matrix, stretch.settings, should_stop
        self.learned = Learned(stretch.learned.rises.copy(), stretch.learned.times.copy())
        self.deadline = time.monotonic() + stretch.settings.time_limit
        self.relaxations: dict[Limits, Relaxation] = {}
        """By the limits that they are reduced by; the one that was used last comes last."""
        self.work = 0.0
        self.most, self.order, self.is_narrow = stretch.work, stretch.order, stretch.narrow is not None
        self.aim = NO_BOUND if stretch.order is Order.BEST else stretch.aim
        self.whole = np.flatnonzero(stretch.matrix.whole)
        self.shaping, self.placing = stretch.shaping, stretch.shaping - 1
        self.rank = np.full(len(stretch.matrix.whole), len(stretch.groups))
        for rank, group in reversed(list(enumerate(stretch.groups))):
            self.rank[list(group)] = rank
        self.waiting = [_Open(node.bound, number, node) for number, node in enumerate(stretch.nodes)]
        heapq.heapify(self.waiting)
        self.made = len(self.waiting)
        self.settled: list[Node] = []
        self.formed = self.whole[self.rank[self.whole] < self.shaping]
        self.shapes: dict[bytes, Shape] = {}
        """By the values of the columns that shape them."""

    def run(self) -> list[Node]:
        """Nodes that are left, settled ones among them."""
        while self.waiting and not self._is_spent():
            first = heapq.heappop(self.waiting)
            if first.bound < self._wanted():
                self._down(first)
        left = [one for one in sorted(self.waiting) if one.bound < self._wanted()]
        return self.settled + [self._kept(one) for one in left]

    def _relaxation(self, limits: Limits) -> Relaxation:
        """The relaxation without what is decided by those limits that place a plan."""
        told = tuple(sorted(limit for limit in limits if self.rank[limit[0]] < self.placing))
        found = self.relaxations.pop(told, None) or Relaxation(reduced(self.matrix, told), self.settings)
        self.relaxations[told] = found
        if len(self.relaxations) > KEPT:
            del self.relaxations[next(iter(self.relaxations))]
        return found

    def _solve(
        self, relaxation: Relaxation, limits: Limits, start: Solved | bytes | None, most: int | None = None
    ) -> Solved | Begun | Unsolved:
        before = relaxation.work
        found = relaxation.solve(limits, start, most)
        self.work += relaxation.work - before
        return found

    def _is_spent(self) -> bool:
        return self.work >= self.most or self._is_stopped()

    def _is_stopped(self) -> bool:
        return self.should_stop() or time.monotonic() >= self.deadline

    def _cutoff(self) -> float:
        return float("inf") if self.settings.cutoff is None else self.settings.cutoff

    def _wanted(self) -> float:
        """What a node must be better than: in a narrow tree, than the best shape too."""
        return min(self._cutoff(), self.aim) if self.is_narrow else self._cutoff()

    def _kept(self, one: _Open) -> Node:
        return one.node if one.known is None else replace(one.node, basis=packed(one.known))

    def _open(self, node: Node, known: Solved | None) -> _Open:
        self.made += 1
        return _Open(node.bound, self.made, node, known)

    def _down(self, first: _Open) -> None:
        """From a node to the better of two while its bound is below the aim; from a dead end to the last one passed."""
        passed: list[_Open] = []
        ahead = self._branch(first)
        while ahead or (passed and not self._is_spent()):
            passed += reversed(ahead)
            if passed[-1].bound >= self.aim or self._is_stopped():
                break
            ahead = self._branch(passed.pop())
        for one in passed:
            heapq.heappush(self.waiting, one)

    def _branch(self, one: _Open) -> list[_Open]:
        """The nodes that a node leaves, the better one first; none where it is settled or holds nothing better."""
        node, known = one.node, one.known
        relaxation = self._relaxation(node.limits)
        if known is None or known.within is not relaxation.within:
            found = self._solve(relaxation, node.limits, known or node.basis or None)
            if found in (INFEASIBLE, WORSE):
                return []
            if found is UNSOLVED:
                return self._unsolved(node)
            known = cast(Solved, found)
        node = replace(node, bound=max(node.bound, known.bound))
        if node.bound >= self._cutoff():
            return []
        columns = self._columns(node.limits, known.point)
        if not columns or self.rank[columns[0]] >= self.shaping:
            self._see_shape(Shape(node.bound, known.point))
            self.aim = min(self.aim, node.bound)
            self.order = Order.DOWN if self.order is Order.QUICK else self.order
        if not columns:
            self.settled.append(replace(node, basis=b"", point=known.point))
            return []
        ways = self._ways(relaxation, node, known, columns)
        if ways is None:  # stopped on the way
            return [self._open(node, known)]
        left = sorted((way for way in ways if way.bound < self._cutoff()), key=lambda way: way.bound)
        return [self._open(_child(node, way), way.known) for way in left]

    def _unsolved(self, node: Node) -> list[_Open]:
        """A node whose relaxation has no value: to be solved again after a stop, and never again otherwise."""
        if self._is_stopped():
            return [self._open(node, None)]
        self.settled.append(replace(node, is_lost=True))
        return []

    def _see_shape(self, shape: Shape) -> None:
        seal = sealed(shape.point[self.formed])
        if seal not in self.shapes or shape.bound < self.shapes[seal].bound:
            self.shapes[seal] = shape

    def _columns(self, limits: Limits, point: Floats) -> list[int]:
        """Columns to branch on, of the first group that has any, those of which most is expected first."""
        values = point[self.whole]
        broken = self.whole[np.abs(values - np.round(values)) > WHOLE]
        decided = [column for column, lower, upper in limits if lower == upper]
        broken = broken[~np.isin(broken, decided)]
        if not len(broken):
            return []
        first = broken[self.rank[broken] == self.rank[broken].min()]
        if self.order is Order.QUICK:
            return [int(first[np.argmax(point[first] - np.floor(point[first]))])]
        return sorted((int(column) for column in first), key=lambda column: (-self._promise(column, point), column))

    def _promise(self, column: int, point: Floats) -> float:
        part = float(point[column] - np.floor(point[column]))
        return max(self.learned.expected(0, column) * part, LEAST) * max(
            self.learned.expected(1, column) * (1.0 - part), LEAST
        )

    def _ways(self, relaxation: Relaxation, node: Node, known: Solved, columns: list[int]) -> tuple[_Way, _Way] | None:
        """Both ways of the column with the largest product of rises, by trying those of which too little is known."""
        best: tuple[float, int, tuple[_Way, _Way] | None] | None = None
        for column in columns[:TRIED]:
            if self.learned.times[:, column].min() >= KNOWN:
                score, ways = self._promise(column, known.point), None
            else:
                ways = self._try(relaxation, node, known, column, BRIEF if len(columns) > 1 else None)
                if ways is None:
                    return None
                score = _score(ways, node.bound)
            if best is None or score > best[0]:
                best = (score, column, ways)
            if ways is not None and max(way.bound for way in ways) >= self._cutoff():
                break  # one way leaves nothing, so that no column can do better
        assert best is not None
        if best[2] is None or any(way.is_begun for way in best[2]):
            return self._try(relaxation, node, known, best[1])
        return best[2]

    def _try(
        self, relaxation: Relaxation, node: Node, known: Solved, column: int, most: int | None = None
    ) -> tuple[_Way, _Way] | None:
        """Both ways of one column, up first, for so many iterations at the most; None when stopped meanwhile."""
        value = float(known.point[column])
        lower, upper = _bounds(self.matrix, node.limits, column)
        limits = ((column, float(np.ceil(value)), upper), (column, lower, float(np.floor(value))))
        ways: list[_Way] = []
        for way, limit in zip(WAYS, limits, strict=True):
            found = self._solve(relaxation, (*node.limits, limit), known, most)
            reached = self._reached(found)
            if reached is not None:
                bound = max(reached, node.bound)
                moved = abs(value - (limit[1] if way else limit[2]))
                self.learned.rises[way, column] += (bound - node.bound) / moved
                self.learned.times[way, column] += 1
                solved = found if isinstance(found, Solved) else None
                ways.append(_Way(limit, bound, solved, isinstance(found, Begun)))
            elif found is INFEASIBLE:
                ways.append(_Way(limit, float("inf"), None))
            else:  # it will be tried again as a node of its own
                ways.append(_Way(limit, node.bound, None))
        return None if self._is_stopped() else (ways[0], ways[1])

    def _reached(self, found: Solved | Begun | Unsolved) -> float | None:
        """What a relaxation came to, if it came to anything."""
        if isinstance(found, Solved):
            return found.bound
        if isinstance(found, Begun):
            return found.value
        return self._cutoff() if found is WORSE else None


def _score(ways: Sequence[_Way], bound: float) -> float:
    """Product of both rises, each no more than the bound itself."""
    least, most = LEAST, max(abs(bound), 1.0)
    rises = (min(max(way.bound - bound, least), most) for way in ways)
    return float(np.prod(list(rises)))


def _bounds(matrix: Matrix, limits: Limits, column: int) -> tuple[float, float]:
    """Bounds of a column under some limits."""
    for one, lower, upper in limits:
        if one == column:
            return lower, upper
    return float(matrix.lower[column]), float(matrix.upper[column])


def _child(node: Node, way: _Way) -> Node:
    """What one way leaves of a node."""
    limits = (*(limit for limit in node.limits if limit[0] != way.limit[0]), way.limit)
    return Node(max(node.bound, way.bound), limits)
