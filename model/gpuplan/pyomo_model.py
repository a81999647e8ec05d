"""The formulation as a Pyomo block: a list of variables and one matrix constraint for each family.

The only maker of Pyomo components. Solving goes by the block's matrices; the block itself can be written to a file or
handed to any solver that Pyomo knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gpuplan.program.columns import INFINITY

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation


def block_of(formulation: Formulation) -> Any:
    """A `pyomo.kernel` block with `columns`, `families` and `objective` (the last level's)."""
    _leave_statistics_out()
    import pyomo.kernel as pmo
    from pyomo.core.expr.numeric_expr import LinearExpression
    from pyomo.core.kernel.matrix_constraint import matrix_constraint
    from scipy.sparse import csr_matrix

    columns, rows = formulation.problem.columns, formulation.problem.rows
    block = pmo.block()
    block.columns = pmo.variable_list(
        pmo.variable(
            domain_type=pmo.IntegerSet if columns.whole(index) else pmo.RealSet,
            lb=columns.lower[index],
            ub=None if columns.upper[index] == INFINITY else columns.upper[index],
        )
        for index in range(len(columns))
    )
    matrix = csr_matrix(
        (
            np.asarray(rows.coefficients, dtype=float),
            np.asarray(rows.columns, dtype=np.int32),
            np.asarray(rows.starts, dtype=np.int32),
        ),
        shape=(len(rows), len(columns)),
    )
    names = np.asarray(rows.families)
    variables = list(block.columns)
    block.families = pmo.constraint_dict()
    for family in dict.fromkeys(rows.families):
        chosen = np.flatnonzero(names == family)
        block.families[family] = matrix_constraint(
            matrix[chosen],
            lb=np.asarray(rows.lower)[chosen],
            ub=np.asarray(rows.upper)[chosen],
            x=variables,
            sparse=True,
        )
    goal = formulation.goals[-1]
    aim = LinearExpression(
        constant=goal.expression.constant,
        linear_coefs=list(goal.expression.terms.values()),
        linear_vars=[variables[column] for column in goal.expression.terms],
    )
    block.objective = pmo.objective(aim, sense=pmo.maximize if goal.maximise else pmo.minimize)
    return block


def _leave_statistics_out() -> None:
    """Keep Pyomo from importing scipy.stats beside scipy.sparse: half a second of every start, and never used here.

    Once a matrix is asked for, Pyomo imports what "we will want to assume are present". SciPy imports each of these by
    itself when it is used, so that nobody misses them who shares the process.
    """
    from pyomo.common import dependencies

    finalize = getattr(dependencies, "_finalize_scipy", None)
    if finalize is not None and getattr(dependencies.scipy_available, "_callback", None) is finalize:
        dependencies.scipy_available._callback = None
