r"""Levies: taxes, duties and credits as rates on the payments of some cost terms.

Every payment of a term that a levy names, for what it selects, brings a payment of the levy so many days later, at the
rate of the day of the payment; a credit is paid back instead. A share of a tax may come back, as input VAT does. Levies
on capital terms are `capital-levies`, those on operating terms `operating-levies`; none is levied on another.

$$ \mathrm{levies} = \sum_{l} \sum_{f:\, l \in L_f} \pm \rho_l(d_f)\, c_f\, (1 - \sigma_l) $$

| symbol | meaning | unit |
| --- | --- | --- |
| $c_f, d_f$ | a payment and its day | money, day |
| $L_f$ | levies that name its term and select what it is for | |
| $\rho_l$ | `rate`, which may be above 1 | |
| $\sigma_l$ | `recovered_share`, which comes back later | |
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import picks
from gpuplan.instance.rules import CAPEX, OPEX
from gpuplan.ledger.entries import Entry, entry
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.funding import Levy
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "levies"
RUNNING = OPEX | {"replacement"}
"""Cost terms that are committed as they are paid."""


def term_of(term: str) -> str:
    """The cost term of what is levied on a cost term."""
    return "capital-levies" if term in CAPEX else "operating-levies"


def levied(levy: Levy, day: date, amount: Fraction) -> list[tuple[date, Fraction]]:
    """(day, amount) of what a levy makes of one payment: what is paid, then what of it comes back."""
    owed = amount * Fraction(levy.rate_on(day)) * (-1 if levy.kind == "credit" else 1)
    due = day + timedelta(days=levy.days_after)
    back = due + timedelta(days=levy.recovered_days_after)
    both = [(due, owed), (back, -owed * Fraction(levy.recovered_share))]
    return [(paid, part) for paid, part in both if part]


def rows(problem: Problem) -> None:
    """A flow for every levy on every flow so far; levies come after all that they are on."""
    for flow in tuple(problem.flows):
        for levy in problem.instance.levies.values():
            if picks(levy, problem.instance, flow.term, flow.subject):
                payments = _payments(levy, flow.payments)
                if payments:
                    term = term_of(flow.term)
                    problem.flows.append(Flow(term, flow.committed, flow.subject, flow.expression, payments))


def _payments(levy: Levy, payments: Iterable[tuple[date, float]]) -> tuple[tuple[date, float], ...]:
    return tuple(
        (day, float(amount)) for paid, factor in payments for day, amount in levied(levy, paid, Fraction(factor))
    )


def entries(recount: Recount) -> Iterator[Entry]:
    """What every levy makes of every entry so far."""
    instance = recount.instance
    for one in recount.entries:
        for levy in instance.levies.values():
            if picks(levy, instance, one.term, one.subject):
                for day, amount in levied(levy, one.day, one.exact):
                    # What runs on is committed as it is paid; so is what is levied on it.
                    committed = None if one.term in RUNNING else one.committed
                    yield entry(instance, term_of(one.term), day, amount, one.subject, committed)


FAMILY = Family(
    name=NAME,
    title="Levies",
    kind="cost",
    rows=rows,
    entries=entries,
)
