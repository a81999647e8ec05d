"""A server on a free port of this machine, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a-token-for-tests"


@contextmanager
def served(folder: Path, *options: str) -> Iterator[str]:
    """The address of a server of a folder; it is ended afterwards."""
    with serving(folder, *options) as (_, address):
        yield address


@contextmanager
def serving(folder: Path, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of a folder and its address; it is ended afterwards."""
    words = [sys.executable, "-m", "gpuplan", "serve", str(folder), "--port", "0", "--token", TOKEN, *options]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "model")}
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().split("/#")[0]
        finally:
            process.terminate()
            process.wait(30)
