"""A term that offers have no field for is understood, shown and named; with a field of its name it is taken over."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gpuplan.instance.offers import Offer
from gpuplan.quotes import importing, offers, result
from quotes.building import HEAD, ROW, read

TERMS = ("Warranty", "Free units", "Late damages", "Early order discount", "Only with")
VALUES = ("5 Jahre vor Ort", "20 + 1", "0.5 % a week", "5 % until 2026-12-15", "Other")
ROWS = ((*HEAD, *TERMS), (*ROW[:7], "6-8", *ROW[8:], *VALUES), ("Other", "FR", "DGX H200", 260000, "EUR"))
FIELDS = ("warranty_years", "free_units", "late_damages", "early_order", "only_with", "lead_days_range")


class Richer(Offer):
    """An offer that has a field for each of the terms."""

    warranty_years: int = 0
    free_units: Any = None
    late_damages: Any = None
    early_order: Any = None
    only_with: Any = None
    lead_days_range: Any = None


def test_a_term_without_a_field_is_named_and_not_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that no term is lost in silence: each is understood, marked as not taken, and named by its cell."""
    poorer = {name: field for name, field in Offer.model_fields.items() if name not in FIELDS}
    monkeypatch.setattr(result, "goes_to", lambda name: name if result.TAKEN.get(name) in poorer else "")
    monkeypatch.setattr(offers, "goes_to", result.goes_to)
    monkeypatch.setattr(importing, "goes_to", result.goes_to)
    quotes = read(ROWS)
    assert {one.field for one in quotes.understood if not one.taken} >= set(FIELDS)
    named = " ".join(str(problem) for problem in quotes.not_taken)
    assert all(name.replace("_", " ") in named for name in FIELDS)


def test_a_term_with_a_field_is_taken_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that the table of fields is looked up on the model: a field of the name is enough."""
    for module in (result, offers, importing):
        monkeypatch.setattr(module, "Offer", Richer)
    quotes = read(ROWS)
    offer: Any = quotes.offers["boreas-rechner-hgx-h200"]
    assert offer.warranty_years == 5
    assert offer.free_units == {"buy": 20, "free": 1}
    assert offer.late_damages == {"share_per_week": Decimal("0.005")}
    assert offer.early_order["discount"] == Decimal("0.05")
    assert offer.only_with == ["other-dgx-h200"]
    assert offer.lead_days_range == {"least": 42, "most": 56}
    assert offer.lead_days == Offer.model_fields["lead_days"].default
    assert not [one for one in quotes.understood if one.field in FIELDS and not one.taken]
