"""Made-up instances of stated classes and sizes, for trials and benchmarks; each of them has a plan.

`programme` is what gpuplan is for; the other classes are old acquaintances of integer programming, in its words.
"""

from __future__ import annotations

from typing import Literal, get_args

from gpuplan.generator.levels import with_levels
from gpuplan.generator.loads import machines, single_source, slices, two_stage
from gpuplan.generator.programme import SCALES, Size, Tree, programme

Class = Literal["programme", "levels", "slices", "single-source", "machines", "two-stage"]
CLASSES: tuple[Class, ...] = get_args(Class)
_MAKERS = {
    "programme": programme,
    "levels": with_levels,
    "slices": slices,
    "single-source": single_source,
    "machines": machines,
    "two-stage": two_stage,
}


def generate(size: Size, seed: int, kind: Class = "programme") -> Tree:
    """The tree of an instance; the same for the same class, size and seed, on every machine."""
    return _MAKERS[kind](size, seed)


__all__ = ["CLASSES", "SCALES", "Class", "Size", "Tree", "generate"]
