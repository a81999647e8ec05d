"""Rules that clash, in words: what is proven of them, and what leaving them out would do."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Member(Protocol):
    """A rule of a conflict."""

    @property
    def family(self) -> str:
        """Whose rule it is."""
        ...

    @property
    def path(self) -> str:
        """Where it is stated."""
        ...

    @property
    def says(self) -> str:
        """What it demands, in words."""
        ...

    @property
    def frees(self) -> bool | None:
        """Whether leaving it out alone makes room for a plan; None where that could not be told."""
        ...


class Clashing(Protocol):
    """A set of rules that clash."""

    @property
    def kind(self) -> str:
        """Policy or physical."""
        ...

    @property
    def members(self) -> Sequence[Member]:
        """The rules."""
        ...

    @property
    def minimal(self) -> bool:
        """Whether without any one of them the others can hold."""
        ...

    @property
    def further(self) -> Sequence[Clashing]:
        """Sets that clash without the sets before."""
        ...

    @property
    def frees(self) -> bool | None:
        """Whether leaving out all that is named makes room for a plan."""
        ...


def listed(members: Sequence[Member]) -> str:
    """The rules, a line for each."""
    lines = (f"- {one.path}: {one.says.split(': ', 1)[-1]}" for one in members)
    return "\n".join(lines) or "- none could be named"


def proven(kind: str, members: Sequence[Member], minimal: bool) -> str:
    """What is proven of a set of rules that clash, and what leaving one of them out would do."""
    if not members:
        return ""
    if not minimal:
        return _and("Not every one of them could be proven to play a part.", _making_room(members))
    if all(one.frees for one in members):
        return f"Leaving {'it out' if len(members) == 1 else 'out any one of them'} makes room for a plan (proven)."
    beside = "whatever the limits" if kind == "physical" else "beside supply, sites and capacity"
    if len(members) == 1:
        said = f"It cannot hold {beside} (proven)."
    else:
        said = f"They cannot all hold {beside}; without any one of them the others can (proven)."
    return _and(said, _making_room(members))


def _making_room(members: Sequence[Member]) -> str:
    freeing = [one.path for one in members if one.frees]
    if freeing:
        return f"Leaving out {' or '.join(freeing)} makes room for a plan."
    if members and all(one.frees is False for one in members):
        which = "it out" if len(members) == 1 else "out one of them"
        return f"Leaving {which} makes no room for a plan: other rules clash as well."
    return ""


def without_all(frees: bool | None) -> str:
    """What leaving out all that is named does, where one of them is not enough."""
    if frees:
        return "Leaving out all that is named makes room for a plan."
    if frees is None:
        return "Whether more rules clash could not be told."
    return "Other rules, which could not be named, clash as well."


def _and(one: str, other: str) -> str:
    return f"{one} {other}".strip()
