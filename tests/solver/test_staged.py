"""The search in stages: the same value as a search in one piece, a bound that holds, limits and stops that are kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest

import gpuplan
from gpuplan.formulation import Formulation, coarsened, formulate
from gpuplan.instance.schema import Instance
from gpuplan.solver import highs, search, staged
from gpuplan.solver.completion import Candidate, Completion
from gpuplan.solver.matrix import Matrix, matrix_of
from gpuplan.solver.portfolio import Portfolio
from gpuplan.solver.result import NO_BOUND, Report, Result, Settings, Termination, never
from gpuplan.solver.side_by_side import several
from gpuplan.solver.tree import Explored, Node, Shape, Stretch
from gpuplan.solver.watched import Watched
from solver.here import Here
from support.builders import Tree, made
from support.laws import broken_rows, levels_by_highs
from support.tiny import tiny

GAP = 1e-4


def with_cost(formulation: Formulation) -> Matrix:
    """Its matrix, the one level as cost."""
    return matrix_of(formulation).with_cost(formulation.goals[0].expression)


class Alone(Portfolio):
    """A portfolio in which HiGHS in one piece has no part."""

    def _meet(self, _hands: int) -> None:
        """Nobody."""

    def _without_tree(self, _hands: int, _stretches: int | None) -> None:
        """The tree has come to its end, or was given up."""

    def _race(self, _children: list[Watched]) -> bool:
        """Nor is the whole proven."""
        return False


def in_stages(
    tree: Tree, settings: Settings, listener: Callable[[Report], None] | None = None
) -> tuple[Result, Formulation]:
    """How a search in stages ends, without HiGHS in one piece beside it, and the program that it was on."""
    instance = made(tree)
    whole = formulate(instance, reductions=True)
    search, pieces = staged_on(instance, whole, settings), (Watched(), Watched())
    with several(settings.threads) as children:
        portfolio = Alone(with_cost(whole), settings, search.incumbent, pieces, search, never, listener)
        return portfolio.run(children), whole


def staged_on(instance: Instance, whole: Formulation, settings: Settings) -> staged.Staged:
    """A search in stages on the program of an instance."""
    coarse = coarsened(instance, whole, {}, lambda: None)
    assert coarse is not None
    return staged.Staged(with_cost(whole), coarse, matrix_of(coarse.formulation), settings)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("seed", range(6))
def test_it_finds_what_a_search_in_one_piece_finds(seed: int, threads: int) -> None:
    """Proves value, bound and plan on tiny instances. If broken, a plan is worse than the gap says."""
    result, whole = in_stages(tiny(seed), Settings(gap=GAP, threads=threads))
    best = levels_by_highs(whole, in_program=True)
    if best is None:
        assert result.termination is Termination.INFEASIBLE
        return
    assert result.termination is Termination.OPTIMAL
    assert result.values is not None
    assert result.objective is not None
    assert not broken_rows(whole.problem, result.values.tolist())
    assert result.bound <= best[0][0] * (1 + 1e-6)
    assert best[0][0] * (1 - 1e-6) <= result.objective <= best[0][0] * (1 + GAP)


def test_short_stretches_end_at_the_same_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a tree and parts taken up again and again are searched to the end, with plans that come by chance.

    The whole is not searched in one piece. If broken, some part or node is left, and the bound stays behind.
    """
    monkeypatch.setattr(staged, "WORK", 1e-6)
    monkeypatch.setattr(staged, "DEALT", 1)
    monkeypatch.setattr(staged, "NODES", 1)
    monkeypatch.setattr(staged, "LONGER", 2)
    monkeypatch.setattr(staged, "DETAIL", 1)
    result, whole = in_stages(tiny(1), Settings(gap=0.0))
    best = levels_by_highs(whole, in_program=True)
    assert best is not None
    assert result.objective == pytest.approx(best[0][0], rel=1e-6)
    assert result.bound == pytest.approx(best[0][0], rel=1e-6)


