"""Days of lots, state days, windows and months of operation, against dates worked out by hand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from gpuplan.instance.prices import instalments, last_order_day, module_instalments
from gpuplan.instance.schema import Instance
from gpuplan.instance.timeline import (
    Month,
    first_state,
    last_state,
    lot_days,
    module_ready,
    months,
    state_days,
    windows,
)
from instance.trees import small

SLOW = {
    "offers.quote.lead_days": 84,
    "offers.quote.shipping_days": 10,
    "offers.quote.installation_days": 14,
    "offers.quote.acceptance_days": 30,
}
DATED = {
    "offers.quote.lead_days": [{"from": "2025-03-01", "days": 10}, {"from": "2025-06-01", "days": 100}],
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def test_the_days_of_a_lot_add_up() -> None:
    """Proves 84 + 10 + 14 + 30 days from New Year: shipped 26 March, delivered 5 April, installed 19 April, ready
    19 May. If broken, acceptance runs beside installation and the lot is ready on 5 May."""
    days = lot_days(small(SLOW).offers["quote"], day("2025-01-01"))
    assert [days.signed, days.shipped, days.delivered, days.installed, days.ready] == [
        day("2025-01-01"),
        day("2025-03-26"),
        day("2025-04-05"),
        day("2025-04-19"),
        day("2025-05-19"),
    ]
    assert [days.of(event) for event in ("signed", "shipped", "delivered", "ready")] == [
        days.signed,
        days.shipped,
        days.delivered,
        days.ready,
    ]


@pytest.mark.parametrize(("licence", "shipped"), [(0, "2025-03-26"), (84, "2025-03-26"), (90, "2025-04-01")])
def test_a_licence_runs_beside_manufacturing(licence: int, shipped: str) -> None:
    """Proves max(lead, licence): 90 days of licence end on 1 April. If broken, 174 days pass one after the other."""
    assert lot_days(small(SLOW).offers["quote"], day("2025-01-01"), licence).shipped == day(shipped)


@pytest.mark.parametrize(
    ("signed", "shipped"),
    [
        ("2025-01-01", "2025-01-11"),  # before the first step: the first step
        ("2025-03-01", "2025-03-11"),
        ("2025-05-31", "2025-06-10"),  # the lead is that of the day of signing, also when it ships later
        ("2025-06-01", "2025-09-09"),  # 100 days: 29 to the end of June, 31, 31, and 9
    ],
)
def test_a_dated_lead_is_that_of_the_day_of_signing(signed: str, shipped: str) -> None:
    """Proves dated leads at their edges. If broken, a lot signed on 31 May takes 100 days."""
    assert lot_days(small(DATED).offers["quote"], day(signed)).shipped == day(shipped)


def test_a_module_delivers_after_its_lead_and_installation() -> None:
    """Proves 420 + 180 = 600 days from 2025-01-01: 2026-08-24 (365 to 2026-01-01, then 235)."""
    module = {"modules.hall": {"provides": {"grid-power": 1}, "lead_days": 420, "installation_days": 180}}
    assert module_ready(small(module).modules["hall"], day("2025-01-01")) == day("2026-08-24")


# State days


def test_the_state_is_taken_at_the_end_of_each_period() -> None:
    """Proves that nothing to look at leaves the periods' ends."""
    assert state_days(small({"calendar.periods": 3})) == (day("2025-01-31"), day("2025-02-28"), day("2025-03-31"))


def test_the_state_is_taken_where_a_rule_on_use_looks_and_acceptance_before_it() -> None:
    """Proves the days for a target on 10 February with 5 days of acceptance: 5 and 10 February, and 26 March (the end
    less 5). If broken, a lot installed on 4 February is not seen as usable on the 10th."""
    instance = small(
        {
            "calendar.periods": 3,
            "offers.quote.acceptance_days": 5,
            "limits.target": {"measure": "systems", "at_least": 1, "by": "2025-02-10"},
        }
    )
    assert state_days(instance) == tuple(
        map(day, ["2025-01-31", "2025-02-05", "2025-02-10", "2025-02-28", "2025-03-26", "2025-03-31"])
    )


def test_the_state_is_taken_on_the_eve_and_the_day_of_a_fall_in_capacity() -> None:
    """Proves that a fall on 10 March is looked at on the 9th and the 10th, and that a rise is not looked at."""
    steps = [
        {"from": "2025-01-01", "amount": 100},
        {"from": "2025-03-10", "amount": 50},
        {"from": "2025-03-20", "amount": 60},
    ]
    instance = small({"calendar.periods": 3, "sites.plant.capacity": {"grid-power": steps, "air-cooling": "unlimited"}})
    assert state_days(instance) == tuple(
        map(day, ["2025-01-31", "2025-02-28", "2025-03-09", "2025-03-10", "2025-03-31"])
    )


