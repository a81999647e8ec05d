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
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
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
