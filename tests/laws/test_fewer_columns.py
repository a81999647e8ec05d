"""What the search leaves out loses no best plan: fewer columns give the same levels, the coarse program never more."""

from __future__ import annotations

import pytest

from gpuplan.extraction import decisions_of
from gpuplan.formulation import formulate
from gpuplan.reckoning import reckon
from laws.cases import CASES
from support.builders import Tree, made
from support.laws import levels_by_highs
from support.random_instances import seeded
from support.tiny import tiny

NEAR = 1e-6
EVERY_CASE = list({id(tree): tree for trees in CASES.values() for tree in trees}.values())


def fewer_are_as_good(tree: Tree) -> tuple[int, int]:
    """Columns with and without reductions, once both programs have the same levels and the plan breaks nothing."""
    instance = made(tree)
    every, fewer = formulate(instance), formulate(instance, reductions=True)
    expected, found = levels_by_highs(every), levels_by_highs(fewer)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert found[0] == pytest.approx(expected[0], rel=NEAR, abs=NEAR)
        reckoning = reckon(instance, decisions_of(fewer.problem, found[1]))
        assert not reckoning.broken
    return len(every.problem.columns), len(fewer.problem.columns)


def coarse_is_no_more(tree: Tree) -> bool:
    """Whether there was a coarse program to look at; its value is then no more than that of the whole."""
    instance = made(tree)
    coarse = formulate(instance, coarse=True)
    if not coarse.problem.waits or len(coarse.goals) != 1:
        return False
    whole, bound = levels_by_highs(formulate(instance)), levels_by_highs(coarse)
    if whole is None:
        return True
    assert bound is not None, "the coarse program has no plan where the whole one has"
    sign = -1.0 if coarse.goals[0].maximise else 1.0
    assert sign * bound[0][0] <= sign * whole[0][0] + NEAR * max(1.0, abs(whole[0][0]))
    return True


@pytest.mark.parametrize("tree", EVERY_CASE, ids=range(len(EVERY_CASE)))
def test_fewer_columns_are_as_good_in_every_case(tree: Tree) -> None:
    """Proves that what waits loses no best plan, on the cases of the laws. If broken, a level is worse."""
    fewer_are_as_good(tree)


@pytest.mark.parametrize("seed", range(0, 36, 6))
def test_fewer_columns_are_as_good_at_random(seed: int) -> None:
    """Proves the same on random instances, six to a test, and that columns are left out in most of them."""
    counts = [fewer_are_as_good(seeded(one)) for one in range(seed, seed + 6)]
    assert any(after < before for before, after in counts)


@pytest.mark.parametrize("seed", range(4))
def test_fewer_columns_are_as_good_as_generated(seed: int) -> None:
    """Proves the same where halls, modules, work, clusters and budgets meet. If broken, a level is worse."""
    before, after = fewer_are_as_good(tiny(seed))
    assert after < before


def test_the_coarse_program_is_no_more_at_random() -> None:
    """Proves that a bound of the coarse program is one of the whole. If broken, a gap is shown that is not proven."""
    assert sum(coarse_is_no_more(seeded(seed)) for seed in range(60)) >= 10


@pytest.mark.parametrize("seed", range(4))
def test_the_coarse_program_is_no_more_as_generated(seed: int) -> None:
    """Proves the same where providers are chosen, and every kind of row of the coarse program is made."""
    assert coarse_is_no_more(tiny(seed))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(60, 660, 50))
def test_many_programs_with_fewer_columns(seed: int) -> None:
    """Proves the same fifty times over."""
    for one in range(seed, seed + 50):
        fewer_are_as_good(seeded(one))
        coarse_is_no_more(seeded(one))


@pytest.mark.long
@pytest.mark.parametrize("seed", range(8, 208, 20))
def test_many_generated_programs_with_fewer_columns(seed: int) -> None:
    """Proves the same twenty times over."""
    for one in range(seed, seed + 20):
        fewer_are_as_good(tiny(one))
        coarse_is_no_more(tiny(one))
