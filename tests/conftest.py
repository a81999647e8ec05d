"""What holds for every test: no property fails because the machine was busy; long tests can be sampled."""

from __future__ import annotations

import hashlib
from itertools import groupby

import pytest
from hypothesis import settings

settings.register_profile("without a clock", deadline=None)
settings.load_profile("without a clock")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The option that samples long tests."""
    parser.addoption("--sample-long", metavar="SEED", help="of each file's long tests, only one, picked by the seed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out all long tests of a file but one, where that is asked for."""
    seed = config.getoption("--sample-long")
    if seed is None:
        return
    kept = {
        min(tests, key=lambda test: hashlib.sha256(f"{seed} {test.nodeid}".encode()).digest()).nodeid
        for _, tests in groupby(filter(_is_long, items), key=lambda test: test.path)
    }
    config.hook.pytest_deselected(items=[item for item in items if _is_long(item) and item.nodeid not in kept])
    items[:] = [item for item in items if not _is_long(item) or item.nodeid in kept]


def _is_long(item: pytest.Item) -> bool:
    return item.get_closest_marker("long") is not None
