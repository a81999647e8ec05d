"""Coarse plans to be made whole: which comes next, by what those of its kind came to cost."""

from __future__ import annotations

from gpuplan.solver.completion import Candidate, Completion
from gpuplan.solver.rest import Rest
from gpuplan.solver.result import relative_gap

LIKELY = 0.5
"""Share of what plans cost more than their coarse ones, that one of another kind is taken to cost more at the least."""


class Candidates:
    """Coarse plans that wait, and what was learned of those that did."""

    def __init__(self, completion: Completion) -> None:
        self.rest = Rest()
        """Between searches for the plan of a coarse one that found nothing better."""
        self._completion = completion
        self._waiting: list[Candidate] = []
        self._seen: set[bytes] = set()
        self._dearer: dict[bytes, float] = {}
        """By kind of coarse plan: by how much the plans that were made cost more at the least."""
        self._tried: float | None = None
        """Least cost of a coarse plan that was tried."""

    @property
    def waiting(self) -> tuple[Candidate, ...]:
        """Those that were not tried, in the order in which they were added."""
        return tuple(self._waiting)

    def add(self, one: Candidate) -> None:
        """Remember a coarse plan, unless one of the same shape, and numbers if these are whole, was added before."""
        seal = self._completion.seal(one)
        if seal not in self._seen:
            self._seen.add(seal)
            self._waiting.append(one)

    def next(self, wanted: float | None = None, near: float = 0.0) -> Candidate | None:
        """Take the one whose plan will be the cheapest, if that may well cost less than is wanted.

        While there is a rest, only one whose cost is by more than the share near less than any that was tried.
        """
        if not self._waiting:
            return None
        first = min(self._waiting, key=lambda one: one.value + self._likely(one))
        if wanted is not None:
            if first.value + self._likely(first) >= wanted:
                return None
            if not self.rest.is_over and relative_gap(self._tried, first.value) <= near:
                return None
        self._tried = first.value if self._tried is None else min(self._tried, first.value)
        self._waiting = [one for one in self._waiting if one is not first]
        return first

    def learn(self, one: Candidate, cost: float) -> None:
        """What the plan of a coarse one costs."""
        kind, dearer = self._completion.kind(one), max(cost - one.value, 0.0)
        self._dearer[kind] = min(dearer, self._dearer.get(kind, dearer))

    def _likely(self, one: Candidate) -> float:
        """By how much its plan will cost more: as much as others of its kind did, or else a part of what any did."""
        if one.is_counted or not self._dearer:
            return 0.0
        known = self._dearer.get(self._completion.kind(one))
        return LIKELY * sum(self._dearer.values()) / len(self._dearer) if known is None else known
