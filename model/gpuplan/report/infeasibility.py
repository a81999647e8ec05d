"""Why there is no plan, and the smallest repairs, as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.conflicts import listed, proven, without_all
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.obstacles import not_possible
from gpuplan.report.words import money

if TYPE_CHECKING:
    from gpuplan.whatif.explain import Infeasibility, Repair

KINDS = {"policy": "policy, the world being as it is", "physical": "supply, sites and capacity alone"}
ENDS = {"feasible": "There is a plan: nothing clashes.", "unknown": "Stopped before it could be told."}


def infeasibility_text(found: Infeasibility, width: int = WIDTH) -> str:
    """The rules that clash, and the repairs."""
    if found.status != "infeasible":
        return rendered([Text(found.name, style="bold"), Text(ENDS[found.status])], width)
    return rendered([Text(found.name, style="bold"), Text("There is no plan."), *why(found)], width)


def why(found: Infeasibility) -> list[RenderableType]:
    """The rules that clash, and the repairs, in parts."""
    parts: list[RenderableType] = []
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
    return parts


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
