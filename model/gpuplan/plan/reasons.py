"""Why a plan is as it is: its limits, what was considered, the figures it leans on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from gpuplan.families.deadlines import FAMILY as DEADLINES
from gpuplan.families.deadlines import path as path_of_deadline
from gpuplan.families.eligibility import reason
from gpuplan.families.limits import read, told, window_told
from gpuplan.fraction import Fraction
from gpuplan.instance.base import LOW_CONFIDENCE, Source
from gpuplan.instance.caps import every_limit
from gpuplan.instance.providers import module_denial
from gpuplan.instance.rentals import without_end
from gpuplan.instance.timeline import windows
from gpuplan.ledger.entries import rounded
from gpuplan.plan.binding import binds
from gpuplan.plan.plan import Considered, LeanedOn, PlanDeadline, PlanLimit
from gpuplan.plan.schedule import reached

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gpuplan.instance.rules import Limit, Selection
    from gpuplan.instance.schema import Instance
    from gpuplan.ledger.reading import Reading
    from gpuplan.ledger.recount import Recount


def limits(recount: Recount) -> tuple[PlanLimit, ...]:
    """Every limit in every window."""
    found = []
    for name, limit in every_limit(recount.instance).items():
        for first, last in windows(limit, recount.instance):
            found.append(_limit(recount, name, limit, first, last))
    return tuple(found)


def deadlines(recount: Recount) -> tuple[PlanDeadline, ...]:
    """Every deadline, with the last day on which anything it is about came so far."""
    reached = {one.path: date.fromordinal(int(one.used)) for one in DEADLINES.readings(recount)}
    found = []
    for name, deadline in recount.instance.deadlines.items():
        path = path_of_deadline(name)
        last = reached.get(path)
        says = DEADLINES.sentence(recount.instance, path).removeprefix(f"deadline {name}: ")
        slack = None if last is None else (deadline.by - last).days
        found.append(PlanDeadline(deadline=name, says=says, by=deadline.by, last=last, slack_days=slack))
    return tuple(found)


def _limit(recount: Recount, name: str, limit: Limit, first: date, last: date) -> PlanLimit:
    reading = read(recount, name, limit, first, last)
    low, high = (limit.at_least, limit.at_most) if limit.is_amount else (limit.at_least_share, limit.at_most_share)
    window = window_told(first, last)
    unit = reading.unit if reading else "share"
    slack = _slack(reading)
    return PlanLimit(
        limit=name,
        window=window,
        says=told(recount.instance, name, limit).removeprefix(f"limit {name}: "),
        used=rounded(reading.used) if reading else None,
        at_least=low,
        at_most=high,
        slack=None if slack is None else rounded(slack),
        unit=unit,
        binds=reading is not None and binds(recount, limit, reading, first, last),
        soft=limit.soft is not None,
        missed_by=rounded(reading.shortfall) if reading else rounded(Fraction(0)),
        measure=limit.count or limit.measure,
        stage=limit.stage if limit.kind == "units" else "",
        first=None if first == date.min or limit.is_stock else first,
        last=None if last == date.max else last,
        select=_fields(limit.select),
        exclude=_fields(limit.exclude),
        reached=reached(recount, limit),
    )


def _fields(selection: Selection | None) -> dict[str, tuple[str, ...]]:
    """What a selection names, by field as written in JSON's ids."""
    given = selection.given if selection else {}
    return {field.replace("_", "-"): tuple(map(str, values)) for field, values in given.items()}


def _slack(reading: Reading | None) -> Fraction | None:
    if reading is None:
        return None
    rooms = [reading.used - reading.at_least] if reading.at_least is not None else []
    if reading.at_most is not None:
        rooms.append(reading.at_most - reading.used)
    return min(rooms) if rooms else None


