"""The schema of an instance: closed, frozen to the bottom, exact, strict about what a number, a day and an id is."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from gpuplan.instance.base import Table
from gpuplan.instance.schema import Instance, validated
from instance.trees import problems, refusals, small, tree

FULL = {
    "economics.currency": "USD",
    "economics.exchange_rates": {"KRW": [{"from": "2025-01-01", "rate": 0.0007}]},
    "accelerators.chip.attributes": {"score": 1.5},
    "systems.box.needs": {"fabric-ports": 8},
    "systems.box.sources": {"all": {"source": "here", "confidence": "assumption"}},
    "offers.quote.tiers": [{"from_units": 10, "price": 90}],
    "offers.quote.lead_days": [{"from": "2025-01-01", "days": 30}],
    "offers.quote.supply": [{"from": "2025-01-01", "units_per_month": 5}],
    "offers.quote.payments": [{"event": "signed", "share": 0.3}, {"event": "ready", "share": 0.7}],
    "vendors.shop.rebates": [{"from_spend": 1000, "rate": 0.01}],
    "sites.plant.capacity": {"grid-power": [{"from": "2025-01-01", "amount": 9}], "air-cooling": "unlimited"},
    "sites.plant.rack_kw": {"air": 20},
    "sites.plant.redundancy": {"protected-power": "N+1"},
    "sites.plant.modules": {"ups": {"max_units": 2}},
    "sites.plant.tariff": {
        "seasons": {"all": {"months": [*range(1, 13)], "hours": {"flat": {"hours_per_week": 168, "price_per_kwh": 1}}}}
    },
    "modules.ups": {"provides": {"protected-power": {"amount": 5, "needs": {"grid-power": 1.1}}}, "lead_days": 3},
    "limits.target": {"measure": "systems", "at_least": 1, "select": {"vendor": "shop"}, "soft": {"penalty": 5}},
    "deadlines.contract": {"by": "2025-06-30"},
    "existing.systems": {"old": {"system": "box", "site": "plant", "units": 2}},
    "scenarios.dear": {"edits": ["offers.quote.price *= 2"]},
    "objective": [{"maximise": {"measure": "systems"}}, {"minimise": "cost"}],
}


def parts(value: object, path: str = "instance") -> Iterator[tuple[str, object]]:
    """Every model, mapping and sequence of an instance, with its path."""
    if isinstance(value, BaseModel):
        yield path, value
        for field in type(value).model_fields:
            yield from parts(getattr(value, field), f"{path}.{field}")
    elif isinstance(value, Mapping):
        yield path, value
        for key, item in value.items():
            yield from parts(item, f"{path}.{key}")
    elif isinstance(value, list | tuple | set):
        yield path, value
        for number, item in enumerate(value):
            yield from parts(item, f"{path}.{number}")


def test_an_instance_is_frozen_all_the_way_down() -> None:
    """Proves that no field, mapping or list can be changed. If broken, one thread's what-if changes another's plan."""
    found = list(parts(small(FULL)))
    assert len(found) > 100
    for path, part in found:
        if isinstance(part, BaseModel):
            for field in type(part).model_fields:
                with pytest.raises(ValidationError):
                    setattr(part, field, None)
        else:
            assert isinstance(part, Table | tuple), f"{path} is a {type(part).__name__}, which can be changed"


@pytest.mark.parametrize(
    "change",
    [
        lambda table: table.__setitem__("b", 1),
        lambda table: table.__delitem__("a"),
        lambda table: table.update(b=1),
        lambda table: table.clear(),
        lambda table: table.pop("a"),
        lambda table: table.popitem(),
        lambda table: table.setdefault("b", 1),
        lambda table: table.__ior__({"b": 1}),
    ],
)
def test_no_method_of_a_mapping_changes_it(change: Callable[[Table[int]], object]) -> None:
    """Proves that a Table refuses every way in which a dict changes, and says what to do instead."""
    table = Table({"a": 1})
    with pytest.raises(TypeError, match=r"use instance\.edited"):
        change(table)
    assert dict(table) == {"a": 1}


def test_an_instance_survives_pickling_copying_and_its_own_dump() -> None:
    """Proves that instances travel between processes and through their dump unharmed. If broken, what-ifs differ."""
    instance = small(FULL)
    assert pickle.loads(pickle.dumps(instance)) == instance
    assert copy.deepcopy(instance) == instance
    assert Instance.model_validate(instance.model_dump()) == instance


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("pric", "Known"),
        ("calendar.perods", "periods"),
        ("offers.quote.pric", "price"),
        ("offers.quote.tiers.0.from_unit", "from_units"),
        ("limits.target.select.vender", "vendor"),
        ("limits.target.soft.penlty", "penalty"),
        ("sites.plant.capasity", "capacity"),
        ("sites.plant.tariff.saesons", "seasons"),
        ("sites.plant.modules.ups.max_unit", "max_units"),
        ("existing.systems.old.sytem", "system"),
        ("objective.0.maximise.mesure", "measure"),
        ("limts", "limits"),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_that_there_is(path: str, near: str) -> None:
    """Proves that the schema is closed at every level. If broken, a misspelt limit is silently no limit."""
    made = tree(FULL)
    *above, last = path.split(".")
    node: Any = made
    for step in above:
        node = node[int(step)] if step.isdigit() else node[step]
    node[last] = 1
    (problem,) = problems(lambda: validated(made))
    assert problem.path == path
    assert problem.message == f"unknown key {last!r}"
    assert near in problem.way_out


# Numbers


@pytest.mark.parametrize("price", ["12", True, None, [1], {}, "1e3", 1 + 0j, date(2025, 1, 1)])
def test_what_is_no_number_is_refused(price: object) -> None:
    """Proves that nothing is coerced. If broken, a quoted price of "12,5" or a `yes` becomes an amount."""
    assert "number" in refusals({"offers.quote.price": price})["offers.quote.price"]


@pytest.mark.parametrize("price", [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), Decimal("Infinity")])
def test_what_is_not_finite_is_refused(price: object) -> None:
    """Proves that NaN and infinity never reach the solver."""
    assert "finite number" in refusals({"offers.quote.price": price})["offers.quote.price"]


@pytest.mark.parametrize("price", [Decimal("1e400"), 10**400, 1e25, 10**24 + 1, Decimal(10**24) + Decimal("0.01")])
def test_a_number_above_1e24_is_refused(price: object) -> None:
    """Proves the largest number. If broken, coefficients lie so far apart that the solver cannot tell them apart."""
    assert "larger than 1e+24" in refusals({"offers.quote.price": price})["offers.quote.price"]


def test_the_largest_number_is_taken() -> None:
    """Proves that 1e24 itself is allowed: the rule is a bound, not one below it."""
    assert small({"offers.quote.price": 10**24}).offers["quote"].price == 10**24


@pytest.mark.parametrize(
    ("given", "taken"),
    [
        (0.1, "0.1"),
        (1e-7, "1e-7"),
        (0.1 + 0.2, "0.30000000000000004"),
        (5, "5"),
        (Decimal("2.50"), "2.5"),
        (1e15, "1e15"),
    ],
)
def test_a_float_from_python_is_taken_exactly_as_it_prints(given: float, taken: str) -> None:
    """Proves that 0.1 means a tenth. If broken, 0.1 becomes 0.1000000000000000055511151231257827."""
    assert small({"offers.quote.price": given}).offers["quote"].price == Decimal(taken)


@pytest.mark.parametrize("units", [1.5, Decimal(2), "2", True, None])
def test_whole_things_are_whole(units: object) -> None:
    """Proves that units are ints and nothing else. If broken, half a system is bought."""
    assert set(refusals({"existing.systems": {"old": {"system": "box", "site": "plant", "units": units}}})) == {
        "existing.systems.old.units"
    }


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("offers.quote.price", -1),
        ("offers.quote.lot_units", 0),
        ("offers.quote.shipping_days", 36_501),
        ("offers.quote.support_rate_per_year", 1.01),
        ("systems.box.liquid_heat_share", -0.1),
        ("economics.discount_rate_per_year", 1.5),
        ("economics.evaluation_years", 51),
        ("calendar.periods", 601),
        ("calendar.fiscal_year_starts_in_month", 13),
        ("resources.ports", {"unit": "ports", "coincidence": 0}),
    ],
)
def test_a_number_outside_its_range_is_refused_at_its_path(path: str, value: object) -> None:
    """Proves the bounds of numbers, each told at its own path with the value found."""
    found = refusals({path: value})
    (where,) = found
    assert where.startswith(path)


@pytest.mark.parametrize(
    ("path", "value"),
    [("sites.plant.capacity", {"grid-power": -5}), ("offers.quote.lead_days", -3)],
)
def test_a_number_within_a_short_form_is_told_in_our_words(path: str, value: object) -> None:
    """Proves that a short form (one number for a schedule) is judged as the long one. If broken, pydantic's own text
    ("1 validation error for CapacityStep ... errors.pydantic.dev") reaches the user."""
    ((where, message),) = refusals({path: value}).items()
    assert where.startswith(path)
    assert message.splitlines() == [message]
    assert "0" in message
    assert "pydantic" not in message


# Days, ids, words


@pytest.mark.parametrize(
    "day",
    [
        "2025-1-1",
        "01.01.2025",
        "2025-02-30",
        "today",
        "",
        20250101,
        datetime(2025, 1, 1),
        None,
        "20250101",
        "2025-W01-3",
    ],
)
def test_what_is_no_day_is_refused(day: object) -> None:
    """Proves that a day is written like 2025-09-30 and in no other way. If broken, 03-04-2025 is anybody's guess."""
    assert set(refusals({"calendar.start": day})) == {"calendar.start"}


