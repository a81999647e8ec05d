"""The unit of a currency decides nothing: the same instance in won, in millions of won or in thousandths is the same.

What fails becomes a tree in `laws.cases.FOUND`.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import gpuplan
from gpuplan.formulation import formulate
from gpuplan.instance.base import exactly
from gpuplan.instance.schema import Instance, validated
from gpuplan.plan.plan import Plan
from gpuplan.solver.matrix import Matrix, matrix_of
from laws.cases import CASES
from support.builders import Tree, case, made, merged, target
from support.currencies import in_units
from support.random_instances import seeded
from support.scip import levels_by_scip

INSTANCES = Path(__file__).parents[2] / "instances"
EVERY_CASE = list({id(tree): tree for trees in CASES.values() for tree in trees}.values())
POWERS = (-3, -1, 1, 3, 5, 7)
BATCH = 40


def program(instance: Instance, *, reductions: bool = True) -> list[Matrix]:
    """The matrix of every level as it is handed to a solver."""
    formulation = formulate(instance, reductions=reductions)
    matrix = matrix_of(formulation)
    return [matrix.with_cost(goal.expression) for goal in formulation.goals]


@exactly
def programs_are_the_same(tree: Tree, power: int) -> None:
    """Digit for digit: rows, bounds and costs."""
    before, after = program(made(tree)), program(made(in_units(tree, Decimal(10) ** power)))
    same(before, after)


def same(before: list[Matrix], after: list[Matrix]) -> None:
    for one, other in zip(before, after, strict=True):
        for field in ("cost", "values", "columns", "row_lower", "row_upper", "lower", "upper", "whole"):
            assert np.array_equal(getattr(one, field), getattr(other, field)), field
        assert one.offset == other.offset


def answers_are_the_same(tree: Tree, power: int, seed: int = 0) -> bool:
    """Status, decisions where the optimum is one, and values to a millionth; whether there is a plan."""
    factor = Decimal(10) ** power
    one = gpuplan.solve(made(tree), gap=0, explain_seconds=0, threads=1)
    other = gpuplan.solve(made(in_units(tree, factor)), gap=0, explain_seconds=0, threads=1, seed=seed)
    assert one.status == other.status, (one.status, other.status)
    if one.plan is None or other.plan is None:
        return False
    for mine, yours in zip(one.plan.levels, other.plan.levels, strict=True):
        size = factor if mine.unit == "money" else Decimal(1)
        assert abs(mine.reached * size - yours.reached) <= Decimal("1e-6") * max(abs(yours.reached), size), mine.name
        assert (mine.proven, yours.proven) == (True, True)
    return True


def decided(plan: Plan) -> tuple[object, ...]:
    return plan.decisions.orders, plan.decisions.modules, plan.decisions.openings, plan.decisions.installed


@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize("tree", EVERY_CASE, ids=range(len(EVERY_CASE)))
def test_every_case_gives_the_same_program_in_every_unit(tree: Tree, power: int) -> None:
    """Proves it family by family. If broken, some amount goes into the program in the currency's own unit."""
    programs_are_the_same(tree, power)


@pytest.mark.parametrize("start", range(0, 120, BATCH))
def test_random_instances_give_the_same_program_in_every_unit(start: int) -> None:
    """Proves the same where families meet, in two other units each."""
    for seed in range(start, start + BATCH):
        for power in (POWERS[seed % 6], POWERS[(seed + 3) % 6]):
            programs_are_the_same(seeded(seed), power)


@pytest.mark.parametrize("name", ["china-2026", "gulf-2026", "korea-2025", "korea-centre-2028", "university"])
@pytest.mark.parametrize("power", [-6, -3, 3])
def test_shipped_instances_give_the_same_program_in_every_unit(name: str, power: int) -> None:
    """Proves that korea-2025 reported in won, in thousands and in millions of won is one program."""

    @exactly
    def compared() -> None:
        instance = gpuplan.load(INSTANCES / f"{name}.yaml")
        other = validated(in_units(instance.model_dump(), Decimal(10) ** power))
        assert other.typical_price == instance.typical_price * Fraction(10) ** power
        same(program(instance), program(other))

    compared()


