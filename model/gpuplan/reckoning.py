"""The independent audit: every rule and every cost recomputed from instance and plan, in exact arithmetic.

It imports no solver and nothing of the program that found the plan, so that neither can vouch for itself.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES
from gpuplan.families.objective import values
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions
    from gpuplan.ledger.reading import Reading


@dataclass(frozen=True)
class Reckoning:
    """What follows from a plan's decisions."""

    recount: Recount
    readings: tuple[Reading, ...]
    levels: tuple[tuple[str, str, Decimal], ...]
    """(name, unit, value) of each level of the objective."""

    @property
    def broken(self) -> tuple[Reading, ...]:
        """Readings that do not hold."""
        return tuple(reading for reading in self.readings if not reading.holds)


def reckon(instance: Instance, decisions: Decisions) -> Reckoning:
    """Recompute every cost and every rule of a plan's decisions."""
    recount = Recount(instance, decisions)
    for family in FAMILIES:
        recount.entries += tuple(family.entries(recount))
    readings = tuple(reading for family in FAMILIES for reading in family.readings(recount))
    return Reckoning(recount, readings, tuple(values(recount)))