def test_a_day_is_a_date_or_its_text() -> None:
    """Proves that YAML's dates and JSON's text mean the same day."""
    assert small({"calendar.start": date(2025, 1, 1)}) == small({"calendar.start": "2025-01-01"})


@pytest.mark.parametrize("name", ["NHN", "a b", "a.b", "a_b", "é", "", "a" * 101, "a\n"])
def test_an_id_has_small_letters_digits_and_hyphens_only(name: str) -> None:
    """Proves the form of ids, which paths and edits rest on. If broken, `a.b` is read as the field b of a."""
    made = tree()
    made["vendors"][name] = {}
    assert any("an id has only a-z, 0-9 and '-'" in problem.message for problem in problems(lambda: validated(made)))


@pytest.mark.parametrize("currency", ["usd", "US", "DOLLAR", "$"])
def test_a_currency_has_three_capitals(currency: str) -> None:
    """Proves the form of currency codes."""
    assert set(refusals({"economics.currency": currency})) == {"economics.currency"}


def test_a_wrong_word_is_told_with_those_that_there_are() -> None:
    """Proves that an enumeration lists its words and the nearest. If broken, "literal_error" is all that is said."""
    (problem,) = problems(lambda: small({"systems.box.cooling": "liquids"}))
    assert problem.path == "systems.box.cooling"
    assert problem.message == "liquids: one of air, rear-door, liquid or immersion is wanted"
    assert problem.way_out == "Did you mean liquid?"


