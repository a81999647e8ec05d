"""What may turn out otherwise: named futures with their probabilities, and figures that are drawn."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from gpuplan.fraction import Fraction
from gpuplan.instance.base import (
    ById,
    Closed,
    Count,
    Day,
    Number,
    Positive,
    PositiveShare,
    Sequence,
    Table,
    Text,
    Whole,
)

if TYPE_CHECKING:
    from gpuplan.instance.schema import Instance

SPREAD_DIGITS = Decimal("0.0001")
"""Drawn factors, and added amounts that are no whole numbers, are rounded to this."""
_SELECTED = re.compile(r"^(?P<section>[a-z_]+)\[(?P<which>[^\]]+)\]\.(?P<field>.+)$")


class Future(Closed):
    """One way in which things may turn out."""

    probability: PositiveShare
    """Of all futures these add up to 1."""
    edits: Sequence[Text] = ()
    """In the grammar of `instance.edited`; none where everything is as stated."""
    note: Text = ""


def _adds_up(futures: ById[Future]) -> ById[Future]:
    total = sum((one.probability for one in futures.values()), Decimal(0))
    if futures and total != 1:
        raise ValueError(f"the probabilities add up to {total.normalize():f}, and not to 1")
    return futures


class Draw(Closed):
    """How a figure is drawn; exactly one of these is stated."""

    triangular: Annotated[Sequence[Number], Field(min_length=3, max_length=3)] | None = None
    """Least, likeliest and most of what is added."""
    uniform: Annotated[Sequence[Number], Field(min_length=2, max_length=2)] | None = None
    """Least and most of what is added."""
    lognormal: Annotated[Positive, Field(le=2)] | None = None
    """Standard deviation of the logarithm of a factor whose median is 1."""
    apart: bool = False
    """Whether each of what is selected has a draw of its own. Otherwise offers of one vendor have the same, and so have
    all of anything else."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        stated = [one for one in (self.triangular, self.uniform, self.lognormal) if one is not None]
        if len(stated) != 1:
            raise ValueError("exactly one of triangular, uniform and lognormal is wanted")
        for ends in (self.triangular, self.uniform):
            if ends is not None and (list(ends) != sorted(ends) or ends[0] == ends[-1]):
                raise ValueError("least, likeliest and most rise in this order")
        return self


class Drawn(Closed):
    """Futures that are drawn, all as likely."""

    seed: Whole = 0
    number: Annotated[Count, Field(le=100_000)]
    """How many futures are drawn."""
    figures: Annotated[Mapping[Text, Draw], Field(min_length=1), AfterValidator(Table)]
    """By path, as in edits: `offers[*].lead_days`, `economics.exchange_rates.USD`."""


class Uncertainty(Closed):
    """What may turn out otherwise, and the day from which it is known.

    Named futures and drawn ones are alternatives; where both are stated, every named one is drawn as often.
    """

    reveals: Day
    """What is signed before this day is signed without knowing which future comes."""
    futures: Annotated[ById[Future], AfterValidator(_adds_up)] = Field(default_factory=Table)
    """By name. The instance as it stands counts only where it is one of them."""
    drawn: Drawn | None = None
    """Figures that are drawn, instead of named futures or in each of them."""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.futures and self.drawn is None:
            raise ValueError("there are no futures: state futures, or drawn")
        return self


@dataclass(frozen=True, slots=True)
class Case:
    """One future to be looked at."""

    name: str
    probability: Fraction
    edits: tuple[str, ...]
    draws: tuple[tuple[str, Decimal], ...]
    """(what was drawn, by how much or by which factor)."""


def cases(instance: Instance, uncertainty: Uncertainty) -> Iterator[Case]:
    """All futures, in order. The same seed draws the same, whatever else is drawn beside."""
    named = [(name, Fraction(one.probability), one.edits) for name, one in uncertainty.futures.items()]
    drawn = uncertainty.drawn
    for name, probability, edits in named or [("", Fraction(1), ())]:
        if drawn is None:
            yield Case(name, probability, tuple(edits), ())
            continue
        for number in range(drawn.number):
            draws = [
                one for path, draw in drawn.figures.items() for one in _draws(instance, drawn.seed, number, path, draw)
            ]
            yield Case(
                f"{name}-{number + 1}" if name else str(number + 1),
                probability / drawn.number,
                (*edits, *(f"{path} {'*=' if is_factor else '+='} {value:f}" for path, value, is_factor in draws)),
                tuple((path, value) for path, value, _ in draws),
            )


def _draws(instance: Instance, seed: int, number: int, path: str, draw: Draw) -> Iterator[tuple[str, Decimal, bool]]:
    """(path, value, whether it is a factor) for each part of what a path selects that has a draw of its own."""
    for part in _parts(instance, path, draw.apart):
        random = Random(f"{seed} {number} {part}")
        if draw.lognormal is not None:
            factor = Decimal(repr(math.exp(random.gauss(0.0, float(draw.lognormal))))).quantize(SPREAD_DIGITS)
            yield part, max(factor, SPREAD_DIGITS), True
            continue
        ends = draw.triangular or draw.uniform or ()
        if draw.triangular is not None:
            least, likeliest, most = (float(end) for end in draw.triangular)
            value = random.triangular(least, most, likeliest)
        else:
            value = random.uniform(float(ends[0]), float(ends[-1]))
        is_whole = all(end == end.to_integral_value() for end in ends)
        yield part, Decimal(repr(value)).quantize(Decimal(1) if is_whole else SPREAD_DIGITS), False


def _parts(instance: Instance, path: str, apart: bool) -> list[str]:
    """The paths that have draws of their own among what a path selects."""
    match = _SELECTED.match(path)
    if match is None or (match["section"] != "offers" and not apart):
        return [path]
    entities = getattr(instance, match["section"], {})
    if match["which"] == "*":
        chosen = list(entities)
    else:
        field, _, wanted = match["which"].partition("=")
        chosen = [name for name, one in entities.items() if str(getattr(one, field, "")) == wanted]
    if apart:
        return [f"{match['section']}.{name}.{match['field']}" for name in chosen] or [path]
    vendors = dict.fromkeys(instance.offers[name].vendor for name in chosen)
    if match["which"] == "*":
        return [f"offers[vendor={vendor}].{match['field']}" for vendor in vendors] or [path]
    if match["which"].startswith("vendor="):
        return [path]
    return [f"offers.{name}.{match['field']}" for name in chosen] or [path]
