"""`gpuplan report`: what it writes, what it refuses, and how large a report is."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from cli.running import MODULE, ran, refused
from gpuplan.plan.files import to_json, write_whole
from report.examples import answers
from report.reading import Tables

LARGEST = 8_000_000
"""Bytes that a page may have."""


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    """One answer of every kind, as its command writes it."""
    paths = []
    for name, answer in answers().items():
        paths.append(tmp_path / f"{name}.json")
        write_whole(paths[-1], to_json(answer))
    return paths


def test_plans_and_answers_become_one_page_and_one_workbook(files: list[Path], tmp_path: Path) -> None:
    """Proves that all files are in both, in their order, and that sheets are told apart by number."""
    book, page = tmp_path / "all.xlsx", tmp_path / "all.html"
    done = ran("report", *files, "--output", book, "--output", page, command=MODULE)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    read = Tables(page.read_text(encoding="utf-8"))
    assert len([tag for tag, _ in read.elements if tag == "article"]) == len(files)
    assert page.stat().st_size < LARGEST
    names = openpyxl.load_workbook(book).sheetnames
    assert names[:2] == ["1 decision", "1 summary"]
    assert names[-1].startswith(f"{len(files)} ")


@pytest.mark.parametrize(
    ("content", "output", "words"),
    [
        ("{}", "r.html", ["states no format", "--output FILE.json"]),
        ('{"format": "gpuplan-plan/9"}', "r.html", ["gpuplan-plan/9", "no plan and no answer"]),
        ('{"format": "gpuplan-plan/1"}', "r.html", ["name", "Field required"]),
        ('{"format": ["gpuplan-plan/1"]}', "r.html", ["no plan and no answer"]),
        ("[", "r.html", ["answer.json"]),
        ("{}", "r.pdf", ["neither a page nor a workbook", ".html"]),
        ("{}", "nowhere/r.html", ["there is no folder"]),
    ],
)
def test_what_cannot_be_reported_is_refused(content: str, output: str, words: list[str], tmp_path: Path) -> None:
    """Proves that a wrong file or ending is told with the way out, and that nothing is written."""
    (tmp_path / "answer.json").write_text(content)
    refused(ran("report", tmp_path / "answer.json", "--output", tmp_path / output, command=MODULE), *words)
    assert not (tmp_path / output).exists()


def test_a_large_plan_stays_a_small_page(files: list[Path], tmp_path: Path) -> None:
    """Proves that size grows with tables only: 4,000 rows of considered offers are well within 8 MB."""
    plan = json.loads(files[0].read_text(encoding="utf-8"))
    plan["considered"] = [{**plan["considered"][0], "units": 0, "why": "w" * 300}] * 4000
    files[0].write_text(json.dumps(plan), encoding="utf-8")
    done = ran("report", files[0], "--output", tmp_path / "r.html", command=MODULE)
    assert done.returncode == 0, done.stderr
    assert 1_000_000 < (tmp_path / "r.html").stat().st_size < LARGEST
