"""Rests between tries that are in vain."""

from __future__ import annotations

import pytest

from gpuplan.solver.rest import Rest


@pytest.mark.parametrize(
    ("tries", "rounds"), [("", 1), ("x", 2), ("xx", 3), ("xxxx", 5), ("xxxxxx", 5), ("xx+", 1), ("xx+x", 2)]
)
def test_a_rest_is_longer_after_each_try_in_vain(tries: str, rounds: int) -> None:
    """Proves after how many rounds it may be tried again, with x for a try in vain: one more after each, five at most,
    and one again after something came of it. If broken, a process is at work in vain round after round, or waits for
    good.
    """
    rest = Rest()
    for one in tries:
        rest.see(is_better=one == "+")
    passed = 0
    while not rest.is_over:
        rest.pass_round()
        passed += 1
    assert passed == rounds
