"""What a plan decides, and nothing that follows from it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from gpuplan.instance.base import LONGEST_ID, Amount, Closed, Count, Day, Id, Number, Sequence, Text, Whole
from gpuplan.instance.facility import LoadCase

QuoteId = Annotated[
    str, Field(pattern=r"^[a-z0-9-]+(@[0-9]{4}-[0-9]{2}-[0-9]{2})?$", max_length=LONGEST_ID + len("@2026-01-31"))
]
"""An offer, or an earlier quote of one; with the last day on which its systems are there where they are given back, as
`rent@2026-04-30`."""


class OrderLine(Closed):
    """Systems signed for on one day."""

    offer: QuoteId
    site: Id
    signed: Day
    units: Count
    route: Text = ""
    """The way through export control, where there are several."""


class InstalledLine(Closed):
    """Systems of an offer installed at a site, in all, from a day on."""

    offer: QuoteId
    site: Id
    day: Day
    units: Whole


class ModuleLine(Closed):
    """Facility modules signed for on one day."""

    module: Id
    site: Id
    signed: Day
    units: Count


class OpeningLine(Closed):
    """The decision to open a site."""

    site: Id
    decided: Day


class TierLine(Closed):
    """The all-units price tier that an offer's purchase falls in."""

    offer: Id
    tier: Count
    """1 is the first."""


class OutputLine(Closed):
    """What a provider delivers of a resource from a day on, where several could."""

    site: Id
    resource: Id
    provider: Text
    """A module's id, or `existing`."""
    case: LoadCase
    day: Day
    amount: Number


class ServedLine(Closed):
    """Systems of one kind at one site that work on a workload, from a serving day on."""

    workload: Id
    system: Id
    site: Id
    day: Day
    systems: Amount
    """Any part of a system may work on a workload."""


class ClusterLine(Closed):
    """Clusters of one kind formed of one kind of system at a site, in all, from a state day on."""

    cluster: Id
    system: Id
    site: Id
    day: Day
    units: Whole
    systems: Whole
    """In these clusters."""


class Decisions(Closed):
    """Every decision of a plan, each kind in the instance's order and then by day."""

    orders: Sequence[OrderLine] = ()
    installed: Sequence[InstalledLine] = ()
    modules: Sequence[ModuleLine] = ()
    openings: Sequence[OpeningLine] = ()
    tiers: Sequence[TierLine] = ()
    outputs: Sequence[OutputLine] = ()
    served: Sequence[ServedLine] = ()
    clusters: Sequence[ClusterLine] = ()
