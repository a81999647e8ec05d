"""Rests between tries that are in vain."""

from __future__ import annotations

from dataclasses import dataclass

PATIENCE = 4
"""Rounds of a rest at most."""


@dataclass
class Rest:
    """Rounds that pass until something is tried again: more after each time that was in vain."""

    in_vain: int = 0
    left: int = 0

    def pass_round(self) -> None:
        """One round less."""
        self.left -= 1

    def see(self, *, is_better: bool) -> None:
        """It was tried: whether anything came of it."""
        self.in_vain = 0 if is_better else self.in_vain + 1
        self.left = min(self.in_vain, PATIENCE)

    @property
    def is_over(self) -> bool:
        """Whether it may be tried again."""
        return self.left < 0
