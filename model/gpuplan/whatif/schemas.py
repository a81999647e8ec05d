"""The published shapes of answers, by name."""

from __future__ import annotations

from pydantic import BaseModel

from gpuplan.plan.plan import Plan
from gpuplan.whatif.alternatives import Alternatives
from gpuplan.whatif.compare import Comparison
from gpuplan.whatif.entry import EntryPrices
from gpuplan.whatif.explain import BrokenRules, Infeasibility, OfferCost
from gpuplan.whatif.flip import Flips
from gpuplan.whatif.frontier import Frontier
from gpuplan.whatif.regret import Regret
from gpuplan.whatif.stress import Stress
from gpuplan.whatif.sweep import Sweep

ANSWERS: dict[str, type[BaseModel]] = {
    "plan": Plan,
    "comparison": Comparison,
    "infeasibility": Infeasibility,
    "offer-cost": OfferCost,
    "broken-rules": BrokenRules,
    "alternatives": Alternatives,
    "flips": Flips,
    "sweep": Sweep,
    "frontier": Frontier,
    "regret": Regret,
    "entry-prices": EntryPrices,
    "stress": Stress,
}
