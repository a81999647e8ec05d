"""Periods, fiscal years, schedules and discounting, against dates and factors worked out by hand."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuplan.instance.calendar import Calendar, add_months, discount_factor, months_between, step_at
from gpuplan.instance.economics import ExchangeRate
from instance.trees import problems, small


def calendar(**over: object) -> Calendar:
    return Calendar.model_validate({"start": "2025-11-01", "periods": 4, **over})


def test_months_begin_on_the_first_and_end_on_the_last_day() -> None:
    """Proves the length of months, a leap February included. If broken, energy is billed for 30 days in each."""
    months = calendar(start="2023-12-01").all_periods
    assert [(str(month), month.first, month.last, month.days) for month in months] == [
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31), 31),
        ("2024-01", date(2024, 1, 1), date(2024, 1, 31), 31),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29), 29),
        ("2024-03", date(2024, 3, 1), date(2024, 3, 31), 31),
    ]
    assert [month.index for month in months] == [0, 1, 2, 3]


def test_quarters_are_three_months_from_whatever_month_they_start_in() -> None:
    """Proves that four quarters from November end in October. If broken, quarters snap to the calendar year."""
    quarters = calendar(period="quarter")
    assert [(quarter.first, quarter.last) for quarter in quarters.all_periods] == [
        (date(2025, 11, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 4, 30)),
        (date(2026, 5, 1), date(2026, 7, 31)),
        (date(2026, 8, 1), date(2026, 10, 31)),
    ]
    assert quarters.end == date(2026, 10, 31)
    assert quarters.months_in_period == 3


@given(st.integers(1950, 2100), st.integers(1, 12), st.integers(1, 60), st.sampled_from(["month", "quarter"]))
def test_periods_cover_every_day_once(year: int, month: int, periods: int, period: str) -> None:
    """Proves that periods follow one another without gap or overlap to the calendar's end."""
    made = Calendar.model_validate({"start": date(year, month, 1), "periods": periods, "period": period})
    found = made.all_periods
    assert len(found) == periods
    assert found[0].first == made.start
    assert found[-1].last == made.end
    for before, after in itertools.pairwise(found):
        assert after.first == before.last + timedelta(days=1)
        assert after.first.day == 1


@pytest.mark.parametrize(
    ("starts_in", "day", "year"),
    [
        (1, "2025-01-01", 2025),
        (1, "2025-12-31", 2025),
        (4, "2025-03-31", 2024),
        (4, "2025-04-01", 2025),
        (10, "2025-09-30", 2024),
        (10, "2025-10-01", 2025),
        (12, "2025-11-30", 2024),
        (12, "2025-12-01", 2025),
    ],
)
def test_a_fiscal_year_is_named_by_the_year_in_which_it_starts(starts_in: int, day: str, year: int) -> None:
    """Proves the edges of fiscal years. If broken, March money of a Japanese year lands in the wrong budget."""
    assert calendar(fiscal_year_starts_in_month=starts_in).fiscal_year(date.fromisoformat(day)) == year


def test_tenders_open_on_the_first_day_unless_stated() -> None:
    """Proves the default of the tender day."""
    assert calendar().tender_day == date(2025, 11, 1)
    assert calendar(tender_from="2025-06-15").tender_day == date(2025, 6, 15)


@pytest.mark.parametrize(
    ("rate", "days", "factor"),
    [
        ("0", 1000, "1"),
        ("0.1", 0, "1"),
        ("0.10", 365, "0.909090909091"),  # 1 / 1.1
        ("0.05", 730, "0.907029478458"),  # 1 / 1.1025 = 0.90702947845804988...
        ("0.04", 730, "0.924556213018"),  # 1 / 1.0816 = 0.92455621301775147...
        ("0.08", 1095, "0.793832241020"),  # 1 / 1.259712 = 0.79383224102016958...
        ("0.61051", 73, "0.909090909091"),  # 1.61051 = 1.1^5, and 73 days are a fifth of a year
        ("0.21", 1825, "0.385543289430"),  # 1 / 1.21^5 = 1 / 2.5937424601 = 0.38554328942953...
        ("1", 365, "0.5"),
        ("1", -365, "2"),  # before the day of reckoning money is worth more
        ("0.1", -730, "1.21"),
    ],
)
def test_discount_factors_are_right_to_twelve_decimals(rate: str, days: int, factor: str) -> None:
    """Proves (1 + rate)^(-days/365). If broken, by 360-day years say, 1/1.1 after a year is 0.9078..."""
    assert discount_factor(Decimal(rate), days) == Decimal(factor)


