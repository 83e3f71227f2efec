"""``crosscurrent results show``: one result again."""

from __future__ import annotations

from argparse import Namespace

from ..text.measured import describe
from ._common import as_json, style
from ._measuring import needed, store

__all__ = ["run"]


def run(arguments: Namespace) -> str:
    """Answer the question."""
    needed()
    document = store(arguments).experiment(arguments.name).document
    return as_json(document) if arguments.json else describe(document, style(arguments))
