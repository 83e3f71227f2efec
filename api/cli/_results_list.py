"""``crosscurrent results list``: what was measured."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from ..text.names import signed
from ..text.terminal import columns
from ._common import as_json, style
from ._measuring import needed, store

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    kept = store(arguments)
    found = kept.experiments()
    if arguments.json:
        return as_json({"kind": "results", "results": [each.document for each in found]})
    look = style(arguments)
    if not found:
        return look.finish(
            f"nothing measured yet ({kept.file})\nnext: crosscurrent validate --list"
        )
    rows = [["result", "finished", "verdict", "effect", "what"]]
    for each in found:
        document = each.document
        where = f"on {document['scale']['dataset']}, {len(document['seeds'])} seeds"
        when = each.written[:16].replace("T", " ")
        what = f"{_subject(document)} {where}"
        rows.append([each.address[:12], when, document["verdict"], _effect(document), what])
    return look.finish(columns(rows, look.width, indent=""))


def _subject(document: dict[str, Any]) -> str:
    """Say what was measured."""
    from crosscurrent.validator.results.kinds import kind_of

    kind = kind_of(document)
    if kind == "combination":
        return " + ".join(document["defenses"])
    if kind == "collusion":
        return f"{document['first']} → {document['second']}"
    return f"{document['defense']} {document['risk']}"


def _effect(document: dict[str, Any]) -> str:
    """Say what came out; of several effects there is no one number."""
    if "effect" not in document:
        return str(document["outcome"])
    return signed(document["effect"]["estimate"])
