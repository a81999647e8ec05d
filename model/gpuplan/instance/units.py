"""How much of a measure one system is worth. Shared by the model and the audit, in exact numbers."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from math import gcd, lcm
from typing import TYPE_CHECKING

from gpuplan.fraction import Fraction
from gpuplan.instance.classification import tpp
from gpuplan.instance.serving import workloads_in

if TYPE_CHECKING:
    from gpuplan.instance.rules import Measured
    from gpuplan.instance.schema import Instance


def worth(measured: Measured, instance: Instance, system_id: str, offer_id: str | None) -> Decimal:
    """Amount of a measure of units in one system, bought by an offer or (None) already there.

    Without the part that the offer's host keeps, unless the measure counts it. Zero where a figure is missing;
    `gpuplan.instance.checks` reports a limit that rests on a missing one.
    """
    whole = _of_one(measured, instance, system_id, offer_id)
    if offer_id is None or measured.counts_hosts:
        return whole
    return whole * instance.quotes[offer_id].buyer_share


def _of_one(measured: Measured, instance: Instance, system_id: str, offer_id: str | None) -> Decimal:
    system = instance.systems[system_id]
    if measured.measure == "systems":
        return Decimal(1)
    if measured.measure == "accelerators":
        return Decimal(system.accelerators)
    if measured.measure == "it-power-kw":
        return system.max_power_kw
    if measured.measure == "attribute":
        return _attribute(measured.attribute or "", instance, system_id, offer_id) or Decimal(0)
    if system.accelerator is None:
        return Decimal(0)
    chip = instance.accelerators[system.accelerator]
    if measured.measure == "memory-gb":
        each = chip.memory_gb
    elif measured.measure == "tpp":
        each = tpp(chip) or Decimal(0)
    else:
        each = chip.compute(measured.format or "bf16")
    return each * system.accelerators


def _attribute(name: str, instance: Instance, system_id: str, offer_id: str | None) -> Decimal | None:
    """Of the offer, else of the system, else of the accelerator times accelerators; None where none has it."""
    system = instance.systems[system_id]
    if offer_id is not None and name in instance.quotes[offer_id].attributes:
        return instance.quotes[offer_id].attributes[name]
    if name in system.attributes:
        return system.attributes[name]
    if system.accelerator and name in instance.accelerators[system.accelerator].attributes:
        return instance.accelerators[system.accelerator].attributes[name] * system.accelerators
    return None


def unit_of(measured: Measured, instance: Instance | None = None) -> str:
    """Unit in which a measure is counted, for people; that of work is the unit of the instance's workloads."""
    if measured.kind == "work":
        named = [] if instance is None else [instance.workloads[name].unit for name in workloads_in(measured, instance)]
        return named[0] if named else "work"
    names = {
        "accelerators": "accelerators",
        "systems": "systems",
        "memory-gb": "GB",
        "tpp": "TPP",
        "it-power-kw": "kW",
        "grid-power-kw": "kW",
        "energy-kwh": "kWh",
        "carbon-kg": "kg",
        "clusters": "clusters",
    }
    if measured.measure == "compute-tflops":
        return f"TFLOPS {measured.format}" if measured.format != "int8" else "TOPS int8"
    if measured.measure == "attribute":
        return measured.attribute or ""
    return names.get(measured.measure, "money")


def common_step(amounts: Iterable[Fraction]) -> Fraction:
    """The largest step of which every amount is a whole multiple; 1 when all are zero.

    >>> common_step([Fraction(3, 2), Fraction(1)])
    Fraction(1, 2)
    """
    known = list(amounts)
    below = lcm(*(amount.denominator for amount in known))
    above = gcd(*(amount.numerator * (below // amount.denominator) for amount in known))
    return Fraction(above, below) if above else Fraction(1)
