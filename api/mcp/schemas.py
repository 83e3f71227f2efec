"""JSON schemas of tools: of their arguments, with the names that are known, and of documents."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from .tool import NAMES, PAIRS

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

    from .tool import Tool

__all__ = ["input_schema", "output_schema"]


def input_schema(tool: Tool, kb: KnowledgeBase) -> dict[str, Any]:
    """Return the schema of a tool's arguments.

    Ids are examples rather than an enumeration, since codes and aliases are taken as well. What an
    adversary or a condition can be is an enumeration.
    """
    schema: dict[str, Any] = _shown(tool.arguments.model_json_schema(by_alias=True), kb)
    return schema


@cache
def output_schema(tool: Tool) -> dict[str, Any]:
    """Return the schema of a tool's document, whose root says that it is an object."""
    schema = TypeAdapter(tool.shape).json_schema(mode="serialization")
    return {"type": "object", **schema}


def _shown(value: Any, kb: KnowledgeBase) -> Any:
    if isinstance(value, list):
        return [_shown(each, kb) for each in value]
    if not isinstance(value, dict):
        return value
    titled = isinstance(value.get("title"), str)  # an argument's name again
    schema = {k: _shown(v, kb) for k, v in value.items() if k != "title" or not titled}
    if (section := schema.pop(NAMES, None)) is not None:
        schema["examples"] = list(getattr(kb, section))
    if (sections := schema.pop(PAIRS, None)) is not None:
        known = {
            record.id: {"enum": list(record.values)}
            for each in sections
            for record in getattr(kb, each).values()
        }
        schema |= {"properties": known, "additionalProperties": False}
    return schema
