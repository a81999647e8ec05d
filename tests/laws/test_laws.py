"""Six laws that every listed family is held to. A family is covered the day it is listed, and fails without cases."""

from __future__ import annotations

import re
import sys
from dataclasses import replace

import pytest

from gpuplan.families import FAMILIES, Family
from gpuplan.families.family import no_readings
from gpuplan.formulation import formulate
from laws.cases import ALONE, CASES, FOUND, space_of
from support.builders import Tree, made
from support.laws import (
    family_agrees,
    left_out,
    levels_by_highs,
    optimum_passes,
    plans_of,
    program_agrees,
    solvers_agree,
    tightenings_change_nothing,
)
from support.random_instances import seeded

# The program leaves open when systems are installed, so that installation has no rows: `test_calendars` is about it.
WITH_ROWS = [family for family in FAMILIES if family.name != "installation"]
each_family = pytest.mark.parametrize("family", WITH_ROWS, ids=lambda family: family.name)
EVERY_CASE = list({id(tree): tree for trees in CASES.values() for tree in trees}.values())
each_case = pytest.mark.parametrize("tree", EVERY_CASE, ids=range(len(EVERY_CASE)))


@each_family
def test_law_one_the_rows_of_a_family_keep_a_plan_just_when_its_readings_hold(family: Family) -> None:
    """Proves that rows and readings state the same rule, on plans that are feasible and plans that are not.

    No solver: columns take the values that their meaning gives them. Families that only cost have nothing to break.
    """
    kept, broken = 0, 0
    for tree in CASES[family.name]:
        # What passes a maximum is for supply to refuse; the big-Ms of the others rest on it.
        beyond = 1 if family.name == "supply" else 0
        instance, plans = plans_of(tree, space=replace(space_of(tree), beyond=beyond))
        seen = family_agrees(family, instance, plans)
        kept, broken = kept + seen.kept, broken + seen.broken
    assert kept, "no plan keeps the family"
    assert broken or family.readings is no_readings, "no plan breaks the family"


@each_family
def test_law_one_sees_every_kind_of_row(family: Family) -> None:
    """Proves that the cases are not vacuous: whatever kind of row a random instance makes, a case makes too."""
    assert kinds(family, CASES[family.name]) >= kinds(family, [seeded(seed) for seed in range(80)])


def kinds(family: Family, trees: list[Tree]) -> set[str]:
    """Kinds of rows that a family makes of some instances."""
    found = set()
    for tree in trees:
        rows = formulate(made(tree)).problem.rows
        found |= {str(key[0]) for key, name in zip(rows.keys, rows.families, strict=True) if name == family.name}
    return found


@each_case
def test_law_one_the_whole_program_keeps_a_plan_just_when_no_reading_is_broken(tree: Tree) -> None:
    """Proves that tightened bounds and big-Ms lose no plan and let none in, and that every payment is entered."""
    instance, plans = plans_of(tree, most=250, seed=1, space=space_of(tree))
    seen = program_agrees(instance, plans)
    assert seen.kept
    assert seen.broken


@each_family
def test_law_two_without_the_family_the_optimum_breaks_it_and_nothing_else(family: Family) -> None:
    """Proves that each family is needed and no other does its work; of one that only costs, that the cost differs."""
    instance = made(ALONE[family.name])
    reckoning = left_out(family, instance, whole=family.name != "supply")
    if family.kind == "cost":
        with_it = levels_by_highs(formulate(instance))
        formulation = formulate(instance, without=frozenset({family.name}))
        without_it = levels_by_highs(formulation)
        assert with_it is not None
        assert without_it is not None
        assert without_it[0][-1] < with_it[0][-1]
        assert float(reckoning.levels[-1][2]) > without_it[0][-1]
    else:
        assert {reading.family for reading in reckoning.broken} == {family.name}


@each_case
def test_law_three_the_optimum_passes_and_its_cost_terms_add_up(tree: Tree) -> None:
    """Proves that the optimum breaks no reading and that its entries are the objective, term by term."""
    assert optimum_passes(tree) is not None


