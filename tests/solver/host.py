"""Scripts of hosts that embed the package, run in processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ON_PATH = f"import sys; sys.path[:0] = [{str(ROOT / 'model')!r}, {str(ROOT / 'tests')!r}]\n"


def script(folder: Path, text: str) -> list[str]:
    """A command that runs a script as a file, with the package and the tests' own modules on its path."""
    path = folder / "host.py"
    path.write_text(ON_PATH + text, encoding="utf-8")
    return [sys.executable, "-W", "error::RuntimeWarning", str(path)]


def ran(
    folder: Path, text: str, timeout: float = 120.0, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    return subprocess.run(
        script(folder, text),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        env={**os.environ, **(environment or {})},
    )


def started(folder: Path, text: str, **options: Any) -> subprocess.Popen[str]:
    """Start a script."""
    return subprocess.Popen(script(folder, text), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
