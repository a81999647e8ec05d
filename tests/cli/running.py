"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BID = ROOT / "tests" / "whole" / "bid.yaml"
SOLVE = [sys.executable, "-W", "error::RuntimeWarning", str(ROOT / "solve.py")]
MODULE = [sys.executable, "-W", "error::RuntimeWarning", "-m", "gpuplan"]


def environment(**more: str) -> dict[str, str]:
    """This process's environment, the package on the path and nothing that colours or narrows the output."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "FORCE_COLOR")}
    return {**kept, "PYTHONPATH": str(ROOT / "model"), **more}


def ran(
    *words: str | Path, command: list[str] | None = None, timeout: float = 120.0, cwd: Path | None = None, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `solve.py` (or another command) with these arguments, no terminal attached."""
    return subprocess.run(
        [*(command or SOLVE), *map(str, words)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        stdin=subprocess.DEVNULL,
        env=environment(**more),
        cwd=cwd,
    )


def started(*words: str | Path, command: list[str] | None = None, **more: str) -> subprocess.Popen[str]:
    """Start `solve.py` (or another command) with these arguments, no terminal attached."""
    return subprocess.Popen(
        [*(command or SOLVE), *map(str, words)],
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**more),
    )


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """The run ended with code 2, nothing on standard output, and a message with these words and no traceback."""
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    assert "error" in result.stderr.lower()
    flat = " ".join(result.stderr.replace("│", " ").split())
    for word in words:
        assert word in flat, flat
