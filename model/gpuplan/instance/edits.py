"""Edits: one change to an instance, as text, applied to its tree. Parsed, never evaluated.

    limits.budget-2025.at_most = 1.2e12          offers[vendor=nhn].price *= 1.1
    offers.nhn-b200.order_until shift 30d        deadlines.contract remove
    limits.carbon insert {measure: carbon-kg, at_most: 5e6}

A path names keys joined by dots. `[field=value]` keeps the entities whose field has that value, `[*]` takes all, `[0]`
an item of a list by position. Arithmetic on a schedule changes every step of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from typing import Literal

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.document import read_document

Operation = Literal["=", "+=", "-=", "*=", "shift", "remove", "insert"]
Tree = dict[str, object]
_SHAPE = re.compile(
    r"^\s*(?P<path>\S(?:[^\[\]\s=]|\[[^\]]*\])*?)\s*(?:(?P<sign>[-+*]?=)|\s(?P<word>shift|remove|insert)\b)\s*(?P<value>.*?)\s*$",
    re.DOTALL,
)
_STEP = re.compile(r"([^.\[\]]+)|\[([^\]]*)\]")
_SHIFT = re.compile(r"^([-+]?\d{1,5})\s*([dw])$")


@dataclass(frozen=True, slots=True)
class Edit:
    """An edit, parsed."""

    text: str
    steps: tuple[str, ...]
    """Keys, and selectors with their brackets."""
    operation: Operation
    value: object


def parse(text: str) -> Edit:
    """Parse one edit; raises InvalidInput naming what is not understood."""
    match = _SHAPE.match(text)
    if not match:
        raise _wrong(
            text,
            "this is not an edit",
            "Write `path = value`, += -= *=, `path shift 30d`, `path remove` or `path insert {...}`.",
        )
    operation: Operation = match["sign"] or match["word"]  # type: ignore[assignment]
    steps = _steps(text, match["path"])
    return Edit(text, steps, operation, _value(text, operation, match["value"]))


def _steps(text: str, path: str) -> tuple[str, ...]:
    steps: list[str] = []
    position = 0
    while position < len(path):
        match = _STEP.match(path, position)
        if not match:
            raise _wrong(text, f"the path is not understood at {path[position:]!r}", "Keys are joined by dots.")
        steps.append(match[1] if match[1] is not None else f"[{match[2]}]")
        position = match.end()
        if position < len(path) and path[position] == ".":
            position += 1
            if position == len(path):
                raise _wrong(text, "the path ends with a dot", "Name the field after it.")
    return tuple(steps)


def _value(text: str, operation: Operation, written: str) -> object:
    if operation == "remove":
        if written:
            raise _wrong(text, "remove takes no value", f"Leave out {written!r}.")
        return None
    if not written:
        raise _wrong(text, f"{operation} needs a value", "")
    if operation == "shift":
        match = _SHIFT.match(written)
        if not match:
            raise _wrong(text, f"{written!r} is not a number of days", "Write it like 30d, -14d or 2w.")
        return timedelta(days=int(match[1]) * (7 if match[2] == "w" else 1))
    try:
        value = read_document("value: " + written.replace("\n", "\n  "), format="yaml").value["value"]
    except InvalidInput as error:
        raise _wrong(text, f"the value is not understood: {error.problems[0].message}", "") from None
    if operation in ("+=", "-=", "*=") and (isinstance(value, bool) or not isinstance(value, int | Decimal)):
        raise _wrong(text, f"{operation} needs a number, not {written!r}", "")
    return value


def apply(tree: Tree, edits: list[str]) -> Tree:
    """A changed copy of an instance's tree, edits applied in order.

    Raises InvalidInput on the first edit that is not understood or selects nothing. The tree is not validated here.
    """
    copy = _copied(tree)
    for text in edits:
        edit = parse(text)
        if edit.operation == "insert":
            _insert(copy, edit)
            continue
        for holder, key in list(_targets(copy, edit))[::-1]:
            _change(holder, key, edit)
    return copy  # type: ignore[return-value]


def restated(before: Tree, after: Tree) -> None:
    """Mark, in `after`, every field that edits changed as stated by the author: its old source no longer holds."""
    for section, entities in after.items():
        old = before.get(section)
        if isinstance(entities, dict) and isinstance(old, dict):
            _restate(old, entities)
            for name, entity in entities.items():
                was = old.get(name)
                if isinstance(entity, dict) and isinstance(was, dict):
                    _restate(was, entity)


def _restate(was: Tree, entity: Tree) -> None:
    sources, known = entity.get("sources"), was.get("sources")
    if not isinstance(sources, dict) or not isinstance(known, dict):
        return
    for field, value in entity.items():
        key = field.replace("_", "-")
        changed = field != "sources" and _copied(was.get(field)) != value
        if changed and sources.get(key) == known.get(key) and ("all" in sources or key in sources):
            sources[key] = {"confidence": "stated"}


def _copied(value: object) -> object:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list | tuple) else value


def _targets(tree: object, edit: Edit) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    """(holder, key) of everything that the path selects, in order."""
    found = _walk(tree, edit.steps, edit)
    yield from found


def _walk(
    node: object, steps: tuple[str, ...], edit: Edit, walked: str = ""
) -> list[tuple[dict[str, object] | list[object], str | int]]:
    step, rest = steps[0], steps[1:]
    if step.startswith("["):
        keys = _selected(node, step[1:-1], edit, walked)
    elif isinstance(node, dict):
        if step not in node:
            raise _unknown(edit, step, node, walked)
        keys = [step]
    else:
        raise _wrong(edit.text, f"{walked or 'the instance'} has no fields, so no {step!r}", "")
    assert isinstance(node, dict | list)
    if not rest:
        return [(node, key) for key in keys]
    found = []
    for key in keys:
        found += _walk(node[key], rest, edit, f"{walked}.{key}".lstrip("."))  # type: ignore[index]
    return found


def _selected(node: object, selector: str, edit: Edit, walked: str) -> list[str | int]:
    pairs: list[tuple[str | int, object]]
    if isinstance(node, dict):
        pairs = list(node.items())
    elif isinstance(node, list):
        pairs = list(enumerate(node))
    else:
        raise _wrong(edit.text, f"{walked} is no collection to select from", "")
    if selector == "*":
        keys = [key for key, _ in pairs]
    elif selector.isascii() and selector.isdecimal() and isinstance(node, list):
        keys = [int(selector)] if int(selector) < len(node) else []
    elif "=" in selector:
        field, _, wanted = selector.partition("=")
        keys = [key for key, item in pairs if isinstance(item, dict) and _is(item.get(field.strip()), wanted.strip())]
    else:
        raise _wrong(edit.text, f"[{selector}] is no selection", "Write [field=value], [*], or [0] for a list.")
    if not keys:
        raise _wrong(edit.text, f"[{selector}] selects nothing in {walked}", _nearest_value(selector, pairs))
    return keys


def _is(value: object, wanted: str) -> bool:
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        try:
            return value == Decimal(wanted)
        except InvalidOperation:
            return False
    return value is not None and (str(value) == wanted or str(value).lower() == wanted)


def _nearest_value(selector: str, pairs: list[tuple[str | int, object]]) -> str:
    field, _, wanted = selector.partition("=")
    values = sorted({str(item[field]) for _, item in pairs if isinstance(item, dict) and item.get(field) is not None})
    close = get_close_matches(wanted, values, 3, 0.5) or values[:5]
    return f"There is {field} = {', '.join(close)}." if close else ""


def _change(holder: dict[str, object] | list[object], key: str | int, edit: Edit) -> None:
    if edit.operation == "remove":
        del holder[key]  # type: ignore[arg-type]
        return
    old = holder[key]  # type: ignore[index]
    if key == "price" and old is None and edit.operation != "=" and isinstance(holder, dict) and holder.get("prices"):
        # A price by the day of signing: that of every day changes.
        holder["prices"] = _changed(holder["prices"], edit)
        return
    # Each place has a value of its own, so that an edit of one of them does not change the others.
    holder[key] = _copied(edit.value) if edit.operation == "=" else _changed(old, edit)  # type: ignore[index]


def _changed(old: object, edit: Edit) -> object:
    """The old value shifted, or with arithmetic done on it; a schedule step by step."""
    if isinstance(old, list):
        return [_changed_step(step, edit) for step in old]
    if edit.operation == "shift":
        if not isinstance(old, date):
            raise _wrong(edit.text, f"{_said(old)} is no day to shift", "")
        try:
            return old + edit.value  # type: ignore[operator]
        except OverflowError:
            raise _wrong(edit.text, f"{old} cannot be shifted that far", "") from None
    if isinstance(old, bool) or not isinstance(old, int | Decimal):
        raise _wrong(edit.text, f"{_said(old)} is no number to change", "Set it with `=` first.")
    value: int | Decimal = edit.value  # type: ignore[assignment]
    sums: dict[str, Callable[[], int | Decimal]] = {
        "+=": lambda: old + value,
        "-=": lambda: old - value,
        "*=": lambda: old * value,
    }
    result = sums[edit.operation]()
    if isinstance(old, int) and isinstance(result, Decimal) and result == result.to_integral_value():
        return int(result)
    return result


def _changed_step(step: object, edit: Edit) -> object:
    if not isinstance(step, dict):
        return _changed(step, edit)
    kind = date if edit.operation == "shift" else int | Decimal
    fields = [field for field, value in step.items() if isinstance(value, kind) and not isinstance(value, bool)]
    if len(fields) != 1:
        raise _wrong(edit.text, "it is not clear which field of each item to change", "Name it: path[*].field.")
    return {**step, fields[0]: _changed(step[fields[0]], edit)}


def _said(value: object) -> str:
    if value is None:
        return "nothing"
    return "a mapping" if isinstance(value, dict) else f"{value!s:.40}"


def _insert(tree: object, edit: Edit) -> None:
    """Add an entity under a new key, or an item at the end of a list."""
    *above, last = edit.steps
    node = tree
    walked = ""
    for step in above:
        if not isinstance(node, dict) or step not in node:
            raise _unknown(edit, step, node if isinstance(node, dict) else {}, walked)
        walked = f"{walked}.{step}".lstrip(".")
        node = node[step]
    if not isinstance(node, dict):
        raise _wrong(edit.text, f"{walked} takes no entries", "")
    here = node.get(last)
    if isinstance(here, list):
        here.append(_copied(edit.value))
    elif last in node and here is not None:
        raise _wrong(edit.text, f"{'.'.join(edit.steps)} is there already", "Change its fields, or remove it first.")
    else:
        node[last] = _copied(edit.value)


def _unknown(edit: Edit, step: str, node: dict[str, object], walked: str) -> InvalidInput:
    close = get_close_matches(step, list(node), 3, 0.5) or sorted(node)[:8]
    there = f"in {walked}" if walked else "at the top of the instance"
    way_out = f"Nearest: {', '.join(close)}." if close else "There is nothing there."
    return _wrong(edit.text, f"there is no {step!r} {there}", way_out)


def _wrong(text: str, message: str, way_out: str) -> InvalidInput:
    return InvalidInput([Problem(message, way_out, f"edit `{text.strip()[:200]}`")])
