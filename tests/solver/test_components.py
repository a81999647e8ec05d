"""Components: parts of a program that share no row are minimised by themselves, to the same value and the gap of the
sum."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import gpuplan
from gpuplan.generator import generate
from gpuplan.instance.schema import validated
from gpuplan.solver import highs, search
from gpuplan.solver.components import Component, components, minimised
from gpuplan.solver.matrix import Floats, Matrix
from gpuplan.solver.result import NO_BOUND, Result, Settings, Termination
from solver.dense import matrix


def several(seed: int, parts: int = 4) -> Matrix:
    """A program of parts with two rows of three columns each, its columns and rows shuffled."""
    dice = np.random.default_rng(seed)
    table = np.zeros((2 * parts, 3 * parts))
    for part in range(parts):
        table[2 * part : 2 * part + 2, 3 * part : 3 * part + 3] = dice.integers(1, 9, (2, 3))
    table = table[dice.permutation(2 * parts)][:, dice.permutation(3 * parts)]
    upper = dice.integers(1, 6, 3 * parts).astype(float)
    least = np.floor(table @ upper * dice.random(2 * parts))
    made = matrix(dice.integers(-3, 20, 3 * parts), table, least, np.inf, 0.0, upper, dice.random(3 * parts) < 0.7)
    return replace(made, offset=7.0)


def alone(part: Component, _start: Floats | None, gap: float, _share: float) -> Result:
    """A component by HiGHS, taken at its word."""
    found = highs.run(part.matrix, Settings(gap=gap, threads=1))
    return replace(found, verified=found.bound, by="HiGHS")


@pytest.mark.parametrize("seed", range(40))
def test_components_are_what_shares_rows_and_nothing_else(seed: int) -> None:
    """Proves that every column and row is in one component, that rows have all their entries there, and that a
    component does not fall apart again. If broken, a rule is lost and a plan breaks it."""
    whole = several(seed)
    parts = components(whole)
    assert len(parts) >= 4
    assert sorted(np.concatenate([part.columns for part in parts])) == list(range(len(whole.lower)))
    assert sum(len(part.matrix.row_lower) for part in parts) == len(whole.row_lower)
    assert sum(len(part.matrix.values) for part in parts) == len(whole.values)
    point = np.random.default_rng(seed).random(len(whole.lower))
    activities = np.concatenate([part.matrix.activity(point[part.columns]) for part in parts])
    assert sorted(activities) == pytest.approx(sorted(whole.activity(point)))
    assert all(len(components(part.matrix)) == 1 for part in parts)


@pytest.mark.parametrize("seed", range(60))
def test_the_sum_of_the_parts_is_the_whole(seed: int) -> None:
    """Proves value, bound and plan against HiGHS on the whole, the offset counted once."""
    whole = several(seed)
    expected = highs.run(whole, Settings(gap=0.0, threads=1))
    found = minimised(whole, components(whole), 0.0, None, alone)
    assert found.termination is Termination.OPTIMAL
    assert expected.objective is not None
    assert found.values is not None
    assert found.objective == pytest.approx(expected.objective, rel=1e-9)
    assert found.verified <= found.objective
    assert found.verified == pytest.approx(expected.objective, rel=1e-9)
    assert not len(whole.broken_rows(found.values))


def test_columns_without_rows_and_rows_without_columns_are_kept() -> None:
    """Proves that x >= 2 at 3 each, y in 1..5 at -1 each without a row, and a row 0 <= 1 come to 6 - 5 = 1, and that
    0 >= 1 is infeasible. If broken, a rule that nothing can keep is left out."""
    for most, ended in ((0.0, Termination.OPTIMAL), (1.0, Termination.INFEASIBLE)):
        whole = matrix([3, -1], [[1, 0], [0, 0]], [2, most], np.inf, [0, 1], [9, 5], whole=True)
        found = minimised(whole, components(whole), 0.0, None, alone)
        assert found.termination is ended
        if ended is Termination.OPTIMAL:
            assert found.objective == 1.0


def test_one_that_is_infeasible_is_the_end() -> None:
    """Proves that x <= 1 and x >= 2 in one part leave no plan of the whole."""
    whole = matrix([1, 1], [[1, 0], [0, 1]], [0, 2], np.inf, 0.0, [1, 1], whole=True)
    assert minimised(whole, components(whole), 0.0, None, alone).termination is Termination.INFEASIBLE


def test_a_part_that_fails_leaves_no_plan_of_its_own_size() -> None:
    """Proves that a run without a usable status in one part is told of the whole, without that part's point."""
    whole = matrix([1, 1], [[1, 0], [0, 1]], [1, 1], np.inf, 0.0, 9.0, whole=True)

    def fails(part: Component, *_rest: object) -> Result:
        return Result(Termination.FAILED, np.ones(len(part.columns)), 1.0, NO_BOUND)

    found = minimised(whole, components(whole), 0.0, None, fails)
    assert found.termination is Termination.FAILED
    assert found.values is None


