"""What changed in the catalogue is listed, and an instance that uses it and says how old it is hears of it."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

import pytest

from gpuplan.errors import InvalidInput
from gpuplan.instance import catalog_changes as catalog_changes_module
from gpuplan.instance.catalog import SECTIONS, Section, entries
from gpuplan.instance.catalog_changes import CatalogChange, catalog_changes, changed_since
from gpuplan.instance.checks import check
from gpuplan.report.catalog import changes_text
from support.builders import instance

LAST = date(2026, 11, 30)
RATE = {"from": "2025-01-01", "rate": 0.0007}
DIGESTS: dict[Section, str] = {
    "accelerators": "d634ecd17afa7892",
    "systems": "a98c63c5648251fd",
    "modules": "6d595999d99d3ff2",
    "resources": "cfeafbe23defd2ad",
    "tariffs": "608740cd75f7fa4a",
    "regimes": "b28ffd541503d231",
    "country-groups": "614ae9897acffc3b",
    "throughput": "bf2bd6737279d45d",
    "facts": "e56b95768be6f57d",
}


def remarks(**sections: Any) -> list[str]:
    """Remarks on an instance's catalogue: only the messages that are about it."""
    return [one.message for one in check(instance(**sections)) if one.path == "catalogue_as_of"]


def test_every_change_is_of_an_entry_and_the_latest_come_first() -> None:
    """Proves that what is listed is there. If broken, somebody is sent to an entry that does not exist."""
    changes = catalog_changes()
    assert all(one.entry in entries(one.section) for one in changes)
    assert all(one.what for one in changes)
    assert [one.on for one in changes] == sorted((one.on for one in changes), reverse=True)
    assert changes[0].on == LAST


def test_changes_after_a_day_do_not_have_those_of_the_day() -> None:
    """Proves the bound: after 29 November there are some, after the 30th none."""
    assert changed_since(date(2026, 11, 29)) == catalog_changes()
    assert changed_since(LAST) == ()


@pytest.mark.parametrize("section", SECTIONS)
def test_no_section_changes_without_being_listed(section: Section) -> None:
    """Proves that a section is what it was when its changes were last listed.

    If broken, figures were changed and no instance hears of it: list what changed in changes.yaml, then state the new
    digest here.
    """
    text = json.dumps(entries(section), default=str, sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == DIGESTS[section]


@pytest.mark.parametrize(
    ("day", "sections", "told"),
    [
        ("2026-11-29", {"accelerators": {"vr200": {}}}, ["accelerators.vr200"]),
        ("2026-11-30", {"accelerators": {"vr200": {}}}, []),
        (None, {"accelerators": {"vr200": {}}}, []),
        ("2026-11-29", {"accelerators": {"h200-sxm": {}}}, []),
        ("2026-11-29", {"export": {"regimes": {"cn-2025-11": {}}}}, []),
        ("2026-11-29", {"export": {"regimes": {"cn-2025-09": {}}}}, ["regimes.cn-2025-09"]),
        ("2026-11-29", {"export": {"regimes": {"us-2026-07": {}}}}, ["regimes.us-2023-10", "regimes.us-2026-07"]),
    ],
)
def test_an_instance_hears_what_changed_of_what_it_uses(
    day: str | None, sections: dict[str, Any], told: list[str]
) -> None:
    """Proves that it is told of what it uses and of nothing else, and of nothing when it does not say its day.

    us-2026-07 amends us-2023-10, so both are used.
    """
    found = remarks(**({"catalogue_as_of": day} if day else {}), **sections)
    assert all(any(one.startswith(f"{entry} of the catalogue") for one in found) for entry in told)
    assert bool(found) == bool(told)


def test_a_country_that_moves_concerns_whoever_names_a_shipped_regime(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves a move of a country and a new price of a tariff, which no entry of the instance's own shows."""
    moved = CatalogChange(LAST, "country-groups", "a5", "Ruritania joins")
    dearer = CatalogChange(LAST, "tariffs", "kr-industrial-hvb2-2026", "dearer")
    monkeypatch.setattr(catalog_changes_module, "catalog_changes", lambda: (moved, dearer))
    made = {"catalogue_as_of": "2026-11-29", "economics": {"exchange_rates": {"KRW": [RATE]}}}
    assert remarks(**made) == []
    assert remarks(**made, export={"regimes": {"cn-2025-11": {}}}) == [
        "country-groups.a5 of the catalogue, which is used here, changed on 2026-11-30: Ruritania joins"
    ]
    (only,) = remarks(**made, sites={"a": {"country": "KR", "tariff": "kr-industrial-hvb2-2026"}})
    assert only.startswith("tariffs.kr-industrial-hvb2-2026")
    assert remarks(**made, sites={"a": {"country": "KR", "tariff": "kr-industrial-hvb2-2024"}}) == []


def test_a_day_to_come_is_remarked_on() -> None:
    """Proves that an instance made with a later catalogue says so, rather than that nothing changed."""
    assert remarks(catalogue_as_of="2026-12-01") == [
        "the catalogue of this version is of 2026-11-30, older than the one of 2026-12-01"
    ]


def test_the_listing_names_day_section_entry_and_what() -> None:
    """Proves a line of the listing, its filters, and what is said when nothing changed."""
    before = date(2026, 9, 30)
    assert "2026-11-30  systems        vr-nvl72               added\n" in changes_text(
        before, None, None, as_json=False
    )
    assert changes_text(before, "systems", None, as_json=False).count("\n") == 3
    (only,) = json.loads(changes_text(before, "systems", "vr-nvl72", as_json=True))["changes"]
    assert only == {"on": "2026-11-30", "section": "systems", "entry": "vr-nvl72", "what": "added"}
    nothing = "Nothing of it changed after 2026-11-30; the catalogue is of 2026-11-30.\n"
    assert changes_text(LAST, None, None, as_json=False) == nothing
    assert changes_text(before, "tariffs", None, as_json=False).startswith("Nothing of tariffs changed")


@pytest.mark.parametrize(("section", "name"), [("sistems", None), ("systems", "vr-nvl")])
def test_what_is_not_there_is_refused(section: str, name: str | None) -> None:
    """Proves that a slip in the section or the entry is an error with what is near, not an empty list."""
    with pytest.raises(InvalidInput, match="Nearest"):
        changes_text(date(2026, 9, 30), section, name, as_json=False)
