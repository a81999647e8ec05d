"""A search in stages: a tree on a coarse program bounds and proposes, the whole program makes plans.

    coarse program, its numbers whole -> tree of its relaxations -> shapes, and nodes that are settled
    shape -> a narrow tree, of what is used in it or in a relaxation -> better shapes
    shape -> the coarse program with its decisions -> the whole one with these and the numbers of systems -> a plan
    settled node -> the whole program with its yes-or-no columns and numbers -> a plan
    settled node that is still better than the plan by more than the gap -> its part of the whole program

Every plan keeps the coarse program at no more than its cost, so the least bound of a node or part holds for the whole.
A part has the yes-or-no columns of a settled node that were branched on, and nothing else of it, so that nodes which
differ in numbers only are one part.

Work goes in rounds of as many runs as there are threads. Each run is limited by work or nodes and not by the clock, and
what a round found is taken in order, so that the same input gives the same plan.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

from gpuplan.solver.candidates import Candidates
from gpuplan.solver.completion import AT_ONCE, DEAR, STEPS, Candidate, Completion
from gpuplan.solver.incumbent import Incumbent
from gpuplan.solver.matrix import Floats, Limits, Matrix
from gpuplan.solver.neighbourhoods import held
from gpuplan.solver.proof.tree import allowance
from gpuplan.solver.rest import Rest
from gpuplan.solver.result import (
    NO_BOUND,
    Result,
    Settings,
    ShouldStop,
    Termination,
    contradicts_itself,
    relative_gap,
)
from gpuplan.solver.tree import Explored, Learned, Narrow, Node, Order, Shape, Stretch
from gpuplan.solver.verification import WITHIN, Verification
from gpuplan.solver.watched import Watched

if TYPE_CHECKING:
    from gpuplan.formulation import Coarse

WORK = 18_000.0
"""Work of one stretch of the tree."""
CUTTING = 20_000.0
"""Work of cuts off the root of the tree."""
BESIDE, DOWN = 2, 2
"""How much longer a stretch is beside a search for a plan, and on the way down."""
SCOUTING, REFINING = 3, 2
"""Stretches of a narrow tree at most, for first shapes and for better ones."""
DEALT = 48
"""Nodes that one stretch of the tree starts from at most."""
NODES = 200
"""Nodes of the first search of a part."""
LONGER = 4
"""By how much each further one is longer."""
SEARCHES = 12
"""Searches of one part after which it is given up: only runs that are lost can be so many."""
PROOFS = 1
"""Proofs of one part that are tried."""
LOST = 3
"""Stretches of the tree that are lost after which it is given up."""
DETAIL = 30
"""Nodes of one search for the plan of a coarse one."""
ROUGH = 0.1
"""Share of the gap that is known, to which it is sought while that is wide."""
WIDE = 0.05
"""Gap that counts as the widest, before there is a plan too."""
WORTH = 0.1
"""Share of the gap by which a shape must have been bettered to be bettered again, and that a plan must promise to close
to be sought."""
MUCH = 0.25
"""Share of the gap that a plan must promise to close to be sought while better shapes are."""
FAR = 0.01
"""Gap between a shape and the bound above which better shapes will come, so that it is made whole only once."""
INNER = 0.25
"""Share of the gap to which a part is searched."""
BETTER = 0.9
"""Share of the gap by which a plan must be bettered to be sought."""


@dataclass
class Part:
    """Plans in which some yes-or-no columns of the coarse program have certain values."""

    limits: Limits
    reached: float
    """Least bound of a settled node in it."""
    claimed: float = NO_BOUND
    """By a search of the part itself, and the solver's word."""
    verified: float = NO_BOUND
    """By a proof of the part itself."""
    searches: int = 0
    proofs: int = 0
    ended: bool = False
    """Whether a search of it came to its end: nothing in it betters what was known then by more than the gap."""

    @property
    def bound(self) -> float:
        """What is said of all plans in it."""
        return max(self.reached, self.claimed, self.verified)

    @property
    def safe(self) -> float:
        """What is proven of all plans in it."""
        return max(self.reached, self.verified)


