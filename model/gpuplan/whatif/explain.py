"""Why there is no plan and what would make one; why an offer is not chosen; which rules a plan breaks.

Rules that clash are named by leaving rules out and solving again, so that conflicts of whole numbers are found as well.
A repair moves one figure, in its own unit, and is proven from both sides: with it there is a plan that passes the
audit, and no smaller move (by the tolerance stated) makes one. No dual value is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Unpack

from gpuplan.errors import Defect, InvalidInput, Problem
from gpuplan.instance.base import Closed, Id, Text, exactly
from gpuplan.instance.base import Figure as Amount
from gpuplan.instance.base import Sequence as Items
from gpuplan.instance.rentals import without_end
from gpuplan.plan.obstacles import Obstacle, obstacles
from gpuplan.plan.plan import Plan, PlanLevel, Status
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import answered
from gpuplan.whatif.bounding import with_a_lot
from gpuplan.whatif.differences import LevelDifference, level_difference
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.feasibility import Move, exists_without, plan_exists, smallest_amount, smallest_step
from gpuplan.whatif.figures import Figure, figures

if TYPE_CHECKING:
    from gpuplan.diagnosis import Conflict
    from gpuplan.instance.schema import Instance


class Clashing(Closed):
    """A rule of a conflict."""

    family: Text
    path: Text
    says: Text
    """What it demands, in words."""
    hard: bool
    """Whether the question says that it must stay as it is."""
    frees: bool | None
    """Whether leaving it out, and nothing else, makes room for a plan; None where that was not told in time, and in
    further sets."""


class FurtherConflict(Closed):
    """Rules that clash when all of the sets before are left out."""

    kind: Literal["policy", "physical"]
    conflict: Items[Clashing]
    minimal: bool


class Repair(Closed):
    """One figure moved so far that there is a plan."""

    path: Text
    edits: Items[Text]
    move: Amount
    """With its sign, in the unit."""
    unit: Text
    tolerance: Amount
    """A move that is smaller by more than this does not do."""
    least: Amount
    """Proven: no move of this size or less does, unless it is the move itself."""
    proven: bool
    """Whether `least` is within the tolerance of the move."""


class JointRepair(Closed):
    """Several figures give way together; those that come first the least: limits, then what the world gives."""

    edits: Items[Text]
    repairs: Items[Repair]


class Infeasibility(Shown):
    """Why an instance has no plan, and the smallest repairs."""

    format: Literal["gpuplan-infeasibility/1"] = "gpuplan-infeasibility/1"
    name: Text
    status: Literal["infeasible", "feasible", "unknown"]
    """Of the instance. Where it is feasible nothing else is said; unknown: the search ended before it could tell."""
    kind: Literal["policy", "physical", "none"]
    """policy: limits and deadlines clash, the world being as it is; physical: supply, sites and capacity alone do."""
    conflict: Items[Clashing]
    minimal: bool
    """Whether it is proven that without any one of them the others can hold; rules that are not named, of the kind or
    of a set before, are left aside."""
    further: Items[FurtherConflict]
    frees: bool | None
    """Whether leaving out all that is named, in further sets too, makes room for a plan; None where that could not be
    told."""
    repairs: Items[Repair]
    """Each alone is enough. Those of policy first, and of each kind the smallest share of its figure first."""
    joint: JointRepair | None
    """A way out beside the single repairs: figures of other rules that give way together."""
    obstacles: Items[Obstacle]
    """What keeps offers from sites, whatever the limits."""
    failed: Items[Text]
    """Figures of which no answer could be had, by path: moved, they make an instance that cannot be solved."""
    complete: bool
    """Whether every figure that could help was tried, alone and, where that was of use, together."""

    @property
    def sets(self) -> tuple[tuple[str, Items[Clashing], bool], ...]:
        """Kind, rules and whether it is minimal, of every set that clashes."""
        further = ((one.kind, one.conflict, one.minimal) for one in self.further)
        return ((self.kind, self.conflict, self.minimal), *further)


class OfferCost(Shown):
    """What it costs to take one lot of an offer at least."""

    format: Literal["gpuplan-offer-cost/1"] = "gpuplan-offer-cost/1"
    name: Text
    offer: Id
    lot_units: int
    status: Status
    """With the lot forced."""
    chosen_units: int
    """In the plan as it is."""
    base: Items[PlanLevel]
    forced: Items[PlanLevel]
    levels: Items[LevelDifference]
    """What the lot costs in each level, with what is proven of it."""
    denied: Items[Text]
    """Where it is never a choice: the rule, with its day, for each site."""


class BrokenRule(Closed):
    """A rule that a plan breaks."""

    family: Text
    path: Text
    says: Text
    detail: Text
    used: Amount
    at_least: Amount | None
    at_most: Amount | None
    unit: Text
    repair: Text
    """By how much the rule would have to give, in words."""


class BrokenRules(Shown):
    """The rules that a plan breaks."""

    format: Literal["gpuplan-broken-rules/1"] = "gpuplan-broken-rules/1"
    name: Text
    broken: Items[BrokenRule]


@exactly
def explain_infeasible(instance: Instance, *, hard: Iterable[str] = (), **asked: Unpack[Asked]) -> Infeasibility:
    """The rules that clash, and the smallest repairs.

    `hard` are paths of rules that may not be moved (`limits.target`, `offers.a`): they are named, and never repaired.
    Raises InvalidInput when one of them is no rule of the instance.
    """
    from gpuplan.diagnosis import explain

    effort = Effort(**asked)
    kept = _known_rules(instance, hard)
    exists, _ = plan_exists(instance, effort, "looking for any plan")
    if exists is not False:
        status: Literal["feasible", "unknown"] = "feasible" if exists else "unknown"
        return Infeasibility(
            name=instance.name, status=status, kind="none", conflict=(), minimal=False, further=(), frees=None,
            repairs=(), joint=None, obstacles=(), failed=(), complete=bool(exists),
        )  # fmt: skip
    effort.say("looking for the rules that clash")
    found = explain(instance, effort.settings(), min(effort.left, 120.0), effort.should_stop)
    repairs, failed, complete = _repairs(instance, kept, effort)
    # Beside what is enough alone: a way out that leaves all of that as it is.
    alone = {figure.rule for figure in figures(instance) if figure.path in {repair.path for repair in repairs}}
    joint, is_settled = (None, False) if effort.is_over() else _joint(instance, kept | alone, effort)
    return Infeasibility(
        name=instance.name,
        status="infeasible",
        kind=found.kind,
        conflict=_clashing(found, kept),
        minimal=found.minimal,
        further=tuple(
            FurtherConflict(kind=one.kind, conflict=_clashing(one, kept), minimal=one.minimal) for one in found.further
        ),
        frees=found.frees,
        repairs=tuple(repairs),
        joint=joint,
        obstacles=obstacles(instance),
        failed=tuple(failed),
        complete=complete and is_settled,
    )


def _clashing(found: Conflict, kept: frozenset[str]) -> tuple[Clashing, ...]:
    return tuple(
        Clashing(family=one.family, path=one.path, says=one.says, hard=one.path in kept, frees=one.frees)
        for one in found.members
    )


def _known_rules(instance: Instance, hard: Iterable[str]) -> frozenset[str]:
    from difflib import get_close_matches

    rules = {figure.rule for figure in figures(instance) if figure.rule}
    rules |= {f"limits.{name}" for name in instance.limits} | {f"sites.{name}" for name in instance.sites}
    faults = []
    for path in hard:
        if path not in rules:
            close = get_close_matches(path, sorted(rules), 3, 0.5)
            faults.append(Problem("there is no such rule", f"Nearest: {', '.join(close)}." if close else "", path))
    if faults:
        raise InvalidInput(faults)
    return frozenset(hard)


def _repairs(instance: Instance, kept: frozenset[str], effort: Effort) -> tuple[list[Repair], list[str], bool]:
    """Every repair of one figure, the figures that had no answer, and whether all were tried."""
    from gpuplan.program.problem import Group

    found: list[Repair] = []
    failed: list[str] = []
    complete = True
    helps: dict[tuple[str, str], bool | None] = {}
    movable = [one for one in figures(instance) if one.loosens and one.rule not in kept]
    soft = {f"limits.{name}" for name, limit in instance.limits.items() if limit.soft}
    for figure in movable:
        if figure.rule in soft:
            continue
        rule = (figure.family, figure.rule)
        if rule not in helps:
            effort.say(f"leaving out {figure.rule}")
            helps[rule] = exists_without(instance, frozenset({Group(*rule)}), effort)
        if helps[rule] is False:
            continue
        if effort.is_over():
            return found, failed, False
        try:
            move = _smallest(instance, figure, effort)
        except (InvalidInput, Defect):
            failed.append(figure.path)
            continue
        if move is not None:
            found.append(_repair(figure, move))
        complete = complete and not effort.is_over() and helps[rule] is not None
    return sorted(found, key=lambda one: _order(one, movable)), failed, complete


def _smallest(instance: Instance, figure: Figure, effort: Effort) -> Move | None:
    by_column = figure.rule.startswith("limits.") and figure.kind == "limit" and figure.unit != "share"
    if not by_column:
        return smallest_step(instance, figure, effort)
    move = smallest_amount(instance, figure, effort)
    furthest = figure.room(figure.loosens)
    return None if move is None or (furthest is not None and abs(move.amount) > furthest) else move


def _repair(figure: Figure, move: Move) -> Repair:
    return Repair(
        path=figure.path,
        edits=tuple(figure.edits(move.amount)),
        move=move.amount,
        unit=figure.unit,
        tolerance=figure.tolerance,
        least=move.least,
        proven=abs(move.amount) - move.least <= figure.tolerance + abs(move.amount) * Decimal("1e-9"),
    )


def _order(repair: Repair, movable: Sequence[Figure]) -> tuple[bool, Decimal]:
    """Policy first; then by the size of the move against the figure's own, a month for days."""
    figure = next(one for one in movable if one.path == repair.path)
    size = figure.value if isinstance(figure.value, Decimal) and figure.kind != "date" else Decimal(30)
    return figure.family not in ("limits", "deadlines"), abs(repair.move) / (size or Decimal(1))


