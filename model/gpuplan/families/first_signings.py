r"""First signings: the period in which a first order falls, for what is owed once. Used by pricing and vendor terms.

Of an offer or a vendor $v$ that is used, one period has the first signing: nothing is signed before it, and something
in it.

$$ \sum_t f_{vt} = u_v, \qquad f_{vt} \le \sum_{o \in v} \ell_o\, n^{\mathrm{orders}}_{ot} \le
  N_{vt} \sum_{t' \le t} f_{vt'} \quad \forall\, v, t $$

| symbol | meaning | unit |
| --- | --- | --- |
| $f_{vt}$ | first signing of an offer, of a vendor (`offer_first`, `vendor_first`) | 0 or 1 |
| $u_v$ | whether it is used (`offer_used`, `vendor_used`) | 0 or 1 |
| $\ell_o$ | `lot_units` | systems |
| $N_{vt}$ | most that can be signed for in a period | systems |
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from gpuplan.program.linear import Linear

if TYPE_CHECKING:
    from gpuplan.program.problem import Problem


def signings_by_period(problem: Problem, offers: list[str]) -> dict[int, Linear]:
    """Units of some offers signed for, by period, in order."""
    found: dict[int, Linear] = defaultdict(Linear)
    for offer in offers:
        for _, signings in problem.signings_of(offer):
            for period, column in signings:
                found[period].add(column, problem.instance.quotes[offer].lot_units)
    return dict(sorted(found.items(), key=lambda one: problem.days[one[0]]))


def columns(problem: Problem, decision: str, name: str, periods: list[int]) -> None:
    """Whether the first signing falls in each period; the switch itself says so where there is one period only."""
    if len(periods) > 1:
        for period in periods:
            problem.columns.add((decision, name, period), problem.role_of_numbers, 1.0)


def firsts(problem: Problem, decision: str, name: str, switch: int, periods: list[int]) -> list[tuple[int, int]]:
    """(period, column that is 1 when the first signing falls in it)."""
    if len(periods) == 1:
        return [(periods[0], switch)]
    found = ((period, problem.columns.get(decision, name, period)) for period in periods)
    return [(period, column) for period, column in found if column is not None]


def links(
    problem: Problem, decision: str, name: str, signings: dict[int, Linear], found: list[tuple[int, int]], switch: int
) -> None:
    """The first signing falls in the first period in which anything is signed."""
    if len(found) == 1:
        return
    problem.rows.add(
        (decision, name), Linear((column, 1.0) for _, column in found).add(switch, -1.0), at_least=0.0, at_most=0.0
    )
    for period, column in found:
        units = signings[period]
        bound = problem.bounded(units, f"offers.{name}.max_units" if decision == "offer_first" else f"vendors.{name}")
        so_far = Linear((other, -bound) for day, other in found if problem.days[day] <= problem.days[period])
        problem.rows.add((decision, name, period, "after"), Linear().plus(units).plus(so_far), at_most=0.0)
        problem.rows.add((decision, name, period, "signed"), Linear().plus(units).add(column, -1.0), at_least=0.0)
