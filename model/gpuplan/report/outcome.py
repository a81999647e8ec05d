"""An answer without a plan, as data."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuplan.api import Outcome


def outcome_tree(outcome: Outcome) -> dict[str, object]:
    """Status and conflict, for `--format json` when there is no plan."""
    conflict = outcome.conflict
    return {
        "format": "gpuplan-outcome/1",
        "status": outcome.status,
        "conflict": None
        if conflict is None
        else {
            "kind": conflict.kind,
            "minimal": conflict.minimal,
            "members": [{"family": one.family, "path": one.path, "says": one.says} for one in conflict.members],
        },
    }
