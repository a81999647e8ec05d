"""A search in stages: a tree on a coarse program bounds and proposes, the whole program makes plans.

    coarse program, its numbers whole -> tree of its relaxations -> shapes, and nodes that are settled
    shape -> the coarse program with its yes-or-no columns -> the whole one with these and the numbers -> a plan
    settled node -> the whole program with its yes-or-no columns and numbers -> a plan
    settled node that is still better than the plan by more than the gap -> its part of the whole program

Every plan keeps the coarse program at no more than its cost, so the least bound of a node or part holds for the whole.
A part has the yes-or-no columns of a settled node that were branched on, and nothing else of it, so that nodes which
differ in numbers only are one part.

Work goes in rounds of as many runs as there are threads. Each run is limited by iterations or nodes and not by the
clock, and what a round found is taken in order, so that the same input gives the same plan.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpuplan.solver.matrix import Floats, Matrix, matrix_of
from gpuplan.solver.relaxation import Limits
from gpuplan.solver.result import NO_BOUND, Report, Result, Settings, ShouldStop, Termination, relative_gap
from gpuplan.solver.tree import Explored, Learned, Node, Order, Shape, Stretch
from gpuplan.solver.watched import Watched, watched

if TYPE_CHECKING:
    from gpuplan.formulation import Coarse

ITERATIONS = 2
"""Simplex iterations of one stretch of the tree, for each column."""
BESIDE = 2
"""How much longer a stretch is that goes down, or beside one that does."""
PATIENCE = 4
"""Rounds without a search for a plan, or without a way down, at most, when so many found nothing better."""
DEALT = 12
"""Nodes that one stretch of the tree starts from at most."""
SELDOM = 32
"""Rounds after which the whole program is searched in one piece, where there is no plan yet."""
NODES = 200
"""Nodes of the first search of a part."""
LONGER = 4
"""By how much each further one is longer."""
SEARCHES = 12
"""Searches of one part after which it is given up: only runs that are lost can be so many."""
LOST = 3
"""Stretches of the tree that are lost after which it is given up."""
REFINED = 50
"""Nodes of one search for a better shape with the same sites."""
ALIKE = 0.1
"""How near to a yes or no a relaxed decision counts as the same."""
DETAIL = 30
"""Nodes of one search for the plan of a coarse one."""
ROUGH = 0.1
"""Share of the gap that is known, to which it is sought while that is wide."""
WIDE = 0.05
"""Gap that counts as the widest, before there is a plan too."""
STEPS = (1, 3)
"""How far a number may be from the whole ones about that of the relaxation, first and then."""
DEAR = 0.003
"""Share by which whole numbers may cost more than broken ones, and not be sought further off."""
ABOUT = 2
"""How far a number of a plan may be from those of the plan that it is to better."""
NEAR = 1e-6
"""How near to a whole number a value counts as one."""
INNER = 0.25
"""Share of the gap to which a part is searched."""
WITHIN = 0.9
"""Share of the gap by which a plan must be bettered to be sought."""
LIKELY = 0.5
"""Share of what plans cost more than their coarse ones, that the next one is taken to cost more at the least."""
TICK = 0.1
"""Seconds between looks at the clock."""


@dataclass
class Part:
    """Plans in which some yes-or-no columns of the coarse program have certain values."""

    limits: Limits
    reached: float
    """Least bound of a settled node in it."""
    proven: float = NO_BOUND
    """By a search of the part itself."""
    searches: int = 0
    ended: bool = False
    """Whether nothing in it is better than the plan that is known by more than the gap."""

    @property
    def bound(self) -> float:
        """What is proven of all plans in it."""
        return max(self.reached, self.proven)


Run = Callable[[Watched], object]
Take = Callable[[object], None]


class Staged:
    """One level of a search: on the matrix of a program with one level, and on the coarse program beside it."""

    def __init__(
        self,
        whole: Matrix,
        coarse: Coarse,
        settings: Settings,
        should_stop: ShouldStop | None = None,
        listener: Callable[[Report], None] | None = None,
    ) -> None:
        self.settings, self.should_stop, self.listener = settings, should_stop, listener
        self._deadline = time.monotonic() + settings.time_limit
        (goal,) = coarse.formulation.goals
        aim = goal.expression.times(-1.0 if goal.maximise else 1.0)
        loose = matrix_of(coarse.formulation).with_cost(aim)
        counted = np.zeros(len(loose.whole), dtype=bool)
        counted[list(coarse.counted)] = True
        self._loose, self._coarse, self._whole = loose, replace(loose, whole=loose.whole | counted), whole
        self._groups = coarse.groups
        self._shared, self._standing = coarse.same, coarse.standing
        self._iterations = max(ITERATIONS * len(loose.lower), 1)
        self._nodes = [Node()]
        self._dealt: list[Node] = []
        """Nodes that somebody is at work on."""
        self._shape = float("inf")
        """Least bound of a shape so far."""
        self._idle = 0
        """Ways down in a row that met no better shape."""
        self._pause = 0
        """Rounds until the next one."""
        self._rough: Shape | None = None
        """The best shape so far, until it was sought to be bettered."""
        self._is_scouted = False
        """Whether a first shape was sought."""
        self._learned = Learned.nothing(len(self._coarse.lower))
        self._parts: dict[Limits, Part] = {}
        self._all = Part((), NO_BOUND)
        """The whole program as a part, searched once in a long while: without a plan, a tree may have no end."""
        self._rounds = 0
        self._left_out = float("inf")
        """The least cutoff so far: what was left out by it is no better."""
        self._candidates: list[tuple[float, Floats, bool]] = []
        """Coarse plans to be tried: cost, columns, whether their numbers are whole."""
        self._seen: set[bytes] = set()
        self._in_vain = 0
        """Searches in a row for the plan of a coarse one that found nothing better."""
        self._rest = 0
        """Rounds until the next such search."""
        self._dearer: list[float] = []
        """By how much the plans that were made cost more than their coarse ones."""
        self._lost = 0
        self._is_left = False
        self._plan: Floats | None = None
        self._value: float | None = None

    def run(self) -> Result:
        """Minimise; the bound is proven for the whole program."""
        with _workers(self.settings.threads) as workers:
            while not self._is_over():
                jobs = self._jobs(len(workers))
                if not jobs:
                    break
                found = self._side_by_side(workers, [run for run, _ in jobs])
                for (_, take), result in zip(jobs, found, strict=True):
                    take(result)
                self._report()
        if self._value is None:
            ended = Termination.INFEASIBLE if self._bound() == np.inf else Termination.STOPPED
            return Result(ended, None, None, self._bound())
        bound = min(self._bound(), self._value)
        reached = relative_gap(self._value, bound) <= self.settings.gap
        return Result(Termination.OPTIMAL if reached else Termination.STOPPED, self._plan, self._value, bound)

    def _is_over(self) -> bool:
        if self._value is not None and relative_gap(self._value, min(self._bound(), self._value)) <= self.settings.gap:
            return True
        lost = self._lost >= LOST or any(part.searches >= SEARCHES for part in self._parts.values())
        return lost or self._all.ended or self._is_stopped()

    def _is_stopped(self) -> bool:
        return (
            self._is_left or time.monotonic() >= self._deadline or (self.should_stop is not None and self.should_stop())
        )

    def _bound(self) -> float:
        """What is proven of all plans."""
        bounds = [node.bound for node in (*self._nodes, *self._dealt)] + [part.bound for part in self._parts.values()]
        return max(min([*bounds, self._left_out]), self._all.bound)

    def _cutoff(self) -> float | None:
        """What a plan must be better than to be sought."""
        return None if self._value is None else self._value - self.settings.gap * WITHIN * abs(self._value)

    # Runs, each with what takes its result

    def _jobs(self, most: int) -> list[tuple[Run, Take]]:
        """The next runs: a plan of a coarse one, and what has the least bounds, be it parts or nodes of the tree."""
        cutoff = self._cutoff()
        self._nodes = sorted(
            (node for node in self._nodes if cutoff is None or node.bound < cutoff), key=lambda node: node.bound
        )
        self._left_out = self._left_out if cutoff is None else min(self._left_out, cutoff)
        jobs: list[tuple[Run, Take]] = []
        self._rounds += 1
        if self._rounds == (SELDOM if self._value is None else SELDOM * LONGER) * LONGER**self._all.searches:
            jobs.append(self._search(self._all))
        self._rest -= 1
        point = self._next_candidate() if self._rest < 0 and len(jobs) < most else None
        if point is not None:
            jobs.append(self._detail(*point))
        if (
            self._rough is not None
            and len(jobs) < most
            and relative_gap(self._rough.bound, self._bound()) > self.settings.gap
        ):
            jobs.append(self._refine(self._rough))
        # The part in which the least bound is; as many parts as there are hands when the tree is worked off.
        least = self._nodes[0].bound if self._nodes else float("inf")
        parts = sorted((part for part in self._parts.values() if not part.ended), key=lambda part: part.bound)
        wanted = [part for part in parts if part.bound <= least][: 1 if self._nodes else most]
        jobs += [self._search(part) for part in wanted[: most - len(jobs)]]
        self._pause -= 1
        goes_down = not self._is_scouted or (not jobs and least < self._shape and self._pause < 0)
        if not self._is_scouted:
            self._is_scouted = True
            jobs.append(self._scout())
        free = most - len(jobs)
        if self._nodes and free:
            self._dealt, self._nodes = self._nodes[: DEALT * free], self._nodes[DEALT * free :]
            hands = min(free, len(self._dealt))
            iterations = self._iterations * (BESIDE if goes_down else 1)
            for first in range(hands):
                # One of several goes down to a plan, while the others raise the bound.
                order = Order.DOWN if goes_down and not jobs and not first else Order.BEST
                jobs.append(self._stretch(self._dealt[first::hands], order, iterations))
        return jobs

    def _next_candidate(self) -> tuple[float, Floats, bool] | None:
        """The cheapest coarse plan, if its plan may well be better than the one that is known."""
        if not self._candidates:
            return None
        value, _, counted = first = min(self._candidates, key=lambda one: one[0])
        expected = 0.0 if counted else LIKELY * sum(self._dearer) / max(len(self._dearer), 1)
        if self._value is not None and value + expected >= self._value:
            return None
        self._candidates = [one for one in self._candidates if one is not first]
        return first

    def _scout(self) -> tuple[Run, Take]:
        """The shortest way from the root to a shape, of which only that is kept, and what was learned."""
        task = self._task([Node()], Order.QUICK, self._iterations * BESIDE)

        def run(worker: Watched) -> object:
            return worker.explore(task, self._is_stopped)

        def take(found: object) -> None:
            if isinstance(found, Explored):
                self._learn(found)

        return run, take

    def _stretch(self, nodes: list[Node], order: Order, iterations: int) -> tuple[Run, Take]:
        """A stretch of the tree from some nodes."""
        task = self._task(nodes, order, iterations)

        def run(worker: Watched) -> object:
            return worker.explore(task, self._is_stopped)

        def take(found: object) -> None:
            self._dealt = [node for node in self._dealt if not any(node is mine for mine in nodes)]
            if not isinstance(found, Explored):
                self._lost += not self._is_stopped()
                self._nodes += nodes
                return
            before = self._shape
            self._learn(found)
            if order is Order.DOWN:
                self._idle = 0 if self._shape < before else self._idle + 1
                self._pause = min(self._idle, PATIENCE)
            for node in found.nodes:
                if node.is_settled:
                    self._settle(node)
                else:
                    self._nodes.append(node)

        return run, take

    def _task(self, nodes: list[Node], order: Order, iterations: int) -> Stretch:
        shaping = len(self._groups) - 1
        settings = self._settings(gap=0.0)
        return Stretch(
            self._coarse, self._groups, shaping, tuple(nodes), self._learned, iterations, order, self._shape, settings
        )

    def _learn(self, found: Explored) -> None:
        self._learned = self._learned.plus(found.learned)
        for shape in found.shapes:
            self._see(shape)

    def _see(self, shape: Shape) -> None:
        if shape.bound < self._shape:
            self._shape, self._rough = shape.bound, shape
        self._add_candidate(shape.bound, shape.point, counted=False)

    def _refine(self, shape: Shape) -> tuple[Run, Take]:
        """A better shape with the same sites, by deciding anew what is otherwise in the relaxation with these sites.

        Danna, Rothberg and Le Pape, "Exploring relaxation induced neighborhoods to improve MIP solutions" (2005).
        """
        self._rough = None
        first = {column: column for group in self._groups[:-2] for column in group}
        others = [column for column in self._shared if column not in first]
        placed = _with_limits(self._loose, _fixed(shape.point, first))
        settings = replace(self._settings(gap=self.settings.gap, nodes=REFINED, plain=True), cutoff=shape.bound)

        def run(worker: Watched) -> object:
            relaxed = worker.run(placed.relaxed(), settings, should_stop=self._is_stopped).values
            if relaxed is None:
                return None
            agreed = [one for one in others if abs(relaxed[one] - round(shape.point[one])) < ALIKE]
            near = _with_limits(placed, _fixed(shape.point, {one: one for one in agreed}))
            return worker.run(near, settings, should_stop=self._is_stopped)

        def take(found: object) -> None:
            if isinstance(found, Result) and found.values is not None and found.objective is not None:
                self._see(Shape(found.objective, found.values))

        return run, take

    def _settle(self, node: Node) -> None:
        """A node with nothing left to branch on: its part, and its point as a plan to be tried."""
        limits = tuple(sorted(limit for limit in node.limits if limit[0] in self._shared))
        if limits in self._parts:
            self._parts[limits].reached = min(self._parts[limits].reached, node.bound)
        else:
            self._parts[limits] = Part(limits, node.bound)
        if node.point is not None:
            self._add_candidate(node.bound, node.point, counted=True)

    def _search(self, part: Part) -> tuple[Run, Take]:
        """A search of a part, longer each time."""
        matrix = _with_limits(self._whole, [(self._shared[one], lower, upper) for one, lower, upper in part.limits])
        settings = self._settings(
            gap=self.settings.gap * INNER, nodes=NODES * LONGER**part.searches, plain=part.searches > 0
        )

        def run(worker: Watched) -> object:
            found = worker.run(matrix, settings, should_stop=self._is_stopped)
            if found.termination is Termination.FAILED:
                found = worker.run(matrix, replace(settings, careful=True), should_stop=self._is_stopped)
            return found

        def take(found: object) -> None:
            assert isinstance(found, Result)
            part.searches += 1
            if found.termination is Termination.INFEASIBLE:
                part.proven = max(part.proven, float("inf") if settings.cutoff is None else settings.cutoff)
            else:
                part.proven = max(part.proven, found.bound)
                self._take_plan(found)
            part.ended = part.ended or found.termination in (Termination.INFEASIBLE, Termination.OPTIMAL)

        return run, take

    def _detail(self, value: float, point: Floats, counted: bool) -> tuple[Run, Take]:
        """The plan of a coarse one: whole numbers near its own, the whole program with these, then others near by."""
        # While the gap is wide, plans need not be the best of their shapes: better shapes will come.
        wide = 1.0 if self._value is None else relative_gap(self._value, self._bound())
        gap = max(self.settings.gap * INNER, ROUGH * min(wide, WIDE))
        settings = replace(self._settings(gap=gap, nodes=DETAIL, plain=True), cutoff=None)
        same = _fixed(point, self._shared)

        def run(worker: Watched) -> object:
            standing = point if counted else self._counted(worker, value, point, settings)
            if standing is None:
                return None
            fixed = _with_limits(self._whole, same + _fixed(standing, self._standing))
            found = worker.run(fixed, replace(settings, gap=0.0), should_stop=self._is_stopped)
            if found.values is None or found.objective is None:
                return None
            about = _near(_with_limits(self._whole, same), found.values, ABOUT)
            closer = replace(settings, cutoff=found.objective)
            better = worker.run(about, closer, should_stop=self._is_stopped)
            return found if better.objective is None or better.objective >= found.objective else better

        def take(found: object) -> None:
            before = self._value
            if isinstance(found, Result) and found.objective is not None:
                self._dearer.append(max(found.objective - value, 0.0))
                self._take_plan(found)
            self._in_vain = 0 if self._value != before else self._in_vain + 1
            self._rest = min(self._in_vain, PATIENCE)

        return run, take

    def _counted(self, worker: Watched, value: float, point: Floats, settings: Settings) -> Floats | None:
        """A shape with whole numbers, sought near its own, and further off where there are none or only dear ones.

        A search of numbers that are held near those of the relaxation takes a tenth of the time.
        """
        shape = _with_limits(self._coarse, _fixed(point, {column: column for column in self._shared}))
        best: Result | None = None
        for steps in STEPS:
            found = worker.run(_near(shape, point, steps), settings, should_stop=self._is_stopped)
            if found.objective is not None and (best is None or found.objective < (best.objective or 0.0)):
                best = found
            if best is not None and relative_gap(best.objective or 0.0, value) <= DEAR:
                break
        return None if best is None else best.values

    def _settings(self, gap: float, nodes: int | None = None, plain: bool = False) -> Settings:
        left = max(self._deadline - time.monotonic(), 0.0)
        return replace(
            self.settings, time_limit=left, threads=1, cutoff=self._cutoff(), gap=gap, nodes=nodes, plain=plain
        )

    def _side_by_side(self, workers: list[Watched], runs: list[Run]) -> list[object]:
        """Results of some runs in their order; what one of them raises is raised here, when all have ended."""
        done: queue.Queue[tuple[int, object]] = queue.Queue()

        def work(number: int) -> None:
            try:
                done.put((number, runs[number](workers[number])))
            except BaseException as error:
                done.put((number, error))

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(runs))]
        for thread in threads:
            thread.start()
        found: dict[int, object] = {}
        try:
            while len(found) < len(runs):
                try:
                    number, result = done.get(timeout=TICK)
                    found[number] = result
                except queue.Empty:
                    self._report()
        finally:
            # An interrupt, or what a listener raises, leaves nobody at work.
            self._is_left = len(found) < len(runs)
            for thread in threads:
                thread.join()
        for result in found.values():
            if isinstance(result, BaseException):
                raise result
        return [found[number] for number in range(len(runs))]

    def _report(self) -> None:
        if self.listener is not None:
            bound = self._bound()
            self.listener(Report(bound if np.isfinite(bound) else NO_BOUND, self._value, self._plan))

    # What is found

    def _add_candidate(self, value: float, point: Floats, counted: bool) -> None:
        """Remember a coarse plan, unless one of the same yes-or-no columns, and whole numbers if any, was tried."""
        told = [*self._shared, *(self._standing if counted else ())]
        seal = np.round(point[told]).tobytes()
        if seal not in self._seen:
            self._seen.add(seal)
            self._candidates.append((value, point, counted))

    def _take_plan(self, found: Result) -> None:
        if found.values is None or found.objective is None:
            return
        if self._value is None or found.objective < self._value:
            self._plan, self._value = found.values, found.objective
            cutoff = self._cutoff()
            for part in self._parts.values():
                part.ended = part.ended or (cutoff is not None and part.bound >= cutoff)


def _with_limits(matrix: Matrix, limits: Limits | list[tuple[int, float, float]]) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for column, least, most in limits:
        lower[column], upper[column] = least, most
    return matrix.with_bounds(lower, upper)


def _near(matrix: Matrix, point: Floats, steps: int) -> Matrix:
    """The same with whole columns no further than so many steps from the whole numbers about a point."""
    least, most = np.floor(point + NEAR) - steps, np.ceil(point - NEAR) + steps
    lower = np.where(matrix.whole, np.maximum(matrix.lower, least), matrix.lower)
    upper = np.where(matrix.whole, np.minimum(matrix.upper, most), matrix.upper)
    return matrix.with_bounds(lower, upper)


def _fixed(point: Floats, columns: dict[int, int]) -> list[tuple[int, float, float]]:
    """Limits that give columns the values of others at a point."""
    return [(there, float(round(point[here])), float(round(point[here]))) for here, there in columns.items()]


@contextmanager
def _workers(threads: int) -> Iterator[list[Watched]]:
    """As many runs at a time as there are threads, each with a child of its own that ends with the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(watched()) for _ in range(max(threads, 1))]
