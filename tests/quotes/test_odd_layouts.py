"""Tables that nobody had in mind: each is read right, or asked about, and what is left out is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from quotes.building import Rows, asked, facts, read

TODAY = date(2026, 11, 27)
H = ("Vendor", "Model", "Price EUR")
A = ("A", "HGX H200", 232000)
ASKED: dict[str, tuple[Rows, tuple[str, ...]]] = {
    "a raised figure is no digit": (((*H, "Min. qty"), (*A, "5¹")), ("D2",)),
    "a dollar sign under euros": (((*H[:2], "Price", "Currency"), (*A[:2], "$232,000", "EUR")), ("C2",)),
    "a part of a server": ((H, ("A", "HGX H200 baseboard", 180000)), ("B2",)),
    "a used server": ((H, ("A", "HGX H200 refurbished", 180000)), ("B2",)),
    "thousands in a footer": ((H, A, ("Prices in thousand EUR",)), ("A3",)),
    "a day where a range of units should be": (
        ((*H[:2], "Quantity range", "Unit price EUR"), (*A[:2], date(2026, 1, 19), 232000), (*A[:2], "20+", 226000)),
        ("C2",),
    ),
    "a price with tax": (((*H[:2], "Price incl. 19% VAT (EUR)"), A), ("C1",)),
    "a gross price": (((*H[:2], "Gross price EUR"), A), ("C1",)),
    "two tables side by side": (
        ((*H, None, *H), (*A, None, "B", "HGX H200", 240000)),
        ("A1", "B1", "C1", "E1", "F1", "G1"),
    ),
    "old and new prices": (((*H[:2], "Price EUR", "Unit price EUR"), (*A, 240000)), ("C1", "D1")),
    "quantities that may be tiers": (
        ((*H[:2], "Qty", "Unit price EUR"), (*A[:2], 1, 232000), (*A[:2], 10, 228000)),
        ("C2", "C3"),
    ),
    "a total that is not price times quantity": (((*H, "Qty", "Total"), (*A, 10, 2200000)), ("E2",)),
    "freight as a row": ((H, A, ("A", "Freight", 4500)), ("B3",)),
    "a discount as a row": ((H, A, ("A", "Discount 5 %", -11600)), ("B3",)),
    "a price of nothing": ((H, ("A", "HGX H200", 0)), ("C2",)),
    "a price below nothing": ((H, ("A", "HGX H200", -232000)), ("C2",)),
    "a price of an accelerator for that of a server": ((H, ("A", "HGX H200", 29000)), ("C2",)),
    "a higher tier that costs more": (
        ((*H[:2], "From", "Unit price EUR"), ("A", "HGX H200", 1, 226000), ("A", "HGX H200", 20, 232000)),
        ("D3",),
    ),
    "tiers in falling order": (
        ((*H[:2], "From", "Unit price EUR"), ("A", "HGX H200", 20, 226000), ("A", "HGX H200", 1, 232000)),
        ("D3",),
    ),
    "per cent that may be left or off": (((*H, "Tier 1 from", "Tier 1 price"), (*A, 20, "4 %")), ("E2",)),
    "a tier without units": (((*H, "Tier 1 price"), (*A, 226000)), ("D2",)),
    "terms that add up to more": (((*H, "Payment terms"), (*A, "30/60/20")), ("D2",)),
    "a validity of thirty days": (((*H, "Validity"), (*A, "30 days")), ("D2",)),
    "a lead that became a day": (((*H, "Lead time (weeks)"), (*A, date(2026, 10, 8))), ("D2",)),
    "a lead in other units than its heading": (((*H, "Lead time (days)"), (*A, "8 weeks")), ("D2",)),
    "a delivery in a quarter": (((*H, "Delivery"), (*A, "Q2 2027")), ("D2",)),
    "a warranty of two parts": (((*H, "Warranty"), (*A, "3+2 years")), ("D2",)),
    "training included": (((*H, "Includes"), (*A, "network, training")), ("D2",)),
    "support as money": (((*H, "Annual support"), (*A, 11600)), ("D2",)),
    "prices in words of thousands": (((*H[:2], "Price (in 1,000 EUR)"), ("A", "HGX H200", 232)), ("C1", "C2")),
    "a number with an exponent in text": ((H, ("A", "HGX H200", "2.32E+05")), ("C2",)),
    "million wons in a title": (
        (("(단위: 백만원)",), ("업체", "모델", "단가", "통화"), ("한빛", "HGX H200", "390", "KRW")),
        ("A1", "C3"),
    ),
    "yuan of which country": ((("供应商", "型号", "单价(元)"), ("浪潮", "HGX H200", "1,800,000")), ("C1",)),
    "a day of delivery is not that of the quotes": (
        (("Delivery required by 31.12.2027",), (*H, "Valid until"), (*A, "end of Jan")),
        ("D3",),
    ),
    "a most number for a least one": (((*H, "Min. qty"), (*A, "max. 10")), ("D2",)),
    "a tier up to where it should begin": (((*H, "Tier 1 from", "Tier 1 price"), (*A, "up to 20", 226000)), ("E2",)),
    "no vendor": ((("Model", "Price EUR", "MOQ"), ("HGX H200", 232000, 1)), ("A2",)),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_not_clear_is_asked_by_its_cell(name: str) -> None:
    """Proves that none of these gives a number in silence: it is the named cells that are asked for."""
    rows, cells = ASKED[name]
    assert asked(read(rows)) == sorted(cells)


def test_a_list_with_a_discount_of_nothing_first_is_read() -> None:
    """Proves that tiers of 0 %, 5 % and 8 % off 250,000 are two further tiers of one offer."""
    head = ("Vendor", "Model", "List price EUR", "From qty", "Discount")
    rows = [head, *(("A", "HGX H200", 250000, units, off) for units, off in ((1, "0 %"), (10, "5 %"), (20, "8 %")))]
    (offer,) = facts(read(rows))
    assert offer["price"] == 250000
    assert offer["tiers"] == (
        {"from_units": 10, "discount": Decimal("0.05")},
        {"from_units": 20, "discount": Decimal("0.08")},
    )


def test_a_form_in_german_is_read() -> None:
    """Proves a single quote with its words at the side, tiers among them."""
    rows = (
        ("Angebot Nr.", "AN-26-0417"),
        ("Lieferant", "Boreas GmbH"),
        ("Artikel", "HGX H200"),
        ("Einzelpreis", "232.000,00 €"),
        ("Staffel 1 ab", 25),
        ("Staffel 1 Preis", "226.000,00 €"),
        ("Mindestbestellmenge", "80 GPUs"),
        ("Lieferzeit", "8 Wochen"),
        ("Zahlungsbedingungen", "30 Tage netto"),
    )
    quotes = read(rows)
    assert quotes.asked == []
    assert facts(quotes) == [
        {
            "vendor": "boreas",
            "system": "hgx-h200",
            "price": Decimal(232000),
            "currency": "EUR",
            "tiers": ({"from_units": 25, "price": Decimal(226000)},),
            "min_units": 10,
            "lead_days": 56,
            "payments": ({"event": "delivered", "share": Decimal(1), "days_after": 30},),
        }
    ]


def test_vendors_as_columns_may_have_tiers_at_the_side() -> None:
    """Proves a comparison sheet: vendors above, prices by number of units below one another."""
    rows = (
        (None, "A", "B"),
        ("Model", "HGX H200", "HGX H200"),
        ("Price 1-9 (EUR)", 240000, 241000),
        ("Price 10+ (EUR)", 230000, 231000),
    )
    assert [(offer["vendor"], offer["price"], offer["tiers"]) for offer in facts(read(rows))] == [
        ("a", 240000, ({"from_units": 10, "price": Decimal(230000)},)),
        ("b", 241000, ({"from_units": 10, "price": Decimal(231000)},)),
    ]


def test_amounts_with_words_beside_them_are_read() -> None:
    """Proves that net, per unit and unlimited change nothing: they are what an offer says anyhow."""
    head = ("Vendor", "Country", "Model", "Price", "Max. qty")
    prices = ("EUR 232.000,- netto", "EUR 232.000 per unit", "CHF 215'000.00", "$230,000")
    quotes = read([head, *(("A", "US", "HGX H200", price, "unlimited") for price in prices)])
    assert quotes.asked == []
    assert [(offer["price"], offer["currency"]) for offer in facts(quotes)] == [
        (232000, "EUR"),
        (232000, "EUR"),
        (215000, "CHF"),
        (230000, "USD"),
    ]
    assert all("max_units" not in offer for offer in facts(quotes))


@pytest.mark.parametrize(("text", "cells"), [("8 GPUs", []), (8, []), ("8x GPU", []), (4, ["B2"]), ("two", ["C2"])])
def test_the_accelerators_of_a_system_are_checked(text: object, cells: list[str]) -> None:
    """Proves that a server of four is not taken for one of eight, however the number is written."""
    rows = (("Vendor", "Model", "GPUs/unit", "Price EUR"), ("A", "HGX H200", text, 232000))
    assert asked(read(rows)) == cells


@pytest.mark.parametrize(
    "word", ["Minimum order value", "Extended warranty price", "Price incl. support", "Surcharge", "Trade-in value"]
)
def test_a_column_that_is_not_understood_is_named(word: str) -> None:
    """Proves that a column is never dropped in silence: it may change a price."""
    quotes = read(((*H, word), (*A, 5000)))
    assert quotes.asked == []
    assert any(problem.path == "Quotes!D1" and "not understood" in problem.message for problem in quotes.not_taken)


def test_words_around_a_table_are_named() -> None:
    """Proves that a footnote, a title and a row of words reach the reader."""
    quotes = read((("Budgetary only",), H, A, ("Plus 3 % if paid late",), (None, None, None, "see page 2")))
    named = " ".join(str(problem) for problem in quotes.not_taken)
    for words in ("Budgetary only", "Plus 3 % if paid late", "see page 2"):
        assert words in named


def test_a_currency_that_is_told_does_not_speak_against_a_sign() -> None:
    """Proves that $ is never read as euros, whoever says so, and that it is dollars where somebody does."""
    rows = (("Vendor", "Model", "Price", "MOQ"), ("A", "HGX H200", "$232,000", 1))
    assert asked(read(rows, currency="EUR")) == ["C2"]
    assert facts(read(rows, currency="USD"))[0]["currency"] == "USD"


def test_a_vendor_of_almost_the_same_name_is_said_to_be_the_same() -> None:
    """Proves that two spellings are one vendor only with an assumption that says so."""
    quotes = read((H, A, ("A GmbH", "DGX H200", 260000)))
    assert list(quotes.vendors) == ["a"]
    assert [one.assumption for one in quotes.understood if one.cell == "A3" and one.field == "vendor"] == [
        "taken for A"
    ]


def test_tiers_of_two_vendors_one_below_the_other_are_two_offers() -> None:
    """Proves that a row goes on with the quote above it only where vendor and system are the same or left empty."""
    head = ("Vendor", "Model", "From", "Unit price EUR")
    rows = (
        head,
        ("A", "HGX H200", 1, 232000),
        ("A", "HGX H200", 20, 226000),
        ("B", "HGX H200", 1, 240000),
        (None, None, 20, 230000),
        ("B", "DGX H200", 1, 260000),
    )
    quotes = read(rows)
    assert quotes.asked == []
    assert [
        (offer["vendor"], offer["system"], offer["price"], len(offer.get("tiers", ()))) for offer in facts(quotes)
    ] == [
        ("a", "hgx-h200", 232000, 1),
        ("b", "hgx-h200", 240000, 1),
        ("b", "dgx-h200", 260000, 0),
    ]


def test_weeks_are_read_from_an_abbreviation_in_the_heading() -> None:
    """Proves that a number under `Délai (sem.)` is of weeks. If broken, eight days, or a question."""
    (offer,) = facts(read(((*H, "Délai (sem.)"), (*A, 8))))
    assert offer["lead_days"] == 56


def test_a_least_order_in_chinese_is_read() -> None:
    """Proves that the least order is not only named beside the offer: two systems at 1.65 M yuan each."""
    head = ("供应商", "型号", "单价（万元）", "货币", "最小订购量")
    (offer,) = facts(read((head, ("A", "HGX H200", 165, "CNY", 2))))
    assert (offer["price"], offer["min_units"]) == (1_650_000, 2)
