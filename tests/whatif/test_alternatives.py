"""Alternatives differ in what counts, come in order, and none is left out: by hand and by listing every plan."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.plan.plan import Plan
from gpuplan.whatif.signature import Signing
from support.builders import instance, made, offer, target
from support.random_instances import seeded

BID = Path(__file__).resolve().parents[1] / "whole" / "bid.yaml"


def test_the_outside_case_has_its_known_alternatives() -> None:
    """Proves the alternatives by vendors used of the bid case, where a vendor counts from 1 % of the volume.

    The best is 15,210,109.512 from a, c, e. With d at 1 %, 2,396.01 units of the source, 15,222,295.363 in whole
    hundredths; then a, b, c at 15,251,822.368. A token hundredth from d, at 15,216,693.5, is no alternative.
    """
    bid = gpuplan.load(BID)
    found = gpuplan.alternatives(bid, count=3, gap=0)
    assert [("".join(one.signature["vendors"]), one.value) for one in found.alternatives] == [
        ("ace", Decimal("15210109.512")),
        ("acde", Decimal("15222295.363380")),
        ("abc", Decimal("15251822.367520")),
    ]
    assert found.ended == "found"
    assert all(one.proven and gpuplan.audit(bid, one.plan) == [] for one in found.alternatives)
    bought = {order.offer: order.units for order in found.alternatives[1].plan.orders}
    assert bought["d"] == 239_601


def three_vendors(**over: object) -> gpuplan.Instance:
    return instance(
        vendors={"w": {}, "u": {}},
        offers={
            "o": {"max_units": 2},
            "p": offer(vendor="w", price=110, max_units=2),
            "q": offer(vendor="u", price=150, max_units=2),
        },
        limits={"t": target(2, stage="signed"), "c": {"measure": "systems", "stage": "signed", "at_most": 2}},
        **over,
    )


def test_every_mix_of_vendors_comes_in_order() -> None:
    """Proves all six mixes of two systems from three vendors at 100, 110 and 150, and that there are no more.

    v 200; v and w 210; w 220; v and u 250; w and u 260; u 300.
    """
    found = gpuplan.alternatives(three_vendors(), count=10, within=1, gap=0)
    assert [(one.signature["vendors"], one.value) for one in found.alternatives] == [
        (("v",), 200), (("v", "w"), 210), (("w",), 220), (("u", "v"), 250), (("u", "w"), 260), (("u",), 300),
    ]  # fmt: skip
    assert found.ended == "no more"
    assert [one.worse_by for one in found.alternatives] == [0, 10, 20, 50, 60, 100]


def test_none_is_worse_than_was_allowed() -> None:
    """Proves that the share is kept, and that the end of the list is proven: 10 % of 200 is 20."""
    found = gpuplan.alternatives(three_vendors(), count=10, within=0.1, gap=0)
    assert [one.value for one in found.alternatives] == [200, 210, 220]
    assert found.ended == "no more"


def test_a_token_is_no_alternative() -> None:
    """Proves that a vendor with less than its share does not count: one of 100 systems is 1 %, below 2 %.

    v asks 1 and w 2; 100 are wanted. Two from w are 2 %: 98 + 4 = 102.
    """
    one = instance(
        vendors={"w": {}},
        offers={"o": {"price": 1, "max_units": 200}, "p": offer(vendor="w", price=2, max_units=200)},
        limits={"t": target(100, stage="signed")},
    )
    found = gpuplan.alternatives(one, count=2, counts_from_share=0.02, within=1, gap=0)
    assert [(sorted(each.signature["vendors"]), each.value) for each in found.alternatives] == [
        (["v"], 100),
        (["v", "w"], 102),
    ]


def test_plans_can_differ_in_sites_models_and_months() -> None:
    """Proves each trait: two sites, two months; the second plan of each is another one there."""
    one = three_vendors(sites={"b": {"opening_cost": 5}}).edited(["limits.t.stage = usable"])
    for trait, second in (("sites", 205), ("months", 200), ("models", None)):
        found = gpuplan.alternatives(one, count=2, by=(trait,), within=1, gap=0)  # type: ignore[arg-type]
        assert len(found.alternatives) == (1 if second is None else 2), trait
        if second is not None:
            assert found.alternatives[1].value == second, trait


def test_earlier_levels_are_held() -> None:
    """Proves that alternatives give up nothing of the levels before the last: two systems either way."""
    one = three_vendors(objective=[{"minimise": {"measure": "systems", "stage": "signed"}}, {"minimise": "cost"}])
    found = gpuplan.alternatives(one, count=2, gap=0)
    assert [[level.value for level in each.plan.levels] for each in found.alternatives] == [[2, 200], [2, 210]]


def all_signatures(one: gpuplan.Instance, signing: Signing) -> dict[frozenset[tuple[str, str]], Decimal]:
    """The best value of every signature that there is, by asking for each of all there could be."""
    from itertools import product

    from gpuplan.formulation import formulate
    from gpuplan.whatif.answer import answered
    from gpuplan.whatif.effort import Effort

    amounts, _ = signing.amounts(formulate(one).problem)
    things = sorted(amounts)
    found = {}
    for chosen in product((False, True), repeat=len(things)):
        signature = frozenset(thing for thing, on in zip(things, chosen, strict=True) if on)
        answer = answered(one, Effort(gap=0.0), "", alter=signing.only(signature))
        if answer.plan is not None:
            assert signing.of(one, answer.plan) == signature
            found[signature] = answer.levels[-1].value
    return found


@pytest.mark.parametrize("seed", range(5200, 5212))
def test_alternatives_are_those_found_one_signature_at_a_time(seed: int) -> None:
    """Proves on random instances that rows with switches and rows without find the same plans in the same order."""
    one = made({**seeded(seed), "objective": [{"minimise": "cost"}]})
    one = one.edited([f"limits.{name} remove" for name, limit in one.limits.items() if limit.soft])
    signing = Signing(("vendors", "sites"), Decimal("0.3"))
    expected = sorted(all_signatures(one, signing).values())
    found = gpuplan.alternatives(one, count=50, by=("vendors", "sites"), counts_from_share=0.3, within=1, gap=0)
    if not expected:
        assert found.alternatives == ()
        return
    allowed = [value for value in expected if value <= expected[0] * 2 + Decimal("1e-6")]
    values = [float(each.value) for each in found.alternatives]
    assert values == pytest.approx([float(value) for value in allowed], abs=1e-4)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"count": 0}, "count"),
        ({"by": ("colours",)}, "vendors, models"),
        ({"counts_from_share": 0}, "share"),
        ({"within": 2}, "within"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, object], word: str) -> None:
    """Proves that each option says what it takes."""
    with pytest.raises(InvalidInput, match=word):
        gpuplan.alternatives(three_vendors(), **options)  # type: ignore[arg-type]


def test_an_infeasible_instance_has_none() -> None:
    """Proves that the status is that of the instance."""
    found = gpuplan.alternatives(three_vendors().edited(["limits.t.at_least = 9"]))
    assert (found.status, found.alternatives) == ("infeasible", ())


def test_a_plan_that_buys_nothing_has_an_empty_signature() -> None:
    """Proves that nothing of nothing counts, and that an instance that may buy nothing has that as a kind of plan."""
    one = three_vendors().edited(["limits.t remove", "objective = [{maximise: {measure: systems, stage: signed}}]"])
    found = gpuplan.alternatives(one, count=8, within=1, gap=0)
    assert any(not each.signature for each in found.alternatives)
    assert isinstance(found.alternatives[0].plan, Plan)


def test_what_is_bought_below_its_share_is_not_in_a_signature() -> None:
    """Proves that a vendor who must sell one of a hundred does not count from 2 %: the best plan is of v alone."""
    one = instance(
        vendors={"w": {}},
        offers={"o": {"price": 1, "max_units": 200}, "p": offer(vendor="w", price=2, max_units=200)},
        limits={"t": target(100, stage="signed"), "some": target(1, stage="signed", select={"vendor": "w"})},
    )
    first = gpuplan.alternatives(one, count=1, counts_from_share=0.02, gap=0).alternatives[0]
    assert {order.vendor for order in first.plan.orders} == {"v", "w"}
    assert first.signature == {"vendors": ("v",)}
