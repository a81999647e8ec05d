"""What quotes leave open: leads as ranges, planned with the longer one, and damages for coming late."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.families.supply import sentence
from gpuplan.plan.plan import PlanRisk
from gpuplan.report.terminal import outcome_text
from gpuplan.whatif.figures import figures
from support.answers import cost_of, is_infeasible, plan_of
from support.builders import Tree, case, made, merged, target

RANGE = {"lead_days_range": {"least": 20, "most": 30}}
DAMAGES = {"late_damages": {"share_per_week": 0.005, "at_most_share": 0.05, "grace_days": 7}}


def risk_of(quote: Tree, **over: object) -> PlanRisk:
    """The only risk of a plan that signs one system in January."""
    tree = case(offers={"o": {**quote, "order_until": "2025-01-31", "max_units": 1}}, limits={"t": target(1)}, **over)
    (risk,) = plan_of(tree).risks
    return risk


def test_the_longer_lead_is_planned_with() -> None:
    """Proves days: signed on 1 January, ready on the 31st by 30 days; by the 30th there is none, though 20 days would
    do."""
    tree = case(offers={"o": RANGE}, limits={"t": target(1, by="2025-01-31")})
    assert plan_of(tree).orders[0].ready == date(2025, 1, 31)
    assert is_infeasible(merged(tree, {"limits": {"t": {"by": "2025-01-30"}}}))


def test_how_much_sooner_it_may_be_is_told() -> None:
    """Proves the range: ready on 31 January as planned, on the 21st at the soonest; shipping and acceptance add to
    both."""
    risk = risk_of(RANGE)
    assert (risk.ready, risk.soonest, risk.damages_per_week) == (date(2025, 1, 31), date(2025, 1, 21), None)
    assert risk.says == "quoted at 20 to 30 days of lead: ready from 2025-01-21 to 2025-01-31"
    later = risk_of({**RANGE, "shipping_days": 4, "acceptance_days": 5})
    assert (later.ready, later.soonest) == (date(2025, 2, 9), date(2025, 1, 30))


def test_a_licence_that_takes_longer_leaves_nothing_open() -> None:
    """Proves licences: of 25 days, they leave 5 of the 10; of 40 none."""

    def licensed(days: int) -> PlanRisk:
        rules = {
            "citation": "a made-up rule",
            "effective": "2025-01-01",
            "classes": [{"name": "any", "any_of": [{}]}],
            "cells": [{"ruling": {"outcome": "licence", "days": days}}],
        }
        return risk_of(
            RANGE,
            accelerators={"x": {"tpp": 1600}},
            systems={"s": {"accelerator": "x"}},
            sites={"a": {"country": "KR"}},
            vendors={"v": {"country": "KR"}},
            export={"buyer": {"headquarters": "KR"}, "regimes": {"r": rules}},
        )

    assert (licensed(25).soonest, licensed(25).ready) == (date(2025, 1, 26), date(2025, 1, 31))
    assert licensed(40).says == "quoted at 20 to 30 days of lead: ready on 2025-02-10 either way"


def test_what_is_owed_for_coming_late_is_told_and_nothing_else() -> None:
    """Proves damages: one at 200.5 euros with a tenth off: 0.5 % of 180.45 is 0.90 a week and 5 % is 9.02; the plan
    costs what it would without."""
    quote = {"price": 200.5, "currency": "EUR", "early_order": {"until": "2025-01-31", "discount": 0.1}}
    rates = {"economics": {"exchange_rates": {"EUR": [{"from": "2025-01-01", "rate": 2}]}}}
    risk = risk_of({**quote, **DAMAGES}, **rates)
    assert (risk.damages_per_week, risk.damages_at_most) == (Decimal("0.90"), Decimal("9.02"))
    assert (risk.currency, risk.soonest) == ("EUR", None)
    assert risk.says == "the vendor owes 0.90 EUR for each week late after 7 days, 9.02 at most"
    tree = case(offers={"o": DAMAGES}, limits={"t": target(1)})
    assert cost_of(tree) == cost_of(case(limits={"t": target(1)})) == 100


def test_damages_count_all_units_of_an_order() -> None:
    """Proves units: three at 100 owe 1.50 a week; both risks of one order are one line."""
    tree = case(offers={"o": {**DAMAGES, **RANGE, "order_until": "2025-01-31"}}, limits={"t": target(3)})
    (risk,) = plan_of(tree).risks
    assert (risk.units, risk.damages_per_week, risk.damages_at_most) == (3, Decimal("1.50"), Decimal(15))
    assert risk.says.count(";") == 1


def test_a_quote_that_leaves_nothing_open_has_no_risk() -> None:
    """Proves that only what is stated is told."""
    assert plan_of(case(limits={"t": target(1)})).risks == ()


def test_the_report_tells_it() -> None:
    """Proves the terminal and the tables."""
    outcome = gpuplan.solve(made(case(offers={"o": RANGE}, limits={"t": target(1)})), gap=0, explain_seconds=0)
    assert outcome.plan is not None
    assert "What the quotes leave open" in outcome_text(outcome, "case", details=True)
    assert "What the quotes leave open" in gpuplan.page(outcome.plan)


def test_a_rule_and_a_question_speak_of_the_range() -> None:
    """Proves words: the sentence of supply, and a figure that moves the longer lead down to the shorter."""
    instance = made(case(offers={"o": RANGE}))
    assert sentence(instance, "offers.o").endswith("20 to 30 days of lead")
    figure = next(one for one in figures(instance) if "lead" in one.path)
    assert (figure.path, figure.value, figure.least) == ("offers.o.lead_days_range.most", 30, 10)
    assert instance.edited(figure.edits(Decimal(-10))).offers["o"].leads[0].days == 20


@pytest.mark.parametrize(
    ("quote", "says"),
    [
        ({"lead_days_range": {"least": 30, "most": 20}}, "least 30 is more than most 20"),
        ({**RANGE, "lead_days": 25}, "either lead_days or lead_days_range"),
        ({"late_damages": {"share_per_week": 5}}, "at most 1 is wanted"),
    ],
)
def test_what_contradicts_itself_is_refused(quote: Tree, says: str) -> None:
    """Proves the refusals."""
    with pytest.raises(InvalidInput, match=says):
        made(case(offers={"o": quote}))
