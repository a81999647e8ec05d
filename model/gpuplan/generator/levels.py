"""Programmes with several levels: limits that may be missed, by priorities of their own, come before cost."""

from __future__ import annotations

from random import Random

from gpuplan.generator.programme import Size, Tree, programme

SOFTENED = ("half-way", "target", "compute", "memory", "several-vendors", "carbon", "tuning-clusters")
"""Limits of a programme that may be missed."""


def with_levels(size: Size, seed: int) -> Tree:
    """The programme of the same size and seed with one limit soft by priority, or two where the seed is even."""
    tree = programme(size, seed)
    soft = Random(f"gpuplan levels {size} {seed}").sample(SOFTENED, k=2 - seed % 2)
    for priority, name in enumerate(soft, 1):
        tree["limits"][name]["soft"] = {"priority": priority}
    return tree | {"name": f"Generated levels {size} {seed}"}
