"""The laws as functions: each raises AssertionError with the plan or instance that breaks it.

Tests call them on the package as it is; the mutants call them on the package with something broken in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from math import isinf
from unittest.mock import patch

import numpy as np

import gpuplan.formulation
from gpuplan.extraction import decisions_of
from gpuplan.families import FAMILIES, Family
from gpuplan.formulation import Formulation, formulate
from gpuplan.instance.rentals import is_there
from gpuplan.instance.schema import Instance
from gpuplan.ledger.decisions import Decisions
from gpuplan.ledger.recount import Recount
from gpuplan.program.columns import Columns, Key
from gpuplan.program.problem import Group, Problem
from gpuplan.program.propagation import tighten_columns
from gpuplan.program.rows import Rows
from gpuplan.reckoning import Reckoning, reckon
from gpuplan.solver import highs
from gpuplan.solver.matrix import Floats, matrix_of
from gpuplan.solver.result import Settings, Termination
from gpuplan.solver.search import Search
from support.brute import Space, best, sampled
from support.builders import Tree, made
from support.meaning import Meaning
from support.scip import levels_by_scip

NEAR = 1e-6
WILD = Space(beyond=1, wild=True)


def _generous(columns: Columns, rows: Rows) -> None:
    """In place of the bounds that follow from rows: none where the data give one, else several times as much."""
    given = list(columns.upper)
    tighten_columns(columns, rows)
    columns.upper = [
        tight if isinf(tight) else 4 * tight + 10 if isinf(bound) else bound
        for bound, tight in zip(given, columns.upper, strict=True)
    ]


@contextmanager
def loose() -> Iterator[None]:
    """Columns keep the bounds that the data give, or a generous one: hardly anything is derived from rows."""
    with patch.object(gpuplan.formulation, "tighten_columns", _generous):
        yield


@dataclass
class Seen:
    """What a law has seen, so that it cannot pass by seeing nothing."""

    kept: int = 0
    broken: int = 0
    kinds: set[str] = field(default_factory=set)


# Law 1


def absent(problem: Problem, decisions: Decisions) -> list[Key]:
    """Parts of a plan that have no column."""
    period = {day: number for number, day in problem.days.items()}
    state = {day: number for number, day in enumerate(problem.states)}
    keys: list[Key] = [
        ("orders", line.offer, line.site, period[line.signed], *([line.route] if line.route else []))
        for line in decisions.orders
    ]
    for line in decisions.installed:
        if line.units:
            following = [one.day for one in decisions.installed if (one.offer, one.site) == (line.offer, line.site)]
            until = min((state[day] for day in following if day > line.day), default=len(state))
            there = [number for number in range(state[line.day], until) if is_there(line.offer, problem.states[number])]
            keys += [("installed", line.offer, line.site, number) for number in there]
    keys += [("modules", line.module, line.site, period[line.signed]) for line in decisions.modules]
    keys += [("opening", line.site, period[line.decided]) for line in decisions.openings]
    recount = Recount(problem.instance, decisions)
    keys += [("served", *key, n) for key, systems in recount.served.items() for n, one in enumerate(systems) if one]
    for place, formed in recount.clusters.items():
        keys += [("clusters", *place, number) for number, one in enumerate(formed) if any(one)]
    strays = [line for line in decisions.clusters if line.day not in state]
    keys += [("clusters", line.cluster, line.system, line.site, str(line.day)) for line in strays]
    odd = [line for line in decisions.served if line.day not in recount.serving_days]
    keys += [("served", line.workload, line.system, line.site, str(line.day)) for line in odd]
    return [key for key in keys if problem.columns.get(*key) is None]


OWNER = {"orders": "supply", "installed": "supply", "modules": "facility", "opening": "siting", "site_open": "siting"}
OWNER |= {"served": "workloads", "clusters": "clusters", "joined": "clusters"}
"""The family whose bounds a column's are, before any are derived."""


def broken_rows(problem: Problem, point: list[float]) -> list[int]:
    """Rows that a point does not keep."""
    found = []
    for index in range(len(problem.rows)):
        activity = sum(point[column] * coefficient for column, coefficient in problem.rows.row(index))
        room = NEAR * max(1.0, abs(activity))
        if not problem.rows.lower[index] - room <= activity <= problem.rows.upper[index] + room:
            found.append(index)
    return found


def out_of_bounds(problem: Problem, point: list[float]) -> list[Key]:
    """Columns whose value passes their bounds."""
    columns = problem.columns
    return [
        columns.keys[index]
        for index, value in enumerate(point)
        if not columns.lower[index] - NEAR <= value <= columns.upper[index] + NEAR * max(1.0, abs(value))
    ]


