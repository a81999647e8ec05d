"""What funds may pay which payments of a plan, and what each pays."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject, picks
from gpuplan.instance.rules import CAPEX, OPEX
from gpuplan.ledger.entries import rounded

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount

Payers = tuple[str, ...]
"""Ids of the funds that may pay something, in the instance's order."""


def payers(instance: Instance, term: str, subject: Subject, days: Iterable[date]) -> list[Payers]:
    """The funds that may pay a cost term for a subject, on each of some days."""
    picked = {name: fund for name, fund in instance.funds.items() if picks(fund, instance, term, subject)}
    return [tuple(name for name, fund in picked.items() if fund.pays_on(day)) for day in days]


def is_paid(term: str) -> bool:
    """Whether somebody pays a cost term: penalties and residual values are nobody's money."""
    return term in CAPEX or term in OPEX


def claims_by_day(recount: Recount) -> list[tuple[date, dict[Payers, Fraction]]]:
    """(day, what is to be paid by then, by who may pay it) of every payment; below zero where more has come back."""
    paid: dict[date, dict[Payers, Fraction]] = defaultdict(lambda: defaultdict(Fraction))
    for one in recount.entries:
        if is_paid(one.term):
            paid[one.day][payers(recount.instance, one.term, one.subject, [one.day])[0]] += one.exact
    found: list[tuple[date, dict[Payers, Fraction]]] = []
    owed: dict[Payers, Fraction] = {}
    for day in sorted(paid):
        for funds, amount in paid[day].items():
            owed[funds] = owed.get(funds, Fraction(0)) + amount
        found.append((day, dict(owed)))
    return found


def peaks(recount: Recount) -> dict[Payers, Fraction]:
    """The most that is to be paid by any day, by who may pay it."""
    found: dict[Payers, Fraction] = {}
    for _, owed in claims_by_day(recount):
        for funds, amount in owed.items():
            found[funds] = max(found.get(funds, Fraction(0)), amount)
    return found


def unions(sets: Iterable[Payers], order: Iterable[str]) -> list[Payers]:
    """Every union of some of these sets of funds, the empty one first, each in the instance's order."""
    found: set[frozenset[str]] = {frozenset()}
    for one in sets:
        found |= {frozenset(one) | other for other in found}
    names = list(order)
    ordered = [tuple(name for name in names if name in one) for one in found]
    return sorted(ordered, key=lambda one: (len(one), one))


def drawn(amounts: Mapping[str, Fraction], owed: Mapping[Payers, Fraction]) -> dict[Payers, dict[str, Fraction]]:
    """What each fund pays of each claim: all of it, where that can be; a maximum flow by shortest paths.

    Funds pay in their order, as long as others need not be kept for them.
    """
    left = dict(amounts)
    paid: dict[Payers, dict[str, Fraction]] = {claim: {name: Fraction(0) for name in claim} for claim in owed}
    for claim, amount in owed.items():
        rest = amount
        while rest > 0:
            path = _path(claim, left, paid)
            if path is None:
                break
            step = min([rest, left[path[-1][1]], *(paid[onto][name] for name, onto in _given_up(path))])
            for here, name in path:
                paid[here][name] += step
            for name, onto in _given_up(path):
                paid[onto][name] -= step
            left[path[-1][1]] -= step
            rest -= step
    return paid


Path = list[tuple[Payers, str]]


def _given_up(path: Path) -> list[tuple[str, Payers]]:
    """(fund, claim) that lose on a path: a claim that takes a fund from the next claim."""
    return [(name, onto) for (_, name), (onto, _) in itertools.pairwise(path)]


def _path(claim: Payers, left: Mapping[str, Fraction], paid: Mapping[Payers, Mapping[str, Fraction]]) -> Path | None:
    """The shortest chain from a claim to a fund with something left: each claim takes what the next gives up."""
    waiting: list[tuple[Payers, Path]] = [(claim, [])]
    seen = set()
    while waiting:
        here, path = waiting.pop(0)
        for name in here:
            if name in seen:
                continue
            seen.add(name)
            longer = [*path, (here, name)]
            if left[name] > 0:
                return longer
            waiting += [(other, longer) for other, parts in paid.items() if parts.get(name, 0) > 0]
    return None


def cash_by_fund(recount: Recount) -> dict[int, dict[str, Decimal]]:
    """What each fund pays in each fiscal year; in every year the same shares of what several may pay.

    The shares are those in which the funds can pay the most that is ever to be paid.
    """
    instance = recount.instance
    owed = peaks(recount)
    amounts = {name: Fraction(fund.amount) for name, fund in instance.funds.items()}
    paid = drawn(amounts, owed)
    yearly: dict[tuple[Payers, int], Fraction] = defaultdict(Fraction)
    for one in recount.entries:
        if is_paid(one.term):
            who = payers(instance, one.term, one.subject, [one.day])[0]
            yearly[who, instance.calendar.fiscal_year(one.day)] += Fraction(one.amount)
    found: dict[int, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys(instance.funds, Decimal(0)))
    for who in owed:
        years = sorted(year for claim, year in yearly if claim == who)
        shares = [paid[who][name] / owed[who] if owed[who] > 0 else Fraction(0) for name in who]
        if who:
            shares[-1] = 1 - sum(shares[:-1], Fraction(0))
        # Running totals over years and over funds are rounded, so that neither sum is off by the rounding of its parts.
        before, so_far = [Decimal(0)] * (len(who) + 1), Fraction(0)
        for year in years:
            so_far += yearly[who, year]
            totals = [rounded(so_far * sum(shares[:number], Fraction(0))) for number in range(len(who) + 1)]
            for number, name in enumerate(who):
                found[year][name] += totals[number + 1] - totals[number] - before[number + 1] + before[number]
            before = totals
    return dict(found)
