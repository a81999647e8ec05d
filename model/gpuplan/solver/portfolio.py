"""One level, sought from several sides at once: HiGHS on the whole program in one piece, and gpuplan's own search.

    whole program ──▶ HiGHS in one piece ──────────────────▶ plans, and a bound by its word
    whole program ──▶ the same, less presolve, other seed ▶ plans, and a bound by its word: together they verify
    coarse program ─▶ tree, shapes, completion ────────────▶ plans, and a safe bound      (see `staged`)
    whole program ──▶ branch and bound with safe bounds ───▶ a proof, once a plan is said to be good enough

Each hears of the plans of the others, at points that go by counts of work and never by the clock: HiGHS pauses after so
many of the points at which it can be interrupted, and is met after so many rounds of the tree. What it does between two
meetings counts at the second one, whenever it was done, so that the same input gives the same plan. Work goes to what
moves the gap: a bound that is far behind is not worked on for a while, and the others have its hands.

Where no coarse program is much smaller than the whole, there is no tree: the two runs of HiGHS go side by side, and the
plan is that of the first.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gpuplan.solver.incumbent import Incumbent
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.one_piece import OnePiece
from gpuplan.solver.proof.tree import allowance
from gpuplan.solver.result import NO_BOUND, Report, Result, Settings, ShouldStop, Termination, relative_gap
from gpuplan.solver.side_by_side import side_by_side
from gpuplan.solver.staged import Job, Staged
from gpuplan.solver.verification import MORE_WORK, SEEDS, WITHIN, Disagreement, Verification, least_of
from gpuplan.solver.watched import Watched

STRETCH, OF_ENTRIES, POWER = 25.0, 24_000.0, 2.5
"""Work of HiGHS (see `Pace`) for each round of the tree, on a matrix with so many entries; on larger ones less, by this
power. On the whole it takes about as long as a round, a second or two."""
MOST = 1_000.0
"""The same at most."""
NEWS = 40.0
"""Work of one stretch of HiGHS at most where there is no tree to wait for, so that plans and bounds are told of every
few seconds."""
FIRST = 4.0
"""How much shorter the first stretch of HiGHS is: what it does before its first cuts takes longest."""
ROUNDS = 4
"""Rounds of the tree after which it meets HiGHS."""
LEARNING = 4
"""Rounds that the tree has before it can be found behind."""
BEHIND = 4.0
"""How many times the gap a bound must be lower than another for its maker to have a rest."""
REST = 4
"""Meetings that a first rest of HiGHS is long."""
ALONE = 4
"""Stretches of HiGHS that a first rest of the tree is long."""
FAR = 0.05
"""Gap from which on a plan of HiGHS is not looked at while the tree may find a better one: to judge it takes longer the
more of it stands idle."""
EARLY = 0.95
"""Share of the gap asked for that runs are asked for, so that rounding what they say does not open it again."""
TOGETHER = 1e-9
"""Share of a value by which a bound must be above it to be false."""
TICK = 0.1
"""Seconds between signs of life."""
PATIENCE = 0.7
"""Seconds that a run has to end by itself once it is not wanted any more."""


class Portfolio:
    """One level of a search."""

    def __init__(
        self,
        whole: Matrix,
        settings: Settings,
        incumbent: Incumbent,
        pieces: tuple[Watched, Watched],
        staged: Staged | None,
        should_stop: ShouldStop,
        listener: Callable[[Report], None] | None = None,
        on_disagreement: Disagreement | None = None,
    ) -> None:
        """`pieces` run HiGHS in one piece, and nothing else; `staged` has the same incumbent."""
        self.whole, self.settings, self.incumbent = whole, settings, incumbent
        self.should_stop, self.listener, self.on_disagreement = should_stop, listener, on_disagreement
        self._deadline = time.monotonic() + settings.time_limit
        asked = replace(settings, gap=settings.gap * EARLY, threads=1, cutoff=None)
        careful = replace(asked, careful=True, seed=(settings.seed + SEEDS) % 2**31)
        self.one = OnePiece(pieces[0], whole, asked, "HiGHS", in_background=staged is not None)
        self.two = OnePiece(pieces[1], whole, careful, "HiGHS with little presolve")
        self.staged = staged
        self._least = least_of(whole)
        self._verified = self._known = NO_BOUND
        """By a proof of the whole, or before; and before alone."""
        self._said = {self.one.name: NO_BOUND, self.two.name: NO_BOUND}
        """What either run had said when it was met last."""
        self._rest, self._next_rest = 0, REST
        """Meetings for which HiGHS still rests, and for which it will the next time."""
        self._is_first_over = False
        """Whether the end of the first run was heard of. What the second has said and found is chance until then."""
        self.seconds_verifying = 0.0
        self._rounds = 0
        """Of the tree."""
        self._is_left = False
        self._is_beside = False
        """Whether HiGHS has been given work since it was met last, done with or not."""
        self._is_raced = False
        """Whether a proof and a second run were at the same claim, so that chance decides which ends it."""
        self._is_over = False
        """Whether work that is still going on does not count any more."""
        entries = max(len(whole.values), 1)
        self._share = float(np.clip(STRETCH * (OF_ENTRIES / entries) ** POWER, 1.0, MOST))
        """Work of HiGHS for each round of the tree."""
        if staged is not None:
            staged.beside, staged.should_stop = self._beside, self._is_not_wanted

    def know(self, bound: float) -> None:
        """Take a bound that was verified elsewhere."""
        self._known = bound
        self._verified = max(self._verified, bound)

    def run(self, children: list[Watched]) -> Result:
        """Minimise; each child is at one task at a time."""
        try:
            while not self._is_stopped():
                value = self.incumbent.value
                self._search(children)
                if not self._is_said():
                    if self._is_stopped() or not self._race(children):
                        break
                    continue
                verifying = time.monotonic()
                self._verify(children)
                self.seconds_verifying += time.monotonic() - verifying
                if self.incumbent.value == value or self._safe() >= self._needed():
                    break
            self._is_over = True
            self._take_what_is_left()
            return self._result()
        finally:
            self._is_over = True
            for piece in (self.one, self.two):
                piece.join(PATIENCE)
                piece.close()
                piece.join()

    # What is known

    def bound(self) -> float:
        """What is said of all plans."""
        return max(self._safe(), *self._said.values(), self._of_tree())

    def _of_tree(self) -> float:
        return NO_BOUND if self.staged is None else self.staged.bound_of_tree()

    def _safe(self) -> float:
        """What is verified of all plans."""
        tree = NO_BOUND if self.staged is None else self.staged.safe_bound_of_tree()
        return max(tree, self._least, self._verified, min(self._said.values()))

    def _beside(self) -> tuple[float, float]:
        """What is said, and what is verified, of all plans beside the tree."""
        safe = max(self._least, self._verified, min(self._said.values()))
        return max(safe, *self._said.values()), safe

    def _needed(self) -> float:
        """What must be verified that no plan is below."""
        value = self.incumbent.value
        return float("inf") if value is None else value - allowance(value, self.settings.gap * WITHIN)

    def _is_said(self) -> bool:
        """Whether it is said, or verified, that no plan is better by more than the gap."""
        return self.bound() >= self._needed()

    def _is_stopped(self) -> bool:
        return self._is_left or time.monotonic() >= self._deadline or self.should_stop()

    def _is_not_wanted(self) -> bool:
        """Whether work that is going on is to end."""
        return self._is_over or self._is_stopped()

    def _is_behind(self, bound: float) -> bool:
        """Whether a bound is lower than what is known by much more than the gap."""
        best, value = self.bound(), self.incumbent.value
        if bound >= best or value is None:
            return False
        return best - bound > BEHIND * max(value - best, self.settings.gap * abs(value))

    # Work

    def _search(self, children: list[Watched]) -> None:
        """Go on until it is said that the plan is good enough, or that there is none."""
        number, rest = 0, ALONE
        while not self._is_stopped() and not self._is_said():
            if self._rounds and number % ROUNDS == 0:
                self._meet(len(children))
            if self.staged is None or self.staged.is_given_up():
                self._without_tree(len(children), None)
                return
            if number >= LEARNING and self._is_tree_behind():
                self._without_tree(len(children), rest)
                number, rest = 0, rest * 2
                continue
            jobs = self.staged.jobs(len(children))
            if not jobs:
                self._without_tree(len(children), None)
                return
            self._do(children, jobs)
            number += 1
            self._rounds += 1

    def _is_tree_behind(self) -> bool:
        """Whether the tree's bound is lower than what HiGHS says by much more than the gap."""
        said, tree = self._said[self.one.name], self._of_tree()
        return self._rest == 0 and np.isfinite(said) and said > tree and self._is_behind(tree)

    def _meet(self, hands: int) -> None:
        """Wait for HiGHS, tell one another of plans, and let it go on unless it is far behind; one hand alone takes
        turns with it."""
        if self._is_beside:
            self._end_stretch()
        if self.one.has_ended or self._is_said():
            return
        if self._rests():
            return
        shorter = 1 if self.one.has_begun else FIRST
        self._is_beside = True
        self.one.begin(self._share * ROUNDS / shorter, self._news_for(self.one), self._is_not_wanted)
        if hands == 1:
            self._end_stretch()

    def _end_stretch(self) -> None:
        self._wait_for(self.one)
        self._is_beside = False
        self._hear(self.one)

    def _rests(self) -> bool:
        """Whether HiGHS rests until the next meeting: each time that it is found behind, for twice as long."""
        if self._rest > 0:
            self._rest -= 1
        elif self.one.has_begun and self._is_behind(self._said[self.one.name]):
            self._rest = self._next_rest
            self._next_rest *= 2
        return self._rest > 0

    def _without_tree(self, hands: int, stretches: int | None) -> None:
        """HiGHS to its end, or for so many stretches; beside it with less presolve, if there is a hand for it."""
        self._rest = 0
        pieces = [self.one, self.two] if hands > 1 else [self.one]
        last = None if stretches is None else self.one.stretches + stretches
        while not self._is_stopped():
            has_begun = False
            for piece in pieces:
                if not piece.is_going_on:
                    self._wait_for(piece)
                    self._is_beside = self._is_beside and piece is not self.one
                    self._hear(piece)
                    is_last = piece is self.one and last is not None and piece.stretches >= last
                    if is_last or (self._is_first_over and self._is_said()):
                        return
                    if not piece.has_ended:
                        has_begun = True
                        piece.begin(min(self._share * ROUNDS, NEWS), self._news_for(piece), self._is_not_wanted)
            going = [piece for piece in pieces if piece.is_going_on]
            if going:
                self._tick(going)
            elif not has_begun:
                if self.two in pieces:
                    return
                pieces = [self.two]

    def _news_for(self, piece: OnePiece) -> Floats | None:
        """The best plan, where the run has not found it itself."""
        return self.incumbent.plan if self.incumbent.by != piece.name else None

    def _wait_for(self, piece: OnePiece) -> None:
        while not piece.join(TICK):
            self._report()

    def _tick(self, going: list[OnePiece]) -> None:
        """Wait until one of them is over, or a moment."""
        end = time.monotonic() + TICK
        while all(piece.is_going_on for piece in going) and time.monotonic() < end:
            time.sleep(0.002)
        self._report()

    def _hear(self, piece: OnePiece) -> None:
        """Take what a run has found and said since it was met last.

        The second only verifies: it is heard once the first is over, and a plan of it counts where it is better by more
        than the gap.
        """
        self._is_first_over = self._is_first_over or (piece is self.one and piece.has_ended)
        if piece is self.two and not self._is_first_over:
            return
        is_far = relative_gap(piece.objective, max(self.bound(), piece.bound)) > FAR and not piece.has_ended
        is_better = piece is self.one or (piece.objective or 0.0) < self._needed()
        if is_better and (self.staged is None or not is_far):
            self.incumbent.take(piece.values, piece.objective, piece.name)
        value = self.incumbent.value
        room = TOGETHER * max(abs(value or 0.0), 1.0)
        if value is None or piece.bound <= value + room:
            self._said[piece.name] = max(self._said[piece.name], piece.bound)
            return
        # A bound above the value of a plan is false: nothing that this run says counts from now on.
        if piece.is_optimal and self.on_disagreement is not None:
            ended = Termination.INFEASIBLE if np.isposinf(piece.bound) else Termination.OPTIMAL
            said = Result(ended, piece.values, piece.objective, piece.bound)
            better = Result(Termination.STOPPED, self.incumbent.plan, value, NO_BOUND)
            if piece.objective is None or piece.objective > value + room:
                self.on_disagreement(self.whole, piece.settings, said, better)
        is_own = piece.objective is not None and piece.objective <= value + room
        self._said[piece.name] = value if is_own else NO_BOUND
        piece.is_optimal = piece.is_optimal and is_own

    def _do(self, children: list[Watched], jobs: list[Job]) -> None:
        """Do some jobs side by side, and take what they found in their order."""
        found = side_by_side(children, [job.run for job in jobs], self._report, self._leave)
        for job, result in zip(jobs, found, strict=True):
            job.take(result)
        self._report()

    def _leave(self) -> None:
        self._is_left = True

    def _report(self) -> None:
        if self.listener is not None:
            bound = self.bound()
            known = bound if np.isfinite(bound) else NO_BOUND
            self.listener(Report(known, self.incumbent.value, self.incumbent.plan))

    def _take_what_is_left(self) -> None:
        """When all is over: what a run has found and said and was not looked at, where that counts. After a stop chance
        has decided anyway."""
        if not self._is_stopped() and self.incumbent.value is not None:
            return
        self._is_first_over = True
        for piece in (self.one, self.two):
            piece.join(PATIENCE)
            if not piece.is_going_on:
                if self.incumbent.value is None or self.staged is None:
                    self.incumbent.take(piece.values, piece.objective, piece.name)
                self._hear(piece)

    # Verifying what is said

    def _verify(self, children: list[Watched]) -> None:
        """Verify what is said of all plans: by the parts of the tree, or by a proof of the whole and a second run, at
        once, whichever comes first."""
        value = self.incumbent.value
        while self._safe() < self._needed() and not self._is_stopped() and self.incumbent.value == value:
            if self.staged is not None and self.staged.bound_of_tree() >= self._needed():
                jobs = self.staged.verifying(len(children))
                if not jobs:
                    break
                self._do(children, jobs)
            elif not self._race(children):
                break

    def _race(self, children: list[Watched]) -> bool:
        """A proof and a second run side by side; whether anything came of it.

        Also the last resort, where nobody has said anything of use: a proof lists what is beside points that are no
        plans.
        """
        for piece in (self.one, self.two):
            if piece.has_ended:
                self._wait_for(piece)
                self._hear(piece)
        needed, value = self._needed(), self.incumbent.value
        if self._safe() >= needed:
            return True
        self._is_raced = True
        # The run that has not said it yet is the second line.
        second, other = (self.one, self.two) if self.two.has_ended else (self.two, self.one)
        over = [False]

        def stop() -> bool:
            return over[0] or self._is_stopped()

        def prove(worker: Watched) -> object:
            known = Result(Termination.OPTIMAL, self.incumbent.plan, value, needed)
            if value is None:
                known = Result(Termination.INFEASIBLE, None, None, float("inf"))
            means = Verification(worker, replace(self.settings, cutoff=None), self._left, stop, self._worth_of)
            found = means.proven(self.whole, known, MORE_WORK)
            over[0] = over[0] or found.verified >= needed
            return found

        def run_again(_: Watched) -> object:
            while not second.has_ended and not stop():
                if second.join(TICK):
                    second.begin(self._share * ROUNDS, self._news_for(second), self._is_not_wanted_or(stop))
            both = min(second.bound, self._said[other.name])
            over[0] = over[0] or (second.has_ended and second.is_optimal and both >= needed)
            return None

        def take_proof(found: object) -> None:
            assert isinstance(found, Result)
            self._verified = max(self._verified, min(found.verified, needed))
            if found.values is not None and self.incumbent.take(found.values, found.objective, "branch and bound"):
                self._verified = max(self._verified, found.verified)

        def take_run(_: object) -> None:
            if second.has_ended:
                self._wait_for(second)
                self._hear(second)

        jobs = [Job(run_again, take_run, 1), Job(prove, take_proof, 1)]
        before = (self._safe(), second.work, second.has_ended, self.incumbent.value)
        for some in [jobs] if len(children) > 1 else [jobs[1:], jobs[:1]]:
            if self._safe() < needed and not self._is_stopped():
                self._do(children, some)
        return before != (self._safe(), second.work, second.has_ended, self.incumbent.value)

    def _is_not_wanted_or(self, stop: ShouldStop) -> ShouldStop:
        return lambda: stop() or self._is_not_wanted()

    def _worth_of(self, point: Floats) -> float | None:
        """What a point costs; None where it makes no plan."""
        rounded = np.where(self.whole.whole, np.round(point), point)
        if self.incumbent.judge is not None:
            return self.incumbent.judge(rounded)
        if len(self.whole.broken_rows(rounded)):
            return None
        return float(self.whole.cost @ rounded) + self.whole.offset

    def _left(self) -> float:
        return self._deadline - time.monotonic()

    def _result(self) -> Result:
        value, bound, safe = self.incumbent.value, self.bound(), self._safe()
        if value is None:
            if self.one.is_unbounded or self.two.is_unbounded:
                return Result(Termination.UNBOUNDED, None, None, NO_BOUND)
            ended = Termination.INFEASIBLE if np.isposinf(bound) else Termination.STOPPED
            return Result(ended, None, None, bound, safe, self._by(safe))
        is_chance = self._is_raced or self.staged is None
        most = self._needed() if is_chance and not self._is_stopped() else value
        bound, safe = min(bound, most), min(safe, most)
        reached = relative_gap(value, safe) <= self.settings.gap or safe >= self._needed()
        ended = Termination.OPTIMAL if reached else Termination.STOPPED
        return Result(
            ended, self.incumbent.plan, value, bound, safe, self._by(safe), self.incumbent.by, self._work_of_each()
        )

    def _work_of_each(self) -> str:
        """What each has done: stretches of HiGHS, with all its presolve and with little, and rounds of the tree."""
        done = {self.one.name: self.one.stretches, self.two.name: self.two.stretches, "the tree": self._rounds}
        return ", ".join(f"{name} {count}" for name, count in done.items() if count)

    def _by(self, safe: float) -> str:
        """What verified so much."""
        if safe <= self._least:
            return "bounds of its columns"
        if safe <= self._known:
            return "bounds of what was solved before"
        if self.staged is not None and safe <= self.staged.safe_bound_of_tree():
            return "branch and bound in stages"
        if safe <= self._verified:
            return "branch and bound"
        return "a second run with little presolve and another seed"
