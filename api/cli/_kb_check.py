"""``crosscurrent kb check``: whether knowledge files are sound."""

from __future__ import annotations

from argparse import Namespace

from knowledge import load

from ._common import as_json, overlays, style

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question; what is broken is raised with all its problems."""
    folders = [*overlays(arguments), *arguments.folders]
    kb = load(folders)
    counts = {section: len(records) for section, records in kb.rows.items()}
    if arguments.json:
        return as_json({"knowledge": kb.digest, "folders": folders, "records": counts})
    what = "the built-in knowledge" + "".join(f" + {folder}" for folder in folders)
    total = ", ".join(f"{count} {section}" for section, count in counts.items())
    return style(arguments).finish(f"sound: {what}\n{total}\n{kb.digest}")
