"""What a rule makes of a plan: the amount used against its bounds, in exact numbers."""

from __future__ import annotations

from dataclasses import dataclass

from gpuplan.fraction import Fraction

MONEY_TOLERANCE = Fraction(1, 10**9)
"""Share of a bound by which money may pass it and still hold, where something that is not whole was decided."""
RELATIVE_TOLERANCE = Fraction(1, 10**6)
"""The same of any other continuous quantity: what a solver can tell apart."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A quantity that a rule bounds."""

    family: str
    path: str
    """Of the entity in the instance, such as `limits.budget-2025`."""
    detail: str
    """Which of the entity's rows: a month, a resource, a stage."""
    used: Fraction
    unit: str
    at_least: Fraction | None = None
    at_most: Fraction | None = None
    exact: bool = True
    """Whether the quantity is made of whole things; otherwise it holds within the tolerances above."""
    limit: str = ""
    """Id of the limit or cap that it reads."""
    window: int = 0
    """Position among the windows of a limit."""
    forgiven: Fraction = Fraction(0)
    """Shortfall of a soft limit, that the plan pays for or that a priority weighs."""

    @property
    def shortfall(self) -> Fraction:
        """By how much the bound is missed; zero when it holds exactly."""
        low = self.at_least - self.used if self.at_least is not None else Fraction(0)
        high = self.used - self.at_most if self.at_most is not None else Fraction(0)
        return max(low, high, Fraction(0))

    @property
    def tolerance(self) -> Fraction:
        """How much shortfall still counts as holding."""
        if self.exact:
            return Fraction(0)
        bound = max(abs(bound) for bound in (self.at_least, self.at_most, Fraction(0)) if bound is not None)
        if self.unit == "money":
            return MONEY_TOLERANCE * bound
        return RELATIVE_TOLERANCE * max(bound, Fraction(1))

    @property
    def holds(self) -> bool:
        """Whether the rule holds, soft shortfalls being forgiven."""
        missed = self.shortfall - self.forgiven
        return missed <= 0 or missed <= self.tolerance
