"""Facility balance: capacity in both load cases, modules, chains of needs, redundancy, steps by day."""

from __future__ import annotations

import pytest

from gpuplan.reckoning import reckon
from support.answers import cost_of, is_infeasible, plan_of, terms_of, worth
from support.builders import POWERED, UNLIMITED, Tree, case, made, offer, target


def powered(site: Tree | None = None, modules: Tree | None = None, **over: object) -> Tree:
    """Systems of 10 kW; all but protected power is unlimited unless the site says otherwise."""
    given = dict(site or {})
    capacity = {**UNLIMITED, **given.pop("capacity", {})}
    tree = case(systems={"s": POWERED}, sites={"a": {"capacity": capacity, **given}}, modules=modules or {}, **over)
    tree["sites"]["a"]["capacity"] = {name: amount for name, amount in capacity.items() if amount is not None}
    return tree


def ups(amount: float = 10, **over: object) -> Tree:
    """A module of protected power at 7."""
    return {"provides": {"protected-power": amount}, "lead_days": 0, "price": 7, **over}


def test_systems_stand_only_while_their_power_is_there() -> None:
    """Proves the balance: 25 kW hold two systems of 10 kW, not three."""
    site = {"capacity": {"protected-power": 25}}
    assert cost_of(powered(site, limits={"t": target(2)})) == 200
    assert is_infeasible(powered(site, limits={"t": target(3)}))


def test_a_resource_that_a_site_does_not_name_it_does_not_have() -> None:
    """Proves that silence is zero: without air cooling no air-cooled system can stand."""
    site = {"capacity": {"protected-power": "unlimited", "air-cooling": None}}
    assert is_infeasible(powered(site, limits={"t": target(1)}))


def test_modules_are_bought_whole_and_arrive_after_their_lead() -> None:
    """Proves modules: 30 kW beyond 5 kW of old need 25 kW, three modules of 10 kW at 7: 300 + 21.

    With a lead of 31 days they deliver from 1 February, so that nothing stands by the end of January.
    """
    site = {"capacity": {"protected-power": 5}, "modules": {"ups": {}}}
    assert terms_of(powered(site, {"ups": ups()}, limits={"t": target(3)})) == {"purchase": 300, "modules": 21}
    late = {"ups": ups(lead_days=31)}
    assert is_infeasible(powered(site, late, limits={"t": target(1, by="2025-01-31")}))
    assert cost_of(powered(site, late, limits={"t": target(1, by="2025-02-28")})) == 107


def test_no_more_modules_than_the_site_has_room_for() -> None:
    """Proves `max_units` of a site's modules: two of 10 kW hold two systems; ordering in two months does not help."""
    site = {"modules": {"ups": {"max_units": 2}}}
    assert cost_of(powered(site, {"ups": ups()}, limits={"t": target(2)})) == 214
    assert is_infeasible(powered(site, {"ups": ups()}, limits={"t": target(3)}))


@pytest.mark.parametrize(("redundancy", "modules"), [("N", 2), ("N+1", 3), ("N+2", 4), ("2N", 4)])
def test_redundancy_adds_the_blocks_that_may_fail(redundancy: str, modules: int) -> None:
    """Proves N, N+1, N+2, 2N for 20 kW from blocks of 10 kW: 2, 2 + 1, 2 + 2, 2 x 2 modules at 7 each."""
    site = {"modules": {"ups": {}}, "redundancy": {"protected-power": redundancy}}
    assert cost_of(powered(site, {"ups": ups()}, limits={"t": target(2)})) == 200 + 7 * modules


