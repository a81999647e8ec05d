"""How a level ended, and what the later ones may bring it to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gpuplan.solver.proof.tree import allowance
from gpuplan.solver.result import Result, relative_gap

if TYPE_CHECKING:
    from gpuplan.families.objective import Goal

HOLD = 1e-9
"""Share by which a finished level may slip while the next is sought: what the solver cannot tell apart."""


@dataclass(frozen=True, slots=True)
class LevelResult:
    """How one level ended, in the measure's own direction."""

    name: str
    unit: str
    maximise: bool
    value: float | None
    bound: float | None
    """Verified."""
    gap: float | None
    proven: bool
    """Whether the gap asked for was reached."""
    asked: float | None = None
    """Gap asked for this level, where it is not that of the search."""
    claimed: float | None = None
    """Bound by the solver's word; None where it says no more than what is verified."""
    by: str = ""
    """What verified the bound."""
    found_by: str = ""
    """Who found the plan, where more than one looked for it."""
    work: str = ""
    """What each of these has done."""
    scale: float = 1.0
    """What 1 of the program's unit stands for: values are not told apart by less than `RESOLUTION` of it."""


def most_of(goal: Goal, value: float) -> float:
    """Largest value that later levels may bring this one to."""
    return value + goal.tolerance + goal.tolerance_share * abs(value) + HOLD * max(1.0, abs(value))


def level_result(goal: Goal, result: Result, gap: float) -> LevelResult:
    """How a level ended to which so much gap was asked, in its measure's own unit and direction."""
    sign = -1.0 if goal.maximise else 1.0
    bound = sign * result.verified * goal.scale if np.isfinite(result.verified) else None
    claimed = sign * result.bound * goal.scale if result.verified < result.bound < np.inf else None
    value = None if result.objective is None else sign * result.objective * goal.scale
    distance = None if result.objective is None else result.objective - result.verified
    proven = distance is not None and distance <= allowance(result.objective or 0.0, gap) * (1.0 + 1e-6)
    reached = relative_gap(result.objective, result.verified) if bound is not None else None
    found = LevelResult(goal.name, goal.unit, goal.maximise, value, bound, reached, proven, goal.gap, claimed)
    return replace(found, by=result.by, found_by=result.found_by, work=result.work, scale=goal.scale)
