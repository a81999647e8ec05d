"""Data frames, figures and what notebooks show."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pandas
import pytest

import gpuplan
from gpuplan.whatif.schemas import ANSWERS
from report.examples import answers, rich
from report.reading import Tables, sheets

NOTEBOOK = Path(__file__).parents[2] / "docs" / "notebook.ipynb"


@pytest.mark.parametrize("name", ANSWERS)
def test_every_table_is_a_data_frame(name: str) -> None:
    """Proves that the frames with rows are the sheets of the workbook, none of which is empty: same tables, rows and
    columns."""
    answer = answers()[name]
    found = {title: frame for title, frame in gpuplan.frames(answer).items() if len(frame)}
    book = sheets(gpuplan.workbook(answer))
    assert list(found) == list(book)
    for title, frame in found.items():
        assert frame.shape == (len(book[title]) - 1, len(book[title][0]))


def test_frames_add_up_and_know_days() -> None:
    """Proves that columns are numbers and days, not objects: the orders' amounts add up, and days can be compared."""
    orders = gpuplan.frames(rich())["orders"]
    assert orders["amount"].sum() == pytest.approx(float(sum(order.amount for order in rich().orders)), rel=1e-12)
    assert orders["units"].dtype == "Int64"
    assert orders["signed"].min() == pandas.Timestamp(min(order.signed for order in rich().orders))
    assert orders.attrs["units"]["amount"] == "USD"
    assert gpuplan.frames(rich())["latest"]["by"].dt.date.iloc[0] == date(2025, 4, 20)


@pytest.mark.parametrize("name", ANSWERS)
def test_a_notebook_shows_an_answer_by_itself(name: str) -> None:
    """Proves that every plan and answer has HTML of its own, with its name and a table, and runs nothing."""
    answer: Any = answers()[name]
    read = Tables(answer._repr_html_())
    assert answer.name in read.text
    assert read.tables
    assert not {"script", "style", "img"} & {tag for tag, _ in read.elements}


def test_figures_are_objects_that_can_be_saved(tmp_path: Path) -> None:
    """Proves that a figure is matplotlib's own, by the name that the page gives it."""
    found = gpuplan.figures(rich())
    assert {"timeline", "cost-terms", "cost-periods", "cash", "mix", "limits", "capacity-north"} <= set(found)
    found["timeline"].savefig(tmp_path / "timeline.png", dpi=50)
    assert (tmp_path / "timeline.png").read_bytes().startswith(b"\x89PNG")


def test_the_notebook_runs_and_shows_what_it_says() -> None:
    """Proves that every cell of the notebook in the documentation runs, from a kernel of its own, and that what is
    kept in it is what it shows today: the texts, and that the plan is shown as HTML."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    kept = [texts(cell) for cell in notebook.cells]
    every = [output["output_type"] for cell in notebook.cells for output in cell.get("outputs", ())]
    assert set(every) == {"stream"}  # the rest would tell of the machine that it was run on
    run = nbclient.NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(NOTEBOOK.parent)}})
    run.execute(env={**environment()})
    assert [texts(cell) for cell in notebook.cells] == kept
    shown = [key for cell in notebook.cells for output in cell.get("outputs", ()) for key in output.get("data", ())]
    assert "text/html" in shown


def environment() -> dict[str, str]:
    import os

    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2] / "model"), "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def texts(cell: Any) -> list[str]:
    """What a cell prints."""
    return [output["text"] for output in cell.get("outputs", ()) if output["output_type"] == "stream"]
