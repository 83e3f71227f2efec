"""Measured documents in words, by kind."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from ..terminal import Style

__all__ = ["describe"]


def describe(document: Mapping[str, Any], look: Style, *, here: bool = True) -> str:
    """Describe what `validate --json` gives; `here` is as `api.text.measured.verdict` takes it."""
    from crosscurrent.validator.results.kinds import kind_of

    text: str = import_module(f".{kind_of(document)}", __package__).describe(
        document, look, here=here
    )
    return text
