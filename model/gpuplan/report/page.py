"""Plans and answers as one page of HTML that needs nothing else: no network, no script, no font."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from gpuplan.errors import InvalidInput, Problem
from gpuplan.report import answers
from gpuplan.report.paper import about, beside, paper
from gpuplan.report.paper_figures import usable_figure
from gpuplan.report.svg import svg

if TYPE_CHECKING:
    from jinja2 import Environment

    from gpuplan.report.table import Cell, Table

MOST_IN_FRAGMENT = 20
"""Rows of a table in a notebook; the data frames have them all."""


def page(found: Sequence[Any], author: str = "", day: date | None = None) -> str:
    """A page that reports plans and answers, one after another; of a plan the paper for a decision first.

    Where flip points and a plan of the same instance are reported together, the plan's limits say what a step of slack
    is worth; entry prices and comparisons of the same instance are told in the paper. `author` and `day` are named in
    it. Raises InvalidInput when Jinja2 or matplotlib is not installed.
    """
    worths = {one.name: one for one in found if one.format == "gpuplan-flips/1"}
    reports = []
    for number, answer in enumerate(found, 1):
        flips = worths.get(answer.name) if answer.format == answers.PLAN else None
        known = None if flips is None else answers.worths_of(flips, answer.currency)
        prefix = f"r{number}-" if len(found) > 1 else ""
        reports.append(
            {
                "prefix": prefix,
                "kind": answers.title(answer),
                "name": answer.name,
                "sections": answers.sections(answer, known),
                **_paper(answer, found, author, day),
            }
        )
    template = _environment().get_template("page.html")
    return template.render(reports=reports, style=_text("page.css"))


def _paper(answer: Any, found: Sequence[Any], author: str, day: date | None) -> dict[str, Any]:
    """The paper of a plan, with what is told of the same instance beside it; of an answer none."""
    if answer.format != answers.PLAN:
        return {"paper": (), "about": ""}
    told = beside(answer, found, author, day)
    drawn = usable_figure(answer)
    return {"paper": paper(answer, told, () if drawn is None else (drawn,)), "about": about(answer, told)}


def fragment(answer: Any) -> str:
    """What a notebook shows of a plan or an answer: what it says, and its first tables, without pictures."""
    shown = [table for table in answers.tables(answer) if table.rows]
    if answer.format == answers.PLAN:
        from gpuplan.report.sentences import decision, proof

        says = [decision(answer), *proof(answer).splitlines()]
        shown = [table for table in shown if table.name in ("bill-of-materials", "cost", "limits")]
    else:
        says = list(answers.KINDS_OF_ANSWER[answer.format].says(answer))
    template = _environment().get_template("fragment.html")
    return template.render(name=answer.name, says=says, tables=shown, most=MOST_IN_FRAGMENT)


@cache
def _environment() -> Environment:
    try:
        from jinja2 import Environment, FunctionLoader, StrictUndefined
    except ImportError:
        way_out = "Install it: pip install 'gpuplan[report]'."
        raise InvalidInput([Problem("a page needs Jinja2, which is not here", way_out)]) from None
    from markupsafe import Markup

    made = Environment(
        loader=FunctionLoader(_text), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    made.filters["number"] = lambda cell: f"{Decimal(cell).normalize():f}"
    made.filters["drawn"] = lambda picture, prefix: Markup(svg(picture._replace(name=prefix + picture.name)))
    made.tests["figure"] = _is_figure
    made.tests["day"] = lambda cell: isinstance(cell, date)
    made.globals["numeric"] = _is_numeric
    return made


def _is_figure(cell: Cell) -> bool:
    return isinstance(cell, int | Decimal)


def _is_numeric(table: Table, position: int) -> bool:
    """Whether a column holds numbers, which are set to the right."""
    return any(_is_figure(row[position]) for row in table.rows)


@cache
def _text(name: str) -> str:
    return (files("gpuplan.report") / "templates" / name).read_text(encoding="utf-8")
