"""Workbooks as files: what is hidden, merged, struck out, computed or hostile; .ods and .csv; sizes."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.styles import Font

from gpuplan.errors import InvalidInput
from gpuplan.quotes.importing import read_quotes
from quotes.building import HEAD, PLAIN, ROW, asked, facts, workbook


def made(path: Path, change: Callable[[Any], None], *rows: tuple[object, ...]) -> Path:
    """HEAD, ROW and further rows as a file, the sheet changed by openpyxl before it is written."""
    workbook(path, {"Quotes": [HEAD, ROW, *rows]})
    book = load_workbook(path)
    change(book["Quotes"])
    book.save(path)
    return path


def put(cell: str, **fields: object) -> Callable[[Any], None]:
    """A change of one cell: its value, number format, font, comment."""

    def change(sheet: Any) -> None:
        for name, value in fields.items():
            setattr(sheet[cell], name, value)

    return change


def test_a_plain_workbook_is_read(tmp_path: Path) -> None:
    """Proves that a file gives what its rows say, days as days."""
    assert facts(read_quotes(workbook(tmp_path / "a.xlsx", {"Quotes": [HEAD, ROW]}))) == [PLAIN]


@pytest.mark.parametrize(
    ("cell", "fields", "wanted"),
    [
        ("D2", {"value": "=230000+2000"}, "result is not stored"),
        ("D2", {"value": "#REF!", "data_type": "e"}, "shows the error"),
        ("D2", {"font": Font(strike=True)}, "struck out"),
        ("D2", {"value": '=cmd|"/c calc"!A1'}, "result is not stored"),
        ("D2", {"value": 0.95, "number_format": "0%"}, "is a share"),
        ("F2", {"value": 2.5}, "no whole number"),
        ("D2", {"value": "7" * 10_000}, "10,000 characters"),
    ],
)
def test_a_cell_that_cannot_be_taken_as_it_is_is_asked_for(
    tmp_path: Path, cell: str, fields: dict[str, object], wanted: str
) -> None:
    """Proves that formulas without results, errors, struck-out prices and shares of nothing are no prices."""
    quotes = read_quotes(made(tmp_path / "a.xlsx", put(cell, **fields)))
    assert asked(quotes) == [cell]
    assert any(part in str(quotes.asked[0]) for part in wanted.split("|")), quotes.asked[0]
    assert quotes.offers == {}


def test_a_currency_of_the_number_format_counts(tmp_path: Path) -> None:
    """Proves that a number shown with a euro sign is in euros. If broken, the currency is asked for."""
    path = tmp_path / "a.xlsx"
    workbook(path, {"Quotes": [("Vendor", "Model", "Unit price"), ("Boreas", "HGX H200", 232000)]})
    book = load_workbook(path)
    book["Quotes"]["C2"].number_format = "#,##0 [$€-407]"
    book.save(path)
    assert facts(read_quotes(path))[0]["currency"] == "EUR"


def test_a_discount_shown_as_per_cent_counts(tmp_path: Path) -> None:
    """Proves that -0.04 shown as -4 % is a discount of 0.04, not a price of four cents."""
    path = made(tmp_path / "a.xlsx", put("D2", value=232000))
    book = load_workbook(path)
    sheet = book["Quotes"]
    sheet["J1"], sheet["K1"], sheet["J2"], sheet["K2"] = "Tier 1 from", "Tier 1 price", 15, -0.04
    sheet["K2"].number_format = "0%"
    book.save(path)
    assert facts(read_quotes(path))[0]["tiers"] == ({"from_units": 15, "discount": Decimal("0.04")},)


@pytest.mark.parametrize(
    ("hide", "cell"),
    [
        (lambda sheet: setattr(sheet.row_dimensions[3], "hidden", True), "A3"),
        (lambda sheet: setattr(sheet.column_dimensions["F"], "hidden", True), "F1"),
    ],
    ids=["row", "column"],
)
def test_what_is_hidden_is_asked_about(tmp_path: Path, hide: Callable[[Any], None], cell: str) -> None:
    """Proves that a hidden quote or minimum is neither taken nor dropped in silence, and that either can be told."""
    path = made(tmp_path / "a.xlsx", hide, ("Other", "FR", "DGX H200", 260000, "EUR", 2, 20, 8, date(2027, 1, 31)))
    assert asked(read_quotes(path)) == [cell]
    shown, left = read_quotes(path, hidden=True), read_quotes(path, hidden=False)
    assert shown.asked == left.asked == []
    assert (len(shown.offers), "min_units" in facts(shown)[0]) == (2, True)
    assert (len(left.offers), "min_units" in facts(left)[0]) != (2, True)


def test_a_hidden_sheet_of_quotes_is_asked_about_and_one_of_lists_is_not(tmp_path: Path) -> None:
    """Proves that a withdrawn sheet is no quote unless somebody says so."""
    path = workbook(tmp_path / "a.xlsx", {"Quotes": [HEAD, ROW], "Old": [HEAD, ROW], "Lists": [("EUR",), ("USD",)]})
    book = load_workbook(path)
    book["Old"].sheet_state, book["Lists"].sheet_state = "hidden", "veryHidden"
    book.save(path)
    quotes = read_quotes(path)
    assert [problem.path for problem in quotes.asked] == ["Old"]
    assert len(read_quotes(path, hidden=False).offers) == 1
    assert len(read_quotes(path, hidden=True).offers) == 2


def test_a_merged_vendor_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    """Proves that cells merged downwards have their value in every row, and that a title above is no quote."""

    def merge(sheet: Any) -> None:
        sheet.insert_rows(1)
        sheet["A1"] = "Quotes as of 27.11.2026"
        sheet.merge_cells("A1:I1")
        sheet.merge_cells("A3:A4")

    path = made(tmp_path / "a.xlsx", merge, (None, "DE", "DGX H200", 260000, "EUR", 2, 20, 8, date(2027, 1, 31)))
    assert [offer["vendor"] for offer in facts(read_quotes(path))] == ["boreas-rechner"] * 2


def test_a_merged_day_counts_for_each_of_its_rows(tmp_path: Path) -> None:
    """Proves the same of a last day that is written once for two quotes. If broken, the second can be signed at any
    time."""
    path = made(
        tmp_path / "a.xlsx",
        lambda sheet: sheet.merge_cells("I2:I3"),
        ("Other", "FR", "DGX H200", 260000, "EUR", 2, 20, 8),
    )
    assert [offer["order_until"] for offer in facts(read_quotes(path))] == [date(2026, 12, 20)] * 2


def test_a_cell_that_two_quotes_share_is_asked_for_once(tmp_path: Path) -> None:
    """Proves that one struck-out vendor of two quotes is one question."""

    def strike(sheet: Any) -> None:
        sheet.merge_cells("A2:A3")
        sheet["A2"].font = Font(strike=True)

    path = made(tmp_path / "a.xlsx", strike, (None, "FR", "DGX H200", 260000, "EUR", 2, 20, 8))
    assert [problem.path for problem in read_quotes(path).asked] == ["Quotes!A2"]


def test_cells_merged_across_fields_are_asked_about(tmp_path: Path) -> None:
    """Proves that 10 over minimum and maximum is neither of them in silence."""
    path = made(tmp_path / "a.xlsx", lambda sheet: sheet.merge_cells("F2:G2"))
    assert asked(read_quotes(path)) == ["F2"]


def test_headings_in_two_lines_are_read_together(tmp_path: Path) -> None:
    """Proves that `Tier 1` merged above `from` and `price` makes two columns of a tier."""
    path = tmp_path / "a.xlsx"
    book = Workbook()
    sheet = book.active
    sheet.append(["Vendor", "Model", "Unit price", "Currency", "Tier 1", None, "Tier 2", None])
    sheet.append([None, None, None, None, "from", "price", "from", "price"])
    sheet.append(["Boreas", "HGX H200", 232000, "EUR", 20, 226000, 40, 220000])
    for merged in ("E1:F1", "G1:H1", "A1:A2", "B1:B2", "C1:C2", "D1:D2"):
        sheet.merge_cells(merged)
    book.save(path)
    assert facts(read_quotes(path))[0]["tiers"] == (
        {"from_units": 20, "price": Decimal(226000)},
        {"from_units": 40, "price": Decimal(220000)},
    )


def test_a_comment_is_told(tmp_path: Path) -> None:
    """Proves that a condition in a comment does not get lost."""
    quotes = read_quotes(made(tmp_path / "a.xlsx", put("D2", comment=Comment("only with a frame contract", "me"))))
    assert any("frame contract" in str(problem) for problem in quotes.not_taken)


def test_a_stored_result_of_a_formula_is_taken_and_said(tmp_path: Path) -> None:
    """Proves that 232000 computed in a workbook is read as 232000, with the formula as an assumption."""
    path = tmp_path / "a.xlsx"
    workbook(path, {"Quotes": [HEAD, ROW]})
    parts = {}
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    assert "<v>232000</v>" in sheet
    parts["xl/worksheets/sheet1.xml"] = sheet.replace("<v>232000</v>", "<f>116000*2</f><v>232000</v>").encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    quotes = read_quotes(path)
    assert facts(quotes) == [PLAIN]
    assert [one.assumption for one in quotes.understood if one.cell == "D2"] == ["the stored result of a formula"]


def test_the_noise_of_a_formula_is_no_part_of_a_price(tmp_path: Path) -> None:
    """Proves that 1.1 times 210,909.0909... is read as a workbook shows it: to fifteen digits."""
    path = workbook(tmp_path / "a.xlsx", {"Quotes": [HEAD, (*ROW[:3], 225039.99999999997, *ROW[4:])]})
    assert facts(read_quotes(path))[0]["price"] == 225040


def test_an_answer_takes_the_place_of_a_cell(tmp_path: Path) -> None:
    """Proves that what is asked can be answered without opening the workbook, and that no other cell changes."""
    path = made(tmp_path / "a.xlsx", put("I2", value="01/02/2027"))
    assert asked(read_quotes(path)) == ["I2"]
    assert facts(read_quotes(path, answers={"Quotes!I2": "2027-02-01"})) == [{**PLAIN, "order_until": date(2027, 2, 1)}]
    with pytest.raises(InvalidInput, match="there is no cell"):
        read_quotes(path, answers={"Offers!I2": "2027-02-01"})


def test_an_answer_stands_also_where_it_is_far_off(tmp_path: Path) -> None:
    """Proves that a price of 232 is taken when somebody says it again, and never before."""
    path = made(tmp_path / "a.xlsx", put("D2", value=232))
    assert asked(read_quotes(path)) == ["D2"]
    assert facts(read_quotes(path, answers={"Quotes!D2": "232"}))[0]["price"] == 232


# Other formats

CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0">
<office:body><office:spreadsheet><table:table table:name="Quotes">
<table:table-row>{head}</table:table-row><table:table-row{hidden}>{row}</table:table-row>
<table:table-row table:number-rows-repeated="1048000">
<table:table-cell table:number-columns-repeated="1024"/></table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def opendocument(path: Path, hidden: str = "") -> Path:
    """A small .ods file: a price shown in euros, a day, a discount shown as per cent."""

    def text(*words: str) -> str:
        return "".join(
            f'<table:table-cell office:value-type="string"><text:p>{word}</text:p></table:table-cell>' for word in words
        )

    head = text("Vendor", "Model", "Unit price", "Valid until", "Tier 1 from", "Tier 1 price")
    row = text("Boreas", "HGX H200") + (
        '<table:table-cell office:value-type="currency" office:currency="EUR" office:value="232000"/>'
        '<table:table-cell office:value-type="date" office:date-value="2026-12-20"/>'
        '<table:table-cell office:value-type="float" office:value="15"/>'
        '<table:table-cell office:value-type="percentage" office:value="-0.04"/>'
    )
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.xml", CONTENT.format(head=head, row=row, hidden=hidden))
    return path


def test_an_opendocument_spreadsheet_is_read_with_what_it_shows(tmp_path: Path) -> None:
    """Proves that currency, day and per cent of an .ods count. If broken, -0.04 would be a price."""
    assert facts(read_quotes(opendocument(tmp_path / "a.ods"))) == [
        {
            "vendor": "boreas",
            "system": "hgx-h200",
            "price": Decimal(232000),
            "currency": "EUR",
            "order_until": date(2026, 12, 20),
            "tiers": ({"from_units": 15, "discount": Decimal("0.04")},),
        }
    ]


def test_a_hidden_row_of_an_opendocument_spreadsheet_is_asked_about(tmp_path: Path) -> None:
    """Proves the same for .ods as for .xlsx."""
    assert asked(read_quotes(opendocument(tmp_path / "a.ods", ' table:visibility="collapse"'))) == ["A2"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_separated_values_are_read(tmp_path: Path, separator: str, encoding: str) -> None:
    """Proves that separators and Unicode encodings are told apart by what is there."""
    path = tmp_path / "a.csv"
    lines = [HEAD, (*ROW[:3], '"232.000,00"', *ROW[4:])]
    path.write_text("\n".join(separator.join(map(str, line)) for line in lines), encoding=encoding)
    assert facts(read_quotes(path)) == [PLAIN]


def test_separated_values_of_an_unknown_encoding_are_refused(tmp_path: Path) -> None:
    """Proves that letters are not guessed; with the encoding named they are right."""
    path = tmp_path / "a.csv"
    path.write_bytes("Anbieter;Modell;Einzelpreis (EUR)\nMüller;HGX H200;232000\n".encode("cp1252"))
    with pytest.raises(InvalidInput, match="--encoding"):
        read_quotes(path)
    assert read_quotes(path, encoding="cp1252").vendors["muller"].name == "Müller"


# Hostile and large


def broken(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods", "a.xls", "a.pdf", "a"])
def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path, name: str) -> None:
    """Proves that bytes of anything end in a message, not in a traceback."""
    for content in (b"", b"PK\x03\x04", b"hello", bytes(range(256)) * 10):
        with pytest.raises(InvalidInput):
            read_quotes(broken(tmp_path / name, content))


def test_a_workbook_without_its_parts_is_refused(tmp_path: Path) -> None:
    """Proves the same of a packed file that lacks what it should have, or has entities in its XML."""
    for name, content in (
        ("a.xlsx", b"<x/>"),
        ("a.ods", b'<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'),
        ("b.ods", b"<x"),
    ):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr("content.xml", content)
        with pytest.raises(InvalidInput):
            read_quotes(tmp_path / name)


def test_a_packed_file_that_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    """Proves that a small file cannot fill the memory: 300 MB of blanks pack into less than 1 MB."""
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 300_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(InvalidInput, match="unpacked"):
        read_quotes(path)


def test_a_cell_far_away_is_refused(tmp_path: Path) -> None:
    """Proves that one word in the last corner of a sheet does not make seventeen thousand million cells."""
    with pytest.raises(InvalidInput, match="spans"):
        read_quotes(made(tmp_path / "a.xlsx", put("XFD1048576", value="x")))


def test_ten_megabytes_of_text_in_a_cell_are_told_and_do_no_harm(tmp_path: Path) -> None:
    """Proves that a cell of any size is named, and shown in a line."""
    path = tmp_path / "a.csv"
    path.write_text("Vendor,Model,Unit price,Currency,Remarks\nA,HGX H200,232000,EUR," + "x" * 10_000_000)
    quotes = read_quotes(path)
    assert len(quotes.offers) == 1
    assert all(len(str(problem)) < 1000 for problem in quotes.problems)


@pytest.mark.long
def test_ten_thousand_rows_are_read_and_none_is_lost(tmp_path: Path) -> None:
    """Proves that a long list is read whole, in line with its rows. A step that takes their square takes minutes."""
    rows = [HEAD, *((f"Vendor {number % 50}", *ROW[1:]) for number in range(10_000))]
    path = workbook(tmp_path / "a.xlsx", {"Quotes": rows})
    quotes = read_quotes(path)
    assert len(quotes.offers) == 10_000
    assert quotes.asked == []
