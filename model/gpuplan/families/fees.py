r"""Fees: fixed fees of price tiers, due at the first signing of an offer. Used by pricing.

Of all-units tiers the one that is reached is owed for, of incremental ones every one that is entered. Where there are
tiers and several periods, what is owed is paid in the period of the first signing.

$$ \sum_t x^{\mathrm{fee}}_{ot} = \sum_j \phi_{oj}\, z_{oj}, \qquad x^{\mathrm{fee}}_{ot} \le \Phi_o\, f_{ot}
\quad \forall\, o, t $$

| symbol | meaning | unit |
| --- | --- | --- |
| $x^{\mathrm{fee}}_{ot}$ | fee paid in a period (`fee`) | money |
| $\phi_{oj}, \Phi_o$ | `fee` of a tier; the most that can be owed | money |
| $z_{oj}$ | tier reached, or entered (`tier`) | 0 or 1 |
| $f_{ot}$ | first signing (`offer_first`), see first signings | 0 or 1 |
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.families import first_signings
from gpuplan.families.first_signings import signings_by_period
from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject
from gpuplan.instance.prices import rate
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.program.problem import Problem


def has_fees(quote: Offer) -> bool:
    """Whether any tier has a fixed fee."""
    return any(tier.fee for tier in quote.price_tiers())


def columns(problem: Problem, offer: str, quote: Offer, periods: list[int]) -> None:
    """When an offer is first signed for, of the periods in which it can be, and what fee is paid then."""
    problem.offer_used(offer)
    first_signings.columns(problem, "offer_first", offer, periods)
    if quote.tiers and len(periods) > 1:
        for period in periods:
            problem.columns.add(("fee", offer, period), Role.CONTINUOUS, _largest(problem, quote))


def _largest(problem: Problem, quote: Offer) -> float:
    fees = [problem.money.in_units(tier.fee, quote.currency) for tier in quote.price_tiers()]
    return sum(fees) if quote.tier_pricing == "incremental" else max(fees)


def rows(problem: Problem, offer: str, quote: Offer) -> None:
    """Fees of the tier reached (all-units) or of every tier entered (incremental), due at the first signing."""
    firsts = _firsts(problem, offer)
    if not quote.tiers:
        for period, column in firsts:
            _flow(problem, offer, quote, period, Linear([(column, problem.money.in_units(quote.fee, quote.currency))]))
    elif len(firsts) == 1:
        _flow(problem, offer, quote, firsts[0][0], _owed(problem, offer, quote))
    else:
        for period, _ in firsts:
            fee = problem.columns.get("fee", offer, period)
            if fee is not None:
                _flow(problem, offer, quote, period, Linear([(fee, 1.0)]))


def _firsts(problem: Problem, offer: str) -> list[tuple[int, int]]:
    periods = list(signings_by_period(problem, [offer]))
    return first_signings.firsts(problem, "offer_first", offer, problem.offer_used(offer), periods)


def _owed(problem: Problem, offer: str, quote: Offer) -> Linear:
    owed = Linear()
    for number, tier in enumerate(quote.price_tiers(), 1):
        column = problem.columns.get("tier", offer, number)
        if column is not None:
            owed.add(column, problem.money.in_units(tier.fee, quote.currency))
    return owed


def links(problem: Problem, offer: str, quote: Offer) -> None:
    """The fee owed is paid in the period of the first signing."""
    firsts = _firsts(problem, offer)
    signings = signings_by_period(problem, [offer])
    first_signings.links(problem, "offer_first", offer, signings, firsts, problem.offer_used(offer))
    if not quote.tiers or len(firsts) == 1:
        return
    paid = Linear()
    for period, column in firsts:
        fee = problem.columns.get("fee", offer, period)
        if fee is not None:
            paid.add(fee, 1.0)
            row = Linear([(fee, 1.0), (column, -_largest(problem, quote))])
            problem.rows.add(("fee", offer, period), row, at_most=0.0)
    problem.rows.add(("fees", offer), paid.plus(_owed(problem, offer, quote), -1.0), at_least=0.0, at_most=0.0)


def _flow(problem: Problem, offer: str, quote: Offer, period: int, fee: Linear) -> None:
    day = problem.days[period]
    worth = problem.money.unit_of(quote.currency) * rate(problem.instance, quote.currency, day)
    paid = problem.payments([(day, worth)])
    problem.flows.append(Flow("fees", day, Subject.of_offer(problem.instance, offer), fee, paid))


def fee_owed(quote: Offer, units: int, reached: int) -> Fraction:
    """What so many systems owe, in the offer's currency; of all-units tiers, the fee of the one that is reached."""
    first, *further = quote.price_tiers()
    if quote.tier_pricing == "all-units":
        return Fraction([first, *further][reached - 1].fee)
    entered = [first, *(tier for tier in further if units > tier.from_units)]
    return sum((Fraction(tier.fee) for tier in entered), Fraction(0))
