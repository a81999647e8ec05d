"""Export control as data: regimes with their classes of chips, groups of countries, dated cells and caps.

A regime sorts chips into classes by thresholds, countries into groups, and says in cells what holds for a class, a
headquarters and a location from a day on. Cells are read in order, and the first that fits holds. A regime may amend
others: its cells are then read before theirs. What no cell speaks of is undetermined.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal, get_args

from pydantic import Field, model_validator

from gpuplan.instance.base import (
    Amount,
    ById,
    Closed,
    Country,
    Day,
    Days,
    Entity,
    Id,
    OneOrMore,
    Positive,
    PositiveShare,
    Sequence,
    Share,
    Table,
    Text,
)
from gpuplan.instance.country_groups import Membership
from gpuplan.instance.offers import LeadSchedule
from gpuplan.instance.rules import Selection

if TYPE_CHECKING:
    from collections.abc import Iterator

Outcome = Literal["free", "notify", "licence", "case-by-case", "capped", "undetermined", "denied"]
STRICTNESS: tuple[Outcome, ...] = get_args(Outcome)
"""From the mildest to the strictest; undetermined is treated as denied unless the instance accepts it."""
LICENCES: frozenset[Outcome] = frozenset({"licence", "case-by-case", "capped"})


class Range(Closed):
    """Bounds on a figure; those that are given all hold."""

    at_least: Amount | None = None
    above: Amount | None = None
    """More than this."""
    at_most: Amount | None = None
    below: Amount | None = None
    """Less than this."""


class Criteria(Closed):
    """What a chip of a class is like: everything that is given holds. Nothing given: every chip."""

    tpp: Range | None = None
    """Total processing performance."""
    performance_density: Range | None = None
    """TPP for each mm2 of applicable die area."""
    memory_bandwidth_tbps: Range | None = None
    io_bandwidth_gbps: Range | None = None
    """To other chips."""
    attributes: ById[Range] = Field(default_factory=Table)
    """Figures of the instance's own; a chip that does not state one does not meet it."""
    datacentre: bool | None = None
    """Whether it is for data centres."""
    maker_country: OneOrMore | None = None
    accelerator: OneOrMore | None = None
    """Named products, by id."""


class ChipClass(Closed):
    """A class of chips; classes are tried in order, and the first that fits is the chip's. What fits none is `none`.

    One name may come twice, such as first by named products and later by thresholds.
    """

    name: Id
    any_of: Annotated[Sequence[Criteria], Field(min_length=1)]
    """A chip that meets one of these is of the class."""


class Ruling(Closed):
    """What is asked of a delivery."""

    outcome: Outcome
    """From free to denied."""
    days: Days | None = None
    """Of notice, or of processing a licence; the regime's when left out."""
    presumption: Literal["approval", "denial"] | None = None
    """Of a licence."""
    refusal: Share | None = None
    """Probability that a licence is refused; the regime's when left out."""
    cap: Id | None = None
    """The regime's cap that deliveries count against."""
    reason: Text = ""
    """Why it is undetermined."""
    condition: Text = ""
    """What is asked beside it, such as certificates, a volume or a duty: shown, and not reckoned with."""

    @model_validator(mode="after")
    def _complete(self) -> Ruling:
        if self.outcome == "undetermined" and not self.reason:
            raise ValueError("an undetermined outcome says why, in reason")
        if self.outcome == "capped" and self.cap is None:
            raise ValueError("a capped outcome names its cap")
        return self


class Cell(Closed):
    """What holds from a day on for a location, a headquarters and a class of chips; all, where left out."""

    location: OneOrMore | None = None
    """Groups of the regime, or countries."""
    headquarters: OneOrMore | None = None
    """Groups of headquarters, of the buyer or the vendor: the strictest party counts."""
    chips: OneOrMore | None = None
    """Classes."""
    state_funded: bool | None = None
    """Whether the buyer's centre is paid for by the state."""
    listed: Id | None = None
    """A list on which the buyer stands."""
    affiliate_of: Id | None = None
    """A list on which owners of the buyer stand."""
    owned_at_least: PositiveShare | None = None
    """What parties on that list and on others own of the buyer together, with `affiliate_of`."""
    exported_from: OneOrMore | None = None
    """Countries from which the systems are shipped."""
    start: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None
    """Last day."""
    ruling: Ruling | None = None
    """What is asked."""
    routes: ById[Ruling] = Field(default_factory=Table)
    """Several ways, of which each order takes one."""
    citation: Text = ""
    """Where the rule stands; the regime's when left out."""

    @model_validator(mode="after")
    def _one_or_several(self) -> Cell:
        if (self.ruling is None) == (not self.routes):
            raise ValueError("a cell has either a ruling or routes")
        if (self.affiliate_of is None) != (self.owned_at_least is None):
            raise ValueError("affiliate_of and owned_at_least go together")
        return self

    def rulings(self) -> Iterator[tuple[str, Ruling]]:
        """(route, ruling); the route of an only ruling has no name."""
        if self.ruling is not None:
            yield "", self.ruling
        yield from self.routes.items()

    def is_in_force(self, day: date) -> bool:
        """Whether it holds on a day."""
        return (self.start is None or self.start <= day) and (self.until is None or day <= self.until)


