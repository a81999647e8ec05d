"""Instance documents: YAML, JSON or TOML into plain values, strictly, keeping where each value stands.

Strict means that nothing is guessed: no key twice, no number that is not taken exactly as written, no date that is
not a day, no character that does not show. Whatever is wrong is raised as `InvalidInput`, with its place.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import stat
import tomllib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, TypeAlias

from gpuplan.errors import Defect, InvalidInput, Problem
from gpuplan.instance.yaml_events import (
    DEPTH,
    LARGEST,
    MOMENT,
    NODES,
    TOO_DEEP,
    TOO_MANY,
    Mark,
    Refusal,
    Where,
    dotted,
    number,
    read_yaml,
    shown,
    unprintable,
    yaml_marks,
)

__all__ = ["Document", "Mark", "Where", "names_a_file", "read_document"]

Format: TypeAlias = Literal["yaml", "json", "toml"]

BYTES = 20_000_000
"""A document may be this large."""
SPREADSHEETS = (".xlsx", ".xlsm", ".xls", ".ods", ".csv")
"""Endings of files that quotes come in, and that no document has."""
FORMATS: dict[str, Format] = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}

_LARGEST = int(LARGEST)
_JSON_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\],:]|[^\s{}\[\],:"]+')
_TOML_PART = r"""(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')"""
_TOML_KEY = rf"{_TOML_PART}(?:[ \t]*+\.[ \t]*+{_TOML_PART})*+"
_TOML_LINE = re.compile(
    rf"[ \t]*+(?:(?P<header>\[\[?)[ \t]*+(?P<table>{_TOML_KEY})[ \t]*+\]\]?[ \t]*+(?:#|$)|(?P<key>{_TOML_KEY})[ \t]*+=)"
)
_TOML_LONG_KEY = re.compile(rf"(?<![\w-]){_TOML_PART}(?:[ \t]*+\.[ \t]*+{_TOML_PART}){{{DEPTH}}}")
_TOML_BLOCK = re.compile(r'"""(?:[^"\\]++|\\.|"(?!""))*+"""' + r"|'''.*?'''", re.DOTALL)
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True)
class Document:
    """What a document says, and where it says it."""

    value: dict[str, object]
    """Plain dicts with text keys, lists, str, int, Decimal, bool, None and (not from JSON) date; shares nothing."""
    file: str
    """What problems call it: the path, or `<text>`."""
    format: Format
    text: str = field(repr=False)
    """As read: without byte order mark, lines ended by `\\n`."""

    @cached_property
    def marks(self) -> dict[Where, Mark]:
        """Where every key and list item stands, and the root as (); of TOML only what is easily found.

        Worked out when first asked for, which reads the text once more.
        """
        if self.format == "yaml":
            return yaml_marks(self.text)
        return dict(_json_marks(self.text)) if self.format == "json" else _toml_marks(self.text)

    def mark(self, where: Where) -> Mark:
        """Where a value stands (its key, or the list item itself), or else the nearest known that encloses it."""
        enclosing = (where[:length] for length in range(len(where), -1, -1))
        return next(self.marks[place] for place in enclosing if place in self.marks)

    def problem(self, where: Where, message: str, way_out: str = "") -> Problem:
        """A problem with the value at a place in this document."""
        mark = self.mark(where)
        return Problem(message, way_out, dotted(where), self.file, mark.line, mark.column)


class Unusable(InvalidInput):
    """Values of a document that may not be used, such as 2025-02-30, where all the rest can be read."""

    def __init__(self, problems: Sequence[Problem], document: Document) -> None:
        super().__init__(problems)
        self.document = document
        """With some text for what may not be used."""


def names_a_file(source: Path | str) -> bool:
    """Whether `read_document` takes a source for a file rather than for the text of a document.

    True for every Path, and for a str of one line that ends like a document's name or names something that exists.
    """
    if isinstance(source, Path):
        return True
    return "\n" not in source and (source.lower().endswith(tuple(FORMATS)) or os.path.exists(source))


