r"""Limits: bounds on any measure over a selection and window, as an amount, a share of a whole, or a count.

An amount bounds $A = \sum_i a_i x_i$. A share bounds a part by a share of its whole, $A - \sigma W \le 0$, so nothing
of nothing satisfies. A count bounds how many vendors, makers, models or offers have at least an amount of the measure.
A soft limit may be missed by a shortfall, paid for by a penalty or weighed by a priority. Where rented systems may be
given back, what is to be usable at least by a day is so from then on: on the day after every rental too.

$$ \underline{b} \le A_w + \delta^-_w, \quad A_w - \delta^+_w \le \overline{b}; \qquad
A_{iw} \ge \gamma\, z_{iw}, \quad A_{iw} \le \gamma^- + M_{iw} z_{iw}, \quad \sum_i z_{iw} \lessgtr n
\quad \forall\, w, i $$

| symbol | meaning | unit |
| --- | --- | --- |
| $A_w, W_w$ | the measure over the selection in window $w$; its whole | the measure's |
| $\delta_w$ | by how much a soft limit is missed (`shortfall`) | the measure's |
| $z_{iw}$ | whether vendor (maker, model, offer) $i$ counts (`counts`) | 0 or 1 |
| $\gamma, \gamma^-$ | amount from which one counts; the largest amount below it | the measure's |
| $\sigma, b, n$ | share, amount, number that the limit states | |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.families.family import Family
from gpuplan.fraction import Fraction
from gpuplan.instance.caps import every_limit, limit_path
from gpuplan.instance.matching import Subject, facts, whole_of
from gpuplan.instance.timeline import days_held, windows
from gpuplan.instance.units import common_step, unit_of, worth
from gpuplan.ledger.entries import Entry, entry
from gpuplan.ledger.measures import measure as recounted
from gpuplan.ledger.reading import Reading
from gpuplan.program.columns import Role
from gpuplan.program.linear import Linear
from gpuplan.program.measures import measure, units_counted
from gpuplan.program.problem import Flow

if TYPE_CHECKING:
    from gpuplan.instance.rules import Limit, Measured
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Recount
    from gpuplan.program.problem import Problem

NAME = "limits"
COUNTED_BY = {"vendors": "vendor", "makers": "maker", "models": "accelerator", "offers": "offer"}


def rows(problem: Problem) -> None:
    """Amounts and shares, with the shortfall of soft limits and its penalty."""
    for name, limit in every_limit(problem.instance).items():
        if problem.is_on(NAME, limit_path(problem.instance, name)) and limit.count is None:
            for number, (first, last) in enumerate(windows(limit, problem.instance)):
                _bound(problem, name, limit, number, measure(problem, limit, first, last), first, last)
                _held(problem, name, limit, number, last)


def _bound(problem: Problem, name: str, limit: Limit, number: int, amount: Linear, first: date, last: date) -> None:
    """at_least <= amount <= at_most, or the same of part - share x whole against 0; soft ones with a shortfall."""
    low, high, whole = limit.at_least, limit.at_most, Linear()
    if not limit.is_amount:
        low, high, whole = limit.at_least_share, limit.at_most_share, measure(problem, whole_of(limit), first, last)
    for word, bound, sign in (("at_least", low, 1.0), ("at_most", high, -1.0)):
        if bound is None:
            continue
        left = Linear().plus(amount) if limit.is_amount else Linear().plus(amount).plus(whole, -float(bound))
        edge = float(Fraction(bound) / problem.unit_of(limit)) if limit.is_amount else 0.0
        if word == "at_least" and limit.is_amount:
            left = problem.capped(left, edge + problem.margins.get((word, name, number), 0.0))
        if limit.soft:
            missed = left.times(-sign)
            missed.constant += sign * edge
            left.add(_shortfall(problem, name, limit, number, last, missed), sign)
        _add_row(problem, (word, name, number), left, word, edge)


def _held(problem: Problem, name: str, limit: Limit, number: int, last: date) -> None:
    """at_least <= amount on every later day on which it may have fallen; missed by no more than the shortfall."""
    shortfall = problem.columns.get("shortfall", name, number)
    margin = problem.margins.get(("at_least", name, number), 0.0)
    for held in days_held(limit, problem.instance, last)[1:]:
        bound = float(limit.at_least or 0) + margin
        left = problem.capped(measure(problem, limit, date.min, held), bound)
        if shortfall is not None:
            problem.covers[shortfall] = Linear(constant=float(limit.at_least or 0))
            left.add(shortfall, 1.0)
        problem.rows.add(("at_least", name, number, f"{held}"), left, at_least=bound)


def _add_row(problem: Problem, key: tuple[str, str, int], left: Linear, word: str, bound: float) -> None:
    margin = problem.margins.get(key, 0.0)
    if word == "at_least":
        problem.rows.add(key, left, at_least=bound + margin)
    else:
        problem.rows.add(key, left, at_most=bound - margin)


def _shortfall(problem: Problem, name: str, limit: Limit, number: int, last: date, missed: Linear) -> int:
    """The column of a soft limit's shortfall in one window, with its penalty or its weight in a priority."""
    column, each = problem.columns.add(("shortfall", name, number), Role.CONTINUOUS), problem.unit_of(limit)
    problem.covers[column] = missed
    if limit.soft and limit.soft.penalty is not None:
        day = penalty_day(problem.instance, limit, last)
        payments = problem.payments([(day, Fraction(limit.soft.penalty) * each)])
        problem.flows.append(Flow("penalty", None, Subject(), Linear([(column, 1.0)]), payments))
    elif limit.soft and limit.soft.priority is not None:
        level = problem.shortfalls.setdefault(limit.soft.priority, Linear())
        level.add(column, float(each / scale(limit)))
    return column


