"""Whether an instance has any plan, and the smallest move of one figure that makes room for one.

"Yes" comes with a plan that passes the audit, "no" after a second look, anything else is no answer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from gpuplan.errors import Defect, InvalidInput
from gpuplan.fraction import Fraction

if TYPE_CHECKING:
    from gpuplan.formulation import Formulation
    from gpuplan.instance.schema import Instance
    from gpuplan.program.problem import Group
    from gpuplan.reckoning import Reckoning
    from gpuplan.whatif.effort import Effort
    from gpuplan.whatif.figures import Figure

SECONDS = 60.0
"""The most that one search of many takes."""
DIGITS = 12


@dataclass(frozen=True, slots=True)
class Move:
    """The smallest move of a figure that does it."""

    amount: Decimal
    """With its sign. The plan that proves it passes the audit."""
    least: Decimal
    """In size: no smaller move does it, proven; equal to the amount's size less one tolerance where whole steps
    were searched, or the bound of a search."""
    reckoning: Reckoning | None = None
    """Of a plan that the move makes room for."""


def any_plan(formulation: Formulation) -> Formulation:
    """The same program with nothing to strive for."""
    from gpuplan.families.objective import Goal
    from gpuplan.program.linear import Linear

    return replace(formulation, goals=(Goal("any plan", "", False, Linear(), 0.0, 0.0),))


def plan_exists(
    instance: Instance, effort: Effort, doing: str, seconds: float = SECONDS
) -> tuple[bool | None, Reckoning | None]:
    """(Whether there is any plan, the reckoning of one). None: the search ended before it could tell."""
    from gpuplan.planning import find
    from gpuplan.solver.result import Termination
    from gpuplan.solver.search import Search

    effort.say(doing)
    search = Search(effort.settings(0.0, seconds), None, effort.should_stop, any_plan)
    try:
        found = find(instance, search)
    except (InvalidInput, Defect):
        return None, None  # nothing bounds some quantity any more, or the search fails: that is no answer
    effort.done += 1
    if found.reckoning is not None:
        return (True, found.reckoning) if not found.reckoning.broken else (None, None)
    return (False if found.result.termination is Termination.INFEASIBLE else None), None


def exists_without(instance: Instance, off: frozenset[Group], effort: Effort, seconds: float = SECONDS) -> bool | None:
    """Whether there is any plan when some rules are left out."""
    from gpuplan.formulation import formulate
    from gpuplan.solver.coarse import Stopped
    from gpuplan.solver.search import Search
    from gpuplan.solver.watched import watched

    if effort.is_over():
        return None
    search = Search(effort.settings(0.0, seconds), should_stop=effort.should_stop)
    with watched() as runs:
        try:
            return search.is_feasible(runs, any_plan(formulate(instance, off, pause=search.pause)))
        except InvalidInput:
            return True  # without this rule nothing bounds some quantity: there is no lack of room
        except (Defect, Stopped):
            return None


def smallest_step(
    instance: Instance, figure: Figure, effort: Effort, off: frozenset[Group] = frozenset()
) -> Move | None:
    """The smallest multiple of a figure's tolerance that makes room, by doubling and halving; None when none is found.

    The move before it is proven not to do. Where room does not grow with the move, there may be a smaller one. `off`
    are rules that are left out besides; there is no reckoning then.
    """
    furthest = figure.room(figure.loosens)
    below, move, reckoning, exists = Decimal(0), figure.tolerance, None, False
    while not exists:
        if effort.is_over():
            return None
        move = move if furthest is None else min(move, furthest)
        if move <= below or move > 10**DIGITS * figure.tolerance:
            return None
        told, reckoning = _moved(instance, figure, move, effort, off)
        if told is None:
            return None
        exists = told
        if not exists:
            below, move = move, move * 8
    while move - below > figure.tolerance:
        middle = figure.rounded_up((below + move) / 2)
        if middle >= move:
            middle = below + figure.tolerance
        told, found = _moved(instance, figure, middle, effort, off)
        if told is None:
            return None
        if told:
            move, reckoning = middle, found
        else:
            below = middle
    return Move(figure.loosens * move, below, reckoning)


def _moved(
    instance: Instance, figure: Figure, move: Decimal, effort: Effort, off: frozenset[Group]
) -> tuple[bool | None, Reckoning | None]:
    try:
        moved = instance.edited(figure.edits(figure.loosens * move))
    except InvalidInput:
        return None, None
    if off:
        effort.say(f"moving {figure.path} by {move:f} {figure.unit}")
        effort.done += 1
        return exists_without(moved, off, effort), None
    return plan_exists(moved, effort, f"moving {figure.path} by {move:f} {figure.unit}")


def smallest_amount(instance: Instance, figure: Figure, effort: Effort, off: tuple[str, ...] = ()) -> Move | None:
    """The least that an amount's limit must give, by a column for what it is missed by; None when nothing is found.

    `off` are limits that are left out besides. Raises InvalidInput or Defect where the question cannot be put.
    """
    from gpuplan.families.limits import shortfall_amount
    from gpuplan.instance.timeline import windows
    from gpuplan.planning import find
    from gpuplan.solver.search import Search

    name = figure.rule.removeprefix("limits.")
    softened = instance.edited([*softening(instance, figure), *(f"limits.{other} remove" for other in off)])
    effort.say(f"making {figure.path} give way")
    search = Search(effort.settings(0.0, SECONDS), None, effort.should_stop, _giving(name))
    found = find(softened, search)
    effort.done += 1
    if found.reckoning is None or found.reckoning.broken or not found.result.levels:
        return None
    limit = softened.limits[name]
    recount = found.reckoning.recount
    missed = max(shortfall_amount(recount, limit, *window) for window in windows(limit, softened))
    move = figure.rounded_up(_exactly(missed))
    bound = found.result.levels[0].bound
    proven = Decimal(0) if bound is None else Decimal(repr(max(bound, 0.0)))
    least = min(proven.quantize(Decimal("1e-6"), ROUND_FLOOR), move)
    if figure.is_whole:
        least = max(figure.rounded_up(least - Decimal("1e-6") - Decimal("1e-9") * least) - 1, Decimal(0))
    return Move(figure.loosens * move, least, found.reckoning)


def softening(instance: Instance, figure: Figure) -> list[str]:
    """Edits by which a hard bound may be missed. A bound on the other side stays, in a limit of its own."""
    name = figure.rule.removeprefix("limits.")
    limit = instance.limits[name]
    edits = []
    field = figure.path.rpartition(".")[2]
    other = "at_most" if field == "at_least" else "at_least"
    if getattr(limit, other) is not None:
        import simplejson

        from gpuplan.plan.files import plain

        kept = limit.model_dump(exclude={field, "sources"}, exclude_defaults=True)
        edits += [
            f"limits.{name}-{other.replace('_', '-')} insert {simplejson.dumps(plain(kept), use_decimal=True)}",
            f"limits.{name}.{other} remove",
        ]
    return [*edits, f"limits.{name}.soft = {{priority: 1, scale: 1}}"]


def _giving(name: str) -> Callable[[Formulation], Formulation]:
    """Asks for the smallest bound that every window of a soft limit could keep."""

    def alter(formulation: Formulation) -> Formulation:
        from gpuplan.families.objective import Goal
        from gpuplan.program.columns import Role
        from gpuplan.program.linear import Linear

        problem = formulation.problem
        problem.rows.family = "limits"
        missed = [column for column in problem.columns.of("shortfall") if problem.columns.keys[column][1] == name]
        most = max((problem.columns.upper[column] for column in missed), default=0.0)
        step = problem.columns.add(("step", name), Role.CONTINUOUS, most)
        for column in missed:
            window = problem.columns.keys[column][2]
            problem.rows.add(("step", name, window), Linear([(column, 1.0), (step, -1.0)]), at_most=0.0)
        scale = float(problem.unit_of(problem.instance.limits[name]))
        smallest = Goal("smallest move", "", False, Linear([(step, 1.0)]), 0.0, 0.0, scale=scale)
        return replace(formulation, goals=(smallest,))

    return alter


def _exactly(amount: Fraction) -> Decimal:
    """A fraction as a decimal, rounded up in the twelfth digit."""
    scaled = amount * 10**DIGITS
    return Decimal(-(-scaled.numerator // scaled.denominator)).scaleb(-DIGITS)
