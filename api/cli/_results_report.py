"""``crosscurrent results report``: what was measured as one HTML page."""

from __future__ import annotations

import os
from argparse import Namespace

from crosscurrent.knowledge import load
from crosscurrent.knowledge.errors import InputError

from ._measuring import needed, store

__all__ = ["run"]

_ENDINGS = (".html", ".htm")


def run(arguments: Namespace) -> str:
    """Write it."""
    needed()
    if os.path.splitext(arguments.file)[1].lower() not in _ENDINGS:
        raise InputError(f"{arguments.file}: should end in {' or '.join(_ENDINGS)}")
    kept = store(arguments)
    found = [kept.experiment(name) for name in arguments.names] or kept.experiments()
    if not found:
        raise InputError(
            f"nothing measured yet ({kept.file}): crosscurrent validate --all measures everything"
        )
    from crosscurrent.validator.results.files import write_whole

    from ..reports import report

    page = report(load(), [each.document for each in found])
    write_whole(arguments.file, page.encode())
    return f"wrote {arguments.file}"
