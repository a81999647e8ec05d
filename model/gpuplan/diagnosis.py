"""Why an instance has no plan: a set of rules that clash, found by leaving rules out and solving again.

A deletion filter over named groups: a rule whose absence leaves the rest still infeasible plays no part and is dropped;
one whose absence makes the rest feasible stays. Policy (limits, deadlines) is filtered first, physics (supply, sites,
capacity) being taken as given; if physics alone clashes, it is filtered instead. A probe that its time limit ends is
inconclusive: its rule stays and the set is no longer said to be minimal.

Rules that are not in a set may clash by themselves. So each of the set is left out alone, to see whether that makes
room for a plan, and where all of the set left out make none, further sets are looked for among the rest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from gpuplan.errors import Defect, InvalidInput
from gpuplan.families import FAMILIES
from gpuplan.formulation import formulate
from gpuplan.program.problem import Group
from gpuplan.solver.coarse import Stopped
from gpuplan.solver.result import Settings, ShouldStop
from gpuplan.solver.search import Search
from gpuplan.solver.watched import Watched, watched

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


@dataclass(frozen=True, slots=True)
class Clash:
    """One rule of a conflict."""

    family: str
    path: str
    says: str
    """What the rule demands, for people."""
    frees: bool | None = None
    """Whether leaving it out, and nothing else, makes room for a plan; None where that could not be told."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Rules that cannot all hold."""

    kind: Literal["policy", "physical"]
    members: tuple[Clash, ...]
    minimal: bool
    """Whether it is proven that without any one of them the others can hold; rules that are not named, of the kind or
    of a set before, are left aside."""
    further: tuple[Conflict, ...] = ()
    """Sets that clash when all of the sets before are left out."""
    frees: bool | None = None
    """Whether leaving out all that is named, of further sets too, makes room for a plan; None where that could not be
    told."""


def explain(
    instance: Instance,
    settings: Settings,
    seconds: float = 30.0,
    should_stop: ShouldStop | None = None,
    on_probe: Callable[[int, int], None] | None = None,
) -> Conflict:
    """The conflict of an infeasible instance, within about so many seconds.

    `on_probe(done, of)` is called before every probe. What could not be decided in time stays in the set.
    """
    deadline = time.monotonic() + seconds
    with watched() as runs:
        probe = _Probe(instance, settings, runs, deadline, should_stop)
        first, named = _conflict(probe, frozenset(), on_probe)
        members = tuple(replace(one, frees=probe.feasible(frozenset({_group(one)}))) for one in first.members)
        frees = True if any(one.frees for one in members) else probe.feasible(named)
        further: list[Conflict] = []
        while frees is False:
            following, more = _conflict(probe, named, on_probe)
            if not more:
                break
            further.append(following)
            named |= more
            frees = probe.feasible(named)
    return replace(first, members=members, further=tuple(further), frees=frees)


def _conflict(
    probe: _Probe, off: frozenset[Group], on_probe: Callable[[int, int], None] | None
) -> tuple[Conflict, frozenset[Group]]:
    """A set that clashes where some rules are left out already; also as groups."""
    instance = probe.instance
    policy = [group for group in _groups(instance, "policy") if group not in off]
    physical = [group for group in _groups(instance, "physical") if group not in off]
    # Physics is blamed only where it is shown to clash without any policy.
    kind: Literal["policy", "physical"] = "physical" if probe.feasible(off | set(policy)) is False else "policy"
    groups, without = (policy, off) if kind == "policy" else (physical, off | set(policy))
    kept, minimal = _filtered(probe, groups, without, on_probe)
    sentences = {family.name: family.sentence for family in FAMILIES}
    members = tuple(Clash(group.family, group.path, sentences[group.family](instance, group.path)) for group in kept)
    return Conflict(kind, members, minimal), frozenset(kept)


def _group(clash: Clash) -> Group:
    return Group(clash.family, clash.path)


def _groups(instance: Instance, kind: str) -> list[Group]:
    """Rules of a kind that can clash; soft limits never do."""
    soft = {f"limits.{name}" for name, limit in instance.limits.items() if limit.soft}
    return [
        Group(family.name, path)
        for family in FAMILIES
        if family.kind == kind
        for path in family.groups(instance)
        if path not in soft
    ]


def _filtered(
    probe: _Probe, groups: list[Group], off: frozenset[Group], on_probe: Callable[[int, int], None] | None
) -> tuple[list[Group], bool]:
    kept: list[Group] = []
    dropped = set(off)
    minimal = True
    # Halves first: most rules play no part, and a whole half that is not needed goes in one probe.
    waiting = [groups]
    done = 0
    while waiting:
        batch = waiting.pop()
        if not batch:
            continue
        if on_probe is not None:
            on_probe(done, len(groups))
        feasible = probe.feasible(frozenset(dropped | set(batch)))
        if feasible is False:
            dropped |= set(batch)
            done += len(batch)
        elif len(batch) > 1:
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
        else:
            kept += batch
            done += 1
            minimal = minimal and feasible is True
    return kept, minimal


@dataclass
class _Probe:
    instance: Instance
    settings: Settings
    runs: Watched
    deadline: float
    should_stop: ShouldStop | None

    def feasible(self, off: frozenset[Group]) -> bool | None:
        """Whether a plan exists without these rules; None when time ran out or nothing could be said."""
        left = self.deadline - time.monotonic()
        if left <= 0 or (self.should_stop is not None and self.should_stop()):
            return None
        search = Search(replace(self.settings, time_limit=min(left, 10.0)), should_stop=self.should_stop)
        try:
            return search.is_feasible(self.runs, formulate(self.instance, off, pause=search.pause))
        except (InvalidInput, Defect, Stopped):
            # Without this rule nothing bounds some quantity any more, or the probe fails: that is no answer.
            return None
