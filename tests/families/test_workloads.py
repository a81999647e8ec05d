"""Workloads: who serves what, so that demand is met by systems that are usable."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

import gpuplan
from gpuplan.plan.plan import Plan
from support.answers import cost_of, is_infeasible, plan_of, terms_of, units_of
from support.builders import REMOVED, Tree, case, made, merged, offer

CHEAP: Tree = {"systems": {"z": {"accelerators": 4}}, "offers": {"p": offer(system="z", price=60)}}
"""Another system, at 60 a piece."""
TWO_SITES: Tree = {"sites": {"b": {}}, "offers": {"o": {"sites": ["a"]}, "p": offer(sites=["b"])}}


def work(demand: object, rates: Tree | None = None, **over: Any) -> Tree:
    """A workload in t/s; one system `s` does 8."""
    return {"unit": "t/s", "demand": demand, "rates": rates or {"s": 8}, **over}


def served_by(plan: Plan) -> dict[tuple[str, str, str], Decimal]:
    """Systems that serve in the end, by workload, system and site."""
    last = {(line.workload, line.system, line.site): line.systems for line in plan.served}
    return {key: systems for key, systems in last.items() if systems}


def test_a_demand_buys_the_systems_that_its_rate_needs() -> None:
    """Proves the division: 20 at 8 each take 2.5 systems, so 3 are bought; 2 would do 16."""
    plan = plan_of(case(workloads={"w": work(20)}))
    assert plan.cost.amount == 300
    assert served_by(plan) == {("w", "s", "a"): Decimal("2.5")}
    assert [line.work for line in plan.served] == [20]


def test_a_system_works_on_as_many_workloads_as_it_has_room_for() -> None:
    """Proves that parts of a system add up: 4 and 4 at 8 each fill one. If each had its own, 200."""
    assert cost_of(case(workloads={"w": work(4), "u": work(4)})) == 100
    assert cost_of(case(workloads={"w": work(4), "u": work(4.5)})) == 200


def test_a_rate_by_the_accelerator_is_multiplied_and_derated() -> None:
    """Proves 2 x 8 accelerators x 0.5 = 8: 16 take two systems. Without derating one would do."""
    assert cost_of(case(workloads={"w": work(16, {"s": {"per_accelerator": 2, "derating": 0.5}})})) == 200
    assert cost_of(case(workloads={"w": work(16, {"s": {"per_accelerator": 2}})})) == 100


def test_a_demand_is_met_on_its_very_day() -> None:
    """Proves the day: signed on 1 January with 20 days of lead is ready on the 21st, a day too late for the 20th."""
    slow = {"o": {"lead_days": 20}}
    assert cost_of(case(offers=slow, workloads={"w": work([{"from": "2025-01-21", "amount": 8}])})) == 100
    assert is_infeasible(case(offers=slow, workloads={"w": work([{"from": "2025-01-20", "amount": 8}])}))


def test_what_serves_has_been_accepted() -> None:
    """Proves that acceptance counts: 10 days of lead and 10 of acceptance end on 21 January."""
    slow = {"o": {"lead_days": 10, "acceptance_days": 10}}
    assert cost_of(case(offers=slow, workloads={"w": work([{"from": "2025-01-21", "amount": 8}])})) == 100
    assert is_infeasible(case(offers=slow, workloads={"w": work([{"from": "2025-01-20", "amount": 8}])}))


def test_a_demand_that_rises_is_met_on_the_day_of_the_rise() -> None:
    """Proves that later steps count: 8 by what is there, 16 from 10 February on only if a second comes by then."""
    steps = [{"from": "2025-01-01", "amount": 8}, {"from": "2025-02-10", "amount": 16}]
    there = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    late = {"o": {"order_from": "2025-02-01", "lead_days": 9}}
    assert cost_of(case(offers=late, existing=there, workloads={"w": work(steps)})) == 100
    late = {"o": {"order_from": "2025-02-01", "lead_days": 10}}
    assert is_infeasible(case(offers=late, existing=there, workloads={"w": work(steps)}))


def test_systems_that_are_already_there_serve() -> None:
    """Proves that fleets work: one of 8 is there, a second is bought for 16."""
    there = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    assert cost_of(case(existing=there, workloads={"w": work(8)})) == 0
    assert cost_of(case(existing=there, workloads={"w": work(16)})) == 100


@pytest.mark.parametrize(("day", "cost"), [("2025-02-09", 100), ("2025-02-10", 60)])
def test_software_that_is_not_ready_does_not_serve(day: str, cost: int) -> None:
    """Proves the ready date: the cheap system runs it from 10 February on; for the 9th the dear one is bought."""
    demand = [{"from": day, "amount": 8}]
    tree = case(**CHEAP, workloads={"w": work(demand, {"s": 8, "z": {"amount": 8, "ready": "2025-02-10"}})})
    assert cost_of(tree) == cost


@pytest.mark.parametrize(
    ("over", "cost"),
    [
        ({}, 60),
        ({"rates": {"z": REMOVED}}, 100),
        ({"min_system_memory_gb": 640}, 100),
        ({"min_system_memory_gb": 320}, 60),
        ({"min_accelerator_memory_gb": 81}, None),
    ],
    ids=["all", "no rate", "640 GB", "320 GB", "81 GB each"],
)
def test_only_systems_with_a_rate_and_the_memory_serve(over: Tree, cost: int | None) -> None:
    """Proves eligibility: 4 x 80 GB at 60, or 8 x 80 GB at 100; 320 GB are enough in the one, 640 in the other."""
    tree = case(**CHEAP, accelerators={"x": {"memory_gb": 80}}, workloads={"w": work(8, {"s": 8, "z": 8})})
    tree = merged(tree, {"systems": {"s": {"accelerator": "x"}, "z": {"accelerator": "x"}}, "workloads": {"w": over}})
    assert is_infeasible(tree) if cost is None else cost_of(tree) == cost


@pytest.mark.parametrize("where", [{"sites": ["b"]}, {"countries": ["KR"]}])
def test_a_workload_is_served_where_it_may_be(where: Tree) -> None:
    """Proves residency: the offer for b costs 130 and is taken, though that for a costs 100."""
    tree = case(**TWO_SITES, workloads={"w": work(8, **where)})
    tree = merged(tree, {"sites": {"a": {"country": "JP"}, "b": {"country": "KR"}}, "offers": {"p": {"price": 130}}})
    assert cost_of(tree) == 130


@pytest.mark.parametrize(("opening", "cost"), [(30, 142), (40, 148)])
def test_transit_is_weighed_against_the_cost_of_a_site(opening: int, cost: int) -> None:
    """Proves the price for a unit and month: 8 x 2 x 3 months = 48 from a; 8 x 0.5 x 3 = 12 from b, and its opening."""
    tree = case(**TWO_SITES, workloads={"w": work(8, transit_price_per_unit_month={"a": 2, "b": 0.5})})
    tree["sites"]["b"] = {"opening_cost": opening}
    assert cost_of(tree) == cost


def test_part_of_a_month_pays_its_part() -> None:
    """Proves proration: 14 of February's 28 days and all of March: 8 x 2 x 1.5 = 24."""
    demand = [{"from": "2025-02-15", "amount": 8}]
    tree = case(workloads={"w": work(demand, transit_price_per_unit_month={"a": 2})})
    assert terms_of(tree) == {"purchase": 100, "transit": 24}


