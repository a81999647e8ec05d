"""Who pays and what decides the day, as text and as tables."""

from __future__ import annotations

import csv
from pathlib import Path

import gpuplan
from gpuplan.plan.files import write_csv
from gpuplan.report.terminal import outcome_text
from support.builders import case, made, target

TREE = case(
    systems={"s": {"installation_price_usd": 10}},
    offers={"o": {"order_until": "2025-01-31", "buyer_share": 0.75}},
    funds={"ministry": {"amount": 150, "terms": ["purchase"]}, "own-money": {"amount": 120}},
    limits={"t": target(1.5)},
)


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a CSV file."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_the_text_says_who_pays_what_hosts_keep_and_what_decides_the_day() -> None:
    """Proves the parts of the text: 220 for 2 systems, 150 and 70; a quarter of 16 accelerators is the host's.

    If broken, a fund's officer cannot find the fund's part.
    """
    instance = made(TREE)
    text = outcome_text(gpuplan.solve(instance, gap=0), instance.name, details=True)
    assert "Buy 16 accelerators (hosts keep 4) in 2 systems" in text
    lines = text.splitlines()
    paid = lines[lines.index("Who pays") + 1 :][:2]
    assert paid[0].split() == ["year,", "USD", "ministry", "own-money", "all"]
    assert paid[1].split() == ["2025", "150.00", "70.00", "220.00"]
    path = lines[lines.index("What decides the day of a target") + 2 :][:5]
    assert [line.split()[-5] for line in path] == [
        "sign",
        "ship",
        "deliver",
        "install",
        "accept",
    ]
    assert max(len(line) for line in lines) <= 80


def test_the_tables_hold_payers_and_the_critical_path(tmp_path: Path) -> None:
    """Proves the CSV: cash has a column for each fund, critical_path a row for each step, both with their headings."""
    plan = gpuplan.solve(made(TREE), gap=0).plan
    assert plan is not None
    write_csv(plan, tmp_path)
    tables = {name: rows_of(tmp_path / f"{name}.csv") for name in ("cash", "critical_path")}
    year = {"year": "2025", "first": "2025-01-01", "last": "2025-12-31", "amount": "220", "capex": "220", "opex": "0"}
    assert tables["cash"] == [{**year, "by_fund.ministry": "150", "by_fund.own-money": "70"}]
    assert [row["event"] for row in tables["critical_path"]] == ["sign", "ship", "deliver", "install", "accept"]
