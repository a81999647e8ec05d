"""The same instance, version, options and seed give the same plan to the last byte, but for the block `run`."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

import gpuplan
from gpuplan.generator import generate
from gpuplan.instance.schema import validated
from gpuplan.plan.files import to_json
from gpuplan.solver import watched as module
from gpuplan.solver.one_piece import OnePiece
from solver.hard import hard_instance
from solver.host import ran

FACILITY = Path(__file__).parent / "facility.yaml"
INSTANCES = Path(__file__).parents[2] / "instances"
BID = Path(__file__).parents[1] / "whole" / "bid.yaml"

PRINT_PLAN = """
import gpuplan
from gpuplan.plan.files import to_json
from pathlib import Path
from solver.hard import hard_instance
outcome = gpuplan.solve(gpuplan.load({source}), seed={seed}, threads={threads}, gap={gap})
print(to_json(outcome.plan.model_copy(update={{"run": {{}}}})), end="")
"""
PRINT_PROGRAM = """
import gpuplan
from gpuplan.formulation import formulate
problem = formulate(gpuplan.load({path!r})).problem
print(problem.columns.keys, problem.rows.keys, problem.rows.columns, problem.rows.coefficients)
"""
HASH_SEEDS = (1, 4, 5, 8)
MIDDLE = "hard_instance(12, 3, 6, seed=1)"
"""Some 5,000 entries, so that it takes a child; 2 to 5 seconds."""


def plan_in_a_fresh_process(
    folder: Path, source: str, *, hash_seed: str = "0", seed: int = 0, threads: int = 2, gap: float = 1e-3
) -> str:
    result = ran(
        folder,
        PRINT_PLAN.format(source=source, seed=seed, threads=threads, gap=gap),
        environment={"PYTHONHASHSEED": hash_seed},
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize(
    "source", [f"Path({str(BID)!r})", f"Path({str(FACILITY)!r})", MIDDLE], ids=["bid", "facility", "middle"]
)
def test_fresh_processes_give_the_same_plan(source: str, tmp_path: Path) -> None:
    """Proves bytes that do not depend on the process or on the order of its sets. If broken, nobody can check one."""
    first = plan_in_a_fresh_process(tmp_path, source, hash_seed="0")
    second = plan_in_a_fresh_process(tmp_path, source, hash_seed="4242")
    assert first == second
    assert json.loads(first)["audit"]["passed"]


@pytest.mark.long
@pytest.mark.parametrize("threads", [1, 2, 4])
@pytest.mark.parametrize("seed", [0, 7])
def test_fresh_processes_agree_for_every_number_of_threads(threads: int, seed: int, tmp_path: Path) -> None:
    """Proves the same for other seeds and threads, three times each. If broken, parallel search goes by the clock."""
    plans = {
        plan_in_a_fresh_process(tmp_path, MIDDLE, hash_seed=str(turn), seed=seed, threads=threads) for turn in range(3)
    }
    assert len(plans) == 1


@pytest.mark.parametrize("name", ["quickstart", "korea-centre-2028"])
def test_fresh_processes_make_the_same_program(name: str, tmp_path: Path) -> None:
    """Proves rows and columns in the same order, whatever the order of sets; sites whose halls feed one another.

    If broken, the rows of what one resource needs of another change places, and the search takes another way.
    """
    text = PRINT_PROGRAM.format(path=str(INSTANCES / f"{name}.yaml"))
    programs = {ran(tmp_path, text, environment={"PYTHONHASHSEED": str(seed)}).stdout for seed in HASH_SEEDS}
    assert len(programs) == 1
    assert "balance" in programs.pop()


def test_solving_twice_in_one_process_gives_the_same_plan() -> None:
    """Proves that nothing is remembered between searches. If broken, a server's answers depend on who asked before."""
    facility = gpuplan.load(FACILITY)
    first = gpuplan.solve(facility)
    gpuplan.solve(gpuplan.load(BID), seed=5)
    second = gpuplan.solve(facility)
    assert first.plan is not None
    assert second.plan is not None
    assert to_json(first.plan.model_copy(update={"run": {}})) == to_json(second.plan.model_copy(update={"run": {}}))
    assert set(first.plan.run) == set(second.plan.run)


@pytest.mark.parametrize("size", [(12, 2, 6)], ids=str)
def test_the_speed_of_the_machine_does_not_choose_the_plan(
    size: tuple[int, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Proves that a small matrix which takes long gives the same plan on a fast machine and on a slow one.

    The seconds after which a run goes on in a child stand for the speed. If broken, load chooses the plan.
    """
    instance = gpuplan.load(hard_instance(*size, seed=1))
    monkeypatch.setattr(module, "SMALL", 10_000)
    plans = set()
    for seconds in (0.2, 0.6):
        monkeypatch.setattr(module, "SMALL_SECONDS", seconds)
        outcome = gpuplan.solve(instance)
        assert outcome.plan is not None
        plans.add(to_json(outcome.plan.model_copy(update={"run": {}})))
    assert len(plans) == 1


def test_the_block_run_holds_times_and_machine_only() -> None:
    """Proves that what may differ stands apart. If broken, plans of two machines never compare equal."""
    outcome = gpuplan.solve(gpuplan.load(BID))
    assert outcome.plan is not None
    verified = {"seconds-verifying", "level-1-verified-by"}
    assert set(outcome.plan.run) == {"seconds", "seconds-in-solver", "machine"} | verified
    assert outcome.plan.options.seed == 0
    assert {"gpuplan", "highspy", "python"} <= set(outcome.plan.versions)


def test_listening_does_not_change_the_plan() -> None:
    """Proves that a progress callback is an onlooker. If broken, a display changes what is bought."""
    instance = gpuplan.load(hard_instance(12, 3, 6, seed=1))
    quiet, loud = gpuplan.solve(instance), gpuplan.solve(instance, on_progress=lambda _progress: None)
    assert quiet.plan is not None
    assert loud.plan is not None
    assert quiet.plan.decisions == loud.plan.decisions


def test_how_fast_the_second_run_is_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves, on facilities, which have no tree, that the plan and its bound are the same where the second run of HiGHS
    has to wait before each stretch, so that the first or a proof ends before it. If broken, chance tells the plan."""
    instance = validated(generate("S", 3, "single-source"))
    plans = []
    go_on = OnePiece.go_on
    for seconds in (0.0, 2.0):

        def slower(self: OnePiece, *given: Any, seconds: float = seconds) -> None:
            if self.settings.careful:
                time.sleep(seconds)
            go_on(self, *given)

        monkeypatch.setattr(OnePiece, "go_on", slower)
        outcome = gpuplan.solve(instance, gap=1e-3, time_limit=120)
        assert outcome.status == "optimal"
        assert outcome.plan is not None
        assert "HiGHS" in outcome.plan.run["level-1-work"]
        plans.append(to_json(outcome.plan.model_copy(update={"run": {}})))
    assert plans[0] == plans[1]
