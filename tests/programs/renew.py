"""Write the kept programs anew: `python tests/programs/renew.py`, then `git diff` shows what a change does to them."""

from __future__ import annotations

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from programs.cases import CASES, FOLDER, file, program
    from programs.text import lp

    FOLDER.mkdir(exist_ok=True)
    for case in CASES:
        file(case).write_text(lp(program(case)), encoding="utf-8")
