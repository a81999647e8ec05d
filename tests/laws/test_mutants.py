"""The laws at work: each mutant is the package with one thing broken, and a law must notice.

A mutant changes the program and leaves the readings alone, or the other way round. What both share (calendar, lot days,
prices) has hand-worked tests of its own, and the last mutants here show that those notice too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest

import gpuplan.formulation
import gpuplan.program.standings
from families import test_clusters, test_deadlines, test_energy, test_pricing, test_siting, test_supply, test_workloads
from gpuplan import formulation
from gpuplan.errors import InvalidInput
from gpuplan.families import FAMILIES, deadlines, draws, energy, limits, pricing, siting, workloads
from gpuplan.instance import routes, serving, timeline
from gpuplan.instance.providers import Network
from gpuplan.instance.timeline import last_state
from gpuplan.program import measures
from gpuplan.program.linear import Linear
from gpuplan.program.problem import Flow, Problem
from gpuplan.program.propagation import tighten_columns
from gpuplan.program.rows import Rows
from gpuplan.program.standings import Standings
from laws import cases
from support.builders import Tree
from support.laws import family_agrees, family_named, optimum_passes, plans_of, program_agrees, solvers_agree

Breaking = AbstractContextManager[Any]
REAL_ADD = Rows.add


@contextmanager
def rows(kind: str, change: Callable[[Rows, Linear, dict[str, float]], bool]) -> Iterator[None]:
    """Rows of a kind pass through `change`, which alters them in place and says whether to keep them."""
    seen = []

    def add(self: Rows, key: Any, left: Linear, **bounds: Any) -> None:
        if key[0] == kind:
            seen.append(key)
            left = Linear().plus(left)
            if not change(self, left, bounds):
                return
        REAL_ADD(self, key, left, **bounds)

    with patch.object(Rows, "add", add):
        yield
    assert seen, f"no row of kind {kind} was ever made"


def dropped(kind: str) -> Breaking:
    """No row of a kind."""
    return rows(kind, lambda *_: False)


def moved(kind: str, by: float) -> Breaking:
    """The bounds of a kind of row are off by an amount."""

    def change(_rows: Rows, _left: Linear, bounds: dict[str, float]) -> bool:
        for name in ("at_most", "at_least"):
            if name in bounds:
                bounds[name] += by
        return True

    return rows(kind, change)


def swapped(kind: str) -> Breaking:
    """At least becomes at most, and the other way round."""

    def change(_rows: Rows, _left: Linear, bounds: dict[str, float]) -> bool:
        names = {"at_most": "at_least", "at_least": "at_most"}
        turned = {names.get(name, name): bound for name, bound in bounds.items()}
        bounds.clear()
        bounds.update(turned)
        return True

    return rows(kind, change)


def scaled(kind: str, positive: bool, by: float) -> Breaking:
    """The positive (or negative) coefficients of a kind of row are multiplied."""

    def change(_rows: Rows, left: Linear, _bounds: dict[str, float]) -> bool:
        left.terms = {c: a * by if (a > 0) == positive else a for c, a in left.terms.items()}
        return True

    return rows(kind, change)


def program_of(name: str, **parts: Callable[[Problem], None]) -> Breaking:
    """The program builds a family with other parts; its readings and entries stay as they are."""
    changed = tuple(replace(one, **parts) if one.name == name else one for one in FAMILIES)
    return patch.object(gpuplan.formulation, "FAMILIES", changed)


def flows_of(family: str, change: Callable[[Flow], Flow | None]) -> Breaking:
    """The flows that a family's rows make pass through `change`."""
    real = family_named(family)

    def build(problem: Problem) -> None:
        before = len(problem.flows)
        real.rows(problem)
        made = [change(flow) for flow in problem.flows[before:]]
        problem.flows[before:] = [flow for flow in made if flow is not None]

    return program_of(family, rows=build)


