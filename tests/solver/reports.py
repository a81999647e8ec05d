"""Programs on which a release of HiGHS called optimal, or infeasible, what is not: `python tests/solver/reports.py`.

Each is small, and was written from the text of a report or found by a search of ours. The command tells which of them
the HiGHS that is installed still gets wrong, seed by seed, with its defaults; the tests hold that a search does not.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).parents[2] / "model"), str(Path(__file__).parents[1])]

from gpuplan.solver import highs
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.result import Settings, Termination
from solver.dense import matrix, stored

SEEDS = range(6)


@dataclass(frozen=True)
class Report:
    """A program, what is so, and which releases were seen to say otherwise."""

    name: str
    program: Callable[[], Matrix]
    optimum: float
    wrong: str


REPORTS = (
    Report(
        "HiGHS issue 3043",
        # minimise 2x + 3z, x + z >= 4.5, z whole: x = 4.5. Told 15, with x = 0 and z = 5.
        lambda: matrix([2, 3], [[1, 1]], 4.5, np.inf, 0, 10, whole=[False, True]),
        9.0,
        "1.14.0",
    ),
    Report(
        "HiGHS issue 3073",
        # minimise 100g + 0.01t, g + x = 3, -t <= x <= t, 0.45 <= x <= 3, x whole: x = t = 3. Told 200.01.
        lambda: matrix(
            [100, 0.01, 0],
            [[1, 0, 1], [0, -1, 1], [0, -1, -1], [0, 0, 1], [0, 0, -1]],
            [3, -np.inf, -np.inf, -np.inf, -np.inf],
            [3, 0, 0, 3, -0.45],
            [0, -np.inf, 0],
            [np.inf, np.inf, np.inf],
            whole=[False, False, True],
        ),
        0.03,
        "1.14.0",
    ),
    Report(
        "HiGHS issue 3094",
        # minimise 10 d0 + 8 d1, z <= 1000 x, z + d = 1000 for each, x0 + x1 <= 1: the dearer one is served. Told
        # 10,000.
        lambda: matrix(
            [0, 0, 0, 0, 10, 8],
            [
                [-1000, 0, 1, 0, 0, 0],
                [0, -1000, 0, 1, 0, 0],
                [0, 0, 1, 0, 1, 0],
                [0, 0, 0, 1, 0, 1],
                [1, 1, 0, 0, 0, 0],
            ],
            [-np.inf, -np.inf, 1000, 1000, -np.inf],
            [0, 0, 1000, 1000, 1],
            0,
            [1, 1, 1000, 1000, 1000, 1000],
            whole=[True, True, False, False, False, False],
        ),
        8000.0,
        "1.14.0",
    ),
    Report("buying nothing is best", lambda: stored("buying-nothing"), 0.0, "1.16.0, seeds 0, 3 and 4"),
    Report("falsely infeasible, 1101", lambda: stored("false-infeasible-1101"), 229.24, "1.13.1, 1.15.1, 1.16.0"),
    Report("falsely infeasible, 1116", lambda: stored("false-infeasible-1116"), 1992.72, "1.13.1, 1.15.1, 1.16.0"),
)


def told_wrong(report: Report, seed: int, *, as_written: bool = True, careful: bool = False) -> str | None:
    """What the HiGHS that is installed says with one seed, and its defaults or as in a second look, where that is
    wrong."""
    scaled = highs.scaled
    if as_written:
        highs.scaled = lambda given: (given, np.ones(len(given.lower)), 1.0)
    try:
        found = highs.run(report.program(), Settings(gap=0.0, threads=1, seed=seed, careful=careful))
    finally:
        highs.scaled = scaled
    if found.termination is not Termination.OPTIMAL or found.objective is None:
        return found.termination.value
    is_right = abs(found.objective - report.optimum) <= 1e-4 * max(1.0, abs(report.optimum))
    return None if is_right else f"{found.objective:g}"


if __name__ == "__main__":
    from importlib.metadata import version

    print(f"HiGHS {version('highspy')}")
    for one in REPORTS:
        for is_written in (True, False):
            wrong = {seed: told_wrong(one, seed, as_written=is_written) for seed in SEEDS}
            said = ", ".join(f"seed {seed}: {text}" for seed, text in wrong.items() if text) or "right"
            print(f"{one.name}, {'as written' if is_written else 'scaled by gpuplan'}: {said} (is {one.optimum:g})")
