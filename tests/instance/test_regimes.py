"""The shipped regimes cell by cell: headquarters x location x class of chip, on the eve and the day of each change.

The table is written down here from the same public summaries as the catalogue's, in another form, so that a slip in one
shows against the other.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from gpuplan.instance.permission import Delivery, strictest
from gpuplan.instance.schema import Instance
from support.builders import instance

CHIPS: dict[str, dict[str, Any]] = {
    "c0": {"tpp": 1000, "die_area_mm2": 800, "memory_bandwidth_tbps": 1, "io_bandwidth_gbps": 64, "datacentre": True},
    "c1": {"tpp": 3000, "die_area_mm2": 1000, "memory_bandwidth_tbps": 1, "datacentre": True},
    "c2": {"tpp": 15832, "die_area_mm2": 814, "memory_bandwidth_tbps": 4.8, "datacentre": True},
    "c3": {"tpp": 36000, "die_area_mm2": 1600, "memory_bandwidth_tbps": 8, "datacentre": True},
    "c4": {"tpp": 2368, "die_area_mm2": 814, "memory_bandwidth_tbps": 4, "datacentre": True},
    "c5": {"tpp": 5300, "die_area_mm2": 609, "memory_bandwidth_tbps": 1, "datacentre": False},
    "cx": {"tpp": 12480, "maker_country": "CN", "memory_bandwidth_tbps": 3.2, "datacentre": True},
}
for figures in CHIPS.values():
    figures.setdefault("maker_country", "US")
PLACES = {"t1": "KR", "t2a": "SA", "t2b": "IN", "t3c": "CN", "t3": "VE", "banned": "RU", "ae": "AE"}
HEADQUARTERS = {"t1": "KR", "else": "IN", "d5": "CN"}
IN_FORCE = ["us-2023-10", "us-2025-04", "us-2025-05", "us-2026-01", "us-2026-07"]
LAST = date(2027, 6, 30)

# chip, places, headquarters, then what holds from which day on, to the end; `unsaid` is undetermined.
TABLE = """
c0 t1,t2a,t2b,t3c,t3,ae t1,else,d5 | 2023-11-17 free
c0 banned t1,else,d5               | 2023-11-17 denied
c1 t1,t2a,t2b,ae t1,else,d5        | 2023-11-17 free
c1 t3c,t3 t1,else,d5               | 2023-11-17 notify
c1 banned t1,else,d5               | 2023-11-17 denied
c2 t1,t2b t1,else                  | 2023-11-17 free
c2 t1,t2b d5                       | 2023-11-17 case-by-case, 2026-01-15 denied
c2 t2a t1,else                     | 2023-11-17 licence
c2 t2a d5                          | 2023-11-17 denied
c2 t3c t1,else,d5                  | 2023-11-17 denied, 2026-01-15 case-by-case
c2 t3,banned t1,else,d5            | 2023-11-17 denied
c2 ae t1,else                      | 2023-11-17 licence
c2 ae d5                           | 2023-11-17 denied
c3 t1,t2b t1,else                  | 2023-11-17 free
c3 t1,t2b d5                       | 2023-11-17 case-by-case, 2026-01-15 denied
c3 t2a t1,else                     | 2023-11-17 licence
c3 t2a d5                          | 2023-11-17 denied
c3 t3c,t3,banned t1,else,d5        | 2023-11-17 denied
c3 ae t1,else                      | 2023-11-17 licence
c3 ae d5                           | 2023-11-17 denied
c4 t1,t2a,t2b,ae t1,else           | 2023-11-17 free
c4 t3c,t3 t1,else,d5               | 2023-11-17 free, 2025-04-09 case-by-case
c4 t1,t2a,t2b,ae d5                | 2023-11-17 free, 2025-04-09 case-by-case
c4 banned t1,else,d5               | 2023-11-17 denied
c5 t1,t2a,t2b,ae t1,else,d5        | 2023-11-17 free
c5 t3c,t3 t1,else,d5               | 2023-11-17 notify
c5 banned t1,else,d5               | 2023-11-17 denied
cx t1 t1,else,d5                   | 2023-11-17 unsaid, 2025-05-13 denied
cx t2a,t2b,t3c,t3,ae t1,else,d5    | 2023-11-17 unsaid
cx banned t1,else,d5               | 2023-11-17 denied
"""
DIFFUSION = """
c0,c1,c4,c5 t1,t2a,t2b t1,else     | 2025-05-14 free
c2,c3 t1 t1                        | 2025-05-14 free, 2025-05-15 notify
c2,c3 t1 else                      | 2025-05-14 free, 2025-05-15 licence
c2,c3 t2a t1,else                  | 2025-05-14 licence, 2025-05-15 notify+capped
c2,c3 t2b t1,else                  | 2025-05-14 free, 2025-05-15 notify+capped
c2,c3 t3c,t3,banned t1,else,d5     | 2025-05-14 denied
c2,c3 t1,t2b d5                    | 2025-05-14 case-by-case, 2025-05-15 denied
c2,c3 t2a d5                       | 2025-05-14 denied
"""
Case = tuple[str, str, str, date, str]


def read(table: str) -> Iterator[Case]:
    """(chip, place, headquarters, day, outcome) on the first and last day of each stretch of each cell."""
    for line in table.strip().splitlines():
        keys, said = line.split("|")
        chips, places, parties = (part.split(",") for part in keys.split())
        steps = [(date.fromisoformat(part.split()[0]), part.split()[1]) for part in said.split(",")]
        ends = [start - timedelta(days=1) for start, _ in steps[1:]] + [LAST]
        for (start, outcome), end in zip(steps, ends, strict=True):
            for day in dict.fromkeys((start, end)):
                for chip in chips:
                    for place in places:
                        for party in parties:
                            yield chip, place, party, day, outcome.replace("unsaid", "undetermined")


def with_regimes(*names: str, **over: Any) -> Instance:
    """Chips of every class under these regimes."""
    regimes: dict[str, Any] = {name: {} for name in names}
    for name in over.pop("published", ()):
        regimes[name] = {"reading": "published"}
    buyer = over.pop("buyer", {})
    return instance(accelerators={**CHIPS, **over}, export={"buyer": buyer, "regimes": regimes})


@pytest.fixture(scope="module")
def in_force() -> Instance:
    return with_regimes(*IN_FORCE)


@pytest.fixture(scope="module")
def as_published() -> Instance:
    return with_regimes("us-2023-10", published=["us-2025-01"])


def outcomes(known: Instance, delivery: Delivery, day: date) -> str:
    """The strictest outcome of each route, routes in order, joined by +."""
    return "+".join(strictest(grounds) for grounds in known.permissions.on(delivery, day).values())


def name_of(case: Case) -> str:
    chip, place, party, day, _ = case
    return f"{chip}-{place}-{party}-{day}"


@pytest.mark.parametrize("case", list(read(TABLE)), ids=name_of)
def test_every_cell_in_force_on_the_days_of_its_changes(case: Case, in_force: Instance) -> None:
    """Proves one cell on one day. If broken, a chip goes where the sources say that it may not, or the other way."""
    chip, place, party, day, outcome = case
    delivery = Delivery(chip, PLACES[place], (HEADQUARTERS[party],), "US")
    assert outcomes(in_force, delivery, day) == outcome


@pytest.mark.parametrize("case", list(read(DIFFUSION)), ids=name_of)
def test_the_diffusion_rule_as_published(case: Case, as_published: Instance) -> None:
    """Proves the counterfactual: two routes to tier 2, notice or licence within tier 1, nothing for tier 3."""
    chip, place, party, day, outcome = case
    delivery = Delivery(chip, PLACES[place], (HEADQUARTERS[party],), "US")
    assert outcomes(as_published, delivery, day) == outcome


def test_the_diffusion_rule_as_enforced_changes_nothing() -> None:
    """Proves that a rule that was never enforced holds only where it is read so. If broken, Korea needs notices."""
    known = with_regimes("us-2023-10", "us-2025-01")
    assert outcomes(known, Delivery("c3", "IN", ("IN",), "US"), date(2025, 6, 1)) == "free"
    assert not known.caps


@pytest.mark.parametrize(
    ("chip", "party", "listed", "day", "outcome"),
    [
        ("c3", "AE", ["ae-supplement-8"], "2026-07-09", "licence"),
        ("c3", "AE", ["ae-supplement-8"], "2026-07-10", "free"),
        ("c3", "AE", ["ae-supplement-8"], "2027-04-07", "free"),
        ("c3", "AE", ["ae-g42"], "2027-04-06", "free"),
        ("c3", "AE", ["ae-g42"], "2027-04-07", "licence"),
        ("c3", "AE", [], "2026-07-10", "licence"),
        ("c3", "CN", ["ae-supplement-8"], "2026-07-10", "denied"),
        ("c1", "AE", [], "2026-07-10", "free"),
    ],
)
def test_listed_buyers_in_the_emirates(chip: str, party: str, listed: list[str], day: str, outcome: str) -> None:
    """Proves who is free of licences from 10 July 2026. If broken, unlisted ones are too."""
    known = with_regimes(*IN_FORCE, buyer={"listed": listed})
    assert outcomes(known, Delivery(chip, "AE", (party,), "US"), date.fromisoformat(day)) == outcome


@pytest.mark.parametrize(
    ("shipped_from", "day", "outcome"),
    [
        ("US", "2026-01-14", "denied"),
        ("US", "2026-01-15", "case-by-case"),
        ("TW", "2026-01-15", "denied"),
        (None, "2026-01-15", "undetermined"),
    ],
)
def test_case_by_case_to_china_only_from_the_us(shipped_from: str | None, day: str, outcome: str) -> None:
    """Proves that re-exports stay denied, and that an offer that does not say whence is undetermined, not guessed."""
    known = with_regimes(*IN_FORCE)
    assert outcomes(known, Delivery("c2", "CN", ("CN",), shipped_from), date.fromisoformat(day)) == outcome


@pytest.mark.parametrize(
    ("chip", "place", "day", "outcome"),
    [
        ("old", "CN", "2022-10-06", ""),
        ("old", "CN", "2022-10-07", "undetermined"),
        ("old", "HK", "2023-11-16", "undetermined"),
        ("old", "MO", "2023-01-16", "free"),
        ("old", "MO", "2023-01-17", "undetermined"),
        ("old", "KR", "2023-01-01", "free"),
        ("slow", "CN", "2023-01-01", "free"),
        ("unknown", "CN", "2023-01-01", "undetermined"),
        ("unknown", "KR", "2023-01-01", "free"),
    ],
)
def test_the_rule_of_october_2022(chip: str, place: str, day: str, outcome: str) -> None:
    """Proves its thresholds (600 GB/s and 4,800), its three destinations and that its licence policy is not guessed."""
    known = with_regimes(
        "us-2022-10",
        old={"tpp": 4800, "io_bandwidth_gbps": 600},
        slow={"tpp": 4800, "io_bandwidth_gbps": 599},
        unknown={"tpp": 4800},
    )
    rulings = known.permissions.on(Delivery(chip, place, ("US",), "US"), date.fromisoformat(day))
    assert "+".join(strictest(grounds) if grounds else "" for grounds in rulings.values()) == outcome


@pytest.mark.parametrize(
    ("maker", "funded", "place", "day", "outcome"),
    [
        ("US", True, "CN", "2025-11-04", ""),
        ("US", True, "CN", "2025-11-05", "denied"),
        ("US", False, "CN", "2025-11-05", "free"),
        ("US", None, "CN", "2025-11-05", "undetermined"),
        ("CN", True, "CN", "2025-11-05", "free"),
        ("US", True, "KR", "2025-11-05", "free"),
        (None, True, "CN", "2025-11-05", "undetermined"),
    ],
)
def test_chinas_own_rule(maker: str | None, funded: bool | None, place: str, day: str, outcome: str) -> None:
    """Proves that foreign chips are out of state-funded centres in China. If broken, the buyer's money is not asked."""
    chip: dict[str, Any] = {"tpp": 15832} if maker is None else {"tpp": 15832, "maker_country": maker}
    buyer = {} if funded is None else {"state_funded": funded}
    known = with_regimes("cn-2025-11", buyer=buyer, x=chip)
    rulings = known.permissions.on(Delivery("x", place, ("CN",), "US"), date.fromisoformat(day))
    assert "+".join(strictest(grounds) if grounds else "" for grounds in rulings.values()) == outcome


