"""Who provides what at a site: what is drawn on by a need."""

from __future__ import annotations

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
