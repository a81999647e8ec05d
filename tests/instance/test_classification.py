"""Classes of chips under the thresholds of October 2023, at their boundaries, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from gpuplan.instance.classification import Classification, classify, doubtful_fields, figures, tpp, working
from gpuplan.instance.hardware import Accelerator
from gpuplan.instance.regimes import ChipClass
from gpuplan.instance.schema import Instance
from support.builders import instance

BASE: dict[str, Any] = {
    "maker_country": "US",
    "datacentre": True,
    "memory_bandwidth_tbps": 1,
    "io_bandwidth_gbps": 64,
}


def under_october_2023(**chips: dict[str, Any]) -> Instance:
    """Chips under the shipped regime."""
    return instance(accelerators=chips, export={"regimes": {"us-2023-10": {}}})


def classified(**over: Any) -> Classification:
    """The class of one chip."""
    known = under_october_2023(x={**BASE, **over})
    return known.permissions.chip_class("us-2023-10", "x")


@pytest.mark.parametrize(
    ("total", "area", "classes"),
    [
        # TPP 4,800 alone is enough; 4,799 is not, however much area.
        (4800, 10000, "c2"),
        (4799, 10000, "c0"),
        (4800, None, "c2"),
        # With TPP of 1,600 a density of 5.92 is enough: 2,368 / 400 = 5.92, 2,364 / 400 = 5.91.
        (2368, 400, "c2"),
        (2364, 400, "c1"),
        (1600, 270, "c2"),  # 5.926
        (1599, 270, "c0"),
        # 3A090.b with TPP of 1,600 from 3.2 on: 1,600 / 500 = 3.2.
        (1600, 500, "c1"),
        (1600, 500.01, "c0"),
        (1599, 499.6875, "c0"),  # 3.2, and TPP too low
        # 3A090.b with TPP of 2,400 from 1.6 on: 2,400 / 1,500 = 1.6.
        (2400, 1500, "c1"),
        (2400, 1500.01, "c0"),
        (2399, 1499.375, "c0"),  # 1.6, and TPP too low
        (4799, 2999.375, "c1"),  # 1.6
        # Without a die area everything that rests on it stays open.
        (4799, None, "c2 c1 c0"),
        (1600, None, "c2 c1 c0"),
        (1599, None, "c0"),
        # Nothing known.
        (None, None, "c3 c2 c1 c0"),
    ],
)
def test_thresholds(total: int | None, area: float | None, classes: str) -> None:
    """Proves a boundary: one step below it, another class. If broken, 4,799 is caught, or 4,800 free."""
    given = {name: value for name, value in (("tpp", total), ("die_area_mm2", area)) if value is not None}
    assert " ".join(classified(**given).classes) == classes


@pytest.mark.parametrize(
    ("total", "bandwidth", "chip_class"),
    [(20999, 6.49, "c2"), (21000, 6.49, "c3"), (20999, 6.5, "c3"), (4800, 6.49, "c2"), (4800, 6.5, "c3")],
)
def test_the_window_of_january_2026_parts_c2_from_c3(total: int, bandwidth: float, chip_class: str) -> None:
    """Proves TPP below 21,000 and bandwidth below 6.5 TB/s."""
    assert classified(tpp=total, memory_bandwidth_tbps=bandwidth).classes == (chip_class,)


@pytest.mark.parametrize(
    ("memory", "links", "classes"),
    [(4, 64, "c4"), (3.9, 64, "c0"), (3.9, 900, "c4"), (3.9, None, "c4 c0"), (4, None, "c4")],
)
def test_the_like_of_an_h20(memory: float, links: float | None, classes: str) -> None:
    """Proves that either bandwidth of an H20 is enough, and that one that is not stated leaves it open."""
    given = {"memory_bandwidth_tbps": memory, **({} if links is None else {"io_bandwidth_gbps": links})}
    kept = {key: value for key, value in BASE.items() if key not in ("memory_bandwidth_tbps", "io_bandwidth_gbps")}
    known = under_october_2023(x={**kept, "tpp": 1000, **given})
    assert " ".join(known.permissions.chip_class("us-2023-10", "x").classes) == classes


@pytest.mark.parametrize(
    ("over", "classes"),
    [
        ({"tpp": 4800, "datacentre": False}, "c5"),
        ({"tpp": 4799, "datacentre": False, "die_area_mm2": 400}, "c0"),  # density 12: note 2 leaves it out
        ({"tpp": 4800, "datacentre": None}, "c5 c2"),
        ({"tpp": 4800, "maker_country": "CN"}, "cx"),
        ({"tpp": 4799, "maker_country": "CN", "die_area_mm2": 10000}, "c0"),
        ({"tpp": 4800, "maker_country": None}, "cx c2"),
    ],
)
def test_status_and_maker(over: dict[str, Any], classes: str) -> None:
    """Proves what is not for data centres, what is designed in China, and that neither is guessed."""
    assert " ".join(classified(**over).classes) == classes


def chip(**over: Any) -> Accelerator:
    return Accelerator.model_validate(over)


def test_tpp_is_the_largest_of_throughput_times_bits() -> None:
    """Proves 1,979 x 8 = 15,832 over 989.5 x 16 and 33.5 x 64 = 2,144. If broken, 64-bit throughput decides."""
    h100 = chip(bf16_tflops=989.5, fp8_tflops=1979, int8_tops=1979, fp64_tflops=33.5, die_area_mm2=814)
    assert tpp(h100) == Decimal(15832)
    steps = working(h100)
    assert "fp8: 1,979 TFLOPS x 8 bit = 15,832" in steps
    assert "fp64: 33.5 TFLOPS x 64 bit = 2,144" in steps
    assert steps[-1] == "performance density 15,832 / 814 mm2 = 19.45"


def test_a_stated_tpp_goes_before_the_computed_one() -> None:
    """Proves that a published value is not overruled, and that a chip without figures has none."""
    assert tpp(chip(fp8_tflops=1000, tpp=7999)) == 7999
    assert tpp(chip()) is None
    assert working(chip())[-1] == "TPP: not known"


def test_a_class_that_comes_twice_is_one_class() -> None:
    """Proves a product named ahead of the thresholds: `x` by its name, `y` by its figure, each of one class.

    If broken, `y` is of "strong strong", two classes, and nothing can be told of it.
    """
    classes = [
        ChipClass.model_validate({"name": "strong", "any_of": [{"accelerator": "x"}]}),
        ChipClass.model_validate({"name": "weak", "any_of": [{"tpp": {"below": 10}}]}),
        ChipClass.model_validate({"name": "strong", "any_of": [{"tpp": {"at_least": 10}}]}),
    ]
    assert classify(figures("x", chip()), classes).classes == ("strong",)
    assert classify(figures("y", chip(tpp=10)), classes).classes == ("strong",)
    assert classify(figures("y", chip(tpp=9)), classes).classes == ("weak",)
    assert classify(figures("y", chip()), classes).classes == ("weak", "strong")


def test_steps_name_the_figure_and_its_threshold() -> None:
    """Proves that a class is explained: what was found, what it was held against, what is missing."""
    found = classified(tpp=15832, memory_bandwidth_tbps=4.8)
    assert found.steps[-1] == "c2: tpp 15,832 >= 4,800, for data centres"
    open_one = classified(tpp=4096)
    assert open_one.missing == ("performance_density",)
    assert open_one.steps == ("c2 or c1 or c0: open, since performance_density is not stated",)


CATALOGUE = {
    "a100-sxm": "c2",
    "h20": "c4",
    "l40s": "c2",
    "h100-sxm": "c2",
    "h200-sxm": "c2",
    "b200-sxm": "c3",
    "b300-sxm": "c3",
    "gb200": "c3",
    "gb300": "c3",
    "b30a": "c3",
    "vr200": "c3",
    "rtx-pro-6000": "c2",
    "rtx-pro-6000d": "c0",
    "mi250x": "c2",
    "mi300x": "c2",
    "mi325x": "c2",
    "mi350x": "c3",
    "mi355x": "c3",
    "mi308x": "c4",
    "mi430x": "c3",
    "mi440x": "c3 c1 c4",
    "mi455x": "c3",
    "gaudi-2": "c2",
    "gaudi-3": "c3",
    "max-1550": "c2",
    "tpu-v5p": "c2",
    "tpu-v6e": "c2",
    "tpu-7x": "c3",
    "trainium-2": "c2",
    "trainium-3": "c2",
    "maia-200": "c3",
    "ascend-910b": "cx",
    "ascend-910c": "cx",
    "ascend-920": "cx",
    "ascend-950pr": "cx",
    "atlas-350": "cx",
    "ascend-950dt": "cx",
    "zhenwu-810e": "cx c4 c0",
    "zhenwu-m890": "cx c4 c0",
    "mlu590": "cx",
    "mlu690": "cx",
    "atom": "c4 c0",
    "atom-max": "c2 c1 c4 c0",
    "rebel-quad": "c2",
    "rngd": "c2",
    "x330-prime": "c2",
}


@pytest.mark.parametrize(("name", "classes"), CATALOGUE.items())
def test_every_accelerator_of_the_catalogue(name: str, classes: str) -> None:
    """Proves the class of a shipped accelerator; ATOM's links and ATOM-Max's die area are not stated.

    Nor is the throughput of MI308X, MI440X and the Zhenwu chips: every class that it decides on stays open, except for
    MI308X, which is named.
    """
    known = under_october_2023(**{name: {}})
    assert " ".join(known.permissions.chip_class("us-2023-10", name).classes) == classes


def test_no_accelerator_of_the_catalogue_is_without_its_class() -> None:
    """Proves that the table above is whole."""
    from gpuplan.instance.catalog import entries

    assert set(CATALOGUE) == set(entries("accelerators"))


def test_doubt_is_carried_where_a_figure_of_low_confidence_decides() -> None:
    """Proves that RNGD's class rests on an unverified die area, and B200's, whose area decides nothing, does not."""
    known = under_october_2023(**{"rngd": {}, "b200-sxm": {}})
    chips = known.accelerators
    assert "die_area_mm2" in doubtful_fields(chips["rngd"])
    assert "die_area_mm2" in doubtful_fields(chips["b200-sxm"])
    classes = known.export.regimes["us-2023-10"].classes
    assert classify(figures("rngd", chips["rngd"], ["die_area_mm2"]), classes).classes == ("c2", "c1", "c4", "c0")
    assert classify(figures("b200-sxm", chips["b200-sxm"], ["die_area_mm2"]), classes).classes == ("c3",)