def paid(flow: Flow, factor: float = 1.0, days: int = 0) -> Flow:
    """A flow with other amounts or days."""
    payments = tuple((day + timedelta(days=days), amount * factor) for day, amount in flow.payments)
    return replace(flow, payments=payments)


def of_term(term: str, change: Callable[[Flow], Flow | None]) -> Callable[[Flow], Flow | None]:
    """Only flows of one cost term change."""
    return lambda flow: change(flow) if flow.term == term else flow


def no_acceptance() -> Breaking:
    """The program forgets acceptance when it counts what is usable."""
    return patch.object(measures, "timedelta", lambda **_: timedelta(0))


def early_growth(problem: Problem, name: str, offer: str, site: str, standing: list[int | None]) -> None:
    """`deadlines._no_growth` without acceptance."""
    last = last_state(problem.states, problem.instance.deadlines[name].by)
    held = standing[last] if last is not None else None
    if standing[-1] is not None and standing[-1] != held:
        row = Linear([(standing[-1], 1.0)])
        if held is not None:
            row.add(held, -1.0)
        problem.rows.add(("deadline", name, offer, site), row, at_most=0.0)


def no_fleets() -> Breaking:
    """The program forgets what is already there."""
    real = measures.units_counted
    return patch.object(
        measures, "units_counted", lambda *given: (one for one in real(*given) if one[0].offer is not None)
    )


def too_tight() -> Breaking:
    """A derived bound takes one unit too many away from orders."""

    def tighten(columns: Any, found: Any) -> None:
        tighten_columns(columns, found)
        for index in columns.of("orders"):
            columns.upper[index] = max(columns.upper[index] - 1, 0.0)

    return patch.object(gpuplan.formulation, "tighten_columns", tighten)


def half_bounds() -> Breaking:
    """Every big-M is half of what it must be."""
    real = Problem.bounded
    return patch.object(Problem, "bounded", lambda *given: real(*given) / 2)


def design_only() -> Breaking:
    """The program takes the design load in both load cases."""
    real = Problem.needs
    return patch.object(Problem, "needs", lambda self, system, site, _case: real(self, system, site, "design"))


def program_routes(change: Callable[[Any], Any]) -> Breaking:
    """The program sees ways that pass through `change`; the readings see them as they are."""
    real = Problem.ways
    return patch.object(Problem, "ways", lambda *given: tuple(change(way) for way in real(*given)))


def no_licence_days() -> Breaking:
    """Lots ship as if nobody had to wait for a licence."""

    def hurried(way: Any) -> Any:
        early = timedelta(days=10)
        days = way.days
        if days.shipped - days.signed <= early:
            return way
        shipped = days.signed + early
        return replace(way, days=replace(days, shipped=shipped, delivered=shipped, installed=shipped, ready=shipped))

    return program_routes(hurried)


def counting_against(*caps: tuple[str, str] | None) -> Breaking:
    """Every ground of the program's ways counts against these caps; None for none."""

    def changed(way: Any) -> Any:
        return replace(way, grounds=tuple(replace(ground, cap=cap) for ground in way.grounds for cap in caps))

    return program_routes(changed)


def nothing_draws() -> Breaking:
    """Modules draw on nothing where no system stands."""
    return patch.object(Network, "drawn_on_by", lambda *_: frozenset())


def fleets_alone() -> Breaking:
    """Clusters draw on nothing where no system stands that is bought."""
    return patch.object(draws, "cluster_needs", lambda *_: ())


def nothing_feeds() -> Breaking:
    """No deliveries carry one another."""
    return patch.object(draws, "feeds_itself", lambda _: False)


def every_cap() -> Breaking:
    """Quota and allocation are both used up by every lot."""
    return counting_against(("r", "quota"), ("r", "allocation"))


def no_cap() -> Breaking:
    """Lots count against no cap."""
    return counting_against(None)


def program_limits(**changed: Any) -> Breaking:
    """The program's limits have other fields; the readings see them as they are."""
    real = limits.every_limit

    def build(problem: Problem) -> None:
        with patch.object(
            limits,
            "every_limit",
            lambda one: {name: limit.model_copy(update=changed) for name, limit in real(one).items()},
        ):
            family_named("limits").rows(problem)

    return program_of("limits", rows=build)


