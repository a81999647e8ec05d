"""Constraint families, one file each.

Adding one is its file and its line in the list; the order is that of building.
"""

from gpuplan.families import (
    clusters,
    deadlines,
    density,
    energy,
    export,
    facility,
    limits,
    pricing,
    siting,
    supply,
    workloads,
)
from gpuplan.families.family import Denial, Family

FAMILIES: tuple[Family, ...] = (
    supply.FAMILY,
    export.FAMILY,
    siting.FAMILY,
    density.FAMILY,
    facility.FAMILY,
    pricing.FAMILY,
    energy.FAMILY,
    workloads.FAMILY,
    clusters.FAMILY,
    deadlines.FAMILY,
    limits.FAMILY,
)

__all__ = ["FAMILIES", "Denial", "Family"]
