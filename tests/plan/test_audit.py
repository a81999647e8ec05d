"""The audit of a plan that somebody hands in: every figure that was changed is found, and every rule that is broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import date, timedelta
from decimal import Decimal, localcontext
from typing import Any

import pytest
from pydantic import ValidationError

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.ledger.decisions import Decisions, OutputLine, TierLine
from gpuplan.plan.files import read_plan, to_json
from gpuplan.plan.plan import Plan
from plan.examples import leaves, module, opening, order, planned, small, solved, stands, tier
from support.builders import made
from support.random_instances import seeded
from support.tiny import tiny

UNFOUNDED = {"run", "versions", "format"}
"""Sections that nothing can be held against: times, machine, versions, and the name of the format."""
OPTIONS = {"gap", "time_limit", "threads", "seed", "memory_mb"}
SECTIONS = [name for name in Plan.model_fields if name not in UNFOUNDED]


def is_told(call: Callable[[], object]) -> bool:
    """Whether a call finds something: returns a list that is not empty, or raises InvalidInput."""
    try:
        return bool(call())
    except InvalidInput as error:
        return bool(error.problems)


def as_json(plan: Plan) -> Any:
    return json.loads(to_json(plan), parse_float=Decimal)


def changed(tree: Any, path: tuple[str | int, ...], value: object) -> Any:
    """A copy of a JSON tree with one leaf changed."""
    copy = deepcopy(tree)
    node = copy
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return copy


def others(value: object) -> list[object]:
    """What to put in place of a value: a number a little away, the other truth, another day, another text."""
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int | Decimal):
        return [value + (Decimal("0.000001") if isinstance(value, Decimal) else 1)]
    if value is None:
        return [1]
    try:
        day = date.fromisoformat(str(value))
        return [(day + timedelta(days=days)).isoformat() for days in (1, -1, -5, -40)]
    except ValueError:
        return [f"{value}x"]


def missed(section: str, *, numbers: bool) -> list[str]:
    """Changes of one leaf of a section that neither the schema of plans nor the audit finds."""
    instance, plan = solved()
    tree = as_json(plan)
    found = []
    for path, value in leaves(tree[section], (section,)):
        number = isinstance(value, int | Decimal) and not isinstance(value, bool)
        if number is not numbers or (section == "options" and path[-1] in OPTIONS):
            continue
        for other in others(value):
            if path[-1] == "bound" and abs(Decimal(str(other)) - Decimal(str(value))) < plan.levels[path[1]].resolution:
                continue
            try:
                tampered = Plan.model_validate(changed(tree, path, other))
                told = gpuplan.audit(instance, tampered)
            except (ValidationError, InvalidInput):
                continue
            if not told:
                found.append(f"{'.'.join(map(str, path))}: {value} -> {other}")
    return found


def test_a_plan_as_solved_passes_before_and_after_its_way_through_json() -> None:
    """Proves that the audit is quiet on a good plan, so that the tests below mean something."""
    instance, plan = solved()
    assert gpuplan.audit(instance, plan) == []
    assert gpuplan.audit(instance, Plan.model_validate(as_json(plan))) == []
    assert plan.audit.passed
    assert plan.modules
    assert {line.tier for line in plan.decisions.tiers} == {2}
    assert plan.decisions.outputs
    assert plan.decisions.openings


@pytest.mark.parametrize("section", SECTIONS)
def test_every_number_that_is_changed_is_found(section: str) -> None:
    """Proves, number by number, that a tampered figure is reported. If broken, a plan that was edited by hand passes
    for one that was proven. (Options cannot be held against anything, but that `optimal` keeps to the gap asked for,
    which has a test of its own; a bound is held against the gap that goes with it, beyond the resolution of both.)"""
    assert missed(section, numbers=True) == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_day_word_and_truth_that_is_changed_is_found(section: str) -> None:
    """Proves the same for whatever is no number: days, names, reasons, `proven`, `passed`, `status`."""
    assert missed(section, numbers=False) == []


@pytest.mark.parametrize(
    "section", ["orders", "states", "limits", "considered", "cash", "levels", "low_confidence", "latest"]
)
def test_an_entry_that_is_left_out_or_doubled_is_found(section: str) -> None:
    """Proves that tables are held against their length, too."""
    instance, plan = solved()
    entries = getattr(plan, section)
    for rows in (entries[:-1], (*entries, entries[-1]), ()):
        told = gpuplan.audit(instance, plan.model_copy(update={section: rows}))
        assert any(line.startswith(section) for line in told)


def test_a_difference_names_its_path_and_both_values() -> None:
    """Proves what is said: where, what the plan says, what its decisions give."""
    instance = small()
    plan = planned(instance, order(2), stands(2))
    cost = plan.cost.model_copy(update={"amount": Decimal(150)})
    assert gpuplan.audit(instance, plan.model_copy(update={"cost": cost})) == [
        "cost.amount: the plan says 150, its decisions give 200.000000"
    ]


# The claim of proof


@pytest.mark.parametrize("objective", [[{"minimise": "cost"}], [{"maximise": {"measure": "systems"}}]])
def test_a_bound_that_the_plan_itself_beats_is_found(objective: list[Any]) -> None:
    """Proves that value and bound lie the right way round: no plan is better than what none can better."""
    instance = small({"objective": objective})
    plan = planned(instance, order(2), stands(2))
    (level,) = plan.levels
    beaten = level.value + 1 if "minimise" in objective[0] else level.value - 1
    told = gpuplan.audit(instance, plan.model_copy(update={"levels": (level.model_copy(update={"bound": beaten}),)}))
    assert any("better than the bound" in line for line in told)


def test_a_gap_that_does_not_follow_from_value_and_bound_is_found() -> None:
    """Proves that 200 against a bound of 100 is a gap of a half, whatever the plan says."""
    instance = small()
    plan = planned(instance, order(2), stands(2))
    (level,) = plan.levels
    wrong = level.model_copy(update={"bound": Decimal(100), "gap": Decimal("0.0001")})
    assert gpuplan.audit(instance, plan.model_copy(update={"levels": (wrong,)}))


def test_a_plan_that_claims_to_be_optimal_must_have_proven_it() -> None:
    """Proves that `optimal` with a gap of a half, of a thousandth asked for, or with a level not proven, is found."""
    instance = small()
    plan = planned(instance, order(2), stands(2))
    (level,) = plan.levels
    for update in ({"bound": Decimal(100), "gap": Decimal("0.5")}, {"proven": False}):
        assert gpuplan.audit(instance, plan.model_copy(update={"levels": (level.model_copy(update=update),)})), update
    feasible = {
        "status": "feasible",
        "levels": (level.model_copy(update={"bound": Decimal(100), "gap": Decimal("0.5"), "proven": False}),),
    }
    assert gpuplan.audit(instance, plan.model_copy(update=feasible)) == []


def test_a_plan_without_a_bound_claims_nothing() -> None:
    """Proves that a plan found before there was any bound passes as feasible."""
    instance = small()
    plan = planned(instance, order(2), stands(2), optimal=False)
    (level,) = plan.levels
    unbound = level.model_copy(update={"bound": None, "gap": None, "proven": False})
    assert gpuplan.audit(instance, plan.model_copy(update={"levels": (unbound,)})) == []


def test_two_levels_of_the_same_measure_are_told_apart() -> None:
    """Proves that levels are held against their own: most of one vendor's systems, then of the other's. If broken, a
    correct plan is said to claim a bound of 3 where 4 is right."""
    levels = [{"maximise": {"measure": "systems", "select": {"vendor": name}}} for name in ("shop", "store")]
    instance = small(
        {
            "vendors.store": {},
            "offers.quote.max_units": 3,
            "offers.other": {"vendor": "store", "system": "box", "price": 1, "max_units": 4},
            "objective": [*levels, {"minimise": "cost"}],
        }
    )
    plan = planned(instance, order(3), stands(3), order(4, offer="other"), stands(4, offer="other"))
    assert [level.value for level in plan.levels] == [3, 4, 304]
    assert gpuplan.audit(instance, plan) == []


# Against which instance


def test_a_plan_for_another_instance_is_found_by_its_hash() -> None:
    """Proves that even a change that no figure shows, a note, makes another instance."""
    instance = small()
    plan = planned(instance, order(2), stands(2))
    (told,) = gpuplan.audit(small({"note": "second thoughts"}), plan)
    assert told.startswith("instance_sha256: the plan was made for another instance")
    dearer = gpuplan.audit(instance.edited(["offers.quote.price *= 2"]), plan)
    assert dearer[0].startswith("instance_sha256")
    assert any(line.startswith("cost.amount") for line in dearer)


@pytest.mark.parametrize("section", ["orders", "installed", "modules", "openings"])
def test_decisions_about_what_the_instance_does_not_have_are_refused(section: str) -> None:
    """Proves that a plan of quite another instance is told as such, not stumbled over."""
    instance = small(
        {
            "sites.plant.opening_cost": 1,
            "modules.ups": {"provides": {"grid-power": 1}, "lead_days": 0},
            "sites.plant.modules": {"ups": {}},
        }
    )
    lines = {"orders": order(2), "installed": stands(2), "modules": module(1), "openings": opening("2025-01-01")}
    plan = planned(instance, *lines.values())
    assert gpuplan.audit(instance, plan) == []
    (line,) = getattr(plan.decisions, section)
    wrong = plan.decisions.model_copy(update={section: (line.model_copy(update={"site": "elsewhere"}),)})
    with pytest.raises(InvalidInput) as caught:
        gpuplan.audit(instance, plan.model_copy(update={"decisions": wrong}))
    assert caught.value.problems[0].path == f"decisions.{section}.0.site"


@pytest.mark.parametrize(
    "update",
    [
        {"tiers": (TierLine(offer="nobody", tier=1),)},
        {"tiers": (TierLine(offer="quote", tier=7),)},
        {
            "outputs": (
                OutputLine(
                    site="plant",
                    resource="grid-power",
                    provider="nobody",
                    case="design",
                    day=date(2025, 1, 31),
                    amount=Decimal(5),
                ),
            )
        },
        {
            "outputs": (
                OutputLine(
                    site="nowhere",
                    resource="grid-power",
                    provider="existing",
                    case="design",
                    day=date(2025, 1, 31),
                    amount=Decimal(5),
                ),
            )
        },
    ],
    ids=["tier of no offer", "tier that is not there", "output of no provider", "output of no site"],
)
def test_decisions_about_nothing_are_found(update: dict[str, Any]) -> None:
    """Proves that a plan says nothing that means nothing. If broken, tier 7 of an offer with one price is reported."""
    instance = small()
    plan = planned(instance, order(2), stands(2))
    decisions = Decisions.model_validate({**plan.decisions.model_dump(), **update})
    tampered = plan.model_copy(update={"decisions": decisions})
    if update.get("tiers", [None])[0] == TierLine(offer="quote", tier=7):
        orders = tuple(line.model_copy(update={"tier": 7}) for line in plan.orders)
        tampered = tampered.model_copy(update={"orders": orders})
    assert is_told(lambda: gpuplan.audit(instance, tampered))


@pytest.mark.parametrize("kind", ["orders", "installed"])
def test_a_decision_that_is_stated_twice_is_found(kind: str) -> None:
    """Proves that a plan has one line for each decision. If broken, two lines of 200 are both shown as 400."""
    instance = small()
    lines = [order(1), order(1), stands(2)] if kind == "orders" else [order(2), stands(1), stands(2)]
    assert is_told(lambda: gpuplan.audit(instance, planned(instance, *lines)))


# Rules that decisions break

POWERED: dict[str, Any] = {
    "systems.box": {"accelerator": "chip", "accelerators": 8, "max_power_kw": 10},
    "sites.plant.capacity": {"protected-power": 30, "air-cooling": 30, "rack-positions": 3},
}
UPS: dict[str, Any] = {
    **POWERED,
    "sites.plant.capacity": {"protected-power": 10, "air-cooling": 30, "rack-positions": 3},
    "modules.ups": {"provides": {"protected-power": 10}, "lead_days": 40},
    "sites.plant.modules": {"ups": {"max_units": 1}},
}

BREACHES: dict[str, tuple[dict[str, Any], list[object], str]] = {
    "more than the offer has": ({"offers.quote.max_units": 1}, [order(2), stands(2)], "offers.quote: bought in all"),
    "less than the minimum": ({"offers.quote.min_units": 3}, [order(2), stands(2)], "offers.quote: bought in all"),
    "no whole lot": ({"offers.quote.lot_units": 3}, [order(4)], "offers.quote: whole lots"),
    "not the first of a period": ({}, [order(2, "2025-01-02")], "offers.quote: whole lots"),
    "before the window": ({"offers.quote.order_from": "2025-02-01"}, [order(2)], "offers.quote: day of signing"),
    "after the window": (
        {"offers.quote.order_until": "2025-01-31"},
        [order(2, "2025-02-01")],
        "offers.quote: day of signing",
    ),
    "before a tender ends": ({"offers.quote.award_days": 31}, [order(2)], "offers.quote: day of signing"),
    "a site it is not for": (
        {"sites.barn": {}, "offers.quote.sites": ["barn"]},
        [order(2)],
        "offers.quote: whole lots",
    ),
    "more than ships in a month": (
        {"offers.quote.supply": [{"from": "2025-01-01", "units_per_month": 1}]},
        [order(2)],
        "offers.quote: shipped in 2025-01",
    ),
    "installed before it arrives": (
        {"offers.quote.lead_days": 40},
        [order(2), stands(2)],
        "offers.quote: installed at plant",
    ),
    "installed without an order": ({}, [stands(2)], "offers.quote: installed at plant"),
    "taken away again": ({}, [order(2), stands(2), stands(1, "2025-02-28")], "offers.quote: installed at plant"),
    "at a closed site": (
        {"sites.plant.opens": "2025-03-01"},
        [order(2), stands(2)],
        "sites.plant: installed while closed",
    ),
    "at a site never opened": (
        {"sites.plant.opening_cost": 5},
        [order(2), stands(2)],
        "sites.plant: installed while closed",
    ),
    "opened twice": (
        {"sites.plant.opening_cost": 5},
        [order(2), stands(2), opening("2025-01-01"), opening("2025-02-01")],
        "sites.plant: times opened",
    ),
    "opened before the calendar": (
        {"sites.plant.opening_cost": 5, "sites.plant.build_days": 90},
        [order(2), stands(2), opening("2024-01-01")],
        "sites.plant",
    ),
    "opened in the middle of a period": (
        {"sites.plant.opening_cost": 5},
        [order(2), stands(2), opening("2025-01-17")],
        "sites.plant",
    ),
    "racks too weak": (
        {**POWERED, "sites.plant.rack_kw": {"air": 9}},
        [order(2), stands(2)],
        "sites.plant.rack_kw: box in racks",
    ),
    "too much power": (
        POWERED,
        [order(4), stands(4)],
        "sites.plant.capacity.protected-power: protected-power on 2025-01-31",
    ),
    "too few positions": (
        {**POWERED, "sites.plant.capacity.rack-positions": 1},
        [order(2), stands(2)],
        "sites.plant.capacity.rack-positions: rack-positions on 2025-01-31",
    ),
    "nothing that it needs": (
        {**POWERED, "sites.plant.capacity": {}},
        [order(1), stands(1)],
        "sites.plant.capacity.protected-power: protected-power on 2025-01-31",
    ),
    "before the module is ready": (
        UPS,
        [order(2), stands(2), module(1)],
        "sites.plant.capacity.protected-power: protected-power on 2025-01-31",
    ),
    "more modules than fit": (UPS, [module(2)], "sites.plant.modules.ups: ordered"),
    "a module of another site": (
        {**UPS, "sites.barn": {}},
        [module(1, site="barn")],
        "sites.barn.modules.ups: ordered on",
    ),
    "a module in mid-period": (UPS, [module(1, "2025-01-15")], "sites.plant.modules.ups: ordered on 2025-01-15"),
    "a module too late": (UPS, [module(1, "2025-12-01")], "sites.plant.modules.ups: ordered on 2025-12-01"),
    "another tier than the units reach": (
        {"offers.quote.tiers": [{"from_units": 5, "price": 50}]},
        [order(4), tier(2)],
        "offers.quote.tiers: units in tier 2",
    ),
    "no tier stated": (
        {"offers.quote.tiers": [{"from_units": 5, "price": 50}]},
        [order(4)],
        "offers.quote.tiers: tier stated",
    ),
    "signed after a deadline": (
        {"deadlines.contract": {"by": "2025-01-31"}},
        [order(2, "2025-02-01")],
        "deadlines.contract: last day signed",
    ),
    "shipped after a deadline": (
        {"deadlines.contract": {"by": "2025-01-31", "stage": "shipped"}, "offers.quote.lead_days": 31},
        [order(2)],
        "deadlines.contract: last day shipped",
    ),
    "usable after a deadline": (
        {"deadlines.contract": {"by": "2025-01-10", "stage": "usable"}, "offers.quote.acceptance_days": 10},
        [order(2), stands(2)],
        "deadlines.contract: last day usable",
    ),
    "over budget": ({"limits.it": {"measure": "spend", "at_most": 199}}, [order(2), stands(2)], "limits.it"),
    "short of a target": (
        {"limits.it": {"measure": "accelerators", "at_least": 17}},
        [order(2), stands(2)],
        "limits.it",
    ),
    "too large a share": (
        {"limits.it": {"measure": "systems", "at_most_share": 0.9, "select": {"vendor": "shop"}}},
        [order(2), stands(2)],
        "limits.it",
    ),
    "too few vendors": (
        {"limits.it": {"measure": "systems", "count": "vendors", "at_least": 2}},
        [order(2), stands(2)],
        "limits.it",
    ),
}


@pytest.mark.parametrize(("over", "lines", "names"), BREACHES.values(), ids=BREACHES.keys())
def test_decisions_that_break_a_rule_are_named(over: dict[str, Any], lines: list[object], names: str) -> None:
    """Proves that every rule is recomputed from the decisions, and a breach named by entity and quantity. The plan's
    figures follow from its decisions here, so that only the rule can be the reason."""
    instance = small(over)
    plan = planned(instance, *lines)
    assert plan.status == "audit_failed"
    assert not plan.audit.passed
    assert any(line.startswith(names) for line in plan.audit.broken), plan.audit.broken
    assert set(plan.audit.broken) <= set(gpuplan.audit(instance, plan))


@pytest.mark.parametrize(
    ("over", "lines"),
    [
        (
            {"offers.quote.max_units": 2, "offers.quote.min_units": 2, "offers.quote.lot_units": 2},
            [order(2), stands(2)],
        ),
        (POWERED, [order(3), stands(3)]),
        (UPS, [order(2), stands(1), stands(2, "2025-02-10"), module(1)]),
        ({"offers.quote.lead_days": 30}, [order(2), stands(2, "2025-01-31")]),
        (
            {"deadlines.contract": {"by": "2025-02-10", "stage": "usable"}, "offers.quote.acceptance_days": 10},
            [order(2), stands(2)],
        ),
        ({"offers.quote.tiers": [{"from_units": 5, "price": 50}]}, [order(5), stands(5), tier(2)]),
        (
            {"offers.quote.tiers": [{"from_units": 5, "price": 50}]},
            [order(5), stands(5), tier(1)],
        ),  # at a boundary the buyer chooses
        ({"limits.it": {"measure": "spend", "at_most": 200}}, [order(2), stands(2)]),
        (
            {"limits.it": {"measure": "systems", "at_most_share": 0.1, "select": {"vendor": "shop"}}},
            [],
        ),  # nothing of nothing
        (
            {"sites.plant.opening_cost": 5, "sites.plant.build_days": 30},
            [order(2), stands(2, "2025-01-31"), opening("2025-01-01")],
        ),
        ({}, []),
    ],
)
def test_decisions_at_the_very_edge_of_a_rule_pass(over: dict[str, Any], lines: list[object]) -> None:
    """Proves that the audit does not cry wolf: bounds are reached, not passed."""
    instance = small(over)
    plan = planned(instance, *lines)
    assert plan.audit.broken == ()
    assert gpuplan.audit(instance, plan) == []


# Exactness and robustness


@pytest.mark.parametrize("precision", [3, 9, 60])
def test_the_hosts_decimal_context_changes_nothing(precision: int) -> None:
    """Proves that no figure hangs on a global setting of the host. If broken, a host that works with three digits sees
    other costs, and good plans fail their audit."""
    instance, plan = solved()
    with localcontext() as context:
        context.prec = precision
        assert gpuplan.audit(instance, plan) == []


def test_a_plan_may_cost_more_than_any_single_number_of_an_instance() -> None:
    """Proves that 2,000 systems at 1e12 each, 2e15 in all, are a plan like any other, not pydantic's error."""
    instance = small({"offers.quote.price": 10**12})
    plan = planned(instance, order(2000), stands(2000))
    assert plan.cost.amount == 2 * 10**15
    assert gpuplan.audit(instance, plan) == []