def cap_in_systems() -> Breaking:
    """Systems are counted for TPP."""
    return program_limits(measure="systems")


def nothing_used() -> Breaking:
    """Bounds are higher by what others have used."""
    return program_limits(at_most=Decimal(26000))


def always_granted() -> Breaking:
    """Whatever needs a licence counts in full."""

    class Sure(routes.Route):
        def chance(self, _delivery: str) -> Any:
            return Fraction(1)

    return program_routes(lambda way: Sure(way.name, way.days, way.grounds))


def dropped_part(kind: str, part: str) -> Breaking:
    """No row of a kind whose key ends with a part."""

    def add(self: Rows, key: Any, left: Linear, **bounds: Any) -> None:
        if key[0] != kind or key[-1] != part:
            REAL_ADD(self, key, left, **bounds)

    return patch.object(Rows, "add", add)


def one_way_of_paying() -> Breaking:
    """Orders of a period are paid as the first of its ways is."""
    real = pricing.tiered_orders

    def first_days(problem: Problem, offer: str) -> Any:
        found = real(problem, offer)
        first = {(one.site, one.period): one.days for one in reversed(found)}
        return [one._replace(days=first[one.site, one.period]) for one in found]

    return patch.object(pricing, "tiered_orders", first_days)


def one_way() -> Breaking:
    """Only the first way of a period is there."""
    real = Problem.ways
    return patch.object(Problem, "ways", lambda *given: real(*given)[:1])


def no_acceptance_at_work() -> Breaking:
    """The program forgets acceptance when it counts what can serve, or join a cluster."""
    return patch.object(gpuplan.program.standings, "timedelta", lambda **_: timedelta(0))


def no_fleets_at_work() -> Breaking:
    """The program forgets that what is already there can serve."""
    real = Standings.usable
    return patch.object(Standings, "usable", lambda *given, **more: Linear(real(*given, **more).terms.items()))


def no_clusters_at_sites() -> Breaking:
    """The program forgets what clusters need of a site."""
    return patch.object(Problem, "places", {})


def always_ready(problem: Problem) -> None:
    """`workloads.columns` with software that runs from the first day on."""
    with patch.object(workloads, "is_ready", lambda *_: True):
        workloads.columns(problem)


def all_of_it(_rows: Rows, _left: Linear, bounds: dict[str, float]) -> bool:
    """A demand that must be met, whether it is required or not."""
    bounds["at_least"] = bounds["at_most"]
    return True


def only_positive(expression: Linear) -> Linear:
    """An expression without what it takes off."""
    return Linear(term for term in expression.terms.items() if term[1] > 0)


def last_day_alone(real: Callable[..., Any]) -> Callable[..., Any]:
    """Work weighed by the last decision of a window."""

    def weights(*given: Any) -> Any:
        return {max(real(*given)): 1}

    return weights


# Laws as something that a mutant is put before


def family_law(name: str) -> Callable[[Tree], None]:
    """Law one on the rows of a family."""

    def check(tree: Tree) -> None:
        instance, plans = plans_of(tree, space=replace(cases.space_of(tree), beyond=1 if name == "supply" else 0))
        family_agrees(family_named(name), instance, plans)

    return check


def program_law(tree: Tree) -> None:
    """Law one on the whole program, with its money."""
    instance, plans = plans_of(tree, space=cases.space_of(tree))
    program_agrees(instance, plans)


def optimum_law(tree: Tree) -> None:
    """Law three."""
    assert optimum_passes(tree) is not None


def solvers_law(tree: Tree) -> None:
    """Law five."""
    solvers_agree(tree)


@dataclass
class Mutant:
    """What is broken, where it shows, and the law that must notice."""

    name: str
    breaking: Callable[[], Breaking]
    tree: Tree
    law: Callable[[Tree], Any]
    quick: bool = False


