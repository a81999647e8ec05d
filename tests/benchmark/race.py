"""How many times as long others take: `python tests/benchmark/race.py --size M --gap 0.02 --cap 60`.

On every generated instance gpuplan runs first, until its proven gap is no more than asked. Each other contender then
has that time, multiplied by the factor that it is to be beaten by (or by less, with --most), to prove the same gap.
Who does not has lost by the factor at least: a time-out counts as the cap. All runs of a seed follow one another on
the same machine; a run whose file is in the results already is not repeated. A picture shows the gaps over time,
medians over the seeds.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple, cast

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "model"), str(ROOT / "tests")]

from benchmark.gaps import middle, proven_at, time_to  # noqa: E402
from benchmark.picture import draw  # noqa: E402
from benchmark.runs import Run, kept_run, versions  # noqa: E402
from benchmark.tables import table  # noqa: E402
from gpuplan.generator import SCALES, Size  # noqa: E402

FIRST = "gpuplan-by-default"
FACTORS = {
    "textbook-highs": 10.0,
    "textbook-scip": 5.0,
    "textbook-cpsat": 5.0,
    "strong-highs": 1.0,
    "strong-scip": 1.0,
    "strong-cpsat": 1.0,
}
"""By how much each is to be beaten."""


class Heat(NamedTuple):
    """One contender on one instance, after gpuplan."""

    size: str
    seed: int
    seconds: float
    """That gpuplan took; infinite where it did not come to the gap."""
    contender: str
    factor: float
    """Time to the gap, or the time that it had, by gpuplan's."""
    is_reached: bool
    gap: float
    """Proven when its time was up."""


def main() -> None:
    """Run what has not been run, and write the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", nargs="+", choices=list(SCALES), default=["S"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--cap", type=float, default=60.0, help="seconds for gpuplan")
    parser.add_argument("--most", type=float, default=math.inf, help="times gpuplan's time that others have, at most")
    parser.add_argument("--threads", type=int, default=2, help="for each run; SCIP searches in one")
    parser.add_argument("--contenders", nargs="+", choices=list(FACTORS), default=list(FACTORS))
    parser.add_argument("--results", type=Path, default=ROOT / "benchmark-results", help="folder of a file a run")
    parser.add_argument("--out", type=Path, default=ROOT / "benchmark-results", help="folder of the picture")
    asked = parser.parse_args()
    runs: list[Run] = []
    heats = list(_heats(asked, runs))
    print("\n" + report(heats, asked.gap))
    asked.out.mkdir(parents=True, exist_ok=True)
    draw(runs, [asked.out / "race.svg", asked.out / "race.png"])
    print(", ".join(f"{name} {value}" for name, value in versions(ROOT).items() if value))


def _heats(asked: argparse.Namespace, runs: list[Run]) -> Iterator[Heat]:
    """Every heat; its runs are added to a list."""
    known = versions(ROOT)
    for size in cast(list[Size], asked.size):
        for seed in asked.seeds:

            def made(contender: str, cap: float, size: Size = size, seed: int = seed) -> Run:
                runs.append(kept_run(asked.results, contender, size, seed, cap, asked.threads, known))
                return runs[-1]

            first = made(FIRST, asked.cap)
            seconds = time_to(first, asked.gap)
            for contender in asked.contenders if math.isfinite(seconds) else []:
                cap = round(min(FACTORS[contender], asked.most) * seconds, 1)
                run = made(contender, cap)
                taken = time_to(run, asked.gap)
                factor = min(taken, cap) / seconds
                yield Heat(size, seed, seconds, contender, factor, math.isfinite(taken), proven_at(run, cap))
            if not math.isfinite(seconds):
                yield Heat(size, seed, seconds, FIRST, math.inf, False, proven_at(first, asked.cap))


def report(heats: list[Heat], gap: float) -> str:
    """A table for each size: gpuplan's seconds by seed, and how many times as long each other took, or had in vain."""
    parts = []
    for size in dict.fromkeys(heat.size for heat in heats):
        some = [heat for heat in heats if heat.size == size]
        seconds = {heat.seed: heat.seconds for heat in some}
        heads = [f"{size}, to {gap:.2%}", *(f"seed {seed}" for seed in seconds), "median"]
        lines = [["gpuplan", *(_seconds(one) for one in (*seconds.values(), middle(seconds.values())))]]
        for contender in FACTORS:
            mine = {heat.seed: heat for heat in some if heat.contender == contender}
            if mine:
                cells = [_cell(mine[seed]) if seed in mine else "-" for seed in seconds]
                median = middle(mine[seed].factor if seed in mine else 0.0 for seed in seconds)
                lines.append([contender, *cells, f"{median:.1f}"])
        parts.append(table(heads, lines))
    return "\n\n".join(parts) + "\n"


def _seconds(value: float) -> str:
    return f"{value:.1f} s" if math.isfinite(value) else "-"


def _cell(heat: Heat) -> str:
    if heat.is_reached:
        return f"{heat.factor:.1f}"
    at = f"{heat.gap:.1%}" if math.isfinite(heat.gap) else "no plan"
    return f"> {heat.factor:.1f} ({at})"


if __name__ == "__main__":
    main()
