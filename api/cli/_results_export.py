"""``crosscurrent results export``: results as knowledge files."""

from __future__ import annotations

from argparse import Namespace

from ._measuring import needed, store

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Write them."""
    needed()
    kept = store(arguments)
    found = [kept.experiment(name) for name in arguments.names] or kept.experiments()
    from crosscurrent.validator.results.evidence import export

    written = export([each.document for each in found], arguments.folder)
    return "\n".join(f"wrote {file}" for file in written) or "nothing to write"
