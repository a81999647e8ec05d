"""Workloads that are the same but for their names are decided on together: the same best plan, on few columns."""

from __future__ import annotations

import typing
from random import Random

import pytest
from pydantic import BaseModel

import gpuplan
from gpuplan.families.workloads import served
from gpuplan.formulation import formulate
from gpuplan.instance.alike import SELECTING, alike
from gpuplan.instance.rules import Selection
from gpuplan.instance.schema import Instance
from laws.test_fewer_columns import fewer_are_as_good
from support.builders import Tree, made
from support.random_instances import seeded

SEEDS = range(100)
LONG = range(100, 6000)


def loads(count: int, split: str, **more: object) -> Tree:
    """Loads of 0.4 each, which a large system at 10 does at 1 each and a small one at 3 at 0.5 each."""
    load = {"unit": "x", "demand": 0.4, "rates": {"large": 1, "small": 0.5}, "split": split} | more
    return {
        "name": "Loads",
        "calendar": {"start": "2025-01-01", "periods": 1},
        "systems": {"large": {}, "small": {}},
        "vendors": {"v": {}},
        "sites": {"here": {}, "there": {}},
        "offers": {
            "large": {"vendor": "v", "system": "large", "price": 10, "sites": ["here"]},
            "small": {"vendor": "v", "system": "small", "price": 3, "sites": ["there"]},
        },
        "workloads": {f"w{number}": load for number in range(count)},
        "objective": [{"minimise": "cost"}],
    }


@pytest.mark.parametrize("split", ["one_site", "one_system"])
def test_loads_are_counted(split: str) -> None:
    """Proves that 50 loads of 0.4 take 20 of work: on small ones 40 systems at 3, 120 in all, on large ones 200.

    Two choices and two columns of what serves stand for 50 loads. If broken, 100 of each, or a load is served twice.
    """
    instance = made(loads(50, split))
    formulation = formulate(instance, reductions=True)
    assert len(served(formulation.problem)) == 2
    outcome = gpuplan.solve(instance, gap=0)
    assert outcome.plan is not None
    assert (outcome.status, outcome.plan.levels[0].value) == ("optimal", 120)
    assert {line.workload for line in outcome.plan.served} == set(instance.workloads)
    assert gpuplan.audit(instance, outcome.plan) == []


def test_loads_are_given_out_whole() -> None:
    """Proves that alike loads stay whole where supply ends: 50 of 0.45, and no more than 21 small systems of 0.5 each.

    20 small ones take 22 loads (9.9 of 10), and 28 take 12.6: thirteen large ones, 20 x 3 + 13 x 10 = 190. Cut in two,
    loads would fill 21 small ones with 10.5, and leave 12 for twelve large ones: 183.
    """
    tree = loads(50, "one_system", demand=0.45)
    tree["offers"]["small"]["max_units"] = 21
    outcome = gpuplan.solve(made(tree), gap=0)
    assert outcome.plan is not None
    by_load: dict[str, set[str]] = {}
    for line in outcome.plan.served:
        by_load.setdefault(line.workload, set()).add(line.system)
    assert {len(systems) for systems in by_load.values()} == {1}
    assert len(by_load) == 50
    assert outcome.plan.levels[0].value == 190


def test_a_load_that_is_named_is_decided_on_by_itself() -> None:
    """Proves that a limit on one of three loads leaves it like no other; free ones are never put together."""
    tree = loads(3, "one_site")
    tree["limits"] = {"w1": {"measure": "work-served", "select": {"workload": "w1"}, "at_least": 0.1}}
    assert alike(made(tree)) == [["w0", "w2"], ["w1"]]
    assert alike(made(loads(3, "one_site") | {"note": "none"})) == [["w0", "w1", "w2"]]
    assert list(formulate(made(loads(3, "free")), reductions=True).problem.loads) == ["w0", "w1", "w2"]
    assert list(formulate(made(loads(3, "one_site"))).problem.loads) == ["w0", "w1", "w2"]


def test_every_section_that_selects_is_looked_at() -> None:
    """Proves that no rule can name a workload unseen: sections of the schema that hold selections are known."""
    found = {
        name
        for name, field in Instance.model_fields.items()
        if any(_selections(one) for one in _models(field.annotation))
    }
    assert found - {"export", "scenarios"} == set(SELECTING)


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for one in typing.get_args(annotation) for model in _models(one)]


def _selections(model: type[BaseModel], known: frozenset[type] = frozenset()) -> bool:
    if model is Selection:
        return True
    some = [one for field in model.model_fields.values() for one in _models(field.annotation) if one not in known]
    return any(_selections(one, known | {model}) for one in some)


def twins(seed: int) -> Tree:
    """A random instance with each of its workloads several times over, most of them not split."""
    random, tree = Random(seed), seeded(seed)
    works = tree.get("workloads") or {}
    for name, work in list(works.items()):
        work = dict(work, split=random.choice(("one_site", "one_system", "free", work.get("split", "free"))))
        demand = work["demand"]
        parts = random.randint(2, 4)
        if not isinstance(demand, list):
            work["demand"] = round(float(demand) / parts, 3)
        works[name] = work
        works |= {f"{name}-twin-{number}": work for number in range(1, parts)}
    return tree


def has_work(seed: int) -> bool:
    """Whether a random instance has any workload."""
    return bool(seeded(seed).get("workloads"))


def test_twins_are_as_good_together() -> None:
    """Proves over random instances that deciding on them together loses no best plan and makes no false one."""
    seeds = [seed for seed in SEEDS if has_work(seed)]
    fewer = [few < every for every, few in (fewer_are_as_good(twins(seed)) for seed in seeds)]
    assert sum(fewer) > len(seeds) / 3


@pytest.mark.long
def test_many_twins_are_as_good_together() -> None:
    """The same over many more."""
    for seed in LONG:
        if has_work(seed):
            fewer_are_as_good(twins(seed))
