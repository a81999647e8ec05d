"""Days as people write them, or why one cannot be told: `31.01.2027`, `31 janvier 2027`, `end of Jan`, `CW 14/2027`."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from gpuplan.quotes.cells import Cell
from gpuplan.quotes.numbers import Absent, Unclear, is_absent, normal, shown

_MONTHS = (
    "january jan januar jänner janvier janv",
    "february feb februar février fevrier févr fevr",
    "march mar märz maerz mrz mars",
    "april apr avril avr",
    "may mai",
    "june jun juni juin",
    "july jul juli juillet juil",
    "august aug août aout",
    "september sep sept septembre",
    "october oct oktober okt octobre",
    "november nov novembre",
    "december dec dezember dez décembre decembre déc",
)
MONTHS = {word: number for number, words in enumerate(_MONTHS, 1) for word in words.split()}
"""Months by their names in English, German and French."""
_EAST = re.compile(r"(\d{4})\s*[년年]\s*(\d{1,2})\s*[월月]\s*(\d{1,2})\s*[일日号]?")
_EAST_END = re.compile(r"(?:(\d{4})\s*[년年])?\s*(\d{1,2})\s*[월月]\s*(?:말|末|底)(?:일|日)?")
_WEEK = re.compile(r"(?:kw|cw|week|wk|semaine|woche)\s*(\d{1,2})\s*(?:/|\.|-|\s)\s*(\d{4})|(\d{4})-?w(\d{1,2})")
_LEADING = re.compile(
    r"^(?:until|till|by|bis(?: zum)?|jusqu'au|valid until|valid till|gültig bis|zum)\s+|\s*(?:까지|まで|迄|止|前)$"
)


@dataclass(frozen=True, slots=True)
class ReadDay:
    """A day, and what was assumed to have it."""

    day: date
    assumption: str = ""


def day_of(cell: Cell, today: date | None) -> ReadDay:
    """The day in a cell; `today` is the day of the quotes, which a day without a year comes after.

    Raises Absent or Unclear.
    """
    value = cell.value
    if isinstance(value, date):
        return ReadDay(value)
    if not isinstance(value, str):
        raise Unclear(f"{cell.text} is no day", "Write it like 2027-01-31.")
    if is_absent(value):
        raise Absent
    return written_day(value, today)


def written_day(value: str, today: date | None) -> ReadDay:
    """The day that a text states; raises Unclear."""
    text = _LEADING.sub("", normal(value).casefold()).strip(" .")
    for read in (_iso, _eastern, _in_words, _end_of_month, _week, _in_numbers):
        found = read(text, today)
        if found is not None:
            return found
    raise Unclear(f"{shown(value)!r} is no day that can be read", "Write it like 2027-01-31.")


def _made(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise Unclear(f"there is no day {year}-{month:02}-{day:02}", "Write it like 2027-01-31.") from None


def _iso(text: str, _today: date | None) -> ReadDay | None:
    match = re.fullmatch(r"(\d{4})\s*[-./]\s*(\d{1,2})\s*[-./]\s*(\d{1,2})\.?(?:[t ]\d{2}:\d{2}(?::\d{2})?)?", text)
    return ReadDay(_made(*map(int, match.groups()))) if match else None


def _eastern(text: str, _today: date | None) -> ReadDay | None:
    match = _EAST.fullmatch(text)
    return ReadDay(_made(*map(int, match.groups()))) if match else None


def _in_words(text: str, today: date | None) -> ReadDay | None:
    """31 Jan 2027, Jan 31, 2027, 31. Januar 2027, 31-Jan-27, and without a year."""
    match = re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th|er)?[.\s-]*(?:of )?([^\W\d]+)[.,\s-]*(\d{4})?", text)
    if match and match[2] in MONTHS:
        return _dated(int(match[1]), MONTHS[match[2]], match[3], today)
    match = re.fullmatch(r"([^\W\d]+)[.\s]*(\d{1,2})(?:st|nd|rd|th)?(?:,?\s*(\d{4}))?", text)
    if match and match[1] in MONTHS:
        return _dated(int(match[2]), MONTHS[match[1]], match[3], today)
    return None


def _end_of_month(text: str, today: date | None) -> ReadDay | None:
    match = re.fullmatch(r"(?:the )?(?:end(?: of)?|ende|fin|fin de|ultimo)\s+([^\W\d]+)[.,]?\s*(\d{4})?", text)
    month, year = (MONTHS.get(match[1]), match[2]) if match else (None, None)
    east = _EAST_END.fullmatch(text)
    if east:
        month, year = int(east[2]), east[1]
    if month is None or not 1 <= month <= 12:
        return None
    known = int(year) if year else _coming(month, 28, today)
    last = monthrange(known, month)[1]
    year_told = "" if year else f"; the year is the next after {today}"
    return ReadDay(_made(known, month, last), f"the last day of the month{year_told}")


def _week(text: str, _today: date | None) -> ReadDay | None:
    match = _WEEK.fullmatch(text)
    if match is None:
        return None
    week, year = (match[1], match[2]) if match[1] else (match[4], match[3])
    try:
        monday = date.fromisocalendar(int(year), int(week), 1)
    except ValueError:
        raise Unclear(f"there is no week {week} of {year}", "Write a day, like 2027-01-31.") from None
    sunday = monday + timedelta(days=6)
    raise Unclear(
        f"{shown(text)!r} is a week, from {monday} to {sunday}, not a day", f"Write the day, such as {monday}."
    )


def _in_numbers(text: str, today: date | None) -> ReadDay | None:
    match = re.fullmatch(
        r"(\d{1,2})\s*([./-])\s*(\d{1,2})\s*[./-]\s*(\d{4}|\d{2})?",
        text + ("." if re.fullmatch(r"\d{1,2}\.\d{1,2}", text) else ""),
    )
    if match is None:
        return None
    first, separator, second, year = int(match[1]), match[2], int(match[3]), match[4]
    if separator == "." and (year is None or len(year) == 4):
        return _dated(first, second, year, today)
    if year is None:
        return None
    readings = _numeric_readings(first, second, year, separator)
    if today is not None and len(year) == 2:
        near = {one for one in readings if -60 <= (one - today).days <= 1100}
        readings = near or readings
    if len(readings) == 1:
        return ReadDay(readings.pop(), "" if len(year) == 4 else "a year of two digits is of this century")
    if not readings:
        raise Unclear(f"{shown(text)!r} is no day", "Write it like 2027-01-31.")
    raise Unclear(
        f"{shown(text)!r} can be {' or '.join(str(one) for one in sorted(readings))}", "Write it like 2027-01-31."
    )


def _numeric_readings(first: int, second: int, year: str, separator: str) -> set[date]:
    """Days that two numbers and a year can be: day and month in either order, or with a short year first."""
    full = int(year) if len(year) == 4 else 2000 + int(year)
    triples = [(full, second, first)]
    if separator != ".":
        triples.append((full, first, second))
    if len(year) == 2:
        triples.append((2000 + first, second, int(year)))
    found = set()
    for triple in triples:
        try:
            found.add(date(*triple))
        except ValueError:
            continue
    return found


def _dated(day: int, month: int, year: str | None, today: date | None) -> ReadDay:
    if not 1 <= month <= 12:
        raise Unclear(f"there is no month {month}", "Write it like 2027-01-31.")
    if year:
        return ReadDay(_made(int(year), month, day))
    return ReadDay(_made(_coming(month, day, today), month, day), f"the year is the next after {today}")


def _coming(month: int, day: int, today: date | None) -> int:
    """The year of the next such day."""
    if today is None:
        raise Unclear(
            "no year is stated", "Write it like 2027-01-31, or name the day of the quotes: --as-of 2026-11-27."
        )
    return today.year if (month, day) >= (today.month, today.day) else today.year + 1


def stated_day(text: str) -> date | None:
    """The day that a title is of, such as `quotes as of 27.11.2026`; None when it names none, or several."""
    found = set()
    pattern = (
        r"\d{4}-\d{1,2}-\d{1,2}|\d{1,2}\.\s?\d{1,2}\.\s?\d{4}|\d{1,2}(?:st|nd|rd|th)?\.?\s+[^\W\d]+\.?\s+\d{4}|"
        r"\d{4}\s*[년年]\s*\d{1,2}\s*[월月]\s*\d{1,2}\s*[일日]"
    )
    for part in re.findall(pattern, normal(text).casefold()):
        try:
            found.add(written_day(part, None).day)
        except Unclear:
            continue
    return found.pop() if len(found) == 1 else None
