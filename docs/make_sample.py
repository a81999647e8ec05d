"""Refresh the printed examples: `python docs/make_sample.py` rewrites what README.md and the pages below show.

Blocks in which a line `...` stands for anything are checked by the tests, and not rewritten.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "docs" / "_ext"), str(ROOT / "model")]

from gpuplan_docs.examples import prepared, refreshed  # noqa: E402

PAGES = (
    "tutorial", "what-if", "explain", "alternatives", "negotiate", "flip", "sweep", "frontier", "regret", "quotes",
)  # fmt: skip

if __name__ == "__main__":
    for page in (ROOT / "README.md", *(ROOT / "docs" / f"{name}.md" for name in PAGES)):
        with tempfile.TemporaryDirectory() as folder:
            before = page.read_text(encoding="utf-8")
            after = refreshed(before, prepared(Path(folder)))
        if after != before:
            page.write_text(after, encoding="utf-8")
            print(f"{page.relative_to(ROOT)} refreshed")
