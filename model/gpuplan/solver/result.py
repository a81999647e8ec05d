"""What a solver is asked, what it reports on the way, and how it ended. Kept apart from plans and statuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from gpuplan.solver.matrix import Floats

NO_BOUND = float("-inf")


class Termination(Enum):
    """How one run ended."""

    OPTIMAL = "optimal"
    """Within the gap asked for."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    STOPPED = "stopped"
    """By a limit of time or memory, or on request."""
    FAILED = "failed"
    """By an error of the solver."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run may use and must reach."""

    gap: float = 1e-3
    time_limit: float = float("inf")
    """Seconds."""
    threads: int = 2
    seed: int = 0
    memory_mb: int | None = None
    careful: bool = False
    """A second look: as little presolve as can be, tight tolerances."""
    nodes: int | None = None
    """Nodes of the search tree after which a run ends; it does so for the same input at the same point every time."""
    plain: bool = False
    """Branching alone: no searches within the search for incumbents, no starting anew."""
    cutoff: float | None = None
    """Only what is better than this is sought. "Infeasible" then says that nothing is; a run may also end as optimal
    with a plan that is no better."""


@dataclass(frozen=True, slots=True)
class Report:
    """A sign of life: bound, and an incumbent when there is a new one."""

    bound: float
    objective: float | None = None
    values: Floats | None = None


@dataclass(frozen=True, slots=True)
class Result:
    """How a run ended, with its best values and a bound proven for the matrix it was given.

    What is infeasible has an infinite bound; where a cutoff was given, that proves the cutoff and no more.
    """

    termination: Termination
    values: Floats | None
    objective: float | None
    bound: float
    verified: float = NO_BOUND
    """The part of the bound that does not rest on the solver's word."""
    by: str = ""
    """What verified it."""
    found_by: str = ""
    """Who found the values, where more than one looked for them."""
    work: str = ""
    """What each of these has done."""

    @property
    def gap(self) -> float:
        """|objective - bound| / |objective|; infinite without values."""
        return relative_gap(self.objective, self.bound)


def contradicts_itself(result: Result, settings: Settings) -> bool:
    """A run that failed, or that calls a value optimal whose own bound is further away than the gap asked for."""
    if result.termination is Termination.FAILED:
        return True
    if result.termination is not Termination.OPTIMAL:
        return False
    value = result.objective
    if value is not None and settings.cutoff is not None:
        value = min(value, settings.cutoff)
    return relative_gap(value, result.bound) > settings.gap + 1e-9


OnReport = Callable[[Report], None]
ShouldStop = Callable[[], bool]


def never() -> bool:
    """Nobody asks to stop."""
    return False


def relative_gap(objective: float | None, bound: float) -> float:
    """Gap between an objective to minimise and its bound, as a share of the objective."""
    if objective is None:
        return float("inf")
    distance = max(objective - bound, 0.0)
    if distance <= 1e-9:
        return 0.0
    return distance / abs(objective) if objective else float("inf")


def with_known(result: Result, known: float, gap: float) -> Result:
    """A result with a verified bound that is known besides."""
    if result.objective is None or known <= result.verified:
        return result
    verified = min(known, result.objective)
    is_optimal = relative_gap(result.objective, verified) <= gap
    return replace(
        result,
        termination=Termination.OPTIMAL if is_optimal else result.termination,
        bound=max(result.bound, verified),
        verified=verified,
        by="bounds of what was solved before",
    )
