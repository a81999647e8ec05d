"""A coarse program is built when it is asked for, with what holds of it."""

from __future__ import annotations

from gpuplan.formulation import Formulation, formulate
from gpuplan.solver.coarse import CoarseProgram, Stopped
from gpuplan.whatif.answer import Alter, both, holding
from support.builders import made
from support.tiny import lasting


def of(seed: int, alter: Alter | None = None) -> CoarseProgram:
    """The coarse program of a tiny instance."""
    instance = made(lasting(seed))
    return CoarseProgram(instance, formulate(instance, reductions=True, loose=True), {}, lambda: None, alter)


def test_what_is_asked_of_levels_is_asked_of_the_coarse_program_too() -> None:
    """Proves that a bound on a level is a row of it. If broken, its bound is that of another question."""

    def no_dearer(formulation: Formulation) -> Formulation:
        formulation.problem.rows.add(("within",), formulation.goals[-1].expression, at_most=1.0)
        return formulation

    plain, asked = of(4).found, of(4, no_dearer).found
    assert plain is not None
    assert asked is not None
    assert ("within",) in asked[0].formulation.problem.rows.keys
    assert len(asked[1].row_upper) == len(plain[1].row_upper) + 1


def test_only_alterations_of_levels_hold_of_a_coarse_program() -> None:
    """Proves that a question about vendors or sites has no coarse program, whose orders know neither."""

    def about_vendors(formulation: Formulation) -> Formulation:
        return formulation

    assert getattr(holding(()), "holds_of_coarse", False)
    assert getattr(both(holding(()), None), "holds_of_coarse", False)
    assert not getattr(both(holding(()), about_vendors), "holds_of_coarse", False)


def test_a_stop_leaves_no_coarse_program() -> None:
    """Proves that a stop while it is built is no error: the search goes on without it to its end."""

    def stop() -> None:
        raise Stopped

    instance = made(lasting(4))
    whole = formulate(instance, reductions=True, loose=True)
    assert CoarseProgram(instance, whole, {}, stop).found is None
