"""What in the world keeps offers from sites, as a table."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from rich.console import Group
from rich.text import Text

from gpuplan.report.layout import new_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from gpuplan.plan.obstacles import Obstacle

MOST_ROWS = 12


def not_possible(obstacles: Sequence[Obstacle]) -> RenderableType:
    """Offers, sites and reasons, a row for each reason; below it edits by which reasons would go."""
    rows: dict[tuple[str, str], list[str]] = defaultdict(list)
    for one in obstacles:
        rows[one.offer, one.why].append(one.site)
    table = new_table("", "site", "why")
    for (offer, why), sites in list(rows.items())[:MOST_ROWS]:
        table.add_row(offer, ", ".join(sites), why)
    parts: list[RenderableType] = [table]
    if len(rows) > MOST_ROWS:
        parts.append(Text(f"and {len(rows) - MOST_ROWS} more (see `obstacles` in the JSON)", style="dim"))
    edits = list(dict.fromkeys(edit for one in obstacles for edit in one.edits))
    if edits:
        parts.append(Text("Edits that mend it, where what they state is true:"))
        parts.append(Text("\n".join(f"  --edit '{edit}'" for edit in edits[:MOST_ROWS])))
    return Group(*parts)
