"""Country Groups of the US export rules: who is in one on a day, and the locations of a regime that they define.

A location says in which groups its countries are, in which they are not, and names countries beside them. It becomes
dated lists of countries, so that an instance states in full whom its regimes mean on each day.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Annotated, cast

from pydantic import AfterValidator, BeforeValidator, Field, PlainSerializer

from gpuplan.instance.base import Closed, Country, From, OneOrMore, Sequence
from gpuplan.instance.calendar import ALWAYS, in_order, step_at, written_schedule
from gpuplan.instance.catalog import entries

if TYPE_CHECKING:
    from collections.abc import Iterable


class Members(From):
    """Countries of a group from a day on."""

    countries: Sequence[Country] = ()
    """The members; nobody when empty."""


class ByCountryGroup(Closed):
    """Countries by Country Group (15 CFR 740, supplement 1), as they are on each day."""

    any_of: OneOrMore
    """In one of these groups, written like A:5."""
    none_of: OneOrMore | None = None
    """And in none of these."""
    also: Sequence[Country] = ()
    """Further countries."""
    without: Sequence[Country] = ()
    """Countries that are left out."""

    def on(self, day: date) -> frozenset[str]:
        """The countries on a day; raises ValueError when there is no such group."""
        some = frozenset[str]().union(*(in_country_group(one, day) for one in self.any_of))
        gone = frozenset(self.without).union(*(in_country_group(one, day) for one in self.none_of or ()))
        return (some - gone) | frozenset(self.also)


@cache
def in_country_group(name: str, day: date) -> frozenset[str]:
    """Countries of a Country Group, such as A:5, on a day: today's, with later changes undone.

    Raises ValueError when there is no such group.
    """
    group = _group(name)
    members = set(cast("list[str]", group["countries"]))
    for change in reversed(cast("list[dict[str, object]]", group.get("changes", []))):
        if cast(date, change["from"]) > day:
            members -= set(cast("list[str]", change.get("joins", [])))
            members |= set(cast("list[str]", change.get("leaves", [])))
    return frozenset(members)


def _group(name: str) -> dict[str, object]:
    known = {str(group["name"]): group for group in entries("country-groups").values()}
    if name not in known:
        raise ValueError(f"there is no Country Group {name!r}; there are {', '.join(known)}")
    return known[name]


def _changes(groups: Iterable[str]) -> set[date]:
    """Days on which one of the groups changes."""
    dated = (cast("list[dict[str, object]]", _group(one).get("changes", [])) for one in groups)
    return {cast(date, change["from"]) for some in dated for change in some}


def _membership(value: object) -> object:
    """A list of countries, dated lists, or Country Groups, as dated lists."""
    if isinstance(value, dict):
        rule = ByCountryGroup.model_validate(value)
        days = sorted({ALWAYS, *_changes((*rule.any_of, *(rule.none_of or ())))})
        lists = [(day, sorted(rule.on(day))) for day in days]
        kept = [one for number, one in enumerate(lists) if number == 0 or one[1] != lists[number - 1][1]]
        return tuple({"from": day, "countries": countries} for day, countries in kept)
    if isinstance(value, list | tuple) and not any(isinstance(one, dict | Members) for one in value):
        return ({"from": ALWAYS, "countries": list(value)},)
    return tuple(value) if isinstance(value, list) else value


Membership = Annotated[
    tuple[Members, ...],
    BeforeValidator(_membership, json_schema_input_type=tuple[Country, ...] | tuple[Members, ...] | ByCountryGroup),
    Field(min_length=1),
    AfterValidator(in_order),
    PlainSerializer(written_schedule),
]
"""Countries; or lists of them, each from a day on; or Country Groups that they are in."""


def members_on(membership: tuple[Members, ...], day: date) -> frozenset[str]:
    """The countries of a group on a day; none before its first step."""
    step = step_at(membership, day)
    return frozenset(step.countries if step is not None else ())
