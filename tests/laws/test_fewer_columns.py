"""What the search leaves out loses no best plan: fewer columns give the same levels, the coarse program never more."""

from __future__ import annotations

import pytest

from gpuplan.extraction import decisions_of
from gpuplan.formulation import formulate
from gpuplan.reckoning import reckon
from gpuplan.solver import highs
from gpuplan.solver.matrix import Matrix, matrix_of
from gpuplan.solver.result import Settings
from laws.cases import CASES
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target
from support.laws import levels_by_two
from support.random_instances import seeded
from support.scip import minimised
from support.tiny import lasting, tiny

NEAR = 1e-6
SPREAD = 1e-3
"""What systems that wait can be charged too little in a loose program, as a share of all."""
EVERY_CASE = list({id(tree): tree for trees in CASES.values() for tree in trees}.values())


def fewer_are_as_good(tree: Tree) -> tuple[int, int]:
    """Columns with and without reductions, once both programs have the same levels and the plan breaks nothing."""
    instance = made(tree)
    every, fewer = formulate(instance), formulate(instance, reductions=True)
    expected, found = levels_by_two(every), levels_by_two(fewer)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        assert found[0] == pytest.approx(expected[0], rel=NEAR, abs=NEAR)
        reckoning = reckon(instance, decisions_of(fewer.problem, found[1]))
        assert not reckoning.broken
    return len(every.problem.columns), len(fewer.problem.columns)


def loose_is_no_more(tree: Tree) -> tuple[int, int]:
    """Columns with and without those of a loose program, once its value is hardly less and its plan breaks nothing."""
    instance = made(tree)
    every, fewer = formulate(instance), formulate(instance, reductions=True, loose=True)
    expected, found = levels_by_two(every), levels_by_two(fewer)
    assert (expected is None) == (found is None)
    if expected is not None and found is not None:
        sign = -1.0 if every.goals[0].maximise else 1.0
        assert sign * found[0][0] <= sign * expected[0][0] + NEAR * max(1.0, abs(expected[0][0]))
        assert found[0][0] == pytest.approx(expected[0][0], rel=SPREAD)
        assert not reckon(instance, decisions_of(fewer.problem, found[1])).broken
    return len(every.problem.columns), len(fewer.problem.columns)


def least_by_two(matrix: Matrix) -> float:
    """The least value by HiGHS or SCIP, whichever says less."""
    by_highs, by_scip = highs.run(matrix, Settings(gap=0.0, threads=1, careful=True)), minimised(matrix)
    values = [float("inf") if by_highs.objective is None else by_highs.objective]
    return min([*values, *([] if by_scip is None else [float(matrix.cost @ by_scip) + matrix.offset])])


def coarse_is_no_more(tree: Tree) -> bool:
    """Whether there was a coarse program to look at; its value is then no more than that of the whole, level after
    level, each with those before it held at what the whole one reaches."""
    instance = made(tree)
    coarse = formulate(instance, coarse=True)
    if not coarse.problem.waits:
        return False
    whole = levels_by_two(formulate(instance))
    if whole is None:
        return True
    matrix = matrix_of(coarse)
    for goal, value in zip(coarse.goals, whole[0], strict=True):
        sign = -1.0 if goal.maximise else 1.0
        aim, least = goal.expression.times(sign), sign * value / goal.scale
        room = NEAR * max(1.0, abs(least))
        assert least_by_two(matrix.with_cost(aim)) <= least + room
        matrix = matrix.with_row(aim, least + goal.tolerance + goal.tolerance_share * abs(least) + room)
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
    """Proves the same where halls, modules, work, clusters and budgets meet. If broken, a level is worse.

    Who delivers decides there what a system draws, so that columns are left out of a loose program only.
    """
    fewer_are_as_good(tiny(seed))
    before, after = loose_is_no_more(tiny(seed))
    assert after < before


@pytest.mark.parametrize("seed", [4, 6, 8, 11, 15])
def test_fewer_columns_are_as_good_over_months_in_which_no_rule_looks(seed: int) -> None:
    """Proves the same, and that the coarse program is no more, where much may wait. If broken, a level is worse."""
    fewer_are_as_good(lasting(seed))
    before, after = loose_is_no_more(lasting(seed))
    assert after < before
    assert coarse_is_no_more(lasting(seed))


def test_systems_that_a_budget_wants_in_clusters_do_not_wait() -> None:
    """Proves that a cluster can be paid from the old year's money: two systems and 30 are 230.

    The target looks in February only, and of the new year's money there is 10. If broken, there is no plan.
    """
    tree = case(
        calendar={"start": "2025-11-01", "periods": 4},
        clusters={"c": {"systems": "s", "size": 2, "price": 30}},
        limits={
            "wanted": {"measure": "clusters", "at_least": 1},
            "new": {"measure": "spend", "at_most": 10, "from": "2026-01-01", "by": "2026-02-28"},
        },
    )
    found = levels_by_two(formulate(made(tree), reductions=True))
    assert found is not None
    assert found[0] == pytest.approx((230.0,))


