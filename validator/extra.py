"""The extra ``validate``: what measuring needs beside predictions, and whether it is there."""

from __future__ import annotations

import os
from importlib.util import find_spec

from crosscurrent.knowledge.errors import MissingExtra

__all__ = ["absent", "require"]

_NEEDED = ("torch", "sklearn", "scipy", "opacus", "fairlearn", "jinja2", "matplotlib", "pyarrow")


def absent() -> list[str]:
    """Return the packages of the extra ``validate`` that are missing."""
    return [name for name in _NEEDED if find_spec(name) is None]


def require() -> None:
    """Make ready to measure.

    Raises
    ------
    MissingExtra
        A package of the extra is missing.
    """
    if missing := absent():
        raise MissingExtra(
            f"measuring needs the extra 'validate' ({', '.join(missing)} missing):\n"
            "  pip install 'crosscurrent[validate]'        or, in a clone: make validate"
        )
    # threads that wait should sleep: spinning ones slow every other process on the machine down
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
