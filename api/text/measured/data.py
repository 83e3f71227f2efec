"""What was done to the data that a measurement is on, and which groups it compares, in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from crosscurrent.knowledge.errors import clip

from ..terminal import Style, columns

__all__ = ["data_lines", "data_rows", "group_rows"]

_SHOWN = 3
_FORM = ("separator", "decimal_comma", "index", "constant")
"""Notes on how the file is written, which come after what concerns records."""


def data_rows(settings: Mapping[str, Any]) -> list[list[str]]:
    """Return a row on what was done to the data, or none where nothing was.

    Parameters
    ----------
    settings : mapping
        Those of a measured document, by what they are of.
    """
    notes = settings.get("data", {}).get("notes", ())
    if not notes:
        return []
    told = [each["message"] for each in sorted(notes, key=lambda each: each["code"] in _FORM)]
    more = f"; and {len(told) - _SHOWN} more: crosscurrent data check FILE" * (len(told) > _SHOWN)
    return [["data", "; ".join(told[:_SHOWN]) + more]]


def data_lines(measured: Iterable[Mapping[str, Any]], look: Style) -> list[str]:
    """Return lines on what was done to the data of the first of some measured documents."""
    first = next((each for each in measured if "reason" not in each), None)
    told = [] if first is None else data_rows(first["settings"])
    return [columns(told, look.width), ""] if told else []


def group_rows(document: Mapping[str, Any]) -> list[list[str]]:
    """Return a row on the groups that are compared, or none where there are none."""
    found = document.get("groups")
    if not found:
        return []
    told = f"by {clip(found['attribute'])}: {_listed(found['compared'])}"
    if found["left_out"]:
        told += f"; left out, with too few records: {_listed(found['left_out'])}"
    return [["groups", told]]


def _listed(groups: list[Mapping[str, Any]]) -> str:
    return ", ".join(f"{clip(each['name'])} ({each['records']:,})" for each in groups)
