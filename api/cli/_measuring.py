"""What the questions about measurements share: the extra they need, and where results are."""

from __future__ import annotations

import os
from argparse import Namespace
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crosscurrent.validator.results.store import Store

__all__ = ["absent", "needed", "store"]

_NEEDED = ("torch", "sklearn", "scipy", "opacus", "fairlearn", "jinja2", "matplotlib", "pyarrow")


def absent() -> list[str]:
    """Return what is missing of the extra ``validate``."""
    return [name for name in _NEEDED if find_spec(name) is None]


def needed() -> None:
    """Leave with a clear message unless the extra ``validate`` is installed."""
    if missing := absent():
        raise SystemExit(
            f"crosscurrent: measuring needs the extra 'validate' ({', '.join(missing)} missing):\n"
            "  pip install 'crosscurrent[validate]'        or, in a clone: make validate"
        )
    # threads that wait should sleep: spinning ones slow every other process on the machine down
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def store(arguments: Namespace) -> Store:
    """Return where results are kept."""
    from crosscurrent.validator.results.store import Store, default_file

    return Store(arguments.store or default_file())
