"""Checks of workloads and of the measures that count their work; see `gpuplan.instance.checks`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gpuplan.errors import Problem
from gpuplan.instance.catalog import measured_results
from gpuplan.instance.serving import rate_of, serving_pairs, workloads_in

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

FURTHEST = 10**8
"""Times that a rate may be larger or smaller than a demand."""


def workloads(instance: Instance) -> Iterator[Problem]:
    """Workloads that nothing can serve, demand after the calendar, rates that the catalogue does not know."""
    end = instance.calendar.end
    for name, workload in instance.workloads.items():
        for number, step in enumerate(workload.demand):
            if step.start > end:
                way_out = "Lengthen calendar.periods, or leave the step out."
                yield Problem(
                    f"{step.start} is after the calendar's end, {end}", way_out, f"workloads.{name}.demand.{number}"
                )
        for system, rate in workload.rates.items():
            if rate.measured is not None:
                yield _unmeasured(instance, f"workloads.{name}.rates.{system}.measured", system, workload.unit)
        yield from _magnitudes(instance, name)
        yield from _untold_transit(instance, name)
        if not serving_pairs(instance, name):
            yield Problem(
                "nothing that is offered or already there can serve it",
                "Check rates, sites, countries and memory.",
                f"workloads.{name}",
                severity="warning",
            )


def _magnitudes(instance: Instance, name: str) -> Iterator[Problem]:
    """Rates so far from the demand that no solver can tell their share of it from nothing, or from everything."""
    workload = instance.workloads[name]
    for system in workload.rates:
        rate = rate_of(instance, name, system)
        for step in workload.demand:
            if rate and step.amount and not step.amount / FURTHEST <= rate <= step.amount * FURTHEST:
                fault = f"one {system} does {rate:,.6g} {workload.unit}, and {step.amount:,.6g} are demanded"
                yield Problem(fault, "State both in the same unit.", f"workloads.{name}.rates.{system}")


def _untold_transit(instance: Instance, name: str) -> Iterator[Problem]:
    """Sites that may serve and have no transit price, where others have: they serve for nothing."""
    priced = instance.workloads[name].transit_price_per_unit_month
    untold = [site for site in dict.fromkeys(site for _, site in serving_pairs(instance, name)) if site not in priced]
    if priced and untold:
        way_out = (
            f"State 0 where that is so, a price where it is not, or the sites that may serve: workloads.{name}.sites."
        )
        yield Problem(
            f"serving {name} from {', '.join(untold)} has no price, and is taken to cost nothing",
            way_out,
            f"workloads.{name}.transit_price_per_unit_month",
            severity="warning",
        )


def _unmeasured(instance: Instance, path: str, system: str, unit: str) -> Problem:
    """What is known of a system's accelerator where a rate names no measured result in the workload's unit."""
    chip = instance.systems[system].accelerator or ""
    known = [
        f"{one['workload']} {one['scenario']} in {str(one['per_accelerator_unit']).removesuffix(' per accelerator')}"
        for one in measured_results(chip)
    ]
    way_out = f"Known: {', '.join(dict.fromkeys(known))}." if known else "State amount or per_accelerator."
    return Problem(f"the catalogue has no such result in {unit} of {chip or system}", way_out, path)


def units_of_work(instance: Instance) -> Iterator[Problem]:
    """Measures of work that add up workloads in different units, or none."""
    for path, measured in instance.measured.items():
        if measured.kind == "work":
            units = dict.fromkeys(instance.workloads[name].unit for name in workloads_in(measured, instance))
            if not units:
                yield Problem("it counts no workload", "Check its select.", path)
            if len(units) > 1:
                fault = f"work in different units ({', '.join(units)}) cannot be added up"
                yield Problem(fault, "Select workloads of one unit; a share needs them in `of` as well.", path)
