"""Names of what a plan names by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gpuplan.plan.plan import Plan


def called(plan: Plan, section: str, name: str) -> str:
    """What people call an entity of a section; its id in plans that were written without names."""
    return plan.names.get(section, {}).get(name, name)


def listed(plan: Plan, section: str, names: Iterable[str]) -> str:
    """Several of them in a sentence, each once: A, B and C."""
    *most, last = dict.fromkeys(called(plan, section, name) for name in names) or [""]
    return f"{', '.join(most)} and {last}" if most else last
