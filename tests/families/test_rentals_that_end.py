"""Rentals that end: minimum terms, notice, what is held from a day on, and what goes with the systems."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.instance.checks import check
from gpuplan.instance.rentals import end_of, is_there, without_end
from gpuplan.ledger.recount import Recount
from gpuplan.plan.plan import Plan
from support.answers import is_infeasible, plan_of, terms_of, worth
from support.builders import POWERED, UNLIMITED, Tree, case, made, merged, offer, target

RENTED: Tree = {"price": 0, "price_per_month": 31, "min_months": 1, "max_units": 3}
FIRST = {"order_until": "2025-01-31"}
"""Signed in January or not at all."""


def until(plan: Plan) -> list[tuple[str, date | None, int]]:
    """(offer, last day, units) of every order."""
    return [(one.offer, one.given_back, one.units) for one in plan.orders]


def bridge(**over: object) -> Tree:
    """One system is wanted from January on; a bought one comes on 1 March, three years are looked at."""
    tree = case(
        calendar={"periods": 6},
        economics={"evaluation_years": 3},
        offers={"o": {**RENTED, **FIRST}, "p": offer(lead_days=59, **FIRST)},
        limits={"t": target(1, by="2025-01-31")},
    )
    return merged(tree, dict(over))


def test_what_is_rented_is_given_back_when_what_was_bought_is_there() -> None:
    """Proves the day of return: 31 for January, 31 for February, and 100 for the system of 1 March: 162.

    If rent never ended, 36 x 31 = 1,116.
    """
    plan = plan_of(bridge())
    assert plan.cost.amount == 162
    assert until(plan) == [("p", None, 1), ("o", date(2025, 2, 28), 1)]


def test_what_is_needed_on_is_not_given_back_and_rented_again() -> None:
    """Proves that one rental is signed for and not two, one after the other, which would cost the same 62.

    Rent may be signed for in every month, and one month is owed at least.
    """
    plan = plan_of(bridge(offers={"o": {"order_until": None}}))
    assert until(plan) == [("p", None, 1), ("o", date(2025, 2, 28), 1)]
    assert [one.signed for one in plan.orders] == [date(2025, 1, 1)] * 2


def test_a_target_holds_from_its_day_on_after_every_rental() -> None:
    """Proves that a target by 31 January is not met by a month's rent alone. If it were, 31 instead of 162."""
    plan = plan_of(bridge())
    assert [limit.used for limit in plan.limits] == [1]
    assert "and from then on" in plan.limits[0].says
    assert plan.cost.amount == 162


def test_a_minimum_term_is_kept() -> None:
    """Proves `min_months`: three months from 1 January end with March, 93 + 100 = 193. Without it, 162."""
    plan = plan_of(bridge(offers={"o": {"min_months": 3}}))
    assert plan.cost.amount == 193
    assert ("o", date(2025, 3, 31), 1) in until(plan)


def test_notice_is_given_after_signing() -> None:
    """Proves `notice_days`: 59 days from 1 January are 1 March, so that March is paid too: 193. With 58 days, 162.

    With 58 days notice is given on the day of signing, for 28 February.
    """
    assert plan_of(bridge(offers={"o": {"notice_days": 59}})).cost.amount == 193
    plan = plan_of(bridge(offers={"o": {"notice_days": 58}}))
    assert plan.cost.amount == 162
    assert [one.notice_by for one in plan.orders if one.given_back] == [date(2025, 1, 1)]


def test_a_rental_without_a_minimum_term_stays_to_the_end() -> None:
    """Proves that without `min_months` nothing is given back: to buy at once costs less than 1,116 of rent.

    Three months of calendar and no further years, and what is bought comes too late: 93 of rent, no other order.
    """
    tree = bridge(calendar={"periods": 3}, economics={"evaluation_years": None})
    del tree["offers"]["o"]["min_months"]
    plan = plan_of(tree)
    assert terms_of(tree) == {"rental": 93}
    assert until(plan) == [("o", None, 1)]


