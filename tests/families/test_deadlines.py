"""Deadlines: nothing selected is signed, shipped or usable after a day."""

from __future__ import annotations

from datetime import date

from support.answers import cost_of, days_of, is_infeasible, plan_of
from support.builders import POWERED, UNLIMITED, case, offer, target


def test_nothing_is_signed_after_a_contract_deadline() -> None:
    """Proves stage signed: one a month from January to March, so that by 28 February two can be signed, not three."""
    offers = {"o": {"supply": [{"from": "2025-01-01", "units_per_month": 1}]}}
    rule = {"d": {"by": "2025-02-28"}}
    assert days_of(plan_of(case(offers=offers, deadlines=rule, limits={"t": target(2)}))) == {
        date(2025, 1, 1),
        date(2025, 2, 1),
    }
    assert is_infeasible(case(offers=offers, deadlines=rule, limits={"t": target(3)}))


def test_the_day_of_the_deadline_itself_is_in_time() -> None:
    """Proves the boundary: signed on 1 February holds for 1 February, and not for 31 January when January is closed."""
    offers = {"o": {"order_from": "2025-02-01"}}
    assert not is_infeasible(case(offers=offers, deadlines={"d": {"by": "2025-02-01"}}, limits={"t": target(1)}))
    assert is_infeasible(case(offers=offers, deadlines={"d": {"by": "2025-01-31"}}, limits={"t": target(1)}))


def test_a_shipping_deadline_looks_at_the_lead() -> None:
    """Proves stage shipped: a lead of 31 days ships on 1 February; by 31 January is too late, by 1 February is not."""
    offers = {"o": {"lead_days": 31}}
    for by, holds in (("2025-02-01", True), ("2025-01-31", False)):
        rule = {"d": {"by": by, "stage": "shipped"}}
        assert is_infeasible(case(offers=offers, deadlines=rule, limits={"t": target(1)})) is not holds


def test_a_deadline_on_use_counts_acceptance() -> None:
    """Proves stage usable: 31 days of acceptance from 1 January end on 1 February.

    By then one is usable; by 31 January none, and none later either. Forgetting acceptance, both hold.
    """
    offers = {"o": {"acceptance_days": 31}}
    for by, holds in (("2025-02-01", True), ("2025-01-31", False)):
        rule = {"d": {"by": by, "stage": "usable"}}
        assert is_infeasible(case(offers=offers, deadlines=rule, limits={"t": target(1)})) is not holds


def test_only_what_is_selected_and_not_excluded_is_bound() -> None:
    """Proves selections: from March on o (100) is too late and p (130) left out; the other way round, o is."""
    late = {"order_from": "2025-03-01"}
    offers = {"o": late, "p": offer(price=130, **late)}
    rule = {"by": "2025-02-28", "select": {"vendor": "v"}, "exclude": {"offer": "p"}}
    assert cost_of(case(offers=offers, deadlines={"d": rule}, limits={"t": target(1)})) == 130
    rule = {"by": "2025-02-28", "select": {"offer": ["o", "p"]}, "exclude": {"offer": "o"}}
    assert cost_of(case(offers=offers, deadlines={"d": rule}, limits={"t": target(1)})) == 100


def test_modules_can_have_a_deadline_of_their_own() -> None:
    """Proves `applies_to`: modules by 31 January only, systems whenever: one of each is 107, the module in January.

    With modules that can be ordered from February on only, infeasible.
    """
    ups = {"provides": {"protected-power": 10}, "lead_days": 0, "price": 7}
    site = {"a": {"capacity": UNLIMITED, "modules": {"ups": {"max_units": 1}}}}
    rule = {"d": {"by": "2025-01-31", "applies_to": "modules"}}
    base = {"systems": {"s": POWERED}, "sites": site, "deadlines": rule, "limits": {"t": target(1)}}
    plan = plan_of(case(**base, modules={"ups": ups}))
    assert plan.cost.discounted == 107
    assert [line.signed for line in plan.decisions.modules] == [date(2025, 1, 1)]
    assert is_infeasible(case(**base, modules={"ups": {**ups, "order_from": "2025-02-01"}}))
