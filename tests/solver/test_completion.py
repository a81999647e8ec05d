"""Plans of a coarse program made plans of the whole one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gpuplan.formulation import coarsened, formulate
from gpuplan.solver import completion, highs
from gpuplan.solver.completion import Candidate, Completion
from gpuplan.solver.matrix import Matrix, matrix_of
from gpuplan.solver.result import Result, Settings, Termination
from solver.dense import matrix
from solver.here import Here
from support.builders import case, made, offer, target
from support.tiny import tiny

SETTINGS = Settings(gap=0.0)
SHAPE = np.array([1.0, 2.0, 0.25])
"""Open, two modules, a quarter of a system: 5 + 2 + 25."""


def never() -> bool:
    """Nobody asks for a stop."""
    return False


def small() -> Completion:
    """A site at 5, up to five modules at 1 once it is open, up to six systems at 100; 4 systems + 10 modules >= 21.

    The coarse program has them as (site, modules, systems), the whole one as (systems, site, modules). Two modules need
    one system more, at 107 in all; three need none, at 8.
    """
    coarse = matrix([5, 1, 100], [[0, 10, 4], [-5, 1, 0]], [21, -np.inf], [np.inf, 0], 0, [1, 5, 6], whole=True)
    whole = matrix([100, 5, 1], [[4, 0, 10], [0, -5, 1]], [21, -np.inf], [np.inf, 0], 0, [6, 1, 5], whole=True)
    return Completion(coarse, whole, np.array([0, 1], dtype=np.int32), {0: 1}, {2: (0, 1)})


def plan(value: float, point: np.ndarray, *, is_counted: bool = False) -> list[float] | None:
    """(systems, site, modules) of the plan of a coarse one."""
    found = small().plan_of(Candidate(value, point, is_counted), Here(), SETTINGS, never)  # type: ignore[arg-type]
    return None if found is None or found.values is None else np.round(found.values, 6).tolist()


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (106.9, [1, 1, 2]),  # 107 is 0.1 % dearer
        (106.7, [0, 1, 3]),  # 0.28 %
        (32.0, [0, 1, 3]),
    ],
)
def test_other_numbers_of_modules_are_sought_where_a_shapes_own_are_dear(
    value: float, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that two modules stay where whole numbers cost 0.2 % more at most. If broken, 107 instead of 8 for 32."""
    monkeypatch.setattr(completion, "ABOUT", 0)
    assert plan(value, SHAPE) == expected


def test_a_shapes_own_numbers_of_modules_may_be_left_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that with a step more at once there is one search for whole numbers. If broken, 107 instead of 8."""
    monkeypatch.setattr(completion, "ABOUT", 0)
    one = Candidate(106.9, SHAPE)
    found = small().plan_of(one, Here(), SETTINGS, never, completion.AT_ONCE)  # type: ignore[arg-type]
    assert found is not None
    assert found.objective == pytest.approx(8)


@pytest.mark.parametrize(("first", "second", "expected"), [(3.0, 1.0, [1, 1, 2, 2]), (4.0, 0.0, [2, 0, 4, 0])])
def test_sites_that_share_a_lot_take_whole_ones(
    first: float, second: float, expected: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a plan is found next to one that no lots make: four systems at two sites, in two lots of two.

    The coarse program has them as (systems at the first, at the second), the whole one as (lots for the first, for the
    second, systems at the first, at the second), a lot at 10 for the first and 9 for the second. Three and one become
    two and two at 19, and not one and three or none and four; four stay at 20. If broken, three and one have no plan.
    """
    systems = matrix([5, 4.5], [[1, 1]], [4], [4], 0, 4, whole=True)
    lots = [[1, 1, 0, 0], [2, 0, -1, 0], [0, 2, 0, -1], [0, 0, 1, 1]]
    whole = matrix([10, 9, 0, 0], lots, [0, 0, 0, 4], [2, 0, 0, 4], 0, 4, whole=True)
    some = Completion(systems, whole, np.zeros(0, dtype=np.int32), {}, {0: (2, 2), 1: (3, 2)})
    one = Candidate(19.0, np.array([first, second]), is_counted=True)
    monkeypatch.setattr(completion, "ABOUT", 0)
    found = some.plan_of(one, Here(), SETTINGS, never)  # type: ignore[arg-type]
    assert found is not None
    assert found.values is not None
    assert np.round(found.values, 6).tolist() == expected


def test_a_plan_is_bettered_whatever_its_shape_is_worth() -> None:
    """Proves that numbers near the plan's own come after those of the shape. If broken, 107 instead of 8."""
    assert plan(106.9, SHAPE) == [0, 1, 3]


def test_whole_numbers_are_taken_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a coarse plan with whole numbers keeps its systems, dear or not. If broken, 8 instead of 107."""
    monkeypatch.setattr(completion, "ABOUT", 0)
    assert plan(32.0, np.array([1.0, 2.0, 1.0]), is_counted=True) == [1, 1, 2]


def test_decisions_are_held_and_modules_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that six systems in a site that is open leave it open, without modules. If broken, 600 instead of 605."""
    monkeypatch.setattr(completion, "ABOUT", 0)
    assert plan(607.0, np.array([1.0, 2.0, 6.0]), is_counted=True) == [6, 1, 0]


