"""Edits: their grammar, what they select, what they do to numbers, days, lists and mappings, and what they refuse."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.edits import apply, parse
from gpuplan.instance.schema import Instance
from instance.trees import problems, result_or_problems, small, tree

WORLD: dict[str, Any] = {
    "vendors.store": {},
    "offers.other": {"vendor": "store", "system": "box", "price": 40},
    "offers.third": {"vendor": "shop", "system": "box", "price": 60, "tiers": [{"from_units": 5, "price": 50}]},
    "offers.quote.lead_days": [{"from": "2025-01-01", "days": 30}, {"from": "2025-06-01", "days": 60}],
    "offers.quote.order_until": "2025-03-31",
    "offers.quote.sites": ["plant"],
    "limits.budget-2025": {"measure": "spend", "at_most": 1000, "by": "2025-12-31"},
    "limits.target": {"measure": "systems", "at_least": 10, "soft": {"penalty": 5}},
    "sites.plant.capacity": {"grid-power": 500, "air-cooling": [{"from": "2025-01-01", "amount": 7}]},
    "objective": [{"maximise": {"measure": "systems"}}, {"minimise": "cost"}],
}


def world() -> Instance:
    return small(WORLD)


def edited(*edits: str) -> Instance:
    return world().edited(edits)


def refused(*edits: str) -> Problem:
    (problem,) = problems(lambda: edited(*edits))
    return problem


# Operations


def test_a_value_is_set() -> None:
    """Proves `=` on numbers, texts, days, booleans, nothing, lists and mappings, read as YAML is."""
    instance = edited(
        "limits.budget-2025.at_most = 1.2e12",
        "name = a longer name",
        "calendar.tender_from = 2024-12-01",
        "offers.quote.order_until = null",
        "offers.quote.sites = [plant]",
        "limits.target.select = {vendor: [shop, store]}",
        "offers.quote.currency = 'USD'",
    )
    assert instance.limits["budget-2025"].at_most == Decimal("1.2e12")
    assert instance.name == "a longer name"
    assert instance.calendar.tender_from == date(2024, 12, 1)
    assert instance.offers["quote"].order_until is None
    assert instance.offers["quote"].sites == ("plant",)
    assert instance.limits["target"].select.vendor == ("shop", "store")


@pytest.mark.parametrize(
    ("edit", "price"),
    [
        ("offers.quote.price += 5", "105"),
        ("offers.quote.price -= 5.5", "94.5"),
        ("offers.quote.price *= 1.1", "110"),
        ("offers.quote.price*=0.9", "90"),
        ("  offers.quote.price   =   7  ", "7"),
        ("offers.quote.price=7", "7"),
        ("offers.quote.price -=1", "99"),
    ],
)
def test_a_number_is_changed_exactly(edit: str, price: str) -> None:
    """Proves the arithmetic in tenths, not in floats: 100 x 1.1 is 110. If broken, it is 110.00000000000001."""
    assert edited(edit).offers["quote"].price == Decimal(price)


@pytest.mark.parametrize(
    ("edit", "day"),
    [
        ("offers.quote.order_until shift 30d", date(2025, 4, 30)),
        ("offers.quote.order_until shift -31d", date(2025, 2, 28)),
        ("offers.quote.order_until shift +1d", date(2025, 4, 1)),
        ("offers.quote.order_until shift 2w", date(2025, 4, 14)),
    ],
)
def test_a_day_is_shifted(edit: str, day: date) -> None:
    """Proves days and weeks, forwards and backwards, over the ends of months."""
    assert edited(edit).offers["quote"].order_until == day


def test_an_entity_is_removed() -> None:
    """Proves `remove` of an entity, of a field (back to its default), and of a selection."""
    instance = edited("limits.budget-2025 remove", "offers.quote.order_until remove", "offers[vendor=store] remove")
    assert list(instance.limits) == ["target"]
    assert instance.offers["quote"].order_until is None
    assert list(instance.offers) == ["quote", "third"]


def test_an_entity_is_inserted() -> None:
    """Proves `insert` of an entity under a new id, and of an item at the end of a list."""
    instance = edited(
        "limits.carbon insert {measure: carbon-kg, at_most: 5e6}",
        "offers.third.tiers insert {from_units: 9, discount: 0.2}",
        "sites.barn insert {}",
        "offers.quote.sites insert barn",
    )
    assert instance.limits["carbon"].at_most == 5_000_000
    assert [tier.from_units for tier in instance.offers["third"].tiers] == [5, 9]
    assert instance.offers["quote"].sites == ("plant", "barn")


def test_what_is_there_is_not_inserted_again() -> None:
    """Proves that `insert` never replaces, and that a list does not take the place of an entity."""
    assert "is there already" in refused("limits.target insert {measure: systems, at_most: 1}").message
    assert "is there already" in refused("sites.barn insert {}", "sites.barn insert {}").message


# Selections


@pytest.mark.parametrize(
    ("path", "prices"),
    [
        ("offers[vendor=shop].price", [200, 40, 120]),
        ("offers[vendor = store].price", [100, 80, 60]),
        ("offers[*].price", [200, 80, 120]),
        ("offers[price=60].price", [100, 40, 120]),
        ("offers[system=box].price", [200, 80, 120]),
        ("offers[order_until=2025-03-31].price", [200, 40, 60]),
    ],
)
def test_a_selection_changes_all_that_match(path: str, prices: list[int]) -> None:
    """Proves `[field=value]` and `[*]` on a mapping, in the instance's order."""
    assert [offer.price for offer in edited(f"{path} *= 2").offers.values()] == prices


