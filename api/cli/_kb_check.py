"""``crosscurrent kb check``: whether knowledge files are sound."""

from __future__ import annotations

from argparse import Namespace

from knowledge import BrokenKnowledge, load

from ._common import as_json, overlays, style

__all__ = ["broken", "run"]


def broken(error: BrokenKnowledge) -> str:
    """Return the document for knowledge that is not sound."""
    return as_json({"sound": False, "problems": [problem._asdict() for problem in error.problems]})


def run(arguments: Namespace) -> str:
    """Answer the question; what is broken is raised with all its problems."""
    folders = [*overlays(arguments), *arguments.folders]
    kb = load(folders)
    counts = {section: len(records) for section, records in kb.rows.items()}
    if arguments.json:
        return as_json(
            {"sound": True, "knowledge": kb.digest, "folders": folders, "records": counts}
        )
    what = "the built-in knowledge" + "".join(f" + {folder}" for folder in folders)
    named = {"adversary": "characteristics of adversaries"}
    total = ", ".join(f"{count} {named.get(section, section)}" for section, count in counts.items())
    return style(arguments).finish(f"sound: {what}\n{total}\n{kb.digest}")
