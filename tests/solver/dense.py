"""Matrices written by hand for the tests of the solver layer, and processes looked up in /proc."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from gpuplan.solver.matrix import Matrix

DATA = Path(__file__).parent / "data"


def matrix(
    cost: Any, rows: Any, row_lower: Any, row_upper: Any, lower: Any = 0.0, upper: Any = np.inf, whole: Any = False
) -> Matrix:
    """A matrix from dense rows; single numbers stand for a whole vector. Entries that are zero are left out."""
    table = np.atleast_2d(np.asarray(rows, dtype=float))
    height, width = table.shape
    entries = [np.flatnonzero(row) for row in table]

    def vector(values: Any, length: int) -> Any:
        return np.broadcast_to(np.asarray(values, dtype=float), length).copy()

    return Matrix(
        cost=vector(cost, width),
        offset=0.0,
        starts=np.concatenate([[0], np.cumsum([len(found) for found in entries])]).astype(np.int32),
        columns=np.concatenate(entries).astype(np.int32),
        values=np.concatenate([row[found] for row, found in zip(table, entries, strict=True)]).astype(float),
        row_lower=vector(row_lower, height),
        row_upper=vector(row_upper, height),
        lower=vector(lower, width),
        upper=vector(upper, width),
        whole=np.broadcast_to(np.asarray(whole, dtype=bool), width).copy(),
        strategic=np.zeros(width, dtype=bool),
    )


def market_split(rows: int = 5, columns: int = 40, seed: int = 1) -> Matrix:
    """Cornuejols and Dawande's market split as an optimisation: incumbents at once, and no proof for hours."""
    dice = np.random.default_rng(seed)
    table = dice.integers(0, 100, (rows, columns))
    half = table.sum(axis=1) // 2
    return matrix(
        cost=np.r_[np.zeros(columns), np.ones(2 * rows)],
        rows=np.hstack([table, np.eye(rows), -np.eye(rows)]),
        row_lower=half,
        row_upper=half,
        upper=np.r_[np.ones(columns), np.full(2 * rows, 1e6)],
        whole=np.r_[np.ones(columns, dtype=bool), np.zeros(2 * rows, dtype=bool)],
    )


def knapsack(columns: int = 30, rows: int = 5, seed: int = 1) -> Matrix:
    """A multidimensional knapsack that is solved to the end in a moment."""
    dice = np.random.default_rng(seed)
    table = dice.integers(1, 100, (rows, columns))
    worth = table.sum(axis=0) // rows + dice.integers(0, 50, columns)
    return matrix(-worth, table, -np.inf, table.sum(axis=1) // 2, 0.0, 1.0, whole=True)


def stored(name: str) -> Matrix:
    """One of the matrices in `data`."""
    kept = json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))
    rows = np.zeros((len(kept["rows"]), len(kept["columns"])))
    for number, row in enumerate(kept["rows"]):
        for column, value in row["coefficients"].items():
            rows[number, kept["columns"].index(column)] = value
    return matrix(
        [kept["cost"][column] for column in kept["columns"]],
        rows,
        [_bound(row["at_least"], -np.inf) for row in kept["rows"]],
        [_bound(row["at_most"], np.inf) for row in kept["rows"]],
        [_bound(kept["bounds"][column][0], -np.inf) for column in kept["columns"]],
        [_bound(kept["bounds"][column][1], np.inf) for column in kept["columns"]],
        [column in kept["whole"] for column in kept["columns"]],
    )


def _bound(value: float | None, missing: float) -> float:
    return missing if value is None else value


def breaks(model: Matrix, point: Any, tolerance: float = 1e-6) -> list[str]:
    """Rows, bounds and whole columns that a point breaks, by an arithmetic of its own."""
    found = []
    for row in range(len(model.row_lower)):
        span = slice(model.starts[row], model.starts[row + 1])
        activity = float(np.dot(model.values[span], point[model.columns[span]]))
        room = tolerance * max(1.0, float(np.max(np.abs(model.values[span]), initial=0.0)))
        if not model.row_lower[row] - room <= activity <= model.row_upper[row] + room:
            found.append(f"row {row}: {activity} not in [{model.row_lower[row]}, {model.row_upper[row]}]")
    for column, value in enumerate(point):
        if not model.lower[column] - tolerance <= value <= model.upper[column] + tolerance:
            found.append(f"column {column}: {value}")
        if model.whole[column] and abs(value - round(value)) > tolerance:
            found.append(f"column {column} is not whole: {value}")
    return found


def children(of: int | None = None) -> list[int]:
    """Processes whose parent is the one given (this one when left out), zombies included."""
    parent = os.getpid() if of is None else of
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            state = _stat(int(entry.name))
            if state is not None and int(state[1]) == parent:
                found.append(int(entry.name))
    return found


def alive(process: int) -> bool:
    """Whether a process is there and no zombie."""
    state = _stat(process)
    return state is not None and state[0] != "Z"


def _stat(process: int) -> list[str] | None:
    try:
        text = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()


def gone(processes: list[int], within: float = 5.0) -> bool:
    """Whether all of these processes end within so many seconds."""
    until = time.monotonic() + within
    while any(alive(process) for process in processes):
        if time.monotonic() > until:
            return False
        time.sleep(0.02)
    return True