def test_transit_goes_on_after_the_calendar() -> None:
    """Proves operation to the end of the evaluation years: 12 months of 8 x 2, not 3."""
    tree = case(economics={"evaluation_years": 1}, workloads={"w": work(8, transit_price_per_unit_month={"a": 2})})
    assert terms_of(tree)["transit"] == 192


def test_transit_is_paid_at_the_rate_of_the_last_day_of_its_month() -> None:
    """Proves the currency: 16 EUR at 1.5 in January, at 1.25 in February (from the 10th) and March: 24 + 20 + 20."""
    rates = {"EUR": [{"from": "2025-01-01", "rate": 1.5}, {"from": "2025-02-10", "rate": 1.25}]}
    workload = work(8, transit_price_per_unit_month={"a": 2}, currency="EUR")
    assert terms_of(case(economics={"exchange_rates": rates}, workloads={"w": workload}))["transit"] == 64


def test_who_serves_changes_when_something_better_is_usable() -> None:
    """Proves serving days: carried from a for January and February, 80 each, then from b, where it is usable on 10
    February and so serves from the next serving day, 1 March, on: 10 + 160. Kept at a, 240."""
    there = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    tree = case(
        sites={"b": {}},
        offers={"o": {"sites": ["b"], "price": 10, "lead_days": 40}},
        existing=there,
        workloads={"w": work(8, transit_price_per_unit_month={"a": 10})},
    )
    assert cost_of(tree) == 170


