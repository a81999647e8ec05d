"""From a file or text to an instance: read, extended, catalogue filled in, validated, edited, checked.

Every problem is told at once, with its file, line and path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, cast, get_args

from pydantic import BaseModel, ValidationError

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.catalog import entries, resolve
from gpuplan.instance.checks import check
from gpuplan.instance.document import Document, names_a_file, read_document
from gpuplan.instance.edits import apply
from gpuplan.instance.schema import Instance

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

Tree = dict[str, object]
DEEPEST = 10
"""Files that may extend one another in a row."""


def load(source: Path | str) -> Instance:
    """The instance in a file (YAML, JSON or TOML) or in text.

    Raises InvalidInput with every problem found: unknown keys, wrong values, references to nothing. Warnings do not
    stop it; `gpuplan.check` lists them.
    """
    tree, documents, edits = _read(source)
    return _instance(tree, documents, edits)


def edited(instance: Instance, edits: Sequence[str]) -> Instance:
    """A changed copy: edits applied in order, validated and checked once at the end.

    Raises InvalidInput, and leaves the instance as it was, when an edit is not understood or its result is not valid.
    """
    return _instance(apply(dump(instance), list(edits)), [], [])


def dump(instance: Instance) -> Tree:
    """The whole instance as plain values, catalogue and defaults included, in the form that files are written in."""
    return instance.model_dump()


def _read(source: Path | str) -> tuple[Tree, list[Document], list[str]]:
    """The tree with what it extends, the documents from the last to the first, and the edits in order."""
    documents = [read_document(source)]
    folder = Path(source).resolve().parent if names_a_file(source) else None
    while (base := documents[-1].value.get("extends")) is not None:
        if not isinstance(base, str):
            raise _at(documents[-1], ("extends",), "extends names another file of the same folder", "")
        if folder is None:
            raise _at(documents[-1], ("extends",), "text cannot extend a file", "Save it beside the file it extends.")
        if len(documents) > DEEPEST or base in {Path(document.file).name for document in documents}:
            raise _at(documents[-1], ("extends",), f"{base} extends itself, or too many files extend one another", "")
        documents.append(read_document(folder / base, folder=folder))
    tree: Tree = {}
    edits: list[str] = []
    for document in reversed(documents):
        own = {key: value for key, value in document.value.items() if key not in ("extends", "edits")}
        tree = cast(Tree, _merged(tree, own))
        stated = document.value.get("edits", [])
        if not isinstance(stated, list) or not all(isinstance(edit, str) for edit in stated):
            raise _at(document, ("edits",), "edits is a list of texts", "Quote each edit.")
        edits += stated
    return tree, documents, edits


def _merged(base: object, over: object) -> object:
    """Mappings are merged key by key; anything else replaces."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
    return over


def _instance(tree: Tree, documents: list[Document], edits: list[str]) -> Instance:
    if edits:
        # Edits see the instance with its catalogue and defaults, so a tree that is wrong must be told first.
        return edited(_instance(tree, documents, []), edits)
    resolved = resolve(tree)
    try:
        instance = Instance.model_validate(resolved)
    except ValidationError as error:
        raise InvalidInput([_placed(_told(detail, resolved), documents) for detail in error.errors()]) from None
    problems = [_placed(problem, documents) for problem in check(instance) if problem.severity == "error"]
    if problems:
        raise InvalidInput(problems)
    return instance


def warnings_of(source: Path | str) -> tuple[Instance, list[Problem]]:
    """The instance and everything its checks remark on, with lines where the file has them."""
    tree, documents, edits = _read(source)
    instance = _instance(tree, documents, edits)
    return instance, [_placed(problem, documents) for problem in check(instance)]


def _at(document: Document, where: tuple[str, ...], message: str, way_out: str) -> InvalidInput:
    mark = document.mark(where)
    place = (mark.line, mark.column) if mark else (None, None)
    return InvalidInput([Problem(message, way_out, ".".join(where), document.file, *place)])


def _placed(problem: Problem, documents: list[Document]) -> Problem:
    """The problem with the file and line of its path, in the first document that has it."""
    where = tuple(int(part) if part.isdigit() else part for part in problem.path.split(".") if part)
    for length in range(len(where), 0, -1):
        for document in documents:
            if _there(document.value, where[:length]):
                mark = document.mark(where[:length])
                place = (mark.line, mark.column) if mark else (None, None)
                return replace(problem, file=document.file, line=place[0], column=place[1])
    return replace(problem, file=documents[0].file) if documents else problem


def _there(tree: object, where: tuple[str | int, ...]) -> bool:
    for part in where:
        if isinstance(tree, dict) and part in tree:
            tree = tree[part]
        elif isinstance(tree, list) and isinstance(part, int) and part < len(tree):
            tree = tree[part]
        else:
            return False
    return True


def _told(detail: ErrorDetails, tree: Tree) -> Problem:
    """A pydantic error in the words of this project."""
    where, node = _path(detail["loc"], tree, detail["type"])
    path = ".".join(str(part) for part in where)
    kind, context = detail["type"], detail.get("ctx", {})
    found = f"{_shown(detail.get('input'))}: " if not isinstance(node, dict | list | tuple) else ""
    if kind == "missing":
        return Problem("this is missing", _missing_way_out(where), path)
    if kind == "extra_forbidden":
        known = _known_fields(where[:-1])
        close = get_close_matches(str(where[-1]), known, 3, 0.5)
        return Problem(
            f"unknown key {where[-1]!r}", f"Nearest: {', '.join(close)}." if close else f"Known: {', '.join(known)}.", path
        )
    if kind == "value_error":
        return Problem(f"{found}{context.get('error', detail['msg'])}", "", path)
    if kind == "literal_error":
        expected = str(context.get("expected", "")).replace("'", "")
        return Problem(f"{found}one of {expected} is wanted", _nearest(detail.get("input"), expected), path)
    return Problem(f"{found}{detail['msg'][:1].lower()}{detail['msg'][1:]}", "", path)


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
        elif last and kind == "missing":
            where.append(part)
            node = None
    return where, node


def _known_fields(where: Sequence[str | int]) -> list[str]:
    """Names of the fields that the entity at a path has."""
    model: object = Instance
    for part in where:
        # An id or position within a mapping or list of entities leads to no field: the entity's model stays.
        model = _model_of_field(model, part) or (model if model is not Instance else None)
        if model is None:
            return []
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        return []
    names = [field.alias or name for name, field in model.model_fields.items()]
    return [*names, "extends", "edits"] if model is Instance else names


def _model_of_field(model: object, part: str | int) -> object:
    if isinstance(model, type) and issubclass(model, BaseModel):
        for name, field in model.model_fields.items():
            if part in (name, field.alias):
                return _inner_model(field.annotation)
        return None
    return model


def _inner_model(annotation: object) -> object:
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
    if section in ("systems", "accelerators", "modules", "resources"):
        close = get_close_matches(name, list(entries(section)), 3, 0.4)
        if close and name not in entries(section):
            return f"State it, or use a catalogue id: {', '.join(close)}."
    return "State it."


def _nearest(found: object, expected: str) -> str:
    words = [word.strip() for part in expected.split(" or ") for word in part.split(",")]
    close = get_close_matches(str(found), words, 1, 0.5)
    return f"Did you mean {close[0]}?" if close else ""


def _shown(value: object) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= 60 else text[:57] + "..."
