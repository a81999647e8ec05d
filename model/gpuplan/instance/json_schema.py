"""The published JSON Schema of an instance file: what `Instance` accepts once the catalogue has filled in the rest."""

from __future__ import annotations

from typing import Any

from gpuplan.instance.catalog import OVERRIDABLE
from gpuplan.instance.schema import Instance

PARTIAL = {"accelerators": "Accelerator", "systems": "System", "modules": "Module", "resources": "Resource"}


def instance_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of an instance file.

    Entities that the reference catalogue may complete have no required fields, a tariff may be a catalogue id, and a
    file that extends another may leave out whatever that one states.
    """
    schema = Instance.model_json_schema(by_alias=True)
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["title"] = "gpuplan instance file"
    definitions = schema["$defs"]
    for section in OVERRIDABLE:
        definitions[PARTIAL[section]].pop("required", None)
    tariff = definitions["Site"]["properties"]["tariff"]
    tariff["anyOf"] = [
        {"type": "string", "description": "Id of a tariff of the reference catalogue."},
        *tariff["anyOf"],
    ]
    properties = schema["properties"]
    properties["extends"] = {"type": "string", "description": "Another instance file of the same folder."}
    properties["edits"] = {
        "type": "array",
        "items": {"type": "string"},
        "description": "Edits applied in order after everything is read, such as `limits.budget.at_most *= 0.9`.",
    }
    schema["anyOf"] = [{"required": schema.pop("required")}, {"required": ["extends"]}]
    return schema
