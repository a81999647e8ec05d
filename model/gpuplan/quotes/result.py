"""What was read: offers, what each cell was understood as, and what is asked or not taken over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal

from pydantic import ValidationError

from gpuplan.errors import Problem
from gpuplan.instance.offers import Offer, Vendor
from gpuplan.quotes.cells import Book, Cell

TAKEN: Mapping[str, str] = {
    "vendor": "vendor",
    "system": "system",
    "exported_from": "exported_from",
    "price": "price",
    "list_price": "price",
    "price_each_accelerator": "price",
    "currency": "currency",
    "tiers": "tiers",
    "min_units": "min_units",
    "max_units": "max_units",
    "lot_units": "lot_units",
    "lead_days": "lead_days",
    "lead_days_range": "lead_days_range",
    "shipping_days": "shipping_days",
    "installation_days": "installation_days",
    "acceptance_days": "acceptance_days",
    "order_from": "order_from",
    "order_until": "order_until",
    "payments": "payments",
    "includes": "includes",
    "support_rate_per_year": "support_rate_per_year",
    "supply": "supply",
    "price_per_month": "price_per_month",
    "min_months": "min_months",
    "availability": "availability",
    "warranty_years": "warranty_years",
    "prices": "prices",
    "free_units": "free_units",
    "only_with": "only_with",
    "late_damages": "late_damages",
    "early_order": "early_order",
    "remarks": "note",
}
"""The field of an offer that each understood field goes to. It is looked up on the model: what the model does not have
is understood and shown, and not taken over."""


def goes_to(name: str) -> str:
    """The field of an offer that an understood field goes to; empty where offers have none."""
    target = TAKEN.get(name, "")
    return target if target in Offer.model_fields else ""


def as_field(name: str, value: object) -> object | None:
    """A value in the form that a field of an offer takes: as it is, whole, or by its name. None where none fits."""
    forms: list[object] = [value]
    if isinstance(value, Decimal) and value == value.to_integral_value():
        forms.append(int(value))
    if name == "only_with":
        forms.append({"offer": value})
    for form in forms:
        try:
            Offer.model_validate({"vendor": "vendor", "system": "system", "price": Decimal(1), name: form})
        except ValidationError:
            continue
        return form
    return None


@dataclass(frozen=True, slots=True)
class Understood:
    """A cell, and what it was understood as."""

    sheet: str
    cell: str
    found: str
    """What stands there."""
    offer: str
    """Id of the offer that it is about."""
    field: str
    """In the words of an instance where offers have it."""
    value: str
    assumption: str = ""
    """What was assumed; empty where the cell says it all."""
    taken: bool = True
    """Whether it is a part of the offer; otherwise instances have no word for it."""


@dataclass(slots=True)
class Quotes:
    """What a file of quotes was understood as."""

    file: str
    offers: dict[str, Offer] = field(default_factory=dict)
    vendors: dict[str, Vendor] = field(default_factory=dict)
    understood: list[Understood] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """Errors are asked and stand in the way; warnings tell what is not taken over."""

    _added: set[Problem] = field(default_factory=set)
    numbers: dict[str, str] = field(default_factory=dict)
    """What the vendors call each offer: the number of the quote."""
    conditions: list[tuple[str, Cell, str]] = field(default_factory=list)
    """Offers that can only be bought with what somebody's words name."""

    further: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    """Rooms and limits that gpuplan's own workbook states, by section and id, as an instance file has them."""

    @property
    def asked(self) -> list[Problem]:
        """What must be answered before the offers are kept."""
        return [problem for problem in self.problems if problem.severity == "error"]

    @property
    def not_taken(self) -> list[Problem]:
        """What is not taken over, and does not stand in the way."""
        return [problem for problem in self.problems if problem.severity == "warning"]

    def note(
        self, cell: Cell, offer: str, name: str, value: object, assumption: str = "", *, taken: bool = True
    ) -> None:
        """Tell what a cell was understood as."""
        stored = "the stored result of a formula" if cell.formula else ""
        assumed = "; ".join(part for part in (assumption, stored) if part)
        shown = cell.text if len(cell.text) <= 80 else cell.text[:77] + "..."
        target = goes_to(name)
        self.understood.append(
            Understood(
                cell.sheet, cell.name, shown, offer, target or name, written(value), assumed, taken and bool(target)
            )
        )

    def ask(self, book: Book, cell: Cell | str, why: str, way_out: str) -> None:
        """Ask for a cell, once."""
        self.add(book.problem(cell, why, way_out))

    def leave(self, book: Book, cell: Cell | str, why: str, way_out: str = "") -> None:
        """Tell what is not taken over, once."""
        self.add(book.problem(cell, why, way_out, blocking=False))

    def add(self, problem: Problem) -> None:
        """Add a problem, once."""
        if problem not in self._added:
            self._added.add(problem)
            self.problems.append(problem)


def written(value: object) -> str:
    """A value as the table of what was understood shows it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():,f}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return ", ".join(f"{key} {written(one)}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return "; ".join(written(one) for one in value)
    return str(value)


def as_tree(quotes: Quotes) -> dict[str, object]:
    """What was read, as JSON has it."""
    return {
        "format": "gpuplan-quotes/1",
        "file": quotes.file,
        "offers": {name: offer.model_dump(exclude_defaults=True) for name, offer in quotes.offers.items()},
        "vendors": {name: vendor.model_dump(exclude_defaults=True) for name, vendor in quotes.vendors.items()},
        "understood": [asdict(one) for one in quotes.understood],
        "asked": [_problem(one) for one in quotes.asked],
        "not_taken": [_problem(one) for one in quotes.not_taken],
    }


def _problem(problem: Problem) -> dict[str, object]:
    return {"cell": problem.path, "message": problem.message, "way_out": problem.way_out}
