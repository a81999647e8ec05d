"""What reading one quote needs beside its cells, and how it asks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from gpuplan.quotes.cells import Book, Cell
from gpuplan.quotes.numbers import Absent, Unclear
from gpuplan.quotes.result import Quotes
from gpuplan.quotes.systems import Known


@dataclass(slots=True)
class Desk:
    """What reading one quote needs: where it stands, what is known, and where to tell."""

    book: Book
    found: Quotes
    known: Known
    offer: str
    country: str
    currency: str
    """Of prices that say none; empty where nobody said."""
    failed: bool = False

    def problem(self, cell: Cell | str, why: str, way_out: str) -> None:
        """Ask for a cell; the quote is not complete without it."""
        self.failed = True
        self.found.ask(self.book, cell, why, way_out)

    @contextmanager
    def asking(self, cell: Cell) -> Iterator[None]:
        """Turn a value that is unclear into a question; one that is absent is nothing."""
        try:
            yield
        except Unclear as error:
            self.problem(cell, error.why, error.way_out)
        except Absent:
            pass