def test_the_largest_block_is_the_one_that_may_fail() -> None:
    """Proves that N+1 leaves out the largest block in use: 1 block of 20 kW (9) and 2 of 10 kW (7) leave 20: 23.

    Alone: two of 20 kW (18) leave 20 kW. So 18 it is; with one large block only, 3 small ones (21) beat 23.
    If the smallest failed, one of each would do for 16.
    """
    blocks = {"ups": ups(), "big": ups(20, price=9)}
    rule = {"redundancy": {"protected-power": "N+1"}}
    both = powered({"modules": {"ups": {}, "big": {}}, **rule}, blocks, limits={"t": target(2)})
    assert cost_of(both) == 218
    one = powered({"modules": {"ups": {}, "big": {"max_units": 1}}, **rule}, blocks, limits={"t": target(2)})
    assert cost_of(one) == 221


def test_existing_capacity_is_stated_after_redundancy() -> None:
    """Proves that N+1 is about modules: 10 kW of old and blocks of 10 kW for 20 kW need one and a spare: 200 + 14."""
    site = {
        "capacity": {"protected-power": 10},
        "modules": {"ups": {}},
        "redundancy": {"protected-power": "N+1"},
    }
    assert cost_of(powered(site, {"ups": ups()}, limits={"t": target(2)})) == 214


def test_2n_counts_half_of_each_type_rounded_down() -> None:
    """Proves 2N by type: one large and one small block make no pair. 20 kW is two large (18) or four small (28).

    If halves were added over types, one large (9) and two small (14) would give (20 + 20) / 2 = 20 for 23.
    """
    blocks = {"ups": ups(), "big": ups(20, price=15)}
    site = {"modules": {"ups": {}, "big": {"max_units": 1}}, "redundancy": {"protected-power": "2N"}}
    assert cost_of(powered(site, blocks, limits={"t": target(2)})) == 228


def test_losses_and_fans_draw_from_the_grid_along_the_chain() -> None:
    """Proves chains: 2 systems of 10 kW need 20 x 1.1 = 22 kW behind the UPS and 20 x 0.5 = 10 kW of fans: 32 kW.

    31.9 kW of grid are too little. Without the losses 30 kW, without the fans 22 kW would do.
    """
    chain = {
        "protected-power": {"amount": "unlimited", "needs": {"grid-power": 1.1}},
        "air-cooling": {"amount": "unlimited", "needs": {"grid-power": 0.5}},
    }
    assert not is_infeasible(powered({"capacity": {**chain, "grid-power": 32}}, limits={"t": target(2)}))
    assert is_infeasible(powered({"capacity": {**chain, "grid-power": 31.9}}, limits={"t": target(2)}))


def test_coincidence_reduces_the_design_day_only() -> None:
    """Proves coincidence: 3 systems of 10 kW at 0.5 need 15 kW on the design day, two modules of 10 kW: 300 + 14.

    Over the year they draw 5 kW each, 15 kW too. At 8 kW each the year needs 24 kW, a third module: 321.
    """
    site = {"modules": {"ups": {}}}
    resources = {"protected-power": {"unit": "kW", "coincidence": 0.5}}
    for typical, cost in ((5, 314), (8, 321)):
        tree = powered(site, {"ups": ups()}, resources=resources, limits={"t": target(3)})
        tree["systems"]["s"]["typical_power_kw"] = typical
        assert cost_of(tree) == cost


@pytest.mark.parametrize("listed", [("sub", "ups"), ("ups", "sub")])
def test_modules_that_feed_one_another_are_sized_in_any_order(listed: tuple[str, str]) -> None:
    """Proves sizing along the chain: two UPS (14) need a standing 1 kW each and what they deliver; one substation (50).

    200 + 14 + 50 = 264 however the site lists them.
    """
    modules = {
        "ups": {
            "provides": {"protected-power": {"amount": 10, "needs": {"grid-power": 1}}},
            "needs": {"grid-power": 1},
            "lead_days": 0,
            "price": 7,
        },
        "sub": {"provides": {"grid-power": 100}, "lead_days": 0, "price": 50},
    }
    site = {"capacity": {"grid-power": None}, "modules": {name: {} for name in listed}}
    assert cost_of(powered(site, modules, limits={"t": target(2)})) == 264


