"""A second solver: SCIP on the same matrix, level by level."""

from __future__ import annotations

import numpy as np
from pyscipopt import Model, quicksum

from gpuplan.formulation import Formulation
from gpuplan.solver.matrix import Floats, Matrix, matrix_of

HOLD = 1e-7


def levels_by_scip(formulation: Formulation) -> tuple[tuple[float, ...], Floats] | None:
    """Value of each level and a point that reaches the last, or None when infeasible."""
    matrix = matrix_of(formulation)
    found: list[float] = []
    point: Floats | None = None
    for goal in formulation.goals:
        sign = -1.0 if goal.maximise else 1.0
        aim = goal.expression.times(sign)
        point = minimised(matrix.with_cost(aim))
        if point is None:
            return None
        value = aim.constant + sum(c * float(point[j]) for j, c in aim.terms.items())
        found.append(sign * value * goal.scale)
        room = goal.tolerance + goal.tolerance_share * abs(value) + HOLD * max(1.0, abs(value))
        matrix = matrix.with_row(aim, value + room)
    assert point is not None
    return tuple(found), point


def minimised(matrix: Matrix) -> Floats | None:
    """A point of least cost, or None when there is none."""
    model = Model()
    model.hideOutput()
    model.setParam("limits/gap", 0.0)
    variables = [
        model.addVar(vtype="I" if whole else "C", lb=low, ub=None if np.isinf(high) else high, obj=cost)
        for whole, low, high, cost in zip(matrix.whole, matrix.lower, matrix.upper, matrix.cost, strict=True)
    ]
    for row in range(len(matrix.row_lower)):
        span = range(matrix.starts[row], matrix.starts[row + 1])
        low, high = float(matrix.row_lower[row]), float(matrix.row_upper[row])
        if not span:
            if low > 1e-9 or high < -1e-9:
                return None
            continue
        left = quicksum(float(matrix.values[k]) * variables[matrix.columns[k]] for k in span)
        if low == high:
            model.addCons(left == low)
            continue
        if np.isfinite(high):
            model.addCons(left <= high)
        if np.isfinite(low):
            model.addCons(left >= low)
    model.optimize()
    if model.getStatus() == "infeasible":
        return None
    assert model.getStatus() == "optimal", model.getStatus()
    point: Floats = np.asarray([model.getVal(variable) for variable in variables])
    return point
