"""A run of HiGHS on a program in one piece that goes on in stretches, in a process of its own.

A stretch ends after so many of the points at which HiGHS can be interrupted and never by the clock, so that what others
find reaches the run, and what it finds reaches them, at the same points every time.
"""

from __future__ import annotations

import threading

from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.result import NO_BOUND, Result, Settings, ShouldStop, Termination, contradicts_itself
from gpuplan.solver.watched import Watched
from gpuplan.solver.worker import Paused


class OnePiece:
    """One run: what it says of all plans so far, and how it ended."""

    def __init__(
        self, runs: Watched, matrix: Matrix, settings: Settings, name: str, *, in_background: bool = False
    ) -> None:
        """In the background it has what others leave of the processors."""
        self.runs, self.matrix, self.settings, self.name, self.in_background = (
            runs,
            matrix,
            settings,
            name,
            in_background,
        )
        self.bound = NO_BOUND
        """By the solver's word."""
        self.work = 0.0
        """So far; see `Pace`."""
        self.stretches = 0
        self.bounds: list[float] = []
        """After each stretch."""
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self.has_begun = False
        self.has_ended = False
        self.is_optimal = False
        """Whether it has ended with a plan that is good enough, or none, by its own word."""
        self.is_unbounded = False
        self.values: Floats | None = None
        """The best plan that it has found."""
        self.objective: float | None = None

    def go_on(self, work: float, known: Floats | None, should_stop: ShouldStop) -> None:
        """Go on for so much work, with a plan that it may not know."""
        self.stretches += 1
        if not self.has_begun:
            self.has_begun = True
            found = self.runs.begin_run(self.matrix, self.settings, work, should_stop, in_background=self.in_background)
        else:
            found = self.runs.go_on(self.work + work, known, should_stop)
        self._see(found)
        self.bounds.append(self.bound)

    def _see(self, found: Result | Paused) -> None:
        best = self.runs.best if isinstance(found, Paused) else found
        if best.values is not None and (self.objective is None or (best.objective or 0.0) < self.objective):
            self.values, self.objective = best.values, best.objective
        if isinstance(found, Paused):
            self.work, self.bound = found.work, max(self.bound, found.bound)
            return
        self.has_ended = True
        ended = found.termination in (Termination.OPTIMAL, Termination.INFEASIBLE)
        self.is_optimal = ended and not contradicts_itself(found, self.settings)
        if self.is_optimal or found.termination is Termination.STOPPED:
            self.bound = max(self.bound, found.bound)
        self.is_unbounded = found.termination is Termination.UNBOUNDED

    def begin(self, work: float, known: Floats | None, should_stop: ShouldStop) -> None:
        """Go on beside the caller."""

        def run() -> None:
            try:
                self.go_on(work, known, should_stop)
            except BaseException as error:
                self._error = error

        self._thread = threading.Thread(target=run, name="gpuplan-one-piece", daemon=True)
        self._thread.start()

    @property
    def is_going_on(self) -> bool:
        """Whether a stretch was begun beside the caller and is not over."""
        return self._thread is not None and self._thread.is_alive()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the end of a stretch, for so long; whether it is over. What it raised is raised here."""
        if self._thread is None:
            return True
        self._thread.join(seconds)
        if self._thread.is_alive():
            return False
        self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        return True

    def close(self) -> None:
        """End a run that has not come to its end; the last stretch must have been told to stop."""
        if self.has_begun and not self.has_ended:
            self.runs.close()
