"""The registry of columns: key (decision, *ids, position) to index, with bounds and role."""

from __future__ import annotations

from enum import Enum

Key = tuple[str | int, ...]
INFINITY = float("inf")


class Role(Enum):
    """What a search may do with a column."""

    STRATEGIC = "strategic"
    """A yes or no that shapes the plan: a site, a vendor, an offer, a price tier."""
    WHOLE = "whole"
    """Any other whole number."""
    CONTINUOUS = "continuous"


class Columns:
    """Columns in order of making. The first part of a key is the decision's name, a noun."""

    def __init__(self) -> None:
        self.keys: list[Key] = []
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.roles: list[Role] = []
        self.changes = 0
        """How often bounds of columns that were there have changed."""
        self._index: dict[Key, int] = {}
        self._of: dict[str | int, list[int]] = {}

    def add(self, key: Key, role: Role, upper: float = INFINITY, lower: float = 0.0) -> int:
        """Make a column and return its index. Keys are unique."""
        if key in self._index:
            raise ValueError(f"column {key} exists")
        index = len(self.keys)
        self._index[key] = index
        self._of.setdefault(key[0], []).append(index)
        self.keys.append(key)
        self.lower.append(lower)
        self.upper.append(upper)
        self.roles.append(role)
        return index

    def get(self, *key: str | int) -> int | None:
        """Index of a column, or None when the outcome is fixed and no column was made."""
        return self._index.get(key)

    def tighten(self, index: int, upper: float) -> None:
        """Lower an upper bound; a higher one changes nothing."""
        if upper < self.upper[index]:
            self.upper[index] = upper
            self.changes += 1

    def merge(self, index: int, other: int) -> None:
        """Let a column stand for another too, which keeps its place and is always zero from now on."""
        self.upper[index] += self.upper[other]
        self.upper[other] = 0.0
        self.changes += 1

    def tighten_all(self, upper: list[float]) -> None:
        """Upper bounds of all columns, none of them higher than before."""
        self.upper = upper
        self.changes += 1

    def whole(self, index: int) -> bool:
        """Whether a column takes whole values only."""
        return self.roles[index] is not Role.CONTINUOUS

    def of(self, decision: str) -> list[int]:
        """Indexes of every column of a decision."""
        return list(self._of.get(decision, ()))

    def __len__(self) -> int:
        return len(self.keys)
