"""``crosscurrent results plot``: a picture of one result."""

from __future__ import annotations

from argparse import Namespace

from ._measuring import needed, store

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Draw it."""
    needed()
    document = store(arguments).experiment(arguments.name).document
    from crosscurrent.validator.measurements import draw

    draw(document, arguments.file)
    return f"wrote {arguments.file}"
