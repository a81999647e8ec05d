"""Levies: taxes, duties and credits on the payments of named cost terms."""

from __future__ import annotations

from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import case, made, offer, target

ONE = {"limits": {"t": target(1)}, "offers": {"o": {"order_until": "2025-01-31"}}}
VAT = {"terms": ["purchase"], "rate": 0.1}


def test_a_tax_is_paid_on_top_of_the_terms_it_names() -> None:
    """Proves the rate and the terms: 10 % of 2 x 100 but not of installation. If on everything, 20.6."""
    tree = case(systems={"s": {"installation_price_usd": 3}}, levies={"vat": VAT}, limits={"t": target(2)})
    assert terms_of(tree) == {"purchase": 200, "installation": 6, "capital-levies": 20}


def test_a_tax_on_operation_is_an_operating_term() -> None:
    """Proves the kind: 10 % of the rent of 5 a month for three months is 1.5 and counts as opex, not as capex."""
    levies = {"vat": {"terms": ["site"], "rate": 0.1}}
    tree = case(sites={"a": {"fixed_cost_per_month": 5, "build_days": 0}}, levies=levies, **ONE)
    tree["limits"]["t"]["by"] = "2025-01-31"
    assert terms_of(tree) == {"purchase": 100, "site": 15, "operating-levies": Decimal("1.5")}
    tree["limits"]["b"] = {"measure": "opex", "at_most": 16}
    assert is_infeasible(tree)
    tree["limits"]["b"]["at_most"] = 16.5
    assert cost_of(tree) == Decimal("116.5")


def test_a_duty_may_be_higher_than_the_price() -> None:
    """Proves rates above 1: 145 % on 100 is 145, and falls to 30 % for what is paid from February on.

    So one by January costs 245 and one by the end 130. If rates ended at 1, the first would cost 200.
    """
    steps = [{"from": "2025-01-01", "rate": 1.45}, {"from": "2025-02-01", "rate": 0.3}]
    tree = case(levies={"duty": {**VAT, "rate": steps}}, limits={"t": target(1, by="2025-01-31")})
    assert terms_of(tree) == {"purchase": 100, "capital-levies": 145}
    tree["limits"]["t"] = target(1)
    assert terms_of(tree) == {"purchase": 100, "capital-levies": 30}


def test_a_rate_in_per_cent_is_remarked_on_and_one_beyond_reason_refused() -> None:
    """Proves slips: 1.45 is taken without a word, 2 and 20 with one, 145 is refused, and so is a credit above 1."""
    remarks = {
        rate: [one.message for one in gpuplan.check(made(case(levies={"vat": {**VAT, "rate": rate}})))]
        for rate in (1.45, 2, 20)
    }
    assert remarks[1.45] == []
    assert remarks[2] == ["a rate of 2 is 200 % of the payments that it is on"]
    assert remarks[20] == ["a rate of 20 is 2,000 % of the payments that it is on"]
    with pytest.raises(InvalidInput, match="at most 100 is wanted"):
        made(case(levies={"vat": {**VAT, "rate": 145}}))
    with pytest.raises(InvalidInput, match="its rate is at most 1"):
        made(case(levies={"vat": {**VAT, "rate": 1.2, "kind": "credit"}}))


def test_the_rate_is_that_of_the_day_of_the_payment() -> None:
    """Proves dated rates: nothing in January, 10 % from 1 February, 20 % from 1 March on: 0 + 10 + 20.

    Three systems, one a month, by the supply.
    """
    steps = [{"from": "2025-02-01", "rate": 0.1}, {"from": "2025-03-01", "rate": 0.2}]
    supply = {"o": {"supply": [{"from": "2025-01-01", "units_per_month": 1}]}}
    tree = case(offers=supply, levies={"duty": {**VAT, "rate": steps}}, limits={"t": target(3)})
    assert terms_of(tree) == {"purchase": 300, "capital-levies": 30}


def test_a_tax_that_is_recovered_costs_its_delay_alone() -> None:
    """Proves recovery: 10 paid on 1 January, 10 back 365 days later; at 25 % a year worth 8 then, so 2.

    In all 102; a cash limit to the end of January sees 110, so 109 is too little.
    """
    tree = case(
        economics={"discount_rate_per_year": 0.25},
        levies={"vat": {**VAT, "recovered_share": 1, "recovered_days_after": 365}},
        **ONE,
    )
    assert cost_of(tree) == 102
    assert terms_of(tree) == {"purchase": 100}
    tree["limits"]["b"] = {"measure": "spend", "at_most": 109, "by": "2025-01-31"}
    assert is_infeasible(tree)


def test_a_tax_is_due_days_after_the_payment() -> None:
    """Proves `days_after`: 10 are due on 10 February, so 100 suffice in January. If due at once, 110."""
    tree = case(levies={"vat": {**VAT, "days_after": 40}}, **ONE)
    tree["limits"]["b"] = {"measure": "spend", "at_most": 100, "by": "2025-01-31"}
    assert cost_of(tree) == 110


def test_a_credit_comes_back_for_what_it_selects() -> None:
    """Proves credits: 30 % of what w sells comes back, so p at 120 costs 84 and beats o at 100. If a tax, o wins."""
    credit = {"kind": "credit", "terms": ["purchase"], "rate": 0.3, "select": {"vendor": "w"}}
    tree = case(
        vendors={"w": {}}, offers={"p": offer(vendor="w", price=120)}, levies={"c": credit}, limits={"t": target(1)}
    )
    plan = plan_of(tree)
    assert units_of(plan) == {"p": 1}
    assert plan.cost.amount == 84


def test_a_commitment_holds_what_is_levied_on_it() -> None:
    """Proves the basis: signed in January, paid with its tax in March, 110 are committed in January."""
    paid = {"payments": [{"event": "signed", "share": 1, "days_after": 70}], "order_until": "2025-01-31"}
    tree = case(offers={"o": paid}, levies={"vat": VAT}, limits={"t": target(1)})
    budget = {"measure": "capex", "basis": "commitment", "by": "2025-01-31"}
    tree["limits"]["b"] = {**budget, "at_most": 109}
    assert is_infeasible(tree)
    tree["limits"]["b"] = {**budget, "at_most": 110}
    assert cost_of(tree) == 110


def test_nothing_is_levied_on_levies_penalties_and_residual_values() -> None:
    """Proves that a levy cannot be on another, so that their order means nothing."""
    for term in ("capital-levies", "penalty", "residual"):
        with pytest.raises(InvalidInput, match=f"nothing is levied on {term}"):
            made(case(levies={"x": {"terms": [term], "rate": 0.1}}))
    with pytest.raises(InvalidInput, match="only a tax is recovered"):
        made(case(levies={"x": {**VAT, "kind": "credit", "recovered_share": 1}}))