def test_part_of_what_is_rented_goes_and_the_rest_stays() -> None:
    """Proves that units of one offer end on days of their own: two from January on, one from 1 March on.

    62 for January and February of one, 6 x 31 = 186 of the other to the end of the calendar: 248. If all of them
    went together, 372, or 372 less what must stay.
    """
    tree = bridge(economics={"evaluation_years": None})
    del tree["offers"]["p"], tree["limits"]
    tree["workloads"] = {
        "w": {
            "unit": "t/s",
            "demand": [{"from": "2025-01-01", "amount": 2}, {"from": "2025-03-01", "amount": 1}],
            "rates": {"s": 1},
        }
    }
    plan = plan_of(tree)
    assert plan.cost.amount == 248
    assert sorted(until(plan), key=str) == [("o", None, 1), ("o", date(2025, 2, 28), 1)]


def test_what_serves_is_decided_anew_when_a_rental_ends() -> None:
    """Proves that work is not done by what is gone: a demand of 1 throughout needs 36 x 31 of rent, or 162.

    If the decision of January went on to the end, one month of rent would do: 31.
    """
    work = {"w": {"unit": "t/s", "demand": 1, "rates": {"s": 1}}}
    tree = bridge(workloads=work)
    del tree["limits"]
    assert plan_of(tree).cost.amount == 162


def test_what_is_given_back_makes_room() -> None:
    """Proves that racks are free again: one position, the bought system stands from 1 March on, and not beside it."""
    powered = {
        "systems": {"s": {**POWERED, "rack_positions": 1}},
        "sites": {"a": {"capacity": {**UNLIMITED, "protected-power": "unlimited", "rack-positions": 1}}},
    }
    plan = plan_of(bridge(**powered))
    assert plan.cost.amount == 162
    assert [one.installed for one in plan.orders if one.offer == "p"] == [date(2025, 3, 1)]


