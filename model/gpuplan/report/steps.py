"""What is to be signed and done for a plan, when, and by which last day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from gpuplan.report.names import called

if TYPE_CHECKING:
    from gpuplan.plan.plan import Latest, Plan, PlanModule, PlanOrder

Ordered = TypeVar("Ordered", "PlanOrder", "PlanModule")


class Signing(NamedTuple):
    """What is signed with one vendor for one system, or of one module, or the opening of a site, on one day."""

    day: date
    what: str
    vendor: str
    """Empty for modules, whose vendors an instance does not name, and for openings."""
    units: int | None
    accelerators: int | None
    amount: Decimal | None
    """None where a plan states it for all of them together only."""
    by: date | None
    """Last day with which every target that is met still is; none where there is no such target."""


class Step(NamedTuple):
    """Something to be done."""

    day: date | None
    """As planned."""
    does: str
    what: str
    by: date | None
    """The last day, as of a signing."""


def signings(plan: Plan) -> list[Signing]:
    """Everything to be signed, the first first."""
    lots: dict[tuple[date, str, str], list[PlanOrder]] = defaultdict(list)
    for order in _new(plan.orders):
        lots[order.signed, order.offer, order.vendor].append(order)
    found = [_of_lots(plan, *key, some) for key, some in lots.items()]
    built: dict[tuple[date, str], tuple[int, Decimal]] = {}
    for one in _new(plan.modules):
        units, amount = built.get((one.signed, one.module), (0, Decimal(0)))
        built[one.signed, one.module] = units + one.units, amount + one.amount
    for (day, module), (units, amount) in built.items():
        by = _earliest(one.sign for one in held(plan) if one.module == module)
        found.append(Signing(day, called(plan, "modules", module), "", units, None, amount, by))
    for line in plan.decisions.openings:
        by = _earliest(one.sign for one in _openings(plan, line.site))
        found.append(Signing(line.decided, f"opening of {called(plan, 'sites', line.site)}", "", None, None, None, by))
    return sorted(found, key=lambda one: one.day)


def _of_lots(plan: Plan, day: date, offer: str, vendor: str, some: list[PlanOrder]) -> Signing:
    return Signing(
        day=day,
        what=called(plan, "systems", some[0].system),
        vendor=called(plan, "vendors", vendor),
        units=sum(one.units for one in some),
        accelerators=sum(one.accelerators for one in some),
        amount=sum((one.amount for one in some), Decimal(0)),
        by=_earliest(one.sign for one in held(plan) if one.offer == offer),
    )


def steps(plan: Plan) -> list[Step]:
    """Tenders, applications, signatures, orders and decisions, the first first."""
    return sorted({*_of_offers(plan), *_of_modules(plan)}, key=lambda one: (one.day or date.max, one.does, one.what))


def _of_offers(plan: Plan) -> Iterator[Step]:
    latest = {
        name: [one for one in held(plan) if one.offer == name] for name in {one.offer for one in _new(plan.orders)}
    }
    for offer, lines in latest.items():
        orders = [one for one in _new(plan.orders) if one.offer == offer]
        what, signed = called(plan, "offers", offer), min(one.signed for one in orders)
        by = _earliest(one.sign for one in lines)
        tender = _earliest(one.tender for one in lines)
        award = next((one.sign - one.tender for one in lines if one.sign and one.tender), None)
        if award and tender:
            yield Step(signed - award, "publish the tender", what, tender)
        yield Step(signed, "sign", what, by)
        applied = _earliest(one.apply_by for one in orders)
        if applied is not None:
            is_notice = all(one.export == "notify" for one in orders if one.apply_by is not None)
            does = "give notice of the export" if is_notice else "apply for a licence"
            yield Step(applied, does, what, _earliest(one.apply for one in lines))


def _of_modules(plan: Plan) -> Iterator[Step]:
    for module in {one.module for one in _new(plan.modules)}:
        signed = min(one.signed for one in _new(plan.modules) if one.module == module)
        by = _earliest(one.sign for one in held(plan) if one.module == module)
        yield Step(signed, "order", called(plan, "modules", module), by)
    for line in plan.decisions.openings:
        by = _earliest(one.sign for one in _openings(plan, line.site))
        yield Step(line.decided, "decide on the opening", called(plan, "sites", line.site), by)


def _new(some: Iterable[Ordered]) -> list[Ordered]:
    """Without what was signed before this plan."""
    return [one for one in some if one.committed < one.units]


def held(plan: Plan) -> list[Latest]:
    """The last days that count: those of targets that the plan meets."""
    missed = {one.limit for one in plan.limits if one.missed_by}
    return [one for one in plan.latest if one.limit not in missed]


def _openings(plan: Plan, site: str) -> list[Latest]:
    return [one for one in held(plan) if one.site == site and not one.offer and not one.module]


def _earliest(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day is not None), default=None)
