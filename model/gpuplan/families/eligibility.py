"""Why an offer can, or cannot, be signed for a site: the families' denials, gathered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.families import FAMILIES, Denial

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.instance.schema import Instance


def pair_denials(instance: Instance, offer: str, site: str) -> Iterator[Denial]:
    """Why nothing of an offer can ever stand at a site; nothing when it can."""
    for family in FAMILIES:
        yield from family.denies_pair(instance, offer, site)


def signing_denials(instance: Instance, offer: str, site: str, signed: date) -> Iterator[Denial]:
    """Why an offer cannot be signed for a site on a day; nothing when it can."""
    for family in FAMILIES:
        yield from family.denies_signing(instance, offer, site, signed)


def reason(instance: Instance, offer: str, site: str) -> str | None:
    """Why an offer can never be signed for a site, in words; None when in some period it can."""
    for denial in pair_denials(instance, offer, site):
        return denial.reason
    reasons: dict[int, list[str]] = {}
    for period in instance.calendar.all_periods():
        denials = list(signing_denials(instance, offer, site, period.first))
        if not denials:
            return None
        reasons.setdefault(len(denials), []).append(denials[-1].reason)
    # The periods with the fewest reasons against them are those that matter.
    return "; ".join(dict.fromkeys(reasons[min(reasons)]))
