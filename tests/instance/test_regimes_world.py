"""The US rules for sixty countries and more, six classes of chips and eight days, and each fact of 2025 and 2026.

The table is written down here by what holds where, country by country, from the rules' text and not from the Country
Groups, so that a slip in a group or a cell shows.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from gpuplan.errors import InvalidInput
from gpuplan.instance.catalog import entries
from gpuplan.instance.permission import Delivery, Ground, strictest
from gpuplan.instance.regimes import Cell
from gpuplan.instance.schema import Instance
from instance.test_regimes import CHIPS, IN_FORCE, outcomes, with_regimes

DAYS = [
    date(2023, 11, 17),
    date(2024, 3, 14),
    date(2024, 3, 15),
    date(2025, 4, 9),
    date(2025, 11, 7),
    date(2026, 1, 15),
    date(2026, 7, 10),
    date(2026, 11, 30),
]
CLASSES = ("c0", "c1", "c2", "c3", "c4", "c5")


def codes(text: str) -> list[str]:
    """Country codes, written with spaces between them."""
    return text.split()


FREE = codes("""
AR AT AU BD BE BG BR CA CH CL CO CY CZ DE DK EE ES FI FR GB GR HR HU ID IE IL IN IS IT JP KE KR LK LT LU LV MA
MT MX MY NG NL NO NP NZ PE PH PL PT RO RS SE SG SI SK TH TN TR TW UA US UY ZA
""")
LICENSED = codes("AM AZ BH EG GE JO KG KW KZ LA MD MN OM PK QA SA TJ TM UZ VN YE")
BANNED = codes("BY CU IR KP RU SY")
EMBARGOED = codes("AF CD CF ER HT IQ LB LY MM SD SO SS VE ZW")
CHINA = codes("CN HK MO")
MOVED = {"NI": date(2024, 3, 15), "KH": date(2025, 11, 7)}
"""Nicaragua came under the arms embargo on its day, and Cambodia, of group D:1, left it."""
COUNTRIES = [*FREE, *LICENSED, *BANNED, *EMBARGOED, *CHINA, "AE", *MOVED]


def kind(country: str, day: date) -> str:
    """What holds for a country on a day."""
    if country in MOVED:
        later = day >= MOVED[country]
        return {"NI": "embargoed" if later else "free", "KH": "licensed" if later else "embargoed"}[country]
    lists = {"free": FREE, "licensed": [*LICENSED, "AE"], "banned": BANNED, "embargoed": EMBARGOED, "china": CHINA}
    return next(name for name, members in lists.items() if country in members)


def expected(country: str, chip: str, day: date) -> str:
    """What is asked of a buyer from Korea; the Emirates keep their licence for whom no list names."""
    where = kind(country, day)
    if where == "banned":
        return "denied"
    if where in ("free", "licensed") or chip == "c0":
        return "licence" if where == "licensed" and chip in ("c2", "c3") else "free"
    if chip in ("c1", "c5"):
        return "notify"
    if chip == "c4":
        return "case-by-case" if day >= date(2025, 4, 9) else "free"
    return "case-by-case" if where == "china" and chip == "c2" and day >= date(2026, 1, 15) else "denied"


@pytest.fixture(scope="module")
def in_force() -> Instance:
    return with_regimes(*IN_FORCE, "us-2025-08", "us-2025-11", "us-entity-list", "us-2025-09", "us-2026-232")


def test_the_table_is_large_enough() -> None:
    """Proves that sixty countries, six classes and eight days are held against the cells, each country once."""
    assert len(COUNTRIES) == len(set(COUNTRIES)) >= 60
    assert (len(CLASSES), len(DAYS)) == (6, 8)


@pytest.mark.parametrize("country", COUNTRIES)
def test_a_country_is_asked_what_the_rules_ask(country: str, in_force: Instance) -> None:
    """Proves all classes and days of a country. If broken, it is undetermined, so denied, where the text is plain."""
    found = {
        (chip, day): outcomes(in_force, Delivery(chip, country, ("KR",), "US"), day) for chip in CLASSES for day in DAYS
    }
    assert found == {(chip, day): expected(country, chip, day) for chip in CLASSES for day in DAYS}


ONCE_UNDETERMINED = codes("AT CH PT CZ TR IL TH ID PH ZA MX")


@pytest.mark.parametrize("country", ONCE_UNDETERMINED)
def test_b200_in_august_2026_is_free_where_the_groups_say_so(country: str) -> None:
    """Proves the eleven countries that open lists left undetermined, for the shipped B200 and a buyer from there."""
    known = with_regimes("us-2023-10", "us-2026-01", "us-2026-07", **{"b200-sxm": {}})
    assert outcomes(known, Delivery("b200-sxm", country, (country,), "TW"), date(2026, 8, 1)) == "free"


def ground(known: Instance, delivery: Delivery, day: str) -> Ground:
    """The strictest ground of an only way."""
    (grounds,) = known.permissions.on(delivery, date.fromisoformat(day)).values()
    return next(one for one in grounds if one.outcome == strictest(grounds))


AFFILIATES = [
    # owned by, day, outcome: half is enough, also of several lists together, and the strictest list among them decides.
    ({"us-entity-list-denial": 0.5}, "2025-09-28", ""),
    ({"us-entity-list-denial": 0.5}, "2025-09-29", "denied"),
    ({"us-entity-list-denial": 0.49}, "2025-09-29", "free"),
    ({"us-entity-list-denial": 0.2, "us-entity-list-case-by-case": 0.3}, "2025-11-09", "denied"),
    ({"us-entity-list-case-by-case": 0.3, "us-entity-list": 0.19}, "2025-11-09", "free"),
    ({"us-entity-list": 0.51}, "2025-11-09", "undetermined"),
    ({"us-entity-list-case-by-case": 0.5}, "2025-11-09", "case-by-case"),
    ({"us-entity-list-denial": 1}, "2025-11-10", "free"),
    ({"us-entity-list-denial": 1}, "2026-11-09", "free"),
    ({"us-entity-list-denial": 0.5}, "2026-11-10", "denied"),
    ({"us-entity-list-case-by-case": 0.5}, "2026-11-10", "case-by-case"),
    ({"us-entity-list": 0.5}, "2026-11-10", "undetermined"),
    ({}, "2026-11-10", "free"),
]


@pytest.mark.parametrize(("owned_by", "day", "outcome"), AFFILIATES)
def test_the_affiliates_rule(owned_by: dict[str, float], day: str, outcome: str) -> None:
    """Proves the half, the sum over lists, and the days of force, suspension and return."""
    known = with_regimes("us-2025-09", buyer={"owned_by": owned_by})
    rulings = known.permissions.on(Delivery("c0", "KR", ("KR",), "US"), date.fromisoformat(day))
    assert "+".join(strictest(grounds) if grounds else "" for grounds in rulings.values()) == outcome


@pytest.mark.parametrize(
    ("listed", "owned_by", "outcome"),
    [
        ([], {}, "free"),
        (["us-entity-list-denial"], {}, "denied"),
        (["us-entity-list-case-by-case"], {}, "case-by-case"),
        (["us-entity-list"], {}, "undetermined"),
        (["us-entity-list-denial"], {"us-entity-list-case-by-case": 0.6}, "denied"),
        (["us-entity-list-case-by-case"], {"us-entity-list-denial": 0.6}, "denied"),
    ],
)
def test_a_listed_buyer(listed: list[str], owned_by: dict[str, float], outcome: str) -> None:
    """Proves that a listing holds for every class, also where owners are milder. If broken, an owner frees it."""
    known = with_regimes("us-entity-list", "us-2025-09", buyer={"listed": listed, "owned_by": owned_by})
    for chip in CHIPS:
        assert outcomes(known, Delivery(chip, "KR", ("KR",), "US"), date(2026, 11, 30)) == outcome


def test_an_affiliate_condition_is_whole() -> None:
    """Proves that a list without a share is refused, and so are owners of more than everything."""
    with pytest.raises(ValidationError, match="go together"):
        Cell.model_validate({"affiliate_of": "us-entity-list", "ruling": {"outcome": "denied"}})
    with pytest.raises(InvalidInput, match="more than 1"):
        with_regimes("us-2025-09", buyer={"owned_by": {"a": 0.6, "b": 0.5}})


@pytest.mark.parametrize(
    ("tpp", "bandwidth", "place", "dutiable"),
    [
        # H200 (15,832; 4.8) and MI325X (20,919; 6.0) are in the two windows, whose bounds are not.
        (15832, 4.8, "CN", True),
        (20919, 6.0, "CN", True),
        (15832, 4.8, "KR", True),
        (15832, 4.8, "US", False),
        (14000, 4.8, "CN", False),
        (14001, 4.8, "CN", True),
        (17499, 4.8, "CN", True),
        (17500, 4.8, "CN", False),
        (15832, 4.5, "CN", False),
        (15832, 5.0, "CN", False),
        (20800, 6.0, "CN", False),
        (21099, 6.19, "CN", True),
        (21100, 6.0, "CN", False),
        (20919, 5.8, "CN", False),
        (20919, 6.2, "CN", False),
        (36000, 8.0, "CN", False),
    ],
)
def test_the_duty_of_january_2026_and_its_thresholds(tpp: int, bandwidth: float, place: str, dutiable: bool) -> None:
    """Proves both windows at their bounds, that the duty is shown, and that what stays in the US pays none."""
    known = with_regimes("us-2026-232", x={"tpp": tpp, "memory_bandwidth_tbps": bandwidth})
    found = ground(known, Delivery("x", place, ("KR",), "US"), "2026-01-15")
    assert found.outcome == "free"
    assert ("a duty of 25 %" in found.condition) is dutiable
    assert not known.permissions.on(Delivery("x", place, ("KR",), "US"), date(2026, 1, 14))[""]


CHINA_BUYS_C2 = Delivery("c2", "CN", ("CN",), "US")
SHOWN = [
    # regime, delivery, day, outcome, citation, part of the reason
    ("us-2025-08", Delivery("c4", "CN", ("CN",), "US"), "2025-08-11", "case-by-case", "Reuters", "15 % of the revenue"),
    ("us-2026-01", CHINA_BUYS_C2, "2026-01-15", "case-by-case", "91 FR 1684", "at most half"),
    ("us-2026-01", CHINA_BUYS_C2, "2026-01-15", "case-by-case", "91 FR 1684", "certificates"),
    ("us-2026-01", Delivery("c2", "MY", ("CN",), "US"), "2026-05-30", "denied", "91 FR 1684", "party of CN"),
    ("us-2026-01", Delivery("c2", "MY", ("CN",), "US"), "2026-05-31", "denied", "guidance of 2026-05-31", "from 2026"),
    ("us-2026-07", Delivery("c3", "AE", ("AE",), "US"), "2026-07-10", "licence", "91 FR 43034", "to AE"),
]


@pytest.mark.parametrize(("regime", "delivery", "day", "outcome", "citation", "why"), SHOWN)
def test_a_fact_is_shown_with_its_citation(
    regime: str, delivery: Delivery, day: str, outcome: str, citation: str, why: str
) -> None:
    """Proves that what is asked beside an outcome is told, and by which text."""
    found = ground(with_regimes("us-2023-10", regime), delivery, day)
    assert (found.outcome, found.regime) == (outcome, regime)
    assert citation in found.citation
    assert why in f"{found.why}; {found.condition}"


@pytest.mark.parametrize(
    ("place", "listed", "day", "outcome"),
    [
        ("AE", "ae-g42", "2025-11-18", "licence"),
        ("AE", "ae-g42", "2025-11-19", "capped+licence"),
        ("SA", "sa-humain", "2025-11-19", "capped+licence"),
        ("SA", "ae-g42", "2025-11-19", "licence"),
        ("AE", "sa-humain", "2025-11-19", "licence"),
        ("AE", "ae-g42", "2026-07-10", "free"),
        ("SA", "sa-humain", "2026-11-30", "capped+licence"),
    ],
)
def test_the_approvals_for_g42_and_humain(place: str, listed: str, day: str, outcome: str) -> None:
    """Proves 35,000 GB300 for each, in its own country, beside the licence that others need."""
    known = with_regimes("us-2023-10", "us-2025-11", "us-2026-07", buyer={"listed": [listed]})
    assert outcomes(known, Delivery("c3", place, (place,), "US"), date.fromisoformat(day)) == outcome


def test_the_caps_are_so_many_gb300() -> None:
    """Proves 35,000 x 60,000 = 2,100 M of TPP, and 1,000 and 200,000 of the draft. If broken, a zero is missing."""
    known = with_regimes("us-2023-10", "us-2025-11", "us-2026-03", **{"gb300": {}})
    each = known.accelerators["gb300"].tpp
    assert each is not None
    caps = {name: cap.at_most / each for one in known.export.regimes.values() for name, cap in one.caps.items()}
    assert caps == {"g42": 35000, "humain": 35000, "simple": 1000, "cluster": 200_000}


def test_the_draft_of_march_2026_is_a_what_if() -> None:
    """Proves that a withdrawn draft changes nothing unless it is read as published, and then leaves three ways."""
    day, delivery = date(2026, 6, 1), Delivery("c3", "KR", ("KR",), "US")
    assert outcomes(with_regimes("us-2023-10", "us-2026-03"), delivery, day) == "free"
    known = with_regimes("us-2023-10", published=["us-2026-03"])
    ways = {route.split(".")[-1]: strictest(grounds) for route, grounds in known.permissions.on(delivery, day).items()}
    assert ways == {"simple": "capped", "cluster": "capped", "government": "undetermined"}
    assert outcomes(known, Delivery("c3", "CN", ("CN",), "US"), day) == "denied"
    assert outcomes(known, Delivery("c3", "US", ("US",), "US"), day) == "free"
    assert outcomes(known, Delivery("c1", "KR", ("KR",), "US"), day) == "free"


@pytest.mark.parametrize(
    ("shipped_from", "place", "chip", "day", "outcome"),
    [
        ("MY", "SG", "c2", "2025-07-13", ""),
        ("MY", "SG", "c2", "2025-07-14", "notify"),
        ("MY", "MY", "c2", "2025-07-14", "free"),
        ("TW", "MY", "c2", "2025-07-14", "free"),
        ("MY", "SG", "c1", "2025-07-14", "free"),
        ("MY", "SG", "cx", "2025-07-14", "free"),
        (None, "SG", "c2", "2025-07-14", "undetermined"),
    ],
)
def test_malaysias_permit(shipped_from: str | None, place: str, chip: str, day: str, outcome: str) -> None:
    """Proves that chips of US origin that leave Malaysia ask for thirty days' notice, and what stays there does not."""
    known = with_regimes("my-2025-07")
    rulings = known.permissions.on(Delivery(chip, place, ("SG",), shipped_from), date.fromisoformat(day))
    assert "+".join(strictest(grounds) if grounds else "" for grounds in rulings.values()) == outcome
    if outcome == "notify":
        assert rulings[""][0].days == 30