def test_the_order_of_keys_in_the_instance_does_not_matter() -> None:
    """Proves that a plan holds for the same instance written in another order, as its hash does. If broken, sorting the
    keys of a file makes every plan of it fail."""
    over = {"vendors.store": {}, "offers.other": {"vendor": "store", "system": "box", "price": 1}, "sites.barn": {}}
    instance = small(over)
    tree = instance.model_dump()
    turned = small().model_validate(
        {**tree, "offers": dict(reversed(tree["offers"].items())), "sites": dict(reversed(tree["sites"].items()))}
    )
    plan = planned(
        instance, order(2), stands(2), order(1, offer="other", site="barn"), stands(1, offer="other", site="barn")
    )
    assert gpuplan.audit(instance, plan) == []
    assert gpuplan.audit(turned, plan) == []


@pytest.mark.parametrize("seed", [*range(12), *(pytest.param(seed, marks=pytest.mark.long) for seed in range(12, 600))])
def test_a_plan_that_was_written_and_read_passes_its_audit(seed: int) -> None:
    """Proves of random instances that `audit` finds nothing in the file that `solve` has written. If broken, a third of
    small plans are told to be wrong in what a proof tells apart, for zeros at the end of numbers that JSON drops."""
    instance = made(seeded(seed))
    plan = gpuplan.solve(instance, gap=1e-3, explain_seconds=0, threads=1).plan
    if plan is not None:
        assert gpuplan.audit(instance, read_plan(to_json(plan))) == []


def test_what_is_moved_twice_is_delivered_on_days_that_are_looked_at() -> None:
    """Proves it of an instance in which systems that were moved to an earlier day are moved again, once others were. If
    broken, what was delivered on the first of these days is told to be decided on a day on which nothing is."""
    instance = made(tiny(163))
    plan = gpuplan.solve(instance, gap=1e-3, threads=1).plan
    assert plan is not None
    assert gpuplan.audit(instance, plan) == []
