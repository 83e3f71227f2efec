"""What was measured in words: one verdict, a grid of them, or one pair by a factor."""

from __future__ import annotations

from typing import Any

from ._text import Style

__all__ = ["describe"]


def describe(document: dict[str, Any], look: Style, *, here: bool = True) -> str:
    """Describe what `validate --json` gives; `here` is as `api.cli._verdict` takes it."""
    from validator.grid_documents import is_grid
    from validator.variation_documents import is_variation

    if is_variation(document):
        from . import _variation

        return _variation.describe(document, look, here=here)
    if is_grid(document):
        from . import _grid

        return _grid.describe(document, look, here=here)
    from . import _verdict

    return _verdict.describe(document, look, here=here)
