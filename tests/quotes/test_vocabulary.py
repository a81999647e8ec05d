"""Every word for a field, in any order, either way round, gives the same offer."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpuplan.quotes.headings import heading
from gpuplan.quotes.vocabulary import ABSENT, FIELDS, TOTALS
from quotes.building import PLAIN, asked, facts, read
from quotes.test_values import cell

VALUES = {
    "vendor": "Boreas Rechner GmbH",
    "country": "DE",
    "system": "HGX H200",
    "price": "232.000,00",
    "currency": "EUR",
    "min_units": 10,
    "max_units": 80,
    "lead_days": "8 weeks",
    "order_until": date(2026, 12, 20),
}


@pytest.mark.parametrize("field", FIELDS)
def test_every_phrase_is_understood_as_its_field(field: str) -> None:
    """Proves that no phrase belongs to two fields, or is lost to an article or a unit within it."""
    assert [phrase for phrase in FIELDS[field] if heading(cell(phrase)).field != field] == []


@given(st.data(), st.booleans())
@settings(max_examples=150)
def test_any_words_in_any_order_give_the_same_offer(data: st.DataObject, turned: bool) -> None:
    """Proves that language, order and direction of a table change nothing: 9 columns out of some 200 phrases."""
    columns = data.draw(st.permutations(list(VALUES)))
    head = [data.draw(st.sampled_from(FIELDS[column])) for column in columns]
    rows = [head, [VALUES[column] for column in columns]]
    quotes = read([list(row) for row in zip(*rows, strict=True)] if turned else rows)
    assert asked(quotes) == []
    assert facts(quotes) == [PLAIN]


@given(st.sampled_from(sorted(ABSENT)))
def test_a_quote_that_says_it_has_no_price_is_none(word: str) -> None:
    """Proves that words for nothing are no number, and that the quote is told."""
    quotes = read((list(VALUES), [word if field == "price" else value for field, value in VALUES.items()]))
    assert quotes.offers == {}
    assert quotes.problems


@given(st.sampled_from(sorted(TOTALS)))
def test_a_row_that_adds_up_others_is_no_quote(word: str) -> None:
    """Proves that a sum is neither an offer nor a question."""
    fields = [field for field in VALUES if field != "system"]
    head = ["Vendor", "Model", "Unit price", "Currency"]
    quotes = read((head, ["A", "HGX H200", 232000, "EUR"], [word, None, 232000 * len(fields), "EUR"]))
    assert asked(quotes) == []
    assert len(quotes.offers) == 1
