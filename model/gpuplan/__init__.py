"""gpuplan: which accelerators to buy, from whom, for which site and when, and the facility that runs them.

import gpuplan

instance = gpuplan.load("instances/korea-2025.yaml")
outcome = gpuplan.solve(instance, time_limit=60)
if outcome.plan:
    print(outcome.plan.accelerators, outcome.plan.cost.discounted)
"""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuplan.api import Outcome, audit, changes, check, commit, load, solve
    from gpuplan.errors import Defect, GpuplanError, InvalidInput, Problem
    from gpuplan.instance.schema import Instance
    from gpuplan.plan.changes import Change, Changes
    from gpuplan.plan.plan import Plan
    from gpuplan.quotes.frames import offer_frames, offers_from
    from gpuplan.quotes.importing import read_quotes
    from gpuplan.quotes.result import Quotes, Understood
    from gpuplan.report.showing import figures, frames, page, workbook
    from gpuplan.whatif.alternatives import alternatives
    from gpuplan.whatif.compare import what_if
    from gpuplan.whatif.entry import entry_prices
    from gpuplan.whatif.explain import explain_infeasible, explain_offer, explain_plan
    from gpuplan.whatif.flip import flip
    from gpuplan.whatif.frontier import frontier
    from gpuplan.whatif.regret import regret
    from gpuplan.whatif.session import Session
    from gpuplan.whatif.stress import stress
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
    "Quotes",
    "Session",
    "Understood",
    "alternatives",
    "audit",
    "changes",
    "check",
    "commit",
    "entry_prices",
    "explain_infeasible",
    "explain_offer",
    "explain_plan",
    "figures",
    "flip",
    "frames",
    "frontier",
    "load",
    "offer_frames",
    "offers_from",
    "page",
    "read_quotes",
    "regret",
    "solve",
    "stress",
    "sweep",
    "what_if",
    "workbook",
]
__version__ = "0.1.0"
_HOMES = {
    "api": ("Outcome", "audit", "changes", "check", "commit", "load", "solve"),
    "errors": ("Defect", "GpuplanError", "InvalidInput", "Problem"),
    "instance.schema": ("Instance",),
    "plan.changes": ("Change", "Changes"),
    "plan.plan": ("Plan",),
    "quotes.frames": ("offer_frames", "offers_from"),
    "quotes.importing": ("read_quotes",),
    "quotes.result": ("Quotes", "Understood"),
    "report.showing": ("figures", "frames", "page", "workbook"),
    "whatif.alternatives": ("alternatives",),
    "whatif.compare": ("what_if",),
    "whatif.entry": ("entry_prices",),
    "whatif.explain": ("explain_infeasible", "explain_offer", "explain_plan"),
    "whatif.flip": ("flip",),
    "whatif.frontier": ("frontier",),
    "whatif.regret": ("regret",),
    "whatif.session": ("Session",),
    "whatif.stress": ("stress",),
    "whatif.sweep": ("Axis", "sweep"),
}
"""Names for hosts, by the module that each is from. They are read when first asked for, so that the solver's processes,
which ask for none, start in half the time."""
_MODULES = {name: f"{__name__}.{home}" for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    if name in _MODULES:
        _show_in_notebooks()
        found: object = getattr(import_module(_MODULES[name]), name)
        globals()[name] = found
        return found
    if not name.startswith("_") and find_spec(f"{__name__}.{name}") is not None:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def _show_in_notebooks() -> None:
    """Tell plans and answers how notebooks show them."""
    from gpuplan.plan.shown import Shown
    from gpuplan.report.showing import as_html

    Shown.show = as_html
