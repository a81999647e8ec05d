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
from typing import TypeVar, get_args

import simplejson
from pydantic import BaseModel, ValidationError

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import exactly
from gpuplan.instance.document import Document, read_document
from gpuplan.plan.plan import Plan, TermCost

Model = TypeVar("Model", bound=BaseModel)
TABLES = (
    "orders",
    "modules",
    "sites",
    "states",
    "served",
    "clusters",
    "limits",
    "deadlines",
    "considered",
    "permissions",
    "chip_classes",
    "latest",
    "critical_path",
    "risks",
    "cash",
    "low_confidence",
    "levels",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")


@exactly
def to_json(tree: BaseModel | Mapping[str, object], ascii_only: bool = False) -> str:
    """JSON text with every number in full; with other letters escaped where asked."""
    values = tree.model_dump() if isinstance(tree, BaseModel) else dict(tree)
    return simplejson.dumps(plain(values), use_decimal=True, indent=2, ensure_ascii=ascii_only) + "\n"


@exactly
def plain(value: object) -> object:
    """A tree as JSON has it: whole Decimals as ints, days as text, tuples as lists."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else Decimal(f"{value.normalize():f}")
    return value.isoformat() if isinstance(value, date) else value


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that a reader sees the old one or the new one, never a part.

    A link is followed; what is no regular file (a pipe, a device) is written to directly. Raises InvalidInput when it
    cannot be written.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        target = path.resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as file:
                file.write(data)
            return
        _replace(target, data)
    except OSError as error:
        way_out = "Name a file in a folder that is there and that can be written to."
        raise InvalidInput([Problem(f"cannot write {path}: {error.strerror}", way_out)]) from None


def write_table(path: Path, text: str) -> None:
    """Write CSV with the mark by which spreadsheets know that it is UTF-8; otherwise as `write_whole`."""
    write_whole(path, text.encode("utf-8-sig"))


def _replace(target: Path, data: bytes) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask())
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's mask for new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def read_plan(source: Path | str) -> Plan:
    """The plan in a JSON file; raises InvalidInput when it is none."""
    return as_model(Plan, read_document(source, format="json"))


def as_model(kind: type[Model], document: Document) -> Model:
    """What a document says, as a model; raises InvalidInput with every fault and its path."""
    try:
        return kind.model_validate(document.value)
    except ValidationError as error:
        faults = [
            Problem(detail["msg"], "", ".".join(str(part) for part in detail["loc"]), document.file)
            for detail in error.errors()
        ]
        raise InvalidInput(faults) from None


def write_csv(plan: Plan, folder: Path) -> list[Path]:
    """One CSV table for each part of the plan, in a folder that is made when missing; returns the files."""
    tables: dict[str, tuple[list[str], list[Mapping[str, object]]]] = {
        name: (_fields(name), [dict(row.model_dump()) for row in getattr(plan, name)]) for name in TABLES
    }
    cost: list[Mapping[str, object]] = [{"term": name, **term.model_dump()} for name, term in plan.cost.terms.items()]
    tables["cost"] = (["term", *TermCost.model_fields], cost)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput([Problem(f"cannot make the folder {folder}: {error.strerror}")]) from None
    written = []
    for name, (fields, rows) in tables.items():
        path = folder / f"{name}.csv"
        write_table(path, _csv(fields, rows))
        written.append(path)
    return written


def _fields(table: str) -> list[str]:
    """Columns of a table: the fields of its rows, so that a table without rows still has a heading."""
    (row,) = (
        one
        for one in get_args(Plan.model_fields[table].annotation)
        if isinstance(one, type) and issubclass(one, BaseModel)
    )
    return [name for name in row.model_fields if name not in ("resources", "by_fund")]


def _csv(fields: list[str], rows: Iterable[Mapping[str, object]]) -> str:
    flat = [_flat(row) for row in rows]
    columns = list(dict.fromkeys([*fields, *(field for row in flat for field in row)]))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(flat)
    return text.getvalue()


def not_run(text: str) -> str:
    """Text that a spreadsheet does not run: what would be a formula is quoted."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _flat(row: Mapping[str, object], prefix: str = "") -> dict[str, object]:
    """Nested mappings become columns named with dots; text that a spreadsheet would run as a formula is quoted."""
    found: dict[str, object] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            found |= _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            found[prefix + key] = not_run(value)
        else:
            found[prefix + key] = plain(value)
    return found
