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

__all__ = [
    "Change",
    "Changes",
    "Defect",
    "GpuplanError",
    "Instance",
    "InvalidInput",
    "Outcome",
    "Plan",
    "Problem",
    "audit",
    "changes",
    "check",
    "commit",
    "load",
    "solve",
]
__version__ = "0.1.0"
