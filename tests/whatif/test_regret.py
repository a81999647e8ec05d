"""Plans of scenarios under one another, worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.report.choices import regret_text
from gpuplan.whatif.regret import RegretCell
from support.builders import instance, offer, target


def market(**over: object) -> gpuplan.Instance:
    """Two systems are wanted; v asks 100, w 120."""
    return instance(
        vendors={"w": {}}, offers={"p": offer(vendor="w", price=120)}, limits={"t": target(2, stage="signed")}, **over
    )


def cells(found: object) -> dict[tuple[str, str], RegretCell]:
    return {(cell.plan_of, cell.under): cell for cell in found.cells}  # type: ignore[attr-defined]


def test_regret_is_what_the_other_plan_would_have_saved() -> None:
    """Proves by hand: v at 150 makes the base plan cost 300 where w would cost 240, a regret of 60; the plan of that
    scenario costs 240 in the base, where 200 was possible, a regret of 40."""
    found = cells(gpuplan.regret(market(), {"dear": ["offers.o.price = 150"]}, gap=0))
    assert found["base", "dear"].value == 300
    assert found["base", "dear"].regret == 60
    assert (found["base", "dear"].regret_at_least, found["base", "dear"].regret_at_most) == (60, 60)
    assert found["dear", "base"].regret == 40
    assert found["base", "base"].regret == found["dear", "dear"].regret == 0


def test_a_plan_that_cannot_stand_says_why() -> None:
    """Proves both ways of being infeasible: a rule that the plan breaks, and an offer that is not there."""
    found = cells(gpuplan.regret(market(), {"more": ["limits.t.at_least = 3"], "gone": ["offers.o remove"]}, gap=0))
    assert found["base", "more"].status == "infeasible"
    assert any("limit t" in why for why in found["base", "more"].breaks)
    assert found["base", "gone"].breaks == ("there is no offer o",)
    assert found["more", "base"].regret == 100


def test_what_follows_is_decided_anew() -> None:
    """Proves that a price tier is no commitment: two at the tier of 90 cost 100 each where the tier begins at three."""
    one = market().edited(["offers.o.tiers = [{from_units: 2, price: 90}]"])
    found = cells(gpuplan.regret(one, {"later": ["offers.o.tiers[0].from_units = 3"]}, gap=0))
    assert found["base", "base"].value == 180
    assert found["base", "later"].value == 200
    assert found["base", "later"].status == "holds"


def test_a_scenario_without_a_plan_has_none_to_offer() -> None:
    """Proves that an infeasible scenario is a column of infeasible plans, and a row of none."""
    found = gpuplan.regret(market(), {"never": ["limits.t.at_least = 99"]}, gap=0)
    assert found.statuses == ("optimal", "infeasible")
    assert cells(found)["never", "base"].status == "no plan"
    assert cells(found)["base", "never"].status == "infeasible"


def test_scenarios_of_the_instance_are_taken_by_name() -> None:
    """Proves that the scenarios of a file are used as they are, and that one that is not there is told."""
    one = market(scenarios={"dear": {"edits": ["offers.o.price = 150"]}})
    assert gpuplan.regret(one, gap=0).scenarios == ("base", "dear")
    with pytest.raises(InvalidInput, match="dear"):
        gpuplan.regret(one, ["deer"])
    with pytest.raises(InvalidInput, match="scenarios"):
        gpuplan.regret(market())


def test_regret_is_an_interval_where_a_gap_is_left() -> None:
    """Proves that what a gap leaves open is told: the true regret of 60 lies between."""
    cell = cells(gpuplan.regret(market(), {"dear": ["offers.o.price = 150"]}, gap=0.1))["base", "dear"]
    assert cell.regret_at_least is not None
    assert cell.regret_at_most is not None
    assert cell.regret_at_least <= Decimal(60) <= cell.regret_at_most


def test_no_change_is_said_as_no_change() -> None:
    """Proves that an offer that is not bought may become later or a little dearer: the plan of base is kept, at no
    regret, and it is said. If broken, plans that tie within the gap pass for an effect."""
    found = gpuplan.regret(
        market(), {"dear": ["offers.o.price = 150"], "late": ["offers.p.lead_days += 30", "offers.p.price = 119"]}
    )
    assert found.kept == (False, False, True)
    assert cells(found)["base", "late"].regret == 0
    assert cells(found)["base", "late"].value == 200
    assert "Under late the plan of base still holds" in regret_text(found)
