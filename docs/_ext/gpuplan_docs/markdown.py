"""Small pieces of Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; cells are kept on one line and their bars are escaped."""
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    lines += ["| " + " | ".join(cell(text) for text in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def cell(text: str) -> str:
    """Text on one line, safe within a table."""
    return " ".join(text.split()).replace("|", r"\|")


def plain(text: str) -> str:
    """Text that is not meant as Markdown: the characters that Markdown reads are escaped."""
    return "".join(f"\\{letter}" if letter in r"\`*_{}[]<>#|$~" else letter for letter in text)


def code(text: object) -> str:
    """Text in the letters of a machine."""
    return f"`{text}`"


def anchor(name: str, heading: str, level: int) -> str:
    """A heading that can be linked to."""
    return f"({name})=\n{'#' * level} {heading}\n"
