"""The best plan that is known of one level, whoever found it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gpuplan.solver.matrix import Floats


@dataclass
class Incumbent:
    """The best plan so far, and what it costs."""

    judge: Callable[[Floats], float | None] | None = None
    """What a point costs by the plan that its decisions make, None where they make none; by the program when left
    out."""
    plan: Floats | None = None
    value: float | None = None
    by: str = ""
    """Who found it."""
    _judged: dict[float, float | None] = field(default_factory=dict)
    """By what the program says of plans: what they cost."""

    def take(self, point: Floats | None, objective: float | None, by: str) -> bool:
        """Take a point that comes to so much in the program, if it makes a better plan."""
        value = self.weigh(point, objective)
        if value is None or (self.value is not None and value >= self.value):
            return False
        self.plan, self.value, self.by = point, value, by
        return True

    def weigh(self, point: Floats | None, objective: float | None) -> float | None:
        """What the plan of a point costs, looked at once; None where it is none, or comes to no less in the program."""
        if point is None or objective is None or (self.value is not None and objective >= self.value):
            return None
        if self.judge is None:
            return objective
        if objective not in self._judged:
            self._judged[objective] = self.judge(point)
        return self._judged[objective]
