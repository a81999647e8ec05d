"""The search: level by level, each held at what it reached; "infeasible" is said only after a second look."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import numpy.typing as npt

from gpuplan.errors import Defect
from gpuplan.formulation import formulate
from gpuplan.solver.coarse import CoarseProgram, Stopped
from gpuplan.solver.components import Component, components, minimised
from gpuplan.solver.disagreement import keep
from gpuplan.solver.incumbent import Incumbent
from gpuplan.solver.level import HOLD, LevelResult, level_result, most_of
from gpuplan.solver.matrix import Floats, Matrix, matrix_of
from gpuplan.solver.portfolio import Portfolio
from gpuplan.solver.result import (
    NO_BOUND,
    Report,
    Result,
    Settings,
    ShouldStop,
    Termination,
    contradicts_itself,
    never,
    relative_gap,
    with_known,
)
from gpuplan.solver.side_by_side import Processes, processes
from gpuplan.solver.staged import Staged
from gpuplan.solver.verification import Verification, least_of
from gpuplan.solver.watched import SMALL, Watched

if TYPE_CHECKING:
    from gpuplan.families.objective import Goal
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.program.columns import Key
    from gpuplan.program.linear import Linear
    from gpuplan.program.money import Money

RESERVED, RESERVED_SECONDS = 0.25, 30.0
"""Share of the time left, and the most of it, that is kept for verifying what a run finds."""
JUDGING, JUDGING_SHARE = 1.5e-4, 0.25
"""Seconds for each column, and the share of the time left at the most, that are kept for judging the last plan."""
TIGHTENING = 100
"""Nodes of the search for a point that comes to what its decisions make of it."""
LOOSE_GAP = 5e-4
"""Gap from which on a loose program is searched first."""
SLIP = 1e-7
"""Share by which what decisions make of a held level may differ from what the program does: rounding of both."""
AHEAD_NODES, AHEAD_SHARE = 1_000, 0.25
"""Nodes, and the share of the time left, that are spent on seeing whether all soft limits can be kept."""
APART = 500
"""Entries up to which a program is not taken apart."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a search stands, for those who wait."""

    level: int
    levels: int
    name: str
    seconds: float
    incumbent: float | None
    """Value of the level's measure; None before the first plan."""
    bound: float | None
    """Proven bound on it; None before the first."""
    gap: float | None
    """Share of the incumbent; None before both are there."""


@dataclass(frozen=True)
class SearchResult:
    """How a search ended."""

    termination: Termination
    formulation: Formulation | None
    """None when the search was stopped before there was one."""
    values: Floats | None
    levels: tuple[LevelResult, ...]
    seconds_in_solver: float
    seconds_verifying: float = 0.0
    disagreements: tuple[Path, ...] = ()
    """Files of runs of HiGHS that were proven wrong."""
    is_verified: bool = False
    """Whether "infeasible" is; what there is of a plan is told level by level."""


