"""Introspection of routes: their methods, query parameters and fields of the body."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, get_origin

from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel
from starlette.routing import BaseRoute

__all__ = ["fields", "methods"]


def methods(routes: Sequence[BaseRoute]) -> dict[str, str]:
    """Return what each path allows, as an ``Allow`` header says it."""
    found: dict[str, set[str]] = {}
    for each in iter_route_contexts(routes):
        if each.path is not None and each.methods:
            found.setdefault(each.path, set()).update(each.methods)
    return {
        path: ", ".join(sorted(taken | ({"HEAD"} if "GET" in taken else set())))
        for path, taken in found.items()
    }


def fields(route: APIRoute) -> Mapping[str, Mapping[str, bool]]:
    """Return the names in the query and in the body, and whether each may be there repeatedly."""
    taken = route.dependant
    return {"query": _names(taken.query_params), "body": _names(taken.body_params)}


def _names(parameters: Iterable[Any]) -> dict[str, bool]:
    """Look into models, whose fields are what is sent."""
    found: dict[str, bool] = {}
    for each in parameters:
        kind = each.field_info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            for name, field in kind.model_fields.items():
                found[field.alias or name] = get_origin(field.annotation) is list
        else:
            found[each.alias] = get_origin(kind) is list
    return found
