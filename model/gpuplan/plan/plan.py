"""The plan: what was decided, what follows from it, how well it is proven. Its JSON Schema is published."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from pydantic import Field

from gpuplan.instance.base import (
    ById,
    Closed,
    Confidence,
    Currency,
    Day,
    Figure,
    Id,
    Sequence,
    Share,
    Tally,
    Text,
)
from gpuplan.ledger.decisions import Decisions
from gpuplan.plan.shown import Shown

Status = Literal["optimal", "feasible", "infeasible", "unbounded", "no_plan_found", "audit_failed"]


class PlanLevel(Closed):
    """One level of the objective: its value, and the bound that is proven for it."""

    name: Text
    unit: Text
    """`money` is the reporting currency."""
    value: Figure
    """Of the plan."""
    reached: Figure
    """When the level was finished; later levels may have given up its tolerance since."""
    bound: Figure | None
    """Nothing better than this can be reached, verified; none when the search was stopped before there was one."""
    gap: Figure | None
    """Distance from what was reached to the bound, as a share of it, 0 within the resolution; none where 0 was reached
    and the bound is further off."""
    resolution: Figure = Decimal(0)
    """Distance below which the proof cannot tell two values apart."""
    proven: bool
    """Whether the gap asked for was reached, within the resolution."""
    claimed: Figure | None = None
    """The bound by the solver's word, where no second line has verified so much."""


class PlanOrder(Closed):
    """A lot: what is signed for on one day, and its days."""

    offer: Id
    quote: Text = ""
    """The quote that it was signed under, where the offer says otherwise by now or is withdrawn."""
    vendor: Id
    system: Id
    accelerator: Id | None = None
    """The chip of the system, where it has one."""
    maker: Text = ""
    """Who makes the chip."""
    site: Id
    units: Tally
    accelerators: Tally
    """The host's part included."""
    signed: Day
    shipped: Day
    delivered: Day
    ready: Day
    """When the vendor can have it installed and accepted: what is to be paid on `ready` falls due by this day, whether
    or not the systems wait."""
    installed: Day | None
    """When the last of its systems is installed, as planned; none where some never are."""
    usable: Day | None
    """When the last of them is accepted, as planned."""
    given_back: Day | None = None
    """Last day on which rented systems are there; none where they stay."""
    notice_by: Day | None = None
    """Last day on which to give notice of it."""
    waiting: Tally
    """Systems that are installed later than they could be if only the vendor mattered, or never."""
    waiting_days: Tally
    """Days that these wait, added up; those that are never installed, to the end of the calendar."""
    never_installed: Tally
    """Systems for which there is no room by the end of the calendar."""
    route: Text
    """The way through export control, where there are several."""
    export: Text
    """What export control asks of the lot, the strictest: free when nothing."""
    apply_by: Day | None
    """Last day to apply for the licence, or to give notice, without putting off shipping; none when none is needed."""
    price: Figure
    """Of one system, in the offer's currency, in the tier reached; incremental savings are apart."""
    currency: Currency
    tier: Tally
    amount: Figure
    """Price of the lot with the parts added to it, in the reporting currency, undiscounted."""
    added: Figure
    """Of this, what is not in the quote's price: network, storage, installation and spares."""
    committed: Tally = 0
    """Of the units, those that were signed before this plan."""


class PlanModule(Closed):
    """Facility modules ordered on one day."""

    module: Id
    site: Id
    units: Tally
    signed: Day
    ready: Day
    amount: Figure
    committed: Tally = 0
    """Of the units, those that were ordered before this plan."""


class PlanSite(Closed):
    """A site that the plan uses."""

    site: Id
    open_from: Day
    systems: Tally
    """Installed at the end, bought and already there."""
    accelerators: Tally
    pue: Figure | None
    """Grid power over the systems' power at the end: typical load, or design load where that alone matters.
    None when the grid does not feed them."""


