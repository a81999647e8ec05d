"""A sweep: one instance solved at every point of lists of values, crossed or zipped, on all cores.

An axis is an edit with `{}` in it and the values to put there. Points go to joblib, whose backend an existing cluster
can take over (`joblib.parallel_config`). Each finished point is on disk before it counts, so that a sweep that is
killed goes on where it was.
"""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack

from gpuplan.api import solve, versions
from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import Closed, Currency, Figure, Text, Whole, exactly
from gpuplan.instance.base import Sequence as Items
from gpuplan.plan.plan import Plan, PlanLevel, PlanOptions, Status
from gpuplan.plan.shown import Shown
from gpuplan.whatif.answer import kept_plan
from gpuplan.whatif.effort import Asked, Effort
from gpuplan.whatif.store import Store, key_of
from gpuplan.whatif.workers import StopRequest, stop_request

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

MOST = 100_000
"""Points of a sweep."""
AGAIN = 3
"""Times that points are given out again after a worker was lost."""
_DIGITS = Context(prec=12)
"""Of points between the ends of a range that is cut into parts, which may have no end."""
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
_RANGE = re.compile(r"^\s*(\S+?)\s*\.\.\s*(\S+)\s+(?:step\s+(?P<step>\S+)|in\s+(?P<parts>\d+))\s*$")


@dataclass(frozen=True)
class Axis:
    """What is varied: an edit with `{}` where each value goes."""

    edit: str
    values: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> Axis:
        """An axis as text: `EDIT : VALUES`, values with `;` between them, `LOW .. HIGH step S`, or `LOW .. HIGH in N`.

        `limits.budget.at_most = {} : 6e6 .. 8e6 step 5e5`, `offers.a.price *= {} : 0.9; 1; 1.1`. An edit without `{}`
        that ends with its operation has the value put at its end. Raises InvalidInput when it is none.
        """
        edit, separator, values = text.rpartition(" : ")
        if not separator or not edit.strip() or not values.strip():
            raise _wrong(
                text, "this is not an axis", "Write `EDIT : VALUES`, such as `limits.b.at_most *= {} : 0.9; 1`."
            )
        edit = edit.strip() if "{}" in edit else f"{edit.strip()} {{}}"
        return cls(edit, tuple(_range(text, values) or [value.strip() for value in values.split(";")]))


def _range(text: str, values: str) -> list[str] | None:
    match = _RANGE.match(values)
    if match is None:
        return None
    try:
        low, high = Decimal(match[1]), Decimal(match[2])
        step = Decimal(match["step"] or 1)
    except InvalidOperation:
        raise _wrong(text, f"{values.strip()!r} is no range of numbers", "Write `LOW .. HIGH step S`.") from None
    if not all(one.is_finite() for one in (low, high, step)) or high <= low or step <= 0:
        raise _wrong(text, f"{values.strip()!r} is no range", "It rises from LOW to HIGH, by steps above 0.")
    number = int(match["parts"]) if match["parts"] else int((high - low) / step) + 1
    if match["parts"] and number < 2:
        raise _wrong(text, f"{number} points are no range", "LOW and HIGH are two: write `in 2` or more.")
    if number > MOST:
        raise _wrong(text, f"a range of {number:,} points is too large", f"At most {MOST:,}.")
    if match["step"]:
        return [f"{low + k * step if k else low:f}" for k in range(number)]
    between = [low + (high - low) * k / (number - 1) for k in range(1, number - 1)]
    return [f"{value:f}" for value in (low, *(_DIGITS.plus(value).normalize() for value in between), high)]


def _wrong(text: str, message: str, way_out: str) -> InvalidInput:
    return InvalidInput([Problem(message, way_out, f"axis `{text.strip()[:200]}`")])