def bettered(seed: int, *, elsewhere: bool) -> tuple[staged.Staged, Shape, Candidate]:
    """What comes of a dear shape, that of the best plan at made-up costs: with its sites, or with others.

    What was learned of columns on the way is kept. If broken, the whole tree tries them all again.
    """
    whole = formulate(made(tiny(seed)), reductions=True)
    search = staged_on(made(tiny(seed)), whole, Settings(gap=0.0))
    costs = np.random.default_rng(seed).random(len(search._coarse.cost))
    other = highs.run(replace(search._coarse, cost=costs), Settings(gap=0.01))
    assert other.values is not None
    dear = Shape(float(search._coarse.cost @ other.values) + search._coarse.offset, other.values)
    job = search._refine(dear, Node() if elsewhere else None)
    job.take(job.run(Here()))  # type: ignore[arg-type]
    found = min(search._candidates.waiting, key=lambda one: one.value)
    assert search._learned.times.sum() > 0
    assert found.value < dear.bound
    assert not found.is_counted
    assert not len(search._coarse.broken_rows(found.point, 1e-5))
    return search, dear, found


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6])
def test_a_shape_is_bettered_with_its_own_sites(seed: int) -> None:
    """Proves that what comes of a dear shape is cheaper, keeps the coarse program, and has the same sites.

    If broken, it comes back as it is, or with a site that it does not open.
    """
    search, dear, found = bettered(seed, elsewhere=False)
    sites = list(search._groups[0])
    assert np.array_equal(np.round(found.point[sites]), np.round(dear.point[sites]))


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6])
def test_a_shape_is_bettered_with_the_sites_of_a_relaxation(seed: int) -> None:
    """Proves that what comes of a dear shape beside the root's relaxation is cheaper and keeps the coarse program."""
    bettered(seed, elsewhere=True)


def test_a_narrow_tree_is_gone_on_with_while_a_better_shape_may_be_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that it takes a stretch a round, as many as it may, and none once the best shape is near enough.

    If broken, what is left of it is thrown away, or the same is done a second time.
    """
    monkeypatch.setattr(staged, "WORK", 0.0)
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    left: list[staged.Seeking] = []
    job = search._scout()
    for _ in range(staged.SCOUTING):
        job.take(job.run(Here()))  # type: ignore[arg-type]
        if not search._seeking:
            break
        left.append(search._seeking.pop())
        assert all(node.bound < search._aim() for node in left[-1].nodes)
        job = search._narrow_stretch(left[-1])
    assert [tree.stretches for tree in left] == [2, 1]
    search._see(Shape(10.0, np.zeros(len(search._coarse.lower))))
    search._candidates._waiting, search._refined = [], 10.0
    search._seeking, search._nodes = left[:], [Node(9.0)]
    assert len(list(search._searches())) == 1
    assert search._seeking == left[:1]  # the last one first
    search._nodes = [Node(10.0)]
    assert list(search._searches()) == []


@pytest.mark.parametrize(
    ("plan", "known", "aim"), [(110.0, None, 109.78), (100.1, None, 100.0), (None, 108.0, 107.784), (None, None, 100.0)]
)
def test_a_shape_whose_plan_is_dear_is_no_aim(plan: float | None, known: float | None, aim: float) -> None:
    """Proves that others count as better once they cost less than its plan less a five-hundredth, or than the plan that
    is known where it has none: 110 - 0.22, and 108 - 0.216. One whose plan is not dear stays the aim.

    It is not bettered a second time for that. If broken, one shape without a good plan hides all that cost more.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    search._nodes, search.incumbent.value, search._refined = [Node(90.0)], known, 100.0
    search._see(Shape(100.0, np.zeros(len(search._coarse.lower))))
    (first,) = search._candidates.waiting
    values = np.zeros(len(search._whole.lower))
    found = None if plan is None else Result(Termination.OPTIMAL, values, plan, plan)
    search._complete(first).take(found)
    assert search._aim() == pytest.approx(aim, rel=1e-9)
    assert not search._is_worth(search._refined)
    search._see(Shape(99.0, np.ones(len(search._coarse.lower))))
    search._complete(first).take(found)
    assert search._aim() == 99.0


