"""Common ground of the commands about measurements: the extra they need, the results file."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import MissingExtra
from crosscurrent.validator.extra import Extra, require

if TYPE_CHECKING:
    from crosscurrent.validator.results.store import Store

__all__ = ["needed", "store"]


def needed(extra: Extra = "validate") -> None:
    """Leave with a clear message unless an extra is installed."""
    try:
        require(extra)
    except MissingExtra as error:
        raise SystemExit(f"crosscurrent: {error}") from error


def store(arguments: Namespace) -> Store:
    """Return where results are kept."""
    from crosscurrent.validator.results.store import Store, default_file

    return Store(arguments.store or default_file())
