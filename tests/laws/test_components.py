"""A program is taken apart or not: the same status and the same best values."""

from __future__ import annotations

import pytest

import gpuplan
from gpuplan.solver import search
from gpuplan.solver.components import components
from support.builders import made
from support.random_instances import seeded
from support.tiny import tiny

SEEDS = range(12)
LONG = range(12, 3000)


def assert_same_apart(tree: dict[str, object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether anything was taken apart; the same answer with and without."""
    instance = made(tree)
    counts = [0]

    def counted(matrix: object) -> object:
        found = components(matrix)  # type: ignore[arg-type]
        counts.append(len(found))
        return found

    outcomes = []
    for least in (10**9, 0):
        monkeypatch.setattr(search, "APART", least)
        monkeypatch.setattr(search, "components", counted)
        outcomes.append(gpuplan.solve(instance, gap=0))
    whole, apart = outcomes
    assert whole.status == apart.status
    if whole.plan is not None:
        assert apart.plan is not None
        for one, other in zip(whole.plan.levels, apart.plan.levels, strict=True):
            assert float(one.value) == pytest.approx(float(other.value), rel=1e-6, abs=1e-6)
        assert gpuplan.audit(instance, apart.plan) == []
    return max(counts) > 1


def test_random_programs_come_to_the_same_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves it for random instances of all families, some of which fall apart. If broken, a rule is lost between two
    components, or the sum is not the whole."""
    apart = [assert_same_apart(tiny(seed), monkeypatch) for seed in SEEDS]
    assert any(apart)


@pytest.mark.long
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, 200))
def test_many_random_programs_come_to_the_same_apart(first: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves the same for thousands of them, of both kinds."""
    for seed in range(first, min(first + 200, LONG.stop)):
        assert_same_apart(tiny(seed) if seed % 2 else seeded(seed), monkeypatch)
