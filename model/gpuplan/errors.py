"""What gpuplan raises.

::

    GpuplanError
     ├─ InvalidInput    what was handed in is wrong; carries every problem found and its place
     └─ Defect          gpuplan contradicts itself; a bug of ours, to be reported
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

SHOWN = 50
"""Problems that the text of an `InvalidInput` spells out; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with what was handed in, and how to put it right."""

    message: str
    """What is wrong: the value found and the rule it breaks. No full stop at the end."""
    way_out: str = ""
    """What to do about it; a sentence of its own."""
    path: str = ""
    """Where in the document, such as `offers.nhn-b200.price`."""
    file: str = ""
    line: int | None = None
    """Counted from 1."""
    column: int | None = None
    """Counted from 1, in characters."""
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        """`file:line:column: path: message. way out`, without what is not known."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part not in ("", None))
        text = f"{self.message}. {self.way_out}" if self.way_out else self.message
        return ": ".join(part for part in (place, self.path, text) if part)


class GpuplanError(Exception):
    """Anything that gpuplan raises on purpose."""


class InvalidInput(GpuplanError):  # noqa: N818 (the name says what it is)
    """What was handed in cannot be used; `problems` says why, each with its place where that is known."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """One problem per line, the first 50 of them."""
        lines = [str(problem) for problem in self.problems[:SHOWN]]
        if len(self.problems) > SHOWN:
            lines.append(f"and {len(self.problems) - SHOWN} more")
        return "\n".join(lines)


class Defect(GpuplanError):  # noqa: N818 (the name says what it is)
    """An internal inconsistency: never the fault of the instance, always worth a report."""