@pytest.mark.parametrize("seed", range(0, 24))
def test_random_instances_have_the_same_answer_in_every_unit(seed: int) -> None:
    """Proves status and values, with another seed of the solver in the other unit."""
    answers_are_the_same(seeded(seed), POWERS[seed % 6], seed % 4)


@pytest.mark.parametrize("power", [-3, 0, 4, 7])
def test_a_rebate_in_won(power: int) -> None:
    """Proves by hand: four at 729 M from the third on, less 5 % from 2,500 M of spend: 2,770.2 M, in any unit.

    If broken: "infeasible", since HiGHS takes the row that ties spend to its switch for kept at any price.
    """
    tree = case(
        calendar={"start": "2028-07-01", "periods": 3},
        systems={"s": {"accelerators": 4}},
        vendors={"v": {"rebates": [{"from_spend": 2_500_000_000, "rate": 0.05}]}},
        offers={"o": {"price": 810_000_000, "max_units": 7, "tiers": [{"from_units": 3, "price": 729_000_000}]}},
        limits={"t": target(4)},
    )
    outcome = gpuplan.solve(made(in_units(tree, Decimal(10) ** power)), gap=0)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert outcome.plan.cost.amount == Decimal(2_770_200_000) * Decimal(10) ** power


def test_a_soft_budget_in_won() -> None:
    """Proves by hand: 4,000 at 400 M are 1.6e12, 1.4e11 above a budget of 1.46e12: 0.0958904 of it. If broken: a
    defect, since the shortfall's weight is a coefficient of 7e-13."""
    tree = case(
        economics={"currency": "KRW"},
        offers={"o": {"price": 400_000_000, "max_units": 5000}},
        limits={
            "t": target(4000),
            "budget": {"measure": "spend", "at_most": 1_460_000_000_000, "soft": {"priority": 1}},
        },
    )
    plan = gpuplan.solve(made(tree), gap=0).plan
    assert plan is not None
    assert plan.levels[0].value == pytest.approx(Decimal(14) / Decimal(146), rel=Decimal("1e-6"))
    assert plan.cost.amount == 1_600_000_000_000


def test_amounts_that_are_too_far_apart_are_refused_by_name() -> None:
    """Proves that a fee of 1e15 beside a price of 100 is told with its path. If broken, a fee decides by rounding."""
    with pytest.raises(gpuplan.InvalidInput, match=r"offers\.o\.fee"):
        made(merged(case(), {"offers": {"o": {"fee": 10**15}}}))
    assert made(merged(case(), {"offers": {"o": {"fee": 10**13}}})) is not None


def counted(tree: Tree, factor: Decimal) -> Tree:
    """The tree with the attribute `score` of every system, and whatever limits and levels count of it, times a factor.

    A penalty for each unit of it is divided instead.
    """
    found = in_units(tree, Decimal(1))
    for system in found["systems"].values():
        if "score" in system.get("attributes", {}):
            system["attributes"]["score"] = Decimal(system["attributes"]["score"]) * factor
    for limit in found["limits"].values():
        if limit.get("attribute") == "score" and "count" not in limit:
            for bound in ("at_least", "at_most"):
                if bound in limit:
                    limit[bound] = Decimal(str(limit[bound])) * factor
            if limit.get("soft", {}).get("penalty"):
                limit["soft"]["penalty"] = Decimal(str(limit["soft"]["penalty"])) / factor
    return found


SCORED = case(
    systems={"s": {"attributes": {"score": 3}}, "z": {"accelerators": 4, "attributes": {"score": 2}}},
    offers={"o": {"price": 65}, "p": {"vendor": "v", "system": "z", "price": 40, "max_units": 5}},
    limits={"t": {"measure": "attribute", "attribute": "score", "at_least": 11}},
)


