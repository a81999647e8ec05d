"""The published JSON Schema of an instance file: what `Instance` accepts once the catalogue has filled in the rest."""

from __future__ import annotations

from typing import Any

from gpuplan.instance.catalog import OVERRIDABLE
from gpuplan.instance.schema import Instance

MODELS = {"accelerators": "Accelerator", "systems": "System", "modules": "Module", "resources": "Resource"}
PARTIAL = "Partial"
"""Prefix of the definitions in which nothing is required."""


def instance_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of an instance file.

    Entities that the reference catalogue may complete have no required fields, a tariff may be a catalogue id, and a
    file that extends another may leave out, at any depth, whatever that one states.
    """
    full = _closed(Instance.model_json_schema(by_alias=True))
    definitions = full.pop("$defs")
    for section in OVERRIDABLE:
        definitions[MODELS[section]].pop("required", None)
    definitions["Regime"].pop("required", None)
    definitions["Export"]["properties"]["files"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Files of the same folder that state export.regimes and nothing else.",
    }
    tariff = definitions["Site"]["properties"]["tariff"]
    by_id = {"type": "string", "description": "Id of a tariff of the reference catalogue."}
    tariff["anyOf"] = [by_id, *tariff["anyOf"]]
    full["properties"]["extends"] = {"type": "string", "description": "Another instance file of the same folder."}
    full["properties"]["edits"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Edits applied in order after everything is read, such as `limits.budget.at_most *= 0.9`.",
    }
    partial = {f"{PARTIAL}{name}": _partial(definition) for name, definition in definitions.items()}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "gpuplan instance file",
        "type": "object",
        "if": {"required": ["extends"]},
        "then": _partial(full),
        "else": full,
        "$defs": {**definitions, **partial},
    }


def _closed(schema: Any) -> Any:
    """The same with every mapping by id closed against keys that are no ids."""
    if isinstance(schema, list):
        return [_closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(value) for key, value in schema.items()}
    if "patternProperties" in closed:
        closed["additionalProperties"] = False
    return closed


def _partial(schema: Any) -> Any:
    """The same with nothing required, at any depth."""
    if isinstance(schema, list):
        return [_partial(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    found = {}
    for key, value in schema.items():
        if key == "$ref":
            found[key] = str(value).replace("#/$defs/", f"#/$defs/{PARTIAL}")
        elif key != "required" or not isinstance(value, list):
            found[key] = _partial(value)
    return found