class ResourceUse(Closed):
    """Need and capacity of a resource on a day, on the design day."""

    need: Figure
    """Of systems, modules and providers of other resources, in the resource's unit."""
    capacity: Figure | None
    """After redundancy; none when unlimited."""
    unit: Text = ""


class PlanState(Closed):
    """A site on the last day of a period."""

    site: Id
    day: Day
    installed: Tally
    usable: Tally
    accelerators_usable: Tally
    """Bought and already there."""
    resources: ById[ResourceUse]
    energy_kwh: Figure
    """Over the period."""
    carbon_kg: Figure
    cost: Figure
    """Paid in the period for this site, undiscounted."""


class PlanServed(Closed):
    """What serves a workload from a day on, until the next row of the same workload, system and site."""

    workload: Id
    system: Id
    site: Id
    day: Day
    systems: Figure
    """Systems that work on it; any part of one may."""
    work: Figure
    """In the workload's unit."""
    unit: Text
    demand: Figure
    """Of the whole workload on that day."""


class PlanCluster(Closed):
    """Clusters of one kind that stand from a day on, until the next row of the same kind, system and site."""

    cluster: Id
    system: Id
    site: Id
    day: Day
    units: Tally
    """Clusters."""
    systems: Tally
    """In them."""
    accelerators: Tally
    amount: Figure
    """Paid on that day for what was formed and joined on it, in the reporting currency."""


class TermCost(Closed):
    """One cost term."""

    kind: Literal["capex", "opex", "residual", "penalty"]
    amount: Figure
    discounted: Figure


class PlanCost(Closed):
    """Cost by term; the terms add up to the totals exactly."""

    amount: Figure
    """Undiscounted, in the reporting currency."""
    discounted: Figure
    terms: ById[TermCost]
    kinds: ById[TermCost]
    """By kind, capex and opex: the terms of that kind in all, where it has any."""
    waiting: Figure
    """What energy, demand and carbon are charged for systems that wait, undiscounted, of what is in these terms: nobody
    bills it. Where systems are installed when needed, nothing is charged, and this is what waiting saves."""


class PlanLimit(Closed):
    """A limit in one window: used, bounds, slack."""

    limit: Id
    window: Text
    says: Text
    """What the limit demands, in words."""
    used: Figure | None
    """None for a share of nothing."""
    at_least: Figure | None
    at_most: Figure | None
    slack: Figure | None
    """Distance to the nearer bound; negative where a soft limit is missed."""
    unit: Text
    binds: bool
    """Whether no further lot that counts fits, or over a bound from below none can be left out. Of power, energy,
    carbon and work, of money in a window, and where a further lot may make something cheaper: whether nothing is
    left."""
    soft: bool
    missed_by: Figure
    """Shortfall of a soft limit, in its unit; 0 when it holds."""
    measure: Text = ""
    """What is measured, or counted."""
    stage: Text = ""
    """At which units are counted; empty for what is no unit."""
    first: Day | None = None
    """First day of the window; none where it counts from the very beginning."""
    last: Day | None = None
    """Last day of the window, or day on which a stock is taken; none where it counts to the very end."""
    select: ById[Sequence[Text]] = Field(default_factory=dict)
    """What is selected, by field; empty for everything."""
    exclude: ById[Sequence[Text]] = Field(default_factory=dict)
    """What is left out of it, by field."""
    reached: Day | None = None
    """Of a target on usable units: first day on which it is met, as planned; none where it never is."""


class PlanDeadline(Closed):
    """A deadline, and how much room the plan leaves before it."""

    deadline: Id
    """Its id in the instance."""
    says: Text
    """What must happen by when, in words."""
    by: Day
    last: Day | None
    """Last day on which anything it is about came so far; none when nothing does."""
    slack_days: int | None
    """From that day to the deadline; none when nothing comes so far."""


class Considered(Closed):
    """An offer at a site, or a module at a site: chosen, or why not."""

    offer: Id | None = None
    module: Id | None = None
    site: Id
    units: Tally
    why: Text
    """Chosen; not chosen though possible; or the rule that denies it, with its date."""