CHEAP_TIER = cases.PRICING_TIERS
ALL_UNITS = cases.PRICING_ALL_UNITS
INCREMENTAL = cases.PRICING_INCREMENTAL
CHAIN, OPENED, SPARED = cases.FACILITY_CHAIN, cases.FACILITY_OPENED, cases.FACILITY_OPENED_SPARED
JOINED, ALL, FLEET = cases.CLUSTERS, cases.CLUSTERS_OF_ALL, cases.CLUSTERS_OF_FLEET
ONE = cases.ALONE["workloads"]
WORK, OPTIONAL, WHOLE = cases.WORKLOADS_FREE, cases.WORKLOADS_OPTIONAL, cases.WORKLOADS_WHOLE

MUTANTS = [
    Mutant("supply: stands before it arrives", lambda: dropped("arrived"), cases.SUPPLY, family_law("supply"), True),
    Mutant("supply: installed may fall", lambda: dropped("grows"), cases.SIMPLE, family_law("supply")),
    Mutant("supply: no monthly rate", lambda: dropped("supply"), cases.SUPPLY, family_law("supply"), True),
    Mutant("supply: rate off by one", lambda: moved("supply", 2), cases.SUPPLY, family_law("supply")),
    Mutant("supply: no minimum order", lambda: dropped("min_units"), cases.SUPPLY, family_law("supply"), True),
    Mutant("supply: lots taken for units", lambda: scaled("arrived", False, 0.5), cases.SUPPLY, family_law("supply")),
    Mutant("supply: twice the maximum", lambda: moved("max_units", 5), cases.SUPPLY, family_law("supply")),
    Mutant(
        "export: what is forbidden is signed",
        lambda: patch.object(formulation, "signing_denials", lambda *_: iter(())),
        cases.EXPORT,
        family_law("export"),
        True,
    ),
    Mutant("export: licences take no time", no_licence_days, cases.EXPORT, program_law, True),
    Mutant("export: every way counts against every cap", every_cap, cases.EXPORT_CAPPED, family_law("limits")),
    Mutant("export: no way counts against a cap", no_cap, cases.EXPORT_CAPPED, solvers_law, True),
    Mutant("export: a cap counts systems for TPP", cap_in_systems, cases.EXPORT_CAPPED, solvers_law),
    Mutant("export: what others used is forgotten", nothing_used, cases.EXPORT_CAPPED, solvers_law),
    Mutant("export: licences are always granted", always_granted, cases.EXPORT_EXPECTED, program_law, True),
    Mutant(
        "export: counts more than stands",
        lambda: dropped_part("delivered", "stands"),
        cases.EXPORT_EXPECTED,
        solvers_law,
    ),
    Mutant(
        "export: counts more than is granted",
        lambda: dropped_part("delivered", "granted"),
        cases.EXPORT_GRANTED,
        solvers_law,
    ),
    Mutant("export: tiers paid on the days of another way", one_way_of_paying, cases.EXPORT_PRICED, program_law, True),
    Mutant("export: ways of a period are one", one_way, cases.EXPORT_CAPPED, solvers_law),
    Mutant("siting: stands while closed", lambda: dropped("open"), cases.SITING, family_law("siting"), True),
    Mutant(
        "siting: opening is free",
        lambda: flows_of("siting", of_term("opening", lambda _: None)),
        cases.SITING,
        program_law,
    ),
    Mutant(
        "siting: fixed cost by the year",
        lambda: flows_of("siting", of_term("site", lambda flow: paid(flow, 12))),
        cases.SITING,
        program_law,
        True,
    ),
    Mutant("density: positions without systems", lambda: dropped("positions"), cases.CROWDED, solvers_law, True),
    Mutant("density: three in a rack for two", lambda: scaled("positions", False, 1.5), cases.CROWDED, solvers_law),
    Mutant(
        "density: one in a rack for two",
        lambda: program_of("density", columns=lambda _: None),
        cases.DENSITY,
        program_law,
    ),
    Mutant("facility: no balance", lambda: dropped("balance"), CHAIN, family_law("facility"), True),
    Mutant("facility: module delivers in MW", lambda: scaled("balance", False, 0.001), cases.cooled("N"), program_law),
    Mutant("facility: typical load forgotten", design_only, CHAIN, program_law, True),
    Mutant("facility: delivers beyond capacity", lambda: dropped("output"), cases.FACILITY_SHARED, program_law),
    Mutant("facility: delivers what nobody needs", lambda: dropped("delivered"), cases.FACILITY_SHARED, program_law),
    Mutant("facility: rest comes from nowhere", lambda: dropped("capacity"), cases.FACILITY_SHARED, program_law),
    Mutant("facility: room for one more module", lambda: moved("max_modules", 1), cases.ONE_MODULE, solvers_law),
    Mutant("facility: half of what an open site has", lambda: scaled("balance_open", False, 0.5), OPENED, program_law),
    Mutant("facility: a lost block is seen in all", lambda: scaled("balance_spare", False, 0.9), SPARED, program_law),
    Mutant("facility: nothing draws by itself", nothing_draws, cases.FACILITY_OPENED_DRAWN, program_law, True),
    Mutant("facility: fleets form no clusters", fleets_alone, cases.CLUSTERS_OF_FLEET_OPENED, program_law, True),
    Mutant("facility: nothing feeds itself", nothing_feeds, cases.FACILITY_OPENED_CIRCLE, program_law),
    Mutant("redundancy: none lost", lambda: dropped("spare"), cases.cooled("N+1"), solvers_law, True),
    Mutant("redundancy: half a block lost", lambda: scaled("spare", True, 0.5), cases.SPARE, solvers_law),
    Mutant("redundancy: the size need not be chosen", lambda: dropped("usable"), cases.cooled("N+2"), solvers_law),
    Mutant("redundancy: sizes added up", lambda: dropped("one_size"), cases.SPARE, solvers_law),
    Mutant("redundancy: 2N counts all", lambda: scaled("pairs", True, 0.5), cases.cooled("2N"), solvers_law, True),
    Mutant("redundancy: 2N counts a quarter", lambda: scaled("pairs", True, 2.0), cases.cooled("2N"), program_law),
    Mutant("pricing: a tier below its boundary", lambda: dropped("tier_low"), CHEAP_TIER, optimum_law, True),
    Mutant("pricing: a tier beyond its boundary", lambda: dropped("tier_high"), CHEAP_TIER, family_law("pricing")),
    Mutant("pricing: units without a tier", lambda: dropped("tier_units"), CHEAP_TIER, optimum_law),
    Mutant("pricing: cheaper tiers first", lambda: dropped("step_full"), cases.STEPS, optimum_law),
    Mutant("pricing: steps without tiers", lambda: dropped("step_high"), INCREMENTAL, optimum_law),
    Mutant("pricing: steps do not add up", lambda: dropped("tier_step"), cases.STEPS, optimum_law),
    Mutant("pricing: fee on any day", lambda: dropped("fee"), cases.FEES, optimum_law),
    Mutant("pricing: fee not owed", lambda: dropped("fees"), INCREMENTAL, optimum_law, True),
    Mutant("pricing: first signing anywhere", lambda: dropped("offer_first"), cases.FEES, optimum_law),
    Mutant("vendor_terms: never activated", lambda: dropped("vendor_used"), cases.PRICING_WITHOUT_FEES, optimum_law),
    Mutant("vendor_terms: rebate before its spend", lambda: dropped("rebate_low"), INCREMENTAL, optimum_law, True),
    Mutant("vendor_terms: rebate of nothing", lambda: dropped("rebate_spend"), INCREMENTAL, optimum_law),
    Mutant(
        "pricing: fees a period late",
        lambda: flows_of("pricing", of_term("fees", lambda flow: paid(flow, days=31))),
        ALL_UNITS,
        program_law,
    ),
    Mutant(
        "vendor_terms: rebates charged",
        lambda: flows_of("vendor_terms", of_term("rebates", lambda flow: paid(flow, -1))),
        ALL_UNITS,
        program_law,
    ),
    Mutant(
        "pricing: parts in the offer's currency",
        lambda: flows_of("pricing", of_term("network", lambda flow: paid(flow, 1.5))),
        INCREMENTAL,
        program_law,
    ),
    Mutant(
        "module_costs: no maintenance",
        lambda: flows_of("module_costs", of_term("maintenance", lambda _: None)),
        cases.cooled("N"),
        program_law,
    ),
    Mutant(
        "pricing: purchase without a site",
        lambda: flows_of(
            "pricing",
            of_term("purchase", lambda flow: replace(flow, subject=replace(flow.subject, site=None))),
        ),
        cases.HARD_BUDGET,
        program_law,
    ),
    Mutant(
        "energy: draw in MW",
        lambda: flows_of("energy", of_term("energy", lambda flow: paid(flow, 0.001))),
        CHAIN,
        program_law,
        True,
    ),
    Mutant(
        "energy: no demand charge", lambda: flows_of("energy", of_term("demand", lambda _: None)), CHAIN, program_law
    ),
    Mutant(
        "energy: carbon by the kilogram",
        lambda: flows_of("energy", of_term("carbon", lambda flow: paid(flow, 1000))),
        CHAIN,
        program_law,
    ),
    Mutant("workloads: nothing is demanded", lambda: dropped("demand"), WORK, family_law("workloads"), True),
    Mutant("workloads: a tenth too little", lambda: scaled("demand", True, 1.1), WORK, family_law("workloads")),
    Mutant("workloads: serves while not usable", lambda: dropped("serving"), WORK, family_law("workloads"), True),
    Mutant("workloads: acceptance forgotten", no_acceptance_at_work, WORK, family_law("workloads"), True),
    Mutant("workloads: fleets forgotten", no_fleets_at_work, WORK, program_law),
    Mutant(
        "workloads: software before it is ready",
        lambda: program_of("workloads", columns=always_ready),
        WORK,
        family_law("workloads"),
        True,
    ),
    Mutant("workloads: two sites for one", lambda: dropped("serving_site"), WHOLE, family_law("workloads"), True),
    Mutant("workloads: two kinds for one", lambda: dropped("serving_system"), WHOLE, family_law("workloads")),
    Mutant(
        "workloads: the choice binds nothing", lambda: dropped("demand_at"), cases.ONE_KIND, family_law("workloads")
    ),
    Mutant("workloads: all is required", lambda: rows("demand", all_of_it), OPTIONAL, family_law("workloads"), True),
    Mutant("workloads: half open", lambda: scaled("served_open", True, 2.0), WORK, program_law),
    Mutant("workloads: half a system", lambda: scaled("served_whole", True, 2.0), ONE, program_law),
    Mutant("workloads: transit is free", lambda: flows_of("workloads", lambda _: None), WORK, program_law, True),
    Mutant(
        "workloads: transit a month late",
        lambda: flows_of("workloads", lambda flow: paid(flow, days=31)),
        WORK,
        program_law,
    ),
    Mutant(
        "workloads: transit by the system",
        lambda: flows_of("workloads", lambda flow: paid(flow, 1 / 8)),
        WORK,
        program_law,
    ),
    Mutant(
        "limits: work of the last day alone",
        lambda: patch.object(measures, "work_weights", last_day_alone(measures.work_weights)),
        WORK,
        program_law,
    ),
    Mutant("clusters: smaller than their size", lambda: dropped("size"), JOINED, family_law("clusters"), True),
    Mutant("clusters: one system too few", lambda: moved("size", -1), JOINED, family_law("clusters")),
    Mutant("clusters: larger than their largest", lambda: dropped("max_size"), FLEET, family_law("clusters"), True),
    Mutant("clusters: of what is not usable", lambda: dropped("joining"), JOINED, family_law("clusters"), True),
    Mutant("clusters: acceptance forgotten", no_acceptance_at_work, JOINED, family_law("clusters")),
    Mutant("clusters: dissolved again", lambda: dropped("clusters_grow"), FLEET, family_law("clusters"), True),
    Mutant("clusters: systems leave them", lambda: dropped("joined_grow"), FLEET, family_law("clusters")),
    Mutant("clusters: systems left over", lambda: dropped("join_all"), ALL, family_law("clusters"), True),
    Mutant(
        "clusters: systems in none that is formed",
        lambda: dropped("max_size"),
        cases.CLUSTERS_OF_ANY_SIZE,
        family_law("clusters"),
    ),
    Mutant("clusters: need nothing", no_clusters_at_sites, cases.CLUSTERS_SHORT_OF_PORTS, program_law, True),
    Mutant("clusters: are free", lambda: flows_of("clusters", lambda _: None), JOINED, program_law),
    Mutant(
        "clusters: paid a month late",
        lambda: flows_of("clusters", lambda flow: paid(flow, days=31)),
        JOINED,
        program_law,
    ),
    Mutant(
        "clusters: paid again on every state day",
        lambda: flows_of("clusters", lambda flow: replace(flow, expression=only_positive(flow.expression))),
        JOINED,
        program_law,
    ),
    Mutant(
        "limits: clusters of the last day",
        lambda: patch.object(measures, "last_state", lambda states, _day: len(states) - 1),
        FLEET,
        program_law,
    ),
    Mutant("deadlines: use at any time", lambda: dropped("deadline"), cases.DEADLINES, family_law("deadlines"), True),
    Mutant(
        "deadlines: modules at any time", lambda: dropped("module_deadline"), cases.DEADLINES, family_law("deadlines")
    ),
    Mutant(
        "deadlines: acceptance forgotten",
        lambda: patch.object(deadlines, "_no_growth", early_growth),
        cases.DEADLINES,
        family_law("deadlines"),
        True,
    ),
    Mutant("limits: no lower bound", lambda: dropped("at_least"), cases.LIMITS[0], family_law("limits"), True),
    Mutant("limits: no upper bound", lambda: dropped("at_most"), cases.LIMITS[0], family_law("limits")),
    Mutant("limits: at least for at most", lambda: swapped("at_most"), cases.LIMITS[0], family_law("limits"), True),
    Mutant("limits: a lower bound too low", lambda: moved("at_least", -8), cases.LIMITS[0], family_law("limits")),
    Mutant("limits: acceptance forgotten", no_acceptance, cases.LIMITS[0], family_law("limits"), True),
    Mutant("limits: fleets forgotten", no_fleets, cases.COMMISSIONING_WITH_FLEET, program_law),
    Mutant("limits: counts too early", lambda: dropped("reaches"), cases.COUNTED, solvers_law),
    Mutant("limits: need not count", lambda: dropped("below"), cases.COUNTED_AT_MOST, solvers_law),
    Mutant("limits: shortfall of the wrong sign", lambda: scaled("at_least", True, -1.0), cases.LIMITS[2], program_law),
    Mutant("objective: holds before it does", lambda: dropped("holds"), cases.WAITING, solvers_law, True),
    Mutant("objective: no vendor is large", lambda: dropped("concentration"), cases.LIMITS[2], optimum_law),
    Mutant("bounds: one too tight", too_tight, cases.SUPPLY, program_law, True),
    Mutant("bounds: big-Ms too small", half_bounds, CHEAP_TIER, program_law),
]


