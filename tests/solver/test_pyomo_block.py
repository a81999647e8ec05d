"""The Pyomo block against a plain Pyomo model built row by row, and the solver's matrix against both."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import gpuplan
from gpuplan.formulation import Formulation, formulate
from gpuplan.program.columns import INFINITY
from gpuplan.pyomo_model import block_of
from gpuplan.solver.matrix import matrix_of
from solver.hard import hard_instance

SOURCES = {
    "facility": Path(__file__).parent / "facility.yaml",
    "bid": Path(__file__).parents[1] / "whole" / "bid.yaml",
    "hard": hard_instance(8, 2, 4),
}


@pytest.fixture(params=SOURCES, scope="module")
def formulation(request: pytest.FixtureRequest) -> Formulation:
    return formulate(gpuplan.load(SOURCES[request.param]))


def plain_model(formulation: Formulation) -> Any:
    """The textbook way: one variable and one constraint at a time, by operators, and each level's objective."""
    import pyomo.environ as pyo

    columns, rows = formulation.problem.columns, formulation.problem.rows
    model = pyo.ConcreteModel()
    model.x = pyo.VarList()
    for index in range(len(columns)):
        variable = model.x.add()
        variable.domain = pyo.Integers if columns.whole(index) else pyo.Reals
        variable.setlb(columns.lower[index])
        variable.setub(None if columns.upper[index] == INFINITY else columns.upper[index])
    x = list(model.x.values())
    model.rows = pyo.ConstraintList()
    for index in range(len(rows)):
        terms = list(rows.row(index))
        if terms:
            body = sum(coefficient * x[column] for column, coefficient in terms)
            low, high = rows.lower[index], rows.upper[index]
            model.rows.add((None if low == -INFINITY else low, body, None if high == INFINITY else high))
    model.goals = pyo.ObjectiveList()
    for goal in formulation.goals:
        body = sum((c * x[column] for column, c in goal.expression.terms.items()), goal.expression.constant)
        objective = model.goals.add(body + 0 * x[0], sense=pyo.maximize if goal.maximise else pyo.minimize)
        assert objective is not None
    return model


def compiled(model: Any) -> dict[frozenset[tuple[int, float]], list[tuple[float, float]]]:
    """Rows by their coefficients: {(column, coefficient), ...} to (lower, upper), as Pyomo's own compiler sees them."""
    from pyomo.core.expr import identify_variables
    from pyomo.repn import generate_standard_repn

    number = {id(variable): index for index, variable in enumerate(model.x.values())}
    found: dict[frozenset[tuple[int, float]], list[tuple[float, float]]] = {}
    for row in model.rows.values():
        repn = generate_standard_repn(row.body)
        assert repn.is_linear()
        assert len(list(identify_variables(row.body))) >= len(repn.linear_vars)
        terms = frozenset(
            (number[id(v)], float(c)) for v, c in zip(repn.linear_vars, repn.linear_coefs, strict=True) if c
        )
        low = -INFINITY if row.lower is None else float(row.lower) - repn.constant
        high = INFINITY if row.upper is None else float(row.upper) - repn.constant
        found.setdefault(terms, []).append((low, high))
    return {terms: sorted(bounds) for terms, bounds in found.items()}


def test_the_matrix_is_the_plain_model_coefficient_by_coefficient(formulation: Formulation) -> None:
    """Proves that the block lost, added and moved nothing. If broken, the solver is given another problem.

    Rows are compared as sets of coefficients with their bounds, whatever their order.
    """
    matrix = matrix_of(formulation)
    mine: dict[frozenset[tuple[int, float]], list[tuple[float, float]]] = {}
    for row in range(len(matrix.row_lower)):
        span = slice(matrix.starts[row], matrix.starts[row + 1])
        pairs = zip(matrix.columns[span].tolist(), matrix.values[span].tolist(), strict=True)
        terms = frozenset((column, value) for column, value in pairs if value)
        if terms:
            bounds = (float(matrix.row_lower[row]), float(matrix.row_upper[row]))
            mine.setdefault(terms, []).append(bounds)
    assert {terms: sorted(bounds) for terms, bounds in mine.items()} == compiled(plain_model(formulation))
    assert len(mine) > 3


def test_columns_are_those_of_the_plain_model(formulation: Formulation) -> None:
    """Proves bounds and wholeness column by column. If broken, half a server can be bought."""
    matrix, model = matrix_of(formulation), plain_model(formulation)
    for index, variable in enumerate(model.x.values()):
        assert matrix.lower[index] == variable.lb
        assert matrix.upper[index] == (np.inf if variable.ub is None else variable.ub)
        assert bool(matrix.whole[index]) == variable.is_integer()
    assert len(matrix.lower) == len(model.x)


def test_every_level_is_that_of_the_plain_model(formulation: Formulation) -> None:
    """Proves cost, constant and sense of every level. If broken, the plan is best at something else."""
    from pyomo.environ import maximize
    from pyomo.repn import generate_standard_repn

    model, matrix = plain_model(formulation), matrix_of(formulation)
    number = {id(variable): index for index, variable in enumerate(model.x.values())}
    for goal, objective in zip(formulation.goals, model.goals.values(), strict=True):
        repn = generate_standard_repn(objective.expr)
        wanted = np.zeros(len(matrix.lower))
        for variable, coefficient in zip(repn.linear_vars, repn.linear_coefs, strict=True):
            wanted[number[id(variable)]] = coefficient
        level = matrix.with_cost(goal.expression)
        assert np.array_equal(level.cost, wanted)
        assert level.offset == repn.constant
        assert goal.maximise == (objective.sense == maximize)


def test_the_block_holds_the_last_level_and_every_family(formulation: Formulation) -> None:
    """Proves what a host that takes the block to another solver gets. If broken, it solves an empty problem."""
    from pyomo.kernel import maximize

    block = block_of(formulation)
    rows = formulation.problem.rows
    assert set(block.families.keys()) == set(rows.families)
    assert sum(family.A.shape[0] for family in block.families.values()) == len(rows)
    goal = formulation.goals[-1]
    assert goal.maximise == (block.objective.sense == maximize)
    for index, variable in enumerate(block.columns):
        variable.value = float(index % 7)
    expected = goal.expression.value(float(index % 7) for index in range(len(block.columns)))
    assert block.objective.expr() == pytest.approx(expected)


def test_building_twice_gives_the_same(formulation: Formulation) -> None:
    """Proves that the matrix is a pure function of the instance. If broken, no plan can be repeated."""
    again = formulate(formulation.problem.instance)
    first, second = matrix_of(formulation), matrix_of(again)
    for name in ("starts", "columns", "values", "row_lower", "row_upper", "lower", "upper", "whole", "strategic"):
        assert np.array_equal(getattr(first, name), getattr(second, name)), name
    assert [goal.expression.terms for goal in formulation.goals] == [goal.expression.terms for goal in again.goals]


def test_no_statistics_are_imported_for_a_block() -> None:
    """Proves that a solve imports no scipy.stats, and that who shares the process has it when it is asked for.

    If broken, every start takes half a second longer.
    """
    script = """
import sys, gpuplan
from gpuplan.formulation import formulate
from gpuplan.pyomo_model import block_of
block_of(formulate(gpuplan.load(sys.argv[1])))
assert "scipy.stats" not in sys.modules
from scipy import stats
print(stats.norm.cdf(0.0))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script, SOURCES["facility"]], capture_output=True, text=True, check=True
    )
    assert ran.stdout == "0.5\n"
