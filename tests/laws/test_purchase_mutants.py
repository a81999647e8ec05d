"""Mutants of the families of purchase: each breaks one thing, and a law or a worked case must notice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest

from families import test_funds, test_hosts, test_levies, test_lifetime, test_rental
from gpuplan.errors import InvalidInput
from gpuplan.families import approvals, funds, levies, lifetime, rental
from gpuplan.instance.units import _of_one
from gpuplan.ledger import funding
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow, Problem
from laws import purchase
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
    scaled,
    solvers_law,
    swapped,
)
from support.builders import Tree

APPROVALS, GRANTED = purchase.APPROVALS, purchase.GRANTED
COMMITMENTS, BUILT = purchase.COMMITMENTS, purchase.BUILT
RENTAL, LIFETIME, LEVIES, FUNDS = purchase.RENTAL, purchase.LIFETIME, purchase.LEVIES, purchase.FUNDS


def rent_of(term: str, **change: Any) -> Callable[[], Breaking]:
    """Flows of a term of rent with other amounts or days."""
    return lambda: flows_of("rental", of_term(term, lambda flow: paid(flow, **change)))


def life_of(term: str, **change: Any) -> Callable[[], Breaking]:
    """Flows of a term of lifetime with other amounts or days."""
    return lambda: flows_of("lifetime", of_term(term, lambda flow: paid(flow, **change)))


def levy_of(term: str, **change: Any) -> Callable[[], Breaking]:
    """Flows of a term of levies with other amounts or days."""
    return lambda: flows_of("levies", of_term(term, lambda flow: paid(flow, **change)))


def only_payments(family: str, keep: slice) -> Callable[[], Breaking]:
    """Flows keep only some of their payments."""

    def cut(flow: Flow) -> Flow:
        return replace(flow, payments=flow.payments[keep])

    return lambda: flows_of(family, cut)


def nowhere(family: str) -> Callable[[], Breaking]:
    """Flows that forget what they are for."""

    def forget(flow: Flow) -> Flow:
        return replace(flow, subject=type(flow.subject)())

    return lambda: flows_of(family, forget)


def never_committed(flow: Flow) -> Flow:
    """Committed as it is paid."""
    return replace(flow, committed=None)


def any_payer(*given: Any) -> Any:
    """The program lets every fund pay everything within its window's first day."""
    instance, _term, _subject, days = given
    return [tuple(instance.funds) for _ in days]


def windowless(*given: Any) -> Any:
    """The program forgets windows."""
    instance, term, subject, days = given
    picked = tuple(name for name, fund in instance.funds.items() if funding.picks(fund, instance, term, subject))
    return [picked for _ in days]


def ready_at_once() -> Breaking:
    """The program takes an application for an approval."""
    return patch.object(approvals, "module_ready", lambda _module, signed: signed)


def ungranted() -> Breaking:
    """The program waits for what a site has been granted."""

    def links(problem: Problem) -> None:
        with patch.object(approvals, "awaited", lambda one, module, _site: one.modules[module].after):
            approvals.links(problem)

    return program_of("approvals", links=links)


def first_only() -> Breaking:
    """The program waits for the first of several."""

    def links(problem: Problem) -> None:
        with patch.object(approvals, "awaited", lambda one, module, _site: one.modules[module].after[:1]):
            approvals.links(problem)

    return program_of("approvals", links=links)


def uncharged() -> Breaking:
    """Nothing is paid for what is cancelled."""
    return flows_of("commitments", of_term("cancellation", lambda _: None))


def refunded() -> Breaking:
    """The buyer is paid for what is cancelled."""
    return flows_of("commitments", of_term("cancellation", lambda flow: paid(flow, -1.0)))


def charged_for_all() -> Breaking:
    """The fee is paid for every unit that was committed."""
    return flows_of("commitments", lambda flow: replace(flow, expression=Linear(constant=flow.expression.constant)))


def worked(test: Callable[[], None]) -> Callable[[Tree], None]:
    """A case worked by hand, as a law."""
    return lambda _: test()


