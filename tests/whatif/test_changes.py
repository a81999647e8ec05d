"""A record of changes says what differs and takes it back, exactly."""

from __future__ import annotations

from random import Random

import pytest

from gpuplan.errors import InvalidInput
from gpuplan.instance.changes import Change, changes, undone
from gpuplan.instance.document import read_document
from gpuplan.plan.files import to_json
from support.builders import instance, made, offer, target
from support.random_edits import edit_of
from support.random_instances import seeded


@pytest.mark.parametrize("seed", range(40))
def test_a_record_undoes_random_edits_exactly(seed: int) -> None:
    """Proves that every kind of edit can be taken back, the order of entities included, also from a record that was
    written to a file and read again. If broken, an undone instance is another one."""
    before = made(seeded(seed))
    after = before.edited(edit_of(before, Random(seed)))
    record = changes(before, after)
    assert record
    back = undone(after, record)
    assert back == before
    assert [list(getattr(back, part)) for part in ("offers", "limits")] == [
        list(getattr(before, part)) for part in ("offers", "limits")
    ]
    written = to_json({"changes": [change.model_dump() for change in record]})
    read = [Change.model_validate(one) for one in read_document(written, format="json").value["changes"]]  # type: ignore[attr-defined]
    assert undone(after, read) == before


def test_removed_entities_come_back_where_they_stood() -> None:
    """Proves that two that were removed come back in their order, before those that stayed."""
    before = instance(offers={"p": offer(), "q": offer(), "r": offer()})
    after = before.edited(["offers.o remove", "offers.q remove", "offers.z insert {vendor: v, system: s, price: 1}"])
    assert list(undone(after, changes(before, after)).offers) == ["o", "p", "q", "r"]


def test_the_path_of_a_change_is_that_of_an_edit() -> None:
    """Proves that what a record says can be written as an edit: the item of a list by its position."""
    before = instance(offers={"p": offer(tiers=[{"from_units": 2, "price": 90}])})
    after = before.edited(["offers.p.tiers[0].price = 80"])
    (change,) = changes(before, after)
    assert change.path == "offers.p.tiers[0].price"
    assert after.edited([f"{change.path} = {change.before}"]) == before


def test_a_record_is_refused_on_another_instance() -> None:
    """Proves that an undo never guesses. If broken, a value that somebody else set is overwritten."""
    before = instance(limits={"t": target(1)})
    after = before.edited(["limits.t.at_least = 2"])
    with pytest.raises(InvalidInput, match=r"limits\.t\.at_least"):
        undone(after.edited(["limits.t.at_least = 3"]), changes(before, after))
    with pytest.raises(InvalidInput, match="record"):
        undone(before, changes(before, after))