@pytest.mark.parametrize("soft", [None, {"penalty": 9}, {"priority": 1}], ids=["hard", "penalty", "priority"])
@pytest.mark.parametrize("power", [-6, -3, 0, 3, 6, 9, 12])
def test_other_measures_decide_no_more_by_their_unit(power: int, soft: Tree | None) -> None:
    """Proves by hand that 11 of 3 at 65 and 2 at 40 cost 225 (1 and 4), in thousandths or in million millions of it.

    Missed at a penalty of 9 each, 11 cost 99 and nothing is bought; by priority as much is bought as if it were hard.
    If broken, TPP or FLOPS decide by rounding.
    """
    limits = {"t": {"soft": soft}} if soft else {}
    tree = counted(merged(SCORED, {"limits": limits}), Decimal(10) ** power)
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert outcome.plan.levels[-1].value == (99 if soft and "penalty" in soft else 225)


@pytest.mark.long
@pytest.mark.parametrize("start", range(3000, 5000, 100))
def test_many_random_instances_have_the_same_answer_in_every_unit(start: int) -> None:
    """Proves the same on 2,000 instances; every failing seed of a batch is told."""
    failed: dict[int, str] = {}
    for seed in range(start, start + 100):
        try:
            answers_are_the_same(seeded(seed), POWERS[seed % 6], seed % 4)
        except AssertionError as error:
            failed[seed] = str(error)[:300]
    assert not failed


@pytest.mark.long
@pytest.mark.parametrize("name", ["korea-2025", "university", "korea-centre-2028"])
@pytest.mark.parametrize("power", [-6, -3])
def test_shipped_instances_have_the_same_plan_in_every_unit(name: str, power: int) -> None:
    """Proves that the decisions are the same, to the last unit and day."""
    instance = gpuplan.load(INSTANCES / f"{name}.yaml")
    other = validated(in_units(instance.model_dump(), Decimal(10) ** power))
    one, two = gpuplan.solve(instance), gpuplan.solve(other)
    assert one.plan is not None
    assert two.plan is not None
    assert decided(one.plan) == decided(two.plan)
    assert one.status == two.status == "optimal"


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 3000, BATCH))
def test_every_seed_and_unit_has_one_answer_and_it_is_that_of_a_second_solver(start: int) -> None:
    """Proves that all that is told is proven and one: 3,000 instances, four seeds, three units, and SCIP."""
    failed: dict[int, str] = {}
    for seed in range(start, start + BATCH):
        try:
            every_answer_is_one(seeded(seed))
        except AssertionError as error:
            failed[seed] = str(error)[:300]
    assert not failed


def every_answer_is_one(tree: Tree) -> None:
    """Every seed and unit gives the status and the values that a second solver finds on the same program."""
    second = _by_scip(made(tree))
    for power in (0, 3, 6):
        factor = Decimal(10) ** power
        instance = made(in_units(tree, factor))
        for seed in range(4):
            outcome = gpuplan.solve(instance, gap=0, explain_seconds=0, threads=1, seed=seed)
            here = (power, seed, outcome.status)
            assert outcome.status == ("infeasible" if second is None else "optimal"), here
            if second is None or outcome.plan is None:
                continue
            for level, value in zip(outcome.plan.levels, second, strict=True):
                size = factor if level.unit == "money" else Decimal(1)
                expected = Decimal(repr(value)) * size
                assert level.proven, (*here, level.name)
                room = Decimal("1e-6") * max(abs(expected), size)
                assert abs(level.reached - expected) <= room, (*here, level.name, level.reached, expected)


@exactly
def _by_scip(instance: Instance) -> tuple[float, ...] | None:
    answer = levels_by_scip(formulate(instance))
    return None if answer is None else answer[0]
