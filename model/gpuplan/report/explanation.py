"""Why there is no plan and what would make one; what an offer costs; which rules a plan breaks: as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.comparison import difference, level
from gpuplan.report.conflicts import listed, proven, without_all
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.obstacles import not_possible
from gpuplan.report.words import money, plural

if TYPE_CHECKING:
    from gpuplan.whatif.explain import BrokenRule, Infeasibility, OfferCost, Repair


KINDS = {"policy": "policy, the world being as it is", "physical": "supply, sites and capacity alone"}
ENDS = {"feasible": "There is a plan: nothing clashes.", "unknown": "Stopped before it could be told."}


def infeasibility_text(found: Infeasibility, width: int = WIDTH) -> str:
    """The rules that clash, and the repairs."""
    if found.status != "infeasible":
        return rendered([Text(found.name, style="bold"), Text(ENDS[found.status])], width)
    parts: list[RenderableType] = [Text(found.name, style="bold"), Text("There is no plan.")]
    for number, (kind, members, minimal) in enumerate(found.sets):
        title = "What clashes without these" if number else "What clashes"
        rules = "\n".join(f"{listed([rule])}{' (must stay)' if rule.hard else ''}" for rule in members)
        parts.append(titled(f"{title}: {KINDS.get(kind, kind)}", Text(rules or "None could be named.")))
        parts.append(Text(proven(kind, members, minimal)))
    if not any(one.frees for one in found.conflict):
        parts.append(Text(without_all(found.frees)))
    if found.obstacles:
        parts.append(titled("Not possible", not_possible(found.obstacles)))
    parts.append(titled("Repairs, each alone enough", _repairs(found.repairs)))
    if found.joint is not None:
        parts.append(titled("Together, what comes first in the instance giving least", _repairs(found.joint.repairs)))
    if found.failed:
        parts.append(Text(f"No answer could be had of: {', '.join(found.failed)}."))
    if not found.complete:
        parts.append(Text("Not every figure could be tried."))
    return rendered(parts, width)


def _repairs(repairs: Sequence[Repair]) -> RenderableType:
    if not repairs:
        return Text("None of one figure was found.")
    table = new_table("edit", "by", "", "not enough", numbers=(1, 3))
    for one in repairs:
        table.add_row(
            "\n".join(one.edits), _number(one.move, one.unit), one.unit if one.unit != "money" else "",
            _number(one.least, one.unit) if one.proven else "not proven",
        )  # fmt: skip
    return table


def _number(amount: Decimal, unit: str) -> str:
    if unit == "money":
        return money(amount, "").strip()
    return f"{float(amount):,.6f}" if unit == "share" else f"{float(amount):,.2f}".removesuffix(".00")


def offer_cost_text(found: OfferCost, currency: str, width: int = WIDTH) -> str:
    """What it costs to take a lot of an offer."""
    lines = [Text(found.name, style="bold")]
    lot = plural(found.lot_units, "system")
    if found.chosen_units:
        lines.append(Text(f"{found.offer} is chosen: {plural(found.chosen_units, 'system')}."))
    elif not found.base:
        lines.append(Text("There is no plan to compare with."))
    elif found.status == "infeasible":
        lines.append(Text(f"No plan takes a lot of {found.offer} ({lot})."))
    elif not found.forced:
        lines.append(Text(f"Stopped before a plan with a lot of {found.offer} was found."))
    else:
        lines.append(Text(f"{found.offer} is not chosen. A plan that takes a lot of it ({lot}) differs by"))
        lines += [Text(f"  {difference(one, currency)}") for one in found.levels]
        lines += [
            Text("The best plan without that condition has"),
            *(Text(f"  {level(one, currency)}") for one in found.base),
        ]
    lines += [Text(f"Not possible at {one}") for one in found.denied]
    return rendered(lines, width)


def broken_text(name: str, found: Sequence[BrokenRule], width: int = WIDTH) -> str:
    """The rules that a plan breaks."""
    if not found:
        return rendered([Text(name, style="bold"), Text("The plan keeps every rule.")], width)
    table = new_table("rule", "where", "missed, and by how much")
    for one in found:
        table.add_row(one.says, one.detail, one.repair or f"{one.used} {one.unit}")
    return rendered([Text(name, style="bold"), Text(f"The plan breaks {plural(len(found), 'rule')}."), table], width)
