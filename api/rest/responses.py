"""Declarations of responses that routes share."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict, with_config
from typing_extensions import is_typeddict

from .problems import MEDIA_TYPE
from .shapes.service import Problem

__all__ = ["REFUSALS", "answered", "refusals", "when_described"]

_MEANINGS = {
    400: "The body, or a page token, can't be read.",
    401: "A key is needed.",
    403: "It belongs to another key.",
    404: "There is no such name; close ones are suggested.",
    406: "The request takes no JSON.",
    409: "The knowledge set does not fit the service's knowledge any more; or the validation has no"
    " result, or the first request with the key is still being checked.",
    410: "The knowledge set is retired.",
    413: "The body is too large.",
    415: "The body is not said to be JSON.",
    421: "The host that was named is not this service's (without keys).",
    422: "What is asked makes no sense, field by field or problem by problem; or costs too much.",
    429: "The quota of the key is used up, it has too many unfinished validations, or too many of"
    " its requests wait.",
    500: "The service failed; its log has the reason.",
    503: "The service is not ready, or it is not this key's turn yet.",
    507: "The service has no room left.",
}
_ETAG = {"ETag": {"description": "names this answer", "schema": {"type": "string"}}}


def when_described(shape: Any) -> Any:
    """Let the schema of a response be built when it is described, not whenever a server starts.

    Routes that answer with bytes declare what these are for the OpenAPI document only.
    """
    return with_config(ConfigDict(defer_build=True))(shape) if is_typeddict(shape) else shape


_Problem = when_described(Problem)


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare problems."""
    return {
        status: {
            "description": _MEANINGS[status],
            "model": _Problem,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
        for status in statuses
    }


REFUSALS = refusals(400, 401, 404, 406, 409, 410, 421, 422, 429, 500, 503)
"""Problems that every question may be answered with."""


def answered(shape: Any, meaning: str) -> dict[int | str, dict[str, Any]]:
    """Declare an answer with its ETag, and that the asker may have it already."""
    return {
        200: {"description": meaning, "model": when_described(shape), "headers": _ETAG},
        304: {"description": "The answer is what the asker has.", "headers": _ETAG},
    }
