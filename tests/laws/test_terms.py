"""The laws on instances whose offers have many of the terms that real quotes have, one upon the other."""

from __future__ import annotations

import pytest

from laws.terms import CASES
from laws.test_fewer_columns import coarse_is_no_more, fewer_are_as_good
from support.builders import Tree
from support.laws import optimum_passes, plans_of, program_agrees, solvers_agree, tightenings_change_nothing
from support.random_instances import with_terms

EVERY_CASE = [tree for trees in CASES.values() for tree in trees]
each_case = pytest.mark.parametrize("tree", EVERY_CASE, ids=range(len(EVERY_CASE)))
each_seed = pytest.mark.parametrize("seed", range(12))


@each_case
def test_rows_and_readings_agree_on_terms_and_money_too(tree: Tree) -> None:
    """Proves law one and that every payment of the program is an entry, on plans that are feasible and not."""
    seen = program_agrees(*plans_of(tree, most=120))
    assert seen.kept
    assert seen.broken


@each_case
def test_the_listed_optimum_is_found(tree: Tree) -> None:
    """Proves law five on the cases."""
    assert solvers_agree(tree)


@each_seed
def test_terms_upon_terms_are_judged_alike_by_rows_and_readings(seed: int) -> None:
    """Proves law one where several terms meet."""
    program_agrees(*plans_of(with_terms(seed), most=40, seed=seed))


@each_seed
def test_terms_upon_terms_are_solved_alike(seed: int) -> None:
    """Proves law five where several terms meet."""
    solvers_agree(with_terms(seed))


@pytest.mark.parametrize("seed", range(100, 106))
def test_terms_upon_terms_lose_nothing_where_columns_are_left_out(seed: int) -> None:
    """Proves that a search with fewer columns finds as good a plan, and that the coarse program never costs more."""
    fewer_are_as_good(with_terms(seed))
    coarse_is_no_more(with_terms(seed))


@pytest.mark.long
@pytest.mark.parametrize("start", range(3000, 3300, 50))
def test_terms_upon_terms_in_hundreds(start: int) -> None:
    """Proves all laws on 300 instances; every failing seed of a batch is told."""
    failed: dict[int, str] = {}
    for seed in range(start, start + 50):
        try:
            tree = with_terms(seed)
            program_agrees(*plans_of(tree, most=60, seed=seed))
            solvers_agree(tree)
            tightenings_change_nothing(tree)
            optimum_passes(tree)
            fewer_are_as_good(tree)
            coarse_is_no_more(tree)
        except AssertionError as error:
            failed[seed] = str(error)[:600]
    assert not failed
