"""Days of signing: the first of each period on which an offer can be signed for a site."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.plan.commitment import with_commitments
from support.answers import cost_of, days_of, is_infeasible, plan_of
from support.builders import REMOVED, Tree, case, made, merged, offer, target

ONE_MONTH = {"periods": 1}
MARCH = {"order_from": "2025-03-02", "order_until": "2025-03-31"}
REGIME: Tree = {
    "citation": "a made-up rule",
    "effective": "2025-01-01",
    "classes": [{"name": "any", "any_of": [{}]}],
    "cells": [{"ruling": {"outcome": "denied"}, "until": "2025-01-14"}, {"ruling": {"outcome": "free"}}],
}


def controlled(rules: Tree, **over: object) -> Tree:
    """One accelerator under a regime; two months."""
    return case(
        calendar={"periods": 2},
        accelerators={"x": {"tpp": 1600}},
        systems={"s": {"accelerator": "x"}},
        sites={"a": {"country": "KR"}},
        export={"buyer": {"headquarters": "KR"}, "regimes": {"r": rules}},
        vendors={"v": {"country": "KR"}},
        **over,
    )


def days(tree: Tree, offer_id: str = "o", site: str = "a") -> list[str]:
    """The day of signing of each period."""
    return [str(day) for day in made(tree).signing_days[offer_id, site]]


def test_a_quote_that_is_valid_within_a_month_can_be_signed() -> None:
    """Proves 2 to 31 March: signed on 2 March for 100, usable on the 22nd by a lead of 20 days; with 30 days it is
    1 April, too late. If only first days counted, there would be no plan at all."""
    tree = case(offers={"o": {**MARCH, "lead_days": 20}}, limits={"t": target(1)})
    plan = plan_of(tree)
    assert (plan.cost.discounted, days_of(plan)) == (100, {date(2025, 3, 2)})
    assert plan.orders[0].ready == date(2025, 3, 22)
    assert is_infeasible(merged(tree, {"offers": {"o": {"lead_days": 30}}}))


def test_the_first_day_is_kept_where_it_will_do() -> None:
    """Proves that nothing moves without need: a window from 1 January to 20 February, and one that is over."""
    assert days(case(offers={"o": {"order_from": "2025-01-01", "order_until": "2025-02-20"}})) == [
        "2025-01-01",
        "2025-02-01",
        "2025-03-01",
    ]
    assert days(case(offers={"o": {"order_from": "2024-10-01", "order_until": "2024-11-30"}}))[0] == "2025-01-01"


def test_a_quarter_has_one_day_of_signing_too() -> None:
    """Proves quarters: a window from 10 February on; the first quarter's day is that, the second's 1 April."""
    tree = case(calendar={"period": "quarter", "periods": 2}, offers={"o": {"order_from": "2025-02-10"}})
    assert days(tree) == ["2025-02-10", "2025-04-01"]


def test_a_price_that_begins_within_a_period_is_signed_at() -> None:
    """Proves steps: none before 10 January, so January's day is the 10th. A step of 20 January that is cheaper than one
    that holds on the 10th is not waited for: January pays 100, February 60."""
    prices = [{"from": "2025-01-10", "price": 100}, {"from": "2025-01-20", "price": 60}]
    tree = case(offers={"o": {"price": REMOVED, "prices": prices}}, limits={"t": target(1, by="2025-01-31")})
    assert days(tree)[:2] == ["2025-01-10", "2025-02-01"]
    assert cost_of(tree) == 100
    assert cost_of(merged(tree, {"limits": {"t": {"by": "2025-02-28"}}})) == 60


def test_a_gap_between_two_prices_is_waited_out() -> None:
    """Proves that the whole quote counts: 100 to 31 January, 80 from 12 February; February's day is the 12th."""
    prices = [{"from": "2025-01-01", "until": "2025-01-31", "price": 100}, {"from": "2025-02-12", "price": 80}]
    assert days(case(offers={"o": {"price": REMOVED, "prices": prices}})) == ["2025-01-01", "2025-02-12", "2025-03-01"]


def test_a_tender_that_ends_within_a_period_is_signed_in_the_next() -> None:
    """Proves award days: 20 days from New Year on end on 21 January, so that 1 February is the first day of signing;
    one that ends on the day on which the window opens, or before it, puts off nothing."""
    tree = case(offers={"o": {"award_days": 20}}, limits={"t": target(1)})
    assert days(tree) == ["2025-01-01", "2025-02-01", "2025-03-01"]
    assert is_infeasible(merged(tree, {"limits": {"t": {"by": "2025-01-31"}}}))
    window = {"order_from": "2025-01-21", "award_days": 20}
    assert days(case(offers={"o": window}))[0] == "2025-01-21"
    assert days(case(offers={"o": {**window, "award_days": 21}}))[0] == "2025-01-01"
    assert is_infeasible(case(offers={"o": {**window, "award_days": 21}}, limits={"t": target(1, by="2025-01-31")}))


