"""Formats of others, each written by a module of its own; `FORMATS` are those of assessments.

Nothing here reads a clock: whoever asks says when the assessment was made, and the same question
gives the same bytes. Identifiers are made from digests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from datetime import datetime

    from crosscurrent.knowledge import KnowledgeBase
    from crosscurrent.predictor.deployments.assessment import DeploymentAssessment

__all__ = ["FORMATS", "Format", "document", "written"]


class Format(NamedTuple):
    """A format of others.

    Attributes
    ----------
    module : str
        The module here that writes it; imported when it is asked for.
    function : str
        Its function, from what `document` takes to a JSON document or a text.
    media_type : str
        What a service calls it.
    ending : str
        How the name of such a file ends.
    """

    module: str
    function: str
    media_type: str
    ending: str


FORMATS: Final[Mapping[str, Format]] = MappingProxyType(
    {
        "cyclonedx": Format(
            "cyclonedx", "cyclonedx", "application/vnd.cyclonedx+json; version=1.7", ".cdx.json"
        ),
        "oscal": Format("oscal", "oscal", "application/oscal+json", ".oscal.json"),
        "model-card": Format("model_card", "model_card", "text/markdown; charset=utf-8", ".md"),
        "avid": Format("avid", "avid", "application/json", ".avid.json"),
    }
)
"""The formats that an assessment can be written in, by the names that the command line has."""


def document(
    name: str, kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> dict[str, Any] | str:
    """Return an assessment in a format of others: a JSON document, or a text.

    Parameters
    ----------
    name : str
        One of `FORMATS`.
    kb : KnowledgeBase
        The one that was asked.
    found : DeploymentAssessment
        What it answered.
    at : datetime
        When that was, with a time zone.
    version : str
        The version of Crosscurrent.
    """
    form = FORMATS[name]
    write = getattr(import_module(f".{form.module}", __name__), form.function)
    written: dict[str, Any] | str = write(kb, found, at, version)
    return written


def written(
    name: str, kb: KnowledgeBase, found: DeploymentAssessment, at: datetime, version: str
) -> str:
    """Return an assessment in a format of others as a whole file, with a line break at its end.

    See `document`.
    """
    made = document(name, kb, found, at, version)
    if isinstance(made, str):
        return made
    return json.dumps(made, indent=2, ensure_ascii=False) + "\n"
