"""From plans of a coarse program to plans of the whole one.

coarse plan -> the coarse program with its decisions, numbers whole -> the whole one with these and the numbers of
systems -> the whole one with these decisions and numbers near by
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gpuplan.solver.matrix import Floats, Indexes, Matrix, sealed
from gpuplan.solver.neighbourhoods import about, held, shaped, within_lots
from gpuplan.solver.result import Result, Settings, ShouldStop, relative_gap

if TYPE_CHECKING:
    from gpuplan.solver.watched import Watched

STEPS = (0, 1)
"""How far a number that shapes a plan may be from that of the shape, first and then."""
AT_ONCE = (1,)
"""The same where the shape's own numbers are not worth a search."""
DEAR = 0.002
"""Share by which whole numbers may cost more than broken ones, and not be sought further off."""
ABOUT = 2
"""How far a number of a plan may be from those of the plan that it is to better."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plan of the coarse program."""

    value: float
    point: Floats
    is_counted: bool = False
    """Whether its numbers are whole."""


@dataclass(slots=True)
class Completion:
    """The coarse program and the whole one, and which columns they share. Columns are given by index."""

    coarse: Matrix
    whole: Matrix
    shaping: Indexes
    """Columns of the coarse program that shape a plan."""
    shared: Mapping[int, int]
    """Its yes-or-no columns, and the same ones of the whole."""
    standing: Mapping[int, tuple[int, int]]
    """Its numbers of systems on each day; of each the same of the whole, and how many a lot has, which sites may share
    in it and not in the whole."""

    def seal(self, one: Candidate) -> bytes:
        """The same for those of the same shape, and with the same numbers of systems if these are whole."""
        told = [*self.shaping, *(self.standing if one.is_counted else ())]
        return sealed(one.point[told])

    def kind(self, one: Candidate) -> bytes:
        """The same for those with the same yes-or-no decisions, however many modules they have."""
        return sealed(one.point[list(self.shared)])

    def plan_of(
        self,
        one: Candidate,
        worker: Watched,
        settings: Settings,
        should_stop: ShouldStop,
        steps: tuple[int, ...] = STEPS,
    ) -> Result | None:
        """The plan of a coarse one, or a better one near by; None where the coarse one has no whole numbers.

        Whole numbers are sought by so many steps from those that shape it, until they are not dear. The settings are
        those of every run, save that of the whole program with all of this held, which seeks the best plan, and the
        cutoff of the last, which seeks a better one.
        """
        point = one.point if one.is_counted else self._counted(one, worker, settings, should_stop, steps)
        if point is None:
            return None
        same = self.whole.limited(held(point, self.shared))
        exact = replace(settings, gap=0.0, plain=True, cutoff=None)
        found = worker.run(within_lots(same, point, self.standing), exact, should_stop=should_stop)
        return self.bettered(found, worker, settings, should_stop)

    def bettered(self, found: Result, worker: Watched, settings: Settings, should_stop: ShouldStop) -> Result:
        """A plan or a better one, with the same yes-or-no decisions and numbers near its own."""
        if found.values is None:
            return found
        same = held(found.values, {column: column for column in self.shared.values()})
        near = about(self.whole.limited(same), found.values, ABOUT)
        better = worker.run(near, replace(settings, cutoff=found.objective), should_stop=should_stop)
        # A plan that is no better than the cutoff comes back now and then.
        is_better = better.objective is not None and better.objective < (found.objective or 0.0)
        return better if is_better else found

    def _counted(
        self, one: Candidate, worker: Watched, settings: Settings, should_stop: ShouldStop, steps: tuple[int, ...]
    ) -> Floats | None:
        """A shape with whole numbers: with its own numbers of modules, and with others near by where that is dear."""
        best: Result | None = None
        for far in steps:
            near = shaped(self.coarse, one.point, self.shaping, far)
            found = worker.run(near, settings, should_stop=should_stop)
            if found.objective is not None and (best is None or found.objective < (best.objective or 0.0)):
                best = found
            if best is not None and relative_gap(best.objective or 0.0, one.value) <= DEAR:
                break
        return None if best is None else best.values