def test_a_fall_in_capacity_binds_from_its_day_on() -> None:
    """Proves dated capacity: 30 kW until 14 February, 10 kW from the 15th: never more than one system stands.

    A system never leaves, so that two by 31 January are infeasible too. And a rise lets them in: two from 15 February.
    """
    falls = [{"from": "2025-01-01", "amount": 30}, {"from": "2025-02-15", "amount": 10}]
    assert is_infeasible(powered({"capacity": {"protected-power": falls}}, limits={"t": target(2, by="2025-01-31")}))
    rises = [{"from": "2025-01-01", "amount": 10}, {"from": "2025-02-15", "amount": 20}]
    site = {"capacity": {"protected-power": rises}}
    assert is_infeasible(powered(site, limits={"t": target(2, by="2025-02-14")}))
    assert not is_infeasible(powered(site, limits={"t": target(2, by="2025-02-28")}))


GRID = {"grid-power": 1}


def opened(power: object, module: object, **over: object) -> Tree:
    """A site that costs 60 to open, with some protected power, and at most two modules of it at 100 each."""
    site = {"opening_cost": 60, "capacity": {"protected-power": power}, "modules": {"ups": {"max_units": 2}}, **over}
    return powered(site, {"ups": {"provides": {"protected-power": module}, "lead_days": 0, "price": 100}})


@pytest.mark.parametrize(
    ("tree", "modules"),
    [
        (opened(10, 10), 1),
        (opened({"amount": 10, "needs": GRID}, 10), 1),
        (opened(10, {"amount": 10, "needs": GRID}), 1),
        (opened({"amount": 10, "needs": GRID}, {"amount": 10, "needs": GRID}), 1),
        (opened(10, 10, redundancy={"protected-power": "N+1"}), 2),
        (opened(10, {"amount": 10, "needs": GRID}, redundancy={"protected-power": "2N"}), 2),
    ],
    ids=["free", "old one draws", "module draws", "both draw", "spare", "module draws, doubled"],
)
def test_what_a_site_has_carries_a_load_only_as_far_as_it_is_open(tree: Tree, modules: int) -> None:
    """Proves the row that ties what a site has to its opening, in each way in which it can be provided.

    One system needs 10 kW, all that there is: 100 + 60, in the relaxation too. Modules would allow for three systems
    (N+1 or 2N: two), so that if the row is missing, a third of an opening (a half) is enough: 120 or 130. A second
    system takes one module (two): 200 + 60 + 100 or 200; were modules not counted, there would be no plan.
    """
    assert worth({**tree, "limits": {"t": target(1)}}, whole=True) == pytest.approx(160)
    assert worth({**tree, "limits": {"t": target(1)}}, whole=False) == pytest.approx(160)
    assert worth({**tree, "limits": {"t": target(2)}}, whole=True) == pytest.approx(260 + 100 * modules)


def test_a_block_is_lost_in_all_where_what_exists_is_not_enough() -> None:
    """Proves the row that ties the lost block to the need: of 30 kW that the grid has room for, 10 are there already.

    Three systems take 20 kW from blocks of 10 at 100, one of which may fail: 300 + 300, in the relaxation too. If the
    row is missing, four blocks could carry 40 kW, so that half of a lost one is enough for 20: 550.
    """
    power = {"protected-power": {"amount": "unlimited", "needs": {"grid-power": 1.2}}, "grid-power": 36}
    site = {"capacity": {**power, "air-cooling": 10}, "modules": {"crah": {}}, "redundancy": {"air-cooling": "N+1"}}
    crah = {"provides": {"air-cooling": 10}, "lead_days": 0, "price": 100}
    tree = powered(site, {"crah": crah}, limits={"t": target(3)})
    assert worth(tree, whole=True) == pytest.approx(600)
    assert worth(tree, whole=False) == pytest.approx(600)


