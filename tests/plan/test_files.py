"""Plans on disk: an exact round trip, tables that a spreadsheet cannot run, and files written whole or not at all."""

from __future__ import annotations

import csv
import errno
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.plan.files import TABLES, plain, read_plan, to_json, write_csv, write_whole
from gpuplan.plan.hashing import fingerprint
from gpuplan.plan.plan import Plan
from plan.examples import order, planned, small, solved, stands

# JSON


def test_a_plan_comes_back_from_its_json_exactly(tmp_path: Path) -> None:
    """Proves the round trip of a plan with something of everything. If broken, an audit of the file finds ghosts."""
    instance, plan = solved()
    path = tmp_path / "plan.json"
    write_whole(path, to_json(plan))
    again = read_plan(path)
    assert again == plan
    assert to_json(again) == to_json(plan)
    assert gpuplan.audit(instance, again) == []


def test_numbers_are_written_in_full_and_as_numbers() -> None:
    """Proves that 200 is 200, 0.1 is 0.1, and a billionth is exact. If broken, a program that reads floats loses cents,
    and one that reads text adds "1" and "2" to "12"."""
    values = {
        "a": Decimal("200.000000"),
        "b": Decimal("1E+3"),
        "c": Decimal("0.10"),
        "d": Decimal("1E-9"),
        "e": Decimal("-0"),
    }
    written = json.loads(to_json(values), parse_float=str, parse_int=str)
    assert {name: written[name] for name in "abce"} == {"a": "200", "b": "1000", "c": "0.1", "e": "0"}
    assert Decimal(written["d"]) == Decimal("1E-9")


def test_a_number_of_thirty_digits_is_written_in_full() -> None:
    """Proves that what a document may hold, thirty digits, a plan can say. If broken, it is cut to 28."""
    number = Decimal("123456789012345.123456789012345")
    assert plain(number) == number


def test_the_json_of_a_plan_keeps_to_its_published_schema() -> None:
    """Proves that what is written is what was promised."""
    schema = json.loads(to_json(Plan.model_json_schema()))
    for plan in (solved()[1], planned(small())):
        jsonschema.Draft202012Validator(schema).validate(json.loads(to_json(plan)))


@pytest.mark.parametrize(
    ("text", "path"),
    [("{}", "name"), ('{"format": "other"}', "format"), ("[]", ""), ("{", ""), ('{"foo": 1}', "foo")],
)
def test_what_is_no_plan_is_refused_with_its_path(tmp_path: Path, text: str, path: str) -> None:
    """Proves that another JSON file is told from a plan."""
    file = tmp_path / "plan.json"
    file.write_text(text)
    with pytest.raises(InvalidInput) as caught:
        read_plan(file)
    assert path in {problem.path for problem in caught.value.problems}
    assert all(problem.file == str(file) for problem in caught.value.problems)


def test_a_plan_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Proves that a missing file is InvalidInput."""
    with pytest.raises(InvalidInput, match="no such file"):
        read_plan(tmp_path / "plan.json")


# Writing


def failing(number: int) -> Callable[..., Any]:
    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("step", ["fsync", "replace", "chmod"])
def test_a_full_disk_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Proves that a write that fails, at whatever step, leaves what was there. If broken, last night's plan is gone."""
    path = tmp_path / "plan.json"
    path.write_text("old")
    monkeypatch.setattr(os, step, failing(errno.ENOSPC))
    with pytest.raises(InvalidInput, match="No space left on device"):
        write_whole(path, "new")
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupt_while_writing_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves the same for Ctrl-C, which goes on its way."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    path = tmp_path / "plan.json"
    path.write_text("old")
    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write_whole(path, "new")
    monkeypatch.undo()
    assert (path.read_text(), list(tmp_path.iterdir())) == ("old", [path])


