"""Orders pooled over sites in a coarse program: no plan is lost, nothing gained, and only what is alike is pooled."""

from __future__ import annotations

from decimal import Decimal

import pytest

from gpuplan import formulation
from gpuplan.formulation import Formulation, formulate
from gpuplan.program.columns import Columns, Role
from gpuplan.program.linear import Linear
from gpuplan.program.pooling import pool
from gpuplan.program.rows import Rows
from support.builders import Tree, made
from support.laws import levels_by_highs
from support.tiny import tiny


def apart(tree: Tree, monkeypatch: pytest.MonkeyPatch) -> Formulation:
    """The coarse program with every order of its own."""
    with monkeypatch.context() as patched:
        patched.setattr(formulation, "pool", lambda _columns, rows, _levels: rows)
        return formulate(made(tree), coarse=True)


def pooled_away(program: Formulation) -> int:
    """Orders that another column stands for."""
    columns = program.problem.columns
    return sum(columns.upper[order] == 0 for order in columns.of("orders"))


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_it_is_hardly_less_where_sites_cost_otherwise(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves that orders shared out among sites later cost no more than orders for a site, and hardly less.

    On seeds on which 4 to 12 orders are pooled away. If broken, the coarse bound is above a plan, or far below.
    """
    program = formulate(made(tiny(seed)), coarse=True)
    pooled, separate = levels_by_highs(program), levels_by_highs(apart(tiny(seed), monkeypatch))
    assert pooled is not None
    assert separate is not None
    assert pooled_away(program) >= 4
    assert pooled[0][0] <= separate[0][0] * (1 + 1e-9)
    assert pooled[0][0] == pytest.approx(separate[0][0], rel=1e-4)


def test_a_rule_on_the_money_of_one_site_keeps_orders_apart() -> None:
    """Proves that orders are pooled only where no row tells them apart."""
    tree = tiny(7)
    assert pooled_away(formulate(made(tree), coarse=True)) == 12
    site = next(iter(tree["sites"]))
    tree["limits"]["local"] = {"measure": "spend", "select": {"site": [site]}, "at_most": Decimal(10**9)}
    assert pooled_away(formulate(made(tree), coarse=True)) < 12


def small(costs: tuple[float, float]) -> tuple[Columns, Rows, Linear]:
    """One offer for two sites in one period: at most 3 in all, 2 and 4 stand, each after what arrived there."""
    columns, rows = Columns(), Rows()
    orders = [columns.add(("orders", "a", site, 0), Role.CONTINUOUS, 5.0) for site in ("x", "y")]
    standing = [columns.add(("installed", "a", site, 1), Role.CONTINUOUS, 5.0) for site in ("x", "y")]
    rows.family = "supply"
    for site, order, stands in zip(("x", "y"), orders, standing, strict=True):
        rows.add(("arrived", "a", site, 1), Linear([(stands, 1.0), (order, -2.0)]), at_most=0.0)
    rows.add(("max_units", "a"), Linear((order, 2.0) for order in orders), at_most=3.0)
    return columns, rows, Linear(zip(orders, costs, strict=True))


def test_rows_add_up() -> None:
    """Proves the rows that remain: x + y - 2 orders <= 0 and 2 orders <= 3, with up to 5 + 5 orders, at a cost of 7."""
    columns, rows, level = small((7.0, 7.0))
    fresh = pool(columns, rows, [(level, False)])
    found = {fresh.keys[row]: (dict(fresh.row(row)), fresh.upper[row]) for row in range(len(fresh))}
    assert found == {
        ("max_units", "a"): ({0: 2.0}, 3.0),
        ("arrived", "a", "", 1): ({2: 1.0, 3: 1.0, 0: -2.0}, 0.0),
    }
    assert columns.upper == [10.0, 0.0, 5.0, 5.0]
    assert level.terms == {0: 7.0}
    assert fresh.families == ["supply", "supply"]


@pytest.mark.parametrize(("is_maximised", "expected"), [(False, {0: 7.0, 3: 0.5}), (True, {0: 8.0, 2: -0.5})])
def test_what_an_order_costs_more_at_a_site_is_on_what_stands_there(
    is_maximised: bool, expected: dict[int, float]
) -> None:
    """Proves the level: an order of two at 7 or 8 costs 7, and half for each that stands at y.

    Where more is better it is worth 8, and half less for each that stands at x.
    """
    columns, rows, level = small((7.0, 8.0))
    pool(columns, rows, [(level, is_maximised)])
    assert level.terms == expected


@pytest.mark.parametrize(
    ("bounds", "expected"), [({"at_most": 20.0}, {0: 7.0, 3: 0.5}), ({"at_least": 20.0}, {0: 8.0, 2: -0.5})]
)
def test_limits_from_one_side_are_relaxed(bounds: dict[str, float], expected: dict[int, float]) -> None:
    """Proves the same of a limit; and that one from both sides, or on the orders of one site, keeps orders apart."""
    columns, rows, level = small((1.0, 1.0))
    rows.family = "limits"
    rows.add(("at_most", "l", 0), Linear([(0, 7.0), (1, 8.0)]), **bounds)
    fresh = pool(columns, rows, [(level, False)])
    assert dict(fresh.row(fresh.keys.index(("at_most", "l", 0)))) == expected
    for terms, also in (([(0, 7.0)], {}), ([(0, 7.0), (1, 8.0)], {"at_most": 30.0, "at_least": 1.0})):
        columns, rows, level = small((1.0, 1.0))
        rows.family = "limits"
        rows.add(("at_most", "l", 0), Linear(terms), **({**bounds, **also}))
        assert pool(columns, rows, [(level, False)]).keys == rows.keys
