"""What a plan must keep and strive for: selections, measures, limits, deadlines, objectives."""

from __future__ import annotations

from decimal import Decimal
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from gpuplan.instance.base import (
    Amount,
    Closed,
    Count,
    Day,
    Entity,
    Id,
    OneOrMore,
    Positive,
    PositiveShare,
    Sequence,
    Share,
)
from gpuplan.instance.hardware import Format

Stage = Literal["signed", "shipped", "usable"]
Counted = Literal["vendors", "makers", "models", "offers"]
CostTerm = Literal[
    "purchase",
    "fees",
    "activation",
    "network",
    "storage",
    "installation",
    "rebates",
    "spares",
    "modules",
    "clusters",
    "opening",
    "replacement",
    "cancellation",
    "capital-levies",
    "site",
    "energy",
    "demand",
    "transit",
    "maintenance",
    "support",
    "rental",
    "colocation",
    "carbon",
    "operating-levies",
    "residual",
    "penalty",
]
CAPEX: frozenset[str] = frozenset(
    {
        "purchase",
        "fees",
        "activation",
        "network",
        "storage",
        "installation",
        "rebates",
        "spares",
        "modules",
        "clusters",
        "opening",
        "replacement",
        "cancellation",
        "capital-levies",
    }
)
OPEX: frozenset[str] = frozenset(
    {
        "site",
        "energy",
        "demand",
        "transit",
        "maintenance",
        "support",
        "rental",
        "colocation",
        "carbon",
        "operating-levies",
    }
)
"""Neither is `residual`, which is worth that nobody pays, nor `penalty`: both are outside every budget."""
COST_TERMS: tuple[CostTerm, ...] = CostTerm.__args__  # type: ignore[attr-defined]


def kind_of(term: str) -> Literal["capex", "opex", "residual", "penalty"]:
    """What kind of cost a term is."""
    if term in CAPEX:
        return "capex"
    if term in OPEX:
        return "opex"
    return "residual" if term == "residual" else "penalty"


UNIT_MEASURES = ("accelerators", "systems", "memory-gb", "compute-tflops", "tpp", "it-power-kw", "attribute")
MONEY_MEASURES = ("capex", "opex", "spend")
SITE_MEASURES = ("grid-power-kw", "energy-kwh", "carbon-kg")
WORK_MEASURES = ("work-served",)
CLUSTER_MEASURES = ("clusters",)
MeasureName = Literal[
    "accelerators",
    "systems",
    "memory-gb",
    "compute-tflops",
    "tpp",
    "it-power-kw",
    "attribute",
    "capex",
    "opex",
    "spend",
    "grid-power-kw",
    "energy-kwh",
    "carbon-kg",
    "work-served",
    "clusters",
]


OF_SALES = frozenset({"offer", "vendor", "vendor_country", "vendor_group", "module"})
"""Selection fields that say nothing of what serves: systems of one kind at one site serve alike, whoever sold them."""


class Selection(Closed):
    """Which systems, sites or payments are meant: those that match every field given, by any of its values."""

    offer: OneOrMore | None = None
    vendor: OneOrMore | None = None
    vendor_country: OneOrMore | None = None
    vendor_group: OneOrMore | None = None
    maker: OneOrMore | None = None
    maker_country: OneOrMore | None = None
    accelerator: OneOrMore | None = None
    system: OneOrMore | None = None
    cooling: OneOrMore | None = None
    site: OneOrMore | None = None
    country: OneOrMore | None = None
    """Of the site."""
    region: OneOrMore | None = None
    module: OneOrMore | None = None
    route: OneOrMore | None = None
    """Of a lot under export control, such as `us-2025-01.allocation`; for units signed or shipped."""
    cap: OneOrMore | None = None
    """Cap or quota against which a lot counts, such as `us-2025-01.allocation`; for units signed or shipped."""
    workload: OneOrMore | None = None
    cluster: OneOrMore | None = None
    """Kind of cluster."""

    @cached_property
    def given(self) -> dict[str, tuple[str, ...]]:
        """The fields that are given, with their values."""
        return {name: values for name in type(self).model_fields if (values := getattr(self, name)) is not None}


BY_WAY = frozenset({"route", "cap"})
"""Fields of a selection that are facts of a lot's way through export control."""