def test_the_latest_of_several_beginnings_counts() -> None:
    """Proves that window and price must both have begun: the 6th and the 17th."""
    prices = [{"from": "2025-01-17", "price": 100}]
    quote = {"price": REMOVED, "prices": prices, "order_from": "2025-01-06"}
    assert days(case(offers={"o": quote}))[0] == "2025-01-17"
    assert days(case(offers={"o": {**quote, "order_from": "2025-01-21"}}))[0] == "2025-01-21"
    # When the window closes before the price begins, the month has no day, and the first stands for it.
    assert days(case(offers={"o": {**quote, "order_until": "2025-01-16"}}))[0] == "2025-01-01"


def test_export_control_that_lets_go_within_a_period_is_waited_for() -> None:
    """Proves regimes: all denied to 14 January, so it is signed on the 15th; read on signing and on shipping, a rule
    that denies from 15 to 31 January lets what ships on 1 February be signed, after a lead of 20 days, on the 12th."""
    tree = controlled(REGIME, limits={"t": target(1, by="2025-01-31")})
    assert days(tree) == ["2025-01-15", "2025-02-01"]
    assert days_of(plan_of(tree)) == {date(2025, 1, 15)}
    denied = {"ruling": {"outcome": "denied"}, "from": "2025-01-15", "until": "2025-01-31"}
    later = controlled({**REGIME, "cells": [denied, {"ruling": {"outcome": "free"}}]}, offers={"o": {"lead_days": 20}})
    assert days(later) == ["2025-01-12", "2025-02-01"]


def test_export_control_alone_is_named_where_it_alone_forbids() -> None:
    """Proves the day where all are denied: that of the window, so that without the rule the plan is there. If it were
    the first of the month, the window, which is no reason, would be named beside it."""
    rules = {**REGIME, "cells": [{"ruling": {"outcome": "denied"}}]}
    tree = controlled(
        rules, offers={"o": {"order_from": "2025-01-15", "order_until": "2025-01-31"}}, limits={"t": target(1)}
    )
    assert days(tree) == ["2025-01-15", "2025-02-01"]
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.conflict is not None
    named = {clash.path for clash in outcome.conflict.members}
    assert "export.regimes.r" in named
    assert "offers.o" not in named


def test_a_licence_counts_for_the_day_of_shipping_too() -> None:
    """Proves delays: denied from 8 to 21 January, and a licence of 10 days puts shipping off. Signed on 1 January it
    would ship on the 11th, so it is signed on the 22nd; were it denied from the 13th only, on 1 January; were it denied
    from the 11th to the 13th, on the 4th, to ship on the 14th."""
    denied = {"ruling": {"outcome": "denied"}, "from": "2025-01-08", "until": "2025-01-21"}
    licence = {"ruling": {"outcome": "licence", "days": 10}}

    def first(**span: str) -> str:
        return days(controlled({**REGIME, "cells": [{**denied, **span}, licence]}))[0]

    assert first() == "2025-01-22"
    assert first(**{"from": "2025-01-13"}) == "2025-01-01"
    assert first(**{"from": "2025-01-11", "until": "2025-01-13"}) == "2025-01-04"


def test_what_is_owed_once_falls_due_on_the_first_day_of_several() -> None:
    """Proves activation and fees: offers of one vendor signed on 15 and 20 January; 30 is due on the 15th, and not by
    the 14th. If the first signing were told by its period alone, either day might be taken."""
    late = {"order_from": "2025-01-20", "order_until": "2025-01-31", "max_units": 1}
    tree = case(
        vendors={"v": {"activation_cost": 30}},
        offers={"p": {**offer(), **late}, "o": {**late, "order_from": "2025-01-15", "fee": 7}},
        limits={
            "t": target(2),
            "b": {"measure": "spend", "terms": ["activation", "fees"], "by": "2025-01-15", "at_least": 37},
        },
    )
    assert cost_of(tree) == 237
    assert is_infeasible(merged(tree, {"limits": {"b": {"by": "2025-01-14"}}}))


