"""Runs in this process."""

from __future__ import annotations

from gpuplan.solver import highs
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.result import Result, Settings
from gpuplan.solver.tree import Explored, Stretch, explore


class Here:
    """In place of a child process."""

    def run(self, matrix: Matrix, settings: Settings, **_listening: object) -> Result:
        """As a child would."""
        return highs.run(matrix, settings)

    def explore(self, stretch: Stretch, _should_stop: object) -> Explored:
        """Likewise."""
        return explore(stretch, lambda: False)
