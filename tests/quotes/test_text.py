"""What people are shown of quotes before anything is kept."""

from __future__ import annotations

from gpuplan.report.quotes import OFFERS, quotes_text
from quotes.building import HEAD, ROW, read


def test_every_cell_is_shown_with_its_field_and_assumption() -> None:
    """Proves that a reader sees cell, text, field, value and assumption, and fields that are no part of the offer."""
    text = quotes_text(read(((*HEAD, "Warranty", "Incoterm"), (*ROW[:7], "6-8", *ROW[8:], "3y", "DAP"))), 200)
    line = next(line for line in text.splitlines() if line.startswith("H2") and "lead_days " in line)
    assert line.split()[:4] == ["H2", "6-8", "lead_days", "56"]
    assert "the later end of the range" in line
    assert "(incoterm)" in text
    assert "Not taken over" in text


def test_a_long_file_is_shown_in_part_and_the_rest_is_counted() -> None:
    """Proves that of a thousand offers a hundred are shown, and that the rest is not dropped in silence."""
    text = quotes_text(read([HEAD, *((f"Vendor {number}", *ROW[1:]) for number in range(OFFERS + 5))]))
    assert "and 5 more; --format json" in text
    assert f"{OFFERS + 5} offers read" in text


def test_what_is_asked_stands_last_and_is_counted() -> None:
    """Proves that questions are not lost above."""
    text = quotes_text(read((HEAD, (*ROW[:8], "01/02/2027"))))
    assert text.splitlines()[-1].endswith("1 question to be answered")
    assert text.index("To be answered") > text.index("lead_days")
