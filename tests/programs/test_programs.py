"""Programs of small instances, kept as LP files: what a change does to them is read in the diff, term by term."""

from __future__ import annotations

import highspy
import pytest

from gpuplan.solver import highs
from gpuplan.solver.matrix import matrix_of
from gpuplan.solver.result import Settings
from programs.cases import CASES, FOLDER, file, program
from programs.text import lp


@pytest.mark.parametrize("case", CASES)
def test_a_program_is_what_it_was(case: str) -> None:
    """Proves that no coefficient, bound, row or column has changed unseen: `python tests/programs/renew.py` writes what
    there is now, and the diff is to be read. If broken, a refactoring changes what is solved.
    """
    assert lp(program(case)) == file(case).read_text(encoding="utf-8")


def test_no_file_is_left_over() -> None:
    """Proves that every kept program belongs to a case. If broken, one is never looked at again."""
    assert {path.name for path in FOLDER.iterdir()} == {file(case).name for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_a_file_says_what_the_solver_is_handed(case: str) -> None:
    """Proves that HiGHS finds the same value in the file as in the matrix, so that a file leaves nothing out."""
    formulation = program(case)
    matrix = matrix_of(formulation)
    goal = formulation.goals[-1]
    sign = -1.0 if goal.maximise else 1.0
    known = highs.run(matrix.with_cost(goal.expression.times(sign)), Settings(gap=0.0, threads=1))
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.setOptionValue("mip_rel_gap", 0.0)
    assert solver.readModel(str(file(case))) == highspy.HighsStatus.kOk
    solver.run()
    if known.objective is None:
        assert solver.getModelStatus() in (
            highspy.HighsModelStatus.kInfeasible,
            highspy.HighsModelStatus.kUnboundedOrInfeasible,
        )
        return
    found = solver.getInfo().objective_function_value + goal.expression.constant
    assert found == pytest.approx(sign * known.objective, rel=1e-6, abs=1e-6)
