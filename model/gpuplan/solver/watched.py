"""A run of HiGHS that keeps its limits: in this process when tiny, else in a child that is watched.

HiGHS itself may pass its time limit by minutes and cannot be interrupted in some of its phases. The incumbents that the
child has reported stay with the parent, so that a run that had to be killed still ends with its best values and bound.
"""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from gpuplan.errors import Defect
from gpuplan.solver import highs
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.own_thread import in_own_thread
from gpuplan.solver.proof.tree import Claim, Judge, Proof, prove
from gpuplan.solver.result import NO_BOUND, OnReport, Report, Result, Settings, ShouldStop, Termination, never
from gpuplan.solver.tree import Explored, Stretch
from gpuplan.solver.worker import Asked, CutOff, GoOn, Judged, Paused, Run, receive, send

SMALL = 4_000
"""Entries up to which a run starts in this process, under a limit of memory too: it cannot take much of it."""
SMALL_SECONDS = 1.0
"""After which a small run that is still going is started again in a child."""
GRACE = 0.6
"""Seconds that a child has to end by itself after its limit or a request to stop."""
TICK = 0.05


class Watched:
    """Runs one after the other, each in this process or in one child kept between them. Not for two threads."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._messages: queue.Queue[Any] = queue.Queue()

    def run(
        self,
        matrix: Matrix,
        settings: Settings,
        start: Floats | None = None,
        on_report: OnReport | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Result:
        """Minimise, within the time limit and half a second, or until `should_stop` says so.

        `start` is what comes back should nothing better be found; it does not guide the search.
        """
        began = time.monotonic()
        self._best = Result(Termination.STOPPED, start, _worth(matrix, start), NO_BOUND)
        # A second look may have to go without presolve, where HiGHS 1.16 has crashed: it gets a process of its own.
        if len(matrix.values) <= SMALL and not settings.careful:
            limit = min(settings.time_limit, SMALL_SECONDS)
            here = replace(settings, time_limit=limit, threads=1)
            result = in_own_thread(lambda caller: highs.run(matrix, here, caller.makes(on_report)))
            unfinished = result.termination in (Termination.STOPPED, Termination.FAILED)
            if not unfinished or (limit == settings.time_limit and result.termination is Termination.STOPPED):
                return self._better(result)
            # Kept, should the child be lost; not handed to it, since what the clock left of it is not repeatable.
            self._keep(Report(result.bound, result.objective, result.values))
        deadline = began + settings.time_limit
        try:
            found = self._in_child(Run(matrix, settings), deadline, on_report, should_stop)
        except _GoneBeforeError:  # it has been closed, so that this time a new one is started
            found = self._in_child(Run(matrix, settings), deadline, on_report, should_stop)
        assert isinstance(found, Result)
        return found

    def begin_run(
        self,
        matrix: Matrix,
        settings: Settings,
        work: float,
        should_stop: ShouldStop | None = None,
        *,
        in_background: bool = False,
    ) -> Result | Paused:
        """Begin a run in a child that pauses after so much work; how it ended, if it did before that."""
        self._best = Result(Termination.STOPPED, None, None, NO_BOUND)
        self._deadline = time.monotonic() + settings.time_limit
        found = self._in_child(Run(matrix, settings, work, in_background), self._deadline, None, should_stop)
        assert isinstance(found, Result | Paused)
        return found

    def go_on(self, work: float, point: Floats | None, should_stop: ShouldStop | None = None) -> Result | Paused:
        """Go on with the run that paused, until its work is so much, with a plan that it may not know."""
        if self._child is None or self._child.poll() is not None:
            return self._best
        try:
            found = self._in_child(GoOn(work, point), self._deadline, None, should_stop)
        except _GoneBeforeError:
            return self._best
        assert isinstance(found, Result | Paused)
        return found

    @property
    def best(self) -> Result:
        """What the last run has reported so far."""
        return self._best

    def prove(
        self,
        claim: Claim,
        judge: Judge,
        on_report: OnReport | None = None,
        should_stop: ShouldStop | None = None,
    ) -> Proof:
        """Prove a claim, each plan on the way judged in this process; as far as it came when it had to be given up."""
        if len(claim.matrix.values) <= SMALL:
            return in_own_thread(
                lambda caller: prove(
                    claim, caller.makes(judge), caller.makes(should_stop or never), caller.makes(on_report)
                )
            )
        deadline = time.monotonic() + claim.settings.time_limit
        self._best = Result(Termination.STOPPED, None, None, NO_BOUND)
        try:
            found = self._in_child(claim, deadline, on_report, should_stop, judge)
        except _GoneBeforeError:
            found = self._in_child(claim, deadline, on_report, should_stop, judge)
        if isinstance(found, Proof):
            return found
        best = self._best
        return Proof(best.bound, False, best.values, best.objective, 0, 0)

    def expect(self, entries: int) -> None:
        """Start the child while a program of so many entries is handed over, where it will be run in one."""
        if entries > SMALL:
            self.begin()

    def begin(self) -> None:
        """Start the child ahead of its first task."""
        self._running_child()

    def explore(self, stretch: Stretch, should_stop: ShouldStop | None = None) -> Explored | None:
        """Go on in a tree, in a child; None when it had to be given up."""
        self._best = Result(Termination.STOPPED, None, None, NO_BOUND)
        deadline = time.monotonic() + stretch.settings.time_limit
        try:
            found = self._in_child(stretch, deadline, None, should_stop)
        except _GoneBeforeError:
            found = self._in_child(stretch, deadline, None, should_stop)
        return found if isinstance(found, Explored) else None

    def cut_off(
        self, matrix: Matrix, settings: Settings, work: float, should_stop: ShouldStop | None = None
    ) -> Matrix | None:
        """A matrix with cuts off the points of its relaxation, made in a child; None when it had to be given up."""
        self._best = Result(Termination.STOPPED, None, None, NO_BOUND)
        task, deadline = CutOff(matrix, settings, work), time.monotonic() + settings.time_limit
        try:
            found = self._in_child(task, deadline, None, should_stop)
        except _GoneBeforeError:
            found = self._in_child(task, deadline, None, should_stop)
        return found if isinstance(found, Matrix) else None

    def close(self) -> None:
        """End the child, if there is one; also while a run waits for it in another thread, which then ends."""
        child, self._child = self._child, None
        if child is not None:
            child.kill()
            for stream in (child.stdin, child.stdout):
                with contextlib.suppress(OSError):  # what was never sent cannot be flushed
                    if stream is not None:
                        stream.close()
            child.wait()

    def _in_child(
        self,
        task: Run | Stretch | Claim | CutOff | GoOn,
        deadline: float,
        on_report: OnReport | None,
        should_stop: ShouldStop | None,
        judge: Judge | None = None,
    ) -> Result | Explored | Proof | Paused | Matrix:
        finished = False
        kept = self._child
        try:
            child = self._running_child()
            left = max(deadline - time.monotonic(), 0.0)
            with contextlib.suppress(OSError):  # a child that died already: the watch will see it
                assert child.stdin is not None
                if isinstance(task, GoOn):
                    send(child.stdin, task)
                else:
                    send(child.stdin, replace(task, settings=replace(task.settings, time_limit=left)))
            result = self._watch(child, child is kept, deadline, on_report, should_stop, judge)
            finished = result is not None
            return result if result is not None else self._best
        finally:
            if not finished:
                self.close()

    def _running_child(self) -> subprocess.Popen[bytes]:
        if self._child is None or self._child.poll() is not None:
            self.close()
            self._messages = queue.Queue()
            root = Path(__file__).resolve().parents[2]
            # The parent's own path without the current folder, whose files are not to be run.
            path = [str(root), *(folder for folder in sys.path if folder)]
            code = f"import sys; sys.path[:] = {path!r}; from gpuplan.solver.worker import main; main()"
            self._child = subprocess.Popen(
                [sys.executable, "-P", "-c", code],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C at the terminal is for the parent to handle
            )
            threading.Thread(target=_relay, args=(self._child.stdout, self._messages), daemon=True).start()
        return self._child

    def _watch(
        self,
        child: subprocess.Popen[bytes],
        kept: bool,
        deadline: float,
        on_report: OnReport | None,
        should_stop: ShouldStop | None,
        judge: Judge | None,
    ) -> Result | Explored | Proof | Paused | Matrix | None:
        """The child's result, or None when it had to be given up: the best so far is then in `_best`.

        Raises _GoneBeforeError when it was kept from a run before and ended, unasked, before it said anything of this.
        """
        given_up: float | None = None
        heard = False
        while True:
            now = time.monotonic()
            if given_up is None and (now > deadline or (should_stop is not None and should_stop())):
                given_up = now + GRACE
                with contextlib.suppress(OSError):
                    assert child.stdin is not None
                    send(child.stdin, "stop")
            if given_up is not None and now > given_up:
                return None
            try:
                message = self._messages.get(timeout=TICK)
            except queue.Empty:
                continue
            if isinstance(message, Explored | Proof | Paused | Matrix):
                return message
            if isinstance(message, Asked):
                heard = True
                assert judge is not None
                with contextlib.suppress(OSError):
                    assert child.stdin is not None
                    send(child.stdin, Judged(judge(message.point)))
                continue
            if isinstance(message, Result):
                return self._better(message)
            if isinstance(message, EOFError) and not heard:
                if kept and given_up is None:
                    raise _GoneBeforeError
                if self._best.values is None and child.wait() > 0:
                    raise Defect("the solver's process ended before it said anything")
            if isinstance(message, EOFError | MemoryError):
                return None
            heard = True
            if isinstance(message, Exception):
                raise Defect(f"the solver's process failed: {message!r}") from message
            self._keep(message)
            if on_report is not None:
                on_report(message)

    def _keep(self, report: Report) -> None:
        bound = max(self._best.bound, report.bound)
        better = report.values is not None and (
            self._best.objective is None or (report.objective or 0.0) <= self._best.objective
        )
        if better:
            self._best = Result(Termination.STOPPED, report.values, report.objective, bound)
        else:
            self._best = replace(self._best, bound=bound)

    def _better(self, result: Result) -> Result:
        """The result, with the best values and bound seen before should these be better."""
        if result.termination is Termination.INFEASIBLE or result.termination is Termination.UNBOUNDED:
            return result
        bound = max(self._best.bound, result.bound)
        known = self._best.objective
        if known is not None and (result.objective is None or known < result.objective):
            return replace(result, values=self._best.values, objective=known, bound=min(bound, known))
        return replace(result, bound=bound if result.objective is None else min(bound, result.objective))


class _GoneBeforeError(Exception):
    """A child kept from the run before was lost between the two."""


def _relay(stream: Any, messages: queue.Queue[Any]) -> None:
    """Pass on what the child says, until it is gone."""
    try:
        while True:
            messages.put(receive(stream))
    except (EOFError, OSError, ValueError):
        messages.put(EOFError("the child is gone"))


@contextmanager
def watched() -> Iterator[Watched]:
    """Runs whose child ends with the block, whatever happens in it."""
    runs = Watched()
    try:
        yield runs
    finally:
        runs.close()


def _worth(matrix: Matrix, point: Floats | None) -> float | None:
    """Objective of a point, if there is one."""
    return None if point is None else float(matrix.cost @ point) + matrix.offset
