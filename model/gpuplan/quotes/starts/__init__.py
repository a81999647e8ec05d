"""Instances to start from: commented, solved at once, and made to be changed."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

Start = Literal["university", "programme", "colocation", "inference"]
STARTS: tuple[Start, ...] = get_args(Start)


def start_text(name: Start) -> str:
    """The text of an instance to start from."""
    return Path(__file__).with_name(f"{name}.yaml").read_text(encoding="utf-8")