def read_document(source: Path | str, *, format: Format | None = None, folder: Path | None = None) -> Document:  # noqa: A002
    """Read a document from a file or, where `names_a_file` denies that it is one, from its text.

    The format is the one given, else that of the file's suffix, else JSON if it starts with `{` and is JSON, else YAML.
    With `folder`, the source is always a file: a relative path, taken from that folder, that may not lead out of it.

    Raises InvalidInput, with every problem found and its line and column, if the document cannot be read, is not
    UTF-8, breaks its format, exceeds a limit of this module or of `yaml_events`, or is no mapping; Unusable, which is
    one, if only single values may not be used.
    """
    if folder is not None or names_a_file(source):
        path = Path(source) if folder is None else _inside(source, folder)
        if path.suffix.lower() in SPREADSHEETS:
            way_out = f"Read its quotes with `gpuplan import {_printable(path)}`."
            raise _invalid(_printable(path), "this is a spreadsheet, not an instance", way_out)
        file, text = _printable(path), _decoded(_contents(path), _printable(path))
        kind = format or FORMATS.get(path.suffix.lower())
    else:
        file, text, kind = "<text>", str(source), format
        _fits(len(text.encode("utf-8", "surrogatepass")), file)
    return _parse(_clean(text, file), file, kind)


def _invalid(file: str, message: str, way_out: str = "", mark: Mark | None = None) -> InvalidInput:
    line, column = (mark.line, mark.column) if mark else (None, None)
    return InvalidInput([Problem(message, way_out, file=file, line=line, column=column)])


def _printable(path: Path) -> str:
    """A path as messages show it: bytes that are no text, and control characters, are escaped."""
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in str(path))


def _inside(source: Path | str, folder: Path) -> Path:
    """The path of a file within a folder, all symbolic links followed before that is judged."""
    path = folder / source
    within = f"Name a file in {_printable(folder)} or below it, by a relative path."
    if Path(source).is_absolute():
        raise _invalid(_printable(path), "the path is absolute; here it must be relative", within)
    try:
        inside = Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
    except (OSError, ValueError) as error:
        raise _invalid(_printable(path), f"this path cannot be followed: {_said(error)}", within) from None
    if not inside:
        raise _invalid(_printable(path), "the path leads out of its folder", within)
    return path


