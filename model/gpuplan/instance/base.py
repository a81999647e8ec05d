"""Ground that every section of an instance stands on: closed frozen models, exact numbers, ids, provenance."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Context, Decimal, localcontext
from functools import partial, wraps
from typing import Annotated, Any, Literal, ParamSpec, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

LARGEST = Decimal("1e24")
"""No number in an instance may be larger; it keeps every coefficient within what a solver can tell apart."""

FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2199, 12, 31)
"""Days outside these are mistakes."""

MISSING = "is_missing"
"""Type of an error about a field that is not there although it may be left out elsewhere."""

LONGEST_ID = 100
"""Characters."""
PRECISION = 100
"""Digits that decimal arithmetic keeps: more than any sum or product of an instance's figures has."""

Value = TypeVar("Value")
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


def exactly(function: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Run a function under a decimal context of our own: a host's may round sooner than money allows."""

    @wraps(function)
    def wrapped(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        with localcontext(Context(prec=PRECISION)):
            return function(*args, **kwargs)

    return wrapped


class Table(dict[str, Value]):
    """A mapping that cannot be changed once made, so that a frozen instance is frozen all the way down."""

    def _refuse(self, *_args: object, **_kwargs: object) -> Any:
        raise TypeError("an instance is frozen: use instance.edited([...]) to get a changed copy")

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[type[Table[Value]], tuple[dict[str, Value]]]:
        return (Table, (dict(self),))

    def __deepcopy__(self, _memo: object) -> Table[Value]:
        return self


class Closed(BaseModel):
    """A section or entity: unknown keys are errors, values are not coerced, nothing changes after validation."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        frozen=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
        serialize_by_alias=True,
        defer_build=True,  # the schemas of answers that nobody asks for would cost half of the import
    )


def exact(value: object, largest: Decimal | None = LARGEST) -> object:
    """Turn an int, float or Decimal into an exact Decimal; leave anything else for pydantic to refuse."""
    if isinstance(value, bool):
        raise ValueError("a number is wanted, not true or false")
    if isinstance(value, int | float):
        value = Decimal(repr(value))
    if not isinstance(value, Decimal):
        raise ValueError("a number is wanted")
    if not value.is_finite():
        raise ValueError("a finite number is wanted")
    if largest is not None and abs(value) > largest:
        raise ValueError(f"no number may be larger than {largest:.0e}")
    return value


def day(value: object) -> object:
    """Turn an ISO day such as 2025-09-30 into a date; leave anything else for pydantic to refuse."""
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value) else "")
        except ValueError:
            raise ValueError("a day is written like 2025-09-30") from None
    if type(value) is date and not FIRST_DAY <= value <= LAST_DAY:
        raise ValueError(f"a day lies between {FIRST_DAY} and {LAST_DAY}")
    return value


def _sequence(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _one_or_more(value: object) -> object:
    return (value,) if isinstance(value, str) else _sequence(value)


Id = Annotated[str, Field(pattern=r"^[a-z0-9-]+$", max_length=LONGEST_ID)]
Text = Annotated[str, Field(max_length=10_000)]
Number = Annotated[Decimal, BeforeValidator(exact), WithJsonSchema({"type": "number"})]
Figure = Annotated[Decimal, BeforeValidator(partial(exact, largest=None)), WithJsonSchema({"type": "number"})]
"""A number that was worked out, of any size."""
Amount = Annotated[Decimal, BeforeValidator(exact), Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]
Positive = Annotated[
    Decimal, BeforeValidator(exact), Field(gt=0), WithJsonSchema({"type": "number", "exclusiveMinimum": 0})
]
Share = Annotated[
    Decimal, BeforeValidator(exact), Field(ge=0, le=1), WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1})
]
PositiveShare = Annotated[
    Decimal,
    BeforeValidator(exact),
    Field(gt=0, le=1),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": 1}),
]
Tally = Annotated[int, Field(ge=0)]
"""A number that was worked out, of any size."""
Whole = Annotated[int, Field(ge=0, le=10**12)]
Count = Annotated[int, Field(ge=1, le=10**12)]
Days = Annotated[int, Field(ge=0, le=36_500)]
Day = Annotated[date, BeforeValidator(day), WithJsonSchema({"type": "string", "format": "date"})]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}$")]
Item = TypeVar("Item")
Sequence = Annotated[tuple[Item, ...], BeforeValidator(_sequence)]
OneOrMore = Annotated[
    tuple[str, ...],
    BeforeValidator(_one_or_more),
    Field(min_length=1),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}),
]
ById = Annotated[Mapping[Id, Value], AfterValidator(Table)]

Confidence = Literal["official", "secondary", "derived", "unverified", "assumption", "stated"]
LOW_CONFIDENCE: frozenset[str] = frozenset({"unverified", "assumption"})


class Source(Closed):
    """Where a figure comes from."""

    source: Text = ""
    """Who published it, or how it was worked out."""
    as_of: Text = ""
    """When it held: a day, month, year or span."""
    confidence: Confidence = "stated"
    """official: published data or statement; secondary: one secondary source; derived: worked out from others;
    unverified: general knowledge; assumption: an estimate of the instance's author; stated: the author's own figure."""


class Entity(Closed):
    """Something with an id that a plan, a limit or an edit can name."""

    name: Text = ""
    """What people call it; the id when left empty."""
    note: Text = ""
    attributes: ById[Amount] = Field(default_factory=dict)
    """Any further numbers, by name: usable as measures (`attributes.<name>`) where units of it are counted."""
    sources: ById[Source] = Field(default_factory=dict)
    """Provenance by field name with `_` written `-` (`price`, `lead-days`), or `all` for every other field."""


class From(Closed):
    """A step of a schedule: what holds from this day on, until the next step."""

    start: Annotated[Day, Field(alias="from")]
    """First day on which it holds."""
