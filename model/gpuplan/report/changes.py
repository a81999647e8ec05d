"""What changed from one plan to another, as text for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.report.words import quantity

if TYPE_CHECKING:
    from gpuplan.plan.changes import Change, Changes

WORDS = {"order": "order", "module": "modules", "opening": "opening", "term": "cost", "level": "level"}


def changes_text(found: Changes, currency: str) -> str:
    """One line for each change."""
    if not found.changes:
        return "\nNothing changed against the previous plan.\n"
    lines = ["", "What changed against the previous plan"]
    lines += [f"{WORDS[one.kind]} {_about(one)}: {_figures(one, currency)}" for one in found.changes]
    return "\n".join(lines) + "\n"


def _about(change: Change) -> str:
    parts = [change.what]
    if change.kind != "opening" and change.site:
        parts.append(f"for {change.site}")
    if change.day:
        parts.append(f"on {change.day}")
    return " ".join(parts)


def _figures(change: Change, currency: str) -> str:
    if change.kind == "opening":
        return "dropped" if change.before else "new"
    unit = change.unit if change.unit in ("money", "share") else ""
    return f"{quantity(change.before, unit, currency)} -> {quantity(change.after, unit, currency)}"
