"""The reference catalogue as text."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from typing import cast

from rich.console import Console
from rich.table import Table

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.catalog import SECTIONS, Tree, entries
from gpuplan.instance.catalog_changes import catalog_changes, changed_since
from gpuplan.plan.files import to_json
from gpuplan.report.yaml_text import as_yaml

COLUMNS: dict[str, tuple[str, ...]] = {
    "accelerators": ("maker", "memory_gb", "bf16_tflops", "fp8_tflops", "tdp_w", "tpp"),
    "systems": ("accelerator", "accelerators", "max_power_kw", "cooling"),
    "modules": ("price", "currency", "lead_days"),
    "resources": ("unit",),
    "tariffs": ("currency", "demand_charge_per_kw_month"),
    "regimes": ("citation", "effective", "amends"),
    "country-groups": ("name", "note", "countries"),
    "facts": ("mid", "unit", "what"),
}


def catalog_text(section: str | None, name: str | None, *, as_json: bool) -> str:
    """The sections, a section's entries, or one entry; raises InvalidInput naming what is near when there is none."""
    if section is None:
        found: object = {one: len(entries(one)) for one in SECTIONS}
        return to_json(cast(Tree, found)) if as_json else _sections()
    if section not in SECTIONS:
        raise _none("section", section, list(SECTIONS))
    kept = entries(section)
    if name is None:
        return to_json(kept) if as_json or section == "throughput" else _listing(section, kept)
    if name not in kept:
        raise _none("entry", name, list(kept))
    entry = kept[name]
    return to_json(entry) if as_json else as_yaml(entry)


def changes_text(day: date, section: str | None, name: str | None, *, as_json: bool) -> str:
    """What was added or changed after a day, in a section or of one entry where these are named; raises InvalidInput
    where there is no such section or entry."""
    if section is not None and section not in SECTIONS:
        raise _none("section", section, list(SECTIONS))
    if section is not None and name is not None and name not in entries(section):
        raise _none("entry", name, list(entries(section)))
    found = [one for one in changed_since(day) if section in (None, one.section) and name in (None, one.entry)]
    if as_json:
        return to_json({"since": day, "changes": [one._asdict() for one in found]})
    if not found:
        of = " ".join(part for part in ("of", section, name) if part is not None) if section is not None else "of it"
        return f"Nothing {of} changed after {day}; the catalogue is of {catalog_changes()[0].on}.\n"
    return "".join(f"{one.on}  {one.section:14} {one.entry:22} {one.what}\n" for one in found)


def _none(what: str, name: str, known: list[str]) -> InvalidInput:
    close = get_close_matches(name, known, 3, 0.4) or known[:10]
    return InvalidInput([Problem(f"the catalogue has no {what} {name!r}", f"Nearest: {', '.join(close)}.")])


def _sections() -> str:
    return "".join(f"{section:14}{len(entries(section)):>5} entries\n" for section in SECTIONS)


def _cell(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _listing(section: str, kept: dict[str, Tree]) -> str:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("id", *COLUMNS[section]):
        table.add_column(column, overflow="fold")
    for name, entry in kept.items():
        table.add_row(name, *(_cell(entry.get(column, "")) for column in COLUMNS[section]))
    console = Console(width=80, color_system=None)
    with console.capture() as captured:
        console.print(table)
    return "\n".join(line.rstrip() for line in captured.get().splitlines()) + "\n"
