"""The best plan so far: what it costs is judged once, and before it is taken if there is time."""

from __future__ import annotations

import numpy as np

from gpuplan.solver.incumbent import Incumbent
from gpuplan.solver.matrix import Floats


def test_what_was_weighed_is_not_judged_again() -> None:
    """Proves that a plan weighed beside the tree is taken at its cost, 12 where the program says 10, without a second
    look. If broken, the tree waits for the same evaluation twice.
    """
    judged: list[float] = []

    def judge(point: Floats) -> float:
        judged.append(float(point[0]))
        return 12.0

    incumbent = Incumbent(judge)
    assert incumbent.weigh(np.array([1.0]), 10.0) == 12.0
    assert incumbent.value is None
    assert incumbent.take(np.array([1.0]), 10.0, "the tree")
    assert (incumbent.value, judged) == (12.0, [1.0])


def test_what_is_no_better_in_the_program_is_not_judged() -> None:
    """Proves that a point at 12 beside a plan at 12 is left alone, and one at 11 is judged. If broken, time is lost."""
    judged: list[float] = []

    def judge(point: Floats) -> float | None:
        judged.append(float(point[0]))
        return None

    incumbent = Incumbent(judge, np.array([0.0]), 12.0, "HiGHS")
    assert incumbent.weigh(np.array([1.0]), 12.0) is None
    assert not incumbent.take(np.array([2.0]), 11.0, "the tree")
    assert (incumbent.value, incumbent.by, judged) == (12.0, "HiGHS", [2.0])
