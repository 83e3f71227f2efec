"""The extras ``validate`` and ``audit``: what measuring needs, and whether it is there."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Final, Literal

from crosscurrent.knowledge.errors import MissingExtra

__all__ = ["Extra", "absent", "require"]

Extra = Literal["validate", "audit"]
_NEEDED: Final[Mapping[Extra, tuple[str, ...]]] = {
    "validate": (
        *("torch", "sklearn", "scipy", "opacus"),
        *("fairlearn", "matplotlib", "pyarrow"),
    ),
    "audit": ("sklearn", "scipy", "matplotlib", "pyarrow"),
}
_USE: Final[Mapping[Extra, str]] = {"validate": "measuring", "audit": "auditing"}


def absent(extra: Extra = "validate") -> list[str]:
    """Return the packages of an extra that are missing."""
    return [name for name in _NEEDED[extra] if find_spec(name) is None]


def require(extra: Extra = "validate") -> None:
    """Make ready to measure; the extra ``validate`` holds all of ``audit``.

    Raises
    ------
    MissingExtra
        A package of the extra is missing.
    """
    if missing := absent(extra):
        raise MissingExtra(
            f"{_USE[extra]} needs the extra '{extra}' ({', '.join(missing)} missing):\n"
            f"  pip install 'crosscurrent[{extra}]'        or, in a clone: make {extra}"
        )
    # threads that wait should sleep: spinning ones slow every other process on the machine down
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
