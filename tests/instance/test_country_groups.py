"""Country Groups, read back from a second transcription by rows, and the locations that regimes make of them.

Table A is written down here row by row from a mirror of supplement 1 of 2026-06-20, table D row by row, where the
catalogue has columns; so a slip in one shows against the other.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from gpuplan.instance import country_groups
from gpuplan.instance.catalog import entries
from gpuplan.instance.country_groups import ByCountryGroup, in_country_group, members_on
from gpuplan.instance.regimes import Regime
from support.builders import instance

JUNE, JULY, FIRST = date(2026, 6, 20), date(2026, 7, 23), date(2023, 11, 17)

TABLE_A = """
12345 AR AT AU BE BG CA CH CZ DE DK ES FI FR GB GR HU IE IS IT JP KR LU NL NO NZ PL PT SE TR
1_345 EE HR LT LV RO SI SK
123_5 IN
1234_ US
12_4_6 ZA
1_34_6 MX
__34_6 CY MT
_2_4_ BR
_234_ UA
___4_ KZ RS
_____6 AL IL SG TW
"""
TABLE_D = """
1_345 CN HK
12345 BY IQ KP LY RU VE
1_34_ MO YE
1_3__ AM AZ GE KG KZ MD MN TJ TM UZ VN
1_3_5 MM
1___5 NI
1____ KH LA
_23_5 CU
_2345 IR
_234_ IL PK
__3_5 AF
__3__ TW
__34_ BH EG JO KW OM QA SA
__345 LB SY
____5 CD CF ER HT SD SO SS ZW
"""


def transcribed(table: str, letter: str) -> dict[str, set[str]]:
    """Members by group of a table whose rows are marks in order and the countries that have them."""
    groups: dict[str, set[str]] = {}
    for line in table.split("\n"):
        marks, *countries = line.split() or [""]
        for mark in marks.replace("_", ""):
            groups.setdefault(f"{letter}:{mark}", set()).update(countries)
    return groups


@pytest.mark.parametrize(("group", "members"), transcribed(TABLE_A, "A").items())
def test_table_a_of_june_2026_reads_back(group: str, members: set[str]) -> None:
    """Proves every mark of table A. If broken, an ally is not one, or somebody is who is not."""
    assert in_country_group(group, JUNE) == members


@pytest.mark.parametrize(("group", "members"), transcribed(TABLE_D, "D").items())
def test_table_d_of_july_2026_reads_back(group: str, members: set[str]) -> None:
    """Proves every mark of table D. If broken, a licence is asked of the wrong countries."""
    assert in_country_group(group, JULY) == members


def test_groups_b_and_e() -> None:
    """Proves group E, and that B, the general one, has nobody of D:1 or E, and everybody of A but Kazakhstan."""
    assert in_country_group("E:1", JULY) == {"IR", "KP", "SY"}
    assert in_country_group("E:2", JULY) == {"CU"}
    general = in_country_group("B", JULY)
    assert len(general) == 173
    assert not general & (in_country_group("D:1", JULY) | in_country_group("E:1", JULY) | {"CU"})
    allies = frozenset[str]().union(*(in_country_group(f"A:{number}", JULY) for number in range(1, 7)))
    assert allies - general == {"KZ"}


@pytest.mark.parametrize(
    ("country", "group", "before", "after", "first"),
    [
        ("NI", "D:5", False, True, date(2024, 3, 15)),
        ("NI", "D:1", False, True, date(2024, 3, 15)),
        ("NI", "B", True, False, date(2024, 3, 15)),
        ("KH", "D:5", True, False, date(2025, 11, 7)),
        ("AE", "D:3", True, False, date(2026, 7, 10)),
        ("AE", "D:4", True, False, date(2026, 7, 10)),
        ("AE", "A:5", False, True, date(2026, 7, 10)),
    ],
)
def test_changes_hold_from_their_day(country: str, group: str, before: bool, after: bool, first: date) -> None:
    """Proves each change on its day and on the eve. If broken, a country moves early, late, or the other way."""
    assert (country in in_country_group(group, date.fromordinal(first.toordinal() - 1))) is before
    assert (country in in_country_group(group, first)) is after


def test_nothing_else_changed_since_the_first_day() -> None:
    """Proves that the changes above are all that the file has."""
    changed = {group["name"] for group in entries("country-groups").values() if "changes" in group}
    assert changed == {"A:5", "B", "D:1", "D:3", "D:4", "D:5"}
    assert sum(str(group).count("'from'") for group in entries("country-groups").values()) == 7


def regime(name: str) -> Regime:
    return instance(export={"regimes": {name: {}, "us-2023-10": {}}}).export.regimes[name]


@pytest.mark.parametrize("day", [FIRST, date(2024, 3, 15), date(2025, 11, 7), JUNE, JULY])
def test_locations_divide_the_world(day: date) -> None:
    """Proves that each listed country is in exactly one location of the rule of October 2023 on each day. If broken, a
    country falls between two cells and is undetermined, or the first cell wins by accident."""
    names = [str(one["name"]) for one in entries("country-groups").values()]
    everybody = frozenset[str]().union(*(in_country_group(name, day) for name in names))
    found: list[str] = []
    for membership in regime("us-2023-10").groups.values():
        found += members_on(membership, day)
    assert sorted(found) == sorted(everybody)


def test_the_diffusion_rule_divides_the_world() -> None:
    """Proves that everybody is in one tier: 18 allies and the US, those under embargo and Macau, and the rest."""
    tiers = {name: members_on(one, date(2025, 5, 15)) for name, one in regime("us-2025-01").groups.items()}
    assert len(tiers["tier1"]) == 19
    assert tiers["tier3"] == in_country_group("D:5", date(2025, 5, 15)) | {"MO"}
    assert {"AT", "CH", "IL", "IN", "MX", "PL", "SA", "SG", "TR", "VN"} <= tiers["tier2"]
    assert not tiers["tier1"] & tiers["tier2"] | tiers["tier1"] & tiers["tier3"] | tiers["tier2"] & tiers["tier3"]


def test_a_location_adds_and_leaves_out_countries() -> None:
    """Proves in, not in, also and without: D:4 without D:5 or A:6 is ten countries in June 2026, less Egypt, and KR."""
    rule = ByCountryGroup(any_of=("D:4",), none_of=("D:5", "A:6"), also=("KR",), without=("EG",))
    assert rule.on(JUNE) == {"AE", "BH", "JO", "KW", "KR", "MO", "OM", "PK", "QA", "SA", "YE"}
    assert rule.on(JULY) == rule.on(JUNE) - {"AE"}


GROUPS: list[tuple[Any, Any, date, set[str]]] = [
    (["KR", "JP"], ["KR", "JP"], FIRST, {"KR", "JP"}),
    (
        [{"from": "2024-01-01", "countries": ["KR"]}, {"from": "2025-01-01", "countries": []}],
        [{"from": date(2024, 1, 1), "countries": ["KR"]}, {"from": date(2025, 1, 1), "countries": []}],
        date(2024, 12, 31),
        {"KR"},
    ),
    ({"any_of": "E:2"}, ["CU"], FIRST, {"CU"}),
    ([], [], FIRST, set()),
]


@pytest.mark.parametrize(("written", "dumped", "day", "members"), GROUPS)
def test_a_group_is_written_in_three_ways(written: Any, dumped: Any, day: date, members: set[str]) -> None:
    """Proves a list, dated lists and Country Groups, and that each is dumped as a list that reads back the same."""
    made = {"citation": "-", "effective": "2024-01-01", "groups": {"one": written}}
    found = Regime.model_validate(made)
    assert members_on(found.groups["one"], day) == members
    assert Regime.model_validate(found.model_dump()) == found
    steps = found.model_dump()["groups"]["one"]
    assert [list(s.values()) if isinstance(s, dict) else s for s in steps] == [
        [s["from"], tuple(s["countries"])] if isinstance(s, dict) else s for s in dumped
    ]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"any_of": "A:7"}, "there is no Country Group 'A:7'; there are A:1"),
        ({"any_of": "A:5", "nor": "B"}, "nor"),
        ({"any_of": "A:5", "also": ["Korea"]}, "also"),
        ([{"from": "2025-01-01"}, {"from": "2024-01-01"}], "in order"),
    ],
)
def test_slips_in_a_group_are_told(written: object, said: str) -> None:
    """Proves that a group that does not exist and a misspelt key are errors, not an empty location."""
    with pytest.raises(ValidationError, match=said):
        Regime.model_validate({"citation": "-", "effective": "2024-01-01", "groups": {"one": written}})


def test_before_its_first_step_a_group_has_nobody() -> None:
    """Proves that a group that begins in 2024 is empty in 2023. If broken, its first step holds for ever."""
    found = Regime.model_validate(
        {"citation": "-", "effective": "2024-01-01", "groups": {"one": [{"from": "2024-01-01", "countries": ["KR"]}]}}
    )
    assert not members_on(found.groups["one"], date(2023, 12, 31))


def test_a_country_that_joined_and_left_again_was_a_member_only_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that changes are undone the latest first: FJ from 2024 to 2025. If broken, FJ is a member before 2024."""
    changes = [{"from": date(2024, 1, 1), "joins": ["FJ"]}, {"from": date(2025, 1, 1), "leaves": ["FJ"]}]
    made = {"z": {"name": "Z", "countries": ["KR"], "changes": changes}}
    monkeypatch.setattr(country_groups, "entries", lambda section: made if section == "country-groups" else {})
    members = [in_country_group.__wrapped__("Z", date(year, 7, 1)) for year in (2023, 2024, 2025)]
    assert members == [{"KR"}, {"KR", "FJ"}, {"KR"}]
