"""The tables of the paper: what to sign, when use begins, vendors, offers left out, sites, next steps."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.report.figures import share_cap
from gpuplan.report.names import called, listed
from gpuplan.report.steps import Signing, signings, steps
from gpuplan.report.table import Cell, Table, column, table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpuplan.plan.plan import Plan, PlanOrder
    from gpuplan.whatif.entry import EntryPrices

Row = dict[str, Cell]
MOST = 9
"""Rows of a table of the paper, so that it stays on two pages; the appendix has them all."""
POSSIBLE = "possible, not chosen"


def approval_table(plan: Plan) -> Table:
    """What is to be signed, with whom, for how much, on which day and by which last day."""
    some = signings(plan)
    rows: list[Row] = [_signing(one) for one in some[:MOST]]
    if len(some) > MOST:
        rows.append({**_signing(_together(some[MOST:])), "by": None})
    return table(
        "approval", "To be signed, the first first", plan.currency, rows,
        column("what"), column("vendor"), column("amount", "money"), column("by", heading="last day"),
        column("day", heading="sign on"), column("units"), column("accelerators"),
    )  # fmt: skip


def _signing(one: Signing) -> Row:
    return one._asdict()


def _together(some: Sequence[Signing]) -> Signing:
    """What does not fit, in one row, from its first day on."""
    accelerators = sum(one.accelerators or 0 for one in some)
    amount = sum((one.amount or Decimal(0) for one in some), Decimal(0))
    return Signing(some[0].day, f"{len(some)} further orders, the first", "", None, accelerators, amount, None)


def usable_table(plan: Plan) -> Table:
    """Each target on use: its day, and the day on which the plan meets it."""
    rows: list[Row] = [
        {
            "target": called(plan, "limits", one.limit), "at_least": one.at_least, "unit": one.measure, "by": one.last,
            "reached": one.reached, "missed_by": one.missed_by or None, "wanted": "wanted" if one.soft else "required",
            "left": (one.last - one.reached).days if one.last and one.reached else None,
        }
        for one in plan.limits if one.stage == "usable" and one.at_least is not None and one.unit != "share"
    ]  # fmt: skip
    return table(
        "usable", "Targets on use", plan.currency, _cut(rows, "target"),
        column("target"), column("at_least", "=unit", "at least"), column("unit"),
        column("wanted", heading="is"), column("by"), column("reached", heading="met on"),
        column("left", "", "days to spare"), column("missed_by", "=unit", "missed by"),
    )  # fmt: skip


def vendors_table(plan: Plan) -> Table:
    """What each vendor sells, its part of the accelerators, and what one accelerator costs with it."""
    lots: dict[str, list[PlanOrder]] = defaultdict(list)
    for one in plan.orders:
        lots[one.vendor].append(one)
    rows: list[Row] = []
    for vendor, orders in lots.items():
        accelerators = sum(one.accelerators for one in orders)
        amount = sum((one.amount for one in orders), Decimal(0))
        cap = share_cap(plan, "vendor", vendor)
        rows.append(
            {
                "vendor": called(plan, "vendors", vendor),
                "sells": listed(plan, "systems", (one.system for one in orders)),
                "accelerators": accelerators,
                "share": _share(accelerators, plan.accelerators),
                "cap": cap,
                "amount": amount,
                "each": (amount / accelerators).quantize(Decimal("0.01")) if accelerators else None,
            }
        )
    return table(
        "chosen-vendors", "Vendors", plan.currency, rows,
        column("vendor"), column("sells"), column("accelerators"), column("share", "share", "of all"),
        column("cap", "share", "at most"), column("amount", "money"),
        column("each", "money", "for one accelerator"),
    )  # fmt: skip


def _share(part: int, whole: int) -> Decimal | None:
    return (Decimal(part) / whole).quantize(Decimal("1e-6")) if whole else None


def left_out_table(plan: Plan) -> Table:
    """Every offer that is not in the plan, with what keeps it out."""
    reasons: dict[str, list[str]] = defaultdict(list)
    for one in plan.considered:
        if one.offer is not None:
            reasons[one.offer].append(one.why)
    rows: list[Row] = [
        {"offer": called(plan, "offers", offer), "why": _reason(some)}
        for offer, some in reasons.items()
        if "chosen" not in some
    ]
    return table("left-out", "Offers left out", plan.currency, _cut(rows, "offer"), column("offer"), column("why"))


def _cut(rows: list[Row], key: str) -> list[Row]:
    """As many rows as there is room for; how many more there are is said in their last one."""
    left = len(rows) - MOST
    return rows if left <= 1 else [*rows[:MOST], {key: f"and {left} more, in the appendix"}]


def _reason(some: Iterable[str]) -> str:
    """Possible somewhere, or what keeps it from every site."""
    if POSSIBLE in some:
        return "possible; this plan does without it"
    return "; ".join(dict.fromkeys(some))


def prices_table(plan: Plan, found: EntryPrices | None) -> Table:
    """At which price each offer comes into the plan, or up to which it stays: with whom to negotiate."""
    rows: list[Row] = [
        {
            "offer": called(plan, "offers", one.offer), "standing": one.standing, "price": one.price,
            "currency": one.currency, "enters_at": one.enters_at,
        }
        for one in (found.offers if found else ())
    ]  # fmt: skip
    return table(
        "entry", "At which price each offer is in the plan", plan.currency, rows,
        column("offer"), column("standing", heading="is"), column("price", "=currency", "price of one"),
        column("enters_at", "=currency", "in the plan up to"), column("currency"),
    )  # fmt: skip


def sites_table(plan: Plan) -> Table:
    """What stands at each site, what is built there, and the most power that is drawn of the grid."""
    rows: list[Row] = []
    for site in plan.sites:
        built = [one for one in plan.modules if one.site == site.site]
        resources = [one.resources for one in plan.states if one.site == site.site]
        uses = [one["grid-power"] for one in resources if "grid-power" in one]
        most = max(uses, key=lambda one: one.need, default=None)
        rows.append(
            {
                "site": called(plan, "sites", site.site), "open_from": site.open_from,
                "accelerators": site.accelerators,
                "built": "; ".join(f"{one.units} {called(plan, 'modules', one.module)}" for one in built),
                "amount": sum((one.amount for one in built), Decimal(0)) if built else None,
                "need": most.need if most else None, "capacity": most.capacity if most else None, "pue": site.pue,
            }
        )  # fmt: skip
    return table(
        "places", "Sites", plan.currency, rows,
        column("site"), column("open_from"), column("accelerators"), column("built", heading="built there"),
        column("amount", "money"), column("need", "kW", "most power drawn"), column("capacity", "kW", "of grid"),
        column("pue", heading="PUE"),
    )  # fmt: skip


def steps_table(plan: Plan) -> Table:
    """What is due next, and by when at the latest."""
    rows = _cut([one._asdict() for one in steps(plan)], "does")
    return table(
        "next", "Next steps", plan.currency, rows,
        column("day", heading="planned"), column("does", heading="step"), column("what", heading="for"),
        column("by", heading="last day"),
    )  # fmt: skip
