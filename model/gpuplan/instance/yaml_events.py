"""YAML into plain values, straight from the parser's events, and what a scalar written without quotes means.

Nothing is composed or constructed by PyYAML: no tag is followed, no recursion depends on the document, and every
limit is checked before the values it protects against exist.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias, cast

import yaml

from gpuplan.errors import InvalidInput, Problem

DEPTH = 64
"""Mappings and lists may be nested this deep, the root included."""
NODES = 2_000_000
"""Values that a document may hold, counted with every alias written out."""
DIGITS = 30
"""Significant digits that a number may have."""
LARGEST = Decimal("1e18")
SMALLEST = Decimal("1e-18")
"""No number may lie further from zero than the one, nor, unless it is zero, nearer than the other."""

Where: TypeAlias = tuple[str | int, ...]
"""Place of a value: keys of mappings and, from 0, places in lists, from the root inwards."""
Scalar: TypeAlias = str | int | Decimal | bool | date | None

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_UNTYPED = re.compile(r"[A-Za-z_/(\u0080-\U0010ffff]")
"""How most text starts; what starts so and is no word is text, which spares it the slower rules."""
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|NaN|-?Infinity")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}.*")
_NUMBER = re.compile(
    r"[-+]?(?:(?:0|[1-9](?:_?[0-9])*+)(?:\.(?:[0-9](?:_?[0-9])*+)?)?|\.[0-9](?:_?[0-9])*+)(?:[eE][-+]?[0-9]+)?"
)
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a text, both counted from 1, the column in characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value that is written properly may still not be used."""

    message: str
    way_out: str = ""


MOMENT = Refusal("times of day are not read, only whole days", "Write the day alone, like 2025-09-30.")
TOO_DEEP = Refusal(f"nested more than {DEPTH} deep")
TOO_MANY = Refusal(f"the document holds more than {NODES:,} values")
_NO_NUMBER = Refusal("a number must be finite", "Write a number, or leave the key out; put quotes round text.")


def shown(value: object) -> str:
    """A value as a message may quote it: escaped, and cut where it is long."""
    text = repr(value[:61]) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..." + text[-1]


def dotted(where: Iterable[str | int]) -> str:
    """A place as a message may name it, such as `offers.nhn-b200.price`; long or unprintable keys are shortened."""
    parts = (str(part) for part in where)
    return ".".join(part if part.isprintable() and len(part) <= 100 else shown(part) for part in parts)


def unprintable(text: str) -> tuple[int, Refusal] | None:
    """Offset of the first character that no document may hold, and why; None where there is none."""
    found = _UNPRINTABLE.search(text)
    if found is None:
        return None
    message = f"the character U+{ord(found.group()):04X} is not allowed: text is printable characters, tabs and lines"
    return found.start(), Refusal(message, "Remove it.")


def number(text: str) -> int | Decimal | Refusal:
    """The exact number that a decimal numeral stands for: an int where it has neither point nor exponent.

    Digits and exponent are looked at before any number is made of them, so that `1e999999999` costs nothing.
    """
    mantissa, _, exponent = text.replace("_", "").lower().partition("e")
    whole = "." not in mantissa and not exponent
    digits = mantissa.lstrip("+-").replace(".", "").lstrip("0")
    if not digits.isdecimal():
        return _NO_NUMBER if digits else 0 if whole else Decimal(0)
    if len(digits) > DIGITS:
        return Refusal(f"{shown(text)} has {len(digits):,} significant digits; a number may have at most {DIGITS}")
    # Eight digits of exponent outweigh any row of zeros that the largest document has room for.
    value = Decimal(f"{mantissa}e{exponent or 0}") if len(exponent.lstrip("+-0")) <= 8 else None
    if value is None or not SMALLEST <= value.copy_abs() <= LARGEST:
        rule = f"numbers other than 0 lie between {SMALLEST:e} and {LARGEST:e} in size"
        return Refusal(f"{shown(text)} is out of range: {rule}")
    return int(value) if whole else value