class ChipClassFound(Closed):
    """The class of an accelerator under a regime, and how it was worked out."""

    accelerator: Id
    regime: Id
    """The regime whose classes these are."""
    classes: Sequence[Text]
    """One when the chip's figures decide, else every possible one."""
    steps: Sequence[Text]
    """Figures and thresholds, step by step."""
    doubtful: Sequence[Text]
    """Figures of low confidence without which the class would be another or open."""


class PermissionGround(Closed):
    """What one regime asks, and why."""

    regime: Id
    """The regime whose cell holds."""
    outcome: Text
    """free, notify, licence, case-by-case, capped, undetermined or denied."""
    days: Tally
    """Of notice or of processing a licence."""
    refusal: Figure | None
    """Probability that the licence is refused; none when unknown or none is needed."""
    cap: Text
    """The cap that a lot counts against; empty for none."""
    citation: Text
    """Where the rule stands."""
    why: Text
    """Class, destination, party and day; or what is not known."""
    condition: Text = ""
    """What is asked beside the outcome, such as certificates or a duty; not reckoned with."""
    read_on: Day
    """The day of signing or of shipping."""
    rests_on: Sequence[Text]
    """Figures of low confidence without which the outcome would be another."""


class Permission(Closed):
    """What export control asks of an offer at a site, for what is signed from one day to another, by one way."""

    offer: Id
    site: Id
    accelerator: Id
    """The chip of its systems."""
    signed_from: Day
    """First day of the first period for which it holds."""
    signed_until: Day
    """First day of the last period for which it holds; `grounds` are those of the first."""
    route: Text
    """Empty where there is only one way."""
    outcome: Text
    """The strictest of the grounds."""
    allowed: bool
    """Whether it can be signed, as the instance reads the regimes."""
    classes: Sequence[Text]
    """Class of the chip, regime by regime; several possible ones joined by `or`."""
    needed_days: Tally
    grounds: Sequence[PermissionGround]
    """What each regime asks, read at signing and at shipping."""


class Latest(Closed):
    """The last days on which something that the plan uses still meets a target: an order of systems or modules, an
    application for an approval, or the decision to open a site, where neither is named."""

    limit: Id
    by: Day
    offer: Id | None = None
    module: Id | None = None
    site: Id
    tender: Day | None
    """Last day to publish the tender; none when no day is early enough."""
    sign: Day | None
    """Last day to sign, order, apply or decide."""
    apply: Day | None = None
    """Last day to apply for an export licence, or to give notice, for what is signed then; none when none is needed."""


StepEvent = Literal[
    "tender", "sign", "apply", "ship", "deliver", "install", "accept", "order", "complete", "decide", "open"
]


class PathStep(Closed):
    """A step of the chain of events that decides on which day a target is met."""

    limit: Id
    step: Tally
    """Position in the chain of its target."""
    event: StepEvent
    """Of a lot: tender, sign, apply (for an export licence), ship, deliver, install, accept. Of a module or approval:
    tender, order, complete. Of a site: decide, open."""
    offer: Id | None = None
    module: Id | None = None
    site: Id
    day: Day
    """When it happens in the plan."""
    latest: Day | None
    """When it could happen at the latest for the target to be met; none for what nobody decides on, or too late."""


class PlanRisk(Closed):
    """What a quote says of an order beside what is planned: a day that it leaves open, what is owed for coming late."""

    offer: Id
    site: Id
    signed: Day
    units: Tally
    ready: Day
    """As planned, by the longest lead that is quoted."""
    soonest: Day | None
    """By the shortest, where a range is quoted and any licence takes as long as planned."""
    damages_per_week: Figure | None
    """That the vendor owes for each week late, where the quote says so, in its currency."""
    damages_at_most: Figure | None
    """In all."""
    currency: Currency
    says: Text
    """All of it in words."""


