"""Between records and their JSON form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from types import MappingProxyType
from typing import Any, TypeVar

from .fields import Strict

__all__ = ["melt", "thaw"]

_R = TypeVar("_R", bound=Strict)


def melt(record: Any) -> dict[str, Any]:
    """Return a record's JSON form without defaults, as `thaw` takes it."""
    row: dict[str, Any] = {}
    for each in fields(record):
        value = getattr(record, each.name)
        if each.default is MISSING or value != each.default:
            row[each.name] = _plain(value)
    return row


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return dict(value)
    return melt(value) if isinstance(value, Strict) else value


def thaw(record_type: type[_R], row: Mapping[str, Any]) -> _R:
    """Build a record from its JSON form, frozen all the way down."""
    nested: Mapping[str, type[Any]] = record_type.NESTED
    values: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, list):
            inner = nested.get(name)
            values[name] = tuple(thaw(inner, v) for v in value) if inner else tuple(value)
        elif isinstance(value, dict):
            inner = nested.get(name)
            values[name] = thaw(inner, value) if inner else MappingProxyType(dict(value))
        else:
            values[name] = value
    return record_type(**values)