class Measured(Closed):
    """A measure over a selection."""

    measure: MeasureName
    format: Format | None = None
    """Number format, for compute-tflops."""
    attribute: Id | None = None
    """Which of the `attributes` of offer, system or accelerator (the first that has it), for measure `attribute`:
    that of an accelerator counts for each accelerator, the others for each system."""
    terms: Annotated[Sequence[CostTerm], Field(min_length=1)] | None = None
    """Only these cost terms, for a measure of money."""
    basis: Literal["cash", "commitment"] = "cash"
    """cash: money counts on the day it is paid; commitment: on the day it is signed for."""
    select: Selection = Selection()
    exclude: Selection | None = None
    """Leaves out what matches this one."""
    stage: Stage = "usable"
    """For measures of units."""
    existing: Literal["include", "exclude"] = "exclude"
    """Whether the fleet that is already there counts, for measures of units."""
    delivery: Literal["planned", "expected", "worst-case"] = "planned"
    """Whether lots under an export licence count in full, by the probability that it is granted, or not at all where it
    may be refused; for measures of units that are to be reached."""
    hosts: Literal["include", "exclude"] | None = None
    """Whether the part that hosts keep in kind (1 - `buyer_share`) counts, for measures of units. When left out it does
    not for usable accelerators, systems, memory, compute and attributes, and it does for what is signed or shipped and
    for tpp and it-power-kw."""

    @model_validator(mode="after")
    def _fitting_fields(self) -> Measured:
        if (self.format is None) == (self.measure == "compute-tflops"):
            raise ValueError("format goes with measure compute-tflops, and with no other")
        if (self.attribute is None) == (self.measure == "attribute"):
            raise ValueError("attribute goes with measure attribute, and with no other")
        if self.terms is not None and self.measure not in MONEY_MEASURES:
            raise ValueError(f"terms go with a measure of money ({', '.join(MONEY_MEASURES)})")
        given = set(self.select.given) | set(self.exclude.given if self.exclude else ())
        by_route = BY_WAY & given
        if by_route and (self.kind != "units" or self.stage == "usable"):
            raise ValueError(f"{', '.join(sorted(by_route))} selects units signed or shipped: state stage")
        if self.delivery != "planned" and self.kind != "units":
            raise ValueError("delivery goes with a measure of units")
        if self.measure in SITE_MEASURES and (wrong := given - {"site", "country", "region"}):
            raise ValueError(f"{self.measure} is counted by site: {', '.join(sorted(wrong))} cannot select it")
        if self.kind in ("work", "clusters") and (wrong := given & OF_SALES):
            raise ValueError(
                f"{self.measure} is counted by system and site: {', '.join(sorted(wrong))} cannot select it"
            )
        for field, kind, measure in (("workload", "work", "work-served"), ("cluster", "clusters", "clusters")):
            if field in given and self.kind not in (kind, "money"):
                raise ValueError(f"{field} selects {measure} and money, not {self.measure}")
        if self.hosts is not None and self.kind != "units":
            raise ValueError(f"hosts goes with a measure of units ({', '.join(UNIT_MEASURES)})")
        return self

    @property
    def by_way(self) -> bool:
        """Whether it tells lots apart by their way through export control."""
        return any(one is not None and bool(BY_WAY & set(one.given)) for one in (self.select, self.exclude))

    @property
    def kind(self) -> Literal["units", "money", "site", "work", "clusters"]:
        """What the measure counts: units, money, a quantity of a site, work, or clusters."""
        if self.measure in UNIT_MEASURES:
            return "units"
        if self.measure in WORK_MEASURES:
            return "work"
        if self.measure in CLUSTER_MEASURES:
            return "clusters"
        return "money" if self.measure in MONEY_MEASURES else "site"

    @property
    def counts_hosts(self) -> bool:
        """Whether the part that hosts keep counts."""
        if self.hosts is not None:
            return self.hosts == "include"
        return self.stage != "usable" or self.measure in ("tpp", "it-power-kw")


class Soft(Closed):
    """How missing a limit is weighed: by a penalty in money, or by a priority before every objective."""

    penalty: Positive | None = None
    """Reporting currency for each unit of shortfall."""
    priority: Count | None = None
    """1 is the first to be met; the shortfalls of one priority, each divided by its scale, are added up."""
    scale: Positive | None = None
    """Shortfall that counts as 1; the bound itself when left out. A share must state it."""

    @model_validator(mode="after")
    def _one_way(self) -> Soft:
        if (self.penalty is None) == (self.priority is None):
            raise ValueError("a soft limit has either a penalty or a priority")
        if self.scale is not None and self.priority is None:
            raise ValueError("scale goes with priority")
        return self