def test_a_deadline_on_use_and_a_level_are_looked_at() -> None:
    """Proves that the days of usable deadlines and of the objective's `by` are state days; those on signing are not."""
    instance = small(
        {
            "calendar.periods": 1,
            "deadlines": {
                "use": {"by": "2025-01-10", "stage": "usable"},
                "contract": {"by": "2025-01-20"},
            },
            "objective": [{"maximise": {"measure": "systems"}, "by": "2025-01-15"}],
        }
    )
    assert state_days(instance) == tuple(map(day, ["2025-01-10", "2025-01-15", "2025-01-31"]))


def test_days_outside_the_calendar_are_no_state_days() -> None:
    """Proves that a deadline before the calendar, and the days before it, add nothing."""
    over = {
        "calendar.periods": 1,
        "offers.quote.acceptance_days": 40,
        "deadlines.use": {"by": "2024-12-01", "stage": "usable"},
    }
    assert state_days(small(over)) == (day("2025-01-31"),)


def test_states_are_found_by_day() -> None:
    """Proves the edges of both searches: the last state not after, and the first not before, a day."""
    states = [day("2025-01-31"), day("2025-02-28")]
    asked = [day("2025-01-30"), day("2025-01-31"), day("2025-02-01"), day("2025-02-28"), day("2025-03-01")]
    assert [last_state(states, one) for one in asked] == [None, 0, 0, 1, 1]
    assert [first_state(states, one) for one in asked] == [0, 0, 1, 1, None]


# Windows


def windows_of(**limit: Any) -> list[tuple[str, str]]:
    instance = small({"limits.it": {"measure": "spend", "at_most": 1, **limit}})
    return [(str(first), str(last)) for first, last in windows(instance.limits["it"], instance)]


EVER, NEVER = "0001-01-01", "9999-12-31"


def test_a_limit_without_a_window_holds_from_ever_to_the_end() -> None:
    """Proves that early deposits count, and late payments: the window is not the calendar's.

    If broken, what is due 60 days after acceptance passes a budget of everything paid.
    """
    assert windows_of() == [(EVER, NEVER)]
    assert windows_of(measure="carbon-kg") == [(EVER, NEVER)]
    assert windows_of(by="2025-06-30") == [(EVER, "2025-06-30")]
    assert windows_of(**{"from": "2025-02-03"}) == [("2025-02-03", NEVER)]
    assert windows_of(measure="systems", stage="signed") == [(EVER, "2025-12-31")]
    assert windows_of(measure="systems") == [(EVER, "2025-12-31")]


def test_a_limit_on_each_month_has_a_window_for_each() -> None:
    """Proves twelve months, and that the edges of a stated window cut the first and the last.

    What was paid before belongs to the first, what is due later to the last.
    """
    months = windows_of(each="month")
    assert len(months) == 12
    assert months[0] == (EVER, "2025-01-31")
    assert months[1] == ("2025-02-01", "2025-02-28")
    assert months[-1] == ("2025-12-01", NEVER)
    assert windows_of(each="month", measure="systems")[0] == ("2025-01-01", "2025-01-31")
    assert windows_of(each="month", **{"from": "2025-02-10"}, by="2025-04-05") == [
        ("2025-02-10", "2025-02-28"),
        ("2025-03-01", "2025-03-31"),
        ("2025-04-01", "2025-04-05"),
    ]


def test_money_has_windows_after_the_calendar_as_long_as_it_is_due() -> None:
    """Proves that years after the calendar, and what is due 60 days after them, have a bound of their own.

    12 months of 2025 with operation to the end of 2027, the last of it due in March 2028: four years. A least of each
    year asks for nothing after the calendar. If broken, the running costs of 2026 are in no yearly budget.
    """
    over = {
        "economics.evaluation_years": 3,
        "offers.quote.payments": [{"event": "signed", "share": 1, "days_after": 60}],
        "limits.it": {"measure": "spend", "at_most": 1, "each": "year"},
    }
    found = small(over)
    years = windows(found.limits["it"], found)
    assert [last.year for _, last in years] == [2025, 2026, 2027, 9999]
    least = small({**over, "limits.it": {"measure": "spend", "at_least": 1, "each": "year"}})
    assert windows(least.limits["it"], least) == ((day(EVER), day(NEVER)),)


@pytest.mark.parametrize(
    ("starts", "each", "expected"),
    [
        (4, "year", ["2026-03-31", "2027-03-31", NEVER]),
        (1, "year", ["2026-12-31", NEVER]),
        (12, "year", ["2026-11-30", NEVER]),
        (2, "quarter", ["2026-01-31", "2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31", "2027-04-30", NEVER]),
    ],
)
def test_years_and_quarters_are_those_of_the_accounts(starts: int, each: str, expected: list[str]) -> None:
    """Proves fiscal years from 18 months that start in January 2026; if broken, April's money is in January's year."""
    over = {"calendar.start": "2026-01-01", "calendar.periods": 18, "calendar.fiscal_year_starts_in_month": starts}
    found = small({**over, "limits.it": {"measure": "spend", "at_most": 1, "each": each}})
    assert [str(last) for _, last in windows(found.limits["it"], found)] == expected


