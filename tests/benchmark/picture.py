"""Primal and proven gap over time, on logarithmic axes: a row for each size, a line for each contender."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmark.gaps import best_known, middle, primal_at, proven_at
from benchmark.runs import Run

FLOOR = 1e-6
"""Smaller gaps are drawn here."""
CEILING = 1.0
"""So are larger ones, and gaps that are not known yet, here."""
FIRST = 0.5
"""Seconds at which the picture begins."""
POINTS = 200


def draw(runs: list[Run], paths: list[Path]) -> None:
    """Draw the medians over the seeds into files, each in the format of its suffix."""
    from matplotlib.figure import Figure

    sizes = list(dict.fromkeys(one.size for one in runs))
    figure = Figure(figsize=(11, 3.6 * len(sizes)), layout="constrained")
    axes = figure.subplots(len(sizes), 2, squeeze=False)
    for row, size in zip(axes, sizes, strict=True):
        some = [one for one in runs if one.size == size]
        for panel, title in zip(row, ("above the best plan known", "proven gap"), strict=True):
            panel.set(xscale="log", yscale="log", xlabel="seconds", title=f"{size}: {title}")
            panel.set(ylim=(FLOOR / 2, CEILING * 1.5), xlim=(FIRST, max(one.cap for one in some)))
            panel.grid(True, which="major", alpha=0.3)
        for contender in dict.fromkeys(one.contender for one in some):
            _lines(row, contender, some)
        row[1].legend(fontsize="small")
    for path in paths:
        figure.savefig(path, dpi=150, metadata={"Date": None} if path.suffix == ".svg" else None)


def _lines(row: np.ndarray, contender: str, runs: list[Run]) -> None:
    """A contender's two lines, as long as it ran."""
    best = {seed: best_known(one for one in runs if one.seed == seed) for seed in {one.seed for one in runs}}
    own = [one for one in runs if one.contender == contender]
    moments = np.geomspace(FIRST, max(one.cap for one in own), POINTS)
    primal = [middle(primal_at(one, at, best[one.seed]) for one in own) for at in moments]
    proven = [middle(proven_at(one, at) for one in own) for at in moments]
    label = contender if np.isfinite(primal).any() else f"{contender} (no plan)"
    for panel, gaps in zip(row, (primal, proven), strict=True):
        panel.step(moments, np.clip(gaps, FLOOR, CEILING), where="post", label=label, linewidth=1.4)
