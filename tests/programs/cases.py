"""The instances whose programs are kept as files: a small one for each family, and a few that are known otherwise."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import gpuplan
from gpuplan.formulation import Formulation, formulate
from gpuplan.instance.schema import Instance
from laws.cases import CASES as BY_FAMILY
from support.builders import made
from support.tiny import listable

TESTS = Path(__file__).parents[1]
FOLDER = Path(__file__).parent / "data"
CASES: dict[str, Callable[[], Instance]] = {
    "quickstart": partial(gpuplan.load, TESTS.parent / "instances" / "quickstart.yaml"),
    "bid": partial(gpuplan.load, TESTS / "whole" / "bid.yaml"),
    "melange": partial(gpuplan.load, TESTS / "whole" / "melange.yaml"),
    **{f"family-{family.replace(' ', '-')}": partial(made, trees[0]) for family, trees in BY_FAMILY.items()},
    **{f"listable-{seed}": partial(made, listable(seed)) for seed in (0, 5, 11)},
}


def program(case: str) -> Formulation:
    """The program of a case, with every column."""
    return formulate(CASES[case]())


def file(case: str) -> Path:
    """Where its text is kept."""
    return FOLDER / f"{case}.lp"