MUTANTS = [
    Mutant("commitments: nothing stays", lambda: dropped("committed"), COMMITMENTS, family_law("commitments"), True),
    Mutant("commitments: modules may go", lambda: dropped("committed"), BUILT, family_law("commitments")),
    Mutant("commitments: one more", lambda: moved("committed", 1.0), COMMITMENTS, family_law("commitments")),
    Mutant("commitments: one less", lambda: moved("committed", -1.0), BUILT, family_law("commitments")),
    Mutant("commitments: at most for at least", lambda: swapped("committed"), COMMITMENTS, family_law("commitments")),
    Mutant(
        "commitments: what stands may fall", lambda: dropped("stands"), COMMITMENTS, family_law("commitments"), True
    ),
    Mutant("commitments: stands twice", lambda: moved("stands", 1.0), COMMITMENTS, family_law("commitments")),
    Mutant("commitments: cancelled for nothing", uncharged, COMMITMENTS, program_law, True),
    Mutant("commitments: modules cancelled for nothing", uncharged, BUILT, program_law),
    Mutant("commitments: fees come back", refunded, COMMITMENTS, program_law),
    Mutant("commitments: a fee for what stays", charged_for_all, purchase.CANCELLABLE, program_law),
    Mutant("commitments: left out", lambda: program_of("commitments", rows=lambda _: None), COMMITMENTS, program_law),
    Mutant("approvals: nothing waits", lambda: dropped("after"), APPROVALS, family_law("approvals"), True),
    Mutant("approvals: one too many before it", lambda: moved("after", 1.0), APPROVALS, family_law("approvals")),
    Mutant("approvals: one too few after it", lambda: moved("after", -1.0), APPROVALS, family_law("approvals")),
    Mutant("approvals: at least for at most", lambda: swapped("after"), APPROVALS, family_law("approvals")),
    Mutant(
        "approvals: one approval for each half", lambda: scaled("after", False, 0.5), APPROVALS, family_law("approvals")
    ),
    Mutant(
        "approvals: twice the modules", lambda: scaled("after", True, 2.0), APPROVALS, family_law("approvals"), True
    ),
    Mutant("approvals: ready when applied for", ready_at_once, APPROVALS, family_law("approvals"), True),
    Mutant("approvals: never ready", lambda: scaled("after", False, 0.0), APPROVALS, family_law("approvals")),
    Mutant("approvals: grants forgotten", ungranted, GRANTED, family_law("approvals")),
    Mutant("approvals: only the first matters", first_only, GRANTED, family_law("approvals")),
    Mutant("approvals: left out", lambda: program_of("approvals", links=lambda _: None), APPROVALS, program_law),
    Mutant(
        "rental: systems for nothing",
        lambda: flows_of("rental", of_term("rental", lambda _: None)),
        RENTAL,
        program_law,
        True,
    ),
    Mutant(
        "rental: modules for nothing",
        lambda: flows_of("rental", of_term("colocation", lambda _: None)),
        RENTAL,
        program_law,
    ),
    Mutant("rental: by the year", rent_of("rental", factor=12.0), RENTAL, program_law),
    Mutant("rental: paid in advance", rent_of("rental", days=-30), RENTAL, program_law, True),
    Mutant("rental: colocation a day late", rent_of("colocation", days=1), RENTAL, program_law),
    Mutant("rental: colocation at half price", rent_of("colocation", factor=0.5), RENTAL, program_law),
    Mutant("rental: the last month free", only_payments("rental", slice(None, -1)), RENTAL, program_law),
    Mutant("rental: the first month free", only_payments("rental", slice(1, None)), RENTAL, program_law),
    Mutant(
        "rental: lots taken for systems",
        lambda: flows_of(
            "rental", of_term("rental", lambda flow: replace(flow, expression=flow.expression.times(0.5)))
        ),
        RENTAL,
        program_law,
    ),
    Mutant(
        "rental: called support",
        lambda: flows_of("rental", lambda flow: replace(flow, term="support")),
        RENTAL,
        program_law,
    ),
    Mutant("rental: left out", lambda: program_of("rental", rows=lambda _: None), RENTAL, optimum_law),
    Mutant(
        "lifetime: nothing is bought again",
        lambda: flows_of("lifetime", of_term("replacement", lambda _: None)),
        LIFETIME,
        program_law,
        True,
    ),
    Mutant(
        "lifetime: nothing is left",
        lambda: flows_of("lifetime", of_term("residual", lambda _: None)),
        LIFETIME,
        program_law,
    ),
    Mutant("lifetime: what is left is paid", life_of("residual", factor=-1.0), LIFETIME, program_law, True),
    Mutant("lifetime: a day early", life_of("replacement", days=-1), LIFETIME, program_law),
    Mutant("lifetime: residual at the end of the calendar", life_of("residual", days=-600), LIFETIME, program_law),
    Mutant("lifetime: half a price again", life_of("replacement", factor=0.5), LIFETIME, program_law),
    Mutant(
        "lifetime: lots taken for systems",
        lambda: flows_of("lifetime", lambda flow: replace(flow, expression=flow.expression.times(0.5))),
        LIFETIME,
        program_law,
    ),
    Mutant(
        "lifetime: residual is money spent",
        lambda: flows_of("lifetime", of_term("residual", lambda flow: replace(flow, term="rebates"))),
        LIFETIME,
        program_law,
    ),
    Mutant("lifetime: bought again at another currency", life_of("replacement", factor=1.5), LIFETIME, program_law),
    Mutant("lifetime: left out", lambda: program_of("lifetime", rows=lambda _: None), LIFETIME, optimum_law),
    Mutant(
        "levies: none on capital",
        lambda: flows_of("levies", of_term("capital-levies", lambda _: None)),
        LEVIES,
        program_law,
        True,
    ),
    Mutant(
        "levies: none on operation",
        lambda: flows_of("levies", of_term("operating-levies", lambda _: None)),
        LEVIES,
        program_law,
    ),
    Mutant("levies: twice", levy_of("capital-levies", factor=2.0), LEVIES, program_law),
    Mutant("levies: paid back", levy_of("capital-levies", factor=-1.0), LEVIES, program_law),
    Mutant("levies: due at once", levy_of("capital-levies", days=-15), LEVIES, program_law, True),
    Mutant("levies: nothing comes back", only_payments("levies", slice(0, 1)), LEVIES, program_law),
    Mutant("levies: only what comes back", only_payments("levies", slice(1, None)), LEVIES, program_law),
    Mutant(
        "levies: capital for operation",
        lambda: flows_of("levies", of_term("capital-levies", lambda flow: replace(flow, term="operating-levies"))),
        LEVIES,
        program_law,
    ),
    Mutant(
        "levies: committed as they are paid",
        lambda: flows_of("levies", of_term("capital-levies", never_committed)),
        LEVIES,
        program_law,
    ),
    Mutant(
        "levies: on everybody",
        lambda: patch.object(levies, "picks", lambda levy, _one, term, _for: term in levy.terms),
        LEVIES,
        worked(test_levies.test_a_credit_comes_back_for_what_it_selects),
    ),
    Mutant("levies: left out", lambda: program_of("levies", rows=lambda _: None), LEVIES, optimum_law),
    Mutant("funds: no rule", lambda: dropped("funded"), FUNDS, family_law("funds"), True),
    Mutant("funds: one more of everything", lambda: moved("funded", 30.0), FUNDS, family_law("funds")),
    Mutant("funds: one less of everything", lambda: moved("funded", -30.0), FUNDS, family_law("funds")),
    Mutant("funds: at least for at most", lambda: swapped("funded"), FUNDS, family_law("funds")),
    Mutant("funds: claims are free", lambda: dropped("claims"), purchase.TOO_LITTLE, solvers_law),
    Mutant("funds: half of what is paid counts", lambda: scaled("funded", True, 0.5), FUNDS, family_law("funds"), True),
    Mutant(
        "funds: everybody pays everything", lambda: patch.object(funds, "payers", any_payer), FUNDS, family_law("funds")
    ),
    Mutant(
        "funds: windows forgotten", lambda: patch.object(funds, "payers", windowless), FUNDS, family_law("funds"), True
    ),
    Mutant(
        "funds: penalties are paid",
        lambda: patch.object(funds, "is_paid", lambda term: term != "purchase"),
        purchase.ONE_FUND,
        family_law("funds"),
    ),
    Mutant(
        "funds: rebates are lost",
        lambda: patch.object(funds, "is_paid", lambda term: term != "rebates"),
        purchase.PAID_BACK,
        family_law("funds"),
    ),
]


