"""A search in stages: a coarse program bounds, the whole program makes plans, and parts are worked side by side.

    coarse program -> parts by sites and places of serving, by linear relaxations
    part of the least bound -> a stretch of search on the coarse program -> a better bound, coarse plans
    coarse plan -> the whole program with its yes-or-no columns -> a plan

Every plan keeps the coarse program at no more than its cost, so the least bound of a part holds for the whole. A part
that is searched to the end is searched again on the next finer program: the coarse one with whole numbers of systems,
and then the whole one.

Work goes in rounds of as many runs as there are threads. Each run is limited by nodes and not by the clock, and what a
round found is taken in order, so that the same input gives the same plan.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

from gpuplan.solver.matrix import Floats, Matrix, matrix_of
from gpuplan.solver.result import NO_BOUND, Report, Result, Settings, ShouldStop, Termination, relative_gap
from gpuplan.solver.splitting import Split
from gpuplan.solver.watched import Watched, watched

if TYPE_CHECKING:
    from gpuplan.formulation import Coarse

RELAXATIONS = 400
"""Relaxations solved by one splitting at most."""
STRETCH = 200
"""Nodes of the first stretch of search of a part on a program."""
LONGER = 4
"""By how much each further one is longer."""
STRETCHES = 12
"""Stretches of one part on one program after which it is given up: only runs that are lost can be so many."""
DETAIL = 60
"""Nodes of one search for the plan of a coarse one."""
DETAILED = 0.5
"""Share of the gap to which it is searched."""
ROUGH = 0.1
"""Share of the gap that is known, to which it is searched while that is larger."""
INNER = 0.25
"""Share of the gap to which a part is searched."""
WITHIN = 0.9
"""Share of the gap by which a plan must be bettered to be sought."""
TICK = 0.1
"""Seconds between looks at the clock."""


@dataclass
class Part:
    """Plans in which some columns of the coarse program have certain values."""

    bound: float
    fixed: dict[int, float] = field(default_factory=dict)
    settled: bool = False
    """Whether its relaxation leaves nothing to split on."""
    stage: int = 0
    stretches: int = 0
    """On the program of its stage, so far."""
    ended: bool = False
    """Whether nothing in it is better than the plan that is known by more than the gap."""


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
        bounding = matrix_of(coarse.formulation).with_cost(aim)
        counted = np.zeros(len(bounding.whole), dtype=bool)
        counted[list(coarse.counted)] = True
        self._stages = (bounding, replace(bounding, whole=bounding.whole | counted), whole)
        self._groups, self._shared = coarse.first, coarse.same
        self._all = Part(NO_BOUND)
        self._parts = [Part(NO_BOUND, settled=not any(self._groups))]
        self._candidates: list[Floats] = []
        self._seen: set[bytes] = set()
        self._rounds = 0
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
        return self._is_stopped() or any(part.stretches >= STRETCHES for part in (self._all, *self._parts))

    def _is_stopped(self) -> bool:
        return (
            self._is_left or time.monotonic() >= self._deadline or (self.should_stop is not None and self.should_stop())
        )

    def _bound(self) -> float:
        """What is proven of all plans: the least bound of a part, or that of all together."""
        return max(self._all.bound, min((part.bound for part in self._parts), default=float("inf")))

    def _cutoff(self) -> float | None:
        """What a plan must be better than to be sought."""
        return None if self._value is None else self._value - self.settings.gap * WITHIN * abs(self._value)

    # Runs, each with what takes its result

    def _jobs(self, most: int) -> list[tuple[Run, Take]]:
        """The next runs: the coarse program as one, plans of coarse ones, and the parts of the least bounds."""
        jobs: list[tuple[Run, Take]] = []
        self._rounds += 1
        if not self._all.stage and not self._all.ended and (most > 1 or self._rounds % 2):
            jobs.append(self._stretch(self._all))
        while self._candidates and len(jobs) < most:
            jobs.append(self._detail(self._candidates.pop(0)))
        waiting = sorted((part for part in self._parts if not part.ended), key=lambda part: part.bound)
        chosen = waiting[: most - len(jobs)]
        return jobs + [self._stretch(part) if part.settled else self._splitting(part) for part in chosen]

    def _splitting(self, part: Part) -> tuple[Run, Take]:
        matrix, settings = _with_values(self._stages[0], part.fixed), self._settings(gap=0.0)

        def run(worker: Watched) -> object:
            return worker.split(matrix, self._groups, RELAXATIONS, settings, self._is_stopped)

        def take(found: object) -> None:
            if isinstance(found, Split):
                self._parts.remove(part)
                for one in found.parts:
                    settled = one.settled or not one.fixed
                    self._parts.append(Part(max(part.bound, one.bound), part.fixed | dict(one.fixed), settled))
                if settings.cutoff is not None:  # what was left out is no better
                    self._parts.append(Part(settings.cutoff, ended=True))

        return run, take

    def _stretch(self, part: Part) -> tuple[Run, Take]:
        """A stretch of search of a part, longer each time."""
        last = part.stage == len(self._stages) - 1
        fixed = {self._shared[one]: value for one, value in part.fixed.items()} if last else part.fixed
        matrix = _with_values(self._stages[part.stage], fixed)
        settings = self._settings(
            gap=self.settings.gap * INNER, nodes=STRETCH * LONGER**part.stretches, plain=self._value is not None
        )

        def run(worker: Watched) -> object:
            found = worker.run(matrix, settings, should_stop=self._is_stopped)
            if found.termination is Termination.FAILED:
                found = worker.run(matrix, replace(settings, careful=True), should_stop=self._is_stopped)
            return found

        def take(found: object) -> None:
            assert isinstance(found, Result)
            part.stretches += 1
            if found.termination is Termination.INFEASIBLE:
                part.bound = max(part.bound, float("inf") if settings.cutoff is None else settings.cutoff)
                part.ended = True
                return
            part.bound = max(part.bound, found.bound)
            if found.values is not None and last:
                self._take_plan(found)
            elif found.values is not None:
                self._add_candidate(found.values)
            if found.termination is Termination.OPTIMAL:
                part.ended = part.ended or last
                part.stage, part.stretches = min(part.stage + 1, len(self._stages) - 1), 0

        return run, take

    def _detail(self, point: Floats) -> tuple[Run, Take]:
        """The plan of a coarse one: the whole program with its yes-or-no columns."""
        fixed = {there: float(round(point[here])) for here, there in self._shared.items()}
        matrix = _with_values(self._stages[-1], fixed)
        # The first plans need not be the best ones of their yes-or-no columns: better coarse ones will come.
        apart = 1.0 if self._value is None else relative_gap(self._value, self._bound())
        gap = max(self.settings.gap * DETAILED, ROUGH * min(apart, 0.05))
        settings = self._settings(gap=gap, nodes=DETAIL)

        def run(worker: Watched) -> object:
            return worker.run(matrix, settings, should_stop=self._is_stopped)

        def take(found: object) -> None:
            assert isinstance(found, Result)
            self._take_plan(found)

        return run, take

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

    def _add_candidate(self, point: Floats) -> None:
        """Remember a coarse plan, unless one of the same yes-or-no columns was tried."""
        seal = np.round(point[list(self._shared)]).tobytes()
        if seal not in self._seen:
            self._seen.add(seal)
            self._candidates.append(point)

    def _take_plan(self, found: Result) -> None:
        if found.values is None or found.objective is None:
            return
        if self._value is None or found.objective < self._value:
            self._plan, self._value = found.values, found.objective
            cutoff = self._cutoff()
            for part in self._parts:
                part.ended = part.ended or (cutoff is not None and part.bound >= cutoff)


def _with_values(matrix: Matrix, fixed: dict[int, float]) -> Matrix:
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    for column, value in fixed.items():
        lower[column] = upper[column] = value
    return matrix.with_bounds(lower, upper)


@contextmanager
def _workers(threads: int) -> Iterator[list[Watched]]:
    """As many runs at a time as there are threads, each with a child of its own that ends with the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(watched()) for _ in range(max(threads, 1))]