def test_a_node_is_gone_down_once_its_relaxation_was_used_for_any_sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves where a better shape is sought: anywhere for a new shape, then in the node; anywhere for a new one again.

    If broken, one and the same narrow tree is searched time after time.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    roots: list[Node] = []
    monkeypatch.setattr(search, "_narrow_stretch", lambda tree: roots.extend(tree.nodes))
    node = Node(limits=((0, 0.0, 0.0),))
    for cost in (9.0, 9.0, 8.0, 8.0):
        search._see(Shape(cost, np.zeros(len(search._coarse.lower))))
        assert search._shape is not None
        search._refine(search._shape, node)
    assert [root.limits for root in roots] == [(), node.limits, (), node.limits]


class _Recorder(Here):
    """A child that says how much work each stretch was given, and that each took 5,000."""

    def __init__(self) -> None:
        self.given: list[float] = []

    def explore(self, stretch: Stretch, should_stop: Callable[[], bool]) -> Explored:
        self.given.append(stretch.work)
        return replace(super().explore(replace(stretch, work=0.0), should_stop), work=5_000.0)


def test_what_a_narrow_tree_leaves_of_its_stretch_goes_to_the_whole_one() -> None:
    """Proves that, beside a longer search for a plan, a narrow tree that took 5,000 leaves 13,000 for the whole tree.

    No node is lost by it. If broken, one of two processes has nothing to do until the plan is found.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    search._is_scouted = search._is_cut = True
    search._see(Shape(10.0, np.zeros(len(search._coarse.lower))))
    search._nodes = [Node(9.0), Node(9.5)]
    plan, narrow = search.jobs(2)
    assert plan.beside > narrow.beside
    assert search._nodes == []
    child = _Recorder()
    narrow.take(narrow.run(child))  # type: ignore[arg-type]
    assert child.given == [18_000.0, 13_000.0]
    assert [node.bound for node in search._nodes] == [9.0, 9.5]
    assert search._dealt == []


@pytest.mark.parametrize(("bound", "jobs"), [(100.0, 0), (106.0, 1)])
def test_a_plan_that_is_hardly_better_is_not_sought(bound: float, jobs: int) -> None:
    """Proves that a plan at 109.5 for one at 110 waits while the bound is 100: it would close a twentieth of the gap.
    Once that is 106 it is sought, for an eighth. If broken, a process is at work for nothing.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    point = np.zeros(len(search._coarse.lower))
    search._nodes, search.incumbent.value, search._is_scouted = [Node(bound)], 110.0, True
    search._see(Shape(bound + 5.0, point))
    search._candidates._waiting, search._refined = [Candidate(109.5, point, is_counted=True)], bound + 5.0
    assert len(list(search._searches())) == jobs


@pytest.mark.parametrize(("value", "steps"), [(100.9, (0, 1)), (101.1, (1,))])
def test_numbers_of_modules_are_kept_at_first_where_the_bound_is_near(
    value: float, steps: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a shape at a gap of less than a hundredth is made whole thoroughly, a dearer one once.

    The bound is 99.99. If broken, every shape is made whole twice where that is dear.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.0))
    search._nodes = [Node(99.99)]
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(Completion, "plan_of", lambda *given: asked.append(given[-1]))
    search._complete(Candidate(value, np.zeros(len(search._coarse.lower)))).run(Here())  # type: ignore[arg-type]
    assert asked == [steps]


