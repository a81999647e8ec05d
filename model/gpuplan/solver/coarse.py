"""The coarse program of a search, built when it is first asked for: what is settled without it need not wait for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from gpuplan.formulation import coarsened
from gpuplan.solver.matrix import Matrix, matrix_of

if TYPE_CHECKING:
    from gpuplan.formulation import Coarse, Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.program.columns import Key

COARSER = 0.75
"""Entries of a coarse program, as a share of those of the whole, up to which a search in stages is worth its while. In
others, where dates and lots hardly matter, it is branch and bound without the cuts of HiGHS."""


class Stopped(Exception):  # noqa: N818
    """Time was up, or a stop asked for, before the program was built."""


@dataclass(frozen=True)
class CoarseProgram:
    """Of an instance and its whole program."""

    instance: Instance
    formulation: Formulation
    margins: Mapping[Key, float]
    pause: Callable[[], None]
    alter: Callable[[Formulation], Formulation] | None = None
    """What was done to the whole program, and holds of this one as well."""

    @cached_property
    def found(self) -> tuple[Coarse, Matrix] | None:
        """With its matrix; None where there is none, where it is not much smaller than the whole, or after a stop."""
        try:
            coarse = coarsened(self.instance, self.formulation, self.margins, self.pause)
        except Stopped:
            return None
        entries = len(self.formulation.problem.rows.coefficients)
        if coarse is None or len(coarse.formulation.problem.rows.coefficients) > COARSER * entries:
            return None
        if self.alter is not None:
            coarse = replace(coarse, formulation=self.alter(coarse.formulation))
        return coarse, matrix_of(coarse.formulation)