def test_energy_is_paid_to_the_last_day() -> None:
    """Proves the charge: 10 kW x 24 h x 0.1 = 24 a day over January and February, then the other system draws it.

    One system throughout the 181 days of six months: 4,344. If the rented one went on being charged, 24 x 122 more.
    """
    tree = bridge(
        economics={"evaluation_years": None},
        offers={"o": {"price_per_month": 62}},
        systems={"s": POWERED},
        sites={
            "a": {
                "capacity": {**UNLIMITED, "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1}}},
                "tariff": {"energy_price_per_kwh": 0.1},
            }
        },
    )
    assert terms_of(tree) == {"purchase": 100, "rental": 124, "energy": 24 * 181}


def test_modules_are_bought_for_what_stands_in_the_meantime() -> None:
    """Proves the bounds of modules: two rented systems of 10 kW for two months need two blocks, one would do after.

    2 x 2 x 31 of rent, 100, and 2 x 5 for the blocks: 234. If only the last day bounded them, there would be no plan.
    """
    tree = bridge(
        systems={"s": POWERED},
        modules={"ups": {"provides": {"protected-power": 10}, "price": 5, "lead_days": 0}},
        sites={"a": {"capacity": UNLIMITED, "modules": {"ups": {}}}},
        workloads={
            "w": {
                "unit": "t/s",
                "demand": [{"from": "2025-01-01", "amount": 2}, {"from": "2025-03-01", "amount": 1}],
                "rates": {"s": 1},
            }
        },
    )
    tree["offers"]["p"]["max_units"] = 1
    assert plan_of(tree).cost.amount == 234


def test_the_maximum_and_the_minimum_count_whatever_is_given_back_when() -> None:
    """Proves that an offer's units are one total: of at most one, none is left to rent again in March.

    What is bought comes on 1 July, after the calendar: one stays for six months, 186. At least two, and another
    is rented for the one month that it must: 100 + 62 + 31 = 193. If each return had a minimum of its own, 162.
    """
    late = {"economics": {"evaluation_years": None}, "offers": {"o": {"max_units": 1}, "p": {"lead_days": 181}}}
    assert plan_of(bridge(**late)).cost.amount == 186
    assert plan_of(bridge(offers={"o": {"min_units": 2}})).cost.amount == 100 + 62 + 31
    assert worth(bridge(offers={"o": {"min_units": 2}}), whole=True) == pytest.approx(193)


def test_a_deadline_on_use_binds_what_is_given_back_too() -> None:
    """Proves that nothing selected becomes usable after a deadline, though it has gone by the end."""
    tree = bridge(deadlines={"d": {"by": "2025-01-05", "stage": "usable", "select": {"offer": "o"}}})
    assert plan_of(tree).cost.amount == 162
    tree["offers"]["o"]["lead_days"] = 20
    assert is_infeasible(tree)


def test_a_soft_target_is_missed_by_the_most_that_is_ever_missing() -> None:
    """Proves the shortfall: for a month's 31 the target holds on its day; a penalty of 9 is owed for what comes after.

    So nothing is rented at all: 9. If the target were looked at on its day alone and missed for 40, 31.
    """
    tree = bridge(limits={"t": {"soft": {"penalty": 40}}})
    del tree["offers"]["p"]
    assert plan_of(tree).cost.amount == 40


def test_a_plan_that_gives_back_too_soon_fails_its_audit() -> None:
    """Proves that the audit recomputes minimum term and notice from the decisions alone."""
    plan = plan_of(bridge())
    harder = made(bridge(offers={"o": {"min_months": 4}}))
    with pytest.raises(InvalidInput, match="the instance has no offer 'o@2025-02-28'"):
        gpuplan.audit(harder, plan)
    noticed = made(bridge(offers={"o": {"notice_days": 60}}))
    assert any("given back after 2025-02-28" in fault for fault in gpuplan.audit(noticed, plan))


def test_the_days_of_a_quote_are_told_by_its_id() -> None:
    """Proves the grammar of a quote that ends, and that its last day counts."""
    assert end_of("o@2025-02-28") == date(2025, 2, 28)
    assert end_of("o") is None
    assert without_end("o@2025-02-28") == "o"
    assert is_there("o@2025-02-28", date(2025, 2, 28))
    assert not is_there("o@2025-02-28", date(2025, 3, 1))


def test_a_signed_rental_keeps_its_day_of_return_in_a_plan_made_again() -> None:
    """Proves that a plan is committed with the day: planned again, it costs the same and ends on the same day."""
    instance = made(bridge())
    plan = plan_of(bridge())
    again = gpuplan.solve(gpuplan.commit(instance, plan, until=date(2025, 1, 31)), gap=0, explain_seconds=0).plan
    assert again is not None
    assert again.audit.passed
    assert again.cost.amount == 162
    assert ("o", date(2025, 2, 28), 1) in until(again)


def test_a_reserved_and_an_on_demand_rate_of_one_system_are_two_offers() -> None:
    """Proves the example of the guide: 10 servers for twelve months at 11,000 and 4 for three at 14,600.

    1,320,000 + 175,200 = 1,495,200. With reserved ones alone 14 x 12 x 11,000 = 1,848,000.
    """
    demand = [("01", 10), ("03", 14), ("06", 10)]
    tree = case(
        calendar={"periods": 12},
        offers={
            "o": {"price": 0, "price_per_month": 11000, "min_months": 12, "max_units": 40},
            "d": offer(price=0, price_per_month=14600, min_months=0, max_units=40),
        },
        workloads={
            "w": {
                "unit": "t/s",
                "demand": [{"from": f"2025-{month}-01", "amount": amount} for month, amount in demand],
                "rates": {"s": 1},
            }
        },
    )
    plan = plan_of(tree)
    assert plan.cost.amount == 1_495_200
    assert sorted(until(plan), key=str) == [("d", date(2025, 5, 31), 4), ("o", None, 10)]


@pytest.mark.parametrize(
    ("over", "why"),
    [
        ({"fee": 5}, "its tiers, fee or free units count all of its units"),
        ({"life_years": 2}, "it has life_years"),
    ],
)
def test_what_keeps_a_rental_to_the_end_is_told(over: Tree, why: str) -> None:
    """Proves the warning, and that there is no quote that ends then."""
    instance = made(bridge(offers={"o": over}))
    assert instance.last_days == ()
    assert [one.path for one in check(instance) if why in one.message] == ["offers.o.min_months"]


def test_notice_without_a_day_of_return_is_told() -> None:
    """Proves the error: `notice_days` says nothing of what stays to the end."""
    tree = bridge(offers={"o": {"notice_days": 30}})
    del tree["offers"]["o"]["min_months"]
    with pytest.raises(InvalidInput, match="not given back without min_months"):
        made(tree)


@pytest.mark.parametrize("day", ["2025-02-27", "2025-06-30", "2024-12-31"])
def test_a_signed_rental_ends_on_the_last_day_of_a_month_of_the_calendar(day: str) -> None:
    """Proves the check: in the midst of a month, at the calendar's end and before it are refused by their path."""
    line = {"offer": "o", "site": "a", "signed": "2024-11-01", "units": 1, "given_back": day}
    with pytest.raises(InvalidInput, match=r"committed\.orders\.c\.given_back"):
        made(bridge(committed={"orders": {"c": line}}))


def test_what_was_signed_before_ends_on_its_day() -> None:
    """Proves commitments: the rented system of November costs 31 + 31 in the calendar and 62 before, and then is gone.

    The bought one of 1 March costs 100. Days before the calendar are paid too: from its first day, 1 November.
    """
    line = {
        "offer": "o",
        "site": "a",
        "signed": "2024-11-01",
        "units": 1,
        "installed": "2024-11-01",
        "given_back": "2025-02-28",
    }
    tree = bridge(committed={"orders": {"c": line}})
    assert terms_of(tree) == {"purchase": 100, "rental": 4 * 31}
    tree["limits"]["t"]["at_least"] = 2
    assert terms_of(tree) == {"purchase": 200, "rental": 4 * 31 + 2 * 31}


def test_a_minimum_term_begins_when_a_lot_is_ready() -> None:
    """Proves the first day of the term: ready on 11 January, a month ends on 10 February, so the rent with February.

    21 + 31 + 100 = 152, though the bought system is there on 1 February. Were January enough, 121.
    """
    tree = bridge(offers={"o": {"lead_days": 10}, "p": {"lead_days": 31}})
    assert plan_of(tree).cost.amount == 152


def test_the_audit_sees_a_target_that_falls_after_a_rental() -> None:
    """Proves the least over the days: a month's rent, made for work in January alone, breaks a target from then on."""
    demand = [{"from": "2025-01-01", "amount": 1}, {"from": "2025-02-01", "amount": 0}]
    tree = bridge(workloads={"w": {"unit": "t/s", "demand": demand, "rates": {"s": 1}}})
    asked = made(tree)
    del tree["limits"]
    plan = plan_of(tree)
    assert plan.cost.amount == 31
    assert any("limits" in fault and "by 2025-01-31" in fault for fault in gpuplan.audit(asked, plan))


def test_modules_carry_what_is_gone_by_the_end() -> None:
    """Proves the bounds of modules: two systems of before the calendar need two blocks up to 28 February.

    Rent of 22 in December and 62 later for each, and 2 x 5: 178. Bounded by the last day there would be no plan.
    """
    line = {"offer": "o", "site": "a", "signed": "2024-12-10", "units": 2, "given_back": "2025-02-28"}
    fed = {"provides": {"protected-power": {"amount": 10, "needs": {"grid-power": 1}}}, "price": 5, "lead_days": 0}
    tree = bridge(
        systems={"s": POWERED},
        modules={"ups": fed},
        sites={"a": {"capacity": {**UNLIMITED, "grid-power": 20}, "modules": {"ups": {}}}},
        offers={"o": {"order_until": "2024-12-31"}},
        committed={"orders": {"c": line}},
        limits={"t": target(2, by="2025-01-31", each="month")},
    )
    del tree["offers"]["p"]
    assert terms_of(tree) == {"rental": 168, "modules": 10}


def test_what_is_given_back_is_not_usable_on_the_next_day_whatever_its_acceptance() -> None:
    """Proves the recount: five days of acceptance do not make it usable for five days more."""
    tree = bridge(offers={"o": {"acceptance_days": 5}})
    recount = Recount(made(tree), plan_of(tree).decisions)
    assert recount.usable_on("o@2025-02-28", "a", date(2025, 2, 28)) == 1
    assert recount.usable_on("o@2025-02-28", "a", date(2025, 3, 1)) == 0


def test_support_is_paid_to_the_last_day() -> None:
    """Proves support: 36.5 a year of a price of 36.5 are 0.1 a day, 59 days of January and February: 5.90."""
    tree = bridge(offers={"o": {"price": 36.5, "support_rate_per_year": 1, "order_until": "2025-01-31"}})
    assert terms_of(tree) == {"purchase": Decimal("136.5"), "rental": 62, "support": Decimal("5.9")}