@pytest.mark.parametrize(("before", "expected"), [(97.1, "plan"), (97.0, "tree")])
def test_no_plan_is_looked_for_where_one_more_round_proves_the_last(
    before: float, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that the tree alone is gone on with when what is missing is no more than what the last round gave.

    A plan at 100 is proven to 1 % by a bound of 99, and 98 is reached: by 1.0 from 97, and by 0.9 from 97.1. If broken,
    a proof that needs a tenth of a second more waits for the plan of a shape.
    """
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=0.01))
    search._nodes, search.incumbent.value, search._reached = [Node(98.0)], 100.0, before
    search._candidates._waiting = [Candidate(98.5, np.zeros(len(search._coarse.lower)))]
    asked: list[str] = []

    def job(name: str) -> staged.Job:
        asked.append(name)
        return staged.Job(lambda _: None, lambda _: None, 0)

    monkeypatch.setattr(search, "_complete", lambda _: job("plan"))
    monkeypatch.setattr(search, "_stretch", lambda *_: job("tree"))
    search._is_scouted = search._is_cut = True
    search.jobs(1)
    assert asked == [expected]


def parted(gap: float) -> tuple[staged.Staged, staged.Part]:
    """A search in which a node at 100 has settled in a part, and a plan at 100.05 is known."""
    whole = formulate(made(tiny(1)), reductions=True)
    search = staged_on(made(tiny(1)), whole, Settings(gap=gap))
    search._is_scouted = search._is_cut = True
    search._settle(Node(100.0))
    search._take_plan(Result(Termination.STOPPED, np.zeros(len(search._whole.lower)), 100.05, 0.0))
    (part,) = search._parts.values()
    search._nodes = []
    return search, part


def test_a_part_with_nothing_better_is_taken_up_again_for_a_node_that_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a part whose nodes were no better by the gap, 0.1 % of 100.05, is searched once one at 99.8 is in it.

    The bound is 99.8 then, and the gap is open. If broken, nothing is left to do, and the search ends there.
    """
    search, part = parted(gap=0.001)
    assert list(search._searches()) == []
    search._settle(Node(99.8))
    searched: list[staged.Part] = []
    monkeypatch.setattr(search, "_search", searched.append)
    list(search._searches())
    assert searched == [part]
    assert search._bound() == 99.8
    assert not search.is_given_up()


@pytest.mark.parametrize(
    ("found", "ended", "bound"),
    [
        (Result(Termination.OPTIMAL, None, 99.9, 99.9), True, 99.9),
        (Result(Termination.OPTIMAL, None, 99.9, 99.0), False, 99.8),
        (Result(Termination.STOPPED, None, 99.9, 99.85), False, 99.85),
        (Result(Termination.INFEASIBLE, None, None, np.inf), True, 100.05 * 0.9991),
    ],
)
def test_a_part_is_ended_by_a_proof_only(found: Result, ended: bool, bound: float) -> None:
    """Proves what is proven of a part whose least node is at 99.8: by a search to its end, by one whose "optimal" plan
    is further from its own bound than was asked for, by one that was stopped, and where nothing is better than the
    cutoff, nine tenths of 0.1 % below the plan at 100.05. If broken, a part is closed on a word without a proof.
    """
    search, part = parted(gap=0.001)
    search._settle(Node(99.8))
    search._search(part).take(found)
    assert part.ended is ended
    assert part.bound == pytest.approx(bound, rel=1e-12)


@pytest.mark.parametrize(
    ("first", "runs"),
    [
        (Result(Termination.OPTIMAL, None, 99.9, 99.9), 1),
        (Result(Termination.OPTIMAL, None, 99.9, 99.0), 2),
        (Result(Termination.OPTIMAL, None, 101.0, 100.05 * 0.9991), 1),
        (Result(Termination.STOPPED, None, 99.9, 99.0), 1),
        (Result(Termination.INFEASIBLE, None, None, np.inf), 2),
        (Result(Termination.FAILED, None, None, NO_BOUND), 2),
    ],
)
def test_a_word_without_a_proof_is_looked_at_again(first: Result, runs: int) -> None:
    """Proves that a part is searched a second time, with care, where the first search failed, says that nothing is in
    it, or contradicts itself; a plan at 101 that is no better than the cutoff is no contradiction, since the bound ends
    there. If broken, HiGHS's presolve closes a part that has a plan.
    """
    search, part = parted(gap=0.001)
    asked: list[bool] = []

    class Once:
        def run(self, _matrix: Matrix, settings: Settings, **_more: object) -> Result:
            asked.append(settings.careful)
            return first

    search._search(part).run(Once())  # type: ignore[arg-type]
    assert asked == [False, True][:runs]


@pytest.fixture(name="_every_program_is_large")
def every_program_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every level is sought from all sides."""
    monkeypatch.setattr(search, "SMALL", 0)


@pytest.mark.usefixtures("_every_program_is_large")
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_plans_are_audited_and_the_same_every_time(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a host gets the plan that it would get from a search in one piece, and twice the same."""
    instance = made(tiny(seed))
    first, second = (gpuplan.solve(instance, gap=GAP) for _ in range(2))
    monkeypatch.setattr(search, "SMALL", 10**9)
    other = gpuplan.solve(instance, gap=GAP)
    assert first.status == second.status == other.status
    if first.plan is None:
        return
    assert second.plan is not None
    assert other.plan is not None
    assert first.plan.audit.passed
    assert first.plan.decisions == second.plan.decisions
    value, bound = first.plan.levels[-1].reached, first.plan.levels[-1].bound
    assert bound is not None
    assert other.bound is not None
    assert bound <= other.plan.levels[-1].reached
    assert other.bound <= value
    assert (value - bound) / value <= Decimal(repr(GAP))


@pytest.mark.usefixtures("_every_program_is_large")
def test_progress_is_told_and_a_stop_keeps_the_best_plan() -> None:
    """Proves that a host that cancels at the first plan gets it, with a bound that is proven."""
    seen: list[gpuplan.Progress] = []
    outcome = gpuplan.solve(
        made(tiny(1)), gap=0, on_progress=seen.append, cancel=lambda: any(one.incumbent is not None for one in seen)
    )
    assert seen
    assert outcome.plan is not None
    assert outcome.plan.audit.passed
    assert outcome.bound is None or outcome.bound <= outcome.plan.levels[-1].reached


def test_no_time_is_no_plan() -> None:
    """Proves that a limit which has passed ends it at once, with nothing called infeasible."""
    reports: list[Report] = []
    result, _ = in_stages(tiny(1), Settings(time_limit=0.0), listener=reports.append)
    assert result.termination is Termination.STOPPED
    assert result.values is None


@pytest.mark.parametrize("ending", [Termination.FAILED, Termination.STOPPED, Termination.UNBOUNDED])
def test_runs_that_are_lost_end_the_search(ending: Termination, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a solver that is lost every time ends the search without a plan. If broken, it goes on for ever."""
    lost = Result(ending, None, None, NO_BOUND)
    monkeypatch.setattr(Watched, "run", lambda *_args, **_named: lost)
    result, _ = in_stages(tiny(1), Settings(gap=GAP))
    assert result.termination is Termination.STOPPED
    assert result.values is None


def test_a_tree_that_is_lost_ends_the_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that children lost in the tree every time end it, the nodes that they had still counted. See above."""
    monkeypatch.setattr(Watched, "explore", lambda *_args, **_named: None)
    result, _ = in_stages(tiny(1), Settings(gap=GAP))
    assert result.termination is Termination.STOPPED
    assert result.values is None
    assert result.by == "bounds of its columns"


def test_no_part_is_closed_on_one_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a part that HiGHS calls infeasible is searched again without presolve.

    Here it calls every program so at first. If broken, an instance that has a plan is infeasible.
    """
    run = Watched.run

    def denied(self: Watched, matrix: Matrix, settings: Settings, *more: object, **named: object) -> Result:
        found = run(self, matrix, settings, *more, **named)  # type: ignore[arg-type]
        return found if settings.careful else Result(Termination.INFEASIBLE, None, None, NO_BOUND)

    monkeypatch.setattr(Watched, "run", denied)
    result, whole = in_stages(tiny(1), Settings(gap=GAP))
    best = levels_by_highs(whole, in_program=True)
    assert best is not None
    assert result.objective is not None
    assert result.bound <= best[0][0] * (1 + 1e-6)
    assert best[0][0] * (1 - 1e-6) <= result.objective <= best[0][0] * (1 + GAP)
