"""What notebooks show by themselves: plans and answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from gpuplan.instance.base import Closed


class Shown(Closed):
    """A plan or an answer. How it is shown is set from outside, since nothing here knows of pages."""

    show: ClassVar[Callable[[Any], str | None] | None] = None
    """HTML of a plan or an answer, or None where it cannot be made."""

    def _repr_html_(self) -> str | None:
        return None if Shown.show is None else Shown.show(self)
