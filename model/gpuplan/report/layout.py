"""How text is laid out: tables, titles, and a width that lines are folded to."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

WIDTH = 80


def rendered(parts: Iterable[RenderableType], width: int = WIDTH, color: bool = False) -> str:
    """Parts one below the other, as text."""
    console = Console(
        width=width,
        color_system="standard" if color else None,
        force_terminal=color,
        highlight=False,
        markup=False,  # brackets and colons in a name are text
        emoji=False,
    )
    with console.capture() as captured:
        for part in parts:
            console.print(part)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"


def titled(title: str, body: RenderableType) -> RenderableType:
    """A part under its title, after an empty line."""
    return Group(Text(f"\n{title}", style="bold"), body)


def new_table(*columns: str, numbers: tuple[int, ...] = (), gap: int = 2) -> Table:
    """An empty table; `numbers` are the positions of columns set to the right."""
    table = Table(box=None, pad_edge=False, padding=(0, gap, 0, 0), show_edge=False, header_style="dim")
    for position, column in enumerate(columns):
        table.add_column(column, justify="right" if position in numbers else "left", overflow="fold")
    return table
