"""The paper for those who decide: what it asks for, by when, against which budget, and what can go wrong."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gpuplan.plan.plan import Plan
from gpuplan.report.page import page
from gpuplan.report.paper import Beside, about, asked, changes, paper, prices_table, usable
from gpuplan.report.paper_money import years_table
from gpuplan.report.paper_tables import MOST, approval_table, left_out_table, steps_table, usable_table, vendors_table
from gpuplan.report.risk_lines import risk_lines
from gpuplan.report.table import Table
from plan.examples import module, order, planned, small, stands
from report.examples import answers, rich
from report.reading import Tables

NAMED: dict[str, Any] = {
    "installation": "when-needed",
    "vendors.shop.name": "The Shop",
    "systems.box.name": "Box of eight",
    "sites.plant.name": "The Plant",
    "offers.quote.lead_days": 30,
    "offers.quote.award_days": 10,
    "limits.target": {"name": "Two boxes by June", "measure": "systems", "at_least": 2, "by": "2025-06-30"},
    "limits.budget": {"name": "Money of 2025", "measure": "spend", "at_most": 250, "by": "2025-12-31"},
}


def two_boxes(**over: Any) -> Plan:
    """Two boxes of 100, signed on 1 January, installed and usable on the 31st."""
    return planned(small({**NAMED, **over}), order(2), stands(2, "2025-01-31"))


def rows(table: Table) -> list[dict[str, object]]:
    keys = [one.key for one in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows]


def test_what_is_signed_is_told_by_name_with_its_last_day() -> None:
    """Proves 2 boxes for 200 with the last day on which both are still usable by 30 June: 30 days before, 31 May. If
    broken, the board signs too late."""
    (only,) = rows(approval_table(two_boxes()))
    assert only == {
        "what": "Box of eight", "vendor": "The Shop", "units": 2, "accelerators": 16, "amount": Decimal(200),
        "day": date(2025, 1, 1), "by": date(2025, 5, 31),
    }  # fmt: skip
    said = " ".join(asked(two_boxes()))
    assert "Buy 16 accelerators in 2 systems from The Shop for The Plant." in said
    assert "To sign first, on 2025-01-01: orders of 200.00 USD; the first of their last days is 2025-05-31." in said


def test_a_deadline_on_signing_ends_the_last_day() -> None:
    """Proves that no last day lies after a deadline that the plan must keep: 15 March, not 31 May."""
    plan = two_boxes(**{"deadlines.grant": {"by": "2025-03-15"}})
    assert rows(approval_table(plan))[0]["by"] == date(2025, 3, 15)


def test_the_last_day_of_a_missed_target_is_no_last_day() -> None:
    """Proves that a wish that is missed all the same hurries nobody: by 15 January nothing can be there, by 30 June
    it can. If broken, nothing could be signed any more."""
    late = {"measure": "systems", "at_least": 2, "by": "2025-02-10", "soft": {"penalty": 1}}
    plan = planned(
        small({**NAMED, "limits.wish": late}), order(2, "2025-02-01"), stands(2, "2025-03-03")
    )  # 2 missed on 10 February
    assert [one.missed_by for one in plan.limits if one.limit == "wish"] == [2]
    assert rows(approval_table(plan))[0]["by"] == date(2025, 5, 31)


def test_what_was_signed_before_is_not_asked_for_again() -> None:
    """Proves that approval is asked of what is new only: of two orders of one box, the committed one is left out."""
    plan = planned(small(NAMED), order(1), order(1, "2025-02-01"), stands(1, "2025-01-31"), stands(2, "2025-03-03"))
    first, second = plan.orders
    changed = plan.model_copy(update={"orders": (first.model_copy(update={"committed": 1}), second)})
    assert [row["day"] for row in rows(approval_table(changed))] == [date(2025, 2, 1)]
    both = tuple(one.model_copy(update={"committed": one.units}) for one in plan.orders)
    assert "signed already" in asked(plan.model_copy(update={"orders": both}))[-1]


def test_money_stands_against_its_budget_year_by_year_and_adds_up() -> None:
    """Proves that a budget that ends in the first year is that year's, that one for two years is for all, and that
    capex and opex are the cash of the year. 200 are paid for the boxes, of 250."""
    plan = two_boxes(**{"limits.both": {"measure": "capex", "at_most": 300}})
    first, *_, last = rows(years_table(plan))
    assert first == {
        "year": "2025", "capex": Decimal(200), "opex": Decimal(0), "cash": Decimal(200), "budget": "Money of 2025",
        "of": "spend", "used": Decimal(200), "at_most": Decimal(250), "slack": Decimal(50),
    }  # fmt: skip
    assert (last["year"], last["budget"], last["at_most"]) == ("in all", "both", Decimal(300))
    years = rows(years_table(rich()))
    for key in ("capex", "opex", "cash"):
        assert sum(Decimal(str(row[key])) for row in years[:-1] if row["year"]) == years[-1][key]
    assert all(row["capex"] + row["opex"] == row["cash"] for row in years if row["year"])  # type: ignore[operator]


def test_a_year_of_accounts_is_where_its_payments_are() -> None:
    """Proves capex and opex by fiscal year against the payments themselves: what April starts is the year of April."""
    assert sum((one.amount for one in rich().cash), Decimal(0)) == sum(
        (kind.amount for kind in rich().cost.kinds.values()), Decimal(0)
    )
    assert next(one.first for one in rich().cash) == date(2024, 4, 1)
    assert all(one.last and one.first and (one.last - one.first).days in (364, 365) for one in rich().cash)
    assert sum(one.capex or 0 for one in rich().cash) == rich().cost.kinds["capex"].amount


def test_use_is_told_by_the_plans_own_day() -> None:
    """Proves that a target is met on the day of installation and acceptance as planned, not when the vendor could have
    it ready: 15 April with 76 days to spare, though delivery was on 31 January."""
    plan = planned(small(NAMED), order(2), stands(2, "2025-04-15"))
    (only,) = rows(usable_table(plan))
    assert (only["target"], only["by"], only["reached"]) == ("Two boxes by June", date(2025, 6, 30), date(2025, 4, 15))
    assert (only["left"], only["missed_by"]) == (76, None)


def test_a_target_that_is_never_met_has_no_day() -> None:
    """Proves that half of what is wanted is no day of use: 1 of 2 boxes."""
    wish = {**NAMED["limits.target"], "soft": {"penalty": 1}}
    plan = planned(small({**NAMED, "limits.target": wish}), order(1), stands(1, "2025-01-31"))
    (only,) = rows(usable_table(plan))
    assert (only["reached"], only["left"], only["missed_by"]) == (None, None, Decimal(1))


def test_days_of_use_are_those_of_whole_orders() -> None:
    """Proves that a day is told of an order once all of it is usable, and one day where all is usable on it. If broken,
    the first of two systems passes for usable on the day of the second, or the other way round.
    """
    plan = two_boxes()
    (one,) = plan.orders
    later = one.model_copy(update={"usable": date(2025, 3, 1)})
    never = one.model_copy(update={"usable": None})
    both = plan.model_copy(update={"orders": (one, later, never)})
    assert usable(plan) == (f"All that is installed is usable on {one.usable}.",)
    assert usable(both) == (f"The first order is usable in full on {one.usable}, the last on 2025-03-01.",)
    assert usable(plan.model_copy(update={"orders": (never,)})) == ()


def test_a_vendors_part_stands_against_the_cap_on_it() -> None:
    """Proves the share, the cap of this vendor alone, and what one accelerator costs: 200 for 16 are 12.50."""
    cap = {"measure": "accelerators", "select": {"vendor": "shop"}, "at_most_share": 1, "stage": "signed"}
    other = {"measure": "accelerators", "select": {"maker": "Acme"}, "at_most_share": 0.99, "soft": {"penalty": 1}}
    (only,) = rows(vendors_table(two_boxes(**{"limits.cap": cap, "limits.maker": other})))
    assert (only["vendor"], only["share"], only["cap"], only["each"]) == ("The Shop", 1, 1, Decimal("12.50"))


def test_offers_left_out_say_why() -> None:
    """Proves both kinds: what a rule keeps out, and what the plan does without."""
    over = {
        "vendors.late": {"name": "Too Late"},
        "offers.late": {"vendor": "late", "system": "box", "price": 1, "order_until": "2024-12-31"},
        "offers.dear": {"name": "The dear one", "vendor": "late", "system": "box", "price": 999},
    }
    told = {row["offer"]: row["why"] for row in rows(left_out_table(two_boxes(**over)))}
    assert told == {
        "Box of eight from Too Late": "the order window closed on 2024-12-31",
        "The dear one": "possible; this plan does without it",
    }


def test_steps_are_in_order_of_their_days() -> None:
    """Proves tender before signature, ten days apart, each with its last day."""
    told = [(row["does"], row["day"], row["by"]) for row in rows(steps_table(two_boxes()))]
    assert told == [
        ("publish the tender", date(2024, 12, 22), date(2025, 5, 21)),
        ("sign", date(2025, 1, 1), date(2025, 5, 31)),
    ]


def test_risks_are_told_the_gravest_first_and_three_at_most() -> None:
    """Proves the order: what is missed comes before a target that is met with a day to spare, and that before what
    binds."""
    close = {**NAMED["limits.target"], "by": "2025-02-01"}
    wish = {"name": "Three boxes", "measure": "systems", "at_least": 3, "soft": {"penalty": 1}}
    lines = risk_lines(two_boxes(**{"limits.target": close, "limits.wish": wish, "offers.quote.award_days": 0}))
    assert lines[0] == "Not met: Three boxes, by 1 system."
    assert lines[1] == "Delay: Two boxes by June is met with 1 day to spare."
    assert lines[2] == "Limits that bind: Two boxes by June."
    assert len(risk_lines(rich())) <= 3


def test_little_money_is_told_where_no_system_fits_into_it() -> None:
    """Proves that 50 of 250 are told as less than a box of 100 costs, and 150 of 350 are not."""
    assert "Of Money of 2025 50.00 USD are left, less than one more system costs." in risk_lines(two_boxes())
    rich_one = two_boxes(**{"limits.budget": {**NAMED["limits.budget"], "at_most": 350}})
    assert not [line for line in risk_lines(rich_one) if "are left" in line]


def test_nothing_is_told_of_changes_but_what_was_worked_out_of_this_plan() -> None:
    """Proves that a comparison is told beside its own base only, and that without one the paper has no such part."""
    found = answers()["comparison"]
    base = rich().model_copy(update={"name": found.name, "levels": found.base.levels})
    assert found.edits[0] in changes(base, [found])[0]
    assert changes(rich(), [found]) == ()
    assert "changes-of-it" not in [part.name for part in paper(base)]
    assert "changes-of-it" in [part.name for part in paper(base, Beside(comparisons=[found]))]
    text = Tables(page([base, found])).text
    assert "What if, as worked out" in text
    assert "What if, as worked out" not in Tables(page([rich(), found])).text


def test_entry_prices_are_told_where_they_were_worked_out() -> None:
    """Proves the price of each offer and that up to which it is in the plan, as their JSON has them."""
    prices = answers()["entry-prices"]
    told = rows(prices_table(rich(), prices))
    assert [(row["price"], row["enters_at"]) for row in told] == [(x.price, x.enters_at) for x in prices.offers]
    assert rows(prices_table(rich(), None)) == []
    shown = Tables(page([rich().model_copy(update={"name": prices.name}), prices])).tables
    assert len(shown["entry"]) == len(told) + 1
    assert "entry" not in Tables(page([rich(), prices])).tables


def test_author_day_and_version_are_named() -> None:
    """Proves who and when, and that neither is made up."""
    told = about(rich(), Beside(author="A. Buyer", day=date(2025, 3, 4)))
    version = rich().versions["gpuplan"]
    known = f"gpuplan {version} · instance {rich().instance_sha256[:12]}"
    assert told == f"2025-03-04 · by A. Buyer · {known}"
    assert about(rich()) == known


@pytest.mark.parametrize("count", [MOST, MOST + 3])
def test_many_orders_are_added_up_in_one_row(count: int) -> None:
    """Proves that no money is lost where rows do not fit: the amounts add up to those of all orders."""
    months = [f"2025-{month:02}-01" for month in range(1, 13)][:count]
    lines = [order(1, day) for day in months]
    plan = planned(small(), *lines, stands(count, "2025-12-31"))
    table = rows(approval_table(plan))
    assert len(table) == min(count, MOST + 1)
    assert sum(Decimal(str(row["amount"])) for row in table) == 100 * count


def test_modules_are_asked_for_too() -> None:
    """Proves that facility modules are signed for by name, without a vendor."""
    over = {
        **NAMED,
        "modules.ups": {"name": "The UPS", "price": 7, "lead_days": 0, "provides": {"grid-power": 1}},
        "sites.plant.modules": {"ups": {}},
    }
    plan = planned(small(over), order(2), stands(2, "2025-01-31"), module(3))
    assert [(row["what"], row["vendor"], row["units"], row["amount"]) for row in rows(approval_table(plan))][1] == (
        "The UPS", "", 3, Decimal(21),
    )  # fmt: skip
