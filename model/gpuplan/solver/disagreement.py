"""A run of HiGHS that was proven wrong, kept as a file that can be sent to its makers."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

from gpuplan.solver.highs import pass_model, quiet
from gpuplan.solver.matrix import Matrix, scaled
from gpuplan.solver.result import Result, Settings

FOLDER = "GPUPLAN_STATE"
"""Variable of the environment that names another folder to keep such files in."""


def keep(matrix: Matrix, settings: Settings, said: Result, found: Result) -> Path | None:
    """Write the program as HiGHS was given it (MPS), with what it said and what is so in a text beside it.

    Returns the program's path, the same for the same program and seed; None where nothing can be written.
    """
    import highspy

    handed, _, factor = scaled(matrix)
    digest = hashlib.sha256()
    for part in (handed.cost, handed.values, handed.columns, handed.lower, handed.upper):
        digest.update(part.tobytes())
    name = f"{digest.hexdigest()[:16]}-seed-{settings.seed}"
    try:
        folder = _folder()
        folder.mkdir(parents=True, exist_ok=True)
        highs = quiet(highspy)
        pass_model(highs, highspy, handed)
        path = folder / f"{name}.mps"
        highs.writeModel(str(path))
        told = "none" if said.objective is None else f"{said.objective * factor:.12g}"
        better = "none" if found.objective is None else f"{found.objective * factor:.12g}"
        (folder / f"{name}.txt").write_text(
            f"HiGHS {highs.version()}, random_seed {settings.seed}, threads {settings.threads}, "
            f"mip_rel_gap {settings.gap:g}, presolve {'off' if settings.careful else 'on'}\n"
            f"called {said.termination.value}, value {told}; there is a solution of value {better}\n",
            encoding="utf-8",
        )
    except OSError:
        return None
    return path


def _folder() -> Path:
    stated = os.environ.get(FOLDER)
    if stated:
        return Path(stated)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home()) / "gpuplan"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "gpuplan"
