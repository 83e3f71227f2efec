"""Documents of validation jobs."""

from __future__ import annotations

from typing import Any, Literal

from typing_extensions import TypedDict

__all__ = ["Evidence", "Validation", "Validations", "Verdict"]


class Validation(TypedDict):
    """One validation job; `request` is what was asked for, without what is so by default."""

    id: str
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    request: dict[str, Any]
    submitted: str
    ended: str | None
    error: str | None


class Validations(TypedDict):
    """Some of your jobs, the latest first."""

    validations: list[Validation]
    next: str | None


class Evidence(TypedDict):
    """Knowledge files by name: the body that PUT /v1/knowledge/NAME takes."""

    files: dict[str, str]


Verdict = dict[str, Any]
"""The document that `crosscurrent validate --json` prints; docs/validate.md names its fields."""
