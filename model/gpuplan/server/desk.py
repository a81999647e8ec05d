"""What-if questions in a queue: so many at once, the others waiting, none lost, each to be watched and cancelled."""

from __future__ import annotations

import itertools
import secrets
import threading
import time
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeVar

from gpuplan.errors import Defect, GpuplanError
from gpuplan.instance.base import exactly
from gpuplan.plan.hashing import fingerprint
from gpuplan.whatif.answer import Answer, answered
from gpuplan.whatif.compare import WhatIf, compared
from gpuplan.whatif.effort import Effort, Step

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuplan.instance.schema import Instance
    from gpuplan.solver.resolve import Memory

Kept = TypeVar("Kept")
State = Literal["queued", "running", "done", "cancelled", "failed"]
MEMORIES = 3
"""Bases of which it is kept what their searches know: on large instances that is 100 MB each."""
ENDED: frozenset[State] = frozenset(("done", "cancelled", "failed"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the server may use."""

    solves: int = 2
    """Questions that are solved at once."""
    waiting: int = 100
    """Questions that may wait."""
    kept: int = 100
    """Answers that are kept; the oldest go first."""
    seconds: float = 600.0
    """The most that a question may take."""
    memory_mb: int = 4000
    """The most that a solver may take."""
    threads: int = 2
    """Of each solver."""


@dataclass
class Question:
    """One what-if question, from the queue to its answer."""

    id: str
    file: str
    instance: Instance
    edits: tuple[str, ...]
    gap: float
    seconds: float
    state: State = "queued"
    step: Step | None = None
    answer: WhatIf | None = None
    fault: str = ""
    asked: float = field(default_factory=time.monotonic)
    began: float | None = None
    ended: float | None = None
    cancel: threading.Event = field(default_factory=threading.Event)


class Full(GpuplanError):  # noqa: N818 (the name says what it is)
    """As many questions wait as may."""


class Desk:
    """Takes questions, answers so many at once. All of it may be called from any thread."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds = bounds
        self._questions: OrderedDict[str, Question] = OrderedDict()
        self._bases: OrderedDict[tuple[str, float], Answer] = OrderedDict()
        self._memories: OrderedDict[tuple[str, float], Memory] = OrderedDict()
        """What the searches of the last bases know, for those of their edits to begin with."""
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(bounds.solves, thread_name_prefix="gpuplan-solve")

    def ask(self, file: str, instance: Instance, edits: Sequence[str], gap: float, seconds: float | None) -> Question:
        """Queue a question; raises Full when too many wait. Time is bounded whatever is asked for."""
        allowed = min(self.bounds.seconds, seconds or self.bounds.seconds)
        question = Question(secrets.token_hex(8), file, instance, tuple(edits), gap, allowed)
        with self._lock:
            if sum(one.state == "queued" for one in self._questions.values()) >= self.bounds.waiting:
                raise Full(f"{self.bounds.waiting} questions wait already: ask again later")
            self._questions[question.id] = question
            ended = [name for name, one in self._questions.items() if one.state in ENDED]
            for name in itertools.islice(ended, max(len(ended) - self.bounds.kept, 0)):
                del self._questions[name]
        self._pool.submit(self._answer, question)
        return question

    def find(self, name: str) -> Question:
        """The question of an id; raises KeyError."""
        with self._lock:
            return self._questions[name]

    def all(self) -> list[Question]:
        """Every question that is kept, the oldest first."""
        with self._lock:
            return list(self._questions.values())

    def close(self) -> None:
        """Cancel what runs and what waits, and end."""
        for one in self.all():
            one.cancel.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _answer(self, question: Question) -> None:
        question.began = time.monotonic()
        if question.cancel.is_set():
            question.state, question.ended = "cancelled", time.monotonic()
            return
        question.state = "running"
        try:
            question.answer = self._solved(question)
            question.state = "cancelled" if question.cancel.is_set() else "done"
        except (GpuplanError, MemoryError, OSError) as error:
            question.fault = str(error) if not isinstance(error, Defect) else f"a defect of gpuplan: {error}"
            question.state = "failed"
        finally:
            if question.state == "running":  # nothing we know of: the question ends all the same
                question.state, question.fault = "failed", "a defect of gpuplan"
            question.ended = time.monotonic()

    @exactly
    def _solved(self, question: Question) -> WhatIf:
        effort = Effort(
            gap=question.gap,
            time_limit=question.seconds,
            threads=self.bounds.threads,
            memory_mb=self.bounds.memory_mb,
            on_progress=lambda step: setattr(question, "step", step),
            cancel=question.cancel,
        )
        effort.of = 2
        edited = question.instance.edited(list(question.edits)) if question.edits else question.instance
        with effort:
            base = self._base(question, effort)
            other = answered(edited, effort, "solving the edited instance") if question.edits else base
            return compared(question.instance, edited, base, other, question.edits, effort)

    def _base(self, question: Question, effort: Effort) -> Answer:
        """The answer of the instance without edits: the one that is known, where it was solved to this gap."""
        key = (fingerprint(question.instance), question.gap)
        with self._lock:
            known, memory = self._bases.get(key), self._memories.get(key)
        if memory is not None:
            effort.memory = memory.copied()
        if known is None:
            known = answered(question.instance, effort, "solving the base")
            if known.status in ("optimal", "infeasible"):
                with self._lock:
                    _keep(self._bases, key, known, self.bounds.kept)
                    if effort.memory is not None:
                        _keep(self._memories, key, effort.memory.copied(), MEMORIES)
        return known


def _keep(kept: OrderedDict[tuple[str, float], Kept], key: tuple[str, float], one: Kept, most: int) -> None:
    """Keep one more, and forget the oldest when there are too many."""
    kept[key] = one
    while len(kept) > most:
        kept.popitem(last=False)
