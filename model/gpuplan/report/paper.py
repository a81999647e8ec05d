"""The paper for those who decide: what they are asked to approve, on two pages, before all else that a plan says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.report import paper_money
from gpuplan.report.comparison import NO_CHANGE, difference, side
from gpuplan.report.names import called, listed
from gpuplan.report.paper_tables import (
    approval_table,
    left_out_table,
    prices_table,
    sites_table,
    steps_table,
    usable_table,
    vendors_table,
)
from gpuplan.report.risk_lines import risk_lines
from gpuplan.report.sentences import proof
from gpuplan.report.steps import signings
from gpuplan.report.words import money, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuplan.plan.plan import Plan
    from gpuplan.report.figures import Picture
    from gpuplan.report.table import Table
    from gpuplan.whatif.compare import Comparison
    from gpuplan.whatif.entry import EntryPrices


@dataclass(frozen=True, slots=True)
class Beside:
    """What is reported together with a plan, and who reports it when."""

    prices: EntryPrices | None = None
    """Entry prices of the same instance."""
    comparisons: Sequence[Comparison] = ()
    """Comparisons whose base is this plan."""
    author: str = ""
    day: date | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the paper: a heading, sentences, a list of sentences, tables."""

    name: str
    title: str
    text: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    starts_page: bool = False
    """Whether it starts the second page in print."""


NOTHING = Beside()


def beside(plan: Plan, found: Sequence[Any], author: str = "", day: date | None = None) -> Beside:
    """What of several plans and answers is about the instance of a plan."""
    same = [one for one in found if one.name == plan.name]
    prices = [one for one in same if one.format == "gpuplan-entry-prices/1"]
    comparisons = [one for one in same if one.format == "gpuplan-comparison/1"]
    return Beside(prices[0] if prices else None, comparisons, author, day)


def paper(plan: Plan, told: Beside = NOTHING, drawn: tuple[Picture, ...] = ()) -> tuple[Part, ...]:
    """The parts of the paper that have something to say, in the order in which a board asks.

    `drawn` are pictures of use over time.
    """
    entry = prices_table(plan, told.prices)
    found = (
        Part("approval", "For approval", asked(plan), (), (approval_table(plan),)),
        Part("money", "Money by fiscal year, against budget", (), (), (paper_money.years_table(plan),)),
        Part("usable", "Usable when", usable(plan), (), (usable_table(plan),), drawn),
        Part("vendors", "From whom, and why", why(plan), (), (vendors_table(plan),), (), True),
        Part("left-out", "Offers left out", (), (), (entry, left_out_table(plan))),
        Part("places", "Sites", (), (), (sites_table(plan),)),
        Part("risks-of-it", "Main risks and assumptions", (), risk_lines(plan)),
        Part("changes-of-it", "What if, as worked out", (), changes(plan, told.comparisons)),
        Part("next", "Next steps", (), (), (steps_table(plan),)),
    )
    return tuple(one for one in found if one.text or one.points or any(table.rows for table in one.tables))


def about(plan: Plan, told: Beside = NOTHING) -> str:
    """Day, author, version, and by what the plan can be told from another."""
    parts = [str(told.day)] if told.day else []
    parts += [f"by {told.author}"] if told.author else []
    version = plan.versions.get("gpuplan")
    parts += [f"gpuplan {version}"] if version else []
    parts.append(f"instance {plan.instance_sha256[:12]}")
    return " · ".join(parts)


def asked(plan: Plan) -> tuple[str, ...]:
    """What is asked for approval, and what of it is signed first."""
    if not plan.orders:
        return ("Nothing is to be bought.",)
    kinds = plan.cost.kinds
    costs = [f"{name} {money(kinds[name].amount, plan.currency)}" for name in ("capex", "opex") if name in kinds]
    per_hour = plan.unit_costs.per_accelerator_hour
    costs += [f"{money(per_hour, plan.currency)} per accelerator-hour"] if per_hour is not None else []
    vendors = listed(plan, "vendors", (one.vendor for one in plan.orders))
    sites = listed(plan, "sites", (one.site for one in plan.orders))
    what = f"{plan.accelerators:,} accelerators in {plural(plan.systems, 'system')}"
    first = (
        f"Buy {what} from {vendors} for {sites}. "
        f"{'; '.join(costs)[:1].upper()}{'; '.join(costs)[1:]}, over the evaluation horizon."
    )
    return (first, *_signed_first(plan))


def _signed_first(plan: Plan) -> tuple[str, ...]:
    """The first day of signing, with what is due then."""
    some = signings(plan)
    if not some:
        return ("Everything in this plan has been signed already.",)
    now = [one for one in some if one.day == some[0].day]
    amount = money(sum((one.amount or Decimal(0) for one in now), Decimal(0)), plan.currency)
    days = [one.by for one in now if one.by is not None]
    late = f"; the first of their last days is {min(days)}" if days else ""
    return (f"To sign first, on {some[0].day}: orders of {amount}{late}.",)


def usable(plan: Plan) -> tuple[str, ...]:
    """The days on which all of the first order and all of the last is usable: an order may come into use by parts."""
    days = {one.usable for one in plan.orders if one.usable is not None}
    if not days:
        return ()
    if len(days) == 1:
        return (f"All that is installed is usable on {max(days)}.",)
    return (f"The first order is usable in full on {min(days)}, the last on {max(days)}.",)


def why(plan: Plan) -> tuple[str, ...]:
    """What is proven of the choice, and the limits that hold it."""
    caps = [one for one in plan.limits if one.unit == "share" and one.binds]
    held = dict.fromkeys(called(plan, "limits", one.limit) for one in caps)
    return (*proof(plan).splitlines(), *([f"Held by the limits: {'; '.join(held)}."] if held else []))


def changes(plan: Plan, comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """What each change that was worked out beside this plan does."""
    found = []
    for one in comparisons:
        if [level.value for level in one.base.levels] != [level.value for level in plan.levels]:
            continue  # another plan was its base
        told = "; ".join(difference(level, plan.currency) for level in one.levels)
        found.append(f"{'; '.join(one.edits)}: {NO_CHANGE if one.is_kept else told or side(one.edited, one.currency)}")
    return tuple(found)
