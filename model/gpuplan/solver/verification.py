"""What HiGHS says of a level is a claim: proven here by a second line that cannot share its fault, or told as its word.

    claim -> branch and bound with safe bounds -> proven, or a better plan
          -> where that takes too long: a run with little presolve and another seed -> the same, or a better plan
          -> where that does not agree: branch and bound with more work -> proven, or a better plan
          -> where that takes too long as well: told as the solver's word

A plan that betters what was called proven ends the claim, whoever finds it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from gpuplan.solver.matrix import Matrix
from gpuplan.solver.proof.safe import UNIT
from gpuplan.solver.proof.tree import Claim, Judge, Proof, allowance
from gpuplan.solver.result import NO_BOUND, OnReport, Result, Settings, ShouldStop, Termination
from gpuplan.solver.watched import Watched

WORK = 60_000.0
"""Work of a proof before a second run is asked, in simplex iterations; see `Claim`."""
MORE_WORK = 300_000.0
"""The same once the second run has not agreed."""
WITHIN = 0.99
"""Share of the gap asked for that is proven, so that rounding what is told does not open it again."""
SEEDS = 1_000_003
"""What is added to the seed of a second run."""
TOGETHER = 1e-9
"""Share of a value within which bound and value of a second run are one."""

Disagreement = Callable[[Matrix, Settings, Result, Result], None]
"""Told of a run of HiGHS that was wrong: its matrix and settings, what it said, and what is so."""


@dataclass(frozen=True)
class Verification:
    """The means to verify what was found."""

    runs: Watched
    settings: Settings
    """Of the run that found it."""
    left: Callable[[], float]
    """Seconds left."""
    should_stop: ShouldStop
    judge: Judge
    on_report: OnReport | None = None
    on_disagreement: Disagreement | None = None

    def of(self, matrix: Matrix, found: Result) -> Result:
        """The same with what is verified of it, or what is better.

        Its termination is optimal or infeasible only where that was verified.
        """
        if found.termination in (Termination.UNBOUNDED, Termination.FAILED):
            return found
        least = least_of(matrix)
        if least > found.verified:
            found = replace(found, verified=least, bound=max(found.bound, least), by="bounds of its columns")
        if self._is_enough(found):
            return replace(found, termination=Termination.OPTIMAL, bound=found.verified)
        claimed, found = found, self.proven(matrix, found)
        if found.termination is not Termination.STOPPED:
            return found
        again = replace(found, termination=claimed.termination)
        if self.left() > 0 and not self.should_stop() and self._is_claimed(again):
            second = self._again(matrix, again)
            if second.termination is not Termination.STOPPED:
                return second
            is_better = second.objective != found.objective
            return self.proven(matrix, second if is_better else again, MORE_WORK)
        return found

    def proven(self, matrix: Matrix, found: Result, work: float = WORK) -> Result:
        """The same by branch and bound alone: optimal or infeasible where it proves it, and else stopped."""
        if self.left() <= 0 or self.should_stop():
            return _by_word(found)
        found = self._with(matrix, found, self._proof(matrix, found, work))
        nothing = np.inf if self.settings.cutoff is None else self.settings.cutoff
        if found.objective is None and found.verified >= nothing:
            return replace(found, termination=Termination.INFEASIBLE, bound=found.verified)
        if self._is_enough(found):
            return replace(found, termination=Termination.OPTIMAL, bound=found.verified)
        return _by_word(found)

    def _needed(self, found: Result) -> float | None:
        """What must be proven that no plan is below; None where there is no plan."""
        if found.objective is None:
            return self.settings.cutoff
        return found.objective - allowance(found.objective, self.settings.gap * WITHIN)

    def _is_enough(self, found: Result) -> bool:
        needed = self._needed(found)
        return found.objective is not None and needed is not None and found.verified >= needed

    def _is_claimed(self, found: Result) -> bool:
        """Whether there is something to verify: that there is no plan, or that this one is good enough."""
        if found.objective is None:
            return found.termination is Termination.INFEASIBLE
        needed = self._needed(found)
        # What ends within the gap asked for may be a trifle short of what is proven of it.
        return found.termination is Termination.OPTIMAL or (needed is not None and found.bound >= needed)

    def _proof(self, matrix: Matrix, found: Result, work: float) -> Proof:
        needed = self._needed(found)
        wanted = None
        if found.objective is not None and needed is not None:
            wanted = found.objective - allowance(found.objective, 0.0)
        settings = replace(self.settings, cutoff=needed, time_limit=self.left())
        return self.runs.prove(Claim(matrix, settings, work, wanted), self.judge, self.on_report, self.should_stop)

    def _with(self, matrix: Matrix, found: Result, proof: Proof) -> Result:
        by = found.by
        if proof.bound > found.verified:
            by = f"branch and bound, {proof.nodes:,} nodes" if proof.nodes else "bounds of its relaxation"
        if proof.objective is None:
            if found.objective is None:
                ended = proof.ended and self.settings.cutoff is None
                verified = np.inf if ended else max(found.verified, proof.bound)
                termination = Termination.INFEASIBLE if ended else found.termination
                return replace(found, termination=termination, verified=verified, by=by)
            verified = min(max(found.verified, proof.bound), found.objective)
            return replace(found, bound=max(found.bound, verified), verified=verified, by=by)
        better = Result(Termination.STOPPED, proof.values, proof.objective, NO_BOUND)
        better = replace(better, bound=proof.bound, verified=min(proof.bound, proof.objective), by=by)
        self._tell(matrix, found, better)
        return better

    def _again(self, matrix: Matrix, found: Result) -> Result:
        """A second run, with little presolve, tight tolerances and another seed."""
        needed = self._needed(found)
        settings = replace(
            self.settings,
            careful=True,
            seed=(self.settings.seed + SEEDS) % 2**31,
            cutoff=needed,
            time_limit=self.left(),
            nodes=None,
            plain=False,
        )
        second = self.runs.run(matrix, settings, None, None, self.should_stop)
        value = None if second.values is None else self.judge(second.values)
        if second.termination is Termination.INFEASIBLE or _is_no_better(second, value, found, needed):
            by = "a second run with little presolve and another seed"
            if found.objective is None:
                return replace(found, bound=np.inf, verified=np.inf, by=by)
            assert needed is not None
            verified = max(needed, found.verified)
            return replace(found, termination=Termination.OPTIMAL, bound=verified, verified=verified, by=by)
        if value is not None and (found.objective is None or value < found.objective):
            better = replace(second, objective=value, verified=found.verified, by=found.by)
            self._tell(matrix, found, better)
            return _by_word(better)
        return _by_word(found)

    def _tell(self, matrix: Matrix, found: Result, better: Result) -> None:
        """Of a claim that a better plan has ended."""
        assert better.objective is not None
        was_claimed = found.termination in (Termination.OPTIMAL, Termination.INFEASIBLE)
        if not was_claimed or self.on_disagreement is None:
            return
        if found.objective is None or found.bound > better.objective + TOGETHER * max(abs(better.objective), 1.0):
            self.on_disagreement(matrix, self.settings, found, better)


def least_of(matrix: Matrix) -> float:
    """What the bounds of the columns alone leave of the objective; minus infinity where they leave it endless."""
    some = np.flatnonzero(matrix.cost)
    cost = matrix.cost[some]
    ends = cost * np.where(cost > 0, matrix.lower[some], matrix.upper[some])
    rounding = (len(some) + 4) * UNIT * float(np.abs(ends).sum())
    return float(ends.sum()) + matrix.offset - (rounding if np.isfinite(rounding) else 0.0)


def _is_no_better(second: Result, value: float | None, found: Result, needed: float | None) -> bool:
    """Whether a second run ended near its cutoff with a plan that is no better, rather than saying that there is
    none."""
    if second.termination is not Termination.OPTIMAL or found.objective is None or needed is None:
        return False
    return (second.objective or 0.0) >= needed and (value is None or value >= needed)


def _by_word(found: Result) -> Result:
    """What is not verified is no end of a search."""
    return replace(found, termination=Termination.STOPPED)
