"""The command line without installing: `python solve.py FILE` is `gpuplan solve FILE`; other commands work too."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent / "model"))
    from gpuplan.__main__ import run

    run(default="solve")