def test_a_number_is_selected_by_value_not_by_spelling() -> None:
    """Proves that 60 is 60.0: numbers are compared as numbers."""
    instance = small({**WORLD, "offers.third.price": Decimal("60.00")}).edited(["offers[price=60].price = 1"])
    assert instance.offers["third"].price == 1


def test_items_of_lists_are_selected_by_place_value_or_all() -> None:
    """Proves `[0]`, `[field=value]` and `[*]` on a list."""
    assert edited("offers.quote.lead_days[0].days = 5").offers["quote"].lead_days[0].days == 5
    assert [step.days for step in edited("offers.quote.lead_days[*].days += 1").offers["quote"].lead_days] == [31, 61]
    assert edited("offers.third.tiers[from_units=5].price = 45").offers["third"].tiers[0].price == 45
    assert [level.maximise is None for level in edited("objective[0] remove").objective] == [True]


def test_selections_follow_one_another() -> None:
    """Proves two selections in one path: the tiers of every offer of a vendor that has them."""
    assert edited("offers[price=60].tiers[*].price -= 1").offers["third"].tiers[0].price == 49


@pytest.mark.parametrize(
    ("edit", "says", "near"),
    [
        ("offers[vendor=shap].price = 1", "[vendor=shap] selects nothing in offers", "shop"),
        ("offers[vendr=shop].price = 1", "[vendr=shop] selects nothing in offers", ""),
        ("offers.quote.lead_days[7].days = 1", "[7] selects nothing in offers.quote.lead_days", ""),
        ("offers.quote.lead_days[-1].days = 1", "[-1] is no selection", "[0]"),
        ("offers[0].price = 1", "[0] is no selection", "[field=value]"),
        ("offers[shop].price = 1", "[shop] is no selection", "[field=value]"),
        ("offers[].price = 1", "[] is no selection", ""),
        ("offers.quote.price[0] = 1", "offers.quote.price is no collection to select from", ""),
        ("offers.quote.lead_days[²].days = 1", "[²]", ""),
        ("deadlines[*].by shift 1d", "[*] selects nothing in deadlines", ""),
    ],
)
def test_a_selection_that_selects_nothing_is_refused(edit: str, says: str, near: str) -> None:
    """Proves that a what-if never silently changes nothing."""
    problem = refused(edit)
    assert says in problem.message
    assert near in problem.way_out
    assert problem.path == f"edit `{edit}`"


# Schedules


def test_arithmetic_on_a_schedule_changes_every_step() -> None:
    """Proves leads of 30 and 60 days, ten days more: 40 and 70; and a schedule written as one number."""
    assert [step.days for step in edited("offers.quote.lead_days += 10").offers["quote"].lead_days] == [40, 70]
    assert [step.days for step in edited("offers.other.lead_days += 10").offers["other"].lead_days] == [10]
    instance = edited("sites.plant.capacity.grid-power.amount *= 2", "sites.plant.capacity.air-cooling.amount *= 2")
    amounts = [
        instance.sites["plant"].capacity[resource].on(date(2025, 1, 1)) for resource in ("grid-power", "air-cooling")
    ]
    assert amounts == [1000, 14]


