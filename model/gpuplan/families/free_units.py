r"""Free units: systems that cost nothing for each so many that are bought. Used by pricing and lifetime.

Of $b_o + f_o$ units in the order of signing the last $f_o$ are free. What they would have cost on their day of
signing, at the tier reached, is taken off on the last day of the order window, as what incremental tiers save is. They
count as units in everything else. Days of signing in a row with the same prices are not told apart, see tier steps.

$$ k_{ot} = \Bigl\lfloor \frac{N_{ot}}{b_o + f_o} \Bigr\rfloor, \qquad
e_{ot} = \max(N_{ot} - (b_o + f_o) k_{ot} - b_o, 0), \qquad
\sum_j x^{\mathrm{free}}_{ojt} = f_o k_{ot} + e_{ot} \quad \forall\, o, t $$

| symbol | meaning | unit |
| --- | --- | --- |
| $N_{ot}$ | units signed for by a day | systems |
| $k_{ot}$ | times that `buy` and `free` are full (`free_sets`) | |
| $e_{ot}$ | free units of a set that is not full (`free_begun`), and whether there can be any (`free_due`) | systems |
| $x^{\mathrm{free}}_{ojt}$ | free units that a tier prices (`tier_free`) | systems |
| $b_o, f_o$ | `buy`, `free` of `free_units` | systems |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.tier_steps import Run, runs, signed_by
from gpuplan.fraction import Fraction
from gpuplan.program.columns import INFINITY, Role
from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.terms import FreeUnits
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


def columns(problem: Problem, offer: str, quote: Offer) -> None:
    """Free units by the end of each run, and which tier prices them."""
    terms = quote.free_units
    for run in runs(problem, offer) if terms is not None else ():
        problem.columns.add(run.key("free_sets", offer), problem.role_of_numbers, INFINITY)
        if terms is not None and terms.free > 1:
            problem.columns.add(run.key("free_begun", offer), Role.CONTINUOUS, float(terms.free - 1))
            problem.columns.add(run.key("free_due", offer), problem.role_of_numbers, 1.0)
        for number in range(1, len(quote.tiers) + 2) if quote.tiers else ():
            problem.columns.add(run.key("tier_free", offer, number), Role.CONTINUOUS, INFINITY)


def rows(problem: Problem, offer: str, quote: Offer) -> None:
    """Sets are as full as can be; what is free of one that is not; the tiers share what is free."""
    if quote.free_units is None:
        return
    for run in runs(problem, offer):
        _set_rows(problem, offer, quote.free_units, run)
        if quote.tiers:
            split = _free_by(problem, offer, quote.free_units, run).times(-1.0)
            for number in range(1, len(quote.tiers) + 2):
                column = problem.columns.get(*run.key("tier_free", offer, number))
                if column is not None:
                    split.add(column, 1.0)
            problem.rows.add(run.key("tier_free", offer), split, at_least=0.0, at_most=0.0)


def _set_rows(problem: Problem, offer: str, terms: FreeUnits, run: Run) -> None:
    signed, full = signed_by(problem, offer, run), problem.columns.get(*run.key("free_sets", offer))
    if full is None:
        return
    left = signed.add(full, -float(terms.buy + terms.free))
    problem.rows.add(
        run.key("free_sets", offer), Linear().plus(left), at_least=0.0, at_most=float(terms.buy + terms.free - 1)
    )
    begun, due = (problem.columns.get(*run.key(name, offer)) for name in ("free_begun", "free_due"))
    if begun is not None and due is not None:
        over = Linear([(begun, 1.0)]).plus(left, -1.0)
        problem.rows.add(run.key("free_least", offer), Linear().plus(over), at_least=-float(terms.buy))
        problem.rows.add(run.key("free_most", offer), over.add(due, float(terms.buy)), at_most=0.0)
        none = Linear([(begun, 1.0), (due, -float(terms.free - 1))])
        problem.rows.add(run.key("free_due", offer), none, at_most=0.0)


def _free_by(problem: Problem, offer: str, terms: FreeUnits, run: Run) -> Linear:
    """Free units by the end of a run."""
    free = Linear()
    for name, each in (("free_sets", float(terms.free)), ("free_begun", 1.0)):
        column = problem.columns.get(*run.key(name, offer))
        if column is not None:
            free.add(column, each)
    return free


def links(problem: Problem, offer: str, quote: Offer) -> None:
    """Only the tier that is reached prices what is free."""
    for run in runs(problem, offer) if quote.free_units is not None and quote.tiers else ():
        most = problem.bounded(signed_by(problem, offer, run), f"offers.{offer}.max_units")
        for number in range(1, len(quote.tiers) + 2):
            column = problem.columns.get(*run.key("tier_free", offer, number))
            switch = problem.columns.get("tier", offer, number)
            if column is not None and switch is not None:
                free = float(free_of(quote, int(most + NEARLY)))
                row = Linear([(column, 1.0), (switch, -free)])
                problem.rows.add(run.key("tier_free", offer, number), row, at_most=0.0)


NEARLY = 1e-6
"""A bound that is so little below a whole number is that number."""


def savings(problem: Problem, offer: str) -> Iterator[tuple[Linear, Fraction]]:
    """(free units of a run, what one of them adds to its price: the price with a minus)."""
    quote, before = problem.instance.quotes[offer], dict[int, Linear]()
    for run in runs(problem, offer) if quote.free_units is not None else ():
        for number, tier in enumerate(quote.price_tiers(run.day), 1):
            free = Linear()
            if quote.free_units is not None and not quote.tiers:
                free = _free_by(problem, offer, quote.free_units, run)
            elif (column := problem.columns.get(*run.key("tier_free", offer, number))) is not None:
                free.add(column, 1.0)
            yield Linear().plus(free).plus(before.get(number, Linear()), -1.0), -Fraction(tier.price)
            before[number] = free


def free_of(quote: Offer, units: int) -> int:
    """How many of so many units are free."""
    terms = quote.free_units
    if terms is None:
        return 0
    full, left = divmod(units, terms.buy + terms.free)
    return full * terms.free + max(left - terms.buy, 0)


def saving(recount: Recount, offer: str, price: Callable[[date], Fraction]) -> Fraction:
    """What a plan's free units save, in the offer's currency, by the price of one on a day of signing."""
    quote, signed, total = recount.instance.quotes[offer], 0, Fraction(0)
    for line in sorted((one for one in recount.decisions.orders if one.offer == offer), key=lambda one: one.signed):
        until = signed + line.units
        total += (free_of(quote, until) - free_of(quote, signed)) * price(line.signed)
        signed = until
    return total