class FiscalYear(Closed):
    """Cash paid in a fiscal year."""

    year: int
    first: Day | None = None
    """First day of the fiscal year."""
    last: Day | None = None
    """Last day of the fiscal year."""
    amount: Figure
    capex: Figure | None = None
    """Of the amount; what is left of it is opex. None in plans that were written before it was told."""
    opex: Figure | None = None
    """What operation costs, of the amount."""
    by_fund: ById[Figure] = Field(default_factory=dict)
    """What each fund pays of it, where the instance has funds. What several may pay is shared between them in the same
    proportion in every year."""


class UnitCosts(Closed):
    """What use costs, over the evaluation horizon: discounted cost over hours of usable accelerators, undiscounted."""

    accelerator_hours: Figure
    """Without what hosts keep, and without the hours in which systems are not available."""
    per_accelerator_hour: Figure | None
    h100_equivalent_hours: Figure
    per_h100_equivalent_hour: Figure | None
    """An H100 equivalent is 15,832 of TPP."""


class LeanedOn(Closed):
    """A figure of low confidence that the plan rests on."""

    path: Text
    confidence: Confidence
    source: Text
    as_of: Text


class PlanRemark(Closed):
    """Something odd in the instance, as `check` remarks on it."""

    path: Text
    """Where in the instance."""
    message: Text
    """What is odd."""
    way_out: Text
    """What to do about it; empty where nothing need be."""


class PlanAudit(Closed):
    """What the independent audit found."""

    passed: bool
    readings: Tally
    """Rules recomputed."""
    broken: Sequence[Text]
    """Rules that do not hold, each with what is used and allowed."""


class PlanOptions(Closed):
    """What the search was asked for."""

    gap: Share
    time_limit: Figure | None
    """Seconds."""
    threads: Tally
    seed: Tally
    memory_mb: Tally | None


class Plan(Shown):
    """A plan. `decisions` is what was decided; all else follows from it and the instance, but for the bounds."""

    format: Literal["gpuplan-plan/1"] = "gpuplan-plan/1"
    name: Text
    """Of the instance."""
    instance_sha256: Text
    """Of the instance with catalogue and edits, so that a plan is never read against another."""
    status: Literal["optimal", "feasible", "audit_failed"]
    currency: Currency
    names: ById[ById[Text]] = Field(default_factory=dict)
    """What people call what the plan names by its id, by section of the instance."""
    levels: Sequence[PlanLevel]
    accelerators: Tally
    """Bought, the hosts' part included."""
    accelerators_of_buyer: Figure
    """Bought, without the part that hosts keep in kind."""
    systems: Tally
    installation: Literal["as-delivered", "when-needed"]
    """Whether what is delivered is installed as soon as there is room for it, or when it is needed."""
    decisions: Decisions
    orders: Sequence[PlanOrder]
    modules: Sequence[PlanModule]
    sites: Sequence[PlanSite]
    states: Sequence[PlanState]
    served: Sequence[PlanServed] = ()
    clusters: Sequence[PlanCluster] = ()
    cost: PlanCost
    limits: Sequence[PlanLimit]
    deadlines: Sequence[PlanDeadline] = ()
    considered: Sequence[Considered]
    permissions: Sequence[Permission]
    """What export control asks; empty when the instance chooses no regime."""
    chip_classes: Sequence[ChipClassFound]
    """Of every accelerator that is offered, under every regime with classes of its own."""
    latest: Sequence[Latest]
    critical_path: Sequence[PathStep]
    """For each target on usable units: the events that decide its day, in order."""
    risks: Sequence[PlanRisk] = ()
    """What the quotes of what is ordered leave open, and what vendors owe for coming late."""
    cash: Sequence[FiscalYear]
    unit_costs: UnitCosts
    low_confidence: Sequence[LeanedOn]
    remarks: Sequence[PlanRemark] = ()
    """What `check` remarks on the instance: a plan is no better than its figures."""
    audit: PlanAudit
    options: PlanOptions
    versions: ById[Text]
    run: ById[Figure | Text] = Field(default_factory=dict)
    """Times and machine: the only part that differs between two runs of the same input, version, seed and options."""
