"""An answer without a plan, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuplan.api import Outcome
    from gpuplan.report.conflicts import Clashing


def outcome_tree(outcome: Outcome) -> dict[str, object]:
    """Status and conflict, for `--format json` when there is no plan."""
    conflict = None if outcome.conflict is None else _conflict_tree(outcome.conflict)
    obstacles = [one.model_dump(mode="json") for one in outcome.obstacles]
    return {"format": "gpuplan-outcome/1", "status": outcome.status, "conflict": conflict, "obstacles": obstacles}


def _conflict_tree(conflict: Clashing) -> dict[str, object]:
    return {
        "kind": conflict.kind,
        "minimal": conflict.minimal,
        "members": [
            {"family": one.family, "path": one.path, "says": one.says, "frees": one.frees} for one in conflict.members
        ],
        "further": [_conflict_tree(one) for one in conflict.further],
        "frees": conflict.frees,
    }
