"""Module costs: instalments of the price, and maintenance from the month in which a module is ready."""

from __future__ import annotations

from decimal import Decimal

from support.answers import cost_of, terms_of
from support.builders import POWERED, UNLIMITED, Tree, case, target

EURO: Tree = {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-01", "rate": 1.25}]}
YEAR: Tree = {"economics": {"evaluation_years": 1}}


def powered(module: Tree, **over: object) -> Tree:
    """One system of 10 kW by the end of February, where all but protected power is there."""
    block = {"provides": {"protected-power": 10}, "lead_days": 0, "price": 8, "order_until": "2025-01-31", **module}
    sites = {"a": {"capacity": UNLIMITED, "modules": {"ups": {}}}}
    return case(
        calendar={"periods": 2},
        systems={"s": POWERED},
        modules={"ups": block},
        sites=sites,
        limits={"t": target(1)},
        **over,
    )


def test_a_module_is_paid_in_parts_at_the_rate_of_each_day() -> None:
    """Proves instalments: half of 8 EUR on 1 January at 1.5 and half 40 days later at 1.25: 6 + 5 = 11.

    At the rate of the order it would be 12, and 8 without any.
    """
    payments = [{"event": "signed", "share": 0.5}, {"event": "signed", "share": 0.5, "days_after": 40}]
    tree = powered({"currency": "EUR", "payments": payments}, economics={"exchange_rates": EURO})
    assert terms_of(tree) == {"purchase": 100, "modules": 11}


def test_maintenance_begins_when_a_module_is_ready() -> None:
    """Proves maintenance: half of 730 a year is 1 a day. Ordered in January it is kept for 365 days without a lead, and
    for the 334 days from February on with one of 31 days.

    If it began with the order, 365 in both cases.
    """
    kept: Tree = {"price": 730, "maintenance_rate_per_year": 0.5}
    assert terms_of(powered({**kept, "lead_days": 31}, **YEAR))["maintenance"] == 334
    assert terms_of(powered(kept, **YEAR))["maintenance"] == 365


def test_a_cheaper_module_that_is_dear_to_keep_is_not_taken() -> None:
    """Proves that maintenance decides: 73 and 0.02 a day against 80 without any: 74.18 for two months, 80 for a year.

    If maintenance were not in the program, the first would be taken for a year as well, and cost 80.30.
    """
    tree = powered({"price": 73, "maintenance_rate_per_year": 0.1})
    tree["modules"]["quiet"] = {**tree["modules"]["ups"], "price": 80, "maintenance_rate_per_year": 0}
    tree["sites"]["a"]["modules"]["quiet"] = {}
    assert cost_of(tree) == Decimal("174.18")
    assert cost_of({**tree, **YEAR}) == 180