@given(st.integers(1, 100), st.integers(-3650, 36500))
def test_a_discount_factor_is_the_root_that_it_claims_to_be(per_cent: int, days: int) -> None:
    """Proves the rounding: factor^365 lies within the rounding of (1 + rate)^-days, worked out in whole fractions."""
    factor = Fraction(discount_factor(Decimal(per_cent) / 100, days))
    half = Fraction(1, 2 * 10**12)
    exact = Fraction(100, 100 + per_cent) ** days
    assert max(factor - half, Fraction(0)) ** 365 <= exact <= (factor + half) ** 365


def test_a_discount_factor_does_not_hang_on_the_callers_decimal_context() -> None:
    """Proves that a host with a context of its own gets the same factor. If broken, six digits come out."""
    discount_factor.cache_clear()
    with localcontext() as context:
        context.prec = 6
        assert discount_factor(Decimal("0.05"), 730) == Decimal("0.907029478458")
    discount_factor.cache_clear()


def test_discounting_is_reckoned_to_the_day_that_the_instance_says() -> None:
    """Proves `discount_to`: half a year before and after it. If broken, cost is reckoned to the calendar's start."""
    economics = {"economics.discount_rate_per_year": 0.1, "economics.discount_to": "2026-01-01"}
    instance = small(economics)
    assert instance.discount(date(2026, 1, 1)) == 1
    assert instance.discount(date(2025, 1, 1)) == Decimal("1.1")
    assert instance.discount(date(2027, 1, 1)) == Decimal("0.909090909091")
    assert small({"economics.discount_rate_per_year": 0.1}).discount(date(2025, 1, 1)) == 1


@pytest.mark.parametrize(
    "over",
    [
        {"calendar": {"start": "9990-01-01", "periods": 600}},
        {"limits.it": {"measure": "systems", "at_least": 3, "each": "month", "by": "9999-12-31"}},
        {"economics.discount_rate_per_year": 1, "economics.discount_to": "2300-01-01"},
    ],
    ids=["calendar", "windows", "discount"],
)
def test_days_that_nothing_can_reach_are_refused_not_stumbled_over(over: dict[str, object]) -> None:
    """Proves that what cannot be reckoned is told as invalid input. If broken, ValueError or OverflowError escapes."""

    def use() -> None:
        instance = small(over)
        instance.discount(instance.calendar.end)

    assert problems(use)


def test_a_step_holds_from_its_day_until_the_next() -> None:
    """Proves the edges of dated schedules. If broken, the new rate holds a day late."""
    steps = [
        ExchangeRate.model_validate({"from": day, "rate": rate}) for day, rate in [("2025-03-01", 1), ("2025-06-01", 2)]
    ]
    rates = {
        day: (step.rate if (step := step_at(steps, date.fromisoformat(day))) else None)
        for day in ("2025-02-28", "2025-03-01", "2025-05-31", "2025-06-01", "2099-01-01")
    }
    assert list(rates.values()) == [None, 1, 1, 2, 2]


def test_the_first_exchange_rate_also_holds_before_its_day() -> None:
    """Proves the rate of a payment before the first step, and that the reporting currency is 1."""
    instance = small(
        {"economics.exchange_rates": {"KRW": [{"from": "2025-03-01", "rate": 2}, {"from": "2025-06-01", "rate": 3}]}}
    )
    rate = instance.economics.rate
    assert [rate("KRW", date(2025, month, 1)) for month in (1, 3, 5, 6)] == [2, 2, 2, 3]
    assert rate("USD", date(2025, 1, 1)) == 1
    with pytest.raises(KeyError):
        rate("EUR", date(2025, 1, 1))


def test_months_are_added_over_year_ends() -> None:
    """Proves the arithmetic of months."""
    assert add_months(date(2025, 11, 1), 3) == date(2026, 2, 1)
    assert add_months(date(2025, 12, 1), 0) == date(2025, 12, 1)
    assert add_months(date(2025, 1, 1), 12) == date(2026, 1, 1)


def test_months_are_cut_to_the_span_asked_for() -> None:
    """Proves that a span from the 15th to the 3rd is three pieces: 17, 28 and 3 days."""
    assert months_between(date(2025, 1, 15), date(2025, 3, 3)) == (
        (date(2025, 1, 15), date(2025, 1, 31)),
        (date(2025, 2, 1), date(2025, 2, 28)),
        (date(2025, 3, 1), date(2025, 3, 3)),
    )
    assert months_between(date(2025, 2, 1), date(2025, 1, 31)) == ()


def test_evaluation_years_run_from_the_first_day_and_never_cut_the_calendar() -> None:
    """Proves that two years from 2025-01-01 end on 2026-12-31, and that a shorter span gives way to the periods."""
    assert small({"economics.evaluation_years": 2}).operation_end == date(2026, 12, 31)
    assert small({"economics.evaluation_years": 1, "calendar.periods": 18}).operation_end == date(2026, 6, 30)
    assert small().operation_end == date(2025, 12, 31)