def test_what_is_committed_within_a_period_stays() -> None:
    """Proves planning again: the order of 2 March is kept, on its day and, once that is over, whatever the quote says
    then; a day on which nothing could be signed is refused."""
    order = {"offer": "o", "site": "a", "signed": "2025-03-02", "units": 1}
    kept = case(offers={"o": MARCH}, committed={"orders": {"c": order}}, limits={"t": target(2)})
    assert days_of(plan_of(kept)) == {date(2025, 3, 2)}
    over = merged(
        kept,
        {
            "calendar": {"periods": 4},
            "committed": {"until": "2025-03-10"},
            "offers": {"o": {"order_from": "2025-03-20", "order_until": REMOVED}},
        },
    )
    found = plan_of(over)
    assert (found.cost.discounted, min(days_of(found)), len(days_of(found))) == (200, date(2025, 3, 2), 2)
    with pytest.raises(InvalidInput, match="no first day of a period"):
        made(merged(kept, {"committed": {"orders": {"c": {"signed": "2025-03-09"}}}}))


def test_a_plan_committed_as_it_is_can_be_planned_again() -> None:
    """Proves the round: what a plan signs on 2 March is committed by that day and costs the same again."""
    instance = made(case(offers={"o": {**MARCH, "order_until": "2025-04-30"}}, limits={"t": target(1)}))
    plan = gpuplan.solve(instance, gap=0, explain_seconds=0).plan
    assert plan is not None
    again = with_commitments(instance, plan, date(2025, 3, 2))
    outcome = gpuplan.solve(again, gap=0, explain_seconds=0)
    assert outcome.plan is not None
    assert (outcome.plan.cost.discounted, days_of(outcome.plan)) == (100, {date(2025, 3, 2)})


def test_what_can_be_signed_within_a_month_is_told_to_be_possible() -> None:
    """Proves what is said of it: a dearer quote from 15 January on is possible, and a target by the end of January is
    not remarked on as out of reach. If first days counted there, it would be said to open too late."""
    window = {"order_from": "2025-01-15", "order_until": "2025-01-31"}
    tree = case(
        calendar=ONE_MONTH, offers={"o": {**window, "price": 120}, "p": offer(max_units=3)}, limits={"t": target(1)}
    )
    assert {line.offer: line.why for line in plan_of(tree).considered} == {"o": "possible, not chosen", "p": "chosen"}
    alone = case(calendar=ONE_MONTH, offers={"o": window}, limits={"t": target(1)})
    assert [one for one in gpuplan.check(made(alone)) if "short of" in one.message] == []


def test_a_plan_that_signs_before_the_window_fails_its_audit() -> None:
    """Proves the recount: signed on 1 March under a quote from 2 March on."""
    early = plan_of(case(offers={"o": {"order_from": "2025-03-01"}}, limits={"t": target(1)}))
    assert days_of(early) == {date(2025, 3, 1)}
    told = [str(one) for one in gpuplan.audit(made(case(offers={"o": MARCH}, limits={"t": target(1)})), early)]
    assert any("day of signing" in one for one in told), told


def test_a_plan_that_signs_later_than_on_the_day_fails_its_audit() -> None:
    """Proves that a period has one day: 15 January for a quote that could be signed on the 10th is told."""
    tree = case(offers={"o": {"order_from": "2025-01-15", "order_until": "2025-01-31"}}, limits={"t": target(1)})
    later = plan_of(tree)
    told = [
        str(one) for one in gpuplan.audit(made(merged(tree, {"offers": {"o": {"order_from": "2025-01-10"}}})), later)
    ]
    assert any("day of signing" in one for one in told), told


def test_a_deadline_on_signing_binds_the_day() -> None:
    """Proves deadlines: a window from 15 January on; signed by the 15th will do, by the 14th will not."""
    tree = case(
        offers={"o": {"order_from": "2025-01-15"}}, deadlines={"d": {"by": "2025-01-15"}}, limits={"t": target(1)}
    )
    assert cost_of(tree) == 100
    assert is_infeasible(merged(tree, {"deadlines": {"d": {"by": "2025-01-14"}}}))


@pytest.mark.parametrize("late", range(1, 29, 9))
def test_every_day_of_a_month_may_be_the_first(late: int) -> None:
    """Proves the day over the month: signed on it, and usable on it."""
    begins = date(2025, 2, 1) + timedelta(days=late - 1)
    plan = plan_of(
        case(offers={"o": {"order_from": str(begins), "order_until": "2025-02-28"}}, limits={"t": target(1)})
    )
    assert days_of(plan) == {begins}
