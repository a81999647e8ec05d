"""A figure as SVG to stand within a page: its colours are the page's, its ids its own, and it fetches nothing."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from gpuplan.report import figures

if TYPE_CHECKING:
    from gpuplan.report.figures import Picture

VARIABLES = {
    figures.INK: "--ink",
    figures.LINE: "--line",
    **{color: f"--c{number}" for number, color in enumerate(figures.PALETTE)},
}
"""Colours of a figure, and the variables by which a style sheet may give others."""


def svg(picture: Picture) -> str:
    """The picture as an `svg` element that scales with the page."""
    import matplotlib

    text = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "gpuplan", "svg.fonttype": "none", "font.family": "DejaVu Sans"}):
        picture.figure.savefig(text, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    drawn = text.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL)
    drawn = re.sub(r' (width|height)="[\d.]+pt"', "", drawn, count=2)
    drawn = re.sub(rf'<g id="{figures.TIP}([^"]*)">', r"<g><title>\1</title>", drawn)
    drawn = re.sub(r'\bid="', f'id="{picture.name}-', drawn)
    drawn = re.sub(r'(href="#|url\(#)', rf"\g<1>{picture.name}-", drawn)
    for color, variable in VARIABLES.items():
        drawn = drawn.replace(color, f"var({variable}, {color})")
    return drawn.replace("<svg", '<svg aria-hidden="true" focusable="false"', 1).strip()