def test_a_workload_for_one_site_is_served_at_one() -> None:
    """Proves `one_site`: 12 take 1.5 systems. Each site has room for one, so only a split serves it."""
    tree = case(**TWO_SITES, workloads={"w": work(12)})
    tree = merged(tree, {"offers": {"o": {"max_units": 1}, "p": {"max_units": 1}}})
    assert cost_of(tree) == 200
    assert is_infeasible(merged(tree, {"workloads": {"w": {"split": "one_site"}}}))


def test_the_one_site_is_the_same_at_all_times() -> None:
    """Proves that a workload does not move: a is free and there from the start, b would save 30 from March on."""
    there = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    tree = case(
        sites={"b": {}},
        offers={"o": {"sites": ["b"], "price": 10, "lead_days": 40}},
        existing=there,
        workloads={"w": work(8, transit_price_per_unit_month={"a": 10}, split="one_site")},
    )
    assert cost_of(tree) == 240


def test_a_workload_for_one_system_is_served_by_one_kind() -> None:
    """Proves `one_system`: 12 by one s and one z costs 160; by z alone, 4 each, 3 x 60 = 180; by s alone 200."""
    tree = case(**CHEAP, workloads={"w": work(12, {"s": 8, "z": 4})})
    assert cost_of(tree) == 160
    assert cost_of(merged(tree, {"workloads": {"w": {"split": "one_system"}}})) == 180


def test_what_is_not_required_is_served_as_far_as_the_budget_goes() -> None:
    """Proves `required: false`: 250 buy two systems, which do 16 of 20. Required, there is no plan."""
    budget = {"b": {"measure": "capex", "at_most": 250}}
    levels = [{"maximise": {"measure": "work-served"}}, {"minimise": "cost"}]
    tree = case(limits=budget, objective=levels, workloads={"w": work(20, required=False)})
    plan = plan_of(tree)
    assert plan.levels[0].value == 16
    assert plan.levels[0].unit == "t/s"
    assert is_infeasible(merged(tree, {"workloads": {"w": {"required": True}}}))


def test_no_more_is_served_than_is_demanded() -> None:
    """Proves that demand bounds work: with the most work wanted first, 20 take three systems and not all nine."""
    levels = [{"maximise": {"measure": "work-served"}}, {"minimise": "cost"}]
    wide = {"o": {"max_units": 9}}
    plan = plan_of(case(offers=wide, objective=levels, workloads={"w": work(20, required=False)}))
    assert (plan.levels[0].value, units_of(plan)) == (20, {"o": 3})


@pytest.mark.parametrize(
    ("bound", "fits"),
    [
        ({"at_least": 5.9}, True),
        ({"at_least": 5.91}, False),
        ({"at_least": 9, "from": "2025-02-01"}, True),
        ({"at_least": 0.1, "by": "2025-01-31"}, False),
        ({"at_most": 5.8}, False),
    ],
    ids=["mean", "above the mean", "from February on", "before", "below the mean"],
)
def test_work_served_is_averaged_over_the_days_of_its_window(bound: Tree, fits: bool) -> None:
    """Proves the mean: 9 on 59 of 90 days is 5.9; from February on it is 9, and before that nothing."""
    limit = {"measure": "work-served", **bound}
    tree = case(workloads={"w": work([{"from": "2025-02-01", "amount": 9}])}, limits={"l": limit})
    assert is_infeasible(tree) is not fits


def test_a_share_of_the_work_can_be_kept_for_a_maker() -> None:
    """Proves selections of work: half of 16 on chips of n takes two z at 4 each beside one s: 220. Freely, 200."""
    tree = case(**CHEAP, accelerators={"x": {"maker": "m"}, "y": {"maker": "n"}})
    tree = merged(tree, {"systems": {"s": {"accelerator": "x"}, "z": {"accelerator": "y"}}})
    tree["workloads"] = {"w": work(16, {"s": 8, "z": 4})}
    assert cost_of(tree) == 200
    share = {"measure": "work-served", "at_least_share": 0.5, "select": {"maker": "n"}}
    assert cost_of(merged(tree, {"limits": {"l": share}})) == 220


