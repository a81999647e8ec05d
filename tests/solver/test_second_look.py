"""Infeasible is said only after a second look."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from gpuplan.errors import Defect
from gpuplan.solver import highs, search
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.proof.tree import Proof
from gpuplan.solver.result import NO_BOUND, Result, Settings, Termination
from gpuplan.solver.search import Search
from gpuplan.solver.watched import watched
from solver import bare
from solver.dense import breaks, matrix, stored

# Two of 1,200 random, badly scaled MIPs: HiGHS 1.13.1, 1.15.1 and 1.16.0 call them infeasible with default options.
# They have solutions: SCIP finds them, and HiGHS does with presolve=off or mip_feasibility_tolerance=1e-9.
FALSE_INFEASIBLE = {"false-infeasible-1101": 229.24, "false-infeasible-1116": 1992.72}
FAST = Settings(gap=1e-6, threads=1)


@pytest.fixture(params=[True, False], ids=["scaled", "as written"])
def scaling(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """With the rows brought near 1, and with the matrix handed over as it is."""
    if not request.param:
        monkeypatch.setattr(highs, "scaled", lambda given: (given, np.ones(len(given.lower)), 1.0))
    return bool(request.param)


def searched(model: Matrix, monkeypatch: pytest.MonkeyPatch, settings: Settings = FAST) -> search.SearchResult:
    """What a whole search makes of a bare matrix."""
    return bare.searched(model, monkeypatch, settings)


def test_highs_still_calls_the_stored_matrices_infeasible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the two cases still bite, so that the tests below mean something.

    If it breaks, HiGHS has mended them: look for new ones, and keep the second look.
    """
    monkeypatch.setattr(highs, "scaled", lambda given: (given, np.ones(len(given.lower)), 1.0))
    found = [highs.run(stored(name), FAST).termination for name in FALSE_INFEASIBLE]
    assert found == [Termination.INFEASIBLE, Termination.INFEASIBLE]


@pytest.mark.parametrize("name", FALSE_INFEASIBLE)
@pytest.mark.usefixtures("scaling")
def test_a_careful_run_solves_what_highs_calls_infeasible(name: str) -> None:
    """Proves that the second look's options find the known optimum. If broken, the second look repeats the first."""
    model = stored(name)
    result = highs.run(model, Settings(gap=1e-6, threads=1, careful=True))
    assert result.termination is Termination.OPTIMAL
    assert result.objective == pytest.approx(FALSE_INFEASIBLE[name], rel=1e-5)
    assert result.values is not None
    assert not breaks(model, result.values)


@pytest.mark.parametrize("name", FALSE_INFEASIBLE)
@pytest.mark.usefixtures("scaling")
def test_a_search_finds_the_plan_that_the_first_look_denies(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a whole search of a falsely infeasible matrix ends optimal. If broken, a buyer is told "no plan"."""
    found = searched(stored(name), monkeypatch)
    assert found.termination is Termination.OPTIMAL
    assert found.levels[0].value == pytest.approx(FALSE_INFEASIBLE[name], rel=1e-5)


@pytest.mark.parametrize("name", FALSE_INFEASIBLE)
@pytest.mark.usefixtures("scaling")
def test_the_diagnosis_takes_a_second_look_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a probe of the diagnosis calls these feasible. If broken, rules that do not clash are blamed."""
    monkeypatch.setattr(search, "matrix_of", lambda _formulation: stored(name))
    with watched() as runs:
        assert Search(FAST).is_feasible(runs, SimpleNamespace()) is True  # type: ignore[arg-type]


def test_what_is_infeasible_is_called_so_after_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that two looks are taken, the second a careful one, before "infeasible" where nothing proves it. If
    broken, it is said at once."""
    given_up = Proof(NO_BOUND, False, None, None, 0, 0)
    monkeypatch.setattr(search.Watched, "prove", lambda *_rest: given_up)
    looks: list[bool] = []
    original = search.Watched.run

    def counted(self: Any, model: Matrix, settings: Settings, *rest: Any) -> Result:
        looks.append(settings.careful)
        return original(self, model, settings, *rest)

    monkeypatch.setattr(search.Watched, "run", counted)
    model = matrix([1, 1], [[2, 2]], 3, 3, 0, 5, whole=True)  # an even number is never 3
    assert searched(model, monkeypatch).termination is Termination.INFEASIBLE
    assert looks == [False, True, True]


@pytest.mark.parametrize("second", [Termination.STOPPED, Termination.FAILED])
def test_a_second_look_that_decides_nothing_is_no_proof(second: Termination, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that "infeasible" is not said when the second look was stopped or failed. If broken, it took one look."""

    def answers(_self: Any, _model: Matrix, settings: Settings, *_rest: Any) -> Result:
        return Result(second if settings.careful else Termination.INFEASIBLE, None, None, NO_BOUND)

    monkeypatch.setattr(search.Watched, "run", answers)
    monkeypatch.setattr(search.Watched, "prove", lambda *_rest: Proof(NO_BOUND, False, None, None, 0, 0))
    try:
        found = searched(matrix([1], [[1]], 0, 1, 0, 1, whole=True), monkeypatch)
    except Defect:
        return  # to say that the solver failed is honest too
    assert found.termination is not Termination.INFEASIBLE
    assert found.values is None


def test_a_diagnosis_that_is_stopped_says_neither_yes_nor_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a probe without an answer is None. If broken, rules are dropped from a conflict without proof."""
    monkeypatch.setattr(search, "matrix_of", lambda _formulation: matrix([1], [[1]], 0, 1, 0, 1, whole=True))
    with watched() as runs:
        assert Search(FAST, should_stop=lambda: True).is_feasible(runs, SimpleNamespace()) is None  # type: ignore[arg-type]
