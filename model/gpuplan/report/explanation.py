"""Why there is no plan and what would make one; what an offer costs; which rules a plan breaks: as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from gpuplan.report.comparison import difference, level
from gpuplan.report.layout import WIDTH, new_table, rendered
from gpuplan.report.words import plural

if TYPE_CHECKING:
    from gpuplan.whatif.explain import BrokenRule, OfferCost


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
