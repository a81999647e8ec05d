"""Every kind of answer: which tables it has, what a report of it says, and what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gpuplan.report import answer_tables, chart
from gpuplan.report.choices import regret_kept, sweep_ends
from gpuplan.report.comparison import NO_CHANGE, difference, side
from gpuplan.report.conflicts import proven, without_all
from gpuplan.report.figures import Picture
from gpuplan.report.infeasibility import ENDS, KINDS
from gpuplan.report.plan_figures import plan_figures
from gpuplan.report.plan_tables import plan_tables
from gpuplan.report.sections import Section, answer_sections, plan_sections
from gpuplan.report.stress import stress_lines
from gpuplan.report.words import plural, quantity

if TYPE_CHECKING:
    from gpuplan.report.table import Table
    from gpuplan.whatif.alternatives import Alternatives
    from gpuplan.whatif.compare import Comparison
    from gpuplan.whatif.entry import EntryPrices
    from gpuplan.whatif.explain import BrokenRules, Infeasibility, OfferCost
    from gpuplan.whatif.flip import Flips
    from gpuplan.whatif.frontier import Frontier
    from gpuplan.whatif.regret import Regret
    from gpuplan.whatif.sweep import Sweep


@dataclass(frozen=True)
class Kind:
    """How one kind of answer is reported."""

    title: str
    tables: Callable[[Any], tuple[Table, ...]]
    says: Callable[[Any], Iterator[str]]
    figures: Callable[[Any], tuple[Picture, ...]] = lambda _: ()


def tables(answer: Any) -> tuple[Table, ...]:
    """Every table of a plan or an answer."""
    return plan_tables(answer) if answer.format == PLAN else KINDS_OF_ANSWER[answer.format].tables(answer)


def figures(answer: Any) -> tuple[Picture, ...]:
    """Every picture of a plan or an answer; raises InvalidInput when matplotlib is not installed."""
    return plan_figures(answer) if answer.format == PLAN else KINDS_OF_ANSWER[answer.format].figures(answer)


def title(answer: Any) -> str:
    """What kind of answer it is."""
    return "Plan" if answer.format == PLAN else KINDS_OF_ANSWER[answer.format].title


def sections(answer: Any, worths: dict[str, str] | None = None) -> tuple[Section, ...]:
    """What a report of a plan or an answer says. `worths` as in `plan_sections`."""
    if answer.format == PLAN:
        return plan_sections(answer, worths)
    kind = KINDS_OF_ANSWER[answer.format]
    return answer_sections(kind.says(answer), kind.figures(answer), kind.tables(answer))


def worths_of(flips: Flips, currency: str) -> dict[str, str]:
    """What a step of slack of each limit is worth, in words."""
    return {
        one.path.rsplit(".", 1)[0]: f"{one.step.normalize():+,f} {currency if one.unit == 'money' else one.unit}: "
        + ("; ".join(difference(each, currency) for each in one.levels) or one.status)
        for one in flips.worths
    }


def _comparison(found: Comparison) -> Iterator[str]:
    base, edited = ("; ".join(side(one, found.currency).splitlines()) for one in (found.base, found.edited))
    yield f"Base. {base}"
    yield f"Edited: {'; '.join(found.edits) or 'nothing'}. {edited}"
    if found.is_kept:
        yield NO_CHANGE
    for one in found.levels:
        yield f"Edited less base. {difference(one, found.currency)}."


def _infeasibility(found: Infeasibility) -> Iterator[str]:
    if found.status != "infeasible":
        yield ENDS[found.status]
        return
    said = proven(found.kind, found.conflict, found.minimal)
    yield f"There is no plan. What clashes: {KINDS.get(found.kind, found.kind)}. {said}".strip()
    if not any(one.frees for one in found.conflict):
        yield without_all(found.frees)
    if found.failed:
        yield f"No answer could be had of: {', '.join(found.failed)}."
    if not found.complete:
        yield "Not every figure could be tried."


def _sweep(found: Sweep) -> Iterator[str]:
    yield f"The instance solved at {plural(len(found.points), 'point')} of: {' and '.join(found.axes)}."
    yield from sweep_ends(found)


def _frontier(found: Frontier) -> Iterator[str]:
    if not found.points:
        yield f"There are no points: {found.status}."
        return
    step = quantity(found.step, found.second_unit, found.currency)
    every = "Every point there is" if found.every else f"Points at least {step} apart"
    yield f"{every}; {'proven' if found.ended == 'found' else 'stopped before the end'}."


def _regret(found: Regret) -> Iterator[str]:
    yield f"Regret under each scenario, by {found.level}: how much worse than the best plan found there."
    yield from regret_kept(found)


def _alternatives(found: Alternatives) -> Iterator[str]:
    yield f"The best plans that differ in {', '.join(found.by)}, the best first."
    yield {
        "found": "As many as were asked for. No plan of another kind is better than the last, but for its gap.",
        "no more": f"There is no other kind of plan within {found.within * 100:g} % of the best (proven).",
        "stopped": "Stopped before more were found.",
    }[found.ended]


def _flips(found: Flips) -> Iterator[str]:
    yield f"The plan: {answer_tables.signature(found.signature)}."
    yield f"How far each figure can move while that stays within {found.tolerance_share * 100:g} % of the best."
    if not found.complete:
        yield "Stopped before every figure was looked at."


def _offer_cost(found: OfferCost) -> Iterator[str]:
    lot = plural(found.lot_units, "system")
    if found.chosen_units:
        yield f"{found.offer} is chosen: {plural(found.chosen_units, 'system')}."
    elif found.status == "infeasible":
        yield f"No plan takes a lot of {found.offer} ({lot})."
    else:
        yield f"{found.offer} is not chosen; below is what a lot of it ({lot}) would cost."


def _entry_prices(found: EntryPrices) -> Iterator[str]:
    yield "The price up to which each offer is in a plan that is as good as the best known without it."
    if not found.complete:
        yield f"Stopped after {plural(len(found.offers), 'offer')}."


def _broken(found: BrokenRules) -> Iterator[str]:
    yield f"The plan breaks {plural(len(found.broken), 'rule')}." if found.broken else "The plan keeps every rule."


PLAN = "gpuplan-plan/1"
KINDS_OF_ANSWER: dict[str, Kind] = {
    "gpuplan-comparison/1": Kind("What if", answer_tables.comparison_tables, _comparison, chart.comparison_figures),
    "gpuplan-infeasibility/1": Kind("Why there is no plan", answer_tables.infeasibility_tables, _infeasibility),
    "gpuplan-offer-cost/1": Kind("Why not this offer", answer_tables.offer_cost_tables, _offer_cost),
    "gpuplan-broken-rules/1": Kind("Rules that are broken", answer_tables.broken_rules_tables, _broken),
    "gpuplan-alternatives/1": Kind("Other plans", answer_tables.alternatives_tables, _alternatives),
    "gpuplan-flips/1": Kind("How far figures can move", answer_tables.flips_tables, _flips),
    "gpuplan-sweep/1": Kind("Sweep", answer_tables.sweep_tables, _sweep, chart.sweep_figures),
    "gpuplan-frontier/1": Kind("Frontier", answer_tables.frontier_tables, _frontier, chart.frontier_figures),
    "gpuplan-entry-prices/1": Kind("At which price", answer_tables.entry_prices_tables, _entry_prices),
    "gpuplan-regret/1": Kind("Regret", answer_tables.regret_tables, _regret),
    "gpuplan-stress/1": Kind("Stress", answer_tables.stress_tables, stress_lines),
}
"""By the format that an answer states."""
