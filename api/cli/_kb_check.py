"""``crosscurrent kb check``: whether knowledge files are sound."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.knowledge import BrokenKnowledge, load

from ._common import as_json, overlays, style

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question; as text, what is broken is raised with all its problems."""
    folders = [*overlays(arguments), *arguments.folders]
    try:
        kb = load(folders)
    except BrokenKnowledge as error:
        if not arguments.json:
            raise
        arguments.status = 2
        problems = [problem._asdict() for problem in error.problems]
        return as_json({"kind": "check", "sound": False, "problems": problems})
    counts = {section: len(records) for section, records in kb.rows.items()}
    if arguments.json:
        sound = {"sound": True, "knowledge": kb.digest, "folders": folders, "records": counts}
        return as_json({"kind": "check", **sound})
    what = "the built-in knowledge" + "".join(f" + {folder}" for folder in folders)
    named = {"adversary": "characteristics of adversaries"}
    total = ", ".join(f"{count} {named.get(section, section)}" for section, count in counts.items())
    return style(arguments).finish(f"sound: {what}\n{total}\n{kb.digest}")