def test_what_some_earn_and_others_cost_narrows_the_gap_of_each() -> None:
    """Proves that of 1,000 earned and 1,010 spent, each known to 1 %, more is asked until the sum of 10 is known to
    1 %: to 0.1 % each is 2 of 10, and to 0 is the end. If broken, 20 of 10 may be missing and "1 %" is said."""
    whole = matrix([-100, 101], [[1, 0], [0, 1]], [0, 10], [10, np.inf], 0.0, 20.0, whole=True)
    asked: list[float] = []

    def within(part: Component, start: Floats | None, gap: float, share: float) -> Result:
        found = alone(part, start, 0.0, share)
        assert found.objective is not None
        asked.append(gap)
        least = found.objective - gap * abs(found.objective)
        return replace(found, bound=least, verified=least)

    found = minimised(whole, components(whole), 0.01, None, within)
    assert found.objective == 10.0
    assert found.verified == pytest.approx(10.0)
    assert asked == pytest.approx([0.01, 0.01, 0.001, 0.001, 0.0, 0.0])


def test_a_part_without_a_plan_leaves_none_and_the_bound_of_the_others() -> None:
    """Proves that where time was up before one part had a plan, what is known of the others is told as a bound: at
    least 2 of the first, and 0 of the second. If broken, half a plan is told."""
    whole = matrix([1, 1], [[1, 0], [0, 1]], [2, 3], np.inf, 0.0, 9.0, whole=True)

    def first_only(part: Component, start: Floats | None, gap: float, share: float) -> Result:
        if part.columns[0] == 0:
            return alone(part, start, gap, share)
        return Result(Termination.STOPPED, None, None, 0.0, 0.0)

    found = minimised(whole, components(whole), 0.01, None, first_only)
    assert found.values is None
    assert found.termination is Termination.STOPPED
    assert found.verified == pytest.approx(2.0)


def test_slots_that_share_nothing_are_planned_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves, through the whole of gpuplan, that an instance of such slots is proven by its components, and comes to
    what HiGHS says of the whole within the gap. If broken, 48 slots take more than a minute."""
    tree = generate("S", 1, "machines")
    few = [f"slot-{number}" for number in range(1, 5)]
    tree["sites"] = {name: tree["sites"][name] for name in few}
    tree["workloads"] = {name: load for name, load in tree["workloads"].items() if load["sites"][0] in few}
    instance = validated(tree)
    monkeypatch.setattr(search, "APART", 10**9)
    together = gpuplan.solve(instance, gap=1e-4, time_limit=60)
    monkeypatch.setattr(search, "APART", 0)
    apart = gpuplan.solve(instance, gap=1e-4, time_limit=60)
    assert together.plan is not None
    assert apart.plan is not None
    assert apart.status == "optimal"
    assert "4 components by themselves" in apart.plan.run["level-1-verified-by"]
    one, other = float(apart.plan.levels[0].value), float(together.plan.levels[0].value)
    assert one == pytest.approx(other, rel=2e-4)
    assert apart.bound is not None
    assert float(apart.bound) <= other
    assert float(apart.bound) > NO_BOUND
