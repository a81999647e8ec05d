"""Numbers, days and terms as people write them: one meaning, or none."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.dates import written_day
from gpuplan.quotes.headings import heading, quantity_range
from gpuplan.quotes.numbers import Absent, Unclear, money, number_readings, share
from gpuplan.quotes.remarks import remarks
from gpuplan.quotes.systems import Known
from gpuplan.quotes.terms import duration, payments, warranty


def cell(value: object) -> Cell:
    """A cell that says something."""
    return Cell("S", 1, 1, value)  # type: ignore[arg-type]


GROUPS = {"en": (",", "."), "de": (".", ","), "fr": (" ", ","), "ch": ("'", ".")}


def spelt(cents: int, style: str) -> str:
    """An amount as a country writes it, with cents."""
    group, point = GROUPS[style]
    return f"{cents // 100:,}".replace(",", group) + point + f"{cents % 100:02d}"


@given(st.integers(0, 10**15), st.sampled_from(list(GROUPS)))
def test_an_amount_with_cents_means_one_thing_in_every_country(cents: int, style: str) -> None:
    """Proves that 1.234,50 and 1,234.50 are both one thousand two hundred and thirty-four and a half."""
    assert number_readings(spelt(cents, style)) == (Decimal(cents) / 100,)


@given(st.integers(1, 999), st.integers(0, 999), st.sampled_from(".,"))
def test_one_separator_with_three_digits_means_two_things(thousands: int, rest: int, separator: str) -> None:
    """Proves that 1.234 is never taken for one of its two meanings. If broken, a price is a thousand times off."""
    readings = number_readings(f"{thousands}{separator}{rest:03d}")
    assert readings == (Decimal(thousands * 1000 + rest), Decimal(f"{thousands}.{rest:03d}"))


@given(st.text(max_size=30))
def test_any_text_is_money_or_is_refused(text: str) -> None:
    """Proves that no text of whatever letters ends in another way, and that what is read has the text's digits."""
    try:
        found = money(cell(text))
    except (Unclear, Absent):
        return
    assert found.readings
    assert all(reading.is_finite() and reading >= 0 for reading in found.readings)


@given(st.text(max_size=40))
def test_any_text_is_a_heading_a_day_a_term_or_is_refused(text: str) -> None:
    """Proves the same of every other reader: a traceback is no answer."""
    heading(cell(text))
    for read in (
        lambda: written_day(text, date(2026, 11, 27)),
        lambda: duration(cell(text), "weeks"),
        lambda: warranty(cell(text), ""),
        lambda: payments(cell(text)),
        lambda: share(cell(text)),
        lambda: Known().match(text, None),
        lambda: remarks(text, None),
        lambda: quantity_range(text),
    ):
        try:
            read()
        except (Unclear, Absent):
            continue


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_means_itself_in_every_unambiguous_form(day: date) -> None:
    """Proves that a day written with its month in words, in ISO or with dots comes back as itself."""
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%B %d, %Y", "%d-%b-%Y", "%Y年%m月%d日", "%Y. %m. %d"):
        assert written_day(day.strftime(form), None).day == day, form


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_a_day_with_slashes_is_read_only_where_one_reading_is_a_day(day: date) -> None:
    """Proves that 01/02/2027 is asked for, and 31/01/2027 is not: the same number twice, or one above twelve, tells."""
    text = f"{day.day:02d}/{day.month:02d}/{day.year}"
    if day.day > 12 or day.day == day.month:
        assert written_day(text, None).day == day
    else:
        with pytest.raises(Unclear, match="can be"):
            written_day(text, date(2026, 11, 27))


@given(st.dates(date(2001, 1, 1), date(2098, 12, 31)), st.integers(0, 364))
def test_a_day_without_a_year_is_the_next_such_day(today: date, days: int) -> None:
    """Proves that the year is that of the next such day, never a past one, and that it is said as an assumption."""
    day = today + timedelta(days)
    if (day.month, day.day) == (2, 29):
        return
    read = written_day(f"{day.day}.{day.month}.", today)
    assert read.day == day
    assert str(today) in read.assumption


@pytest.mark.parametrize(
    ("text", "unit", "least", "most"),
    [
        ("8 weeks", "", 56, 56),
        ("14-16", "weeks", 98, 112),
        ("10 wks ARO", "", 70, 70),
        ("60", "days", 60, 60),
        ("ca. 6 Wochen", "", 42, 42),
        ("2-3 months", "", 62, 93),
        ("8주", "", 56, 56),
        ("3ヶ月", "", 93, 93),
        ("12周", "", 84, 84),
    ],
)
def test_a_lead_is_a_range_of_days(text: str, unit: str, least: int, most: int) -> None:
    """Proves the days of leads in words: 14 to 16 weeks are 98 to 112 days."""
    found = duration(cell(text), unit)
    assert (found.least, found.most) == (least, most)


