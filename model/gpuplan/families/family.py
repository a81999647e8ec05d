"""What a constraint family is: one concept, in one file, told in the same parts.

A family file holds, in order: its docstring (concept, mathematics, table of symbols), the pairs it denies, its columns,
its rows, its links (rows that need a bound derived from the others), its readings and entries recounted from a plan,
its sentence and its repair.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gpuplan.program.problem import Group

if TYPE_CHECKING:
    from gpuplan.instance.routes import Route
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.entries import Entry
    from gpuplan.ledger.reading import Reading
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem


@dataclass(frozen=True, slots=True)
class Denial:
    """Why an offer cannot go to a site, or cannot be signed on a day."""

    group: Group
    reason: str
    missing: str = ""
    """The resource that the site has none of, where that is the reason."""
    edit: str = ""
    """An edit by which this reason would go, where one figure does it."""


def none(_: Problem) -> None:
    """No column, row or link."""


def never(_instance: Instance, _offer: str, _site: str, _way: Route) -> Iterator[Denial]:
    """No signing is denied."""
    return iter(())


def always_fits(_instance: Instance, _offer: str, _site: str) -> Iterator[Denial]:
    """No pair is denied."""
    return iter(())


def no_groups(_: Instance) -> Iterator[str]:
    """A family that demands nothing, so that nothing of it can be left out."""
    return iter(())


def nothing_demanded(_instance: Instance, path: str) -> str:
    """A family without rules of its own to tell."""
    return path


def no_readings(_: Recount) -> Iterator[Reading]:
    """A family without rules of its own to read."""
    return iter(())


def no_entries(_: Recount) -> Iterator[Entry]:
    """A family that costs nothing."""
    return iter(())


@dataclass(frozen=True)
class Family:
    """A constraint family: what it adds to the program, and what it makes of a plan."""

    name: str
    title: str
    kind: Literal["policy", "physical", "cost"]
    """Which rules a diagnosis filters first: policy was decided by people, physical by the world."""
    groups: Callable[[Instance], Iterable[str]] = no_groups
    """Paths of the entities whose rules can be left out one by one."""
    sentence: Callable[[Instance, str], str] = nothing_demanded
    """What the rule of an entity demands, for people."""
    repair: Callable[[Instance, Reading], str] | None = None
    """How to make room for a reading that fails, in the user's unit."""
    denies_pair: Callable[[Instance, str, str], Iterable[Denial]] = always_fits
    """Offer and site: why nothing of it can ever stand there."""
    denies_signing: Callable[[Instance, str, str, Route], Iterable[Denial]] = never
    """Offer, site and way: why nothing can be signed so, on the day on which that way begins."""
    columns: Callable[[Problem], None] = none
    rows: Callable[[Problem], None] = none
    links: Callable[[Problem], None] = none
    readings: Callable[[Recount], Iterable[Reading]] = no_readings
    entries: Callable[[Recount], Iterable[Entry]] = no_entries
