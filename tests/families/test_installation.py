"""Installation: what waits, for what, and what it is charged meanwhile. One system draws 10 kW from the grid."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.ledger.decisions import InstalledLine
from gpuplan.plan.plan import Plan
from support.answers import plan_of, terms_of
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, target


def early(**over: object) -> Tree:
    """Systems that can be signed for on 1 January only, at once, and are wanted by the end of March; 0.01 a kWh."""
    chain = {**UNLIMITED, "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1}}}
    base = case(
        systems={"s": POWERED},
        offers={"o": {"order_until": "2025-01-31"}},
        sites={"a": {"capacity": chain, "tariff": {"energy_price_per_kwh": 0.01}}},
        limits={"t": target(2)},
    )
    return merged(base, over)


def installed(plan: Plan) -> list[tuple[str, int]]:
    """(day, systems installed by then)."""
    return [(str(line.day), line.units) for line in plan.decisions.installed]


def protected(amount: object) -> Tree:
    """A site with so much protected power."""
    return {"a": {"capacity": {"protected-power": {"amount": amount, "needs": {"grid-power": 1}}}}}


def test_what_is_delivered_is_installed_on_its_day() -> None:
    """Proves it: two systems draw 20 kW for the 90 days from 1 January: 432. If they could wait for the day on which
    the target is looked at, one day would be paid for: 4.8."""
    plan = plan_of(early())
    assert installed(plan) == [("2025-01-01", 2)]
    assert plan.cost.terms["energy"].amount == 432
    (order,) = plan.orders
    assert (order.installed, order.usable, order.waiting, order.waiting_days) == (date(2025, 1, 1),) * 2 + (0, 0)
    assert plan.cost.waiting == 0


def test_it_waits_for_power_that_is_stated_for_later_and_is_charged_from_then() -> None:
    """Proves the static day: with power from 10 February, 50 days x 24 h x 20 kW x 0.01 = 240, and 40 days of waiting
    each. Had it been charged from its delivery, 432."""
    plan = plan_of(early(sites=protected([{"from": "2025-02-10", "amount": 20}])))
    assert installed(plan) == [("2025-02-10", 2)]
    assert plan.cost.terms["energy"].amount == 240
    assert [(one.waiting, one.waiting_days, str(one.usable)) for one in plan.orders] == [(2, 80, "2025-02-10")]
    assert plan.cost.waiting == 0


def test_what_waits_for_room_is_charged_as_if_it_ran() -> None:
    """Proves the charge: of two systems one has room on 1 January, the other once a UPS of 10 kW is there on 10
    February. Both are charged for 90 days, 432, of which 40 days of one, 96, are for waiting."""
    tree = early(
        modules={"ups": {"provides": {"protected-power": {"amount": 10, "needs": {"grid-power": 1}}}, "lead_days": 40}},
        sites=protected(10),
    )
    tree["sites"]["a"]["modules"] = {"ups": {}}
    tree["modules"]["ups"]["order_until"] = "2025-01-31"
    plan = plan_of(tree)
    assert installed(plan) == [("2025-01-01", 1), ("2025-02-10", 2)]
    assert (plan.cost.terms["energy"].amount, plan.cost.waiting) == (432, 96)
    assert [(one.waiting, one.waiting_days, str(one.installed)) for one in plan.orders] == [(1, 40, "2025-02-10")]


@pytest.mark.parametrize(("rate", "months"), [(0.9, {3}), (1.1, {1, 2})])
def test_nothing_is_gained_by_ordering_what_it_waits_for_later(rate: float, months: set[int]) -> None:
    """Proves it for a UPS of 10 euros: it is ordered in March where the euro falls by a tenth then, and before where it
    rises, the systems being charged 432 either way. If broken, it is March both times, since 283.2 of energy are saved
    by it."""
    ups = {"provides": {"protected-power": {"amount": 20, "needs": {"grid-power": 1}}}, "price": 10, "currency": "EUR"}
    tree = early(
        economics={
            "currency": "USD",
            "exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 1}, {"from": "2025-03-01", "rate": rate}]},
        },
        modules={"ups": {**ups, "lead_days": 0}},
        sites={"a": {**protected(0)["a"], "modules": {"ups": {}}}},
    )
    plan = plan_of(tree)
    assert {line.signed.month for line in plan.decisions.modules} <= months
    assert plan.cost.terms["energy"].amount == 432


def test_some_of_a_lot_may_never_be_installed_and_no_plan_buys_such_without_need() -> None:
    """Proves both: of a lot of four with room for two, two are never installed; without lots two are bought, though
    further ones would cost nothing."""
    tree = early(sites=protected(20), offers={"o": {"lot_units": 4, "max_units": 8}})
    plan = plan_of(tree)
    assert [(one.units, one.never_installed, one.installed) for one in plan.orders] == [(4, 2, None)]
    assert installed(plan) == [("2025-01-01", 2)]
    tree = early(sites=protected(20), offers={"o": {"price": 0, "max_units": 8}})
    assert sum(one.units for one in plan_of(tree).orders) == 2


def test_it_waits_for_a_rule_that_allows_no_more_and_no_longer() -> None:
    """Proves it: one may be usable on 20 February, two are wanted by the end: the second is installed on the 21st."""
    tree = early(limits={"few": {"measure": "systems", "at_most": 1, "by": "2025-02-20"}})
    assert installed(plan_of(tree)) == [("2025-01-01", 1), ("2025-02-21", 2)]


def test_it_waits_for_its_site_and_its_own_days() -> None:
    """Proves the days of a lot: 10 of lead, 4 of shipping, 3 of installation, 5 of acceptance: installed on the 18th,
    usable on the 23rd; and at a site that opens on 1 February then."""
    days = {"lead_days": 10, "shipping_days": 4, "installation_days": 3, "acceptance_days": 5}
    plan = plan_of(early(offers={"o": days}))
    assert installed(plan) == [("2025-01-18", 2)]
    assert [(str(one.delivered), str(one.installed), str(one.usable)) for one in plan.orders] == [
        ("2025-01-15", "2025-01-18", "2025-01-23")
    ]
    later = plan_of(early(offers={"o": days}, sites={"a": {"opens": "2025-02-01"}}))
    assert installed(later) == [("2025-02-01", 2)]
    assert [(step.event, str(step.day)) for step in later.critical_path][-2:] == [
        ("install", "2025-02-01"),
        ("accept", "2025-02-06"),
    ]


def test_systems_that_are_installed_when_needed_wait_and_the_plan_says_what_that_saves() -> None:
    """Proves `installation: when-needed`: of 90 days only March is charged, 31 days x 4.8 = 148.8."""
    plan = plan_of(early(installation="when-needed"))
    assert installed(plan) == [("2025-03-31", 2)]
    assert plan.cost.terms["energy"].amount == Decimal("148.8")
    assert [(one.waiting, one.waiting_days) for one in plan.orders] == [(2, 178)]
    assert plan.cost.waiting > 0


@pytest.mark.parametrize("day", ["2025-01-02", "2025-01-31", "2025-03-31"])
def test_the_audit_finds_what_waits_without_cause(day: str) -> None:
    """Proves the reading: the same plan with its systems installed later, figures told anew, is no plan."""
    instance = made(early())
    plan = plan_of(early())
    lines = (InstalledLine(offer="o", site="a", day=date.fromisoformat(day), units=2),)
    late = plan.model_copy(update={"decisions": plan.decisions.model_copy(update={"installed": lines})})
    assert any("waits at a although there is room: 2 systems" in one for one in gpuplan.audit(instance, late))


def test_support_runs_from_the_day_on_which_a_system_could_stand() -> None:
    """Proves it: 36.5 a year on each of two, from 22 January on for 69 days: 2 x 36.5 x 69 / 365 = 13.8."""
    tree = early(offers={"o": {"lead_days": 21, "price": 365, "support_rate_per_year": 0.1}})
    assert terms_of(tree)["support"] == Decimal("13.8")
