"""Sphinx configuration. `python -m sphinx -W docs docs/_build` builds the site."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "model")]

import gpuplan  # noqa: E402 (the checkout's own, not an installed one)

project = "gpuplan"
author = "the gpuplan authors"
copyright = "2026, the gpuplan authors"  # noqa: A001 (Sphinx's own name)
version = release = gpuplan.__version__

extensions = ["myst_parser", "gpuplan_docs"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "_ext"]
suppress_warnings: list[str] = []
nitpicky = True

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = "gpuplan"
html_static_path = ["_static"]
html_css_files = ["gpuplan.css"]
html_math_renderer = "mathml"
html_extra_path = ["reference/schemas"]
html_copy_source = False
html_show_sphinx = False
