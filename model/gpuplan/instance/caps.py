"""Caps and quotas of export regimes as limits: each in force in the instance, to each country it can be shipped to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

from gpuplan.instance.rules import Limit

if TYPE_CHECKING:
    from gpuplan.instance.regimes import Cap, Regime
    from gpuplan.instance.schema import Instance


def caps(instance: Instance) -> dict[str, tuple[str, Limit]]:
    """By name: (path in the instance, the limit) of every cap of a regime that is read."""
    found = {}
    last = _last_shipping(instance)
    for regime_id, regime in instance.export.regimes.items():
        if not regime.enforced and regime.reading == "enforced":
            continue
        for cap_id, cap in regime.caps.items():
            path = f"export.regimes.{regime_id}.caps.{cap_id}"
            if (cap.start or regime.effective) > last:
                continue
            for country in _countries(instance, cap):
                name = "-".join([regime_id, cap_id, *([country.lower()] if country else [])])
                found[name] = path, _limit(regime_id, regime, cap_id, cap, country, last)
    return found


def _countries(instance: Instance, cap: Cap) -> list[str | None]:
    """Countries that the cap is counted for one by one; None for all together."""
    if cap.per == "buyer":
        return [None]
    return list(dict.fromkeys(site.country for site in instance.sites.values() if site.country is not None))


def _limit(regime_id: str, regime: Regime, cap_id: str, cap: Cap, country: str | None, last: date) -> Limit:
    used = cap.used.get(country.lower() if country else "buyer", 0)
    return Limit.model_validate(
        {
            "name": f"{cap_id} of {regime.name or regime_id}" + (f" for {country}" if country else ""),
            "measure": cap.measure,
            "attribute": cap.attribute,
            "stage": "shipped",
            "select": {"cap": f"{regime_id}.{cap_id}", **({"country": country} if country else {})},
            "at_most": max(cap.at_most - used, 0),
            "each": cap.each,
            "from": cap.start or regime.effective,
            "by": min(last, cap.until or last),
        }
    )


def _last_shipping(instance: Instance) -> date:
    """A day after which nothing that can be signed is shipped."""
    leads = [step.days for offer in instance.quotes.values() for step in offer.leads]
    waits = [step.days for regime in instance.export.regimes.values() for step in regime.licence_days or ()]
    waits += [regime.notice_days for regime in instance.export.regimes.values()]
    waits += [
        ruling.days or 0
        for regime in instance.export.regimes.values()
        for cell in regime.cells
        for _, ruling in cell.rulings()
    ]
    return instance.calendar.end + timedelta(days=max([*leads, *waits], default=0))


def every_limit(instance: Instance) -> dict[str, Limit]:
    """The limits of an instance and, behind them, the caps of its regimes."""
    return {**instance.limits, **{name: limit for name, (_, limit) in instance.caps.items()}}


def limit_path(instance: Instance, name: str) -> str:
    """Path of a limit or cap."""
    return instance.caps[name][0] if name in instance.caps else f"limits.{name}"