def late_delivery() -> Breaking:
    """Lots that forget shipping, in the program and in the readings."""
    real = timeline.lot_days

    def forgetful(offer: Any, signed: Any, licence_days: int = 0) -> Any:
        return real(offer.model_copy(update={"shipping_days": 0}), signed, licence_days)

    return patch_everywhere("lot_days", forgetful)


def patch_everywhere(name: str, other: Any) -> Breaking:
    """Another function under a name, in every module of the package that has it."""
    stack = ExitStack()
    for module in [module for key, module in sys.modules.items() if key.startswith("gpuplan")]:
        if hasattr(module, name):
            stack.enter_context(patch.object(module, name, other))
    return stack


def month_of_30_days() -> Breaking:
    """Energy that takes every month for 30 days."""
    real = energy.prices
    return patch.object(
        energy,
        "prices",
        lambda one, site, stretch: {
            term: price * 30 / stretch.days for term, price in real(one, site, stretch).items()
        },
    )


SHARED: list[tuple[Callable[[], Breaking], Callable[[], None]]] = [
    (
        late_delivery,
        test_supply.test_a_lot_is_usable_when_lead_shipping_installation_and_acceptance_are_over,
    ),
    (
        lambda: patch.object(siting, "open_day", lambda site, decided: max(decided, site.opens or decided)),
        test_siting.test_nothing_stands_before_the_building_time_is_over,
    ),
    (month_of_30_days, test_energy.test_a_flat_load_pays_for_every_hour_of_the_month),
    (
        lambda: patch.object(pricing, "last_order_day", lambda one, _: one.calendar.start),
        test_pricing.test_a_saving_of_incremental_tiers_is_booked_on_the_last_day_of_the_order_window,
    ),
    (
        lambda: patch.object(deadlines, "selects", lambda *_: True),
        test_deadlines.test_only_what_is_selected_and_not_excluded_is_bound,
    ),
    (
        lambda: patch_everywhere("rate_of", lambda one, workload, system: one.workloads[workload].rates[system].amount),
        test_workloads.test_a_rate_by_the_accelerator_is_multiplied_and_derated,
    ),
    (
        lambda: patch_everywhere("is_ready", lambda *_: True),
        lambda: test_workloads.test_software_that_is_not_ready_does_not_serve("2025-02-09", 100),
    ),
    (
        lambda: patch_everywhere("days_served_closely", lambda _: set()),
        test_workloads.test_what_serves_has_been_accepted,
    ),
    (
        lambda: patch.object(serving.Spell, "share_of_month", 1),
        test_workloads.test_part_of_a_month_pays_its_part,
    ),
    (
        lambda: patch_everywhere("cluster_prices", lambda *_: (Fraction(30), Fraction(4))),
        test_clusters.test_a_cluster_is_paid_for_on_the_day_on_which_it_is_formed,
    ),
    (
        lambda: patch_everywhere("cluster_needs", lambda *_: ({}, {})),
        test_clusters.test_a_cluster_needs_resources_for_itself_and_for_each_system,
    ),
    (
        lambda: patch_everywhere("joining_all", lambda *_: []),
        test_clusters.test_every_system_is_in_a_cluster_where_its_kind_says_so,
    ),
    (
        lambda: patch_everywhere("who_serves_matters", lambda _: False),
        test_workloads.test_who_serves_changes_when_something_better_is_usable,
    ),
]
"""What program and readings share, and the hand-worked test that notices."""


@pytest.mark.parametrize(("breaking", "test"), SHARED, ids=range(len(SHARED)))
def test_a_hand_worked_case_notices(breaking: Callable[[], Breaking], test: Callable[[], None]) -> None:
    """Proves that what the laws cannot see, since both sides share it, the worked cases do."""
    test()
    with pytest.raises(AssertionError), breaking():
        test()


def parameters() -> list[Any]:
    """Quick mutants by default, the others in the long run."""
    return [pytest.param(one, id=one.name, marks=() if one.quick else (pytest.mark.long,)) for one in MUTANTS]


@pytest.mark.parametrize("mutant", parameters())
def test_a_law_notices(mutant: Mutant) -> None:
    """Proves that the law holds without the mutant and is broken with it."""
    mutant.law(mutant.tree)
    with pytest.raises((AssertionError, InvalidInput)), mutant.breaking():
        mutant.law(mutant.tree)
