"""The tree of relaxations: it holds every plan, its bounds are proven, and worked off it ends at the best one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpuplan.formulation import CLOSING, Formulation, formulate
from gpuplan.program.columns import Role
from gpuplan.solver import relaxation, tree
from gpuplan.solver.matrix import Floats, Limits, Matrix, matrix_of, sealed
from gpuplan.solver.reduction import reduced
from gpuplan.solver.result import NO_BOUND, Settings
from gpuplan.solver.tree import Explored, Learned, Narrow, Node, Order, Stretch, explore
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
    work: float = ENDLESS,
    order: Order = Order.DOWN,
    **settings: object,
) -> Stretch:
    """A stretch in which sites are settled first, and shape a plan."""
    groups = (tuple(coarse.problem.columns.of("site_open")), ())
    chosen = replace(Settings(gap=0.0, threads=1), **settings)  # type: ignore[arg-type]
    known = Learned.nothing(len(matrix.lower))
    return Stretch(matrix, groups, 2, nodes, known, work, order, float("inf"), chosen)


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


@pytest.mark.parametrize("order", [Order.BEST, Order.DOWN])
@pytest.mark.parametrize("seed", range(8))
def test_worked_off_it_ends_at_the_best_plan(seed: int, order: Order) -> None:
    """Proves the least settled bound against a search by HiGHS, in both orders. If broken, a bound is 290 of 300."""
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse, in_program=True)
    nodes = go_on(stretch(coarse, matrix, order=order)).nodes
    assert all(node.is_settled for node in nodes)
    assert bool(nodes) == (best is not None)
    if best is not None:
        first = min(nodes, key=lambda node: node.bound)
        assert first.bound == pytest.approx(best[0][0], rel=NEAR)
        assert first.point is not None
        assert float(matrix.cost @ first.point) + matrix.offset == pytest.approx(best[0][0], rel=NEAR)
        assert np.allclose(first.point[matrix.whole], np.round(first.point[matrix.whole]), atol=1e-5)


@pytest.mark.parametrize("brief", [1, 5])
@pytest.mark.parametrize("seed", range(1, 7))
def test_tries_that_are_left_prove_nothing(seed: int, brief: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the tree ends at the best plan, none of it bounded above its own relaxation, with very short tries.

    Every column is tried anew at every node, and what a try that is left had come to is told as ten times the cost of
    the best plan. If broken, that is a node's bound, or half of the plans are lost with a try.
    """
    monkeypatch.setattr(tree, "BRIEF", brief)
    monkeypatch.setattr(tree, "KNOWN", ENDLESS)
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse, in_program=True)
    assert best is not None
    dear = 10.0 * best[0][0]
    left: list[object] = []
    solve = relaxation.Relaxation.solve

    def seen(self: relaxation.Relaxation, *task: object) -> object:
        found = solve(self, *task)  # type: ignore[arg-type]
        left.append(found)
        return relaxation.Begun(dear) if isinstance(found, relaxation.Begun) else found

    monkeypatch.setattr(relaxation.Relaxation, "solve", seen)
    nodes = go_on(stretch(coarse, matrix)).nodes
    assert min(node.bound for node in nodes) == pytest.approx(best[0][0], rel=NEAR)
    assert any(isinstance(one, relaxation.Begun) for one in left)
    for node in go_on(stretch(coarse, matrix, work=100)).nodes:
        whole = relaxation.Relaxation(reduced(matrix, node.limits), Settings(gap=0.0)).solve((), None)
        if isinstance(whole, relaxation.Solved):
            assert node.bound <= whole.bound * (1 + NEAR)


@pytest.mark.parametrize("order", list(Order))
@pytest.mark.parametrize("seed", range(1, 7))
def test_shapes_have_whole_sites_and_a_bound_that_holds(seed: int, order: Order) -> None:
    """Proves that a shape is a plan of the relaxation, at its bound, whose sites are open or not.

    If broken, a shape opens half a site, or is told of at 290 where it costs 300.
    """
    coarse, matrix = coarse_of(seed)
    sites = coarse.problem.columns.of("site_open")
    found = go_on(stretch(coarse, matrix, order=order))
    assert found.shapes
    for shape in found.shapes:
        assert np.allclose(shape.point[sites], np.round(shape.point[sites]), atol=1e-5)
        point = np.clip(shape.point, matrix.lower, matrix.upper)
        assert np.allclose(point, shape.point, atol=1e-6)
        assert not len(matrix.broken_rows(point, 1e-5))
        assert float(matrix.cost @ shape.point) + matrix.offset <= shape.bound * (1 + NEAR)
    kinds = [sealed(shape.point[sites]) for shape in found.shapes]
    assert len(set(kinds)) == len(kinds)
    assert [shape.bound for shape in found.shapes] == sorted(shape.bound for shape in found.shapes)