def test_modules_of_all_kinds_stand_in_for_what_a_site_has() -> None:
    """Proves that row where some modules draw and others do not: 10 kW of old, of a UPS and of a flywheel carry three.

    300 + 60 + 100 + 100. If either were not counted, there would be no plan.
    """
    tree = opened(10, {"amount": 10, "needs": GRID})
    tree["modules"]["flywheel"] = {"provides": {"protected-power": 10}, "lead_days": 0, "price": 100}
    tree["sites"]["a"]["modules"] = {"ups": {"max_units": 1}, "flywheel": {"max_units": 1}}
    assert worth({**tree, "limits": {"t": target(3)}}, whole=True) == pytest.approx(560)


@pytest.mark.parametrize("needed", ["grid-power", "protected-power"])
def test_a_module_may_draw_on_a_site_that_is_not_open(needed: str) -> None:
    """Proves that what draws by itself needs no opening: a committed module at a stands and draws, of protected power
    and by that of grid power too, while the one system goes to b: 100. If broken, a is opened as well: 160."""
    tree = opened({"amount": 10, "needs": GRID}, 10)
    tree["sites"]["a"]["capacity"]["grid-power"] = 10
    tree["modules"]["ups"]["needs"] = {needed: 2}
    tree["sites"]["b"] = {"capacity": {**UNLIMITED, "protected-power": "unlimited"}}
    tree["offers"]["o"]["sites"] = ["b"]
    tree["offers"]["p"] = offer(price=150)
    tree["committed"] = {"modules": {"m": {"module": "ups", "site": "a", "signed": "2024-11-20"}}}
    assert terms_of({**tree, "limits": {"t": target(1)}}) == {"purchase": 100, "modules": 100}


def test_an_old_fleet_may_draw_on_a_site_that_is_not_open() -> None:
    """Proves the same for systems that stand there already: 100 at b. If broken, a is opened as well: 160."""
    tree = opened({"amount": 20, "needs": GRID}, 10)
    tree["sites"]["a"]["capacity"] |= {"grid-power": 20, "rack-positions": 2}
    tree["sites"]["b"] = {"capacity": {**UNLIMITED, "protected-power": "unlimited"}}
    tree["offers"]["o"]["sites"] = ["b"]
    tree["offers"]["p"] = offer(price=150)
    tree["existing"] = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    assert cost_of({**tree, "limits": {"t": target(1)}}) == 100


def test_the_fleet_that_is_there_draws_on_its_site() -> None:
    """Proves `existing`: of 30 kW one old system takes 10, so that two new ones fit and a third does not."""
    old = {"systems": {"f": {"system": "s", "site": "a", "units": 1}}}
    site = {"capacity": {"protected-power": 30}}
    assert not is_infeasible(powered(site, existing=old, limits={"t": target(2)}))
    assert is_infeasible(powered(site, existing=old, limits={"t": target(3)}))


def test_what_competing_providers_deliver_is_read_from_the_plan() -> None:
    """Proves the audit of deliveries: two systems need 20 kW of air cooling, from old fans at 0.5 or crahs at 0.2.

    A plan whose deliveries are struck out draws less from the grid, and must not pass.
    """
    site = {
        "tariff": {"energy_price_per_kwh": 1},
        "capacity": {
            "protected-power": "unlimited",
            "air-cooling": {"amount": "unlimited", "needs": {"grid-power": 0.5}},
        },
        "modules": {"crah": {"max_units": 2}},
    }
    crah = {"provides": {"air-cooling": {"amount": 10, "needs": {"grid-power": 0.2}}}, "lead_days": 0, "price": 7}
    tree = powered(site, {"crah": crah}, limits={"t": target(2)})
    plan = plan_of(tree)
    # Two systems stand on 31 March, the state of the whole of March: 20 kW x 0.2 x 744 h = 2,976 of energy.
    assert plan.cost.discounted == 200 + 14 + 2976
    assert reckon(made(tree), plan.decisions.model_copy(update={"outputs": ()})).broken
