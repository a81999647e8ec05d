"""The example of Melange comes out at its known answers, whole and cut; and split freely. Source: see melange.yaml."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import gpuplan
from gpuplan.instance.schema import Instance

FILE = Path(__file__).parent / "melange.yaml"


def solved(instance: Instance) -> tuple[Decimal, dict[str, int]]:
    """Proven cost, and systems bought of each kind."""
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert outcome.plan.levels[0].proven
    assert gpuplan.audit(instance, outcome.plan) == []
    return outcome.plan.cost.amount, {order.system: order.units for order in outcome.plan.orders}


def sliced(parts: int) -> Instance:
    """Each size of request cut into equal slices, each of which keeps to one kind of system."""
    instance = gpuplan.load(FILE)
    edits = []
    for name, workload in instance.workloads.items():
        amount, rates = (
            workload.demand[0].amount / parts,
            {system: rate.amount for system, rate in workload.rates.items()},
        )
        stated = f"{{a10g: {rates['a10g']}, a100: {rates['a100']}}}"
        edits += [f"workloads.{name} remove"]
        edits += [
            f"workloads.{name}-{number} insert {{unit: '1/s', demand: {amount}, rates: {stated}, split: one_system}}"
            for number in range(parts)
        ]
    return instance.edited(edits)


def test_each_size_whole_on_one_kind_costs_what_is_published() -> None:
    """Proves 6.70 = 3 x 1.01 + 3.67. If broken, `one_system` lets a workload be split, and it costs 4.68."""
    assert solved(gpuplan.load(FILE)) == (Decimal("6.70"), {"a10g": 3, "a100": 1})


def test_each_size_in_two_slices_costs_what_is_published() -> None:
    """Proves 5.69 = 2 x 1.01 + 3.67: half of a size needs 1.5 A10G, and its other half fits the A100."""
    assert solved(sliced(2)) == (Decimal("5.69"), {"a10g": 2, "a100": 1})


@pytest.mark.parametrize("parts", [None, 3])
def test_split_freely_or_in_thirds_it_costs_less_than_what_is_published(parts: int | None) -> None:
    """Proves 4.68 = 1.01 + 3.67, split freely or in thirds.

    All on the A100: 6/20 + 3/20 + 15/40 + 6/20 = 1.125 of it. A third of the third size, 5 a second, fills one A10G
    and frees 5/40 = 0.125. Four A10G, at 4.04, would do a third of it all: everything takes 12.
    """
    instance = gpuplan.load(FILE).edited(["workloads[*].split = free"]) if parts is None else sliced(parts)
    assert solved(instance) == (Decimal("4.68"), {"a10g": 1, "a100": 1})
