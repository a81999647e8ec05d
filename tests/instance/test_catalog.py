"""The reference catalogue in an instance: used by id, overridden field by field, sources kept or marked as stated."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from gpuplan.instance.catalog import completed, entries, resolve
from gpuplan.instance.schema import Instance
from gpuplan.plan.hashing import fingerprint
from instance.trees import problems, small

BOUGHT: dict[str, Any] = {"offers.quote.system": "dgx-h100"}


def sources(instance: Instance, system: str = "dgx-h100") -> dict[str, str]:
    return {field: source.confidence for field, source in instance.systems[system].sources.items()}


def test_an_entry_is_used_by_naming_its_id() -> None:
    """Proves that an offer for dgx-h100 brings the system, its chip and every built-in resource with it. If broken,
    the instance must restate the data sheet."""
    instance = small(BOUGHT)
    assert instance.systems["dgx-h100"].max_power_kw == entries("systems")["dgx-h100"]["max_power_kw"]
    assert instance.accelerators["h100-sxm"].memory_gb == 80
    assert set(entries("resources")) <= set(instance.resources)
    assert "dgx-a100" not in instance.systems


def test_modules_tariffs_and_fleets_are_used_by_id_too() -> None:
    """Proves the other ways of naming an entry: a site's modules and tariff, a fleet's system."""
    instance = small(
        {
            "sites.plant.modules": {"hv-substation-step": {}},
            "sites.plant.tariff": "kr-industrial-hvb2-2024",
            "economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 0.0007}]},
            "existing.systems": {"old": {"system": "dgx-a100", "site": "plant", "units": 1}},
        }
    )
    assert instance.modules["hv-substation-step"].price == 5_250_000
    tariff = instance.sites["plant"].tariff
    assert tariff is not None
    # A flat load in July: (84 x 122.5 + 54 x 174.8 + 30 x 256) / 168 = 27,409.2 / 168 = 163.15, and 14 of adders.
    assert tariff.price_per_kwh(7) == Decimal("177.15")
    assert instance.accelerators["a100-sxm"].maker == "NVIDIA"


def test_overriding_one_field_keeps_the_others_and_their_sources() -> None:
    """Proves that stating 11 kW changes power alone, and that the figure is then the author's. If broken, the plan
    names NVIDIA's data sheet as the source of a figure that NVIDIA never published."""
    plain, changed = small(BOUGHT), small({**BOUGHT, "systems.dgx-h100": {"max_power_kw": 11}})
    system = changed.systems["dgx-h100"]
    assert system.max_power_kw == 11
    assert system.model_dump(exclude={"max_power_kw", "sources"}) == plain.systems["dgx-h100"].model_dump(
        exclude={"max_power_kw", "sources"}
    )
    assert sources(changed) == {**sources(plain), "max-power-kw": "stated"}


def test_a_field_with_a_source_of_its_own_loses_it_when_overridden() -> None:
    """Proves that an unverified typical power, once stated, is no longer leaned on as unverified."""
    assert sources(small(BOUGHT))["typical-power-kw"] == "unverified"
    changed = small({**BOUGHT, "systems.dgx-h100": {"typical_power_kw": 9}})
    assert sources(changed)["typical-power-kw"] == "stated"
    assert sources(changed)["all"] == "official"


def test_an_entry_without_a_common_source_loses_that_of_the_field_that_is_stated() -> None:
    """Proves the same for entries whose fields each have a source: the catalogue's price is not said of ours."""
    changed = small({"sites.plant.modules": {"hv-substation-step": {}}, "modules.hv-substation-step": {"price": 1}})
    found = changed.modules["hv-substation-step"].sources
    assert "price" not in found or found["price"].confidence == "stated"
    assert found["lead-days"].confidence == "unverified"


def test_a_source_that_the_instance_states_is_kept() -> None:
    """Proves that the author's source goes before both the catalogue's and the mark."""
    given = {"max_power_kw": 11, "sources": {"max-power-kw": {"source": "our meter", "confidence": "official"}}}
    changed = small({**BOUGHT, "systems.dgx-h100": given})
    assert changed.systems["dgx-h100"].sources["max-power-kw"].source == "our meter"
    assert sources(changed)["typical-power-kw"] == "unverified"


def test_an_edit_without_effect_changes_nothing() -> None:
    """Proves that editing keeps every source and the fingerprint. If broken, a no-op edit makes another instance, and
    a plan made before it is refused."""
    instance = small({**BOUGHT, "sites.plant.modules": {"hv-substation-step": {}}})
    for edits in ([], ["name = small"], ["systems.dgx-h100.max_power_kw = 10.2"]):
        again = instance.edited(edits)
        assert sources(again) == sources(instance)
        assert again == instance
        assert fingerprint(again) == fingerprint(instance)


def test_an_edit_of_a_catalogue_figure_marks_it_as_stated() -> None:
    """Proves that provenance follows an edit as it follows the file. If broken, what-if figures pose as the maker's."""
    changed = small(BOUGHT).edited(["systems.dgx-h100.typical_power_kw = 9"])
    assert sources(changed) == {**sources(small(BOUGHT)), "typical-power-kw": "stated"}


def test_an_edit_takes_entries_that_were_not_used_before() -> None:
    """Proves that the catalogue stands behind edits too."""
    changed = small(BOUGHT).edited(["offers.quote.system = dgx-a100"])
    assert changed.systems["dgx-a100"].accelerators == 8


def test_an_unknown_id_gets_the_nearest_names() -> None:
    """Proves the advice for a misspelt catalogue id. If broken, the user is told only that something is missing."""
    (problem,) = problems(lambda: small({"offers.quote.system": "dgx-h1000"}))
    assert problem.path == "offers.quote.system"
    assert problem.message == "there is no system 'dgx-h1000'"
    assert "dgx-h100" in problem.way_out


def test_a_misspelt_entry_that_is_overridden_gets_the_nearest_names() -> None:
    """Proves that a new module without its required fields is asked about: was a catalogue id meant?"""
    found = problems(lambda: small({"modules.hv-substation-stp": {"price": 1}}))
    assert {problem.path for problem in found} == {"modules.hv-substation-stp.lead_days"}
    assert all("hv-substation-step" in problem.way_out for problem in found)


def test_an_unknown_tariff_is_told() -> None:
    """Proves that a tariff's id is looked up, and one that is not there is refused at its path."""
    found = problems(lambda: small({"sites.plant.tariff": "kr-industrial-hvb2-2042"}))
    assert {problem.path for problem in found} == {"sites.plant.tariff"}


def test_resolving_leaves_the_tree_and_the_catalogue_alone() -> None:
    """Proves that neither the caller's tree nor the shared catalogue changes. If broken, one instance's override
    leaks into the next."""
    tree: dict[str, Any] = {"offers": {"a": {"system": "dgx-h100"}}, "systems": {"dgx-h100": {"max_power_kw": 11}}}
    before = dict(entries("systems")["dgx-h100"])
    resolve(tree)
    assert tree == {"offers": {"a": {"system": "dgx-h100"}}, "systems": {"dgx-h100": {"max_power_kw": 11}}}
    assert entries("systems")["dgx-h100"] == before
    assert completed("systems", "none-such", {"x": 1}) == {"x": 1}


def test_removing_an_entry_that_is_still_used_is_refused() -> None:
    """Proves that the catalogue does not silently put back what an edit took away."""
    (problem,) = problems(lambda: small(BOUGHT).edited(["systems.dgx-h100 remove"]))
    assert "dgx-h100" in f"{problem.path} {problem.message}"
