"""What was read from quotes, as text for a terminal: what each cell was understood as, what is asked, what is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gpuplan.errors import SHOWN
from gpuplan.report.layout import WIDTH, new_table, rendered, titled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gpuplan.errors import Problem
    from gpuplan.quotes.result import Quotes, Understood


OFFERS = 100
"""Offers that are shown cell by cell; of a longer file the rest is counted."""


def quotes_text(quotes: Quotes, width: int = WIDTH) -> str:
    """The offers, cell by cell; then what is not taken over; then what has to be answered."""
    by_offer: dict[str, list[Understood]] = {}
    for one in quotes.understood:
        by_offer.setdefault(one.offer, []).append(one)
    parts = []
    for name, cells in list(by_offer.items())[:OFFERS]:
        table = new_table("cell", "found", "understood as", "value", "assumed")
        for one in cells:
            table.add_row(one.cell, one.found, one.field if one.taken else f"({one.field})", one.value, one.assumption)
        parts.append(titled(f"{name} ({cells[0].sheet})", table))
    text = rendered(parts, width) if parts else ""
    if len(by_offer) > OFFERS:
        text += f"\nand {len(by_offer) - OFFERS:,} more; --format json shows every cell of them\n"
    if any(not one.taken for one in quotes.understood):
        text += "\nFields in brackets are understood, and are no part of the offers.\n"
    text += _listed("Not taken over", quotes.not_taken)
    text += _listed("To be answered", quotes.asked)
    return text + f"\n{_counted(quotes)}\n"


def _listed(title: str, problems: Sequence[Problem]) -> str:
    if not problems:
        return ""
    lines = [f"- {one.path}: {one.message}. {one.way_out}".rstrip() for one in problems[:SHOWN]]
    lines += [f"and {len(problems) - SHOWN} more; --format json has all"] if len(problems) > SHOWN else []
    return "\n".join(["", title, *lines]) + "\n"


def _counted(quotes: Quotes) -> str:
    offers, asked = len(quotes.offers), len(quotes.asked)
    read = f"{offers} offer{'s' * (offers != 1)} read from {quotes.file}"
    return f"{read}; {asked} question{'s' * (asked != 1)} to be answered" if asked else read