def test_one_wrong_value_is_one_problem() -> None:
    """Proves that a value that may be of two kinds is told once. If broken, `minimise: costs` is told twice, the second
    time in pydantic's words: "input should be a valid dictionary or instance of Measured"."""
    (problem,) = problems(lambda: small({"objective": [{"minimise": "costs"}]}))
    assert problem.path == "objective.0.minimise"
    assert "cost" in problem.way_out


def test_what_is_missing_is_named() -> None:
    """Proves that a missing field is told at its path, and that all that is missing is told at once."""
    made = tree()
    del made["offers"]["quote"]["price"], made["calendar"]["start"], made["name"]
    assert {problem.path for problem in problems(lambda: validated(made))} == {
        "name",
        "calendar.start",
        "offers.quote.price",
    }


def test_a_frozen_instance_never_shares_with_the_tree_it_came_from() -> None:
    """Proves that changing the tree afterwards changes nothing. If broken, a caller's dict is a back door."""
    made = tree(FULL)
    instance = validated(made)
    before = instance.model_dump()
    made["offers"]["quote"]["price"] = 1
    made["offers"]["other"] = {}
    made["sites"]["plant"]["capacity"]["grid-power"].append({})
    made["economics"]["exchange_rates"].clear()
    assert instance.model_dump() == before