@pytest.mark.parametrize("seed", range(1, 7))
def test_the_quick_way_goes_on_from_its_first_shape(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that it takes the shortest way until then and the usual way down after, and leaves a node for every plan.

    If broken, the first shape is the only one, or others are sought without trying columns.
    """
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse, in_program=True)
    assert best is not None
    branch = tree._Tree._branch

    def watched(self: tree._Tree, one: tree._Open) -> list[tree._Open]:
        assert self.order is (Order.DOWN if self.shapes else Order.QUICK)
        return branch(self, one)

    monkeypatch.setattr(tree._Tree, "_branch", watched)
    found = go_on(stretch(coarse, matrix, order=Order.QUICK))
    assert found.shapes[0].bound <= best[0][0] * 1.2
    assert len(holding(found.nodes, list(best[1]))) == 1


def narrow_of(
    seed: int, limits: Limits = (), point: Floats | None = None, work: float = ENDLESS, aim: float = float("inf")
) -> tuple[Explored, Matrix, list[int]]:
    """What comes of a narrow tree about a relaxation and a point, and the columns that it may close."""
    coarse, matrix = coarse_of(seed)
    closing = [one for name in CLOSING for one in coarse.problem.columns.of(name)]
    task = stretch(coarse, matrix, work=work, order=Order.QUICK)
    task = replace(task, narrow=Narrow(tuple(closing), limits, b"", point), aim=aim)
    return go_on(task), matrix, closing


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_narrow_tree_uses_what_the_relaxation_uses(seed: int) -> None:
    """Proves that its shapes are plans of the relaxation without sites and offers that the root does without.

    Of nodes it tells of none that is no better than its best shape, and it learns nothing of what was left out.
    """
    found, matrix, closing = narrow_of(seed)
    root = relaxation.Relaxation(reduced(matrix, ()), Settings(gap=0.0)).solve((), None)
    assert isinstance(root, relaxation.Solved)
    unused = [one for one in closing if root.point[one] <= 1e-6]
    assert found.nodes == ()
    assert found.narrow is not None
    assert set(found.narrow.closed or ()) == set(unused)
    assert not found.learned.times[:, unused].any()
    for shape in found.shapes:
        assert not shape.point[unused].any()
        point = np.clip(shape.point, matrix.lower, matrix.upper)
        assert np.allclose(point, shape.point, atol=1e-6)
        assert not len(matrix.broken_rows(point, 1e-5))
        assert float(matrix.cost @ shape.point) + matrix.offset <= shape.bound * (1 + NEAR)


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_narrow_tree_ends_where_nothing_in_it_is_better_than_its_best_shape(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that no node is branched on that is no better than the best shape so far; where all cost more than its
    aim, none but the first.

    If broken, it takes all the work that it may, time that a plan has to wait.
    """
    first = narrow_of(seed)[0].shapes[0].bound
    branch = tree._Tree._branch
    branched: list[float] = []

    def watched(self: tree._Tree, one: tree._Open) -> list[tree._Open]:
        assert one.bound < self.aim
        branched.append(one.bound)
        return branch(self, one)

    monkeypatch.setattr(tree._Tree, "_branch", watched)
    assert narrow_of(seed)[0].shapes[0].bound == first
    assert branched
    branched.clear()
    narrow_of(seed, aim=0.0)
    assert branched == [NO_BOUND]


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_narrow_tree_can_be_gone_on_with(seed: int) -> None:
    """Proves that one that is left after each node and gone on with comes to the shape that one in one piece comes to.

    What it leaves out is not sought again. If broken, another tree is gone on with, or the same node time after time.
    """
    whole, matrix, _ = narrow_of(seed)
    found, _, _ = narrow_of(seed, work=1)
    best = found.shapes[0].bound
    while found.nodes:
        assert found.narrow is not None
        coarse, _ = coarse_of(seed)
        task = replace(stretch(coarse, matrix, found.nodes, work=1), narrow=found.narrow, aim=best)
        closed = found.narrow.closed
        found = go_on(task)
        assert found.narrow is not None
        assert found.narrow.closed == closed
        best = min([best, *(shape.bound for shape in found.shapes)])
    assert best == pytest.approx(whole.shapes[0].bound, rel=NEAR)


@pytest.mark.parametrize("seed", [7, 12, 21])
def test_a_narrow_tree_keeps_what_a_point_uses(seed: int) -> None:
    """Proves that the best plan is found where it is the point, though the relaxation does without one of its offers.

    If broken, a shape is never bettered about a relaxation that is unlike it.
    """
    coarse, _ = coarse_of(seed)
    best = levels_by_highs(coarse, in_program=True)
    assert best is not None
    used = [one for name in CLOSING for one in coarse.problem.columns.of(name) if best[1][one] > 0.5]
    found = [narrow_of(seed, ((one, 0.0, 0.0),), np.array(best[1]))[0] for one in used]
    bounds = [one.shapes[0].bound for one in found if one.shapes]
    assert bounds
    assert max(bounds) <= best[0][0] * (1 + NEAR)


def test_nothing_comes_of_a_narrow_tree_about_nothing() -> None:
    """Proves that a relaxation without a value ends it: no site may be open."""
    _, _, closing = narrow_of(1)
    found, _, _ = narrow_of(1, limits=tuple((one, 0.0, 0.0) for one in closing))
    assert found.shapes == ()


@pytest.mark.parametrize("seed", [2, 4, 7])
def test_a_way_down_goes_back_from_a_dead_end(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the node passed last is gone on from where one is dead: the first shape is met on the first way.

    Here the better of the two nodes below the root is dead, and every node after it counts as a shape. If broken, the
    first shape is met on a second way.
    """
    coarse, matrix = coarse_of(seed)
    branch, down, see = tree._Tree._branch, tree._Tree._down, tree._Tree._see_shape
    branched: list[int] = []
    downs: list[int] = []
    shapes: list[int] = []

    def dead_once(self: tree._Tree, one: tree._Open) -> list[tree._Open]:
        branched.append(one.number)
        self.shaping = 99 if len(branched) < 3 else 0  # no node, then any
        ahead = branch(self, one)
        return [] if len(branched) == 2 else ahead

    monkeypatch.setattr(tree._Tree, "_branch", dead_once)
    monkeypatch.setattr(tree._Tree, "_down", lambda self, one: (downs.append(one.number), down(self, one))[1])
    monkeypatch.setattr(tree._Tree, "_see_shape", lambda self, shape: (shapes.append(len(downs)), see(self, shape))[1])
    go_on(stretch(coarse, matrix))
    assert len(branched) > 2
    assert shapes[0] == 1


@pytest.mark.parametrize("work", [1, 300])
@pytest.mark.parametrize("seed", range(1, 7))
def test_what_is_left_holds_the_best_plan(seed: int, work: int) -> None:
    """Proves, stretch by stretch, that just one node holds the best plan and that none is bounded above it.

    If broken, a bound is shown that some plan is better than.
    """
    coarse, matrix = coarse_of(seed)
    best = levels_by_highs(coarse, in_program=True)
    assert best is not None
    nodes: tuple[Node, ...] = (Node(),)
    for _ in range(12):
        nodes = go_on(stretch(coarse, matrix, nodes, work)).nodes
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
    best = levels_by_highs(coarse, in_program=True)
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
    root = go_on(stretch(coarse, matrix, work=1, order=Order.BEST)).nodes
    assert root
    point = relaxation.Relaxation(reduced(matrix, ()), Settings()).solve((), None)
    assert not isinstance(point, relaxation.Unsolved)
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
    monkeypatch.setattr(relaxation.Relaxation, "solve", lambda *_: relaxation.UNSOLVED)
    (only,) = go_on(stretch(coarse, matrix)).nodes
    assert only.is_lost
    assert only.bound == NO_BOUND


def test_the_same_stretch_ends_the_same_way() -> None:
    """Proves that nothing depends on the clock."""
    coarse, matrix = coarse_of(4)
    task = stretch(coarse, matrix, work=200)
    one, other = go_on(task), go_on(task)
    assert [(node.bound, node.limits) for node in one.nodes] == [(node.bound, node.limits) for node in other.nodes]
    assert np.array_equal(one.learned.rises, other.learned.rises)
    assert one.learned.times.sum() > 0


def test_a_run_that_seems_to_have_no_end_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a relaxation ends without a value after so many iterations, instead of going round for ever.

    If broken, it is solved however many it takes, or what it had come to is taken for an answer.
    """
    _, matrix = coarse_of(1)
    monkeypatch.setattr(relaxation, "ENOUGH", 0)
    found = relaxation.Relaxation(reduced(matrix, ()), Settings(gap=0.0)).solve((), None)
    assert found is relaxation.UNSOLVED


@pytest.mark.parametrize("seed", range(1, 7))
def test_interior_points_start_the_first_relaxation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a large relaxation has the value that a small one has, and that the simplex method ends both.

    If broken, it has none, or one that is no vertex, from which no other can start.
    """
    _, matrix = coarse_of(seed)
    by_simplex = relaxation.Relaxation(reduced(matrix, ()), Settings(gap=0.0)).solve((), None)
    calls: list[int] = []
    first = relaxation.Relaxation._by_interior_points
    monkeypatch.setattr(relaxation, "LARGE", 0)
    monkeypatch.setattr(relaxation.Relaxation, "_by_interior_points", lambda self: (calls.append(1), first(self))[1])
    large = relaxation.Relaxation(reduced(matrix, ()), Settings(gap=0.0))
    found = large.solve((), None)
    assert calls == [1]
    assert isinstance(by_simplex, relaxation.Solved)
    assert isinstance(found, relaxation.Solved)
    assert found.bound == pytest.approx(by_simplex.bound, rel=NEAR)
    again = large.solve((), found)
    assert isinstance(again, relaxation.Solved)
    assert calls == [1]
    assert again.bound == pytest.approx(found.bound, rel=NEAR)
