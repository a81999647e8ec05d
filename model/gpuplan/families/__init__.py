"""Constraint families, one file each.

Adding one is its file and its line in the list; the order is that of building.
"""

from gpuplan.families import (
    approvals,
    clusters,
    commitments,
    conditions,
    deadlines,
    density,
    energy,
    export,
    facility,
    funds,
    installation,
    levies,
    lifetime,
    limits,
    module_costs,
    pricing,
    rental,
    siting,
    supply,
    vendor_terms,
    workloads,
)
from gpuplan.families.family import Denial, Family

FAMILIES: tuple[Family, ...] = (
    supply.FAMILY,
    conditions.FAMILY,
    export.FAMILY,
    siting.FAMILY,
    density.FAMILY,
    facility.FAMILY,
    installation.FAMILY,
    approvals.FAMILY,
    pricing.FAMILY,
    vendor_terms.FAMILY,
    module_costs.FAMILY,
    energy.FAMILY,
    workloads.FAMILY,
    clusters.FAMILY,
    rental.FAMILY,
    commitments.FAMILY,
    lifetime.FAMILY,
    levies.FAMILY,
    funds.FAMILY,
    deadlines.FAMILY,
    limits.FAMILY,
)

__all__ = ["FAMILIES", "Denial", "Family"]
