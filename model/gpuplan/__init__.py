"""gpuplan: which accelerators to buy, from whom, for which site and when, and the facility that runs them.

import gpuplan

instance = gpuplan.load("instances/korea-2025.yaml")
outcome = gpuplan.solve(instance, time_limit=60)
if outcome.plan:
    print(outcome.plan.accelerators, outcome.plan.cost.discounted)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from gpuplan.api import Outcome, audit, changes, check, commit, load, solve
from gpuplan.errors import Defect, GpuplanError, InvalidInput, Problem
from gpuplan.instance.schema import Instance
from gpuplan.plan.changes import Change, Changes
from gpuplan.plan.plan import Plan
from gpuplan.plan.shown import Shown
from gpuplan.report.showing import as_html, figures, frames, page, workbook

if TYPE_CHECKING:
    from gpuplan.whatif.alternatives import alternatives
    from gpuplan.whatif.compare import what_if
    from gpuplan.whatif.explain import explain_infeasible, explain_offer, explain_plan
    from gpuplan.whatif.flip import flip
    from gpuplan.whatif.frontier import frontier
    from gpuplan.whatif.regret import regret
    from gpuplan.whatif.session import Session
    from gpuplan.whatif.sweep import Axis, sweep

__all__ = [
    "Axis",
    "Change",
    "Changes",
    "Defect",
    "GpuplanError",
    "Instance",
    "InvalidInput",
    "Outcome",
    "Plan",
    "Problem",
    "Session",
    "alternatives",
    "audit",
    "changes",
    "check",
    "commit",
    "explain_infeasible",
    "explain_offer",
    "explain_plan",
    "figures",
    "flip",
    "frames",
    "frontier",
    "load",
    "page",
    "regret",
    "solve",
    "sweep",
    "what_if",
    "workbook",
]
Shown.show = as_html
__version__ = "0.1.0"
_QUESTIONS = {
    "Axis": "gpuplan.whatif.sweep",
    "Session": "gpuplan.whatif.session",
    "alternatives": "gpuplan.whatif.alternatives",
    "explain_infeasible": "gpuplan.whatif.explain",
    "explain_offer": "gpuplan.whatif.explain",
    "explain_plan": "gpuplan.whatif.explain",
    "flip": "gpuplan.whatif.flip",
    "frontier": "gpuplan.whatif.frontier",
    "regret": "gpuplan.whatif.regret",
    "sweep": "gpuplan.whatif.sweep",
    "what_if": "gpuplan.whatif.compare",
}
"""Functions that take more than one search, by their module: read when first asked for, as most hosts never do."""


def __getattr__(name: str) -> object:
    if name in _QUESTIONS:
        return getattr(import_module(_QUESTIONS[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
