"""Sixty tables as people make them, and what each says: offers, or the cells that must be asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from quotes.building import HEAD, PLAIN, ROW, Rows

TODAY = date(2026, 11, 27)


@dataclass(frozen=True)
class Layout:
    """A table, and what it says."""

    name: str
    rows: Rows
    offers: tuple[dict[str, object], ...] = ()
    asked: tuple[str, ...] = ()
    told: dict[str, Any] = field(default_factory=dict)


def changed(**fields: object) -> tuple[object, ...]:
    """ROW with other values, by heading in small letters with underscores."""
    keys = ("vendor", "country", "model", "price", "currency", "min", "max", "lead", "until")
    return tuple(fields.get(key, value) for key, value in zip(keys, ROW, strict=True))


def says(**fields: object) -> tuple[dict[str, object], ...]:
    """PLAIN with other values; None leaves a field out."""
    return ({key: value for key, value in {**PLAIN, **fields}.items() if value is not None},)


def price(text: object, amount: int, currency: str = "EUR", **more: object) -> Layout:
    """A price written in some way, the currency beside it."""
    return Layout(
        f"price {text}",
        (HEAD, changed(price=text, currency=currency, **more)),
        says(price=Decimal(amount), currency=currency),
    )


BARE = dict.fromkeys(("min_units", "max_units", "lead_days", "order_until"))
"""Fields that a small table has nothing of."""
B = "Boreas Rechner GmbH"


def tiers(*steps: tuple[int, int]) -> tuple[dict[str, object], ...]:
    """Tiers by their units and prices."""
    return tuple({"from_units": units, "price": Decimal(amount)} for units, amount in steps)


PRICES = (
    price("232.000,00", 232000),
    price("232,000.00", 232000),
    price("232 000,00", 232000),
    price("232'000", 232000),
    price("EUR 232,000", 232000),
    price("232.000 €", 232000),
    price("€232,000.-", 232000),
    price("215k", 215000),
    price("215,5 k€", 215500),
    price("0.232 Mio. EUR", 232000),
    price("USD 245,000", 245000, "USD"),
    price("US$ 245.000", 245000, "USD"),
    price("₩390,000,000", 390000000, "KRW"),
    price("3.9억", 390000000, "KRW"),
    price("3억 9,000만원", 390000000, "KRW"),
    price("4,500万円", 45000000, "JPY"),
    price("180万元", 1800000, "CNY"),
    price("４５，０００，０００円", 45000000, "JPY"),
)
UNCLEAR = (
    Layout("day or month first", (HEAD, changed(until="01/02/2027")), asked=("I2",)),
    Layout("a range of prices", (HEAD, changed(price="230-240k")), asked=("D2",)),
    Layout(
        "two readings, no published price",
        (("Vendor", "System", "Price a month", "Rent per month", "Currency"), ("A", "HGX H200", None, "1.234", "EUR")),
        asked=("D2",),
    ),
    Layout(
        "a bare number of weeks or days",
        (("Vendor", "Model", "Price", "Currency", "Lead time"), ("A", "HGX H200", 232000, "EUR", 8)),
        asked=("E2",),
    ),
    Layout("a model that is two systems", (HEAD, changed(model="8x H200")), asked=("C2",)),
    Layout("a model that nobody knows", (HEAD, changed(model="GH200 NVL32")), asked=("C2",)),
    Layout("no currency", (HEAD, changed(currency=None)), asked=("C2",)),
    Layout("two currencies", (HEAD, changed(price="USD 232,000")), asked=("C2",)),
    Layout("dollars of which country", (HEAD, changed(price="$232000", currency=None, country="CA")), asked=("D2",)),
    Layout("in thousands, unsaid", (HEAD, changed(price=232)), asked=("D2",)),
    Layout("a price with a star", (HEAD, changed(price="232000*")), asked=("D2",)),
    Layout("a calendar week for a lead", (HEAD, changed(lead="KW 14/2027")), asked=("H2",)),
    Layout("a calendar week for a day", (HEAD, changed(until="KW 14/2027")), asked=("I2",)),
    Layout("end of a month of no year", (HEAD, changed(until="end of Jan")), asked=("I2",)),
    Layout("thousands in a title", (("All prices in thousand EUR",), HEAD, ROW), asked=("A1",)),
    Layout("two columns of prices", ((*HEAD, "Price"), (*ROW, 240000)), asked=("D1", "J1")),
    Layout(
        "a total only",
        (("Vendor", "Model", "Qty", "Total", "Currency"), ("A", "HGX H200", 4, 928000, "EUR")),
        asked=("D2",),
    ),
    Layout("a discount before or after", ((*HEAD, "Discount"), (*ROW, "5 %")), asked=("J2",)),
)
WORDS = (
    Layout(
        "German",
        (
            ("Angebote, Stand 27.11.2026",),
            (
                "Anbieter",
                "Land",
                "Modell",
                "Einzelpreis (EUR)",
                "Mindestmenge",
                "Höchstmenge",
                "Lieferzeit (Wochen)",
                "Gültig bis",
            ),
            (B, "Deutschland", "HGX H200", "232.000,00", 10, 80, "8", "20.12.2026"),
        ),
        says(),
    ),
    Layout(
        "French",
        (
            (
                "Fournisseur",
                "Pays",
                "Modèle",
                "Prix unitaire HT",
                "Devise",
                "Quantité minimale",
                "Quantité maximale",
                "Délai de livraison",
                "Valable jusqu'au",
            ),
            (
                B,
                "Allemagne",
                "HGX H200",
                "232 000,00",
                "EUR",
                10,
                80,
                "8 semaines",
                "20 décembre 2026",
            ),
        ),
        says(),
    ),
    Layout(
        "Korean",
        (
            ("공급사", "국가", "모델", "단가(원)", "최소 주문 수량", "공급 가능 수량", "납기", "견적 유효기간"),
            (B, "독일", "HGX H200", "390,000,000", 10, 80, "8주", "2026년 12월 20일"),
        ),
        says(currency="KRW", price=Decimal(390000000)),
    ),
    Layout(
        "Japanese",
        (
            ("供給者", "国", "型番", "単価（円）", "最小発注数量", "供給可能数量", "納期", "見積有効期限"),
            (B, "ドイツ", "HGX H200", "45,000,000", 10, 80, "8週間", "2026年12月20日"),
        ),
        says(currency="JPY", price=Decimal(45000000)),
    ),
    Layout(
        "Chinese",
        (
            ("供应商", "国家", "型号", "单价（万元）", "币种", "起订量", "可供数量", "交货期", "报价有效期"),
            (B, "德国", "HGX H200", "180", "CNY", 10, 80, "8周", "2026-12-20"),
        ),
        says(currency="CNY", price=Decimal(1800000)),
    ),
    Layout("in another order", (tuple(reversed(HEAD)), tuple(reversed(ROW))), says()),
    Layout("a title and a gap above", (("Quotes received",), (), HEAD, ROW), says()),
    Layout(
        "units in a line below",
        (
            ("Vendor", "Model", "Unit price", "Lead time"),
            (None, None, "EUR", "weeks"),
            (B, "HGX H200", 232000, 8),
        ),
        says(min_units=None, max_units=None, order_until=None),
    ),
    Layout(
        "a note among the rows",
        (HEAD, ROW, ("All prices are for delivery in Frankfurt.",), changed(vendor="Other", price=240000)),
        (*says(), *says(vendor="other", price=Decimal(240000))),
    ),
    Layout("a line of sums", (HEAD, ROW, ("Total", None, None, 232000, "EUR")), says()),
    Layout("the headings again", (HEAD, ROW, HEAD, changed(vendor="Other")), (*says(), *says(vendor="other"))),
    Layout("the vendor above", (("Vendor: Boreas Rechner GmbH",), HEAD[2:], ROW[2:]), says()),
    Layout(
        "the vendor once for two rows",
        (HEAD, ROW, changed(vendor=None, country=None, model="DGX H200", price=260000)),
        (*says(), *says(system="dgx-h200", price=Decimal(260000))),
    ),
    Layout(
        "price of an accelerator",
        (("Vendor", "Model", "Price per GPU (EUR)"), (B, "HGX H200", 29000)),
        says(**BARE),
    ),
    Layout(
        "in thousands, said in the heading",
        (("Vendor", "Model", "Unit price (k€)"), (B, "HGX H200", 232)),
        says(**BARE),
    ),
    Layout(
        "list price and discount",
        (
            ("Vendor", "Model", "List price", "Discount", "Currency"),
            (B, "HGX H200", 290000, "20 %", "EUR"),
        ),
        says(**BARE),
    ),
    Layout("a price on request", (HEAD, ROW, changed(vendor="Other", price="on request")), says()),
    Layout("a lead as a range", (HEAD, changed(lead="6-8")), says()),
    Layout(
        "end of a month, of a known day",
        (HEAD, changed(until="end of December")),
        says(order_until=date(2026, 12, 31)),
        told={"today": TODAY},
    ),
)
TIERED = (
    Layout(
        "tiers as columns",
        ((*HEAD, "Tier 1 from", "Tier 1 price", "Tier 2 from", "Tier 2 price"), (*ROW, 25, "226.000,00", 40, "-4 %")),
        says(tiers=({"from_units": 25, "price": Decimal(226000)}, {"from_units": 40, "discount": Decimal("0.04")})),
    ),
    Layout(
        "tiers in headings",
        (("Vendor", "Model", "Currency", "1-19", "20-39", "40+"), (B, "HGX H200", "EUR", 232000, 226000, 220000)),
        says(**BARE, tiers=tiers((20, 226000), (40, 220000))),
    ),
    Layout(
        "tiers as rows",
        (
            ("Vendor", "Model", "From", "To", "Unit price", "Currency"),
            (B, "HGX H200", 1, 19, 232000, "EUR"),
            (None, None, 20, 39, 226000, None),
            (None, None, 40, None, 220000, None),
        ),
        says(**BARE, tiers=tiers((20, 226000), (40, 220000))),
    ),
    Layout(
        "tiers as ranges in a column",
        (
            ("Vendor", "Model", "Quantity", "Unit price (EUR)"),
            (B, "HGX H200", "1-19", 232000),
            (B, "HGX H200", "20+", 226000),
        ),
        says(**BARE, tiers=tiers((20, 226000))),
    ),
    Layout(
        "tiers that end",
        (
            ("Vendor", "Model", "From", "To", "Unit price (EUR)"),
            (B, "HGX H200", 5, 19, 232000),
            (None, None, 20, 39, 226000),
        ),
        says(min_units=5, max_units=39, lead_days=None, order_until=None, tiers=tiers((20, 226000))),
    ),
    Layout(
        "tiers with a gap",
        (
            ("Vendor", "Model", "From", "To", "Unit price (EUR)"),
            ("A", "HGX H200", 1, 19, 232000),
            (None, None, 30, 39, 226000),
        ),
        asked=("E3",),
    ),
    Layout(
        "tiers in accelerators",
        (("Vendor", "Model", "From (GPUs)", "Unit price (EUR)"), (B, "HGX H200", 8, 232000), (None, None, 160, 226000)),
        says(**BARE, tiers=tiers((20, 226000))),
    ),
    Layout(
        "vendors as columns",
        (
            ("", B, "Other"),
            ("Model", "HGX H200", "DGX H200"),
            ("Unit price", 232000, 260000),
            ("Currency", "EUR", "EUR"),
            ("Min. qty", 10, 2),
            ("Max. qty", 80, 20),
            ("Lead time (weeks)", 8, 10),
            ("Valid until", date(2026, 12, 20), date(2027, 1, 31)),
        ),
        (
            *says(),
            *says(
                vendor="other",
                system="dgx-h200",
                price=Decimal(260000),
                min_units=2,
                max_units=20,
                lead_days=70,
                order_until=date(2027, 1, 31),
            ),
        ),
    ),
    Layout(
        "one quote as a form",
        (
            ("Quotation",),
            ("Supplier", B),
            ("Item", "HGX H200"),
            ("Unit price", "EUR 232,000"),
            ("MOQ", 10),
            ("Max. qty", 80),
            ("Lead time", "8 weeks"),
            ("Valid until", "20 Dec 2026"),
        ),
        says(),
    ),
)
LAYOUTS = (*PRICES, *UNCLEAR, *WORDS, *TIERED)
