"""Pictures of plans and answers, as matplotlib figures: for a page, a notebook, or a slide.

Colours are told apart by the colour-blind (Okabe and Ito), and what they say is said by marks, order or labels too.
Texts in a picture are ids, days and numbers only: what people wrote freely stands beside it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from gpuplan.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan, PlanLimit

INK, LINE = "#1a1a1a", "#c9c9c9"
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW, GREY = PALETTE = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#f0e442", "#8a8a8a",
)  # fmt: skip
WIDTH = 9.0
"""Inches."""
MOST_BARS = 40
"""Rows of a picture; the table beside it has them all."""
LONGEST = 34
"""Characters of a label."""


class Picture(NamedTuple):
    """A figure and what it shows, for those who do not see it."""

    name: str
    title: str
    says: str
    figure: Any
    """A `matplotlib.figure.Figure`."""


def new_figure(height: float) -> tuple[Any, Any]:
    """A figure of the page's width and its axes, in our colours, without a window.

    Raises InvalidInput when matplotlib is not installed.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[report]'."
        raise InvalidInput([Problem("a picture needs matplotlib, which is not here", way_out)]) from None
    figure = Figure(figsize=(WIDTH, height), facecolor="none")
    # Laid out by hand: matplotlib's own layout draws everything twice.
    figure.subplots_adjust(2.5 / WIDTH, 0.45 / height, 1 - 0.2 / WIDTH, 1 - 0.5 / height)
    axes = figure.subplots()
    _plain(axes)
    return figure, axes


def _plain(axes: Any) -> None:
    axes.set_facecolor("none")
    for name, spine in axes.spines.items():
        spine.set_visible(name in ("left", "bottom"))
        spine.set_color(LINE)
    axes.tick_params(colors=INK, labelsize=8, color=LINE)
    axes.grid(axis="x", color=LINE, linewidth=0.5)
    axes.set_axisbelow(True)


def label(text: str) -> str:
    """A text short enough for a picture, in letters that its font has, never read as mathematics."""
    plain = "".join(letter if letter.isascii() and letter.isprintable() else "?" for letter in text)
    plain = plain.replace("$", r"\$")
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 3] + "..."


# When