class Limit(Measured, Entity):
    """A bound on a measure over a selection: an amount, a share of a whole, or a count of distinct things."""

    start: Annotated[Day | None, Field(alias="from")] = None
    """First day of the window of what flows (money, energy, carbon; units signed or shipped), or of the days over which
    work is averaged."""
    by: Day | None = None
    """Day on which a stock is taken, last day of a window; the last day of the calendar when left out."""
    each: Literal["month", "quarter", "year"] | None = None
    """The bound holds in each of these within the window, one by one: months, or quarters or years of accounts
    (`fiscal_year_starts_in_month`)."""
    at_most: Amount | None = None
    at_least: Amount | None = None
    at_most_share: Share | None = None
    at_least_share: Share | None = None
    of: Selection | None = None
    """The whole of a share; everything when left out."""
    count: Counted | None = None
    """Bound the number of these instead of the amount; at_most and at_least are then numbers of them."""
    counts_from: Positive | None = None
    """One counts from this amount of the measure on; one unit of the measure's smallest step when left out."""
    counts_from_share: PositiveShare | None = None
    """Or from this share of the whole on."""
    soft: Soft | None = None
    """Hard when left out."""

    @model_validator(mode="after")
    def _consistent(self) -> Limit:
        amounts = [self.at_most, self.at_least]
        shares = [self.at_most_share, self.at_least_share]
        bounds = [bound for bound in amounts + shares if bound is not None]
        if not bounds:
            raise ValueError("a limit needs a bound: at_most, at_least, at_most_share or at_least_share")
        if any(share is not None for share in shares) and any(amount is not None for amount in amounts):
            raise ValueError("a limit bounds either an amount or a share, not both")
        low, high = (self.at_least, self.at_most) if self.is_amount else (self.at_least_share, self.at_most_share)
        if low is not None and high is not None and low > high:
            raise ValueError(f"the lower bound {low} is above the upper bound {high}")
        self._consistent_parts()
        return self

    def _consistent_parts(self) -> None:
        if self.of is not None and self.is_amount:
            raise ValueError("of goes with a share")
        if self.soft is not None:
            if None not in (self.at_most, self.at_least) or None not in (self.at_most_share, self.at_least_share):
                raise ValueError("a soft limit has one bound; write two limits")
            if self.soft.priority is not None and not self.is_amount and self.soft.scale is None:
                raise ValueError("a soft share with a priority must state soft.scale, in units of the measure")
        if self.count is None and (self.counts_from is not None or self.counts_from_share is not None):
            raise ValueError("counts_from and counts_from_share go with count")
        if self.count is not None:
            if not self.is_amount or self.kind != "units":
                raise ValueError("count goes with at_most or at_least and a measure of units")
            if self.counts_from is not None and self.counts_from_share is not None:
                raise ValueError("a count has either counts_from or counts_from_share")
        if self.delivery != "planned" and (self.at_least is None or self.at_most is not None or self.count is not None):
            raise ValueError("expected and worst-case delivery go with at_least")
        if self.start is not None and self.is_stock:
            raise ValueError("from goes with what flows: money, energy, carbon, work, or units signed or shipped")
        if self.start is not None and self.by is not None and self.start > self.by:
            raise ValueError(f"from {self.start} is after by {self.by}")

    @property
    def is_units_in_use(self) -> bool:
        """Whether it bounds a stock of usable units."""
        return self.kind == "units" and self.stage == "usable"

    @property
    def is_stock(self) -> bool:
        """Whether it bounds what there is on a day, rather than what flows within a window."""
        return self.is_units_in_use or self.measure == "grid-power-kw" or self.kind == "clusters"

    @property
    def goes_on(self) -> bool:
        """Whether it counts what flows after the calendar: money, energy or carbon without a last day."""
        return self.by is None and not self.is_stock and self.kind in ("money", "site")

    @property
    def is_amount(self) -> bool:
        """Whether it bounds an amount or count, not a share."""
        return self.at_most_share is None and self.at_least_share is None


class Deadline(Entity):
    """Nothing selected is signed (shipped, usable) after a day."""

    by: Day
    stage: Stage = "signed"
    applies_to: Literal["offers", "modules", "both"] = "offers"
    """Which orders it binds."""
    select: Selection = Selection()
    exclude: Selection | None = None


class Level(Closed):
    """One level of the objective."""

    minimise: Literal["cost", "commissioning", "concentration"] | Measured | None = None
    maximise: Measured | None = None
    by: Day | None = None
    """Day on which a measure of units or clusters is taken, or last day over which work is averaged; the last day of
    the calendar when left out."""
    target: Id | None = None
    """The limit whose first day of holding is the commissioning date."""
    of: Measured | None = None
    """The measure of which concentration is the largest vendor's amount."""
    tolerance_share: Share = Decimal(0)
    """Later levels may give up this share of the value reached."""
    tolerance: Amount = Decimal(0)
    """And this amount, in the level's own unit."""
    gap: Share | None = None
    """Share of its value within which this level counts as optimal; that of the search when left out."""

    @property
    def counts_running(self) -> bool:
        """Whether what it costs or takes to run counts in it."""
        aims = (self.minimise, self.maximise)
        return self.minimise == "cost" or any(
            isinstance(one, Measured) and one.kind in ("money", "site") for one in aims
        )

    @model_validator(mode="after")
    def _one_aim(self) -> Level:
        if (self.minimise is None) == (self.maximise is None):
            raise ValueError("a level has either minimise or maximise")
        if (self.target is None) == (self.minimise == "commissioning"):
            raise ValueError("target goes with `minimise: commissioning`, and with nothing else")
        measured = [one for one in (self.minimise, self.of) if isinstance(one, Measured)]
        if any(one.delivery != "planned" for one in measured):
            raise ValueError("expected and worst-case delivery go with maximise")
        if (self.of is None) == (self.minimise == "concentration"):
            raise ValueError("of goes with `minimise: concentration`, and with nothing else")
        return self


Objective = Annotated[Sequence[Level], Field(min_length=1, max_length=10), AfterValidator(tuple)]
