"""The whole problem: every signing that no rule denies, and what each family makes of it.

    allowed signings -> columns -> rows -> bounds that follow -> links (big-M by those bounds) -> objective levels

The result is a pure function of the instance and the rules that are left out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES, Denial
from gpuplan.families.eligibility import pair_denials, signing_denials
from gpuplan.families.objective import Goal, goals
from gpuplan.instance.commitments import ordered_before
from gpuplan.program.columns import Key, Role
from gpuplan.program.pooling import pool
from gpuplan.program.problem import Group, Problem
from gpuplan.program.propagation import tighten_columns
from gpuplan.program.sharpen import sharpen
from gpuplan.program.waiting import rewards_waiting

if TYPE_CHECKING:
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.program.money import Money


@dataclass(frozen=True)
class Formulation:
    """A finished program."""

    problem: Problem
    goals: tuple[Goal, ...]


def formulate(
    instance: Instance,
    off: frozenset[Group] = frozenset(),
    without: frozenset[str] = frozenset(),
    tightenings: bool = True,
    reductions: bool = False,
    coarse: bool = False,
    loose: bool = False,
    margins: Mapping[Key, float] | None = None,
    money: Money | None = None,
    pause: Callable[[], None] | None = None,
) -> Formulation:
    """The program of an instance, without the rules in `off` and without the families named in `without`.

    `reductions` leaves out columns that some best plan does without, where the instance allows; `loose` does so where
    plans then cost a little more than the program says, its bound holding all the same; `coarse` relaxes the
    rest, so that its bound holds for the whole and its plans are none. `margins` keeps limits so far within their
    bounds, by the key of their row; `money` is the unit in which it is counted, one taken from the instance when left
    out. `pause` is called between the steps, for a caller who may want to stop. Raises
    InvalidInput when a rule needs a bound that nothing in the instance gives.
    """
    pause = pause or _go_on
    with _no_garbage_collection():
        if "export" in without:
            off |= {Group("export", f"export.regimes.{name}") for name in instance.export.regimes}
        problem = Problem(instance, off, tightenings, reductions or coarse, loose, coarse, margins or {}, money)
        families = [family for family in FAMILIES if family.name not in without]
        _allow_signings(problem, without)
        for family in FAMILIES:
            # Orders and installed systems are what every other family speaks of: their columns are always made.
            if family in families or family.name == "supply":
                family.columns(problem)
        if not len(problem.columns):
            problem.columns.add(("nothing_to_decide",), Role.CONTINUOUS, 0.0)
        for family in families:
            pause()
            problem.rows.family = family.name
            family.rows(problem)
        tighten_columns(problem.columns, problem.rows)
        for family in families:
            pause()
            problem.rows.family = family.name
            family.links(problem)
        problem.bound_covers()
        problem.rows.family = "objective"
        found = Formulation(problem, tuple(goals(problem)))
        sharpen(problem.columns, problem.rows, "limits")
        if coarse:
            problem.rows = pool(
                problem.columns, problem.rows, [(goal.expression, goal.maximise) for goal in found.goals]
            )
        return found


FIRST = (("site_open",), ("serving_site", "serving_system"))
"""Decisions that shape everything else, to be settled first, the first first."""
CLOSING = ("site_open", "offer_used")
"""Decisions without which much of the program says nothing."""
TOTALS = "lots_in_all"
"""Numbers to be settled before all others that a coarse program lets be broken."""
STANDING = "installed"
"""Numbers that, once they are known, leave little to be decided."""
COUNTED = (
    TOTALS,
    "installed",
    "orders",
    "positions",
    "modules",
    "joined",
    "offer_first",
    "vendor_first",
)
"""Numbers that a coarse program lets be broken."""


@dataclass(frozen=True)
class Coarse:
    """The coarse program beside a whole one: every plan of that one keeps it, at no more than its cost."""

    formulation: Formulation
    same: dict[int, int]
    """Yes-or-no columns of the coarse program, and the same ones of the whole."""
    standing: dict[int, tuple[int, int]]
    """Its numbers of systems on each day; of each the same of the whole, and how many systems a lot has.

    Where orders are pooled, sites may share a lot in it."""
    groups: tuple[tuple[int, ...], ...]
    """Columns to be settled before all others, in groups, the first first. All but the last group shape a plan."""
    closing: tuple[int, ...]
    """Columns that leave much out when they are zero."""
    counted: tuple[int, ...]
    """Columns that the coarse program lets be broken, are whole in every plan, and make it finer when whole."""


def coarsened(
    instance: Instance, whole: Formulation, margins: Mapping[Key, float], pause: Callable[[], None]
) -> Coarse | None:
    """The coarse program beside a whole one; None where nothing may wait, so that there is none."""
    if not rewards_waiting(instance):
        return None
    coarse = formulate(instance, coarse=True, margins=margins, money=whole.problem.money, pause=pause)
    columns = coarse.problem.columns
    there = {key: index for index, key in enumerate(whole.problem.columns.keys)}
    strategic = (index for index, role in enumerate(columns.roles) if role is Role.STRATEGIC)
    standing = {
        index: (there[columns.keys[index]], instance.quotes[str(columns.keys[index][1])].lot_units)
        for index in columns.of(STANDING)
        if columns.keys[index] in there
    }
    return Coarse(
        coarse,
        {index: there[columns.keys[index]] for index in strategic if columns.keys[index] in there},
        standing,
        (
            *(tuple(index for name in names for index in columns.of(name)) for names in FIRST),
            tuple(index for index, role in enumerate(columns.roles) if role is not Role.CONTINUOUS),
            tuple(columns.of(TOTALS)),
        ),
        tuple(index for name in CLOSING for index in columns.of(name)),
        tuple(index for name in COUNTED for index in columns.of(name)),
    )


def _go_on() -> None:
    """Nobody wants to stop."""


def _allow_signings(problem: Problem, without: frozenset[str]) -> None:
    """Fill in the days and ways in which each offer can be signed for each site; columns come later."""
    for offer in problem.instance.quotes:
        for site in problem.instance.offer_sites(offer):
            if any(_binds(problem, denial, without) for denial in pair_denials(problem.instance, offer, site)):
                continue
            numbers = problem.days_to_sign(offer, site)
            allowed = [(number, way) for number in numbers for way in _ways(problem, offer, site, number, without)]
            if allowed:
                problem.allowed[offer, site] = allowed


def _ways(problem: Problem, offer: str, site: str, number: int, without: frozenset[str]) -> Iterable[Route]:
    """Ways for what can be signed on a day; what was signed on one that is over is there whatever the rules say now."""
    instance, day, ways = problem.instance, problem.days[number], problem.ways(offer, site, number)
    signed = [way for way in ways if ordered_before(instance, offer, site, day, way.name)]
    if problem.is_over(number):
        return signed
    return [
        way
        for way in ways
        if way in signed
        or not any(_binds(problem, denial, without) for denial in signing_denials(instance, offer, site, way))
    ]


def _binds(problem: Problem, denial: Denial, without: frozenset[str]) -> bool:
    return denial.group not in problem.off and denial.group.family not in without


@contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Building makes hundreds of thousands of small objects and no garbage; collecting meanwhile costs a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