def test_a_schedule_is_shifted_step_by_step() -> None:
    """Proves that its days move and its values stay."""
    steps = edited("offers.quote.lead_days shift 1w").offers["quote"].lead_days
    assert [(step.start, step.days) for step in steps] == [(date(2025, 1, 8), 30), (date(2025, 6, 8), 60)]


def test_a_list_with_several_numbers_in_each_item_asks_which() -> None:
    """Proves that tiers, which have boundaries and prices, are not both changed."""
    problem = refused("offers.third.tiers *= 2")
    assert "not clear which field" in problem.message
    assert "[*]" in problem.way_out


# Order, atomicity, validation


def test_edits_are_applied_in_order() -> None:
    """Proves (100 + 10) x 2 = 220 and 100 x 2 + 10 = 210."""
    assert edited("offers.quote.price += 10", "offers.quote.price *= 2").offers["quote"].price == 220
    assert edited("offers.quote.price *= 2", "offers.quote.price += 10").offers["quote"].price == 210


def test_edits_are_validated_once_at_the_end() -> None:
    """Proves that a state between two edits may be invalid: swapping bounds, replacing a vendor."""
    instance = edited(
        "offers.quote.min_units = 50",
        "offers.quote.max_units = 60",
        "limits.target.at_least remove",
        "limits.target.at_most = 5",
        "vendors.store remove",
        "offers.other.vendor = shop",
    )
    assert (instance.offers["quote"].min_units, instance.limits["target"].at_least) == (50, None)


def test_the_original_is_untouched_whatever_happens() -> None:
    """Proves atomicity: a failing list of edits changes nothing, and a succeeding one only the copy."""
    instance = world()
    before = instance.model_dump()
    with pytest.raises(InvalidInput):
        instance.edited(["offers.quote.price = 1", "offers.third.tiers[0].price = 1", "nonsense"])
    changed = instance.edited(["offers.quote.price = 1", "offers.third.tiers remove", "sites.plant.capacity remove"])
    assert changed != instance
    assert instance.model_dump() == before
    assert instance == world()


def test_applying_leaves_the_tree_alone() -> None:
    """Proves the same for plain trees: nested lists and mappings are copied before they change."""
    made = tree(WORLD)
    apply(made, ["offers.quote.lead_days[0].days = 1", "offers.quote remove", "limits.x insert {}"])
    assert made == tree(WORLD)


def test_what_an_edit_makes_is_judged_as_a_file_is() -> None:
    """Proves that values of an edit are as strict: a wrong type, an orphan and a missing field are told."""
    assert refused("offers.quote.price = cheap").path == "offers.quote.price"
    assert refused("offers.quote.vendor = shap").message == "there is no vendor 'shap'"
    assert refused("offers.quote.price remove").path == "offers.quote.price"
    assert refused("offers.quote.lot_units += 0.5").path == "offers.quote.lot_units"
    assert refused("vendors.shop remove", "offers[vendor=shop] remove", "offers.other.vendor = shop").path


def test_no_edits_make_an_equal_instance() -> None:
    """Proves that an empty list is allowed and changes nothing."""
    assert edited() == world()


# What is refused


