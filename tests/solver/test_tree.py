"""The tree of relaxations: it holds every plan, its bounds are proven, and worked off it ends at the best one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpuplan.formulation import Formulation, formulate
from gpuplan.program.columns import Role
from gpuplan.solver import tree
from gpuplan.solver.matrix import Matrix, matrix_of
from gpuplan.solver.result import NO_BOUND, Settings
from gpuplan.solver.tree import Explored, Learned, Node, Stretch, explore
from support.builders import made
from support.laws import levels_by_highs
from support.tiny import tiny

ENDLESS = 10**9
NEAR = 1e-6


def coarse_of(seed: int) -> tuple[Formulation, Matrix]:
    """The coarse program of a tiny instance, its one level as cost."""
    coarse = formulate(made(tiny(seed)), coarse=True)
    return coarse, matrix_of(coarse).with_cost(coarse.goals[0].expression)


def stretch(
    coarse: Formulation,
    matrix: Matrix,
    nodes: tuple[Node, ...] = (Node(),),
    iterations: int = ENDLESS,
    aim: float = float("inf"),
    **settings: object,
) -> Stretch:
    """A stretch in which sites are settled first."""
    groups = (tuple(coarse.problem.columns.of("site_open")),)
    chosen = replace(Settings(gap=0.0, threads=1), **settings)  # type: ignore[arg-type]
    return Stretch(matrix, groups, nodes, Learned.nothing(len(matrix.lower)), iterations, aim, chosen)


def go_on(task: Stretch) -> Explored:
    """What becomes of its nodes when nobody stops it."""
    return explore(task, lambda: False)


def holding(nodes: tuple[Node, ...], point: list[float]) -> list[Node]:
    """Nodes whose limits a point keeps."""
    return [
        node
        for node in nodes
        if all(lower - NEAR <= point[column] <= upper + NEAR for column, lower, upper in node.limits)
    ]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(8))
def test_worked_off_it_ends_at_the_best_plan(seed: int, threads: int) -> None:
    """Proves the least settled bound against a search by HiGHS, in both orders. If broken, a bound is 290 of 300."""
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse)
    for aim in (float("inf"), NO_BOUND):
        nodes = go_on(stretch(coarse, matrix, aim=aim, threads=threads)).nodes
        assert all(node.is_settled for node in nodes)
        assert bool(nodes) == (best is not None)
        if best is not None:
            first = min(nodes, key=lambda node: node.bound)
            assert first.bound == pytest.approx(best[0][0], rel=NEAR)
            assert first.point is not None
            assert float(matrix.cost @ first.point) + matrix.offset == pytest.approx(best[0][0], rel=NEAR)
            assert np.allclose(first.point[matrix.whole], np.round(first.point[matrix.whole]), atol=1e-5)


@pytest.mark.parametrize("iterations", [1, 300])
@pytest.mark.parametrize("seed", range(1, 7))
def test_what_is_left_holds_the_best_plan(seed: int, iterations: int) -> None:
    """Proves, stretch by stretch, that just one node holds the best plan and that none is bounded above it.

    If broken, a bound is shown that some plan is better than.
    """
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse)
    assert best is not None
    nodes: tuple[Node, ...] = (Node(),)
    for _ in range(12):
        nodes = go_on(stretch(coarse, matrix, nodes, iterations)).nodes
        (mine,) = holding(nodes, list(best[1]))
        assert mine.bound <= best[0][0] * (1 + NEAR)
        left = [node for node in nodes if not node.is_settled]
        if not left:
            return
        nodes = tuple(left) + tuple(node for node in nodes if node.is_settled)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_cutoff_leaves_out_what_is_no_better(seed: int) -> None:
    """Proves that what is left is below the cutoff, and that a plan below it is still held."""
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse)
    assert best is not None
    above, below = best[0][0] * 1.001, best[0][0] * 0.999
    nodes = go_on(stretch(coarse, matrix, cutoff=above)).nodes
    assert min(node.bound for node in nodes) == pytest.approx(best[0][0], rel=NEAR)
    assert all(node.bound < above for node in nodes)
    assert go_on(stretch(coarse, matrix, cutoff=below)).nodes == ()


def test_sites_are_settled_before_anything_else() -> None:
    """Proves the order of groups: the first limit of every node is on a site, where a site is broken at the root."""
    coarse, matrix = coarse_of(1)
    sites = set(coarse.problem.columns.of("site_open"))
    root = go_on(stretch(coarse, matrix, iterations=1, aim=NO_BOUND)).nodes
    assert root
    relaxed = matrix.with_bounds(matrix.lower, matrix.upper)
    point = tree._Relaxation(relaxed, Settings()).solve((), None)
    assert not isinstance(point, tree.Unsolved)
    if any(min(point.point[site], 1 - point.point[site]) > NEAR for site in sites):
        assert all(node.limits[0][0] in sites for node in root)
    strategic = [index for index, role in enumerate(coarse.problem.columns.roles) if role is not Role.CONTINUOUS]
    assert all(limit[0] in strategic for node in root for limit in node.limits)


def test_a_stop_gives_every_node_back() -> None:
    """Proves that a tree that is stopped at once returns what it was given, with no bound made up."""
    coarse, matrix = coarse_of(1)
    assert explore(stretch(coarse, matrix), lambda: True).nodes == (Node(),)
    assert go_on(stretch(coarse, matrix, time_limit=0.0)).nodes == (Node(),)


def test_a_relaxation_that_cannot_be_solved_is_handed_back_unbranched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a lost relaxation neither ends a node as infeasible nor is tried for ever."""
    coarse, matrix = coarse_of(1)
    monkeypatch.setattr(tree._Relaxation, "solve", lambda *_: tree.UNSOLVED)
    (only,) = go_on(stretch(coarse, matrix)).nodes
    assert only.is_lost
    assert only.bound == NO_BOUND


def test_the_same_stretch_ends_the_same_way() -> None:
    """Proves that nothing depends on the clock or on which thread was first."""
    coarse, matrix = coarse_of(4)
    task = stretch(coarse, matrix, iterations=200, threads=2)
    one, other = go_on(task), go_on(task)
    assert [(node.bound, node.limits) for node in one.nodes] == [(node.bound, node.limits) for node in other.nodes]
    assert np.array_equal(one.learned.rises, other.learned.rises)
    assert one.learned.times.sum() > 0


def test_a_basis_survives_being_packed() -> None:
    """Proves that a relaxation started from a basis that was packed needs no iteration."""
    _, matrix = coarse_of(1)
    relaxation = tree._Relaxation(matrix, Settings())
    solved = relaxation.solve((), None)
    assert not isinstance(solved, tree.Unsolved)
    again = tree._Relaxation(matrix, Settings())
    found = again.solve((), tree._unpacked(tree._packed(solved.basis)))
    assert not isinstance(found, tree.Unsolved)
    assert again.highs.getInfo().simplex_iteration_count <= 0
    assert found.bound == pytest.approx(solved.bound, rel=1e-9)
