"""What a search says against what its decisions give: a plan may turn out better, never worse, never past its bound."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from gpuplan.formulation import formulate
from gpuplan.instance.schema import Instance
from gpuplan.planning import find
from gpuplan.program.columns import Key
from gpuplan.solver.level import LevelResult
from gpuplan.solver.result import Termination
from gpuplan.solver.search import SearchResult
from support.builders import instance, target

REBATED: dict[str, Any] = {
    "vendors": {"v": {"rebates": [{"from_spend": 150, "rate": 0.1}]}},
    "limits": {"t": target(16)},
}


class Stopped:
    """A search that was stopped with two systems signed for and the rebate not taken: 200, where they give 180."""

    def __init__(self, value: float, bound: float | None) -> None:
        self.level = LevelResult("minimise cost", "money", False, value, bound, None, False)
        self.judge = self.refused = None

    def run(self, instance: Instance, margins: Mapping[Key, float] | None = None) -> SearchResult:
        """The plan that was there when time was up."""
        formulation = formulate(instance, margins=margins)
        columns = formulation.problem.columns
        values = np.zeros(len(columns))
        for key, value in {("rebate", "v", 0): 1.0, ("rebate_spend", "v", 0): 200.0}.items():
            values[columns.get(*key)] = value
        values[columns.get("orders", "o", "a", 0)] = 2
        for column in columns.of("installed"):
            values[column] = 2
        return SearchResult(Termination.STOPPED, formulation, values, (self.level,), 0.0)


def remarks(value: float, bound: float | None) -> tuple[str, ...]:
    """What is remarked on the plan of a stopped search that says so."""
    found = find(instance(**REBATED), Stopped(value, bound))  # type: ignore[arg-type]
    assert found.reckoning is not None
    assert [float(level) for _, _, level in found.reckoning.levels] == [180.0]
    return found.reckoning.remarks


@pytest.mark.parametrize("bound", [None, 100.0, 180.0])
def test_a_stopped_plan_may_turn_out_better_than_the_search_says(bound: float | None) -> None:
    """Proves that a plan whose rebate follows from its decisions passes. If broken, a good plan fails its audit."""
    assert remarks(200.0, bound) == ()


def test_a_plan_that_is_worse_than_the_search_says_is_told() -> None:
    """Proves that a search cannot sell 180 as 170. If broken, the value shown is not what the plan costs."""
    assert "says 170" in remarks(170.0, 100.0)[0]


def test_a_plan_that_betters_its_bound_is_told() -> None:
    """Proves that 180 and a bound of 190 contradict each other. If broken, a wrong proof passes."""
    assert "better than the bound" in remarks(200.0, 190.0)[0]
