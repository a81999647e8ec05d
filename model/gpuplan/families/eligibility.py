"""Why an offer can, or cannot, be signed for a site: the families' denials, gathered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES, Denial
from gpuplan.families.family import always_fits, never
from gpuplan.instance.routes import Route, routes

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


OF_PAIRS = tuple(family for family in FAMILIES if family.denies_pair is not always_fits)
"""Families that may deny a pair."""
OF_SIGNINGS = tuple(family for family in FAMILIES if family.denies_signing is not never)
"""Families that may deny a signing."""


def pair_denials(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """Why nothing of an offer can ever stand at a site; nothing when it can."""
    for family in OF_PAIRS:
        yield from family.denies_pair(instance, offer, site)


def signing_denials(instance: Instance, offer: str, site: str, way: Route) -> Iterator[Denial]:
    """Why an offer cannot be signed for a site, on the day and in the way given; nothing when it can."""
    for family in OF_SIGNINGS:
        yield from family.denies_signing(instance, offer, site, way)


def hindering(instance: Instance, offer: str, site: str) -> tuple[Denial, ...]:
    """Why an offer can never be signed for a site; nothing when in some period it can."""
    denials = tuple(pair_denials(instance, offer, site))
    if denials:
        return denials
    found: dict[int, list[Denial]] = {}
    for day in instance.signing_days[offer, site]:
        for way in routes(instance, offer, site, day):
            denials = tuple(signing_denials(instance, offer, site, way))
            if not denials:
                return ()
            found.setdefault(len(denials), []).append(denials[-1])
    # The periods with the fewest reasons against them are those that matter.
    return tuple(found[min(found)])


def told(site: str, denials: Iterable[Denial]) -> str:
    """Reasons in words, each once; resources that a site has none of in one sentence."""
    some = tuple(denials)
    lacks = list(dict.fromkeys(one.missing for one in some if one.missing))
    reasons = [f"site {site} has no {', '.join(lacks)} and can get none in time"] if lacks else []
    reasons += [one.reason for one in some if not one.missing]
    return "; ".join(dict.fromkeys(reasons))


def reason(instance: Instance, offer: str, site: str) -> str | None:
    """Why an offer can never be signed for a site, in words; None when in some period it can."""
    return told(site, hindering(instance, offer, site)) or None