class Cap(Closed):
    """How much may be shipped in a window, to each country or to the buyer. It is a limit like any other."""

    measure: Literal["tpp", "accelerators", "systems", "attribute"] = "tpp"
    attribute: Id | None = None
    """Which of the `attributes`, for measure `attribute`."""
    at_most: Positive
    per: Literal["buyer", "country"] = "buyer"
    """Counted for the buyer, or for each country of destination."""
    each: Literal["year"] | None = None
    """The cap holds in each calendar year."""
    start: Annotated[Day | None, Field(alias="from")] = None
    until: Day | None = None
    """Last day."""
    used: ById[Amount] = Field(default_factory=Table)
    """What others have used of it: by country in small letters, or `buyer`."""
    citation: Text = ""
    """Where the rule stands."""

    @model_validator(mode="after")
    def _attribute_where_it_belongs(self) -> Cap:
        if (self.attribute is None) == (self.measure == "attribute"):
            raise ValueError("attribute goes with measure attribute, and with no other")
        return self


class Regime(Entity):
    """A dated set of export-control rules."""

    authority: Text = ""
    """Who makes the rules."""
    citation: Text
    """Where the rules stand."""
    effective: Day
    """First day on which it is read."""
    until: Day | None = None
    """Last day."""
    enforced: bool = True
    """False for a rule that was published and never enforced: it holds only where the instance reads it so."""
    reading: Literal["enforced", "published"] = "enforced"
    """How the instance reads a rule that was never enforced."""
    amends: OneOrMore | None = None
    """Regimes whose cells are read after its own; their classes and groups are its own too."""
    classes: Sequence[ChipClass] = ()
    """Of chips, in order."""
    groups: ById[Membership] = Field(default_factory=Table)
    """Locations by group: countries, lists of them by day, or the Country Groups that they are in; a country may be in
    several."""
    open_groups: Sequence[Id] = ()
    """Groups whose list is not complete: a country that is in no group is in one of them."""
    headquarters: ById[Membership] = Field(default_factory=Table)
    """Headquarters of parties by group, written like locations."""
    cells: Sequence[Cell] = ()
    """Read in order; the first that fits holds."""
    caps: ById[Cap] = Field(default_factory=Table)
    """Caps and quotas that rulings name."""
    licence_days: LeadSchedule | None = None
    """Days of processing a licence, by day of signing."""
    notice_days: Days = 0
    """Days of notice."""
    refusal: Share | None = None
    """Probability that a licence is refused; unknown when left out."""

    def is_in_force(self, day: date) -> bool:
        """Whether it is read on a day, in the reading that the instance chose."""
        if not self.enforced and self.reading == "enforced":
            return False
        return self.effective <= day and (self.until is None or day <= self.until)


class Buyer(Closed):
    """Who buys, as export rules see it."""

    headquarters: Country | None = None
    """Country of its headquarters."""
    parent: Country | None = None
    """Headquarters of the ultimate parent, where that is another country."""
    state_funded: bool | None = None
    """Whether its centre is paid for by the state."""
    listed: Sequence[Id] = ()
    """Lists of a regime on which the buyer stands."""
    owned_by: ById[PositiveShare] = Field(default_factory=Table)
    """What parties on such lists own of the buyer, directly and indirectly; each counts under one list only."""

    @model_validator(mode="after")
    def _at_most_whole(self) -> Buyer:
        if sum(self.owned_by.values()) > 1:
            raise ValueError("the shares in owned_by add up to more than 1")
        return self


class Export(Closed):
    """Which export-control rules hold, and how they are read."""

    buyer: Buyer = Buyer()
    """Who buys."""
    regimes: ById[Regime] = Field(default_factory=Table)
    """By id; those of the reference catalogue need only be named, and any field of theirs can be overridden."""
    case_by_case: Literal["licence", "denied"] = "licence"
    """How a licence that is decided case by case is reckoned with."""
    accept_undetermined: Selection | None = None
    """Where an undetermined outcome is accepted as free; nowhere when left out, everywhere when empty."""