CHINESE: list[tuple[str, str, list[str], str, str, str]] = [
    ("cn-2025-09", "rtx-pro-6000d", ["cn-told-2025-09"], "CN", "2025-09-16", ""),
    ("cn-2025-09", "rtx-pro-6000d", ["cn-told-2025-09"], "CN", "2025-09-17", "denied"),
    ("cn-2025-09", "rtx-pro-6000d", [], "CN", "2025-09-17", "undetermined"),
    ("cn-2025-09", "rtx-pro-6000d", [], "HK", "2025-09-17", "free"),
    ("cn-2025-09", "h200-sxm", ["cn-told-2025-09"], "CN", "2025-09-17", "free"),
    ("cn-2026-01", "h200-sxm", ["cn-h200-approved"], "CN", "2026-01-27", "denied"),
    ("cn-2026-01", "h200-sxm", ["cn-h200-approved"], "CN", "2026-01-28", "case-by-case"),
    ("cn-2026-01", "h200-sxm", [], "CN", "2026-01-28", "undetermined"),
    ("cn-2026-01", "h200-sxm", [], "KR", "2026-01-28", "free"),
]


@pytest.mark.parametrize(("regime", "chip", "listed", "place", "day", "outcome"), CHINESE)
def test_chinas_orders_on_single_products(
    regime: str, chip: str, listed: list[str], place: str, day: str, outcome: str
) -> None:
    """Proves the order on RTX PRO 6000D, and the block and the approvals of H200. If broken, a block never ends."""
    figures: dict[str, Any] = {"tpp": 15832, "maker_country": "US"}
    known = with_regimes(regime, buyer={"listed": listed}, **{chip: figures})
    rulings = known.permissions.on(Delivery(chip, place, ("CN",), "US"), date.fromisoformat(day))
    assert "+".join(strictest(grounds) if grounds else "" for grounds in rulings.values()) == outcome


def test_every_cell_has_a_citation_and_every_open_one_a_reason() -> None:
    """Proves that no outcome is without a text to look up, and that nothing is undetermined without saying why."""
    regimes = with_regimes(*entries("regimes")).export.regimes
    for name, regime in regimes.items():
        for cell in regime.cells:
            assert cell.citation or regime.citation, name
            assert all(ruling.reason for _, ruling in cell.rulings() if ruling.outcome == "undetermined"), name
