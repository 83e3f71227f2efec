"""Imports of code that is not ours: plug-ins by entry point, classes by import path."""

from __future__ import annotations

import importlib
import sys
from typing import Any

from crosscurrent.knowledge.entry_points import EntryPoint, entry_points
from crosscurrent.knowledge.errors import InputError, clip

__all__ = ["FAILURES", "by_path", "offered", "said"]

FAILURES = (Exception, SystemExit)
"""What somebody else's code may raise."""
_LONGEST = 200
"""As many characters as are told of an error's message."""


def offered(group: str, name: str) -> EntryPoint | None:
    """Return the entry point of a name; None if no distribution has one.

    Raises
    ------
    InputError
        Several distributions have one.
    """
    found = entry_points(group).get(name, [])
    if len(found) > 1:
        raise InputError(
            f"{clip(name)} is offered twice: {' and '.join(map(str, found))}; uninstall one"
        )
    return found[0] if found else None


def by_path(path: str, about: str, *, here: bool = False) -> Any:
    """Import what ``package.module:Name`` names.

    Parameters
    ----------
    path : str
        The import path.
    about : str
        What messages call it.
    here : bool
        Whether modules are found in the folder where the command is run, too: what a user names
        may lie there, and what is installed does not.

    Raises
    ------
    InputError
        It cannot be imported; the message says why.
    """
    module, _, name = path.partition(":")
    if here and "" not in sys.path:
        sys.path.insert(0, "")  # a console script has its own folder there instead of the user's
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except FAILURES as error:
        raise InputError(f"{about}: cannot import it: {said(error)}") from error
    return found


def said(error: BaseException) -> str:
    """Return the first line of an error, with its kind."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {clip(lines[0], _LONGEST) if lines else 'no message'}"
