"""What changed in the reference catalogue, by day, and what of it is used by an instance that says how old it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, cast

from gpuplan.errors import Problem
from gpuplan.instance.catalog import FOLDER, Section, entries
from gpuplan.instance.document import read_document

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance


class CatalogChange(NamedTuple):
    """An entry of the catalogue that was added or changed."""

    on: date
    section: Section
    entry: str
    what: str
    """`added`, or what is different."""


@cache
def catalog_changes() -> tuple[CatalogChange, ...]:
    """Every change, the latest first."""
    days = cast(dict[str, dict[Section, dict[str, str]]], read_document(FOLDER / "changes.yaml").value)
    return tuple(
        CatalogChange(date.fromisoformat(day), section, entry, what)
        for day, sections in days.items()
        for section, changed in sections.items()
        for entry, what in changed.items()
    )


def changed_since(day: date) -> tuple[CatalogChange, ...]:
    """Changes after a day, the latest first."""
    return tuple(one for one in catalog_changes() if one.on > day)


def stale(instance: Instance) -> Iterator[Problem]:
    """Remarks on what the instance uses and what changed after the day of the catalogue that it states."""
    made, latest = instance.catalogue_as_of, catalog_changes()[0].on
    if made is None:
        return
    if made > latest:
        message = f"the catalogue of this version is of {latest}, older than the one of {made}"
        yield Problem(message, "Install a later version.", "catalogue_as_of", severity="warning")
    for one in changed_since(made):
        if _uses(instance, one):
            told = f"was added on {one.on}" if one.what == "added" else f"changed on {one.on}: {one.what}"
            yield Problem(
                f"{one.section}.{one.entry} of the catalogue, which is used here, {told}",
                f"See `gpuplan catalog {one.section} {one.entry}`, then state catalogue_as_of: {latest}.",
                "catalogue_as_of",
                severity="warning",
            )


def _uses(instance: Instance, change: CatalogChange) -> bool:
    """Whether an entry is one of the instance's. Country Groups that were there are used by every shipped regime."""
    regimes = instance.export.regimes
    if change.section == "country-groups":
        return change.what != "added" and any(name in entries("regimes") for name in regimes)
    if change.section == "tariffs":
        name = entries("tariffs")[change.entry]["name"]
        return any(site.tariff is not None and site.tariff.name == name for site in instance.sites.values())
    used = {
        "accelerators": instance.accelerators,
        "systems": instance.systems,
        "modules": instance.modules,
        "resources": instance.resources,
        "regimes": regimes,
    }
    return change.entry in used.get(change.section, {})
