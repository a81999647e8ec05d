"""Two statements of what an instance means: gpuplan's formulation, and a textbook model that shares nothing with it.

The textbook model (`tests/benchmark/textbook.py`) takes dates, prices and networks of providers from the instance, and
no part of the families or of the program. Where both are solved to the end, they must agree to the last digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import pytest

import gpuplan
from benchmark.facts import MILLION
from benchmark.textbook import textbook
from benchmark.textbook_plan import decisions_of
from gpuplan.families.installation import as_soon_as_possible
from gpuplan.generator import generate
from gpuplan.instance.schema import Instance, validated
from gpuplan.ledger.decisions import Decisions
from gpuplan.plan.complete import complete
from gpuplan.plan.plan import PlanOptions
from gpuplan.plan.proof import level_of
from gpuplan.reckoning import reckon
from support.brute import best
from support.builders import Tree, case, made, offer, target
from support.tiny import listable, tiny

NEAR = 1e-6
"""Share within which two costs are the same: the tolerance of the solver's own feasibility."""
GAP = 1e-3
UNIT = 1e3
"""Of the objective here, in the reporting currency."""


@dataclass(frozen=True)
class Answer:
    """Of the textbook model: cost and bound in the reporting currency; both None when infeasible."""

    value: float | None
    bound: float | None
    decisions: Decisions | None


def solved(instance: Instance, seconds: float = 120.0, gap: float = 0.0) -> Answer:
    """The textbook model through Pyomo's interface to HiGHS, in one thread, with tight tolerances."""
    from pyomo.contrib.solver.solvers.highs import Highs

    model = textbook(instance)
    # HiGHS ends a search within 1e-6 of the objective, whatever it is counted in: in millions, dollars would be missed.
    model.cost.set_value(model.cost.expr * (MILLION / UNIT))
    tight = {"parallel": "off", "mip_feasibility_tolerance": 1e-9, "primal_feasibility_tolerance": 1e-9}
    result = Highs().solve(
        model,
        rel_gap=gap,
        abs_gap=0.0,
        time_limit=seconds,
        load_solutions=False,
        raise_exception_on_nonoptimal_result=False,
        solver_options=tight,
    )
    ended = result.termination_condition.name
    if ended == "provenInfeasible":
        return Answer(None, None, None)
    assert ended in ("convergenceCriteriaSatisfied", "maxTimeLimit"), ended
    assert result.incumbent_objective is not None, "no plan within the time"
    result.solution_loader.load_vars()
    return Answer(result.incumbent_objective * UNIT, result.objective_bound * UNIT, decisions_of(instance, model))


def findings(instance: Instance, decisions: Decisions) -> tuple[float, list[str]]:
    """Cost of a plan as gpuplan reckons it, and what its audit finds."""
    reckoning = reckon(instance, as_soon_as_possible(instance, decisions))
    zero = Decimal(0)
    levels = [level_of(instance, told, told[2], told[2], Decimal(0)) for told in reckoning.levels]
    options = PlanOptions(gap=zero, time_limit=None, threads=1, seed=0, memory_mb=None)
    plan = complete(reckoning, levels, options, {}, {}, True)
    return float(reckoning.levels[0][2]), gpuplan.audit(instance, plan)


def agree(instance: Instance) -> bool:
    """Raise AssertionError where gpuplan and the textbook differ; whether there is a plan."""
    answer, outcome = solved(instance), gpuplan.solve(instance, gap=NEAR, threads=1, explain_seconds=0)
    if answer.value is None or answer.decisions is None:
        assert outcome.status == "infeasible", outcome.status
        return False
    assert outcome.status == "optimal", f"{outcome.status}, where the textbook has a plan of {answer.value}"
    assert outcome.plan is not None
    assert outcome.bound is not None
    assert outcome.gap is not None
    assert outcome.gap <= 2 * NEAR
    slip = NEAR * abs(answer.value)
    assert float(outcome.bound) - slip <= answer.value <= float(outcome.plan.levels[0].value) + slip
    cost, wrong = findings(instance, answer.decisions)
    assert wrong == []
    assert abs(cost - answer.value) <= slip
    return True