def family_agrees(family: Family, instance: Instance, plans: Iterable[Decisions]) -> Seen:
    """The family's own rows and data bounds keep a plan just when its readings hold."""
    seen = Seen()
    with loose():
        problem = formulate(instance, tightenings=False).problem
    own = {index for index, name in enumerate(problem.rows.families) if name == family.name}
    seen.kinds = {str(problem.rows.keys[index][0]) for index in own}
    for plan in plans:
        reckoning = reckon(instance, plan)
        failed = [reading for reading in reckoning.broken if reading.family == family.name]
        if [key for key in absent(problem, plan) if OWNER[str(key[0])] != family.name and not failed]:
            continue  # what another family leaves no column for is not for this one to judge
        point = Meaning(reckoning.recount).point(problem)
        rows = [problem.rows.keys[index] for index in broken_rows(problem, point) if index in own]
        rows += [key for key in out_of_bounds(problem, point) if OWNER.get(str(key[0])) == family.name]
        rows += absent(problem, plan)
        told = f"{plan.model_dump_json(exclude_defaults=True)}\nrows: {rows}\nreadings: {failed}"
        assert bool(rows) == bool(failed), f"{family.name} disagrees on {told}"
        seen.broken += bool(failed)
        seen.kept += not failed
    return seen


def useless(reckoning: Reckoning, missing: list[Key]) -> bool:
    """Whether all that has no column are openings and modules where nothing stands: waste, that no rule forbids."""
    used = {site for (_, site), units in reckoning.recount.installed.items() if max(units, default=0)}
    places = [key[2] if key[0] == "modules" else key[1] for key in missing if key[0] in ("modules", "opening")]
    return bool(missing) and len(places) == len(missing) and not used & set(places)


def without_waiting(reckoning: Reckoning) -> Reckoning:
    """A reckoning without what is said of systems that wait: the program leaves open when they are installed."""
    return replace(reckoning, readings=tuple(one for one in reckoning.readings if one.family != "installation"))


def program_agrees(instance: Instance, plans: Iterable[Decisions]) -> Seen:
    """All rows and the tightened bounds keep a plan just when no reading is broken; then costs agree term by term."""
    seen = Seen()
    formulation = formulate(instance)
    problem = formulation.problem
    for plan in plans:
        reckoning = without_waiting(reckon(instance, plan))
        if not reckoning.broken and useless(reckoning, absent(problem, plan)):
            continue
        point = Meaning(reckoning.recount).point(problem)
        broken: list[object] = [problem.rows.keys[index] for index in broken_rows(problem, point)]
        broken += absent(problem, plan) + out_of_bounds(problem, point)
        told = f"{plan.model_dump_json(exclude_defaults=True)}\nrows: {broken}\nreadings: {reckoning.broken}"
        assert bool(broken) == bool(reckoning.broken), f"the program disagrees on {told}"
        seen.broken += bool(broken)
        if not broken:
            seen.kept += 1
            money_agrees(formulation, reckoning, point)
    return seen


def money_agrees(formulation: Formulation, reckoning: Reckoning, point: list[float]) -> None:
    """Flows of the program and entries of the recount are the same money: by term, day, and discounted in all."""
    flows: dict[tuple[str, object], float] = defaultdict(float)
    for flow in formulation.problem.flows:
        amount = flow.expression.value(point)
        for day, factor in flow.payments:
            flows[flow.term, day] += amount * factor * float(formulation.problem.money.unit)
    for entry in reckoning.recount.entries:
        flows[entry.term, entry.day] -= float(entry.amount)
    wrong = {key: amount for key, amount in flows.items() if abs(amount) > 1e-4}
    assert not wrong, f"flows less entries: {wrong} in {reckoning.recount.decisions}"
    for goal, (_, _, value) in zip(formulation.goals, reckoning.levels, strict=True):
        mine = goal.expression.value(point) * goal.scale
        assert abs(mine - float(value)) <= 1e-5 * max(1.0, abs(mine)), f"{goal.name}: {mine} against {value}"


# Laws 2, 3 and 6


def levels_by_highs(formulation: Formulation, *, in_program: bool = False) -> tuple[tuple[float, ...], Floats] | None:
    """Value of each level and a point that reaches the last, by HiGHS without starts; None when infeasible.

    Values are in the levels' own units, or in the program's.
    """
    matrix = matrix_of(formulation)
    found: list[float] = []
    values: Floats | None = None
    for goal in formulation.goals:
        sign = -1.0 if goal.maximise else 1.0
        aim = goal.expression.times(sign)
        result = highs.run(matrix.with_cost(aim), Settings(gap=0.0, threads=1))
        if result.termination is Termination.INFEASIBLE:
            # HiGHS's presolve has called programs infeasible that have a plan, the coarse one of tiny(139) among them.
            result = highs.run(matrix.with_cost(aim), Settings(gap=0.0, threads=1, careful=True))
        if result.values is None:
            assert result.termination is Termination.INFEASIBLE, result.termination
            return None
        values = np.where(matrix.whole, np.round(result.values), result.values)
        value = float(result.objective or 0.0)
        found.append(sign * value * (1.0 if in_program else goal.scale))
        room = goal.tolerance + goal.tolerance_share * abs(value) + 1e-7 * max(1.0, abs(value))
        matrix = matrix.with_row(aim, value + room)
    assert values is not None
    return tuple(found), values