def timeline_figure(plan: Plan) -> Picture | None:
    """Orders, modules and openings from order to use, against targets and deadlines."""
    rows = _events(plan)
    if not rows:
        return None
    shown = rows[:MOST_BARS]
    height = 1.75 + 0.24 * len(shown)
    figure, axes = new_figure(height)
    figure.subplots_adjust(top=1 - 0.85 / height)  # three rows of what marks and bars mean
    handles: dict[str, Any] = {}
    for position, (_, events) in enumerate(shown):
        _phases(axes, handles, dict(events), position, _last_day(plan))
        for event, day in events:
            shape, color = EVENTS[event]
            (handles[event],) = axes.plot(
                [day], [position], shape, color=color, markersize=6, markeredgecolor="none", linestyle="", zorder=2
            )
            tell(handles[event], f"{shown[position][0]}: {event} {day}")
    for day, kind in _ends(plan).items():
        style = "-" if kind == "deadline" else "--"
        handles[kind] = axes.axvline(day, color=RED if kind == "deadline" else INK, linewidth=1, linestyle=style)
    axes.set_yticks(range(len(shown)), [label(name) for name, _ in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    dates(axes)
    legend(axes, handles)
    more = "" if len(rows) == len(shown) else f" The first {len(shown)} of {len(rows)} rows."
    says = (
        f"For each order, module and opening, the days of its events, against {_listed('deadline', plan.deadlines)}"
        f" and the days of the targets on use.{more}"
    )
    return Picture("timeline", "From order to use, against the deadlines", says, figure)


EVENTS = {
    "apply by": ("v", PURPLE),
    "sign": ("o", BLUE),
    "ship": ("<", SKY),
    "deliver": (">", ORANGE),
    "install": ("^", YELLOW),
    "usable": ("s", GREEN),
    "given back": ("X", INK),
    "ready": ("P", GREEN),
    "opens": ("D", RED),
}
"""Mark and colour of each event: the licence's last day to apply, the days of lots and modules, a site's opening."""


PHASES = (
    ("sign", "deliver", SKY, "making and shipping"),
    ("deliver", "usable", ORANGE, "waiting, installing"),
    ("sign", "ready", SKY, "making and shipping"),
    ("usable", None, GREEN, "in use"),
    ("ready", None, GREEN, "in use"),
)
"""Bars from one event to another, or to the end of the calendar, with their colours."""


def _phases(axes: Any, handles: dict[str, Any], days: Mapping[str, date], position: int, end: date) -> None:
    """The time between the events of a row, as bars."""
    for first, last, color, name in PHASES:
        begins, ends = days.get(first), end if last is None else days.get(last)
        if begins is not None and ends is not None and ends > begins:
            (bar,) = axes.plot(
                [begins, ends], [position] * 2, color=color, linewidth=6, alpha=0.45, solid_capstyle="butt", zorder=1
            )
            tell(bar, f"{name}: {begins} to {ends}")
            handles[name] = bar


def _last_day(plan: Plan) -> date:
    return max((state.day for state in plan.states), default=date.min)


def _events(plan: Plan) -> list[tuple[str, list[tuple[str, date]]]]:
    """Rows of the timeline, each a label and its events."""
    found: list[tuple[str, list[tuple[str, date]]]] = []
    for order in plan.orders:
        days = {
            "sign": order.signed,
            "ship": order.shipped,
            "deliver": order.delivered,
            "install": order.installed,
            "usable": order.usable,
            "given back": order.given_back,
        }
        events = [(event, day) for event, day in days.items() if day is not None]
        if order.apply_by is not None:
            events.insert(0, ("apply by", order.apply_by))
        found.append((f"{order.units} {order.offer}, {order.site}", events))
    found += [
        (f"{one.units} {one.module}, {one.site}", [("sign", one.signed), ("ready", one.ready)]) for one in plan.modules
    ]
    found += [(f"site {site.site}", [("opens", site.open_from)]) for site in plan.sites]
    return sorted(found, key=lambda row: min(day for _, day in row[1]))


def _ends(plan: Plan) -> dict[date, str]:
    """Days that must be met: of the targets on use, and of the deadlines."""
    return {line.by: "target" for line in plan.latest} | {line.by: "deadline" for line in plan.deadlines}


def _listed(word: str, rows: Collection[Any]) -> str:
    return f"{len(rows)} {word}{'' if len(rows) == 1 else 's'}"


TIP = "tip:"
"""How the name of a part of a figure begins that is told at the pointer."""


def tell(part: Any, text: str) -> None:
    """Have a part of a figure tell its number at the pointer, where it is shown as SVG."""
    part.set_gid(TIP + text)


def dates(axes: Any) -> None:
    """Days along the axis."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def legend(axes: Any, handles: Mapping[str, Any], columns: int = 5) -> None:
    """What marks and colours mean, above the picture."""
    axes.legend(
        handles.values(), [label(name) for name in handles], loc="lower center", bbox_to_anchor=(0.5, 1.0),
        ncols=min(len(handles), columns), frameon=False, fontsize=8, labelcolor=INK,
    )  # fmt: skip


# Where


def capacity_figures(plan: Plan) -> Iterable[Picture]:
    """A picture for each site: need against capacity, resource by resource, over time."""
    for site in plan.sites:
        states = [state for state in plan.states if state.site == site.site]
        uses: dict[str, list[tuple[date, float, float | None, str]]] = defaultdict(list)
        for state in states:
            for resource, use in state.resources.items():
                capacity = None if use.capacity is None else float(use.capacity)
                uses[resource].append((state.day, float(use.need), capacity, use.unit))
        shown = {name: line for name, line in uses.items() if any(need for _, need, _, _ in line)}
        if shown:
            says = (
                f"Need and capacity on the design day, of {_listed('resource', shown)} over time, each to its own "
                "scale; beside each, the most that is needed of the last capacity."
            )
            yield Picture(f"capacity-{site.site}", f"Capacity against need: {site.site}", says, _site(shown))


def _site(shown: Mapping[str, Sequence[tuple[date, float, float | None, str]]]) -> Any:
    """A lane for each resource, as high as the most of its need and capacity: one pair of axes draws quickly."""
    figure, axes = new_figure(0.95 + 0.5 * len(shown))
    handles: dict[str, Any] = {}
    last = max(day for line in shown.values() for day, _, _, _ in line)
    for lane, line in enumerate(shown.values()):
        days = [day for day, _, _, _ in line]
        most = max(max(need, capacity or 0.0) for _, need, capacity, _ in line)
        needs = [lane + 0.8 * need / most for _, need, _, _ in line]
        capacities = [math.nan if capacity is None else lane + 0.8 * capacity / most for _, _, capacity, _ in line]
        handles["need"] = axes.fill_between(days, lane, needs, step="post", color=SKY, linewidth=0)
        (handles["capacity"],) = axes.plot(days, capacities, drawstyle="steps-post", color=INK, linewidth=1.5)
        peak, (_, _, end, unit) = max(need for _, need, _, _ in line), line[-1]
        said = f"{short(peak)} of {'unlimited' if end is None else short(end)} {unit}"
        axes.text(last, lane + 0.3, "  " + label(said), fontsize=8, color=INK, va="center")
    axes.set_yticks([lane + 0.3 for lane in range(len(shown))], [label(resource) for resource in shown])
    axes.set_ylim(len(shown), 0)
    axes.invert_yaxis()
    axes.margins(x=0)
    figure.subplots_adjust(right=1 - 1.9 / WIDTH)
    dates(axes)
    legend(axes, handles)
    return figure


def short(value: float, _position: int = 0) -> str:
    """A number in few characters: 1.2 M, 40 k."""
    for scale, name in ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k")):
        if abs(value) >= scale:
            return f"{value / scale:.3g}{name}"
    return f"{value:.3g}"


# What it costs


def bars(names: Sequence[str], series: Mapping[str, Sequence[float]], unit: str, stacked: bool = True) -> Any:
    """Bars lying down, one row for each name, the series stacked or side by side."""
    figure, axes = new_figure(1.1 + len(names) * (0.26 if stacked else 0.16 * len(series)))
    left, right = [0.0] * len(names), [0.0] * len(names)
    thick = 0.7 if stacked else 0.8 / len(series)
    handles = {}
    for number, (name, values) in enumerate(series.items()):
        color = PALETTE[number % len(PALETTE)]
        at = [row if stacked else row + (number - (len(series) - 1) / 2) * thick for row in range(len(names))]
        base = [(right if value >= 0 else left)[row] if stacked else 0.0 for row, value in enumerate(values)]
        hatch = "///" if number >= len(PALETTE) else None
        handles[name] = axes.barh(at, values, thick, left=base, color=color, hatch=hatch, linewidth=0)
        for row, bar in enumerate(handles[name]):
            tell(bar, f"{names[row]}, {name}: {values[row]:,.2f} {unit}")
        for row, value in enumerate(values):
            (right if value >= 0 else left)[row] += value
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.xaxis.set_major_formatter(short)
    axes.set_xlabel(unit, fontsize=8, color=INK)
    if len(series) > 1:
        legend(axes, handles, 6)
    return figure


def terms_figure(plan: Plan) -> Picture | None:
    """Each cost term, paid and discounted."""
    terms = {name: term for name, term in plan.cost.terms.items() if term.amount or term.discounted}
    if not terms:
        return None
    series = {
        "paid": [float(term.amount) for term in terms.values()],
        "discounted": [float(term.discounted) for term in terms.values()],
    }
    figure = bars(list(terms), series, plan.currency, stacked=False)
    return Picture("cost-terms", "Cost by term", "What is paid for each term, and the same discounted.", figure)


def periods_figure(plan: Plan) -> Picture | None:
    """What each period costs, by site."""
    days = list(dict.fromkeys(state.day for state in plan.states))
    paid = {(state.site, state.day): float(state.cost) for state in plan.states}
    series = {site.site: [paid.get((site.site, day), 0.0) for day in days] for site in plan.sites}
    if not any(any(values) for values in series.values()):
        return None
    figure = bars([f"{day:%Y-%m}" for day in days[:MOST_BARS]], _cut(series), plan.currency)
    return Picture("cost-periods", "Cost by period", "What is paid in each period for each site, undiscounted.", figure)


def _cut(series: Mapping[str, Sequence[float]]) -> dict[str, Sequence[float]]:
    return {name: values[:MOST_BARS] for name, values in series.items()}


def cash_figure(plan: Plan) -> Picture | None:
    """Cash by fiscal year and fund."""
    if not any(year.amount for year in plan.cash):
        return None
    funds = list(dict.fromkeys(fund for year in plan.cash for fund in year.by_fund))
    series: dict[str, Sequence[float]] = {
        fund: [float(year.by_fund.get(fund, 0)) for year in plan.cash] for fund in funds
    } or {"all": [float(year.amount) for year in plan.cash]}
    figure = bars([str(year.year) for year in plan.cash], series, plan.currency)
    who = " by each fund" if funds else ""
    return Picture("cash", "Cash by fiscal year", f"What is paid{who} in each fiscal year, undiscounted.", figure)


# From whom, and how near the limits


def mix_figure(plan: Plan) -> Picture | None:
    """Each vendor's and maker's share of the accelerators, with the caps on them."""
    if not plan.accelerators:
        return None
    counts: dict[tuple[str, str], float] = defaultdict(float)
    for order in plan.orders:
        counts["vendors", order.vendor] += 100 * order.accelerators / plan.accelerators
        counts["makers", order.maker or "not stated"] += 100 * order.accelerators / plan.accelerators
    names = sorted(counts, key=lambda name: (name[0] == "makers", -counts[name]))
    figure, axes = new_figure(0.9 + 0.28 * len(names))
    colors = [BLUE if kind == "vendors" else ORANGE for kind, _ in names]
    bars = axes.barh(range(len(names)), [counts[name] for name in names], 0.7, color=colors)
    for row, name in enumerate(names):
        tell(bars[row], f"{name[1]}: {counts[name]:.1f} %")
        cap = share_cap(plan, *name)
        if cap is not None:
            (mark,) = axes.plot([100 * float(cap)] * 2, [row - 0.42, row + 0.42], color=INK, linewidth=3)
            tell(mark, f"{name[1]}: at most {100 * cap:.1f} %")
        axes.text(counts[name] + 0.6, row, f"{counts[name]:.1f} %", va="center", fontsize=8, color=INK)
    axes.set_yticks(range(len(names)), [label(f"{kind[:-1]} {name}") for kind, name in names])
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.set_xlim(0, 108)
    axes.xaxis.set_major_formatter("{x:g} %")
    says = (
        "Share of the accelerators bought, of each vendor and of each maker of chips; a mark is the most it may have."
    )
    return Picture("mix", "Mix of vendors and makers", says, figure)


def share_cap(plan: Plan, kind: str, name: str) -> Decimal | None:
    """The least share of the accelerators that a limit on a vendor or maker alone lets it have; None without one."""
    caps = [
        one.at_most
        for one in plan.limits
        if one.unit == "share" and one.at_most is not None and one.measure == "accelerators" and not one.exclude
        and dict(one.select) == {kind.removesuffix("s"): (name,)}
    ]  # fmt: skip
    return min(caps, default=None)


def limits_figure(plan: Plan) -> Picture | None:
    """How much of each bound is used: the fullest first."""
    found = [(one, used) for one in plan.limits if (used := _used(one)) is not None]
    if not found:
        return None
    found.sort(key=lambda pair: (not pair[0].missed_by, not pair[0].binds, abs(1 - pair[1])))
    shown = found[:MOST_BARS]
    figure, axes = new_figure(0.9 + 0.24 * len(shown))
    for row, (one, used) in enumerate(shown):
        color = RED if one.missed_by else ORANGE if one.binds else BLUE
        (bar,) = axes.barh(row, 100 * min(used, 2.0), 0.7, color=color)
        tell(bar, f"{one.limit}, {one.window}: {100 * used:.4g} % of its bound")
        state = "  missed" if one.missed_by else "  binds" if one.binds else ""
        beside = 1.0 if 0.8 < used < 1 else min(used, 2.0)  # not across the line at 100 %
        axes.text(100 * beside + 1, row, f"{100 * used:.4g} %{state}", va="center", fontsize=8, color=INK)
    axes.axvline(100, color=INK, linewidth=1)
    names = [f"{'at least' if one.at_least is not None else 'at most'}: {one.limit}" for one, _ in shown]
    axes.set_yticks(range(len(shown)), [label(name) for name in names])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 230)
    axes.xaxis.set_major_formatter("{x:g} %")
    more = "" if len(found) == len(shown) else f" The nearest {len(shown)} of {len(found)}."
    says = f"Used as a share of the bound; a cap holds up to 100 %, a target from 100 % on; cut at 200 %.{more}"
    return Picture("limits", "Limits: what is used of each bound", says, figure)


def _used(one: PlanLimit) -> float | None:
    bound = one.at_most if one.at_most is not None else one.at_least
    if one.used is None or not bound or one.used < 0:
        return None
    return float(one.used / bound)