def failures(trees: dict[int, Tree], seen: list[bool]) -> dict[int, str]:
    """By seed, where they differ; `seen` takes whether there is a plan."""
    found: dict[int, str] = {}
    for seed, tree in trees.items():
        try:
            seen.append(agree(made(tree)))
        except AssertionError as error:
            found[seed] = str(error)[:300]
    return found


@pytest.mark.parametrize("seed", [2, 3, 4, 5, 8, 12, 13, 18, 22, 26, 29, 40])
def test_gpuplan_and_the_textbook_agree_on_tiny_instances(seed: int) -> None:
    """Proves that derived bounds, tightenings and columns left out change no optimum, and that the textbook's plan
    passes the audit at its own cost. If broken, a plan called optimal is none, or a rule means two things."""
    assert agree(made(tiny(seed))) == (seed != 8)


def test_the_textbook_prices_by_hand() -> None:
    """Proves that the textbook is no copy of an error: two systems at 100 with 10 % off from two on, on the first day,
    cost 180, and a fee of 7 that only the first tier has is not owed. If broken, 187, or 200."""
    quote = {"tiers": [{"from_units": 2, "discount": 0.1}], "fee": 7}
    tree = case(offers={"o": quote}, limits={"t": target(2)})
    answer = solved(made(tree))
    assert answer.value == pytest.approx(180)
    dearer = case(offers={"o": quote, "p": offer(price=170, max_units=1)}, limits={"t": target(1)})
    assert solved(made(dearer)).value == pytest.approx(107)


def test_what_the_textbook_does_not_state_it_refuses_by_name() -> None:
    """Proves that no comparison rests on a feature left out. If broken, the textbook wins with a rule less."""
    with pytest.raises(NotImplementedError, match="rental"):
        textbook(made(case(offers={"o": {"price_per_month": 3}})))
    with pytest.raises(NotImplementedError, match="another objective"):
        textbook(made(case(objective=[{"maximise": {"measure": "systems"}}])))


def test_generated_instances_use_nothing_that_the_textbook_refuses() -> None:
    """Proves that the benchmark can state what it is run on. If broken, it ends in NotImplementedError."""
    for seed in (1, 2):
        textbook(validated(generate("S", seed)))


@pytest.mark.long
@pytest.mark.parametrize("start", range(100, 300, 20))
def test_gpuplan_and_the_textbook_agree_on_many_tiny_instances(start: int) -> None:
    """Proves the same on 200 instances; every failing seed of a batch is told."""
    seen: list[bool] = []
    assert not failures({seed: tiny(seed) for seed in range(start, start + 20)}, seen)
    assert any(seen)


@pytest.mark.long
@pytest.mark.parametrize("start", range(0, 200, 20))
def test_gpuplan_the_textbook_and_brute_force_agree(start: int) -> None:
    """Proves the same where every plan can be listed and judged by the readings alone."""
    for seed in range(start, start + 20):
        instance = made(listable(seed))
        listed, answer = best(instance), solved(instance)
        assert agree(instance) == (listed is not None), seed
        if listed is not None:
            assert answer.value == pytest.approx(float(listed[0][0]), rel=NEAR), seed


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5])
def test_intervals_overlap_on_generated_instances(seed: int) -> None:
    """Proves the same as far as it can be seen at size S within ten minutes: no bound of one is above a plan of the
    other. If broken, one of them cuts off plans that the other keeps."""
    instance = validated(generate("S", seed))
    outcome = gpuplan.solve(instance, gap=GAP, time_limit=600, threads=1, explain_seconds=0)
    answer = solved(instance, 600, GAP)
    assert outcome.plan is not None
    assert outcome.bound is not None
    assert answer.value is not None
    assert answer.bound is not None
    assert answer.decisions is not None
    value = float(outcome.plan.levels[0].value)
    assert max(float(outcome.bound), answer.bound) <= min(value, answer.value) * (1 + NEAR)
    cost, wrong = findings(instance, answer.decisions)
    assert wrong == []
    assert cost == pytest.approx(answer.value, rel=NEAR)
