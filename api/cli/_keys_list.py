"""``crosscurrent keys list``: who holds API keys."""

from __future__ import annotations

from argparse import Namespace

from ..text.terminal import columns
from ._common import as_json, style
from ._keys import key_file

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """List names and quotas."""
    keys = key_file(arguments).read()
    if arguments.json:
        return as_json({"keys": [{"name": key.name, "quota": key.quota} for key in keys]})
    rows = [[key.name, f"{key.quota} a minute" if key.quota else "any number"] for key in keys]
    look = style(arguments)
    return look.finish(columns(rows, look.width) if rows else "no keys")
