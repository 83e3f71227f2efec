"""The JSON Schema of knowledge files, generated from the record types.

Editors that know JSON Schema complete and check knowledge files as they are typed.
"""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from ._records import IDENTITY, KINDS

__all__ = ["schema"]

_ACTION = {
    "enum": ["add", "revise", "retract"],
    "default": "add",
    "description": "add a record, revise fields of an existing one, or retract it",
}


def schema() -> dict[str, Any]:
    """Return the schema of a knowledge file, JSON Schema draft 2020-12."""
    definitions: dict[str, Any] = {}
    sections: dict[str, Any] = {}
    for section, record_type in KINDS.items():
        record = TypeAdapter(record_type).json_schema(ref_template="#/$defs/{model}")
        definitions |= record.pop("$defs", {})
        record["description"] = (record_type.__doc__ or "").strip().splitlines()[0]
        required = record.pop("required")
        record["properties"] = {**record["properties"], "action": _ACTION}
        # a revision gives only what changes, a retraction only the name
        first, joint, second = IDENTITY.get(section, ("id", "", ""))
        named = [first, second] if joint else [first]
        other = {"properties": {"action": {"enum": ["revise", "retract"]}}, "required": ["action"]}
        record["if"] = other
        record["then"] = {"required": named}
        record["else"] = {"required": required}
        if "id" in record["properties"]:
            # a record to revise or retract may be named by its code
            pattern = record["properties"]["id"].pop("pattern")
            record["else"]["properties"] = {"id": {"pattern": pattern}}
        definitions[record_type.__name__] = record
        sections[section] = {
            "type": "array",
            "items": {"$ref": f"#/$defs/{record_type.__name__}"},
            "description": record["description"],
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Crosscurrent knowledge file",
        "description": "Records of a knowledge base; a file may hold any of the sections.",
        "type": "object",
        "properties": sections,
        "additionalProperties": False,
        "minProperties": 1,
        "$defs": dict(sorted(definitions.items())),
    }