def penalty_day(instance: Instance, limit: Limit, last: date) -> date:
    """Day on which a shortfall of the window up to `last` costs its penalty."""
    return min(last, limit.by or instance.calendar.end, instance.operation_end)


def scale(limit: Limit) -> Fraction:
    """Shortfall that counts as 1: the bound where none is stated."""
    stated = limit.soft.scale if limit.soft else None
    bound = limit.at_most if limit.at_least is None else limit.at_least
    return Fraction(stated or bound or 1)


def links(problem: Problem) -> None:
    """Counts of distinct vendors, makers, models or offers."""
    for name, limit in problem.instance.limits.items():
        if problem.is_on(NAME, f"limits.{name}") and limit.count is not None:
            for number, (first, last) in enumerate(windows(limit, problem.instance)):
                _count(problem, name, limit, number, first, last)


def _count(problem: Problem, name: str, limit: Limit, number: int, first: date, last: date) -> None:
    amounts, steps = _amounts_by_thing(problem, limit, first, last)
    whole = Linear()
    for amount in amounts.values():
        whole.plus(amount)
    counted = Linear()
    for thing, amount in amounts.items():
        switch = problem.strategic("counts", name, number, thing)
        counted.add(switch, 1.0)
        if limit.counts_from_share is None:
            _counts_from_amount(problem, (name, number, thing), limit, amount, steps[thing], switch)
        else:
            _counts_from_share(problem, (name, number, thing), limit, amount, whole, switch)
    for word, bound, sign in (("at_least", limit.at_least, 1.0), ("at_most", limit.at_most, -1.0)):
        if bound is not None:
            left = Linear().plus(counted)
            if limit.soft:
                missed = left.times(-sign)
                missed.constant += sign * float(bound)
                left.add(_shortfall(problem, name, limit, number, last, missed), sign)
            _add_row(problem, (word, name, number), left, word, float(bound))


def _amounts_by_thing(
    problem: Problem, limit: Limit, first: date, last: date
) -> tuple[dict[str, Linear], dict[str, Fraction]]:
    """Amount of the measure and its smallest step, by vendor, maker, model or offer."""
    amounts: dict[str, Linear] = {}
    worths: dict[str, list[Fraction]] = {}
    for subject, units in units_counted(problem, limit, first, last):
        thing = thing_counted(problem.instance, limit, subject)
        if thing:
            each = worth(limit, problem.instance, subject.system or "", subject.offer)
            amounts.setdefault(thing, Linear()).plus(units, float(each))
            worths.setdefault(thing, []).append(Fraction(each))
    return amounts, {thing: common_step(some) for thing, some in worths.items()}


def thing_counted(instance: Instance, limit: Limit, subject: Subject) -> str:
    """Id of the vendor, maker, model or offer that a subject counts for; empty when it has none."""
    known = facts(instance, subject)[COUNTED_BY[limit.count or "vendors"]]
    return known if isinstance(known, str) else ""


