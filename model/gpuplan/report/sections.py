"""What a report says, part by part: sentences, pictures and tables. How they look is the page's affair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from gpuplan.report.figures import Picture
from gpuplan.report.plan_figures import plan_figures
from gpuplan.report.plan_tables import plan_tables
from gpuplan.report.sentences import caveats, decision, proof
from gpuplan.report.table import Table

if TYPE_CHECKING:
    from gpuplan.plan.plan import Plan


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a report."""

    name: str
    """Its anchor."""
    title: str
    text: tuple[str, ...] = ()
    """Paragraphs."""
    pictures: tuple[Picture, ...] = ()
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()
    """Long tables, closed until they are asked for."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not (self.text or self.pictures or any(table.rows for table in (*self.tables, *self.folded)))


PARTS: tuple[tuple[str, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]], ...] = (
    ("buy", "What is bought", (), ("bill-of-materials",), ()),
    ("when", "When", ("timeline",), ("deadlines", "risks"), ("orders", "critical-path", "latest")),
    ("where", "Where, with what capacity", ("capacity",), ("sites", "modules"), ("capacity", "periods")),
    ("use", "What it serves", (), ("workloads", "clusters"), ()),
    ("cost", "What it costs", ("budgets", "cost-terms", "cost-periods", "cash"), ("cost", "cash-flow"), ()),
    ("mix", "From whom", ("mix",), ("vendors", "makers", "mix-limits"), ()),
    ("limits", "Limits", ("limits",), ("limits",), ()),
    ("export", "Export control", (), (), ("export-control", "chip-classes")),
    ("offers", "Offers not chosen, and why", (), ("not-chosen",), ()),
    ("sources", "What the plan leans on", (), (), ("low-confidence", "remarks")),
    ("proof", "How sure it is", (), ("proof", "provenance"), ()),
)
"""Sections of a plan after the decision: anchor, title, pictures (by how their names begin), tables, folded tables."""


def plan_sections(plan: Plan, worths: Mapping[str, str] | None = None) -> tuple[Section, ...]:
    """A plan, the decision first. `worths` says, by limit, what a step of slack is worth, where that is known."""
    tables = {one.name: one for one in plan_tables(plan, worths)}
    tables["not-chosen"] = _kept(
        tables["offers"], "not-chosen", "Offers and modules not chosen", lambda row: row["units"] == 0
    )
    tables["mix-limits"] = _kept(tables["limits"], "mix-limits", "Limits on shares", lambda row: row["unit"] == "share")
    pictures = plan_figures(plan)
    found = [Section("decision", "The decision", (decision(plan), *caveats(plan)), (), (tables["summary"],))]
    for name, title, drawn, shown, folded in PARTS:
        found.append(
            Section(
                name,
                title,
                tuple(proof(plan).splitlines()) if name == "proof" else (),
                tuple(one for one in pictures if one.name.startswith(drawn)) if drawn else (),
                tuple(tables[one] for one in shown),
                tuple(tables[one] for one in folded),
            )
        )
    return tuple(section for section in found if not section.is_empty)


def _kept(table: Table, name: str, title: str, keep: Callable[[dict[str, Any]], bool]) -> Table:
    """A table with some of its rows."""
    keys = [column.key for column in table.columns]
    rows = tuple(row for row in table.rows if keep(dict(zip(keys, row, strict=True))))
    return replace(table, name=name, title=title, rows=rows)


def answer_sections(
    text: Iterable[str], pictures: tuple[Picture, ...], tables: tuple[Table, ...]
) -> tuple[Section, ...]:
    """An answer: what it says, and each of its tables as a part of its own."""
    first = Section("answer", "The answer", tuple(text), pictures)
    return (first, *(Section(one.name, one.title, tables=(one,)) for one in tables if one.rows))
