"""What the questions share: the knowledge they are asked of, and how answers are printed."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from typing import TYPE_CHECKING, Any

from crosscurrent.knowledge import load

from ..text.terminal import Style

if TYPE_CHECKING:
    from crosscurrent.knowledge import KnowledgeBase

__all__ = ["again", "as_json", "as_markup", "knowledge", "overlays", "style"]

VARIABLE = "CROSSCURRENT_KNOWLEDGE"


def overlays(arguments: Namespace) -> list[str]:
    """Return the folders of the user's own knowledge: the environment's first, then the given."""
    named = os.environ.get(VARIABLE, "")
    return [*filter(None, named.split(os.pathsep)), *arguments.knowledge]


def knowledge(arguments: Namespace) -> KnowledgeBase:
    """Load the knowledge that a question is asked of."""
    return load(overlays(arguments))


def again(arguments: Namespace) -> str:
    """Return the options with which a further question is asked of the same knowledge."""
    if not arguments.knowledge:
        return ""
    import shlex

    return "".join(f" --knowledge {shlex.quote(folder)}" for folder in arguments.knowledge)


def style(arguments: Namespace) -> Style:
    """Return how to write to standard output."""
    return Style.of(sys.stdout, no_color=arguments.no_color)


def as_json(document: dict[str, Any]) -> str:
    """Write a document as JSON that the stream can carry."""
    import json

    return json.dumps(document, indent=2, ensure_ascii=not _speaks_unicode())


def as_markup(text: str) -> str:
    """Write XML or DOT so that the stream can carry it: references for what it lacks."""
    return text if _speaks_unicode() else text.encode("ascii", "xmlcharrefreplace").decode()


def _speaks_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return encoding.lower().replace("-", "") == "utf8"