def _counts_from_amount(
    problem: Problem, key: tuple[str, int, str], limit: Limit, amount: Linear, step: Fraction, switch: int
) -> None:
    least = Fraction(limit.counts_from) if limit.counts_from is not None else step
    below = (-(-least // step) - 1) * step
    most = max(problem.bounded(amount, f"limits.{key[0]}"), float(below))
    row = Linear().plus(amount).add(switch, float(below) - most)
    problem.rows.add(("below", *key), row, at_most=float(below))
    problem.rows.add(("reaches", *key), problem.capped(amount, float(least)).add(switch, -float(least)), at_least=0.0)


def _counts_from_share(
    problem: Problem, key: tuple[str, int, str], limit: Limit, amount: Linear, whole: Linear, switch: int
) -> None:
    """Counts when amount >= share x whole and there is any; does not when amount is below, or nothing is bought."""
    share = Fraction(limit.counts_from_share or 0)
    over = Linear().plus(amount).plus(whole, -float(share))
    amounts = [*over.terms.values(), *([over.constant] if over.constant else [])]
    step = common_step([Fraction(one).limit_denominator(10**9) for one in set(amounts)] or [Fraction(1)])
    most = problem.bounded(over, f"limits.{key[0]}")
    least = problem.bounded(over.times(-1.0), f"limits.{key[0]}")
    nothing = problem.columns.get("nothing", *key[:2])
    if nothing is None:
        nothing = problem.columns.add(("nothing", *key[:2]), Role.WHOLE, 1.0)
        bound = problem.bounded(whole, f"limits.{key[0]}")
        problem.rows.add(("nothing", *key[:2]), Linear().plus(whole).add(nothing, bound), at_most=bound)
    below = Linear().plus(over).add(switch, -(most + float(step))).add(nothing, -float(step))
    problem.rows.add(("below", *key), below, at_most=-float(step))
    problem.rows.add(("reaches", *key), Linear().plus(over).add(switch, -least), at_least=-least)
    smallest = min((abs(c) for c in amount.terms.values()), default=0.0)
    problem.rows.add(("any", *key), problem.capped(amount, smallest).add(switch, -smallest), at_least=0.0)


def readings(recount: Recount) -> Iterator[Reading]:
    """What each limit measures in each window against its bounds."""
    for name, limit in every_limit(recount.instance).items():
        for number, (first, last) in enumerate(windows(limit, recount.instance)):
            reading = read(recount, name, limit, first, last)
            if reading is not None:
                at = limit_path(recount.instance, name)
                yield replace(reading, path=at, limit=name, window=number)


def read(recount: Recount, name: str, limit: Limit, first: date, last: date) -> Reading | None:
    """One limit in one window; None for a share of nothing."""
    detail = window_told(first, last) if limit.each or limit.by else ""
    if limit.count is not None:
        used = Fraction(len(things_counted(recount, limit, first, last)))
        return _reading(name, limit, detail, used, limit.count, limit.at_least, limit.at_most, exact=True)
    used = _used(recount, limit, first, last)
    exact = limit.kind in ("units", "clusters") or (limit.kind == "money" and recount.is_whole)
    if limit.is_amount:
        return _reading(
            name, limit, detail, used, unit_of(limit, recount.instance), limit.at_least, limit.at_most, exact=exact
        )
    whole = recounted(recount, whole_of(limit), first, last)
    if whole == 0:
        if used == 0:
            return None
        # Something of nothing is more than any share of it.
        most = None if limit.at_most_share is None else Decimal(0)
        return _reading(name, limit, detail, used, unit_of(limit, recount.instance), Decimal(0), most, exact=exact)
    return _reading(name, limit, detail, used / whole, "share", limit.at_least_share, limit.at_most_share, exact=exact)


def _used(recount: Recount, limit: Limit, first: date, last: date) -> Fraction:
    """What a limit measures in a window: where it demands so much from then on, the least that there is from then on.

    The amount on its day where that is more than it allows.
    """
    used = recounted(recount, limit, first, last)
    if limit.at_most is not None and used > Fraction(limit.at_most):
        return used
    later = days_held(limit, recount.instance, last)[1:]
    return min([used, *(recounted(recount, limit, first, day) for day in later)])


def window_told(first: date, last: date) -> str:
    """The days of a window, in words."""
    if first == date.min:
        return "in all" if last == date.max else f"by {last}"
    return f"from {first}" if last == date.max else f"{first} to {last}"


def _reading(
    name: str,
    limit: Limit,
    detail: str,
    used: Fraction,
    unit: str,
    low: Decimal | None,
    high: Decimal | None,
    *,
    exact: bool,
) -> Reading:
    at_least = None if low is None else Fraction(low)
    at_most = None if high is None else Fraction(high)
    hard = Reading(NAME, f"limits.{name}", detail, used, unit, at_least, at_most, exact)
    if limit.soft is None:
        return hard
    return replace(hard, forgiven=hard.shortfall)


def things_counted(recount: Recount, limit: Limit, first: date, last: date) -> list[str]:
    """The vendors, makers, models or offers that count, in order of first sight."""
    amounts: dict[str, Fraction] = {}
    for subject, units in recount.counted(limit, first, last):
        thing = thing_counted(recount.instance, limit, subject)
        if thing:
            amounts[thing] = amounts.get(thing, Fraction(0)) + recount.worth(limit, subject) * units
    least = Fraction(limit.counts_from or 0)
    if limit.counts_from_share is not None:
        least = Fraction(limit.counts_from_share) * sum(amounts.values())
    return [thing for thing, amount in amounts.items() if amount > 0 and amount >= least]


def shortfall_amount(recount: Recount, limit: Limit, first: date, last: date) -> Fraction:
    """Shortfall of a soft limit in units of its measure; of a share, part against share x whole."""
    reading = read(recount, "", limit, first, last)
    if reading is None:
        return Fraction(0)
    if reading.unit != "share":
        return reading.shortfall
    return reading.shortfall * recounted(recount, whole_of(limit), first, last)


def entries(recount: Recount) -> Iterator[Entry]:
    """Penalties of soft limits that are missed."""
    for limit in recount.instance.limits.values():
        if limit.soft is None or limit.soft.penalty is None:
            continue
        for first, last in windows(limit, recount.instance):
            missed = shortfall_amount(recount, limit, first, last)
            if missed:
                day = penalty_day(recount.instance, limit, last)
                yield entry(recount.instance, "penalty", day, missed * Fraction(limit.soft.penalty), Subject())


def sentence(instance: Instance, at: str) -> str:
    """What the limit demands, in words."""
    name, limit = next((name, one) for name, one in every_limit(instance).items() if limit_path(instance, name) == at)
    return told(instance, name, limit)


def told(instance: Instance, name: str, limit: Limit) -> str:
    """What one limit demands, in words."""
    what = limit.count or unit_of(limit, instance)
    if what == "money":
        what = f"{instance.currency} of {limit.measure}"
    bounds = [
        f"{word} {float(bound) * (100 if share else 1):,.10g}{' %' if share else ''}"
        for word, bound, share in (
            ("at least", limit.at_least, False),
            ("at most", limit.at_most, False),
            ("at least", limit.at_least_share, True),
            ("at most", limit.at_most_share, True),
        )
        if bound is not None
    ]
    stage = f" {limit.stage}" if limit.kind == "units" else ""
    return (
        f"limit {name}: {' and '.join(bounds)} {'of the ' if not limit.is_amount else ''}{what}{stage}{selected(limit)}"
        + (f" by {limit.by}" if limit.by else "")
        + (" and from then on" if len(days_held(limit, instance, limit.by or instance.calendar.end)) > 1 else "")
        + (f" each {limit.each}" if limit.each else "")
    )


def selected(measured: Measured) -> str:
    """What a measure selects and leaves out, in brackets; nothing for everything."""
    parts = []
    for word, selection in (("", measured.select), ("not ", measured.exclude)):
        fields = selection.given if selection else {}
        if fields:
            parts.append(word + "; ".join(f"{field} {', '.join(values)}" for field, values in fields.items()))
    return f" ({'; '.join(parts)})" if parts else ""


def repair(instance: Instance, reading: Reading) -> str:
    """By how much to move the bound, in its own unit."""
    limit = every_limit(instance)[reading.limit]
    low = reading.at_least is not None and reading.used < reading.at_least
    field = ("at_least" if low else "at_most") + ("" if limit.is_amount else "_share")
    unit = instance.currency if reading.unit == "money" else reading.unit
    return f"{reading.path}.{field}: {'lower' if low else 'raise'} by {float(reading.shortfall):,.2f} {unit}"


FAMILY = Family(
    name=NAME,
    title="Limits",
    kind="policy",
    groups=lambda instance: dict.fromkeys(limit_path(instance, name) for name in every_limit(instance)),
    sentence=sentence,
    repair=repair,
    rows=rows,
    links=links,
    readings=readings,
    entries=entries,
)
