"""The sheets of an OpenDocument spreadsheet, with what its cells show: currencies, per cent, hidden rows, formulas.

By the standard library's own reader of XML; no reader at hand keeps all of these. Elements and attributes are those of
OpenDocument 1.3, part 3 (OASIS, 2021), chapters 9 and 19.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from gpuplan.quotes.cells import LONGEST_TEXT, Cell, Sheet, Value, filled_down, kept, unreadable, within_bounds

_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
_STYLE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}"


def opendocument_sheets(path: Path) -> list[Sheet]:
    """Every sheet of an .ods file."""
    with zipfile.ZipFile(path) as archive:
        content = archive.read("content.xml")
    if b"<!DOCTYPE" in content[:2000] or b"<!ENTITY" in content:
        raise unreadable(path.name, "its XML declares entities, which no spreadsheet program writes", "Save it again.")
    root = ElementTree.fromstring(content)
    hidden = {
        style.get(f"{_STYLE}name")
        for style in root.iter(f"{_STYLE}style")
        for properties in style.iter(f"{_STYLE}table-properties")
        if properties.get(f"{_TABLE}display") == "false"
    }
    return [_sheet(path.name, table, hidden) for table in root.iter(f"{_TABLE}table")]


def _sheet(file: str, table: ElementTree.Element, hidden: set[str | None]) -> Sheet:
    name = table.get(f"{_TABLE}name", "")
    sheet = Sheet(name, hidden=table.get(f"{_TABLE}style-name") in hidden)
    column = 1
    for one in table.iter(f"{_TABLE}table-column"):
        count = _repeated(one, "columns")
        if one.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            sheet.hidden_columns |= set(range(column, column + min(count, 1024)))
        column += count
    row = 1
    merged: list[tuple[tuple[int, int], tuple[int, int]]] = []
    for one in table.iter(f"{_TABLE}table-row"):
        found = _cells(name, one, row, merged)
        count = _repeated(one, "rows")
        if found:
            within_bounds(file, name, row + count - 1, max(cell.column for cell in found))
        for further in range(count if found else 0):
            for cell in found:
                place = (row + further, cell.column)
                sheet.cells[place] = replace(cell, row=place[0])
        if one.get(f"{_TABLE}visibility") in ("collapse", "filter"):
            sheet.hidden_rows |= set(range(row, row + min(count, 100_000)))
        row += count
    for first, last in merged:
        filled_down(sheet, first, last)
    return sheet


def _repeated(element: ElementTree.Element, what: str) -> int:
    text = element.get(f"{_TABLE}number-{what}-repeated", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) < 8 else 1


def _cells(
    sheet: str, line: ElementTree.Element, row: int, merged: list[tuple[tuple[int, int], tuple[int, int]]]
) -> list[Cell]:
    found = []
    column = 1
    for one in line:
        count = _repeated(one, "columns")
        value, percent, currency, flaw = _value(one)
        if one.tag == f"{_TABLE}table-cell" and value is not None:
            formula = one.get(f"{_TABLE}formula", "")
            wide, high = (int(one.get(f"{_TABLE}number-{what}-spanned", "1")) for what in ("columns", "rows"))
            if wide > 1 or high > 1:
                merged.append(((row, column), (row + min(high, 10_000) - 1, column + wide - 1)))
            found += [
                Cell(sheet, row, column + further, value, percent, currency, formula, flaw)
                for further in range(min(count, 1024))
            ]
        column += count
    return found


def _value(cell: ElementTree.Element) -> tuple[Value | None, bool, str, str]:
    """Value, whether it is per cent, currency, and flaw."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    text = "\n".join("".join(part.itertext()) for part in cell.findall(f"{_TEXT}p"))
    if kind in ("float", "percentage", "currency"):
        try:
            number = kept(float(cell.get(f"{_OFFICE}value", "")))
        except ValueError:
            return text, False, "", "its number cannot be read"
        return number, kind == "percentage", cell.get(f"{_OFFICE}currency", ""), ""
    if kind == "date":
        try:
            return date.fromisoformat(cell.get(f"{_OFFICE}date-value", "")[:10]), False, "", ""
        except ValueError:
            return text, False, "", "its day cannot be read"
    if kind == "boolean":
        return cell.get(f"{_OFFICE}boolean-value") == "true", False, "", ""
    if not text.strip():
        return None, False, "", ""
    flaw = f"it shows the error {text}" if text.startswith("#") and cell.get(f"{_TABLE}formula") else ""
    return text[:LONGEST_TEXT], False, "", flaw