def resolve(text: str) -> Scalar | Refusal:
    """What a YAML scalar without quotes stands for: YAML 1.2 core schema, `_` between digits, and days.

    Only true and false are booleans; `NO`, `12:30`, `017`, `0o17` and `0x1f` are text.
    """
    if text in _WORDS:
        return _WORDS[text]
    if _UNTYPED.match(text) and text not in ("NaN", "Infinity"):
        return text
    if _NUMBER.fullmatch(text):
        return number(text)
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return Refusal(f"{text} is not a day of the calendar")
    if _MOMENT.fullmatch(text):
        return MOMENT
    return _NO_NUMBER if _NOT_FINITE.fullmatch(text) else text


def read_yaml(text: str, file: str) -> tuple[object, list[Problem]]:
    """The one document in a YAML text, as plain dicts, lists and scalars, and what in it may not be used.

    None where there is no document; what may not be used stands there as its text. `file` is what problems call the
    text. Raises InvalidInput with every problem up to one that ends the reading.
    """
    reading = _Reading(file, None)
    return reading.read(text), reading.problems


def yaml_marks(text: str) -> dict[Where, Mark]:
    """Where everything stands in a text that `read_yaml` accepts: keys, list items and, as (), the root.

    What an alias stands for is found at the alias, not below it.
    """
    marks: dict[Where, Mark] = {}
    _Reading("", marks).read(text)
    return marks


class _Open:
    """A mapping or list whose end has not been read yet."""

    __slots__ = ("anchor", "before", "height", "key", "lines", "value")

    def __init__(self, value: dict[str, object] | list[object], anchor: str | None, before: int) -> None:
        self.value = value
        self.anchor = anchor
        self.before = before
        """Nodes read before it."""
        self.height = 1
        """Levels in what was read of it so far."""
        self.key: str | None = None
        """Of a mapping: the key whose value comes next."""
        self.lines: dict[str, int] = {}
        """Of a mapping: the line of every key."""

    @property
    def next(self) -> str | int | None:
        """Key or place of the value that comes next; None where a key comes next."""
        return len(self.value) if isinstance(self.value, list) else self.key


@dataclass(frozen=True, slots=True)
class _Anchored:
    """What an alias stands for, and what it costs to write it out."""

    value: object
    nodes: int
    height: int


