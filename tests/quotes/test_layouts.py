"""Tables as people have them are read right, or asked about by cell; never a wrong number in silence."""

from __future__ import annotations

import pytest

from quotes.building import asked, facts, read
from quotes.layouts import LAYOUTS, Layout


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.name)
def test_a_table_says_what_a_careful_reader_makes_of_it(layout: Layout) -> None:
    """Proves that each of the tables gives the offers written beside it, or the cells to be asked for, and no others.
    If broken, 232 instead of 232,000, or the second of January instead of the first of February."""
    quotes = read(layout.rows, **layout.told)
    assert asked(quotes) == sorted(layout.asked), [str(problem) for problem in quotes.asked]
    if not layout.asked:
        assert facts(quotes) == list(layout.offers)
