"""Writing gpuplan's own workbook: to be filled in, or with the quotes, rooms and limits of an instance."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.instance.catalog import entries
from gpuplan.quotes.cells import Value, kept, letters
from gpuplan.quotes.exporting import Row, rows_of
from gpuplan.quotes.files import not_installed
from gpuplan.quotes.kinds import Column
from gpuplan.quotes.numbers import CODES
from gpuplan.quotes.own import EXAMPLE
from gpuplan.quotes.sheets import EXPLANATION, FORMS, LEFT_OUT, SheetForm

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

ROOM = 500
"""Rows that drop-down lists and checks are made for."""
WIDEST = 40
"""Characters that a column is made wide for."""
LISTS = "Lists"
EXAMPLES: dict[str, Row] = {
    "Quotes": {
        "Offer id": EXAMPLE,
        "Vendor id": "atlas",
        "System id": "hgx-h200",
        "Unit price": Decimal(265000),
        "Price currency": "EUR",
        "Min. units": Decimal(4),
        "Max. units": Decimal(60),
        "Lead (days)": Decimal(84),
        "Valid until": date(2027, 3, 31),
        "Payments": "30 % signed; 60 % delivered + 30 days; 10 % ready",
        "Includes": "system, installation",
        "Warranty (years)": Decimal(3),
    },
    "Tiers": {"Offer id": EXAMPLE, "From units": Decimal(20), "Tier price": Decimal(255000)},
    "Vendors": {"Vendor id": EXAMPLE, "Name": "Atlas Systems Inc.", "Country": "US"},
    "Rooms": {"Room id": EXAMPLE, "Name": "Machine room", "Country": "DE", "Rack air (kW)": Decimal(30)},
    "Capacity": {"Room id": EXAMPLE, "Resource": "grid-power", "Amount": Decimal(750)},
    "Limits": {
        "Limit id": EXAMPLE,
        "Name": "200 by the end of 2027",
        "Measure": "accelerators",
        "At least": Decimal(200),
        "By": date(2027, 12, 31),
    },
}
"""A row of each sheet that shows how to fill in."""


def template() -> bytes:
    """An empty workbook to be filled in, with an example in each sheet. Raises InvalidInput without XlsxWriter."""
    return _book({form.name: [EXAMPLES[form.name]] if form.name in EXAMPLES else [] for form in FORMS}, [])


def exported(instance: Instance) -> bytes:
    """The quotes, rooms and limits of an instance as a workbook. Raises InvalidInput without XlsxWriter."""
    rows = rows_of(instance)
    return _book(rows.sheets, rows.left_out, [*instance.systems])


def _book(sheets: Mapping[str, Sequence[Row]], left_out: Sequence[str], systems: Sequence[str] = ()) -> bytes:
    try:
        from xlsxwriter import Workbook
    except ImportError:
        raise not_installed("XlsxWriter") from None
    file = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    lists = {
        "systems": list(dict.fromkeys([*systems, *entries("systems")])),
        "currencies": sorted(CODES),
        "resources": list(entries("resources")),
    }
    with Workbook(file, options) as book:
        styles = {
            "head": book.add_format(
                {"bold": True, "bottom": 1, "text_wrap": True, "valign": "top", "bg_color": "#E8EEF7"}
            ),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "share": book.add_format({"num_format": "0.######%"}),
            "amount": book.add_format({"num_format": "#,##0.##"}),
            "title": book.add_format({"bold": True, "font_size": 14}),
            "wrap": book.add_format({"text_wrap": True, "valign": "top"}),
            "example": book.add_format({"italic": True, "font_color": "#777777"}),
        }
        _explanation(book.add_worksheet(EXPLANATION), styles)
        for form in FORMS:
            _sheet(book.add_worksheet(form.name), form, sheets[form.name], styles, lists)
        if left_out:
            _left_out(book.add_worksheet(LEFT_OUT), left_out, styles)
        _lists(book.add_worksheet(LISTS), lists)
        book.get_worksheet_by_name("Quotes").activate()
    return file.getvalue()


def _explanation(sheet: Any, styles: Mapping[str, Any]) -> None:
    """The first sheet: what to do, and what each column means."""
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90, styles["wrap"])
    sheet.write_string(0, 0, "How to fill in this workbook", styles["title"])
    lines = [
        (
            "Quotes",
            "One row for each quote, then further price tiers in the sheet Tiers. Rooms and Limits are the buyer's.",
        ),
        (
            "Numbers",
            "Write numbers as numbers and days as days. Leave empty what you do not know; write no remarks into"
            " cells of numbers.",
        ),
        ("Example", f"Rows whose id is `{EXAMPLE}` show how to fill in. They are not read, and can stay."),
        ("Then", "gpuplan import FILE.xlsx shows what it understood, cell by cell, before anything is kept."),
    ]
    row = 2
    for label, text in lines:
        sheet.write_string(row, 0, label)
        sheet.write_string(row, 1, text)
        row += 1
    for form in FORMS:
        row += 1
        sheet.write_string(row, 0, form.name, styles["title"])
        sheet.write_string(row, 1, form.about)
        for column in form.columns:
            if column.help:
                row += 1
                sheet.write_string(row, 0, column.heading)
                sheet.write_string(row, 1, column.help)
        row += 1


def _sheet(
    sheet: Any, form: SheetForm, rows: Sequence[Row], styles: Mapping[str, Any], lists: Mapping[str, Sequence[str]]
) -> None:
    sheet.freeze_panes(1, 1)
    for position, column in enumerate(form.columns):
        sheet.write_string(0, position, column.heading, styles["head"])
        style = styles.get("day" if column.kind == "day" else "share" if column.kind == "share" else "")
        shown = [len(str(row.get(column.heading, ""))) for row in rows]
        sheet.set_column(position, position, min(max([len(column.heading), *shown, 9]) + 2, WIDEST), style)
        _validated(sheet, position, column, lists)
    for line, row in enumerate(rows, 1):
        is_example = row.get(form.columns[0].heading) == EXAMPLE
        for position, column in enumerate(form.columns):
            if (value := row.get(column.heading)) is not None:
                _write(sheet, line, position, value, column, styles, is_example=is_example)


def _write(
    sheet: Any, line: int, position: int, value: Value, column: Column, styles: Mapping[str, Any], *, is_example: bool
) -> None:
    plain = styles["example"] if is_example else None
    if isinstance(value, date):
        sheet.write_datetime(line, position, value, styles["day"])
    elif isinstance(value, Decimal) and kept(float(value)) == value:
        style = styles["share"] if column.kind == "share" else styles["amount"] if column.kind == "amount" else plain
        sheet.write_number(line, position, float(value), style)
    else:  # a number of more digits than a workbook keeps is written as text
        text = f"{value:f}" if isinstance(value, Decimal) else str(value)
        sheet.write_string(
            line,
            position,
            f"{value * 100:f} %" if column.kind == "share" and isinstance(value, Decimal) else text,
            plain,
        )


def _validated(sheet: Any, position: int, column: Column, lists: Mapping[str, Sequence[str]]) -> None:
    """A drop-down list or a check of the column, and its help where a cell is chosen."""
    rule: dict[str, Any] = {}
    if column.choices and column.choices[0].startswith("="):
        name = column.choices[0][1:]
        place = letters(1 + list(lists).index(name))
        rule = {
            "validate": "list",
            "source": f"={LISTS}!${place}$1:${place}${len(lists[name])}",
            "error_type": "warning",
        }
    elif column.choices and len(",".join(column.choices)) <= 255:
        rule = {"validate": "list", "source": list(column.choices)}
    elif column.kind == "whole":
        rule = {"validate": "integer", "criteria": ">=", "value": 0}
    elif column.kind == "amount":
        rule = {"validate": "decimal", "criteria": ">=", "value": 0}
    elif column.kind == "share":
        rule = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1}
    elif column.kind == "day":
        rule = {"validate": "date", "criteria": "between", "minimum": date(1900, 1, 1), "maximum": date(2199, 12, 31)}
    if column.help:
        rule = {"validate": "any", **rule, "input_title": column.heading[:32], "input_message": column.help[:255]}
    if rule:
        sheet.data_validation(1, position, ROOM, position, {**rule, "ignore_blank": True})


def _left_out(sheet: Any, paths: Sequence[str], styles: Mapping[str, Any]) -> None:
    sheet.set_column(0, 0, 70)
    sheet.write_string(0, 0, "Stated by the instance, and not in this workbook", styles["head"])
    for line, path in enumerate(paths, 1):
        sheet.write_string(line, 0, path)


def _lists(sheet: Any, lists: Mapping[str, Sequence[str]]) -> None:
    """What the drop-down lists offer, on a hidden sheet."""
    for position, values in enumerate(lists.values()):
        for line, value in enumerate(values):
            sheet.write_string(line, position, value)
    sheet.hide()
