"""What was measured in words, whatever it is."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ._text import Style

__all__ = ["describe"]


def describe(document: dict[str, Any], look: Style, *, here: bool = True) -> str:
    """Describe what `validate --json` gives; `here` is as `api.cli._verdict` takes it."""
    from validator.kinds import kind_of

    text: str = import_module(f"._{kind_of(document)}", __package__).describe(
        document, look, here=here
    )
    return text
