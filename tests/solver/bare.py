"""Whole searches of bare matrices."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest

from gpuplan.families.objective import Goal
from gpuplan.program.linear import Linear
from gpuplan.solver import search
from gpuplan.solver.matrix import Matrix
from gpuplan.solver.result import Settings
from gpuplan.solver.search import Search, SearchResult


def searched(
    model: Matrix,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    goals: Sequence[Goal] = (),
    **more: Any,
) -> SearchResult:
    """What a whole search makes of a bare matrix, its levels those given, or its cost alone."""
    cost = Goal("minimise", "units", False, Linear(enumerate(model.cost), model.offset), 0.0, 0.0)
    rows = SimpleNamespace(coefficients=model.values)
    problem = SimpleNamespace(columns=range(len(model.lower)), rows=rows, is_loose=False)
    formulation = SimpleNamespace(goals=tuple(goals) or (cost,), problem=problem)
    monkeypatch.setattr(search, "formulate", lambda *_args, **_options: formulation)
    monkeypatch.setattr(search, "matrix_of", lambda _formulation: model)
    return Search(settings, **more).run(SimpleNamespace(objective=()))  # type: ignore[arg-type]
