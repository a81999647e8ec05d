"""The program under construction: an instance, the rules that are on, and what the families have declared so far."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.errors import InvalidInput
from gpuplan.errors import Problem as Fault
from gpuplan.fraction import Fraction
from gpuplan.instance.alike import alike
from gpuplan.instance.commitments import built_before, days_to_sign, decision_days, is_over
from gpuplan.instance.facility import LoadCase
from gpuplan.instance.interim import interim
from gpuplan.instance.joining import Place, places
from gpuplan.instance.loads import system_needs
from gpuplan.instance.matching import Subject
from gpuplan.instance.providers import Network, module_denial
from gpuplan.instance.rentals import end_of, without_end
from gpuplan.instance.routes import Route, routes
from gpuplan.instance.running import Running
from gpuplan.instance.timeline import LotDays, days_looked_at, last_state, module_ready, state_days
from gpuplan.program.columns import INFINITY, Columns, Key, Role
from gpuplan.program.knapsack import Room
from gpuplan.program.linear import Linear
from gpuplan.program.money import Money
from gpuplan.program.rows import Rows
from gpuplan.program.standings import Standings
from gpuplan.program.waiting import Waiting, rewards_waiting

if TYPE_CHECKING:
    from decimal import Decimal

    from gpuplan.instance.calendar import Period
    from gpuplan.instance.rules import Measured
    from gpuplan.instance.schema import Instance


CASES: tuple[LoadCase, LoadCase] = ("design", "typical")
NOISE = 1e-9
"""Bounds up to this are zero."""
FAR = 1e3
"""Times an amount from which on a millionth of a whole column is not plainly nothing of it."""


class Group(NamedTuple):
    """A rule that can be left out as one: a family's rows and bounds for one entity, named by its path."""

    family: str
    path: str


@dataclass(frozen=True, slots=True)
class Flow:
    """A stream of payments that is proportional to an expression: amount paid = factor x expression, by day.

    Factors are in the program's unit of money, undiscounted.
    """

    term: str
    committed: date | None
    """Day on which it is signed for; None for what runs on (energy, rent), committed as it is paid."""
    subject: Subject
    expression: Linear
    payments: tuple[tuple[date, float], ...]


