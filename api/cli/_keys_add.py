"""``crosscurrent keys add``: a new API key."""

from __future__ import annotations

from argparse import Namespace

from ._keys import key_file

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Make a key; it is printed once."""
    return key_file(arguments).add(arguments.name, arguments.quota)
