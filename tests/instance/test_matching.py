"""What a selection selects: every field, several values, several fields, exclusions, and what concerns nothing."""

from __future__ import annotations

from typing import Any

import pytest

from gpuplan.instance.matching import Subject, concerns, counts_term, facts, selects
from gpuplan.instance.rules import CAPEX, COST_TERMS, OPEX, Measured, Selection
from gpuplan.instance.schema import Instance
from instance.trees import small


def world() -> Instance:
    """Two offers of two vendors of one group, for two sites in two countries, and a fleet."""
    return small(
        {
            "accelerators.chip": {"maker": "Acme", "maker_country": "US"},
            "accelerators.atom": {"maker": "Seoul", "maker_country": "KR"},
            "systems.rack": {"accelerator": "atom", "accelerators": 4, "cooling": "liquid"},
            "systems.shelf": {},
            "vendors.shop": {"country": "US", "group": "big"},
            "vendors.store": {"country": "KR", "group": "big"},
            "offers.other": {"vendor": "store", "system": "rack", "price": 1},
            "sites.plant": {"country": "KR", "region": "south"},
            "sites.barn": {"country": "JP"},
            "existing.systems": {"old": {"system": "box", "site": "barn", "units": 1}},
        }
    )


def found(**selection: Any) -> set[tuple[str, str]]:
    """Offers and sites that a selection selects."""
    instance, wanted = world(), Selection.model_validate(selection)
    pairs = [(offer, site) for offer in instance.offers for site in instance.sites]
    return {pair for pair in pairs if selects(wanted, facts(instance, Subject.of_offer(instance, *pair)))}


@pytest.mark.parametrize(
    ("field", "value", "offers", "sites"),
    [
        ("offer", "quote", "quote", "plant barn"),
        ("vendor", "store", "other", "plant barn"),
        ("vendor_country", "US", "quote", "plant barn"),
        ("vendor_group", "big", "quote other", "plant barn"),
        ("maker", "Seoul", "other", "plant barn"),
        ("maker_country", "US", "quote", "plant barn"),
        ("accelerator", "atom", "other", "plant barn"),
        ("system", "box", "quote", "plant barn"),
        ("cooling", "liquid", "other", "plant barn"),
        ("site", "barn", "quote other", "barn"),
        ("country", "KR", "quote other", "plant"),
        ("region", "south", "quote other", "plant"),
        ("module", "ups", "", ""),
    ],
)
def test_each_field_selects_by_its_own_fact(field: str, value: str, offers: str, sites: str) -> None:
    """Proves each field of a selection. If broken, a cap on a country's chips binds those shipped to that country."""
    assert found(**{field: value}) == {(offer, site) for offer in offers.split() for site in sites.split()}


def test_values_widen_and_fields_narrow() -> None:
    """Proves any-of within a field and all-of over fields. If broken, two vendors at one site are all sites of both."""
    assert found(vendor=["shop", "store"]) == found()
    assert found(vendor=["shop", "store"], site="barn") == {("quote", "barn"), ("other", "barn")}
    assert found(vendor="shop", maker="Seoul") == set()


def test_an_empty_selection_selects_everything() -> None:
    """Proves that a limit without a selection is on all."""
    assert len(found()) == 4
    assert selects(Selection(), facts(world(), Subject()))


def test_a_fact_that_is_not_there_matches_nothing() -> None:
    """Proves that a vendor without a country, or a system without a chip, is not selected by any. If broken, an empty
    maker is the maker of all."""
    instance = world()
    assert facts(instance, Subject(system="shelf"))["maker"] is None
    assert not selects(Selection.model_validate({"maker": ""}), facts(instance, Subject(system="shelf")))
    assert not selects(Selection.model_validate({"vendor": "shop"}), facts(instance, Subject(site="plant")))


def test_a_fleet_is_known_by_its_system_site_and_vendor() -> None:
    """Proves the facts of what is there already; it has no offer, and here no vendor."""
    known = facts(world(), Subject.of_fleet(world(), "old"))
    assert {field: value for field, value in known.items() if value} == {
        "maker": "Acme",
        "maker_country": "US",
        "accelerator": "chip",
        "system": "box",
        "cooling": "air",
        "site": "barn",
        "country": "JP",
    }


def test_an_exclusion_leaves_out_only_what_matches_all_of_it() -> None:
    """Proves select less exclude: everything but shop's at the barn is three of four pairs."""
    instance = world()
    measured = Measured.model_validate({"measure": "systems", "exclude": {"vendor": "shop", "site": "barn"}})
    pairs = [(offer, site) for offer in instance.offers for site in instance.sites]
    kept = [pair for pair in pairs if concerns(measured, instance, Subject.of_offer(instance, *pair))]
    assert kept == [("quote", "plant"), ("other", "plant"), ("other", "barn")]


def test_money_is_counted_by_kind_and_by_term() -> None:
    """Proves that capex and opex share no term, spend is both, `terms` narrows, and a penalty is never money spent."""
    counted = {
        measure: {term for term in COST_TERMS if counts_term(Measured.model_validate({"measure": measure}), term)}
        for measure in ("capex", "opex", "spend")
    }
    assert counted == {"capex": CAPEX, "opex": OPEX, "spend": CAPEX | OPEX}
    assert not CAPEX & OPEX
    assert set(COST_TERMS) == CAPEX | OPEX | {"residual", "penalty"}
    narrowed = Measured.model_validate({"measure": "spend", "terms": ["energy", "penalty"]})
    assert [term for term in COST_TERMS if counts_term(narrowed, term)] == ["energy"]
