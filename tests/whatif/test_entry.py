"""Entry prices are where they were worked out, with both ends shown by searches of their own."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.whatif.entry_search import HIGHEST, EntryPrice
from gpuplan.whatif.figures import figures
from support.builders import instance, made, offer, target
from support.random_instances import seeded


def of(one: gpuplan.Instance, name: str, **options: object) -> EntryPrice:
    """What is told of one offer, at a gap of nothing."""
    found = gpuplan.entry_prices(one, [name], gap=0, **options)  # type: ignore[arg-type]
    assert found.complete
    (told,) = found.offers
    return told


def two(most: int = 2, **other: object) -> gpuplan.Instance:
    """So many systems from v at 100 or from w at 130."""
    return instance(
        vendors={"w": {}}, offers={"p": offer(vendor="w", **{"price": 130, **other})}, limits={"t": target(most)}
    )


def test_a_dearer_offer_comes_in_at_the_price_of_the_other() -> None:
    """Proves 100 by hand: two systems cost 200 without p, and 230 with one of it. If broken, 130, or none."""
    told = of(two(), "p")
    assert (told.standing, told.units, told.enters_at) == ("not chosen", 0, 100)
    assert told.stays_out_at is not None
    assert 100 < told.stays_out_at <= Decimal("100.2")
    assert [one.difference for one in told.forced] == [30]


def test_a_chosen_offer_stays_up_to_the_price_of_the_next() -> None:
    """Proves 130 by hand: at more than that both systems come from w. If broken, 100: no room to ask for more."""
    told = of(two(), "o")
    assert (told.standing, told.units, told.enters_at) == ("chosen", 2, 130)
    assert told.stays_out_at is not None
    assert 130 < told.stays_out_at <= Decimal("130.3")


def test_a_whole_schedule_is_scaled_and_the_least_order_honoured() -> None:
    """Proves 108.33 by hand: at least two of p, which cost 120 each then. Three of it at 120/130 of its price must cost
    300: 108.33; two of it and one of o must cost 300 as well: the same. If broken, 100: the tier is not scaled."""
    told = of(two(3, min_units=2, tiers=[{"from_units": 2, "price": 120}]), "p")
    assert told.enters_at is not None
    assert abs(told.enters_at - Decimal("108.33")) < Decimal("0.02")
    assert [one.difference for one in told.forced] == [40]


def test_a_price_list_is_one_schedule() -> None:
    """Proves 110 by hand: p costs 143 in January and 130, ten elevenths of it, from February on. With the first step at
    110 the second is at 100, and two of it cost the 200 of the other. If broken, 143 or 100."""
    told = of(two(price=None, prices=[{"from": "2024-01-01", "price": 143}, {"from": "2025-02-01", "price": 130}]), "p")
    assert (told.price, told.enters_at) == (143, 110)


def test_a_price_is_told_in_the_currency_of_the_quote() -> None:
    """Proves 50 EUR by hand: a euro is two dollars, so that 50 are the 100 of the other. If broken, 100."""
    one = instance(
        economics={"currency": "USD", "exchange_rates": {"EUR": [{"from": "2024-01-01", "rate": 2}]}},
        vendors={"w": {}},
        offers={"p": offer(vendor="w", price=60, currency="EUR")},
        limits={"t": target(2)},
    )
    told = of(one, "p")
    assert (told.currency, told.price, told.enters_at) == ("EUR", 60, 50)


def test_a_rebate_counts_with_the_price() -> None:
    """Proves 111.11 by hand: w pays 10 % back of what is spent there, from 200 on. Two at 111.11 are 222.22 less 22.22,
    the 200 of the other. If broken, 100."""
    one = instance(
        vendors={"w": {"rebates": [{"from_spend": 200, "rate": Decimal("0.1")}]}},
        offers={"p": offer(vendor="w", price=130)},
        limits={"t": target(2)},
    )
    told = of(one, "p")
    assert told.enters_at is not None
    assert abs(told.enters_at - Decimal("111.11")) < Decimal("0.12")


def test_what_a_plan_cannot_do_without_is_limited_by_the_budget_alone() -> None:
    """Proves 125 by hand: two systems are needed, nobody else has any, and the budget is 250. If broken, 100, or any
    price."""
    budget = {"measure": "spend", "at_most": 250}
    told = of(instance(limits={"t": target(2), "budget": budget}), "o")
    assert (told.standing, told.told) == ("needed", True)
    assert told.enters_at is not None
    assert Decimal("124.87") <= told.enters_at <= 125
    endless = of(instance(limits={"t": target(1)}), "o")
    assert (endless.standing, endless.enters_at) == ("needed", 100 * HIGHEST)


def test_what_a_rule_keeps_out_is_told_with_the_rule() -> None:
    """Proves both ways to be kept out: by a date at every site, and by a limit on its vendor."""
    late = of(two(order_from="2025-12-01"), "p")
    assert late.standing == "cannot be chosen"
    assert late.why
    limited = instance(
        vendors={"w": {}},
        offers={"p": offer(vendor="w", price=130)},
        limits={
            "t": target(2),
            "no-w": {"measure": "systems", "stage": "signed", "select": {"vendor": "w"}, "at_most": 0},
        },
    )
    told = of(limited, "p")
    assert (told.standing, told.enters_at, told.forced_status) == ("not chosen", None, "infeasible")
    assert any("no-w" in why for why in told.why)


def test_a_better_level_before_is_worth_any_price() -> None:
    """Proves that a soft limit comes before cost: o is what keeps it, so that it stays at any price that is looked at.
    If broken, it goes once the other is cheaper."""
    one = instance(
        vendors={"w": {}},
        offers={"p": offer(vendor="w", price=130)},
        limits={
            "t": target(2),
            "from-v": {"measure": "systems", "select": {"vendor": "v"}, "at_least": 1, "soft": {"priority": 1}},
        },
    )
    told = of(one, "o")
    assert told.enters_at == 100 * HIGHEST
    assert told.told


def test_offers_are_sorted_by_what_is_to_be_negotiated() -> None:
    """Proves the order: the smallest discount that is needed first, then those of the plan."""
    one = instance(
        vendors={"w": {}},
        offers={"p": offer(vendor="w", price=130), "q": offer(vendor="w", price=104)},
        limits={"t": target(2)},
    )
    assert [each.offer for each in gpuplan.entry_prices(one, gap=0).offers] == ["q", "p", "o"]


def test_an_unknown_offer_is_refused_with_those_that_are_near() -> None:
    with pytest.raises(InvalidInput, match="Known: o"):
        gpuplan.entry_prices(two(), ["0"])


def test_no_time_leaves_what_is_known() -> None:
    """Proves that a limit of time ends it with the offers that were looked at, and says so."""
    found = gpuplan.entry_prices(two(), gap=0, time_limit=1e-6)
    assert not found.complete


def test_what_a_level_may_give_up_is_no_loss() -> None:
    """Proves by hand that p, which is 20 dearer and 3 times as good, stays in the plan where cost may rise by 30 % for
    compute, and up to 130: 30 % more than the 100 of the other. If broken, 100."""
    one = instance(
        accelerators={"x": {"maker": "m", "bf16_tflops": 100}, "y": {"maker": "n", "bf16_tflops": 300}},
        systems={"s": {"accelerator": "x", "accelerators": 1}, "z": {"accelerator": "y", "accelerators": 1}},
        vendors={"w": {}},
        offers={"p": offer(vendor="w", system="z", price=120)},
        limits={"t": target(1)},
        objective=[
            {"minimise": "cost", "tolerance_share": Decimal("0.3")},
            {"maximise": {"measure": "compute-tflops", "format": "bf16"}},
        ],
    )
    told = of(one, "p")
    assert told.standing == "chosen"
    assert told.enters_at is not None
    assert Decimal("129.9") < told.enters_at <= 130


@pytest.mark.parametrize("seed", range(0, 12))
def test_both_ends_are_shown_by_searches_of_their_own(seed: int) -> None:
    """Proves on random instances that at the lower end a plan with the offer is as good as the best without it, and at
    the upper end none is. If broken, a buyer asks for too much or too little."""
    both_ends_hold(made(seeded(seed)))


@pytest.mark.long
@pytest.mark.parametrize("start", range(12, 212, 50))
def test_both_ends_are_shown_on_200_more(start: int) -> None:
    """Proves the same on 200 more."""
    failed: dict[int, str] = {}
    for seed in range(start, start + 50):
        try:
            both_ends_hold(made(seeded(seed)))
        except AssertionError as error:
            failed[seed] = str(error)[:300]
    assert not failed


def both_ends_hold(one: gpuplan.Instance) -> None:
    """Every end of every interval, by searches from nothing on the instance at that price.

    Not where a level may be given up in part: a search with the offer measures that from its own best.
    """
    if any(level.tolerance or level.tolerance_share for level in one.objective[:-1]):
        return
    found = gpuplan.entry_prices(one, gap=0, threads=1)
    signs = [-1 if level.maximise is not None else 1 for level in one.objective]
    signs = [1] * (len(found.levels) - len(signs)) + signs
    for told in found.offers:
        without = best(ruled(one, told.offer, "at_most: 0"))
        if told.standing == "needed":
            assert without is None, told
        if told.standing not in ("chosen", "not chosen") or without is None or not told.price:
            continue
        lot = one.offers[told.offer].lot_units
        for price, worse in ((told.enters_at, False), (told.stays_out_at, True)):
            if price is not None:
                with_it = best(ruled(priced(one, told, price), told.offer, f"at_least: {lot}"))
                assert (with_it is None or is_worse(with_it, without, signs)) == worse, (told, price)


def best(one: gpuplan.Instance) -> list[Decimal] | None:
    """What the levels come to; None where there is no plan."""
    plan = gpuplan.solve(one, gap=0, explain_seconds=0, threads=1).plan
    return None if plan is None else [level.value for level in plan.levels]


def is_worse(one: Sequence[Decimal], other: Sequence[Decimal], signs: Sequence[int]) -> bool:
    """Whether the first level that differs is worse."""
    for mine, yours, sign in zip(one, other, signs, strict=True):
        if abs(mine - yours) > Decimal("1e-8") * max(abs(mine), abs(yours), Decimal(1)):
            return sign * (mine - yours) > 0
    return False


def ruled(one: gpuplan.Instance, name: str, bound: str) -> gpuplan.Instance:
    rule = f"{{measure: systems, stage: signed, select: {{offer: {name}}}, {bound}}}"
    return one.edited([f"limits.zz insert {rule}"])


def priced(one: gpuplan.Instance, told: EntryPrice, price: Decimal) -> gpuplan.Instance:
    first = "prices[0].price" if one.offers[told.offer].prices else "price"
    path = f"offers.{told.offer}.{first if told.per == 'system' else 'price_per_month'}"
    figure = next(each for each in figures(one) if each.path == path)
    edits = figure.edits(price - told.price)
    return one.edited(edits) if edits else one
