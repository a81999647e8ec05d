"""Any cells under any headings end in offers or in problems with their cells, never in a traceback."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random

import pytest

from gpuplan.quotes.vocabulary import FIELDS
from quotes.building import read

POOL = (
    None, 0, 1, 8, -1, 2.5, Decimal("0.04"), 232000, "232.000,00", "215k", "8 GPUs", "10 units", "8 weeks",
    "14-16", "3y NBD", "30/60/10", "-4 %", "n/a", "end of Jan", "01/02/2027", "2027-01-31",
    date(2027, 1, 31), True, "HGX H200",
    "GB200 NVL72", "hgx-b200-air", "Boreas GmbH", "DE", "EUR", "$", "¥", "元", "1-19", "20+",
    "up to 5", "5.4억",
    "=cmd|x",
    "incl. network; per 20 servers 1 free of charge; only with B; LD 0.5 %/week", "KW 14/2027",
    "1.234", "20 + 1",
    "5 % until 2026-12-15", "5¹", "²³", "%", "1e9", "NaN", "inf", "(" * 30, "\u202e123", "١٢٣", "①", "½",
)  # fmt: skip
LIKELY = {"vendor": "A", "system": "HGX H200", "price": 232000, "currency": "EUR"}


def table(dice: Random) -> list[list[object]]:
    """Some headings, and cells of which half fit them; upright or turned, sometimes with a word above."""
    columns = list(dict.fromkeys([*LIKELY, *dice.sample(list(FIELDS), dice.randint(2, 10))]))
    rows: list[list[object]] = [[dice.choice(FIELDS[column]) for column in columns]]
    rows += [
        [LIKELY.get(column) if dice.random() < 0.5 else dice.choice(POOL) for column in columns]
        for _ in range(dice.randint(1, 4))
    ]
    if dice.random() < 0.3:
        rows = [list(row) for row in zip(*rows, strict=True)]
    return [[dice.choice(POOL)], *rows] if dice.random() < 0.2 else rows


@pytest.mark.parametrize("seed", range(8))
def test_any_cells_are_read_or_told(seed: int) -> None:
    """Proves that of forty tables of odd cells none breaks the reader, and that each says something: an offer, or why
    there is none, with the cell."""
    dice = Random(seed)
    for _ in range(40):
        quotes = read(table(dice), today=dice.choice([None, date(2026, 11, 27)]))
        assert quotes.offers or quotes.problems
        assert all(problem.path and problem.message for problem in quotes.problems)
        assert all(offer.price >= 0 for offer in quotes.offers.values())
