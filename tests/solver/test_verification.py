"""What HiGHS claims is verified: a wrong optimum is found out, and what only one line says is no proof."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gpuplan.solver import highs
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.proof.tree import Proof
from gpuplan.solver.result import NO_BOUND, Result, Settings, Termination
from gpuplan.solver.search import SearchResult
from gpuplan.solver.verification import WORK, Verification, least_of
from gpuplan.solver.watched import Watched, watched
from solver import bare
from solver.dense import matrix, stored

GIVEN_UP = Proof(NO_BOUND, False, None, None, 0, 0)


def small() -> Matrix:
    """minimise 3x + 2y, 2x + 2y >= 5, whole: y = 3 costs 6, x = 3 costs 9."""
    return matrix([3, 2], [[2, 2]], 5, np.inf, 0, 9, whole=True)


def searched(model: Matrix, monkeypatch: pytest.MonkeyPatch, settings: Settings | None = None) -> SearchResult:
    """A whole search of a bare matrix."""
    return bare.searched(model, monkeypatch, settings or Settings(gap=0.0, threads=1))


def saying(monkeypatch: pytest.MonkeyPatch, result: Result, careful: Result | None = None) -> None:
    """HiGHS says one thing at first, and another (or the truth) when run without presolve."""
    original = Watched.run

    def run(self: Any, model: Matrix, settings: Settings, *rest: Any) -> Result:
        if not settings.careful:
            return result
        return original(self, model, settings, *rest) if careful is None else careful

    monkeypatch.setattr(Watched, "run", run)


def giving_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proofs come to nothing."""
    monkeypatch.setattr(Watched, "prove", lambda *_rest: GIVEN_UP)


@pytest.fixture(autouse=True)
def _state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GPUPLAN_STATE", str(tmp_path))


WRONG = Result(Termination.OPTIMAL, np.array([3.0, 0.0]), 9.0, 9.0)
RIGHT = Result(Termination.OPTIMAL, np.array([0.0, 3.0]), 6.0, 6.0)
NONE = Result(Termination.INFEASIBLE, None, None, np.inf)


def test_a_wrong_optimum_is_found_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Proves that 6 is found where HiGHS says that 9 is best, and that its program is kept. If broken, 9 is signed."""
    saying(monkeypatch, WRONG)
    found = searched(small(), monkeypatch)
    assert found.termination is Termination.OPTIMAL
    assert found.levels[0].value == 6.0
    assert found.levels[0].bound == pytest.approx(6.0)
    assert found.levels[0].proven
    assert len(found.disagreements) == 1
    kept = found.disagreements[0]
    assert kept.parent == tmp_path
    assert "there is a solution" in kept.with_suffix(".txt").read_text()
    assert kept.read_text().startswith("NAME")


def test_a_wrong_infeasible_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves the same where HiGHS finds no plan at all, with presolve and without."""
    saying(monkeypatch, NONE, NONE)
    found = searched(small(), monkeypatch)
    assert found.termination is Termination.OPTIMAL
    assert found.levels[0].value == 6.0


def test_a_right_optimum_is_proven_by_the_tree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that what verified a level is told, and that nothing is kept where nobody was wrong."""
    saying(monkeypatch, RIGHT)
    found = searched(small(), monkeypatch)
    assert found.levels[0].proven
    assert "branch and bound" in found.levels[0].by or "relaxation" in found.levels[0].by
    assert found.disagreements == ()


def test_where_a_proof_takes_too_long_a_second_run_must_agree(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a second run, without presolve and with another seed, stands in for a proof that is given up."""
    saying(monkeypatch, RIGHT)
    giving_up(monkeypatch)
    found = searched(small(), monkeypatch)
    assert found.levels[0].proven
    assert "second run" in found.levels[0].by


