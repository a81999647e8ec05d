"""Every figure of every section of the reference catalogue, counted against its sources."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import pytest

from gpuplan.instance.base import Source
from gpuplan.instance.catalog import SECTIONS, entries

WORDS = {"name", "note", "what", "citation", "as_of", "sources", "source", "confidence"}
"""Keys whose values are words, though a year may stand in them."""


def sources(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Sources of an entry by field; of a fact or a result the one that it has, for all."""
    if "sources" in entry:
        return dict(entry["sources"])
    if isinstance(entry.get("source"), Mapping):
        return {"all": entry["source"]}
    return {"all": entry} if "source" in entry else {}


def numbers(value: object) -> int:
    """How many numbers are written in a value."""
    if isinstance(value, Mapping):
        return sum(numbers(item) for key, item in value.items() if key not in WORDS)
    if isinstance(value, list | tuple):
        return sum(map(numbers, value))
    return int(isinstance(value, int | float | Decimal) and not isinstance(value, bool))


def written(section: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Entries of a section with their paths."""
    for name, entry in entries(section).items():
        if section == "throughput":
            yield from ((f"{section}.{name}.{number}", result) for number, result in enumerate(entry, 1))
        else:
            yield f"{section}.{name}", entry


def counted(path: str, entry: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many figures an entry has, and the fields among them that no source covers."""
    figures, without = 0, []
    known = {field for field, source in sources(entry).items() if source.get("source") and source.get("as_of")}
    for field, value in entry.items():
        found = 0 if field in WORDS else numbers(value)
        figures += found
        if found and not {"all", field.replace("_", "-")} & known:
            without.append(f"{path}.{field}")
    return figures, without


@pytest.mark.parametrize("section", [section for section in SECTIONS if section != "resources"])
def test_no_figure_is_without_a_source(section: str) -> None:
    """Proves that figures without a source come to none. If broken, a plan leans on a number of nobody knows whom."""
    figures, without = 0, []
    for path, entry in written(section):
        found, bare = counted(path, entry)
        figures += found
        without += bare
    assert without == []
    assert figures > 0 or section == "country-groups"


def test_a_figure_without_a_source_is_counted() -> None:
    """Proves that the count sees one: memory of 80 is sourced, tdp of 400 is not, a source without a day is none."""
    sourced = {"source": "a sheet", "as_of": "2026", "confidence": "official"}
    entry = {"name": "x 7", "memory_gb": 80, "tdp_w": 400, "sources": {"memory-gb": sourced}}
    assert counted("accelerators.x", entry) == (2, ["accelerators.x.tdp_w"])
    assert counted("facts.x", {"mid": 1, **sourced}) == (1, [])
    assert counted("facts.x", {"mid": 1, "source": "a sheet"}) == (1, ["facts.x.mid"])
    assert counted("systems.x", {"needs": {"fabric-ports": 8}, "sources": {}}) == (1, ["systems.x.needs"])


@pytest.mark.parametrize("section", SECTIONS)
def test_every_source_says_who_when_and_how_sure(section: str) -> None:
    """Proves that sources are whole and graded. If broken, a grade is misspelt or left to be guessed."""
    for path, entry in written(section):
        for field, source in sources(entry).items():
            known = Source.model_validate({key: source[key] for key in ("source", "as_of", "confidence")})
            assert known.source, f"{path}.{field}"
            assert known.confidence != "stated", f"{path}.{field}"


WORKING = re.compile(r"\d|\bas\b|\bhalf\b|\btwice\b|\bsame\b|\bequal\b|\bdense throughput here\b", re.IGNORECASE)


@pytest.mark.parametrize("section", SECTIONS)
def test_every_derived_figure_shows_its_working(section: str) -> None:
    """Proves that what is derived says from what. If broken, nobody can do the sum again."""
    for path, entry in written(section):
        for field, source in sources(entry).items():
            if source["confidence"] == "derived":
                words = f"{source['source']} {entry.get('note', '')}"
                assert WORKING.search(words), f"{path}.{field}: {words}"
