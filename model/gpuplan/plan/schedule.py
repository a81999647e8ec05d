"""When things must be done: the last days to act for each target, and the chain of events that decides its day."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from gpuplan.families.approvals import awaited
from gpuplan.families.deadlines import denies_signing
from gpuplan.families.limits import read
from gpuplan.instance.matching import Subject, concerns
from gpuplan.instance.rentals import is_there, without_end
from gpuplan.instance.routes import soonest
from gpuplan.instance.timeline import module_ready, open_day
from gpuplan.ledger.measures import measure
from gpuplan.plan.plan import Latest, PathStep, StepEvent

if TYPE_CHECKING:
    from gpuplan.instance.facility import Module
    from gpuplan.instance.offers import Offer
    from gpuplan.instance.rules import Limit
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.recount import Lot, Recount


def targets(instance: Instance) -> Iterator[tuple[str, Limit, date]]:
    """(name, limit, day) of every target on usable units."""
    for name, limit in instance.limits.items():
        if limit.is_units_in_use and limit.at_least is not None:
            yield name, limit, limit.by or instance.calendar.end


def latest(recount: Recount) -> tuple[Latest, ...]:
    """For each target, and each order of systems, modules and approvals and opening that counts for it."""
    instance = recount.instance
    found = []
    for name, limit, by in targets(instance):
        pairs = ((without_end(offer), site) for offer, site in recount.lots_by_pair if is_there(offer, by))
        for offer, site in dict.fromkeys(pairs):
            if concerns(limit, instance, Subject.of_offer(instance, offer, site)):
                sign = last_signing(instance, offer, site, by)
                tender = _less(sign, instance.quotes[offer].award_days)
                way = soonest(instance, offer, site, sign) if sign else None
                apply = way.apply_by if way else None
                line = Latest(limit=name, by=by, offer=offer, site=site, tender=tender, sign=sign, apply=apply)
                found.append(line)
        growths = _growths(recount, limit)
        for site in dict.fromkeys(growth.site for growth in growths):
            there = [growth for growth in growths if growth.site == site]
            for module, sign in _last_orders(recount, site, _needed(recount, there, by)).items():
                tender = _less(sign, instance.modules[module].award_days)
                found.append(Latest(limit=name, by=by, module=module, site=site, tender=tender, sign=sign))
            if any(line.site == site for line in recount.decisions.openings):
                power_on = min(_power_on(instance, growth.offer, by) for growth in there)
                sign = _last_opening(instance, site, power_on)
                found.append(Latest(limit=name, by=by, site=site, tender=None, sign=sign))
    return tuple(found)


def reached(recount: Recount, limit: Limit) -> date | None:
    """First day on which a target on usable units is met, as planned; None where it never is, or for other limits."""
    if not limit.is_units_in_use or limit.at_least is None:
        return None
    days = [recount.instance.calendar.start, *(growth.day for growth in _growths(recount, limit))]
    met = (read(recount, "", limit, date.min, day) for day in days)
    return next((day for day, reading in zip(days, met, strict=True) if reading and not reading.shortfall), None)


def _power_on(instance: Instance, offer: str, by: date) -> date:
    """Last day on which systems of an offer can be installed to be usable by a day."""
    return by - timedelta(days=instance.quotes[offer].acceptance_days)


def _needed(recount: Recount, there: list[_Growth], by: date) -> dict[str, date]:
    """By module of a site: last day on which it must be ready for what was installed after it, to be in time.

    A module that comes after everything is left out, and so is an approval: it is needed by what comes after it.
    """
    instance = recount.instance
    found: dict[str, date] = {}
    for line in recount.decisions.modules:
        if line.site != there[0].site or not instance.modules[line.module].provides:
            continue
        ready = module_ready(instance.modules[line.module], line.signed)
        for growth in there:
            if growth.installed >= ready:
                power_on = _power_on(instance, growth.offer, by)
                found[line.module] = min(power_on, found.get(line.module, power_on))
    return found


def _last_orders(recount: Recount, site: str, needed: Mapping[str, date]) -> dict[str, date | None]:
    """Last day to order each module of a site for it to be ready when it is needed, or for those that come after it.

    None when no day is early enough; what is not needed at all is left out.
    """
    instance = recount.instance
    ordered = list(dict.fromkeys(line.module for line in recount.decisions.modules if line.site == site))
    found: dict[str, date | None] = {}

    def find(module: str) -> None:
        followers = [other for other in ordered if module in awaited(instance, other, site)]
        for other in followers:
            if other not in found:
                find(other)
        days = [found[other] for other in followers if other in found]
        days += [needed[module]] if module in needed else []
        known = [day for day in days if day is not None]
        if days:
            found[module] = last_order(instance, module, min(known)) if len(known) == len(days) else None

    for module in ordered:
        find(module)
    return {module: found[module] for module in ordered if module in found}


def _less(day: date | None, days: int) -> date | None:
    return day - timedelta(days=days) if day else None


def last_signing(instance: Instance, offer: str, site: str, by: date) -> date | None:
    """Last day of the order window whose lot is ready in time and whose tender can still be held; None when none is.

    What breaks a deadline on signing or shipping is no such day.
    """
    quote = instance.quotes[offer]

    def ready(signed: date) -> date:
        way = soonest(instance, offer, site, signed) if quote.has_price_on(signed) else None
        is_denied = way is None or any(denies_signing(instance, offer, site, way))
        return date.max if way is None or is_denied else way.days.ready

    return _last_day(instance, quote, by, ready)


def last_order(instance: Instance, module: str, by: date) -> date | None:
    """The same for a module."""
    block = instance.modules[module]
    return _last_day(instance, block, by, lambda signed: module_ready(block, signed))


def _last_day(instance: Instance, sold: Offer | Module, by: date, ready: Callable[[date], date]) -> date | None:
    earliest = max(sold.order_from or date.min, instance.calendar.tender_day + timedelta(days=sold.award_days))
    signed = min(by, sold.order_until or by)
    while signed >= earliest:
        if ready(signed) <= by:
            return signed
        signed -= timedelta(days=1)
    return None


def _last_opening(instance: Instance, site: str, by: date) -> date | None:
    """Last day to decide on the opening of a site for it to be open on a day."""
    place = instance.sites[site]
    decided = by - timedelta(days=place.build_days)
    return decided if open_day(place, decided) <= by else None


class _Step(NamedTuple):
    """A step without its target and number."""

    event: StepEvent
    site: str
    day: date
    latest: date | None
    offer: str | None = None
    module: str | None = None


@dataclass(frozen=True)
class _Growth:
    """Systems of an offer that are installed at a site on a day, and usable on another."""

    day: date
    """On which they are usable."""
    offer: str
    site: str
    installed: date


def critical_path(recount: Recount) -> tuple[PathStep, ...]:
    """For each target that is reached, or missed: the chain of events before the last systems that count for it."""
    found: list[PathStep] = []
    for name, limit, by in targets(recount.instance):
        growth = _deciding(recount, limit)
        if growth is not None:
            for number, step in enumerate(_chain(recount, growth, by), 1):
                told = step._replace(offer=step.offer and without_end(step.offer))
                found.append(PathStep(limit=name, step=number, **told._asdict()))
    return tuple(found)


def _growths(recount: Recount, limit: Limit) -> list[_Growth]:
    """Every growth that counts for a target, in order of its day."""
    instance = recount.instance
    growths = []
    for offer, site in recount.installed:
        if concerns(limit, instance, Subject.of_offer(instance, offer, site)):
            accept = timedelta(days=instance.quotes[offer].acceptance_days)
            for day, units in recount.installations(offer, site):
                if units > 0:
                    growths.append(_Growth(day + accept, offer, site, day))
    return sorted(growths, key=lambda one: one.day)


def _deciding(recount: Recount, limit: Limit) -> _Growth | None:
    """The growth with which a target is reached, or the last one when it never is."""
    growths = _growths(recount, limit)
    for growth in growths:
        if measure(recount, limit, date.min, growth.day) >= (limit.at_least or 0):
            return growth
    return growths[-1] if growths else None


def _chain(recount: Recount, growth: _Growth, by: date) -> list[_Step]:
    """Events up to the use of some systems: of their lot, or of what the lot waited for at its site."""
    lot = _lot_of(recount, growth)
    power_on = _power_on(recount.instance, growth.offer, by)
    waited = _waited_for(recount, growth, lot.days.installed, power_on)
    if not waited:
        return _lot_steps(recount, lot, growth, by)
    installed = _Step("install", growth.site, growth.installed, power_on, offer=growth.offer)
    return [*waited, installed, _Step("accept", growth.site, growth.day, by, offer=growth.offer)]


def _waited_for(recount: Recount, growth: _Growth, arrived: date, needed: date) -> list[_Step]:
    """Steps of the module or opening that came last, after the systems had arrived and before they were installed."""
    instance, site = recount.instance, growth.site
    last, found = arrived, list[_Step]()
    for line in recount.decisions.modules:
        ready = module_ready(instance.modules[line.module], line.signed)
        if line.site == site and last < ready <= growth.installed:
            last, found = ready, _module_steps(recount, line.module, site, line.signed, needed)
    for opening in recount.decisions.openings:
        opened = open_day(instance.sites[opening.site], opening.decided)
        if opening.site == site and last < opened <= growth.installed:
            decided = _last_opening(instance, site, needed)
            last = opened
            found = [_Step("decide", site, opening.decided, decided), _Step("open", site, opened, needed)]
    return found


def _lot_of(recount: Recount, growth: _Growth) -> Lot:
    """The lot that the last of the systems came with, taking the first to arrive first."""
    lots = sorted(recount.lots_by_pair[growth.offer, growth.site], key=lambda lot: lot.days.installed)
    standing, arrived = recount.installed_on(growth.offer, growth.site, growth.installed), 0
    for lot in lots:
        arrived += lot.units
        if arrived >= standing:
            return lot
    return lots[-1]


def _lot_steps(recount: Recount, lot: Lot, growth: _Growth, by: date) -> list[_Step]:
    quote = recount.instance.quotes[lot.offer]
    sign = last_signing(recount.instance, lot.offer, lot.site, by)
    late = soonest(recount.instance, lot.offer, lot.site, sign) if sign else None
    found = []
    if quote.award_days:
        tendered = lot.days.signed - timedelta(days=quote.award_days)
        found.append(_Step("tender", lot.site, tendered, _less(sign, quote.award_days), offer=lot.offer))
    events: tuple[tuple[StepEvent, str, date], ...] = (
        ("sign", "signed", lot.days.signed),
        ("ship", "shipped", lot.days.shipped),
        ("deliver", "delivered", lot.days.delivered),
        ("install", "installed", growth.installed),
        ("accept", "ready", growth.day),
    )
    for event, name, day in events:
        latest_day = late.days.of(name) if late else None
        found.append(_Step(event, lot.site, day, latest_day, offer=lot.offer))
        if event == "sign" and lot.way is not None and lot.way.apply_by is not None:
            apply_by = late.apply_by if late else None
            found.append(_Step("apply", lot.site, lot.way.apply_by, apply_by, offer=lot.offer))
    return found


def _module_steps(recount: Recount, module: str, site: str, signed: date, needed: date) -> list[_Step]:
    """Tender, order and completion of a module, after those of the approval that came last before it."""
    instance, block = recount.instance, recount.instance.modules[module]
    providing = [line.module for line in recount.decisions.modules if instance.modules[line.module].provides]
    last = _last_orders(recount, site, dict.fromkeys(providing, needed)).get(module)
    found: list[_Step] = []
    approvals = [
        (module_ready(instance.modules[line.module], line.signed), line.signed, line.module)
        for line in recount.decisions.modules
        if line.site == site and line.module in awaited(instance, module, site)
    ]
    in_time = [one for one in approvals if one[0] <= signed]
    if in_time:
        _, applied, approval = max(in_time)
        found = _module_steps(recount, approval, site, applied, needed)
    if block.award_days:
        tendered = signed - timedelta(days=block.award_days)
        found.append(_Step("tender", site, tendered, _less(last, block.award_days), module=module))
    found.append(_Step("order", site, signed, last, module=module))
    complete = module_ready(block, last) if last else None
    found.append(_Step("complete", site, module_ready(block, signed), complete, module=module))
    return found