@dataclass
class Problem:
    """What the families fill in, in the order columns, rows, links."""

    instance: Instance
    off: frozenset[Group] = frozenset()
    """Rules that are left out, for diagnosis and for the laws."""
    tightenings: bool = True
    reductions: bool = False
    """Whether columns are left out that some best plan does without; the rows then lose plans, and no best one."""
    loose: bool = False
    """Whether these are left out too where plans then cost a little more than the program says, see `waits`."""
    coarse: bool = False
    """Whether the program is relaxed in time and numbers: what is known of days in between is left out."""
    margins: Mapping[Key, float] = field(default_factory=dict)
    """By key of a limit's row: how far within its bound to stay."""
    counted_in: Money | None = None
    """The unit of money, where it must be that of another program; taken from the instance when left out."""
    columns: Columns = field(default_factory=Columns)
    rows: Rows = field(init=False)
    flows: list[Flow] = field(default_factory=list)
    draws: dict[tuple[str, int, str], Linear] = field(default_factory=dict)
    """Grid draw in kW by site, state and load case."""
    covers: dict[int, Linear] = field(default_factory=dict)
    """By column that no plan needs larger than an expression, or zero where that is less: the expression."""
    shortfalls: dict[int, Linear] = field(default_factory=dict)
    """By priority: the sum of shortfall / scale over its soft limits."""

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Periods of the calendar."""
        return self.instance.calendar.all_periods

    @cached_property
    def days(self) -> dict[int, date]:
        """By number: every day on which something is decided; below zero those of commitments before the calendar, and
        after those of the periods those within them."""
        return decision_days(self.instance)

    @cached_property
    def period_days(self) -> dict[int, date]:
        """Those on which modules can be ordered and openings decided, or were: all but the days within periods."""
        return {number: day for number, day in self.days.items() if number < len(self.periods)}

    def days_to_sign(self, offer: str, site: str) -> list[int]:
        """Numbers of the days on which an offer is signed for a site, or was, in order of the days."""
        days = days_to_sign(self.instance, offer, site)
        return [number for number, day in sorted(self.days.items(), key=lambda one: one[1]) if day in days]

    @cached_property
    def states(self) -> tuple[date, ...]:
        """Days on which the state is taken."""
        return state_days(self.instance)

    def __post_init__(self) -> None:
        self.rows = Rows(self.tightenings)

    @cached_property
    def money(self) -> Money:
        """The unit in which this program counts money."""
        return self.counted_in or Money.of(self.instance)

    def payments(self, dated: Iterable[tuple[date, Fraction]]) -> tuple[tuple[date, float], ...]:
        """Payments of a flow: (day, amount in the reporting currency), in the program's unit of money."""
        return tuple((day, self.money.in_units(amount)) for day, amount in dated)

    def unit_of(self, measured: Measured) -> Fraction:
        """What 1 stands for in the program where a measure is counted: its own unit, and of money that of the
        program."""
        return self.money.unit if measured.kind == "money" else Fraction(1)

    def is_on(self, family: str, path: str) -> bool:
        """Whether a rule is part of this program."""
        return Group(family, path) not in self.off

    @cached_property
    def loads(self) -> dict[str, list[str]]:
        """By the first of workloads that are decided on together: all of them.

        Those that are alike and not split are, where columns are left out: how many of them are served where, or by
        what, is all that matters.
        """
        workloads = self.instance.workloads
        groups = alike(self.instance) if self.reductions else [[name] for name in workloads]
        found: dict[str, list[str]] = {}
        for group in groups:
            whole = [name for name in group if workloads[name].split != "free"]
            on = [name for name in whole if self.is_on("workloads", f"workloads.{name}.demand")]
            off = [name for name in whole if name not in on]
            free = [[name] for name in group if workloads[name].split == "free"]
            found |= {some[0]: some for some in (on, off, *free) if some}
        return {name: found[name] for name in workloads if name in found}

    def ways(self, offer: str, site: str, period: int) -> tuple[Route, ...]:
        """Every way for what is signed on the day of a number; no lead when the offer's supply is left out."""
        without = frozenset(
            name for name in self.instance.export.regimes if not self.is_on("export", f"export.regimes.{name}")
        )
        no_lead = not self.is_on("supply", f"offers.{without_end(offer)}")
        return routes(self.instance, offer, site, self.days[period], without, no_lead)

    def lot(self, column: int) -> LotDays:
        """Days of the lots that a column of orders stands for."""
        return self.routes[column].days

    @cached_property
    def routes(self) -> dict[int, Route]:
        """The way of the lots that each column of orders stands for."""
        return {}

    @cached_property
    def allowed(self) -> dict[tuple[str, str], list[tuple[int, Route]]]:
        """By (offer, site): (number of the day, way) of every signing that no rule denies."""
        return {}

    @cached_property
    def waits(self) -> bool:
        """Whether what is not looked at yet may wait.

        Nothing is lost by it where the draw of each system is the same whoever delivers. Where it is not, systems that
        wait in the program are charged the least that they can draw, so that its plans cost a little more than it says.
        """
        if not (self.reductions and rewards_waiting(self.instance)):
            return False
        return self.coarse or self.loose or self.knows_draws

    @property
    def is_loose(self) -> bool:
        """Whether plans may cost more than the program says."""
        return self.waits and not self.knows_draws

    @cached_property
    def knows_draws(self) -> bool:
        """Whether the draw of every system is known beforehand wherever it is charged or measured."""
        instance = self.instance
        return all(
            self.running.is_known(instance.quotes[offer].system, site)
            for offer, site in self.allowed
            if draws_count(instance, site)
        )

    @cached_property
    def waiting(self) -> Waiting:
        """What may wait until when."""
        return Waiting(self.instance, self.states, waits=self.waits, coarse=self.coarse)

    def formed(self, place: Place, state: int) -> tuple[int | None, int | None]:
        """Columns of the clusters formed by a state day, and of the systems in them; None where there are none."""
        at = self.waiting.cluster_state(state)
        if at is None:
            return None, None
        return self.columns.get("clusters", *place, at), self.columns.get("joined", *place, at)

    def epoch(self, site: str, state: int) -> int:
        """The first state day of those in a row, up to one, on which all is the same at a site.

        The same systems stand there, in the same clusters, with the same modules, capacities and what is given. For use
        once every column of installed is made.
        """
        if site not in self._epochs:
            self._epochs[site] = self._epochs_of(site)
        return self._epochs[site][state]

    @cached_property
    def _epochs(self) -> dict[str, list[int]]:
        return {}

    def _epochs_of(self, site: str) -> list[int]:
        if not self.waits:
            return list(range(len(self.states)))
        place = self.instance.sites[site]
        arrivals = [
            [
                module_ready(self.instance.modules[module], self.days[number])
                for number in self.module_days(module, site)
            ]
            for module in place.modules
        ]
        fleets = self.instance.existing.systems.values()
        lacking = list(self.instance.resources) if any(fleet.site == site for fleet in fleets) else []
        found: list[int] = []
        before: object = None
        for state, day in enumerate(self.states):
            now = (
                [standing[state] for _, standing in self.standings.at(site)],
                self.waiting.cluster_state(state) if self.instance.clusters else None,
                [sum(ready <= day for ready in ready_days) for ready_days in arrivals],
                [capacity.on(day) for capacity in place.capacity.values()],
                [interim(self.instance, site, resource, case, day) for resource in lacking for case in CASES],
            )
            found.append(found[-1] if now == before else state)
            before = now
        return found

    @property
    def role_of_numbers(self) -> Role:
        """Role of numbers of systems on days in between."""
        return Role.CONTINUOUS if self.coarse else Role.WHOLE

    def is_looked_at(self, site: str, state: int, case: LoadCase) -> bool:
        """Whether the balance of a site is kept on a state day: always, unless the program is coarse.

        Then the design load is kept where it can be the largest before a rule looks, and the typical one in the end.
        """
        if not self.coarse:
            return True
        if case == "typical":
            return state == self.epoch(site, len(self.states) - 1)
        if site not in self._looked_at:
            self._looked_at[site] = self._days_of_largest_load(site)
        return state in self._looked_at[site]

    @cached_property
    def _looked_at(self) -> dict[str, set[int]]:
        return {}

    def _days_of_largest_load(self, site: str) -> set[int]:
        accepted = [self.instance.quotes[offer].acceptance_days for offer, _ in self.standings.at(site)]
        least = timedelta(days=min(accepted, default=0))
        loaded = {last_state(self.states, day - least) for day in days_looked_at(self.instance)}
        loaded.add(len(self.states) - 1)
        capacities = self.instance.sites[site].capacity.values()
        for state in range(1, len(self.states)):
            falls = (_is_less(one.on(self.states[state]), one.on(self.states[state - 1])) for one in capacities)
            loaded |= {state} if any(falls) else set()
        return {self.epoch(site, state) for state in loaded if state is not None}

    @cached_property
    def signings(self) -> dict[tuple[str, str], list[tuple[int, int]]]:
        """By (offer, site): (number of the day, column of orders) of every signing, one for each day and way."""
        return {}

    @cached_property
    def standings(self) -> Standings:
        """What can stand where."""
        return Standings(self.instance, self.states)

    @cached_property
    def places(self) -> dict[str, list[Place]]:
        """By site: where clusters can be formed, of which kind and of what."""
        found: dict[str, list[Place]] = {}
        for place in places(self.instance):
            found.setdefault(place.site, []).append(place)
        return found

    def needs(self, system: str, site: str, case: LoadCase) -> dict[str, float]:
        """What one system of a kind needs of each resource at a site. Shared, so not to be changed."""
        key = (system, site, case)
        if key not in self._needs:
            exact = system_needs(self.instance, system, site, case)
            self._needs[key] = {resource: float(amount) for resource, amount in exact.items()}
        return self._needs[key]

    @cached_property
    def _needs(self) -> dict[tuple[str, str, LoadCase], dict[str, float]]:
        return {}

    def network(self, site: str) -> Network:
        """Providers of a site."""
        return self.running.network(site)

    @cached_property
    def running(self) -> Running:
        """From when on, and at which draw, systems are charged what it costs to run."""
        return Running(self.instance)

    def fullest_states(self, site: str, last: int) -> list[int]:
        """State days on which most can stand at a site: the last, and those after which something is given back."""
        ends = {end_of(offer) for offer, _ in self.standings.at(site)}
        return [*(state for state, day in enumerate(self.states) if day in ends), last]

    def draw_rates(self, system: str, site: str, case: LoadCase) -> tuple[float, float]:
        """Grid draw in kW that a system at a site is charged for, at the least and the most; see `Charged`.

        At the least only, where the program lets systems wait although their draw is not known.
        """
        key = (system, site, case)
        if key not in self._draw_rates:
            draw = self.running.charged(*key)
            self._draw_rates[key] = (float(draw.least), float(draw.least if self.waits else draw.most))
        return self._draw_rates[key]

    @cached_property
    def _draw_rates(self) -> dict[tuple[str, str, LoadCase], tuple[float, float]]:
        return {}

    def is_over(self, number: int) -> bool:
        """Whether nothing can be decided on a day any more."""
        return number < 0 or (
            self.is_on("commitments", "committed.until") and is_over(self.instance, self.days[number])
        )

    def module_days(self, module: str, site: str) -> list[int]:
        """Numbers of the days on which a module can be ordered for a site, or was committed."""
        return [
            number
            for number, day in self.period_days.items()
            if built_before(self.instance, module, site, day)
            or (not self.is_over(number) and module_denial(self.instance, module, day) is None)
        ]

    def in_place(self, module: str, site: str, state: int) -> Linear:
        """Modules at a site that deliver on a state day. Shared, so not to be changed."""
        key = (module, site, state)
        if key not in self._in_place:
            day = self.states[state]
            found = Linear()
            for period, signed in self.period_days.items():
                column = self.columns.get("modules", module, site, period)
                if column is not None and module_ready(self.instance.modules[module], signed) <= day:
                    found.add(column, 1.0)
            self._in_place[key] = found
        return self._in_place[key]

    @cached_property
    def _in_place(self) -> dict[tuple[str, str, int], Linear]:
        return {}

    def pairs(self) -> Iterable[tuple[str, str]]:
        """(offer, site) that have orders."""
        return self.signings.keys()

    def signings_of(self, offer: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """(site, signings) of an offer, for every site that it can be signed for."""
        for site in self.instance.offer_sites(offer):
            if (offer, site) in self.signings:
                yield site, self.signings[offer, site]

    def ordered(self, offer: str) -> Linear:
        """Units signed for under a quote, over all sites and periods."""
        lot = self.instance.quotes[offer].lot_units
        return Linear((column, lot) for _, found in self.signings_of(offer) for _, column in found)

    def ordered_now(self, offer: str) -> Linear:
        """Units signed for under a quote, and of an offer whenever they are given back."""
        found = Linear()
        for quote in self.instance.terms_of(offer) if offer in self.instance.offers else (offer,):
            found.plus(self.ordered(quote))
        return found

    def ordered_of(self, offer: str) -> Linear:
        """Units of an offer signed for, under earlier quotes too."""
        found = Linear()
        for quote in self.instance.quotes_of(offer):
            found.plus(self.ordered(quote))
        return found

    def upper_of(self, expression: Linear) -> float:
        """Largest value that the columns' bounds allow."""
        total = expression.constant
        for column, coefficient in expression.terms.items():
            bound = self.columns.upper[column] if coefficient > 0 else self.columns.lower[column]
            total += coefficient * bound
        return total

    def capped(self, amount: Linear, least: float) -> Linear:
        """An amount that must reach another, with no coefficient of a whole column far above what is missing.

        One such is enough anyway; the trifle of one by which a solver takes a whole column to be zero must not be.
        """
        missing = max(least - amount.constant, 0.0)
        if any(coefficient < 0 or self.columns.lower[column] < 0 for column, coefficient in amount.terms.items()):
            return Linear().plus(amount)
        found = Linear(
            (column, missing if coefficient > FAR * missing and self.columns.whole(column) else coefficient)
            for column, coefficient in amount.terms.items()
        )
        found.constant = amount.constant
        return found

    def bounded(self, expression: Linear, path: str) -> float:
        """Largest value that the columns' bounds allow, at least 0.

        Raises InvalidInput naming `path` when nothing bounds it: a big-M is never made up.
        """
        bound = min(self.upper_of(expression), self._room.largest(expression))
        if bound == INFINITY:
            message = "nothing in the instance bounds this, so a rule that needs a bound cannot be stated"
            raise InvalidInput([Fault(message, "State max_units, or a limit that bounds it.", path)])
        # What is left by the digits of a float is nothing, and a solver would drop a coefficient that small.
        return bound if bound > NOISE else 0.0

    @cached_property
    def _room(self) -> Room:
        return Room(self.columns, self.rows)

    def bound_covers(self) -> None:
        """Bound what covers an expression by the largest value of that, as far as the columns' bounds are known."""
        for column, covered in self.covers.items():
            self.columns.tighten(column, max(self.upper_of(covered), 0.0) * (1.0 + NOISE))

    def only_if(self, key: Key, expression: Linear, switch: int, path: str) -> None:
        """expression > 0 only if the switch is 1, by the tightest bound known; raises as `bounded` does."""
        self.rows.add(key, Linear().plus(expression).add(switch, -self.bounded(expression, path)), at_most=0.0)

    def offer_used(self, offer: str) -> int:
        """The switch of an offer, made when first asked for; supply links it to the orders."""
        return self._switch("offer_used", offer)

    def vendor_used(self, vendor: str) -> int:
        """The switch of a vendor, made when first asked for; vendor terms link it to the orders."""
        return self._switch("vendor_used", vendor)

    def _switch(self, *key: str) -> int:
        found = self.columns.get(*key)
        return self.columns.add(key, Role.STRATEGIC, 1.0) if found is None else found

    def strategic(self, *key: str | int) -> int:
        """A binary column that shapes the plan."""
        return self.columns.add(key, Role.STRATEGIC, 1.0)

    def number(self, most: int, *key: str | int) -> int:
        """A binary column that shapes the plan, or how many of so many alike it holds for."""
        return self.strategic(*key) if most == 1 else self.columns.add(key, Role.WHOLE, float(most))


def draws_count(instance: Instance, site_id: str) -> bool:
    """Whether what a site draws from the grid is charged or measured."""
    site = instance.sites[site_id]
    if instance.measures("site"):
        return True
    return site_id not in instance.hosted_sites and bool(site.tariff is not None or site.carbon_kg_per_kwh)


def _is_less(one: Decimal | None, other: Decimal | None) -> bool:
    """Whether one capacity is less than another; None is unlimited."""
    return one is not None and (other is None or one < other)