def levels_by_two(formulation: Formulation) -> tuple[tuple[float, ...], Floats] | None:
    """The better of what HiGHS and SCIP say: either has called best what is dearer, the coarse program of tiny(21) at
    twice its value by HiGHS 1.16.0 among them, and neither makes up a point."""
    by_highs, by_scip = levels_by_highs(formulation), levels_by_scip(formulation)
    if by_highs is None or by_scip is None:
        return by_scip if by_highs is None else by_highs
    for goal, one, other in zip(formulation.goals, by_highs[0], by_scip[0], strict=True):
        if abs(one - other) > NEAR * max(1.0, abs(one)):
            return by_highs if (one < other) != goal.maximise else by_scip
    return by_highs


def left_out(family: Family, instance: Instance, *, whole: bool) -> Reckoning:
    """The reckoning of the optimum without a family: left out as a whole, or every rule of it switched off."""
    groups = frozenset(Group(family.name, path) for path in family.groups(instance))
    formulation = formulate(instance, without=frozenset({family.name})) if whole else formulate(instance, off=groups)
    found = levels_by_highs(formulation)
    assert found is not None, f"without {family.name} there is no plan at all"
    return reckon(instance, decisions_of(formulation.problem, found[1]))


def optimum_passes(tree: Tree) -> Reckoning | None:
    """The optimum breaks no reading; its flows are its entries; its levels are what the search says."""
    instance = made(tree)
    result = Search(Settings(gap=0.0)).run(instance)
    if result.values is None:
        return None
    reckoning = reckon(instance, decisions_of(result.formulation.problem, result.values))
    assert not reckoning.broken, reckoning.broken
    goal, (_, _, value) = result.formulation.goals[-1], reckoning.levels[-1]
    mine = goal.expression.value([float(one) for one in result.values]) * goal.scale
    assert abs(mine - float(value)) <= 1e-6 * max(1.0, abs(mine)), f"{goal.name}: {mine} against {value}"
    terms: dict[str, float] = defaultdict(float)
    for flow in result.formulation.problem.flows:
        amount = flow.expression.value([float(one) for one in result.values])
        unit = float(result.formulation.problem.money.unit)
        terms[flow.term] += amount * sum(factor for _, factor in flow.payments) * unit
    for entry in reckoning.recount.entries:
        terms[entry.term] -= float(entry.amount)
    if any(level.minimise == "cost" for level in instance.objective[-1:]):
        wrong = {term: amount for term, amount in terms.items() if abs(amount) > 1e-4}
        assert not wrong, f"flows less entries: {wrong}"
    return reckoning


def tightenings_change_nothing(tree: Tree) -> None:
    """The optimum is the same with tightenings, without them, and with the loose bounds of the data."""
    instance = made(tree)
    tight = levels_by_highs(formulate(instance))
    plain = levels_by_highs(formulate(instance, tightenings=False))
    with loose():
        free = levels_by_highs(formulate(instance, tightenings=False))
    for other in (plain, free):
        assert (tight is None) == (other is None)
        if tight is not None and other is not None:
            assert_same(tight[0], other[0])


# Law 5


def assert_same(one: Iterable[float], other: Iterable[float]) -> None:
    """Levels agree to what money is entered in."""
    pairs = list(zip(one, other, strict=True))
    assert all(abs(a - b) <= 1e-5 * max(1.0, abs(a)) for a, b in pairs), pairs


def solvers_agree(tree: Tree) -> bool:
    """The search, SCIP and the list of all plans agree on feasibility and on every level; whether it is feasible."""
    instance = made(tree)
    listed = best(instance)
    result = Search(Settings(gap=0.0)).run(instance)
    second = levels_by_scip(result.formulation)
    assert (result.values is None) == (listed is None), f"search: {result.termination}, listed: {listed}"
    assert (second is None) == (listed is None), f"SCIP: {second}, listed: {listed}"
    if listed is None or second is None or result.values is None:
        return False
    wanted = [float(value) for value in listed[0]]
    assert_same(wanted, second[0])
    assert_same(wanted, [float(level.value or 0.0) for level in result.levels])
    reckoning = reckon(instance, decisions_of(result.formulation.problem, result.values))
    assert not reckoning.broken, reckoning.broken
    return True


def plans_of(tree: Tree, most: int = 250, seed: int = 0, space: Space = WILD) -> tuple[Instance, list[Decisions]]:
    """An instance with plans of it, feasible and not."""
    instance = made(tree)
    return instance, sampled(instance, most, seed, space)


def family_named(name: str) -> Family:
    """A family of the list."""
    return next(family for family in FAMILIES if family.name == name)