def _joint(instance: Instance, kept: frozenset[str], effort: Effort) -> tuple[JointRepair | None, bool]:
    """Figures of any kind give way together, one of each rule: what comes first gives least, limits before the world.

    Also whether it could be told; None is then that there is no such way out. All of them are left out at first. Those
    that can come back as they are do, and of the others each in turn gives as little as it can while those after it are
    left out.
    """
    from gpuplan.program.problem import Group

    soft = {f"limits.{name}" for name, limit in instance.limits.items() if limit.soft}
    giving: dict[Group, Figure] = {}
    for figure in figures(instance):
        if figure.loosens and figure.rule not in kept | soft:
            giving.setdefault(Group(figure.family, figure.rule), figure)
    off = frozenset(giving)
    exists = exists_without(instance, off, effort) if off else False
    if not exists:
        return None, exists is False
    repairs: list[Repair] = []
    waiting = [list(giving)]
    moved = instance
    while waiting:
        batch = waiting.pop()
        exists = exists_without(moved, off - set(batch), effort)
        if exists is None:
            return None, False
        if not exists and len(batch) > 1:
            middle = len(batch) // 2
            waiting += [batch[middle:], batch[:middle]]
            continue
        off -= set(batch)
        if not exists:
            figure = giving[batch[0]]
            move = smallest_step(moved, figure, effort, off)
            if move is None:
                return None, not effort.is_over()
            repairs.append(_repair(figure, move))
            moved = moved.edited(figure.edits(move.amount))
    together = tuple(edit for repair in repairs for edit in repair.edits)
    if not plan_exists(moved, effort, "proving the repairs together")[0]:
        return None, False
    return JointRepair(edits=together, repairs=tuple(repairs)), True


