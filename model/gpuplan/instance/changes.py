"""What differs between two instances, path by path: the record of an edit set, and the way back.

A record holds the old and the new value of every field that differs, so that it can be kept beside a result, read by a
person, and undone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from gpuplan.errors import InvalidInput, Problem
from gpuplan.instance.base import Closed, Sequence, exactly

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

Step = str | int


class Change(Closed):
    """One value of an instance that differs."""

    kind: Literal["changed", "added", "removed"]
    steps: Sequence[Step]
    """Keys and positions from the top of the instance to the value."""
    before: Any = None
    """None where it was added."""
    after: Any = None
    """None where it was removed."""
    position: int | None = None
    """Place among its neighbours of what was removed, so that it comes back where it stood."""

    @property
    def path(self) -> str:
        """The steps as an edit writes them: `offers.north-a1.tiers[0].price`."""
        text = ""
        for step in self.steps:
            text += f"[{step}]" if isinstance(step, int) else f".{step}"
        return text.lstrip(".")

    @property
    def is_provenance(self) -> bool:
        """Whether it only says where a figure comes from."""
        return "sources" in self.steps


@exactly
def changes(before: Instance, after: Instance) -> tuple[Change, ...]:
    """Every value that differs, in the order of the first instance and then of the second."""
    return tuple(_differences((), before.model_dump(), after.model_dump()))


@exactly
def undone(instance: Instance, record: Iterable[Change]) -> Instance:
    """The instance from before the changes of a record were made.

    Raises InvalidInput when the instance does not have the values that the record says it was given.
    """
    from gpuplan.instance.schema import validated

    tree: Any = _plain(instance.model_dump())
    made = tuple(record)
    for change in reversed(made):
        node = _holder(tree, change)
        if change.kind == "added":
            del node[change.steps[-1]]
        elif change.kind == "changed":
            node[change.steps[-1]] = _plain(change.before)
    for change in made:
        if change.kind == "removed":
            node = _holder(tree, change)
            entries = list(node.items())
            entries.insert(
                len(entries) if change.position is None else change.position, (change.steps[-1], _plain(change.before))
            )
            node.clear()
            node.update(entries)
    return validated(tree)


def _holder(tree: Any, change: Change) -> Any:
    """The mapping or list that holds the value of a change; raises InvalidInput unless it is as the change left it."""
    *above, last = change.steps
    node = tree
    try:
        for step in above:
            node = node[step]
        there = last in node if isinstance(node, dict) else 0 <= int(last) < len(node)
        if there != (change.kind != "removed") or (there and _plain(node[last]) != _plain(change.after)):
            raise KeyError(last)
    except (KeyError, IndexError, TypeError):
        way_out = "Undo a record on the very instance that its edits made."
        raise InvalidInput([Problem("this is not what the record says was set", way_out, change.path)]) from None
    return node


def _differences(steps: tuple[Step, ...], before: object, after: object) -> Iterator[Change]:
    if isinstance(before, dict) and isinstance(after, dict):
        for position, (key, value) in enumerate(before.items()):
            if key in after:
                yield from _differences((*steps, key), value, after[key])
            else:
                yield Change(kind="removed", steps=(*steps, key), before=value, position=position)
        for key, value in after.items():
            if key not in before:
                yield Change(kind="added", steps=(*steps, key), after=value)
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple) and len(before) == len(after):
        for position, (one, other) in enumerate(zip(before, after, strict=True)):
            yield from _differences((*steps, position), one, other)
    elif type(before) is not type(after) or before != after:
        yield Change(kind="changed", steps=steps, before=before, after=after)


def _plain(value: object) -> object:
    """A copy in which mappings and lists can be changed, and days are text, as a file would have it."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()
    return [_plain(item) for item in value] if isinstance(value, list | tuple) else value
