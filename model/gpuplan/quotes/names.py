"""Who sells and what: vendors, their countries and systems, by the words of a quote."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gpuplan.instance.base import LONGEST_ID
from gpuplan.instance.offers import Vendor
from gpuplan.quotes.countries import country_of
from gpuplan.quotes.desk import Desk
from gpuplan.quotes.numbers import count, normal
from gpuplan.quotes.records import Record, is_stated
from gpuplan.quotes.systems import Known
from gpuplan.quotes.vocabulary import ACCELERATORS

_LEGAL = frozenset(
    "inc ltd llc corp corporation co company gmbh ag kg se bv nv sa sas sarl spa srl oy ab as plc pte pty kk "  # noqa: SIM905
    "limited mbh".split()
)


@dataclass(frozen=True, slots=True)
class Told:
    """What was told beside the file."""

    today: date | None = None
    """Day of the quotes, which a day without a year comes after."""
    currency: str = ""
    vendor: str = ""
    """Who sells, where the quotes do not say."""
    known: Known = field(default_factory=Known)
    vendors: Mapping[str, Vendor] = field(default_factory=dict)
    """Vendors that an instance has already."""


def slug(text: str) -> str:
    """An id for a name: its words in small letters, without legal forms; empty where it has no Latin letters."""
    plain = unicodedata.normalize("NFKD", text.replace("ß", "ss")).encode("ascii", "ignore").decode().casefold()
    words = [word for word in re.findall(r"[a-z0-9]+", plain.replace(".", "")) if word not in _LEGAL]
    return "-".join(words)[: LONGEST_ID // 2].strip("-")


def country_stated(desk: Desk, record: Record) -> str:
    """Code of the vendor's country; empty where it is not stated, asked where it is none."""
    code = ""
    if is_stated(record.fields.get("country")):
        cell = record.fields["country"][1]
        with desk.asking(cell):
            code = country_of(cell.text)
    return code


def system_of(desk: Desk, record: Record) -> str | None:
    """The system that a quote is for, its candidates told."""
    each = None
    if is_stated(record.fields.get("accelerators_each")):
        part = record.fields["accelerators_each"]
        with desk.asking(part[1]):
            each = count(part[1], rf"(?:x\s*)?(?:{ACCELERATORS})")
    if not is_stated(record.fields.get("system")):
        desk.problem(record.cell, "it is not stated which system this is for", "Write the id of a system or its name.")
        return None
    cell = record.fields["system"][1]
    with desk.asking(cell):
        return desk.known.match(cell.text, each).system
    return None


def vendor_of(desk: Desk, record: Record, told: Told) -> str | None:
    """Id of the vendor, who is added to those that were found."""
    if is_stated(record.fields.get("vendor")):
        cell = record.fields["vendor"][1]
        name = normal(cell.text)
    elif told.vendor:
        cell, name = record.cell, told.vendor
    else:
        desk.problem(record.cell, "it is not stated whose quote this is", "Name the vendor: --vendor 'Name'.")
        return None
    for vendor_id, vendor in {**told.vendors, **desk.found.vendors}.items():
        if name.casefold() in (vendor_id, vendor.name.casefold()) or slug(name) == vendor_id:
            desk.found.vendors.setdefault(vendor_id, vendor)
            known = vendor.country
            if desk.country and known and known != desk.country:
                desk.problem(cell, f"{name} is in {desk.country} here and in {known} elsewhere", "Write one of them.")
            return vendor_id
    made = slug(name) or f"vendor-{len(desk.found.vendors) + 1}"
    while made in desk.found.vendors or made in told.vendors:
        made += "-2"
    desk.found.vendors[made] = Vendor.model_validate(
        {"name": name, **({"country": desk.country} if desk.country else {})}
    )
    return made


def note_names(desk: Desk, record: Record, vendor: str, system: str) -> None:
    """Tell who sells what, with what was assumed."""
    part = record.fields.get("vendor")
    name = desk.found.vendors[vendor].name
    known = f"taken for {name}" if part and normal(part[1].text).casefold() not in (vendor, name.casefold()) else ""
    assumption = record.assumed.get("vendor", known if part else "told beside the file")
    desk.found.note(part[1] if part else record.cell, desk.offer, "vendor", vendor, assumption)
    if desk.country:
        desk.found.note(
            record.fields["country"][1], desk.offer, "vendor", desk.country, record.assumed.get("country", "")
        )
    cell = record.fields["system"][1]
    candidates = [
        one
        for one in desk.known.match(
            cell.text,
            None if not is_stated(record.fields.get("accelerators_each")) else desk.known.accelerators_each(system),
        ).candidates
        if one != system
    ]
    assumption = f"told from {', '.join(candidates)} by its words" if candidates else ""
    desk.found.note(
        cell, desk.offer, "system", system, assumption or ("" if normal(cell.text) == system else "by its name")
    )
    if is_stated(record.fields.get("accelerators_each")):
        desk.found.note(
            record.fields["accelerators_each"][1],
            desk.offer,
            "accelerators of the system",
            desk.known.accelerators_each(system),
            "it is a fact of the system",
        )
