"""Reference pages of pydantic models: every field with its type, unit, default and description."""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo

from gpuplan_docs.markdown import anchor, code, plain, table

Model = type[BaseModel]

SHORTHAND = {
    "_lead_schedule": "days, or a list of {0}",
    "_capacity_steps": "number ≥ 0, a list of {0}, or `unlimited`",
    "_capacity": "an amount as in {0}, or {0}",
    "_need": "number ≥ 0, or {0}",
    "_rates": "share from 0 to 1, or a list of {0}",
    "_delivery": "number > 0, or {0}",
    "_demand_steps": "number ≥ 0, or a list of {0}",
    "_rate": "number > 0, or {0}",
    "_redundancy": "`N`, `N+1` to `N+5`, or `2N`",
    "_membership": "list of country codes, a list of {0}, or Country Groups (`any_of`, `none_of`, `also`, `without`)",
    "_one_or_more": "text, or a list of text",
}
"""What a validator that runs before pydantic's own accepts besides the model; {0} is the model within."""
SILENT = {"exact", "day", "_sequence"}
"""Validators that only make a value exact."""

UNITS = (
    ("_per_kw_month", "money/kW and month"),
    ("_per_unit_month", "money/unit and month"),
    ("_per_kwh", "money/kWh"),
    ("_kg_per_kwh", "kg/kWh"),
    ("_per_tonne", "money/t"),
    ("_rate_per_year", "share a year"),
    ("_units_per_month", "units/month"),
    ("_cost_per_month", "money/month"),
    ("_per_week", "h/week"),
    ("_usd", "US$"),
    ("_days", "days"),
    ("days_after", "days"),
    ("_weeks_low", "weeks"),
    ("_weeks_high", "weeks"),
    ("_years", "years"),
    ("_kw", "kW"),
    ("_kwh", "kWh"),
    ("_kg", "kg"),
    ("_w", "W"),
    ("_gb", "GB"),
    ("_tbps", "TB/s"),
    ("_tflops", "TFLOPS"),
    ("_tops", "TOPS"),
    ("_mm2", "mm²"),
    ("_share", "share"),
    ("_hours", "h"),
    ("_cost", "money"),
)
WHOLE_NAMES = {
    "price": "money",
    "fee": "money",
    "days": "days",
    "units_per_month": "units/month",
    "energy_kwh": "kWh",
    "carbon_kg": "kg",
    "carbon_kg_per_kwh": "kg/kWh",
    "tpp": "TPP",
    "share": "share",
    "discount": "share",
    "rate": "",
}


def own_fields(model: Model) -> dict[str, FieldInfo]:
    """Fields by the name that a file gives them, those of a common base left out."""
    from gpuplan.instance.base import Entity

    inherited = set(Entity.model_fields) if issubclass(model, Entity) and model is not Entity else set()
    return {field.alias or name: field for name, field in model.model_fields.items() if name not in inherited}


def models_within(model: Model, known: set[Model]) -> Iterator[Model]:
    """The model and every model that its fields lead to, each once, in the order of the fields."""
    if model in known:
        return
    known.add(model)
    yield model
    hints = get_type_hints(model, include_extras=True)
    for name, field in model.model_fields.items():
        if (field.alias or name) in own_fields(model):
            for inner in _models_in(hints[name]):
                yield from models_within(inner, known)


def _models_in(hint: Any) -> Iterator[Model]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    elif not isinstance(hint, type) or get_args(hint):
        for argument in get_args(hint):
            yield from _models_in(argument)


def section(model: Model, prefix: str, level: int = 2, with_defaults: bool = True) -> str:
    """Heading, description and table of fields of one model."""
    from gpuplan.instance.base import Entity

    parts = [anchor(link_name(prefix, model), model.__name__, level), (model.__doc__ or "").strip() + "\n"]
    header = ["field", "type", "unit", "default", "meaning"] if with_defaults else ["field", "type", "unit", "meaning"]
    rows = []
    hints = get_type_hints(model, include_extras=True)
    names = {field.alias or name: name for name, field in model.model_fields.items()}
    for shown, field in own_fields(model).items():
        hint = hints[names[shown]]
        row = [code(shown), words(hint, prefix), unit(shown), default(field), field.description or _summary(hint)]
        rows.append(row if with_defaults else [*row[:3], row[4]])
    if rows:
        parts.append(table(header, rows))
    if issubclass(model, Entity) and model is not Entity:
        common = ", ".join(code(name) for name in Entity.model_fields)
        parts.append(f"And, as [every entity]({'#' + link_name(prefix, Entity)}): {common}.\n")
    return "\n".join(parts)


def _summary(hint: Any) -> str:
    """First line of what the model within says of itself."""
    within = next(_models_in(hint), None)
    return (within.__doc__ or "").strip().partition("\n")[0] if within else ""


def link_name(prefix: str, model: Model) -> str:
    """Name of the anchor of a model."""
    return f"{prefix}-{model.__name__.lower()}"


