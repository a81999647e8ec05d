"""Flip points: how far a figure can move before the plan changes in kind, and what a step of slack is worth.

A plan changes in kind where the best plan of its old signature is worse than the best of all by more than a tolerance,
or where there is no plan. Both sides of a flip point are proven by searching again: just before it the old signature is
within the tolerance of the best, just after it is not. No dual value is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import ById, Closed, Share, Text, exactly
from gpuplan.instance.base import Figure as Amount
from gpuplan.instance.base import Sequence as Items
from gpuplan.plan.plan import PlanLevel, Status
from gpuplan.plan.shown import Shown
from gpuplan.reckoning import reckon
from gpuplan.whatif.answer import Answer, answered, both, holding
from gpuplan.whatif.differences import LevelDifference, level_difference
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.figures import Figure, figures
from gpuplan.whatif.signature import Signature, Signing, Trait, shown
from gpuplan.whatif.steps import is_tight
from gpuplan.whatif.steps import step as step_of

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

FINER = Decimal("0.25")
"""Share of the tolerance that searches may leave open, so that most probes can be told apart."""
LONGEST_DAYS = Decimal(366)
GIVING_WAY = ("limit", "capacity", "supply")
"""Kinds of figures of which it is told what a step is worth."""


class Probe(Closed):
    """What was found with a figure moved so far."""

    move: Amount
    """With its sign; 0 is the base."""
    best: Amount | None
    """Value of the last level; None where there is no plan."""
    best_bound: Amount | None
    same: Amount | None
    """Of the best plan with the old signature; None where there is none."""
    same_bound: Amount | None


class FlipPoint(Closed):
    """Where the plan changes as one figure moves in one direction."""

    path: Text
    unit: Text
    direction: Literal["up", "down"]
    becomes: Literal["another plan", "infeasible", "nothing within reach", "unknown"]
    """unknown: the searches could not tell, or time or a request came first."""
    before: Probe | None
    """The furthest move at which the old signature is proven to be within the tolerance of the best."""
    after: Probe | None
    """The nearest move at which it is proven not to be."""
    signature: ById[Items[Text]]
    """Of the best plan after."""
    reach: Amount
    """How far was looked."""


class StepWorth(Closed):
    """What it is worth when a limit, a capacity or a supply gives way by the step that matters: for one lot more, or
    one less where it demands some; by a hundredth where it is not known what a lot takes of it."""

    path: Text
    unit: Text
    step: Amount
    status: Status
    levels: Items[LevelDifference]
    """Loosened less base, with what is proven of it."""


class Flips(Shown):
    """Flip points and what slack is worth."""

    format: Literal["gpuplan-flips/1"] = "gpuplan-flips/1"
    name: Text
    status: Status
    """Of the base."""
    signature: ById[Items[Text]]
    """Of the base plan."""
    counts_from_share: Share
    tolerance_share: Share
    """Of the value: the old signature counts as kept while it is worse by no more."""
    levels: Items[PlanLevel]
    """Of the base."""
    points: Items[FlipPoint]
    worths: Items[StepWorth]
    complete: bool
    """Whether every figure was looked at before time was up."""


@exactly
def flip(
    instance: Instance,
    paths: Iterable[str] = (),
    *,
    by: Sequence[Trait] = ("vendors", "models"),
    counts_from_share: Decimal | float = Decimal("0.01"),
    tolerance_share: Decimal | float = Decimal("0.001"),
    reach_share: Decimal | float = Decimal(1),
    **asked: Unpack[Asked],
) -> Flips:
    """The flip points of figures in both directions, and what a step of slack of each limit is worth.

    `paths` names figures, such as `limits.budget.at_most`, `offers.a.price` or `deadlines.contracts.by`; left out, it
    is every limit that binds, every price of an offer that is possible, and every deadline. Looks as far as
    `reach_share` of a figure, and a year for days. `gap` is at most a quarter of `tolerance_share`, and taken as that
    where it is left out.

    The nearest flip found is reported; where the plan changes and changes back between two probes, nothing is seen.
    Raises InvalidInput when a path names no figure, or when the options make no sense.
    """
    tolerance, reach = _exactly(tolerance_share), _exactly(reach_share)
    asked.setdefault("gap", float(tolerance * FINER))
    with Effort(**asked) as effort:
        signing = Signing(tuple(by), _exactly(counts_from_share))
        _sensible(signing, tolerance, reach, effort)
        named = _named(instance, tuple(paths))
        base = answered(instance, effort, "solving the base")
        points: list[FlipPoint] = []
        worths: list[StepWorth] = []
        complete = base.plan is not None
        if base.plan is not None:
            looked_at = named or list(_mattering(instance, base))
            search = _Flips(instance, effort, signing, base, signing.of(instance, base.plan), tolerance, reach)
            provided = [] if named else [one for one in figures(instance) if search.is_tight(one)]
            for figure in [*looked_at, *provided]:
                if effort.is_over():
                    complete = False
                    break
                if figure in looked_at:
                    points += [search.point(figure, direction) for direction in (1, -1)]
                worth = search.worth(figure) if figure.kind in GIVING_WAY and not effort.is_over() else None
                if worth is not None and worth.status != "no_plan_found":
                    worths.append(worth)
        signature = signing.of(instance, base.plan) if base.plan else frozenset()
        return Flips(
            name=instance.name,
            status=base.status,
            signature=shown(signature),
            counts_from_share=signing.counts_from_share,
            tolerance_share=tolerance,
            levels=base.levels,
            points=tuple(points),
            worths=tuple(worths),
            complete=complete and not effort.is_over(),
        )


def _exactly(share: Decimal | float) -> Decimal:
    return Decimal(repr(share)) if isinstance(share, float) else Decimal(share)


def _sensible(signing: Signing, tolerance: Decimal, reach: Decimal, effort: Effort) -> None:
    faults = list(signing.faults())
    if not 0 < tolerance <= 1:
        faults.append(Problem(f"{tolerance} is no tolerance", "State above 0, to 1.", "tolerance_share"))
    if not 0 < reach <= 100:
        faults.append(Problem(f"{reach} is no reach", "State a share above 0, such as 0.5.", "reach_share"))
    if effort.options.gap > tolerance * FINER:
        way_out = f"State {tolerance * FINER} or less, or a larger tolerance_share."
        faults.append(Problem(f"a gap of {effort.options.gap} is too wide for the tolerance", way_out, "gap"))
    if faults:
        raise InvalidInput(faults)


def _named(instance: Instance, paths: tuple[str, ...]) -> list[Figure]:
    from difflib import get_close_matches

    known = {figure.path: figure for figure in figures(instance)}
    faults = []
    for path in paths:
        if path not in known:
            close = get_close_matches(path, list(known), 3, 0.5)
            faults.append(Problem("there is no such figure", f"Nearest: {', '.join(close)}." if close else "", path))
    if faults:
        raise InvalidInput(faults)
    return [known[path] for path in paths]


def _mattering(instance: Instance, base: Answer) -> Iterable[Figure]:
    """Limits that bind or are missed, prices of what is possible, and deadlines."""
    assert base.plan is not None
    tight = {f"limits.{limit.limit}" for limit in base.plan.limits if limit.binds or limit.missed_by}
    possible = {
        one.offer or one.module for one in base.plan.considered if one.why in ("chosen", "possible, not chosen")
    }
    for figure in figures(instance):
        if figure.kind == "limit":
            matters = figure.rule in tight
        elif figure.kind == "price":
            matters = figure.path.split(".")[1] in possible
        else:
            matters = figure.family == "deadlines"
        if matters:
            yield figure


@dataclass
class _Flips:
    """The search for flip points around one base plan."""

    instance: Instance
    effort: Effort
    signing: Signing
    base: Answer
    signature: Signature
    tolerance: Decimal
    reach: Decimal

    def __post_init__(self) -> None:
        assert self.base.plan is not None
        self.reckoning = reckon(self.instance, self.base.plan.decisions)

    def is_tight(self, figure: Figure) -> bool:
        """Whether a capacity or a supply leaves no room for one lot more."""
        return figure.kind in ("capacity", "supply") and figure.loosens != 0 and is_tight(figure, self.reckoning)

    def point(self, figure: Figure, direction: int) -> FlipPoint:
        """The nearest flip point found in one direction, by doubling and halving."""
        reach = self._reach(figure, direction)
        within = Probe(
            move=Decimal(0), best=self.base.value, best_bound=self.base.bound, same=self.base.value,
            same_bound=self.base.bound,
        )  # fmt: skip
        smallest = self._smallest(figure)
        move, beyond, after = smallest, None, None
        while beyond is None:
            move = min(move, reach)
            if move <= abs(within.move):
                return self._said(figure, direction, "nothing within reach", within, None, None, reach)
            probe, verdict, best = self._probe(figure, direction * move)
            if verdict == "unknown":
                return self._said(figure, direction, "unknown", within, None, None, reach)
            if verdict == "within":
                within = probe
                move *= 2
            else:
                beyond, after = probe, best
        while abs(beyond.move) - abs(within.move) > smallest and not self.effort.is_over():
            middle = figure.rounded_up((abs(within.move) + abs(beyond.move)) / 2)
            if not abs(within.move) < middle < abs(beyond.move):
                break
            probe, verdict, best = self._probe(figure, direction * middle)
            if verdict == "unknown":
                break  # too close to the tolerance to be told apart: both ends are proven, only further apart
            if verdict == "within":
                within = probe
            else:
                beyond, after = probe, best
        becomes: Literal["another plan", "infeasible"] = "infeasible" if beyond.best is None else "another plan"
        return self._said(figure, direction, becomes, within, beyond, after, reach)

    def _said(
        self,
        figure: Figure,
        direction: int,
        becomes: Literal["another plan", "infeasible", "nothing within reach", "unknown"],
        before: Probe,
        after: Probe | None,
        best: Answer | None,
        reach: Decimal,
    ) -> FlipPoint:
        signature = self.signing.of(self.instance, best.plan) if best and best.plan else frozenset()
        return FlipPoint(
            path=figure.path,
            unit=figure.unit,
            direction="up" if direction > 0 else "down",
            becomes=becomes,
            before=before,
            after=after,
            signature=shown(signature),
            reach=reach,
        )

    def _reach(self, figure: Figure, direction: int) -> Decimal:
        size = figure.value if isinstance(figure.value, Decimal) and figure.kind != "date" else LONGEST_DAYS
        reach = figure.rounded_up(size * self.reach) if figure.kind != "date" else LONGEST_DAYS
        room = figure.room(direction)
        return reach if room is None else min(reach, room)

    def _smallest(self, figure: Figure) -> Decimal:
        """Width to which a flip point is narrowed: a thousandth of the figure, or one step of what is whole."""
        if figure.kind == "date" or not isinstance(figure.value, Decimal):
            return figure.tolerance
        return max(figure.rounded_up(figure.value / 1000), figure.tolerance)

    def _probe(
        self, figure: Figure, move: Decimal
    ) -> tuple[Probe, Literal["within", "beyond", "unknown"], Answer | None]:
        """The instance with the figure moved, searched for the best plan and for the best of the old signature."""
        doing = f"moving {figure.path} by {move:f} {figure.unit}"
        try:
            moved = self.instance.edited(figure.edits(move))
        except InvalidInput:
            return _no_plan(move), "unknown", None
        best = answered(moved, self.effort, doing)
        if best.plan is None:
            return _no_plan(move), "beyond" if best.is_infeasible else "unknown", best
        same = best
        if self.signing.of(moved, best.plan) != self.signature:
            held = best.levels[:-1]
            only = both(holding(held), self.signing.only(self.signature))
            same = answered(moved, self.effort, f"{doing}, of the old kind", alter=only, known=held)
        probe = Probe(
            move=move, best=best.value, best_bound=best.bound, same=same.value, same_bound=same.bound
        )  # fmt: skip
        return probe, self._verdict(best, same), best

    def _verdict(self, best: Answer, same: Answer) -> Literal["within", "beyond", "unknown"]:
        if same.is_infeasible:
            return "beyond"
        if best.value is None or best.bound is None or same.value is None or same.bound is None:
            return "unknown"
        sign = -1 if best.maximise else 1
        allowed = self.tolerance * abs(best.value)
        if sign * (same.value - best.bound) <= allowed:
            return "within"
        return "beyond" if sign * (same.bound - best.value) > allowed else "unknown"

    def worth(self, figure: Figure) -> StepWorth:
        """What it is worth when a figure gives way by the step that matters."""
        step = step_of(figure, self.reckoning)
        loosened = self.instance.edited(figure.edits(figure.loosens * step))
        answer = answered(loosened, self.effort, f"loosening {figure.path} by {step:f} {figure.unit}")
        pairs = zip(self.base.levels, answer.levels, strict=False)
        return StepWorth(
            path=figure.path,
            unit=figure.unit,
            step=figure.loosens * step,
            status=answer.status,
            levels=tuple(level_difference(one, other) for one, other in pairs),
        )


def _no_plan(move: Decimal) -> Probe:
    return Probe(move=move, best=None, best_bound=None, same=None, same_bound=None)