def test_a_limit_on_money_selects_the_transit_of_a_workload() -> None:
    """Proves that payments know their workload: 8 x 2 x 3 = 48 for w is refused by 40, u's 48 is not."""
    priced = work(4, transit_price_per_unit_month={"a": 4})
    tree = case(workloads={"w": priced, "u": priced})
    limit = {"measure": "opex", "at_most": 40, "select": {"workload": "w"}}
    assert is_infeasible(merged(tree, {"limits": {"l": limit}}))
    assert not is_infeasible(merged(tree, {"limits": {"l": {**limit, "at_most": 48}}}))


def test_a_demand_that_nothing_meets_is_blamed_by_name() -> None:
    """Proves the diagnosis: three systems do 24, so 25 cannot be met, and the demand is what people could change."""
    outcome = gpuplan.solve(made(case(workloads={"w": work(25)})))
    assert outcome.conflict is not None
    assert [member.path for member in outcome.conflict.members] == ["workloads.w.demand"]
    assert outcome.conflict.members[0].says == "workload w: 25 t/s from 2025-01-01 on"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"systems": Decimal(3)}, "workloads.w.demand: served from 2025-01-01 on: 24 t/s, at least 16, at most 16"),
        ({"systems": Decimal("1.9999")}, "workloads.w.demand: served from 2025-01-01 on: 15.9992 t/s"),
        ({"system": "z", "systems": Decimal(4)}, "served by z at a, line 0: z has no rate"),
        ({"day": "2025-01-02"}, "served by s at a, line 0: on no serving day"),
        ({"site": "b"}, "systems.s: serving at b from 2025-01-01 on: 2 systems, at most 0"),
    ],
    ids=["too much", "too little", "no rate", "no serving day", "nothing there"],
)
def test_the_audit_finds_what_cannot_serve(change: Tree, said: str) -> None:
    """Proves that what serves is recounted: two systems serve 16 on the first day, and nothing else passes."""
    instance = made(case(**CHEAP, sites={"b": {}}, workloads={"w": work(16)}))
    plan = gpuplan.solve(instance, gap=0).plan
    assert plan is not None
    assert gpuplan.audit(instance, plan) == []
    line = type(plan.decisions.served[0]).model_validate(plan.decisions.served[0].model_dump() | change)
    decisions = plan.decisions.model_copy(update={"served": (line,)})
    found = gpuplan.audit(instance, plan.model_copy(update={"decisions": decisions}))
    assert any(said in one for one in found), found


def test_few_columns_are_made_where_only_the_demand_matters() -> None:
    """Proves the claim of the family's page: a constant demand is decided once for 12 months, and with a price of
    transit in every month."""
    from gpuplan.formulation import formulate

    tree = case(calendar={"periods": 12}, workloads={"w": work(8)})
    assert len(formulate(made(tree)).problem.columns.of("served")) == 1
    tree["workloads"]["w"]["transit_price_per_unit_month"] = {"a": 1}
    assert len(formulate(made(tree)).problem.columns.of("served")) == 12


def test_nothing_that_rests_on_the_opening_of_a_site_outlives_its_rule() -> None:
    """Proves that a diagnosis can leave the rule of a site out: its implied rows go with it. If one stayed, the site's
    rule would play a part in no conflict."""
    from gpuplan.formulation import formulate
    from gpuplan.program.problem import Group

    site = {"opening_cost": 9, "capacity": {"fabric-ports": 2}}
    tree = case(systems={"s": {"needs": {"fabric-ports": 1}}}, sites={"a": site}, workloads={"w": work(8)})
    kinds = {str(key[0]) for key in formulate(made(tree)).problem.rows.keys}
    assert kinds >= {"open", "open_for", "served_open", "balance_open"}
    without = formulate(made(tree), off=frozenset({Group("siting", "sites.a")}))
    assert {str(key[0]) for key in without.problem.rows.keys}.isdisjoint(
        {"open", "open_for", "served_open", "balance_open"}
    )