@each_family
def test_law_four_the_mathematics_is_stated_with_symbols_meanings_and_units(family: Family) -> None:
    """Proves that a family's docstring has formulas and a table, whose decisions are columns that exist."""
    page = sys.modules[f"gpuplan.families.{family.name}"].__doc__ or ""
    assert "$" in page
    assert re.search(r"^\| symbol \| meaning \| unit \|$", page, re.MULTILINE)
    rows = [line for line in page.splitlines() if line.startswith("| $")]
    assert rows
    assert all(line.count("|") == 4 for line in rows if "\\|" not in line)
    named = {name for line in rows for name in re.findall(r"`([a-z_]+)`", line)}
    assert named <= columns_and_fields(), named - columns_and_fields()


@pytest.mark.parametrize("family", [one for one in FAMILIES if one.kind != "cost"], ids=lambda family: family.name)
def test_what_the_rows_of_a_family_hold_for_is_stated(family: Family) -> None:
    """Proves that a family that restricts says for which offers, sites and days. If broken, a reader guesses."""
    page = sys.modules[f"gpuplan.families.{family.name}"].__doc__ or ""
    assert re.search(r"\\forall|for all|for every", page)


def columns_and_fields() -> set[str]:
    """Names of decisions in the cases, and of the schema's fields, which a table may name too."""
    found: set[str] = set()
    for tree in EVERY_CASE:
        instance = made(tree)
        found |= {str(key[0]) for key in formulate(instance).problem.columns.keys}
        for section in (
            instance.offers,
            instance.systems,
            instance.sites,
            instance.modules,
            instance.levies,
            instance.committed.orders,
            instance.funds,
        ):
            for entity in section.values():
                found |= set(type(entity).model_fields)
        for entity in (*instance.workloads.values(), *instance.clusters.values()):
            found |= set(type(entity).model_fields)
    return found


@each_family
def test_law_four_every_rule_has_a_sentence_and_every_break_a_repair_with_a_unit(family: Family) -> None:
    """Proves that people are told what a rule demands and what would make room, in their own unit."""
    for tree in CASES[family.name]:
        instance, plans = plans_of(tree, most=40, space=space_of(tree))
        for path in family.groups(instance):
            assert len(family.sentence(instance, path)) > len(path), path
        if family.repair is None:
            continue
        from gpuplan.reckoning import reckon

        for plan in plans:
            for reading in reckon(instance, plan).broken:
                if reading.family == family.name:
                    text = family.repair(instance, reading)
                    assert re.search(r"\d", text), text
                    assert re.search(r"[a-z]", text.removeprefix(reading.path)), text


@pytest.mark.parametrize("seed", range(24))
def test_law_five_the_search_a_second_solver_and_brute_force_agree(seed: int) -> None:
    """Proves the optimum itself, on an instance small enough to list every plan."""
    solvers_agree(seeded(seed))


@pytest.mark.parametrize("name", FOUND)
def test_law_five_holds_where_it_was_once_broken(name: str) -> None:
    """Proves that what a long run has found stays found."""
    solvers_agree(FOUND[name])


def test_law_five_sees_plans_and_proofs_that_there_are_none() -> None:
    """Proves that the seeds above are not all feasible, nor all infeasible."""
    found = {levels_by_highs(formulate(made(seeded(seed)))) is None for seed in range(24)}
    assert found == {True, False}


@pytest.mark.parametrize("seed", range(24))
def test_law_one_holds_on_random_instances(seed: int) -> None:
    """Proves on random instances what law one proves on the shipped ones."""
    instance, plans = plans_of(seeded(seed), most=40, seed=seed)
    program_agrees(instance, plans)


@pytest.mark.parametrize("seed", range(40))
def test_law_six_tightenings_never_change_the_optimum(seed: int) -> None:
    """Proves that neither tightenings nor derived bounds change any level of a random instance."""
    tightenings_change_nothing(seeded(seed))


@each_case
def test_law_six_holds_on_the_shipped_cases(tree: Tree) -> None:
    """Proves the same on the cases of the families."""
    tightenings_change_nothing(tree)
