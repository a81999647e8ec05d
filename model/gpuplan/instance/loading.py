"""From a file or text to an instance: read, extended, catalogue filled in, validated, edited, checked.

Every problem is told at once, with its file, line and path.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import cast

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import exactly
from gpuplan.instance.checks import check
from gpuplan.instance.document import Document, Unusable, names_a_file, read_document
from gpuplan.instance.edits import parse
from gpuplan.instance.faults import placed
from gpuplan.instance.schema import Instance, validated

Tree = dict[str, object]
DEEPEST = 10
"""Files that may extend one another in a row."""


@exactly
def load(source: Path | str) -> Instance:
    """The instance in a file (YAML, JSON or TOML) or in text.

    Raises InvalidInput with every problem found: unknown keys, wrong values, references to nothing. Warnings do not
    stop it; `gpuplan.check` lists them.
    """
    return _loaded(source)[0]


def _loaded(source: Path | str) -> tuple[Instance, list[Document]]:
    """The instance, and the documents that it was read from. What may not be used hides no other fault."""
    unusable: list[Problem] = []
    try:
        tree, documents, edits = _read(source, unusable)
        instance = _instance(tree, documents, [] if unusable else edits)
    except InvalidInput as error:
        # A value that may not be used is told as such, and not for the text that stands in its place as well.
        further = [problem for problem in error.problems if not any(_is_within(problem, one) for one in unusable)]
        raise InvalidInput([*unusable, *further]) from None
    if unusable:
        raise InvalidInput(unusable)
    return instance, documents


def _is_within(problem: Problem, other: Problem) -> bool:
    return f"{problem.path}.".startswith(f"{other.path}.")


def _document(source: Path | str, unusable: list[Problem], folder: Path | None = None) -> Document:
    """A document, though some of its values may not be used; these are told."""
    try:
        return read_document(source, folder=folder)
    except Unusable as error:
        unusable += error.problems
        return error.document


def _read(source: Path | str, unusable: list[Problem]) -> tuple[Tree, list[Document], list[str]]:
    """The tree with what it extends, the documents from the last to the first, and the edits in order."""
    documents = [_document(source, unusable)]
    folder = Path(source).resolve().parent if names_a_file(source) else None
    seen = {Path(source).resolve()} if names_a_file(source) else set()
    while (base := documents[-1].value.get("extends")) is not None:
        if not isinstance(base, str):
            raise _at(documents[-1], ("extends",), "extends names another file of the same folder", "")
        if folder is None:
            raise _at(documents[-1], ("extends",), "text cannot extend a file", "Save it beside the file it extends.")
        extended = (folder / base).resolve()
        if len(documents) > DEEPEST or extended in seen:
            raise _at(documents[-1], ("extends",), f"{base} extends itself, or too many files extend one another", "")
        seen.add(extended)
        documents.append(_document(base, unusable, folder))
    tree: Tree = {}
    edits: list[str] = []
    for document in list(reversed(documents)):
        own = {key: value for key, value in document.value.items() if key not in ("extends", "edits")}
        for regimes in _regime_files(document, folder, unusable):
            documents.append(regimes)
            tree = cast(Tree, _merged(tree, regimes.value))
        tree = cast(Tree, _merged(tree, _without_files(own)))
        stated = document.value.get("edits", [])
        if not isinstance(stated, list) or not all(isinstance(edit, str) for edit in stated):
            raise _at(document, ("edits",), "edits is a list of texts", "Quote each edit.")
        edits += stated
    return tree, documents, edits


def _regime_files(document: Document, folder: Path | None, unusable: list[Problem]) -> list[Document]:
    """The files of export regimes that a document names, in order; each states `export.regimes` and nothing else."""
    export = document.value.get("export")
    names = export.get("files", []) if isinstance(export, dict) else []
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _at(document, ("export", "files"), "files is a list of names of files of the same folder", "")
    if names and folder is None:
        raise _at(document, ("export", "files"), "text cannot name files", "Save it beside the files it names.")
    found = []
    for name in names:
        read = _document(name, unusable, folder)
        stated = read.value.get("export")
        if set(read.value) != {"export"} or not isinstance(stated, dict) or set(stated) != {"regimes"}:
            raise _at(
                read, (), f"{name} states more or less than export.regimes", "Leave only `export: {regimes: ...}`."
            )
        found.append(read)
    return found


def _without_files(tree: Tree) -> Tree:
    export = tree.get("export")
    if not isinstance(export, dict) or "files" not in export:
        return tree
    return {**tree, "export": {key: value for key, value in export.items() if key != "files"}}


def _merged(base: object, over: object) -> object:
    """Mappings are merged key by key; anything else replaces."""
    if isinstance(base, dict) and isinstance(over, dict):
        return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
    return over


def _instance(tree: Tree, documents: list[Document], edits: list[str]) -> Instance:
    """Validated and checked; edits see it with catalogue and defaults, so it must be right before them."""
    try:
        instance = validated(tree)
    except InvalidInput as error:
        raise InvalidInput([placed(problem, documents) for problem in error.problems]) from None
    try:
        return instance.edited(edits) if edits else instance
    except InvalidInput as error:
        raise InvalidInput([_placed_edit(problem, documents) for problem in error.problems]) from None


def _placed_edit(problem: Problem, documents: list[Document]) -> Problem:
    """The problem with the line of the edit that it names, or else of its path."""
    for document in documents:
        edits = document.value.get("edits")
        for number, edit in enumerate(edits if isinstance(edits, list) else []):
            if f"`{str(edit).strip()[:200]}`" in problem.path:
                mark = document.mark(("edits", number))
                return replace(problem, file=document.file, line=mark.line, column=mark.column)
    return placed(problem, documents)


@exactly
def read_edits(source: Path | str) -> list[str]:
    """The edits in a file of edits: a mapping with `edits`, a list of texts, and perhaps a `note`.

    Raises InvalidInput when it is none, or when an edit is not understood.
    """
    document = read_document(source)
    unknown = sorted(set(document.value) - {"edits", "note"})
    if unknown:
        raise _at(document, (unknown[0],), f"a file of edits has no {unknown[0]!r}", "It has `edits`, and `note`.")
    stated = document.value.get("edits")
    if not isinstance(stated, list) or not stated or not all(isinstance(edit, str) for edit in stated):
        raise _at(document, ("edits",), "edits is a list of texts", "Quote each edit.")
    for number, text in enumerate(stated):
        try:
            parse(text)
        except InvalidInput as error:
            mark = document.mark(("edits", number))
            raise InvalidInput(
                [replace(one, file=document.file, line=mark.line, column=mark.column) for one in error.problems]
            ) from None
    return stated


@exactly
def warnings_of(
    source: Path | str, further: Callable[[Instance], Iterable[Problem]] = lambda _: ()
) -> tuple[Instance, list[Problem]]:
    """The instance and everything that its checks, and further ones, remark on, with lines where the file has them."""
    instance, documents = _loaded(source)
    return instance, [placed(problem, documents) for problem in (*check(instance), *further(instance))]


def _at(document: Document, where: tuple[str, ...], message: str, way_out: str) -> InvalidInput:
    mark = document.mark(where)
    place = (mark.line, mark.column) if mark else (None, None)
    return InvalidInput([Problem(message, way_out, ".".join(where), document.file, *place)])
