"""Searches compared: `python tests/benchmark/search.py --size S M --seeds 1 2 3 4 5 --cap 120`.

Every contender (see `contenders.py`, and `without.py` for those that lack something) on every generated instance, one
run at a time, each in a process of its own. A run whose file of JSON is in the results already is not repeated; delete
the file to run it again. Then a table in Markdown and a picture of the gaps over time are written from all runs that
were asked for.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import cast

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "model"), str(ROOT / "tests")]

from benchmark.gaps import TARGETS, best_known, final_gap, middle, primal_at, time_to  # noqa: E402
from benchmark.picture import draw  # noqa: E402
from benchmark.runs import Run, kept_run, versions  # noqa: E402
from benchmark.tables import table  # noqa: E402
from benchmark.without import WITHOUT  # noqa: E402
from gpuplan.generator import SCALES, Size  # noqa: E402

CONTENDERS = (
    "gpuplan",
    "gpuplan-by-default",
    "strong-highs",
    "textbook-highs",
    "textbook-scip",
    "strong-scip",
    "textbook-cpsat",
    "strong-cpsat",
)
ABLATIONS = tuple(f"gpuplan-without-{choice}" for choice in WITHOUT)


def main() -> None:
    """Run what has not been run, and write table and picture."""
    asked = _arguments()
    runs = list(_runs(asked))
    asked.out.mkdir(parents=True, exist_ok=True)
    (asked.out / "search.md").write_text(report(runs), encoding="utf-8")
    draw(runs, [asked.out / "search.svg", asked.out / "search.png"])
    print(report(runs))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--size", nargs="+", choices=list(SCALES), default=["S"])
    parser.add_argument("--seeds", nargs="+", type=int, default=[1, 2, 3, 4, 5])
    parser.add_argument("--cap", type=float, default=120.0, help="seconds for each run")
    parser.add_argument("--threads", type=int, default=2, help="for each run; SCIP searches in one")
    parser.add_argument("--contenders", nargs="+", choices=(*CONTENDERS, *ABLATIONS), default=list(CONTENDERS))
    parser.add_argument(
        "--results", type=Path, default=ROOT / "benchmark-results", help="folder of a file for each run"
    )
    parser.add_argument("--out", type=Path, default=ROOT / "benchmark-results", help="folder of table and picture")
    return parser.parse_args()


def _runs(asked: argparse.Namespace) -> Iterator[Run]:
    """Every run asked for, from its file or afresh."""
    known = versions(ROOT)
    for size in cast(list[Size], asked.size):
        for seed in asked.seeds:
            for contender in asked.contenders:
                yield kept_run(asked.results, contender, size, seed, asked.cap, asked.threads, known)


# The table


def report(runs: list[Run]) -> str:
    """Tables of medians, one for each size, with machine and versions."""
    parts = [
        _table(size, [one for one in runs if one.size == size]) for size in dict.fromkeys(one.size for one in runs)
    ]
    parts += [
        "Gap is |incumbent - bound| / |incumbent|, counted from the trace; the primal gap is against the best plan of "
        "any contender that passes gpuplan's audit. Medians over the seeds; in brackets how many reached it.",
        *dict.fromkeys(", ".join(f"{key} {value}" for key, value in one.versions.items() if value) for one in runs),
    ]
    return "\n\n".join(parts) + "\n"


def _table(size: str, runs: list[Run]) -> str:
    seeds, cap = list(dict.fromkeys(one.seed for one in runs)), runs[0].cap
    best = {seed: best_known(one for one in runs if one.seed == seed) for seed in seeds}
    heads = ["contender", *(f"to {target:.2%}" for target in TARGETS), "gap", "primal gap", "MB", "outside solvers"]
    title = f"Size {size}, seeds {', '.join(map(str, seeds))}, at most {cap:g} s, {runs[0].threads} threads"
    lines = []
    for contender in dict.fromkeys(one.contender for one in runs):
        some = [one for one in runs if one.contender == contender]
        cells = [contender, *(_times(some, target) for target in TARGETS), _share(middle(map(final_gap, some)))]
        cells += [
            _share(middle(primal_at(one, cap + 1e9, best[one.seed]) for one in some)),
            _number(middle(one.memory_mb or math.inf for one in some), 0),
            _number(middle(one.final.get("outside_solvers", math.inf) for one in some), 1, " s"),
        ]
        lines.append(cells)
    odd = [f"{one.contender} on seed {one.seed}: {said}" for one in runs if (said := _odd(one))]
    return f"{title}\n\n{table(heads, lines)}" + ("\n\n" + "; ".join(odd) + "." if odd else "")


def _odd(run: Run) -> str:
    """What is to be said of a run beside its figures."""
    if run.final.get("broken"):
        return f"its plan breaks {run.final['broken']} rules"
    ended = {"killed": "killed", "infeasible": "said to be infeasible"}
    return next(
        (said for word, said in ended.items() if word in run.status.lower()), "failed" * ("failed" in run.status)
    )


def _times(runs: Iterable[Run], target: float) -> str:
    times = [time_to(one, target) for one in runs]
    reached = sum(1 for one in times if math.isfinite(one))
    return f"{_number(middle(times), 1, ' s')} ({reached}/{len(times)})"


def _share(value: float) -> str:
    return f"{value:.3%}" if math.isfinite(value) else "-"


def _number(value: float, digits: int, unit: str = "") -> str:
    return f"{value:,.{digits}f}{unit}" if math.isfinite(value) else "-"


if __name__ == "__main__":
    main()
