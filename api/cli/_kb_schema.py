"""``crosscurrent kb schema``: the JSON Schema of knowledge files."""

from __future__ import annotations

import json
from argparse import Namespace

from knowledge.schema import schema

__all__ = ["run"]


def run(_: Namespace) -> str:
    """Answer the question."""
    return json.dumps(schema(), indent=2)
