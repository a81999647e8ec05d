"""Who provides what at a site: what is drawn on by a need, and deliveries that carry one another."""

from __future__ import annotations

import pytest

from gpuplan.instance.providers import Network, network
from support.builders import UNLIMITED, Tree, instance


def network_of(modules: Tree, capacity: Tree) -> Network:
    """The network of a site with all of some modules."""
    site = {"capacity": {**UNLIMITED, **capacity}, "modules": {name: {} for name in modules}}
    return network(
        instance(modules={name: {"lead_days": 0, **one} for name, one in modules.items()}, sites={"a": site}), "a"
    )


def test_a_need_draws_on_what_all_providers_need_in_turn() -> None:
    """Proves the chain: a crah needs water, a chiller grid power, and so do old fans: all three, and nothing else.

    Protected power, which needs air cooling itself, is not drawn on.
    """
    found = network_of(
        {
            "crah": {"provides": {"air-cooling": {"amount": 10, "needs": {"facility-water": 1}}}},
            "chiller": {"provides": {"facility-water": {"amount": 10, "needs": {"grid-power": 0.25}}}},
        },
        {
            "air-cooling": {"amount": 10, "needs": {"hall-capacity": 0.5}},
            "protected-power": {"amount": 10, "needs": {"air-cooling": 0.05}},
        },
    )
    assert found.drawn_on_by(["air-cooling"]) == {"air-cooling", "hall-capacity", "facility-water", "grid-power"}
    assert found.drawn_on_by(["grid-power"]) == {"grid-power"}
    assert found.drawn_on_by([]) == frozenset()


@pytest.mark.parametrize(
    ("there", "back", "feeds"),
    [(0.5, 1.9, False), (0.5, 2, True), (2, 2, True), ({"design": 0, "typical": 2}, 1, True)],
)
def test_a_circle_feeds_itself_where_a_round_of_it_needs_one_or_more(there: object, back: float, feeds: bool) -> None:
    """Proves the circle of UPS, which need air, and crahs, which need protected power: 0.5 x 1.9 dies away.

    Of two needs in the two load cases the larger one counts; the crah that needs none does not make up for the other.
    """
    found = network_of(
        {
            "ups": {"provides": {"protected-power": {"amount": 10, "needs": {"air-cooling": there}}}},
            "crah": {"provides": {"air-cooling": {"amount": 10, "needs": {"protected-power": back}}}},
            "door": {"provides": {"air-cooling": 10}},
        },
        {},
    )
    assert found.feeds_itself() is feeds
