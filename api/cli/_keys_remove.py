"""``crosscurrent keys remove``: an API key that opens nothing any more."""

from __future__ import annotations

from argparse import Namespace

from ._keys import key_file

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Forget a key."""
    key_file(arguments).remove(arguments.name)
    return f"{arguments.name} is removed"