def test_h200_at_chinese_customs_is_a_product_by_name() -> None:
    """Proves that a named product is denied and its like is not."""
    known = with_regimes("cn-2026-01", **{"h200-sxm": {"tpp": 15832}})
    for chip, outcome in (("h200-sxm", "denied"), ("c2", "free")):
        assert outcomes(known, Delivery(chip, "CN", ("CN",), "US"), date(2026, 1, 14)) == outcome
    assert known.permissions.on(Delivery("h200-sxm", "CN", ("CN",), "US"), date(2026, 1, 13)) == {"": ()}


def test_stacks_of_memory_are_not_accelerators() -> None:
    """Proves that the rule on memory touches only what states to be a stack of it, for D:5, Macau and their firms."""
    known = with_regimes("us-2024-12", stack={"attributes": {"stack-gbps-per-mm2": 2.1}})
    for place, buyer in (("CN", "US"), ("MO", "US"), ("VE", "US"), ("KR", "CN"), ("KR", "MO")):
        assert outcomes(known, Delivery("stack", place, (buyer,), "US"), date(2024, 12, 2)) == "undetermined"
    for place, buyer in (("KR", "US"), ("AE", "AE"), ("US", "US"), ("SG", "KR")):
        assert outcomes(known, Delivery("stack", place, (buyer,), "US"), date(2024, 12, 2)) == "free"
    assert outcomes(known, Delivery("c3", "CN", ("US",), "US"), date(2024, 12, 2)) == "free"
    assert known.permissions.on(Delivery("stack", "CN", ("US",), "US"), date(2024, 12, 1)) == {"": ()}


