"""A frontier has every point that nothing dominates, and no other: by hand and by listing every plan."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

import gpuplan
from gpuplan.errors import InvalidInput
from gpuplan.report.chart import frontier_svg
from gpuplan.whatif.frontier import table
from support.brute import judged, plans
from support.builders import instance, made, offer
from support.random_instances import seeded


def shop() -> gpuplan.Instance:
    """Two systems of 8 at 100 with a fee of 50, two of 4 at 60."""
    return instance(
        systems={"z": {"accelerators": 4}},
        offers={"o": {"fee": 50, "max_units": 2}, "p": offer(system="z", price=60, max_units=2)},
    )


def test_every_point_is_there_in_order() -> None:
    """Proves the frontier of cost and accelerators by hand.

    Nothing: 0. 4 for 60; 8 for 120 (two small ones; a large one is 150); 12 for 210 (one of each; fee 50); 16 for 250
    (two large); 20 for 310; 24 for 370. 12 as 150 + 60, 16 as 100 + 100 + 50.
    """
    found = gpuplan.frontier(shop(), "cost", "max accelerators", gap=0)
    assert [(point.second.value, point.first.value) for point in found.points] == [
        (0, 0), (4, 60), (8, 120), (12, 210), (16, 250), (20, 310), (24, 370),
    ]  # fmt: skip
    assert (found.step, found.every, found.ended) == (4, True, "found")
    for point in found.points:
        assert (
            gpuplan.audit(
                shop().edited(["objective = [{minimise: cost}, {maximise: {measure: accelerators}}]"]), point.plan
            )
            == []
        )


def test_the_other_way_round_gives_the_same_points() -> None:
    """Proves that no point depends on which measure is bounded: money moves by a step that is stated."""
    found = gpuplan.frontier(shop(), "max accelerators", "cost", step=1, gap=0)
    assert [(point.first.value, point.second.value) for point in found.points] == [
        (24, 370), (20, 310), (16, 250), (12, 210), (8, 120), (4, 60), (0, 0),
    ]  # fmt: skip
    assert not found.every


def test_a_dominated_plan_is_no_point() -> None:
    """Proves that weakly better is not enough: of two plans with as many accelerators only the cheaper is a point.

    12 for 160 from a bundle dominates 8 at 165 and 12 at 225.
    """
    one = instance(offers={"o": {"price": 165, "max_units": 1}, "p": offer(system="s", price=160, max_units=1)})
    found = gpuplan.frontier(one, "cost", "max accelerators", gap=0)
    assert [(point.second.value, point.first.value) for point in found.points] == [(0, 0), (8, 160), (16, 325)]


@pytest.mark.parametrize("seed", range(6100, 6110))
def test_a_frontier_is_that_of_all_plans(seed: int) -> None:
    """Proves on random instances, all plans listed: the frontier is what no listed plan dominates, and no more."""
    tree = {**seeded(seed), "objective": [{"minimise": "cost"}, {"maximise": {"measure": "accelerators"}}]}
    tree["limits"] = {name: limit for name, limit in tree["limits"].items() if "soft" not in limit}
    one = made(tree)
    found = gpuplan.frontier(one, "cost", "max accelerators", gap=0)
    listed = {levels for decisions in plans(one) if (levels := judged(one, decisions)) is not None}
    expected = sorted(
        {
            (cost, amount)
            for cost, amount in listed
            if not any(c <= cost and a >= amount and (c, a) != (cost, amount) for c, a in listed)
        }
    )
    assert [(float(point.first.value), float(point.second.value)) for point in found.points] == [
        (pytest.approx(float(cost), abs=1e-4), float(amount)) for cost, amount in expected
    ]


def test_measures_are_read_and_refused() -> None:
    """Proves the words for measures: concentration and attributes can be traded, and what is none is told."""
    found = gpuplan.frontier(
        shop().edited(["limits.t insert {measure: systems, at_least: 2}"]), "cost", "concentration", gap=0
    )
    assert found.second.startswith("minimise the largest vendor's")
    with pytest.raises(InvalidInput, match="carbon-kg"):
        gpuplan.frontier(shop(), "cost", "min smoke")
    with pytest.raises(InvalidInput, match="step"):
        gpuplan.frontier(shop(), step=0)


def test_points_that_were_asked_for_are_not_passed() -> None:
    """Proves that a frontier that is cut short says so."""
    found = gpuplan.frontier(shop(), points=2, gap=0)
    assert len(found.points) == 2
    assert found.ended == "stopped"
    assert gpuplan.frontier(shop(), cancel=lambda: True).points == ()


def test_a_frontier_is_drawn_and_tabled() -> None:
    """Proves that the picture is well-formed, the same each time, and shows every point; and that the table has all."""
    pytest.importorskip("matplotlib")
    found = gpuplan.frontier(shop(), gap=0)
    picture = frontier_svg(found)
    root = ElementTree.fromstring(picture)
    assert root.tag.endswith("svg")
    assert "minimise cost" in picture
    assert picture == frontier_svg(found)
    lines = table(found).splitlines()
    assert len(lines) == 8
    assert lines[0].split(",")[0] == "first"
