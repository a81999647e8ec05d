"""Plans on disk: JSON and a folder of CSV tables, written whole or not at all."""

from __future__ import annotations

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path

import simplejson
from pydantic import BaseModel, ValidationError

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.document import read_document
from gpuplan.plan.plan import Plan

TABLES = ("orders", "modules", "sites", "states", "limits", "considered", "latest", "cash", "low_confidence", "levels")
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def to_json(tree: BaseModel | Mapping[str, object]) -> str:
    """JSON text with every number in full."""
    values = tree.model_dump() if isinstance(tree, BaseModel) else dict(tree)
    return simplejson.dumps(plain(values), use_decimal=True, indent=2, ensure_ascii=False) + "\n"


def plain(value: object) -> object:
    """A tree as JSON has it: whole Decimals as ints, days as text, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else Decimal(f"{value.normalize():f}")
    return value.isoformat() if isinstance(value, date) else value


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    Raises InvalidInput when it cannot be written.
    """
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise InvalidInput([Problem(f"cannot write {path}: {error.strerror}", "Name a folder that exists.")]) from None


def read_plan(source: Path | str) -> Plan:
    """The plan in a JSON file; raises InvalidInput when it is none."""
    document = read_document(source, format="json")
    try:
        return Plan.model_validate(document.value)
    except ValidationError as error:
        faults = [
            Problem(detail["msg"], "", ".".join(str(part) for part in detail["loc"]), document.file)
            for detail in error.errors()
        ]
        raise InvalidInput(faults) from None


def write_csv(plan: Plan, folder: Path) -> list[Path]:
    """One CSV table for each part of the plan, in a folder that is made when missing; returns the files."""
    tables = {name: getattr(plan, name) for name in TABLES}
    tables["cost"] = [{"term": name, **term.model_dump()} for name, term in plan.cost.terms.items()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput([Problem(f"cannot make the folder {folder}: {error.strerror}")]) from None
    written = []
    for name, rows in tables.items():
        path = folder / f"{name}.csv"
        write_whole(path, _csv(rows))
        written.append(path)
    return written


def _csv(rows: Iterable[BaseModel | Mapping[str, object]]) -> str:
    flat = [_flat(row.model_dump() if isinstance(row, BaseModel) else dict(row)) for row in rows]
    text = io.StringIO()
    if flat:
        fields = list(dict.fromkeys(field for row in flat for field in row))
        writer = csv.DictWriter(text, fields, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(flat)
    return text.getvalue()


def _flat(row: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested mappings become columns named with dots; text that a spreadsheet would run as a formula is quoted."""
    found: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str) and value.startswith(FORMULA):
            found[prefix + key] = "'" + value
        else:
            found[prefix + key] = plain(value)
    return found