@exactly
def explain_offer(instance: Instance, offer: str, **asked: Unpack[Asked]) -> OfferCost:
    """What it costs to take at least one lot of an offer: the instance solved as it is and with the lot forced.

    Raises InvalidInput when there is no such offer.
    """
    from difflib import get_close_matches

    if offer not in instance.offers:
        close = ", ".join(get_close_matches(offer, list(instance.offers), 3, 0.4) or list(instance.offers)[:6])
        raise InvalidInput([Problem(f"there is no offer {offer!r}", f"Known: {close}." if close else "", "offers")])
    with Effort(**asked) as effort:
        effort.of = 2
        lot = instance.offers[offer].lot_units
        base = answered(instance, effort, "solving the base")
        orders = base.plan.decisions.orders if base.plan else ()
        bought = sum(line.units for line in orders if without_end(line.offer) == offer)
        denied = tuple(
            f"{one.site}: {one.why}"
            for one in (base.plan.considered if base.plan else ())
            if one.offer == offer and one.why not in ("chosen", "possible, not chosen")
        )
        forced = base
        if not bought:
            forced = answered(with_a_lot(instance, offer), effort, f"solving with a lot of {offer}")
        pairs = zip(base.levels, forced.levels, strict=False)
        return OfferCost(
            name=instance.name,
            offer=offer,
            lot_units=lot,
            status=forced.status,
            chosen_units=bought,
            base=base.levels,
            forced=forced.levels,
            levels=tuple(level_difference(one, other) for one, other in pairs),
            denied=denied,
        )


@exactly
def explain_plan(instance: Instance, plan: Plan) -> tuple[BrokenRule, ...]:
    """The rules of an instance that a plan breaks, recomputed from the plan's decisions; none when all hold.

    Raises InvalidInput when the plan names what the instance does not have.
    """
    from gpuplan.families import FAMILIES
    from gpuplan.plan.compare import known
    from gpuplan.reckoning import reckon

    known(instance, plan)
    families = {family.name: family for family in FAMILIES}
    found = []
    for reading in reckon(instance, plan.decisions).broken:
        family = families[reading.family]
        repair: Callable[..., str] | None = family.repair
        found.append(
            BrokenRule(
                family=reading.family,
                path=reading.path,
                says=family.sentence(instance, reading.path),
                detail=reading.detail,
                used=_decimal(reading.used),
                at_least=None if reading.at_least is None else _decimal(reading.at_least),
                at_most=None if reading.at_most is None else _decimal(reading.at_most),
                unit=reading.unit,
                repair="" if repair is None else repair(instance, reading),
            )
        )
    return tuple(found)


def _decimal(value: object) -> Decimal:
    from gpuplan.fraction import Fraction

    exact = Fraction(value)  # type: ignore[call-overload]
    return Decimal(round(exact * 10**6)).scaleb(-6)
