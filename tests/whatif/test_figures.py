"""Figures that can be moved are told in the unit in which they are stated."""

from __future__ import annotations

from decimal import Decimal

import gpuplan
from gpuplan.report.choices import flips_text
from gpuplan.whatif.figures import figures
from support.builders import case, instance, made, offer, target


def test_a_price_is_in_the_currency_of_its_quote() -> None:
    """Proves that a quote in dollars is not told in euros, in figures and in the text of flips.

    o at 100 USD, worth 90 EUR, against p at 95 EUR: o is bought until it costs more than 95 / 0.9 = 105.6 USD.
    """
    tree = case(
        economics={"currency": "EUR", "exchange_rates": {"USD": [{"from": "2025-01-01", "rate": 0.9}]}},
        vendors={"w": {}},
        offers={"o": {"currency": "USD"}, "p": offer(vendor="w", price=95)},
        limits={"t": target(2), "cap": {"measure": "capex", "at_most": 500}},
    )
    one = made(tree)
    units = {figure.path: figure.unit for figure in figures(one)}
    assert (units["offers.o.price"], units["offers.p.price"], units["limits.cap.at_most"]) == ("USD", "EUR", "money")
    found = gpuplan.flip(one, ["offers.o.price", "offers.p.price"], by=("vendors",))
    rows = [line.split() for line in flips_text(found, one.currency).splitlines() if line.startswith("offers.")]
    assert {tuple(row[:2]) for row in rows} == {("offers.o.price", "USD"), ("offers.p.price", "EUR")}
    ups = [point.after for point in found.points if point.path == "offers.o.price" and point.after]
    assert any(Decimal("5.5") <= after.move <= Decimal("5.8") for after in ups)


def test_a_price_that_falls_to_nothing_takes_its_tiers_along() -> None:
    """Proves that no tier falls below nothing by a rounding, and that it keeps its share of the price."""
    tiers = [{"from_units": 2, "price": Decimal("1.000001")}]
    one = instance(offers={"o": offer(price=3, tiers=tiers)})
    (price,) = (figure for figure in figures(one) if figure.path == "offers.o.price")
    for move in (Decimal(-3), Decimal("-2.999"), Decimal(1)):
        moved = one.edited(price.edits(move)).offers["o"]
        assert moved.tiers[0].price is not None
        assert moved.tiers[0].price >= 0
        assert abs(moved.tiers[0].price * 3 - moved.price * tiers[0]["price"]) <= Decimal("3e-6")
