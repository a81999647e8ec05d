r"""Funds: every payment is made by funds that may make it, and no fund pays on a day what it does not have then.

A fund may pay what its terms, its selection and its window say. Payments are gathered by the set $F$ of funds that may
make them on their day; what has come back by a day (rebates, credits, recovered tax) is set off against them. All of
them can be paid by a day just when for every union $T$ of such sets the payments that nobody else may make are within
what these funds have together (the condition of Hall): no fund's draws need to be decided. What no fund may pay is not
to be spent at all ($T$ empty). The days that matter are those before something comes back, and the last.

$$ \sum_{F \subseteq T} x^{\mathrm{claims}}_{Fd} \le \sum_{i \in T} A_i \quad \forall\, T, d, \qquad
x^{\mathrm{claims}}_{Fd} \ge \sum_{f:\, F_f = F,\, d_f \le d} c_f, \quad x^{\mathrm{claims}}_{Fd} \ge 0 $$

| symbol | meaning | unit |
| --- | --- | --- |
| $x^{\mathrm{claims}}_{Fd}$ | paid by funds of a set by a day, where more may come back (`claims`) | money |
| $c_f, F_f, d_f$ | a payment; the funds that may make it; its day | money, , day |
| $A_i$ | `amount` of a fund | money |
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.ledger.funding import Payers, claims_by_day, is_paid, payers, unions
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
    found: dict[date, dict[Payers, Linear]] = defaultdict(lambda: defaultdict(Linear))
    returns = sorted({day for flow in problem.flows if is_paid(flow.term) for day, paid in flow.payments if paid < 0})
    # What is paid from one such day to the day before the next; the last has no end.
    starts = [date.min, *returns]
    for flow in problem.flows:
        if is_paid(flow.term):
            factors: dict[tuple[date, Payers], float] = defaultdict(float)
            who = payers(instance, flow.term, flow.subject, [day for day, _ in flow.payments])
            for funds, (day, amount) in zip(who, flow.payments, strict=True):
                factors[starts[bisect_right(starts, day) - 1], funds] += amount
            for (start, funds), factor in factors.items():
                found[start][funds].plus(flow.expression, factor)
    owed: dict[Payers, Linear] = {}
    for number, start in enumerate(starts):
        for funds, money in found[start].items():
            owed[funds] = Linear().plus(owed.get(funds, Linear())).plus(money)
        last = number == len(starts) - 1
        _funded(problem, owed, () if last else (f"{starts[number + 1] - timedelta(days=1)}",))


def _funded(problem: Problem, owed: Mapping[Payers, Linear], day: tuple[str, ...]) -> None:
    """What only some funds may have paid by a day is within what they have; at last, where no day is named."""
    instance = problem.instance
    claimed = {funds: _claim(problem, funds, money, day) for funds, money in owed.items()}
    for union in unions(owed, instance.funds):
        rests_on = [path(()), *(path((name,)) for name in union)]
        if not all(problem.is_on(NAME, one) for one in rests_on):
            continue
        total = Linear()
        for funds, money in claimed.items():
            if set(funds) <= set(union):
                total.plus(money)
        if total:
            key = ("funded", "+".join(union), *day)
            there = sum(instance.funds[name].amount for name in union)
            most = problem.money.in_units(Fraction(there)) - problem.margins.get(key, 0.0)
            problem.rows.add(key, total, at_most=most)


def _claim(problem: Problem, funds: Payers, money: Linear, day: tuple[str, ...]) -> Linear:
    """What is paid by some funds: the payments themselves, or a column where more may come back than is paid."""
    if problem.upper_of(money.times(-1.0)) <= 0:
        return money
    column = problem.columns.add(("claims", "+".join(funds), *day), Role.CONTINUOUS)
    problem.covers[column] = money
    row = Linear([(column, 1.0)]).plus(money, -1.0)
    problem.rows.add(("claims", "+".join(funds), *day), row, at_least=0.0)
    return Linear([(column, 1.0)])


def readings(recount: Recount) -> Iterator[Reading]:
    """What only some funds may have paid by the day on which it is most, against what they have together."""
    instance = recount.instance
    if not instance.funds:
        return
    by_day = claims_by_day(recount)
    sets = dict.fromkeys(funds for _, owed in by_day for funds in owed)
    for union in unions(sets, instance.funds):
        used, last = max(
            ((_owed_by(owed, union), day) for day, owed in by_day), default=(Fraction(0), instance.calendar.end)
        )
        most = sum((Fraction(instance.funds[name].amount) for name in union), Fraction(0))
        detail = "payments that nobody else may make" if union else "payments that no fund may make"
        if used and last != by_day[-1][0]:
            detail += f", by {last}"
        yield Reading(NAME, path(union), detail, used, "money", None, most, exact=recount.is_whole)


def _owed_by(owed: Mapping[Payers, Fraction], union: Payers) -> Fraction:
    return sum((max(amount, Fraction(0)) for funds, amount in owed.items() if set(funds) <= set(union)), Fraction(0))


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
