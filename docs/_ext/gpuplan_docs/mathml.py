"""LaTeX to MathML, which browsers show by themselves: no script, no font and nothing to fetch."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert


def visit_inline(writer: Any, node: nodes.math) -> None:
    """Mathematics within a line."""
    writer.body.append(convert(node.astext(), display="inline"))
    raise nodes.SkipNode


def visit_block(writer: Any, node: nodes.math_block) -> None:
    """Displayed mathematics, each relation that `\\qquad` sets apart on a line of its own."""
    writer.body.append('<div class="math-block">')
    for part in node.astext().split(r"\qquad"):
        writer.body.append(f"<div>{convert(part.strip(), display='block')}</div>")
    writer.body.append("</div>")
    raise nodes.SkipNode
