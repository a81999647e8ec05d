"""A tiny instance as a tree of plain values, and what the tests of this folder do with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any, TypeVar

import pytest

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.schema import Instance, validated

Tree = dict[str, Any]
Result = TypeVar("Result")

EVERYTHING = ("grid-power", "protected-power", "air-cooling", "rack-positions", "fabric-ports")
"""What a box needs."""

SMALL: Tree = {
    "name": "small",
    "calendar": {"start": "2025-01-01", "periods": 12},
    "accelerators": {"chip": {"maker": "Acme"}},
    "systems": {"box": {"accelerator": "chip", "accelerators": 8}},
    "vendors": {"shop": {}},
    "offers": {"quote": {"vendor": "shop", "system": "box", "price": 100}},
    "sites": {"plant": {"capacity": dict.fromkeys(EVERYTHING, "unlimited")}},
}


def tree(over: Mapping[str, Any] | None = None) -> Tree:
    """A fresh tree: `SMALL` with dotted paths set, such as `{"offers.quote.price": 5}`."""
    made = deepcopy(SMALL)
    for path, value in (over or {}).items():
        *above, last = path.split(".")
        node = made
        for step in above:
            node = node.setdefault(step, {})
        node[last] = deepcopy(value)
    return made


def small(over: Mapping[str, Any] | None = None) -> Instance:
    """The instance of `tree(over)`."""
    return validated(tree(over))


def problems(call: Callable[[], object]) -> tuple[Problem, ...]:
    """The problems that a call raises as InvalidInput; fails if it raises none."""
    with pytest.raises(InvalidInput) as caught:
        call()
    assert caught.value.problems
    return caught.value.problems


def refusals(over: Mapping[str, Any]) -> dict[str, str]:
    """Path and message of everything that is wrong with `tree(over)`."""
    return {problem.path: problem.message for problem in problems(lambda: small(over))}


def result_or_problems(call: Callable[[], Result]) -> tuple[Result | None, tuple[Problem, ...]]:
    """What a call returns, or the problems that it raises as InvalidInput; any other exception passes."""
    try:
        return call(), ()
    except InvalidInput as error:
        return None, error.problems