@dataclass
class Search:
    """One search: what it may use, and what it listens to."""

    verifies: ClassVar[bool] = True
    """Whether what the solver claims of a level is verified."""
    looks_ahead: ClassVar[bool] = True
    """Whether the last level is tried with all soft limits kept, before these are sought one by one."""
    settings: Settings
    on_progress: Callable[[Progress], None] | None = None
    should_stop: ShouldStop | None = None
    alter: Callable[[Formulation], Formulation] | None = None
    """What a question adds to the program of its instance, or asks of it instead."""
    processes: Processes | None = None
    """Where to run, when processes are kept between searches; some are made for this search when left out."""
    judge: Callable[[Formulation, Floats], tuple[float, ...] | None] | None = None
    """What a point comes to on each level, to minimise, by the plan that its decisions make, exactly and in the
    program's unit; None where they make none. By the program's rows when left out."""

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        self._in_solver = 0.0
        self._margins: Mapping[Key, float] = {}
        self._coarse: CoarseProgram | None = None
        self._children: list[Watched] = []
        self._second: Watched | None = None
        """Runs beside that of the search, of a portfolio."""
        self._is_verified_already = False
        """Whether the level was searched in a way that verifies what it says."""
        self._gap = self.settings.gap
        """Asked for the level that is being sought."""
        self._verifying = 0.0
        self._held: list[float] = []
        """What finished levels may come to in the program while the next is sought, to minimise."""
        self._kept: list[float] = []
        """The same of what plans come to by their decisions."""
        self._looks_ahead = self.looks_ahead
        """Until what is ahead took too long to see."""
        self._disagreements: list[Path] = []
        self.refused: tuple[Formulation, Floats] | None = None
        """The last point that is no plan, although it keeps every row as far as the solver can tell."""

    def run(self, instance: Instance, margins: Mapping[Key, float] | None = None) -> SearchResult:
        """Search for the best plan of an instance, staying within limits by the margins given.

        The time limit counts from the making of this search, over all its runs.
        """
        self._margins = margins or {}
        with processes(self.settings.threads) if self.processes is None else nullcontext(self.processes) as children:
            runs, self._second, self._children = children.first, children.second, children.others
            result = self._run_once(runs, instance, loose=self._may_be_loose(instance))
            if result.formulation is not None and result.formulation.problem.is_loose and self._falls_short(result):
                again = self._run_once(runs, instance, loose=False)
                result = result if again.values is None and result.values is not None else again
            if result.termination is Termination.INFEASIBLE and not result.is_verified:
                result = self._second_look(runs, instance)
        return replace(
            result,
            seconds_in_solver=self._in_solver,
            seconds_verifying=self._verifying,
            disagreements=tuple(dict.fromkeys(self._disagreements)),
        )

    def _run_once(self, runs: Watched, instance: Instance, *, loose: bool) -> SearchResult:
        """Search the program of an instance, loose or not; see `Problem.waits`."""
        self._coarse = None
        try:
            formulation = self._altered(
                formulate(
                    instance,
                    reductions=True,
                    loose=loose,
                    margins=self._margins,
                    money=self._money(instance),
                    pause=self.pause,
                )
            )
            runs.expect(len(formulation.problem.rows.coefficients))
            matrix = matrix_of(formulation)
            if self._is_for_portfolio(matrix) and (self.alter is None or getattr(self.alter, "holds_of_coarse", False)):
                self._coarse = CoarseProgram(instance, formulation, self._margins, self.pause, self.alter)
        except Stopped:
            return SearchResult(Termination.STOPPED, None, None, (), self._in_solver)
        return self._levels(runs, formulation, matrix)

    def _in_stages(self) -> bool:
        """Whether there is a coarse program, to be searched in stages."""
        return self._coarse is not None and self._coarse.found is not None

    def _may_be_loose(self, instance: Instance) -> bool:
        """Whether the gaps asked for leave room for what a loose program's plans cost beside."""
        levels = [level for level in instance.objective if level.counts_running]
        gaps = [self.settings.gap if level.gap is None else float(level.gap) for level in levels]
        return min(gaps, default=1.0) >= LOOSE_GAP

    def _falls_short(self, result: SearchResult) -> bool:
        """Whether a search has not come to the gaps asked for, with time left."""
        if result.termination is Termination.INFEASIBLE:
            return False
        if result.values is not None and all(level.proven for level in result.levels):
            return False
        is_over = self._left() <= 0 or (self.should_stop is not None and self.should_stop())
        return not is_over and not self._in_stages()

    def is_feasible(self, runs: Watched, formulation: Formulation) -> bool | None:
        """Whether any plan exists; None when a limit came first. "No" is verified."""
        return self._is_feasible(runs, formulation, matrix_of(formulation))

    def _is_feasible(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> bool | None:
        result = self._timed(runs, matrix, self.settings, None, None)
        if result.values is None or self._worth_of(formulation, matrix, 0, result.values) is None:
            claim = replace(result, values=None, objective=None)
            result = self._verification(runs, formulation, matrix, 0, None).of(matrix, claim)
        if result.values is not None:
            return True
        return False if result.termination is Termination.INFEASIBLE else None

    def _money(self, _instance: Instance) -> Money | None:
        """The unit of money, where it must be that of other programs."""
        return None

    def _first(self, _runs: Watched, _formulation: Formulation, _matrix: Matrix) -> Floats | None:
        """A plan that is known before anything is sought."""
        return None

    def _known(self, _matrix: Matrix) -> float:
        """What is verified of a level before it is sought."""
        return NO_BOUND

    def _altered(self, formulation: Formulation) -> Formulation:
        return formulation if self.alter is None else self.alter(formulation)

    def _second_look(self, runs: Watched, instance: Instance) -> SearchResult:
        """Prove it without tightenings, or search again so, with little presolve and tight tolerances, before saying
        "infeasible"."""
        money = self._money(instance)
        formulation = self._altered(formulate(instance, tightenings=False, margins=self._margins, money=money))
        claim = Result(Termination.INFEASIBLE, None, None, np.inf)
        verification = self._verification(runs, formulation, matrix_of(formulation), 0, None)
        began = time.monotonic()
        known = verification.proven(matrix_of(formulation), claim)
        self._verifying += time.monotonic() - began
        if known.termination is Termination.INFEASIBLE:
            return SearchResult(known.termination, formulation, None, (), self._in_solver, is_verified=True)
        settings = replace(self.settings, careful=True)
        careful = Search(settings, self.on_progress, self.should_stop, judge=self.judge)
        careful._began, careful._in_solver = self._began, 0.0
        result = careful._levels(runs, formulation, matrix_of(formulation))
        self._in_solver += careful._in_solver
        self._verifying += careful._verifying
        self._disagreements += careful._disagreements
        return result

    def _levels(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> SearchResult:
        ahead: Result | None = None
        self._looks_ahead = self.looks_ahead
        self._held, self._kept = [], []
        best = self._first(runs, formulation, matrix)
        found: list[LevelResult] = []
        ended = Termination.OPTIMAL
        for number, goal in enumerate(formulation.goals, 1):
            aim = _aim(goal)
            level, self._is_verified_already = matrix.with_cost(aim), False
            listener = self._listener(number, len(formulation.goals), goal)
            self._gap = self.settings.gap if goal.gap is None else goal.gap
            known = self._known(level)
            done = self._settled(runs, formulation, level, number - 1, best)
            same = None if done is not None else self._as_known(formulation, level, number - 1, best, known)
            if done is None and same is None and ahead is None:
                ahead = self._ahead(runs, formulation, matrix, number - 1)
                done = None if ahead is None else ahead.values
            settled = done is not None
            best = best if done is None else done
            is_last = number == len(formulation.goals)
            if same is not None:
                result, self._is_verified_already = same, True
            elif is_last and not settled and ahead is not None and ahead.termination is Termination.OPTIMAL:
                result, self._is_verified_already = ahead, bool(ahead.by)
            else:
                judge = partial(self._worth_of, formulation, level, number - 1)
                result = self._solve(runs, level, best, listener, judge, settled, known)
            if result.termination is Termination.FAILED and result.values is None:
                raise Defect("HiGHS ended without a usable status")
            if result.termination is Termination.UNBOUNDED:
                return self._unbounded(runs, formulation, matrix)
            if settled:
                result = replace(result, verified=result.bound, by="bounds of its columns")
            elif result.values is not None:
                result = self._judged(formulation, level, number - 1, result, best)
                if result.values is None and formulation.problem.is_loose and not self._in_stages():
                    # Nothing is worth proving of a program that makes no plan: the strict one is next.
                    return SearchResult(Termination.STOPPED, formulation, None, (), 0.0)
            if not settled:
                verification = self._verification(runs, formulation, level, number - 1, listener)
                result = with_known(self._verified(verification, level, result), known, self._gap)
            self._level_ended(level, result)
            if result.values is None:
                if best is None:
                    is_verified = np.isposinf(result.verified)
                    return SearchResult(result.termination, formulation, None, (), 0.0, is_verified=bool(is_verified))
                result = self._as_before(formulation, level, number - 1, result, best)
            best = result.values
            assert best is not None
            if not settled and not is_last and result.objective is not None:
                best = self._tight(runs, formulation, level, number - 1, best, result.objective)
            found.append(level_result(goal, result, self._gap))
            if result.termination is not Termination.OPTIMAL:
                ended = Termination.STOPPED
            self._hold(goal, _value(aim, best), None if settled else result.objective)
            matrix = matrix.with_row(aim, self._held[-1])
        if best is not None:
            best = self._polished(runs, formulation, matrix.with_cost(_aim(formulation.goals[-1])), best)
        return SearchResult(ended, formulation, best, tuple(found), 0.0)

    def _as_before(self, formulation: Formulation, level: Matrix, number: int, result: Result, best: Floats) -> Result:
        """The plan of the level before, which has a value here too; nothing is proven of it."""
        known = result.bound if result.bound < np.inf else NO_BOUND
        value = self._worth_of(formulation, level, number, best)
        return Result(Termination.STOPPED, best, _worth(level, best) if value is None else value, known)

    def _as_known(
        self, formulation: Formulation, level: Matrix, number: int, best: Floats | None, known: float
    ) -> Result | None:
        """The plan that is known, where a bound that is known is as near to it as is asked for."""
        value = None if best is None else self._worth_of(formulation, level, number, best)
        if value is None or relative_gap(value, known) > self._gap:
            return None
        return with_known(Result(Termination.STOPPED, best, value, NO_BOUND), known, self._gap)

    def _hold(self, goal: Goal, value: float, told: float | None) -> None:
        """Hold a finished level at what its point comes to in the program, and plans at what was told of it."""
        # What its decisions, rounded, make of a level may be a trifle better than what the program can reach.
        self._held.append(most_of(goal, value if told is None else max(told, value)))
        self._kept.append(most_of(goal, value if told is None else told))

    def _verified(self, verification: Verification, level: Matrix, result: Result) -> Result:
        """A result with what is verified of it; "infeasible" is looked at a second time instead."""
        is_said_once = result.termination is Termination.INFEASIBLE and not self.settings.careful
        if not self.verifies or is_said_once or self._is_verified_already:
            return result
        began = time.monotonic()
        try:
            return verification.of(level, result)
        finally:
            self._verifying += time.monotonic() - began

    def _unbounded(self, runs: Watched, formulation: Formulation, matrix: Matrix) -> SearchResult:
        """The relaxation of a level is unbounded; whether there is a plan at all is another question."""
        nothing = replace(matrix, cost=np.zeros(len(matrix.lower)), offset=0.0)
        has_plan = self._is_feasible(runs, formulation, nothing)
        ended = {True: Termination.UNBOUNDED, False: Termination.INFEASIBLE, None: Termination.STOPPED}[has_plan]
        return SearchResult(ended, formulation, None, (), 0.0)

    def _level_ended(self, matrix: Matrix, result: Result) -> None:
        """A level was sought, and what was found of it verified."""

    def _judged(
        self, formulation: Formulation, matrix: Matrix, number: int, result: Result, before: Floats | None
    ) -> Result:
        """A result with what its plan costs; where it is no plan, with the plan of the level before, if there is
        one."""
        assert result.values is not None
        value = self._worth_of(formulation, matrix, number, result.values)
        if value is not None:
            return replace(result, objective=value)
        known = None if before is None else self._worth_of(formulation, matrix, number, before)
        return Result(Termination.STOPPED, before if known is not None else None, known, NO_BOUND)

    def _worth_of(self, formulation: Formulation, matrix: Matrix, number: int, point: Floats) -> float | None:
        """What a point costs by the plan that its decisions make; None where they make none, which is remembered."""
        rounded = np.where(matrix.whole, np.round(point), point)
        if self.judge is None:
            return _worth_in(matrix, point)
        values = self.judge(formulation, rounded)
        if values is None:
            self.refused = (formulation, rounded)
            return None
        kept = self._kept[:number]
        if any(value - most > SLIP * max(1.0, abs(most)) for value, most in zip(values, kept, strict=False)):
            return None
        return values[number]

    def _verification(
        self,
        runs: Watched,
        formulation: Formulation,
        matrix: Matrix,
        number: int,
        listener: Callable[[Report], None] | None,
    ) -> Verification:
        def judge(point: Floats) -> float | None:
            return self._worth_of(formulation, matrix, number, point)

        settings = replace(self.settings, gap=self._gap, cutoff=None)
        return Verification(runs, settings, self._left, self.should_stop or never, judge, listener, self._disagree)

    def _disagree(self, matrix: Matrix, settings: Settings, said: Result, found: Result) -> None:
        """Keep a run of HiGHS that was proven wrong."""
        path = keep(matrix, settings, said, found)
        if path is not None:
            self._disagreements.append(path)

    def _solve(
        self,
        runs: Watched,
        matrix: Matrix,
        start: Floats | None,
        listener: Callable[[Report], None] | None,
        judge: Callable[[Floats], float | None],
        settled: bool,
        known: float = NO_BOUND,
    ) -> Result:
        """The best of a level, `start` being a plan and `known` a verified bound."""
        if settled and start is not None:
            value = float(matrix.cost @ start) + matrix.offset
            return Result(Termination.OPTIMAL, start, value, value)
        parts = self._apart(matrix)
        self._is_verified_already = len(parts) > 1 or self._is_for_portfolio(matrix)
        if len(parts) > 1:
            return minimised(matrix, parts, self._gap, start, partial(self._minimised, runs), listener)
        if self._is_verified_already:
            return self._by_portfolio(runs, matrix, start, listener, judge, known=known)
        return self._timed(runs, matrix, replace(self.settings, gap=self._gap), start, listener)

    def _apart(self, matrix: Matrix) -> list[Component]:
        """The components of a level, where it is worth its while to minimise each by itself."""
        if not self.verifies or self.settings.careful or len(matrix.values) <= APART or not matrix.whole.any():
            return []
        parts = components(matrix)
        is_large = max(len(part.matrix.values) for part in parts) > SMALL
        return [] if is_large and self._in_stages() else parts

    def _minimised(self, runs: Watched, part: Component, start: Floats | None, gap: float, share: float) -> Result:
        """The best of a component, verified."""
        matrix, settings = part.matrix, replace(self.settings, gap=gap)
        judge = partial(_worth_in, matrix)
        if self._is_for_portfolio(matrix):
            return self._by_portfolio(runs, matrix, start, None, judge, gap, share)
        found = self._timed(runs, matrix, settings, start, None, share)
        began = time.monotonic()
        end = began + self._left() * share
        verification = Verification(
            runs,
            replace(settings, cutoff=None),
            lambda: end - time.monotonic(),
            self.should_stop or never,
            judge,
            None,
            self._disagree,
        )
        try:
            return verification.of(matrix, found)
        finally:
            self._verifying += time.monotonic() - began

    def _is_for_portfolio(self, matrix: Matrix) -> bool:
        """Whether a level is sought from all sides: not where one run in this process is likely to be enough."""
        if not self.verifies or self.settings.careful or self._second is None:
            return False
        return len(matrix.values) > SMALL and bool(matrix.whole.any())

    def _by_portfolio(
        self,
        runs: Watched,
        matrix: Matrix,
        start: Floats | None,
        listener: Callable[[Report], None] | None,
        judge: Callable[[Floats], float | None],
        gap: float | None = None,
        share: float = 1.0,
        held: tuple[float, ...] | None = None,
        known: float = NO_BOUND,
    ) -> Result:
        """The best of a matrix from all sides, verified; `held` is what the levels before may come to, where that is
        not what they were held at, and `known` a verified bound."""
        began = time.monotonic()
        if self._left() <= 0 or (self.should_stop is not None and self.should_stop()):
            return Result(Termination.STOPPED, start, None if start is None else _worth(matrix, start), NO_BOUND)
        # The last plan that is found is judged, and told of, after the search has ended.
        limit = share * (self._left() - min(self._left() * JUDGING_SHARE, len(matrix.lower) * JUDGING))
        limit = limit if np.isfinite(limit) else self._left()
        settings = replace(self.settings, gap=self._gap if gap is None else gap, time_limit=limit)
        if settings.memory_mb is not None:
            settings = replace(settings, memory_mb=max(settings.memory_mb // (len(self._children) + 1), 1))
        incumbent = Incumbent(judge)
        if start is not None:
            incumbent.take(start, judge(start), "what was solved before")
        should_stop = self.should_stop or never
        staged = None
        coarse = None if self._coarse is None else self._coarse.found
        if coarse is not None:
            held = tuple(self._held) if held is None else held
            staged = Staged(matrix, *coarse, settings, should_stop, incumbent, held)
        assert self._second is not None
        pieces = (runs, self._second)
        portfolio = Portfolio(matrix, settings, incumbent, pieces, staged, should_stop, listener, self._disagree)
        portfolio.know(known)
        try:
            return portfolio.run(self._children)
        finally:
            self._in_solver += time.monotonic() - began - portfolio.seconds_verifying
            self._verifying += portfolio.seconds_verifying

    def _timed(
        self,
        runs: Watched,
        matrix: Matrix,
        settings: Settings,
        start: Floats | None,
        listener: Callable[[Report], None] | None,
        share: float = 1.0,
    ) -> Result:
        began = time.monotonic()
        if self._left() <= 0 or (self.should_stop is not None and self.should_stop()):
            return Result(Termination.STOPPED, start, None if start is None else _worth(matrix, start), NO_BOUND)
        try:
            limit = self._left() - min(self._left() * RESERVED, RESERVED_SECONDS)
            limit = self._left() if np.isinf(self._left()) else limit * share
            result = runs.run(matrix, replace(settings, time_limit=limit), start, listener, self.should_stop)
            if contradicts_itself(result, settings) and self._left() > 0:
                careful = replace(settings, careful=True, time_limit=self._left())
                result = runs.run(matrix, careful, start, listener, self.should_stop)
            return result
        finally:
            self._in_solver += time.monotonic() - began

    def pause(self) -> None:
        """Called while building; ends it when time is up or a stop was asked for."""
        if self._left() <= 0 or (self.should_stop is not None and self.should_stop()):
            raise Stopped

    def _left(self) -> float:
        """Seconds left."""
        return self.settings.time_limit - (time.monotonic() - self._began)

    def _listener(self, number: int, levels: int, goal: Goal) -> Callable[[Report], None] | None:
        if self.on_progress is None:
            return None
        on_progress, sign = self.on_progress, -1.0 if goal.maximise else 1.0
        best: list[float | None] = [None]

        def listen(report: Report) -> None:
            if report.objective is not None and (best[0] is None or report.objective < best[0]):
                best[0] = report.objective
            bound = None if not np.isfinite(report.bound) else report.bound
            gap = None if bound is None or best[0] is None else relative_gap(best[0], bound)
            on_progress(
                Progress(
                    number,
                    levels,
                    goal.name,
                    time.monotonic() - self._began,
                    None if best[0] is None else sign * best[0] * goal.scale,
                    None if bound is None else sign * bound * goal.scale,
                    gap,
                )
            )

        return listen

    def _settled(
        self, runs: Watched, formulation: Formulation, matrix: Matrix, number: int, best: Floats | None
    ) -> Floats | None:
        """The plan that is known, where it is as good at this level as the bounds of the columns allow.

        At a level that was not sought yet a shortfall may be anything: what it need be is solved for.
        """
        if best is None or _is_settled(matrix, best):
            return best
        if not np.any(matrix.cost[~matrix.whole]):
            return None
        done = self._solved_around(runs, matrix, best)
        if _is_settled(matrix, done) and self._worth_of(formulation, matrix, number, done) is not None:
            return done
        return None

    def _ahead(self, runs: Watched, formulation: Formulation, matrix: Matrix, number: int) -> Result | None:
        """The last level, sought with this level and those between at their least; None where nothing is found so.

        For levels of shortfalls alone: most soft limits can be kept.
        """
        *between, last = formulation.goals[number:]
        kept, held = matrix, []
        for goal in between:
            least = _at_its_least(kept.with_cost(_aim(goal)))
            if least is None:
                return None
            kept = least
            value = least_of(kept)
            held.append(value + HOLD * max(1.0, abs(value)))
        if not between or not self._looks_ahead:
            return None
        gap = self.settings.gap if last.gap is None else last.gap
        settings = replace(self.settings, gap=gap, nodes=AHEAD_NODES)
        listener = self._listener(len(formulation.goals), len(formulation.goals), last)
        kept = kept.with_cost(_aim(last))
        if self._is_for_portfolio(kept):
            relaxed = self._timed(runs, kept.relaxed(), settings, None, None, AHEAD_SHARE)
            if relaxed.termination is Termination.INFEASIBLE:
                return None
            judge = partial(self._worth_of, formulation, kept, len(formulation.goals) - 1)
            result = self._by_portfolio(runs, kept, None, listener, judge, gap, AHEAD_SHARE, (*self._held, *held))
        else:
            result = self._timed(runs, kept, settings, None, listener, AHEAD_SHARE)
        self._looks_ahead = result.termination is Termination.INFEASIBLE
        level = matrix.with_cost(_aim(between[0]))
        if result.values is None or self._worth_of(formulation, level, number, result.values) is None:
            return None
        return result

    def _tight(
        self, runs: Watched, formulation: Formulation, level: Matrix, number: int, point: Floats, value: float
    ) -> Floats:
        """A point that comes to a value in the program too, where that is what its decisions make of it; with the same
        orders. Held at more, the level would leave the next ones plans that worsen it."""
        room = SLIP * max(1.0, abs(value))
        if _worth(level, point) <= value + room:
            return point
        rounded = np.where(level.whole, np.round(point), point)
        same = level.with_bounds(
            np.where(level.strategic, rounded, level.lower), np.where(level.strategic, rounded, level.upper)
        )
        found = self._timed(runs, same, replace(self.settings, gap=0.0, nodes=TIGHTENING), None, None, AHEAD_SHARE)
        if found.values is None or (found.objective or 0.0) > value + room:
            return point
        worth = self._worth_of(formulation, level, number, found.values)
        return found.values if worth is not None and worth <= value + room else point

    def _polished(self, runs: Watched, formulation: Formulation, matrix: Matrix, values: Floats) -> Floats:
        """Whole columns rounded, and the continuous ones solved again around them where that alone makes no plan."""
        rounded = np.where(matrix.whole, np.round(values), values)
        if np.array_equal(rounded, values) or self._left() <= 0:
            return rounded
        last = len(formulation.goals) - 1
        if self._worth_of(formulation, matrix, last, rounded) is not None:
            return rounded
        polished = self._solved_around(runs, matrix, rounded)
        return rounded if self._worth_of(formulation, matrix, last, polished) is None else polished

    def _solved_around(self, runs: Watched, matrix: Matrix, values: Floats) -> Floats:
        """The best values of continuous columns beside those of the whole ones; as they are where none are found."""
        rounded = np.where(matrix.whole, np.round(values), values)
        if matrix.whole.all():
            return rounded
        lower = np.where(matrix.whole, rounded, matrix.lower)
        upper = np.where(matrix.whole, rounded, matrix.upper)
        settings = replace(self.settings, time_limit=min(max(self._left(), 0.3), 10.0))
        result = runs.run(matrix.with_bounds(lower, upper).relaxed(), settings, should_stop=self.should_stop)
        return values if result.values is None else np.where(matrix.whole, rounded, result.values)


def _value(aim: Linear, point: Floats) -> float:
    return aim.constant + sum(coefficient * float(point[column]) for column, coefficient in aim.terms.items())


def _worth_in(matrix: Matrix, point: Floats) -> float | None:
    """What a point costs by the rows of a matrix; None where it breaks one."""
    rounded = np.where(matrix.whole, np.round(point), point)
    return None if len(matrix.broken_rows(rounded)) else _worth(matrix, rounded)


def _worth(matrix: Matrix, point: Floats) -> float:
    return float(matrix.cost @ point) + matrix.offset


def _aim(goal: Goal) -> Linear:
    """What is minimised at a level."""
    return goal.expression.times(-1.0) if goal.maximise else goal.expression


def _least(matrix: Matrix) -> tuple[npt.NDArray[np.intp], Floats]:
    """The columns of the objective, and the bounds at which it is least."""
    columns = np.flatnonzero(matrix.cost)
    return columns, np.where(matrix.cost > 0, matrix.lower, matrix.upper)[columns]


def _is_settled(matrix: Matrix, point: Floats) -> bool:
    """Whether a point is as good as the bounds of the columns allow, so that no search can better it."""
    columns, least = _least(matrix)
    cost = matrix.cost[columns]
    return bool(cost @ point[columns] <= cost @ least)


def _at_its_least(matrix: Matrix) -> Matrix | None:
    """The matrix with an objective of continuous columns at its least; None where others are in it, or it has none."""
    columns, least = _least(matrix)
    if matrix.whole[columns].any() or not np.isfinite(least).all():
        return None
    lower, upper = matrix.lower.copy(), matrix.upper.copy()
    lower[columns] = upper[columns] = least
    return matrix.with_bounds(lower, upper)