class SweepPoint(Closed):
    """One point of a sweep."""

    values: Items[Text]
    """Of each axis."""
    edits: Items[Text]
    status: Literal["optimal", "feasible", "infeasible", "unbounded", "no_plan_found", "audit_failed", "invalid"]
    """invalid: what the edits make is not valid; `fault` says why."""
    fault: Text
    levels: Items[PlanLevel]
    cost: Figure | None
    """Undiscounted."""
    discounted: Figure | None
    accelerators: Whole | None
    systems: Whole | None
    vendors: Items[Text]
    sites: Items[Text]
    seconds: Figure
    finished: bool
    """False where the sweep's time was up, or a stop came, before what was asked for was reached."""
    is_kept: bool = False
    """Whether the plan of the instance as it stands is still a plan here, and as good as was asked for. It is the
    plan of this point then."""


class Sweep(Shown):
    """The points of a sweep, in the order of the axes, with what was found until it was stopped."""

    format: Literal["gpuplan-sweep/1"] = "gpuplan-sweep/1"
    name: Text
    currency: Currency
    axes: Items[Text]
    """Edits, `{}` standing for the value."""
    zipped: bool
    of: Whole
    """Points in all."""
    points: Items[SweepPoint]
    complete: bool
    """Whether every point was solved as far as was asked for: none was left or cut short when time was up or a stop was
    asked for."""


@exactly
def sweep(
    instance: Instance,
    axes: Sequence[Axis | str],
    *,
    zipped: bool = False,
    store: Path | str | None = None,
    jobs: int = -1,
    point_seconds: float | None = None,
    **asked: Unpack[Asked],
) -> Sweep:
    """Solve an instance at every point of the axes, crossed, or zipped side by side.

    `store` is a file in which finished points are kept: a sweep with the same file goes on where it was, and solves no
    point twice. What `time_limit` or a stop cut short is told and not kept; what took its `point_seconds` is
    finished. `jobs` is the number of processes, -1 for one per core; each search then has one thread unless
    `threads` says otherwise. `point_seconds` limits each point, `time_limit` the whole. Under a
    `joblib.parallel_config(...)` of the caller the points go to the backend that it names.

    Raises InvalidInput when an axis is none, or when the options make no sense. A point whose edits make something
    that is not valid is a result, with its fault.
    """
    asked.setdefault("threads", 1)
    effort = Effort(**asked)
    lines = [Axis.parse(axis) if isinstance(axis, str) else axis for axis in axes]
    points = _points(lines, zipped)
    effort.of = len(points)
    options: dict[str, object] = {
        "gap": effort.gap,
        "seed": effort.seed,
        "threads": effort.threads,
        "seconds": point_seconds,
    }
    with Store(Path(store) if store is not None else Path(":memory:")) as kept:
        found, base = _found(instance, points, options, jobs, effort, kept)
    if base is not None:
        found = {number: _kept(instance, base, point, effort.options) for number, point in found.items()}
    return Sweep(
        name=instance.name,
        currency=instance.currency,
        axes=tuple(axis.edit for axis in lines),
        zipped=zipped,
        of=len(points),
        points=tuple(found[number] for number in sorted(found)),
        complete=len(found) == len(points) and all(point.finished for point in found.values()),
    )


def _found(
    instance: Instance,
    points: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    options: dict[str, object],
    jobs: int,
    effort: Effort,
    kept: Store,
) -> tuple[dict[int, SweepPoint], Plan | None]:
    """The points by number, and the plan of the instance as it stands: those that are kept, and the others solved."""
    from gpuplan.plan.files import read_plan, to_json

    found: dict[int, SweepPoint] = {}
    base: Plan | None = None
    waiting: list[_Waiting] = []
    for number, (values, edits) in [(BASE, ((), ())), *enumerate(points)]:
        key = _key(instance, edits, options) if number != BASE else "plan " + _key(instance, (), options)
        known = kept.get(key)
        if known is None:
            waiting.append((number, key, values, edits))
        elif number == BASE:
            base = read_plan(known)
        else:
            found[number] = _read(known, values, edits)
    effort.done = len(found)
    for number, key, point, plan in _solved(instance, waiting, options, jobs, effort):
        if point.finished and point.status != "no_plan_found" and (number != BASE or plan is not None):
            kept.put(key, to_json(plan if plan is not None else point))
        if number == BASE:
            base = plan
            continue
        found[number] = point
        effort.done = sum(one.finished for one in found.values())
        effort.say("solving the points of a sweep")
    return found, base


