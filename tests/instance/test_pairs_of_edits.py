"""Edits one after the other and both at once come to the same, and change nothing else, sources among it."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.schema import Instance
from instance.trees import small
from support.builders import made
from support.random_instances import seeded

INSTANCES = sorted((Path(__file__).resolve().parents[2] / "instances").glob("*.yaml"))


def numbers(tree: object, path: str = "") -> Iterator[str]:
    """Paths of numbers in mappings; those in lists are reached by what is around them."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            if key != "sources":
                yield from numbers(value, f"{path}.{key}".lstrip("."))
    elif isinstance(tree, int | Decimal) and not isinstance(tree, bool) and path:
        yield path


def random_edit(dice: Random, one: Instance) -> str:
    """An edit that is likely to be valid: numbers, all of a kind at once, tiers and steps written anew, removals."""
    offers, limits = list(one.offers), list(one.limits)
    choices = [
        f"{dice.choice(list(numbers(one.model_dump())))} *= {dice.choice(('0.5', '2', '1', '1.1'))}",
        f"offers[*].price = {dice.randint(50, 200)}",
        "offers[*].tiers = [{from_units: 2, price: 40}]",
        f"offers.{dice.choice(offers)}.tiers = [{{from_units: {dice.randint(2, 4)}, price: 30}}]",
        f"offers.{dice.choice(offers)}.tiers[*].price *= 0.5",
        "offers[*].lead_days = [{from: 2025-01-01, days: 3}]",
        f"offers.{dice.choice(offers)}.lead_days[0].days += 4",
        "sites[*].attributes = {score: 1}",
        f"sites.{dice.choice(list(one.sites))}.attributes.score = 2",
        f"limits.more-{dice.randint(0, 1)} insert {{measure: systems, at_most: 50}}",
        "name = other",
    ]
    if limits:
        choices.append(f"limits.{dice.choice(limits)} remove")
    return dice.choice(choices)


@pytest.mark.parametrize("block", range(5))
def test_two_edits_at_once_are_the_two_one_after_the_other(block: int) -> None:
    """Proves it on 500 pairs. If broken, what one edit gives to several places is changed in all by the next one."""
    compared = 0
    dice = Random(f"pairs {block}")
    while compared < 100:
        one = made(seeded(dice.randint(0, 10_000)))
        first, second = random_edit(dice, one), random_edit(dice, one)
        try:
            apart = one.edited([first]).edited([second])
        except InvalidInput:
            continue  # as it may be in between
        assert one.edited([first, second]).model_dump() == apart.model_dump(), (first, second)
        compared += 1


def test_a_value_that_is_given_to_several_places_is_each_ones_own() -> None:
    """Proves the case: all tiers written at once, then those of one offer changed. If broken, both cost 1."""
    one = small({"offers.other": {"vendor": "shop", "system": "box", "price": 90}})
    edits = ["offers[*].tiers = [{from_units: 10, price: 50}]", "offers.quote.tiers[0].price = 1"]
    changed = one.edited(edits)
    assert [str(changed.offers[name].tiers[0].price) for name in ("quote", "other")] == ["1", "50"]


@pytest.mark.parametrize("path", INSTANCES, ids=lambda path: path.stem)
def test_an_edit_changes_nothing_but_what_it_names(path: Path) -> None:
    """Proves that another name leaves every figure and every source as it was, on all that is shipped.

    If broken, lists count as restated by the author, and their low confidence is gone.
    """
    one = gpuplan.load(path)
    assert one.edited(["name = other"]).model_dump(exclude={"name"}) == one.model_dump(exclude={"name"})
