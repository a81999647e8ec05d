"""Pictures of the paper: use over time against the targets, and what counts against each budget."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import TYPE_CHECKING, Any

from gpuplan.report.figures import (
    BLUE,
    INK,
    LINE,
    MOST_BARS,
    ORANGE,
    RED,
    WIDTH,
    Picture,
    dates,
    label,
    legend,
    new_figure,
    short,
    tell,
)
from gpuplan.report.paper_money import WHOLE, budgets, year_of
from gpuplan.report.words import money

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan, PlanLimit


def usable_figure(plan: Plan) -> Picture | None:
    """Accelerators delivered and usable at the end of each period, with the targets on accelerators in use."""
    usable: dict[date, int] = defaultdict(int)
    for state in plan.states:
        usable[state.day] += state.accelerators_usable
    if not any(usable.values()):
        return None
    there = next(iter(usable))
    before = usable[there] - sum(one.accelerators for one in plan.orders if one.usable and one.usable <= there)
    delivered = {day: before + sum(x.accelerators for x in plan.orders if x.delivered <= day) for day in usable}
    figure, axes = new_figure(3.0)
    figure.subplots_adjust(left=0.9 / WIDTH)  # its labels are numbers
    axes.grid(axis="y", color=LINE, linewidth=0.5)
    handles: dict[str, Any] = {}
    for name, line, color, shape in (("delivered", delivered, ORANGE, "s"), ("usable", usable, BLUE, "o")):
        axes.plot(list(line), list(line.values()), color=color, linewidth=1.5, drawstyle="steps-post")
        for day, count in line.items():
            (handles[name],) = axes.plot([day], [count], shape, color=color, markersize=5)
            tell(handles[name], f"{day}: {count:,} {name}")
    for one in on_all_accelerators(plan):
        kind = "target missed" if one.missed_by else "target met"
        color = RED if one.missed_by else INK
        (handles[kind],) = axes.plot([one.last], [float(one.at_least or 0)], "D", color=color, markersize=8)
        met = f"met on {one.reached}" if one.reached else "never met"
        tell(handles[kind], f"{one.limit}: {one.at_least:,f} by {one.last}, {met}")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    dates(axes)
    legend(axes, handles)
    says = "Accelerators at the end of each period, bought and already there, with the targets on all that are in use."
    return Picture("usable", "Usable accelerators against the targets", says, figure)


def on_all_accelerators(plan: Plan) -> list[PlanLimit]:
    """Targets on accelerators in use that leave none out."""
    return [
        one
        for one in plan.limits
        if (one.measure, one.stage) == ("accelerators", "usable")
        and one.at_least is not None
        and one.last is not None
        and one.unit != "share"
        and not one.select
        and not one.exclude
    ]


def budgets_figure(plan: Plan) -> Picture | None:
    """What counts against each budget, by fiscal year, beside the most that may."""
    some = sorted(budgets(plan).values(), key=lambda one: (year_of(plan, one) == WHOLE, year_of(plan, one), one.limit))
    shown = [one for one in some if one.used is not None][:MOST_BARS]
    if not shown:
        return None
    figure, axes = new_figure(1.1 + 0.3 * len(shown))
    handles: dict[str, Any] = {}
    for row, one in enumerate(shown):
        used, most = float(one.used or 0), float(one.at_most or 0)
        (bar,) = axes.barh([row], [used], 0.6, color=RED if one.missed_by else BLUE)
        (handles["budget"],) = axes.plot([most, most], [row - 0.42, row + 0.42], color=INK, linewidth=3)
        told = f"{one.limit}, {year_of(plan, one)}: {money(one.used or one.missed_by, plan.currency)}"
        tell(bar, f"{told} of {money(one.at_most or one.missed_by, plan.currency)}")
        handles["missed" if one.missed_by else "counts against it"] = bar
    names = [f"{year_of(plan, one)}: {one.limit}" for one in shown]
    axes.set_yticks(range(len(shown)), [label(name) for name in names])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(left=min(0.0, *(float(one.used or 0) for one in shown)))
    axes.xaxis.set_major_formatter(short)
    axes.set_xlabel(plan.currency, fontsize=8, color=INK)
    legend(axes, handles)
    more = "" if len(shown) == len(some) else f" The first {len(shown)} of {len(some)}."
    says = f"What counts against each budget, by fiscal year; the mark is the budget.{more}"
    return Picture("budgets", "Money against the budgets", says, figure)
