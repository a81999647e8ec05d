"""Examples in the documentation: found, run and refreshed, so that what is printed is what happens.

A `console` block holds lines that start with `$ ` and what each prints; a line `...` stands for anything. A `python`
block is followed by a `text` block with what it prints. A `yaml` block that starts with `# file: NAME` is a file; so is
a `text` block, without that line.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from doctest import ELLIPSIS, OutputChecker
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[3]
_BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
FILES = ("yaml", "text")
MARK = "<!-- not run -->\n"
"""A block right after this line is only shown."""


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    body: str
    start: int
    """Position of the body in the page."""


def blocks(page: str) -> list[Block]:
    """Every fenced block of a page, in order, but for those that are only shown."""
    return [
        Block(found["language"], found["body"], found.start("body"))
        for found in _BLOCK.finditer(page)
        if not page[: found.start()].endswith(MARK)
    ]


def prepared(folder: Path) -> Path:
    """A folder in which the examples run: the instances, and the command."""
    shutil.copytree(ROOT / "instances", folder / "instances")
    command = folder / "bin" / "gpuplan"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{ROOT / "solve.py"}" "$@"\n', encoding="utf-8")
    command.chmod(0o755)
    return folder


def commands(body: str) -> Iterator[tuple[str, str]]:
    """(command, what is printed) of a console block."""
    parts = re.split(r"^\$ (.*)\n", body, flags=re.MULTILINE)
    yield from zip(parts[1::2], parts[2::2], strict=True)


def console(body: str, folder: Path) -> Iterator[tuple[str, str, str]]:
    """(command, what the page says, what is printed), one after another; `echo $?` gives the last exit code."""
    environment = {**os.environ, "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}", "NO_COLOR": "1"}
    code = 0
    for command, said in commands(body):
        if command == "echo $?":
            yield command, said, f"{code}\n"
            continue
        done = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        code = done.returncode
        yield command, said, done.stdout


def same(said: str, printed: str) -> bool:
    """Whether a page says what was printed, `...` standing for anything."""
    return OutputChecker().check_output(said, printed, ELLIPSIS)


def faults(page: str, folder: Path) -> list[str]:
    """Every example of a page that does not give what the page says."""
    found = []
    names: dict[str, object] = {}
    all_blocks = blocks(page)
    for block, following in zip(all_blocks, [*all_blocks[1:], None], strict=True):
        if block.language in FILES:
            _write_file(block, folder)
        elif block.language == "console":
            for command, said, printed in console(block.body, folder):
                if not same(said, printed):
                    found.append(f"$ {command}\nsays:\n{said}prints:\n{printed}")
        elif block.language == "python":
            said = following.body if following is not None and following.language == "text" else ""
            with contextlib.redirect_stdout(io.StringIO()) as output, contextlib.chdir(folder):
                exec(compile(block.body, "<example>", "exec"), names)
            if not same(said, output.getvalue()):
                found.append(f"{block.body}says:\n{said}prints:\n{output.getvalue()}")
    return found


def refreshed(page: str, folder: Path) -> str:
    """A page with the output of its console blocks as it is today; blocks with `...` are left as they are."""
    written, end = [], 0
    for block in blocks(page):
        if block.language in FILES:
            _write_file(block, folder)
        elif block.language == "console" and not re.search(r"^\.\.\.$", block.body, re.MULTILINE):
            written.append(page[end : block.start])
            written += [f"$ {command}\n{printed}" for command, _, printed in console(block.body, folder)]
            end = block.start + len(block.body)
    return "".join([*written, page[end:]])


def _write_file(block: Block, folder: Path) -> None:
    first, _, rest = block.body.partition("\n")
    if first.startswith("# file: "):
        content = rest if block.language == "text" else block.body
        (folder / first.removeprefix("# file: ")).write_text(content, encoding="utf-8")