def test_a_shape_without_whole_numbers_has_no_plan() -> None:
    """Proves that a closed site, where five systems make 20 of 21, ends in nothing. If broken, it is opened for it."""
    some = small()
    few = some.coarse.limited([(2, 0.0, 5.0)])
    closed = Candidate(525.0, np.array([0.0, 0.0, 5.25]))
    assert replace(some, coarse=few).plan_of(closed, Here(), SETTINGS, never) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("second", "expected"), [(9.0, 8.0), (8.0, 8.0), (7.0, 7.0)])
def test_a_plan_that_is_no_better_is_not_taken(second: float, expected: float) -> None:
    """Proves that of a plan at 8 and what a search for a better one brings, which may be dearer, the cheaper is kept.

    If broken, 9 instead of 8.
    """

    class Dearer:
        def run(self, *_given: object, **_more: object) -> Result:
            return Result(Termination.OPTIMAL, np.ones(3), second, 6.0)

    first = Result(Termination.OPTIMAL, np.zeros(3), 8.0, 8.0)
    assert small().bettered(first, Dearer(), SETTINGS, never).objective == expected  # type: ignore[arg-type]


def test_only_what_is_better_is_sought_near_a_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves cutoffs and gaps: those asked for, then the best plan of the coarse one, then what is better than that.

    If broken, a plan that costs 107 is sought below 200 again, or one of 210 is taken for none.
    """
    asked: list[tuple[float | None, float]] = []

    def run(matrix: Matrix, settings: Settings) -> Result:
        asked.append((settings.cutoff, settings.gap))
        return real(matrix, settings)

    real = highs.run
    monkeypatch.setattr(highs, "run", run)
    settings = Settings(gap=0.5, cutoff=200.0)
    small().plan_of(Candidate(106.9, SHAPE), Here(), settings, never)  # type: ignore[arg-type]
    assert asked == [(200.0, 0.5), (None, 0.0), (pytest.approx(107.0), 0.5)]


def test_coarse_plans_are_told_apart_by_their_shape_and_by_whole_numbers() -> None:
    """Proves that broken numbers tell nothing. If broken, one shape is completed as often as its bound moves."""
    some = small()
    shapes = [
        Candidate(32.0, SHAPE),
        Candidate(82.0, np.array([1.0, 2.0, 0.75])),
        Candidate(8.0, np.array([1.0, 3, 0])),
    ]
    counted = [Candidate(107.0, np.array([1.0, 2.0, systems]), is_counted=True) for systems in (1.0, 2.0)]
    assert some.seal(shapes[0]) == some.seal(shapes[1]) != some.seal(shapes[2])
    assert some.seal(counted[0]) != some.seal(counted[1])


def test_coarse_plans_are_of_a_kind_by_their_decisions_alone() -> None:
    """Proves that neither modules nor systems make a kind: open with two or three of them is one, closed another."""
    some = small()
    kinds = [
        some.kind(Candidate(9.0, np.array(point))) for point in ([1.0, 2, 0], [1.0, 3, 1], [0.0, 2, 0], [-0.0, 2, 0])
    ]
    assert kinds[0] == kinds[1] != kinds[2] == kinds[3]


def test_lots_are_those_of_the_offers() -> None:
    """Proves that each number of systems of the coarse program comes in the lots of its offer: two of o, one of p.

    If broken, systems of o at several sites have no plan, or those of p are not kept.
    """
    instance = made(case(offers={"o": {"lot_units": 2}, "p": offer()}, limits={"t": target(2)}))
    coarse = coarsened(instance, formulate(instance, reductions=True), {}, lambda: None)
    assert coarse is not None
    keys = coarse.formulation.problem.columns.keys
    assert {(keys[column][1], lot) for column, (_, lot) in coarse.standing.items()} == {("o", 2), ("p", 1)}


@pytest.mark.parametrize("seed", [1, 2, 3, 4, 6])
def test_a_plan_is_bettered_near_by(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that a plan at made-up costs becomes a cheaper one: the same decisions, and numbers within two of its own.

    If broken, a plan stays as HiGHS found it among the numbers of a coarse one, or is lost where none is better.
    """
    whole = formulate(made(tiny(seed)), reductions=True)
    coarse = coarsened(made(tiny(seed)), whole, {}, lambda: None)
    assert coarse is not None
    program = matrix_of(whole).with_cost(whole.goals[0].expression)
    nothing_shapes = np.zeros(0, dtype=np.int32)
    loose = matrix_of(coarse.formulation)
    some = Completion(loose, program, nothing_shapes, coarse.same, coarse.standing)
    costs = np.random.default_rng(seed).random(len(program.cost))
    other = highs.run(replace(program, cost=costs), Settings(gap=0.5, nodes=1))
    assert other.values is not None
    value = float(program.cost @ other.values) + program.offset
    found = some.bettered(replace(other, objective=value), Here(), SETTINGS, never)  # type: ignore[arg-type]
    assert found.values is not None
    assert found.objective is not None
    assert found.objective < value
    moved = np.abs(found.values - other.values)[program.whole]
    assert moved.max() <= 2 + 1e-6
    assert not len(program.broken_rows(found.values, 1e-5))
    decisions = list(coarse.same.values())
    assert np.array_equal(np.round(found.values[decisions]), np.round(other.values[decisions]))
    again = some.bettered(found, Here(), SETTINGS, never)  # type: ignore[arg-type]
    assert again.objective is not None
    assert again.objective <= found.objective
    nothing = Result(Termination.INFEASIBLE, None, None, np.inf)
    monkeypatch.setattr(Here, "run", lambda *_, **__: nothing)
    assert some.bettered(found, Here(), SETTINGS, never) is found  # type: ignore[arg-type]
