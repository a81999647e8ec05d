"""Made-up instances: of the size asked for, the same for the same seed, valid, and read back as they were."""

from __future__ import annotations

import hashlib

import pytest

import gpuplan
from gpuplan.generator import CLASSES, SCALES, Class, Size, generate
from gpuplan.instance.schema import validated
from gpuplan.plan.hashing import fingerprint
from gpuplan.report.yaml_text import as_yaml

EVERY = [(size, seed) for size in SCALES for seed in (1, 2)]


@pytest.mark.parametrize(("size", "seed"), EVERY)
def test_it_has_what_its_size_says(size: Size, seed: int) -> None:
    """Proves the counts that benchmarks rest on: offers, sites, months, workloads, three tiers, six kinds of module."""
    scale, instance = SCALES[size], validated(generate(size, seed))
    assert len(instance.offers) == scale.offers
    assert len(instance.sites) == scale.sites
    assert len(instance.calendar.all_periods) == scale.months
    assert len(instance.workloads) == scale.workloads
    assert {len(offer.price_tiers()) for offer in instance.offers.values()} == {3}
    assert all(len(site.modules) >= 6 for site in instance.sites.values())
    assert instance.clusters
    assert instance.deadlines
    years = {period.first.year for period in instance.calendar.all_periods}
    assert {name for name in instance.limits if name.startswith("budget")} == {f"budget-{year}" for year in years}
    assert sum(name.endswith("-share") for name in instance.limits) == scale.vendors


@pytest.mark.parametrize(("size", "seed"), EVERY)
def test_nothing_is_remarked_on(size: Size, seed: int) -> None:
    """Proves that prices lie within what the catalogue has seen, and that no target is out of reach of supply.

    Half of the sites carry work for nothing, which is remarked on: the texts are fixed for good.
    """
    remarks = gpuplan.check(validated(generate(size, seed)))
    assert [str(remark) for remark in remarks if "is taken to cost nothing" not in remark.message] == []


@pytest.mark.parametrize("size", SCALES)
def test_size_and_seed_decide_everything(size: Size) -> None:
    """Proves that the text is the same twice, and another for another seed."""
    texts = [as_yaml(generate(size, seed)) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


def test_the_text_reads_as_the_tree() -> None:
    """Proves that the file printed is the instance made. If broken, a benchmark measures something else."""
    for seed in (1, 2):
        tree = generate("S", seed)
        assert fingerprint(gpuplan.load(as_yaml(tree))) == fingerprint(validated(tree))


def test_instances_are_never_eased() -> None:
    """Proves that what was measured once is measured again: the text of each size and seed is fixed for good."""
    digests = {size: hashlib.sha256(as_yaml(generate(size, 1)).encode()).hexdigest()[:16] for size in SCALES}
    assert digests == {
        "S": "a0cc9142bb1ad91e",
        "M": "21197e2f3ad97815",
        "L": "fb61d47281fff13f",
        "XL": "c9e6c011c4550e6f",
    }


@pytest.mark.parametrize("kind", CLASSES)
def test_every_class_reads_as_its_tree_and_is_decided_by_its_seed(kind: Class) -> None:
    """Proves that each class is valid, the same twice, another for another seed, and printed as it is."""
    trees = [generate("S", seed, kind) for seed in (1, 1, 2)]
    texts = [as_yaml(tree) for tree in trees]
    assert texts[0] == texts[1] != texts[2]
    assert fingerprint(gpuplan.load(texts[0])) == fingerprint(validated(trees[0]))


@pytest.mark.parametrize("kind", ["slices", "single-source", "machines", "two-stage"])
def test_loads_have_a_plan(kind: Class) -> None:
    """Proves that each class of loads has a plan, as its maker says."""
    for seed in (1, 2, 3):
        outcome = gpuplan.solve(validated(generate("S", seed, kind)), gap=0.5, time_limit=60)
        assert outcome.plan is not None, (kind, seed)


@pytest.mark.parametrize("seed", [906, 919])
def test_a_programme_has_a_plan_where_no_site_is_clean(seed: int) -> None:
    """Proves that the cap on carbon leaves room: under 0.30 kg a kWh neither seed had a plan, for carbon alone."""
    instance = validated(generate("S", seed))
    assert gpuplan.solve(instance, gap=0.5, time_limit=120).plan is not None


def test_levels_are_limits_that_may_be_missed() -> None:
    """Proves that an odd seed softens one limit by priority and an even one two, and nothing else changes."""
    for seed, count in ((1, 1), (2, 2)):
        plain, tree = generate("S", seed), generate("S", seed, "levels")
        soft = [name for name in plain["limits"] if tree["limits"][name] != plain["limits"][name]]
        assert sorted(tree["limits"][name]["soft"]["priority"] for name in soft) == list(range(1, count + 1))
