"""Mutants of the terms that real quotes have: each breaks one thing, and a law or a worked case must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from families import (
    test_conditions,
    test_early_order,
    test_free_units,
    test_price_lists,
    test_signing_days,
    test_warranty,
)
from gpuplan.errors import InvalidInput
from gpuplan.families import FAMILIES, conditions, free_units, tier_steps
from gpuplan.instance.offers import Offer
from laws import terms
from laws.test_mutants import (
    Breaking,
    Mutant,
    dropped,
    family_law,
    flows_of,
    moved,
    of_term,
    optimum_law,
    paid,
    patch_everywhere,
    program_law,
    program_of,
    rows,
    swapped,
)
from support.builders import REMOVED, case, target

CHEAPER_LATER = case(
    offers={"o": {**terms.PRICE_LIST_STEPS["offers"]["o"], "price": REMOVED}},
    limits={"t": target(3), "u": target(1, by="2025-01-31")},
)
"""One is wanted in January at 100 and three in all, so that the order in which tiers are filled matters."""
GIVEN = case(offers={"o": {"free_units": {"buy": 2, "free": 1}, "max_units": 6}}, limits={"t": target(3)})
GIVEN_TWICE = case(offers={"o": {"free_units": {"buy": 1, "free": 2}, "max_units": 4}}, limits={"t": target(2)})
GIVEN_TIERED = case(
    offers={
        "o": {
            "free_units": {"buy": 2, "free": 1},
            "tiers": [{"from_units": 3, "discount": 0.5}],
            "max_units": 4,
        }
    },
    limits={"t": target(3)},
)


MOST_SPENT = case(
    offers={"o": {"free_units": {"buy": 2, "free": 1}, "max_units": 3}},
    limits={"t": target(3)},
    objective=[{"maximise": {"measure": "spend"}}],
)
MOST_SPENT_TWICE = case(
    offers={"o": {"free_units": {"buy": 1, "free": 2}, "max_units": 2}},
    limits={"t": target(2)},
    objective=[{"maximise": {"measure": "spend"}}],
)
"""Where more is better, a plan would rather not take what is free."""
GIVEN_ONE = case(
    calendar={"periods": 1},
    offers={"o": {"free_units": {"buy": 1, "free": 2}, "max_units": 1}},
    limits={"t": target(1)},
)


def support_of(**change: Any) -> Callable[[], Breaking]:
    """Support with other amounts or days."""
    return lambda: flows_of("pricing", of_term("support", lambda flow: paid(flow, **change)))


def one_price() -> Breaking:
    """The program books savings as if all prices were those of the first run."""
    real = tier_steps.savings

    def first(problem: Any, offer: str) -> Any:
        found = list(real(problem, offer))
        tiers = len(problem.instance.quotes[offer].tiers) + 1
        return [(units, found[number % tiers][1]) for number, (units, _) in enumerate(found)]

    return patch.object(tier_steps, "savings", first)


def without(kind: str, bound: str) -> Breaking:
    """A kind of row without one of its bounds."""

    def change(_rows: Any, _left: Any, bounds: dict[str, float]) -> bool:
        bounds.pop(bound)
        return True

    return rows(kind, change)


def anyone() -> Breaking:
    """The program lets an offer go with itself."""

    def built(problem: Any) -> None:
        with patch.object(conditions, "partners", lambda instance, _: list(instance.quotes)):
            conditions.rows(problem)

    return program_of("conditions", rows=built)


def forgiven() -> Breaking:
    """The readings take every offer to be bound no more."""
    found = replace(conditions.FAMILY, readings=lambda _: iter(()))
    return patch("gpuplan.reckoning.FAMILIES", tuple(found if one.name == "conditions" else one for one in FAMILIES))


MUTANTS = [
    Mutant("conditions: none", lambda: dropped("only_with"), terms.ONLY_WITH, family_law("conditions"), True),
    Mutant("conditions: two are wanted", lambda: moved("only_with", 1.0), terms.ONLY_WITH, family_law("conditions")),
    Mutant("conditions: one is let go", lambda: moved("only_with", -1.0), terms.ONLY_WITH, family_law("conditions")),
    Mutant("conditions: at most for at least", lambda: swapped("only_with"), terms.ONLY_WITH, family_law("conditions")),
    Mutant("conditions: with itself", anyone, terms.ONLY_WITH, family_law("conditions")),
    Mutant("conditions: not read", forgiven, terms.ONLY_WITH, program_law),
    Mutant("tier steps: one price", one_price, terms.PRICE_LIST_STEPS, program_law, True),
    Mutant("tier steps: do not add up", lambda: dropped("tier_step"), CHEAPER_LATER, optimum_law),
    Mutant("tier steps: filled in any order", lambda: dropped("step_full"), CHEAPER_LATER, optimum_law),
    Mutant("tier steps: filled unasked", lambda: dropped("step_high"), CHEAPER_LATER, optimum_law),
    Mutant("tier steps: one more", lambda: moved("tier_step", 1.0), CHEAPER_LATER, optimum_law),
    Mutant("free units: as many as one likes", lambda: dropped("free_sets"), GIVEN, optimum_law, True),
    Mutant("free units: one set too many", lambda: moved("free_sets", -3.0), GIVEN, optimum_law),
    Mutant("free units: one set too few", lambda: moved("free_sets", 3.0), terms.FREE_UNITS_ALONE, program_law),
    Mutant("free units: begun sets give all", lambda: dropped("free_most"), GIVEN_TWICE, optimum_law),
    Mutant("free units: begun sets give nothing", lambda: moved("free_least", 2.0), GIVEN_TWICE, program_law),
    Mutant("free units: due before they are", lambda: moved("free_due", -1.0), GIVEN_TWICE, program_law),
    Mutant("free units: fewer than are due", lambda: without("free_sets", "at_most"), MOST_SPENT, optimum_law, True),
    Mutant("free units: none of a set that is begun", lambda: dropped("free_least"), MOST_SPENT_TWICE, optimum_law),
    Mutant("free units: of a set that is hardly begun", lambda: dropped("free_most"), GIVEN_ONE, optimum_law),
    Mutant("free units: whether due or not", lambda: dropped("free_due"), GIVEN_ONE, optimum_law),
    Mutant("free units: at the dearest tier", lambda: dropped("tier_free"), GIVEN_TIERED, optimum_law),
    Mutant("warranty: no support", support_of(factor=0.0), terms.WARRANTY, program_law, True),
    Mutant("warranty: paid a day late", support_of(days=1), terms.WARRANTY, program_law),
    Mutant("warranty: paid twice", support_of(factor=2.0), terms.WARRANTY, program_law),
]


def firsts_only(instance: Any) -> Any:
    """Days of signing as they were: the first of each period."""
    days = tuple(period.first for period in instance.calendar.all_periods)
    return {(offer, site): days for offer in instance.quotes for site in instance.offer_sites(offer)}


SHARED: list[tuple[Callable[[], Breaking], Callable[[], None]]] = [
    (
        lambda: patch.object(Offer, "has_price_on", lambda *_: True),
        test_price_lists.test_nothing_is_signed_on_a_day_without_a_price,
    ),
    (
        lambda: patch.object(Offer, "_listed_on", lambda one, _=None: (one.prices or (one,))[0].price),
        test_price_lists.test_what_is_signed_is_paid_at_the_price_of_its_day,
    ),
    (
        lambda: patch.object(Offer, "_paid", lambda _one, listed, _signed: listed),
        test_early_order.test_what_is_signed_later_costs_the_full_price,
    ),
    (
        lambda: patch("gpuplan.instance.schema.signing_days", firsts_only),
        test_signing_days.test_a_quote_that_is_valid_within_a_month_can_be_signed,
    ),
    (
        lambda: patch_everywhere("partners", lambda instance, _: list(instance.quotes)),
        test_conditions.test_an_offer_is_bought_only_together_with_the_other,
    ),
    (
        lambda: patch_everywhere("warranties", lambda *_: ()),
        test_warranty.test_what_is_bought_again_comes_with_a_warranty,
    ),
    (
        lambda: patch.object(free_units, "saving", lambda *_: 0),
        test_free_units.test_what_is_bought_again_costs_what_was_paid,
    ),
]
"""What program and readings share, and the hand-worked test that notices."""


@pytest.mark.parametrize(("breaking", "test"), SHARED, ids=range(len(SHARED)))
def test_a_hand_worked_case_notices(breaking: Callable[[], Breaking], test: Callable[[], None]) -> None:
    """Proves that what the laws cannot see, since both sides share it, the worked cases do."""
    test()
    with pytest.raises(AssertionError), breaking():
        test()


def parameters() -> list[Any]:
    """Quick mutants by default, the others in the long run."""
    return [pytest.param(one, id=one.name, marks=() if one.quick else (pytest.mark.long,)) for one in MUTANTS]


@pytest.mark.parametrize("mutant", parameters())
def test_a_law_notices(mutant: Mutant) -> None:
    """Proves that the law holds without the mutant and is broken with it."""
    mutant.law(mutant.tree)
    with pytest.raises((AssertionError, InvalidInput)), mutant.breaking():
        mutant.law(mutant.tree)