def table(found: Sweep) -> str:
    """The points as CSV: a column for each axis, and what came out."""
    import csv
    import io

    from gpuplan.plan.files import not_run

    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = ("status", "value", "bound", "gap", "cost", "discounted", "accelerators", "systems", "vendors", "sites")
    writer.writerow([*map(not_run, found.axes), *names, "kept", "finished", "seconds", "fault"])
    for point in found.points:
        last = point.levels[-1] if point.levels else None
        proven = (None, None, None) if last is None else (last.value, last.bound, last.gap)
        made = (point.cost, point.discounted, point.accelerators, point.systems)
        lists = (" ".join(point.vendors), " ".join(point.sites))
        marks = (str(point.is_kept).lower(), str(point.finished).lower())
        values = [value if _NUMBER.fullmatch(value) else not_run(value) for value in point.values]
        writer.writerow([*values, point.status, *proven, *made, *lists, *marks, point.seconds, not_run(point.fault)])
    return text.getvalue()


def _points(axes: Sequence[Axis], zipped: bool) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """(values, edits) of every point."""
    if not axes or any(not axis.values for axis in axes):
        raise InvalidInput([Problem("a sweep needs axes with values", "State at least one.", "axes")])
    lengths = [len(axis.values) for axis in axes]
    if zipped and len(set(lengths)) > 1:
        message = f"axes of {', '.join(map(str, lengths))} values cannot be zipped"
        raise InvalidInput([Problem(message, "Give each as many values, or cross them.", "axes")])
    size = 1
    for length in [lengths[0]] if zipped else lengths:
        size *= length
    if size > MOST:
        raise InvalidInput([Problem(f"a sweep of {size:,} points is too large", f"At most {MOST:,}.", "axes")])
    columns = [axis.values for axis in axes]
    rows = zip(*columns, strict=True) if zipped else itertools.product(*columns)
    return [
        (values, tuple(axis.edit.replace("{}", value) for axis, value in zip(axes, values, strict=True)))
        for values in rows
    ]


def _key(instance: Instance, edits: tuple[str, ...], options: dict[str, object]) -> str:
    """By the edited instance, so that two ways to the same instance are one point; by the edits where it is invalid."""
    from gpuplan.plan.hashing import fingerprint

    try:
        about = fingerprint(instance.edited(edits))
    except InvalidInput:
        about = fingerprint(instance) + repr(edits)
    return key_of(about, options, versions())


def _read(text: str, values: tuple[str, ...], edits: tuple[str, ...]) -> SweepPoint:
    from gpuplan.instance.document import read_document

    point = SweepPoint.model_validate(read_document(text, format="json").value)
    return point.model_copy(update={"values": values, "edits": edits})


_Waiting = tuple[int, str, tuple[str, ...], tuple[str, ...]]
"""Number, key, values and edits of a point."""
_Solved = tuple[int, str, SweepPoint, Plan | None]
"""Number, key and what came of the point; the plan of the instance as it stands."""
BASE = -1
"""Number of the instance as it stands."""


def _solved(
    instance: Instance, waiting: list[_Waiting], options: dict[str, object], jobs: int, effort: Effort
) -> Iterator[_Solved]:
    """Points as they are finished. Those that a lost worker had are given out again."""
    left = {one[0]: one for one in waiting}
    for attempt in range(AGAIN):
        if not left or effort.is_over():
            return
        try:
            for one in _given_out(instance, list(left.values()), options, jobs, effort):
                del left[one[0]]
                yield one
        except _lost() as error:
            if attempt == AGAIN - 1:
                message = f"workers of the sweep were lost {AGAIN} times ({type(error).__name__})"
                raise InvalidInput([Problem(message, "Use fewer jobs, or state memory_mb.", "jobs")]) from None


