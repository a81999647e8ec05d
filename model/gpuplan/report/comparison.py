"""A base and an edited plan side by side, as text."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from rich.console import RenderableType
from rich.text import Text

from gpuplan.report.infeasibility import why
from gpuplan.report.layout import WIDTH, new_table, rendered, titled
from gpuplan.report.words import money, percent, plural, quantity

if TYPE_CHECKING:
    from gpuplan.instance.base import Day
    from gpuplan.instance.changes import Change
    from gpuplan.plan.plan import PlanLevel
    from gpuplan.whatif.compare import Comparison, SideOutcome
    from gpuplan.whatif.differences import LevelDifference

NO_CHANGE = "Nothing is decided otherwise: the base plan still holds, and is as good as was asked for."
MOST = 20
"""Rows of a table; the rest are in the JSON."""


def comparison_text(found: Comparison, width: int = WIDTH) -> str:
    """The whole comparison."""
    parts: list[RenderableType] = [Text(found.name, style="bold"), titled("What is changed", _changes(found))]
    parts.append(titled("Base", Text(side(found.base, found.currency))))
    parts.append(titled("Edited", Text(side(found.edited, found.currency))))
    parts += [part for one in (found.base, found.edited) if one.why is not None for part in why(one.why)]
    if found.is_kept:
        parts.append(Text(f"\n{NO_CHANGE}"))
    if found.levels:
        parts.append(
            titled("Edited less base", Text("\n".join(difference(one, found.currency) for one in found.levels)))
        )
    if found.decisions:
        parts.append(titled("What is decided otherwise", _decisions(found)))
    if found.costs:
        parts.append(titled("What it costs, discounted", _costs(found)))
    if found.limits:
        parts.append(titled("Limits that bind, or did", _limits(found)))
    return rendered(parts, width)


def side(one: SideOutcome, currency: str) -> str:
    """How one of two searches ended."""
    if not one.levels:
        cannot = "cannot hold" if len(one.conflict) == 1 else "cannot all hold"
        named = f": {', '.join(one.conflict)} {cannot}" if one.conflict else ""
        return {"infeasible": "There is no plan", "no_plan_found": "No plan was found in time"}.get(
            one.status, one.status
        ) + f"{named}."
    return "\n".join(level(one, currency) for one in one.levels)


def level(one: PlanLevel, currency: str) -> str:
    """A level with its value and what is proven of it."""
    proven = (
        "no bound proven" if one.bound is None else f"proven within {percent(one.gap)}" if one.gap else "proven best"
    )
    return f"{one.name[:1].upper()}{one.name[1:]}: {quantity(one.value, one.unit, currency)}, {proven}"


def difference(one: LevelDifference, currency: str) -> str:
    """How a level differs, and what is proven of the difference."""
    said = f"{one.name[:1].upper()}{one.name[1:]}: {signed(one.difference, one.unit, currency)}"
    if one.at_least is None or one.at_most is None:
        return f"{said}; nothing proven of the difference of the bests"
    low, high = (signed(bound, one.unit, currency) for bound in (one.at_least, one.at_most))
    return f"{said}; the bests differ by {low if low == high else f'{low} to {high}'} (proven)"


def signed(amount: Decimal, unit: str, currency: str) -> str:
    """An amount with its sign; what is told as nothing has none."""
    nothing = quantity(Decimal(0), unit, currency)
    if quantity(abs(amount), unit, currency) == nothing:
        return nothing
    return ("+" if amount > 0 else "") + quantity(amount, unit, currency)


def _changes(found: Comparison) -> RenderableType:
    shown = [change for change in found.changes if not change.is_provenance]
    if not shown:
        return Text("Nothing.")
    table = new_table("input", "base", "edited")
    for change in shown[:MOST]:
        table.add_row(change.path, *_both(change))
    if len(shown) > MOST:
        table.add_row(f"and {len(shown) - MOST} more", "", "")
    return table


def _both(change: Change) -> tuple[str, str]:
    before = "-" if change.kind == "added" else said(change.before)
    after = "-" if change.kind == "removed" else said(change.after)
    return before, after


def said(value: object) -> str:
    """A value of an input in few words."""
    if isinstance(value, dict):
        return "there"
    if isinstance(value, list | tuple):
        return plural(len(value), "item")
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "nothing" if value is None else str(value)


def _decisions(found: Comparison) -> RenderableType:
    table = new_table("", "site", "base", "edited", "signed, base", "signed, edited", numbers=(2, 3), gap=1)
    for one in found.decisions[:MOST]:
        table.add_row(
            one.name if one.kind != "site" else "open", one.site, f"{one.base_units:,}", f"{one.edited_units:,}",
            _days(one.base_signed), _days(one.edited_signed),
        )  # fmt: skip
    if len(found.decisions) > MOST:
        table.add_row(f"and {len(found.decisions) - MOST} more", "", "", "", "", "")
    return table


def _days(days: Sequence[Day]) -> str:
    return " ".join(f"{day:%y-%m-%d}" for day in days) or "-"


def _costs(found: Comparison) -> RenderableType:
    table = new_table("term", "base", "edited", "difference", numbers=(1, 2, 3))
    for one in found.costs:
        table.add_row(one.term, *(money(each, "").strip() for each in (one.base, one.edited, one.difference)))
    total = [sum((getattr(one, side) for one in found.costs), Decimal(0)) for side in ("base", "edited", "difference")]
    table.add_row("total", *(money(each, found.currency) for each in total))
    return table


def _limits(found: Comparison) -> RenderableType:
    table = new_table("limit", "used, base", "edited", "slack, base", "edited", "", numbers=(1, 2, 3, 4), gap=1)
    for one in found.limits[:MOST]:
        name = f"{one.limit} {one.window}" if one.window and not one.window.startswith("by") else one.limit
        amounts = (one.base_used, one.edited_used, one.base_slack, one.edited_slack)
        cells = ["-" if each is None else _amount(each, one.unit, found.currency) for each in amounts]
        table.add_row(name, *cells, one.became)
    return table


def _amount(amount: Decimal, unit: str, currency: str) -> str:
    return quantity(amount, unit if unit in ("money", "share") else "", currency)
