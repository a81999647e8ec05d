"""Runs side by side, each in a child process of its own."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from gpuplan.solver.watched import Watched, watched

TICK = 0.1
"""Seconds between signs of life."""


@dataclass(frozen=True)
class Processes:
    """The child processes of a search, each started with its first task and kept for the next ones."""

    first: Watched
    """Runs HiGHS on a program in one piece, beside whatever else there is to run."""
    second: Watched
    """Runs it once more, as a second line."""
    others: list[Watched]
    """As many as there are threads."""

    @classmethod
    def made(cls, threads: int) -> Processes:
        """For so many threads; none is started yet."""
        return cls(Watched(), Watched(), [Watched() for _ in range(max(threads, 1))])

    def close(self) -> None:
        """End them."""
        for child in (self.first, self.second, *self.others):
            child.close()


@contextmanager
def processes(threads: int) -> Iterator[Processes]:
    """Processes that end with the block."""
    made = Processes.made(threads)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def several(threads: int) -> Iterator[list[Watched]]:
    """As many child processes as there are threads, each started with its first task; they end with the block."""
    with ExitStack() as stack:
        yield [stack.enter_context(watched()) for _ in range(max(threads, 1))]


def side_by_side(
    children: list[Watched],
    runs: list[Callable[[Watched], object]],
    on_tick: Callable[[], None],
    on_leave: Callable[[], None],
) -> list[object]:
    """Results of some runs in their order, `on_tick` being called meanwhile.

    What one of the runs raises is raised here, when all have ended. What `on_tick` raises, or an interrupt, is raised
    after `on_leave`, which must make the runs end, and after they have.
    """
    done: queue.Queue[tuple[int, object]] = queue.Queue()

    def work(number: int) -> None:
        try:
            done.put((number, runs[number](children[number])))
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
                on_tick()
    finally:
        if len(found) < len(runs):
            on_leave()
        for thread in threads:
            thread.join()
    for result in found.values():
        if isinstance(result, BaseException):
            raise result
    return [found[number] for number in range(len(runs))]
