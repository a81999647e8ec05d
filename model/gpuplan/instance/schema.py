"""The instance as a whole: every section, closed and frozen, with its catalogue entries filled in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from functools import cached_property
from math import floor, log10
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from gpuplan.errors import InvalidInput, Problem
from gpuplan.fraction import Fraction
from gpuplan.instance.base import ById, Closed, Day, Id, Sequence, Table, Text, exactly
from gpuplan.instance.calendar import Calendar, add_months, discount_factor
from gpuplan.instance.caps import caps
from gpuplan.instance.catalog import OVERRIDABLE, resolve
from gpuplan.instance.checks import check
from gpuplan.instance.clusters import ClusterKind
from gpuplan.instance.commitments import Committed, ordered_before, quotes, signed_under
from gpuplan.instance.economics import Economics
from gpuplan.instance.edits import apply, restated
from gpuplan.instance.facility import Existing, Module, Resource, Site
from gpuplan.instance.faults import all_told
from gpuplan.instance.funding import Fund, Levy
from gpuplan.instance.hardware import Accelerator, System
from gpuplan.instance.matching import whole_of
from gpuplan.instance.offers import Offer, Vendor
from gpuplan.instance.permission import Permissions
from gpuplan.instance.prices import typical_price
from gpuplan.instance.regimes import Export
from gpuplan.instance.rentals import end_of, ending, last_days, without_end
from gpuplan.instance.rules import Deadline, Level, Limit, Measured
from gpuplan.instance.signing import signing_days
from gpuplan.instance.uncertainty import Uncertainty
from gpuplan.instance.workloads import Workload


class Scenario(Closed):
    """A named set of edits, in the grammar of `instance.edited`."""

    note: Text = ""
    edits: Annotated[Sequence[Text], Field(min_length=1)]


class Instance(Closed):
    """Everything a plan is decided on. Made by `gpuplan.load`; changed copies by `instance.edited([...])`."""

    name: Annotated[Text, Field(min_length=1)]
    note: Text = ""
    catalogue_as_of: Day | None = None
    """Day of the reference catalogue with which it was made: what changed after it, and is used, is remarked on."""
    calendar: Calendar
    economics: Economics = Economics()
    installation: Literal["as-delivered", "when-needed"] = "as-delivered"
    """Whether what is delivered is installed as soon as its site is open and has what it needs, or when needed."""
    objective: Annotated[Sequence[Level], Field(min_length=1, max_length=10)] = (Level(minimise="cost"),)
    """Levels in order of priority; each is held at what it reached, plus its tolerance, while the next is sought."""
    resources: ById[Resource] = Field(default_factory=Table)
    accelerators: ById[Accelerator] = Field(default_factory=Table)
    systems: ById[System] = Field(default_factory=Table)
    vendors: ById[Vendor] = Field(default_factory=Table)
    offers: ById[Offer] = Field(default_factory=Table)
    sites: ById[Site] = Field(default_factory=Table)
    modules: ById[Module] = Field(default_factory=Table)
    export: Export = Export()
    """Export control; none when no regime is named."""
    workloads: ById[Workload] = Field(default_factory=Table)
    clusters: ById[ClusterKind] = Field(default_factory=Table)
    limits: ById[Limit] = Field(default_factory=Table)
    deadlines: ById[Deadline] = Field(default_factory=Table)
    levies: ById[Levy] = Field(default_factory=Table)
    """Taxes, duties and credits on payments."""
    funds: ById[Fund] = Field(default_factory=Table)
    """Who pays. Where there are any, every payment is paid by funds that may pay it; anybody pays when there are none.
    """
    existing: Existing = Existing()
    committed: Committed = Committed()
    """What is signed or decided, and cannot be undone."""
    scenarios: ById[Scenario] = Field(default_factory=Table)
    uncertainty: Uncertainty | None = None
    """What may turn out otherwise: looked at by `stress`, and not by `solve`."""

    def offer_sites(self, offer: Id) -> tuple[Id, ...]:
        """Sites that an offer can be delivered to, in the instance's order."""
        return self.sites_by_offer[offer]

    @cached_property
    def quotes(self) -> dict[Id, Offer]:
        """The offers, one more for each day on which they may be given back, and what was signed for under quotes that
        have changed since or are withdrawn, by their ids."""
        return quotes(self)

    @cached_property
    def on_offer(self) -> frozenset[Id]:
        """Quotes that something can be signed for under: the offers, and one for each day on which they may end."""
        return frozenset((*self.offers, *(ending(name, day) for name in self.offers for day in last_days(self, name))))

    def terms_of(self, offer: Id) -> list[Id]:
        """Quotes under which an offer can be signed for: itself, and one for each day on which it may end."""
        return [quote for quote in self.quotes if quote in self.on_offer and without_end(quote) == offer]

    @cached_property
    def last_days(self) -> tuple[date, ...]:
        """Days after which something that is rented may be gone, or is, in order."""
        return tuple(sorted({day for quote in self.quotes if (day := end_of(quote)) is not None}))

    def offer_of(self, quote: Id) -> Id:
        """The offer that a quote is, or was, one of."""
        stated = without_end(quote)
        return stated if stated in self.offers else self.committed.quotes[stated].offer

    def quotes_of(self, offer: Id) -> list[Id]:
        """An offer as it is, where there still is one, and its earlier quotes that something was signed for under."""
        return [quote for quote in self.quotes if self.offer_of(quote) == offer]

    @cached_property
    def ordered(self) -> dict[tuple[Id, Id, date, str], int]:
        """Committed units of systems by quote, site, day of signing and route."""
        orders = self.committed.orders.values()
        return {(signed_under(self, one), one.site, one.signed, one.route): one.units for one in orders}

    @cached_property
    def signed_pairs(self) -> frozenset[tuple[Id, Id]]:
        """Quotes and sites for which something was signed on a day that is over, or under a quote that is."""
        past = (key for key in self.ordered if ordered_before(self, *key))
        return frozenset((quote, site) for quote, site, _, _ in past)

    @cached_property
    def module_quotes_used(self) -> dict[tuple[Id, Id, date], Id]:
        """Quotes that committed modules were ordered under, by module, site and day."""
        modules = self.committed.modules.values()
        return {(one.module, one.site, one.signed): one.quote for one in modules if one.quote is not None}

    @cached_property
    def sites_by_offer(self) -> dict[Id, tuple[Id, ...]]:
        """The same of every quote."""
        return {
            name: tuple(site for site in self.sites if offer.sites is None or site in offer.sites)
            for name, offer in self.quotes.items()
        }

    @cached_property
    def signing_days(self) -> dict[tuple[Id, Id], tuple[date, ...]]:
        """By quote and site: the day of each period on which it is signed for the site."""
        return signing_days(self)

    @cached_property
    def hosted_sites(self) -> frozenset[Id]:
        """Sites whose hall, energy and carbon are paid by hosts: every offer that can come there includes hosting."""
        offered = {
            site: [offer for name, offer in self.quotes.items() if site in self.offer_sites(name)]
            for site in self.sites
        }
        return frozenset(
            site for site, some in offered.items() if some and all("hosting" in offer.includes for offer in some)
        )

    @cached_property
    def measured(self) -> dict[str, Measured]:
        """What limits and levels of the objective measure, and the wholes of shares, each by its path."""
        found: dict[str, Measured] = {}
        for name, limit in self.limits.items():
            found[f"limits.{name}"] = limit
            if not limit.is_amount:
                found[f"limits.{name}.of"] = whole_of(limit)
        for number, level in enumerate(self.objective):
            aims = {"minimise": level.minimise, "maximise": level.maximise, "of": level.of}
            found |= {f"objective.{number}.{aim}": one for aim, one in aims.items() if isinstance(one, Measured)}
        return found

    def measures(self, kind: str) -> bool:
        """Whether a limit or a level has a measure of a kind (see `Measured.kind`)."""
        return any(one.kind == kind for one in self.measured.values())

    @cached_property
    def currency(self) -> str:
        """The reporting currency."""
        return self.economics.currency

    @cached_property
    def typical_price(self) -> Fraction:
        """The middle one of its prices, in the reporting currency."""
        return typical_price(self)

    @cached_property
    def money_digits(self) -> int:
        """Digits after the point to which entries of money are rounded: next to nothing of a typical price, and never
        more than a millionth of the currency's unit."""
        return max(6, 8 - floor(log10(self.typical_price)))

    @cached_property
    def caps(self) -> dict[Id, tuple[str, Limit]]:
        """Caps of the regimes that are read, as limits, each with its path."""
        return caps(self)

    @cached_property
    def permissions(self) -> Permissions:
        """What export control asks, read when first asked for."""
        return Permissions(self)

    def discount(self, day: date) -> Decimal:
        """Discount factor of a day, 1 on `economics.discount_to`."""
        to = self.economics.discount_to or self.calendar.start
        return discount_factor(self.economics.discount_rate_per_year, (day - to).days)

    @exactly
    def edited(self, edits: Iterable[str]) -> Instance:
        """A changed copy: edits applied in order, validated and checked once at the end.

        The grammar is that of `gpuplan.instance.edits`. Raises InvalidInput when an edit is not understood or what it
        makes is not valid; the instance itself never changes.
        """
        before = self.model_dump()
        after = apply(before, list(edits))
        restated(before, after)
        changed = validated(after)
        if undone := [path for path in _sections(before) - _sections(after) if path in _sections(changed.model_dump())]:
            fault = "the catalogue puts it back, because something still uses it"
            raise InvalidInput([Problem(fault, "Remove what uses it first.", path) for path in sorted(undone)])
        return changed

    def in_scenario(self, name: str) -> Instance:
        """The instance with the edits of one of its scenarios; raises InvalidInput when it has none of that name."""
        return self.edited(self.scenario(name).edits)

    def scenario(self, name: str) -> Scenario:
        """One of the scenarios; raises InvalidInput when there is none of that name."""
        if name not in self.scenarios:
            known = ", ".join(get_close_matches(name, list(self.scenarios), 3, 0.4) or list(self.scenarios)[:6])
            raise InvalidInput(
                [Problem(f"there is no scenario {name!r}", f"Known: {known}." if known else "", "scenarios")]
            )
        return self.scenarios[name]

    @cached_property
    def operation_end(self) -> date:
        """Last day that is reckoned with: of the evaluation years, or of the last period when that is later."""
        years = self.economics.evaluation_years
        if years is None:
            return self.calendar.end
        return max(self.calendar.end, add_months(self.calendar.start, 12 * years) - timedelta(days=1))


def _sections(tree: dict[str, object]) -> set[str]:
    """Paths of the entities of a tree that the catalogue could provide."""
    found = set()
    for section in OVERRIDABLE:
        entities = tree.get(section)
        if section != "resources" and isinstance(entities, dict):
            found |= {f"{section}.{name}" for name in entities}
    return found


@exactly
def validated(tree: dict[str, object]) -> Instance:
    """The instance that a tree of plain values stands for, catalogue entries filled in.

    Raises InvalidInput with every fault of form, or else with every reference to nothing.
    """
    resolved = resolve(tree)
    try:
        instance = Instance.model_validate(resolved)
    except ValidationError as error:
        raise InvalidInput(all_told(error.errors(), resolved, Instance)) from None
    errors = [problem for problem in check(instance) if problem.severity == "error"]
    if errors:
        raise InvalidInput(errors)
    return instance