def test_the_strictest_party_counts() -> None:
    """Proves that a Korean buyer of a vendor from China needs a licence. If broken, only the buyer counts."""
    known = with_regimes("us-2023-10")
    assert outcomes(known, Delivery("c2", "KR", ("KR", "CN"), "US"), date(2025, 1, 1)) == "case-by-case"
    assert outcomes(known, Delivery("c2", "KR", ("KR", "US"), "US"), date(2025, 1, 1)) == "free"


def test_an_unknown_party_matters_only_where_it_decides() -> None:
    """Proves that c1 to Korea is free whoever buys, and that c2 is undetermined, naming what to state."""
    known = with_regimes("us-2023-10")
    assert outcomes(known, Delivery("c1", "KR", (None,), "US"), date(2025, 1, 1)) == "free"
    (grounds,) = known.permissions.on(Delivery("c2", "KR", (None,), "US"), date(2025, 1, 1)).values()
    assert grounds[0].outcome == "undetermined"
    assert "headquarters" in grounds[0].why


@pytest.mark.parametrize(("chip", "outcome"), [("c1", "free"), ("c2", "undetermined"), ("c0", "free")])
def test_a_country_in_no_group_is_in_one_of_the_open_ones(chip: str, outcome: str) -> None:
    """Proves that with open lists Indonesia, in none, is free where all of them are, and undetermined where not."""
    closed = {"t3c": ["CN"], "t3": ["VE"], "embargoed": ["RU"]}
    groups = {"t1": ["KR"], "t2a": ["SA"], "t2b": ["IN"], **closed}
    lists = {"groups": groups, "open_groups": ["t1", "t2a", "t2b"]}
    known = instance(accelerators=CHIPS, export={"regimes": {"us-2023-10": lists}})
    assert outcomes(known, Delivery(chip, "ID", ("ID",), "US"), date(2025, 1, 1)) == outcome


@pytest.mark.parametrize(("place", "outcome"), [("ID", "free"), ("GL", "undetermined"), ("UK", "undetermined")])
def test_a_country_that_supplement_1_does_not_list_is_not_guessed(place: str, outcome: str) -> None:
    """Proves that Indonesia is free by the Country Groups, and that Greenland and a code that is none are not."""
    assert outcomes(with_regimes("us-2023-10"), Delivery("c3", place, ("KR",), "US"), date(2026, 8, 1)) == outcome


def test_every_shipped_regime_cites_its_source() -> None:
    """Proves that no regime ships without a citation, a source with its date and grade, and a day."""
    from gpuplan.instance.catalog import entries

    names = list(entries("regimes"))
    known = with_regimes(*names)
    for name, regime in known.export.regimes.items():
        source = regime.sources["all"]
        assert all((regime.citation, regime.authority, regime.cells, source.source, source.as_of)), name
