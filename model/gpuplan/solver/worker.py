"""The child process that runs HiGHS: `python -m gpuplan.solver.worker`.

Tasks come in on standard input and reports go out on standard output, each a pickle preceded by its length. The child
ends with its parent: when standard input closes, it exits whatever it is doing.
"""

from __future__ import annotations

import os
import pickle
import queue
import struct
import sys
import threading
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any

from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.proof.tree import Claim, cut_off, prove
from gpuplan.solver.result import Settings
from gpuplan.solver.tree import Stretch, explore

LENGTH = struct.Struct("<Q")
NICENESS = 10
"""Of a run in the background: it has what the others leave of the processors."""
REPORT_EVERY = 0.1
"""Seconds between signs of life."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Sent up by a proof: what this point costs, if it is a plan. The answer comes down as `Judged`."""

    point: Floats


@dataclass(frozen=True, slots=True)
class Judged:
    """The answer to what was asked last."""

    value: float | None


@dataclass(frozen=True, slots=True)
class Run:
    """A task: one run of HiGHS."""

    matrix: Matrix
    settings: Settings
    work: float | None = None
    """Work after which it pauses, and says so; never when left out. See `Pace`."""
    in_background: bool = False
    """Whether others go first where there are fewer processors than processes. The child stays so."""


@dataclass(frozen=True, slots=True)
class Paused:
    """Sent up by a run that pauses. It waits for `GoOn`."""

    bound: float
    work: float
    """So far."""


@dataclass(frozen=True, slots=True)
class GoOn:
    """The answer to a run that pauses: how long to go on, and a plan that it may not know."""

    work: float
    """Work, all in all, at which it pauses again."""
    point: Floats | None


@dataclass(frozen=True, slots=True)
class CutOff:
    """A task: cuts off the points of a matrix's relaxation."""

    matrix: Matrix
    settings: Settings
    work: float


def send(stream: IO[bytes], message: object) -> None:
    """Write one message."""
    body = pickle.dumps(message, protocol=5)
    stream.write(LENGTH.pack(len(body)) + body)
    stream.flush()


def receive(stream: IO[bytes]) -> Any:
    """Read one message; raises EOFError at the end."""
    header = stream.read(LENGTH.size)
    if len(header) < LENGTH.size:
        raise EOFError
    (length,) = LENGTH.unpack(header)
    body = stream.read(length)
    if len(body) < length:
        raise EOFError
    return pickle.loads(body)


class Inbox:
    """Reads messages in a thread of its own, so that a stop request gets through while HiGHS runs."""

    def __init__(self, stream: IO[bytes]) -> None:
        self.stop = threading.Event()
        self.tasks: list[Any] = []
        self.answers: queue.Queue[Judged | GoOn] = queue.Queue()
        self.ready = threading.Condition()
        threading.Thread(target=self._read, args=(stream,), daemon=True).start()

    def _read(self, stream: IO[bytes]) -> None:
        try:
            while True:
                message = receive(stream)
                if message == "stop":
                    self.stop.set()
                    continue
                if isinstance(message, Judged | GoOn):
                    self.answers.put(message)
                    continue
                with self.ready:
                    self.tasks.append(message)
                    self.ready.notify()
        except EOFError:
            os._exit(0)

    def next_task(self) -> Any:
        """The next task, waiting for it."""
        with self.ready:
            self.ready.wait_for(lambda: bool(self.tasks))
            self.stop.clear()
            return self.tasks.pop(0)


def main() -> None:
    """Serve tasks until the parent is gone."""
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # nothing that a library prints may mix with the messages
    inbox = Inbox(sys.stdin.buffer)
    while True:
        _serve(out, inbox, inbox.next_task())


def _serve(out: IO[bytes], inbox: Inbox, task: Run | Stretch | Claim | CutOff) -> None:
    """Do a task, and say how it ended."""
    import highspy  # noqa: F401  (loaded before the limit, which counts what comes on top)

    from gpuplan.solver.highs import Pace, run

    settings = task.settings
    if settings.memory_mb is not None:
        _limit_memory(settings.memory_mb)
    last = [0.0]

    def report(message: Any) -> None:
        now = time.monotonic()
        if message.values is not None or now - last[0] >= REPORT_EVERY:
            last[0] = now
            send(out, message)

    try:
        if isinstance(task, Stretch):
            send(out, explore(task, inbox.stop.is_set))
        elif isinstance(task, CutOff):
            send(out, cut_off(task.matrix, settings, task.work, inbox.stop.is_set))
        elif isinstance(task, Claim):

            def judge(point: Floats) -> float | None:
                send(out, Asked(point))
                answer = inbox.answers.get()
                assert isinstance(answer, Judged)
                return answer.value

            send(out, prove(task, judge, inbox.stop.is_set, report))
        else:

            def pause(bound: float, work: float) -> tuple[float, Floats | None]:
                send(out, Paused(bound, work))
                answer = inbox.answers.get()
                assert isinstance(answer, GoOn)
                return answer.work, answer.point

            if task.in_background and hasattr(os, "setpriority"):
                os.setpriority(os.PRIO_PROCESS, 0, NICENESS)
            pace = None if task.work is None else Pace(task.work, pause)
            send(out, run(task.matrix, settings, report, inbox.stop.is_set, pace))
    except MemoryError:
        send(out, MemoryError(f"more than {settings.memory_mb} MB"))
    except Exception as error:
        send(out, error)


def _limit_memory(megabytes: int) -> None:
    """Allow so much more memory than the process has now, its libraries being loaded."""
    try:
        import resource

        base = _memory_at_first(resource.getpagesize())
    except (ImportError, OSError):  # not on this platform: the parent still watches the clock
        return
    limit = base + megabytes * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))


@cache
def _memory_at_first(page: int) -> int:
    """Bytes that the process held before its first run, so that later runs get no more than the first."""
    return int(Path("/proc/self/statm").read_text().split()[0]) * page


if __name__ == "__main__":
    main()