@pytest.mark.parametrize(
    ("edit", "says", "near"),
    [
        ("limts.target.at_least = 1", "there is no 'limts' at the top of the instance", "limits"),
        ("limits.budget-2024.at_most = 1", "there is no 'budget-2024' in limits", "budget-2025"),
        ("offers.quote.pric = 1", "there is no 'pric' in offers.quote", "price"),
        ("offers.quote.pric remove", "there is no 'pric' in offers.quote", "price"),
        ("offers.quote.price.low = 1", "offers.quote.price has no fields, so no 'low'", ""),
        ("limts.x insert {}", "there is no 'limts' at the top of the instance", "limits"),
        ("offers.quote.price.x insert 1", "offers.quote.price takes no entries", ""),
    ],
)
def test_a_misspelt_path_gets_the_nearest_names(edit: str, says: str, near: str) -> None:
    """Proves that a path that leads nowhere is refused, with what is near. If broken, `=` makes a new, dead key."""
    problem = refused(edit)
    assert says in problem.message
    assert near in problem.way_out


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ("", "not an edit"),
        ("offers.quote.price", "not an edit"),
        ("offers.quote.price 5", "not an edit"),
        ("offers.quote.price shifted 5d", "not an edit"),
        ("= 5", "not an edit"),
        ("offers.quote.price =", "needs a value"),
        ("offers.quote.price +=", "needs a value"),
        ("offers.quote.price += cheap", "needs a number"),
        ("offers.quote.price *= true", "needs a number"),
        ("offers.quote.price += [1]", "needs a number"),
        ("offers.quote.price = {", "the value is not understood"),
        ("offers.quote.price = .inf", "the value is not understood"),
        ("offers.quote.price = !!python/object:os.system x", "the value is not understood"),
        ("offers.quote.order_until shift 30", "not a number of days"),
        ("offers.quote.order_until shift 1.5d", "not a number of days"),
        ("offers.quote.order_until shift", "needs a value"),
        ("offers.quote.order_until shift 99999w", ""),
        ("offers.quote.price shift 5d", "100 is no day to shift"),
        ("offers.quote.vendor *= 2", "shop is no number to change"),
        ("offers.quote.max_units += 1", "nothing is no number to change"),
        ("offers.quote *= 2", "a mapping is no number to change"),
        ("offers.quote remove now", "remove takes no value"),
        ("offers.quote. = 1", "the path ends with a dot"),
        ("offers..quote = 1", "the path is not understood"),
        (".offers = 1", "the path is not understood"),
        ("limits.x insert", "needs a value"),
    ],
)
def test_what_is_no_edit_is_refused_with_the_edit_named(edit: str, says: str) -> None:
    """Proves the grammar's borders: each is InvalidInput that names the edit."""
    problem = refused(edit)
    assert says in problem.message
    assert problem.path.startswith("edit `") or problem.path.startswith("offers.quote")


def test_an_id_with_a_dot_is_no_id() -> None:
    """Proves that dots always part keys: `a.b` is the field b of a, and can never be inserted as an id."""
    assert "there is no 'a'" in refused("limits.a.b insert {measure: systems, at_most: 1}").message


def test_an_inserted_id_is_held_to_the_form_of_ids() -> None:
    """Proves that an edit cannot bring in what a file cannot."""
    assert "an id has only a-z" in refused("limits.Ä insert {measure: systems, at_most: 1}").message


def test_a_number_may_not_grow_out_of_range() -> None:
    """Proves that repeated products end in InvalidInput, not in an overflow or a hang."""
    assert refused(*["limits.budget-2025.at_most *= 1e18"] * 40).path


# Any text

WORDS = [
    "offers", "quote", "price", "limits", "target", "lead_days", "objective", "tiers", "[*]", "[0]", "[²]",
    "[vendor=shop]", "[", "]", ".", "..", "=", "+=", "-=", "*=", " shift ", " remove", " insert ", "30d", "-9w",
    "1e400", "{", "}", "{a: 1}", "[1, 2]", "nan", ".nan", "null", "'", '"', "\n", "#", "&a", "*a", "٣",
    "\u2028", "-", " ",
]  # fmt: skip


@settings(deadline=None)
@given(st.one_of(st.text(), st.lists(st.sampled_from(WORDS), max_size=12).map("".join)))
@example("offers.third.tiers[²].price = 1")
@example("offers.third.tiers[٣].price = 1")
@example("a = " + "[" * 200)
@example("offers.quote.order_until shift ٣d")
def test_any_text_is_an_edit_or_invalid_input(text: str) -> None:
    """Proves that no text does anything but parse or raise InvalidInput. If broken, a web form crashes the server."""
    edit, told = result_or_problems(lambda: parse(text))
    assert told or edit
    if edit is not None:
        assert edit.steps
        assert edit.operation in ("=", "+=", "-=", "*=", "shift", "remove", "insert")


@settings(deadline=None, max_examples=150)
@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=10).map("".join))
@example("offers.third.tiers[²].price = 1")
@example("offers.quote.lead_days *= 1e18")
@example("offers.quote.lead_days shift 99999w")
@example("objective = 5")
@example("calendar = null")
@example("calendar.start shift 99999w")
def test_any_edit_gives_an_instance_or_invalid_input(text: str) -> None:
    """Proves the same for applying: whatever is written, the answer is an instance or a list of problems."""
    changed, told = result_or_problems(lambda: WORLD_ONCE.edited([text]))
    assert told or isinstance(changed, Instance)
    assert all(str(problem) for problem in told)


WORLD_ONCE = world()
