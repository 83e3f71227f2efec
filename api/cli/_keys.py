"""What the questions about API keys share: the file that they are in."""

from __future__ import annotations

import os
from argparse import Namespace
from typing import TYPE_CHECKING

from crosscurrent.knowledge.errors import InputError

if TYPE_CHECKING:
    from crosscurrent.api.rest.keys import KeyFile

__all__ = ["key_file"]


def key_file(arguments: Namespace) -> KeyFile:
    """Return the file of keys."""
    from crosscurrent.api.rest.keys import KeyFile

    path = arguments.file or os.environ.get("CROSSCURRENT_KEYS")
    if not path:
        raise InputError("say where keys are kept: --file FILE, or CROSSCURRENT_KEYS")
    return KeyFile(path)
