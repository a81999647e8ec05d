"""The answer as text: what, how many, from whom, where, when, at what cost, what binds, and how sure it is."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gpuplan.api import Outcome
from gpuplan.diagnosis import Clash, Conflict
from gpuplan.plan.plan import Plan
from gpuplan.report.outcome import outcome_tree
from gpuplan.report.plan_tables import plan_tables
from gpuplan.report.terminal import outcome_text
from gpuplan.report.words import money, percent, plural, quantity
from plan.examples import order, planned, small, solved, stands


def said(plan: Plan, **options: Any) -> str:
    level = plan.levels[-1]
    outcome = Outcome(plan.status, plan, level.bound, level.gap, None, 1.0)  # type: ignore[arg-type]
    return outcome_text(outcome, plan.name, **{"details": True, **options})


def test_the_report_of_a_plan_says_all_that_was_decided_and_how_sure_it_is() -> None:
    """Proves the report of a small plan, fact by fact."""
    over = {
        "limits.target": {"measure": "systems", "at_least": 2, "by": "2025-06-30"},
        "limits.budget": {"measure": "spend", "at_most": 500_000_000},
        "offers.quote.price": 123_456_789,
        "offers.quote.lead_days": 30,
        "systems.box.sources": {"all": {"source": "x", "confidence": "assumption"}},
        "offers.late": {"vendor": "shop", "system": "box", "price": 1, "order_until": "2024-12-31"},
    }
    text = said(planned(small(over), order(2), stands(2, "2025-01-31")))
    flat = " ".join(text.split())
    for fact in [
        "small",
        "Buy 16 accelerators in 2 systems",  # what and how many
        "from 1 vendor (shop)",
        "for 1 site (plant)",
        "signed on 2025-01-01, the last usable on 2025-01-31",
        "It costs 246.9 M USD",
        "purchase",
        "target",
        "binds",
        "≥ 2",
        "≤ 500.0 M USD",
        "proven best",
        "audit passed",
        "Latest days to act",
        "2025-05-31",
        "the order window closed on 2024-12-31",
        "1 assumption and 0 unverified figures",
    ]:
        assert fact in flat, f"{fact!r} is not said:\n{text}"
    assert "\x1b" not in text


def test_the_report_is_no_wider_than_a_terminal() -> None:
    """Proves 80 columns for a plan with something of everything, and for ids as long as they may be."""
    long_id, site = "l" * 100, "s" * 100
    over = {
        f"vendors.{long_id}": {},
        f"sites.{site}": {},
        f"offers.{long_id}": {"vendor": long_id, "system": "box", "price": 10**12},
        f"limits.{long_id}": {"measure": "systems", "at_least": 1, "by": "2025-06-30"},
    }
    plans = [solved()[1], planned(small(over), order(2, offer=long_id, site=site), stands(2, offer=long_id, site=site))]
    for plan in plans:
        for width in (60, 80, 120):
            assert max(map(len, said(plan, width=width).splitlines())) <= width


def test_no_line_ends_in_blanks_and_the_text_ends_in_one_line_end() -> None:
    """Proves text that diffs well."""
    text = said(solved()[1])
    assert all(line == line.rstrip() for line in text.splitlines())
    assert text.endswith("\n")


def test_binding_limits_come_first() -> None:
    """Proves that a limit that binds is listed before one with room, whatever the instance's order."""
    over = {
        "limits": {
            "roomy": {"measure": "spend", "at_most": 1000},
            "tight": {"measure": "systems", "at_most": 2},
        }
    }
    text = said(planned(small(over), order(2), stands(2)))
    assert text.index("tight") < text.index("roomy")