def _lost() -> tuple[type[BaseException], ...]:
    from concurrent.futures import BrokenExecutor

    return (BrokenExecutor, EOFError, ConnectionError)


def _given_out(
    instance: Instance, waiting: list[_Waiting], options: dict[str, object], jobs: int, effort: Effort
) -> Iterator[_Solved]:
    from joblib import Parallel, delayed

    # In order of finishing, so that nothing waits to be kept. Points are given out one by one: each learns what time
    # is left, and none is once the sweep is to stop. Those that run then end with what they have.
    with stop_request(effort.is_over) as stop:
        tasks = (
            delayed(_point)(instance, *one, options, effort.memory_mb, effort.left, stop)
            for one in waiting
            if not effort.is_over()
        )
        with Parallel(n_jobs=jobs, return_as="generator_unordered", pre_dispatch="n_jobs", batch_size=1) as parallel:
            finished = parallel(tasks)
            try:
                yield from finished
            finally:
                finished.close()


def _point(
    instance: Instance,
    number: int,
    key: str,
    values: tuple[str, ...],
    edits: tuple[str, ...],
    options: dict[str, object],
    memory_mb: int | None,
    left: float,
    stop: StopRequest,
) -> _Solved:
    """Solve one point, in whatever process it was given to."""
    stop.prepare_worker()
    began = time.monotonic()
    try:
        edited = instance.edited(edits)
        own = float("inf") if options["seconds"] is None else float(options["seconds"])  # type: ignore[arg-type]
        seconds = min(left, own)
        outcome = solve(
            edited,
            gap=options["gap"],  # type: ignore[arg-type]
            seed=options["seed"],  # type: ignore[arg-type]
            threads=options["threads"],  # type: ignore[arg-type]
            time_limit=None if seconds == float("inf") else max(seconds, 0.01),
            memory_mb=memory_mb,
            explain_seconds=0,
            cancel=stop,
        )
    except InvalidInput as error:
        return number, key, _nothing(values, edits, "invalid", str(error)[:2000], began), None
    plan = outcome.plan
    finished = outcome.status not in ("feasible", "no_plan_found") or (own < left and not stop())
    if plan is None:
        return number, key, _nothing(values, edits, outcome.status, "", began, finished), None
    point = SweepPoint(values=values, edits=edits, fault="", seconds=_seconds(began), finished=finished, **_said(plan))
    return number, key, point, plan if number == BASE else None


def _said(plan: Plan) -> dict[str, Any]:
    """What a point says of its plan."""
    return {
        "status": plan.status,
        "levels": plan.levels,
        "cost": plan.cost.amount,
        "discounted": plan.cost.discounted,
        "accelerators": plan.accelerators,
        "systems": plan.systems,
        "vendors": tuple(sorted({order.vendor for order in plan.orders})),
        "sites": tuple(sorted({order.site for order in plan.orders})),
    }


def _kept(instance: Instance, base: Plan, point: SweepPoint, options: PlanOptions) -> SweepPoint:
    """A point with the plan of the instance as it stands, where that is still a plan and as good as asked for."""
    if not point.levels:
        return point
    plan = kept_plan(instance.edited(point.edits), base, point.levels, options, {})
    if plan is None:
        return point
    finished = point.finished or plan.status == "optimal"
    return point.model_copy(update={**_said(plan), "is_kept": True, "finished": finished})


def _nothing(
    values: tuple[str, ...],
    edits: tuple[str, ...],
    status: Status | Literal["invalid"],
    fault: str,
    began: float,
    finished: bool = True,
) -> SweepPoint:
    return SweepPoint(
        values=values, edits=edits, status=status, fault=fault, levels=(), cost=None, discounted=None,
        accelerators=None, systems=None, vendors=(), sites=(), seconds=_seconds(began),
        finished=finished,
    )  # fmt: skip


def _seconds(began: float) -> Decimal:
    return Decimal(round((time.monotonic() - began) * 1000)).scaleb(-3)