@pytest.mark.parametrize(("second", "agrees"), [(5.9995, True), (5.9, False)])
def test_a_second_run_that_ends_with_a_plan_that_is_no_better_agrees(
    second: float, agrees: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the same plan once more is an answer to "is there better than 5.994?", and 5.9 is none.

    HiGHS ends so near its cutoff now and then. If broken, what two runs agree on is told as one's word; or what they
    do not.
    """
    saying(monkeypatch, RIGHT, Result(Termination.OPTIMAL, RIGHT.values, second, 5.9))
    giving_up(monkeypatch)
    found = searched(small(), monkeypatch, Settings(gap=1e-3, threads=1))
    assert found.levels[0].proven is agrees
    assert found.levels[0].bound == pytest.approx(6.0 - 6.0 * 0.99e-3 if agrees else 0.0)


def test_a_claim_that_is_hardly_within_the_gap_is_verified_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a second run is asked where a run ends at a gap of 0.0995 %, asked for 0.1 % of which 0.099 % is
    proven. If broken, nobody is asked, and what both lines would agree on is "feasible"."""
    saying(monkeypatch, Result(Termination.OPTIMAL, RIGHT.values, 6.0, 6.0 - 6.0 * 0.995e-3), NONE)
    giving_up(monkeypatch)
    found = searched(small(), monkeypatch, Settings(gap=1e-3, threads=1))
    assert found.levels[0].proven
    assert found.levels[0].bound == pytest.approx(6.0 - 6.0 * 0.99e-3)


def test_a_second_run_that_finds_better_ends_the_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that 9 is not told as proven where a second run has 6, although nothing was proven of 6 either."""
    saying(monkeypatch, WRONG)
    giving_up(monkeypatch)
    found = searched(small(), monkeypatch)
    assert found.termination is Termination.STOPPED
    assert found.levels[0].value == 6.0
    assert not found.levels[0].proven
    assert len(found.disagreements) == 1


@pytest.mark.parametrize("first", [RIGHT, WRONG, NONE], ids=["right", "wrong", "none"])
def test_where_the_second_run_does_not_agree_the_proof_goes_on(first: Result, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that what a short proof and a second run leave open is proven with more work, and found out where it is
    wrong. If broken, it is told as the solver's word, although a minute more would do."""
    saying(monkeypatch, first, Result(Termination.STOPPED, None, None, NO_BOUND))
    prove = Watched.prove
    monkeypatch.setattr(
        Watched, "prove", lambda runs, claim, *rest: GIVEN_UP if claim.work <= WORK else prove(runs, claim, *rest)
    )
    runs, settings = Watched(), Settings(gap=0.0, threads=1)
    told: list[Result] = []
    verification = Verification(
        runs, settings, lambda: 100.0, lambda: False, lambda point: float(small().cost @ point), None,
        lambda *given: told.append(given[2]),
    )  # fmt: skip
    found = verification.of(small(), first)
    assert (found.termination, found.objective) == (Termination.OPTIMAL, 6.0)
    assert found.verified == pytest.approx(6.0)
    assert [one.termination for one in told] == ([] if first is RIGHT else [first.termination])


def test_what_only_one_line_says_is_its_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a second run which ends without a word leaves the first one's: told as claimed, never as proven."""
    saying(monkeypatch, RIGHT, Result(Termination.STOPPED, None, None, NO_BOUND))
    giving_up(monkeypatch)
    found = searched(small(), monkeypatch)
    assert found.termination is Termination.STOPPED
    level = found.levels[0]
    assert (level.value, level.proven, level.claimed) == (6.0, False, 6.0)
    assert level.bound == 0.0  # by the bounds of the columns
    assert level.by == "bounds of its columns"


def test_infeasible_by_two_runs_is_said_where_a_proof_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that two runs which agree are enough for "infeasible", and one is not."""
    model = matrix([1, 1], [[2, 2]], 3, 3, 0, 5, whole=True)  # an even number is never 3
    giving_up(monkeypatch)
    assert searched(model, monkeypatch).termination is Termination.INFEASIBLE
    saying(monkeypatch, NONE, Result(Termination.STOPPED, None, None, NO_BOUND))
    assert searched(model, monkeypatch).termination is Termination.STOPPED


@pytest.mark.parametrize("seed", range(6))
def test_buying_nothing_is_best_whatever_the_seed(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves 0 where HiGHS 1.16.0 calls 4312.5 optimal with seeds 0, 3 and 4, the matrix handed over as it is."""
    monkeypatch.setattr(highs, "scaled", lambda given: (given, np.ones(len(given.lower)), 1.0))
    found = searched(stored("buying-nothing"), monkeypatch, Settings(gap=0.0, threads=1, seed=seed))
    assert found.levels[0].value == 0.0
    assert found.levels[0].proven


def test_a_claim_that_is_stopped_is_not_verified() -> None:
    """Proves that a request to stop leaves what was found, as the solver's word. If broken, Ctrl-C waits for a
    proof."""
    with watched() as runs:
        verification = Verification(
            runs, Settings(gap=0.0), lambda: 100.0, lambda: True, lambda point: float(small().cost @ point)
        )
        found = verification.of(small(), RIGHT)
    assert found.termination is Termination.STOPPED
    assert (found.objective, found.bound, found.verified) == (6.0, 6.0, 0.0)


def test_bounds_of_columns_are_a_proof() -> None:
    """Proves 2 x 3 - 1 x 4 by hand, from x >= 3 and y <= 4, and nothing where a column is endless."""
    model = matrix([2, -1], [[1, 1]], 0, 9, [3, 0], [9, 4])
    assert least_of(model) == pytest.approx(2.0)
    assert least_of(matrix([-1], [[1]], 0, 9, 0, np.inf)) == -np.inf


def test_unbounded_and_infeasible_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that x + y without end is unbounded where 2x - 2y = 2 has whole points, and infeasible where it is 1. If
    broken, a user is told to bound what cannot be had at all."""
    for right, ended in ((2, Termination.UNBOUNDED), (1, Termination.INFEASIBLE)):
        model = matrix([-1, -1], [[2, -2]], right, right, 0, np.inf, whole=True)
        assert searched(model, monkeypatch).termination is ended
