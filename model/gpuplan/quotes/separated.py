"""A table of separated values: its encoding and separator found where there is one answer, asked for otherwise."""

from __future__ import annotations

import csv
import io
from collections import Counter

from gpuplan.quotes.cells import LONGEST_TEXT, Cell, Sheet, unreadable, within_bounds

SEPARATORS = ",;\t|"
_LARGEST_FIELD = 50_000_000


def separated_sheet(content: bytes, file: str, name: str, encoding: str | None) -> Sheet:
    """The cells of a .csv as one sheet, every one of them text.

    Raises InvalidInput when the encoding is not told and cannot be known, or more than one separator would do.
    """
    text = _decoded(content, file, encoding)
    if "\0" in text:
        raise unreadable(file, "this is no text", "Save it as .csv (UTF-8), or as .xlsx.")
    try:
        rows = _rows(text, _separator(text, file))
    except csv.Error as error:
        raise unreadable(file, f"its rows cannot be told apart: {error}", "Save it again, or as .xlsx.") from None
    within_bounds(file, name, len(rows), max((len(row) for row in rows), default=0))
    cells = {
        (line, position): Cell(name, line, position, found[:LONGEST_TEXT])
        for line, row in enumerate(rows, 1)
        for position, found in enumerate(row, 1)
        if found.strip()
    }
    return Sheet(name, cells)


def _decoded(content: bytes, file: str, encoding: str | None) -> str:
    marks = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
    marked = next((found for mark, found in marks.items() if content.startswith(mark)), None)
    try:
        return content.decode(encoding or marked or "utf-8")
    except LookupError:
        raise unreadable(file, f"{encoding!r} is no encoding", "Such as cp1252, cp949, shift_jis, gb18030.") from None
    except UnicodeDecodeError:
        message = f"it is not {encoding or marked or 'UTF-8'} text, and in another encoding letters and signs differ"
        way_out = "Save it as CSV UTF-8, or name it: --encoding cp1252 (Western), cp949 (Korean), shift_jis, gb18030."
        raise unreadable(file, message, way_out) from None


def _rows(text: str, separator: str) -> list[list[str]]:
    before = csv.field_size_limit(_LARGEST_FIELD)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
    finally:
        csv.field_size_limit(before)


def _separator(text: str, file: str) -> str:
    """The separator that splits most rows into the same number of parts, where one does better than every other."""
    line, _, rest = text.partition("\n")
    if line.strip().lower().startswith("sep=") and rest:
        return line.strip()[4:5] or ","
    scores: dict[str, tuple[int, int]] = {}
    for separator in SEPARATORS:
        if separator in text:
            widths = Counter(len(row) for row in _rows(text[:200_000], separator) if len(row) > 1)
            if widths:
                width, count = max(widths.items(), key=lambda one: (one[1], one[0]))
                scores[separator] = (count, width)
    if not scores:
        return ","
    best = max(scores, key=lambda one: scores[one])
    rivals = [one for one in scores if one != best and scores[one] == scores[best]]
    if rivals:
        shown = " or ".join(repr(one) for one in (best, *rivals))
        raise unreadable(file, f"its separator can be {shown}", "Save it with one separator only, or as .xlsx.")
    return best
