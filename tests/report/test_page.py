"""A page needs nothing but itself, and takes no name for more than text."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from gpuplan.report.answers import figures
from gpuplan.report.page import fragment, page
from gpuplan.report.svg import svg
from gpuplan.report.workbook import workbook
from gpuplan.whatif.schemas import ANSWERS
from gpuplan.whatif.sweep import Sweep, SweepPoint, table
from report.examples import HOSTILE, answers, hostile, rich
from report.reading import Tables, sheets


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_fetches_nothing_and_runs_nothing(name: str) -> None:
    """Proves that no element of a page has a source, a target outside the page, a script or a handler, and that what it
    may do is stated in its policy."""
    text = page([answers()[name]])
    read = Tables(text)
    assert not {"script", "link", "img", "iframe", "object", "embed", "form"} & {tag for tag, _ in read.elements}
    for tag, attributes in read.elements:
        assert not [key for key in attributes if key.startswith("on") or key in ("src", "srcset")], tag
        for key in ("href", "xlink:href"):
            assert (attributes.get(key) or "#").startswith("#"), (tag, attributes)
    assert not re.findall(r"url\((?!#)|@import", text)
    assert "default-src 'none'" in text


@pytest.mark.parametrize("name", ANSWERS)
def test_anchors_lead_somewhere_and_ids_are_unique(name: str) -> None:
    """Proves that the keyboard gets to every part: each link of a page of two reports has its target, once."""
    read = Tables(page([answers()[name], rich()]))
    ids = [attributes["id"] for _, attributes in read.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    targets = {(attributes["href"] or "")[1:] for tag, attributes in read.elements if tag == "a"}
    assert len(targets) > 5
    assert targets <= set(ids)


def test_pictures_are_told_to_those_who_do_not_see_them() -> None:
    """Proves that every picture has words, and that what scrolls can be reached by keyboard."""
    read = Tables(page([rich()]))
    pictures = [attributes for _, attributes in read.elements if attributes.get("role") == "img"]
    assert len(pictures) == len(figures(rich())) >= 7
    for attributes in pictures:
        assert len(attributes["aria-label"] or "") > 30
        assert attributes["tabindex"] == "0"
    assert all(attributes.get("aria-hidden") == "true" for tag, attributes in read.elements if tag == "svg")


def test_a_picture_is_well_formed_takes_its_colours_from_the_page_and_is_the_same_each_time() -> None:
    """Proves that dark pages can give other colours: none of the palette is left bare."""
    (first, *_), (again, *_) = figures(rich()), figures(rich())
    drawn = svg(first)
    assert ElementTree.fromstring(drawn).tag.endswith("svg")
    assert "var(--c0, #0072b2)" in drawn
    assert not re.search(r"(?<!, )#0072b2", drawn)
    assert drawn == svg(again)


def test_the_report_of_a_plan_has_every_part() -> None:
    """Proves the parts that a meeting asks for, in order."""
    read = Tables(page([rich()]))
    parts = [attributes["id"] for tag, attributes in read.elements if tag == "h2"]
    paper = parts[: parts.index("appendix")]
    assert paper == ["approval", "money", "usable", "vendors", "left-out", "places", "risks-of-it", "next"]
    assert parts[len(paper) + 1 :] == [
        "decision",
        "buy",
        "when",
        "where",
        "cost",
        "mix",
        "limits",
        "offers",
        "sources",
        "proof",
    ]
    assert f"Buy {rich().accelerators} accelerators" in read.text
    assert "audit passed" in read.text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_on_the_page(name: str) -> None:
    """Proves that no name makes an element, a picture fail, or a template run; and that it is shown whole."""
    said = HOSTILE[name]
    _, plan = hostile(said)
    plain = Tables(page([hostile("plain")[1]]))
    read = Tables(page([plan]))
    assert [tag for tag, _ in read.elements] == [tag for tag, _ in plain.elements]
    assert said in read.text
    assert read.tables["summary"][1][-1] == said
    assert said in {row[0] for row in read.tables["makers"]}
    assert said in fragment_text(plan)


def fragment_text(plan: object) -> str:
    return Tables(fragment(plan)).text


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_text_in_the_workbook(name: str) -> None:
    """Proves that a spreadsheet neither runs nor links nor cuts a name; `sheets` refuses formulas and links."""
    said = HOSTILE[name]
    _, plan = hostile(said)
    found = sheets(workbook([plan]))
    assert found["summary"][1][-1] == said
    assert said in {row[0] for row in found["makers"]}
    assert found["low-confidence"][1][2] == said


def test_a_text_that_a_cell_cannot_hold_is_cut_and_marked() -> None:
    """Proves the limit of a cell, 32,767 characters, which a list of texts can pass. If broken, the cell is empty."""
    plan = rich().model_copy(update={"name": "y" * 40_000})
    shown = str(sheets(workbook([plan]))["summary"][1][-1])
    assert len(shown) == 32_767
    assert shown.endswith("y…")


@pytest.mark.parametrize(
    ("text", "written"),
    [("=cmd()", "'=cmd()"), ("-5", "-5"), ("+1.5e3", "+1.5e3"), ("-5+cmd()", "'-5+cmd()"), ("@x", "'@x"), ("a", "a")],
)
def test_csv_quotes_what_a_spreadsheet_would_run_and_no_number(text: str, written: str) -> None:
    """Proves both ways: `-5` as a value of a sweep stays a number, `-5+cmd()` does not run."""
    point = SweepPoint.model_validate(
        {"values": [text], "edits": [], "status": "invalid", "fault": "=x", "levels": [], "cost": None,
         "discounted": None, "accelerators": None, "systems": None, "vendors": [], "sites": [], "seconds": 0,
             "finished": True}
    )  # fmt: skip
    swept = Sweep.model_validate(
        {"name": "s", "currency": "USD", "axes": ["x {}"], "zipped": False, "of": 1, "points": [point],
         "complete": True}
    )  # fmt: skip
    line = table(swept).splitlines()[1].split(",")
    assert (line[0], line[-1]) == (written, "'=x")