class _Reading:
    """One pass over the events of a text. `stack` holds what is open, below it a list to receive the root."""

    def __init__(self, file: str, marks: dict[Where, Mark] | None) -> None:
        self.file = file
        self.marks = marks
        self.problems: list[Problem] = []
        self.stack = [_Open([], None, 0)]
        self.anchors: dict[str, _Anchored] = {}
        self.nodes = 0
        self.documents = 0

    def read(self, text: str) -> object:
        loader = None
        try:
            loader = _Loader(text)
            while not isinstance(event := loader.get_event(), yaml.StreamEndEvent):
                self._take(event)
        except (yaml.YAMLError, ValueError, OverflowError) as error:  # the last two: odd escapes, without libyaml
            raise InvalidInput([*self.problems, self._syntax(error)]) from None
        finally:
            if loader is not None:
                loader.dispose()
        root = self.stack[0].value
        return root[0] if isinstance(root, list) and root else None

    def _take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self._scalar(event)
        elif kind is yaml.MappingStartEvent:
            self._start({}, event)
        elif kind is yaml.SequenceStartEvent:
            self._start([], event)
        elif kind in (yaml.MappingEndEvent, yaml.SequenceEndEvent):
            self._end()
        elif kind is yaml.AliasEvent:
            self._alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                raise self._stop(event, Refusal("a second document starts here", "Keep one document per file."))

    def _scalar(self, event: Any) -> None:
        self._no_tag(event)
        top = self.stack[-1]
        value: Scalar | Refusal = event.value
        if not event.style:
            value = resolve(event.value)
        elif event.style == '"' and (found := unprintable(event.value)):  # only escapes can smuggle one in
            value = found[1]
        if type(top.value) is dict and top.key is None:
            self._key(event, value, top)
        else:
            self._count(event, 1)
            self._mark_item(event)
            if isinstance(value, Refusal):
                self._note(event, value)
                value = cast(str, event.value)
            self._put(value, 0)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(value, 1, 0)

    def _key(self, event: Any, value: Scalar | Refusal, top: _Open) -> None:
        key: str = event.value
        line = event.start_mark.line + 1
        top.key = key
        if event.style and isinstance(value, Refusal):
            self._note(event, value)
        elif not isinstance(value, str):
            quoted = f"""Quote it: "{key}".""" if len(key) <= 60 and key else "Put it in quotes."
            self._note(event, Refusal(f"a key must be text, and {shown(key)} without quotes is not", quoted))
        elif key == "<<" and not event.style:
            self._note(event, Refusal("merge keys (<<) are not read", "Write the keys out."))
        if key in top.lines:
            message = f"the key {shown(key)} is here twice, in lines {top.lines[key]} and {line}"
            self._note(event, Refusal(message, "Remove one of them, or rename it."))
        top.lines.setdefault(key, line)
        if self.marks is not None:
            self.marks[self._where()] = _mark(event)

    def _start(self, value: dict[str, object] | list[object], event: Any) -> None:
        self._no_tag(event)
        self._no_key(event, "a mapping or list")
        self._mark_item(event)
        if len(self.stack) > DEPTH:
            raise self._stop(event, TOO_DEEP)
        self.stack.append(_Open(value, event.anchor, self.nodes))
        self._count(event, 1)

    def _end(self) -> None:
        done = self.stack.pop()
        if done.anchor is not None:
            self.anchors[done.anchor] = _Anchored(done.value, self.nodes - done.before, done.height)
        self._put(done.value, done.height)

    def _alias(self, event: Any) -> None:
        self._no_key(event, "an alias")
        self._mark_item(event)
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            raise self._stop(event, Refusal(f"the alias *{event.anchor} stands for nothing that is complete before it"))
        self._count(event, anchored.nodes)
        if len(self.stack) - 1 + anchored.height > DEPTH:
            raise self._stop(event, TOO_DEEP)
        self._put(_copy(anchored.value), anchored.height)

    def _put(self, value: object, height: int) -> None:
        top = self.stack[-1]
        top.height = max(top.height, height + 1)
        if isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None:
            top.value[top.key] = value
            top.key = None

    def _count(self, event: Any, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > NODES:
            raise self._stop(event, TOO_MANY)

    def _no_tag(self, event: Any) -> None:
        if event.tag is not None:
            refusal = Refusal(f"the tag {shown(event.tag)} is not read", "Remove it: values need no tag (!, !!).")
            self._note(event, refusal)

    def _no_key(self, event: Any, what: str) -> None:
        top = self.stack[-1]
        if type(top.value) is dict and top.key is None:
            raise self._stop(event, Refusal(f"a key must be text, not {what}", "Write the key out, in quotes."))

    def _mark_item(self, event: Any) -> None:
        if self.marks is not None and type(self.stack[-1].value) is list:
            self.marks[self._where()] = _mark(event)

    def _where(self) -> Where:
        return tuple(part for level in self.stack[1:] if (part := level.next) is not None)

    def _note(self, event: Any, refusal: Refusal) -> None:
        mark = _mark(event)
        path = dotted(self._where())
        self.problems.append(Problem(refusal.message, refusal.way_out, path, self.file, mark.line, mark.column))

    def _stop(self, event: Any, refusal: Refusal) -> InvalidInput:
        self._note(event, refusal)
        return InvalidInput(self.problems)

    def _syntax(self, error: Exception) -> Problem:
        mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        said = " ".join(filter(None, (getattr(error, "context", None), getattr(error, "problem", None))))
        line, column = (mark.line + 1, mark.column + 1) if mark else (None, None)
        message = f"this is not YAML: {said or shown(str(error))}"
        way_out = "Check indentation (spaces, no tabs), colons, brackets and quotes here and just before."
        return Problem(message, way_out, dotted(self._where()), self.file, line, column)


def _mark(event: Any) -> Mark:
    return Mark(event.start_mark.line + 1, event.start_mark.column + 1)


def _copy(value: object) -> object:
    """A copy that shares nothing that can change; as deep as `DEPTH` allows."""
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value
