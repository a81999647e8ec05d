"""The tables of the answers to questions: comparisons, repairs, sweeps, frontiers, regret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.report.comparison import said
from gpuplan.report.table import Cell, Table, column, table

if TYPE_CHECKING:
    from gpuplan.instance.changes import Change
    from gpuplan.plan.plan import PlanLevel
    from gpuplan.whatif.alternatives import Alternatives
    from gpuplan.whatif.compare import Comparison
    from gpuplan.whatif.differences import LevelDifference
    from gpuplan.whatif.entry import EntryPrices
    from gpuplan.whatif.explain import BrokenRules, Infeasibility, OfferCost, Repair
    from gpuplan.whatif.flip import Flips
    from gpuplan.whatif.frontier import Frontier
    from gpuplan.whatif.regret import Regret
    from gpuplan.whatif.stress import Stress
    from gpuplan.whatif.sweep import Sweep

Row = dict[str, Cell]
NO_CURRENCY = "money"
"""What amounts are called where an answer does not name its currency."""


def comparison_tables(found: Comparison) -> tuple[Table, ...]:
    """What is changed, and how the two plans differ."""
    currency = found.currency
    return (
        changes_table(found.changes, currency),
        levels_table({"base": found.base.levels, "edited": found.edited.levels}, currency),
        differences_table("differences", "Edited less base", {"": found.levels}, currency),
        table(
            "decisions", "What is decided otherwise", currency, found.decisions,
            *map(column, ("kind", "name", "site", "base_units", "edited_units", "base_signed", "edited_signed")),
        ),
        table(
            "cost", "What it costs, discounted", currency, found.costs,
            column("term"), column("base", "money"), column("edited", "money"), column("difference", "money"),
        ),
        table(
            "limits", "Limits that are used otherwise", currency,
            [{**dict(one), "unit": _unit(one.unit, currency)} for one in found.limits],
            column("limit"), column("window"), *(column(key, "=unit") for key in ("base_used", "edited_used")),
            *(column(key, "=unit") for key in ("base_slack", "edited_slack")), column("unit"), column("became"),
        ),
    )  # fmt: skip


def changes_table(changes: Iterable[Change], currency: str) -> Table:
    """Every input that differs."""
    rows: list[Row] = [
        {"input": one.path, "kind": one.kind, "before": _value(one.before), "after": _value(one.after)}
        for one in changes
        if not one.is_provenance
    ]
    return table("changes", "What is changed", currency, rows, *map(column, ("input", "kind", "before", "after")))


def _value(value: object) -> Cell:
    if value is None or (isinstance(value, int | Decimal) and not isinstance(value, bool)):
        return value
    return said(value)


def _unit(unit: str, currency: str) -> str:
    return currency if unit == "money" else unit


def levels_table(
    levels: Mapping[str, Sequence[PlanLevel]], currency: str, of: str = "of", title: str = "What is proven"
) -> Table:
    """Levels of the objective of several searches, each with what is proven of it."""
    rows: list[Row] = [
        {"of": name, "level": one.name, **{key: getattr(one, key) for key in ("value", "bound", "gap")},
         "unit": _unit(one.unit, currency)}
        for name, each in levels.items()
        for one in each
    ]  # fmt: skip
    return table(
        "proof", title, currency, rows, column("of", heading=of), column("level"), column("value", "=unit"),
        column("bound", "=unit"), column("gap", "share"), column("unit"),
    )  # fmt: skip


def differences_table(
    name: str, title: str, levels: Mapping[str, Sequence[LevelDifference]], currency: str, of: str = "of"
) -> Table:
    """How levels differ, and the interval that is proven of the difference of the bests."""
    rows: list[Row] = [
        {"of": about, "level": one.name, **{key: getattr(one, key) for key in ("difference", "at_least", "at_most")},
         "unit": _unit(one.unit, currency)}
        for about, each in levels.items()
        for one in each
    ]  # fmt: skip
    named = [column("of", heading=of)] if any(levels) else []
    return table(
        name, title, currency, rows, *named, column("level"), column("difference", "=unit"),
        column("at_least", "=unit", "proven at least"), column("at_most", "=unit", "proven at most"), column("unit"),
    )  # fmt: skip


def infeasibility_tables(found: Infeasibility) -> tuple[Table, ...]:
    """The rules that clash, and the repairs."""
    words = {True: "yes", False: "no", None: ""}
    conflict: list[Row] = [
        {"set": number, "path": one.path, "says": one.says, "family": one.family, "hard": "yes" if one.hard else "",
         "frees": words[one.frees]}
        for number, (_, members, _) in enumerate(found.sets, 1)
        for one in members
    ]  # fmt: skip
    joint = found.joint.repairs if found.joint is not None else ()
    return (
        table(
            "conflict", "What clashes", NO_CURRENCY, conflict,
            column("set"), column("path"), column("says"), column("family"), column("hard", heading="must stay"),
            column("frees", heading="leaving it out alone makes room"),
        ),
        table(
            "not-possible", "Not possible", NO_CURRENCY,
            [{"offer": one.offer, "site": one.site, "why": one.why, "edits": "; ".join(one.edits)}
             for one in found.obstacles],
            column("offer"), column("site"), column("why"), column("edits", heading="edits that help"),
        ),
        _repairs("repairs", "Repairs, each alone enough", found.repairs),
        _repairs("joint-repair", "Repairs that are enough together", joint),
    )  # fmt: skip


def _repairs(name: str, title: str, repairs: Sequence[Repair]) -> Table:
    rows: list[Row] = [
        {"edits": "; ".join(one.edits), "move": one.move, "unit": one.unit,
         "least": one.least if one.proven else None, "tolerance": one.tolerance}
        for one in repairs
    ]  # fmt: skip
    return table(
        name, title, NO_CURRENCY, rows, column("edits", heading="edit"), column("move", "=unit", "by"), column("unit"),
        column("least", "=unit", "proven not enough"), column("tolerance", "=unit"),
    )  # fmt: skip


def sweep_tables(found: Sweep) -> tuple[Table, ...]:
    """A line for each point."""
    axes = [column(f"axis {number}", heading=edit) for number, edit in enumerate(found.axes, 1)]
    rows: list[Row] = []
    for point in found.points:
        last = point.levels[-1] if point.levels else None
        rows.append(
            {
                **{axis.key: value for axis, value in zip(axes, point.values, strict=True)},
                "status": point.status, "is_kept": point.is_kept, "fault": point.fault, "cost": point.cost,
                "discounted": point.discounted,
                "level": last.name if last else "", "value": last.value if last else None,
                "bound": last.bound if last else None, "gap": last.gap if last else None,
                "unit": _unit(last.unit, found.currency) if last else "", "accelerators": point.accelerators,
                "systems": point.systems, "vendors": ", ".join(point.vendors), "sites": ", ".join(point.sites),
            }
        )  # fmt: skip
    return (
        table(
            "points", "Points", found.currency, rows, *axes, column("status"),
            column("is_kept", heading="plan kept"), *(column(key, "=unit") for key in ("value", "bound")),
            column("gap", "share"), column("unit"),
            column("level"), column("accelerators"), column("systems"), column("vendors"), column("sites"),
            column("cost", "money", "cost, undiscounted"), column("discounted", "money", "cost, discounted"),
            column("fault"),
        ),
    )  # fmt: skip


def frontier_tables(found: Frontier) -> tuple[Table, ...]:
    """A line for each point that no other betters in both."""
    rows: list[Row] = [
        {
            "first": point.first.value, "first_bound": point.first.bound, "gap": point.first.gap,
            "second": point.second.value, "second_bound": point.second.bound, "systems": point.plan.systems,
            "vendors": ", ".join(sorted({order.vendor for order in point.plan.orders})),
        }
        for point in found.points
    ]  # fmt: skip
    first, second = found.first_unit, found.second_unit
    return (
        table(
            "points", "Points that no other betters in both", found.currency, rows, column("first", first, found.first),
            column("first_bound", first, "its bound"), column("gap", "share", "its gap"),
            column("second", second, found.second), column("second_bound", second, "its bound"),
            column("systems"), column("vendors"),
        ),
    )  # fmt: skip


def regret_tables(found: Regret) -> tuple[Table, ...]:
    """A row for each plan, a column for each scenario; then every cell with what is proven of it."""
    cells = {(one.plan_of, one.under): one for one in found.cells}
    names = {under: f"under {number}" for number, under in enumerate(found.scenarios, 1)}
    grid: list[Row] = []
    for plan_of in found.scenarios:
        row: Row = {"plan_of": plan_of}
        for under, key in names.items():
            one = cells[plan_of, under]
            row[key] = one.status if one.regret is None else one.regret
        grid.append(row)
    bests = dict(zip(found.scenarios, found.bests, strict=True))
    figures = ("value", "regret", "regret_at_least", "regret_at_most")
    return (
        table(
            "regret", "How much worse than the best plan found under each scenario", found.currency, grid,
            column("plan_of", heading="plan of"), *(column(key, found.unit, under) for under, key in names.items()),
        ),
        table(
            "cells", "Every plan under every scenario", found.currency, found.cells, column("plan_of"), column("under"),
            column("status"), *(column(key, found.unit) for key in figures), column("breaks"),
        ),
        levels_table(bests, found.currency, "scenario", "The best plan of each scenario"),
    )  # fmt: skip


def alternatives_tables(found: Alternatives, currency: str = NO_CURRENCY) -> tuple[Table, ...]:
    """The plans that differ, the best first."""
    rows: list[Row] = [
        {
            "number": number, "signature": signature(one.signature), "value": one.value, "worse_by": one.worse_by,
            "worse_by_share": one.worse_by_share, "bound": one.bound, "systems": one.plan.systems,
            "accelerators": one.plan.accelerators,
        }
        for number, one in enumerate(found.alternatives, 1)
    ]  # fmt: skip
    currency = found.alternatives[0].plan.currency if found.alternatives else currency
    return (
        table(
            "alternatives", "Plans that differ, the best first", currency, rows, column("number", heading=""),
            column("signature", heading="what counts"), column("value", found.unit, found.level),
            column("worse_by", found.unit), column("worse_by_share", "share", "worse by"), column("bound", found.unit),
            column("systems"), column("accelerators"),
        ),
    )  # fmt: skip


def signature(traits: Mapping[str, Sequence[str]]) -> str:
    """What a plan counts as, in words."""
    return "; ".join(f"{trait}: {', '.join(names)}" for trait, names in traits.items())


def flips_tables(found: Flips) -> tuple[Table, ...]:
    """Flip points, and what slack is worth."""
    points: list[Row] = [
        {
            "path": one.path, "direction": one.direction, "still": one.before.move if one.before else None,
            "no_more": one.after.move if one.after else None, "unit": one.unit, "becomes": one.becomes,
            "signature": signature(one.signature), "reach": one.reach,
        }
        for one in found.points
    ]  # fmt: skip
    steps: list[Row] = [
        {"path": one.path, "step": one.step, "unit": one.unit, "status": one.status} for one in found.worths
    ]
    worths = {one.path: one.levels for one in found.worths}
    return (
        table(
            "flip-points", "How far a figure can move before the plan changes", NO_CURRENCY, points, column("path"),
            column("direction"), column("still", "=unit", "still the same at"),
            column("no_more", "=unit", "no more at"), column("unit"), column("becomes", heading="then"),
            column("signature", heading="with"),
            column("reach", "=unit", "looked as far as"),
        ),
        table("steps", "Steps of slack", NO_CURRENCY, steps, *map(column, ("path", "step", "unit", "status"))),
        differences_table("worth-of-slack", "What a step of slack is worth", worths, NO_CURRENCY, "limit"),
        levels_table({"base": found.levels}, NO_CURRENCY),
    )  # fmt: skip


def offer_cost_tables(found: OfferCost) -> tuple[Table, ...]:
    """What it costs to take a lot of an offer."""
    denied: list[Row] = [{"where": one} for one in found.denied]
    return (
        differences_table("differences", "With a lot of it less without", {"": found.levels}, NO_CURRENCY),
        levels_table({"as it is": found.base, "with a lot of it": found.forced}, NO_CURRENCY),
        table("denied", "Where it is not possible, and why", NO_CURRENCY, denied, column("where")),
    )


def entry_prices_tables(found: EntryPrices) -> tuple[Table, ...]:
    """Every offer with the prices that decide, what its least order costs, and what keeps it out."""
    why: list[Row] = [{"offer": one.offer, "why": each} for one in found.offers for each in one.why]
    forced = {one.offer: one.forced for one in found.offers if one.forced}
    return (
        table(
            "negotiate", "At which price each offer is in the plan", found.currency, found.offers,
            *map(column, ("offer", "vendor", "system", "standing", "units")),
            column("price", "=currency"), column("enters_at", "=currency", "in the plan up to"),
            column("stays_out_at", "=currency", "proven out at"), column("currency"), column("per"),
        ),
        differences_table("least-orders", "The least order of each, less the plan", forced, found.currency, "offer"),
        table("kept-out", "What keeps offers out", found.currency, why, column("offer"), column("why")),
        levels_table({"the plan": found.levels}, found.currency),
    )  # fmt: skip


def broken_rules_tables(found: BrokenRules) -> tuple[Table, ...]:
    """The rules that a plan breaks."""
    return (
        table(
            "broken-rules", "Rules that the plan breaks", NO_CURRENCY, found.broken,
            column("path"), column("says"), column("detail"),
            *(column(key, "=unit") for key in ("used", "at_least", "at_most")), column("unit"), column("repair"),
        ),
    )  # fmt: skip


def stress_tables(found: Stress) -> tuple[Table, ...]:
    """Limits with their chances, what sways the last level, and every future."""
    limits: list[Row] = [
        {
            "limit": one.limit, "window": one.window, "least": one.chance.least, "most": one.chance.most,
            "error": one.chance.error, "worst": one.worst, "unit": one.unit,
        }
        for one in found.limits
    ]  # fmt: skip
    futures: list[Row] = [
        {
            "future": one.name, "probability": one.probability, "status": one.status, "value": one.value,
            "bound": one.bound, "breaks": "; ".join(one.breaks[:3]),
        }
        for one in found.futures
    ]  # fmt: skip
    return (
        table(
            "limits", "Limits that may be missed: probability that each is kept", found.currency, limits,
            column("limit"), column("window"), column("least", "share"), column("most", "share"),
            column("error", "share", "error of sampling"), column("worst", heading="missed by at most"), column("unit"),
        ),
        table(
            "sways", "Mean by the lower and the upper half of what was drawn", found.currency, found.sways,
            column("path", heading="drawn"), column("low", found.unit, "lower half"),
            column("high", found.unit, "upper half"),
        ),
        table(
            "futures", "Every future", found.currency, futures, column("future"), column("probability", "share"),
            column("status"), column("value", found.unit), column("bound", found.unit),
            column("breaks", heading="what breaks"),
        ),
    )  # fmt: skip
