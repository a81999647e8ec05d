"""From decisions to the whole plan: everything that follows from them, in exact arithmetic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.instance.checks import check
from gpuplan.ledger.site_loads import SiteLoads
from gpuplan.plan import money, reasons, schedule, tables
from gpuplan.plan.export import chip_classes, permissions
from gpuplan.plan.hashing import fingerprint
from gpuplan.plan.naming import names
from gpuplan.plan.obstacles import remarks
from gpuplan.plan.plan import Plan, PlanAudit, PlanLevel, PlanOptions, PlanRemark
from gpuplan.plan.risks import risks

if TYPE_CHECKING:
    from gpuplan.instance.base import Figure
    from gpuplan.reckoning import Reckoning


def complete(
    reckoning: Reckoning,
    levels: Sequence[PlanLevel],
    options: PlanOptions,
    versions: Mapping[str, str],
    run: Mapping[str, Figure | str],
    optimal: bool,
) -> Plan:
    """The plan of a reckoning. `levels` carries the bounds, which nothing but a search can know."""
    recount = reckoning.recount
    instance = recount.instance
    loads = SiteLoads(recount)
    orders = tables.orders(recount)
    audit = verdict(reckoning)
    return Plan(
        name=instance.name,
        instance_sha256=fingerprint(instance),
        status=("optimal" if optimal else "feasible") if audit.passed else "audit_failed",
        currency=instance.currency,
        names=names(instance),
        levels=tuple(levels),
        accelerators=sum(order.accelerators for order in orders),
        accelerators_of_buyer=sum(
            (order.accelerators * instance.quotes[order.quote or order.offer].buyer_share for order in orders),
            Decimal(0),
        ),
        systems=sum(order.units for order in orders),
        installation=instance.installation,
        decisions=recount.decisions,
        orders=orders,
        modules=tables.modules(recount),
        sites=tables.sites(recount, loads),
        states=tables.states(recount),
        served=tables.served(recount),
        clusters=tables.clusters(recount),
        cost=money.cost(recount),
        limits=reasons.limits(recount),
        deadlines=reasons.deadlines(recount),
        considered=reasons.considered(recount),
        permissions=permissions(instance),
        chip_classes=chip_classes(instance),
        latest=schedule.latest(recount),
        critical_path=schedule.critical_path(recount),
        risks=risks(recount),
        cash=money.cash(recount),
        unit_costs=money.unit_costs(recount),
        low_confidence=reasons.low_confidence(recount),
        remarks=tuple(
            PlanRemark(path=one.path, message=one.message, way_out=one.way_out)
            for one in (*check(instance), *remarks(instance))
            if one.severity == "warning"
        ),
        audit=audit,
        options=options,
        versions=dict(versions),
        run=dict(run),
    )


def verdict(reckoning: Reckoning) -> PlanAudit:
    """What the audit found, in words."""
    broken = tuple(
        f"{one.path}: {one.detail + ': ' if one.detail else ''}{float(one.used):,.6g} {one.unit}"
        + (f", at least {float(one.at_least):,.6g}" if one.at_least is not None else "")
        + (f", at most {float(one.at_most):,.6g}" if one.at_most is not None else "")
        for one in reckoning.broken
    )
    broken += reckoning.remarks
    return PlanAudit(passed=not broken, readings=len(reckoning.readings), broken=broken)
