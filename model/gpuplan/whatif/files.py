"""Answers on disk: a plan, or what any question wrote, told apart by the format that it states."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.document import read_document
from gpuplan.plan.files import as_model
from gpuplan.whatif.schemas import ANSWERS


def read_answer(source: Path | str) -> BaseModel:
    """The plan or the answer in a JSON file; raises InvalidInput when it is none, with every fault and its path."""
    document = read_document(source, format="json")
    stated = document.value.get("format")
    known = {kind.model_fields["format"].default: kind for kind in ANSWERS.values()}
    kind = known.get(stated) if isinstance(stated, str) else None
    if kind is None:
        said = f"has the format {stated!r}" if stated is not None else "states no format"
        way_out = "Write one with `--output FILE.json`: of solve, what-if, explain or another question."
        raise InvalidInput([Problem(f"this {said}, which is no plan and no answer", way_out, "format", document.file)])
    return as_model(kind, document)
