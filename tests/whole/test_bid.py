"""The bid evaluation case of Bracken and McCormick (1968) comes out at its known answers. Source: see bid.yaml."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import gpuplan

BID = Path(__file__).parent / "bid.yaml"
BASE = {"a": 3_300_000, "c": 16_560_000, "e": 4_100_048}
TWO_VENDORS = "limits.two-vendors insert {measure: systems, stage: signed, count: vendors, at_most: 2}"
HALF_OF_C = "limits.half-of-c insert {measure: systems, stage: signed, select: {vendor: c}, at_most_share: 0.5}"
HALVED = [f"offers.{offer}.max_units *= 0.5" for offer in "abcde"]


def solved(*edits: str) -> gpuplan.Outcome:
    instance = gpuplan.load(BID)
    return gpuplan.solve(instance.edited(list(edits)) if edits else instance, gap=0)


def bought(outcome: gpuplan.Outcome) -> dict[str, int]:
    assert outcome.plan is not None
    units: dict[str, int] = {}
    for order in outcome.plan.orders:
        units[order.offer] = units.get(order.offer, 0) + order.units
    return units


def test_the_base_case_buys_what_is_known_to_be_best() -> None:
    """Proves 15,210,109.512 from a, c and e, to the last unit. If broken, tiers, fees or quantities are wrong.

    33,000 x 61.15 + 3,855.84 + 165,600 x 62.19 + 13,456 + 41,000.48 x 70.15 = 15,210,109.512
    """
    outcome = solved()
    assert outcome.status == "optimal"
    assert bought(outcome) == BASE
    assert outcome.plan is not None
    assert outcome.plan.cost.amount == Decimal("15210109.512")
    assert outcome.plan.levels[0].value == Decimal("15210109.512")
    assert outcome.bound is not None
    assert outcome.bound <= Decimal("15210109.512")
    assert outcome.gap is not None
    assert outcome.gap <= Decimal("1e-8")


@pytest.mark.parametrize(
    ("edits", "cost"),
    [
        ([TWO_VENDORS], "15439252.712"),
        ([HALF_OF_C], "15488012.65736"),
        (["offers.c remove"], "15981973.392"),
        (["vendors.c remove", "offers.c remove"], "15981973.392"),
    ],
    ids=["at most two vendors", "c at most half", "without c", "without vendor c"],
)
def test_a_rule_more_costs_what_is_known(edits: list[str], cost: str) -> None:
    """Proves the known cost of each added rule, by edits. If broken, counts, shares or removals are wrong."""
    outcome = solved(*edits)
    assert outcome.status == "optimal"
    assert outcome.plan is not None
    assert outcome.plan.cost.amount == Decimal(cost)
    assert not gpuplan.audit(gpuplan.load(BID).edited(edits), outcome.plan)


def test_at_most_two_vendors_are_two() -> None:
    """Proves that the count counts. If broken, a third vendor slips in with few units."""
    assert len(bought(solved(TWO_VENDORS))) == 2


def test_at_most_half_from_c_is_half() -> None:
    """Proves the share in units: 11,980,024 of 23,960,048. If broken, the share is of something else."""
    units = bought(solved(HALF_OF_C))
    assert units["c"] * 2 <= sum(units.values())
    assert units["c"] == 11_980_024


def test_halved_capacities_are_infeasible_and_the_requirement_is_blamed() -> None:
    """Proves that there is no plan when everybody has half, and that the conflict names the demand.

    Not enough in all: 1.65 + 8 + 8.28 + 0.6 + 3.85 = 22.38 million lots, and 23.96 million are wanted.
    """
    outcome = solved(*HALVED)
    assert outcome.status == "infeasible"
    assert outcome.plan is None
    assert outcome.conflict is not None
    assert [member.path for member in outcome.conflict.members] == ["limits.requirement"]
    assert outcome.conflict.minimal


def test_the_instance_is_untouched_by_its_edits() -> None:
    """Proves that an edit makes a copy. If broken, the second question is asked of the answer to the first."""
    instance = gpuplan.load(BID)
    instance.edited(["offers.c remove"])
    assert "c" in instance.offers


def test_the_plan_passes_the_audit_and_a_forged_one_does_not() -> None:
    """Proves that the audit is none in name only. If broken, a wrong plan file is accepted."""
    instance = gpuplan.load(BID)
    plan = solved().plan
    assert plan is not None
    assert not gpuplan.audit(instance, plan)
    order = plan.decisions.orders[0].model_copy(update={"units": plan.decisions.orders[0].units - 1})
    decisions = plan.decisions.model_copy(update={"orders": (order, *plan.decisions.orders[1:])})
    assert gpuplan.audit(instance, plan.model_copy(update={"decisions": decisions}))


IN_UNITS = [
    "systems.lot.attributes = {unit: 0.01}",
    "limits.requirement = {measure: attribute, attribute: unit, stage: signed, at_least: 239600.48}",
]
"""The requirement in units of the source: a lot is a hundredth of one."""


def test_halved_capacities_are_repaired_by_15800_48_less_of_requirement() -> None:
    """Proves the cheapest repair by hand: 223,800 can be had and 239,600.48 are wanted. 15,800.48 less is enough, and a
    hundredth less than that is not. If broken, the buyer asks for too little or too much."""
    halved = gpuplan.load(BID).edited([*IN_UNITS, *HALVED])
    found = gpuplan.explain_infeasible(halved)
    assert [rule.path for rule in found.conflict] == ["limits.requirement"]
    assert found.minimal
    cheapest = found.repairs[0]
    assert (cheapest.path, cheapest.move) == ("limits.requirement.at_least", Decimal("-15800.48"))
    assert cheapest.proven
    repaired = halved.edited(cheapest.edits)
    assert gpuplan.solve(repaired, gap=0).plan is not None
    assert gpuplan.solve(repaired.edited(["limits.requirement.at_least += 0.01"]), explain_seconds=0).plan is None


def test_the_questions_of_the_case_are_answered_side_by_side() -> None:
    """Proves that what-if tells each rule's cost against the base, to the cent: at most two vendors cost 229,143.20."""
    found = gpuplan.what_if(gpuplan.load(BID), [TWO_VENDORS], gap=0).comparison
    low, high = found.levels[0].at_least, found.levels[0].at_most
    assert low is not None
    assert high is not None
    assert low <= Decimal("229143.2") <= high <= low + Decimal("0.01")
    assert {one.name: (one.base_units, one.edited_units) for one in found.decisions} == {
        "a": (3_300_000, 0),
        "e": (4_100_048, 7_400_048),
    }
