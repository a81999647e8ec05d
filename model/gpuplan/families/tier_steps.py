r"""Tier steps: units within each tier of an offer with incremental tiers. Used by pricing, fees and lifetime.

What is signed first fills the tiers first. Orders pay the first price of their day of signing, and what a unit saves by
its tier is the difference between the two prices of that day; all savings are booked on the last day of the order
window. Days of signing in a row on which every tier has the same price are not told apart: only the last day $t$ of
each such run has columns, and the day before it is the last one of the run before.

$$ \sum_j x^{\mathrm{step}}_{ojt} = \sum_{s,\,t' \le t} \ell_o n^{\mathrm{orders}}_{ost'}, \qquad
\max(w_{oj} z_{o,j+1,t}, z_{ojt}) \le x^{\mathrm{step}}_{ojt} \le w_{oj} z_{ojt} \quad \forall\, o, j, t $$

| symbol | meaning | unit |
| --- | --- | --- |
| $x^{\mathrm{step}}_{ojt}$ | units within a tier, of those signed for by a day (`tier_step`) | systems |
| $z_{ojt}$ | tier entered by then (`tier`, `tier_by`) | 0 or 1 |
| $w_{oj}$ | width of a tier | systems |
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.fraction import Fraction
from gpuplan.program.columns import Key, Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.instance.offers import Offer
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


class Run(NamedTuple):
    """Days of signing in a row on which every tier has the same price."""

    numbers: tuple[int, ...]
    """Of the days, in order."""
    day: date
    """One of them."""
    is_last: bool

    def key(self, decision: str, offer: str, *tier: int) -> Key:
        """Key of a column of an offer, or of a tier of it, on the last day of the run."""
        return (decision, offer, *tier) if self.is_last else (decision, offer, *tier, self.numbers[-1])

    def entered(self, offer: str, tier: int) -> Key:
        """Key of the switch of a tier on the last day of the run."""
        return self.key("tier" if self.is_last else "tier_by", offer, tier)


def is_stepped(quote: Offer) -> bool:
    """Whether units pay the price of their own tier."""
    return bool(quote.tiers) and quote.tier_pricing == "incremental"


def runs(problem: Problem, offer: str) -> list[Run]:
    """Runs of the days on which an offer can be signed for, in order."""
    quote = problem.instance.quotes[offer]
    numbers = sorted(
        {number for _, found in problem.signings_of(offer) for number, _ in found}, key=lambda day: problem.days[day]
    )
    groups = [tuple(some) for _, some in groupby(numbers, lambda number: quote.price_tiers(problem.days[number]))]
    return [Run(some, problem.days[some[0]], some is groups[-1]) for some in groups]


def columns(problem: Problem, offer: str, quote: Offer) -> None:
    """Units within each tier by the end of each run, and whether the tier is entered by then."""
    for run in runs(problem, offer):
        for number, _ in enumerate(quote.price_tiers(), 1):
            problem.strategic(*run.entered(offer, number))
            problem.columns.add(run.key("tier_step", offer, number), Role.CONTINUOUS)


def signed_by(problem: Problem, offer: str, run: Run) -> Linear:
    """Units signed for by the end of a run."""
    lot, last = problem.instance.quotes[offer].lot_units, problem.days[run.numbers[-1]]
    return Linear(
        (column, lot) for _, found in problem.signings_of(offer) for day, column in found if problem.days[day] <= last
    )


def rows(problem: Problem, offer: str, quote: Offer) -> None:
    """What is within the tiers adds up to what is signed for, and never falls from run to run."""
    before: dict[int, int] = {}
    for run in runs(problem, offer):
        split = signed_by(problem, offer, run).times(-1.0)
        for number, _ in enumerate(quote.price_tiers(), 1):
            step = problem.columns.get(*run.key("tier_step", offer, number))
            if step is None:
                continue
            split.add(step, 1.0)
            if number in before:
                grows = Linear([(step, 1.0), (before[number], -1.0)])
                problem.rows.add(run.key("step_grows", offer, number), grows, at_least=0.0, tightening=True)
            before[number] = step
        problem.rows.add(run.key("tier_step", offer), split, at_least=0.0, at_most=0.0)


def savings(problem: Problem, offer: str) -> Iterator[tuple[Linear, Fraction]]:
    """(units within a tier that were signed for in a run, what the tier adds to the first price of one of them)."""
    quote = problem.instance.quotes[offer]
    before: dict[int, int] = {}
    for run in runs(problem, offer):
        first, *_ = tiers = quote.price_tiers(run.day)
        for number, tier in enumerate(tiers, 1):
            step = problem.columns.get(*run.key("tier_step", offer, number))
            if step is not None:
                units = Linear([(step, 1.0)])
                if number in before:
                    units.add(before[number], -1.0)
                before[number] = step
                yield units, Fraction(tier.price) - Fraction(first.price)


def links(problem: Problem, offer: str, quote: Offer) -> None:
    """A tier is filled only when it is entered, and entered only when those before it are full."""
    for run in runs(problem, offer):
        most = problem.bounded(signed_by(problem, offer, run), f"offers.{offer}.max_units")
        _fill(problem, offer, quote, run, most)


def _fill(problem: Problem, offer: str, quote: Offer, run: Run, most: float) -> None:
    lows = [0 if tier.from_units == 1 else tier.from_units for tier in quote.price_tiers()]
    for number, low in enumerate(lows, 1):
        step = problem.columns.get(*run.key("tier_step", offer, number))
        switch = problem.columns.get(*run.entered(offer, number))
        if step is None or switch is None:
            continue
        high = min(most, float(lows[number])) if number < len(lows) else most
        filled = Linear([(step, 1.0), (switch, -max(high - low, 0.0))])
        problem.rows.add(run.key("step_high", offer, number), filled, at_most=0.0)
        if number > 1:
            entered = Linear([(step, 1.0), (switch, -1.0)])
            problem.rows.add(run.key("step_entered", offer, number), entered, at_least=0.0)
        following = problem.columns.get(*run.entered(offer, number + 1)) if number < len(lows) else None
        if following is not None:
            row = Linear([(step, 1.0), (following, -(lows[number] - low))])
            problem.rows.add(run.key("step_full", offer, number), row, at_least=0.0)


def saving(recount: Recount, offer: str) -> Fraction:
    """What a plan's incremental tiers save on the first tier's prices, in the offer's currency; nothing of others."""
    quote = recount.instance.quotes[offer]
    if not is_stepped(quote):
        return Fraction(0)
    total, signed = Fraction(0), 0
    lows = [0, *(tier.from_units for tier in quote.tiers)]
    for line in sorted((one for one in recount.decisions.orders if one.offer == offer), key=lambda one: one.signed):
        until = signed + line.units
        first, *_ = tiers = quote.price_tiers(line.signed)
        for low, high, tier in zip(lows, [*lows[1:], until], tiers, strict=True):
            within = max(min(until, max(high, low)) - max(signed, low), 0)
            total += within * (Fraction(first.price) - Fraction(tier.price))
        signed = until
    return total
