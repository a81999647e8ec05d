"""Re-planning: what is committed stays, before the calendar and in it, or is cancelled for a fee."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.schema import Instance
from gpuplan.plan.plan import Plan
from support.answers import cost_of, days_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target
from support.random_instances import seeded

PAST = "2024-11-10"


def signed(units: int = 1, day: str = PAST, **over: Any) -> Tree:
    """A commitment of offer o for site a."""
    return {"orders": {"c": {"offer": "o", "site": "a", "signed": day, "units": units, **over}}}


def test_what_is_signed_stays_though_something_cheaper_has_come() -> None:
    """Proves commitments: one of o at 100 is signed, so of two systems only one can be p at 60: 160, not 120."""
    tree = case(offers={"p": offer(price=60)}, committed=signed(), limits={"t": target(2)})
    plan = plan_of(tree)
    assert units_of(plan) == {"o": 1, "p": 1}
    assert plan.cost.amount == 160
    assert plan.decisions.orders[0].signed == date(2024, 11, 10)


def test_a_commitment_of_before_the_calendar_counts_in_tiers_and_supply() -> None:
    """Proves that it is an order like any other: with one signed, the second reaches the tier of 60 for both: 120.

    And it uses up the maximum: 3 at most are 2 more, so 4 are out of reach.
    """
    tiers = {"o": {"tiers": [{"from_units": 2, "price": 60}]}}
    assert cost_of(case(offers=tiers, committed=signed(), limits={"t": target(2)})) == 120
    assert is_infeasible(case(committed=signed(), limits={"t": target(4)}))


def test_no_rule_on_signing_binds_what_was_signed_before_the_calendar() -> None:
    """Proves the exemption: window, tender and deadline would each deny a signing; the lot of November stands anyway.

    One more cannot be signed: the window is closed.
    """
    closed = {"o": {"order_from": "2024-12-01", "order_until": "2024-12-31", "award_days": 40}}
    rules = {"deadlines": {"d": {"by": "2024-10-31"}}}
    assert units_of(plan_of(case(offers=closed, committed=signed(), **rules, limits={"t": target(1)}))) == {"o": 1}
    assert is_infeasible(case(offers=closed, committed=signed(), **rules, limits={"t": target(2)}))


def test_a_lot_keeps_its_days_across_the_start_of_the_calendar() -> None:
    """Proves lead: signed on 10 November with 70 days, it arrives on 19 January: usable by then, not on the 18th."""
    late = {"o": {"lead_days": 70, "order_until": "2024-12-31"}}
    assert units_of(plan_of(case(offers=late, committed=signed(), limits={"t": target(1, by="2025-01-19")}))) == {
        "o": 1
    }
    assert is_infeasible(case(offers=late, committed=signed(), limits={"t": target(1, by="2025-01-18")}))


def test_what_shipped_before_the_calendar_is_bound_by_no_monthly_rate() -> None:
    """Proves supply: three of November stand although the quote supplies one a month from January on.

    One more in January makes four; five by the end of January are out of reach.
    """
    rated = {"o": {"max_units": 9, "supply": [{"from": "2025-01-01", "units_per_month": 1}]}}
    assert units_of(plan_of(case(offers=rated, committed=signed(3), limits={"t": target(4, by="2025-01-31")}))) == {
        "o": 4
    }
    assert is_infeasible(case(offers=rated, committed=signed(3), limits={"t": target(5, by="2025-01-31")}))


def test_a_target_that_commitments_reach_is_not_remarked_on() -> None:
    """Proves that the remark on unreachable targets counts what is committed, though the window is closed."""
    closed = {"o": {"order_until": "2024-12-31"}}
    tree = case(offers=closed, committed=signed(2), limits={"t": target(2)})
    assert [one.path for one in gpuplan.check(made(tree))] == []
    tree["limits"]["t"]["at_least"] = 3
    assert [one.path for one in gpuplan.check(made(tree))] == ["limits.t.at_least"]


def test_a_commitment_in_the_calendar_is_a_floor() -> None:
    """Proves the other kind: two are signed for 1 February; a third may come on the same day or another."""
    plan = plan_of(case(committed=signed(2, "2025-02-01"), limits={"t": target(3)}))
    there = {line.signed.month: line.units for line in plan.decisions.orders}
    assert there[2] >= 2
    assert sum(there.values()) == 3


def test_cancelling_costs_its_fee_and_nothing_else() -> None:
    """Proves cancellation: 2 of o at 100 are signed; p costs 60. A fee of 30 makes p 90, so both are cancelled: 180.

    With a fee of 45 % of the price they stay: 200. Cancelled units leave tiers and capacity as well.
    """
    offers = {"p": offer(price=60)}
    tree = case(offers=offers, committed=signed(2, cancel_fee=30), limits={"t": target(2)})
    assert terms_of(tree) == {"purchase": 120, "cancellation": 60}
    assert cost_of(case(offers=offers, committed=signed(2, cancel_fee_share=0.45), limits={"t": target(2)})) == 200
    fee = case(offers=offers, committed=signed(2, cancel_fee=10, cancel_fee_share=0.15), limits={"t": target(2)})
    assert terms_of(fee) == {"purchase": 120, "cancellation": 50}


def test_a_fee_is_in_the_currency_of_the_price_on_the_first_day() -> None:
    """Proves the rate: 10 EUR at 1.5 on 1 January; nothing is needed, so the one system is cancelled: 15."""
    tree = case(
        economics={"exchange_rates": {"EUR": [{"from": "2024-01-01", "rate": 2}, {"from": "2025-01-01", "rate": 1.5}]}},
        offers={"o": {"currency": "EUR"}},
        committed=signed(cancel_fee=10),
    )
    assert terms_of(tree) == {"cancellation": 15}


def test_units_are_cancelled_one_by_one() -> None:
    """Proves that part of a commitment may go: of 3 at 100 with a fee of 0, one is needed: 100."""
    tree = case(committed=signed(3, cancel_fee=0), limits={"t": target(1)})
    assert units_of(plan_of(tree)) == {"o": 1}


def test_systems_that_stand_go_on_standing() -> None:
    """Proves `installed`: standing since 20 January, the system draws 10 kW at 0.01 on 71 days: 170.4.

    Where it is not stated since when it stands, it can be installed on 1 January: 90 days, 216.
    """
    site = {
        "capacity": {**UNLIMITED, "protected-power": {"amount": 99, "needs": {"grid-power": 1}}},
        "tariff": {"energy_price_per_kwh": 0.01},
    }
    tree = case(systems={"s": POWERED}, sites={"a": site}, committed=signed(installed="2025-01-20"))
    assert terms_of(tree) == {"purchase": 100, "energy": Decimal("170.4")}
    del tree["committed"]["orders"]["c"]["installed"]
    assert terms_of(tree) == {"purchase": 100, "energy": 216}


def test_modules_and_openings_are_committed_too() -> None:
    """Proves them: a UPS of November at 11 and a site decided in December at 40 are paid though nothing stands.

    Its second UPS cannot be ordered any more, and a permit that it came after is not asked for.
    """
    tree = case(
        systems={"s": POWERED},
        modules={
            "permit": {"lead_days": 200},
            "ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 0, "after": ["permit"]},
        },
        sites={
            "a": {
                "capacity": UNLIMITED,
                "modules": {"ups": {"max_units": 2}, "permit": {}},
                "opening_cost": 40,
                "build_days": 60,
            }
        },
        committed={
            "modules": {"m": {"module": "ups", "site": "a", "signed": "2024-11-20"}},
            "openings": {"s": {"site": "a", "decided": "2024-12-01"}},
        },
    )
    assert terms_of(tree) == {"modules": 11, "opening": 40}
    assert cost_of(merged(tree, {"limits": {"t": target(1, by="2025-01-30")}})) == 151
    assert is_infeasible(merged(tree, {"limits": {"t": target(2)}}))


def test_a_module_may_be_cancelled_for_a_fee() -> None:
    """Proves modules: a UPS at 11 with a fee of 4 is cancelled when nothing needs it."""
    tree = case(
        systems={"s": POWERED},
        modules={"ups": {"provides": {"protected-power": 12}, "price": 11, "lead_days": 0}},
        sites={"a": {"capacity": UNLIMITED, "modules": {"ups": {"max_units": 2}}}},
        committed={"modules": {"m": {"module": "ups", "site": "a", "signed": PAST, "cancel_fee": 4}}},
    )
    assert terms_of(tree) == {"cancellation": 4}


def test_a_commitment_that_cannot_be_kept_is_named() -> None:
    """Proves the diagnosis: three of November and a supply of two in all clash by themselves."""
    tree = case(offers={"o": {"max_units": 2}}, committed=signed(3))
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.status == "infeasible"
    assert outcome.conflict is not None
    assert {clash.path for clash in outcome.conflict.members} == {"committed.orders.c", "offers.o"}
    assert any("3 systems of o are signed for a on 2024-11-10" in clash.says for clash in outcome.conflict.members)


@pytest.mark.parametrize(
    ("committed", "said"),
    [
        (signed(day="2025-01-15"), "is in the calendar and no first day of a period"),
        (signed(day="2025-02-01", cancel_fee=1), "so it cannot be cancelled on 2025-01-01"),
        (signed(installed="2024-12-01", cancel_fee=1), "what stands cannot be cancelled"),
        (signed(installed="2024-11-09"), "can be installed on 2024-11-10 at the soonest"),
        (signed(offer="q"), "there is no offer 'q'"),
        (signed(site="b"), "offer o is not for site b"),
        ({"modules": {"m": {"module": "ups", "site": "a", "signed": PAST}}}, "site a does not list it"),
        ({"openings": {"s": {"site": "a", "decided": PAST}}}, "site a costs nothing to open"),
        ({"orders": {**signed()["orders"], "d": signed()["orders"]["c"]}}, "committed twice on this day"),
    ],
)
def test_commitments_that_no_order_could_be_are_refused(committed: Tree, said: str) -> None:
    """Proves the checks, each with a way out."""
    tree = case(
        sites={"b": {}},
        offers={"o": {"sites": ["a"]}},
        modules={"ups": {"provides": {"protected-power": 1}, "lead_days": 0}},
        committed=committed,
    )
    with pytest.raises(InvalidInput, match=said):
        made(tree)


def solved(instance: Instance) -> Plan | None:
    """The best plan of an instance, proven; None when there is none."""
    return gpuplan.solve(instance, gap=0, explain_seconds=0).plan


@pytest.mark.parametrize("seed", range(16))
def test_planning_again_changes_nothing_and_half_committed_never_costs_less(seed: int) -> None:
    """Proves re-planning: with everything committed the plan decides the same, with half of it no level is better.

    On random instances; those without a plan prove nothing, and most have one.
    """
    instance = made({**seeded(seed), "objective": [{"minimise": "cost"}]})
    free = solved(instance)
    if free is None:
        return
    again = solved(gpuplan.commit(instance, free))
    assert again is not None
    assert gpuplan.changes(free, again).decisions == ()
    assert abs(again.cost.discounted - free.cost.discounted) <= 1
    first = instance.calendar.start
    half = solved(gpuplan.commit(instance, free, until=first))
    assert half is not None
    worse = [one.value - other.value for one, other in zip(half.levels, free.levels, strict=True)]
    assert next((difference > 0 for difference in worse if abs(difference) > 1e-4), True)


def test_a_poor_half_costs_more_than_the_free_plan() -> None:
    """Proves that commitments bind: o at 100 is signed before p at 60 is known; the free plan costs 120."""
    tree = case(offers={"p": offer(price=60)}, limits={"t": target(2)})
    free = plan_of(tree)
    tied = plan_of(merged(tree, {"committed": signed(1, "2025-01-01")}))
    assert (free.cost.amount, tied.cost.amount) == (120, 160)


# What is signed keeps what was agreed


def agreed(tree: Tree, edits: list[str], until: str = "2025-01-31") -> Instance:
    """What the best plan signs by a day, committed, and the world edited after it."""
    instance = made(tree)
    plan = solved(instance)
    assert plan is not None
    return gpuplan.commit(instance, plan, date.fromisoformat(until)).edited(edits)


def ten() -> Tree:
    """Ten systems by 15 April: `o` at 100, three a month, three of which by the end of January; `p` at 110."""
    offers = {"o": {"max_units": 100, "supply": [{"from": "2025-01-01", "units_per_month": 3}]}}
    limits = {"t": target(10, by="2025-04-15"), "first": target(3, by="2025-01-31")}
    calendar = {"periods": 6}
    return case(calendar=calendar, offers={**offers, "p": offer(price=110, max_units=100)}, limits=limits)


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([], 1000),
        (["offers.o.price = 130", "offers.p.price = 95"], 3 * 100 + 7 * 95),
        (["offers.o remove", "offers.p.price = 95"], 3 * 100 + 7 * 95),
        (["offers.o.price = 90"], 3 * 100 + 7 * 90),
        (["offers.o.fee = 40"], 3 * 100 + 7 * 110 + 0),
        (["offers.o.system = u", "offers.p.price = 95"], 3 * 100 + 7 * 95),
        (["offers.o.lead_days += 5"], 1000),
    ],
)
def test_what_is_signed_keeps_its_price(edits: list[str], expected: int) -> None:
    """Proves the price: three at 100 are signed in January, and only what is signed later follows the new quotes.

    With `o` at 130 and `p` at 95 three and seven are 965; so they are when `o` is withdrawn or sells another system.
    With `o` at 90 seven are 630. With a fee of 40 from now on seven of `p` are 770 and seven of `o` 740 would do:
    three a month of `o` come in February, March and April, 700 and the fee. If broken, the signed are priced anew.
    """
    fee = 40 if edits == ["offers.o.fee = 40"] else 0
    most = min(expected, 3 * 100 + 7 * 100 + fee) if fee else expected
    instance = agreed(merged(ten(), {"systems": {"u": {"accelerators": 1}}}), edits)
    plan = solved(instance)
    assert plan is not None
    assert plan.cost.amount == most
    assert gpuplan.audit(instance, plan) == []
    january = [line for line in plan.decisions.orders if line.signed == date(2025, 1, 1)]
    assert [line.units for line in january] == [3]


def test_what_was_signed_counts_in_the_supply_of_its_offer() -> None:
    """Proves one supply: of five that `o` has three are signed, so at most two more come at 90; the rest is `p`'s.

    Three at 100, two at 90 and five at 110: 1,030. If broken, five at 90 are had, and it is 1,000 at most.
    """
    tree = merged(ten(), {"offers": {"o": {"max_units": 5}}})
    plan = solved(agreed(tree, ["offers.o.price = 90"]))
    assert plan is not None
    assert plan.cost.amount == 3 * 100 + 2 * 90 + 5 * 110


def test_an_unchanged_quote_goes_on_counting_in_its_tiers() -> None:
    """Proves tiers: from four on a system is 90. Three are signed at 100; with the quote as it was four more make all
    seven 90, and with another first price the three stay at 100 and the four more are 90: 630 and 660."""
    tiers = {"o": {"max_units": 100, "tiers": [{"from_units": 4, "price": 90}]}}
    tree = case(offers=tiers, limits={"t": target(3, by="2025-01-31")})
    more = "limits.more insert {measure: systems, at_least: 7}"
    for edits, expected in (([more], 630), ([more, "offers.o.price = 101"], 660)):
        plan = solved(agreed(tree, edits))
        assert plan is not None
        assert plan.cost.amount == expected


def test_nothing_more_is_signed_on_a_day_that_is_over() -> None:
    """Proves `until`: one by the end of January is signed, and two by then are wanted later: there is no plan, although
    one more could be signed on 1 January; by the end of February there is."""
    tree = case(limits={"t": target(1, by="2025-01-31")})
    late = agreed(tree, ["limits.t.at_least = 2"])
    assert gpuplan.solve(late, gap=0).status == "infeasible"
    plan = solved(late.edited(["limits.t.by = 2025-02-28"]))
    assert plan is not None
    assert days_of(plan) == {date(2025, 1, 1), date(2025, 2, 1)}


def test_a_plan_that_signs_more_on_a_day_that_is_over_breaks_a_rule() -> None:
    """Proves the audit: one more of the offer, of a module and an opening on 1 January, which is over."""
    tree = case(
        sites={"a": {"opening_cost": 5, "modules": {"m": {}}}},
        modules={"m": {"provides": {"grid-power": 1}, "lead_days": 0, "price": 3}},
        limits={"t": target(1, by="2025-01-31")},
    )
    instance = made(tree)
    plan = solved(instance)
    assert plan is not None
    over = instance.edited(["committed.until = 2025-01-31"])
    broken = {one.path for one in gpuplan.explain_plan(over, plan)}
    assert {"offers.o", "sites.a"} <= broken


def test_a_module_keeps_its_price() -> None:
    """Proves modules: one of 30 is ordered in January for the first system, and its price rises to 50: with a second
    system a second one is wanted, and 2 x 100 + 30 + 50 are 280. If broken, 300."""
    tree = case(
        systems={"s": {"accelerators": 8, "needs": {"heat": 1}}},
        resources={"heat": {"unit": "kW"}},
        modules={"m": {"provides": {"heat": 1}, "lead_days": 0, "price": 30}},
        sites={"a": {"modules": {"m": {}}}},
        limits={"t": target(1, by="2025-01-31")},
    )
    instance = agreed(tree, ["modules.m.price = 50", "limits.two insert {measure: systems, at_least: 2}"])
    plan = solved(instance)
    assert plan is not None
    assert plan.cost.amount == 280
    assert gpuplan.audit(instance, plan) == []


def test_cancelling_refunds_by_the_quote_that_was_signed() -> None:
    """Proves the fee: half of what was agreed, 100, and not of the 300 that the offer says now; nothing is wanted."""
    instance = agreed(case(limits={"t": target(1, by="2025-01-31")}), ["offers.o.price = 300", "limits.t remove"])
    plan = solved(instance.edited(["committed.orders[*].cancel_fee_share = 0.5"]))
    assert plan is not None
    assert plan.cost.amount == 50


def changes_nothing(seed: int) -> None:
    """Proves quotes on a random instance: whatever of the best plan is committed, it stays the best; and when every
    price is half as high again, what was signed is an order under its own quote."""
    instance = made({**seeded(seed), "objective": [{"minimise": "cost"}]})
    free = solved(instance)
    if free is None:
        return
    for until in (instance.calendar.start, instance.calendar.all_periods[1].first, None):
        tied = gpuplan.commit(instance, free, until=until)
        again = solved(tied)
        assert again is not None
        assert abs(again.levels[0].reached - free.levels[0].reached) <= Decimal("1e-6") * max(1, abs(free.cost.amount))
        dearer = tied.edited(["offers[*].price *= 1.5"])
        plan = solved(dearer)
        if plan is None:
            continue
        assert gpuplan.audit(dearer, plan) == []
        for line in plan.decisions.orders:
            offered = dearer.offer_of(line.offer)
            is_signed = until is None or line.signed <= until
            assert (line.offer != offered) == (is_signed and instance.offers[offered].price_on(line.signed) > 0)


@pytest.mark.parametrize("seed", range(40))
def test_a_commitment_changes_nothing_until_the_world_does(seed: int) -> None:
    """See `changes_nothing`. If broken, two bests of the same world differ."""
    changes_nothing(seed)


@pytest.mark.long
def test_a_commitment_changes_nothing_on_many_instances() -> None:
    """See `changes_nothing`. Seeds 316, 398, 533 and 586 did not, in four ways."""
    for seed in range(40, 1000):
        changes_nothing(seed)