def _contents(path: Path) -> bytes:
    """The bytes of a regular file; what is no regular file is never opened, as that may block."""
    file = _printable(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise _invalid(file, "this is a folder, not a file", "Name a document in it.")
        if not stat.S_ISREG(status.st_mode):
            raise _invalid(file, "this is a device or pipe, not a regular file", "Save the document as a file first.")
        _fits(status.st_size, file)
        with path.open("rb") as stream:
            data = stream.read(BYTES + 1)
    except FileNotFoundError:
        raise _invalid(file, "there is no such file", _similar(path)) from None
    except PermissionError:
        raise _invalid(file, "this file may not be read", "Give yourself permission to read it.") from None
    except (OSError, ValueError) as error:
        raise _invalid(file, f"this file cannot be read: {_said(error)}", "Check the path.") from None
    _fits(len(data), file)  # it may have grown
    return data


def _said(error: OSError | ValueError) -> str:
    return getattr(error, "strerror", None) or str(error)


def _similar(path: Path) -> str:
    """Advice for a file that is missing: names like it in its folder."""
    try:
        names = os.listdir(path.parent)
    except OSError:
        return f"The folder {_printable(path.parent)} cannot be listed either: check the path."
    near = difflib.get_close_matches(path.name, names, n=3)
    return f"Did you mean {' or '.join(_printable(Path(name)) for name in near)}?" if near else "Check the path."


def _fits(size: int, file: str) -> None:
    if size > BYTES:
        message = f"the document has {size / 1e6:,.1f} MB ({size:,} bytes); at most {BYTES // 10**6} MB are read"
        raise _invalid(file, message, "Split it, or leave out what the plan does not need.")


def _decoded(data: bytes, file: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        message = f"this is not UTF-8 text; byte offset {error.start}"
        raise _invalid(file, message, "Save the file as UTF-8.", _mark_at(before, len(before))) from None


def _clean(text: str, file: str) -> str:
    """The text without byte order mark and with `\\n` for every line end, once it is known to hold text only."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if found := unprintable(text):
        offset, refusal = found
        raise _invalid(file, refusal.message, refusal.way_out, _mark_at(text, offset))
    if not _first_line(text):
        what = "text" if file == "<text>" else "file"
        raise _invalid(file, f"the {what} is empty", "Write an instance into it, as `key: value` lines.")
    return text


def _first_line(text: str) -> str:
    """The first line that is neither blank nor a comment; empty where there is none."""
    lines = (found.group() for found in re.finditer(r"[^\n]+", text))
    return next((line for line in map(str.strip, lines) if line and not line.startswith("#")), "")


def _mark_at(text: str, offset: int) -> Mark:
    return Mark(text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def _parse(text: str, file: str, kind: Format | None) -> Document:
    if kind == "json" or (kind is None and text.lstrip().startswith("{")):
        try:
            return _mapping(_read_json(text, file), text, file, "json")
        except json.JSONDecodeError as error:
            if kind == "json":
                mark = Mark(error.lineno, error.colno)
                message = f"this is not JSON: {error.msg}"
                raise _invalid(file, message, "Check commas, brackets and quotes here and before.", mark) from None
    if kind == "toml":
        return _mapping(_read_toml(text, file), text, file, "toml")
    if _first_line(text).startswith("%"):  # libyaml takes time that is quadratic in their number
        raise _invalid(file, "YAML directives (lines that start with %) are not read", "Remove them.")
    value, problems = read_yaml(text, file)
    return _mapping(value, text, file, "yaml", problems)


def _mapping(value: object, text: str, file: str, kind: Format, problems: Sequence[Problem] = ()) -> Document:
    """The document, if its root is a mapping and nothing was found, nor is by what JSON and TOML could not refuse."""
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "empty" if value is None else "a single value"
        advice = "Write it as `key: value` lines."
        if file == "<text>" and "\n" not in text:
            advice += " If a file was meant: there is none of that name."
        raise _invalid(file, f"a document must be a mapping, and this one is {what}", advice, Mark(1, 1))
    document = Document(value, file, kind, text)
    if kind != "yaml":
        problems = _refused(document)
    if problems:
        raise Unusable(problems, document)
    return document


def _refused(document: Document) -> list[Problem]:
    """Everything in a JSON or TOML document that may not be used, in its order; some text is put in its place."""
    refusals = list(_refusals(document.value))
    problems = [document.problem(where, found.message, found.way_out) for where, found in refusals]
    problems.sort(key=lambda problem: (problem.line or 0, problem.column or 0))
    if any(found in (TOO_DEEP, TOO_MANY) for _, found in refusals):
        raise InvalidInput(problems)
    for where, found in refusals:
        container: Any = document.value
        for part in where[:-1]:
            container = container[part]
        if not isinstance(container[where[-1]], str | dict | list):
            container[where[-1]] = found.message
    return problems


def _refusals(root: dict[str, object]) -> Iterator[tuple[Where, Refusal]]:
    """All that may not be used in values from JSON or TOML, with its place. Not recursive: depth is judged here."""
    nodes = 1
    waiting: deque[tuple[Where, dict[str, object] | list[object]]] = deque([((), root)])
    while waiting:
        where, container = waiting.popleft()
        if len(where) >= DEPTH:
            yield where, TOO_DEEP
            return
        nodes += len(container)
        if nodes > NODES:
            yield where, TOO_MANY
            return
        for key, value in container.items() if isinstance(container, dict) else enumerate(container):
            if isinstance(key, str) and (bad := unprintable(key)):
                yield (*where, key), bad[1]
            if isinstance(value, dict | list):
                waiting.append(((*where, key), value))
            elif refusal := _refusal(value):
                yield (*where, key), refusal


def _refusal(value: object) -> Refusal | None:
    """Why a scalar from JSON or TOML may not be used; None where it may."""
    if isinstance(value, str):
        found = unprintable(value)
        return found[1] if found else None
    if isinstance(value, Refusal):
        return value
    if isinstance(value, datetime | time):
        return MOMENT
    if isinstance(value, int) and abs(value) > _LARGEST:
        return Refusal("this whole number is out of range: the largest is 1e18 in size")
    return None


def _read_json(text: str, file: str) -> object:
    """The value of a JSON text, refused numbers left in it as `Refusal`. Raises JSONDecodeError where it is no JSON."""
    repeated: list[bool] = []

    def table(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) != len(pairs):
            repeated.append(True)
        return made

    try:
        value: object = json.loads(
            text, parse_int=number, parse_float=number, parse_constant=number, object_pairs_hook=table
        )
    except RecursionError:
        mark = next((mark for where, mark in _json_marks(text) if len(where) >= DEPTH), Mark(1, 1))
        raise _invalid(file, TOO_DEEP.message, mark=mark) from None
    if repeated:
        raise InvalidInput([_repeated(text, file)])
    return value


def _repeated(text: str, file: str) -> Problem:
    """The first key that a JSON text has twice in one mapping."""
    seen: dict[Where, Mark] = {}
    for where, mark in _json_marks(text):
        if where in seen:
            message = f"the key {shown(where[-1])} is here twice, in lines {seen[where].line} and {mark.line}"
            return Problem(message, "Remove one of them, or rename it.", dotted(where), file, mark.line, mark.column)
        seen[where] = mark
    raise Defect("a key that JSON has twice was not found a second time")


def _json_marks(text: str) -> Iterator[tuple[Where, Mark]]:
    """Place and mark of every key and list item, and of the root, in the order of a text that is known to be JSON."""
    where: list[str | int | None] = []
    """Of every open mapping the key that was read last, None while the next is awaited; of every list a place."""
    line, start, last = 1, 0, 0
    for token in _JSON_TOKEN.finditer(text):
        if breaks := text.count("\n", last, token.start()):
            line, start = line + breaks, text.rfind("\n", last, token.start()) + 1
        last = token.start()
        kind = token.group()
        top = where[-1] if where else 0
        if kind in "}]":
            where.pop()
        elif kind == ",":
            where[-1] = top + 1 if isinstance(top, int) else None
        elif kind != ":":
            if top is None:
                where[-1] = json.loads(kind)
            if not isinstance(top, str):  # a mapping's value stands at its key
                yield tuple(part for part in where if part is not None), Mark(line, last - start + 1)
            if top is not None and kind in "{[":
                where.append(None if kind == "{" else 0)


def _read_toml(text: str, file: str) -> object:
    """The value of a TOML text, refused numbers left in it as `Refusal`."""
    if long := _TOML_LONG_KEY.search(text):  # tomllib takes time that is quadratic in the length of such a key
        raise _invalid(file, f"more than {DEPTH} names are joined by dots", mark=_mark_at(text, long.start()))
    try:
        return tomllib.loads(text, parse_float=number)
    except tomllib.TOMLDecodeError as error:
        found = _TOML_PLACE.search(str(error))
        mark = Mark(int(found[1]), int(found[2])) if found and found[1] else _mark_at(text, len(text))
        message = f"this is not TOML: {_TOML_PLACE.sub('', str(error))}"
        raise _invalid(file, message, "Check keys, quotes and brackets here and before.", mark) from None
    except ValueError:  # int() gives up on thousands of digits
        raise _invalid(file, "a whole number is out of range: the largest is 1e18 in size") from None
    except RecursionError:
        raise _invalid(file, TOO_DEEP.message) from None


def _toml_marks(text: str) -> dict[Where, Mark]:
    """Where tables and the keys at the start of a line stand. What is deeper inside a value is left out."""
    marks: dict[Where, Mark] = {(): Mark(1, 1)}
    tables: dict[Where, int] = {}
    table: Where = ()
    without_blocks = _TOML_BLOCK.sub(lambda block: "\n" * block.group().count("\n"), text)
    for line, content in enumerate(without_blocks.split("\n"), 1):
        if (found := _TOML_LINE.match(content)) is None:
            continue
        parts = [part.strip("\"'") for part in re.findall(_TOML_PART, found["table"] or found["key"])]
        where = table = _table(parts, tables, found["header"] == "[[") if found["header"] else table
        if not found["header"]:
            where = (*table, *parts)
        mark = Mark(line, len(content) - len(content.lstrip()) + 1)
        for length in range(1, len(where) + 1):
            marks.setdefault(where[:length], mark)
    return marks


def _table(parts: list[str], tables: dict[Where, int], one_more: bool) -> Where:
    """Place of the table that a TOML header names; `tables` counts those of every list of tables so far."""
    where: Where = ()
    for length, part in enumerate(parts, 1):
        where = (*where, part)
        if one_more and length == len(parts):
            tables[where] = tables.get(where, 0) + 1
        if where in tables:
            where = (*where, tables[where] - 1)
    return where