def considered(recount: Recount) -> tuple[Considered, ...]:
    """Every offer at every site it is offered for, and every module at every site that lists it."""
    instance = recount.instance
    found = []
    for offer in instance.offers:
        for site in instance.offer_sites(offer):
            lots = (lot for one in instance.terms_of(offer) for lot in recount.lots_by_pair.get((one, site), ()))
            units = sum(lot.units for lot in lots)
            why = "chosen" if units else reason(instance, offer, site) or "possible, not chosen"
            found.append(Considered(offer=offer, site=site, units=units, why=why))
    for site, place in instance.sites.items():
        for module in place.modules:
            units = sum(line.units for line in recount.decisions.modules if (line.module, line.site) == (module, site))
            why = "chosen" if units else _module_reason(instance, module) or "possible, not chosen"
            found.append(Considered(module=module, site=site, units=units, why=why))
    return tuple(found)


def _module_reason(instance: Instance, module: str) -> str | None:
    """Why a module cannot come in time: the denial of its earliest order; None when it can."""
    denials = [module_denial(instance, module, period.first) for period in instance.calendar.all_periods]
    if any(denial is None for denial in denials):
        return None
    ready = [denial for denial in denials if denial and denial.startswith("ready")]
    return f"too late: {(ready or [denial for denial in denials if denial])[0]}"


def low_confidence(recount: Recount) -> tuple[LeanedOn, ...]:
    """Unverified and assumed figures of everything that the plan uses."""
    instance = recount.instance
    offers = list(dict.fromkeys(without_end(offer) for offer in recount.units_by_offer))
    fleets = instance.existing.systems.values()
    systems = dict.fromkeys([*(instance.quotes[offer].system for offer in offers), *(fleet.system for fleet in fleets)])
    chips = dict.fromkeys(instance.systems[system].accelerator or "" for system in systems)
    used_sites = dict.fromkeys([*(site for _, site in recount.lots_by_pair), *(fleet.site for fleet in fleets)])
    vendors = dict.fromkeys(instance.quotes[offer].vendor for offer in offers)
    used_modules = dict.fromkeys(line.module for line in recount.decisions.modules)
    found = list(_leaned_on("economics", instance.economics.sources))
    for section, names in (
        ("vendors", vendors),
        ("offers", offers),
        ("systems", systems),
        ("accelerators", chips),
        ("sites", used_sites),
        ("modules", used_modules),
    ):
        entities = getattr(instance, section)
        for name in names:
            if name in entities:
                found += _leaned_on(f"{section}.{name}", entities[name].sources)
    for name in dict.fromkeys(line.cluster for line in recount.decisions.clusters):
        found += _leaned_on(f"clusters.{name}", instance.clusters[name].sources)
    for name in dict.fromkeys(line.workload for line in recount.decisions.served):
        found += _leaned_on(f"workloads.{name}", instance.workloads[name].sources)
        for system, rate in instance.workloads[name].rates.items():
            if rate.source is not None and any(line.system == system for line in recount.decisions.served):
                found += _leaned_on(f"workloads.{name}.rates.{system}", {"all": rate.source})
    for site in used_sites:
        tariff = instance.sites[site].tariff
        if tariff is not None:
            found += _leaned_on(f"sites.{site}.tariff", tariff.sources)
    for name, limit in instance.limits.items():
        found += _leaned_on(f"limits.{name}", limit.sources)
    for name, deadline in instance.deadlines.items():
        found += _leaned_on(f"deadlines.{name}", deadline.sources)
    for kind, some in instance.committed.by_kind().items():
        for name, one in some.items():
            found += _leaned_on(f"committed.{kind}.{name}", one.sources)
    for name, levy in instance.levies.items():
        found += _leaned_on(f"levies.{name}", levy.sources)
    for name, fund in instance.funds.items():
        found += _leaned_on(f"funds.{name}", fund.sources)
    return tuple(found)


def _leaned_on(path: str, sources: Mapping[str, Source]) -> Iterator[LeanedOn]:
    for field, source in sources.items():
        if source.confidence in LOW_CONFIDENCE:
            where = f"{path}.{field.replace('-', '_')}" if field != "all" else path
            yield LeanedOn(path=where, confidence=source.confidence, source=source.source, as_of=source.as_of)
