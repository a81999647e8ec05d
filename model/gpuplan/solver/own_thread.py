"""Work in a thread of its own, whose callbacks are made in the thread that waits for it.

HiGHS keeps a pool of threads for each thread that calls it, and refuses another number of threads from then on. What
runs in this process leaves the HiGHS of a host alone only in a thread that ends with it.
"""

from __future__ import annotations

import contextvars
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Found = TypeVar("Found")
Call = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Ended:
    """The work is done, or has failed."""

    found: Any = None
    error: BaseException | None = None


@dataclass(slots=True)
class _Asked:
    """A call that the thread which waits is to make."""

    call: Call
    arguments: tuple[Any, ...]
    answer: queue.SimpleQueue[_Ended]


class Caller:
    """The thread that waits for work in a thread of its own."""

    def __init__(self) -> None:
        self.asked: queue.SimpleQueue[_Asked | _Ended] = queue.SimpleQueue()

    def makes(self, call: Call | None) -> Any:
        """The same call, made in the thread that waits; what it raises is raised in both."""
        if call is None:
            return None

        def asking(*arguments: Any) -> Any:
            answer: queue.SimpleQueue[_Ended] = queue.SimpleQueue()
            self.asked.put(_Asked(call, arguments, answer))
            ended = answer.get()
            if ended.error is not None:
                raise ended.error
            return ended.found

        return asking


def in_own_thread(work: Callable[[Caller], Found]) -> Found:
    """What some work comes to; it is given the thread that waits, for its callbacks. What it raises is raised here."""
    caller = Caller()
    context = contextvars.copy_context()  # the precision of exact arithmetic, among others

    def run() -> None:
        try:
            ended = _Ended(context.run(work, caller))
        except BaseException as error:
            ended = _Ended(error=error)
        caller.asked.put(ended)

    thread = threading.Thread(target=run, name="gpuplan-solver", daemon=True)
    thread.start()
    while True:
        one = caller.asked.get()
        if isinstance(one, _Ended):
            thread.join()
            if one.error is not None:
                raise one.error
            found: Found = one.found
            return found
        try:
            answer = _Ended(one.call(*one.arguments))
        except BaseException as error:
            one.answer.put(_Ended(error=error))
            if not isinstance(error, Exception):
                raise
            continue
        one.answer.put(answer)
