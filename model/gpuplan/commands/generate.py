"""`gpuplan generate`: a made-up instance of a stated class and size, for trials and benchmarks."""

from __future__ import annotations

from typing import Annotated

import typer

from gpuplan.commands.common import say
from gpuplan.generator import Class, Size


def generate(
    size: Annotated[
        Size, typer.Option(help="S, M, L or XL: of a programme, 20 to 200 offers, 3 to 20 sites, 8 to 36 months.")
    ] = "S",
    seed: Annotated[int, typer.Option(help="Another seed, another instance of the same size.", min=0)] = 1,
    kind: Annotated[
        Class,
        typer.Option(
            "--class",
            help="What it is about: a programme, hard on purpose; the same with limits that may be missed; or loads "
            "that may not be split, in one of four forms.",
        ),
    ] = "programme",
) -> None:
    """Print a made-up instance file: hardware of the catalogue, everything else drawn. Each has a plan."""
    from gpuplan.generator import generate as make
    from gpuplan.report.yaml_text import as_yaml

    say(as_yaml(make(size, seed, kind)))