def test_a_limit_of_many_windows_is_one_row() -> None:
    """Proves that of a year of monthly limits one row is shown, the month with the least room, and how many bind.

    Two systems are shipped in January of at most two a month; eleven months have room for two. If broken, twelve rows.
    """
    monthly = {"measure": "systems", "stage": "shipped", "each": "month"}
    text = said(planned(small({"limits": {"rate": {**monthly, "at_most": 2}}}), order(2), stands(2)))
    (row,) = [line for line in text.splitlines() if line.startswith("rate ")]
    assert row.split() == ["rate", "2", "≤", "2", "0", "binds,", "1", "of", "12"]
    text = said(planned(small({"limits": {"rate": {**monthly, "at_most": 5}}}), order(2), stands(2)))
    assert "least of 12" in text
    short = {**monthly, "at_least": 2, "soft": {"penalty": 1}}
    text = said(planned(small({"limits": {"rate": short}}), order(2), stands(2)))
    assert "missed, 11 of 12" in text


def test_a_missed_soft_limit_is_said_up_front() -> None:
    """Proves that the first paragraph admits what is missed, and by how much."""
    over = {"limits.target": {"measure": "systems", "at_least": 5, "soft": {"penalty": 1}}}
    text = " ".join(said(planned(small(over), order(2), stands(2))).split())
    assert "Soft limit target is missed by 3 systems" in text


def test_what_only_the_solver_says_is_not_told_as_proven() -> None:
    """Proves the words for 200 with 150 verified and 200 claimed: no "optimal" and no "best" without whose word it is.

    If broken, "proven best", or "stopped before the gap asked for was reached", which it was not.
    """
    text = " ".join(said(planned(small(), order(2), stands(2), optimal=False, verified=Decimal("0.75"))).split())
    assert "Optimal by the solver's word, which nothing has verified" in text
    assert "proven within 25 % (50.00 USD) of the best (by the solver's word the best)" in text
    assert "proven best" not in text
    assert "Stopped before" not in text


def test_a_failed_audit_is_said_with_what_it_found() -> None:
    """Proves that a plan that breaks a rule never looks like one that holds."""
    text = said(planned(small({"offers.quote.max_units": 1}), order(2), stands(2)))
    assert "FAILED" in text
    assert "offers.quote: bought in all" in " ".join(text.split())


def test_buying_nothing_is_said() -> None:
    """Proves the report of an empty plan."""
    assert "Buy nothing." in said(planned(small()))


def test_markup_in_an_instance_is_only_text() -> None:
    """Proves that brackets in a name are shown, not obeyed."""
    assert "[red]x[/red] [bold]" in said(planned(small({"name": "[red]x[/red] [bold]"})))


