"""``crosscurrent results list``: what was measured."""

from __future__ import annotations

from argparse import Namespace

from ._common import as_json, style
from ._measuring import needed, store
from ._text import columns

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    kept = store(arguments)
    found = kept.experiments()
    if arguments.json:
        return as_json({"results": [each.document for each in found]})
    look = style(arguments)
    if not found:
        return look.finish(
            f"nothing measured yet ({kept.file})\nnext: crosscurrent validate --list"
        )
    rows = [["result", "finished", "verdict", "effect", "what"]]
    for each in found:
        document = each.document
        effect = f"{document['effect']['estimate']:+.3f}".replace("-", "−")
        what = (
            f"{document['defense']} {document['risk']} on {document['scale']['dataset']},"
            f" {len(document['seeds'])} seeds"
        )
        when = each.written[:16].replace("T", " ")
        rows.append([each.address[:12], when, document["verdict"], effect, what])
    return look.finish(columns(rows, look.width, indent=""))
