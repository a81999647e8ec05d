"""What is wrong with an instance, told in this project's words and placed in the file it came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, get_args

from pydantic import BaseModel

from gpuplan.errors import Problem
from gpuplan.instance.base import LONGEST_ID, MISSING
from gpuplan.instance.catalog import OVERRIDABLE, entries

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

    from gpuplan.instance.document import Document

Tree = dict[str, object]


def placed(problem: Problem, documents: list[Document]) -> Problem:
    """The problem with the file and line of its path, in the document that has most of it."""
    best: tuple[int, Document | None, tuple[str | int, ...]] = (0, None, ())
    for document in documents:
        where = _as_far_as(document.value, problem.path.split("."))
        if len(where) > best[0]:
            best = (len(where), document, where)
    _, found, where = best
    if found is None:
        return replace(problem, file=documents[0].file) if documents else problem
    mark = found.mark(where)
    return replace(problem, file=found.file, line=mark.line, column=mark.column)


def _as_far_as(tree: object, parts: list[str]) -> tuple[str | int, ...]:
    """The longest beginning of a path that a tree has."""
    where: list[str | int] = []
    for part in parts:
        if isinstance(tree, dict) and part in tree:
            where.append(part)
            tree = tree[part]
        elif isinstance(tree, list | tuple) and part.isascii() and part.isdecimal() and int(part) < len(tree):
            where.append(int(part))
            tree = tree[int(part)]
        else:
            break
    return tuple(where)


WANTED = {
    "tuple_type": "a list is wanted",
    "list_type": "a list is wanted",
    "dict_type": "a mapping is wanted",
    "mapping_type": "a mapping is wanted",
    "model_type": "a mapping is wanted",
    "int_type": "a whole number is wanted",
    "string_type": "text is wanted",
    "bool_type": "true or false is wanted",
    "date_type": "a day is wanted, such as 2025-09-30",
    "is_instance_of": "a number is wanted",
    "decimal_type": "a number is wanted",
}
"""What each of pydantic's types of error asks for."""
PATTERNS = {
    r"^[A-Z]{3}$": "a currency has three capital letters, such as USD",
    r"^[A-Z]{2}$": "a country has two capital letters, such as KR",
    r"^(N|N\+[1-5]|2N)$": "N, N+1 to N+5 or 2N is wanted",
}
"""What each pattern of `base` and `facility` asks for."""
BOUNDS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def all_told(details: Sequence[ErrorDetails], tree: Tree, model: type[BaseModel]) -> list[Problem]:
    """Every error, one for each place: a value that fits none of several types is told by the first of them."""
    found: list[Problem] = []
    places: set[str] = set()
    for detail in details:
        problem = told(detail, tree, model)
        if problem.path not in places:
            found.append(problem)
            # Every place above it counts as told as well.
            parts = problem.path.split(".")
            places |= {".".join(parts[:length]) for length in range(1, len(parts) + 1)}
    return found


def told(detail: ErrorDetails, tree: Tree, model: type[BaseModel]) -> Problem:
    """A pydantic error in the words of this project."""
    where, node = _path(detail["loc"], tree, detail["type"])
    path = ".".join(str(part) for part in where)
    kind, context = detail["type"], detail.get("ctx", {})
    found = f"{_shown(detail.get('input'))}: " if not isinstance(node, dict | list | tuple) else ""
    if kind == "missing":
        return Problem("this is missing", _missing_way_out(where), path)
    if kind == "extra_forbidden":
        known = _known_fields(model, where[:-1])
        close = get_close_matches(str(where[-1]), known, 3, 0.5)
        return Problem(
            f"unknown key {where[-1]!r}",
            f"Nearest: {', '.join(close)}." if close else f"Known: {', '.join(known)}.",
            path,
        )
    if kind == "value_error":
        return Problem(f"{found}{context.get('error', detail['msg'])}", "", path)
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        return Problem(f"{found}one of {expected} is wanted", _nearest(detail.get("input"), expected), path)
    if (kind == "string_pattern_mismatch" and "a-z0-9-" in str(context.get("pattern"))) or (
        kind == "string_too_long" and context.get("max_length") == LONGEST_ID
    ):
        return Problem(f"{found}an id has only a-z, 0-9 and '-', and at most {LONGEST_ID} of them", "", path)
    if kind == "string_pattern_mismatch" and context.get("pattern") in PATTERNS:
        return Problem(f"{found}{PATTERNS[str(context['pattern'])]}", "", path)
    if kind in BOUNDS:
        field, words = BOUNDS[kind]
        return Problem(f"{found}{words} {context.get(field)} is wanted", "", path)
    return Problem(found + WANTED.get(kind, detail["msg"][:1].lower() + detail["msg"][1:]), "", path)


def _path(location: tuple[int | str, ...], tree: Tree, kind: str) -> tuple[list[str | int], object]:
    """The part of a pydantic location that is a path in the tree: tags of unions and validators are left out."""
    where: list[str | int] = []
    node: object = tree
    for position, part in enumerate(location):
        last = position == len(location) - 1
        if isinstance(node, dict) and part in node:
            where.append(part)
            node = node[part]
        elif isinstance(node, list | tuple) and isinstance(part, int) and part < len(node):
            where.append(part)
            node = node[part]
        elif last and kind in ("missing", MISSING):
            where.append(part)
            node = None
    return where, node


def _known_fields(root: type[BaseModel], where: Sequence[str | int]) -> list[str]:
    """Names of the fields that the entity at a path has."""
    model: type[BaseModel] = root
    for part in where:
        # An id or position within a mapping or list of entities leads to no field: the entity's model stays.
        model = _model_of_field(model, part) or model
    names = [field.alias or name for name, field in model.model_fields.items()]
    return names if where else [*names, "extends", "edits"]


def _model_of_field(model: type[BaseModel], part: str | int) -> type[BaseModel] | None:
    for name, field in model.model_fields.items():
        if part in (name, field.alias):
            return _inner_model(field.annotation)
    return None


def _inner_model(annotation: object) -> type[BaseModel] | None:
    """The first model within an annotation: of the values of a mapping, the items of a list, or itself."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in reversed(get_args(annotation)):
        found = _inner_model(argument)
        if found is not None:
            return found
    return None


def _missing_way_out(where: Sequence[str | int]) -> str:
    section, name = (str(where[0]), str(where[1])) if len(where) > 1 else ("", "")
    for overridable in OVERRIDABLE:
        close = get_close_matches(name, list(entries(overridable)), 3, 0.4) if section == overridable else []
        if close and name not in entries(overridable):
            return f"State it, or use a catalogue id: {', '.join(close)}."
    return "State it."


def _nearest(found: object, expected: str) -> str:
    words = [word.strip() for part in expected.split(" or ") for word in part.split(",")]
    close = get_close_matches(str(found), words, 1, 0.5)
    return f"Did you mean {close[0]}?" if close else ""


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
