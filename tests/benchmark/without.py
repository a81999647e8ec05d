"""gpuplan with one of its choices left out, to see what it is worth: contenders named `gpuplan-without-CHOICE`.

Only what the calling process decides can be left out here; what the child processes do by themselves (prices and
scaling of the simplex method, columns tried at a node, leaving out closed sites) cannot.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from gpuplan import formulation
from gpuplan.solver import completion, search, staged

EVER = 10**9


def _no_coarse_program() -> None:
    search.coarsened = lambda *_: None  # type: ignore[assignment]


def _no_tightenings() -> None:
    looser = partial(formulation.formulate, tightenings=False)
    formulation.formulate = search.formulate = looser  # type: ignore[assignment, attr-defined]


def _no_pooling() -> None:
    formulation.pool = lambda _columns, rows, _levels: rows  # type: ignore[attr-defined]


def _no_units_in_all() -> None:
    formulation.COUNTED = tuple(name for name in formulation.COUNTED if name != formulation.TOTALS)  # type: ignore[assignment]
    formulation.TOTALS = ""


def _no_numbers_in_the_tree() -> None:
    formulation.COUNTED = ()  # type: ignore[assignment]


def _no_sites_first() -> None:
    formulation.FIRST = ()  # type: ignore[assignment]


def _no_nearness() -> None:
    staged.STEPS = (EVER,)  # type: ignore[assignment, attr-defined]


def _no_finishing() -> None:
    completion.ABOUT = 0


def _no_better_shapes() -> None:
    staged.Staged._is_worth = lambda *_: False  # type: ignore[method-assign]
    staged.Staged._seeks_shapes = lambda self: self._shape is None and self._ways.is_over  # type: ignore[method-assign]


def _no_narrow_trees() -> None:
    formulation.CLOSING = ()  # type: ignore[assignment]


WITHOUT: dict[str, Callable[[], None]] = {
    "coarse-program": _no_coarse_program,
    "tightenings": _no_tightenings,
    "pooling": _no_pooling,
    "units-in-all": _no_units_in_all,
    "numbers-in-the-tree": _no_numbers_in_the_tree,
    "sites-first": _no_sites_first,
    "near-numbers": _no_nearness,
    "finishing": _no_finishing,
    "better-shapes": _no_better_shapes,
    "narrow-trees": _no_narrow_trees,
}
"""By name: what leaves a choice out in this process, for good.

- coarse-program: HiGHS searches the whole program, its days that no rule looks at left out, by itself.
- tightenings: no rows that follow from others and only tighten the relaxation.
- pooling: the coarse program keeps orders of one offer apart by site.
- units-in-all: the units of each offer in all are no column to branch on.
- numbers-in-the-tree: numbers of systems, lots and orders are not branched on; HiGHS searches every part.
- sites-first: sites and places of serving are branched on like everything else.
- near-numbers: where the bound is near, whole numbers of a shape are sought with any numbers of modules at once.
- finishing: plans are not sought again among numbers near their own.
- better-shapes: better shapes are not sought about those that are met.
- narrow-trees: trees that look for shapes are as wide as the program.
"""
