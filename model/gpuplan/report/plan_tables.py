"""The tables of a plan, in the order in which a meeting asks for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.report.export import ground_text
from gpuplan.report.table import Cell, Table, column, table

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan, PlanOrder

Row = dict[str, Cell]


def plan_tables(plan: Plan, worths: Mapping[str, str] | None = None) -> tuple[Table, ...]:
    """Every table of a plan. `worths` says, by limit, what a step of slack is worth, where that is known."""
    return (
        _summary(plan),
        _bill(plan),
        _orders(plan),
        *_facility(plan),
        *_money(plan),
        _limits(plan, worths or {}),
        *_mix(plan),
        *_schedule(plan),
        *_offers(plan),
        *_use(plan),
        *_provenance(plan),
    )


def _summary(plan: Plan) -> Table:
    rows: list[Row] = [
        {"figure": "name", "text": plan.name},
        {"figure": "status", "text": plan.status},
        {"figure": "accelerators", "value": plan.accelerators},
        {"figure": "accelerators of the buyer", "value": plan.accelerators_of_buyer},
        {"figure": "systems", "value": plan.systems},
        {"figure": "cost", "value": plan.cost.amount, "unit": plan.currency},
        {"figure": "cost, discounted", "value": plan.cost.discounted, "unit": plan.currency},
    ]
    for name, amount in plan.unit_costs:
        said = name.replace("_", " ").replace("h100", "H100")
        rows.append({"figure": said, "value": amount, "unit": _unit_of(name, plan.currency)})
    return table(
        "summary", "Summary", plan.currency, rows,
        column("figure"), column("value", "=unit"), column("unit"), column("text"),
    )  # fmt: skip


def _unit_of(name: str, currency: str) -> str:
    return f"{currency} an hour" if name.startswith("per_") else "h"


def _bill(plan: Plan) -> Table:
    lots: dict[tuple[str, str, str, str], list[PlanOrder]] = defaultdict(list)
    for order in plan.orders:
        lots[order.system, order.offer, order.vendor, order.site].append(order)
    rows: list[Row] = [
        {
            "kind": "system", "item": system, "offer": offer, "vendor": vendor, "site": site,
            "units": sum(one.units for one in orders), "accelerators": sum(one.accelerators for one in orders),
            "amount": sum((one.amount for one in orders), Decimal(0)),
            "added": sum((one.added for one in orders), Decimal(0)),
        }
        for (system, offer, vendor, site), orders in lots.items()
    ]  # fmt: skip
    built: dict[tuple[str, str], tuple[int, Decimal]] = {}
    for one in plan.modules:
        units, amount = built.get((one.module, one.site), (0, Decimal(0)))
        built[one.module, one.site] = (units + one.units, amount + one.amount)
    for (module, site), (units, amount) in built.items():
        rows.append({"kind": "module", "item": module, "site": site, "units": units, "amount": amount})
    return table(
        "bill-of-materials", "Bill of materials", plan.currency, rows, column("kind"), column("item"), column("offer"),
        column("vendor"), column("site"), column("units"), column("accelerators"),
        column("added", "money", "added to the quote"), column("amount", "money"),
    )  # fmt: skip


def _orders(plan: Plan) -> Table:
    return table(
        "orders", "Orders", plan.currency, plan.orders,
        *map(column, ("offer", "vendor", "system", "accelerator", "maker", "site", "units", "accelerators")),
        *map(column, ("signed", "shipped", "delivered", "installed", "usable", "ready", "waiting", "waiting_days")),
        *map(column, ("given_back", "notice_by", "never_installed", "route", "export", "apply_by")),
        column("price", "=currency", "price of one"), column("currency"), column("tier"),
        column("added", "money", "added to the quote"), column("amount", "money"),
    )  # fmt: skip


def _facility(plan: Plan) -> Iterator[Table]:
    yield table(
        "modules", "Facility modules", plan.currency, plan.modules,
        *map(column, ("module", "site", "units", "signed", "ready")), column("amount", "money"),
    )  # fmt: skip
    yield table(
        "sites", "Sites", plan.currency, plan.sites,
        *map(column, ("site", "open_from", "systems", "accelerators")), column("pue", heading="PUE"),
    )  # fmt: skip
    yield table(
        "periods", "Sites, period by period", plan.currency, plan.states,
        *map(column, ("site", "day", "installed", "usable", "accelerators_usable")),
        column("energy_kwh", "kWh", "energy"), column("carbon_kg", "kg", "carbon"), column("cost", "money"),
    )  # fmt: skip
    uses: list[Row] = [
        {
            "site": state.site, "day": state.day, "resource": resource, "need": use.need, "capacity": use.capacity,
            "room": None if use.capacity is None else use.capacity - use.need, "unit": use.unit,
        }
        for state in plan.states
        for resource, use in state.resources.items()
    ]  # fmt: skip
    yield table(
        "capacity", "Need and capacity of every resource, on the design day", plan.currency, uses,
        column("site"), column("day"), column("resource"), column("need", "=unit"), column("capacity", "=unit"),
        column("room", "=unit"), column("unit"),
    )  # fmt: skip


def _money(plan: Plan) -> Iterator[Table]:
    terms: list[Row] = [
        {"term": name, "kind": term.kind, "amount": term.amount, "discounted": term.discounted}
        for name, term in plan.cost.terms.items()
    ]
    terms += [
        {"term": f"{kind} in all", "amount": some.amount, "discounted": some.discounted}
        for kind, some in plan.cost.kinds.items()
    ]
    terms.append({"term": "total", "amount": plan.cost.amount, "discounted": plan.cost.discounted})
    yield table(
        "cost", "Cost by term", plan.currency, terms,
        column("term"), column("kind"), column("amount", "money", "paid"), column("discounted", "money"),
    )  # fmt: skip
    funds = list(dict.fromkeys(fund for year in plan.cash for fund in year.by_fund))
    years: list[Row] = [{"year": str(one.year), "amount": one.amount} for one in plan.cash]
    for row, one in zip(years, plan.cash, strict=True):
        row.update({f"by_fund.{fund}": amount for fund, amount in one.by_fund.items()})
    yield table(
        "cash-flow", "Cash by fiscal year", plan.currency, years,
        column("year"), column("amount", "money", "all"), *(column(f"by_fund.{fund}", "money", fund) for fund in funds),
    )  # fmt: skip


def _limits(plan: Plan, worths: Mapping[str, str]) -> Table:
    rows: list[Row] = [
        {
            "limit": one.limit, "window": one.window, "says": one.says, "used": one.used, "at_least": one.at_least,
            "at_most": one.at_most, "slack": one.slack, "missed_by": one.missed_by or None,
            "unit": plan.currency if one.unit == "money" else one.unit,
            "state": "missed" if one.missed_by else "binds" if one.binds else "", "soft": "soft" if one.soft else "",
            "worth": worths.get(f"limits.{one.limit}", ""),
        }
        for one in plan.limits
    ]  # fmt: skip
    known = [column("worth", heading="a step of slack is worth")] if worths else []
    return table(
        "limits", "Limits", plan.currency, rows, column("limit"), column("window"), column("says"),
        *(column(key, "=unit") for key in ("used", "at_least", "at_most", "slack", "missed_by")),
        column("unit"), column("state"), column("soft"), *known,
    )  # fmt: skip


def _mix(plan: Plan) -> Iterator[Table]:
    for trait in ("vendor", "maker"):
        totals: dict[str, tuple[int, Decimal]] = {}
        for order in plan.orders:
            accelerators, amount = totals.get(getattr(order, trait), (0, Decimal(0)))
            totals[getattr(order, trait)] = (accelerators + order.accelerators, amount + order.amount)
        rows: list[Row] = [
            {
                trait: name or "not stated", "accelerators": accelerators, "amount": amount,
                "share": (Decimal(accelerators) / plan.accelerators).quantize(Decimal("1e-6")),
            }
            for name, (accelerators, amount) in totals.items() if plan.accelerators
        ]  # fmt: skip
        yield table(
            f"{trait}s", f"What is bought, by {trait}", plan.currency, rows, column(trait), column("accelerators"),
            column("share", "share", "of the accelerators"), column("amount", "money"),
        )  # fmt: skip


def _schedule(plan: Plan) -> Iterator[Table]:
    yield table(
        "deadlines", "Deadlines", plan.currency, plan.deadlines,
        column("deadline"), column("says"), column("by"), column("last"), column("slack_days", "days", "slack"),
    )  # fmt: skip
    yield table(
        "critical-path", "What decides the day of a target", plan.currency, plan.critical_path,
        *map(column, ("limit", "step", "event", "offer", "module", "site", "day", "latest")),
    )  # fmt: skip
    yield table(
        "latest", "Latest days to act", plan.currency, plan.latest,
        *map(column, ("limit", "by", "offer", "module", "site", "tender", "sign", "apply")),
    )  # fmt: skip
    yield table(
        "risks", "What the quotes leave open", plan.currency, plan.risks,
        *map(column, ("offer", "site", "signed", "units", "ready", "soonest")),
        column("damages_per_week", "=currency", "owed for a week late"),
        column("damages_at_most", "=currency", "owed at most"), column("currency"), column("says"),
    )  # fmt: skip


def _offers(plan: Plan) -> Iterator[Table]:
    yield table(
        "offers", "Offers and modules considered", plan.currency, plan.considered,
        *map(column, ("offer", "module", "site", "units", "why")),
    )  # fmt: skip
    asked: list[Row] = [
        {
            "offer": one.offer, "site": one.site, "accelerator": one.accelerator, "signed_from": one.signed_from,
            "signed_until": one.signed_until, "route": one.route, "outcome": one.outcome,
            "allowed": "yes" if one.allowed else "no", "needed_days": one.needed_days,
            "why": "; ".join(dict.fromkeys(map(ground_text, one.grounds))),
        }
        for one in plan.permissions
    ]  # fmt: skip
    yield table(
        "export-control", "What export control asks", plan.currency, asked,
        *map(column, ("offer", "site", "accelerator", "signed_from", "signed_until", "route", "outcome", "allowed")),
        column("needed_days", "days", "needed"), column("why"),
    )  # fmt: skip
    yield table(
        "chip-classes", "Classes of the accelerators", plan.currency, plan.chip_classes,
        *map(column, ("accelerator", "regime", "classes", "steps", "doubtful")),
    )  # fmt: skip


def _use(plan: Plan) -> Iterator[Table]:
    yield table(
        "workloads", "What serves which workload", plan.currency, plan.served,
        *map(column, ("workload", "system", "site", "day", "systems")),
        column("work", "=unit"), column("demand", "=unit"), column("unit"),
    )  # fmt: skip
    yield table(
        "clusters", "Clusters", plan.currency, plan.clusters,
        *map(column, ("cluster", "system", "site", "day", "units", "systems", "accelerators")),
        column("amount", "money"),
    )  # fmt: skip


def _provenance(plan: Plan) -> Iterator[Table]:
    levels: list[Row] = [
        {
            "level": one.name, "value": one.value, "reached": one.reached, "bound": one.bound, "gap": one.gap,
            "unit": plan.currency if one.unit == "money" else one.unit, "proven": "yes" if one.proven else "no",
        }
        for one in plan.levels
    ]  # fmt: skip
    yield table(
        "proof", "Objective, and what is proven", plan.currency, levels, column("level"),
        *(column(key, "=unit") for key in ("value", "reached", "bound")), column("gap", "share"), column("unit"),
        column("proven", heading="gap asked for reached"),
    )  # fmt: skip
    yield table(
        "low-confidence", "Figures of low confidence that the plan leans on", plan.currency, plan.low_confidence,
        *map(column, ("path", "confidence", "source", "as_of")),
    )  # fmt: skip
    yield table(
        "remarks", "What looks odd in the instance", plan.currency, plan.remarks,
        *map(column, ("path", "message", "way_out")),
    )  # fmt: skip
    rows: list[Row] = [
        {"about": "instance", "text": plan.instance_sha256},
        {"about": "audit", "text": "passed" if plan.audit.passed else "FAILED"},
        {"about": "rules recomputed", "value": plan.audit.readings},
    ]
    rows += [{"about": "audit found", "text": one} for one in plan.audit.broken]
    for part, named in (("option", dict(plan.options)), ("version", plan.versions), ("run", plan.run)):
        for name, value in named.items():
            kind = "text" if isinstance(value, str) else "value"
            rows.append({"about": f"{part}: {name.replace('_', ' ')}", kind: value})
    yield table("provenance", "Provenance", plan.currency, rows, column("about"), column("value"), column("text"))
