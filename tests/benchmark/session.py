"""How much faster a session solves an edited instance than a fresh search: `python tests/benchmark/session.py`.

Thirty single edits of instances/korea-2025.yaml, each undone before the next. For each: the seconds of `gpuplan.solve`
on the edited instance and those of the session, with the same gap, one right after the other. Both answers pass the
audit and their intervals from bound to value overlap, or the run fails. Starting up is not counted.
"""

from __future__ import annotations

import statistics
import sys
import time
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "model"))

import gpuplan  # noqa: E402

EDITS = [
    # limits
    "limits.programme-budget.at_most *= 0.95",
    "limits.programme-budget.at_most *= 1.05",
    "limits.accelerator-line.at_most *= 0.98",
    "limits.operation-line.at_most *= 0.9",
    "limits.nhn-cloud-share.at_most_share = 0.55",
    "limits.nvidia-at-most-90.at_most_share = 0.85",
    "limits.domestic.at_least_share = 0.03",
    "limits.compute-floor.at_least *= 1.01",
    "limits.memory-floor.at_least *= 0.98",
    "limits.b200-allocation.at_most = 600",
    # prices
    "offers.nhn-b200-liquid.price *= 1.02",
    "offers.reseller-a-b200-liquid.price *= 1.05",
    "offers.reseller-a-b200-liquid.price *= 0.99",
    "offers.nhn-b200-liquid.support_rate_per_year = 0.05",
    "vendors.rebellions.activation_cost += 1000000",
    "economics.exchange_rates.USD *= 1.01",
    "sites[*].tariff.adders_per_kwh += 5",
    "modules[*].price *= 1.1",
    # dates
    "deadlines.contracts.by shift -14d",
    "deadlines.contracts.by shift -30d",
    "offers.nhn-b200-liquid.shipping_days += 3",
    "offers[system=hgx-h200].acceptance_days += 7",
    "limits.by-march.by shift -14d",
    "offers.reseller-a-b200-liquid.order_until shift -31d",
    # drops
    "offers.kakao-b200-air remove",
    "offers.reseller-a-b200-air remove",
    "offers.reseller-b-h200 remove",
    "offers.reseller-b-atom-max remove",
    "offers.operator-d-h200 remove",
    "limits.domestic remove",
]


def main() -> None:
    """Run the edits and print a table and the medians."""
    instance = gpuplan.load(ROOT / "instances" / "korea-2025.yaml")
    fresh, again = [], []
    with gpuplan.Session(instance) as session:
        session.solve()
        for edit in EDITS:
            edited = instance.edited([edit])
            began = time.monotonic()
            cold = gpuplan.solve(edited, explain_seconds=0)
            middle = time.monotonic()
            warm = session.edit([edit])
            ended = time.monotonic()
            compare(edited, edit, cold, warm)
            fresh.append(middle - began)
            again.append(ended - middle)
            print(f"{fresh[-1]:7.2f} s fresh {again[-1]:7.2f} s again  {warm.status:10} {edit}", flush=True)
            session.undo()
    ratio = statistics.median(again) / statistics.median(fresh)
    print(f"median {statistics.median(fresh):.2f} s fresh, {statistics.median(again):.2f} s again: ratio {ratio:.3f}")


def compare(edited: gpuplan.Instance, edit: str, cold: gpuplan.Outcome, warm: gpuplan.Outcome) -> None:
    """Raises AssertionError when one of the answers is wrong."""
    assert (cold.plan is None) == (warm.plan is None), edit
    if cold.plan is None or warm.plan is None:
        assert cold.status == warm.status, edit
        return
    assert gpuplan.audit(edited, cold.plan) == [], edit
    assert gpuplan.audit(edited, warm.plan) == [], edit
    one, two = cold.plan.levels[0], warm.plan.levels[0]
    assert one.bound is not None, edit
    assert two.bound is not None, edit
    slip = one.value * Decimal("1e-6")
    assert max(one.bound, two.bound) <= min(one.reached, two.reached) + slip, edit
    assert warm.plan.options.gap == cold.plan.options.gap, edit


if __name__ == "__main__":
    main()