@dataclass(frozen=True, slots=True)
class Seeking:
    """A narrow tree that may hold a better shape."""

    nodes: tuple[Node, ...]
    narrow: Narrow
    stretches: int
    """How many more it may take."""


@dataclass(frozen=True, slots=True)
class Job:
    """A run, and what takes its result."""

    run: Callable[[Watched], object]
    take: Callable[[object], None]
    beside: int
    """How much longer a stretch of the tree beside it is."""


class Staged:
    """One level of a search: on the matrix of a program with one level, and on the coarse program beside it."""

    def __init__(
        self,
        whole: Matrix,
        coarse: Coarse,
        loose: Matrix,
        settings: Settings,
        should_stop: ShouldStop | None = None,
        incumbent: Incumbent | None = None,
        held: tuple[float, ...] = (),
    ) -> None:
        """`loose` is the matrix of the coarse program; `held` is what the levels before may come to."""
        self.settings, self.should_stop = settings, should_stop
        self.incumbent = incumbent or Incumbent()
        self.beside: Callable[[], tuple[float, float]] = lambda: (NO_BOUND, NO_BOUND)
        """What is said, and what is verified, of all plans beside the tree."""
        self._deadline = time.monotonic() + settings.time_limit
        *before, goal = coarse.formulation.goals[: len(held) + 1]
        for one, most in zip(before, held, strict=True):
            loose = loose.with_row(one.expression.times(-1.0 if one.maximise else 1.0), most)
        loose = loose.with_cost(goal.expression.times(-1.0 if goal.maximise else 1.0))
        counted = np.zeros(len(loose.whole), dtype=bool)
        counted[list(coarse.counted)] = True
        self._coarse, self._whole = replace(loose, whole=loose.whole | counted), whole
        self._groups = coarse.groups
        self._closing = coarse.closing
        self._shared = coarse.same
        shaping = np.array([column for group in coarse.groups[:-1] for column in group], dtype=np.int32)
        self._completion = Completion(self._coarse, whole, shaping, coarse.same, coarse.standing)
        self._nodes = [Node()]
        self._dealt: list[Node] = []
        """Nodes that somebody is at work on."""
        self._ways = Rest()
        """Between searches for a better shape that met none."""
        self._shape: Shape | None = None
        """The best shape so far."""
        self._moved: float | None = None
        """Bound of the last shape that was sought to be bettered with other sites."""
        self._refined: float | None = None
        """Bound of the last shape that was sought to be bettered with its sites."""
        self._is_scouted = False
        """Whether a first shape was sought."""
        self._seeking: list[Seeking] = []
        """Narrow trees that may hold a better shape, the last one to be gone on with first."""
        self._learned = Learned.nothing(len(self._coarse.lower))
        self._parts: dict[Limits, Part] = {}
        self._reached = NO_BOUND
        """What is proven of all plans, when the round began."""
        self._rise = 0.0
        """By how much the last round raised that."""
        self._left_out = float("inf")
        """The least cutoff so far: what was left out by it is no better."""
        self._candidates = Candidates(self._completion)
        self._lost = 0
        self._is_cut = False
        """Whether points of the coarse relaxation were cut off, or are being."""
        self._is_begun = False
        self._rounds = 0

    @property
    def _value(self) -> float | None:
        return self.incumbent.value

    def verifying(self, hands: int) -> list[Job]:
        """Proofs of parts that are closed by the solver's word, where the plan is good enough only by it.

        None where all are proven, or were tried.
        """
        if self._value is None:
            return []
        needed = self._value - allowance(self._value, self.settings.gap * WITHIN)
        parts = [part for part in self._parts.values() if part.safe < needed and part.proofs < PROOFS]
        return [self._verify(part) for part in parts[:hands]]

    def _verify(self, part: Part) -> Job:
        """A proof that nothing in a part is better than the plan by more than the gap."""
        matrix = self._part_of(part)
        settings = replace(self._settings(gap=self.settings.gap), cutoff=None)
        assert self._value is not None
        known = Result(Termination.OPTIMAL, self.incumbent.plan, self._value, part.bound)
        part.proofs += 1

        def run(worker: Watched) -> object:
            return Verification(
                worker, settings, lambda: self._deadline - time.monotonic(), self._is_stopped, self._worth_of
            ).of(matrix, known)

        def take(found: object) -> None:
            assert isinstance(found, Result)
            part.verified = max(part.verified, found.verified)
            self._take_plan(found, "branch and bound")

        return Job(run, take, BESIDE)

    def _worth_of(self, point: Floats) -> float | None:
        """What a point costs; None where it breaks a row."""
        rounded = np.where(self._whole.whole, np.round(point), point)
        if len(self._whole.broken_rows(rounded)):
            return None
        return float(self._whole.cost @ rounded) + self._whole.offset

    def _part_of(self, part: Part) -> Matrix:
        """The whole program within a part."""
        return self._whole.limited([(self._shared[one], lower, upper) for one, lower, upper in part.limits])

    def is_given_up(self) -> bool:
        """Whether runs were lost too often, or nothing is left to do."""
        lost = self._lost >= LOST or any(part.searches >= SEARCHES for part in self._parts.values())
        return lost or (self._is_begun and self._is_empty())

    def _is_empty(self) -> bool:
        """Whether no node and no part is left that may hold anything better."""
        cutoff = self._cutoff()
        is_open = any(cutoff is None or node.bound < cutoff for node in (*self._nodes, *self._dealt))
        return not is_open and not any(self._is_open(part) for part in self._parts.values())

    def _is_open(self, part: Part) -> bool:
        """Whether something in it may be better than the plan that is known by more than the gap."""
        cutoff = self._cutoff()
        return not part.ended and (cutoff is None or part.bound < cutoff)

    def _is_stopped(self) -> bool:
        return time.monotonic() >= self._deadline or (self.should_stop is not None and self.should_stop())

    def _bound(self) -> float:
        """What is said of all plans."""
        return max(self.bound_of_tree(), self.beside()[0])

    def bound_of_tree(self) -> float:
        """What the tree says of all plans."""
        bounds = [node.bound for node in (*self._nodes, *self._dealt)] + [part.bound for part in self._parts.values()]
        return min([*bounds, self._left_out])

    def safe_bound_of_tree(self) -> float:
        """What the tree has proven of all plans."""
        bounds = [node.bound for node in (*self._nodes, *self._dealt)] + [part.safe for part in self._parts.values()]
        return min([*bounds, self._left_out])

    def _cutoff(self) -> float | None:
        """What a plan must be better than to be sought."""
        return None if self._value is None else self._value - self.settings.gap * BETTER * abs(self._value)

    # Runs, each with what takes its result

    def jobs(self, most: int) -> list[Job]:
        """The next runs: searches for plans and shapes, and what has the least bounds, be it parts or nodes."""
        cutoff = self._cutoff()
        left = (node for node in self._nodes if cutoff is None or node.bound < cutoff)
        self._nodes = sorted(left, key=lambda node: node.bound)
        self._left_out = self._left_out if cutoff is None else min(self._left_out, cutoff)
        self._is_begun = True
        reached = self._bound()
        self._rise, self._reached = reached - self._reached, reached
        self._candidates.rest.pass_round()
        self._ways.pass_round()
        # One hand alone looks for plans and branches by turns.
        self._rounds += 1
        jobs = [] if most == 1 and self._rounds % 2 == 0 and self._nodes else list(islice(self._searches(), most))
        beside = max((job.beside for job in jobs), default=0)
        branching = self._branching(most - len(jobs), beside)
        return [self._filled(job) if job.beside < beside and self._nodes else job for job in jobs] + branching

    def _searches(self) -> Iterator[Job]:
        """Searches for plans and shapes, and of parts: each is begun when it is asked for."""
        is_nearly_over = self._is_nearly_over()
        rough = self._shape if not is_nearly_over and self._is_worth(self._refined) else None
        share = MUCH if rough is not None else WORTH
        first = None if is_nearly_over else self._next_candidate(share)
        if first is not None:
            yield self._complete(first)
        if rough is not None:
            yield self._refine(rough)
        elif self._seeking and not is_nearly_over and not self._is_near():
            yield self._narrow_stretch(self._seeking.pop())
        # The part in which the least bound is; as many parts as there are hands when the tree is worked off.
        parts = sorted((part for part in self._parts.values() if self._is_open(part)), key=lambda part: part.bound)
        wanted = [part for part in parts if part.bound <= self._least()]
        for part in wanted[:1] if self._nodes else wanted:
            yield self._search(part)
        if not self._is_scouted:
            yield self._scout()

    def _branching(self, free: int, beside: int) -> list[Job]:
        """Stretches of the tree, so long as what they are beside; beside a narrow one, now and then.

        While there is no shape, one of them goes down to a shape instead.
        """
        if free and not self._is_cut:
            return [self._cut_off(), *self._branching(free - 1, 1)]
        goes_down = not beside and self._seeks_shapes()
        if goes_down and self._shape is not None:
            return [self._refine(self._shape, self._nodes[0]), *self._branching(free - 1, 1)]
        self._dealt, self._nodes = self._nodes[: DEALT * free], self._nodes[DEALT * free :]
        hands = min(free, len(self._dealt))
        work = WORK * (DOWN if goes_down else max(beside, 1))
        orders = [Order.DOWN if goes_down else Order.BEST, *[Order.BEST] * hands]
        return [self._stretch(self._dealt[first::hands], orders[first], work) for first in range(hands)]

    def _filled(self, job: Job) -> Job:
        """A stretch of a narrow tree, and what it leaves of the work for the tree: what is beside it takes longer."""
        dealt, self._nodes = self._nodes[:DEALT], self._nodes[DEALT:]
        self._dealt = self._dealt + dealt
        return self._stretch(dealt, Order.BEST, WORK, job)

    def _is_nearly_over(self) -> bool:
        """Whether one more round like the last will prove the plan that is known, so that no other is looked for."""
        if self._value is None:
            return False
        return self._value - self.settings.gap * abs(self._value) - self._reached <= self._rise

    def _seeks_shapes(self) -> bool:
        """Whether it is time to look for a better shape where the tree is."""
        return self._least() < self._aim() and self._ways.is_over and not self._is_nearly_over()

    def _least(self) -> float:
        """The least bound of a node."""
        return self._nodes[0].bound if self._nodes else float("inf")

    def _aim(self) -> float:
        """The least bound of a shape."""
        return float("inf") if self._shape is None else self._shape.bound

    def _is_worth(self, before: float | None) -> bool:
        """Whether the best shape is so much better than the last one that was bettered, that it should be too."""
        if self._shape is None:
            return False
        bound = self._bound()
        worth = self.settings.gap * INNER
        if self._value is not None:
            worth = max(worth, WORTH * relative_gap(self._value, bound))
        return not self._is_near() and relative_gap(before, self._shape.bound) > worth

    def _is_near(self) -> bool:
        """Whether the best shape is as near to the bound as is asked for."""
        return self._shape is not None and relative_gap(self._shape.bound, self._bound()) <= self.settings.gap

    def _next_candidate(self, share: float) -> Candidate | None:
        """The coarse plan whose plan will be the cheapest, if that may well close so much of the gap."""
        if self._value is None:
            return self._candidates.next()
        wanted = self._value - share * max(self._value - self._bound(), 0.0)
        return self._candidates.next(wanted, self.settings.gap * INNER)

    def _scout(self) -> Job:
        """First shapes, among what is used in the relaxation of the root."""
        self._is_scouted = True
        return self._narrow_stretch(Seeking((Node(),), Narrow(self._closing, (), b"", None), SCOUTING))

    def _narrow_stretch(self, tree: Seeking) -> Job:
        """A stretch of a narrow tree; it is gone on with while it may hold a better shape."""
        order = Order.QUICK if self._shape is None else Order.DOWN
        task = replace(self._task(list(tree.nodes), order, WORK), narrow=tree.narrow)

        def run(worker: Watched) -> object:
            return worker.explore(task, self._is_stopped)

        def take(found: object) -> None:
            before = self._aim()
            if isinstance(found, Explored):
                self._learn(found)
                if found.nodes and found.narrow is not None and tree.stretches > 1:
                    self._seeking.append(Seeking(found.nodes, found.narrow, tree.stretches - 1))
            is_better = self._aim() < before
            if is_better or not self._seeking:
                self._ways.see(is_better=is_better)

        return Job(run, take, 1)

    def _cut_off(self) -> Job:
        """Cuts off points of the coarse relaxation: those that are left are nearer to plans, at every node."""
        self._is_cut = True
        matrix, settings = self._coarse, self._settings(gap=0.0)

        def run(worker: Watched) -> object:
            return worker.cut_off(matrix, settings, CUTTING, self._is_stopped)

        def take(found: object) -> None:
            if isinstance(found, Matrix):
                self._coarse = found
                self._completion.coarse = found

        return Job(run, take, 1)

    def _stretch(self, nodes: list[Node], order: Order, work: float, shorter: Job | None = None) -> Job:
        """A stretch of the tree from some nodes; after a shorter run, with what that leaves of the work."""
        task = self._task(nodes, order, work)

        def run(worker: Watched) -> object:
            first = None if shorter is None else shorter.run(worker)
            used = first.work if isinstance(first, Explored) else 0.0
            return first, worker.explore(replace(task, work=work - used), self._is_stopped)

        def take(pair: object) -> None:
            assert isinstance(pair, tuple)
            first, found = pair
            if shorter is not None:
                shorter.take(first)
            self._dealt = [node for node in self._dealt if not any(node is mine for mine in nodes)]
            if not isinstance(found, Explored):
                self._lost += not self._is_stopped()
                self._nodes += nodes
                return
            before = self._aim()
            self._learn(found)
            if order is Order.DOWN:
                self._ways.see(is_better=self._aim() < before)
            for node in found.nodes:
                if node.is_settled:
                    self._settle(node)
                else:
                    self._nodes.append(node)

        return Job(run, take, 0)

    def _task(self, nodes: list[Node], order: Order, work: float) -> Stretch:
        shaping = len(self._groups) - 1
        settings = self._settings(gap=0.0)
        return Stretch(
            self._coarse, self._groups, shaping, tuple(nodes), self._learned, work, order, self._aim(), settings
        )

    def _learn(self, found: Explored) -> None:
        self._learned = self._learned.plus(found.learned)
        for shape in found.shapes:
            self._see(shape)

    def _see(self, shape: Shape) -> None:
        if shape.bound < self._aim():
            self._shape = shape
        self._candidates.add(Candidate(shape.bound, shape.point))

    def _refine(self, shape: Shape, node: Node | None = None) -> Job:
        """A better shape, among what is used in it or in a relaxation: that with its sites, or that of a node.

        With those of a node, it is sought anywhere at first, and in the node itself once that is done.
        Danna, Rothberg and Le Pape, "Exploring relaxation induced neighborhoods to improve MIP solutions" (2005).
        """
        if node is None:
            self._refined = shape.bound
            limits = held(shape.point, {column: column for group in self._groups[:-2] for column in group})
            root, narrow = Node(limits=limits), Narrow(self._closing, limits, b"", shape.point)
        else:
            root = Node() if self._is_worth(self._moved) else Node(limits=node.limits)
            self._moved = shape.bound
            narrow = Narrow(self._closing, node.limits, node.basis, shape.point)
        return self._narrow_stretch(Seeking((root,), narrow, REFINING))

    def _settle(self, node: Node) -> None:
        """A node with nothing left to branch on: its part, and its point as a plan to be tried."""
        limits = tuple(sorted(limit for limit in node.limits if limit[0] in self._shared))
        if limits in self._parts:
            self._parts[limits].reached = min(self._parts[limits].reached, node.bound)
        else:
            self._parts[limits] = Part(limits, node.bound)
        if node.point is not None:
            self._candidates.add(Candidate(node.bound, node.point, is_counted=True))

    def _search(self, part: Part) -> Job:
        """A search of a part, longer each time."""
        matrix = self._part_of(part)
        settings = self._settings(
            gap=self.settings.gap * INNER, nodes=NODES * LONGER**part.searches, plain=part.searches > 0
        )

        def run(worker: Watched) -> object:
            found = worker.run(matrix, settings, should_stop=self._is_stopped)
            if found.termination is Termination.INFEASIBLE or contradicts_itself(found, settings):
                # HiGHS's presolve has called programs infeasible that have a plan: a part is not closed on its word.
                found = worker.run(matrix, replace(settings, careful=True), should_stop=self._is_stopped)
            return found

        def take(found: object) -> None:
            assert isinstance(found, Result)
            part.searches += 1
            if found.termination is Termination.INFEASIBLE:
                part.claimed = max(part.claimed, float("inf") if settings.cutoff is None else settings.cutoff)
            else:
                part.claimed = max(part.claimed, found.bound)
                self._take_plan(found)
            has_ended = found.termination in (Termination.INFEASIBLE, Termination.OPTIMAL)
            part.ended = part.ended or (has_ended and not contradicts_itself(found, settings))

        return Job(run, take, BESIDE)

    def _complete(self, first: Candidate) -> Job:
        """The plan of a coarse one: its decisions with whole numbers, then the whole program with these."""
        # While the gap is wide a plan need not be the best of its shape: better shapes will come.
        wide = 1.0 if self._value is None else relative_gap(self._value, self._bound())
        gap = max(self.settings.gap * INNER, ROUGH * min(wide, WIDE))
        cutoff = None if self._value is None else self._value + DEAR * abs(self._value)
        settings = replace(self._settings(gap=gap, nodes=DETAIL), cutoff=cutoff)
        steps = AT_ONCE if relative_gap(first.value, self._bound()) > FAR else STEPS

        def run(worker: Watched) -> object:
            found = self._completion.plan_of(first, worker, settings, self._is_stopped, steps)
            if found is not None:
                self.incumbent.weigh(found.values, found.objective)  # while the others are still at work
            return found

        def take(found: object) -> None:
            before = self._value
            if isinstance(found, Result) and found.objective is not None:
                self._candidates.learn(first, found.objective)
                self._take_plan(found)
                self._reckon_with(first, found.objective)
            elif self._value is not None:
                self._reckon_with(first, self._value)
            self._candidates.rest.see(is_better=self._value != before)

        return Job(run, take, BESIDE)

    def _reckon_with(self, first: Candidate, cost: float) -> None:
        """Where the best shape has a plan that is dear, shapes that cost more than it are worth meeting too."""
        worth = cost - DEAR * abs(cost)
        if self._shape is not None and first.point is self._shape.point and worth > self._shape.bound:
            if self._refined == self._shape.bound:
                self._refined = worth
            if self._moved == self._shape.bound:
                self._moved = worth
            self._shape = replace(self._shape, bound=worth)

    def _settings(self, gap: float, nodes: int | None = None, plain: bool = False) -> Settings:
        left = max(self._deadline - time.monotonic(), 0.0)
        return replace(
            self.settings, time_limit=left, threads=1, cutoff=self._cutoff(), gap=gap, nodes=nodes, plain=plain
        )

    def _take_plan(self, found: Result, by: str = "gpuplan's tree") -> None:
        self.incumbent.take(found.values, found.objective, by)
