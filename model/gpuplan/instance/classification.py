"""The class of a chip under a regime, worked out from its figures and told step by step.

A figure that is not stated leaves open what depends on it, so a chip may be of several possible classes. A figure of
low confidence that decides between classes makes the class doubtful.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from gpuplan.instance.base import LOW_CONFIDENCE

if TYPE_CHECKING:
    from gpuplan.instance.hardware import Accelerator
    from gpuplan.instance.regimes import ChipClass, Criteria, Range

BITS = {"fp64_tflops": 64, "bf16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4}
"""Bit length of each number format. A multiplication and addition count as two operations, in TPP as in TFLOPS."""
FIGURES = ("tpp", "performance_density", "memory_bandwidth_tbps", "io_bandwidth_gbps")


@dataclass(frozen=True)
class Figures:
    """What export rules ask of a chip; None where it is not known."""

    chip: str
    numbers: Mapping[str, Fraction | None]
    attributes: Mapping[str, Decimal]
    datacentre: bool | None
    maker_country: str | None


@dataclass(frozen=True)
class Classification:
    """The classes that a chip may be of, in the regime's order: one when its figures decide."""

    classes: tuple[str, ...]
    steps: tuple[str, ...]
    """How they were worked out."""
    missing: tuple[str, ...]
    """Figures that are not stated and would decide."""


def tpp(chip: Accelerator) -> Decimal | None:
    """Total processing performance: what is stated, else the largest dense throughput x bit length; None if unknown."""
    if chip.tpp is not None:
        return chip.tpp
    found = max((getattr(chip, field) * bits for field, bits in BITS.items()), default=Decimal(0))
    return found or None


def figures(name: str, chip: Accelerator, hidden: Iterable[str] = ()) -> Figures:
    """The figures of a chip, without those whose fields are hidden."""
    gone = set(hidden)
    total = None if "tpp" in gone else tpp(chip)
    area = None if "die_area_mm2" in gone else chip.die_area_mm2
    density = None if total is None or area is None else Fraction(total) / Fraction(area)
    plain = {field: None if field in gone else getattr(chip, field) for field in FIGURES[2:]}
    numbers = {"tpp": total, "performance_density": density, **plain}
    return Figures(
        name,
        {field: None if value is None else Fraction(value) for field, value in numbers.items()},
        chip.attributes,
        None if "datacentre" in gone else chip.datacentre,
        chip.maker_country,
    )


def doubtful_fields(chip: Accelerator) -> tuple[str, ...]:
    """Fields that classes are worked out from and whose source is of low confidence."""
    named = ("tpp", "die_area_mm2", *FIGURES[2:], "datacentre")
    return tuple(field for field in named if _is_doubtful(chip, field))


def _is_doubtful(chip: Accelerator, field: str) -> bool:
    if field == "tpp" and chip.tpp is None:
        return any(_low(chip, one) for one in BITS if getattr(chip, one))
    return getattr(chip, field) is not None and _low(chip, field)


def _low(chip: Accelerator, field: str) -> bool:
    source = chip.sources.get(field.replace("_", "-")) or chip.sources.get("all")
    return source is not None and source.confidence in LOW_CONFIDENCE


def classify(known: Figures, classes: Iterable[ChipClass]) -> Classification:
    """The first class that fits, and before it every class that may fit for all that is known."""
    found: list[str] = []
    steps: list[str] = []
    missing: dict[str, None] = {}
    for one in classes:
        verdicts = [_meets(known, criteria) for criteria in one.any_of]
        verdict = any_of(holds for holds, _ in verdicts)
        if verdict is False:
            continue
        found.append(one.name)
        if verdict is True:
            criteria = next(c for c, (holds, _) in zip(one.any_of, verdicts, strict=True) if holds)
            steps.append(f"{one.name}: {_told(known, criteria)}")
            break
        open_fields = dict.fromkeys(field for holds, fields in verdicts if holds is None for field in fields)
        missing |= open_fields
        steps.append(f"{one.name}: open, since {', '.join(open_fields)} is not stated")
    return Classification(tuple(found), tuple(steps), tuple(missing))


def working(chip: Accelerator) -> tuple[str, ...]:
    """How total processing performance and performance density come about, step by step."""
    steps = [
        f"{field.split('_')[0]}: {getattr(chip, field):,} {field.split('_')[1].upper()} x {bits} bit = "
        f"{getattr(chip, field) * bits:,}"
        for field, bits in BITS.items()
        if getattr(chip, field)
    ]
    total = tpp(chip)
    if total is None:
        return (*steps, "TPP: not known")
    steps.append(f"TPP {total:,}, {'as stated' if chip.tpp is not None else 'the largest of these'}")
    if chip.die_area_mm2 is None:
        return (*steps, "performance density: not known, since die_area_mm2 is not stated")
    density = Fraction(total) / Fraction(chip.die_area_mm2)
    return (*steps, f"performance density {total:,} / {chip.die_area_mm2:,} mm2 = {float(density):.4g}")


def any_of(verdicts: Iterable[bool | None]) -> bool | None:
    """True when one is; None when none is and one is open."""
    seen = list(verdicts)
    return True if True in seen else None if None in seen else False


def all_of(verdicts: Iterable[bool | None]) -> bool | None:
    """False when one is; None when none is and one is open."""
    seen = list(verdicts)
    return False if False in seen else None if None in seen else True


def _meets(known: Figures, criteria: Criteria) -> tuple[bool | None, tuple[str, ...]]:
    """Whether a chip meets criteria, and the figures that leave it open."""
    verdicts: dict[str, bool | None] = {}
    for field in FIGURES:
        wanted = getattr(criteria, field)
        if wanted is not None:
            verdicts[field] = _within(known.numbers[field], wanted)
    for name, wanted in criteria.attributes.items():
        verdicts[name] = name in known.attributes and _within(Fraction(known.attributes[name]), wanted)
    if criteria.datacentre is not None:
        verdicts["datacentre"] = None if known.datacentre is None else known.datacentre == criteria.datacentre
    if criteria.maker_country is not None:
        verdicts["maker_country"] = (
            None if known.maker_country is None else known.maker_country in criteria.maker_country
        )
    if criteria.accelerator is not None:
        verdicts["accelerator"] = known.chip in criteria.accelerator
    return all_of(verdicts.values()), tuple(field for field, holds in verdicts.items() if holds is None)


def _within(value: Fraction | None, wanted: Range) -> bool | None:
    if value is None:
        return None
    return (
        (wanted.at_least is None or value >= Fraction(wanted.at_least))
        and (wanted.above is None or value > Fraction(wanted.above))
        and (wanted.at_most is None or value <= Fraction(wanted.at_most))
        and (wanted.below is None or value < Fraction(wanted.below))
    )


SIGNS = {"at_least": ">=", "above": ">", "at_most": "<=", "below": "<"}


def _told(known: Figures, criteria: Criteria) -> str:
    parts = []
    for field in FIGURES:
        wanted, value = getattr(criteria, field), known.numbers[field]
        if wanted is not None and value is not None:
            bounds = " and ".join(f"{SIGNS[word]} {bound:,}" for word, bound in wanted if bound is not None)
            parts.append(f"{field} {float(value):,.6g} {bounds}")
    if criteria.datacentre is not None:
        parts.append("for data centres" if criteria.datacentre else "not for data centres")
    if criteria.maker_country is not None:
        parts.append(f"made by a maker of {known.maker_country}")
    if criteria.accelerator is not None:
        parts.append("by name")
    parts += [f"{name} {known.attributes[name]}" for name in criteria.attributes]
    return ", ".join(parts) or "no class before it fits"