def test_a_file_is_written_over_the_old_one(tmp_path: Path) -> None:
    """Proves the plain case, in UTF-8 and with line ends as they are."""
    path = tmp_path / "plan.json"
    path.write_text("old, and longer than the new one")
    write_whole(path, "서울\n")
    assert path.read_bytes() == "서울\n".encode()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Proves that a missing folder is InvalidInput with the path."""
    with pytest.raises(InvalidInput, match=r"cannot write .*none/plan\.json"):
        write_whole(tmp_path / "none" / "plan.json", "x")


# CSV


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def test_every_table_of_a_plan_is_a_file(tmp_path: Path) -> None:
    """Proves that no table is forgotten and that each has the rows of the plan."""
    _, plan = solved()
    written = write_csv(plan, tmp_path / "tables")
    assert {path.stem for path in written} == {*TABLES, "cost"}
    for name in TABLES:
        assert len(rows(tmp_path / "tables" / f"{name}.csv")) == len(getattr(plan, name))
    assert {row["term"] for row in rows(tmp_path / "tables" / "cost.csv")} == set(plan.cost.terms)


def test_numbers_are_plain_numbers_in_csv(tmp_path: Path) -> None:
    """Proves that costs add up when read back as they stand, negative ones included. If broken, a leading quote or an
    exponent makes text of a rebate of -48."""
    _, plan = solved()
    write_csv(plan, tmp_path)
    cost = rows(tmp_path / "cost.csv")
    assert sum(Decimal(row["amount"]) for row in cost) == plan.cost.amount
    assert any(row["amount"].startswith("-") for row in cost)
    assert sum(int(row["units"]) for row in rows(tmp_path / "orders.csv")) == plan.systems
    assert {row["signed"] for row in rows(tmp_path / "orders.csv")} == {str(line.signed) for line in plan.orders}


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_a_text_that_a_spreadsheet_would_run_is_quoted(tmp_path: Path, text: str) -> None:
    """Proves that text of an instance cannot become a formula. If broken, whoever opens the table runs it."""
    system = {"accelerators": 8, "sources": {"all": {"source": text, "confidence": "assumption"}}}
    plan = planned(small({"systems.box": system}), order(2), stands(2))
    write_csv(plan, tmp_path)
    (row,) = rows(tmp_path / "low_confidence.csv")
    assert row["source"] == "'" + text


def test_an_id_that_starts_with_a_hyphen_is_quoted_too(tmp_path: Path) -> None:
    """Proves the same for ids, which may start with a hyphen."""
    instance = small({"sites.-1": {}})
    write_csv(planned(instance, order(2, site="-1"), stands(2, site="-1")), tmp_path)
    assert rows(tmp_path / "orders.csv")[0]["site"] == "'-1"


def test_a_table_without_rows_still_has_its_header(tmp_path: Path) -> None:
    """Proves that an empty table can be read as a table. If broken, a reader fails on a file of no bytes."""
    write_csv(planned(small()), tmp_path)
    for name, column in [("orders", "offer"), ("modules", "module"), ("latest", "limit"), ("limits", "used")]:
        heading = (tmp_path / f"{name}.csv").read_text(encoding="utf-8-sig").splitlines()[0]
        assert column in heading.split(",")


def test_tables_are_marked_as_utf_8(tmp_path: Path) -> None:
    """Proves the mark by which a spreadsheet knows. If broken, names in Korean come out as other letters."""
    write_csv(planned(small()), tmp_path)
    assert all(path.read_bytes().startswith(b"\xef\xbb\xbf") for path in tmp_path.glob("*.csv"))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    """Proves that a file where the folder should be is InvalidInput."""
    (tmp_path / "taken").write_text("")
    with pytest.raises(InvalidInput, match="cannot make the folder"):
        write_csv(planned(small()), tmp_path / "taken")


# The fingerprint


def test_the_fingerprint_is_that_of_the_meaning_not_of_the_writing() -> None:
    """Proves that the order of keys, the spelling of numbers and the form of schedules do not matter."""
    one = gpuplan.load(
        "name: a\ncalendar: {start: 2025-01-01, periods: 2}\nsystems: {box: {accelerators: 8, max_power_kw: 10}}\n"
        "vendors: {x: {}, y: {}}\nsites: {s: {}}\n"
        "offers: {o: {vendor: x, system: box, price: 1000, lead_days: 5}, p: {vendor: y, system: box, price: 0.5}}\n"
    )
    other = gpuplan.load(
        '{"vendors": {"y": {}, "x": {}}, "sites": {"s": {}}, "calendar": {"periods": 2, "start": "2025-01-01"},'
        '"offers": {"p": {"price": 5.0e-1, "vendor": "y", "system": "box"}, "o": {"system": "box", "vendor": "x",'
        '"price": 1000.00, "lead_days": 5}}, "systems": {"box": {"max_power_kw": 1e1, "accelerators": 8}}, "name": "a"}'
    )
    assert fingerprint(one) == fingerprint(other)
    assert len(fingerprint(one)) == 64


@pytest.mark.parametrize(
    "over",
    [
        {"offers.quote.price": Decimal("100.000001")},
        {"offers.quote.price": Decimal("100.00000000000000000000000001")},
        {"offers.quote.lot_units": 2},
        {"note": "x"},
        {"calendar.start": "2025-02-01"},
        {"limits.it": {"measure": "systems", "at_most": 1}},
        {"sites.barn": {}},
        {"offers.quote.sites": ["plant"]},
    ],
    ids=str,
)
def test_whatever_changes_an_instance_changes_its_fingerprint(over: dict[str, Any]) -> None:
    """Proves that a plan is never read against another instance, be it by a hundredth of a cent."""
    assert fingerprint(small(over)) != fingerprint(small())


def test_the_order_of_a_list_is_part_of_the_meaning() -> None:
    """Proves that levels of the objective, or sites of an offer, in another order are another instance."""
    levels = [{"maximise": {"measure": "systems"}}, {"minimise": "cost"}]
    assert fingerprint(small({"objective": levels})) != fingerprint(small({"objective": levels[::-1]}))


def test_remarks_are_in_the_plan() -> None:
    """Proves that who reads the JSON alone is told what `check` would tell."""
    plan = planned(small({"limits.it": {"measure": "accelerators", "at_least": 15}}), order(2), stands(2))
    assert [(one.path, one.message) for one in plan.remarks] == [
        ("limits.it.at_least", "systems come in steps of 8 accelerators: 15 means 16")
    ]
    assert json.loads(to_json(plan))["remarks"][0]["path"] == "limits.it.at_least"
