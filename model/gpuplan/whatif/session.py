"""A session: one instance, edited again and again, each time solved from what is known of the last.

The processes that solve stay alive, and so do the last programs with their plans and bounds. Whatever is reused is
proven anew: a session's answer and that of a fresh `solve` are plans of the same instance whose intervals from bound to
value overlap.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Unpack

from gpuplan.api import Outcome
from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import exactly
from gpuplan.instance.changes import Change, changes
from gpuplan.whatif.answer import answered
from gpuplan.whatif.effort import Asked, Effort

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.solver.resolve import Solved


class Session:
    """An instance under change. Use it in a `with` block, or call `close`; not from two threads at once.

    The options hold for every search; `time_limit` is that of each.
    """

    def __init__(self, instance: Instance, **asked: Unpack[Asked]) -> None:
        from gpuplan.solver.resolve import Memory
        from gpuplan.solver.side_by_side import Processes

        effort = Effort(**asked)  # raises now rather than at the first search
        self._asked = asked
        self._states: list[tuple[Instance, Outcome | None, Solved | None]] = [(instance, None, None)]
        self._memory = Memory()
        self._processes = Processes.made(effort.threads)

    @property
    def instance(self) -> Instance:
        """As it is now."""
        return self._states[-1][0]

    @property
    def edits_made(self) -> int:
        """Edit sets that can be undone."""
        return len(self._states) - 1

    @exactly
    def solve(self) -> Outcome:
        """The best plan of the instance as it is now. What was solved already is not solved again.

        The outcome of an infeasible instance names no conflict: `explain_infeasible` does.
        """
        instance, known, program = self._states[-1]
        if known is None or known.status == "no_plan_found":
            known = self._solved(instance)
            program = self._memory.solved[-1] if known.plan is not None else None
            self._states[-1] = (instance, known, program)
        elif program is not None:
            self._memory.back_to(program)
        return known

    @exactly
    def edit(self, edits: Iterable[str]) -> Outcome:
        """Apply an edit set, all of it or nothing, and solve.

        Raises InvalidInput, the instance being as before, when an edit is not understood or what they make is not
        valid.
        """
        self._states.append((self.instance.edited(list(edits)), None, None))
        try:
            return self.solve()
        except InvalidInput:
            self._states.pop()
            raise

    def undo(self) -> Outcome:
        """Take back the last edit set; the instance is then the very one from before it.

        Raises InvalidInput when there is nothing to undo.
        """
        if len(self._states) == 1:
            raise InvalidInput([Problem("no edit was made in this session", "There is nothing to undo.")])
        self._states.pop()
        return self.solve()

    def changes(self) -> tuple[Change, ...]:
        """What differs from the instance that the session began with."""
        return changes(self._states[0][0], self.instance)

    def close(self) -> None:
        """End the processes that solve."""
        self._processes.close()

    def __enter__(self) -> Session:
        """The session itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the processes that solve."""
        self.close()

    def _solved(self, instance: Instance) -> Outcome:
        began = time.monotonic()
        doing = "solving" if len(self._states) == 1 else f"solving after edit {len(self._states) - 1}"
        with Effort(**self._asked, memory=self._memory, processes=self._processes) as effort:
            answer = answered(instance, effort, doing)
        last = answer.levels[-1] if answer.levels else None
        bound, gap = (None, None) if last is None else (last.bound, last.gap)
        return Outcome(answer.status, answer.plan, bound, gap, None, time.monotonic() - began)
