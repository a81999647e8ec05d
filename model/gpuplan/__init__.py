"""gpuplan: which accelerators to buy, from whom, for which site and when, and the facility that runs them.

import gpuplan

instance = gpuplan.load("instances/korea-2025.yaml")
outcome = gpuplan.solve(instance, time_limit=60)
if outcome.plan:
    print(outcome.plan.accelerators, outcome.plan.cost.discounted)
"""

from gpuplan.api import Outcome, audit, changes, check, commit, load, solve
from gpuplan.errors import Defect, GpuplanError, InvalidInput, Problem
from gpuplan.instance.schema import Instance
from gpuplan.plan.changes import Change, Changes
from gpuplan.plan.plan import Plan
from gpuplan.plan.shown import Shown
from gpuplan.report.showing import as_html, figures, frames, page, workbook
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
