"""Sphinx extension: writes the reference pages from the package, and shows mathematics as MathML without a script."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config


def setup(app: Sphinx) -> dict[str, Any]:
    """Entry point for Sphinx."""
    from gpuplan_docs import mathml

    # Before Sphinx looks for the files that html_extra_path names, and long before it looks for pages.
    app.connect("config-inited", _write, priority=100)
    app.add_html_math_renderer("mathml", (mathml.visit_inline, None), (mathml.visit_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _write(app: Sphinx, _config: Config) -> None:
    from gpuplan_docs.pages import write

    write(Path(app.srcdir) / "reference")