def all_hosts() -> Breaking:
    """Measures that count what hosts keep, in the program and in the readings."""
    return patch_everywhere("worth", lambda measured, one, system, offer: _of_one(measured, one, system, offer))


def without_term() -> Breaking:
    """Rent that forgets minimum terms, in the program and in the entries."""
    return patch.object(rental, "term_end", lambda first, _months: first)


def from_signing() -> Breaking:
    """Lives that begin a month early."""
    real = lifetime.lives

    def early(one: Any, bought: Any, first: Any, price: Fraction | None = None) -> Any:
        return real(one, bought, first - timedelta(days=10), price)

    return patch.object(lifetime, "lives", early)


def undated() -> Breaking:
    """Levies at their last rate, whatever the day."""
    real = levies.levied

    def last(levy: Any, day: Any, amount: Fraction) -> Any:
        flat = levy.model_copy(update={"rate": (levy.rate[-1].model_copy(update={"start": day}),)})
        return real(flat, day, amount)

    return patch.object(levies, "levied", last)


def open_windows() -> Breaking:
    """Funds that pay on any day, for the program and for the readings."""
    return patch_everywhere("payers", windowless)


def each_alone() -> Breaking:
    """Funds that are looked at one by one, for the program and for the readings."""
    return patch.object(funds, "unions", lambda sets, _: [one for one in sets if len(one) < 2])


SHARED: list[tuple[Callable[[], Breaking], Callable[[], None]]] = [
    (all_hosts, test_hosts.test_a_target_counts_the_buyers_part_alone),
    (without_term, test_rental.test_a_minimum_term_is_owed_though_the_calendar_ends_sooner),
    (from_signing, test_lifetime.test_a_life_begins_when_the_lot_is_installed),
    (undated, test_levies.test_the_rate_is_that_of_the_day_of_the_payment),
    (each_alone, test_funds.test_a_payment_may_be_shared_but_not_be_made_by_money_that_others_need),
    (open_windows, test_funds.test_a_fund_pays_only_within_its_window),
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
