"""Plans and answers for programs and notebooks: data frames, figures, a page, a workbook.

Each takes a plan or the answer to any question. What is needed for it is imported when it is called.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.errors import InvalidInput, Problem

if TYPE_CHECKING:
    from gpuplan.report.table import Cell


def frames(answer: Any) -> dict[str, Any]:
    """A `pandas.DataFrame` of every table, by name; `attrs["units"]` says what the numbers of each column are in.

    Whole numbers are nullable integers, other numbers floats, days timestamps. Raises InvalidInput when pandas is not
    installed.
    """
    try:
        import pandas
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[frames]'."
        raise InvalidInput([Problem("a data frame needs pandas, which is not here", way_out)]) from None
    from gpuplan.report.answers import tables

    found = {}
    for table in tables(answer):
        columns = {
            column.key: pandas.Series([_for_frame(row[position]) for row in table.rows], dtype=dtype)
            for position, column in enumerate(table.columns)
            for dtype in [_dtype([row[position] for row in table.rows])]
        }
        frame = pandas.DataFrame(columns)
        units = {column.key: column.unit for column in table.columns if column.unit}
        frame.attrs["units"] = {key: table.currency if unit == "money" else unit for key, unit in units.items()}
        found[table.name] = frame
    return found


def _for_frame(cell: Cell) -> Any:
    return float(cell) if isinstance(cell, Decimal) else cell


def _dtype(cells: list[Cell]) -> str:
    kinds = {type(cell) for cell in cells if cell is not None}
    if kinds == {int}:
        return "Int64"
    if kinds and kinds <= {int, Decimal}:
        return "float64"
    return "datetime64[s]" if kinds == {date} else "object"


def figures(answer: Any) -> dict[str, Any]:
    """A `matplotlib.figure.Figure` of every picture, by name.

    Raises InvalidInput when matplotlib is not installed.
    """
    from gpuplan.report.answers import figures as pictures

    return {one.name: one.figure for one in pictures(answer)}


def page(*answers: Any, author: str = "", day: date | None = None) -> str:
    """One page of HTML that reports plans and answers, and needs no network.

    The paper for a decision, with which a plan begins, names `author` and `day` where they are given. Raises
    InvalidInput when Jinja2 or matplotlib is not installed.
    """
    from gpuplan.report.page import page as made

    return made(answers, author, day)


def workbook(*answers: Any, author: str = "", day: date | None = None) -> bytes:
    """A workbook (xlsx) of plans and answers: of a plan the decision, then a sheet for every table that has rows.

    Raises InvalidInput when XlsxWriter is not installed.
    """
    from gpuplan.report.workbook import workbook as made

    return made(answers, author, day)


def as_html(answer: Any) -> str | None:
    """What a notebook shows of a plan or an answer; None, so that it shows the text, where Jinja2 is not installed."""
    from gpuplan.report.page import fragment

    try:
        return fragment(answer)
    except InvalidInput:
        return None
