"""What was measured in words: a verdict, a grid, one pair by a factor, or a combination."""

from __future__ import annotations

from typing import Any

from ._text import Style

__all__ = ["describe"]


def describe(document: dict[str, Any], look: Style, *, here: bool = True) -> str:
    """Describe what `validate --json` gives; `here` is as `api.cli._verdict` takes it."""
    from validator.combination_verdicts import is_combination
    from validator.grid_documents import is_grid
    from validator.variation_documents import is_variation

    if is_variation(document):
        from . import _variation

        return _variation.describe(document, look, here=here)
    if document.get("kind") == "collusion":
        from . import _collusion

        return _collusion.describe(document, look, here=here)
    if is_combination(document):
        from . import _combination

        return _combination.describe(document, look, here=here)
    if is_grid(document):
        from . import _grid

        return _grid.describe(document, look, here=here)
    from . import _verdict

    return _verdict.describe(document, look, here=here)
