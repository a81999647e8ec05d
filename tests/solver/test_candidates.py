"""Coarse plans that wait: which is the next to be made whole, and which waits in vain."""

from __future__ import annotations

import numpy as np
import pytest

from gpuplan.formulation import coarsened, formulate
from gpuplan.solver.candidates import Candidates
from gpuplan.solver.completion import Candidate, Completion
from gpuplan.solver.matrix import Floats, matrix_of
from support.builders import made
from support.tiny import tiny


@pytest.fixture(name="completion")
def completion_of_a_tiny_instance() -> Completion:
    """How coarse plans of a tiny instance are made whole; its numbers of modules are no part of a shape."""
    whole = formulate(made(tiny(1)), reductions=True)
    coarse = coarsened(made(tiny(1)), whole, {}, lambda: None)
    assert coarse is not None
    shaping = np.array(list(coarse.same), dtype=np.int32)
    return Completion(matrix_of(coarse.formulation), matrix_of(whole), shaping, coarse.same, coarse.standing)


def deciding(completion: Completion, *decisions: int) -> Floats:
    """A point where these yes-or-no decisions are a yes, by their place among all, and nothing else is."""
    point = np.zeros(len(completion.coarse.lower))
    point[[list(completion.shared)[one] for one in decisions]] = 1.0
    return point


def test_the_next_is_the_one_whose_plan_will_be_the_cheapest(completion: Completion) -> None:
    """Proves the order in which coarse plans are tried: by what their plans will cost, so far as it can be told.

    One at 100 became a plan at 110. Another of its kind, at 101, is taken to cost 111; one of another kind at 104 to
    cost half of those 10 more, 109, and one whose numbers are whole, at 109.5, no more at all. Below 110 there is room
    for the last two, in this order, and none for a third kind at 105.5. If broken, that at 101 is tried in vain.
    """
    candidates = Candidates(completion)
    first = Candidate(100.0, deciding(completion))
    candidates.add(first)
    assert candidates.next() is first
    candidates.learn(first, 110.0)
    counted = Candidate(109.5, deciding(completion), is_counted=True)
    unlike = Candidate(104.0, deciding(completion, 0))
    candidates._waiting = [
        counted,
        Candidate(101.0, deciding(completion)),
        unlike,
        Candidate(105.5, deciding(completion, 1)),
    ]
    candidates.rest.pass_round()
    assert candidates.next(110.0) is unlike
    assert candidates.next(110.0) is counted
    assert candidates.next(110.0) is None


def test_a_plan_of_a_kind_costs_no_more_than_the_cheapest_of_it_did(completion: Completion) -> None:
    """Proves that of plans of one kind, 10, 4 and 7 dearer than their shapes, the 4 counts: one at 105 is taken to cost
    109, and is tried below 109.5. If broken, it waits for good, at 112 or 115.
    """
    candidates = Candidates(completion)
    one = Candidate(100.0, deciding(completion))
    for cost in (110.0, 104.0, 107.0):
        candidates.learn(one, cost)
    candidates.rest.pass_round()
    like = Candidate(105.0, deciding(completion))
    candidates.add(like)
    assert candidates.next(109.0) is None
    assert candidates.next(109.5) is like


def test_the_same_shape_is_not_added_twice(completion: Completion) -> None:
    """Proves that a shape that was tried does not come back, unless its numbers are whole. If broken, two for one."""
    candidates = Candidates(completion)
    candidates.add(Candidate(100.0, deciding(completion)))
    assert candidates.next() is not None
    candidates.add(Candidate(99.0, deciding(completion)))
    assert candidates.waiting == ()
    candidates.add(Candidate(99.0, deciding(completion, 0)))
    candidates.add(Candidate(99.0, deciding(completion), is_counted=True))
    assert [one.is_counted for one in candidates.waiting] == [False, True]


def test_in_a_rest_only_what_is_much_better_is_tried(completion: Completion) -> None:
    """Proves that after a plan in vain, with 100 tried, one at 99.5 waits where a hundredth is asked for, and one at 98
    does not. Once the rest is over that at 99.5 is tried too. If broken, a process makes like plans time after time.
    """
    candidates = Candidates(completion)
    candidates.add(Candidate(100.0, deciding(completion)))
    assert candidates.next(110.0, 0.01) is not None
    candidates.rest.see(is_better=False)
    near, far = Candidate(99.5, deciding(completion, 0)), Candidate(98.0, deciding(completion, 1))
    candidates.add(near)
    assert candidates.next(110.0, 0.01) is None
    candidates.add(far)
    assert candidates.next(110.0, 0.01) is far
    assert candidates.next(110.0, 0.01) is None
    candidates.rest.pass_round()
    candidates.rest.pass_round()
    assert candidates.next(110.0, 0.01) is near