def test_what_serves_between_two_demands_is_one_decision_of_a_coarse_program() -> None:
    """Proves which decisions are one, and what may serve by then.

    Demand in February and June, and carrying costs: of eight months each has its decision in the whole program. In the
    coarse one March to May are one, served by what is usable in June; July is served by what is usable on the last day.
    January has no demand to itself, and August, which stands for all the years to come, stays alone. A limit on the
    spending until 15 April, and one on work, leave March to May apart: what is averaged would count otherwise.
    """
    tree = case(
        calendar={"periods": 8},
        workloads={
            "w": {
                "unit": "requests/s",
                "demand": [{"from": "2025-02-01", "amount": 10}, {"from": "2025-06-01", "amount": 20}],
                "rates": {"s": {"amount": 10}},
                "transit_price_per_unit_month": {"a": 1},
            }
        },
    )
    whole, coarse = formulate(made(tree)), formulate(made(tree), coarse=True)
    assert len(whole.problem.columns.of("served")) == 7
    turns = [(list(turn.positions), f"{turn.usable_by:%m-%d}") for turn in coarse.problem.waiting.turns]
    assert turns == [
        ([0], "01-01"),
        ([1], "02-01"),
        ([2, 3, 4], "06-01"),
        ([5], "06-01"),
        ([6], "08-31"),
        ([7], "08-31"),
    ]
    assert len(coarse.problem.columns.of("served")) == 5
    paid = [[f"{day:%m-%d}" for day, _ in flow.payments] for flow in coarse.problem.flows if flow.term == "transit"]
    assert paid[:3] == [["02-28"], ["05-31"], ["06-30"]]  # three months in one are paid on the last day
    budget = {"measure": "spend", "at_most": 10**6, "by": "2025-04-15"}
    work = {"measure": "work-served", "at_least": 1}
    for limit in (budget, work):
        some = formulate(made(merged(tree, {"limits": {"l": limit}})), coarse=True).problem.waiting.turns
        assert [list(turn.positions) for turn in some] == [[month] for month in range(8)]


def test_what_comes_between_two_demands_may_serve_at_once() -> None:
    """Proves that the coarse program is no more where a second site serves from April on, before June needs it.

    Ten of work in February, twenty in June; carrying it costs 10 a month at one site and nothing at the other, whose
    systems come in April. If broken, April and May are carried at 10, and the coarse program costs 100 or 200 more.
    """
    tree = case(
        calendar={"periods": 8},
        sites={"b": {"opening_cost": 5}},
        offers={
            "o": {"sites": ["a"], "max_units": 1},
            "p": offer(sites=["b"], max_units=1, supply=[{"from": "2025-04-01", "units_per_month": 1}]),
        },
        workloads={
            "w": {
                "unit": "requests/s",
                "demand": [{"from": "2025-02-01", "amount": 10}, {"from": "2025-06-01", "amount": 20}],
                "rates": {"s": {"amount": 10}},
                "transit_price_per_unit_month": {"a": 10},
            }
        },
    )
    assert coarse_is_no_more(tree)


def test_openings_and_modules_come_last_in_a_coarse_program() -> None:
    """Proves which periods have a column: the last after which the same is there, in each window of money.

    A target on the last day of eight months, for which systems are installed on 17 August, and a limit on the spending
    until April. A site opens at once, modules take 40 days: those ordered in July are there on 10 August, those ordered
    in August not before the end. A deadline on modules leaves every month in which they can be ordered, since the last
    would be too late. If broken, a program of twenty sites has hundreds of columns that no plan needs.
    """
    tree = case(
        calendar={"periods": 8},
        systems={"s": POWERED},
        sites={"a": {"opening_cost": 5, "capacity": UNLIMITED, "modules": {"ups": {}}}},
        modules={"ups": {"provides": {"protected-power": 20}, "price": 7, "lead_days": 40}},
        offers={"o": {"acceptance_days": 14}},
        limits={"l": target(1), "m": {"measure": "spend", "at_most": 10**6, "by": "2025-04-30"}},
    )
    coarse, keys = formulate(made(tree), coarse=True), formulate(made(tree)).problem.columns.keys
    assert [key[-1] for key in keys if key[0] == "opening"] == list(range(8))
    found = [(key[0], key[-1]) for key in coarse.problem.columns.keys if key[0] in ("opening", "modules")]
    assert found == [("opening", 3), ("opening", 7), ("modules", 3), ("modules", 6)]
    late = {"stage": "signed", "by": "2025-05-31", "applies_to": "modules"}
    bound = formulate(made(merged(tree, {"deadlines": {"d": late}})), coarse=True).problem.columns.keys
    assert [key[-1] for key in bound if key[0] == "modules"] == list(range(7))


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


@pytest.mark.long
@pytest.mark.parametrize("seed", range(24, 144, 12))
def test_many_programs_over_months_in_which_no_rule_looks(seed: int) -> None:
    """Proves the same twelve times over."""
    for one in range(seed, seed + 12):
        fewer_are_as_good(lasting(one))
        coarse_is_no_more(lasting(one))
