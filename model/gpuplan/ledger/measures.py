"""A measure over a selection and window, recounted from a plan."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.matching import Subject, concerns
from gpuplan.instance.timeline import last_state
from gpuplan.ledger.charges import Charges

if TYPE_CHECKING:
    from gpuplan.instance.rules import Measured
    from gpuplan.ledger.recount import Recount


def measure(recount: Recount, measured: Measured, first: date, last: date) -> Fraction:
    """Units, money in the reporting currency, kW, kWh, kg, work or clusters, over [first, last] or on `last`."""
    if measured.kind == "work":
        return recount.work(measured, first, last)
    if measured.kind == "clusters":
        return recount.clusters_on(measured, last)
    if measured.kind != "site":
        return recount.amount(measured, first, last)
    charges = Charges(recount)
    total = Fraction(0)
    for site_id, site in recount.instance.sites.items():
        if not concerns(measured, recount.instance, Subject(site=site_id)):
            continue
        if measured.measure == "grid-power-kw":
            state = last_state(recount.states, last)
            total += charges.loads.grid_draw(site_id, recount.states[state], "design") if state is not None else 0
            continue
        each = Fraction(1) if measured.measure == "energy-kwh" else Fraction(site.carbon_kg_per_kwh)
        total += each * charges.energy(site_id, first, last)
    return total