@pytest.mark.parametrize("variable", ["FORCE_COLOR", "COLUMNS", "TERM", "JUPYTER_COLUMNS", "TTY_COMPATIBLE"])
def test_the_environment_changes_nothing(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    """Proves that text written to a file is the same everywhere."""
    plan = planned(small(), order(2), stands(2))
    before = said(plan)
    monkeypatch.setenv(variable, "1")
    assert said(plan) == before


def test_color_is_there_when_asked_for() -> None:
    """Proves that a terminal gets its bold headings."""
    assert "\x1b[1m" in said(planned(small()), color=True)


def test_the_lack_of_a_plan_is_an_answer_too() -> None:
    """Proves the text and data of an infeasible instance: the rules that clash, and whether that set is proven."""
    clash = (
        Clash("limits", "limits.budget", "limit budget: at most 5"),
        Clash("limits", "limits.target", "at least 2"),
    )
    outcome = Outcome("infeasible", None, None, None, Conflict("policy", clash, minimal=True, frees=False), 1.0)
    text = " ".join(outcome_text(outcome, "korea").split())
    for fact in ["korea", "There is no plan", "limits.budget: at most 5", "limits.target", "(proven)"]:
        assert fact in text
    tree = outcome_tree(outcome)
    assert tree["status"] == "infeasible"
    assert tree["conflict"]["members"][1] == {  # type: ignore[index]
        "family": "limits", "path": "limits.target", "says": "at least 2", "frees": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("paths", "said", "proof"),
    [
        (["limits.t"], "the rule below cannot hold.", "Leaving it out makes room"),
        (["limits.t", "limits.cap"], "the rules below cannot all hold.", "Leaving out any one of them makes room"),
    ],
)
def test_one_rule_that_cannot_hold_is_told_as_one(paths: list[str], said: str, proof: str) -> None:
    """Proves the words for one rule and for two. If broken, one rule "cannot all hold"."""
    clash = tuple(Clash("limits", path, "at least 2", frees=True) for path in paths)
    outcome = Outcome("infeasible", None, None, None, Conflict("policy", clash, minimal=True, frees=True), 1.0)
    text = " ".join(outcome_text(outcome, "korea").split())
    assert f"There is no plan: {said}" in text
    assert proof in text


@pytest.mark.parametrize("status", ["unbounded", "no_plan_found"])
def test_other_ends_without_a_plan_are_told_apart(status: Any) -> None:
    """Proves that "no plan yet" is never said as "no plan"."""
    text = outcome_text(Outcome(status, None, None, None, None, 1.0), "korea")
    assert ("best plan" in text) == (status == "unbounded")
    assert ("allow more time" in " ".join(text.split())) == (status == "no_plan_found")


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00 USD"),
        ("999499.994", "999,499.99 USD"),
        ("1000000", "1.000 M USD"),
        ("12345678", "12.35 M USD"),
        ("1459000000000", "1.459 tn USD"),
        ("876200000000", "876.2 bn USD"),
        ("-2500000000", "-2.500 bn USD"),
        ("999999.999", "1.000 M USD"),
        ("999960000", "1.000 bn USD"),
        ("999999999999", "1.000 tn USD"),
    ],
)
def test_money_is_said_in_a_readable_scale(amount: str, text: str) -> None:
    """Proves the scales and their edges: four digits or more, and rounding never shows 1,000,000.00 or 1,000.0 M."""
    assert money(Decimal(amount), "USD") == text


def test_quantities_are_said_with_their_units() -> None:
    """Proves shares as per cent, whole numbers without decimals, the rest with two."""
    assert quantity(Decimal("0.125"), "share", "USD") == "12.5 %"
    assert quantity(Decimal("1234.0"), "kW", "USD") == "1,234 kW"
    assert quantity(Decimal("1234.567"), "kW", "USD") == "1,234.57 kW"
    assert quantity(Decimal(5), "", "USD") == "5"
    assert quantity(Decimal(5), "money", "USD") == "5.00 USD"
    assert (percent(None), percent(Decimal("0.001")), plural(1, "site"), plural(2, "site")) == (
        "-",
        "0.1 %",
        "1 site",
        "2 sites",
    )


def test_what_is_added_to_a_quote_stands_beside_its_price() -> None:
    """Proves 2 x 100 quoted, and 2 x (30 + 5) for network and installation that the quote leaves out, in JSON, terminal
    and tables; capex of 270 in all."""
    parts = {"network_price_usd": 30, "installation_price_usd": 5}
    plan = planned(small({"systems.box": {"accelerator": "chip", "accelerators": 8, **parts}}), order(2), stands(2))
    assert [(one.amount, one.added) for one in plan.orders] == [(270, 70)]
    rows = {table.name: table for table in plan_tables(plan)}
    bill = rows["bill-of-materials"]
    assert bill.rows[0][[one.key for one in bill.columns].index("added")] == 70
    cost = {row[0]: row[2] for row in rows["cost"].rows}
    assert cost["capex in all"] == 270
    assert "opex in all" not in cost
    assert {kind: one.amount for kind, one in plan.cost.kinds.items()} == {"capex": 270}
    shown = said(plan)
    (row,) = (line for line in shown.splitlines() if line.startswith("box"))
    assert row.split()[-2:] == ["200.00", "70.00"]


def test_orders_of_one_day_that_take_two_ways_share_what_they_cost() -> None:
    """Proves 100 and 200 for one and two systems; if broken, each says 300."""
    plan = planned(small(), order(1), order(2), stands(3))
    assert [one.amount for one in plan.orders] == [100, 200]