def test_a_limit_on_each_quarter_keeps_to_the_quarters_of_the_calendar_year() -> None:
    """Proves that a window from mid-February to November has the pieces of four quarters."""
    assert windows_of(each="quarter", **{"from": "2025-02-10"}, by="2025-11-05") == [
        ("2025-02-10", "2025-03-31"),
        ("2025-04-01", "2025-06-30"),
        ("2025-07-01", "2025-09-30"),
        ("2025-10-01", "2025-11-05"),
    ]


def test_a_limit_on_each_year_keeps_to_calendar_years() -> None:
    """Proves that 18 months from 2025 are two windows."""
    instance = small({"calendar.periods": 18, "limits.it": {"measure": "spend", "at_most": 1, "each": "year"}})
    assert windows(instance.limits["it"], instance) == (
        (day(EVER), day("2025-12-31")),
        (day("2026-01-01"), day(NEVER)),
    )


# Months


def test_months_go_on_to_the_end_of_the_evaluation_years() -> None:
    """Proves that a month's last day stands for it, whatever days rules look at, and the last one goes on: with states
    on 10 February and the ends of January and February, and a year of evaluation, 12 months of 365 days in all."""
    instance = small(
        {
            "calendar.periods": 2,
            "economics.evaluation_years": 1,
            "limits.target": {"measure": "systems", "at_least": 1, "by": "2025-02-10"},
        }
    )
    found = months(instance, state_days(instance))
    assert found[:3] == [
        Month(0, day("2025-01-01"), day("2025-01-31")),
        Month(2, day("2025-02-01"), day("2025-02-28")),
        Month(2, day("2025-03-01"), day("2025-03-31")),
    ]
    assert found[-1] == Month(2, day("2025-12-01"), day("2025-12-31"))
    assert [month.days for month in found[:3]] == [31, 28, 31]
    assert [found[1].days_from(day(one)) for one in ("2025-01-15", "2025-02-27", "2025-03-01")] == [28, 2, 0]
    assert sum(month.days for month in found) == 365


def test_months_end_with_the_last_period_when_there_are_no_evaluation_years() -> None:
    """Proves that operation is not reckoned beyond the calendar unless asked for."""
    instance = small({"calendar.periods": 2})
    assert months(instance, state_days(instance))[-1].last == day("2025-02-28")


# Payments


def paying() -> Instance:
    return small(
        {
            **SLOW,
            "economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 2}, {"from": "2025-05-01", "rate": 3}]},
            "offers.quote.payments": [
                {"event": "signed", "share": 0.25},
                {"event": "delivered", "share": 0.25},
                {"event": "ready", "share": 0.5, "days_after": 30},
            ],
        }
    )


def test_instalments_fall_due_by_event_and_take_the_rate_of_their_day() -> None:
    """Proves 100 KRW-like in three parts: 25 x 2 on 1 January, 25 x 2 on 5 April, 50 x 3 on 18 June (19 May + 30).
    If broken, the rate of the signing is taken throughout and the last part is 100."""
    instance = paying()
    days = lot_days(instance.offers["quote"], day("2025-01-01"))
    assert instalments(instance, "quote", days, 100, "KRW") == [  # type: ignore[arg-type]
        (day("2025-01-01"), 50),
        (day("2025-04-05"), 50),
        (day("2025-06-18"), 150),
    ]


def test_a_module_is_paid_on_signing_or_when_ready() -> None:
    """Proves a third on signing and the rest 10 days after it is ready: 200 of 300 on 10 February (20 + 10 + 10)."""
    instance = small(
        {
            "modules.hall": {
                "provides": {"grid-power": 1},
                "price": 300,
                "lead_days": 20,
                "installation_days": 10,
                "payments": [
                    {"event": "signed", "share": 0.25},
                    {"event": "delivered", "share": 0.75, "days_after": 10},
                ],
            }
        }
    )
    assert module_instalments(instance, instance.modules["hall"], day("2025-01-01")) == [
        (day("2025-01-01"), 75),
        (day("2025-02-10"), 225),
    ]


def test_savings_are_booked_on_the_last_day_of_the_order_window() -> None:
    """Proves the window's end, and the calendar's where there is no window."""
    assert last_order_day(small({"offers.quote.order_until": "2025-03-31"}), "quote") == day("2025-03-31")
    assert last_order_day(small(), "quote") == day("2025-12-31")


def test_a_least_of_each_year_after_the_calendar_has_a_window() -> None:
    """Proves a first day in the years of operation: one window, to the end. If broken, it ends in a traceback."""
    rule = {"measure": "spend", "at_least": 5, "each": "year", "from": "2028-03-01"}
    found = small({"economics.evaluation_years": 5, "limits.it": rule})
    assert windows(found.limits["it"], found) == ((day("2028-03-01"), day(NEVER)),)
