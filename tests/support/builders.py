"""Builders of tiny instances, as trees of plain values: one offer at one site that needs nothing, and parts to add.

Every builder returns a fresh tree; `case(...)` deep-merges overrides, so that a test shows only what it is about.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from gpuplan.instance.schema import Instance, validated

Tree = dict[str, Any]

REMOVED = object()
"""As an override: leave the key out."""


def merged(base: Tree, over: Tree) -> Tree:
    """A deep copy of `base` in which mappings of `over` are merged and everything else of it replaces."""
    result = deepcopy(base)
    for key, value in over.items():
        if value is REMOVED:
            result.pop(key, None)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(result[key], value)
        else:
            result[key] = deepcopy(value)
    return result


def case(**over: Any) -> Tree:
    """One vendor `v` sells system `s` (8 accelerators, no power) by offer `o` at 100 each; one site `a`; 3 months."""
    base: Tree = {
        "name": "case",
        "calendar": {"start": "2025-01-01", "periods": 3},
        "systems": {"s": {"accelerators": 8}},
        "vendors": {"v": {}},
        "offers": {"o": {"vendor": "v", "system": "s", "price": 100, "max_units": 3}},
        "sites": {"a": {}},
    }
    return merged(base, over)


def made(tree: Tree) -> Instance:
    """The validated instance of a tree."""
    return validated(deepcopy(tree))


def instance(**over: Any) -> Instance:
    """The validated instance of `case(**over)`."""
    return made(case(**over))


def offer(**over: Any) -> Tree:
    """Another offer of vendor `v` for system `s`."""
    return merged({"vendor": "v", "system": "s", "price": 100, "max_units": 3}, over)


def target(amount: float, **over: Any) -> Tree:
    """At least so many systems usable, by the end unless said otherwise."""
    return merged({"measure": "systems", "at_least": amount}, over)


POWERED: Tree = {"accelerators": 8, "max_power_kw": 10, "rack_units": 8}
"""A system of 10 kW, air-cooled: it needs protected power, air cooling and a rack position."""

UNLIMITED: Tree = {"grid-power": "unlimited", "air-cooling": "unlimited", "rack-positions": "unlimited"}
"""Everything but protected power, which the test states."""
