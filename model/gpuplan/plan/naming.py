"""What people call the things of a plan: an id means something to whoever wrote the file only."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from gpuplan.instance.rentals import end_of

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

SECTIONS = (
    "vendors", "systems", "accelerators", "sites", "modules", "workloads", "clusters", "limits", "deadlines", "funds",
)  # fmt: skip
LONGEST = 200
"""Letters of a name that is put together; longer ones are left to the id."""


def names(instance: Instance) -> dict[str, dict[str, str]]:
    """By section of the instance: the name of each entity, which is its id where it states none."""
    found = {
        section: {name: entity.name or name for name, entity in getattr(instance, section).items()}
        for section in SECTIONS
    }
    found["offers"] = _offers(instance, found)
    return {section: some for section, some in found.items() if some}


def _offers(instance: Instance, named: dict[str, dict[str, str]]) -> dict[str, str]:
    """Of an offer without a name: its system and vendor, with the id where several have the same."""
    found = {}
    for name, quote in instance.quotes.items():
        if end_of(name) is not None:  # the same offer, to be given back on a day
            continue
        system, vendor = named["systems"].get(quote.system, quote.system), named["vendors"].get(quote.vendor, "")
        said = quote.name or f"{system} from {vendor or quote.vendor}"
        found[name] = said if quote.name or len(said) <= LONGEST else name
    often = Counter(found.values())
    return {name: said if often[said] == 1 else f"{said} ({name})" for name, said in found.items()}
