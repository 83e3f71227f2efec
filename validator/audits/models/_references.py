"""What ``package.module:name`` stands for."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from crosscurrent.knowledge.errors import legible

from ._model import users_code

__all__ = ["imported"]


def imported(reference: str, what: str) -> Any:
    """Import what ``package.module:name`` stands for.

    Raises
    ------
    InputError
        There is no such thing, or importing it fails.
    """
    module, _, path = reference.partition(":")
    if "" not in sys.path:  # a console script has its own folder there instead of the user's
        sys.path.insert(0, "")
    with users_code(f"{what} {legible(reference)}", "cannot be imported"):
        found: Any = importlib.import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    return found
