"""The class of a chip under a regime, worked out from its figures and told step by step.

A figure that is not stated leaves open what depends on it, so a chip may be of several possible classes. A figure of
low confidence that decides between classes makes the class doubtful.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from gpuplan.fraction import Fraction
from gpuplan.instance.base import LOW_CONFIDENCE

if TYPE_CHECKING:
    from gpuplan.instance.hardware import Accelerator
    from gpuplan.instance.regimes import ChipClass, Criteria, Range

BITS = {"fp64_tflops": 64, "bf16_tflops": 16, "fp8_tflops": 8, "int8_tops": 8, "fp4_tflops": 4}
"""Bit length of each number format. A multiplication and addition count as two operations, in TPP as in TFLOPS."""
FIGURES = ("tpp", "performance_density", "memory_bandwidth_tbps", "io_bandwidth_gbps")
NONE = "none"
"""Class of a chip that fits no class."""
FACTS = ("datacentre", "maker_country")


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


def classify(known: Figures, classes: Sequence[ChipClass]) -> Classification:
    """The classes that a chip may be of: that of every way in which what is not known could turn out."""
    unknown = [field for field in (*FIGURES, *FACTS) if _value(known, field) is None]
    choices = {field: _choices(field, classes) for field in unknown}
    choices = {field: values for field, values in choices.items() if len(values) > 1}
    found: dict[tuple[object, ...], str] = {}
    for values in itertools.product(*choices.values()):
        complete = _completed(known, dict(zip(choices, values, strict=True)))
        found[values] = next((one.name for one in classes if any(_meets(complete, c) for c in one.any_of)), NONE)
    seen = set(found.values())
    names = [*(one.name for one in classes), NONE]
    possible = tuple(name for place, name in enumerate(names) if name in seen and name not in names[place + 1 :])
    missing = tuple(field for place, field in enumerate(choices) if len(possible) > 1 and _matters(found, place))
    if len(possible) == 1 and not missing:
        criteria = next((c for one in classes if one.name == possible[0] for c in one.any_of if _meets(known, c)), None)
        why = "its figures decide" if criteria is None else _told(known, criteria)
        return Classification(possible, (f"{possible[0]}: {why}",), ())
    step = f"{' or '.join(possible)}: open, since {' and '.join(missing)} is not stated"
    return Classification(possible, (step,), missing)


def _matters(found: Mapping[tuple[object, ...], str], place: int) -> bool:
    """Whether a class depends on what is at one place, all else being the same."""
    by_rest: dict[tuple[object, ...], set[str]] = {}
    for values, name in found.items():
        by_rest.setdefault((*values[:place], *values[place + 1 :]), set()).add(name)
    return any(len(names) > 1 for names in by_rest.values())


def _value(known: Figures, field: str) -> object:
    return known.numbers[field] if field in FIGURES else getattr(known, field)


def _choices(field: str, classes: Sequence[ChipClass]) -> list[Any]:
    """Values of a field that the criteria tell apart: of each threshold, and between, below and above them."""
    stated = [value for one in classes for c in one.any_of if (value := getattr(c, field)) is not None]
    if field == "datacentre":
        return [True, False] if stated else []
    if field == "maker_country":
        return [*dict.fromkeys(country for some in stated for country in some), ""]
    marks = sorted({Fraction(bound) for wanted in stated for _, bound in wanted if bound is not None})
    if not marks:
        return []
    between = [(low + high) / 2 for low, high in itertools.pairwise(marks)]
    return sorted([marks[0] / 2, *marks, *between, marks[-1] * 2])


def _completed(known: Figures, values: Mapping[str, Any]) -> Figures:
    numbers = {field: values.get(field, value) for field, value in known.numbers.items()}
    return replace(
        known,
        numbers=numbers,
        datacentre=values.get("datacentre", known.datacentre),
        maker_country=values.get("maker_country", known.maker_country),
    )


def working(chip: Accelerator) -> tuple[str, ...]:
    """How total processing performance and performance density come about, step by step."""
    steps = [
        f"{field.split('_')[0]}: {getattr(chip, field):,} {field.split('_')[1].upper()} x {bits} bit = "
        f"{(getattr(chip, field) * bits).normalize():,f}"
        for field, bits in BITS.items()
        if getattr(chip, field)
    ]
    total = tpp(chip)
    if total is None:
        return (*steps, "TPP: not known")
    steps.append(f"TPP {total.normalize():,f}, {'as stated' if chip.tpp is not None else 'the largest of these'}")
    if chip.die_area_mm2 is None:
        return (*steps, "performance density: not known, since die_area_mm2 is not stated")
    density = Fraction(total) / Fraction(chip.die_area_mm2)
    return (*steps, f"performance density {total.normalize():,f} / {chip.die_area_mm2:,} mm2 = {float(density):.4g}")


def _meets(known: Figures, criteria: Criteria) -> bool:
    """Whether a chip meets criteria; what no criterion asks for may be unknown."""
    numbers = ((known.numbers[field], getattr(criteria, field)) for field in FIGURES)
    return (
        all(wanted is None or (value is not None and _within(value, wanted)) for value, wanted in numbers)
        and all(
            name in known.attributes and _within(Fraction(known.attributes[name]), wanted)
            for name, wanted in criteria.attributes.items()
        )
        and criteria.datacentre in (None, known.datacentre)
        and (criteria.maker_country is None or known.maker_country in criteria.maker_country)
        and (criteria.accelerator is None or known.chip in criteria.accelerator)
    )


def _within(value: Fraction, wanted: Range) -> bool:
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
