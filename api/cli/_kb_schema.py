"""``crosscurrent kb schema``: the JSON Schema of knowledge files."""

from __future__ import annotations

from argparse import Namespace

from crosscurrent.knowledge.schema import schema

from ._common import as_json

__all__ = ["run"]


def run(_: Namespace) -> str:
    """Answer the question."""
    return as_json(schema())
