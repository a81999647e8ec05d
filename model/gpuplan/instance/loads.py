"""What one installed system needs at a site. Shared by the model and the audit, in exact numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from gpuplan.instance.facility import AIR_COOLING, LIQUID_COOLING, PROTECTED_POWER, LoadCase

if TYPE_CHECKING:
    from gpuplan.instance.hardware import System
    from gpuplan.instance.schema import Instance


def system_needs(instance: Instance, system_id: str, site_id: str, case: LoadCase) -> dict[str, Decimal]:
    """Amount of each resource that one system needs in a load case, zeros left out; rack positions stand apart.

    Protected power and heat are the maximum on the design day, and typical power times utilisation over the year.

    """
    system = instance.systems[system_id]
    site = instance.sites[site_id]
    if case == "design":
        power = system.max_power_kw
    else:
        share = instance.economics.utilisation if site.utilisation is None else site.utilisation
        power = system.typical_kw * share
    needs = {
        PROTECTED_POWER: power,
        AIR_COOLING: power * (1 - system.liquid_heat_share),
        LIQUID_COOLING: power * system.liquid_heat_share,
    }
    for resource, amount in system.needs.items():
        needs[resource] = needs.get(resource, Decimal(0)) + amount
    return {resource: amount for resource, amount in needs.items() if amount}


def takes_rack_space(system: System) -> bool:
    """Whether a system stands in racks: it draws power or has a height."""
    return bool(system.max_power_kw or system.rack_units)


def systems_in_position(instance: Instance, system_id: str, site_id: str) -> int:
    """Systems for each rack position: floor(rack kW for its cooling / its maximum kW); 0 denies the pair.

    A system larger than a rack spreads its power over its positions, and then 1 stands for "fits".
    """
    system = instance.systems[system_id]
    rack_kw = instance.sites[site_id].rack_kw
    if not rack_kw or not system.max_power_kw:
        return 1
    allowed = rack_kw.get(system.cooling, Decimal(0))
    if system.rack_positions > 1:
        return int(allowed >= system.max_power_kw / system.rack_positions)
    return int(allowed // system.max_power_kw)


def positions_for(instance: Instance, system_id: str, site_id: str, units: int) -> int:
    """Whole rack positions that so many systems of one kind fill at a site."""
    system = instance.systems[system_id]
    if not takes_rack_space(system):
        return 0
    if system.rack_positions > 1:
        return units * system.rack_positions
    each = systems_in_position(instance, system_id, site_id)
    return -(-units // each) if each else units
