"""The independent audit: every rule and every cost recomputed from instance and plan, in exact arithmetic.

It imports no solver and nothing of the program that found the plan, so that neither can vouch for itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES
from gpuplan.families.eligibility import pair_denials, signing_denials
from gpuplan.families.objective import values
from gpuplan.fraction import Fraction
from gpuplan.instance.commitments import ordered_before
from gpuplan.ledger.reading import Reading
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.decisions import Decisions


@dataclass(frozen=True)
class Reckoning:
    """What follows from a plan's decisions."""

    recount: Recount
    readings: tuple[Reading, ...]
    levels: tuple[tuple[str, str, Decimal], ...]
    """(name, unit, value) of each level of the objective."""
    remarks: tuple[str, ...] = ()
    """What contradicts the plan beside its rules; a plan with any fails its audit."""

    @cached_property
    def broken(self) -> tuple[Reading, ...]:
        """Readings that do not hold."""
        return tuple(reading for reading in self.readings if not reading.holds)


def reckon(instance: Instance, decisions: Decisions) -> Reckoning:
    """Recompute every cost and every rule of a plan's decisions."""
    recount = Recount(instance, decisions)
    for family in FAMILIES:
        recount.entries += tuple(family.entries(recount))
    readings = [reading for family in FAMILIES for reading in family.readings(recount)]
    readings += _denied(recount)
    return Reckoning(recount, tuple(readings), tuple(values(recount)))


def _denied(recount: Recount) -> Iterator[Reading]:
    """A reading for each rule that denies a lot of the plan; it never holds."""
    for lot in recount.lots:
        denials = [*pair_denials(recount.instance, lot.offer, lot.site)]
        before = ordered_before(recount.instance, lot.offer, lot.site, lot.days.signed, lot.route)
        if lot.way is not None and lot.units > before:
            denials += signing_denials(recount.instance, lot.offer, lot.site, lot.way)
        for denial in denials:
            detail = f"{lot.offer} signed on {lot.days.signed} for {lot.site}: {denial.reason}"
            units = Fraction(lot.units)
            yield Reading(denial.group.family, denial.group.path, detail, units, "systems", None, Fraction(0))
