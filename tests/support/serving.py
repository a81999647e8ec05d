"""How much of each workload is best served where, for whole plans that are given: a linear program for each of them.

Its coefficients are read off the readings and levels themselves, which are linear in what serves: each is reckoned at
one point, and again with one system more for each amount. No row of the program is used. A workload that is not split
is tried at each site, or on each system, in turn.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from gpuplan.families import FAMILIES, funds, limits, workloads
from gpuplan.families.objective import values
from gpuplan.instance.serving import demand_on, is_ready, rate_of, serving_days, serving_pairs
from gpuplan.ledger.decisions import Decisions, ServedLine
from gpuplan.ledger.recount import Recount

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Levels = tuple[Decimal, ...]
EPSILON = Decimal("1e-6")
Aim = tuple[bool, Decimal, Decimal]
"""Of a level: whether it is maximised, its tolerance, its tolerance as a share."""
Slot = tuple[str, str, str, date]


@dataclass
class Candidate:
    """A whole plan, and its linear program in what serves: rows x <= room; level = constant + coefficients x."""

    plan: Decisions
    rows: np.ndarray
    room: np.ndarray
    levels: np.ndarray
    constants: np.ndarray

    def optimum(self, level: int, maximise: bool) -> float | None:
        """The best value of a level, or None when nothing keeps the rows."""
        if not self.rows.shape[1]:
            return float(self.constants[level]) if np.all(self.room >= -1e-9) else None
        sign = -1.0 if maximise else 1.0
        found = linprog(sign * self.levels[level], self.rows, self.room, method="highs")
        return None if found.x is None else float(self.constants[level] + self.levels[level] @ found.x)

    def hold(self, level: int, maximise: bool, bound: float) -> None:
        """Keep a level at a bound or better."""
        sign = -1.0 if maximise else 1.0
        self.rows = np.vstack([self.rows, sign * self.levels[level]])
        self.room = np.append(self.room, sign * (bound - self.constants[level]))


def best_served(instance: Instance, aims: list[Aim], plans: Iterable[Decisions]) -> tuple[Levels, Decisions] | None:
    """The best of whole plans, each with its best amounts served, level by level; None when none keeps all rules."""
    found = [one for plan in plans if _stands(instance, plan) for one in _candidates(instance, plan)]
    found = [one for one in found if one.optimum(0, aims[0][0]) is not None]
    if not found:
        return None
    reached: list[Decimal] = []
    for number, (maximise, tolerance, share) in enumerate(aims):
        optima = [one.optimum(number, maximise) for one in found]
        known = [Decimal(str(round(value, 9))) for value in optima if value is not None]
        top = max(known) if maximise else min(known)
        reached.append(top)
        room = tolerance + share * abs(top) + EPSILON * max(Decimal(1), abs(top))
        for one in found:
            one.hold(number, maximise, float(top - room if maximise else top + room))
        found = [one for one in found if one.optimum(number, maximise) is not None]
    return tuple(reached), found[0].plan


def _stands(instance: Instance, plan: Decisions) -> bool:
    """Whether every rule holds that does not look at what serves, or at money, which what serves costs."""
    recount = Recount(instance, plan)
    others = [family for family in FAMILIES if family.name not in ("workloads", "funds")]
    readings = (reading for family in others for reading in family.readings(recount))
    return all(reading.holds for reading in readings if not _may_look_at_work(instance, reading.path))


def _may_look_at_work(instance: Instance, path: str) -> bool:
    limit = instance.limits.get(path.removeprefix("limits."))
    return limit is not None and limit.kind in ("work", "money")


def _slots(instance: Instance) -> Iterator[list[Slot]]:
    """What may serve on which day, once for each way to choose a site, or a system, for what is not split."""
    by_workload = []
    for name, workload in instance.workloads.items():
        slots = [
            (name, system, site, day)
            for system, site in serving_pairs(instance, name)
            for day in serving_days(instance)
            if demand_on(workload, day) and is_ready(instance, name, system, day)
        ]
        if workload.split == "free":
            by_workload.append([slots])
        else:
            place = 2 if workload.split == "one_site" else 1
            choices = dict.fromkeys(slot[place] for slot in slots)
            by_workload.append([[slot for slot in slots if slot[place] == choice] for choice in choices] or [[]])
    for chosen in itertools.product(*by_workload):
        yield [slot for slots in chosen for slot in slots]


def _candidates(instance: Instance, plan: Decisions) -> Iterator[Candidate]:
    for slots in _slots(instance):
        base, base_levels = _measured(instance, plan, slots, None)
        steps = [_measured(instance, plan, slots, number) for number in range(len(slots))]
        columns = [[float(after - before) for after, before in zip(one, base, strict=True)] for one, _ in steps]
        rows = np.array(columns, dtype=float).T.reshape(len(base), len(slots))
        levels = np.array([[float(a - b) for a, b in zip(one, base_levels, strict=True)] for _, one in steps]).T
        levels = levels.reshape(len(base_levels), len(slots))
        # The point of reckoning is one system in every slot.
        room = rows.sum(axis=1) - np.array([float(one) for one in base])
        constants = np.array([float(one) for one in base_levels]) - levels.sum(axis=1)
        yield Candidate(plan, rows, room + 1e-9, levels, constants)


def _measured(
    instance: Instance, plan: Decisions, slots: list[Slot], more: int | None
) -> tuple[list[Fraction], tuple[Decimal, ...]]:
    """How far each hard bound is passed (negative: kept), and the levels, with one system in every slot, two in one."""
    lines = tuple(
        ServedLine(workload=name, system=system, site=site, day=day, systems=Decimal(2 if number == more else 1))
        for number, (name, system, site, day) in enumerate(slots)
    )
    stops = tuple(
        ServedLine(workload=name, system=system, site=site, day=day, systems=Decimal(0))
        for name, system, site in dict.fromkeys(slot[:3] for slot in slots)
        for day in serving_days(instance)
        if (name, system, site, day) not in slots
    )
    recount = Recount(instance, plan.model_copy(update={"served": lines + stops}))
    for family in FAMILIES:
        recount.entries += tuple(family.entries(recount))
    passed = []
    for reading in (*workloads.readings(recount), *limits.readings(recount), *funds.readings(recount)):
        if not _is_soft(instance, reading.path):
            passed += [reading.at_least - reading.used] if reading.at_least is not None else []
            passed += [reading.used - reading.at_most] if reading.at_most is not None else []
    return passed, tuple(value for _, _, value in values(recount))


def _is_soft(instance: Instance, path: str) -> bool:
    limit = instance.limits.get(path.removeprefix("limits."))
    return limit is not None and limit.soft is not None


# Plans that are given what serves


def listed(instance: Instance, wild: bool) -> Iterator[tuple[ServedLine, ...]]:
    """Some ways to serve every workload: nothing; of a wild space also its demand by any system anywhere, half of
    it and half again too much, by two in halves, by one at first and by another in the end, and on no serving day."""
    choices = [list(_served_of(instance, name)) if wild else [()] for name in instance.workloads]
    for chosen in itertools.product(*choices):
        yield tuple(line for lines in chosen for line in lines)


def _served_of(instance: Instance, name: str) -> Iterator[tuple[ServedLine, ...]]:
    days = serving_days(instance)
    pairs = [(system, site) for system in instance.systems for site in instance.sites]

    def lines(system: str, site: str, share: str, some: tuple[date, ...] = days) -> tuple[ServedLine, ...]:
        rate, workload = rate_of(instance, name, system) or Decimal(1), instance.workloads[name]
        amounts = [demand_on(workload, day) / rate * Decimal(share) for day in some]
        changed = [
            pair
            for pair, before in zip(zip(some, amounts, strict=True), [0, *amounts], strict=False)
            if pair[1] != before
        ]
        return tuple(
            ServedLine(workload=name, system=system, site=site, day=day, systems=amount) for day, amount in changed
        )

    yield ()
    for pair in pairs:
        yield lines(*pair, "1")
        yield lines(*pair, "1.5")
        yield lines(*pair, "0.5")
    for one, other in itertools.combinations(pairs, 2):
        yield lines(*one, "0.5") + lines(*other, "0.5")
        if len(days) > 1:
            stop = ServedLine(workload=name, system=one[0], site=one[1], day=days[-1], systems=Decimal(0))
            yield (*lines(*one, "1", days[:-1]), stop, *lines(*other, "1", days[-1:]))
    yield lines(*pairs[0], "1", (days[0] + timedelta(days=1),))


def fitting(instance: Instance, plan: Decisions, random: Random) -> tuple[ServedLine, ...]:
    """A way to serve every workload by what is usable, as far as there is one; of what is not required, a part."""
    recount, days = Recount(instance, plan), serving_days(instance)
    free = {
        (system, site, day): recount.usable_systems(system, site, day, of_buyer=True)
        for system in instance.systems
        for site in instance.sites
        for day in days
    }
    found: list[ServedLine] = []
    for name, workload in instance.workloads.items():
        share = Fraction(1) if workload.required else Fraction(random.choice((0, 1, 2)), 2)
        pairs = serving_pairs(instance, name)
        random.shuffle(pairs)
        chosen: list[tuple[str, str] | None] = []
        wanted = {
            (pair, day): share * Fraction(demand_on(workload, day)) / Fraction(rate_of(instance, name, pair[0]))
            for pair in pairs
            for day in days
        }
        fits = {(pair, day) for (pair, day), one in wanted.items() if one <= free[*pair, day]}
        fits -= {(pair, day) for pair, day in fits if not is_ready(instance, name, pair[0], day) and wanted[pair, day]}
        for day in days:
            needed = [day] if workload.split == "free" else days
            chosen.append(next((pair for pair in pairs if all((pair, one) in fits for one in needed)), None))
        for pair in pairs:
            before = Fraction(0)
            for day, choice in zip(days, chosen, strict=True):
                now = wanted[pair, day] if choice == pair else Fraction(0)
                free[*pair, day] -= now
                if now != before:
                    amount = Decimal(now.numerator) / now.denominator
                    found.append(ServedLine(workload=name, system=pair[0], site=pair[1], day=day, systems=amount))
                before = now
    return tuple(found)
