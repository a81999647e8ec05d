"""Any instance goes out as a workbook and comes back the same, as far as a workbook has words for it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import BaseModel

import gpuplan
from gpuplan.instance.schema import Instance
from gpuplan.quotes.exporting import rows_of
from gpuplan.quotes.frames import offer_frames, offers_from
from gpuplan.quotes.importing import read_quotes
from gpuplan.quotes.into import into_text
from gpuplan.quotes.own import MODELS
from gpuplan.quotes.result import Quotes
from gpuplan.quotes.starts import STARTS, start_text
from gpuplan.quotes.workbook import exported, template
from gpuplan.report.yaml_text import as_yaml
from support.random_instances import Seeded, tree_of

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "instances").glob("*.yaml"))


def returned(instance: Instance, folder: Path) -> Quotes:
    """What is read from the workbook of an instance."""
    path = folder / "quotes.xlsx"
    path.write_bytes(exported(instance))
    return read_quotes(path, into=instance)


def left_out(instance: Instance) -> set[str]:
    """Offers and limits that a workbook has no words for, by path."""
    return {path for path in rows_of(instance).left_out if path.count(".") == 1}


def without(entity: BaseModel, instance: Instance, *fields: str) -> dict[str, object]:
    """What an entity says, but for provenance and named fields; the reporting currency stands for none."""
    tree = {key: value for key, value in entity.model_dump().items() if key not in ("sources", *fields)}
    if "system" in tree:
        tree["currency"] = tree["currency"] or instance.currency
    return tree


def assert_same(quotes: Quotes, instance: Instance) -> None:
    """Every offer, vendor, limit and room of an instance came back, as far as a workbook says it."""
    assert [str(problem) for problem in quotes.asked] == []
    skipped = left_out(instance)
    for name, offer in instance.offers.items():
        if f"offers.{name}" not in skipped:
            assert without(quotes.offers[name], instance) == without(offer, instance), name
    for name, vendor in instance.vendors.items():
        assert without(quotes.vendors[name], instance, "rebates") == without(vendor, instance, "rebates"), name
    for name, limit in instance.limits.items():
        if f"limits.{name}" not in skipped:
            read = MODELS["limits"].model_validate(quotes.further["limits"][name])
            assert without(read, instance) == without(limit, instance), name
    for name, site in instance.sites.items():
        read = MODELS["sites"].model_validate(quotes.further["sites"][name])
        unsaid = {path.split(".")[2] for path in rows_of(instance).left_out if path.startswith(f"sites.{name}.")}
        assert without(read, instance, *unsaid) == without(site, instance, *unsaid), name


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_instance_comes_back_from_its_workbook(file: Path, tmp_path: Path) -> None:
    """Proves that nothing is lost there and back. If broken, a tier, a step of a lead or the cents of a price are."""
    instance = gpuplan.load(file)
    assert_same(returned(instance, tmp_path), instance)


@pytest.mark.parametrize("seed", range(12))
def test_a_random_instance_comes_back_from_its_workbook(seed: int, tmp_path: Path) -> None:
    """Proves the same of instances that nobody thought of: own systems, rents, schedules, selections."""
    instance = gpuplan.load(as_yaml(tree_of(Seeded(seed))))
    assert_same(returned(instance, tmp_path), instance)


@pytest.mark.parametrize("file", SHIPPED[:4], ids=lambda file: file.stem)
def test_a_shipped_instance_comes_back_from_its_data_frames(file: Path) -> None:
    """Proves the same of data frames."""
    instance = gpuplan.load(file)
    assert_same(offers_from(offer_frames(instance), into=instance), instance)


@pytest.mark.parametrize("start", STARTS)
def test_a_workbook_that_says_nothing_new_changes_nothing(start: str, tmp_path: Path) -> None:
    """Proves that comments, order and form of an instance stay as they are when its own workbook is put into it."""
    text = start_text(start)
    made = into_text(returned(gpuplan.load(text), tmp_path), text, as_yaml)
    assert made.text == text
    assert made.replaced == ()


def test_an_empty_template_says_nothing(tmp_path: Path) -> None:
    """Proves that the example rows of a template are not read as quotes."""
    path = tmp_path / "template.xlsx"
    path.write_bytes(template())
    quotes = read_quotes(path)
    assert (quotes.offers, quotes.vendors, quotes.problems) == ({}, {}, [])
    assert quotes.further == {"sites": {}, "limits": {}}


def test_numbers_of_more_digits_than_a_workbook_keeps_come_back_exactly(tmp_path: Path) -> None:
    """Proves that money is exact: a price of 232000.123456789012345 and a share of a third to 20 digits are as they
    were. If broken, the last digits are lost, or a share is a hundred times too small."""
    text = """
name: digits
calendar: {start: 2027-01-01, periods: 2}
systems: {box: {accelerators: 8}}
vendors: {shop: {}}
offers: {quote: {vendor: shop, system: box, price: 232000.123456789012345, spares_share: 0.33333333333333333333}}
sites: {plant: {}}
"""
    instance = gpuplan.load(text)
    read = returned(instance, tmp_path).offers["quote"]
    assert (read.price, read.spares_share) == (Decimal("232000.123456789012345"), Decimal("0.33333333333333333333"))
