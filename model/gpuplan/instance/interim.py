"""What an existing fleet lacks at its site while no module can have come yet: provided in some way that is not stated.

A fleet stands and runs before anything is built. What its site does not have for it on the first day of the calendar is
taken as given until modules that provide it can be there: up to the last day of the period in which the first of them
can be ready. From then on it is provided like everything else. Where no module can ever provide it, nothing is given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.facility import GRID_POWER, RACK_POSITIONS
from gpuplan.instance.loads import positions_for, system_needs
from gpuplan.instance.providers import module_denial, network
from gpuplan.instance.timeline import module_ready

if TYPE_CHECKING:
    from datetime import date

    from gpuplan.instance.facility import LoadCase
    from gpuplan.instance.providers import Network
    from gpuplan.instance.schema import Instance


def interim(instance: Instance, site_id: str, resource: str, case: LoadCase, day: date) -> Fraction:
    """Amount of a resource that is given at a site on a day, in the resource's unit; see above."""
    if all(fleet.site != site_id for fleet in instance.existing.systems.values()):
        return Fraction(0)
    until = _given_until(instance, site_id, resource)
    if until is None or day >= until:
        return Fraction(0)
    there = instance.sites[site_id].existing_on(resource, instance.calendar.start)
    if there is None:
        return Fraction(0)
    need = _fleet_needs(instance, network(instance, site_id), site_id, case).get(resource, Fraction(0))
    return max(need - there, Fraction(0))


def _given_until(instance: Instance, site_id: str, resource: str) -> date | None:
    """Last day of the period in which the first module that provides a resource can be ready; None where none can."""
    ready = [
        module_ready(instance.modules[module], signed)
        for module in instance.sites[site_id].modules
        if resource in instance.modules[module].provides
        for signed in _order_days(instance, module, site_id)
    ]
    periods = [period.last for period in instance.calendar.all_periods]
    return next((last for last in periods if ready and last >= min(ready)), None)


def _order_days(instance: Instance, module: str, site_id: str) -> list[date]:
    """Days on which a module can be ordered for a site, or was."""
    days = [period.first for period in instance.calendar.all_periods]
    committed = [signed for name, site, signed in instance.committed.built if (name, site) == (module, site_id)]
    return committed + [day for day in days if module_denial(instance, module, day) is None]


def _fleet_needs(instance: Instance, net: Network, site_id: str, case: LoadCase) -> dict[str, Fraction]:
    """What the fleets of a site need by themselves, with what providers need for it at the most."""
    needs: dict[str, Fraction] = dict.fromkeys((*net.order, RACK_POSITIONS, GRID_POWER), Fraction(0))
    for fleet in instance.existing.systems.values():
        if fleet.site == site_id:
            for resource, amount in system_needs(instance, fleet.system, site_id, case).items():
                needs[resource] = needs.get(resource, Fraction(0)) + Fraction(amount) * fleet.units
            needs[RACK_POSITIONS] += positions_for(instance, fleet.system, site_id, fleet.units)
    for resource in net.order:
        if case == "design":
            needs[resource] *= Fraction(instance.resources[resource].coincidence)
        passed_on: dict[str, Fraction] = {}
        for provider in net.providers.get(resource, ()):
            for needed, need in provider.needs.items():
                passed_on[needed] = max(passed_on.get(needed, Fraction(0)), Fraction(need.in_case(case)))
        for needed, each in passed_on.items():
            needs[needed] = needs.get(needed, Fraction(0)) + each * needs[resource]
    return needs
