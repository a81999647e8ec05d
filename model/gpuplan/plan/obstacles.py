"""What keeps an offer from a site, whatever the limits: what the site lacks, racks, dates, deadlines, export."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.families.eligibility import hindering, pair_denials, signing_denials, told
from gpuplan.instance.base import Closed, Id, Sequence, Text
from gpuplan.instance.matching import Subject, concerns
from gpuplan.instance.providers import can_hold_from, network
from gpuplan.instance.routes import routes
from gpuplan.instance.timeline import first_open_day, windows

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

MOST_SITES = 3
"""Sites that a remark tells of."""


class Obstacle(Closed):
    """Why nothing of an offer, or nothing beside what is signed, can stand at a site, or not by the day of a target
    that counts it."""

    offer: Id
    site: Id
    why: Text
    edits: Sequence[Text] = ()
    """Each an edit by which one of the reasons would go."""


def obstacles(instance: Instance) -> tuple[Obstacle, ...]:
    """What keeps every offer from every site for which it is quoted; those that nothing keeps are left out."""
    found = []
    networks = cache(partial(network, instance))
    signed = {(order.offer, order.site) for order in instance.committed.orders.values()}
    targets = [
        (name, limit, windows(limit, instance)[0][1])
        for name, limit in instance.limits.items()
        if limit.is_units_in_use and limit.stage == "usable" and limit.at_least and not limit.soft and not limit.each
    ]
    for offer, quote in instance.offers.items():
        for site in instance.offer_sites(offer):
            denials = hindering(instance, offer, site)
            edits = tuple(dict.fromkeys(one.edit for one in denials if one.edit))
            beside = "beside what is signed: " if (offer, site) in signed else ""
            if denials:
                found.append(Obstacle(offer=offer, site=site, why=f"{beside}{told(site, denials)}", edits=edits))
                continue
            subject = Subject.of_offer(instance, offer, site)
            counting = [(name, last) for name, limit, last in targets if concerns(limit, instance, subject)]
            if not counting:
                continue
            soonest = _soonest(instance, offer, site, can_hold_from(instance, networks(site), quote.system, site))
            missed = [f"limits.{name} ({last})" for name, last in counting if soonest is None or soonest > last]
            if len(missed) == len(counting):
                why = f"usable on {soonest} at the soonest" if soonest else "never usable within the calendar"
                why = f"{beside}{why}"
                found.append(
                    Obstacle(
                        offer=offer,
                        site=site,
                        why=f"{why}, too late for {', '.join(missed)}{_opening(instance, site, counting)}",
                        edits=_earlier(instance, site, max(last for _, last in counting)),
                    )
                )
    return tuple(found)


def _soonest(instance: Instance, offer: str, site: str, held: date) -> date | None:
    """First day on which something of an offer can be usable at a site that can hold it from a day on."""
    accept = timedelta(days=instance.offers[offer].acceptance_days)
    return min(
        (
            max(way.days.installed, held) + accept
            for day in instance.signing_days[offer, site]
            for way in routes(instance, offer, site, day)
            if not any(True for _ in signing_denials(instance, offer, site, way))
            and max(way.days.installed, held) <= instance.calendar.end
        ),
        default=None,
    )


def _opening(instance: Instance, site: str, counting: list[tuple[str, date]]) -> str:
    opens = first_open_day(instance, site)
    return f": the site opens on {opens} at the soonest" if opens > min(last for _, last in counting) else ""


def _earlier(instance: Instance, site: str, by: date) -> tuple[str, ...]:
    """An edit by which a site opens by a day, where it opens later."""
    place, late = instance.sites[site], (first_open_day(instance, site) - by).days
    if late <= 0:
        return ()
    if place.build_days >= late and (place.opens is None or place.opens <= by):
        return (f"sites.{site}.build_days -= {late}",)
    return (f"sites.{site}.opens shift -{late}d",) if place.opens is not None and not place.build_days else ()


def remarks(instance: Instance) -> Iterator[Problem]:
    """Offers that can stand at no site for which they are quoted, whenever they are signed for; futures, which a plan
    does not look at."""
    if instance.uncertainty is not None:
        message = "a plan is made for the instance as it is stated: futures are looked at by `gpuplan stress`"
        yield Problem(message, path="uncertainty", severity="warning")
    for offer in instance.offers:
        kept = []
        for site in instance.offer_sites(offer):
            denials = tuple(pair_denials(instance, offer, site))
            if not denials:
                break
            kept.append((told(site, denials), [one.edit for one in denials if one.edit]))
        else:
            if kept:
                more = f" (and {len(kept) - MOST_SITES} sites more)" if len(kept) > MOST_SITES else ""
                edits = list(dict.fromkeys(edit for _, some in kept[:1] for edit in some))
                yield Problem(
                    f"no site can take it: {'; '.join(why for why, _ in kept[:MOST_SITES])}{more}",
                    f"State what is there, such as {' and '.join(edits)}." if edits else "",
                    f"offers.{offer}",
                    severity="warning",
                )
