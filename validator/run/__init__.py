"""Running trials: the engine and its executors."""

from __future__ import annotations

import os
from pkgutil import iter_modules

__all__ = ["executor_names"]


def executor_names() -> list[str]:
    """Return the names of executors, which are those of their modules, without importing any."""
    folder = os.path.join(os.path.dirname(__file__), "executors")
    return [each.name for each in iter_modules([folder]) if not each.name.startswith("_")]
