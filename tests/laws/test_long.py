"""The laws on many random instances: `pytest -m long tests/laws`.

What fails becomes a tree in `laws.cases.FOUND`: seeds name other instances once the grammar of `tree_of` changes.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from support.builders import Tree
from support.laws import optimum_passes, plans_of, program_agrees, solvers_agree, tightenings_change_nothing
from support.random_instances import seeded, trees

pytestmark = pytest.mark.long

BATCH = 50
batches = pytest.mark.parametrize("start", range(1000, 2200, BATCH))


@batches
def test_the_search_a_second_solver_and_brute_force_agree(start: int) -> None:
    """Proves law five on 1,200 instances; every failing seed of a batch is told."""
    failed: dict[int, str] = {}
    feasible = 0
    for seed in range(start, start + BATCH):
        try:
            feasible += solvers_agree(seeded(seed))
        except AssertionError as error:
            failed[seed] = str(error)[:300]
    assert not failed
    assert 0 < feasible < BATCH


@batches
def test_every_plan_is_judged_alike_by_rows_and_readings(start: int) -> None:
    """Proves law one on the same instances, with 60 plans each."""
    failed: dict[int, str] = {}
    for seed in range(start, start + BATCH):
        try:
            instance, plans = plans_of(seeded(seed), most=60, seed=seed)
            program_agrees(instance, plans)
        except AssertionError as error:
            failed[seed] = str(error)[:600]
    assert not failed


@batches
def test_tightenings_change_nothing_and_the_optimum_passes(start: int) -> None:
    """Proves laws three and six on the same instances."""
    failed: dict[int, str] = {}
    for seed in range(start, start + BATCH):
        try:
            tree = seeded(seed)
            tightenings_change_nothing(tree)
            optimum_passes(tree)
        except AssertionError as error:
            failed[seed] = str(error)[:300]
    assert not failed


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(tree=trees())
def test_instances_that_hypothesis_draws_are_solved_alike(tree: Tree) -> None:
    """Proves law five where shrinking finds the smallest instance that breaks it."""
    solvers_agree(tree)
