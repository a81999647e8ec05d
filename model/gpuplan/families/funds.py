r"""Funds: every payment is made by funds that may make it, and no fund pays more than it has.

A fund may pay what its terms, its selection and its window say. Payments are gathered by the set $F$ of funds that may
make them on their day; what comes back (rebates, credits) is set off against them. All of them can be paid just when
for every union $T$ of such sets the payments that nobody else may make are within what these funds have together (the
condition of Hall): no fund's draws need to be decided. What no fund may pay is not to be spent at all ($T$ empty).

$$ \sum_{F \subseteq T} x^{\mathrm{claims}}_F \le \sum_{i \in T} A_i \quad \forall\, T, \qquad
x^{\mathrm{claims}}_F \ge \sum_{f:\, F_f = F} c_f, \quad x^{\mathrm{claims}}_F \ge 0 $$

| symbol | meaning | unit |
| --- | --- | --- |
| $x^{\mathrm{claims}}_F$ | paid by funds of a set, where more may come back than is paid (`claims`) | money |
| $c_f, F_f$ | a payment; the funds that may make it | money |
| $A_i$ | `amount` of a fund | money |
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.ledger.funding import Payers, claims, is_paid, payers, unions
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "funds"


def path(funds: Payers) -> str:
    """Path of what some funds pay together; of none, of what nobody may pay."""
    return ".".join(["funds", "+".join(funds)]).rstrip(".")


def rows(problem: Problem) -> None:
    """What only some funds may pay is within what they have; after every flow that is paid."""
    instance = problem.instance
    if not instance.funds:
        return
    owed: dict[Payers, Linear] = defaultdict(Linear)
    for flow in problem.flows:
        if is_paid(flow.term):
            factors: dict[Payers, float] = defaultdict(float)
            who = payers(instance, flow.term, flow.subject, [day for day, _ in flow.payments])
            for funds, (_, amount) in zip(who, flow.payments, strict=True):
                factors[funds] += amount
            for funds, factor in factors.items():
                owed[funds].plus(flow.expression, factor)
    claimed = {funds: _claim(problem, funds, money) for funds, money in owed.items()}
    for union in unions(owed, instance.funds):
        rests_on = [path(()), *(path((name,)) for name in union)]
        if not all(problem.is_on(NAME, one) for one in rests_on):
            continue
        total = Linear()
        for funds, money in claimed.items():
            if set(funds) <= set(union):
                total.plus(money)
        if total:
            key = ("funded", "+".join(union))
            there = sum(instance.funds[name].amount for name in union)
            most = problem.money.in_units(Fraction(there)) - problem.margins.get(key, 0.0)
            problem.rows.add(key, total, at_most=most)


def _claim(problem: Problem, funds: Payers, money: Linear) -> Linear:
    """What is paid by some funds: the payments themselves, or a column where more may come back than is paid."""
    if problem.upper_of(money.times(-1.0)) <= 0:
        return money
    column = problem.columns.add(("claims", "+".join(funds)), Role.CONTINUOUS)
    problem.covers[column] = money
    row = Linear([(column, 1.0)]).plus(money, -1.0)
    problem.rows.add(("claims", "+".join(funds)), row, at_least=0.0)
    return Linear([(column, 1.0)])


def readings(recount: Recount) -> Iterator[Reading]:
    """What only some funds may pay against what they have together, for every union of such funds."""
    instance = recount.instance
    if not instance.funds:
        return
    owed = {funds: max(amount, Fraction(0)) for funds, amount in claims(recount).items()}
    for union in unions(owed, instance.funds):
        used = sum((amount for funds, amount in owed.items() if set(funds) <= set(union)), Fraction(0))
        most = sum((Fraction(instance.funds[name].amount) for name in union), Fraction(0))
        detail = "payments that nobody else may make" if union else "payments that no fund may make"
        yield Reading(NAME, path(union), detail, used, "money", None, most, exact=recount.is_whole)


def sentence(instance: Instance, at: str) -> str:
    """What a fund can pay, or that funds pay everything."""
    name = at.removeprefix("funds").removeprefix(".")
    if not name:
        return "every payment is made by a fund that may make it"
    fund = instance.funds[name]
    parts = [f"fund {name} pays at most {fund.amount:,} {instance.currency}"]
    if fund.terms is not None:
        parts.append(f"for {', '.join(fund.terms)}")
    if fund.start is not None:
        parts.append(f"from {fund.start}")
    if fund.by is not None:
        parts.append(f"by {fund.by}")
    return " ".join(parts)


def repair(instance: Instance, reading: Reading) -> str:
    """How much money is missing."""
    missing = f"{float(reading.shortfall):,.2f} {instance.currency}"
    if reading.path == path(()):
        return f"{reading.path}: a fund that may pay {missing} more, by its terms and its window"
    return f"{reading.path}.amount: raise by {missing}"


FAMILY = Family(
    name=NAME,
    title="Funds",
    kind="policy",
    groups=lambda instance: [path(()), *(path((name,)) for name in instance.funds)] if instance.funds else [],
    sentence=sentence,
    repair=repair,
    rows=rows,
    readings=readings,
)