def default(field: FieldInfo) -> str:
    """What holds when the field is left out."""
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    return _written(value)


def _written(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Decimal | int):
        return f"{value:,}"
    if isinstance(value, BaseModel):
        stated = value.model_dump(exclude_defaults=True)
        return code(stated) if stated else "all defaults"
    if isinstance(value, Mapping | str | tuple | list) and not value:
        return "empty"
    if isinstance(value, str):
        return code(value)
    if isinstance(value, tuple | list):
        return _written_list(list(value))
    return code(value)


def _written_list(values: list[Any]) -> str:
    """A list; one that stands for one number (a schedule with a single step from ever on) as that number."""
    from gpuplan.instance.calendar import ALWAYS

    if len(values) == 1 and isinstance(values[0], BaseModel):
        stated = values[0].model_dump(by_alias=True)
        if stated.get("from") == ALWAYS:
            return next(_written(value) for key, value in stated.items() if key != "from")
    return ", ".join(_item(value) for value in values)


def _item(value: object) -> str:
    if isinstance(value, BaseModel):
        stated = value.model_dump(exclude_defaults=True, by_alias=True)
        return code("{" + ", ".join(f"{key}: {given}" for key, given in stated.items()) + "}")
    return code(value)


def unit(name: str) -> str:
    """Unit that a field's name states."""
    if name in WHOLE_NAMES:
        return WHOLE_NAMES[name]
    return next((said for ending, said in UNITS if name.endswith(ending)), "")


def words(hint: Any, prefix: str) -> str:
    """A type in words, models linked."""
    origin = get_origin(hint)
    if origin is Annotated:
        return _annotated(hint, prefix)
    if origin in (Union, types.UnionType):
        options = [words(option, prefix) for option in get_args(hint) if option is not type(None)]
        return " or ".join(options)
    if origin is Literal:
        return _one_of([str(option) for option in get_args(hint)])
    if origin is tuple:
        return _many(words(get_args(hint)[0], prefix))
    if origin is not None and issubclass(origin, Mapping):
        key, value = get_args(hint)
        return f"by {words(key, prefix)}: {words(value, prefix)}"
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        # A plan within an answer is explained on the page of plans.
        home = "plan" if prefix == "answers" and hint.__module__ == "gpuplan.plan.plan" else prefix
        return f"[{hint.__name__}](#{link_name(home, hint)})"
    if hint is Any:
        return "any value"
    simple = {str: "text", bool: "true or false", int: "whole number", Decimal: "number", date: "day"}
    if hint in simple:
        return simple[hint]
    raise TypeError(f"no words for the type {hint}: add them to docs/_ext")


def _many(item: str) -> str:
    """A list of an item in words."""
    item = item.removeprefix("one of ")
    for word in ("id", "whole number"):
        if item == word or item.startswith((f"{word},", f"{word} ")):
            item = item.replace(word, f"{word}s", 1)
    return f"list of {item}"


def _one_of(options: list[str]) -> str:
    return code(options[0]) if len(options) == 1 else "one of " + ", ".join(code(option) for option in options)


def _annotated(hint: Any, prefix: str) -> str:
    from gpuplan.instance.base import Id

    inner, *metadata = get_args(hint)
    for extra in metadata:
        if isinstance(extra, BeforeValidator):
            name = getattr(getattr(extra.func, "func", extra.func), "__name__", "")  # of a partial, what it completes
            if name in SHORTHAND:
                within = next(_models_in(inner), None)
                return SHORTHAND[name].format(words(within, prefix) if within else "")
            if name not in SILENT:
                raise TypeError(f"no words for what {name} accepts: add them to docs/_ext")
    bounds = _bounds(metadata)
    if hint == Id:
        return "id"
    pattern = bounds.get("pattern")
    if pattern is not None:
        return {"^[A-Z]{3}$": "currency code", "^[A-Z]{2}$": "country code"}.get(pattern, f"text like {code(pattern)}")
    return words(inner, prefix) + _range(bounds)


def _bounds(metadata: list[Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for extra in metadata:
        for one in extra.metadata if isinstance(extra, FieldInfo) else [extra]:
            for name in ("ge", "gt", "le", "lt", "pattern"):
                if getattr(one, name, None) is not None:
                    found[name] = getattr(one, name)
    return found


def _range(bounds: dict[str, Any]) -> str:
    low, high = bounds.get("ge", bounds.get("gt")), bounds.get("le", bounds.get("lt"))
    if high is not None and high >= 10**12:
        high = None
    if low is not None and high is not None:
        return f", {'above ' if 'gt' in bounds else ''}{low:,} to {high:,}"
    if low is not None:
        return f" {'≥' if 'ge' in bounds else '>'} {low:,}"
    return "" if high is None else f" ≤ {high:,}"


def undescribed(model: Model) -> list[str]:
    """Fields without a description."""
    return [name for name, field in own_fields(model).items() if not field.description]


__all__ = ["default", "link_name", "models_within", "own_fields", "plain", "section", "undescribed", "unit", "words"]