@pytest.mark.parametrize(
    "text", ["8", "8-", "Q2 2027", "KW 14/2027", "8 weeks + 2", "stock", "10 working days", "16-14 weeks"]
)
def test_a_lead_that_is_not_clear_is_refused(text: str) -> None:
    """Proves that nothing is made of a bare number, a quarter, a week of the calendar, or a sum."""
    with pytest.raises(Unclear):
        duration(cell(text), "")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("30/60/10", [("signed", "0.3", 0), ("delivered", "0.6", 0), ("ready", "0.1", 0)]),
        ("50/50", [("signed", "0.5", 0), ("ready", "0.5", 0)]),
        ("100 % 30 Tage n. Lieferung", [("delivered", "1", 30)]),
        ("net 30", [("delivered", "1", 30)]),
        ("30% upon PO, 70% net 30 after delivery", [("signed", "0.3", 0), ("delivered", "0.7", 30)]),
        (
            "Anzahlung 40 %, Lieferung 50 %, Abnahme 10 %",
            [("signed", "0.4", 0), ("delivered", "0.5", 0), ("ready", "0.1", 0)],
        ),
        ("계약금 30%, 납품 70%", [("signed", "0.3", 0), ("delivered", "0.7", 0)]),
        ("签订合同 30%, 验收 70%", [("signed", "0.3", 0), ("ready", "0.7", 0)]),
    ],
)
def test_terms_of_payment_are_shares_of_events(text: str, wanted: list[tuple[str, str, int]]) -> None:
    """Proves the events and shares of terms in four languages; bare shares say their events as an assumption."""
    found, assumption = payments(cell(text))
    assert [(one["event"], one["share"], one.get("days_after", 0)) for one in found] == [
        (event, Decimal(part), days) for event, part, days in wanted
    ]
    assert bool(assumption) == ((text[0].isdigit() and "%" not in text) or text.startswith("net"))


@pytest.mark.parametrize(
    "text", ["30/60", "30/60/20", "30 days net, 2% discount 10 days", "LC at sight", "50 % soon, 50 % later"]
)
def test_terms_of_payment_that_are_not_clear_are_refused(text: str) -> None:
    """Proves that shares that do not add up, discounts for paying early and unknown events are asked for."""
    with pytest.raises(Unclear):
        payments(cell(text))


@pytest.mark.parametrize(
    ("text", "each", "wanted"),
    [
        ("8x H200 SXM, HGX", 8, "hgx-h200"),
        ("Atlas A8-B200 (HGX B200 8-GPU, air)", 8, "hgx-b200-air"),
        ("HGX B200 Flüssigkühlung", None, "hgx-b200-liquid"),
        ("B200 수랭", None, "hgx-b200-liquid"),
        ("8x Instinct MI355X DLC", 8, "mi355x-8"),
        ("GB200 NVL72", None, "gb200-nvl72"),
        ("Gaudi3 server", None, "gaudi-3-8"),
        ("dgx-b300", None, "dgx-b300"),
        ("8x H200", None, None),
        ("H200 NVL PCIe", None, None),
        ("GH200", None, None),
        ("4x H200, HGX", None, None),
        ("HGX H200 96GB", None, None),
        ("HGX H200 liquid", None, None),
        ("HGX B200 or HGX H200", None, None),
        ("server", None, None),
    ],
)
def test_a_model_is_one_system_of_the_catalogue_or_is_asked_for(
    text: str, each: int | None, wanted: str | None
) -> None:
    """Proves that words of cooling, board, memory and number tell systems apart, and that two are never one."""
    if wanted is None:
        with pytest.raises(Unclear):
            Known().match(text, each)
    else:
        assert Known().match(text, each).system == wanted


@pytest.mark.parametrize(
    ("text", "field", "unit", "currency"),
    [
        ("Unit price (k EUR)", "price", "", "EUR"),
        ("Preis in TEUR", "price", "", "EUR"),
        ("Lead time (weeks ARO)", "lead_days", "weeks", ""),
        ("Max. qty / allocation", "max_units", "", ""),
        ("GPUs/unit", "accelerators_each", "", ""),
        ("Price per GPU (USD)", "price_each_accelerator", "", "USD"),
        ("Minimum order value", "", "", ""),
        ("Extended warranty price per year", "", "", ""),
        ("Price incl. support", "", "", ""),
        ("Old price", "", "", ""),
    ],
)
def test_a_heading_is_understood_whole_or_not_at_all(text: str, field: str, unit: str, currency: str) -> None:
    """Proves that a heading with a word too many is no heading of a price: a warranty's price is not the system's."""
    found = heading(cell(text))
    assert (found.field, found.unit, found.currency) == (field, unit, currency)


def test_remarks_are_fields_or_are_left_as_they_are() -> None:
    """Proves what is made of remarks: one of twenty-one free, 5 % until 15 December of the year that comes."""
    text = "per 20 servers 1 free of charge; 5 % Skonto bei Bestellung bis 15.12.; LD 0.5 %/week; no returns"
    found = {one.field: one.value for one in remarks(text, date(2026, 11, 27))}
    assert found == {
        "free_units": {"buy": 20, "free": 1},
        "early_order": {"until": date(2026, 12, 15), "discount": Decimal("0.05")},
        "late_damages": {"share_per_week": Decimal("0.005")},
        "": None,
    }
