"""What a question may use and must reach: gap, time over all its searches, threads, progress and stopping."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import TYPE_CHECKING, TypedDict

from gpuplan.api import Cancel, options_of, stop_of
from gpuplan.plan.plan import PlanOptions

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.solver.resolve import Memory
    from gpuplan.solver.result import Settings
    from gpuplan.solver.search import Progress, Search
    from gpuplan.solver.side_by_side import Processes

PROBE_SECONDS = 60.0
"""The most that one search of many may take where the time of all is not limited."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a question stands, for those who wait."""

    doing: str
    done: int
    of: int | None
    """Searches in all; None where that is not known beforehand."""
    seconds: float
    search: Progress | None = None
    """Where the search that runs now stands."""


class Asked(TypedDict, total=False):
    """What every question can be given besides what it is about."""

    gap: float
    """Share of the objective within which a search counts as optimal; 0.001 when left out."""
    time_limit: float | None
    """Seconds, over all searches of the question."""
    threads: int
    seed: int
    memory_mb: int | None
    on_progress: Callable[[Step], None] | None
    """Called from the thread of the caller, a few times a second."""
    cancel: Cancel | Callable[[], bool] | None
    """Stops the question; what is known by then is returned."""


@dataclass
class Effort:
    """The means of one question, and the clock over all its searches.

    In a `with` block each search begins with what is known of those before. Raises InvalidInput when made of options
    that make no sense.
    """

    gap: float = 1e-3
    time_limit: float | None = None
    threads: int = 2
    seed: int = 0
    memory_mb: int | None = None
    on_progress: Callable[[Step], None] | None = None
    cancel: Cancel | Callable[[], bool] | None = None
    done: int = 0
    """Searches that have ended."""
    of: int | None = None
    memory: Memory | None = None
    """What is known before the first search, in a `with` block; it grows with each."""
    processes: Processes | None = None
    """Those to search in, in a `with` block; they end with it where none are given."""
    options: PlanOptions = field(init=False)

    def __post_init__(self) -> None:
        self.options = options_of(self.gap, self.time_limit, self.threads, self.seed, self.memory_mb)
        self._began = time.monotonic()
        self._stop = stop_of(self.cancel)
        self._own: Processes | None = None

    def __enter__(self) -> Effort:
        """Keep programs and processes from search to search."""
        from gpuplan.solver.resolve import Memory
        from gpuplan.solver.side_by_side import Processes

        self.memory = self.memory or Memory()
        if self.processes is None:
            self.processes = self._own = Processes.made(self.threads)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes that were started for this question."""
        if self._own is not None:
            self._own.close()
        self.processes = self._own = None

    def search(
        self,
        doing: str,
        alter: Callable[[Formulation], Formulation] | None = None,
        gap: float | None = None,
        seconds: float = float("inf"),
    ) -> Search:
        """The next search, of a program that `alter` may add to."""
        from gpuplan.solver.resolve import Resolve
        from gpuplan.solver.search import Search

        settings, listener = self.settings(gap, seconds), self.listener(doing)
        if self.processes is None or self.memory is None:
            return Search(settings, listener, self.should_stop, alter)
        return Resolve(settings, listener, self.should_stop, alter, self.processes, memory=self.memory)

    @property
    def seconds(self) -> float:
        """Since the question was asked."""
        return time.monotonic() - self._began

    @property
    def left(self) -> float:
        """Seconds left; endless without a limit."""
        return float("inf") if self.time_limit is None else max(self.time_limit - self.seconds, 0.0)

    def is_over(self) -> bool:
        """Whether time is up or a stop was asked for."""
        return self.left <= 0 or (self._stop is not None and self._stop())

    def settings(self, gap: float | None = None, seconds: float = float("inf")) -> Settings:
        """What the next search may use, within what is left of the question's time."""
        from gpuplan.solver.result import Settings

        return Settings(
            gap=self.gap if gap is None else gap,
            time_limit=min(self.left, seconds),
            threads=self.threads,
            seed=self.seed,
            memory_mb=self.memory_mb,
        )

    def say(self, doing: str, search: Progress | None = None) -> None:
        """Tell who waits where the question stands."""
        if self.on_progress is not None:
            self.on_progress(Step(doing, self.done, self.of, self.seconds, search))

    def listener(self, doing: str) -> Callable[[Progress], None] | None:
        """Passes on what a search says."""
        return None if self.on_progress is None else (lambda search: self.say(doing, search))

    @property
    def should_stop(self) -> Callable[[], bool]:
        """What a search asks whether to stop."""
        return self.is_over
