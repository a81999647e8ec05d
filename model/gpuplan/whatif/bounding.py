"""An instance in which what is ordered of an offer is bounded: what questions about one offer are put to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

NAME = "of-one-offer"
"""Of the limit that is added, with letters after it where an instance has one of that name."""


def with_a_lot(instance: Instance, offer: str) -> Instance:
    """With at least a lot of an offer, and so its least order."""
    return _bounded(instance, offer, f"at_least: {instance.offers[offer].lot_units}")


def without(instance: Instance, offer: str) -> Instance:
    """With nothing of an offer."""
    return _bounded(instance, offer, "at_most: 0")


def _bounded(instance: Instance, offer: str, bound: str) -> Instance:
    name = NAME
    while name in instance.limits:
        name += "-x"
    rule = f"{{measure: systems, stage: signed, select: {{offer: {offer}}}, {bound}}}"
    return instance.edited([f"limits.{name} insert {rule}"])


def is_added(instance: Instance, path: str) -> bool:
    """Whether a rule of an instance with such a limit is that limit, `instance` being the one without."""
    return path.startswith(f"limits.{NAME}") and path.removeprefix("limits.") not in instance.limits
