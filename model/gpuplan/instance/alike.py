"""Workloads that are alike: the same but for their names, so that it does not matter which of them is served where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.instance.base import Entity
from gpuplan.instance.rules import Selection
from gpuplan.instance.workloads import Workload

if TYPE_CHECKING:
    from pydantic import BaseModel

    from gpuplan.instance.schema import Instance

TELLING = frozenset(Workload.model_fields) - frozenset(Entity.model_fields)
"""Fields of a workload that decide something."""
SELECTING = ("limits", "deadlines", "objective", "levies", "funds")
"""Sections of an instance that may select workloads by their names."""


def alike(instance: Instance) -> list[list[str]]:
    """Workloads, those that are alike together, in the order of the first of each.

    One that something selects by its name is like no other.
    """
    named = {name for one in _selections(instance) for name in one.workload or ()}
    found: dict[str, list[str]] = {}
    for name, workload in instance.workloads.items():
        told = name if name in named else workload.model_dump_json(include=set(TELLING))
        found.setdefault(told, []).append(name)
    return list(found.values())


def _selections(instance: Instance) -> Iterator[Selection]:
    for section in SELECTING:
        some = getattr(instance, section)
        for one in some if isinstance(some, tuple) else some.values():
            yield from _within(one)


def _within(one: BaseModel) -> Iterator[Selection]:
    """Selections in the fields of a rule, and in those of what these hold."""
    for name in type(one).model_fields:
        value = getattr(one, name)
        if isinstance(value, Selection):
            yield value
        elif hasattr(type(value), "model_fields"):
            yield from _within(value)
