"""The guides name what is there: files, folders, rooms and functions."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

import gpuplan

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "model" / "gpuplan"
GUIDES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
MADE = {"docs/_build", "docs/_build/index.html", "families/staffing.py"}
"""What a command of the guide makes, or its example."""
BASES = (ROOT, ROOT / "docs", PACKAGE)
"""What a path may be relative to."""


def quoted(guide: str) -> list[str]:
    """What stands between backticks, and in the tables of commands."""
    text = re.sub(r"```.*?```", "", (ROOT / guide).read_text(encoding="utf-8"), flags=re.DOTALL)
    return re.findall(r"`([^`\n]+)`", text)


def paths(guide: str) -> set[str]:
    """Words of what is quoted that name a file of the project, or a folder."""
    words = {word for one in quoted(guide) for word in one.split()}
    name = re.compile(r"(?:[\w-]+/)*(?:[\w-]+\.(?:py|md)|[\w-]+/)|(?:model|tests|docs|instances)/[\w/.-]+")
    return {word for word in words if name.fullmatch(word)}


@pytest.mark.parametrize("guide", GUIDES)
def test_every_file_that_a_guide_names_is_there(guide: str) -> None:
    """Proves that a reader finds what he is sent to. If broken, `plan/extract.py` is named a year after it went."""
    missing = [path for path in paths(guide) - MADE if not any((base / path).exists() for base in BASES)]
    assert missing == []


def test_paths_are_found_in_the_guides() -> None:
    """Proves that the test above looks at something: files, folders and commands. If broken, it passes on nothing."""
    assert {"families/__init__.py", "instance/", "tests/benchmark/session.py"} <= paths("CONTRIBUTING.md")


def test_the_table_of_rooms_has_every_room() -> None:
    """Proves that each package and module of the first level has its line. If broken, a room is a surprise."""
    rows = re.findall(r"^\| (`.*?) \|", (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = {room.strip("`") for row in rows for room in row.split(", ")}
    rooms = {f"{path.name}/" for path in PACKAGE.iterdir() if (path / "__init__.py").exists()}
    rooms |= {path.name for path in PACKAGE.glob("*.py") if not path.name.startswith("__")}
    assert rooms - named == set()
    assert all((PACKAGE / room).exists() for room in named)


@pytest.mark.parametrize("guide", GUIDES)
def test_every_name_of_the_library_that_a_guide_uses_is_there(guide: str) -> None:
    """Proves that `gpuplan.solver.matrix.matrix_of` and its like can be imported. If broken, an example fails."""
    for name in {found for one in quoted(guide) for found in re.findall(r"\bgpuplan(?:\.[a-zA-Z_]\w*)+", one)}:
        assert exists(name), name


def exists(name: str) -> bool:
    """Whether a dotted name is a module or something in one."""
    found: object = gpuplan
    at = "gpuplan"
    for part in name.split(".")[1:]:
        at = f"{at}.{part}"
        if not hasattr(found, part):
            try:
                importlib.import_module(at)
            except ImportError:
                return False
        found = getattr(found, part)
    return True


def test_a_name_that_is_not_there_is_noticed() -> None:
    """Proves that the look-up tells a function from a slip of the pen."""
    assert exists("gpuplan.solver.matrix.matrix_of")
    assert not exists("gpuplan.solver.matrix.matrix_off")
